"""Daily deliveries of orders, the troubles they come with, and the truth they add up to."""

from __future__ import annotations

import datetime as dt
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cache, cached_property, lru_cache
from typing import Any, NamedTuple

import duckdb
import numpy as np
import pandas as pd

from labs.company import Company


class Order(NamedTuple):
    """One version of one order, as delivered; money is in cents."""

    order_id: int | None
    version: int
    customer_id: int
    ordered_at: dt.datetime
    amount_cents: int
    received_at: dt.datetime


COLUMNS = Order._fields
_weeks = itertools.count(1)
REORDERED = ("order_id", "version", "amount_cents", "ordered_at", "customer_id", "received_at")


@dataclass(frozen=True)
class Delivery:
    """The file of one day. `columns`: the order in which its columns come."""

    day: dt.date
    orders: tuple[Order, ...]
    columns: tuple[str, ...] = COLUMNS

    @cached_property
    def frame(self) -> pd.DataFrame:
        """The delivery as a frame: whole numbers nullable, times in microseconds."""
        return _framed(self.orders)[list(self.columns)]

    @cached_property
    def content_hash(self) -> str:
        """Changes when, and only when, a row of the delivery does."""
        text = "\n".join(sorted(map(repr, self.orders)))
        return hashlib.sha256(text.encode()).hexdigest()[:12]

    def with_orders(self, *orders: Order) -> Delivery:
        """The same delivery with more rows at its end."""
        return replace(self, orders=self.orders + orders)

    def shuffled(self, seed: int) -> Delivery:
        """The same delivery with its rows in another order."""
        ranks = np.argsort(_raw(seed, len(self.orders)), kind="stable")
        return replace(self, orders=tuple(self.orders[i] for i in ranks))

    def corrected(self, number: int, by_cents: int, *, at: dt.datetime | None = None) -> Order:
        """The next version of one of its orders, received `at` that time or two days later."""
        order = self.orders[number % len(self.orders)]
        return order._replace(
            version=order.version + 1,
            amount_cents=order.amount_cents + by_cents,
            received_at=at or order.received_at + dt.timedelta(days=2),
        )

    def replacing(self, order: Order) -> Delivery:
        """The same delivery with another version of one of its orders."""
        kept = (order if o.order_id == order.order_id else o for o in self.orders)
        return replace(self, orders=tuple(kept))


def later(delivery: Delivery, weeks: int) -> Delivery:
    """The same delivery, all its times so many weeks later."""
    by = dt.timedelta(weeks=weeks)
    orders = (
        o._replace(ordered_at=o.ordered_at + by, received_at=o.received_at + by)
        for o in delivery.orders
    )
    return replace(delivery, day=delivery.day + by, orders=tuple(orders))


def unseen(*deliveries: Delivery) -> list[Delivery]:
    """The same deliveries in a week that this process has not seen."""
    weeks = next(_weeks)
    return [later(delivery, weeks) for delivery in deliveries]


def frame_of(orders: Sequence[Order]) -> pd.DataFrame:
    """Orders as a frame, typed as they arrive over the answer boundary."""
    frame = pd.DataFrame(list(orders), columns=list(COLUMNS))
    whole = {
        "order_id": "Int64",
        "version": "Int32",
        "customer_id": "Int64",
        "amount_cents": "Int64",
    }
    times = {name: "datetime64[us]" for name in ("ordered_at", "received_at")}
    return frame.astype(whole | times)


@lru_cache(maxsize=512)
def _framed(orders: tuple[Order, ...]) -> pd.DataFrame:
    """The same for the same orders; whoever takes columns of it has a frame of their own."""
    return frame_of(orders)


def _raw(seed: int, count: int) -> Any:
    """`count` numbers that are the same for a seed everywhere."""
    return np.random.Philox(key=seed).random_raw(count)


@lru_cache(maxsize=4096)
def pick(seed: int, salt: int, below: int) -> int:
    """One number from 0 to `below`, for a seed and a purpose."""
    return int(_raw(seed * 1009 + salt, 1)[0] % below)


