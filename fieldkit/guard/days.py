"""The days and times of runs: the kind of a day, the usual interval, what may come late or early.

Times are compared by themselves, ages and volumes are judged elsewhere.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from statistics import median, quantiles

from fieldkit.guard.policy import GuardPolicy, NamedDay
from fieldkit.guard.profiles import Profile

HOUR, DAY = 3600.0, 86400.0
AGAIN = 0.75  # of the shortest usual interval: who runs sooner than that tries again
DAILY = 0.5  # of a day: jobs with a longer interval have an hour at which they run
MOST_LATE = 7  # runs whose volume may come at once


@dataclass(frozen=True)
class Past:
    """A published run. `day`: the kind of its day (weekday, weekend, or a name); `again`: it came
    too soon after another one, or for an earlier time, to tell anything of the usual rhythm.
    """

    run: str
    at: str
    day: str
    tables: Mapping[str, Profile]
    fresh_start: tuple[str, ...] = ()  # "table: measure" for which older runs no longer count
    again: bool = False


@dataclass(frozen=True)
class Day:
    """The day of a run. `kind`: that of comparable days; `named`: its entry in the calendar;
    `late`: how many runs' volume may come at once, as the last ones were not published;
    `again`: it comes much sooner than usual after a published run, or for a time before it, so it
    may find nothing new; `since`: hours from that run to this one; `moved`: by run, the hours from
    its time of day to this one's, for jobs that have an hour at which they run.
    """

    kind: str
    named: NamedDay | None = None
    late: int = 1
    again: bool = False
    since: float = 0.0
    moved: Mapping[str, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The kind of day that the run is recorded as."""
        return self.named.name if self.named else self.kind

    @property
    def backfill(self) -> bool:
        """Whether the run counts for a time before the last published one."""
        return self.again and self.since < 0

    @classmethod
    def of(cls, policy: GuardPolicy, past: Sequence[Past], at: dt.datetime) -> Day:
        """The day whose data a run at this time brings."""
        day = policy.calendar.day(at)
        named = policy.calendar.named(day)
        usual = policy.calendar.usual(day)
        rhythm = _Rhythm.of(policy, past, at)
        # A yearly sale with enough runs of its own needs no `times` any more.
        if named and sum(one.day == named.name for one in past) >= policy.learn:
            usual, named = named.name, None
        return cls(usual, named, rhythm.late, rhythm.again, rhythm.since / HOUR, rhythm.moved)


@dataclass(frozen=True)
class _Rhythm:
    late: int = 1
    again: bool = False
    since: float = 0.0
    moved: Mapping[str, float] = field(default_factory=dict)

    @classmethod
    def of(cls, policy: GuardPolicy, past: Sequence[Past], at: dt.datetime) -> _Rhythm:
        """Compare a time with those of the last published runs that were neither retry nor
        backfill.

        Weekends on which there never is a run do not count. Where runs come within an hour of each
        other somebody is trying the tool: an hour counts as the interval, and none comes too soon.
        """
        regular = [one for one in past if not one.again]
        times = [dt.datetime.fromisoformat(one.at) for one in regular]
        if not times:
            return cls()
        since = (at - times[-1]).total_seconds()
        gaps = [(b - a).total_seconds() for a, b in pairwise(times[-15:])]
        if len(gaps) < 3:
            return cls(again=since < 0, since=since)
        usual, shortest = median(gaps), quantiles(gaps, n=4, method="inclusive")[0]
        passed = since
        if not any(one.day == "weekend" for one in regular):
            passed -= DAY * _weekend_days_between(policy, times[-1], at)
        again = since < 0 or (usual >= HOUR and passed < AGAIN * shortest)
        return cls(
            min(MOST_LATE, max(1, round(passed / max(usual, HOUR)))), again, since,
            _moved(regular, at) if usual >= DAILY * DAY else {},
        )  # fmt: skip


def _weekend_days_between(policy: GuardPolicy, last: dt.datetime, at: dt.datetime) -> int:
    first, end = policy.calendar.day(last), policy.calendar.day(at)
    between = (first + dt.timedelta(days=n) for n in range(1, min(31, (end - first).days)))
    return sum(policy.calendar.usual(day) == "weekend" for day in between)


def _moved(past: Sequence[Past], at: dt.datetime) -> dict[str, float]:
    """By run, the hours from its time of day to this one's, from -12 to 12."""
    hours = {one.run: (at - dt.datetime.fromisoformat(one.at)).total_seconds() / HOUR
             for one in past}  # fmt: skip
    return {run: (passed + 12) % 24 - 12 for run, passed in hours.items()}
