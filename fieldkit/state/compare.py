"""Compares two states: which tables differ, by how many rows of which kind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.report.words import plural
from fieldkit.state.fingerprints import Fingerprint
from fieldkit.state.folders import OTHER, FolderTables
from fieldkit.state.formats import UnreadableTable
from fieldkit.state.litter import Litter, is_litter, other_files
from fieldkit.state.rows import EXAMPLES, Delta, Rows
from fieldkit.state.scope import Scope
from fieldkit.state.stores import SIDES, Reader, Shape, State, reading, without

EMPTY = Fingerprint(0, 0)


@dataclass(frozen=True)
class Seen:
    """A table at one moment: its shape without ignored columns, and its fingerprint."""

    shape: Shape
    print: Fingerprint = EMPTY

    @property
    def rows(self) -> int:
        """Rows, 0 where it cannot be read."""
        return self.print.rows


Picture = dict[str, Seen]


@dataclass(frozen=True)
class Comparison:
    """Fingerprints states and compares them; `scratch`: a folder for what exceeds memory.

    `apart`: by table, the columns that differ between any two runs, and so are not compared.
    `put_back`: names of states that are a tool's working folder: restored, not compared.
    """

    states: Sequence[State]
    scope: Scope
    scratch: Path
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)
    put_back: frozenset[str] = frozenset()

    def label(self, state: State, table: str) -> str:
        """A table's name in reports, with the state's name before it if there are several."""
        return f"{state.name}: {table}" if len(self.states) > 1 else table

    def only_put_back(self, state: State, place: Path) -> bool:
        """Whether a state is a tool's working folder, by what is in it or by what was found."""
        return state.name in self.put_back or self.scope.restored_only(place)

    def look(self, places: Sequence[Path]) -> Picture:
        """Every table that counts; one aggregate query for each."""
        picture: Picture = {}
        for state, place in zip(self.states, places, strict=True):
            if self.only_put_back(state, place):
                continue
            with reading(state, self.scratch, expected=place) as reader:
                for table, shape in reader.tables("expected").items():
                    label = self.label(state, table)
                    if self.scope.counts(label):
                        picture[label] = self._seen(reader, label, table, shape)
        return picture

    def _seen(self, reader: Reader, label: str, table: str, shape: Shape) -> Seen:
        left_out = self.scope.left_out(label, shape.columns) | self.apart.get(label, set())
        shape = without(shape, left_out)
        if shape.error:
            return Seen(shape)
        try:
            return Seen(shape, reader.fingerprint("expected", table, shape.columns))
        except UnreadableTable as error:
            return Seen(Shape({}, error=str(error)))

    def all_tables(self, places: Sequence[Path]) -> dict[str, Shape]:
        """Every table there is, whether or not it counts."""
        found = {}
        for state, place in zip(self.states, places, strict=True):
            if self.only_put_back(state, place):
                continue
            with reading(state, self.scratch, expected=place) as reader:
                for table, shape in reader.tables("expected").items():
                    found[self.label(state, table)] = shape
        return found

    def logs(self, places: Sequence[Path]) -> list[str]:
        """Logs of runs in the folders, which are not compared."""
        return [
            self.label(state, name)
            for state, place in zip(self.states, places, strict=True)
            if state.kind == "folder" and not self.only_put_back(state, place)
            for name in FolderTables(place).logs
        ]

    def deltas(
        self, expected: Sequence[Path], observed: Sequence[Path], wanted: Picture, seen: Picture
    ) -> list[Delta]:
        """The tables that differ; rows are only looked for where fingerprints do."""
        return self.apart_from_litter(expected, observed, wanted, seen)[0]

    def apart_from_litter(
        self, expected: Sequence[Path], observed: Sequence[Path], wanted: Picture, seen: Picture
    ) -> tuple[list[Delta], list[Litter]]:
        """The same, and the temporary files and tables that only the observed side has."""
        found: list[Delta] = []
        litter: list[Litter] = []
        for state, one, other in zip(self.states, expected, observed, strict=True):
            if state.name in self.put_back:
                continue
            differ = {
                table: table.removeprefix(f"{state.name}: ")
                for table in wanted.keys() | seen.keys()
                if wanted.get(table) != seen.get(table) and self.of(state, table)
            }
            if not differ:
                continue
            with reading(state, self.scratch, expected=one, observed=other) as reader:
                both = {side: reader.tables(side) for side in ("expected", "observed")}
                for label, table in sorted(differ.items()):
                    if table == OTHER:
                        files = [_sums(reader, side, both[side]) for side in SIDES]
                        delta, left = other_files(label, files[0], files[1], other)
                        found.append(delta)
                        litter += left
                        continue
                    if label not in wanted and is_litter(table):
                        litter.append(Litter(label, seen[label].rows, "row"))
                        continue
                    if label not in seen and is_litter(table, missing=True):
                        continue
                    note = _note(wanted.get(label), seen.get(label))
                    rows = [p[label].rows if label in p else 0 for p in (wanted, seen)]
                    shape = wanted[label].shape if label in wanted else Shape({})
                    if all(table in side for side in both.values()) and not note and shape.columns:
                        key = self.scope.key(label)
                        found.append(Rows(reader, label, table, shape, key).delta(*rows))
                    else:
                        found.append(_whole(label, rows, note))
        return found, litter

    def of(self, state: State, label: str) -> bool:
        """Whether a table, by its name in reports, is part of this state."""
        return len(self.states) == 1 or label.startswith(f"{state.name}: ")


