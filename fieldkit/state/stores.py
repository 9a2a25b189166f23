"""Readers of a state's tables (DuckDB, SQLite, folder), two states side by side."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import zipfile
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeVar

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.state.databases import engine_of
from fieldkit.state.fingerprints import Fingerprint, fingerprint, hashed, literal, quoted
from fieldkit.state.folders import FolderTables
from fieldkit.state.formats import UnreadableTable
from fieldkit.state.snapshot import siblings

Rows = list[tuple[Any, ...]]
T = TypeVar("T")
ENGINE: dict[str, str | int | float | list[str]] = {
    # A fingerprint needs little, however many rows; with more room the engine would only keep
    # blocks of the file that nobody reads again.
    "memory_limit": "64MB",
    # More threads need more memory for the same aggregate, and the command runs beside us.
    "threads": 2,
    # An instrument asks no server for an extension, whatever is in somebody's file.
    "autoinstall_known_extensions": "false",
    "preserve_insertion_order": "false",
}
ROOM = ("192MB", "1GB")  # for differing rows and very wide tables
BROKEN = (duckdb.Error, sqlite3.Error)  # what an engine raises at what it cannot read
SIDES = ("expected", "observed")


@dataclass(frozen=True)
class Shape:
    """A table's columns with their types, its primary key, and its read error ("")."""

    columns: Mapping[str, str]
    key: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class State:
    """One of a pipeline's states; `kind` is duckdb, sqlite or folder."""

    path: Path
    kind: str

    @property
    def name(self) -> str:
        """The name that a reader of a report knows it by."""
        return self.path.name


def _empty(place: Path) -> str:
    """How to make an empty state of this name in a shell."""
    if place.suffix in (".duckdb", ".ddb"):
        return f"python -c \"import duckdb; duckdb.connect('{place}')\""
    return f"{'touch' if place.suffix else 'mkdir'} {place}"


def identify(path: str | Path) -> State:
    """The kind of state at a path, by its content; raises CannotRun if there is none."""
    place = Path(path).expanduser()
    if not place.exists():
        raise CannotRun(
            f"{path}: there is no such state; name a DuckDB file, a SQLite file or a folder that "
            f"exists before the load; before a first load make an empty one: {_empty(place)}"
        )
    place = place.resolve()
    if place.is_dir():
        return State(place, "folder")
    if not place.is_file():
        raise CannotRun(f"{path}: is neither a file nor a folder; name a database or a folder")
    if engine := engine_of(place):
        return State(place, engine)
    if not place.stat().st_size:
        # SQLite makes its file at the first connection and writes to it at the first commit.
        if place.suffix != ".duckdb":
            return State(place, "sqlite")
        raise CannotRun(
            f"{path}: has 0 bytes, so it is not a DuckDB database; start from a state before a load"
        )
    if zipfile.is_zipfile(place):
        raise CannotRun(
            f"{path}: is a zip archive, which cannot be compared table by table; unpack it "
            f"(unzip {path} -d FOLDER), let the command write to FOLDER, and name that"
        )
    raise CannotRun(
        f"{path}: is neither a DuckDB nor a SQLite database, or it is damaged; for files of data "
        "or a checkpoint name their folder"
    )


class Reader(ABC):
    """Reads a state on the side `expected`, `observed` or both, without changing a byte."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch

    @abstractmethod
    def open(self, side: str, place: Path) -> None:
        """Show the state at `place` on this side."""

    @abstractmethod
    def tables(self, side: str) -> dict[str, Shape]:
        """The tables by the name that a user would write; without views, which are not state."""

    @abstractmethod
    def query(self, text: str) -> Rows:
        """Run a query in the dialect that both engines share."""

    @abstractmethod
    def hash(self, columns: Mapping[str, str]) -> str:
        """The SQL expression of a row's hash over these columns (name -> type)."""

    @abstractmethod
    def fingerprint(self, side: str, table: str, columns: Mapping[str, str]) -> Fingerprint:
        """One aggregate query over the table."""

    def make_room(self) -> None:
        """Allow the memory that finding differing rows needs."""
        return

    def relation(self, side: str, table: str) -> str:
        """The table's name in SQL."""
        return f"{quoted(side)}.{quoted(table)}"

    @abstractmethod
    def close(self) -> None:
        """Close the files."""


