"""Proves that any pipeline command is idempotent and crash-safe, or finds the counterexample."""

from __future__ import annotations

import random
import re
import shlex
import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from fieldkit.command import Point, Ran
from fieldkit.compare import Comparison, Picture, remains
from fieldkit.errors import CannotRun
from fieldkit.kills import another, points
from fieldkit.proof import Experiment, Landed, Proof, TableInfo, minutes, plural
from fieldkit.rows import Delta
from fieldkit.scope import (
    Scope,
    left_out,
    refuse_unknown,
    unused,
    with_preset,
    written_as_usual,
)
from fieldkit.stores import State, identify
from fieldkit.vary import narrowed, varying
from fieldkit.workplace import Workplace, refuse_full_disk, refuse_locked

SEED = 20
BROKEN = (duckdb.Error, sqlite3.Error)
Tell = Callable[[str], None]
Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Settings:
    """How hard to try; seconds throughout. `patience`: the least time limit of a later run."""

    reruns: int = 3
    kills: int = 20
    budget: float = 1800.0
    seed: int = SEED
    in_place: bool = False
    patience: float = 30.0
    preset: str = ""


def prove(
    command: Sequence[str],
    states: Sequence[str | Path],
    scope: Scope | None = None,
    settings: Settings | None = None,
    *,
    tell: Tell = lambda _: None,
    progress: Progress = lambda *_: None,
) -> Proof:
    """Run the command on copies of its state, again and killed, and compare what it leaves.

    `{state}` in the command stands for the first state's path, `{state2}` for the second's. Raises
    CannotRun if nothing can be said; the states are as before in every case. `tell` hears a line
    at a time, `progress` (done, of, what).
    """
    settings = settings or Settings()
    given = [identify(path) for path in states]
    _refuse_overlap(given)
    for state in given:
        refuse_locked(state)
    refuse_full_disk(given, in_place=settings.in_place)
    scope = scope or Scope()
    wide = with_preset(scope, settings.preset)
    proof = Proof(
        _written(command), [s.name for s in given], settings.in_place, settings.seed,
        planned_reruns=settings.reruns,
    )  # fmt: skip
    begun = time.monotonic()
    with Workplace(command, given, settings.in_place) as place:
        comparison = Comparison(given, wide, place.scratch)
        _Proving(place, comparison, scope, settings, proof, tell, progress, begun).all()
    proof.seconds = time.monotonic() - begun
    return proof


def _written(command: Sequence[str]) -> str:
    return re.sub(r"'(\{state\d*\})'", r"\1", shlex.join(command))


def _refuse_overlap(states: Sequence[State]) -> None:
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


