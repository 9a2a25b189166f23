"""The board's tables, what a reader finds in them, and the alerts that were sent."""

from __future__ import annotations

import copy
import datetime as dt
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any

from labs.handles import clock
from labs.handles.database import Warehouse
from labs.step2_failure.world.days import PAST, PER_DAY, Day, days, history
from workbook import Answer

if TYPE_CHECKING:
    from workbook.answer import Turn

# orders: what the board adds up; board: one row that says up to which day it is complete.
TABLES = """
    create table orders (day date, order_id bigint, ordered_at timestamp, customer_id bigint,
                         country varchar, amount double);
    create table board (as_of date);
    create table quarantine (day date, reason varchar, order_id varchar, ordered_at varchar,
                             customer_id varchar, country varchar, amount varchar);
    create table history (day date, kind varchar, rows bigint, average double, decision varchar,
                          what varchar);
"""
ORDERS = "select day, order_id, ordered_at, customer_id, country, amount from orders order by all"
# Plain rows; `read` adds them up: a grouped query takes DuckDB five times as long.
READER = """
    select 'board', as_of, 0 from board
    union all select 'orders', day, amount from orders
    union all select 'quarantine', day, 0 from quarantine
"""
Row = tuple[Any, ...]


def yesterday(seed: int, per_day: int = PER_DAY) -> Day:
    """The last day that the board shows before the first morning."""
    return days(seed, PAST - 1, 1, per_day)[0]


def past(seed: int, per_day: int = PER_DAY) -> list[Day]:
    """The days before the first morning."""
    return days(seed, 0, PAST, per_day)


def rows_of(day: Day) -> list[Row]:
    """The rows that table orders holds when a day is published."""
    return [
        (day.date, o.order_id, o.ordered_at and dt.datetime.fromisoformat(o.ordered_at), *o[2:])
        for o in day.orders
    ]


def read(seen: list[Row]) -> list[Row]:
    """The two newest days that a reader sees: as of, day, orders, dollars."""
    as_of = max((row[1] for row in seen if row[0] == "board" and row[1]), default=None)
    amounts: dict[Any, list[float]] = {}
    for what, day, amount in seen:
        if what == "orders":
            amounts.setdefault(day, []).append(amount or 0)
    newest = sorted(amounts, key=str, reverse=True)[:2]
    return [(as_of, day, len(amounts[day]), round(sum(amounts[day]), 2)) for day in newest]


@contextmanager
def board(
    answer: Answer | None, seed: int, per_day: int = PER_DAY, place: str = ""
) -> Iterator[Warehouse]:
    """A warehouse in which yesterday is published and the history is filled."""
    with Warehouse(answer, _shown(seed, per_day), place=place) as warehouse:
        yield warehouse


@cache
def _shown(seed: int, per_day: int) -> str:
    return filled(yesterday(seed, per_day), past(seed, per_day))


def filled(shown: Day, before: list[Day]) -> str:
    """Statements that make the tables, publish a day and remember those before it."""
    told = [(*row, "") for row in history(before).itertuples(index=False)]
    statements = [TABLES, f"insert into board values ('{shown.date}')"]
    statements.append(f"insert into orders values {_values(rows_of(shown))}")
    statements.append(f"insert into history values {_values(told)}")
    return "; ".join(statements)


def _values(rows: list[Row]) -> str:
    return ", ".join("(" + ", ".join(map(_literal, row)) + ")" for row in rows)


def _literal(value: Any) -> str:
    return repr(value) if isinstance(value, int | float) else f"'{value}'"


@dataclass
class AlertBox:
    """Hands out `alert(message)`, which pages the data team; messages and their times are evidence.

    A message is plain data; its time is that of the virtual clock, in seconds since the epoch.
    """

    _told: list[tuple[float, Any]] = field(default_factory=list, init=False)

    def open(self, turn: Turn) -> Callable[[Any], None]:
        """Return the function to call."""

        def alert(message: Any) -> None:
            turn()
            ticking = clock.current()
            self._told.append((ticking.now if ticking else 0.0, copy.deepcopy(message)))

        return alert

    def close(self) -> None:
        """Nothing is left to do."""

    def evidence(self) -> dict[str, Any]:
        """Messages with their times."""
        return {"told": self._told}
