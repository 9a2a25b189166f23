"""A stop-list, executed: each table is moved behind a view, then dropped; all else runs on."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import duckdb

from labs.step3_outcome.world.contents import KEPT, MADE, VIEWS_MADE, fill_warehouse

SHIM, DROP = "shim", "drop"
ARCHIVE = "archive"
SECONDS = 5.0  # for one statement of the plan

Answer = tuple[list[str], list[tuple[Any, ...]]]  # names of columns, rows in order


class TooLong(Exception):
    """A view of the plan did not answer in its time."""


class NotAView(Exception):
    """What should stand in for a table is not a SELECT; one line says why."""


@dataclass(frozen=True)
class Step:
    """How one table ends: readers are warned, a view stands in for it, the view goes.

    `view`: a SELECT; the old rows lie in archive.NAME. `restore_until`: until when they do.
    """

    table: str
    warn: dt.date
    shim: dt.date
    view: str
    drop: dt.date
    restore_until: dt.date

    @property
    def kept_as(self) -> str:
        """Where the old rows lie."""
        return f"{ARCHIVE}.{self.table.split('.')[1]}"


@dataclass(frozen=True)
class Event:
    """One day of a plan: what happened to a table, and what no longer worked after it.

    `broken`: what did not run any more -> the database's words; `differs`: how the view's answer
    differs from the table's, or "".
    """

    day: dt.date
    what: str
    table: str
    broken: Mapping[str, str] = field(default_factory=dict)
    differs: str = ""


def executed(steps: Sequence[Step], seed: int) -> list[Event]:
    """Execute a plan on the company's warehouse, its events by day, those of one day as listed.

    After each event every kept query runs, every view that still stands, and the refresh of every
    table that no view stands in for. Raises NotAView, TooLong.
    """
    with duckdb.connect(config={"threads": 1}) as con:
        fill_warehouse(con, seed)
        con.execute("set enable_external_access = false")
        con.execute("set python_enable_replacements = false")
        con.execute("set lock_configuration = true")
        run = _Run(con, {name: _answer(con, query) for name, query in KEPT.items()})
        return [run.event(*one) for one in _by_day(steps)]


def _by_day(steps: Sequence[Step]) -> list[tuple[dt.date, str, Step]]:
    events = [(getattr(step, what), what, step) for step in steps for what in (SHIM, DROP)]
    return sorted(events, key=lambda event: event[0])


@dataclass
class _Run:
    """A plan under way: what the kept queries said before it, and what has been changed so far."""

    con: duckdb.DuckDBPyConnection
    before: Mapping[str, Answer]
    frozen: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    known: set[str] = field(default_factory=set)

    def event(self, day: dt.date, what: str, step: Step) -> Event:
        differs = self._shim(step) if what == SHIM else ""
        if what == DROP:
            self._drop(step)
        broken = {name: why for name, why in self._broken() if name not in self.known}
        self.known |= broken.keys()
        return Event(day, what, step.table, broken, differs)

    def _shim(self, step: Step) -> str:
        """Move the rows and let the view stand in; what has gone, or is broken, stays so."""
        self.frozen.add(step.table)
        old = _answer(self.con, f"select * from {step.table}", missing=True)
        if old is None:
            return ""
        kind = "view" if step.table in VIEWS_MADE else "table"
        self.con.execute(f"create table {step.kept_as} as from {step.table}")
        self.con.execute(f"drop {kind} {step.table}")
        try:
            self._stand_in(step)
            new = _answer(self.con, f"select * from {step.table}")
        except duckdb.Error as error:
            return f"it cannot be read: {first_line(error)}"
        return _difference(old, new)

    def _stand_in(self, step: Step) -> None:
        try:
            found = self.con.extract_statements(step.view)
        except duckdb.Error as error:
            raise NotAView(f"the view of {step.table}: {first_line(error)}") from None
        if len(found) != 1 or found[0].type != duckdb.StatementType.SELECT:
            raise NotAView(f"the view of {step.table} is not one SELECT")
        query = step.view.strip().rstrip(";")
        self.con.execute(f"create view {step.table} as {query}")

    def _drop(self, step: Step) -> None:
        """Where no view stands in yet, the table itself goes."""
        self.gone.add(step.table)
        kind = "view" if step.table in self.frozen or step.table in VIEWS_MADE else "table"
        with suppress(duckdb.CatalogException):
            self.con.execute(f"drop {kind} {step.table}")

    def _broken(self) -> Iterator[tuple[str, str]]:
        """What does not run. Whether tables and columns are there is known without running it."""
        for name, query in KEPT.items():
            yield from _failing(self.con, name, query, self.before[name])
        standing = {f"the view {v}": f"select * from {v}" for v in VIEWS_MADE if v not in self.gone}
        ended = self.frozen | self.gone
        standing |= {f"the refresh of {t}": q for t, q in MADE.items() if t not in ended}
        together = " union all ".join(f"(select 1 from ({query}))" for query in standing.values())
        if _unbound(self.con, together):
            told = ((name, _unbound(self.con, query)) for name, query in standing.items())
            yield from ((name, why) for name, why in told if why)


def _unbound(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """Why a query cannot be planned, or ""."""
    try:
        con.sql(query)
    except duckdb.Error as error:
        return first_line(error)
    return ""


def _failing(
    con: duckdb.DuckDBPyConnection, name: str, query: str, before: Answer
) -> Iterator[tuple[str, str]]:
    try:
        now = _answer(con, query)
    except duckdb.Error as error:
        yield name, first_line(error)
        return
    if _difference(before, now):
        yield name, _difference(before, now)


def _answer(con: duckdb.DuckDBPyConnection, query: str, *, missing: bool = False) -> Any:
    """A query's answer; with `missing`, None for what cannot be read. Raises duckdb.Error."""
    try:
        with _limited(con):
            found = con.execute(query)
            columns = [column[0] for column in found.description or ()]
            return columns, sorted(found.fetchall(), key=repr)
    except duckdb.Error:
        if missing:
            return None
        raise


@contextmanager
def _limited(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    timer = threading.Timer(SECONDS, con.interrupt)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.InterruptException:
        raise TooLong from None
    finally:
        timer.cancel()


def _difference(old: Answer, new: Answer) -> str:
    if old[0] != new[0]:
        return f"its columns are {', '.join(new[0])}; they were {', '.join(old[0])}"
    if old[1] != new[1]:
        return f"it has {len(new[1])} rows of which {_equal(old, new)} are as before"
    return ""


def _equal(old: Answer, new: Answer) -> int:
    return len(set(old[1]) & set(new[1]))


def first_line(error: duckdb.Error) -> str:
    """What the database says, in one line."""
    return str(error).strip().splitlines()[0]
