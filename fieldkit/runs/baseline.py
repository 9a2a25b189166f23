"""Clean runs of a command, and the states before and after, to compare with."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.report.words import duration
from fieldkit.runs import memory
from fieldkit.runs.command import RunResult
from fieldkit.runs.landing import some
from fieldkit.runs.moments import Moments
from fieldkit.runs.outside import Outside
from fieldkit.runs.reason import no_input
from fieldkit.runs.record import Record, TableInfo
from fieldkit.runs.workplace import Workplace, refuse_full_disk, refuse_locked
from fieldkit.state.compare import Comparison, Picture
from fieldkit.state.litter import Litter
from fieldkit.state.rows import Delta
from fieldkit.state.scope import (
    Scope,
    left_out,
    refuse_unknown,
    unused,
    with_preset,
)
from fieldkit.state.stores import BROKEN, State, identify
from fieldkit.state.vary import narrowed, varying


@dataclass
class Baseline:
    """The state before a run and after a clean one; `given`: the scope as the user named it."""

    place: Workplace
    comparison: Comparison
    given: Scope
    preset: str
    record: Record
    before: Picture = field(default_factory=dict)
    after: Picture = field(default_factory=dict)
    outside: Outside = field(init=False)

    def __post_init__(self) -> None:
        self.outside = Outside(self.place, self.preset)

    @classmethod
    def of(cls, place: Workplace, given: Scope, preset: str, record: Record) -> Baseline:
        """The baseline of a workplace; nothing has run yet."""
        comparison = Comparison(place.states, with_preset(given, preset), place.scratch)
        return cls(place, comparison, given, preset, record)

    def look_before(self) -> None:
        """Fingerprint the state as it is; raises CannotRun if it cannot be read."""
        self.outside.before = self.place.surroundings()
        try:
            shapes = self.comparison.all_tables(self.place.before)
            self.before = self.comparison.look(self.place.before)
        except BROKEN as error:
            names = ", ".join(self.record.states)
            raise CannotRun(f"{names}: cannot be read as a database: {first_line(error)}") from None
        for name, shape in shapes.items():
            if shape.error and self.comparison.scope.counts(name):
                raise CannotRun(f"{name}: {shape.error}; repair or remove the file first")
        for name, seen in self.before.items():
            if seen.shape.error:
                raise CannotRun(f"{name}: {seen.shape.error}; repair or remove the file first")

    def first(self, limit: float, too_long: str) -> RunResult:
        """The first clean run; its end state is kept for comparison."""
        ran, self.after = self.clean("first clean run", limit, too_long)
        self._put_back()
        self._check_names()
        self.place.keep_finished()
        work = self.place.work
        there = self.comparison.all_tables(work) or self.comparison.logs(work)
        if there and not (self.before or self.after):
            raise CannotRun(
                f"{self.record.command}: no table is left to compare; take an --ignore-table out,"
                " or name with --state where the command writes"
            )
        changed = [name for name in self.after if self.after[name] != self.before.get(name)]
        # An up-to-date full refresh: the normal case, as a fault or a kill can still change it.
        self.record.untouched = not self.place.touched
        self.record.unchanged = not changed and self.before.keys() <= self.after.keys()
        return ran

    def clean(
        self, what: str, limit: float, too_long: str, moments: Moments | None = None
    ) -> tuple[RunResult, Picture]:
        """One run from the state before; raises CannotRun unless it ends well within the limit."""
        self.place.reset(self.place.before)
        ran = self.outside.clean_run(limit, moments)
        if ran.endless:
            why = f"the {what} had not ended after {duration(limit)}, {too_long}"
            raise CannotRun(f"{self.record.command}: {why}")
        if ran.failed:
            why = _failure_text(ran) + no_input(self.place.command.argv, ran.stderr)
            raise CannotRun(f"{self.record.command}: the {what} {why}{self.outside.in_the_way}")
        try:
            picture = self.comparison.look(self.place.work)
        except BROKEN as error:
            raise CannotRun(
                f"the state after the {what} cannot be read: {first_line(error)}"
            ) from None
        for name, seen in picture.items():
            if seen.shape.error:  # two tables that nobody can read would count as the same
                raise CannotRun(
                    f"{name}: {seen.shape.error}; the {what} left it so, and nothing can be "
                    f"compared with that; leave it out with --ignore-table {shlex.quote(name)}"
                )
        return ran, picture

    def clean_in_memory(self, first: RunResult, limit: float) -> tuple[RunResult, Picture] | None:
        """A clean run on copies in memory; None, on disk again, where that is not the better place.

        It is better if the first run mostly waited, and this one ends as well in half the time.
        """
        if not (memory.waits(first) and self.place.to_memory()):
            return None
        try:
            ran, picture = self.clean("clean run in memory", limit, "")
            if picture == self.after and ran.seconds < first.seconds / 2:
                return ran, picture
        except CannotRun:
            pass  # another file system may be the cause; on disk it says so again if it is not
        self.outside.forget_later()
        self.place.to_disk()
        return None

    def _put_back(self) -> None:
        """Fix which states are a tool's working folder: after a kill it may not look like one."""
        states = zip(self.comparison.states, self.place.work, strict=True)
        names = {s.name for s, place in states if self.comparison.only_put_back(s, place)}
        if names:
            self.comparison = replace(self.comparison, put_back=frozenset(names))
            self.before = self.comparison.look(self.place.before)

    def warn_of_what_is_left(self) -> None:
        """Name the new files outside the states that no clean run leaves: a killed one has."""
        self.record.warnings += self.outside.left()

    def _check_names(self) -> None:
        """Raise CannotRun for names in options that exist neither before nor after a run."""
        there: dict[str, Mapping[str, str]] = {}
        for places in (self.place.before, self.place.work):
            for name, shape in self.comparison.all_tables(places).items():
                there[name] = {**there.get(name, {}), **shape.columns}
        refuse_unknown(self.given, there)
        self.record.left_out += left_out(self.comparison.scope, there) + [
            f"folder {place.name} (a tool's working folder; it is put back all the same)"
            for state, place in zip(self.comparison.states, self.place.work, strict=True)
            if self.comparison.only_put_back(state, place)
        ]
        logs = {
            name: None
            for p in (self.place.before, self.place.work)
            for name in self.comparison.logs(p)
        }
        if logs:
            self.record.left_out.append(f"logs of runs, by their names: {some(list(logs))}")
        for pattern in unused(self.given, there):
            self.record.warnings.append(f"--ignore {pattern}: no table has such a column")

    def second(self, again: Picture) -> bool:
        """Compare a second clean run; False if more than some columns differ.

        Two clean runs from one state must leave one state. Columns that differ are left out.
        """
        self.record.warnings += self.outside.warnings()
        self._describe()
        deltas = self.deltas(again)
        if not deltas:
            return True
        places = self.place.finished, self.place.work
        self.record.varying = varying(self.comparison, *places, self.after, deltas)
        self.record.remembers = self._remembers(again)
        by_column = all(one.columns for one in self.record.varying) and not self.record.remembers
        return by_column and self._leave_out()

    def _remembers(self, again: Picture) -> str:
        """The sign that the command remembers something outside its state; or ""."""
        where = f" ({self.outside.named})" if self.outside.named else ""
        took = f"; it {self.outside.took}, which were not put back" if self.outside.took else ""
        if again == self.before:
            return (
                "the second clean run from the same state changed nothing, but the first did: the "
                f"command remembers something outside its state{where}{took}"
            )
        # Columns of rows that are the same in both runs differ by themselves (a key from uuid).
        if where and not all(one.paired for one in self.record.varying):
            read = "read what the first had written" if self.outside.watched else "wrote, too,"
            sure = "remembers" if self.outside.watched else "may remember"
            return (
                f"the second clean run {read} outside its state{where}, and left other data: the "
                f"command {sure} something there{took}"
            )
        return ""

    def _leave_out(self) -> bool:
        """Compare without the columns that vary; False if two clean runs differ all the same."""
        self.comparison = narrowed(self.comparison, self.record.varying)
        places = self.place.before, self.place.finished, self.place.work
        self.before, self.after, again = map(self.comparison.look, places)
        if self.deltas(again):
            return False
        self.record.left_out += [
            f"column {one.delta.table}.{column} (differs between two clean runs)"
            for one in self.record.varying
            for column in one.columns
        ]
        return True

    def deltas(self, picture: Picture) -> list[Delta]:
        """The tables in which the working copies differ from the end of a clean run."""
        return self.apart_from_litter(picture)[0]

    def only_columns(self, deltas: Sequence[Delta]) -> tuple[str, ...]:
        """The columns that explain all that differs in the working copies, if columns do."""
        places = self.place.finished, self.place.work
        found = varying(self.comparison, *places, self.after, deltas)
        if not all(one.columns for one in found):
            return ()
        return tuple(dict.fromkeys(name for one in found for name in one.columns))

    def apart_from_litter(self, picture: Picture) -> tuple[list[Delta], list[Litter]]:
        """The same, and the temporary files and tables that a clean run does not leave."""
        if picture == self.after:
            return [], []
        places = self.place.finished, self.place.work
        found, litter = self.comparison.apart_from_litter(*places, self.after, picture)
        self.record.rounded |= {delta.table for delta in found if delta.rounded}
        return [delta for delta in found if delta.differs], litter

    def as_before(self, picture: Picture) -> bool:
        """Whether the working copies hold the data of before the run, litter apart."""
        if picture == self.before:
            return True
        places = self.place.before, self.place.work
        found = self.comparison.deltas(*places, self.before, picture)
        return not any(delta.differs for delta in found)

    def _describe(self) -> None:
        for name in sorted(self.before.keys() | self.after.keys()):
            rows = [p[name].rows if name in p else None for p in (self.before, self.after)]
            changed = self.before.get(name) != self.after.get(name)
            note = "" if changed else "the run does not change it"
            self.record.tables.append(TableInfo(name, rows[0], rows[1], note))


