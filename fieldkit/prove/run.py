"""Tests whether a pipeline command is idempotent and crash-safe, or finds a counterexample."""

from __future__ import annotations

import random
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.errors import CannotRun, Stopped
from fieldkit.prove import causes
from fieldkit.prove.found import Experiment, KillHit, Proof
from fieldkit.prove.kills import kill_points, random_point
from fieldkit.prove.stations import LATE, MOST, Stations, wanted
from fieldkit.report.words import duration, plural, shell_line
from fieldkit.runs.baseline import Baseline, checked_states, first_line
from fieldkit.runs.command import Point, RunResult
from fieldkit.runs.moments import SECONDS, SHARE, Moment, Moments
from fieldkit.runs.record import SEED, Progress, Tell
from fieldkit.runs.workplace import Workplace
from fieldkit.state.compare import Picture, left_by_kill
from fieldkit.state.litter import Litter
from fieldkit.state.rows import Delta
from fieldkit.state.scope import Scope
from fieldkit.state.stores import BROKEN

LOOKS = 5  # clean runs that are watched until one look was not late
TROUBLE = re.compile(r"error|exception|fail|traceback|cannot|could not", re.I)
FEW = 4  # kills and writes below which nothing can be spread


@dataclass(frozen=True)
class Settings:
    """How much to try; times in seconds. `patience`: the least time limit of a later run."""

    reruns: int = 3
    kills: int = 20
    budget: float = 1800.0
    seed: int = SEED
    in_place: bool = False
    patience: float = 30.0
    preset: str = ""
    strict: bool = False
    readers: bool = False


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
    CannotRun if no verdict is possible; the states are as before in every case. `tell` gets a line
    of progress at a time, `progress` (done, of, what).
    """
    settings = settings or Settings()
    given = checked_states(states, in_place=settings.in_place)
    names, typed = [state.name for state in given], shell_line(command)
    proof = Proof(
        typed,
        names,
        settings.seed,
        in_place=settings.in_place,
        planned_reruns=settings.reruns,
        strict=settings.strict,
        readers=settings.readers,
    )
    begun = time.monotonic()
    try:
        with Workplace(command, given, settings.in_place) as place:
            base = Baseline.of(place, scope or Scope(), settings.preset, proof)
            _Proving(place, base, settings, proof, tell, progress, begun).all()
            base.warn_of_what_is_left()
    except (KeyboardInterrupt, Stopped):  # the workplace has restored the states by now
        proof.unfinished = "stopped by a signal"
    proof.seconds = time.monotonic() - begun
    return proof


@dataclass
class _Proving:
    """The steps of one proof, in order, and what each needs of those before."""

    place: Workplace
    base: Baseline
    settings: Settings
    proof: Proof
    tell: Tell
    progress: Progress
    begun: float
    limit: float = 0.0
    planned: float = 0.0
    fitted: float = 0.0
    too_small: str = ""
    moments: Moments | None = None
    done: int = 0
    total: int = 0

    def all(self) -> None:
        self.base.look_before()
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
        self.proof.unfinished = self.too_small
        if not self.too_small:
            self._kills(measured)

    def _step(self, what: str) -> None:
        self.progress(self.done, self.total, what)
        self.done += 1

    def _clean_runs(self) -> RunResult:
        planned = self.settings
        share = planned.budget / (planned.reruns + 3.5)
        self.total = 2 + planned.reruns + planned.kills
        self.tell(
            f"Plan: 2 clean runs, then {plural(planned.reruns, 'rerun')}, then "
            f"{plural(planned.kills, 'kill')} (SIGKILL, each followed by a rerun to the end), "
            f"within {duration(planned.budget)}."
        )
        too_long = (
            f"its share of --budget {duration(planned.budget)}; give a larger --budget if it only "
            "needs longer"
        )
        self._step("first clean run")
        first = self.base.first(share, too_long)
        self.proof.sources = causes.sources(self.base.before, self.base.after)
        if self.proof.unchanged:
            self._unchanged()
        overhead = time.monotonic() - self.begun - first.seconds
        self._step("second clean run")
        moved = self.base.clean_in_memory(first, max(planned.patience, 2 * first.seconds))
        self._fit(moved[0] if moved else first, overhead)
        if moved:
            self.proof.on_disk = first.seconds
        second, again = moved or self._watched(first, too_long)
        self.proof.ended = not self.base.second(again)
        return second

    def _watched(self, ran: RunResult, too_long: str = "") -> tuple[RunResult, Picture]:
        """A clean run with copies of the states that it passes through, if kills are planned."""
        kills = self.proof.planned_kills
        due = wanted(ran, kills, self.place.moments_fit(MOST)) if kills else []
        if due:
            self.moments = self.place.moments(due, max(SECONDS, SHARE * ran.seconds))
            try:
                return self.base.clean("second clean run", self.limit, too_long, self.moments)
            except CannotRun:
                # It may not like to be stopped; if that is not it, it says so again.
                self.moments = None
                self.base.outside.forget_later()
        return self.base.clean("second clean run", self.limit, too_long)

    def _unchanged(self) -> None:
        """Say what a run that changes no data can show; raises CannotRun if it writes nothing."""
        if self.proof.untouched:
            raise CannotRun(
                f"{self.proof.command}: a clean run wrote nothing to its state, so reruns and "
                "kills would show nothing; start from a state before a load"
            )
        self.proof.warnings.append(
            "a clean run leaves the data as it was: what a kill tears is seen, a load that the "
            "rerun skips is not; start from a state before a load to see that, too"
        )

    def _fit(self, ran: RunResult, overhead: float) -> None:
        """Plan as many kills as fit into the budget, by the time of one run."""
        self.proof.clean_seconds, self.proof.clean_writes = ran.seconds, ran.writes
        self.limit = max(self.settings.patience, 5 * ran.seconds)
        one, kill = ran.seconds + overhead, 1.75 * ran.seconds + 2 * overhead
        rest = self.settings.budget - (time.monotonic() - self.begun)
        rest -= one * (1 + self.settings.reruns)
        kills = min(self.settings.kills, int(rest / kill))
        kills = max(0, kills)
        if kills < 1 <= self.settings.kills:
            needed = self.settings.budget - rest + kill
            self.too_small = (
                f"--budget {duration(self.settings.budget)} is too small for one kill, as a clean "
                f"run takes {duration(ran.seconds)}; one needs {duration(needed * 1.1)}"
            )
        self.proof.planned_kills = kills
        self.planned = one * (1 + self.settings.reruns) + kill * kills
        self.fitted = time.monotonic()
        self.total = 2 + self.settings.reruns + kills
        fewer = f" ({self.settings.kills} do not fit)" if kills < self.settings.kills else ""
        reruns, writes = plural(self.settings.reruns, "rerun"), plural(ran.writes, "write")
        self.tell(
            f"A clean run takes {duration(ran.seconds)} and makes {writes} to its state: {reruns} "
            f"and {plural(kills, 'kill')}{fewer} will take about {duration(self.planned)}."
        )

    def _reruns(self) -> None:
        self.place.reset(self.place.finished)
        for number in range(1, self.settings.reruns + 1):
            self._step(f"rerun {number}")
            ran = self.place.run(self.limit)
            self.proof.experiments.append(self._judged(f"rerun {number}", (), ran, ran.seconds, {}))
            if self.proof.counterexample:
                return

    def _judged(
        self,
        name: str,
        kills: tuple[KillHit, ...],
        ran: RunResult,
        seconds: float,
        left: dict[str, str],
    ) -> Experiment:
        """Judge an experiment by the exit of its last run and the state it left."""
        failure, stderr, deltas, litter = "", "", list[Delta](), list[Litter]()
        if ran.endless or ran.failed:
            failure, stderr = f"the rerun {ran.how}", ran.stderr
        else:
            try:
                now = self.base.comparison.look(self.place.work)
                deltas, litter = self.base.apart_from_litter(now)
                stderr = ran.stderr if deltas and TROUBLE.search(ran.stderr) else ""
            except BROKEN as error:
                failure = f"the state cannot be read after the rerun: {first_line(error)}"
        # For the first only: it costs a look at each column.
        first = deltas and not self.proof.counterexample
        only = self.base.only_columns(deltas) if first else ()
        return Experiment(
            name, kills, seconds, left, tuple(deltas), failure, tuple(litter), stderr, only
        )

    def _kills(self, measured: RunResult) -> None:
        planned, stations = self.proof.planned_kills, self._passed(measured)
        chosen = list(stations.chosen(planned))
        killed = max(planned - len(chosen), planned // 2) if measured.writes else 0
        self._say_how_many(len(chosen), killed)
        while chosen and self._time_for(len(chosen) + killed, measured):
            number = len(self.proof.kills) + 1
            self._step(f"kill {number}")
            self.proof.experiments.append(self._copied(f"kill {number}", chosen.pop(0)))
        chance = random.Random(self.settings.seed)
        self._kill_at(kill_points(measured, killed, chance), measured, chance)
        self._refuse_empty(measured)
        self._refuse_blind(measured, stations)

    def _say_how_many(self, copies: int, killed: int) -> None:
        """Say so where copies make it more kills than asked for, and count these as planned."""
        more = copies + killed - self.proof.planned_kills
        self.total += more
        if more > 0:
            self.tell(
                f"It passes through {plural(copies, 'state')} that a kill can leave: a rerun from "
                f"a copy of each, and {plural(killed, 'kill')}, {copies + killed} in all."
            )
            self.proof.more_kills, self.proof.planned_kills = more, copies + killed

    def _kill_at(self, aims: list[Point], measured: RunResult, chance: random.Random) -> None:
        spare, more = 2 * len(aims) + 5, 0
        while aims and self._time_for(len(aims), measured):
            number = len(self.proof.kills) + 1
            more += 1
            twice = random_point(measured, chance) if more % 4 == 0 else None
            self._step(f"kill {number}")
            if found := self._killed(f"kill {number}", aims.pop(0), twice):
                self.proof.experiments.append(found)
            elif spare:
                spare, more, self.done = spare - 1, more - 1, self.done - 1
                aims.append(random_point(measured, chance))

    def _time_for(self, left: int, measured: RunResult) -> bool:
        """Whether one more kill fits into the budget."""
        self._correct_the_plan(left)
        if time.monotonic() - self.begun + 2 * measured.seconds <= self.settings.budget:
            return True
        told = "the budget ended before all kills were tried"
        self.proof.warnings += [told] * (told not in self.proof.warnings)
        return False

    def _passed(self, measured: RunResult) -> Stations:
        """The states that a run passes through; looked at again where the first look was late.

        Once more, too, if it saw one half of the writes only: so short a time has other gaps then.
        """
        stations, few = Stations(self.base), measured.writes < FEW
        for looks in range(LOOKS):
            if self.moments is None and measured.writes and self._time_for(1, measured):
                self._watched(measured)
            if self.moments is None:
                break
            stations.add(self.moments)
            self.moments = None
            if stations.blind < LATE and (looks or few or stations.spread(measured.writes)):
                break
        return stations

    def _correct_the_plan(self, left: int) -> None:
        """Say so, once each time, when the planned time is off by half."""
        tried = len(self.proof.kills)
        if not tried:
            return
        passed = time.monotonic() - self.fitted
        expected = passed + passed / (tried + self.settings.reruns * 0.5) * left
        if expected > 1.5 * self.planned:
            self.tell(
                f"This takes longer than planned: after {plural(tried, 'kill')} it will be about "
                f"{duration(expected)} instead of {duration(self.planned)}."
            )
            self.planned = expected

    def _copied(self, name: str, moment: Moment) -> Experiment:
        """Run to the end from the copy of a moment: what a kill would have left."""
        self.place.reset(moment.places)
        left = self._left()
        ran = self.place.run(self.limit)
        aim = Point(writes=moment.writes)
        hit = KillHit(aim, moment.writes, moment.seconds, copied=True)
        return self._judged(name, (hit,), ran, ran.seconds, left)

    def _killed(self, name: str, aim: Point, twice: Point | None) -> Experiment | None:
        """Kill at the point, maybe the rerun too, then run to the end; None if no kill hit."""
        self.place.reset(self.place.before)
        ran = self.place.run(self.limit, aim)
        seconds, landed, left = ran.seconds, [], {}
        if not ran.killed or not ran.writes:
            return None
        landed.append(KillHit(aim, ran.writes, ran.seconds))
        left = self._left()
        if twice:
            ran = self.place.run(self.limit, twice)
            seconds += ran.seconds
            if ran.killed:
                landed.append(KillHit(twice, ran.writes, ran.seconds))
                left = self._left()
        if ran.killed:
            ran = self.place.run(self.limit)
            seconds += ran.seconds
        return self._judged(name, tuple(landed), ran, seconds, left)

    def _left(self) -> dict[str, str]:
        """In words, what a kill left of each table that a run changes or the kill did."""
        try:
            now = self.base.comparison.look(self.place.work)
        except BROKEN as error:
            return {name: f"unreadable ({first_line(error)})" for name in self.proof.states}
        before, after, left = self.base.before, self.base.after, {}
        for name in sorted(before.keys() | after.keys() | now.keys()):
            if now.get(name) != after.get(name) or before.get(name) != after.get(name):
                left[name] = left_by_kill(name, now, before, after, self.proof.rounded)
        return left

    def _refuse_empty(self, measured: RunResult) -> None:
        """Refuse the verdict PROVED if no kill hit while the state was being written."""
        kills = self.proof.kills
        if not self.proof.planned_kills or self.proof.counterexample:
            return
        if not any(one.writes for experiment in kills for one in experiment.kills):
            why = "wrote to its state in one moment" if measured.writes else "was not seen writing"
            why = (
                f"{plural(len(kills), 'kill')} hit it, none while the state was being written "
                f"({why}), so this says nothing about crashes; try more --kills or a larger load"
            )
            if self.proof.repeatable:
                raise CannotRun(f"{self.proof.command}: {why}")
            self.proof.warnings.append(why)

    def _refuse_blind(self, measured: RunResult, stations: Stations) -> None:
        """Refuse the verdict PROVED if the kills say nothing about a part of the writing."""
        if self.proof.counterexample or not self.proof.repeatable or not self.proof.kills:
            return
        hits = [kill.writes for one in self.proof.kills for kill in one.kills]
        spread, why = stations.spread(measured.writes, hits), ""
        if stations.blind >= LATE:
            why = (
                f"the machine is too busy: this process waited {stations.blind:.2f} s for a "
                "processor while the command wrote, so states that it passed through may have "
                "been missed"
            )
        elif not spread and self.proof.planned_kills >= FEW and measured.writes >= FEW:
            why = f"all kills hit the same half of its {plural(measured.writes, 'write')}"
        if why:
            raise CannotRun(
                f"{self.proof.command}: not shown: {plural(len(self.proof.kills), 'kill')} found "
                f"nothing, but {why}; try again, or more --kills"
            )
