"""What is known of tables: partition column, bytes and grain; from CSV or dbt's catalog.json."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit.audit import reading
from fieldkit.errors import CannotRun

COLUMNS = ("table", "partition", "bytes", "files", "grain", "columns")
NEEDED = ("table",)
SURROGATE = re.compile(r"(^|_)(key|sk|pk|hk|hash|guid|uuid|surrogate)$|^unique_|_(row|unique)_id$")


@dataclass(frozen=True)
class Table:
    """One table; `grain`: the columns that name a row, () where nobody has said so.

    `partition`: the column by which it is partitioned; several, each of which is enough for a
    filter (a day and its moment), stand apart by spaces. `tested`: the grain is what a test or a
    merge key says; that other columns do not name a row, too, nobody has said.
    """

    name: str
    partition: str = ""
    bytes: int = 0
    files: int = 0
    grain: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    tested: bool = False

    @property
    def partitions(self) -> tuple[str, ...]:
        """The columns of which a filter on any leaves partitions out."""
        return tuple(self.partition.split())


def made_of_others(key: tuple[str, ...]) -> bool:
    """Whether a key is a surrogate: it says that rows are unique, and not by which columns."""
    return len(key) == 1 and bool(SURROGATE.search(key[0]))


class Catalog:
    """Tables by name; `known` says whether there is a catalog at all, `missed` what was looked for
    in vain.
    """

    def __init__(self, tables: Iterable[Table] = (), *, known: bool = True) -> None:
        self.known = known
        self.missed: set[str] = set()
        self._tables = {table.name.lower(): table for table in tables}
        self._schemas = {part for name in self._tables for part in name.split(".")[:-1]}
        self._by_tail: dict[str, list[Table]] = {}
        for name, table in self._tables.items():
            for tail in _tails(name)[1:]:
                self._by_tail.setdefault(tail, []).append(table)

    def __len__(self) -> int:
        return len(self._tables)

    def find(self, name: str) -> Table | None:
        """The table of that name, with or without database and schema before it, here or there.

        Before the name may stand what is not a schema (dbt's name of a source): then the last part
        decides, if only one table has it.
        """
        tails = _tails(name.lower())
        found = next((self._tables[tail] for tail in tails if tail in self._tables), None)
        if found is None:
            schema = len(tails) > 1 and tails[0].split(".")[-2] in self._schemas
            longer = self._by_tail.get(tails[0] if schema else tails[-1], [])
            found = longer[0] if len(longer) == 1 else None
        if found is None:
            self.missed.add(name.lower())
        return found

    def with_tables(self, tables: Iterable[Table]) -> Catalog:
        """The same and more; what was known before stays as it is."""
        merged = {table.name.lower(): table for table in tables} | self._tables
        return Catalog(merged.values(), known=self.known)


def _tails(name: str) -> list[str]:
    """`a.b.c`, `b.c`, `c`."""
    parts = name.split(".")
    return [".".join(parts[n:]) for n in range(len(parts))]


NOTHING_KNOWN = Catalog(known=False)


def read(path: Path) -> Catalog:
    """Read a catalog; raises CannotRun with file, line and what to do."""
    try:
        text = reading.text(path, "--catalog ")
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}; give --catalog a CSV or catalog.json") from None
    if path.suffix.lower() == ".json":
        return Catalog(_from_dbt(path, text))
    return Catalog(_from_csv(path, text))


def _from_csv(path: Path, text: str) -> list[Table]:
    rows = csv.DictReader(io.StringIO(text))
    names = [(name or "").strip().lower() for name in rows.fieldnames or ()]
    unknown = [name for name in names if name not in COLUMNS]
    if "table" not in names or unknown:
        told = f"has the column {unknown[0]!r}" if unknown else "has no column table"
        raise CannotRun(f"{path} line 1: {told}; the columns are {', '.join(COLUMNS)}")
    rows.fieldnames = names
    try:
        return [_row(f"{path} line {rows.line_num}", row) for row in rows]
    except csv.Error as error:
        raise CannotRun(f"{path} line {rows.line_num}: is not CSV: {error}") from None


def _row(where: str, row: Mapping[str, Any]) -> Table:
    told = {name: (row.get(name) or "").strip() for name in COLUMNS}
    if not told["table"]:
        raise CannotRun(f"{where}: names no table; write one, or take the line out")
    return Table(
        told["table"], " ".join(_names(told["partition"])), _whole(where, "bytes", told["bytes"]),
        _whole(where, "files", told["files"]), _names(told["grain"]), _names(told["columns"]),
    )  # fmt: skip


def _whole(where: str, name: str, text: str) -> int:
    if not text:
        return 0
    found = reading.whole(text)
    if found is None:
        raise CannotRun(f"{where}: {name} is {text[:40]!r}; write a whole number like 26244055")
    return found


def _names(text: str) -> tuple[str, ...]:
    """Column names, separated by spaces or semicolons."""
    return tuple(name.lower() for name in text.replace(";", " ").replace(",", " ").split())


def _from_dbt(path: Path, text: str) -> list[Table]:
    try:
        told = json.loads(text)
        nodes = {**told.get("sources", {}), **told["nodes"]}
        return [_node(key, node) for key, node in nodes.items() if isinstance(node, dict)]
    except (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError):
        raise CannotRun(f"{path}: is not dbt's catalog.json; run `dbt docs generate`") from None


def _node(key: str, node: Mapping[str, Any]) -> Table:
    stats = node.get("stats") or {}
    meta = node.get("metadata") or {}
    size = next((stats[n].get("value") for n in ("num_bytes", "bytes", "size") if n in stats), 0)
    columns = tuple(str(name).lower() for name in node.get("columns") or {})
    partition = str((stats.get("partitioning_type") or {}).get("value") or "")
    column = partition.rsplit("(", 1)[-1].rstrip(")").lower() if "(" in partition else ""
    return Table(
        str(meta.get("name") or key.rsplit(".", 1)[-1]), column,
        int(size) if isinstance(size, int | float) else 0, columns=columns,
    )  # fmt: skip
