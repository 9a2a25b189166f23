"""Northlight Supply's days as the payments API tells them, and the days before, as history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property
from statistics import fmean
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from labs.company import COUNTRIES, Company

FIRST = dt.date(2026, 1, 5)
PER_DAY = 60  # orders of an ordinary day, in a check
PAST = 56  # days of history before the first morning
DEAREST = (
    25_000  # cents; dearer orders are sold elsewhere, so that a small day has a steady average
)
WEEKDAY, WEEKEND, HOLIDAY, SALE = "weekday", "weekend", "holiday", "sale"
KINDS = (WEEKDAY, WEEKEND, HOLIDAY, SALE)
SIZE = {WEEKDAY: 1.0, WEEKEND: 0.7, HOLIDAY: 0.25, SALE: 3.0}  # of an ordinary day
SPECIAL = {9: HOLIDAY, 20: SALE, 24: HOLIDAY, 37: SALE, 40: HOLIDAY, 51: SALE}  # in the past
KNOWN = tuple(COUNTRIES.split())
COLUMNS = ("order_id", "ordered_at", "customer_id", "country", "amount")
HISTORY = ("day", "kind", "rows", "average", "decision")

Drawn = tuple[int, str, int, float]  # customer, country, second of the day, dollars


class Order(NamedTuple):
    """One order as the API tells it: its time as text, its amount in dollars."""

    order_id: int
    ordered_at: str
    customer_id: int
    country: str
    amount: float


@dataclass(frozen=True)
class Day:
    """One day's orders; `kind`: what the company's calendar calls it."""

    date: dt.date
    kind: str
    orders: tuple[Order, ...]

    @property
    def revenue(self) -> float:
        """Dollars, to the cent."""
        return round(sum(order.amount for order in self.orders), 2)

    @property
    def average(self) -> float:
        """Dollars an order, to the cent."""
        return round(fmean(order.amount for order in self.orders), 2)

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The orders as a frame, with the API's column names and row numbers from 0."""
        return frame_of([order._asdict() for order in self.orders])

    def with_orders(self, orders: Sequence[Order]) -> Day:
        """The same day with other orders."""
        return replace(self, orders=tuple(orders))


def frame_of(rows: Sequence[dict[str, Any]]) -> pd.DataFrame:
    """Rows as a frame, as `pd.DataFrame(response.json()["orders"])` makes one."""
    return pd.DataFrame(list(rows), columns=None if rows else list(COLUMNS))


def kind_of(number: int) -> str:
    """What the calendar calls the day with that number; the first one is 0."""
    weekend = (FIRST + dt.timedelta(days=number)).weekday() >= 5
    return SPECIAL.get(number, WEEKEND if weekend else WEEKDAY)


@cache
def _pool(seed: int) -> tuple[Drawn, ...]:
    """The company's own orders, to draw from: customer, country, second of the day, dollars."""
    with duckdb.connect(config={"threads": 1}) as con:
        Company(seed, 7, 300).create(con, "orders")
        rows = con.execute(
            "select customer_id, country, epoch(ordered_at)::bigint % 86400, amount_cents "
            f"from orders where version = 1 and amount_cents <= {DEAREST} order by order_id"
        ).fetchall()
    return tuple((who, country, second, cents / 100) for who, country, second, cents in rows)


def _draws(seed: int, salt: int, count: int) -> Any:
    return np.random.Philox(key=[seed, salt]).random_raw(count)


def chance(seed: int, salt: int, below: int) -> int:
    """One number from 0 to `below`, the same for a seed and a purpose everywhere."""
    return int(_draws(seed, 50_000 + salt, 1)[0] % below)


@cache
def day(seed: int, number: int, per_day: int, kind: str = "") -> Day:
    """A day without any trouble; `number`: days since the first one, `kind`: the calendar's."""
    date, kind = FIRST + dt.timedelta(days=number), kind or kind_of(number)
    pool, draws = _pool(seed), _draws(seed, number, int(per_day * 4) + 1)
    spread = 0.9 + (int(draws[0]) % 201) / 1000  # a tenth more or less than usual
    count = max(4, round(per_day * SIZE[kind] * spread))
    picked = _mixed if kind == HOLIDAY else _any
    chosen = sorted(picked(pool, [int(d) for d in draws[1 : count + 1]]), key=lambda o: o[2])
    orders = [
        Order(number * 100_000 + n, _moment(date, second), who, country, amount)
        for n, (who, country, second, amount) in enumerate(chosen, 1)
    ]
    return Day(date, kind, tuple(orders))


def _any(pool: Sequence[Drawn], draws: Sequence[int]) -> list[Drawn]:
    return [pool[draw % len(pool)] for draw in draws]


def _mixed(pool: Sequence[Drawn], draws: Sequence[int]) -> list[Drawn]:
    """As many cheap as dear ones; of so few, chance alone would double the average."""
    ranked, count = sorted(pool, key=lambda order: order[3]), len(draws)
    width = len(ranked) / count
    return [ranked[int(n * width + draw % 1000 / 1000 * width)] for n, draw in enumerate(draws)]


def _moment(date: dt.date, second: int) -> str:
    start = dt.datetime.combine(date, dt.time())
    return (start + dt.timedelta(seconds=second)).isoformat()


def days(seed: int, first: int, count: int, per_day: int) -> list[Day]:
    """So many days in a row."""
    return [day(seed, number, per_day) for number in range(first, first + count)]


def history(past: Sequence[Day], decisions: dict[dt.date, str] | None = None) -> pd.DataFrame:
    """What is remembered of each day: its date as text, kind, rows, average and the decision.

    `decisions`: of days that were not published.
    """
    told = decisions or {}
    rows = [
        (str(d.date), d.kind, len(d.orders), d.average, told.get(d.date, "publish")) for d in past
    ]
    return pd.DataFrame(rows, columns=list(HISTORY))


def past_history(seed: int) -> pd.DataFrame:
    """The days before the first morning, all of them published."""
    return history(days(seed, 0, PAST, PER_DAY))
