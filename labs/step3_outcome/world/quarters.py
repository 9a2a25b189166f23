"""Small quarters: one for each rule that chooses wrongly, in which the others choose right."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from labs.step3_outcome.world.initiatives import NAMES, Initiative

Told = dict[str, Any]
WEIGHTS = ("p10", "p50", "p90")


@dataclass(frozen=True)
class Quarter:
    """What is asked for, and the days that there are.

    `tempts`: a rule that would choose otherwise, and its weights of p10, p50 and p90.
    """

    initiatives: Sequence[Initiative]
    capacity: int
    tempts: tuple[str, tuple[float, float, float]] | None = None


@dataclass(frozen=True)
class Sketch:
    """A quarter before its names and its unit of money are drawn; money in thousands."""

    capacity: int
    told: Mapping[str, Told] = field(default_factory=dict)
    tempts: tuple[str, tuple[float, float, float]] | None = None

    def drawn(self, seed: int, case: str) -> Quarter:
        """The quarter of a seed: other names, another order, other sums, the same choice."""
        rng = random.Random(f"{seed}/{case}")
        names = dict(zip(self.told, rng.sample(NAMES, len(self.told)), strict=True))
        unit = 100_000 * rng.randint(8, 16) // 8  # cents for what is a thousand here
        made = [_initiative(names, name, told, unit) for name, told in self.told.items()]
        return Quarter(rng.sample(made, len(made)), self.capacity, self.tempts)


def _initiative(names: Mapping[str, str], name: str, told: Told, unit: int) -> Initiative:
    return {
        "id": names[name],
        "title": names[name].replace("-", " ").capitalize(),
        "asked_by": "Growth",
        **{f"{p}_cents": n * unit for p, n in zip(WEIGHTS, told["value"], strict=True)},
        "run_cost_cents": told["run"] * unit,
        "effort_days": told["days"],
        "needs": [names[need] for need in told["needs"]],
        "votes": told["votes"],
        "spent_days": told["spent"],
    }


def _told(
    p10: int, p50: int, p90: int, days: int = 10, *, run: int = 0, needs: str = "",
    votes: int = 20, spent: int = 0,
) -> Told:  # fmt: skip
    return {
        "value": (p10, p50, p90), "days": days, "run": run, "needs": needs, "votes": votes,
        "spent": spent,
    }  # fmt: skip


def _sure(value: int, days: int = 10, **more: Any) -> Told:
    """One whose p10, p50 and p90 mean the same under each rule."""
    return _told(value - 1, value, value + 1, days, **more)


ONE = Sketch(10, {"a": _sure(9)})
LOUD = Sketch(20, {"a": _sure(2, votes=90), "b": _sure(10, votes=40), "c": _sure(14, votes=10)})
TO_DEAL = Sketch(20, {"a": _sure(4), "b": _sure(10), "c": _sure(14)})
# Three that are alike, and days for two: any two are right, with any votes the same two.
ALIKE = Sketch(20, {name: _sure(12) for name in "abc"})
VOTES, SPENT = (3, 40, 90), (0, 8, 60)


def dealt(key: str, values: Sequence[int], among: Sketch = TO_DEAL) -> list[Sketch]:
    """One quarter three times, `votes` or `spent` going round among its initiatives."""
    return [
        Sketch(
            among.capacity,
            {
                name: told | {key: values[(place + turn) % len(values)]}
                for place, (name, told) in enumerate(among.told.items())
            },
        )
        for turn in range(len(values))
    ]


RULES = {
    "p50 alone": Sketch(
        10, {"a": _told(8, 12, 52), "b": _told(4, 14, 16)}, ("p50 alone", (0, 1, 0))
    ),
    "p90 alone": Sketch(
        10, {"a": _told(15, 16, 17), "b": _told(-24, 15, 19)}, ("p90 alone", (0, 0, 1))
    ),
    "p10 alone": Sketch(
        10, {"a": _told(4, 18, 40), "b": _told(12, 13, 14)}, ("p10 alone", (1, 0, 0))
    ),
    "p50 four times": Sketch(
        10,
        {"a": _told(2, 8, 38), "b": _told(-20, 20, 21)},
        ("a mean in which p50 counts four times", (1, 4, 1)),
    ),
    "no p50": Sketch(
        10,
        {"a": _told(4, 20, 24), "b": _told(2, 4, 30)},
        ("the mean of p10 and p90", (1, 0, 1)),
    ),
}
# Large sums that nearly cancel: here a weight that is a tenth off chooses otherwise.
BETS = {
    "a large bet that pays": Sketch(10, {"a": _told(-830, 400, 410), "b": _sure(26)}),
    "a large bet that does not pay": Sketch(10, {"a": _told(-830, 400, 410), "b": _sure(44)}),
}
RUN_COSTS = {
    "dear to run, and not worth it": Sketch(10, {"a": _sure(100, run=90), "b": _sure(13)}),
    "dear to run, and worth it": Sketch(10, {"a": _sure(100, run=80), "b": _sure(15)}),
}
LOSSES = {
    "each of three loses": Sketch(40, {"a": _sure(-9), "b": _sure(-4), "c": _sure(-2)}),
    "one of three loses": Sketch(40, {"a": _sure(10), "b": _sure(-4), "c": _sure(6)}),
}
DAYS = {
    "one large against three small": Sketch(
        20, {"big": _sure(30, 20), "a": _sure(15, 7), "b": _sure(13, 7), "c": _sure(11, 6)}
    ),
    "one short against one long": Sketch(10, {"a": _sure(2, 4), "b": _sure(30, 10)}),
}
_FREE = (-1, 0, 1)
NEEDS = {
    "one that only enables the best": Sketch(
        10, {"e": _told(*_FREE, 4), "a": _sure(30, 6, needs="e"), "b": _sure(12)}
    ),
    "one that costs, and enables the best": Sketch(
        10, {"e": _sure(-4, 4), "a": _sure(30, 6, needs="e"), "b": _sure(12)}
    ),
    "one that costs more than it enables": Sketch(
        20, {"e": _sure(-20, 4), "a": _sure(12, 6, needs="e"), "b": _sure(5)}
    ),
    "one that enables two": Sketch(
        20,
        {
            "e": _told(*_FREE, 6), "a": _sure(14, 7, needs="e"), "b": _sure(14, 7, needs="e"),
            "c": _sure(20, 20),
        },
    ),
}  # fmt: skip
CHAINS = {
    "a chain of three": Sketch(
        10,
        {
            "e": _sure(-2, 3), "f": _told(*_FREE, 3, needs="e"), "a": _sure(25, 4, needs="f"),
            "b": _sure(11),
        },
    ),
    "one that needs two": Sketch(
        10,
        {
            "e": _sure(-1, 2), "f": _sure(-1, 2), "a": _sure(22, 6, needs="ef"), "b": _sure(9),
        },
    ),
    "one that needs two, of which one needs more": Sketch(
        10,
        {
            "h": _told(*_FREE, 1), "e": _sure(-1, 1), "f": _sure(-1, 1, needs="h"),
            "a": _sure(22, 6, needs="ef"), "b": _sure(9),
        },
    ),
}  # fmt: skip
OVER = {
    "one day more than there is": Sketch(10, {"a": _sure(12, 6), "b": _sure(9, 5)}),
    "what it needs does not fit": Sketch(
        10, {"e": _told(*_FREE, 8), "a": _sure(40, 5, needs="e"), "b": _sure(9, 6)}
    ),
    "no days": Sketch(0, {"a": _sure(12, 6), "b": _sure(9, 5)}),
}
FITS = {
    "days for exactly two": Sketch(10, {"a": _sure(12, 6), "b": _sure(9, 4), "c": _sure(15, 9)}),
    "the first does not fit": Sketch(12, {"a": _sure(60, 20), "b": _sure(12, 6), "c": _sure(9, 6)}),
}
TWINS = Sketch(10, {"a": _sure(12), "b": _sure(12)})  # either is right
