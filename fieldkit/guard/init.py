"""Writes a first policy for a state, learned from its data, with the reasons as comments."""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from fieldkit.errors import CannotRun
from fieldkit.guard.columns import PLAIN, is_number, moment
from fieldkit.guard.keys import ENOUGH, OLD, Repeats, named, possible, repeats
from fieldkit.guard.run import guardable_state
from fieldkit.report.outputs import refuse_overwriting, refuse_unwritable
from fieldkit.report.words import plural
from fieldkit.report.wrapping import wrapped
from fieldkit.runs.instead import hint
from fieldkit.runs.workplace import refuse_locked
from fieldkit.state import durable
from fieldkit.state.fingerprints import quoted
from fieldkit.state.rows import Rows
from fieldkit.state.stores import BROKEN, Reader, Shape, SqliteReader, State, reading

WIDTH = 90  # characters of a comment in the policy
DAYS = 60  # days that volume is learned from
FEWEST_DAYS = 7
FEW_NULLS = 0.05  # of a day's rows: the least limit that is proposed
SPARSE = 0.5  # from here on a missing amount is usual
NEARLY = 0.01  # of all rows may repeat a value in what is called a key but for these
MOST_TOLD = 5  # tables in a line, and lines on the screen
NO_KEY = "no key is proposed"
AGAIN = "run init again with another --policy"
LOADED = re.compile(r"load|ingest|insert|update|created|modified|synced|_at$", re.I)
HEAD = """\
# What `fieldkit guard` judges, and who is alerted. Learned from {state} on {day}.
# Everything may be left out: thresholds are learned from every run that is published.

false_alarms: 0.01   # chance of holding back a run in which nothing is wrong, all checks together
learn: 7             # like runs before a threshold is learned; until then: limits and rules below
history: 40          # like runs that are looked at
keep: 5              # held-back states that are kept

calendar:            # a run is compared with runs on like days
  weekend: [saturday, sunday]
  behind: 0          # 1: a run brings yesterday's data
  days: {{}}
    # 2026-11-27: {{name: sale, times: [0.8, 5]}}   # volume: 0.8 to 5 times a usual day
    # 12-25: {{name: holiday, times: [0, 1.2]}}     # every year

alerts: []           # say who is alerted; one alert for an incident, one at its end
  # - webhook: https://hooks.example.com/guard
  # - file: alerts.jsonl
  # - command: mail -s guard oncall@northlight.example

tables:              # tables that are not listed are not judged
"""


def init(path: str | Path, policy: Path) -> list[str]:
    """Write a first policy; gives what to do next, and what could not be proposed.

    Raises CannotRun if there is one already.
    """
    if policy.exists():
        raise CannotRun(f"{policy}: is there already and stays as it is; name another --policy")
    refuse_unwritable([policy])
    state = guardable_state(path)
    refuse_overwriting({"policy": policy}, [state.path])
    refuse_locked(state)
    try:
        text, left_out = first(state, dt.datetime.now(dt.UTC))
    except BROKEN as error:
        raise CannotRun(f"{path}: cannot be read as a database: {error}") from None
    durable.write(policy, text)
    chosen = "" if str(policy) == "policy.yml" else f" --policy {shlex.quote(str(policy))}"
    return [
        f"{policy} is written. Read it, say in it who is alerted (alerts), and run:",
        f"fieldkit guard{chosen} --state {shlex.quote(str(path))} -- CMD {{state}}",
        f"CMD gets a copy of the state: {hint((), Path(path))}.",
        *_told(left_out, policy),
    ]


def _told(left_out: list[tuple[str, str]], policy: Path) -> list[str]:
    """What could not be proposed, as lines for the screen: one for the tables of one reason."""
    tables: dict[str, list[str]] = {}
    for table, why in left_out:
        tables.setdefault(why, []).append(table)
    lines = [
        f"{', '.join(names[:MOST_TOLD])}{' …' * (len(names) > MOST_TOLD)}: {why}"
        for why, names in sorted(tables.items(), key=lambda one: not one[0].startswith(NO_KEY))
    ]
    more = len(lines) - MOST_TOLD
    return lines[:MOST_TOLD] + [f"{plural(more, 'more line')} of this kind: {policy}."] * (more > 0)


