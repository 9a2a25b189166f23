"""The warehouse of step 4: its tables, the source that delivers, and what a reader finds."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from fieldkit.state.fingerprints import Difference, differences
from labs.step4_state.world.deliveries import Delivery, Order, by_order_day, true_facts, true_raw

if TYPE_CHECKING:
    from labs.handles.database import Warehouse
    from workbook.answer import Turn

ORDER_COLUMNS = """
    order_id bigint, version integer, customer_id bigint,
    ordered_at timestamp, amount_cents bigint, received_at timestamp"""
TABLES = f"""
create table raw_orders (day date, {ORDER_COLUMNS});
create table fact_orders (order_key varchar, {ORDER_COLUMNS});
create table daily_revenue (day date, orders bigint, revenue_cents bigint);
create table load_state (day date primary key, content_hash varchar);
"""
CHECKED = ("raw_orders", "fact_orders", "daily_revenue")
FACTS = "select * exclude (order_key) from fact_orders"
KEYS = "select order_id, order_key from fact_orders where order_id is not null"
RAW = "select * from raw_orders"
DAILY = "select day, orders, revenue_cents from daily_revenue"

WATCH = """
select 'raw_orders', day, count(*), sum(amount_cents) from raw_orders group by all
union all
select 'fact_orders', ordered_at::date, count(*), sum(amount_cents) from fact_orders group by all
union all
select 'daily_revenue', day, orders, revenue_cents from daily_revenue
"""


@dataclass
class Source:
    """Hands out a client that reads `deliveries`: day, content_hash and batch of each.

    `unreadable`: a day that is announced, and whose rows cannot be read.
    """

    deliveries: Sequence[dict[str, Any]]
    unreadable: dt.date | None = None
    _fetched: list[dt.date] = field(default_factory=list, init=False)

    def open(self, turn: Turn) -> SourceClient:
        """Return the client."""
        items = {item["day"]: item for item in self.deliveries}
        return SourceClient(items, self._fetched, self.unreadable)

    def close(self) -> None:
        """Nothing to release."""

    def evidence(self) -> dict[str, Any]:
        """Which days were fetched, in order."""
        return {"fetched": self._fetched}


class SourceClient:
    """What the learner's code gets as `source`."""

    def __init__(
        self,
        by_day: dict[dt.date, dict[str, Any]],
        fetched: list[dt.date],
        unreadable: dt.date | None = None,
    ) -> None:
        self._by_day, self._fetched, self._unreadable = by_day, fetched, unreadable

    def deliveries(self) -> list[tuple[dt.date, str]]:
        """(day, content_hash) of every delivery there is now, by day."""
        return [(day, item["content_hash"]) for day, item in sorted(self._by_day.items())]

    def fetch(self, day: dt.date) -> pd.DataFrame:
        """The rows of one day's delivery, as it is now; raises LookupError for another day."""
        if day not in self._by_day:
            raise LookupError(f"no delivery of {day!r}: use a day from source.deliveries()")
        self._readable(day)
        self._fetched.append(day)
        return self._by_day[day]["batch"].copy()

    def read(self, since: dt.datetime | None = None) -> pd.DataFrame:
        """All rows with their delivery's day, received at `since` or later, by time."""
        self._readable(*self._by_day)
        parts = [
            item["batch"].assign(day=pd.Timestamp(day))
            for day, item in sorted(self._by_day.items())
        ]
        rows = pd.concat(parts, ignore_index=True).sort_values("received_at", kind="stable")
        self._fetched.extend(sorted(self._by_day))
        return rows if since is None else rows[rows["received_at"] >= pd.Timestamp(since)]

    def _readable(self, *days: dt.date) -> None:
        if self._unreadable in days:
            raise OSError(f"the delivery of {self._unreadable} cannot be read")


def source(deliveries: Sequence[Delivery], unreadable: dt.date | None = None) -> Source:
    """The source as it is once these deliveries are there; a later one of a day replaces it."""
    latest = {delivery.day: delivery for delivery in deliveries}
    return Source(
        [
            {"day": day, "content_hash": delivery.content_hash, "batch": delivery.frame}
            for day, delivery in sorted(latest.items())
        ],
        unreadable,
    )


