"""Database files that lie in a folder of data: read table by table, like the files beside them."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb

from fieldkit.state.fingerprints import quoted

BESIDE = ("-wal", "-shm", "-journal", ".wal")  # what an engine keeps beside its file
NULL = "\\N"


@dataclass(frozen=True)
class DatabaseTable:
    """One table of a database file; `kind`: duckdb or sqlite."""

    file: Path
    kind: str
    name: str
    key: tuple[str, ...] = ()

    def define(self, con: duckdb.DuckDBPyConnection, relation: str) -> None:
        """Define the table under this name; raises duckdb.Error or sqlite3.Error if it is torn."""
        with _copy(self.file) as place:
            if self.kind == "duckdb":
                con.execute(f"attach '{_escaped(place)}' as fieldkit_other (read_only)")
                try:
                    source = f"fieldkit_other.main.{quoted(self.name)}"
                    con.execute(f"create table {relation} as from {source}")
                finally:
                    con.execute("detach fieldkit_other")
                return
            text = place.with_name("rows.csv")
            columns = _as_text(place, self.name, text)
            types = ", ".join(f"'{_quotes(name)}': 'VARCHAR'" for name in columns)
            con.execute(
                f"create table {relation} as from read_csv('{_escaped(text)}', header = false,"
                f" columns = {{{types}}}, nullstr = '{NULL}', quote = '\"', escape = '\"',"
                " delim = ',', auto_detect = false, allow_quoted_nulls = false)"
            )


def tables_in(file: Path) -> list[DatabaseTable] | None:
    """The tables of a database file, by name; None for a file of another kind, or a torn one."""
    kind = _kind(file)
    if not kind:
        return None
    try:
        with _copy(file) as place:
            return list(_duckdb(file, place) if kind == "duckdb" else _sqlite(file, place))
    except (duckdb.Error, sqlite3.Error, OSError):
        return None


def _kind(file: Path) -> str:
    try:
        with file.open("rb") as opened:
            head = opened.read(16)
    except OSError:
        return ""
    if head[8:12] == b"DUCK":
        return "duckdb"
    return "sqlite" if head == b"SQLite format 3\0" else ""


@contextmanager
def _copy(file: Path) -> Iterator[Path]:
    """A copy with the files beside it: a journal that a kill has left must be applied."""
    with TemporaryDirectory(prefix="fieldkit-") as folder:
        for end in ("", *BESIDE):
            beside = Path(f"{file}{end}")
            if beside.is_file():
                shutil.copyfile(beside, Path(folder) / beside.name)
        yield Path(folder) / file.name


def _duckdb(file: Path, place: Path) -> Iterator[DatabaseTable]:
    with duckdb.connect(str(place)) as con:
        for (name,) in con.execute(
            "select table_name from duckdb_tables() where schema_name = 'main' and not internal"
            " order by table_name"
        ).fetchall():
            key = con.execute(
                "select unnest(constraint_column_names) from duckdb_constraints()"
                " where table_name = ? and constraint_type = 'PRIMARY KEY'", [name],
            ).fetchall()  # fmt: skip
            yield DatabaseTable(file, "duckdb", name, tuple(column for (column,) in key))


def _sqlite(file: Path, place: Path) -> Iterator[DatabaseTable]:
    with closing(sqlite3.connect(place)) as con:
        for (name,) in con.execute(
            "select name from sqlite_master where type = 'table' and name not like 'sqlite!_%'"
            " escape '!' order by name"
        ).fetchall():
            found = con.execute("select name, pk from pragma_table_info(?)", [name]).fetchall()
            key = [column for column, at in sorted(found, key=lambda one: one[1]) if at]
            yield DatabaseTable(file, "sqlite", name, tuple(key))


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


def _escaped(path: Path) -> str:
    return _quotes(str(path))


def _quotes(text: str) -> str:
    return text.replace("'", "''")