def _sums(reader: Reader, side: str, shapes: Mapping[str, Shape]) -> dict[str, str]:
    """Checksums of the files that are not data, by path."""
    if OTHER not in shapes:
        return {}
    return dict(reader.query(f"select path, sha256 from {reader.relation(side, OTHER)}"))


def _note(wanted: Seen | None, seen: Seen | None) -> str:
    """Why the table differs as a whole; "" if its rows can be compared."""
    if seen is None:
        return "the table is missing"
    if wanted is None:
        return "no uninterrupted run makes this table"
    if error := seen.shape.error or wanted.shape.error:
        return error if "cannot be read" in error else f"cannot be read: {error}"
    if wanted.shape.columns == seen.shape.columns:
        return ""
    if not seen.shape.columns and not seen.rows:
        return f"is empty, without its {plural(wanted.rows, 'row')}"
    parts = []
    for name in sorted(wanted.shape.columns.keys() | seen.shape.columns.keys()):
        kinds = [one.shape.columns.get(name, "absent") for one in (wanted, seen)]
        if kinds[0] != kinds[1]:
            parts.append(f"column {name}: {kinds[1]} instead of {kinds[0]}")
    return "; ".join(parts[:EXAMPLES])


def _whole(label: str, rows: Sequence[int], note: str) -> Delta:
    expected, observed = rows
    lost, unexpected = max(0, expected - observed), max(0, observed - expected)
    return Delta(label, expected, observed, lost=lost, unexpected=unexpected, note=note)


def left_by_kill(
    name: str, now: Picture, before: Picture, after: Picture, rounded: Collection[str]
) -> str:
    """In words, what a kill left of a table, measured by its state before and after a run."""
    here, start, end = now.get(name), before.get(name), after.get(name)
    if here == end or (name in rounded and here and end and here.rows == end.rows):
        return "complete"
    if here == start:
        return "as before the run"
    if here is None:
        return "gone"
    return (
        f"half written ({here.shape.error})" if here.shape.error else _rows_left(here, start, end)
    )


def _rows_left(here: Seen, start: Seen | None, end: Seen | None) -> str:
    first, last = start.rows if start else 0, end.rows if end else 0
    if start is None and not here.rows:  # created before the transaction with its rows
        return "as before the run (created, empty)"
    if not first and not last:  # a loading table, which a run fills and empties
        return f"{plural(here.rows, 'left-over row')}"
    if start == end:
        return f"{here.rows:,} of {plural(last, 'row')}"
    if here.rows == first == last:
        return f"in between: {plural(last, 'row')} with columns or values of neither"
    if last > first and first < here.rows < last:
        return f"in part: {here.rows - first:,} of {last - first:,} new rows"
    return (
        f"in between: {plural(here.rows, 'row')}, {first:,} before and {last:,} after a whole run"
    )
