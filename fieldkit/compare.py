"""Two states of a pipeline: which tables differ, by how many rows of what kind, and which rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit.scope import Scope
from fieldkit.state import Fingerprint, quoted
from fieldkit.stores import Reader, Shape, State, UnreadableTable, reading, without

EXAMPLES = 5
KINDS = ("duplicated", "lost", "changed", "unexpected")
EMPTY = Fingerprint(0, 0)
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Seen:
    """A table as it was found: its shape without what is left out, and its fingerprint."""

    shape: Shape
    print: Fingerprint = EMPTY

    @property
    def rows(self) -> int:
        """Rows, 0 where it cannot be read."""
        return self.print.rows


Picture = dict[str, Seen]


@dataclass(frozen=True)
class Example:
    """One key whose rows differ; `kind` is one of KINDS."""

    kind: str
    key: dict[str, Any]
    expected: tuple[dict[str, Any], ...]
    observed: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Delta:
    """How a table differs: rows by kind, examples, and what is wrong with it as a whole ("")."""

    table: str
    expected_rows: int
    observed_rows: int
    duplicated: int = 0
    lost: int = 0
    changed: int = 0
    unexpected: int = 0
    note: str = ""
    examples: tuple[Example, ...] = ()
    rounded: int = 0

    @property
    def differs(self) -> bool:
        """Whether anything but the last digits of floating-point values differs."""
        return bool(self.note or self.duplicated or self.lost or self.changed or self.unexpected)

    @property
    def size(self) -> int:
        """How many rows differ; at least 1."""
        return max(1, self.duplicated + self.lost + self.changed + self.unexpected)

    @property
    def same(self) -> int:
        """Expected rows that are there as they should be."""
        return self.expected_rows - self.lost - self.changed

    @property
    def kind(self) -> str:
        """The kind of most rows; "unreadable" or "columns" where the table as a whole differs."""
        if self.note:
            return "unreadable" if "cannot be read" in self.note else "columns"
        return max(KINDS, key=lambda kind: int(getattr(self, kind)))


@dataclass(frozen=True)
class Comparison:
    """Looks at states and compares them; `scratch` is a folder for what does not fit in memory."""

    states: Sequence[State]
    scope: Scope
    scratch: Path

    def label(self, state: State, table: str) -> str:
        """A table's name in reports: the state's before it where there are several."""
        return f"{state.name}: {table}" if len(self.states) > 1 else table

    def look(self, places: Sequence[Path]) -> Picture:
        """Every table that counts; one aggregate query for each."""
        picture: Picture = {}
        for state, place in zip(self.states, places, strict=True):
            if self.scope.restored_only(place):
                continue
            with reading(state, self.scratch, expected=place) as reader:
                for table, shape in reader.tables("expected").items():
                    label = self.label(state, table)
                    if self.scope.counts(label):
                        picture[label] = self._seen(reader, label, table, shape)
        return picture

    def _seen(self, reader: Reader, label: str, table: str, shape: Shape) -> Seen:
        shape = without(shape, self.scope.left_out(label, shape.columns))
        if shape.error or not shape.columns:
            return Seen(shape)
        try:
            return Seen(shape, reader.fingerprint("expected", table, shape.columns))
        except UnreadableTable as error:
            return Seen(Shape({}, error=str(error)))

    def all_tables(self, places: Sequence[Path]) -> dict[str, Shape]:
        """Every table there is, whether or not it counts."""
        found = {}
        for state, place in zip(self.states, places, strict=True):
            if self.scope.restored_only(place):
                continue
            with reading(state, self.scratch, expected=place) as reader:
                for table, shape in reader.tables("expected").items():
                    found[self.label(state, table)] = shape
        return found

    def deltas(
        self, expected: Sequence[Path], observed: Sequence[Path], wanted: Picture, seen: Picture
    ) -> list[Delta]:
        """The tables that differ; rows are only looked for where fingerprints do."""
        found = []
        for state, one, other in zip(self.states, expected, observed, strict=True):
            differ = {
                table: table.removeprefix(f"{state.name}: ")
                for table in wanted.keys() | seen.keys()
                if wanted.get(table) != seen.get(table) and self._of(state, table)
            }
            if not differ:
                continue
            with reading(state, self.scratch, expected=one, observed=other) as reader:
                both = {side: reader.tables(side) for side in ("expected", "observed")}
                for label, table in sorted(differ.items()):
                    note = _note(wanted.get(label), seen.get(label))
                    rows = [p[label].rows if label in p else 0 for p in (wanted, seen)]
                    if all(table in side for side in both.values()) and not note:
                        key = self.scope.key(label)
                        shape = wanted[label].shape
                        found.append(_Rows(reader, label, table, shape, key).delta(*rows))
                    else:
                        found.append(_whole(label, rows, note))
        return found

    def _of(self, state: State, label: str) -> bool:
        return len(self.states) == 1 or label.startswith(f"{state.name}: ")

    def varying(
        self, one: Sequence[Path], other: Sequence[Path], delta: Delta, shape: Shape
    ) -> list[str]:
        """The columns whose values differ, as a whole, between two states of a table."""
        for state, left, right in zip(self.states, one, other, strict=True):
            if self._of(state, delta.table):
                table = delta.table.removeprefix(f"{state.name}: ")
                with reading(state, self.scratch, expected=left, observed=right) as reader:
                    if all(table in reader.tables(side) for side in ("expected", "observed")):
                        return _varying(reader, table, shape)
        return []


def _varying(reader: Reader, table: str, shape: Shape) -> list[str]:
    def differs(columns: Mapping[str, str]) -> bool:
        sides = [reader.fingerprint(s, table, columns) for s in ("expected", "observed")]
        return sides[0] != sides[1]

    alone = [name for name, kind in shape.columns.items() if differs({name: kind})]
    if alone or len(shape.columns) > 50:
        return alone
    # Each column holds the same values, paired differently: which one explains it?
    return [name for name in shape.columns if not differs(without(shape, {name}).columns)]


def _note(wanted: Seen | None, seen: Seen | None) -> str:
    """What is wrong with a table as a whole, "" if its rows can be compared."""
    if seen is None:
        return "the table is missing"
    if wanted is None:
        return "no uninterrupted run makes this table"
    if error := seen.shape.error or wanted.shape.error:
        return error if "cannot be read" in error else f"cannot be read: {error}"
    if wanted.shape.columns == seen.shape.columns:
        return ""
    told = []
    for name in sorted(wanted.shape.columns.keys() | seen.shape.columns.keys()):
        kinds = [one.shape.columns.get(name, "absent") for one in (wanted, seen)]
        if kinds[0] != kinds[1]:
            told.append(f"column {name}: {kinds[1]} instead of {kinds[0]}")
    return "; ".join(told[:EXAMPLES])


def _whole(label: str, rows: Sequence[int], note: str) -> Delta:
    expected, observed = rows
    lost, unexpected = max(0, expected - observed), max(0, observed - expected)
    return Delta(label, expected, observed, lost=lost, unexpected=unexpected, note=note)


DELTA = """
create temp table delta as
select h, min(kh) as kh, sum(a) as a, sum(b) as b from (
    select {h} as h, {kh} as kh, 1 as a, 0 as b from {expected}
    union all select {h}, {kh}, 0, 1 from {observed}) as both_sides
