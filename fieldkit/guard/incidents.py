"""Checks of an open incident: a run that cannot judge them does not publish over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from fieldkit.guard.checks import Check, cause_of
from fieldkit.guard.days import Day
from fieldkit.guard.policy import GuardPolicy
from fieldkit.guard.profiles import Profile

INCIDENT = "the open incident"  # the source of what is held back because nothing could judge it
Opened = Sequence[Sequence[str]]  # [table, measure] of learned thresholds: a limit holds every day


@dataclass(frozen=True)
class OpenIncident:
    """The checks that hold back runs since `since`, and what a run has found of them."""

    opened: Opened
    since: str
    policy: GuardPolicy
    day: Day

    def judged(self, checks: Sequence[Check], tables: Mapping[str, Profile]) -> list[Check]:
        """These checks, failed where they have opened the incident and could not be judged now."""
        found, more = list(checks), list[Check]()
        for table, measure in self.opened:
            if table not in tables or self._given_up(table, measure):
                continue  # nobody wants to know any more
            own = [n for n, one in enumerate(found) if (one.table, one.measure) == (table, measure)]
            learned = [n for n in own if found[n].runs or found[n].status == "learning"]
            unsure = [n for n in learned if found[n].status in ("learning", "open")]
            if unsure:
                found[unsure[0]] = self._failed(found[unsure[0]])
            elif not learned:
                # No row, or too few of them, or a day on which it is not judged.
                nothing = Check(table, measure, cause_of(measure), "learning", "", "")
                more.append(self._failed(nothing))
        return found + more

    def _given_up(self, table: str, measure: str) -> bool:
        """Whether the policy no longer asks for a check."""
        own = self.policy.tables.get(table)
        if own is None:
            return bool(self.policy.tables)
        # A rule judges it from now on, on every run.
        ruled = measure in own.never_null
        return ruled or any(fnmatchcase(measure, one) for one in own.ignore)

    def _failed(self, one: Check) -> Check:
        why = "nothing to judge it by in this run"
        if one.now and one.status == "learning":
            why = f"{one.now}, after {one.runs} of {self.policy.learn} {self.day.kind} runs"
        elif one.now:
            why = f"{one.now}, where everything is allowed as yet"
        return replace(
            one, status="failed", now=f"not judged ({why})", source=INCIDENT,
            allowed=f"what is judged as right, as it is wrong since {self.since[:16]}",
        )  # fmt: skip


def opened_by(failed: Sequence[Check]) -> list[list[str]]:
    """The checks among these that keep an incident open until a run can judge them."""
    return [[one.table, one.measure] for one in failed if one.runs or one.source == INCIDENT]
