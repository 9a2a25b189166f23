"""What an approved model costs in a month, and which partitions it opens."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING

from fieldkit.audit import Cost, measured
from labs.step1_audit.world.bill import HOURLY, Bill, dollars, kilo
from labs.step1_audit.world.lake import Lake
from labs.step1_audit.world.nightly import compiled
from workbook import render
from workbook.plots import INK, RIGHT, WRONG, figure

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BUDGET = 1_000  # dollars a month
NOTICED = 19  # the day on which finance looks at the bill
DAYS = 30
PLOT, LINE = 150, 12  # points: the height of the curve's axes, and of a line of text


@dataclass(frozen=True)
class Month:
    """Models by name, each run every hour of a month, on one lake."""

    lake: Lake
    models: dict[str, str]
    scale: int

    def bill(self) -> render.Shown:
        """What each model reads and costs."""
        return render.rows([self._row(name) for name in self.models])

    def _row(self, name: str) -> dict[str, str]:
        bill = self.cost(name)
        return {
            "model": name,
            "a run reads": kilo(bill.bytes),
            "files": f"{bill.files_of_events} of {self.lake.files}",
            "runs": f"{bill.runs}",
            "the month": dollars(bill.month),
            "budget": dollars(BUDGET),
        }

    def cost(self, name: str) -> EventsBill:
        """A model's month, measured."""
        return _measured(self.lake, self.models[name], self.scale)

    def strip(self) -> render.Shown:
        """The lake's partitions, each a day; filled where a run opens it."""
        opened = {name: _opened(self.lake, text) for name, text in self.models.items()}
        told = ", ".join(f"{name} opens {len(days)}" for name, days in opened.items())
        alt = f"Of {self.lake.files} partitions, each run of {told}."
        return figure(
            lambda axes: _strip(axes, self.lake, opened), alt, height=0.7 + 0.5 * len(opened)
        )

    def curve(self) -> render.Shown:
        """The bill over the days of the month."""
        months = {name: self.cost(name).month for name in self.models}
        told = ", ".join(f"{name} {dollars(cost)}" for name, cost in months.items())
        alt = (
            f"The bill at the end of the month: {told}; the budget is {dollars(BUDGET)}."
            f" Finance notices on day {NOTICED}."
        )
        return figure(lambda axes: _curve(axes, months), alt)


@dataclass(frozen=True)
class EventsBill(Bill):
    """A bill that also says how many of the events' files one run opens."""

    files_of_events: int = 0


def _measured(lake: Lake, text: str, scale: int) -> EventsBill:
    cost, opened = _run(lake, text)
    return EventsBill(cost.bytes, cost.files, HOURLY, scale, len(opened))


def _opened(lake: Lake, text: str) -> frozenset[date]:
    """The days whose rows a later run reads."""
    return _run(lake, text)[1]


@functools.lru_cache(maxsize=32)
def _run(lake: Lake, text: str) -> tuple[Cost, frozenset[date]]:
    """What a later run reads: one of a year takes seconds, so both are measured in the same."""
    with lake.open() as con:
        cost, days = measured(con, compiled(text, lake.last, incremental=True).sql)
    return cost, frozenset(map(date.fromisoformat, days))


def _apart(labels: Sequence[tuple[float, str, str]], top: float) -> Iterator[float]:
    """How many points each label moves up, so that none covers the one below it."""
    free = 0.0  # up to here something stands
    for end, told, _ in labels:
        at, half = end / top * PLOT, LINE * (told.count("\n") + 1) / 2
        placed = max(at, free + half)
        free = placed + half
        yield round(placed - at, 1)


def _strip(axes: Axes, lake: Lake, opened: dict[str, frozenset[date]]) -> None:
    total = (lake.last - lake.first).days + 1
    for place, days in enumerate(opened.values()):
        colour = WRONG if len(days) == lake.files else RIGHT
        axes.broken_barh([(0, total)], (place - 0.35, 0.7), facecolor="none", edgecolor=INK, lw=0.5)
        spans = list(_spans([(day - lake.first).days for day in sorted(days)]))
        axes.broken_barh(spans, (place - 0.35, 0.7), facecolor=colour, edgecolor=colour, lw=0.8)
    axes.set_yticks(range(len(opened)), list(opened))
    axes.invert_yaxis()
    axes.set_xlim(-2, total + 2)
    months = [lake.first + timedelta(days=n) for n in range(total)]
    firsts = [day for day in months if day.day == 1 and day.month % 2]
    axes.set_xticks([(day - lake.first).days for day in firsts], [f"{d:%b}" for d in firsts])
    axes.set_xlabel("days of the lake; filled: opened by every run")


def _spans(places: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(first, length) of each run of neighbours."""
    for _, group in itertools.groupby(enumerate(places), lambda pair: pair[1] - pair[0]):
        members = [place for _, place in group]
        yield members[0], len(members)


def _curve(axes: Axes, months: dict[str, float]) -> None:
    ends: dict[str, list[str]] = {}  # the names of those whose ends would stand on each other
    for name, cost in months.items():
        ends.setdefault(dollars(cost), []).append(name)
    labels = [(float(BUDGET), f"budget {dollars(BUDGET)}", INK)]
    for cost in months.values():
        colour = WRONG if cost > BUDGET else RIGHT
        axes.plot([0, DAYS], [0, cost], color=colour, lw=2)
        if names := ends.pop(dollars(cost), []):
            told = ", ".join(names) + ("\n" if names[1:] else " ") + dollars(cost)
            labels.append((cost, told, colour))
    axes.plot([0, DAYS], [BUDGET, BUDGET], color=INK, lw=1, ls="--")
    top = max(BUDGET, *months.values()) * 1.05
    axes.set_ylim(0, top)
    for (end, told, colour), up in zip(sorted(labels), _apart(sorted(labels), top), strict=True):
        axes.annotate(told, (DAYS, end), xytext=(4, up),
                      textcoords="offset points", va="center", color=colour)  # fmt: skip
    axes.axvline(NOTICED, color=INK, lw=1, ls=":")
    axes.annotate("finance notices", (NOTICED, max(months.values())), xytext=(-4, -8),
                  textcoords="offset points", ha="right", color=INK)  # fmt: skip
    axes.set_xlim(0, DAYS * 1.3)
    axes.set_xticks(range(0, DAYS + 1, 5))
    axes.set_xlabel("day of the month")
    axes.set_ylabel("bill so far")
    axes.yaxis.set_major_formatter(lambda value, _: dollars(value))
