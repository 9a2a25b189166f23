"""Columns that differ between two clean runs, with the same row of both."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit.state.compare import Comparison, Picture
from fieldkit.state.fingerprints import quoted
from fieldkit.state.rows import CLOSE, Delta, Example, Rows, floating
from fieldkit.state.stores import Reader, Shape, reading, without

MOST_COLUMNS = 50  # each is looked at by itself


@dataclass(frozen=True)
class Varying:
    """A table that two clean runs from one state leave differently, and in which columns.

    No columns: it differs as a whole, by its rows or its shape. `paired`: a key that does not vary
    tells which row is which.
    """

    delta: Delta
    columns: tuple[str, ...]
    paired: bool = False

    @property
    def example(self) -> Example | None:
        """One of the differing rows."""
        return next(iter(self.delta.examples), None)


def varying(
    comparison: Comparison,
    one: Sequence[Path],
    other: Sequence[Path],
    seen: Picture,
    deltas: Sequence[Delta],
) -> list[Varying]:
    """For every table that differs between two clean runs, its columns that do."""
    found = []
    for delta in deltas:
        same_rows = delta.expected_rows == delta.observed_rows and not delta.note
        if not (same_rows and delta.table in seen):
            found.append(Varying(delta, ()))
            continue
        shape, key = seen[delta.table].shape, comparison.scope.key(delta.table)
        for state, left, right in zip(comparison.states, one, other, strict=True):
            if comparison.of(state, delta.table):
                table = delta.table.removeprefix(f"{state.name}: ")
                with reading(state, comparison.scratch, expected=left, observed=right) as reader:
                    reader.tables("expected"), reader.tables("observed")
                    found.append(_varying(Rows(reader, delta.table, table, shape, key), delta))
    return found


def narrowed(comparison: Comparison, found: Sequence[Varying]) -> Comparison:
    """The comparison without the columns that differ anyway."""
    return replace(comparison, apart={v.delta.table: frozenset(v.columns) for v in found})


def _varying(rows: Rows, delta: Delta) -> Varying:
    columns = _columns(rows.reader, rows.table, rows.shape)
    fixed = [name for name in rows.shape.columns if name not in columns]
    if not (columns and fixed):
        return Varying(delta, tuple(columns))
    # A row is the same in both runs if what names it does not vary.
    given = [key for key in (rows.key, rows.shape.key) if key and set(key) <= set(fixed)]
    key = given[0] if given else rows.unique(fixed)
    rows.key = key or tuple(fixed)
    found = rows.delta(delta.expected_rows, delta.observed_rows)
    return Varying(found, tuple(columns), bool(key))


def _columns(reader: Reader, table: str, shape: Shape) -> list[str]:
    """The columns whose values differ, as a whole, between two states of a table."""

    def differs(columns: Mapping[str, str]) -> bool:
        sides = [reader.fingerprint(s, table, columns) for s in ("expected", "observed")]
        return sides[0] != sides[1]

    alone = [name for name, kind in shape.columns.items() if differs({name: kind})]
    close = {n for n in alone if floating(shape.columns[n]) and _close(reader, table, n)}
    alone = [name for name in alone if name not in close]
    rest = without(shape, {*alone, *close})
    if differs(rest.columns) and len(rest.columns) <= MOST_COLUMNS:
        # Each column holds the same values, but in other rows: find the one that explains it.
        explain = [n for n in rest.columns if not differs(without(rest, {n}).columns)]
        alone += _least_like_a_key(explain, shape.key)
    return alone


def _least_like_a_key(names: Sequence[str], key: Collection[str]) -> Sequence[str]:
    """One of them is enough; the last, as keys come first."""
    return [name for name in names if name not in key][-1:] or names[-1:]


def _close(reader: Reader, table: str, name: str) -> bool:
    """Whether the values of a column differ by rounding alone."""
    e, o = (
        f"(select {quoted(name)}, row_number() over (order by {quoted(name)}) as n from "
        f"{reader.relation(side, table)}) as {side[0]}"
        for side in ("expected", "observed")
    )
    query = f"select count(*) from {e} join {o} on e.n = o.n where not {CLOSE.format(quoted(name))}"
    return not reader.query(query)[0][0]
