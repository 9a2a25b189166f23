"""One check of a guarded run: its status, and its figures in words."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from fieldkit.guard import thresholds as th
from fieldkit.guard.policy import TablePolicy
from fieldkit.guard.profiles import Profile

AMOUNTS, SHARES = ("mean", "low", "middle", "high"), ("nulls", "negative", "zero", "text", "broken")
KIND = {
    "rows": th.VOLUME, "added": th.VOLUME, "copies": th.VOLUME, "kept": th.SHARE,
    "duplicates": th.SHARE, "age": th.AGE, "mix": th.MIX,
    **dict.fromkeys(AMOUNTS, th.AMOUNT), **dict.fromkeys(SHARES, th.SHARE),
}  # fmt: skip
WIDE = 0.5  # of all rows
EVERYTHING = 20  # times as much as ever was, and nothing as well: such a band tells nothing
MEASURABLE = "what can be measured"  # what is allowed where a measure could not be taken
TURNS = (math.ceil, math.floor)
CAUSE = {
    "rows": "volume", "added": "volume", "kept": "volume", "duplicates": "duplicates",
    "copies": "duplicates", "age": "freshness", "nulls": "nulls", "text": "types",
    "broken": "rules",
}  # fmt: skip


@dataclass(frozen=True)
class Check:
    """One check: passed, failed, learning (only `runs` comparable runs are known), or open (what
    is allowed is everything, as yet).

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


def cause_of(measure: str) -> str:
    """The kind of fault that a measure tells of."""
    return CAUSE.get(measure.rpartition(".")[2], "distribution")


def renewed(one: Check) -> set[str]:
    """The measures, each with its table, that are learned anew where a check's fault is normal.

    Amounts of one column move together; those of other columns stay as they are known.
    """
    column, _, which = one.measure.rpartition(".")
    named = [f"{column}.{other}" for other in AMOUNTS] if which in AMOUNTS else [one.measure]
    return {f"{one.table}: {measure}" for measure in named}


def failed(name: str, measure: str, cause: str, now: str, allowed: str) -> Check:
    """A check that failed, whatever past runs were like."""
    return Check(name, measure, cause, "failed", now, allowed, "always")


def compared(
    name: str, measure: str, profile: Profile, value: float, band: th.Band, source: str,
    runs: int = 0, policy: TablePolicy | None = None,
) -> Check:  # fmt: skip
    """The check of a value by a band; `source`: where the band is from, `runs`: if it is learned.

    `policy`: of the table, whose rules are named where rows break one.
    """
    status = "passed" if band.holds(value) else "failed"
    ends = [band.low, band.high]
    if KIND[measure.rpartition(".")[2]] == th.VOLUME:  # 110 is not from 110.4 on
        ends = [
            one if math.isinf(one) else turn(one) for one, turn in zip(ends, TURNS, strict=True)
        ]
    low, high = ("" if math.isinf(one) else shown(measure, one) for one in ends)
    now, allowed = shown(measure, value), _allowed(measure, ends, shown)
    if status == "failed" and now in (low, high):  # in few digits it looks like what is allowed
        now, allowed = _exact(measure, value), _allowed(measure, [band.low, band.high], _exact)
    if status == "failed":
        now += _in_rows(measure, value, profile, policy)
    wide = bool(runs) and _is_wide(KIND[measure.rpartition(".")[2]], band)
    return Check(name, measure, cause_of(measure), status, now, allowed, source, runs, wide)


def _allowed(measure: str, ends: Sequence[float], told: Callable[[str, float], str]) -> str:
    low, high = ("" if math.isinf(one) else told(measure, one) for one in ends)
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"


def _exact(measure: str, value: float) -> str:
    share = KIND[measure.rpartition(".")[2]] == th.SHARE
    return f"{100 * value:.6g}%" if share else f"{value:.9g}"


def _in_rows(measure: str, share: float, now: Profile, policy: TablePolicy | None) -> str:
    """The rows that a share is of, in words; "" for what is not a share of rows."""
    column, _, which = measure.rpartition(".")
    if which == "kept":
        what = "keys" if now.kept_by == "key" else "rows"
        return f" ({round((1 - share) * now.was):,} of {now.was:,} {what} of before are gone)"
    if which == "duplicates":
        rows = int(now.values["rows"])
        return f" ({round(share * rows):,} of {rows:,} rows)"
    if which not in SHARES:
        return ""
    of = float(now.batch)
    if which in ("text", "negative", "zero"):
        of *= 1 - now.values.get(f"{column}.nulls", 0.0)
    if which in ("negative", "zero"):
        of *= 1 - now.values.get(f"{column}.text", 0.0)
    rules = [one.text for one in (policy.rules if policy else ()) if one.column == column]
    broken = f": not {' and '.join(rules)}" if which == "broken" and rules else ""
    broken = ": NULL" if broken == ": not not null" else broken
    return f" ({round(share * of):,} of {round(of):,} new rows{broken})"


def open_if_all_is_allowed(found: Check, kind: str, band: th.Band, past: Sequence[float]) -> Check:
    """The check, open where its band lets everything through: it has judged nothing."""
    most = max(map(abs, past), default=0.0)
    nothing = 1.0 if kind == th.VOLUME else 0.0
    if kind == th.SHARE:
        everything = band.low <= 0 and band.high >= 1
    else:
        far = kind in (th.VOLUME, th.AMOUNT) and band.high > EVERYTHING * most > 0
        everything = far and band.low <= nothing
    return replace(found, status="open", wide=False) if everything else found


def _is_wide(kind: str, band: th.Band) -> bool:
    """Whether a learned band tells little: most of all shares, or from nothing to the tenfold."""
    if kind == th.SHARE:
        return band.high - band.low > WIDE
    return kind in (th.VOLUME, th.AMOUNT) and band.low >= 0 and band.high > 10 * band.low


def shown(measure: str, value: float) -> str:
    """A value for a person, in its measure's form."""
    kind = KIND[measure.rpartition(".")[2]]
    if kind == th.VOLUME:
        return f"{max(0.0, value):,.0f}"
    if kind == th.SHARE:
        return f"{value:.1%}"
    if kind == th.AGE:
        return f"{value:,.1f} h"
    return f"{value:,.4g}" if abs(value) < 1e4 else f"{value:,.0f}"
