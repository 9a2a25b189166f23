"""A folder as a state: which files form which table, and how they are read."""

from __future__ import annotations

import gzip
import hashlib
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath

import duckdb

from fieldkit.state import delimited
from fieldkit.state.databases import DatabaseTable, tables_in
from fieldkit.state.fingerprints import literal
from fieldkit.state.formats import LogTable, catalog_of, found_in, is_empty
from fieldkit.state.snapshot import siblings

OTHER = "(other files)"
# What programs write about their runs: no two runs write the same, and nothing is read from it.
LOG = re.compile(
    r"\.log(\.\d+|[.-]\d{4}-?\d\d-?\d\d)?$|(^|/)logs?/([^/]*/)*[^/]*\.(txt|out|err)$", re.I
)
SKIPPED = (".", "_")  # with which names begin that engines do not read
ENDINGS = {
    "parquet": (".parquet", ".parq"),
    "csv": (".csv", ".csv.gz", ".tsv", ".tsv.gz"),
    "json": (".jsonl", ".ndjson", ".json", ".jsonl.gz", ".ndjson.gz", ".json.gz"),
}


def is_log(name: str) -> bool:
    """Whether a file is by its name a log of runs."""
    return bool(LOG.search(name))


def _is_text(file: Path) -> bool:
    """Whether a file begins as text: a broker's and a database's .log files hold data."""
    with suppress(OSError), file.open("rb") as opened:
        return b"\0" not in opened.read(1 << 16)
    return False


def _kind(name: str) -> str:
    """A data file's format; "" for others, and for names that engines skip (. and _ first)."""
    if name.startswith(SKIPPED):
        return ""
    return next((kind for kind, endings in ENDINGS.items() if name.lower().endswith(endings)), "")


def _of_lines(file: Path) -> bool:
    """Whether a JSON file holds an object a line, not one document over many lines."""
    if ".json" not in file.suffixes[-2:]:
        return True
    opening = gzip.open if file.suffix == ".gz" else open
    with suppress(OSError, EOFError), opening(file, "rb") as opened:
        first = opened.readline(1 << 20).strip()
        return first.startswith(b"{") and first != b"{" and not first.endswith(b",")
    return True


