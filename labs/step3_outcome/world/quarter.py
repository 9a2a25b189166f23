"""A quarter, played: which initiatives are done, and what they bring, drawn once for every plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from labs.step3_outcome.world.books import CAPACITY, EFFECTS
from labs.step3_outcome.world.draws import one
from labs.step3_outcome.world.words import dollars
from workbook import render
from workbook.plots import INK, RIGHT, WRONG, Plot, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LOUDEST = "loudest"
Initiative = Mapping[str, Any]
Choose = Callable[[list[dict[str, Any]], int], Sequence[str]]


def loudest(initiatives: Sequence[Initiative], capacity: int) -> list[str]:
    """What most people asked for, as long as there are days."""
    chosen: list[str] = []
    for initiative in sorted(initiatives, key=lambda i: -i["votes"]):
        if initiative["effort_days"] <= capacity and set(initiative["needs"]) <= set(chosen):
            chosen.append(initiative["id"])
            capacity -= initiative["effort_days"]
    return chosen


def outcomes(seed: int, initiatives: Sequence[Initiative]) -> dict[str, int]:
    """What each would bring in a year, in cents, net of its run cost; once for all plans.

    p10, p50 and p90 come with the weights 3, 4 and 3, so that their mean is the expected value.
    """
    found = {}
    for initiative in initiatives:
        luck = one(seed, f"outcome/{initiative['id']}", 10)
        name = "p10_cents" if luck < 3 else "p50_cents" if luck < 7 else "p90_cents"
        found[initiative["id"]] = initiative[name] - initiative["run_cost_cents"]
    return found


@dataclass(frozen=True)
class Quarter:
    """One plan and what came of it.

    `brings`: id -> cents a year for each initiative, done or not; `stopped`: cents a year that
    ended with tables; `why`: why the plan could not be followed, or "".
    """

    name: str
    initiatives: Sequence[Initiative]
    done: Sequence[str]
    brings: Mapping[str, int]
    stopped: float = 0
    why: str = ""

    @property
    def cents(self) -> float:
        """What the plan brings in a year."""
        return sum(self.brings[one_] for one_ in self.done) + self.stopped

    @property
    def hours(self) -> int:
        """Hours a month that nobody has to work any more."""
        return sum(EFFECTS.get(one_, (0, 0))[0] for one_ in self.done)

    @property
    def wrong_days(self) -> int:
        """Days of the quarter on which a number would have been wrong."""
        return sum(EFFECTS.get(one_, (0, 0))[1] for one_ in self.done)

    def rows(self) -> list[dict[str, Any]]:
        """Each initiative, those that are done first, and the sum."""
        order = [i for done in (True, False) for i in self.initiatives
                 if (i["id"] in self.done) is done]  # fmt: skip
        told = [
            {"initiative": i["title"], "asked by": i["asked_by"], "votes": i["votes"],
             "days": i["effort_days"], "done": "yes" if i["id"] in self.done else "no",
             "brings a year": dollars(self.brings[i["id"]]) if i["id"] in self.done else None,
             "left undone": None if i["id"] in self.done else dollars(self.brings[i["id"]])}
            for i in order
        ]  # fmt: skip
        days = sum(i["effort_days"] for i in self.initiatives if i["id"] in self.done)
        return [*told, {"initiative": "the quarter", "asked by": "", "votes": None,
                        "days": days, "done": f"{len(self.done)} of {len(told)}",
                        "brings a year": dollars(self.cents), "left undone": None}]  # fmt: skip

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        if self.why:
            return render.text(f"this plan cannot be followed: {self.why}")._repr_mimebundle_()
        return render.table(self.rows())

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]


def quarter(
    seed: int,
    initiatives: Sequence[Initiative],
    choose: Choose | str,
    name: str,
    stopped: float = 0,
) -> Quarter:
    """Follow a plan; one that cannot be followed brings nothing."""
    chooses = loudest if choose == LOUDEST else choose
    given = [dict(initiative) for initiative in initiatives]
    try:
        chosen = chooses(given, CAPACITY) if callable(chooses) else chooses
        why = infeasible(chosen, initiatives)
    except Exception as error:  # the page goes on; the check of `portfolio` shows the line
        chosen, why = [], f"it raises {type(error).__name__}"
    done = [] if why else list(chosen)
    return Quarter(name, initiatives, done, outcomes(seed, initiatives), stopped, why)


def infeasible(chosen: Any, initiatives: Sequence[Initiative]) -> str:
    """Why a list of ids cannot be done in a quarter, or ""."""
    known = {initiative["id"]: initiative for initiative in initiatives}
    if not isinstance(chosen, list | tuple):
        return f"it is a {type(chosen).__name__}, not a list of ids"
    for given in chosen:
        if not isinstance(given, str) or given not in known:
            return f"there is no initiative {given!r}"
        if chosen.count(given) > 1:
            return f"{given} stands there twice"
        missing = [need for need in known[given]["needs"] if need not in chosen]
        if missing:
            return f"{given} needs {missing[0]}"
    days = sum(known[given]["effort_days"] for given in chosen)
    return f"it takes {days} of {CAPACITY} days" if days > CAPACITY else ""


@dataclass(frozen=True)
class Beside:
    """Two plans for the same quarter."""

    plans: Sequence[Quarter]

    def table(self) -> render.Shown:
        """What the two bring: dollars, hours, and days on which no number is wrong any more."""
        failed = any(plan.why for plan in self.plans)
        return render.rows([
            {"plan": plan.name, "initiatives": len(plan.done), "brings a year": dollars(plan.cents),
             "of it stopped tables": dollars(plan.stopped), "saves hours a month": plan.hours,
             "days without a wrong number": plan.wrong_days}
            | ({"cannot be followed": plan.why or "–"} if failed else {})
            for plan in self.plans
        ])  # fmt: skip

    def left_undone(self) -> dict[str, float]:
        """Dollars a year that a plan leaves undone, of what was worth doing: before and now."""
        before, after = (self._undone(plan) for plan in self.plans)
        return {"before": before, "after": after}

    def _undone(self, plan: Quarter) -> float:
        rest = [plan.brings[i["id"]] for i in plan.initiatives if i["id"] not in plan.done]
        tables = max(other.stopped for other in self.plans) - plan.stopped
        return (sum(cents for cents in rest if cents > 0) + tables) / 100

    def waterfall(self) -> Plot:
        """How the dollars of each plan add up."""
        undone = [self._undone(plan) for plan in self.plans]
        told = "; ".join(
            f"{plan.name}: {dollars(plan.cents)} a year, {dollars(100 * rest)} left undone"
            for plan, rest in zip(self.plans, undone, strict=True)
        )
        bars = [
            bar for plan, rest in zip(self.plans, undone, strict=True) for bar in _bars(plan, rest)
        ]
        alt = f"Waterfall of two plans for the same quarter. {told}."
        return figure(lambda axes: _waterfall(axes, bars), alt, height=0.6 + 0.23 * len(bars))


PART, SUM, UNDONE = "part", "sum", "left undone"
# label, where the bar begins and ends (dollars), what it is
Bar = tuple[str, float, float, str]


def _bars(plan: Quarter, undone: float) -> list[Bar]:
    """The parts of a plan, the largest first, their sum, and what was worth doing besides."""
    parts: list[tuple[str, float]] = [
        (i["title"], plan.brings[i["id"]]) for i in plan.initiatives if i["id"] in plan.done
    ]
    parts += [("tables that are stopped", plan.stopped)] if plan.stopped else []
    bars, so_far = list[Bar](), 0.0
    for label, cents in sorted(parts, key=lambda part: -part[1]):
        bars.append((label, so_far / 100, (so_far + cents) / 100, PART))
        so_far += cents
    bars.append((f"{plan.name}: in all", 0, so_far / 100, SUM))
    return [*bars, (f"{plan.name}: {UNDONE}", so_far / 100, so_far / 100 + undone, UNDONE)]


def _colour(bar: Bar) -> str:
    _, begin, end, kind = bar
    if kind == SUM or begin == end:
        return INK
    return WRONG if kind == UNDONE or end < begin else RIGHT


def _waterfall(axes: Axes, bars: Sequence[Bar]) -> None:
    for place, bar in enumerate(bars):
        _, begin, end, kind = bar
        colour = _colour(bar)
        axes.barh(place, end - begin, left=begin, height=0.66, edgecolor=colour,
                  color="none" if kind == UNDONE else colour)  # fmt: skip
        axes.annotate(dollars(100 * (end - begin)), (max(begin, end, 0), place), xytext=(4, 0),
                      color=colour, textcoords="offset points", va="center")  # fmt: skip
    axes.set_yticks(range(len(bars)), [bar[0] for bar in bars])
    axes.invert_yaxis()
    axes.axvline(0, color=INK, lw=0.8)
    axes.set_xlim(right=max(1.0, *(max(bar[1], bar[2]) for bar in bars)) * 1.15)
    axes.xaxis.set_major_formatter(lambda x, _: dollars(100 * x))
    axes.set_xlabel("dollars a year")
