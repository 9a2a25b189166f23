"""Thresholds learned from past runs: a band around the median, for a given false-alarm rate."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist, fmean, median

MAD = 1.4826  # standard deviation of a normal distribution / median absolute deviation
WORTH = 0.37  # efficiency of the MAD as an estimate of the standard deviation
VOLUME, AMOUNT, SHARE, AGE, MIX = "volume", "amount", "share", "age", "mix"
FLOORS = {VOLUME: 0.05, AMOUNT: 0.02, SHARE: 0.01, AGE: 1.0, MIX: 0.07}


@dataclass(frozen=True)
class Band:
    """What passes, in the measure's own unit, ends included."""

    low: float
    high: float

    def holds(self, value: float) -> bool:
        """Whether a value passes."""
        return self.low <= value <= self.high

    def times(self, low: float, high: float) -> Band:
        """The band scaled by these factors."""
        # An open end stays open, whatever the factor: infinity times 0 is not a number.
        ends = ((self.low, low), (self.high, high))
        return Band(*(end if math.isinf(end) else end * by for end, by in ends))


def allowed_deviation(values: Sequence[float], chance: float, floor: float, noise: float) -> float:
    """How far from the median of these values the next one may be.

    Their spread (MAD times `noise`) is an estimate and is multiplied by Student's quantile;
    `floor`, the least spread, is given and is multiplied by a normal quantile. Twice the second
    farthest published value passes in any case, as not all measures are normal.
    """
    middle = median(values)
    far = sorted(abs(one - middle) for one in values)
    spread = MAD * median(far)
    known = NormalDist().inv_cdf(1 - chance / 2) if chance < 1 else 0.0
    return max(
        known * floor, allowed_spreads(chance, len(values)) * spread * noise, 2 * sum(far[-2:-1])
    )


def allowed_spreads(chance: float, runs: int) -> float:
    """The allowed distance in spreads, for a two-sided false-alarm chance.

    Student's quantile with 0.37 (runs - 1) + 0.5 degrees of freedom, as the spread is a MAD; wider
    by what the median of so few runs may itself be wrong. Normal values then keep the chance within
    a tenth from 7 runs on, by simulation.
    """
    freedom = WORTH * (runs - 1) + 0.5
    return student_quantile(1 - chance / 2, freedom) * math.sqrt(1 + math.pi / 2 / runs)


def band(kind: str, past: Sequence[float], chance: float, *, noise: float = 1.0) -> Band:
    """The band of a measure after its `past` values; `chance`: of a false alarm of this one.

    `noise`: how many times as noisy as in the past the value is (it is of fewer rows). Volumes are
    compared by their ratio (log), shares by their angle (arcsine of the root), ages in hours,
    amounts by asinh: their ratio where they are large, their difference around zero.
    """
    to, back = _scale(kind, past)
    seen = [to(one) for one in past]
    floor = FLOORS[kind]
    if kind == VOLUME:  # the noise of a Poisson count
        floor = max(floor, 1 / math.sqrt(1 + median(past)))
    middle, far = median(seen), allowed_deviation(seen, chance, floor, max(1.0, noise))
    return Band(back(middle - far), back(middle + far))


def share_band(past: Sequence[float], rows: float, chance: float, *, noise: float = 1.0) -> Band:
    """The band of a share of `rows` rows, never narrower than its sampling noise."""
    seen = [angle(one) for one in past]
    floor = max(FLOORS[SHARE], 0.5 / math.sqrt(max(1.0, rows)))
    middle, far = median(seen), allowed_deviation(seen, chance, floor, max(1.0, noise))
    # The median is 0 for what occurs on fewer than half of the days: use the mean, too.
    low, high = middle - far, max(middle, angle(fmean(past))) + far
    return Band(
        math.sin(low) ** 2 if low > 0 else 0.0, math.sin(high) ** 2 if high < math.pi / 2 else 1.0
    )


def copies_by_chance(new: int, old: int) -> float:
    """How many of so many new rows may be equal to one of the old ones, which are all different.

    Where rows are equal by chance, so many old ones would have been, too, unless there are few such
    chances: 4 a run if as many rows are new as there were. Four standard deviations above it passes
    in 1 of 500 draws or fewer, however much more popular some values are than others.
    """
    expected = 4 * new / max(1, old)
    return 1 + expected + 4 * math.sqrt(expected)


def _scale(
    kind: str, past: Sequence[float]
) -> tuple[Callable[[float], float], Callable[[float], float]]:
    if kind == VOLUME:
        return lambda x: math.log(x + 1), lambda y: _finite(math.exp, y) - 1
    if kind == AMOUNT:
        unit = median(abs(one) for one in past) or max(abs(one) for one in past) or 1.0
        return lambda x: math.asinh(x / unit), lambda y: _finite(math.sinh, y) * unit
    return float, float


def _finite(function: Callable[[float], float], value: float) -> float:
    """The function with its argument clipped, so that it does not overflow."""
    return function(max(-300.0, min(300.0, value)))


def angle(share: float) -> float:
    """The arcsine of the root: there the sampling noise of all shares is the same."""
    return math.asin(math.sqrt(min(1.0, max(0.0, share))))


Mix = Mapping[str, float]  # category -> share of rows


def usual_mix(past: Sequence[Mix]) -> dict[str, float]:
    """The median share of every category that was ever there."""
    names = {name for mix in past for name in mix}
    return {name: median(mix.get(name, 0.0) for mix in past) for name in sorted(names)}


def largest_shift(mix: Mix, usual: Mix) -> tuple[float, str]:
    """The largest shift of a category (as an angle), and its name."""
    names = {*mix, *usual}
    moved = ((abs(angle(mix.get(n, 0.0)) - angle(usual.get(n, 0.0))), n) for n in sorted(names))
    return max(moved, default=(0.0, ""))


def allowed_shift(past: Sequence[Mix], rows: float, chance: float, *, noise: float = 1.0) -> float:
    """The allowed shift of a mix of `rows` rows."""
    usual = usual_mix(past)
    seen = [largest_shift(mix, usual)[0] for mix in past]
    floor = max(FLOORS[MIX], 0.5 / math.sqrt(max(1.0, rows)))
    return median(seen) + allowed_deviation(seen, chance, floor, max(1.0, noise))


@lru_cache(maxsize=4096)
def student_quantile(probability: float, freedom: float) -> float:
    """Student's t quantile above one half, for degrees of freedom that need not be whole."""
    low, high = 0.0, 1.0
    while 1 - _tail(high, freedom) < probability and high < 1e12:
        high *= 2
    for _ in range(80):
        middle = (low + high) / 2
        low, high = (middle, high) if 1 - _tail(middle, freedom) < probability else (low, middle)
    return high


def _tail(t: float, freedom: float) -> float:
    """The chance of more than t."""
    return _beta(freedom / (freedom + t * t), freedom / 2, 0.5) / 2


def _beta(x: float, a: float, b: float) -> float:
    """The regularized incomplete beta function, by its continued fraction (Lentz)."""
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):
        return 1 - _beta(1 - x, b, a)
    front = math.exp(
        math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x)
        + b * math.log1p(-x)
    ) / a  # fmt: skip
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    fraction = d
    for m in range(1, 200):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / (1 + term * d)
            c = 1 + term / c
            fraction *= c * d
        if abs(c * d - 1) < 1e-12:
            break
    return front * fraction
