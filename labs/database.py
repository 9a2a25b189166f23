"""The DuckDB warehouse of every lab: the learner's counted connection, and the judge's side."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import duckdb

from fieldkit.state import Fingerprint, fingerprint
from workbook import Answer, Crash

if TYPE_CHECKING:
    from workbook.answer import Turn

MEMORY = "memory:"
_READS = ("fetchdf", "df", "description", "register", "unregister", "get_table_names")
_WRITERS = ("insert", "insert_into", "create", "to_table", "create_view", "to_view", "update")


@cache
def _instance() -> duckdb.DuckDBPyConnection:
    """This process's one DuckDB; worlds are attached to it, which takes a tenth of opening one."""
    # A frame named in SQL is found although our counting stands between the query and its caller.
    return duckdb.connect(config={"threads": 1, "python_scan_all_frames": "true"})


def _attach(place: str, *, read_only: bool = False) -> str:
    """Attach a place and return its name; memory stays attached until it is dropped."""
    memory = place.startswith(MEMORY)
    name = place.removeprefix(MEMORY) if memory else Path(place).stem
    path = ":memory:" if memory else place
    option = " (read_only)" if read_only and not memory else ""
    _instance().execute(f"attach if not exists '{path}' as {name}{option}")
    return name


def _cursor(name: str) -> duckdb.DuckDBPyConnection:
    cursor = _instance().cursor()
    cursor.execute(f"use {name}")
    return cursor


@dataclass
class Database:
    """Hands out a connection to `place` that counts statements and can die at any of them.

    `crash_before`, `crash_after`: the statement (from 1 on; 0: none) at which the process counts
    as dead. `kill`: really end the process there, by SIGKILL. `watch`: a query that a reader
    runs before every statement; what it saw is in the evidence.
    """

    place: str
    crash_before: int = 0
    crash_after: int = 0
    kill: bool = False
    watch: str = ""
    _log: list[str] = field(default_factory=list, init=False)
    _seen: list[list[tuple[Any, ...]]] = field(default_factory=list, init=False)
    _written: int = field(default=0, init=False)
    _vain_commits: int = field(default=0, init=False)
    _dead: bool = field(default=False, init=False)
    _cursors: list[duckdb.DuckDBPyConnection] = field(default_factory=list, init=False)

    def open(self, turn: Turn) -> Connection:
        """Attach the place and return a connection to it."""
        self._name, self._turn = _attach(self.place), turn
        self._reader = _cursor(self._name) if self.watch else None
        return self.connect()

    def connect(self) -> Connection:
        """Another connection of the same process."""
        cursor = _cursor(self._name)
        self._cursors.append(cursor)
        return Connection(self, cursor)

    def close(self) -> None:
        """End every connection; what was not committed is gone, as when a process ends."""
        for cursor in [*self._cursors, *([self._reader] if self._reader else [])]:
            with suppress(duckdb.Error):
                cursor.rollback()
            cursor.close()
        if not self.place.startswith(MEMORY):
            _instance().execute(f"detach {self._name}")

    def evidence(self) -> dict[str, Any]:
        """Statements in order (shortened), rows written, what the reader saw, how it ended."""
        return {
            "log": self._log,
            "crashed": self._dead,
            "written": self._written,
            "vain_commits": self._vain_commits,
            "seen": self._seen,
        }

    def before(self, text: str) -> None:
        """A statement is about to run: let the reader look, take a turn, die if it is time."""
        if self._dead:
            raise Crash
        if self._reader:
            seen = self._reader.execute(self.watch).fetchall()
            self._seen += [seen] if seen not in self._seen else []
        self._turn()
        if len(self._log) + 1 == self.crash_before:
            self._die()
        self._log.append(" ".join(text.split())[:60])

    def after(self, rows: int) -> None:
        """A statement ran and wrote so many rows."""
        self._written += rows
        if len(self._log) == self.crash_after:
            self._die()

    def committed_in_vain(self) -> None:
        """A COMMIT ended a transaction that an error had already undone."""
        self._vain_commits += 1

    def _die(self) -> None:
        if self.kill:
            os.kill(os.getpid(), signal.SIGKILL)
        self._dead = True
        for cursor in self._cursors:
            with suppress(duckdb.Error):
                cursor.rollback()
        raise Crash