@dataclass
class _Proving:
    """The steps of one proof, in order, and what each needs of those before."""

    place: Workplace
    comparison: Comparison
    given: Scope
    settings: Settings
    proof: Proof
    tell: Tell
    progress: Progress
    begun: float
    before: Picture = field(default_factory=dict)
    after: Picture = field(default_factory=dict)
    limit: float = 0.0
    done: int = 0
    total: int = 0

    def all(self) -> None:
        self._look_before()
        measured = self._clean_runs()
        if self.proof.ended:
            return
        self._reruns()
        if self.proof.counterexample:
            if self.proof.planned_kills:
                self.proof.warnings.append(
                    "no kill was tried: a plain rerun is counterexample enough"
                )
            return
        self._kills(measured)

    def _step(self, what: str) -> None:
        self.progress(self.done, self.total, what)
        self.done += 1

    def _look_before(self) -> None:
        try:
            shapes = self.comparison.all_tables(self.place.before)
            self.before = self.comparison.look(self.place.before)
        except BROKEN as error:
            names = ", ".join(self.proof.states)
            raise CannotRun(f"{names}: cannot be read as a database: {_line(error)}") from None
        for name, shape in shapes.items():
            if shape.error and self.comparison.scope.counts(name):
                raise CannotRun(f"{name}: {shape.error}; repair or remove the file first")
        for name, seen in self.before.items():
            if seen.shape.error:
                raise CannotRun(f"{name}: {seen.shape.error}; repair or remove the file first")

    def _clean_runs(self) -> Ran:
        planned = self.settings
        share = planned.budget / (planned.reruns + 3.5)
        self.total = 2 + planned.reruns + planned.kills
        self.tell(
            f"Plan: 2 clean runs, then {plural(planned.reruns, 'rerun')}, then "
            f"{plural(planned.kills, 'kill')} (SIGKILL, each followed by a rerun to the end), "
            f"within {minutes(planned.budget)}."
        )
        around = self.place.surroundings()
        first, self.after = self._clean("first clean run", share)
        self._elsewhere(around)
        self._check_names()
        self.place.keep_finished()
        changed = [name for name in self.after if self.after[name] != self.before.get(name)]
        if not changed and self.before.keys() <= self.after.keys():
            raise CannotRun(
                f"{self.proof.command}: a clean run changed no table that is compared, so the "
                "proof would say nothing; start from a state before a load"
            )
        self._fit(first, time.monotonic() - self.begun - first.seconds)
        second, again = self._clean("second clean run", self.limit)
        self._describe()
        self._vary(again)
        return second

    def _clean(self, what: str, limit: float) -> tuple[Ran, Picture]:
        self.place.reset(self.place.before)
        self._step(what)
        ran = self.place.run(limit)
        if ran.endless:
            raise CannotRun(
                f"{self.proof.command}: the {what} had not ended after {minutes(limit)}, its share "
                f"of --budget {minutes(self.settings.budget)}; give a larger --budget if it only "
                "needs longer"
            )
        if ran.failed:
            raise CannotRun(f"{self.proof.command}: the {what} {_all_words(ran)}")
        try:
            return ran, self.comparison.look(self.place.work)
        except BROKEN as error:
            raise CannotRun(f"the state after the {what} cannot be read: {_line(error)}") from None

    def _elsewhere(self, around: dict[str, tuple[int, int]] | None) -> None:
        after = self.place.surroundings()
        if around is None or after is None:
            return
        files = sorted(
            name
            for name, found in after.items()
            if around.get(name) != found and not written_as_usual(self.settings.preset, name)
        )
        if files:
            more = f" and {len(files) - 3} more" if len(files) > 3 else ""
            self.proof.warnings.append(
                f"wrote outside its state: {', '.join(files[:3])}{more}; if it reads this again, "
                "name it with --state"
            )

    def _check_names(self) -> None:
        """What the command line names must be there, before or after a run."""
        there: dict[str, Mapping[str, str]] = {}
        for places in (self.place.before, self.place.work):
            for name, shape in self.comparison.all_tables(places).items():
                there[name] = {**there.get(name, {}), **shape.columns}
        refuse_unknown(self.given, there)
        self.proof.left_out = left_out(self.comparison.scope, there) + [
            f"folder {place.name} (a tool's working folder; it is put back all the same)"
            for place in self.place.work
            if self.comparison.scope.restored_only(place)
        ]
        for pattern in unused(self.given, there):
            self.proof.warnings.append(f"--ignore {pattern}: no table has such a column")

    def _fit(self, ran: Ran, overhead: float) -> None:
        """How many kills fit into the budget, by what one run takes."""
        self.proof.clean_seconds, self.proof.clean_writes = ran.seconds, ran.writes
        self.limit = max(self.settings.patience, 5 * ran.seconds)
        one, kill = ran.seconds + overhead, 1.75 * ran.seconds + 2 * overhead
        rest = self.settings.budget - (time.monotonic() - self.begun)
        rest -= one * (1 + self.settings.reruns)
        kills = min(self.settings.kills, int(rest / kill))
        if kills < 1 <= self.settings.kills:
            needed = self.settings.budget - rest + kill
            raise CannotRun(
                f"--budget {minutes(self.settings.budget)}: too small for one kill, as a clean run "
                f"takes {minutes(ran.seconds)}; {minutes(needed * 1.1)} would do for one"
            )
        self.proof.planned_kills = kills
        self.total = 2 + self.settings.reruns + kills
        fewer = f" ({self.settings.kills} do not fit)" if kills < self.settings.kills else ""
        self.tell(
            f"A clean run takes {minutes(ran.seconds)} and makes {ran.writes} writes to its state: "
            f"{plural(self.settings.reruns, 'rerun')} and {plural(kills, 'kill')}{fewer} will "
            "take about "
            f"{minutes(one * (1 + self.settings.reruns) + kill * kills)}."
        )

    def _vary(self, again: Picture) -> None:
        """Two clean runs from one state must leave one state; columns alone may differ."""
        deltas = self._deltas(again)
        if not deltas:
            return
        if again == self.before:
            self.proof.remembers = (
                "the second clean run from the same state changed nothing, but the first did: the "
                "command remembers something outside its state"
            )
        places = self.place.finished, self.place.work
        self.proof.varying = varying(self.comparison, *places, self.after, deltas)
        by_column = all(one.columns for one in self.proof.varying) and not self.proof.remembers
        self.proof.ended = not (by_column and self._leave_out())

    def _leave_out(self) -> bool:
        """Compare without the columns that vary; False if two clean runs differ all the same."""
        self.comparison = narrowed(self.comparison, self.proof.varying)
        places = self.place.before, self.place.finished, self.place.work
        self.before, self.after, again = map(self.comparison.look, places)
        if self._deltas(again):
            return False
        self.proof.left_out += [
            f"column {one.delta.table}.{column} (differs between two clean runs)"
            for one in self.proof.varying
            for column in one.columns
        ]
        return True

    def _deltas(self, picture: Picture) -> list[Delta]:
        if picture == self.after:
            return []
        found = self.comparison.deltas(self.place.finished, self.place.work, self.after, picture)
        self.proof.rounded |= {delta.table for delta in found if delta.rounded}
        return [delta for delta in found if delta.differs]

    def _describe(self) -> None:
        for name in sorted(self.before.keys() | self.after.keys()):
            rows = [p[name].rows if name in p else None for p in (self.before, self.after)]
            changed = self.before.get(name) != self.after.get(name)
            note = "" if changed else "the run does not change it"
            self.proof.tables.append(TableInfo(name, rows[0], rows[1], note))

    def _reruns(self) -> None:
        self.place.reset(self.place.finished)
        for number in range(1, self.settings.reruns + 1):
            self._step(f"rerun {number}")
            ran = self.place.run(self.limit)
            self.proof.experiments.append(self._judged(f"rerun {number}", (), ran, ran.seconds, {}))
            if self.proof.counterexample:
                return

    def _judged(
        self, name: str, kills: tuple[Landed, ...], ran: Ran, seconds: float, left: dict[str, str]
    ) -> Experiment:
        """The end of an experiment: did the last run end well, and is the state as it should be."""
        failure, deltas = "", []
        if ran.endless or ran.failed:
            failure = f"the rerun {ran.how}"
        else:
            try:
                deltas = self._deltas(self.comparison.look(self.place.work))
            except BROKEN as error:
                failure = f"the state cannot be read after the rerun: {_line(error)}"
        return Experiment(name, kills, seconds, left, tuple(deltas), failure)

    def _kills(self, measured: Ran) -> None:
        chance = random.Random(self.settings.seed)
        aims = points(measured, self.proof.planned_kills, chance)
        spare = 2 * len(aims) + 5
        while aims:
            if time.monotonic() - self.begun + 2 * measured.seconds > self.settings.budget:
                self.proof.warnings.append("the budget ended before all kills were tried")
                break
            number = len(self.proof.kills) + 1
            twice = another(measured, chance) if number % 4 == 0 else None
            self._step(f"kill {number}")
            if found := self._killed(f"kill {number}", aims.pop(0), twice):
                self.proof.experiments.append(found)
            elif spare:
                spare, self.done = spare - 1, self.done - 1
                aims.append(another(measured, chance))
        self._refuse_empty(measured)

    def _killed(self, name: str, aim: Point, twice: Point | None) -> Experiment | None:
        """Kill at the point, perhaps kill the recovery too, run to the end; None if it missed."""
        self.place.reset(self.place.before)
        ran = self.place.run(self.limit, aim)
        seconds, landed, left = ran.seconds, [], {}
        if not ran.killed:
            return None
        landed.append(Landed(aim, ran.writes, ran.seconds))
        left = self._left()
        if twice:
            ran = self.place.run(self.limit, twice)
            seconds += ran.seconds
            if ran.killed:
                landed.append(Landed(twice, ran.writes, ran.seconds))
                left = self._left()
        if ran.killed:
            ran = self.place.run(self.limit)
            seconds += ran.seconds
        return self._judged(name, tuple(landed), ran, seconds, left)

    def _left(self) -> dict[str, str]:
        """What a kill left of each table that a whole run changes."""
        try:
            now = self.comparison.look(self.place.work)
        except BROKEN as error:
            return {name: f"unreadable ({_line(error)})" for name in self.proof.states}
        told = {}
        for name in sorted(self.before.keys() | self.after.keys() | now.keys()):
            if self.before.get(name) != self.after.get(name) or name not in self.after:
                told[name] = remains(name, now, self.before, self.after, self.proof.rounded)
        return told

    def _refuse_empty(self, measured: Ran) -> None:
        """No verdict PROVED without a kill that could have found something."""
        kills = self.proof.kills
        if not self.proof.planned_kills or self.proof.counterexample:
            return
        if not any(one.writes for experiment in kills for one in experiment.kills):
            why = "wrote to its state in one moment" if measured.writes else "was not seen writing"
            told = (
                f"{plural(len(kills), 'kill')} hit it, none while the state was being written "
                f"({why}), so nothing can be said of crashes; try more --kills or a larger load"
            )
            if self.proof.repeatable:
                raise CannotRun(f"{self.proof.command}: {told}")
            self.proof.warnings.append(told)


def _line(error: Exception) -> str:
    return " ".join(str(error).splitlines()[0].split())


def _all_words(ran: Ran) -> str:
    code = f"exit code {ran.code}" if (ran.code or 0) >= 0 else f"signal {-(ran.code or 0)}"
    words = " | ".join(ran.last_words) or "nothing on stderr"
    return f"failed with {code}, so there is nothing to compare with: {words}"
