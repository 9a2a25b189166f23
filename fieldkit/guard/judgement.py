"""Judges a run's tables by the policy and by past runs on like days: what passes, what does not."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from statistics import median

from fieldkit.guard import thresholds as th
from fieldkit.guard.checks import (
    AMOUNTS,
    KIND,
    MEASURABLE,
    WIDE,
    Check,
    cause_of,
    compared,
    failed,
    open_if_all_is_allowed,
    shown,
)
from fieldkit.guard.days import Day, Past
from fieldkit.guard.policy import GuardPolicy, TablePolicy
from fieldkit.guard.profiles import MOST_KINDS, PARTS, Profile

HALF_MORE = 1.5  # of the largest loss of old rows that was ever published is allowed


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
                checks.append(failed(name, "table", "schema", "gone", "there"))
        return checks

    def _table(self, name: str, now: Profile, before: Mapping[str, str] | None) -> Iterator[Check]:
        policy = self._of(name)
        yield from _schema(name, now, before)
        if self._emptied(name, now):
            why = "some, as before; limits: {rows: [0, null]} lets it be empty"
            yield failed(name, "rows", "volume", "0", why)
        for measure, why in now.faults.items():
            yield failed(name, measure, cause_of(measure), why, MEASURABLE)
        yield from self._fixed(name, now, policy)
        yield from self._learned(name, now)

    def _emptied(self, name: str, now: Profile) -> bool:
        """Whether an empty table had rows: just before, or after every run that is known.

        However few runs are known. A table that a published run has left empty may be empty, and
        one of which the policy says so.
        """
        if now.values["rows"] or self._of(name).limits.get("rows", (None, None))[0] == 0:
            return False
        known = [rows for rows, _ in self._series(name, "rows", like=False)]
        return bool(now.was or known) and all(known)

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
            if measure == "age" and self.day.backfill:
                band = th.Band(-math.inf, band.high)  # data of later days is there, of course
            source = "always" if measure == "copies" else "policy"
            yield compared(name, measure, now, values[measure], band, source, policy=policy)

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
        # From the last `accept --new-normal` for this measure on; it was by cause once.
        marks = {f"{name}: {measure}", f"{name}: {cause_of(measure)}"}
        begin = max((n for n, one in enumerate(self.past) if marks & {*one.fresh_start}), default=0)
        return [one for one in self.past[begin:] if name in one.tables]

    def _learned(self, name: str, now: Profile) -> Iterator[Check]:
        ignore, ruled = self._of(name).ignore, self._of(name).never_null
        for measure, value in now.values.items():
            kind = measure.rpartition(".")[2]
            if (
                kind in ("duplicates", "broken", "copies")
                or measure in ruled
                or any(fnmatchcase(measure, one) for one in ignore)
            ):
                continue
            yield from self._measure(name, now, measure, value)
        for column, mix in now.mixes.items():
            if not any(fnmatchcase(f"{column}.mix", one) for one in ignore):
                yield from self._mix(name, now, column, mix)
        for column in now.many:
            if not any(fnmatchcase(f"{column}.mix", one) for one in ignore):
                yield from self._no_longer_categories(name, now, column)

    def _measure(self, name: str, now: Profile, measure: str, value: float) -> Iterator[Check]:
        series = self._series(name, measure)
        if measure == "kept":
            yield from self._kept(name, now) if now.was else ()
            return
        if measure == "added" and any(not one for one, _ in series):
            return  # some comparable run added nothing, so that tells nothing
        if measure == "age" and self.day.named and not self.day.named.times[0]:
            return  # a day on which nothing need come
        if len(series) < self.policy.learn:
            yield self._learning(name, measure, shown(measure, value), len(series))
            return
        band = self._widened(name, measure, self._band(measure, series, now.batch))
        band = self._not_negative(name, measure, band)
        if measure == "age":
            band = self._at_this_hour(name, band, value)
        source, past = f"{len(series)} {self.day.kind} runs", [one for one, _ in series]
        found = compared(name, measure, now, value, band, source, len(series))
        yield open_if_all_is_allowed(found, KIND[measure.rpartition(".")[2]], band, past)

    def _at_this_hour(self, name: str, band: th.Band, age: float) -> th.Band:
        """The band of the age, as the hour of a run decides it.

        A job whose hour was moved may find the same data so much older, by its time of day. A run
        that comes soon after a published one may find what that one left, older by the time since;
        one that counts for an earlier time finds data that is newer than that.
        """
        since = self.day.since if self.day.again else 0.0
        bands = [band]
        if self.day.moved:
            past = [
                one.tables[name].values["age"] + self.day.moved.get(one.run, 0.0)
                for one in self._runs(name, "age")
                if one.day == self.day.kind and "age" in one.tables[name].values
            ][-self.policy.history :]
            bands.append(th.band(th.AGE, past, self.chance))
        bands = [th.Band(one.low + min(0.0, since), one.high + max(0.0, since)) for one in bands]
        return next((one for one in bands if one.holds(age)), bands[0])

    def _kept(self, name: str, now: Profile) -> Iterator[Check]:
        """How many of the rows of before there still are, after all runs that counted alike.

        Where runs lose some (a table with a retention time), the next may lose half as many more
        than the one that lost most.
        """
        past = [
            one.tables[name].values["kept"] for one in self._runs(name, "kept")
            if one.tables[name].was and one.tables[name].kept_by == now.kept_by
        ][-self.policy.history :]  # fmt: skip
        value = now.values["kept"]
        if len(past) < self.policy.learn:
            yield self._learning(name, "kept", shown("kept", value), len(past))
            return
        low = th.share_band(past, 1e9, self.chance).low
        band = th.Band(max(0.0, min(low, 1 - HALF_MORE * (1 - min(past)))), 1.0)
        found = compared(name, "kept", now, value, band, f"{len(past)} runs", len(past))
        yield open_if_all_is_allowed(found, th.SHARE, band, past)

    def _not_negative(self, name: str, measure: str, band: th.Band) -> th.Band:
        """The band from 0 on, for amounts that never were negative in a past run."""
        column, _, which = measure.rpartition(".")
        if which not in AMOUNTS or band.low >= 0:
            return band
        negative = self._series(name, f"{column}.negative")
        return (
            band if not negative or any(share for share, _ in negative) else th.Band(0.0, band.high)
        )

    def _band(self, measure: str, series: list[tuple[float, int]], batch: int) -> th.Band:
        kind, past = KIND[measure.rpartition(".")[2]], [value for value, _ in series]
        noise = _noise(series, batch)
        if kind == th.VOLUME:
            return self._expected(measure, th.band(kind, past, self.chance))
        if kind == th.SHARE:
            return th.share_band(past, batch, self.chance, noise=noise)
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
        band = th.Band(_of_angle(low), _of_angle(high))
        found = Check(
            name, measure, "distribution", "failed" if moved > most else "passed",
            f"{which}: {mix.get(which, 0.0):.1%}", f"{band.low:.1%} to {band.high:.1%}",
            f"{len(runs)} {self.day.kind} runs", len(runs), band.high - band.low > WIDE,
        )  # fmt: skip
        yield open_if_all_is_allowed(found, th.SHARE, band, ())

    def _no_longer_categories(self, name: str, now: Profile, column: str) -> Iterator[Check]:
        """Failed where a column of few categories in every like run now holds many texts.

        Half of MOST_KINDS leaves a column alone that has about as many as are told apart. So many
        times more rows, as after days without a run, may bring so many times more of them.
        """
        measure = f"{column}.mix"
        like = [one.tables[name] for one in self._runs(name, measure) if one.day == self.day.kind]
        runs = [one for one in like if column in one.mixes][-self.policy.history :]
        if self.day.named or any(column in one.many for one in like) or not runs:
            return
        more = max(1.0, now.batch / median(one.batch for one in runs))
        most = more * max(len(one.mixes[column]) for one in runs)
        if len(runs) >= self.policy.learn and 2 * most <= MOST_KINDS:
            yield Check(
                name, measure, "distribution", "failed", f"more than {MOST_KINDS} kinds",
                f"at most {MOST_KINDS}", f"{len(runs)} {self.day.kind} runs", len(runs),
            )  # fmt: skip

    def _learning(self, name: str, measure: str, now: str, runs: int) -> Check:
        return Check(name, measure, cause_of(measure), "learning", now, "", "", runs)


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
            yield failed(name, column, "schema", came, kind)
        elif now.columns[column] != kind:
            yield failed(name, column, "schema", now.columns[column], kind)
    columns = f"{len(now.columns)} columns" + f", new: {', '.join(new)}" * bool(new and before)
    yield Check(name, "columns", "schema", "passed", columns, "all that were there")