def first(state: State, now: dt.datetime) -> tuple[str, list[tuple[str, str]]]:
    """The text of a first policy, and what could not be proposed: by table, why and what to do."""
    with (
        TemporaryDirectory(prefix="fieldkit-") as scratch,
        reading(state, Path(scratch) / "scratch", **{OLD: state.path}) as reader,
    ):
        tables = [_Table(reader, name, shape, now) for name, shape in reader.tables(OLD).items()]
        lines = [line for table in tables for line in table.lines()]
    text = HEAD.format(state=state.name, day=now.date()) + "\n".join(lines) + "\n"
    left_out = [(table.name, why) for table in tables for why in table.left_out]
    return text if lines else text.replace("tables:  ", "tables: {}"), left_out


@dataclass
class _Table:
    """One table, and the policy lines derived from it; `left_out`: what could not be proposed."""

    reader: Reader
    name: str
    shape: Shape
    now: dt.datetime
    rows: int = field(init=False)
    left_out: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.rows = int(self._one("count(*)"))

    def _one(self, what: str, where: str = "") -> float:
        relation = self.reader.relation(OLD, self.name)
        found = self.reader.query(f"select {what} from {relation}{where}")[0][0]
        return float(found or 0)

    def lines(self) -> Iterator[str]:
        yield f"  {_yaml(self.name)}:   # {plural(self.rows, 'row')}"
        if not self.rows:
            yield from self._leave_out(
                f"nothing is proposed, as it has no rows; when it has some, {AGAIN}, or write its "
                "key, limits and rules by hand."
            )
            return
        key, fresh, day = self._key(), self._dates(loaded=True), self._dates(loaded=False)
        if key:
            yield f"    key: [{', '.join(map(_yaml, key))}]   # without duplicates now"
        elif near := self._near():
            yield from self._no_key(near)
        if fresh:
            yield f"    fresh: {_yaml(fresh[0])}   # its age is judged; the latest is {fresh[1]}"
        yield from self._volume(day[0] if day else "")
        yield from self._rules(key)

    def _leave_out(self, why: str) -> Iterator[str]:
        """Note what could not be proposed, for the screen; gives the comment for the file."""
        why = "".join(char if char.isprintable() else "�" for char in why)  # a value of the data
        self.left_out.append(why)
        for line in wrapped(f"{why[0].upper()}{why[1:]}", WIDTH):
            yield f"    # {line}"

    def _key(self) -> tuple[str, ...]:
        """The primary key, else a column that may be one and has no duplicates."""
        rows = Rows(self.reader, self.name, self.name, self.shape, ())
        for column in () if self.shape.key else self._possible:
            if rows.unique([column]):
                return (column,)
        return self.shape.key

    @property
    def _possible(self) -> Iterator[str]:
        return possible(self.reader, self.name, self.shape, self.rows)

    def _near(self) -> Repeats | None:
        """What repeats in the column that would be the key without it."""
        found = [repeats(self.reader, OLD, self.name, column) for column in self._possible]
        near = [
            one for one in found
            if named(self.name, one.column) or one.rows + one.empty <= NEARLY * one.of
        ]  # fmt: skip
        return min(near, key=lambda one: not named(self.name, one.column), default=None)

    def _no_key(self, near: Repeats) -> Iterator[str]:
        by_hand = f"write `key: {_yaml(near.column)}` by hand"
        if near.rows > NEARLY * near.of:
            by_hand += ", with a further column if it needs one (key: [A, B])"
        elif near.rows:
            share = math.ceil(10_000 * near.rows / near.of) / 10_000
            by_hand += f", and `duplicates: [0, {share:g}]` in its limits to let these rows pass"
        yield from self._leave_out(
            f"{NO_KEY}: {near.column} would be one, but {near.words()}. Until they are mended its "
            f"duplicates are not guarded; mend them and {AGAIN}, or {by_hand}."
        )

    def _dates(self, *, loaded: bool) -> tuple[str, dt.datetime] | None:
        """A column of dates, by preference one that says when a row came, or one that does not."""
        found = []
        for column, kind in self.shape.columns.items():
            if is_number(kind) or not self.rows:
                continue
            relation = self.reader.relation(OLD, self.name)
            latest = self.reader.query(f"select max({quoted(column)}) from {relation}")[0][0]
            when = moment(latest)
            if when and when < self.now + dt.timedelta(days=2):
                found.append((bool(LOADED.search(column)) == loaded, column, when))
        best = max(found, key=lambda one: one[0], default=None)
        return (best[1], best[2]) if best else None

    def _volume(self, column: str) -> Iterator[str]:
        if not column:
            yield from self._leave_out(
                "no limits are proposed, as no column holds dates such as 2026-11-24; write them "
                "by hand."
            )
            return
        name = f"substr(cast({quoted(column)} as varchar), 1, 10)"
        relation = self.reader.relation(OLD, self.name)
        days = self.reader.query(
            f"select {name}, count(*) from {relation} where {quoted(column)} is not null "
            f"group by 1 order by 1 desc limit {DAYS + 1}"
        )[1:]  # the last day may not be whole
        if len(days) < FEWEST_DAYS:
            missing = FEWEST_DAYS - len(days)
            yield from self._leave_out(
                f"no limits are proposed, as {column} holds {plural(len(days) + 1, 'day')} and "
                f"{FEWEST_DAYS + 1} are needed; when it holds {missing} more, {AGAIN}, or write "
                "them by hand."
            )
            return
        counts = [count for _, count in days]
        yield (
            f"    # {column}: {len(days)} days, least {min(counts):,}, median "
            f"{median(counts):,.0f}, most {max(counts):,} rows."
        )
        yield "    # Right if a run brings one day; a limit holds beside what is learned:"
        yield "    limits:"
        # Half a feed and a doubled one are outside, whichever day it is.
        yield f"      added: [{min(counts) * 3 // 5}, {max(counts) * 8 // 5}]"
        for amount, kind in self.shape.columns.items():
            if is_number(kind) and "INT" not in kind.upper():
                yield from self._mean(amount, name, relation)

    def _mean(self, column: str, day: str, relation: str) -> Iterator[str]:
        """Limits for a column, from its days: cents and a flood of NULLs are seen at once."""
        name = quoted(column)
        days = self.reader.query(
            f"select {day}, avg({name}), 1 - count({name}) * 1.0 / count(*) from {relation} "
            f"group by 1 order by 1 desc limit {DAYS + 1}"
        )[1:]
        most = max((nulls for _, _, nulls in days), default=1.0)
        if len(days) >= FEWEST_DAYS and most < SPARSE:
            high = max(FEW_NULLS, 2 * most)
            limit = f"{_yaml(f'{column}.nulls')}: [0, {high:.2g}]"
            yield f"      {limit}   # by day: at most {most:.2g}"
        if isinstance(self.reader, SqliteReader):
            yield from self._text(column, relation)
        means = [mean for _, mean, _ in days if mean is not None and math.isfinite(mean)]
        if len(means) >= FEWEST_DAYS and min(means) > 0:
            low, high = min(means) / 2, max(means) * 2
            yield (
                f"      {_yaml(f'{column}.mean')}: [{low:.4g}, {high:.4g}]   # by day: "
                f"{min(means):.4g} to {max(means):.4g}"
            )

    def _text(self, column: str, relation: str) -> Iterator[str]:
        """No text among numbers, where there is none now: SQLite takes it in any column."""
        plain = PLAIN[True].format(quoted(column))
        found = self.reader.query(
            f"select count({quoted(column)}), count(*) filter (where {plain}) from {relation}"
        )[0]
        if found[0] == found[1]:
            yield f"      {_yaml(f'{column}.text')}: [0, 0]   # no empty text or other text now"

    def _rules(self, key: tuple[str, ...]) -> Iterator[str]:
        found = [(column, '"not null"', "the key") for column in key]
        if self.rows < ENOUGH:
            yield from self._leave_out(
                f"no rules are proposed, as it has {plural(self.rows, 'row')} and {ENOUGH} are "
                f"needed; when it has them, {AGAIN}, or write them by hand."
            )
        for column, kind in self.shape.columns.items():
            if self.rows < ENOUGH or column in key:
                continue
            name = quoted(column)
            if is_number(kind) and "INT" not in kind.upper():
                if not self._one("count(*)", f" where {name} < 0"):
                    found.append((column, '">= 0"', f"never negative in {self.rows:,} rows"))
            elif not self._one("count(*)", f" where {name} is null"):
                found.append((column, '"not null"', f"never null in {self.rows:,} rows"))
        if found:
            yield "    rules:   # new rows that break one are listed, and the run is held back"
        for column, rule, why in found:
            yield f"      {_yaml(column)}: {rule}   # {why}"


def _yaml(name: str) -> str:
    plain = re.fullmatch(r"[A-Za-z_][\w.]*", name) and name.lower() not in (
        "yes", "no", "on", "off", "true", "false", "null", "y", "n",
    )  # fmt: skip
    return name if plain else json.dumps(name, ensure_ascii=False)
