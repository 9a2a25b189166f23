"""The days before the first morning, as the page shows them: by kind, and day by day."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from labs.step2_failure.world.days import HOLIDAY, KINDS, PAST, SALE, WEEKDAY, WEEKEND, Day, chance
from labs.step2_failure.world.days import days as days_of
from labs.step2_failure.world.feeds import FEW_BAD, PER_DAY, Usual, usual
from workbook import plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LOOK = {
    WEEKDAY: ("o", plots.RIGHT),
    WEEKEND: ("s", plots.INK),
    HOLIDAY: ("v", "#a05fb8"),
    SALE: ("^", plots.WRONG),
}


def past_by_kind(seed: int) -> render.Shown:
    """How far the past days of each kind lay from their median; all of them were good days."""
    past, likes = days_of(seed, 0, PAST, PER_DAY), usual(seed)
    return render.rows([_row(seed, [d for d in past if d.kind == k], likes[k]) for k in KINDS])


def _row(seed: int, past: Sequence[Day], like: Usual) -> dict[str, Any]:
    rows = [0.0, *(len(d.orders) / like.rows - 1 for d in past)]
    average = [0.0, *(d.average / like.average - 1 for d in past)]
    bad = max(_bad_share(seed, d) for d in past)
    return {
        "kind": past[0].kind,
        "days": len(past),
        "rows, median": f"{like.rows:g}",
        "fewest": _signed(min(rows)),
        "most": _signed(max(rows)),
        "average, median": f"${like.average:.2f}",
        "lowest": _signed(min(average)),
        "highest": _signed(max(average)),
        "bad rows": f"up to {bad:.1%}" if bad else None,
    }


def _signed(share: float) -> str:
    return f"{round(share * 100):+d}%" if round(share * 100) else "0%"


def _bad_share(seed: int, past: Day) -> float:
    """Rows of a past day that were set aside."""
    most = int(len(past.orders) * FEW_BAD)
    return chance(seed, 800_000 + past.date.toordinal() % 1000, most + 1) / len(past.orders)


def past_plot(seed: int) -> render.Shown:
    """The rows of every past day, marked by its kind."""
    past, likes = days_of(seed, 0, PAST, PER_DAY), usual(seed)
    told = ", ".join(f"{likes[kind].rows:g} on a {kind}" for kind in KINDS)
    alt = f"The rows of the {PAST} past days lie close to the median of their kind: {told}."
    return plots.figure(partial(_draw, past), alt)


def _draw(past: Sequence[Day], axes: Axes) -> None:
    for kind, (marker, colour) in _LOOK.items():
        found = {n: len(d.orders) for n, d in enumerate(past, 1) if d.kind == kind}
        axes.plot(list(found), list(found.values()), marker, color=colour, label=kind, markersize=5)
    axes.set_ylim(0, 1.3 * max(len(d.orders) for d in past))
    axes.set_xlabel("day of the history")
    axes.set_ylabel("rows")
    axes.legend(loc="upper left", ncols=len(_LOOK))
