"""A guarded run as data, and what is derived from it: as_of, alerts, next steps."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldkit.guard.checks import MEASURABLE, Check
from fieldkit.guard.days import Day, Past
from fieldkit.guard.history import as_json
from fieldkit.guard.profiles import Profile

PUBLISHED, HELD = "PUBLISHED", "HELD BACK"


@dataclass
class GuardedRun:
    """One run and its result. `state`: the state's name; `place`: its path; `latest`: the latest
    time that a published run counted for.

    `causes`: reasons to hold it back beside failed checks; `notes`: lines that explain the report;
    `alerted`: whether somebody is alerted, `untold`: why not; `channels`: the
    kinds of places that alerts go to; `held`: where it is kept.
    """

    command: str
    state: str
    place: Path
    run: str
    at: dt.datetime
    day: Day
    latest: dt.datetime | None = None
    verdict: str = HELD
    checks: list[Check] = field(default_factory=list)
    causes: list[Check] = field(default_factory=list)
    tables: dict[str, Profile] = field(default_factory=dict)
    as_of: dict[str, Any] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    held: Path | None = None
    quarantined: dict[str, int] = field(default_factory=dict)
    alerted: bool = False
    untold: str = ""
    channels: tuple[str, ...] = ()
    ended_incident: str = ""
    seconds: float = 0.0
    command_seconds: float = 0.0

    @property
    def failed(self) -> list[Check]:
        """All reasons against publishing it."""
        return self.causes + [one for one in self.checks if one.status == "failed"]

    @property
    def exit_code(self) -> int:
        """0: published; 1: held back."""
        return int(self.verdict != PUBLISHED)


def as_of(found: GuardedRun) -> dict[str, Any]:
    """The content of as_of.json beside a published state."""
    ages = {name: one.values["age"] for name, one in found.tables.items() if "age" in one.values}
    until = {name: (found.at - dt.timedelta(hours=age)).isoformat() for name, age in ages.items()}
    # A backfill leaves the state as late as it was.
    latest = max(found.at, found.latest or found.at)
    return {
        "as_of": latest.isoformat(), "run": found.run, "decision": "published",
        "checked_at": found.at.isoformat(), "stale_since": None, "data_until": until,
    }  # fmt: skip


def records_after_swap(found: GuardedRun, past: Past) -> dict[str, Any]:
    """The records that `publish` writes once the state is swapped."""
    alert = {
        "event": "recovered", "run": found.run, "at": found.at.isoformat(), "state": found.state,
        "summary": f"{found.state} is fresh again, as of {found.at:%Y-%m-%d %H:%M %Z}.",
        "what": [], "stale": [], "next": ["nothing"],
    }  # fmt: skip
    return {"as_of": as_of(found), "past": as_json(past), "alert": alert}


def held_alert(found: GuardedRun, why: Sequence[str]) -> dict[str, Any]:
    """The alert about a run that was held back."""
    more = f" (and {len(why) - 1} more)" if len(why) > 1 else ""
    since = found.as_of["as_of"]
    return {
        "event": "held back", "run": found.run, "at": found.at.isoformat(), "state": found.state,
        "summary": f"{found.state} was not published: {why[0]}{more}",
        "what": list(why),
        "stale": [f"{found.state} stays as of {since}"],
        "next": next_steps(found), "held": str(found.held),
    }  # fmt: skip


def next_steps(found: GuardedRun) -> list[str]:
    """What to do about a run that was held back."""
    if found.causes:
        logs = shlex.quote(f"{found.held}/logs/err")
        return [f"look at {logs}", "fix the command and run it again"]
    place = shlex.quote(str(found.place))
    return [
        f"look at what was held back: {shlex.quote(str(found.held))}",
        "if the source is wrong: have it fixed, and run again",
        f"if the data is right: fieldkit guard accept --state {place} (--new-normal if it stays "
        "so)",
    ]


PERCENTILES = {"low": "10th", "middle": "50th", "high": "90th"}


def readable(measure: str) -> str:
    """A measure in words: `amount.low` is the amount around its 10th percentile."""
    column, _, which = measure.rpartition(".")
    if measure == "copies":
        return "copies (rows of before that are there once more)"
    if column and which in PERCENTILES:
        return f"{measure} ({column} around the {PERCENTILES[which]} percentile)"
    return measure


def short(one: Check) -> str:
    """What a failed check found, in words."""
    if one.measure in ("command", "state"):
        return one.now
    if one.allowed == MEASURABLE:
        return f"{one.measure} cannot be judged: {one.now}"
    return f"{one.measure} is {one.now}"


def sentence(one: Check) -> str:
    """A failed check in words."""
    if one.measure in ("command", "state") or one.allowed == MEASURABLE:
        return f"{one.table}: {short(one)}"
    return (
        f"{one.table}: {readable(one.measure)} is {one.now}; allowed: {one.allowed} ({one.source})"
    )
