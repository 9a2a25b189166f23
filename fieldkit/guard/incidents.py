"""Checks of an open incident: a run that cannot judge them does not publish over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase

from fieldkit.guard.checks import Check, cause_of
from fieldkit.guard.days import Day
from fieldkit.guard.policy import GuardPolicy
from fieldkit.guard.profiles import Profile

LEARNED, FIXED = "learned", "fixed"  # a threshold; what needs no history
INCIDENT = "the open incident"  # the source of what is held back because nothing could judge it
Opened = Sequence[Sequence[str]]  # [table, measure, LEARNED or FIXED]


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
        for table, measure, how in self.opened:
            if table not in tables or self._given_up(table, measure, how):
                continue  # nobody wants to know any more
            own = [n for n, one in enumerate(found) if (one.table, one.measure) == (table, measure)]
            learned = [n for n in own if found[n].runs or found[n].status == "learning"]
            unsure = [n for n in learned if found[n].status in ("learning", "open")]
            if how == LEARNED and unsure:
                found[unsure[0]] = self._failed(found[unsure[0]])
            elif how == LEARNED and not learned:
                # No row, or too few of them, or a day on which it is not judged.
                more.append(self._failed(self._nothing(table, measure)))
            elif how == FIXED and "." in measure and not own:
                more.append(self._failed(self._nothing(table, measure)))
        return found + more

    def _given_up(self, table: str, measure: str, how: str) -> bool:
        """Whether the policy no longer asks for a check."""
        own = self.policy.tables.get(table)
        if self.policy.tables and own is None:
            return True
        if how == FIXED:
            rules = {f"{one.column}.broken" for one in own.rules} if own else set()
            return not own or measure not in {*own.limits, *rules}
        return own is not None and any(fnmatchcase(measure, one) for one in own.ignore)

    def _nothing(self, table: str, measure: str) -> Check:
        return Check(table, measure, cause_of(measure), "learning", "", "")

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


def opened_by(failed: Sequence[Check], before: Opened) -> list[list[str]]:
    """The checks that keep an incident open; `before`: those of earlier runs."""
    how = {(table, measure): kind for table, measure, kind in before}
    return [
        [
            one.table, one.measure,
            how.get((one.table, one.measure), FIXED) if one.source == INCIDENT
            else LEARNED if one.runs else FIXED,
        ]
        for one in failed
    ]  # fmt: skip
