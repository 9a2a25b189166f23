"""The results of runs with a failing source, as plain data: trials, verdicts."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from fieldkit.chaos.faults import Schedule, as_data
from fieldkit.runs.record import Record
from fieldkit.state.rows import Delta

SURVIVED, NOT_FINISHED = "SURVIVED", "NOT FINISHED"
NOT_SHOWN, NOT_MET = "NOT SHOWN", "NOT MET"
NO_VERDICT = (NOT_FINISHED, NOT_SHOWN, NOT_MET)


class Verdict(StrEnum):
    """The verdict of one schedule."""

    FRESH = "fresh"
    STALE = "stale, alerted"
    UNMET = "not met"
    UNSHOWN = "not shown"
    WRONG = "WRONG"
    SILENT = "SILENT"
    STUCK = "STUCK"
    NEVER = "NEVER ENDED"
    IMPOLITE = "IMPOLITE"


BAD = (Verdict.WRONG, Verdict.SILENT, Verdict.STUCK, Verdict.NEVER, Verdict.IMPOLITE)  # worst first


@dataclass(frozen=True)
class Trial:
    """One schedule: how the run ended, and the data it left.

    `alerted`: what alerts somebody: "alert", "exit code" or "".
    `deltas`: where the state is neither as before nor as after a clean run; `stuck`: why a later
    run without faults does not reach the state of a clean one, or "". `after`: where this is the
    state while a file was missing, what a second run left when it had come. `only`: the columns
    that explain all that differs, where the file itself was whole.
    """

    schedule: Schedule
    verdict: Verdict
    seconds: float = 0.0
    requests: int = 0
    ended: str = ""
    alerts: tuple[str, ...] = ()
    alerted: str = ""
    impolite: tuple[str, ...] = ()
    deltas: tuple[Delta, ...] = ()
    stuck: str = ""
    stderr: str = ""
    after: str = ""
    only: tuple[str, ...] = ()

    @property
    def bad(self) -> bool:
        """Whether the command does not survive this."""
        return self.verdict in BAD


@dataclass
class Trials(Record):
    """All schedules of a command; `source`: what fails; `listens`: what counts as an alert.

    `clean_alerts`: lines that clean runs wrote as well, which alert nobody.
    """

    source: str
    listens: str
    clean_requests: int = 0
    clean_alerts: list[str] = field(default_factory=list)
    trials: list[Trial] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """SURVIVED, NOT FINISHED, NOT SHOWN, NOT MET, or the worst of the trials' verdicts."""
        if self.unfinished:
            return NOT_FINISHED
        if len(self.of(Verdict.UNMET)) == len(self.trials):
            return NOT_MET
        fine = NOT_SHOWN if self.of(Verdict.UNSHOWN) else SURVIVED
        return next((bad for bad in BAD if self.of(bad)), fine)

    @property
    def exit_code(self) -> int:
        """0 survived, 1 not, 2 not finished, not shown or not met."""
        if self.verdict in NO_VERDICT:
            return 2
        return 0 if self.verdict == SURVIVED else 1

    def of(self, *verdicts: Verdict) -> list[Trial]:
        """The trials with one of these verdicts."""
        return [one for one in self.trials if one.verdict in verdicts]


def as_json(found: Trials) -> dict[str, Any]:
    """The figures of the JSON report."""
    return {
        "command": found.command,
        "states": list(found.states),
        "source": found.source,
        "seed": found.seed,
        "seconds": round(found.seconds, 3),
        "clean_run": {
            "seconds": round(found.clean_seconds, 3),
            "requests": found.clean_requests,
            "alerts": found.clean_alerts,
        },
        "tables": [asdict(table) for table in found.tables],
        "left_out": found.left_out,
        "trials": [_json_trial(one) for one in found.trials],
    }


def _json_trial(one: Trial) -> dict[str, Any]:
    return {
        "schedule": one.schedule.number,
        "faults": as_data(one.schedule),
        "verdict": one.verdict,
        "bad": one.bad,
        "seconds": round(one.seconds, 3),
        "requests": one.requests,
        "ended": one.ended,
        "alerts": list(one.alerts),
        "alerted": one.alerted,
        "impolite": list(one.impolite),
        "tables": [asdict(delta) | {"kind": delta.kind} for delta in one.deltas],
        "stuck": one.stuck,
        "after": one.after,
        "only_columns": list(one.only),
        "stderr": one.stderr,
    }
