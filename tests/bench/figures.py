"""Figures of interleaved rounds: orders, spreads, ratios, and what a ratio says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import TypeVar

T = TypeVar("T")
EVEN = 0.05  # a median ratio that is nearer to 1 than this is no difference
ENOUGH = 3  # rounds; fewer say nothing


@dataclass(frozen=True)
class Spread:
    """The median of one figure over the rounds, its least and its most, and how many there were."""

    median: float
    low: float
    high: float
    count: int


@dataclass(frozen=True)
class Ratio:
    """One contender's figure by another's: of their medians, and round by round."""

    of_medians: float
    by_round: Spread


def rotated(items: Sequence[T], number: int) -> list[T]:
    """The order of a round: in each one another item comes first."""
    start = number % len(items) if items else 0
    return [*items[start:], *items[:start]]


def spread(values: Sequence[float]) -> Spread:
    """The spread of at least one value."""
    return Spread(median(values), min(values), max(values), len(values))


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> Ratio:
    """How many times theirs ours is; the values of one round stand at the same place."""
    rounds = [one / other for one, other in zip(ours, theirs, strict=True)]
    return Ratio(median(ours) / median(theirs), spread(rounds))


def marginal(one: float, many: float, count: int) -> float:
    """What one more costs, from the cost of one and that of `count`."""
    return (many - one) / (count - 1)


def verdict(found: Ratio) -> str:
    """For a cost: won or lost where all rounds agree and the median differs, else even.

    "open" where there were too few rounds to say.
    """
    rounds = found.by_round
    if rounds.count < ENOUGH:
        return "open"
    if rounds.high < 1 and rounds.median <= 1 - EVEN:
        return "won"
    if rounds.low > 1 and rounds.median >= 1 + EVEN:
        return "lost"
    return "even"
