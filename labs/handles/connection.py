"""What the learner's code gets for a database: a DuckDB connection that counts each statement."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Protocol

import duckdb

from labs.handles import settings
from labs.handles.statements import parsed, run

_READS = (
    *("description", "fetchnumpy", "rowcount", "create_function", "remove_function"),
    *("extract_statements", "get_table_names"),
)
_CHANGES = ("INSERT", "UPDATE", "DELETE", "MERGE_INTO")
_MAY_BEGIN = ("TRANSACTION", "EXECUTE", "PRAGMA", "CALL", "MULTI")  # a transaction
_ENDS = ("commit", "end", "rollback", "abort")
_NAMING = ("insert_into", "create", "to_table")
_TO_FILES = ("to_csv", "to_parquet", "write_csv", "write_parquet")
_WRITERS = (*_NAMING, *_TO_FILES, "insert", "create_view", "to_view", "update")
_CALL = compile("_call(*_args, **_options)", __file__, "eval")
_TARGET = re.compile(
    r"\b(?:insert\s+(?:or\s+\w+\s+)?into|delete\s+from|update|merge\s+into|truncate(?:\s+table)?"
    r"|create\s+(?:or\s+replace\s+)?table(?:\s+if\s+not\s+exists)?)\s+([\w.\"]+)",
    re.I,
)


class Counting(Protocol):
    """Whoever counts the statements of a connection and may end it at any of them.

    A protocol, because the database that does so hands out connections: each would import the
    other.
    """

    def before(self, text: str) -> None:
        """A statement is about to run; raises Crash where the process dies there."""

    def after(self, rows: int, table: str) -> None:
        """It ran and wrote so many rows to a table."""

    def committed_in_vain(self) -> None:
        """A COMMIT ended a transaction that an error had already undone."""

    def unsettled(self) -> None:
        """A statement ran that may have begun a transaction, on whichever connection."""

    def connect(self) -> Connection:
        """Another connection of the same process."""


@dataclass
class Cursor:
    """One of DuckDB's own, and whether a transaction may be open on it: to ask takes a while."""

    duckdb: duckdb.DuckDBPyConnection
    may_be_open: bool = False

    def begin(self) -> None:
        """Start a transaction that nobody counts."""
        self.may_be_open = True
        self.duckdb.begin()

    def undo(self) -> bool:
        """Undo what was not committed; whether a transaction was open, also one that is aborted."""
        if not self.may_be_open:
            return False
        self.may_be_open = False
        try:
            self.duckdb.begin()
        except duckdb.TransactionException:
            was_open = True
        except duckdb.ConnectionException:  # the answer closed it
            return False
        else:
            was_open = False
        with suppress(duckdb.Error):
            self.duckdb.rollback()
        return was_open