class DuckReader(Reader):
    """DuckDB files, attached read-only: the log of a killed process is read, not applied."""

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self._names: dict[str, tuple[str, str]] = {}
        self.connection = duckdb.connect(config={**ENGINE, "temp_directory": str(scratch)})
        self.connection.execute("set enable_progress_bar = false")

    def open(self, side: str, place: Path) -> None:  # noqa: D102
        self.connection.execute(f"attach {literal(place)} as {side} (read_only)")

    def tables(self, side: str) -> dict[str, Shape]:  # noqa: D102
        found: dict[tuple[str, str], dict[str, str]] = {}
        for schema, table, column, kind in self.query(
            "select schema_name, table_name, column_name, data_type from duckdb_columns() "
            f"where database_name = '{side}' and table_oid in (select table_oid from "
            f"duckdb_tables() where database_name = '{side}' and not internal)"
        ):
            found.setdefault((schema, table), {})[column] = kind
        keys = {
            (schema, table): tuple(columns)
            for schema, table, columns in self.query(
                "select schema_name, table_name, constraint_column_names from duckdb_constraints()"
                f" where database_name = '{side}' and constraint_type = 'PRIMARY KEY'"
            )
        }
        shapes = {}
        for place, columns in sorted(found.items()):
            name = place[1] if place[0] == "main" else ".".join(place)
            self._names[name] = place
            shapes[name] = Shape(columns, keys.get(place, ()))
        return shapes

    def relation(self, side: str, table: str) -> str:  # noqa: D102
        return ".".join(quoted(part) for part in (side, *self._names[table]))

    def query(self, text: str) -> Rows:  # noqa: D102
        return self.with_room(lambda: self.connection.execute(text).fetchall())

    def hash(self, columns: Mapping[str, str]) -> str:  # noqa: D102
        return hashed(columns)

    def fingerprint(self, side: str, table: str, columns: Mapping[str, str]) -> Fingerprint:  # noqa: D102
        relation = self.relation(side, table)
        return self.with_room(lambda: fingerprint(self.connection, relation, columns=columns))

    def make_room(self) -> None:  # noqa: D102
        self.connection.execute(f"set memory_limit = '{ROOM[0]}'")

    def with_room(self, work: Callable[[], T]) -> T:
        """Run it in little memory first; with more if the engine runs out."""
        for room in ROOM:
            try:
                return work()
            except duckdb.OutOfMemoryException:
                self.connection.execute(f"set memory_limit = '{room}'")
        return work()

    def close(self) -> None:  # noqa: D102
        self.connection.close()


class FolderReader(DuckReader):
    """Folders of data files: every table of files is a view in the side's schema."""

    def open(self, side: str, place: Path) -> None:  # noqa: D102
        self.connection.execute(f"create schema {side}")
        self._found = getattr(self, "_found", {}) | {side: FolderTables(place)}

    def tables(self, side: str) -> dict[str, Shape]:  # noqa: D102
        shapes = {}
        for name in self._found[side].names():
            self._names[name] = (side, name)
            try:
                self._define(side, name)
            except UnreadableTable as error:
                shapes[name] = Shape({}, error=str(error))
                continue
            except duckdb.Error as error:
                shapes[name] = Shape({}, error=self._found[side].half_file(name, error))
                continue
            if self._found[side].is_blank(name):
                shapes[name] = Shape({})
                continue
            described = self.query(f"describe {self.relation(side, name)}")
            shapes[name] = Shape({row[0]: row[1] for row in described}, self._found[side].key(name))
        return shapes

    def _define(self, side: str, name: str) -> None:
        relation, files = self.relation(side, name), self._found[side]
        self.with_room(lambda: files.define(self.connection, relation, name))

    # The side is the schema here; _names keeps only the side that was read last.
    def relation(self, side: str, table: str) -> str:  # noqa: D102
        return f"{quoted(side)}.{quoted(table)}"

    def fingerprint(self, side: str, table: str, columns: Mapping[str, str]) -> Fingerprint:  # noqa: D102
        try:
            return super().fingerprint(side, table, columns)
        except duckdb.Error as error:
            raise UnreadableTable(self._found[side].half_file(table, error)) from error


