"""Runs a pipeline on a copy of its state, and publishes it only if it is like past runs."""

from __future__ import annotations

import csv
import datetime as dt
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.guard.alerting import AlertQueue
from fieldkit.guard.checks import Check
from fieldkit.guard.days import Day, Past
from fieldkit.guard.found import (
    PUBLISHED,
    GuardedRun,
    as_of,
    held_alert,
    records_after_swap,
    sentence,
)
from fieldkit.guard.history import History, as_json
from fieldkit.guard.incidents import OpenIncident, opened_by
from fieldkit.guard.joins import join_warnings
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import GuardPolicy, TablePolicy, refuse_unknown
from fieldkit.guard.profiles import Profile, broken_rows, profiles
from fieldkit.guard.publish import (
    Changed,
    content,
    finish,
    mark_stale,
    merge_log,
    publish,
    without_readers,
)
from fieldkit.guard.shelf import NO_CHANGE, Shelf, new_run
from fieldkit.report.words import plural, shell_line
from fieldkit.runs.command import Command, refuse_missing
from fieldkit.runs.instead import hint
from fieldkit.runs.landing import some
from fieldkit.runs.record import Tell
from fieldkit.runs.workplace import refuse_locked, with_places
from fieldkit.state.snapshot import Signature, siblings, signature
from fieldkit.state.stores import BROKEN, State, identify, reading

MOST_ROWS = 10_000  # of a table that are listed in quarantine


@dataclass(frozen=True)
class Settings:
    """`timeout`: seconds for the command; `at`: the time that this run counts for, default now."""

    timeout: float = 3600.0
    at: dt.datetime | None = None


def guardable_state(path: str | Path) -> State:
    """The state at a path; raises CannotRun for one that cannot be swapped as one file."""
    place = Path(path).expanduser()
    if not place.exists():
        raise CannotRun(
            f"{path}: there is no such state; guard takes a DuckDB or a SQLite file that is there "
            "before the load: run the very first load without guard"
        )
    if place.is_dir():
        raise CannotRun(
            f"{path}: is a folder, which cannot be swapped in one step; guard takes a DuckDB or a "
            f"SQLite file ({NO_CHANGE})"
        )
    try:
        return identify(path)
    except CannotRun as error:
        if "for files of data" not in str(error):
            raise
        raise CannotRun(
            f"{path}: is neither a DuckDB nor a SQLite database, or it is damaged; guard takes the "
            f"database that the command loads ({NO_CHANGE})"
        ) from None


def guard(
    command: Sequence[str], path: str | Path, policy: GuardPolicy, settings: Settings | None = None,
    *, tell: Tell = lambda _: None,
) -> GuardedRun:  # fmt: skip
    """Run the command on a copy of the state, judge what it left, publish it or hold it back.

    Raises CannotRun if no verdict is possible; the state is as before then.
    """
    settings, begun = settings or Settings(), time.monotonic()
    refuse_missing(command)
    state = guardable_state(path)
    shelf, run = Shelf(state.path), new_run()
    at = (settings.at or dt.datetime.now(dt.UTC)).astimezone()
    with opened(shelf, policy, run, tell) as alerts:
        history = History.read(shelf.history)
        day = Day.of(policy, history.runs, at)
        found = GuardedRun(shell_line(command), state.name, state.path, run, at, day)
        found.latest = max(
            (dt.datetime.fromisoformat(one.at) for one in history.runs), default=None
        )
        found.channels = tuple(one.kind for one in policy.alerts)
        if history.damaged:
            lines = ", ".join(map(str, history.damaged[:5]))
            found.warnings.append(
                f"{shelf.history.name}: {plural(len(history.damaged), 'line')} cannot be read "
                f"(line {lines}) and do not count"
            )
        _Run(command, state, shelf, policy, settings, history, alerts, found).all()
        found.warnings += alerts.deliver()
    found.seconds = time.monotonic() - begun
    return found


@contextmanager
def opened(shelf: Shelf, policy: GuardPolicy, run: str, tell: Tell) -> Iterator[AlertQueue]:
    """Lock the shelf, complete what a killed run left undone, and deliver queued alerts."""
    with shelf.locked(run):
        alerts = AlertQueue(shelf.alerts, policy.alerts)
        if finish(shelf, alerts):
            tell("The last run was killed after it had published; its records are written now.")
        if alerts.waiting:
            alerts.deliver()
        yield alerts