@cache
def company_orders(seed: int, days: int, orders_per_day: int) -> tuple[Order, ...]:
    """The company's orders with all their versions, in order of arrival."""
    with duckdb.connect(config={"threads": 1}) as con:
        Company(seed, days, orders_per_day).create(con, "orders")
        columns = ", ".join(COLUMNS)
        rows = con.execute(f"select {columns} from orders order by received_at, order_id, version")
        return tuple(Order(*row) for row in rows.fetchall())


def plain_days(seed: int, days: int = 2, per_day: int = 8) -> list[Delivery]:
    """Days without any trouble: first versions only, delivered on the day they were ordered."""
    by_day: dict[dt.date, dict[Any, Order]] = {}
    for order in company_orders(seed, days, per_day * 3):
        if order.version == 1 and order.received_at.date() == order.ordered_at.date():
            chosen = by_day.setdefault(order.ordered_at.date(), {})
            alike = (order.customer_id, order.ordered_at)
            if len(chosen) < per_day and order.received_at not in {
                o.received_at for o in chosen.values()
            }:
                chosen.setdefault(alike, order)
    return [Delivery(day, tuple(chosen.values())) for day, chosen in sorted(by_day.items())]


def company_days(seed: int, days: int, orders_per_day: int) -> list[Delivery]:
    """What the company receives each day: its orders, late rows and corrections of earlier days."""
    by_day: dict[dt.date, list[Order]] = {}
    for order in company_orders(seed, days, orders_per_day):
        by_day.setdefault(order.received_at.date(), []).append(order)
    return [Delivery(day, tuple(orders)) for day, orders in sorted(by_day.items())]


def real_days(seed: int, days: int, orders_per_day: int) -> list[Delivery]:
    """The company's days with everything that files can have: see `troubled`."""
    received = company_days(seed, days, orders_per_day)
    return [troubled(delivery, seed + number, number) for number, delivery in enumerate(received)]


def troubled(delivery: Delivery, seed: int, number: int) -> Delivery:
    """A delivery with a key twice (newer first), a repeated row, a row without a key."""
    last = delivery.orders[-1]
    first = min(order.received_at for order in delivery.orders)
    twice = delivery.corrected(pick(seed, 1, len(delivery.orders)), 700, at=first)
    twice = twice._replace(version=9)
    repeated = delivery.orders[pick(seed, 2, len(delivery.orders))]
    keyless = last._replace(order_id=None, version=1, amount_cents=4_200)
    orders = (twice, *delivery.orders, repeated, keyless)
    return Delivery(delivery.day, orders, REORDERED if number % 3 == 2 else COLUMNS)


def newest(orders: Iterable[Order]) -> dict[int, Order]:
    """The newest version of each order that has a key."""
    kept: dict[int, Order] = {}
    for order in orders:
        if order.order_id is not None:
            before = kept.get(order.order_id)
            if before is None or order.version > before.version:
                kept[order.order_id] = order
    return kept


def true_raw(deliveries: Iterable[Delivery]) -> list[tuple[Any, ...]]:
    """raw_orders as it must be: (day, *order) for the latest delivery of each day."""
    latest = {delivery.day: delivery for delivery in deliveries}
    return [(day, *order) for day, delivery in sorted(latest.items()) for order in delivery.orders]


def true_facts(deliveries: Iterable[Delivery]) -> list[tuple[Any, ...]]:
    """fact_orders as it must be, without its key: the newest version of each order."""
    kept = newest(order for delivery in deliveries for order in delivery.orders)
    return [tuple(kept[order_id]) for order_id in sorted(kept)]


def true_daily(deliveries: Iterable[Delivery]) -> list[tuple[dt.date, int, int]]:
    """daily_revenue as it must be: (day, orders, cents) by the day of the order."""
    return by_order_day(true_facts(deliveries))


def by_order_day(facts: Iterable[tuple[Any, ...]]) -> list[tuple[dt.date, int, int]]:
    """Rows of fact_orders added up: (day, orders, cents) by the day of the order."""
    return by_day((row[3].date(), row[4]) for row in facts)


def by_day(amounts: Iterable[tuple[dt.date, int]]) -> list[tuple[dt.date, int, int]]:
    """(day, cents) added up: (day, rows, cents), by day."""
    totals: dict[dt.date, tuple[int, int]] = {}
    for day, cents in amounts:
        count, total = totals.get(day, (0, 0))
        totals[day] = (count + 1, total + cents)
    return [(day, *totals[day]) for day in sorted(totals)]
