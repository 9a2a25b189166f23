"""Lets a command's source fail by schedule, and judges the data and alerts it leaves."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from fieldkit.chaos.alerts import Alerts
from fieldkit.chaos.faults import KINDS, Exchange, Kind, Schedule, left_out, planned
from fieldkit.chaos.found import BAD, Trial, Trials, Verdict
from fieldkit.chaos.later import Later
from fieldkit.chaos.refused import left_behind, reads_nothing
from fieldkit.chaos.sources import NO_FAULTS, FailingSource, Files, Web, landing_of
from fieldkit.errors import CannotRun, Stopped
from fieldkit.report.words import duration, plural, shell_line
from fieldkit.runs.baseline import Baseline, checked_states, first_line
from fieldkit.runs.command import RunResult
from fieldkit.runs.instead import hint
from fieldkit.runs.landing import Landing, some
from fieldkit.runs.reason import no_input, reason
from fieldkit.runs.record import SEED, Progress, Tell
from fieldkit.runs.workplace import Workplace
from fieldkit.state.compare import Picture
from fieldkit.state.rows import Delta
from fieldkit.state.scope import Scope
from fieldkit.state.stores import BROKEN

NO_ROWS = " (its answers hold no rows: neither JSON, lines of JSON nor CSV)"
UNCHANGED = (
    "a clean run leaves the data as it was, so old data looks like new here: wrong data is seen, a "
    "quiet failure is not shown; start from a state before a load to see that, too"
)
REPEATED = "give the columns with --ignore, or what else it reads with --state"


@dataclass(frozen=True)
class Settings:
    """What to try. `timeout`: seconds for a run; `most_requests`: that one fault may cause.

    `kinds` to draw `schedules` from, or `given` ones. `alerts`: a file that the command writes
    alerts to; `alert_port`: a port that it posts them to. Without both, an exit code
    that is not 0 counts as an alert, too.
    """

    schedules: int = 20
    seed: int = SEED
    timeout: float = 60.0
    most_requests: int = 30
    in_place: bool = False
    preset: str = ""
    kinds: tuple[Kind, ...] = tuple(KINDS.values())
    given: tuple[Schedule, ...] = ()
    alerts: Path | None = None
    alert_port: int | None = None
    port: int = 0


def chaos(
    command: Sequence[str],
    states: Sequence[str | Path],
    source: str | Path,
    scope: Scope | None = None,
    settings: Settings | None = None,
    *,
    tell: Tell = lambda _: None,
    progress: Progress = lambda *_: None,
) -> Trials:
    """Run the command while its source fails; `source`: an address, or a landing folder.

    `{url}` in the command stands for the failing source's address, `{files}` for its folder,
    `{state}` for the state's copy. Raises CannotRun if no verdict is possible; the states
    are as before in every case.
    """
    settings = settings or Settings()
    given = checked_states(states, in_place=settings.in_place)
    landing = landing_of(source, command, given, in_place=settings.in_place)
    names, typed = [state.name for state in given], shell_line(command)
    found = Trials(typed, names, settings.seed, source=str(source), listens=_listens(settings))
    begun = time.monotonic()
    with suppress(KeyboardInterrupt, Stopped), _told(landing, found), ExitStack() as stack:
        found.unfinished = "stopped by a signal"  # unless it gets to the end
        scratch = Path(stack.enter_context(TemporaryDirectory(prefix="fieldkit-")))
        failing = _opened(stack, source, landing, settings, scratch)
        alerts = settings.alerts or scratch / "alerts"
        heard = stack.enter_context(Alerts(alerts, settings.alert_port))
        env = {**failing.env, "FIELDKIT_ALERTS": heard.place}
        fills = {**failing.fills, "alerts": heard.place}
        place = stack.enter_context(
            Workplace(command, given, settings.in_place, env=env, fills=fills, landing=landing)
        )
        base = Baseline.of(place, scope or Scope(), settings.preset, found)
        _Trying(place, base, failing, heard, settings, found, tell, progress).all()
        found.unfinished = ""
    found.seconds = time.monotonic() - begun
    return found


@contextmanager
def _told(landing: Landing | None, found: Trials) -> Iterator[None]:
    """Say at the end what appeared in the landing folder, whatever the end is."""
    try:
        yield
    except CannotRun as error:
        raise CannotRun("; ".join([str(error), *(landing.warnings if landing else [])])) from None
    finally:
        found.warnings += landing.warnings if landing else []


def _opened(
    stack: ExitStack,
    source: str | Path,
    landing: Landing | None,
    settings: Settings,
    scratch: Path,
) -> FailingSource:
    if landing:
        return Files(landing, scratch)
    return stack.enter_context(Web(str(source), settings.port))


def _listens(settings: Settings) -> str:
    if settings.alert_port is not None:
        return "alerts posted to FIELDKIT_ALERTS"
    if settings.alerts:
        return f"alerts in {settings.alerts}"
    return "alerts in FIELDKIT_ALERTS, or an exit code that is not 0"


@dataclass(frozen=True)
class _Seen:
    """A run of a trial, and what it left."""

    ran: RunResult
    verdict: Verdict
    alerts: tuple[str, ...]
    alerted: str
    deltas: tuple[Delta, ...]
    broken: str


def _gravity(verdict: Verdict) -> int:
    order = (*BAD, Verdict.UNSHOWN)
    return order.index(verdict) if verdict in order else len(order)


@dataclass
class _Trying:
    """The trials of one command, in order."""

    place: Workplace
    base: Baseline
    source: FailingSource
    alerts: Alerts
    settings: Settings
    found: Trials
    tell: Tell
    progress: Progress
    unseen: set[str] = field(default_factory=set)  # files that matter, though no read was seen
    missed: dict[str, bool] = field(default_factory=dict)  # whether a run without it differs
    later: Later = field(init=False)

    def __post_init__(self) -> None:
        self.later = Later(self.place, self.base, self.source, self.settings.timeout)

    def all(self) -> None:
        self.base.look_before()
        try:
            schedules = self._planned()
        except CannotRun as error:
            raise CannotRun(f"{error}{left_behind(self.base, str(error))}") from None
        worst = self.settings.timeout * 2 * len(schedules)
        self.tell(
            f"A clean run takes {duration(self.found.clean_seconds)}"
            + f" and makes {plural(self.found.clean_requests, 'request')}"
            * bool(self.source.requests())
            + f": {plural(len(schedules), 'schedule')}, each ended after "
            f"{duration(self.settings.timeout)} (at most {duration(worst)} in all)."
        )
        for number, schedule in enumerate(schedules):
            self.progress(number, len(schedules), schedule.name)
            self.found.trials.append(self._smallest(self._trial(schedule)))
        if UNCHANGED in self.found.warnings and not self.found.of(*BAD, Verdict.UNSHOWN):
            self.found.warnings.remove(UNCHANGED)  # each run showed what it published
        self.base.warn_of_what_is_left()

    def _planned(self) -> list[Schedule]:
        """Two clean runs, to see its requests and which columns vary; then the plan."""
        too_long = "the --timeout of a run; give a larger one if it only needs longer"
        self.source.begin(NO_FAULTS)
        self.alerts.begin()
        self.progress(0, 0, "first clean run")
        first = self.base.first(self.settings.timeout, too_long)
        self.source.met()
        exchanges = self.source.exchanges()
        if not exchanges:
            raise CannotRun(
                f"{self.found.command}: a clean run made no request to {self.found.source}: "
                + hint(self.place.argv, self.found.source, "CHAOS_URL")
                + self._said(first)
            )
        self.alerts.learn()
        self.found.clean_seconds, self.found.clean_requests = first.seconds, self.source.requests()
        if self.found.unchanged:
            self.found.warnings.append(UNCHANGED)
        self.source.begin(NO_FAULTS)
        self.alerts.begin()
        self.progress(0, 0, "second clean run")
        ran, again = self.base.clean("second clean run", self.settings.timeout, too_long)
        if not self.base.second(again):
            if self.found.remembers:
                raise CannotRun(
                    f"{self.found.command}: {self.found.remembers}; name it with another --state "
                    "(of a checkpoint file its folder)"
                )
            names = ", ".join(sorted(one.delta.table for one in self.found.varying))
            raise CannotRun(
                f"{self.found.command}: two clean runs leave different data in {names}, so no run "
                f"can be compared with them; {REPEATED}"
            )
        self.alerts.learn()
        self.found.clean_alerts = self.alerts.usual
        exchanges = self.source.exchanges() or exchanges
        self.later.learn()
        self._leave_out_what_nobody_reads(ran)
        left = [one for one in exchanges if not one.file] or self.source.exchanges()
        return list(self.settings.given) or self._drawn(left)

    def _drawn(self, exchanges: Sequence[Exchange]) -> list[Schedule]:
        kinds = self.settings.kinds
        if none := left_out(exchanges, kinds):
            why = "" if any(one.columns or one.file for one in exchanges) else NO_ROWS
            self.found.left_out.append(
                f"faults that do not apply to this source{why}: {', '.join(none)}"
            )
        made = planned(self.settings.seed, self.settings.schedules, exchanges, kinds)
        if not made:
            names = ", ".join(kind.name for kind in kinds)
            why = NO_ROWS if none else ""
            raise CannotRun(
                f"{self.found.command}: nothing to try: {names} cannot happen to what "
                f"{self.found.source} sends{why}"
            )
        return made

    def _said(self, ran: RunResult) -> str:
        """What a run said and nobody saw, for a message."""
        line = reason(ran.stderr)
        hint = no_input(self.place.command.argv, ran.stderr)
        return f"{f'; it said: {line}' if line else ''}{hint}"

    def _leave_out_what_nobody_reads(self, ran: RunResult) -> None:
        """Leave out the files without which a clean run ends in the same; raises if all are."""
        unseen = self.source.unseen()
        if not unseen or not self._same_without(unseen):
            self.unseen = {*unseen}
            return
        self.source.leave_out(unseen)
        if not self.source.exchanges():
            causes = reads_nothing(self.place, self.source, unchanged=self.found.unchanged)
            raise CannotRun(
                f"{self.found.command}: reads nothing in {self.found.source}: without its files "
                f"it ends in the same; {causes}{self._said(ran)}"
            )
        self.found.left_out.append(f"files that the command does not read: {some(unseen)}")

    def _same_without(self, names: Sequence[str]) -> bool:
        """Whether a run without these files ends like a clean one."""
        self.place.reset(self.place.before)
        self.source.withhold(names)
        self.alerts.begin()
        ran = self.place.run(self.settings.timeout)
        _, deltas, broken = self._left()
        return not (ran.endless or ran.failed or deltas or broken or self.alerts.arrived())

    def _smallest(self, trial: Trial) -> Trial:
        """The bad trial reduced to the fewest faults that still give its verdict."""
        faults = list(trial.schedule.faults)
        for fault in faults if trial.bad and len(faults) > 1 else ():
            fewer = [one for one in trial.schedule.faults if one is not fault]
            if fewer:
                tried = self._trial(trial.schedule.only(fewer))
                trial = tried if tried.verdict == trial.verdict else trial
        return trial

    def _trial(self, schedule: Schedule) -> Trial:
        self.place.reset(self.place.before)
        self.source.begin(schedule)
        self.alerts.begin()
        seen = self._after_a_run()
        met, requests = self.source.met(), self.source.requests()
        missing = None
        if not seen.ran.endless and self.source.again():
            missing, seen = seen, self._after_a_run(seen.ran.failed)
        impolite = tuple(self.source.impolite(self.settings.most_requests))
        only = self.later.lineage(seen.deltas, schedule) if seen.verdict == Verdict.WRONG else ()
        reached = self.later.after(seen.verdict, schedule)
        only = only if self.later.harmless(only, reached) else ()
        stuck = reached.why and seen.verdict in (Verdict.STALE, Verdict.FRESH)
        verdict = Verdict.STUCK if stuck else seen.verdict
        deltas = reached.deltas if verdict == Verdict.STUCK else ()
        after = ""
        # What readers had before the late file came counts as well: the worse of both.
        if missing and _gravity(missing.verdict) < _gravity(verdict):
            after, seen, verdict = str(verdict), missing, missing.verdict
        if impolite and verdict not in BAD:
            verdict = Verdict.IMPOLITE
        if not met or (verdict == Verdict.FRESH and self._unread(schedule)):
            verdict = Verdict.UNMET
        if verdict == Verdict.FRESH and not seen.alerted and self._passed_over(schedule):
            verdict = Verdict.UNSHOWN
        ended = "" if seen.ran.code == 0 and not seen.ran.endless else seen.ran.how
        wrong = verdict == Verdict.WRONG
        return Trial(
            schedule, verdict, seen.ran.seconds, requests, seen.broken or ended, seen.alerts,
            seen.alerted, impolite, seen.deltas if wrong else deltas, reached.why,
            seen.ran.stderr if ended else "", after, only if wrong and not after else (),
        )  # fmt: skip

    def _unread(self, schedule: Schedule) -> bool:
        """Whether nobody reads the file with the fault; tried once for each that was not seen."""
        names = [fault.file for fault in schedule.faults if fault.file in self.unseen]
        for name in names:
            self.unseen.discard(name)
            if self._same_without([name]):
                self.source.leave_out([name])
        return not self.source.met()

    def _passed_over(self, schedule: Schedule) -> bool:
        """Whether a file under another name may have been passed over: old data hides it."""
        names = [one.file for one in schedule.faults if one.kind == "file-renamed"]
        if not self.found.unchanged:
            return False
        for name in names:
            if name not in self.missed:
                self.missed[name] = not self._same_without([name])
        return not all(self.missed[name] for name in names)

    def _after_a_run(self, failed: bool = False) -> _Seen:
        """Run, and look at what it published; `failed`: an earlier run of the trial had."""
        ran = self.place.run(self.settings.timeout)
        wrote = self.place.touched
        alerts = tuple(self.alerts.arrived())
        now, deltas, broken = self._left()
        # Of a run that we had to end nobody has an exit code.
        told = (failed or ran.failed) and self._code_counts and not ran.endless
        alerted = "alert" if alerts else "exit code" if told else ""
        verdict = self._judged(ran, now, bool(deltas or broken), bool(alerted))
        if verdict == Verdict.FRESH and self.found.unchanged:
            # The data is as before and as after a clean run, whatever happened: only what the run
            # did tells whether it published. After a 401 to the end nothing is fresh.
            published = wrote and self.source.answered()
            verdict = verdict if published else Verdict.STALE if alerted else Verdict.UNSHOWN
        return _Seen(ran, verdict, alerts, alerted, tuple(deltas), broken)

    def _left(self) -> tuple[Picture, list[Delta], str]:
        try:
            now = self.base.comparison.look(self.place.work)
        except BROKEN as error:
            return {}, [], f"the state cannot be read: {first_line(error)}"
        return now, self.base.deltas(now), ""

    def _judged(self, ran: RunResult, now: Picture, differs: bool, alerted: bool) -> Verdict:
        if ran.endless:
            return Verdict.NEVER
        if not differs:
            return Verdict.FRESH
        if not self.base.as_before(now):
            return Verdict.WRONG
        return Verdict.STALE if alerted else Verdict.SILENT

    @property
    def _code_counts(self) -> bool:
        """Whether an exit code that is not 0 is an alert: not where alerts were asked for."""
        return not self.settings.alerts and self.settings.alert_port is None
