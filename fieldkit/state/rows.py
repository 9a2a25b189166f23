"""The rows of one table that differ between two states: how many of what kind, and examples."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

from fieldkit.state.fingerprints import quoted
from fieldkit.state.stores import Reader, Shape, without

EXAMPLES = 5
SAMPLE = 20_000
# Ends of column names that are tried first as a key: fewer queries until one is unique.
LIKELY = ("id", "key", "_no", "version", "line")
# What is measured may be unique in a small table, but says nothing about which row is which.
MEASURE = re.compile(
    r"(^|_)(amount|amt|price|cost|fee|tax|cents|eur|usd|gbp|qty|quantity|units|total|subtotal|sum|"
    r"count|cnt|avg|average|mean|median|min|max|rate|ratio|share|pct|percent|revenue|sales|"
    r"turnover|value|balance|weight|score|duration|seconds|minutes|hours|bytes)s?($|_)",
    re.I,
)
DECIMALS = re.compile(r"-?\d+\.\d+")
KINDS = ("duplicated", "lost", "changed", "unexpected")
Values = tuple[Any, ...]


@dataclass(frozen=True)
class Example:
    """One key whose rows differ; `kind` is one of KINDS."""

    kind: str
    key: dict[str, Any]
    expected: tuple[dict[str, Any], ...]
    observed: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Delta:
    """How a table differs: rows by kind, examples, and what is wrong with it as a whole ("").

    `keyed`: columns tell which row is which; else a row with other values is lost and unexpected.
    `apart`: the column that the duplicated rows differ in, a number or uuid of each row.
    """

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
    keyed: bool = True
    apart: str = ""

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
        """The kind of most rows, "lost" only if there are fewer than expected; "unreadable" or
        "columns" where the table as a whole differs."""
        if self.note.startswith("is empty"):
            return "lost"
        if self.note:
            return "unreadable" if "cannot be read" in self.note else "columns"
        if self.observed_rows < self.expected_rows and self.lost:
            return "lost"
        counts = {kind: int(getattr(self, kind)) for kind in KINDS if kind != "lost"}
        counts["changed"] += self.other_values
        counts["unexpected"] -= self.other_values
        return max(counts, key=lambda kind: counts[kind])

    @property
    def other_values(self) -> int:
        """Rows that are there with other values, where no key tells which is which."""
        return 0 if self.keyed else min(self.lost, self.unexpected)


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
class Rows:
    """The differing rows of one table, found by SQL in the engine: memory stays flat."""

    reader: Reader
    label: str
    table: str
    shape: Shape
    key: tuple[str, ...]

    def delta(self, expected: int, observed: int) -> Delta:
        """How the table differs, from one query a kind; the rows of both sides are given."""
        self.key = self._known_key() or self.unique(self.shape.columns)
        self._run(DELTA)
        self._run(BY_KEY)
        rounded = self._rounded()
        duplicated, lost, changed, unexpected = map(int, self.reader.query(COUNTS)[0])
        examples = tuple(self._examples())
        self.reader.query("drop table delta")
        self.reader.query("drop table by_key")
        if (
            observed > expected
            and unexpected
            and (twice := self._under_other_keys(expected, observed))
        ):
            return twice
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
            bool(self.key),
        )

    def _under_other_keys(self, expected: int, observed: int) -> Delta | None:
        """The difference without a key that each insert draws anew, where rows are only twice."""
        if len(self.key) != 1 or len(self.shape.columns) < 2:
            return None
        rest = replace(without(self.shape, set(self.key)), key=())
        found = Rows(self.reader, self.label, self.table, rest, ()).delta(expected, observed)
        if found.duplicated != observed - expected or found.lost or found.changed:
            return None
        return None if found.unexpected else replace(found, apart=self.key[0])

    def _rounded(self) -> int:
        """Take the rows that only differ by rounding out of the difference, and count them."""
        columns = self.shape.columns
        floats = [n for n, k in columns.items() if floating(k) and n not in self.key]
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

    def _known_key(self) -> tuple[str, ...]:
        """The user's key or the table's own, unless a column of it is left out."""
        there = self.shape.columns.keys()
        return next((key for key in (self.key, self.shape.key) if key and set(key) <= there), ())

    def unique(self, among: Iterable[str], side: str = "expected") -> tuple[str, ...]:
        """The fewest columns that together are unique in a state, and may be a key."""
        relation = self.reader.relation(side, self.table)
        few = f"(select * from {relation} limit {SAMPLE}) as few"  # most fail there, at no cost
        return next(
            (
                key
                for key in self._tried_as_key(among)
                if self._distinct(key, few, relation) and not self._decimals(key, few)
            ),
            (),
        )

    def may_be_key(self, column: str) -> bool:
        """Whether a column may be a key, by its name and type."""
        return (column,) in self._tried_as_key([column])

    def _tried_as_key(self, among: Iterable[str]) -> Iterator[tuple[str, ...]]:
        kinds = self.shape.columns
        plain = [name for name in among if not (_unlikely(kinds[name]) or MEASURE.search(name))]
        likely = [name for name in plain if name.lower().endswith(LIKELY)]
        others = [name for name in plain if name not in likely]
        # A number is a key by its name; without one (a count?) day and country come first.
        words = [name for name in others if not _whole_number(kinds[name])]
        named = [*likely, *words]
        yield from ((name,) for name in named[:6])
        for size in (2, 3):
            yield from combinations(named[:5], size)
        every = [*named, *(name for name in others if name not in words)]
        yield from ((name,) for name in every[:6] if name not in named)
        for size in (2, 3):
            yield from (key for key in combinations(every[:5], size) if not set(key) <= set(named))

    def _distinct(self, key: tuple[str, ...], *relations: str) -> bool:
        names = ", ".join(map(quoted, key))
        for relation in relations:
            pairs = f"select distinct {names} from {relation}"
            query = f"select (select count(*) from {relation}), count(*) from ({pairs}) as pairs"
            total, distinct = self.reader.query(query)[0]
            if not total or total != distinct:
                return False
        return True

    def _decimals(self, key: tuple[str, ...], relation: str) -> bool:
        """Whether a column of texts holds decimal numbers only: a measure in a CSV file."""
        for name in key:
            found = self.reader.query(f"select {quoted(name)} from {relation} limit {EXAMPLES * 4}")
            if all(DECIMALS.fullmatch(str(value)) for (value,) in found):
                return True
        return False

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


def floating(kind: str) -> bool:
    """Whether the last digits of values of this type are rounding."""
    return kind.upper().startswith(("DOUBLE", "FLOAT", "REAL"))


def _unlikely(kind: str) -> bool:
    """Types that are not used as keys."""
    kind = kind.upper()
    marks = ("[", "STRUCT", "MAP", "UNION", "DOUBLE", "FLOAT", "REAL", "BLOB", "BOOL")
    return any(mark in kind for mark in marks) or bool(re.search(r",\s*[1-9]\d*\)", kind))


def _whole_number(kind: str) -> bool:
    return "INT" in kind.upper()