def checked_states(paths: Sequence[str | Path], *, in_place: bool) -> list[State]:
    """The states at these paths; raises CannotRun for what cannot be copied and compared."""
    states = [identify(path) for path in paths]
    _refuse_overlap(states)
    for state in states:
        refuse_locked(state)
    refuse_full_disk(states, in_place=in_place)
    return states


def _refuse_overlap(states: Sequence[State]) -> None:
    """Raise CannotRun unless there are states, apart from each other."""
    if not states:
        raise CannotRun("no state: name what the command writes with --state PATH")
    for number, state in enumerate(states):
        for other in states[:number]:
            if state.path == other.path or other.path in state.path.parents:
                raise CannotRun(f"--state {state.path}: is part of --state {other.path}")
            if state.path in other.path.parents:
                raise CannotRun(f"--state {other.path}: is part of --state {state.path}")
            if state.name == other.name:
                raise CannotRun(f"--state {state.path}: two states cannot have the same name")


def first_line(error: Exception) -> str:
    """The first line of what an error says."""
    return " ".join(str(error).splitlines()[0].split())


def _failure_text(ran: RunResult) -> str:
    code = f"exit code {ran.code}" if (ran.code or 0) >= 0 else f"signal {-(ran.code or 0)}"
    words = ran.reason or "nothing on stderr"
    return f"failed with {code}, so there is nothing to compare with: {words}"
