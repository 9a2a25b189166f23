"""Differing rows for a report: a table of both sides, or one line for each row."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from fieldkit.report.report import Table
from fieldkit.report.words import plural
from fieldkit.state.rows import Delta, Example
from fieldkit.state.vary import Varying

SHOWN = 3  # columns of a row in an example: more would not be read
DIGEST = re.compile(r"[0-9a-fA-F]{8}[0-9a-fA-F-]{16,}")  # uuid, md5, sha


def both_runs(one: Varying) -> tuple[tuple[str, ...], tuple[Table, ...]]:
    """The same row in both runs, one line each; a table where no key pairs the rows."""
    found = one.delta.examples
    if not all(example.key and example.expected and example.observed for example in found):
        return (), tuple(examples(one.delta, ("first clean run", "second clean run")))
    return tuple(_same_row(example) for example in found[:3]), ()


def _same_row(example: Example) -> str:
    name = _values(example.key, list(example.key))
    columns = _interesting(example)
    (first, *more), second = example.expected, example.observed[0]
    several = " (one of several rows)" if more else ""
    parts = [f"{c} {_cell(first[c])} in the first run, {_cell(second[c])}" for c in columns[:SHOWN]]
    parts = [
        f"{parts[0]} in the second",
        *(one.replace(" in the first run,", ",") for one in parts[1:]),
    ]
    return f"{name}{several}: {'; '.join(parts)}{'; …' if len(columns) > SHOWN else ''}"


def sentence(delta: Delta) -> str:
    """What differs in a table, as a sentence."""
    now = plural(delta.observed_rows, "row")
    rows = f"{delta.table} now has {now} instead of {delta.expected_rows:,}"
    if delta.expected_rows == delta.observed_rows:
        rows = f"{delta.table} has its {plural(delta.expected_rows, 'row')}"
    if delta.note:
        return f"{delta.table}: {delta.note}"
    return f"{rows}: {_counts(delta)}"


def _counts(delta: Delta) -> str:
    other = delta.other_values
    numbers = {
        f"duplicated under another {delta.apart}"
        if delta.apart
        else "duplicated": delta.duplicated,
        "lost": delta.lost - other,
        "changed": delta.changed,
        "unexpected": delta.unexpected - other,
        "with other values (no key tells which rows)": other,
    }
    counts = [f"{number:,} {kind}" for kind, number in numbers.items() if number]
    if delta.duplicated and delta.duplicated == delta.same == delta.expected_rows:
        return "each of them is there twice" + (
            f", under another {delta.apart}" * bool(delta.apart)
        )
    return ", ".join([*counts, f"{delta.same:,} same"])


def by_column(names: list[str]) -> list[str]:
    """One line for a column name that occurs in several tables, as tools add theirs to all."""
    columns: dict[str, list[str]] = {}
    for name in names:
        if name.startswith("column "):
            table, _, column = name.removeprefix("column ").rpartition(".")
            columns.setdefault(column, []).append(table)
    lines = [name for name in names if not name.startswith("column ")]
    return lines + [f"column {column} of {', '.join(of)}" for column, of in columns.items()]


def examples(delta: Delta, sides: tuple[str, str]) -> list[Table]:
    """Some of the rows that differ, side by side."""
    if not delta.examples:
        return []
    names = tuple(delta.examples[0].key)
    rows = tuple(
        (*(_cell(one.key[name]) for name in names), *_sides(one), one.kind)
        for one in delta.examples
    )
    title = f"{delta.table}, {len(rows)} of {plural(delta.size, 'row')}"
    title += "" if delta.keyed else ", without a key"
    return [Table((*names, *sides, "difference"), rows, title)]


def _sides(example: Example) -> tuple[str, str]:
    left, right = example.expected, example.observed
    if example.key and left and right and _alike((*left, *right)):
        return _count(left), _count(right)  # the key says which; how many is what matters
    columns = _interesting(example)
    shown = SHOWN if example.kind == "changed" or not example.key else SHOWN - 1
    return _side(left, columns, shown), _side(right, columns, shown)


def _alike(rows: Sequence[Mapping[str, Any]]) -> bool:
    return all(repr(row) == repr(rows[0]) for row in rows)


def _count(rows: Sequence[Mapping[str, Any]]) -> str:
    more = " or more" if len(rows) > 2 else ""
    return f"{len(rows)}{more} equal rows" if len(rows) > 1 else "1 row"


def _interesting(example: Example) -> list[str]:
    first = (example.expected or example.observed)[0]
    others = [name for name in first if name not in example.key]
    if example.kind == "changed" and example.expected and example.observed:
        changed = [
            name
            for name in others
            if {repr(row[name]) for row in example.expected}
            != {repr(row[name]) for row in example.observed}
        ]
        others = changed or others
    return others


def _side(rows: tuple[dict[str, Any], ...], columns: list[str], shown: int) -> str:
    if not rows:
        return "no row"
    values = _values(rows[0], columns, shown) or "1 row"
    if len(rows) == 1:
        return values
    more = " or more" if len(rows) > 2 else ""
    return f"{len(rows)}{more} rows{', each ' if _alike(rows) else ', first '}{values}"


def _values(row: Mapping[str, Any], columns: Sequence[str], shown: int = SHOWN) -> str:
    shown_values = [f"{name}={_cell(row[name])}" for name in columns[:shown]]
    return ", ".join([*shown_values, "…"] if len(columns) > shown else shown_values)


def _cell(value: Any) -> str:
    """A value as short as a reader needs it; the JSON report has it whole."""
    text = "NULL" if value is None else str(value)
    if DIGEST.fullmatch(text):
        return text[:8] + "…"
    return text if len(text) <= 24 else text[:23] + "…"