group by h having sum(a) <> sum(b)"""
BY_KEY = """
create temp table by_key as
select kh, missing, extra, case when missing < extra then missing else extra end as changed,
    case when kh in (select {kh} from {expected}) then 1 else 0 end as known
from (select kh, sum(case when a > b then a - b else 0 end) as missing,
        sum(case when b > a then b - a else 0 end) as extra
    from delta group by kh) as keys"""
COUNTS = """
select coalesce(sum(case when known = 1 then extra - changed end), 0),
    coalesce(sum(missing - changed), 0), coalesce(sum(changed), 0),
    coalesce(sum(case when known = 0 then extra - changed end), 0) from by_key"""
# The same sum in another order, as every engine with several threads makes it, has other last
# digits: a pair of rows that differ after the twelfth digit there, and nowhere else, is one row.
# Less strict would be wrong: a billionth of a time in seconds is a whole second.
ROUNDED = """
create temp table rounded as select distinct e.kh as kh from
    (select {kh} as kh, {exact} as exact, {floats} from {expected}
        where {h} in (select h from delta) and {kh} in ({pairs})) as e
    join (select {kh} as kh, {exact} as exact, {floats} from {observed}
        where {h} in (select h from delta) and {kh} in ({pairs})) as o
    on e.kh = o.kh and e.exact = o.exact where {close}"""
PAIRS = "select kh from by_key where missing = 1 and extra = 1"
CLOSE = """(e.{0} = o.{0} or (e.{0} is null and o.{0} is null)
    or (abs(e.{0} - o.{0}) <= 1e-12 * abs(e.{0}) and abs(e.{0} - o.{0}) < 1e300))"""
WHERE_TO_LOOK = """
select distinct {key}, {kh} from {relation} where {kh} in (select kh from by_key)
order by {order} limit {limit}"""


@dataclass
class _Rows:
    """The differing rows of one table, found inside the engine: memory stays flat."""

    reader: Reader
    label: str
    table: str
    shape: Shape
    key: tuple[str, ...]

    def delta(self, expected: int, observed: int) -> Delta:
        self.key = self.key or self.shape.key or self._guessed()
        if not set(self.key) <= self.shape.columns.keys():
            self.key = ()
        self._run(DELTA)
        self._run(BY_KEY)
        rounded = self._rounded()
        duplicated, lost, changed, unexpected = map(int, self.reader.query(COUNTS)[0])
        examples = tuple(self._examples())
        self.reader.query("drop table delta")
        self.reader.query("drop table by_key")
        return Delta(
            self.label,
            expected,
            observed,
            duplicated,
            lost,
            changed,
            unexpected,
            "",
            examples,
            rounded,
        )

    def _rounded(self) -> int:
        """Take the rows that only differ by rounding out of the difference, and count them."""
        columns = self.shape.columns
        floats = [n for n, k in columns.items() if _floating(k) and n not in self.key]
        exact = {n: k for n, k in columns.items() if n not in floats}
        if not (self.key and floats):
            return 0
        close = [CLOSE.format(quoted(name)) for name in floats]
        self._run(
            ROUNDED,
            exact=self.reader.hash(exact),
            floats=", ".join(map(quoted, floats)),
            pairs=PAIRS,
            close=" and ".join(close),
        )
        count = int(self.reader.query("select count(*) from rounded")[0][0])
        for table in ("delta", "by_key"):
            self.reader.query(f"delete from {table} where kh in (select kh from rounded)")
        self.reader.query("drop table rounded")
        return count

    def _run(self, text: str, **more: Any) -> list[Values]:
        columns = self.shape.columns
        key = {name: columns[name] for name in self.key or columns}
        return self.reader.query(
            text.format(
                h=self.reader.hash(columns),
                kh=self.reader.hash(key),
                expected=self.reader.relation("expected", self.table),
                observed=self.reader.relation("observed", self.table),
                **more,
            )
        )

    def _guessed(self) -> tuple[str, ...]:
        """A column that is unique where the state is as it should be, most likely names first."""
        relation = self.reader.relation("expected", self.table)
        plain = [n for n, kind in self.shape.columns.items() if not _unlikely(kind)]
        likely = sorted(plain, key=lambda name: not name.lower().endswith(("id", "key", "_no")))
        for name in likely[:6]:
            query = f"select count(*), count(distinct {quoted(name)}) from {relation}"
            total, distinct = self.reader.query(query)[0]
            if total and total == distinct:
                return (name,)
        return ()

    def _examples(self) -> list[Example]:
        shown = list(self.key or self.shape.columns)[:200]
        places: dict[int, None] = {}
        for side in ("observed", "expected"):
            found = self._run(
                WHERE_TO_LOOK,
                key=", ".join(map(quoted, shown)),
                relation=self.reader.relation(side, self.table),
                order=", ".join(map(quoted, shown[:4])),
                limit=EXAMPLES,
            )
            places |= {row[-1]: None for row in found}
        return [self._example(place) for place in list(places)[:EXAMPLES]]

    def _example(self, place: int) -> Example:
        query = "select missing, extra, changed, known from by_key where kh = {kh}"
        missing, _, changed, known = self.reader.query(query.format(kh=place))[0]
        kind = "changed" if changed else "lost" if missing else "duplicated" if known else KINDS[3]
        sides = [self._rows_at(side, place) for side in ("expected", "observed")]
        first = (sides[0] or sides[1])[0]
        key = {name: first[name] for name in self.key}
        return Example(kind, key, tuple(sides[0]), tuple(sides[1]))

    def _rows_at(self, side: str, place: int) -> list[dict[str, Any]]:
        names = list(self.shape.columns)
        found = self._run(
            "select {columns} from {relation} where {kh} = {place} limit 3",
            columns=", ".join(map(quoted, names)),
            relation=self.reader.relation(side, self.table),
            place=place,
        )
        return [dict(zip(names, row, strict=True)) for row in found]


def _floating(kind: str) -> bool:
    return kind.upper().startswith(("DOUBLE", "FLOAT", "REAL"))


def _unlikely(kind: str) -> bool:
    """Types that nobody uses as a key."""
    kind = kind.upper()
    marks = ("[", "STRUCT", "MAP", "UNION", "DOUBLE", "FLOAT", "REAL", "BLOB", "BOOL")
    return any(mark in kind for mark in marks)


def remains(
    name: str, now: Picture, before: Picture, after: Picture, rounded: Collection[str]
) -> str:
    """What a kill left of a table, between its state before the run and after it."""
    here, start, end = now.get(name), before.get(name), after.get(name)
    if here == end or (name in rounded and here and end and here.rows == end.rows):
        return "complete"
    if here == start:
        return "as before the run"
    if here is None:
        return "gone"
    if here.shape.error:
        return f"half written ({here.shape.error})"
    first, last = start.rows if start else 0, end.rows if end else 0
    if last > first and first < here.rows < last:
        return f"in part: {here.rows - first:,} of {last - first:,} new rows"
    return f"in between: {here.rows:,} rows, {first:,} before and {last:,} after a whole run"