class Connection:
    """What the learner's code gets: a DuckDB connection on which every statement is counted."""

    def __init__(self, database: Database, cursor: duckdb.DuckDBPyConnection) -> None:
        self._database, self._cursor_ = database, cursor
        self._counted: list[tuple[Any, ...]] | None = None
        self._open = self._broken = False

    def execute(self, query: str, parameters: Any = None) -> Connection:
        """Run one or more statements; each is a point at which the process may die."""
        _parts = self._cursor_.extract_statements(query)
        for _part in _parts[:-1]:
            self._run(_part, None)
        if _parts:
            self._run(_parts[-1], parameters)
        return self

    def executemany(self, query: str, parameters: Sequence[Any]) -> Connection:
        """Run one statement for each set of parameters."""
        for _given in parameters:
            self.execute(query, _given)
        return self

    def sql(self, query: str, **options: Any) -> Relation | None:
        """Run statements; return the rows of a final SELECT as a relation."""
        _parts = self._cursor_.extract_statements(query)
        for _part in _parts[:-1]:
            self._run(_part, None)
        if _parts and _parts[-1].type == duckdb.StatementType.SELECT:
            self._database.before(_parts[-1].query)
            _made = self._cursor_.sql(_parts[-1].query, **options)
            self._database.after(0)
            return Relation(self._database, _made)
        self._run(_parts[-1], options.get("params"))
        return None

    query = sql

    def table(self, name: str) -> Relation:
        """A table as a relation."""
        return Relation(self._database, self._cursor_.table(name))

    def append(self, table_name: str, df: Any, *, by_name: bool = False) -> Connection:
        """Append a frame's rows to a table."""
        self._database.before(f"append to {table_name}")
        with self._noting_errors():
            self._cursor_.append(table_name, df, by_name=by_name)
        self._database.after(len(df))
        return self

    def begin(self) -> Connection:
        """Start a transaction."""
        return self.execute("begin")

    def commit(self) -> Connection:
        """Commit the transaction."""
        return self.execute("commit")

    def rollback(self) -> Connection:
        """Undo the transaction."""
        return self.execute("rollback")

    def cursor(self) -> Connection:
        """Another connection of the same process to the same database."""
        return self._database.connect()

    duplicate = cursor

    def fetchone(self) -> Any:
        """The next row of the last result."""
        if self._counted is not None:
            return self._counted.pop(0) if self._counted else None
        return self._cursor_.fetchone()

    def fetchall(self) -> list[Any]:
        """The rows that are left of the last result."""
        if self._counted is not None:
            rows, self._counted = self._counted, []
            return rows
        return self._cursor_.fetchall()

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows of the last result."""
        rows = [self.fetchone() for _ in range(size)]
        return [row for row in rows if row is not None]

    def close(self) -> None:
        """End this connection; an open transaction is undone."""
        with suppress(duckdb.Error):
            self._cursor_.rollback()
        self._cursor_.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def __getattr__(self, name: str) -> Any:
        if name in _READS:
            return getattr(self._cursor_, name)
        raise AttributeError(
            f"this counted connection has no {name!r}: use execute, sql, executemany, append, "
            "begin, commit, rollback, fetchone, fetchall or df"
        )

    def _run(self, _statement: Any, _given: Any) -> None:
        self._database.before(_statement.query)
        self._counted = None
        with self._noting_errors():
            if _given is None:
                self._cursor_.execute(_statement)
            else:
                self._cursor_.execute(_statement.query, _given)
        self._note_transaction(_statement)
        self._database.after(self._rows_written())

    def _rows_written(self) -> int:
        """How many rows the last statement changed; its count stays readable for the learner."""
        columns = self._cursor_.description or []
        if [column[0] for column in columns] != ["Count"]:
            return 0
        self._counted = self._cursor_.fetchall()
        return int(self._counted[0][0]) if self._counted else 0

    @contextmanager
    def _noting_errors(self) -> Iterator[None]:
        try:
            yield
        except duckdb.Error:
            self._broken = self._open
            raise

    def _note_transaction(self, statement: Any) -> None:
        if statement.type == duckdb.StatementType.TRANSACTION:
            word = statement.query.split()[0].lower().rstrip(";")
            if self._broken and word in ("commit", "end"):
                self._database.committed_in_vain()
            self._open, self._broken = word in ("begin", "start"), False


class Relation:
    """A DuckDB relation whose writing methods are counted like statements."""

    def __init__(self, database: Database, relation: Any) -> None:
        self._database, self._relation = database, relation

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._relation, name)
        if not callable(member):
            return member

        def call(*args: Any, **kwargs: Any) -> Any:
            if name in _WRITERS:
                self._database.before(f"{name} {args[0] if args else ''}")
            result = member(*args, **kwargs)
            if name in _WRITERS:
                self._database.after(len(self._relation))
            wrap = isinstance(result, duckdb.DuckDBPyRelation)
            return Relation(self._database, result) if wrap else result

        return call


class Warehouse:
    """A fresh database where an answer can reach it, and the judge's way to read it.

    Use as a context manager: the database is dropped at the end.
    """

    def __init__(self, answer: Answer | None = None, setup: str = "", *, place: str = "") -> None:
        self.place = place or (answer.place() if answer else "")
        with self._reading(write=True) as cursor:
            cursor.execute(setup or "select 1")

    def handle(self, **options: Any) -> Database:
        """The connection to hand to the answer; options as in Database."""
        return Database(self.place, **options)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """What a reader sees now, committed rows only."""
        with self._reading() as cursor:
            return cursor.execute(query).fetchall()

    def fingerprint(self, table: str) -> Fingerprint:
        """The table's fingerprint, as fieldkit takes it."""
        with self._reading() as cursor:
            return fingerprint(cursor, table)

    def execute(self, statement: str) -> None:
        """Change the world between two calls of the answer."""
        with self._reading(write=True) as cursor:
            cursor.execute(statement)

    @contextmanager
    def _reading(self, *, write: bool = False) -> Iterator[duckdb.DuckDBPyConnection]:
        name = _attach(self.place, read_only=not write)
        cursor = _cursor(name)
        try:
            yield cursor
        finally:
            cursor.close()
            if not self.place.startswith(MEMORY):
                _instance().execute(f"detach {name}")

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(self, *_: object) -> None:
        if self.place.startswith(MEMORY):
            _instance().execute(f"detach {self.place.removeprefix(MEMORY)}")
        else:
            Path(self.place).unlink(missing_ok=True)
