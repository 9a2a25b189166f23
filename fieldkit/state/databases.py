"""Database files that lie in a folder of data: read table by table, like the files beside them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from fieldkit.state.fingerprints import literal, quoted
from fieldkit.state.formats import UnreadableTable
from fieldkit.state.snapshot import copy

NULL = "\\N"


@dataclass(frozen=True)
class DatabaseTable:
    """One table of a database file; `kind`: duckdb or sqlite, `schema`: "" in SQLite."""

    file: Path
    kind: str
    table: str
    schema: str = ""
    key: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """As a user would write it: with the schema, unless it is DuckDB's own."""
        return f"{self.schema}.{self.table}" if self.schema not in ("", "main") else self.table

    def define(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Define the table under this name; raises duckdb.Error or UnreadableTable if torn."""
        with _copy(self.file) as place:
            if self.kind == "duckdb":
                self._from_duckdb(con, relation, place)
                return
            try:
                self._from_sqlite(con, relation, place)
            except sqlite3.Error as error:
                raise UnreadableTable(f"{self.file.name} cannot be read: {error}") from None

    def _from_duckdb(self, con: duckdb.DuckDBPyConnection, relation: str, place: Path) -> None:
        con.execute(f"attach {literal(place)} as fieldkit_other (read_only)")
        try:
            source = ".".join(["fieldkit_other", quoted(self.schema), quoted(self.table)])
            con.execute(f"create table {relation} as from {source}")
        finally:
            con.execute("detach fieldkit_other")

    def _from_sqlite(self, con: duckdb.DuckDBPyConnection, relation: str, place: Path) -> None:
        text = place.with_name("rows.csv")
        columns = _as_text(place, self.table, text)
        types = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns)
        con.execute(
            f"create table {relation} as from read_csv({literal(text)}, header = false,"
            f" columns = {{{types}}}, nullstr = '{NULL}', quote = '\"', escape = '\"',"
            " delim = ',', auto_detect = false, allow_quoted_nulls = false)"
        )


def tables_in(file: Path) -> list[DatabaseTable] | None:
    """The tables of a database file, by name; None for a file of another kind, or a torn one."""
    try:
        kind = engine_of(file)
        if not kind:
            return None
        with _copy(file) as place:
            return list(_duckdb(file, place) if kind == "duckdb" else _sqlite(file, place))
    except (duckdb.Error, sqlite3.Error, OSError):
        return None


def engine_of(file: Path) -> str:
    """The engine that wrote a file, by its first bytes: duckdb, sqlite, or "" for any other."""
    with file.open("rb") as opened:
        head = opened.read(16)
    if head[8:12] == b"DUCK":
        return "duckdb"
    return "sqlite" if head == b"SQLite format 3\0" else ""


@contextmanager
def _copy(file: Path) -> Iterator[Path]:
    """A copy with the files beside it: a journal that a kill has left must be applied."""
    with TemporaryDirectory(prefix="fieldkit-") as folder:
        yield copy(file, Path(folder))


def _duckdb(file: Path, place: Path) -> Iterator[DatabaseTable]:
    with duckdb.connect(str(place)) as con:
        for schema, name in con.execute(
            "select schema_name, table_name from duckdb_tables() where not internal order by all"
        ).fetchall():
            key = con.execute(
                "select unnest(constraint_column_names) from duckdb_constraints() where schema_name"
                " = ? and table_name = ? and constraint_type = 'PRIMARY KEY'", [schema, name],
            ).fetchall()  # fmt: skip
            yield DatabaseTable(file, "duckdb", name, schema, tuple(column for (column,) in key))


def _sqlite(file: Path, place: Path) -> Iterator[DatabaseTable]:
    with closing(sqlite3.connect(place)) as con:
        for (name,) in con.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite!_%'"
            " escape '!' order by name"
        ).fetchall():
            found = con.execute("select name, pk from pragma_table_info(?)", [name]).fetchall()
            key = [column for column, at in sorted(found, key=lambda one: one[1]) if at]
            yield DatabaseTable(file, "sqlite", name, key=tuple(key))


def _as_text(place: Path, table: str, to: Path) -> list[str]:
    """Write a table of SQLite as CSV, each value as text; returns the columns."""
    with closing(sqlite3.connect(place)) as con, to.open("w", newline="", encoding="utf-8") as out:
        con.text_factory = lambda raw: raw.decode("utf-8", "backslashreplace")
        rows = con.execute(f"select * from {quoted(table)}")
        for row in rows:
            out.write(",".join(map(_cell, row)) + "\n")
        return [name for name, *_ in rows.description]


def _cell(value: object) -> str:
    """A value in CSV: NULL bare, all else in quotes, bytes by their hex digits."""
    if value is None:
        return NULL
    text = f"x'{value.hex()}'" if isinstance(value, bytes) else str(value)
    return '"' + text.replace('"', '""') + '"'