class _Digest:
    """SQLite's aggregate: the sum of row hashes, without SQLite's limit of 64 bits."""

    def __init__(self) -> None:
        self.total = 0

    def step(self, value: int) -> None:
        self.total += value

    def finalize(self) -> str:
        return str(self.total)


def _row_hash(*values: Any) -> int:
    """A row's hash: 1 and 1.0 are one value, as SQLite compares them."""
    plain = [int(v) if isinstance(v, float) and v.is_integer() else v for v in values]
    digest = hashlib.blake2b(repr(plain).encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


class SqliteReader(Reader):
    """SQLite files; one that a killed process left in need of repair is repaired in a copy."""

    GROUP = 100  # SQLite's functions take at least so many arguments in every build

    def __init__(self, scratch: Path) -> None:
        super().__init__(scratch)
        self.connection = sqlite3.connect(
            f"file:{scratch / 'work.sqlite'}?mode=memory", uri=True, isolation_level=None
        )
        # On disk: the differing rows of a large table do not fit into memory.
        self.connection.execute("pragma temp_store = file")
        self.connection.create_function("rowhash", -1, _row_hash, deterministic=True)
        self.connection.create_aggregate("digest", 1, _Digest)  # type: ignore[arg-type]

    def open(self, side: str, place: Path) -> None:  # noqa: D102
        # immutable: SQLite then takes no lock and writes no -shm file beside somebody's database.
        # With a log beside it that would hide the log's rows, so the repair happens in a copy.
        option = "immutable=1"
        if len(siblings(place)) > 1:
            into = self._scratch / side
            shutil.rmtree(into, ignore_errors=True)
            into.mkdir(parents=True)
            for file in siblings(place):
                shutil.copyfile(file, into / file.name)
            place, option = into / place.name, "mode=rw"
        self.connection.execute(f"attach ? as {side}", (f"{place.as_uri()}?{option}",))

    def tables(self, side: str) -> dict[str, Shape]:  # noqa: D102
        shapes = {}
        for (name,) in self.query(
            f"select name from {side}.sqlite_master where type = 'table' and name not like "
            "'sqlite\\_%' escape '\\' order by name"
        ):
            described = self.query(f"pragma {side}.table_xinfo({quoted(name)})")
            # Not table_info, which leaves generated columns out; hidden ones (1) cannot be read.
            columns = {row[1]: row[2] for row in described if row[6] != 1}
            key = tuple(row[1] for row in sorted(described, key=lambda row: row[5]) if row[5])
            shapes[name] = Shape(columns, key)
        return shapes

    def query(self, text: str) -> Rows:  # noqa: D102
        return self.connection.execute(text).fetchall()

    def hash(self, columns: Mapping[str, str]) -> str:  # noqa: D102
        names = [quoted(column) for column in sorted(columns)]
        groups = [names[at : at + self.GROUP] for at in range(0, len(names), self.GROUP)]
        parts = [f"rowhash({', '.join(group)})" for group in groups]
        if len(parts) < 2:
            return parts[0] if parts else "0"
        return f"rowhash({', '.join(parts)})"

    def fingerprint(self, side: str, table: str, columns: Mapping[str, str]) -> Fingerprint:  # noqa: D102
        # Summed in Python: SQLite's own sum() overflows at 64 bits.
        query = f"select count(*), digest({self.hash(columns)}) from {self.relation(side, table)}"
        rows, digest = self.query(query)[0]
        return Fingerprint(rows, int(digest or 0))

    def close(self) -> None:  # noqa: D102
        self.connection.close()


READERS: dict[str, type[Reader]] = {
    "duckdb": DuckReader,
    "sqlite": SqliteReader,
    "folder": FolderReader,
}


@contextmanager
def reading(state: State, scratch: Path, **places: Path) -> Iterator[Reader]:
    """Open one state at one or both sides (`expected=`, `observed=`), read-only."""
    scratch.mkdir(parents=True, exist_ok=True)
    reader = READERS[state.kind](scratch)
    try:
        for side, place in places.items():
            reader.open(side, place)
        if len(places) > 1:
            reader.make_room()  # finding differing rows needs more than one aggregate
        yield reader
    finally:
        reader.close()
        shutil.rmtree(scratch, ignore_errors=True)


def without(shape: Shape, columns: set[str]) -> Shape:
    """The shape without some columns."""
    return replace(shape, columns={n: t for n, t in shape.columns.items() if n not in columns})