class Connection:
    """What the learner's code gets: a DuckDB connection on which every statement is counted."""

    def __init__(self, database: Counting, cursor: Cursor) -> None:
        self._database, self._cursor_, self._kept = database, cursor.duckdb, cursor
        self._counted: list[tuple[Any, ...]] | None = None
        self._columns: list[str] = []

    def execute(self, query: str, parameters: Any = None) -> Connection:
        """Run one or more statements; each is a point at which the process may die."""
        _last = self._run_all_but_last(query)
        if _last:
            self._run(_last, parameters)
        return self

    def executemany(self, query: str, parameters: Sequence[Any]) -> Connection:
        """Run one statement for each set of parameters."""
        for _given in parameters:
            self.execute(query, _given)
        return self

    def sql(self, query: str, **options: Any) -> Relation | None:
        """Run statements; return the rows of the last one as a relation."""
        _last = self._run_all_but_last(query)
        if _last is None:
            return None
        self._starting(_last)
        _made = _from_caller(self._cursor_.sql, _last.query, **options)
        self._database.after(_rows_told(_last, _made), target(_last.query))
        return None if _made is None else Relation(self._database, _made)

    query = from_query = sql

    def table(self, name: str) -> Relation:
        """A table as a relation."""
        return Relation(self._database, self._cursor_.table(name))

    view = table

    def from_df(self, df: Any) -> Relation:
        """A frame as a relation."""
        return Relation(self._database, self._cursor_.from_df(df))

    def register(self, view_name: str, python_object: Any) -> Connection:
        """Give a frame a name in SQL."""
        self._read_the_rest()
        self._cursor_.register(view_name, python_object)
        return self

    def unregister(self, view_name: str) -> Connection:
        """Take such a name away."""
        self._read_the_rest()
        self._cursor_.unregister(view_name)
        return self

    def append(self, table_name: str, df: Any, *, by_name: bool = False) -> Connection:
        """Append a frame's rows to a table."""
        self._database.before(f"append to {table_name}")
        self._cursor_.append(table_name, df, by_name=by_name)
        self._database.after(len(df), _last_name(table_name))
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

    def df(self) -> Any:
        """The rows that are left of the last result, as a frame."""
        if self._counted is None:
            return self._cursor_.df()
        import pandas as pd

        return pd.DataFrame(self.fetchall(), columns=self._columns)

    fetchdf = fetch_df = df

    def fetchmany(self, size: int = 1) -> list[Any]:
        """The next rows of the last result."""
        rows = [self.fetchone() for _ in range(size)]
        return [row for row in rows if row is not None]

    def close(self) -> None:
        """End this connection; an open transaction is undone."""
        self._kept.undo()
        self._cursor_.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return "<a counted DuckDB connection; .fetchall() shows the last result>"

    def __getattr__(self, name: str) -> Any:
        if name in _READS:
            return getattr(self._cursor_, name)
        raise AttributeError(
            f"this counted connection has no {name!r}: use execute, sql, executemany, append, "
            "begin, commit, rollback, fetchone, fetchall, df, table, from_df, register or cursor"
        )

    def _read_the_rest(self) -> None:
        """What fetchone left: until it is read, DuckDB neither gives a frame a name nor takes it.

        Its complaint would hide the error that the learner's `finally` was reached by.
        """
        if self._counted is None:
            with suppress(duckdb.Error):  # there is no result
                columns = [column[0] for column in self._cursor_.description or ()]
                self._counted, self._columns = self._cursor_.fetchall(), columns

    def _run_all_but_last(self, _query: str) -> Any:
        """Run a string's statements up to its last, which is returned; None if it has none."""
        try:
            _parts = parsed(self._cursor_, _query)
        except duckdb.ParserException:
            with suppress(duckdb.ParserException):
                self._cursor_.execute(")")  # in DuckDB, bad syntax undoes an open transaction
            raise
        for _part in _parts[:-1]:
            self._run(_part, None)
        return _parts[-1] if _parts else None

    def _run(self, _statement: Any, _given: Any) -> None:
        self._starting(_statement)
        _more = () if _given is None else (_given,)
        _from_caller(self._cursor_.execute, _statement, *_more)
        if _statement.type == duckdb.StatementType.TRANSACTION and _word(_statement) in _ENDS:
            self._kept.may_be_open = False
        self._database.after(self._rows_written(_statement), target(_statement.query))

    def _starting(self, statement: Any) -> None:
        """Count a statement that is about to run; a COMMIT of nothing is noted."""
        self._database.before(statement.query)
        settings.about_to_run(statement.query, self._cursor_)
        self._counted = None
        if statement.type.name in _MAY_BEGIN:
            self._kept.may_be_open = True
        ends = statement.type == duckdb.StatementType.TRANSACTION and _word(statement) in _ENDS[:2]
        if ends and self._undone():
            self._database.committed_in_vain()

    def _undone(self) -> bool:
        """Whether an error has already undone the open transaction; only DuckDB knows."""
        try:
            run(self._cursor_, "reset variable workbook_undone")  # half the time of a SELECT
        except duckdb.TransactionException:
            return True
        return False

    def _rows_written(self, statement: Any) -> int:
        """How many rows the statement changed; its count stays readable for the learner."""
        columns = [column[0] for column in self._cursor_.description or ()]
        counts = statement.type != duckdb.StatementType.SELECT and columns == ["Count"]
        returning = statement.type.name in _CHANGES and not counts
        if not (counts or returning):
            return 0
        self._counted, self._columns = self._cursor_.fetchall(), columns
        if returning:
            return len(self._counted)
        return int(self._counted[0][0]) if self._counted else 0


