"""A day's rows as staged for the board, which of them are bad, and what publishing them leaves."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from labs.handles.database import Warehouse
from labs.step2_failure.world.board import ORDERS, Row, filled, rows_of, yesterday
from labs.step2_failure.world.days import COLUMNS, PAST, WEEKDAY, Day, Order, chance, day
from workbook import Answer, Outcome

if TYPE_CHECKING:
    from workbook.answer import Turn

SMALL = 12  # orders a day
# Plain rows, added up in Python: the same as one grouped query takes DuckDB ten times as long.
WATCH = """
    select 'board', as_of, 0, 0 from board
    union all select 'orders', day, amount,
        hash(order_id, ordered_at, customer_id, country, amount) from orders
    union all select 'quarantine', day, 0, 0 from quarantine
"""
KEPT = "select day, reason, order_id, ordered_at, customer_id, country, amount from quarantine"
EMPTY = {"", "none", "nan", "nat", "null", "<na>"}


@dataclass
class Frame:
    """Hands out rows as a frame, numbered from 0; each value is what the source sent.

    A frame that is sent to another process would have one type a column; bad rows have others.
    """

    columns: list[str]
    rows: list[list[Any]]

    def open(self, turn: Turn) -> pd.DataFrame:
        """Make the frame as the API's JSON makes one; without rows it has no columns."""
        return pd.DataFrame([dict(zip(self.columns, row, strict=True)) for row in self.rows])

    def close(self) -> None:
        """Nothing to release."""

    def evidence(self) -> dict[str, Any]:
        """Nothing to tell."""
        return {}


@dataclass(frozen=True)
class Staged:
    """Rows as received. `bad`: the numbers of those in quarantine; `more`: columns of no contract.

    `order`: the columns in the order in which they come; `renamed`: what amount is called instead.
    """

    date: dt.date
    rows: tuple[Order, ...]
    bad: tuple[int, ...] = ()
    decision: str = "publish"
    block: tuple[str, ...] = ()
    more: dict[str, Any] = field(default_factory=dict)
    order: tuple[str, ...] = COLUMNS
    renamed: str = "amount"

    @property
    def received(self) -> Frame:
        """The rows as a handle."""
        names = [*self.more, *self.order]
        told = [row._asdict() | self.more for row in self.rows]
        renamed = [self.renamed if name == "amount" else name for name in names]
        return Frame(renamed, [[row[name] for name in names] for row in told])

    @property
    def report(self) -> dict[str, Any]:
        """What was decided about them."""
        return {
            "day": str(self.date),
            "decision": self.decision,
            "quarantine": list(self.bad),
            "block": list(self.block),
            "warn": [],
        }

    @property
    def good_rows(self) -> list[Row]:
        """What table orders is to hold of them."""
        good = tuple(row for n, row in enumerate(self.rows) if n not in self.bad)
        return rows_of(Day(self.date, WEEKDAY, good))

    @property
    def bad_rows(self) -> list[Order]:
        """What table quarantine is to hold of them."""
        return [self.rows[n] for n in self.bad]

    def change(self, at: int, *, bad: bool = True, **values: Any) -> Staged:
        """One row changed, by default so that it is bad."""
        rows = list(self.rows)
        rows[at] = rows[at]._replace(**values)
        return replace(
            self, rows=tuple(rows), bad=(*self.bad, at) if bad and at not in self.bad else self.bad
        )

    def with_rows(self, *rows: Order, bad: bool = False) -> Staged:
        """More rows at the end."""
        new = tuple(range(len(self.rows), len(self.rows) + len(rows))) if bad else ()
        return replace(self, rows=(*self.rows, *rows), bad=(*self.bad, *new))

    def held(self, decision: str, *block: str) -> Staged:
        """The same rows, not to be published."""
        return replace(self, decision=decision, block=block)


def staged(seed: int, number: int = PAST, per_day: int = SMALL) -> Staged:
    """A day without any trouble; the first one after what the board shows, unless told."""
    that = day(seed, number, per_day, WEEKDAY)
    return Staged(that.date, that.orders)


def two_bad(seed: int) -> Staged:
    """Its first row and one more are below zero."""
    given = staged(seed)
    for at in (0, 1 + chance(seed, 70, len(given.rows) - 1)):
        given = given.change(at, amount=-given.rows[at].amount)
    return given


@dataclass(frozen=True)
class Left:
    """What calls of publish left. `seen`: what a reader saw, from before the last call on."""

    shown: Day
    outcomes: list[Outcome]
    orders: list[Row]
    as_of: list[dt.date | None]
    kept: list[Row]
    seen: list[list[Row]]

    @property
    def past_kept(self) -> bool:
        """Whether the day that was there first is as it was."""
        there = [row for row in self.orders if row[0] == self.shown.date]
        return Counter(there) == Counter(rows_of(self.shown))

    def of(self, date: dt.date) -> list[Row]:
        """A day's rows on the board."""
        return [row for row in self.orders if row[0] == date]

    def quarantine(self, date: dt.date) -> Counter[tuple[str, ...]]:
        """A day's rows in quarantine, as `plain` tells them."""
        return Counter(plain(row[2:]) for row in self.kept if row[0] == date)


