"""Judges a run's tables by the policy and by past runs on like days: what passes, what does not."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import pairwise
from statistics import median

from fieldkit.guard import thresholds as th
from fieldkit.guard.policy import GuardPolicy, NamedDay, TablePolicy
from fieldkit.guard.profiles import PARTS, Profile

AMOUNTS, SHARES = ("mean", "low", "middle", "high"), ("nulls", "negative", "zero", "text", "broken")
KIND = {
    "rows": th.VOLUME, "added": th.VOLUME, "copies": th.VOLUME, "kept": th.SHARE,
    "duplicates": th.SHARE, "age": th.AGE, "mix": th.MIX,
    **dict.fromkeys(AMOUNTS, th.AMOUNT), **dict.fromkeys(SHARES, th.SHARE),
}  # fmt: skip
WIDE = 0.5  # of all rows
TURNS = (math.ceil, math.floor)
HOUR = 3600.0
AGAIN = 0.5  # of the usual interval: who runs sooner than that tries again
CAUSE = {
    "rows": "volume", "added": "volume", "kept": "volume", "duplicates": "duplicates",
    "copies": "duplicates", "age": "freshness", "nulls": "nulls", "text": "types",
    "broken": "rules",
}  # fmt: skip


@dataclass(frozen=True)
class Past:
    """A published run. `day`: the kind of its day (weekday, weekend, or a name)."""

    run: str
    at: str
    day: str
    tables: Mapping[str, Profile]
    fresh_start: tuple[str, ...] = ()  # "table: cause" for which older runs no longer count


@dataclass(frozen=True)
class Check:
    """One check: passed, failed, or learning (only `runs` comparable runs are known).

    `cause`: the kind of fault; table and cause together identify an incident; `wide`: what is
    allowed is so much, as yet, that only gross faults are seen.
    """

    table: str
    measure: str
    cause: str
    status: str
    now: str
    allowed: str
    source: str = ""
    runs: int = 0
    wide: bool = False

    @property
    def incident(self) -> str:
        """The name of its incident."""
        return f"{self.table}: {self.cause}"


@dataclass(frozen=True)
class Day:
    """The day of a run. `kind`: that of comparable days; `named`: its entry in the calendar;
    `late`: how many runs' volume may come at once, as the last ones were not published;
    `again`: it comes much sooner than usual after a published run, so it may find nothing new.
    """

    kind: str
    named: NamedDay | None = None
    late: int = 1
    again: bool = False

    @property
    def name(self) -> str:
        """The kind of day that the run is recorded as."""
        return self.named.name if self.named else self.kind

    @classmethod
    def of(cls, policy: GuardPolicy, past: Sequence[Past], at: dt.datetime) -> Day:
        """The day whose data a run at this time brings."""
        day = policy.calendar.day(at)
        named = policy.calendar.named(day)
        usual, passed = policy.calendar.usual(day), _intervals(policy, past, at)
        late, again = min(7, max(1, round(passed))), 0 <= passed < AGAIN
        # A yearly sale with enough runs of its own needs no `times` any more.
        if named and sum(one.day == named.name for one in past) >= policy.learn:
            return cls(named.name, None, late, again)
        return cls(usual, named, late, again)


def _intervals(policy: GuardPolicy, past: Sequence[Past], at: dt.datetime) -> float:
    """How many usual intervals lie between the last published run and this one.

    Weekends on which there never is a run do not count. Where runs come within an hour of each
    other somebody is trying the tool: an hour counts as the interval, and none comes too soon.
    """
    times = [dt.datetime.fromisoformat(one.at) for one in past[-15:]]
    gaps = [(b - a).total_seconds() for a, b in pairwise(times)]
    if len(gaps) < 3:
        return 1.0
    since = (at - times[-1]).total_seconds()
    if not any(one.day == "weekend" for one in past):
        since -= 86400 * _weekend_days_between(policy, times[-1], at)
    usual = median(gaps)
    return since / usual if usual >= HOUR else max(1.0, since / HOUR)


def _weekend_days_between(policy: GuardPolicy, last: dt.datetime, at: dt.datetime) -> int:
    first, end = policy.calendar.day(last), policy.calendar.day(at)
    between = (first + dt.timedelta(days=n) for n in range(1, min(31, (end - first).days)))
    return sum(policy.calendar.usual(day) == "weekend" for day in between)


@dataclass
class Judge:
    """Judges one run; the false-alarm rate is divided by the number of learned checks."""

    policy: GuardPolicy
    past: Sequence[Past]
    day: Day
    chance: float = field(init=False)

    def judge(
        self, now: Mapping[str, Profile], before: Mapping[str, Mapping[str, str]]
    ) -> list[Check]:
        """Every check of every table; `before`: the columns (name -> type) before the run."""
        # First with any chance, only to count the checks: the number decides the chance of each.
        self.chance = 1.0
        learned = sum(
            bool(one.source) for name, found in now.items() for one in self._learned(name, found)
        )
        self.chance = self.policy.false_alarms / max(1, learned)
        checks: list[Check] = []
        for name in sorted({*now, *before}):
            if name in now:
                checks += self._table(name, now[name], before.get(name))
            else:
                checks.append(_failed(name, "table", "schema", "gone", "there"))
        return checks

    def _table(self, name: str, now: Profile, before: Mapping[str, str] | None) -> Iterator[Check]:
        policy = self._of(name)
        yield from _schema(name, now, before)
        # An empty table is never right where rows were expected, however few runs are known.
        if not now.values["rows"] and (before is not None or self._series(name, "rows")):
            yield _failed(name, "rows", "volume", "0", "rows")
        for measure, why in now.faults.items():
            yield _failed(name, measure, _cause(measure), why, "what can be measured")
        yield from self._fixed(name, now, policy)
        yield from self._learned(name, now)

    def _of(self, name: str) -> TablePolicy:
        return self.policy.tables.get(name, TablePolicy())

    # -- fixed limits

    def _fixed(self, name: str, now: Profile, policy: TablePolicy) -> Iterator[Check]:
        limits = {f"{rule.column}.broken": (None, 0.0) for rule in policy.rules}
        limits["copies"] = (None, 0.0)
        if policy.key:
            limits["duplicates"] = (None, 0.0)
        values = {**now.few, **now.values}
        for measure, (low, high) in {**limits, **policy.limits}.items():
            if measure not in values:
                continue
            kind = KIND[measure.rpartition(".")[2]]
            band = th.Band(-math.inf if low is None else low, math.inf if high is None else high)
            if kind == th.VOLUME:
                band = self._expected(measure, band)
            source = "always" if measure == "copies" else "policy"
            yield _check(name, measure, values[measure], band, source)

    def _expected(self, measure: str, band: th.Band) -> th.Band:
        """A band of volume on a named day, after runs that were not published, and in a retry."""
        low, high = self.day.named.times if self.day.named else (1.0, 1.0)
        if measure == "added" and self.day.again:
            low = 0.0
        return band.times(low, high * self.day.late)

    # -- learned thresholds

    def _series(self, name: str, measure: str, *, like: bool = True) -> list[tuple[float, int]]:
        """Values of a measure in past runs, each with the rows that it was taken of."""
        found = [
            (one.tables[name].values[measure], one.tables[name].batch)
            for one in self._runs(name, measure)
            if (not like or one.day == self.day.kind) and measure in one.tables[name].values
        ]
        return found[-self.policy.history :]

    def _runs(self, name: str, measure: str) -> list[Past]:
        mark = f"{name}: {_cause(measure)}"
        # From the last `accept --new-normal` for this cause on.
        begin = max((n for n, one in enumerate(self.past) if mark in one.fresh_start), default=0)
        return [one for one in self.past[begin:] if name in one.tables]

    def _learned(self, name: str, now: Profile) -> Iterator[Check]:
        ignore = self._of(name).ignore
        for measure, value in now.values.items():
            kind = measure.rpartition(".")[2]
            if kind in ("duplicates", "broken", "copies") or any(
                fnmatchcase(measure, one) for one in ignore
            ):
                continue
            yield from self._measure(name, now, measure, value)
        for column, mix in now.mixes.items():
            if not any(fnmatchcase(f"{column}.mix", one) for one in ignore):
                yield from self._mix(name, now, column, mix)

    def _measure(self, name: str, now: Profile, measure: str, value: float) -> Iterator[Check]:
        series = self._series(name, measure)
        if self._carries_no_signal(name, measure, series):
            return
        if measure == "age" and self.day.named and not self.day.named.times[0]:
            return  # a day on which nothing need come
        if len(series) < self.policy.learn:
            yield self._learning(name, measure, _shown(measure, value), len(series))
            return
        band = self._widened(name, measure, self._band(measure, series, now.batch))
        band = self._not_negative(name, measure, band)
        source = f"{len(series)} {self.day.kind} runs"
        yield _check(name, measure, value, band, source, len(series))

    def _not_negative(self, name: str, measure: str, band: th.Band) -> th.Band:
        """The band from 0 on, for amounts that never were negative in a past run."""
        column, _, which = measure.rpartition(".")
        if which not in AMOUNTS or band.low >= 0:
            return band
        negative = self._series(name, f"{column}.negative")
        return (
            band if not negative or any(share for share, _ in negative) else th.Band(0.0, band.high)
        )

    def _carries_no_signal(self, name: str, measure: str, series: list[tuple[float, int]]) -> bool:
        """True if the measure carries no signal: `added` when some comparable run added nothing,
        `kept` when some run has lost rows.
        """
        if measure == "added":
            return any(not value for value, _ in series)
        if measure == "kept":
            every = self._series(name, measure, like=False)
            return any(value < 1 for value, _ in every)
        return False

    def _band(self, measure: str, series: list[tuple[float, int]], batch: int) -> th.Band:
        kind, past = KIND[measure.rpartition(".")[2]], [value for value, _ in series]
        noise = _noise(series, batch)
        if kind == th.VOLUME:
            return self._expected(measure, th.band(kind, past, self.chance))
        if kind == th.SHARE:
            # Shares of a whole table (kept) have no sampling noise; those of new rows do.
            rows = batch if "." in measure else 1e9
            return th.share_band(past, rows, self.chance, noise=noise)
        band = th.band(kind, past, self.chance, noise=noise if kind == th.AMOUNT else 1.0)
        return _half_to_double(band) if kind == th.AMOUNT and self.day.named else band

    def _widened(self, name: str, measure: str, band: th.Band) -> th.Band:
        """Widen the band to the neighbouring 5 % quantiles.

        A value that is 0 in most rows jumps there, which the spread of past runs does not show.
        """
        column, _, which = measure.rpartition(".")
        if which not in PARTS:
            return band
        at = 2 * list(PARTS).index(which)
        seen = [
            one.tables[name].edges[column][at : at + 2]
            for one in self._runs(name, measure)
            if one.day == self.day.kind and column in one.tables[name].edges
        ][-self.policy.history :]
        low, high = (median(one[side] for one in seen) for side in (0, 1))
        return th.Band(min(band.low, low), max(band.high, high))

    def _mix(self, name: str, now: Profile, column: str, mix: th.Mix) -> Iterator[Check]:
        measure = f"{column}.mix"
        runs = [
            one.tables[name] for one in self._runs(name, measure)
            if one.day == self.day.kind and column in one.tables[name].mixes
        ][-self.policy.history :]  # fmt: skip
        if self.day.named:
            return  # a sale sells other things; what is left would be a guess
        if len(runs) < self.policy.learn:
            yield self._learning(name, measure, f"{len(mix)} kinds", len(runs))
            return
        past = [one.mixes[column] for one in runs]
        noise = _noise([(0.0, one.batch) for one in runs], now.batch)
        most = th.allowed_shift(past, now.batch, self.chance, noise=noise)
        usual = th.usual_mix(past)
        moved, which = th.largest_shift(mix, usual)
        low, high = th.angle(usual.get(which, 0.0)) - most, th.angle(usual.get(which, 0.0)) + most
        allowed = f"{_of_angle(low):.1%} to {_of_angle(high):.1%}"
        yield Check(
            name, measure, "distribution", "failed" if moved > most else "passed",
            f"{which}: {mix.get(which, 0.0):.1%}", allowed, f"{len(runs)} {self.day.kind} runs",
            len(runs), _of_angle(high) - _of_angle(low) > WIDE,
        )  # fmt: skip

    def _learning(self, name: str, measure: str, now: str, runs: int) -> Check:
        return Check(name, measure, _cause(measure), "learning", now, "", "", runs)


def _half_to_double(band: th.Band) -> th.Band:
    """The band of prices on a named day: each end halved or doubled, outwards."""
    low, high = band.low, band.high
    return th.Band(low / 2 if low > 0 else low * 2, high * 2 if high > 0 else high / 2)


def _of_angle(angle: float) -> float:
    return float(math.sin(min(math.pi / 2, max(0.0, angle))) ** 2)


def _noise(series: list[tuple[float, int]], batch: int) -> float:
    """How much noisier a mean of these rows is than usual: the root of the ratio of rows."""
    usual = median(rows for _, rows in series)
    return float((usual / batch) ** 0.5) if batch else 1.0


def _schema(name: str, now: Profile, before: Mapping[str, str] | None) -> Iterator[Check]:
    new = sorted(now.columns.keys() - (before or {}).keys())
    for column, kind in (before or {}).items():
        if column not in now.columns:
            came = f"gone ({', '.join(new)} came)" if new else "gone"
            yield _failed(name, column, "schema", came, kind)
        elif now.columns[column] != kind:
            yield _failed(name, column, "schema", now.columns[column], kind)
    columns = f"{len(now.columns)} columns" + f", new: {', '.join(new)}" * bool(new and before)
    yield Check(name, "columns", "schema", "passed", columns, "all that were there")


def _cause(measure: str) -> str:
    return CAUSE.get(measure.rpartition(".")[2], "distribution")


def _failed(name: str, measure: str, cause: str, now: str, allowed: str) -> Check:
    return Check(name, measure, cause, "failed", now, allowed, "always")


def _check(
    name: str, measure: str, value: float, band: th.Band, source: str, runs: int = 0
) -> Check:
    status = "passed" if band.holds(value) else "failed"
    ends = [band.low, band.high]
    if KIND[measure.rpartition(".")[2]] == th.VOLUME:  # 110 is not from 110.4 on
        ends = [
            one if math.isinf(one) else turn(one) for one, turn in zip(ends, TURNS, strict=True)
        ]
    low, high = ("" if math.isinf(one) else _shown(measure, one) for one in ends)
    allowed = (
        f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"
    )
    now = _shown(measure, value)
    if status == "failed" and now in (low, high):
        now = f"{value:.9g}"
        allowed = f"{band.low:.9g} to {band.high:.9g}"
    wide = bool(runs) and _is_wide(KIND[measure.rpartition(".")[2]], band)
    return Check(name, measure, _cause(measure), status, now, allowed, source, runs, wide)


def _is_wide(kind: str, band: th.Band) -> bool:
    """Whether a learned band tells little: most of all shares, or from nothing to the tenfold."""
    if kind == th.SHARE:
        return band.high - band.low > WIDE
    return kind in (th.VOLUME, th.AMOUNT) and band.low >= 0 and band.high > 10 * band.low


def _shown(measure: str, value: float) -> str:
    kind = KIND[measure.rpartition(".")[2]]
    if kind == th.VOLUME:
        return f"{max(0.0, value):,.0f}"
    if kind == th.SHARE:
        return f"{value:.1%}"
    if kind == th.AGE:
        return f"{value:,.1f} h"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
