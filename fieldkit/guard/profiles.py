"""Profiles a table after a run: size, age, NULLs and distribution of the new rows."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldkit.guard.columns import PLAIN, is_number, is_text, moment
from fieldkit.guard.keys import NEW, OLD, uniqueness
from fieldkit.guard.policy import TablePolicy
from fieldkit.guard.thresholds import copies_by_chance
from fieldkit.state.fingerprints import quoted
from fieldkit.state.stores import BROKEN, Reader, Shape, SqliteReader, State, reading

FEWEST, ENOUGH = 20, 50  # new rows whose mean is worth something; whose quantiles are
MOST_KINDS = 50  # distinct texts of a column of categories; one with more is free text
BATCH, COUNTED = "fieldkit_batch", "fieldkit_counted"
PARTS = {"low": (2, 3), "middle": (9, 10, 11, 12), "high": (18, 19)}  # twentieths of the rows


@dataclass
class Profile:
    """A table's measures. `batch`: rows that this run added or changed.

    `values`: a number for each measure (rows; shares between 0 and 1; age in hours); `edges`: of a
    column, where its low, middle and high may move if a twentieth of the rows more or fewer lies
    below; `mixes`: the shares of a column's categories; `many`: text columns of too many for that;
    `faults`: why a measure could not be taken;
    `few`: measures that only the policy's limits hold for, as too few rows are new to learn from;
    `twice`: new rows that stand there more than once, where no row of before did, and most do;
    `was`: rows of before; `kept_by`: what tells which of them there still are, a key or the row;
    `unique`: columns that may be keys and are unique; `broken`: those that were, before this run,
    and what repeats there now.
    """

    columns: dict[str, str]
    batch: int = 0
    values: dict[str, float] = field(default_factory=dict)
    edges: dict[str, list[float]] = field(default_factory=dict)
    mixes: dict[str, dict[str, float]] = field(default_factory=dict)
    many: list[str] = field(default_factory=list)
    faults: dict[str, str] = field(default_factory=dict)
    few: dict[str, float] = field(default_factory=dict)
    twice: int = 0
    was: int = 0
    kept_by: str = ""
    unique: list[str] = field(default_factory=list)
    broken: dict[str, str] = field(default_factory=dict)


def profiles(
    state: State, old: Path, new: Path, tables: Mapping[str, TablePolicy], at: dt.datetime,
    scratch: Path,
) -> dict[str, Profile]:  # fmt: skip
    """The profile of each of these tables that is there now; `old`: the state before the run."""
    with reading(state, scratch, **{OLD: old, NEW: new}) as reader:
        return read_profiles(reader, tables, at)


def read_profiles(
    reader: Reader, tables: Mapping[str, TablePolicy], at: dt.datetime
) -> dict[str, Profile]:
    """The same from a reader that has the state before the run and the one after it open."""
    before, after = reader.tables(OLD), reader.tables(NEW)
    return {
        name: _Table(reader, name, policy, after[name], before.get(name)).profile(at)
        for name, policy in tables.items()
        if name in after
    }


@dataclass
class _Table:
    """One table on both sides; `before` is None where it is new."""

    reader: Reader
    name: str
    policy: TablePolicy
    shape: Shape
    before: Shape | None
    counted: bool = False

    def profile(self, at: dt.datetime) -> Profile:
        relation = self.reader.relation(NEW, self.name)
        found = Profile(dict(self.shape.columns))
        rows = self._one(f"select count(*) from {relation}")[0]
        found.was = self._one(f"select count(*) from {self._old}")[0] if self.before else 0
        found.values["rows"] = rows
        self._duplicates(found, relation, rows)
        self._age(found, relation, at)
        self._batch(found, relation, rows)
        self._rules(found)
        found.twice = self._twice(found) if self.before and found.was else 0
        if self.before:
            found.unique, found.broken = self._uniqueness(found)
        if found.batch >= FEWEST:
            self._columns(found)
        if found.batch:
            self._limited(found)
        self.reader.query(f"drop table temp.{BATCH}")
        return found

    def _batch(self, found: Profile, relation: str, rows: int) -> None:
        """Put the new rows in a table of their own, and count what is kept of the old ones."""
        self.reader.query(f"drop table if exists temp.{BATCH}")
        self.reader.query(f"create temp table {BATCH} as select * from {relation}{self._is_new()}")
        came = self._one(f"select count(*) from temp.{BATCH}")[0]
        same, keyed = rows - came, self._keyed()
        # More rows are as before than there were before: some are there once more. Without a key
        # they may also hide that others are gone, so they are always counted.
        copies = self._copies(found, came) if same > (found.was if keyed else 0) else 0
        found.batch = came + copies
        found.values["added"] = found.batch
        if not found.was:
            found.values["kept"] = 1.0
        elif keyed:
            found.values["kept"], found.was, found.kept_by = *self._keys_kept(), "key"
        else:
            found.values["kept"], found.kept_by = (same - copies) / found.was, "row"

    def _keyed(self) -> bool:
        return bool(self.policy.key) and set(self.policy.key) <= self._both().keys()

    def _keys_kept(self) -> tuple[float, int]:
        """The share of the keys of before that there still are, and how many there were."""
        key = ", ".join(map(quoted, self.policy.key))
        old, new = (f"select {key} from {one}" for one in (self._old, self._new))
        # Set operations take two NULLs for the same, as a comparison does not.
        were, gone = (
            int(self._one(f"select count(*) from ({one}) k")[0])
            for one in (f"select distinct * from ({old}) o", f"{old} except {new}")
        )
        return 1 - gone / were, were

    @property
    def _new(self) -> str:
        return self.reader.relation(NEW, self.name)

    @property
    def _old(self) -> str:
        return self.reader.relation(OLD, self.name)

    def _one(self, query: str) -> tuple[Any, ...]:
        return self.reader.query(query)[0]

    def _both(self) -> dict[str, str]:
        """The columns that were there before, of the same type."""
        before = self.before.columns if self.before else {}
        return {n: t for n, t in self.shape.columns.items() if before.get(n) == t}

    def _is_new(self) -> str:
        """Rows that were not there before, by their hash over the columns that were there."""
        if not self._both():
            return ""
        hashed = self.reader.hash(self._both())
        old = f"select {hashed} from {self._old}"
        if isinstance(self.reader, SqliteReader):
            return f" where {hashed} not in (select h from {self._old_counts(hashed)})"
        new = f"select {hashed} from {self.reader.relation(NEW, self.name)}"
        return f" where {hashed} in ({new} except {old})"

    def _counts(self, hashed: str, relation: str) -> str:
        """How often each hash (h) is there (c), as a query."""
        # With a limit SQLite calls the hash, a Python function, once a row; without it twice.
        once = " limit -1" if isinstance(self.reader, SqliteReader) else ""
        hashes = f"select {hashed} as h from {relation}{once}"
        return f"(select h, count(*) as c from ({hashes}) x group by 1)"

    def _old_counts(self, hashed: str) -> str:
        """The same of the rows of before; with SQLite kept in a table, as it is asked for again."""
        counts = self._counts(hashed, self._old)
        if not isinstance(self.reader, SqliteReader):
            return counts
        if not self.counted:
            self.reader.query(f"drop table if exists temp.{COUNTED}")
            self.reader.query(f"create temp table {COUNTED} (h integer primary key, c integer)")
            self.reader.query(f"insert into temp.{COUNTED} select h, c from {counts} o")
            self.counted = True
        return f"temp.{COUNTED}"

    def _copies(self, found: Profile, came: int) -> int:
        """Add the rows that were there and are there once more to the batch; gives their number.

        Judged by themselves where no row of before was there twice, and they are more than chance.
        """
        hashed, gained = self.reader.hash(self._both()), f"{BATCH}_copies"
        relation = self.reader.relation(NEW, self.name)
        counts = [self._counts(hashed, relation), self._old_counts(hashed)]
        self.reader.query(
            f"create temp table {gained} as select n.h, n.c - o.c as more, o.c as had from "
            f"{counts[0]} n join {counts[1]} o on n.h = o.h where n.c > o.c"
        )
        copies = int(self._one(f"select coalesce(sum(more), 0) from temp.{gained}")[0])
        if copies:
            self._add_copies(relation, hashed, gained)
        self.reader.query(f"drop table temp.{gained}")
        if (
            copies > copies_by_chance(came + copies, found.was)
            and self._one(f"select max(c) from {counts[1]}")[0] == 1
        ):
            found.values["copies"] = copies
        return copies

    def _twice(self, found: Profile) -> int:
        """New rows that are there more than once, if that is half of them and no row of before."""
        names = ", ".join(map(quoted, self.shape.columns))
        groups = "select count(*) as c from {} group by {} having count(*) > 1"
        again = groups.format(f"temp.{BATCH}", names)
        twice = int(self._one(f"select coalesce(sum(c), 0) from ({again}) g")[0])
        if not twice or 2 * twice < found.batch or not self.before:
            return 0
        old = groups.format(self._old, ", ".join(map(quoted, self.before.columns)))
        return 0 if self.reader.query(f"select 1 from ({old}) g limit 1") else twice

    def _add_copies(self, relation: str, hashed: str, gained: str) -> None:
        names = ", ".join(f"x.{quoted(one)}" for one in self.shape.columns)
        self.reader.query(
            f"insert into temp.{BATCH} select {names} from (select r.*, {hashed} as fieldkit_h, "
            f"row_number() over (partition by {hashed}) as fieldkit_n from {relation} r "
            f"where {hashed} in (select h from temp.{gained})) x join temp.{gained} g "
            "on x.fieldkit_h = g.h where x.fieldkit_n > g.had"
        )

    def _duplicates(self, found: Profile, relation: str, rows: int) -> None:
        if not self.policy.key or not set(self.policy.key) <= set(self.shape.columns):
            return
        key = ", ".join(map(quoted, self.policy.key))
        # A row without a value breaks the rule for it, if there is one: one cause is told once.
        full = [
            one.kept for one in self.policy.rules if one.not_null and one.column in self.policy.key
        ]
        judged = f"{relation} where {' and '.join(full)}" if full else relation
        there, distinct = self._one(
            f"select (select count(*) from {judged}), count(*) from (select distinct {key} from "
            f"{judged}) k"
        )
        found.values["duplicates"] = (there - distinct) / rows if rows else 0.0

    def _uniqueness(self, found: Profile) -> tuple[list[str], dict[str, str]]:
        # Duplicates of the key are counted anyway.
        columns = {n: t for n, t in self._both().items() if n not in self.policy.key}
        return uniqueness(self.reader, self.name, Shape(columns), found.was, found.batch)

    def _age(self, found: Profile, relation: str, at: dt.datetime) -> None:
        column = self.policy.fresh
        if column not in self.shape.columns:
            return
        latest = self._one(f"select max({quoted(column)}) from {relation}")[0]
        if latest is None:
            return
        if when := moment(latest):
            found.values["age"] = (at - when).total_seconds() / 3600
        else:
            found.faults["age"] = (
                f"the latest {column} is '{latest}', which is not a date such as 2026-11-24; "
                f"load such dates, or take `fresh: {column}` out of the policy"
            )

    def _rules(self, found: Profile) -> None:
        for rule in self.policy.rules:
            if rule.column not in self.shape.columns or not found.batch:
                continue
            query = f"select count(*) from temp.{BATCH} where not ({rule.kept})"
            try:
                broken = self._one(query)[0]
            except BROKEN:
                kind = self.shape.columns[rule.column]
                found.faults[f"{rule.column}.broken"] = f"{rule.text} does not apply to {kind}"
                continue
            found.values[f"{rule.column}.broken"] = broken / found.batch

    def _limited(self, found: Profile) -> None:
        """The shares of NULLs and the means of few rows, where the policy limits them."""
        for measure in self.policy.limits:
            column, _, which = measure.rpartition(".")
            there = column in self.shape.columns and measure not in found.values
            if not there or which not in ("nulls", "mean"):
                continue
            name, empty = quoted(column), f"sum(case when {quoted(column)} is null then 1.0 end)"
            if which == "mean" and not is_number(self.shape.columns[column]):
                continue
            what = f"avg({name})" if which == "mean" else f"coalesce({empty}, 0) / count(*)"
            value = self._one(f"select {what} from temp.{BATCH}")[0]
            if value is not None and math.isfinite(value):
                found.few[measure] = float(value)

    def _columns(self, found: Profile) -> None:
        columns = list(self.shape.columns)
        nulls = ", ".join(f"count(*) - count({quoted(one)})" for one in columns)
        counted = self._one(f"select {nulls} from temp.{BATCH}")
        for column, empty in zip(columns, counted, strict=True):
            found.values[f"{column}.nulls"] = empty / found.batch
            kind = self.shape.columns[column]
            if column in self.policy.key or found.batch - empty < FEWEST:
                continue
            if is_number(kind):
                found.values.update(self._number(found, column))
            elif is_text(kind):
                self._mix(found, column)

    def _number(self, found: Profile, column: str) -> Iterator[tuple[str, float]]:
        name = quoted(column)
        plain = PLAIN[isinstance(self.reader, SqliteReader)].format(name)
        count, right, below, zero, mean = self._one(
            f"select count({name}), count(*) filter (where {plain}), "
            f"count(*) filter (where {plain} and {name} < 0), "
            f"count(*) filter (where {plain} and {name} = 0), "
            f"avg({name}) filter (where {plain}) from temp.{BATCH}"
        )
        yield f"{column}.text", (count - right) / count
        if right < FEWEST:
            return
        yield f"{column}.negative", below / right
        yield f"{column}.zero", zero / right
        if math.isfinite(mean):
            yield f"{column}.mean", float(mean)
        if right >= ENOUGH:
            yield from self._parts(found, column, f"where {plain}")

    def _parts(self, found: Profile, column: str, where: str) -> Iterator[tuple[str, float]]:
        """Means between quantiles, as quantiles of round prices jump. A few odd rows do not move
        them: mean, negative and zero see those.
        """
        parts: dict[int, float] = dict(
            self.reader.query(
                f"select part, avg(value) from (select {quoted(column)} as value, ntile(20) over "
                f"(order by {quoted(column)}) as part from temp.{BATCH} {where}) t group by part"
            )
        )
        if not all(math.isfinite(one) for one in parts.values()):
            return
        found.edges[column] = [
            float(f"{parts[n]:.6g}") for which in PARTS.values() for n in _around(which)
        ]
        for measure, which in PARTS.items():
            yield f"{column}.{measure}", sum(float(parts[n]) for n in which) / len(which)

    def _mix(self, found: Profile, column: str) -> None:
        name = quoted(column)
        counted = self.reader.query(
            f"select {name}, count(*) from temp.{BATCH} where {name} is not null "
            f"group by 1 order by 2 desc, 1 limit {MOST_KINDS + 1}"
        )
        if len(counted) <= MOST_KINDS:
            total = sum(count for _, count in counted)
            found.mixes[column] = {str(kind)[:60]: count / total for kind, count in counted}
        elif column != self.policy.fresh:
            found.many.append(column)


def _around(parts: tuple[int, ...]) -> tuple[int, int]:
    """The neighbouring twentieths."""
    return min(parts) - 1, max(parts) + 1


def broken_rows(
    state: State,
    old: Path,
    new: Path,
    name: str,
    policy: TablePolicy,
    broken: Collection[str],
    scratch: Path,
    most: int,
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """New rows of a table that break a rule of these columns, each after the rule it breaks."""
    with reading(state, scratch, **{OLD: old, NEW: new}) as reader:
        shape = reader.tables(NEW)[name]
        table = _Table(reader, name, policy, shape, reader.tables(OLD).get(name))
        rules = [one for one in policy.rules if one.column in broken]
        if not rules:
            return [], []
        text = (f"when not ({r.kept}) then '{_told(r.column, r.text)}'" for r in rules)
        why = f"case {' '.join(text)} end"
        columns = ", ".join(map(quoted, shape.columns))
        found = reader.query(
            f"select {why}, {columns} from {reader.relation(NEW, name)}"
            f"{table._is_new() or ' where true'} and {why} is not null limit {most}"
        )
    return ["broken rule", *shape.columns], found


def _told(column: str, text: str) -> str:
    return f"{column} {text}".replace("'", "''")