class FolderTables:
    """The tables of one folder: a directory is one, the `k=v` levels below belong to it.

    `logs`: files that tell of runs; they belong to no table and are not compared.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.logs: list[str] = []
        self._files: dict[str, list[Path]] = {}
        self._kinds: dict[str, str] = {}
        self._logged: dict[str, LogTable | DatabaseTable] = {}
        self._beside: set[Path] = set()
        catalogs = {path: catalog_of(path) for path in sorted(folder.glob("*.db"))}
        catalog = {name: file for one in catalogs.values() for name, file in one.items()}
        known = {path for path, found in catalogs.items() if found}
        for place, below, names in os.walk(folder):
            below.sort()
            if table := found_in(Path(place), catalog):
                below.clear()  # all files below belong to the log, which knows which of them count
                if not is_empty(table):
                    self._logged[self._table(Path(place) / "_")] = table
                continue
            for name in sorted(names):
                # The catalog is how the tables are found, and its files beside it.
                if not any(str(Path(place) / name).startswith(str(one)) for one in known):
                    self._add(Path(place) / name)
        other = [one for one in self._files.get(OTHER, []) if one not in self._beside]
        self._files = {name: files for name, files in self._files.items() if name != OTHER}
        self._files |= {OTHER: other} if other else {}

    def _database(self, file: Path) -> bool:
        """Whether a file is a database that can be read; its tables are tables of the folder."""
        hidden = file.name.startswith(SKIPPED) or file.is_symlink()
        found = tables_in(file) if file.is_file() and not hidden else None
        for table in found or ():
            self._logged[f"{self._relative(file)}.{table.name}"] = table
        self._beside |= set(siblings(file)[1:] if found is not None else ())
        return found is not None

    def _add(self, file: Path) -> None:
        # Only regular files are data: to open a FIFO would wait for somebody to write to it.
        kind = _kind(file.name) if file.is_file() else ""
        if not kind and self._database(file):
            return
        if not kind and is_log(self._relative(file)) and file.is_file() and _is_text(file):
            self.logs.append(self._relative(file))
            return
        kind = "" if kind == "json" and not _of_lines(file) else kind
        table = self._table(file) if kind else OTHER
        if self._kinds.setdefault(table, kind) != kind:
            table = f"{table} ({kind})"
            self._kinds[table] = kind
        self._files.setdefault(table, []).append(file)

    def _table(self, file: Path) -> str:
        levels = list(file.relative_to(self.folder).parts[:-1])
        while levels and "=" in levels[-1]:
            levels.pop()
        return PurePosixPath(*levels).as_posix() if levels else self.folder.name

    def names(self) -> list[str]:
        """The tables' names, with "(other files)" last."""
        there = [*self._files, *self._logged]
        return sorted(there, key=lambda name: (name == OTHER, name))

    def key(self, table: str) -> tuple[str, ...]:
        """The key, where the folder itself defines one."""
        inside = self._logged.get(table)
        if isinstance(inside, DatabaseTable):
            return inside.key
        return ("path",) if table == OTHER else ()

    def define(self, con: duckdb.DuckDBPyConnection, relation: str, table: str) -> None:
        """Define the table under this name; raises duckdb.Error if a file is truncated."""
        if table in self._logged:
            self._logged[table].define(con, relation)
        elif table == OTHER:
            con.execute(f"create table {relation} (path varchar, sha256 varchar)")
            rows = [[self._relative(file), self._sum(file)] for file in self._files[table]]
            con.executemany(f"insert into {relation} values (?, ?)", rows)
        else:
            source = self._source(con, self._kinds[table], self._files[table])
            con.execute(f"create view {relation} as {source}")

    def is_blank(self, table: str) -> bool:
        """Whether all files of a table are cut off within their header line, or have no byte."""
        return self._kinds.get(table) == "csv" and not delimited.source(self._files[table], "")

    def _source(self, con: duckdb.DuckDBPyConnection, kind: str, files: Sequence[Path]) -> str:
        """A query over files; those below other `k=v` levels lack each other's columns."""
        groups: dict[tuple[str, ...], list[Path]] = {}
        for file in files:
            levels = file.relative_to(self.folder).parts[:-1]
            keys = tuple(one.partition("=")[0] for one in levels if "=" in one)
            groups.setdefault(keys, []).append(file)
        queries = [self._one_layout(con, kind, group) for _, group in sorted(groups.items())]
        return " union all by name ".join(f"({query})" for query in queries)

    def _one_layout(self, con: duckdb.DuckDBPyConnection, kind: str, files: Sequence[Path]) -> str:
        # Types are not guessed: a guess from other rows would make equal values differ.
        listed = "[" + ", ".join(map(literal, files)) + "]"
        hive = "hive_partitioning = true, hive_types_autocast = false"
        if kind == "parquet":
            return f"select * from read_parquet({listed}, union_by_name = true, {hive})"
        if kind == "csv":
            return delimited.source(files, hive) or "select null as nothing where false"
        return _json_source(con, f"read_json_objects({listed}, format = 'auto', {hive})")

    def _relative(self, file: Path) -> str:
        return file.relative_to(self.folder).as_posix()

    @staticmethod
    def _sum(file: Path) -> str:
        if file.is_symlink():
            return "link to " + os.readlink(file)
        if not file.is_file():
            return "not a file"
        with file.open("rb") as opened:
            return hashlib.file_digest(opened, "sha256").hexdigest()

    def half_file(self, table: str, error: Exception) -> str:
        """Name the file that made this error, by reading them one at a time."""
        why = error
        for file in self._files.get(table, []):
            with duckdb.connect() as con:
                try:
                    source = self._source(con, self._kinds[table], [file])
                    con.execute(f"select count(hash(columns(*))) from ({source})").fetchall()
                except duckdb.Error as one:
                    why = one
                    return f"{self._relative(file)} cannot be read: {_first_line(why)}"
        return _first_line(why)


def _first_line(error: Exception) -> str:
    if "unicode" in str(error) or "utf-8 encoded" in str(error):
        return "it is not text in UTF-8; save it so, or leave it out with --ignore-table"
    text = str(error).splitlines()[0].split(" in file ")[0].split(" of file ")[0]
    return text.partition("Error: ")[2] or text


def _json_source(con: duckdb.DuckDBPyConnection, objects: str) -> str:
    """Top-level keys as columns, each with the text that stands in the file."""
    keys = con.execute(
        f"select distinct unnest(json_keys(json)) as k from {objects} order by k"
    ).fetchall()
    pick = [f"json->{literal('$.' + _json_name(key))} as {_json_name(key)}" for (key,) in keys]
    others = "* exclude (json)"
    return f"select {', '.join([others, *pick])} from {objects}" if pick else f"from {objects}"


def _json_name(key: str) -> str:
    return '"' + key.replace('"', '""') + '"'
