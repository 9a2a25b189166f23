"""Which initiatives to do: the greatest expected value within a capacity of days."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import lcm

MOST_STEPS = 1_000_000  # of the search: some seconds; beyond that a bound is stated
Number = int | float | Fraction


@dataclass(frozen=True)
class Initiative:
    """A proposal: days of effort, value in cents as p10, p50 and p90, `run`: what it then costs.

    `needs`: ids of others that have to be done for it.
    """

    id: str
    days: Number
    p10: Number
    p50: Number
    p90: Number
    run: Number = 0
    needs: tuple[str, ...] = ()

    @property
    def expected(self) -> Fraction:
        """.3 p10 + .4 p50 + .3 p90, net of the run cost: the mean of a skewed estimate, nearly."""
        p10, p50, p90, run = map(exact, (self.p10, self.p50, self.p90, self.run))
        return (3 * p10 + 4 * p50 + 3 * p90) / 10 - run


@dataclass(frozen=True)
class Choice:
    """The initiatives to do. `optimal`: nothing better exists; else `at_most` bounds the best."""

    ids: tuple[str, ...]
    value: Fraction
    days: Fraction
    optimal: bool
    at_most: Fraction


def exact(number: Number) -> Fraction:
    """A number without a float's tail: 0.1 is one tenth. Raises ValueError for NaN, infinity."""
    return number if isinstance(number, Fraction) else Fraction(str(number))


def refused(initiatives: Iterable[Initiative], capacity: Number, ids: Collection[str]) -> str:
    """Why these ids cannot be done together; "" if they can."""
    known = {one.id: one for one in initiatives}
    if len(set(ids)) != len(ids):
        return "an initiative is named twice"
    if unknown := sorted(set(ids) - set(known)):
        return f"there is no initiative {unknown[0]}"
    for name in ids:
        if missing := [need for need in known[name].needs if need not in ids]:
            return f"{name} needs {missing[0]}, which is left out"
    days = sum((exact(known[name].days) for name in ids), Fraction())
    over = days - exact(capacity)
    return f"{float(days):g} days, {float(over):g} more than the capacity" if over > 0 else ""


def worth(initiatives: Iterable[Initiative], ids: Collection[str]) -> Fraction:
    """The expected value of these ids in cents, whether they can be done or not."""
    return sum((one.expected for one in initiatives if one.id in ids), Fraction())


def choose(initiatives: Sequence[Initiative], capacity: Number, steps: int = MOST_STEPS) -> Choice:
    """The best set within the capacity, with all it needs; exact unless it takes too many steps.

    Raises ValueError for ids that occur twice, needs that do not exist or go round in a circle.
    """
    search = _Search(_in_order(initiatives), exact(capacity), steps)
    search.run()
    chosen = tuple(sorted(search.best_ids))
    days = sum((exact(one.days) for one in initiatives if one.id in chosen), Fraction())
    value = worth(initiatives, chosen)
    bound = value if search.finished else max(value, Fraction(search.root, search.unit))
    return Choice(chosen, value, days, search.finished, bound)


def _in_order(initiatives: Sequence[Initiative]) -> list[Initiative]:
    """Each after what it needs, else by value for effort: a good set comes soon."""
    known = {one.id: one for one in initiatives}
    if len(known) < len(initiatives):
        raise ValueError("an initiative stands there twice")
    for one in initiatives:
        if strange := [need for need in one.needs if need not in known]:
            raise ValueError(f"{one.id} needs {strange[0]}, which is not there")
    order: dict[str, Initiative] = {}
    waiting = sorted(initiatives, key=lambda one: (-_rate(one), one.id))
    while waiting:
        ready = next((one for one in waiting if all(n in order for n in one.needs)), None)
        if ready is None:
            raise ValueError(f"{waiting[0].id} and what it needs go round in a circle")
        order[ready.id] = ready
        waiting.remove(ready)
    return list(order.values())


def _rate(one: Initiative) -> Fraction:
    return one.expected / max(exact(one.days), Fraction(1, 1000))


class _Search:
    """Branch and bound: take or leave each in turn; a branch that cannot win is not followed.

    The bound lets the rest be done in part and without what it needs, so it is never too low.
    Values and days are scaled to whole numbers, which makes it exact and ten times faster.
    """

    def __init__(self, order: list[Initiative], capacity: Fraction, steps: int) -> None:
        days = [exact(one.days) for one in order]
        if any(one < 0 for one in days):
            raise ValueError("an initiative has fewer than 0 days")
        per_day = lcm(capacity.denominator, *(one.denominator for one in days))
        self.unit = lcm(1, *(one.expected.denominator for one in order))
        self.days = [int(one * per_day) for one in days]
        self.values = [int(one.expected * self.unit) for one in order]
        self.capacity = int(capacity * per_day)
        place = {one.id: number for number, one in enumerate(order)}
        self.needs = [sum(1 << place[need] for need in one.needs) for one in order]
        self.ids = [one.id for one in order]
        self.rest = self._by_rate()
        self.left, self.finished = steps, True
        self.best, self.mask = 0, 0
        self.root = self._bound(0, self.capacity) if self.capacity >= 0 else 0

    @property
    def best_ids(self) -> list[str]:
        """The ids of the best set so far."""
        return [name for number, name in enumerate(self.ids) if self.mask >> number & 1]

    def _by_rate(self) -> list[list[tuple[int, int]]]:
        """For each place the gains that come from there on, the best for a day first."""
        gains = [(d, v, n) for n, (d, v) in enumerate(zip(self.days, self.values, strict=True))]
        gains = [one for one in gains if one[1] > 0 and one[0] <= self.capacity]
        gains.sort(key=lambda one: (one[0] > 0, -Fraction(one[1], one[0] or 1), one[2]))
        return [[(d, v) for d, v, n in gains if n >= at] for at in range(len(self.days) + 1)]

    def _bound(self, at: int, room: int) -> int:
        total = 0
        for days, value in self.rest[at]:
            if days > room:
                return total + value * room // days
            room -= days
            total += value
        return total

    def run(self) -> None:
        """Search; `best_ids` and `finished` say what came of it."""
        todo = [(0, self.capacity, 0, 0)] if self.capacity >= 0 else []
        while todo:
            at, room, value, mask = todo.pop()
            if value > self.best:
                self.best, self.mask = value, mask
            if at == len(self.days) or value + self._bound(at, room) <= self.best:
                continue
            self.left -= 1
            if self.left < 0:
                self.finished = False
                return
            todo.append((at + 1, room, value, mask))
            if self.days[at] <= room and self.needs[at] & mask == self.needs[at]:
                gained = value + self.values[at]
                todo.append((at + 1, room - self.days[at], gained, mask | 1 << at))


def ranking(initiatives: Sequence[Initiative], choice: Choice) -> list[tuple[Initiative, bool]]:
    """All initiatives with whether they are chosen: the chosen first, each part by value a day."""
    known: Mapping[str, bool] = {one.id: one.id in choice.ids for one in initiatives}
    order = sorted(initiatives, key=lambda one: (not known[one.id], -_rate(one), one.id))
    return [(one, known[one.id]) for one in order]
