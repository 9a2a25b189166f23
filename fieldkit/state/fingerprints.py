"""The state of a pipeline: order-independent fingerprints of tables, and rows that differ."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

Values = tuple[Any, ...]
_WEAK = ("[", "STRUCT", "MAP", "UNION", "VARIANT", "INTERVAL")


@dataclass(frozen=True)
class Fingerprint:
    """Two tables with the same rows, however ordered, have the same one (within one engine)."""

    rows: int
    digest: int


def fingerprint(
    con: duckdb.DuckDBPyConnection, table: str, columns: Sequence[str] | Mapping[str, str] = ()
) -> Fingerprint:
    """Fingerprint a table with one aggregate query; raises duckdb.Error if it does not exist.

    `columns`: which columns count, all by default; with their types, where those are known. The
    sum of row hashes sees duplicated rows, which an exclusive-or would cancel.
    """
    if not isinstance(columns, Mapping):
        kinds = {row[0]: row[1] for row in con.execute(f"describe {table}").fetchall()}
        columns = {name: kinds.get(name, "") for name in columns} if columns else kinds
    query = f"select count(*), coalesce(sum({hashed(columns)}), 0)::hugeint from {table}"
    rows, digest = con.execute(query).fetchall()[0]
    return Fingerprint(rows, digest)


def hashed(columns: Mapping[str, str]) -> str:
    """The SQL expression of a row's hash over columns (name -> type), in whatever order.

    Without columns rows can still be counted.
    """
    parts = []
    for name in sorted(columns):
        parts.append(quoted(name))
        if any(mark in columns[name] for mark in _WEAK):
            # DuckDB's hash of [[1], [2]] is that of [[1, 2]], of [NULL] that of [], of a day that
            # of a month.
            parts.append(f"{quoted(name)}::varchar")
    return f"hash({', '.join(parts)})" if parts else "0"


def literal(value: object) -> str:
    """A value as a text of SQL."""
    return "'" + str(value).replace("'", "''") + "'"


def quoted(name: str) -> str:
    """A name as SQL takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'


@dataclass(frozen=True)
class Difference:
    """The rows of one key where two states differ; either side may hold none or several."""

    key: Any
    expected: tuple[Values, ...]
    observed: tuple[Values, ...]


def differences(
    expected: Iterable[Values], observed: Iterable[Values], key: Callable[[Values], Any]
) -> list[Difference]:
    """The keys whose rows differ, as multisets, in order of the key."""
    wanted, seen = Counter(expected), Counter(observed)
    if wanted == seen:
        return []
    changed = {key(row) for row, count in wanted.items() if seen[row] != count}
    changed |= {key(row) for row, count in seen.items() if wanted[row] != count}
    sides: dict[Any, tuple[list[Values], list[Values]]] = {one: ([], []) for one in changed}
    for side, rows in enumerate((wanted, seen)):
        for row in rows.elements():
            if (found := sides.get(key(row))) is not None:
                found[side].append(row)
    ordered = [Difference(one, *map(_sorted, found)) for one, found in sides.items()]
    return sorted(ordered, key=lambda difference: _order(difference.key))


def _sorted(rows: list[Values]) -> tuple[Values, ...]:
    return tuple(sorted(rows, key=repr) if len(rows) > 1 else rows)


def _order(value: Any) -> tuple[bool, str, Any]:
    """Sort NULL first and kinds apart, within keys of several columns, too."""
    if isinstance(value, tuple):
        return (True, "tuple", tuple(map(_order, value)))
    return (value is not None, type(value).__name__, value if value is not None else 0)
