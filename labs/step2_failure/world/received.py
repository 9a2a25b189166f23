"""A day's rows as received, with known things wrong with them, and days that only look wrong."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from labs.step2_failure.world.days import (
    HISTORY,
    HOLIDAY,
    PAST,
    PER_DAY,
    SALE,
    WEEKDAY,
    Order,
    chance,
    day,
    frame_of,
    past_history,
)

PAGES = 4
NEGATIVE = "amount below zero"
HELD_BACK = 30  # last days of a history that an incident has spoiled
Change = dict[str, Any]


@dataclass(frozen=True)
class Received:
    """Rows as received; `bad`: row number -> what is wrong with that row."""

    rows: tuple[Order, ...]
    bad: dict[int, str]

    @property
    def frame(self) -> pd.DataFrame:
        """The rows with numbers from 0, as the API's JSON makes a frame."""
        return frame_of([row._asdict() for row in self.rows])

    def with_bad(self, at: int, what: str, **change: Any) -> Received:
        """One row changed so that it is bad; twice the same row: bad in two ways."""
        told = f"{self.bad[at]}, {what}" if at in self.bad else what
        return replace(self.changed(at, **change), bad=self.bad | {at: told})

    def changed(self, at: int, **change: Any) -> Received:
        """One row changed, and still good."""
        rows = list(self.rows)
        rows[at] = rows[at]._replace(**change)
        return replace(self, rows=tuple(rows))

    def every(self, change: Callable[[Order], Order], among: Iterable[int] = ()) -> Received:
        """All rows changed, or those `among` them."""
        chosen = set(among) or set(range(len(self.rows)))
        rows = [change(row) if n in chosen else row for n, row in enumerate(self.rows)]
        return replace(self, rows=tuple(rows))

    def shuffled(self, seed: int) -> Received:
        """The same rows in another order; what is bad stays bad."""
        order = np.random.Generator(np.random.Philox(key=[seed, 77])).permutation(len(self.rows))
        bad = {new: self.bad[old] for new, old in enumerate(order.tolist()) if old in self.bad}
        return Received(tuple(self.rows[old] for old in order), bad)


def clean(seed: int, kind: str = WEEKDAY) -> Received:
    """The first day after the history, without any trouble."""
    return Received(day(seed, PAST, PER_DAY, kind).orders, {})


def date(seed: int) -> dt.date:
    """The day that the rows are of."""
    return day(seed, PAST, PER_DAY, WEEKDAY).date


def spoiled(seed: int) -> Iterator[tuple[str, pd.DataFrame]]:
    """Pasts in which not every day was true or published; what is usual is the same in all."""
    yield f"the last {HELD_BACK} days were held back", _past(seed, range(-HELD_BACK, 0), 100)
    yield "yesterday was held back", _past(seed, [-1], 1)
    yield "yesterday was stopped", _past(seed, [-1], 1, "stop")
    yield "ten old days were published in cents", _past(seed, range(3, 13), 100, "publish")


def _past(seed: int, days: Iterable[int], factor: float, decision: str = "stale") -> pd.DataFrame:
    """The past days, some of them with another average and decision."""
    told = past_history(seed)
    chosen = told.index[list(days)]
    told.loc[chosen, "average"] *= factor
    told.loc[chosen, "decision"] = decision
    return told[list(HISTORY)]


def even_past(seed: int, average: float) -> pd.DataFrame:
    """The past days, each with the same average."""
    return past_history(seed).assign(average=average)[list(HISTORY)]


def all_cost(given: Received, amount: float) -> Received:
    """The same rows, each of the same amount."""
    return given.every(lambda row: row._replace(amount=float(amount)))


def places(seed: int, count: int, rows: int, salt: int = 0) -> list[int]:
    """So many different row numbers, drawn by the seed."""
    step = 1 + chance(seed, 90 + salt, max(1, rows // count))
    start = chance(seed, 91 + salt, rows)
    return [(start + n * step) % rows for n in range(count)]


def negative(given: Received, at: Sequence[int]) -> Received:
    """Amounts below zero."""
    for n in at:
        given = given.with_bad(n, NEGATIVE, amount=-given.rows[n].amount)
    return given


def of_tomorrow(given: Received, at: int, tomorrow: dt.date, years: int = 0) -> Received:
    """An order of the first second after the day, or of a later year."""
    later = f"{tomorrow.year + years}{str(tomorrow)[4:]}T00:00:00"
    return given.with_bad(at, "of a later day", ordered_at=later)


def page_twice(given: Received, page: int) -> Received:
    """A page holds the rows of the one before it; its own rows are not there."""
    size = -(-len(given.rows) // PAGES)
    first = (page - 2) * size
    again, rest = given.rows[first : first + size], given.rows[first + 2 * size :]
    return Received((*given.rows[: first + size], *again, *rest), {})


def two_amounts(given: Received, at: int) -> Received:
    """An order stands twice, the second time with another amount, at the end."""
    again = given.rows[at]._replace(amount=round(given.rows[at].amount + 10, 2))
    return Received((*given.rows, again), given.bad)


def mixed(seed: int) -> Received:
    """Every kind of bad row at once, among rows that only look bad, in any order.

    Two good rows share their key with a bad one; one amount is so low that it moves the average,
    one is a cent below zero; two rows lack their key.
    """
    given, tomorrow = clean(seed), date(seed) + dt.timedelta(days=1)
    n = places(seed, 10, len(given.rows), 5)
    copies = [given.rows[at]._replace(amount=-given.rows[at].amount) for at in n[8:]]
    given = given.with_bad(n[0], NEGATIVE, amount=-0.01)
    given = given.with_bad(n[1], NEGATIVE, amount=-40_000.0)
    given = of_tomorrow(given, n[2], tomorrow)
    given = of_tomorrow(given, n[3], tomorrow, 1)
    given = given.with_bad(n[4], "no amount", amount=None)
    given = given.with_bad(n[5], "no order_id", order_id=None)
    given = given.with_bad(n[6], "no order_id", order_id=None)
    given = given.with_bad(n[6], NEGATIVE, amount=-12.0)
    given = given.changed(n[7], amount=0.0)
    given = given.changed(n[8], ordered_at=f"{date(seed)}T23:59:59")
    at = len(given.rows)
    bad = {at + number: NEGATIVE for number in range(len(copies))}
    return Received((*given.rows, *copies), given.bad | bad).shuffled(seed)


def times(factor: float) -> Callable[[Order], Order]:
    """What multiplies an order's amount."""
    return lambda row: row._replace(amount=round(row.amount * factor, 4))


def average_times(seed: int, given: Received, factor: float) -> Received:
    """The same rows, their average so many times the median of the past days."""
    usual = past_history(seed)["average"].median()
    average = sum(row.amount for row in given.rows) / len(given.rows)
    return given.every(times(factor * usual / average))


def unusual(seed: int) -> list[tuple[str, Received]]:
    """Days that are to be published although they are far from an ordinary one."""
    return [
        ("three times the orders: a sale", clean(seed, SALE)),
        ("a quarter of the orders: a holiday", clean(seed, HOLIDAY)),
    ]