def _from_caller(call: Callable[..., Any], *args: Any, **options: Any) -> Any:
    """Call as if from the learner's frame: a frame named in SQL is looked for there first."""
    frame: Any = sys._getframe(1)
    while frame.f_globals is globals():
        frame = frame.f_back
    names = {**frame.f_locals, "_call": call, "_args": args, "_options": options}
    return eval(_CALL, frame.f_globals, names)


def _word(statement: Any) -> str:
    """What a statement of a transaction begins with."""
    word: str = statement.query.split()[0].lower().rstrip(";")
    return word


def target(statement: str) -> str:
    """The table that a statement writes to, in small letters; "" for a temporary one or none."""
    found = _TARGET.search(statement)
    return _last_name(found[1]) if found else ""


def _last_name(table: str) -> str:
    return table.rsplit(".", 1)[-1].strip('"').lower()


def _rows_told(statement: Any, relation: Any) -> int:
    """How many rows the statement changed, which its result tells or returns."""
    if relation is None or statement.type == duckdb.StatementType.SELECT:
        return 0
    if relation.columns == ["Count"]:
        return int(relation.fetchall()[0][0])
    return len(relation) if statement.type.name in _CHANGES else 0  # RETURNING


class Relation:
    """A DuckDB relation whose writing methods are counted like statements."""

    def __init__(self, database: Counting, relation: Any) -> None:
        self._database, self._relation = database, relation

    # DuckDB then takes it in SQL by name, in joins and in unions.
    __class__ = property(lambda self: duckdb.DuckDBPyRelation)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._relation, name)
        if not callable(member):
            return member

        def call(*args: Any, **kwargs: Any) -> Any:
            if name not in _WRITERS:
                return self._counted(member(*args, **kwargs))
            self._database.before(f"{name} {args[0] if args else ''}")
            rows = self._rows_to_write(name, kwargs)
            made = self._counted(member(*args, **kwargs))
            self._database.after(rows, _last_name(self._written_to(name, args, kwargs)))
            return made

        return call

    def _counted(self, made: Any) -> Any:
        wrap = isinstance(made, duckdb.DuckDBPyRelation)
        return Relation(self._database, made) if wrap else made

    def query(self, virtual_table_name: str, sql_query: str) -> Any:
        """Run a statement that reads this relation under a name."""
        self._database.before(sql_query)
        self._database.unsettled()
        made = self._relation.query(virtual_table_name, sql_query)
        told = _rows_told(duckdb.extract_statements(sql_query)[-1], made)
        self._database.after(told, target(sql_query))
        return self._counted(made)

    def _written_to(self, name: str, args: Sequence[Any], given: dict[str, Any]) -> str:
        if name in _NAMING:
            return str(args[0] if args else given["table_name"])
        return str(self._relation.alias)  # only a table that has no other name can be written

    def _rows_to_write(self, name: str, given: dict[str, Any]) -> int:
        if name in ("create_view", "to_view", *_TO_FILES):
            return 0
        if name == "insert":
            return 1
        where = given.get("condition") if name == "update" else None
        return len(self._relation if where is None else self._relation.filter(where))

    def __len__(self) -> int:
        return len(self._relation)

    def __getitem__(self, name: str) -> Relation:
        return Relation(self._database, self._relation[name])

    def __repr__(self) -> str:
        return repr(self._relation)
