"""The scorecard's plots: where the steps stand, and what they saved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from fieldkit.report.report import Figure
from workbook import plots
from workbook.progress import Saving
from workbook.standing import amount

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Counts = Sequence[tuple[int, int, int, int]]  # step, unaided, with the solution, open


def _figure(draw: Any, alt: str, height: float) -> Figure:
    plot = plots.figure(draw, alt, height=height)
    return Figure(plot._repr_mimebundle_()["text/html"], alt)


def steps(counts: Counts) -> Figure:
    """Exercises by step: passed unaided, passed after the solution was seen, open."""
    unaided, seen, left = (sum(row[i] for row in counts) for i in (1, 2, 3))
    alt = f"By step: {unaided} exercises passed unaided, {seen} with the solution, {left} open."

    def draw(axes: Axes) -> None:
        names = [f"step {row[0]}" for row in counts]
        start = [0] * len(counts)
        for number, label, colour, hatch in (
            (1, "unaided", plots.RIGHT, ""),
            (2, "solution seen", plots.UNSURE, "//"),
            (3, "open", "none", ""),
        ):
            width = [row[number] for row in counts]
            edge = plots.INK if colour == "none" else colour
            axes.barh(names, width, left=start, label=label, color=colour, edgecolor=edge,
                      hatch=hatch, height=0.6)  # fmt: skip
            start = [a + b for a, b in zip(start, width, strict=True)]
        axes.invert_yaxis()
        axes.set_xlabel("exercises")
        axes.locator_params(axis="x", integer=True)
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.25), ncols=3)

    return _figure(draw, alt, 2.6)


def saved(savings: Sequence[Saving]) -> tuple[Figure, ...]:
    """Dollars before and now; nothing where no step has found any."""
    money = [one for one in savings if one.kind == "dollars"]
    if not money:
        return ()
    before, now = (sum(getattr(one, side) for one in money) for side in ("before", "after"))
    alt = f"Dollars before and now: {amount(before, 'dollars')}, {amount(now, 'dollars')} in all."

    def draw(axes: Axes) -> None:
        names = [one.what for one in money]
        places = range(len(money))
        axes.barh([p - 0.2 for p in places], [o.before for o in money], 0.38,
                  color=plots.WRONG, label="before")  # fmt: skip
        axes.barh([p + 0.2 for p in places], [o.after for o in money], 0.38,
                  color=plots.RIGHT, label="now")  # fmt: skip
        axes.set_yticks(list(places), names)
        axes.invert_yaxis()
        axes.xaxis.set_major_formatter(lambda value, _: f"${value:,.0f}")
        axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), ncols=2)

    return (_figure(draw, alt, 1.4 + 0.6 * len(money)),)