@dataclass(frozen=True)
class Wrong:
    """A table that is not as it must be, and the keys at which it differs."""

    table: str
    keys: Sequence[Difference]

    @property
    def lost(self) -> int:
        """Rows that should be there and are not."""
        return sum(max(0, len(k.expected) - len(k.observed)) for k in self.keys)

    @property
    def extra(self) -> int:
        """Rows too many."""
        return sum(max(0, len(k.observed) - len(k.expected)) for k in self.keys)

    @property
    def told(self) -> str:
        """In few words what is wrong."""
        counts = {"lost": self.lost, "too many": self.extra}
        said = [f"{n} row{'s' * (n > 1)} {what}" for what, n in counts.items() if n]
        changed = sum(len(k.expected) == len(k.observed) for k in self.keys)
        return ", ".join(said + [f"{changed} changed"] * bool(changed))

    @property
    def rows(self) -> list[dict[str, str]]:
        """Some of the keys that differ, for people."""
        name = {"raw_orders": "delivery", "fact_orders": "order_id", "daily_revenue": "day"}
        facts = self.table == "fact_orders"
        rows = []
        for k in self.keys[:5]:
            is_there, should_be = facts_told(k) if facts else (told(k.observed), told(k.expected))
            rows.append({name[self.table]: str(k.key), "is": is_there, "should be": should_be})
        return rows


def told(rows: Sequence[tuple[Any, ...]]) -> str:
    """The rows of one key in few words: version and amount, or orders and revenue."""
    if not rows:
        return "no row"
    short = [
        f"{row[1]} orders, {dollars(row[2])}" if len(row) == 3 else _order_told(row) for row in rows
    ]
    return f"{len(rows)} rows: {' + '.join(short[:3])}" if len(rows) > 1 else short[0]


def facts_told(difference: Difference) -> tuple[str, str]:
    """Both sides of a key of fact_orders; of two rows with one version, the columns that differ."""
    is_there, should_be = difference.observed, difference.expected
    if len(is_there) == len(should_be) == 1 and is_there[0][1] == should_be[0][1]:
        names = Order._fields
        changed = [n for n, a, b in zip(names, is_there[0], should_be[0], strict=True) if a != b]
        sides = (Order(*is_there[0]), Order(*should_be[0]))
        texts = (", ".join(f"{n} {getattr(side, n)}" for n in changed) for side in sides)
        return next(texts), next(texts)
    return told(is_there), told(should_be)


def order_row(difference: Difference, has: str, wanted: str) -> dict[str, str]:
    """A differing order as a finding's row; a dash for one without a key."""
    key = "–" if difference.key is None else str(difference.key)
    is_there, should_be = facts_told(difference)
    return {"order_id": key, has: is_there, wanted: should_be}


def _order_told(row: tuple[Any, ...]) -> str:
    """A row of fact_orders or, with a day before it, of raw_orders."""
    _, version, _, _, cents, _ = row[-6:]
    return f"v{version} {dollars(cents)}"


def dollars(cents: int | None) -> str:
    """Cents as people write dollars."""
    if cents is None:
        return "no amount"
    return f"{'−' if cents < 0 else ''}${abs(cents) / 100:,.2f}"


def snapshot(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    """The rows of the three tables as a reader sees them now."""
    return warehouse.answers([RAW, FACTS, DAILY])


def wrong_tables(
    tables: Sequence[list[tuple[Any, ...]]], deliveries: Sequence[Delivery]
) -> list[Wrong]:
    """Which tables of a snapshot differ from the truth of these deliveries, raw first."""
    found = []
    for name, truth, rows in zip(CHECKED, _truths(deliveries), tables, strict=True):
        keys = differences(truth, rows, _raw_key if name == "raw_orders" else _first)
        found += [Wrong(name, keys)] if keys else []
    return found


def count_wrong(tables: Sequence[list[tuple[Any, ...]]], deliveries: Sequence[Delivery]) -> int:
    """The rows lost and too many in all tables of a snapshot: the sum over what is `wrong_tables`.

    A key with as many rows as it should have adds nothing to it, so that rows are not compared.
    """
    return sum(
        sum((wanted - seen).values()) + sum((seen - wanted).values())
        for wanted, seen in zip(_true_keys(tuple(deliveries)), _keys(tables), strict=True)
    )


def _keys(tables: Sequence[list[tuple[Any, ...]]]) -> list[Counter[Any]]:
    """How many rows each table has of each key."""
    raw, *others = tables
    return [Counter(map(_raw_key, raw)), *(Counter(map(_first, rows)) for rows in others)]


@lru_cache(maxsize=4)
def _true_keys(deliveries: tuple[Delivery, ...]) -> list[Counter[Any]]:
    return _keys(_truths(deliveries))


def _truths(deliveries: Sequence[Delivery]) -> list[list[tuple[Any, ...]]]:
    """What the three tables must be."""
    facts = true_facts(deliveries)
    return [true_raw(deliveries), facts, [*by_order_day(facts)]]


def _raw_key(row: tuple[Any, ...]) -> str:
    return f"{row[0]} order {row[1]}"


def _first(row: tuple[Any, ...]) -> Any:
    return row[0]
