"""Columns that may be the key of a table, by names and types; what is unique, what repeats."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any

from fieldkit.guard.columns import moment
from fieldkit.guard.thresholds import copies_by_chance
from fieldkit.report.words import plural
from fieldkit.state.fingerprints import quoted
from fieldkit.state.rows import LIKELY, Rows
from fieldkit.state.stores import Reader, Shape

OLD, NEW = "expected", "observed"  # the state before a run, and after it
ENOUGH = 100  # rows that have a key by its name
PLENTY = 1000  # rows that have a key in any column that is no measure
MOST = 10  # columns of a table that are watched
FEW = 1000  # rows that show whether a column holds dates
LONGEST = 40  # characters of a value that is shown


@dataclass(frozen=True)
class Repeats:
    """What keeps a column from being a key: `rows` repeat a value, `empty` have none, of all `of`.

    `example`: the value that is there most often, so many `times`.
    """

    column: str
    rows: int
    empty: int
    of: int
    example: str = ""
    times: int = 0

    def words(self) -> str:
        """In words: 2 of 400 rows repeat a value (17 is there 3 times)."""
        verb = "s" if self.rows == 1 else ""
        again = f"{self.rows:,} of {plural(self.of, 'row')} repeat{verb} a value"
        again += f" ({self.example} is there {self.times:,} times)"
        none = f"{self.empty:,}" if self.rows else f"{self.empty:,} of {plural(self.of, 'row')}"
        none += " has none" if self.empty == 1 else " have none"
        return " and ".join([again] * bool(self.rows) + [none] * bool(self.empty))


def named(table: str, column: str) -> bool:
    """Whether a column has the name of its table's key: id, key, or order_id of orders."""
    short = table.lower().rpartition(".")[2].rstrip("s")
    return column.lower() in ("id", "key", f"{short}_id")


def possible(reader: Reader, table: str, shape: Shape, rows: int) -> Iterator[str]:
    """The columns of the state before that may be the key of a table of so many rows.

    Those with a key's name come first. What only looks unique in few rows would hold back a right
    run later, as would a time.
    """
    names = Rows(reader, table, table, shape, ())
    likely = {one for one in shape.columns if one.lower().endswith(LIKELY)}
    for column in sorted(shape.columns, key=lambda one: (not named(table, one), one not in likely)):
        least = 1 if named(table, column) else ENOUGH if column in likely else PLENTY
        if rows < least or not names.may_be_key(column):
            continue
        if named(table, column) or not _holds_dates(reader, table, column):
            yield column


def _holds_dates(reader: Reader, table: str, column: str) -> bool:
    few = f"(select {quoted(column)} from {reader.relation(OLD, table)} limit {FEW}) as few"
    return bool(moment(_one(reader, f"select max({quoted(column)}) from {few}")[0]))


def uniqueness(
    reader: Reader, table: str, shape: Shape, was: int, came: int
) -> tuple[list[str], dict[str, str]]:
    """The columns that are unique, and those that were and are not: what repeats there, in words.

    `shape`: the columns of before that are there; `was`, `came`: rows of before, and new ones. No
    more may repeat by chance than is allowed for whole rows, but for a column with a key's name.
    """
    unique, broken = list[str](), dict[str, str]()
    if was < ENOUGH:
        return unique, broken
    rows = Rows(reader, table, table, shape, ())
    for column in islice(possible(reader, table, shape, was), MOST):
        if rows.unique([column], NEW):
            unique.append(column)
        elif rows.unique([column]):
            found = repeats(reader, NEW, table, column)
            if found.rows > (0 if named(table, column) else copies_by_chance(came, was)):
                broken[column] = replace(found, empty=0).words()
    return unique, broken


def repeats(reader: Reader, side: str, table: str, column: str) -> Repeats:
    """What repeats in a column."""
    relation, name = reader.relation(side, table), quoted(column)
    of, there, different = _one(
        reader, f"select count(*), count({name}), count(distinct {name}) from {relation}"
    )
    if there == different:
        return Repeats(column, 0, of - there, of)
    value, times = _one(
        reader,
        f"select {name}, count(*) from {relation} where {name} is not null group by 1 "
        "order by 2 desc, 1 limit 1",
    )
    return Repeats(column, there - different, of - there, of, str(value)[:LONGEST], times)


def _one(reader: Reader, query: str) -> tuple[Any, ...]:
    return reader.query(query)[0]