def plain(values: Sequence[Any]) -> tuple[str, ...]:
    """A row's values as text, without what tells one way of writing them from another."""
    return tuple(map(_plain, values))


def _plain(value: Any) -> str:
    text = "" if value is None else str(value).strip()
    if text.lower() in EMPTY:
        return ""
    try:
        return f"{float(text):.6g}" if abs(float(text)) < 1000 else f"{float(text):.2f}"
    except ValueError:
        return text.replace(" ", "T").removesuffix(".000000")


@contextmanager
def small_board(answer: Answer, seed: int) -> Iterator[Warehouse]:
    """A warehouse in which yesterday is published, and history holds it only."""
    with Warehouse(answer, _shown(seed)) as warehouse:
        yield warehouse


@cache
def _shown(seed: int) -> str:
    shown = yesterday(seed, SMALL)
    return filled(shown, [shown])


def left(answer: Answer, seed: int, *calls: Staged, before: str = "", **options: Any) -> Left:
    """Call publish so often, on a board that shows yesterday; `options` are of the last handle.

    `before`: statements that change the tables first.
    """
    with small_board(answer, seed) as warehouse:
        if before:
            warehouse.execute(before)
        outcomes = published(answer, warehouse, calls[:-1])
        first = state(warehouse.rows(WATCH)) if options else []
        outcomes += published(answer, warehouse, calls[-1:], **options)
        return look(warehouse, yesterday(seed, SMALL), outcomes, first)


def state(seen: Sequence[Row]) -> list[Row]:
    """What a reader saw, newest day first: as of, day, orders, dollars, a hash, bad rows kept."""
    as_of = " and ".join(sorted(str(row[1]) for row in seen if row[0] == "board"))
    kept = Counter(row[1] for row in seen if row[0] == "quarantine")
    days: dict[dt.date, list[Row]] = {}
    for row in seen:
        if row[0] == "orders":
            days.setdefault(row[1], []).append(row)
    return [
        (as_of, day, len(rows), round(sum(r[2] or 0 for r in rows), 2), sum(r[3] for r in rows),
         kept[day])
        for day, rows in sorted(days.items(), reverse=True)
    ]  # fmt: skip


def published(
    answer: Answer, warehouse: Warehouse, calls: Sequence[Staged], **options: Any
) -> list[Outcome]:
    """Call publish once a day of rows, with handles of these options; nothing is raised."""
    given = [
        {"con": warehouse.handle(**options), "staged": one.received, "report": one.report}
        for one in calls
    ]
    return answer.map(given)


def look(warehouse: Warehouse, shown: Day, outcomes: list[Outcome], first: list[Row]) -> Left:
    """What stands in the tables now; what a reader sees, only if one saw what was there first."""
    asked = [ORDERS, "select as_of from board", KEPT, *([WATCH] if first else [])]
    orders, as_of, kept, *now = warehouse.answers(asked)
    # What is not there is stored as NULL, NaN or text, by the way the frame was read.
    orders = [tuple(None if str(v).lower() in EMPTY else v for v in row) for row in orders]
    seen = map(state, [*outcomes[-1].evidence["con"]["seen"], *now])
    return Left(shown, outcomes, orders, [row[0] for row in as_of], kept, [first, *seen])


def publishing(calls: Sequence[Staged]) -> dict[dt.date, Staged]:
    """For each day that is to be on the board: what was published of it last."""
    return {one.date: one for one in calls if one.decision == "publish"}


@dataclass(frozen=True)
class Watched:
    """Calls with a reader beside the last one, made when they are first needed.

    Several cases look at them: what the reader saw, and where that call can be killed.
    """

    answer: Answer
    seed: int
    until: ExitStack  # the last case
    calls: Sequence[Staged]
    filled: list[Warehouse] = field(default_factory=list)

    @contextmanager
    def board(self) -> Iterator[Warehouse]:
        """A board after all calls but the last; where there are any, a copy from the second on."""
        if self.filled and (copy := self.filled[0].copied(self.answer)):
            with copy:
                yield copy
            return
        with small_board(self.answer, self.seed) as warehouse:
            published(self.answer, warehouse, self.calls[:-1])
            if len(self.calls) > 1 and (kept := warehouse.copied(self.answer)):
                self.filled.append(self.until.enter_context(kept))
            yield warehouse

    @cached_property
    def ran(self) -> Left:
        """What they left; raises AnswerFailed."""
        return left(self.answer, self.seed, *self.calls, watch=WATCH)