@dataclass
class _Run:
    """One run, step by step."""

    argv: Sequence[str]
    state: State
    shelf: Shelf
    policy: GuardPolicy
    settings: Settings
    history: History
    alerts: AlertQueue
    found: GuardedRun

    def all(self) -> None:
        refuse_locked(self.state)
        base = signature(self.state.path)
        try:
            before = self._columns(self.state.path)
        except BROKEN as error:
            raise CannotRun(
                f"{self.state.path}: cannot be read as a database: {_one_line(error)} ({NO_CHANGE})"
            ) from None
        staged = self.shelf.stage(self.found.run)
        untouched = signature(staged)
        self._command(staged)
        if without_readers(signature(self.state.path)) != without_readers(base):
            self._wrote_past_it(staged, untouched, base)
        if not self.found.causes:
            self._judge(staged, before)
        if not self.found.failed:
            try:
                self._publish(staged, base)
            except (Changed, CannotRun) as error:
                place = self._keep(base)
                raise CannotRun(
                    f"{error}; not published: what the command made is kept in {place}"
                ) from None
        else:
            self._hold(staged, base)

    def _columns(self, place: Path) -> dict[str, Mapping[str, str]]:
        """The columns of every table; raises the engine's error where it cannot be read."""
        with reading(self.state, self._scratch, expected=place) as reader:
            return {name: shape.columns for name, shape in reader.tables("expected").items()}

    @property
    def _scratch(self) -> Path:
        return self.shelf.staging(self.found.run) / "scratch"

    # -- the command

    def _command(self, staged: Path) -> None:
        argv, env = with_places(self.argv, [staged])
        logs = self.shelf.staging(self.found.run) / "logs"
        ran = Command(argv, env, self.found.run, [staged], logs).run(self.settings.timeout)
        self._keep_beside(staged)
        self.found.command_seconds = ran.seconds
        if ran.endless or ran.failed:
            kind = "hang" if ran.endless else "failure"
            self._cause("command", kind, f"the command {ran.how}", "exit code 0")
        elif ran.left:
            left = ", ".join(ran.left[:3])
            self._cause(
                "command",
                "background",
                f"the command left {left} running (ended now)",
                "nothing left",
            )

    def _keep_beside(self, staged: Path) -> None:
        """Keep what the command wrote beside its copy, which is removed, and say where it is."""
        own = {one.name for one in siblings(staged)}
        beside = sorted(one for one in staged.parent.iterdir() if one.name not in own)
        if not beside:
            return
        into = self.shelf.folder / "beside"
        shutil.rmtree(into, ignore_errors=True)
        into.mkdir()
        for one in beside:
            one.replace(into / one.name)
        self.found.warnings.append(
            f"wrote beside its copy of the state: {some([one.name for one in beside])}; kept in "
            f"{into} until the next time: give such files a path of their own"
        )

    def _cause(self, measure: str, cause: str, now: str, allowed: str) -> None:
        self.found.causes.append(
            Check(self.state.name, measure, cause, "failed", now, allowed, "always")
        )

    def _wrote_past_it(self, staged: Path, untouched: Signature, base: Signature) -> None:
        """Raise CannotRun; put the state back if the copy is still what the state was."""
        place = self.state.path
        why = f"{place}: was written to while the command had a copy of it"
        do = hint(self.argv, place)
        if signature(staged) != untouched:
            kept = self._keep(base)
            raise CannotRun(f"{why}, and the copy, too: not published, kept in {kept}; {do}")
        kept = self.shelf.staging(self.found.run) / "written past"
        kept.mkdir()
        for one in siblings(place)[1:]:
            one.replace(kept / one.name)
        (kept / place.name).hardlink_to(place)
        for one in siblings(staged)[1:]:
            one.replace(place.with_name(one.name))
        staged.replace(place)
        raise CannotRun(f"{why}. It is restored; what was written is in {self._keep(base)}; {do}")

    # -- the judgement

    def _judge(self, staged: Path, before: Mapping[str, Mapping[str, str]]) -> None:
        try:
            if not staged.is_file() or staged.is_symlink():
                raise CannotRun("the command left no file at its place")
            if identify(staged).kind != self.state.kind:
                raise CannotRun(f"the command left a {identify(staged).kind} file")
        except CannotRun as error:
            self._cause("state", "unreadable", str(error), f"a {self.state.kind} file")
            return
        try:
            if siblings(staged)[1:]:
                merge_log(staged, self.state.kind)
            tables = self._tables(before, self._columns(staged))
            self.found.tables = profiles(
                self.state, self.state.path, staged, tables, self.found.at, self._scratch
            )
        except BROKEN as error:
            why = f"the command left a file that cannot be read: {_one_line(error)}"
            self._cause("state", "unreadable", why, "readable")
            return
        judge = Judge(self.policy, self.history.runs, self.found.day)
        wanted = {name: before[name] for name in tables if name in before}
        self.found.checks = self._incident.judged(
            judge.judge(self.found.tables, wanted), self.found.tables
        )
        self.found.warnings += join_warnings(self.found.tables, self.history.runs, self.policy)
        if not any(one.batch or one.values["kept"] < 1 for one in self.found.tables.values()):
            self.found.notes.append("The run added, changed and removed no row.")

    @property
    def _incident(self) -> OpenIncident:
        open_now = self.alerts.incident
        return OpenIncident(
            open_now.get("checks", []), open_now.get("since", ""), self.policy, self.found.day
        )

    def _tables(self, *sides: Mapping[str, Mapping[str, str]]) -> dict[str, TablePolicy]:
        """The tables that are judged; raises CannotRun for an unknown name in the policy."""
        there: dict[str, set[str]] = {}
        for side in sides:
            for name, columns in side.items():
                there.setdefault(name, set()).update(columns)
        for name, policy in self.policy.tables.items():
            refuse_unknown(name, policy, there)
        chosen = self.policy.tables or {name: TablePolicy() for name in there}
        if not chosen:
            raise CannotRun(
                f"{self.state.path}: holds no table before or after the run, so nothing can be "
                "judged; not published: run the first load, which makes them, without guard"
            )
        self.found.left_out += sorted(there.keys() - chosen.keys())
        return dict(chosen)

    # -- the decision

    def _publish(self, staged: Path, base: Signature) -> None:
        found = self.found
        past = Past(
            found.run, found.at.isoformat(), found.day.name, self._to_learn(),
            again=found.day.again,
        )  # fmt: skip
        incident = self.alerts.incident
        publish(self.shelf, self.state, staged, base, records_after_swap(found, past), self.alerts)
        found.verdict, found.as_of = PUBLISHED, as_of(found)
        found.ended_incident = str(incident.get("since", "")) if incident else ""
        found.alerted = bool(incident) and bool(self.policy.alerts)

    def _to_learn(self) -> dict[str, Profile]:
        """What later runs are compared with: not volume and age of a retry or a backfill."""
        tables = self.found.tables
        if not self.found.day.again:
            return tables
        return {
            name: replace(
                one, values={k: v for k, v in one.values.items() if k not in ("added", "age")}
            )
            for name, one in tables.items()
        }

    def _keep(self, base: Signature) -> Path:
        found = self.found
        reasons = {
            "run": found.run, "at": found.at.isoformat(), "day": found.day.name,
            "state": str(self.state.path), "command": found.command,
            "base": {name: list(one) for name, one in base.items()},
            "content": content(self.state.path, base),
            "again": found.day.again, "latest": found.latest.isoformat() if found.latest else "",
            "failed": [vars(one) for one in found.failed],
            "tables": as_json(Past("", "", "", found.tables))["tables"],
            "acceptable": not found.causes and bool(found.tables),
        }  # fmt: skip
        return self.shelf.hold(found.run, reasons, self.policy.keep)

    def _hold(self, staged: Path, base: Signature) -> None:
        found = self.found
        if any(one.cause == "rules" for one in found.checks if one.status == "failed"):
            self._quarantine(staged)
        if found.causes:  # half of a run is not a state that could be accepted
            shutil.rmtree(staged.parent)
        found.held = self._keep(base)
        why = [sentence(one) for one in found.failed]
        decision = {"decision": "held back", "checked_at": found.at.isoformat(), "why": why}
        found.as_of = mark_stale(self.shelf, {**decision, "held": str(found.held)})
        alert = held_alert(found, why)
        names = sorted({one.incident for one in found.failed})
        before = self.alerts.incident.get("checks", [])
        # A run that failed has judged nothing: what was wrong with the data may still be.
        checks = opened_by([one for one in found.checks if one.status == "failed"])
        new = self.alerts.held(alert, names, checks if found.checks else before)
        if not self.policy.alerts:
            found.untold = "the policy has no alerts"
        elif not new:
            found.untold = f"the incident since {self.alerts.incident['since'][:16]} was reported"
        found.alerted = not found.untold

    def _broken(self, name: str) -> set[str]:
        """The columns of a table whose rule new rows break."""
        values = self.found.tables[name].values if name in self.found.tables else {}
        return {one.removesuffix(".broken") for one in values if one.endswith(".broken")}

    def _quarantine(self, staged: Path) -> None:
        """List the rows that break a rule, each table's in a file of its own."""
        folder = self.shelf.staging(self.found.run)
        for name, policy in self.policy.tables.items():
            broken = self._broken(name)
            if broken:
                columns, rows = broken_rows(
                    self.state, self.state.path, staged, name, policy, broken, self._scratch,
                    MOST_ROWS,
                )  # fmt: skip
                if rows:
                    self.found.quarantined[name] = len(rows)
                    with (folder / f"quarantine-{name}.csv").open(
                        "w", newline="", encoding="utf-8"
                    ) as file:
                        csv.writer(file).writerows([columns, *rows])


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())[:200]
