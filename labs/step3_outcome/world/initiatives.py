"""Initiatives that ask for the same engineers: fourteen drawn ones, and what a plan is worth."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Initiative = Mapping[str, Any]
COUNT = 14
SHARE = 0.35  # of all days asked for that a quarter has
_HONEST, _UPSIDE, _DOWNSIDE = 0.30, 0.35, 0.35
_WITH_NEED = 0.20
NAMES = (
    *("returns-portal", "fraud-score", "store-forecast", "price-watch", "gift-cards", "route-plan"),
    *("stock-feed", "churn-calls", "invoice-match", "size-advice", "dock-slots", "ad-budget"),
    *("shift-plan", "photo-check", "late-parcels", "club-offers", "tax-export", "call-notes"),
)
_TEAMS = ("Growth", "Finance", "Logistics", "Support", "Platform", "Stores")


def drawn(seed: int, count: int = COUNT) -> list[dict[str, Any]]:
    """At most eighteen initiatives; money in cents a year, effort in whole days.

    Half of what is asked for is told by one number badly: an upside that its likely value hides,
    or a loss that only its p10 shows. How loud somebody asks says nothing of what it is worth.
    """
    rng = np.random.default_rng([seed, 31])
    made = []
    for name in rng.permutation(NAMES)[:count].tolist():
        days = round(float(np.exp(rng.uniform(np.log(3), np.log(40)))))
        p10, p50, p90 = _estimates(rng, days)
        made.append(
            {
                "id": name,
                "title": name.replace("-", " ").capitalize(),
                "asked_by": _TEAMS[int(rng.integers(len(_TEAMS)))],
                "p10_cents": _cents(p10),
                "p50_cents": _cents(p50),
                "p90_cents": _cents(p90),
                "run_cost_cents": _cents(float(rng.uniform(0, 0.15)) * p50),
                "effort_days": days,
                "needs": [],
                "votes": int(rng.integers(1, 100)),
                "spent_days": int(rng.integers(0, 40)) if rng.random() < 0.4 else 0,
            }
        )
    return _with_needs(rng, made)


def _estimates(rng: np.random.Generator, days: int) -> tuple[float, float, float]:
    """p10, p50 and p90 in dollars a year, of one of three shapes."""
    likely = 6_000 * float(rng.lognormal(0, 0.25)) * days**0.35
    shape, wide = float(rng.random()), float(rng.uniform(0, 1))
    if shape < _HONEST:
        return likely * 0.75, likely, likely * 1.25
    if shape < _HONEST + _UPSIDE:
        likely *= 0.7
        return likely * (0.3 - 0.6 * wide), likely, likely * (3 + 2 * wide)
    likely *= 1.6
    return -likely * (2.5 + 2.5 * wide), likely, likely * 1.15


def _cents(dollars: float) -> int:
    """Whole hundreds of dollars, as estimates are told."""
    return round(dollars / 100) * 10_000


def _with_needs(rng: np.random.Generator, made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Some need one that stands anywhere in the list; what is needed needs nothing."""
    needed: set[str] = set()
    for one in made:
        if rng.random() < _WITH_NEED and one["id"] not in needed:
            free = [o["id"] for o in made if not o["needs"] and o is not one]
            one["needs"] = [free[int(rng.integers(len(free)))]]
            needed |= set(one["needs"])
    return made


def capacity_for(initiatives: Sequence[Initiative]) -> int:
    """The days of a quarter in which about a third of them fit."""
    return int(SHARE * sum(one["effort_days"] for one in initiatives))


def worth(one: Initiative) -> int:
    """Expected value of a year, net of what running it costs: tenths of a cent, so exact."""
    mean = 3 * one["p10_cents"] + 4 * one["p50_cents"] + 3 * one["p90_cents"]
    return int(mean - 10 * one["run_cost_cents"])


def worth_of(initiatives: Sequence[Initiative], ids: Collection[str]) -> int:
    """What a plan is worth, in tenths of a cent."""
    return sum(worth(one) for one in initiatives if one["id"] in ids)


def days_of(initiatives: Sequence[Initiative], ids: Collection[str]) -> int:
    """The days that a plan takes."""
    return sum(one["effort_days"] for one in initiatives if one["id"] in ids)


def lacking(initiatives: Sequence[Initiative], ids: Collection[str]) -> list[tuple[str, str]]:
    """(initiative, what it needs) where a plan holds the first and not the second."""
    return [
        (one["id"], need)
        for one in initiatives
        if one["id"] in ids
        for need in one["needs"]
        if need not in ids
    ]


def best(initiatives: Sequence[Initiative], capacity: int) -> list[str]:
    """The ids of a plan that is worth most: every subset is looked at.

    Not a solver: HiGHS writes to the process's real stdout, and 2^14 subsets take milliseconds.
    """
    taken = _subsets(len(initiatives))
    days = taken @ np.array([one["effort_days"] for one in initiatives], dtype=np.int64)
    total = taken @ np.array([worth(one) for one in initiatives], dtype=np.int64)
    fits = days <= capacity
    place = {one["id"]: number for number, one in enumerate(initiatives)}
    for number, one in enumerate(initiatives):
        for need in one["needs"]:
            fits &= taken[:, number] <= taken[:, place[need]]
    row = taken[int(np.argmax(np.where(fits, total, np.iinfo(np.int64).min)))]
    return [one["id"] for one, chosen in zip(initiatives, row, strict=True) if chosen]


@cache
def _subsets(count: int) -> NDArray[np.int64]:
    """One row for each subset of so many: 0 or 1."""
    return np.arange(2**count)[:, None] >> np.arange(count) & 1


def loudest(initiatives: Sequence[Initiative], capacity: int) -> list[str]:
    """The plan that shipped: whoever asks loudest, as long as there are days."""
    chosen: list[str] = []
    for one in sorted(initiatives, key=lambda one: -one["votes"]):
        if days_of(initiatives, chosen) + one["effort_days"] <= capacity:
            chosen.append(one["id"])
    return chosen


def regret(initiatives: Sequence[Initiative], capacity: int, ids: Collection[str]) -> float:
    """The share of the best plan's worth that this one does not have; 0 is the best."""
    most = worth_of(initiatives, best(initiatives, capacity))
    lost = most - worth_of(initiatives, ids)
    return lost / most if most else float(lost > 0)
