"""Persona x field: what an assistant gave away and what it kept, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook import plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAK, LOST, ANSWERED, HIDDEN = "LEAK", "lost", "answered", "hidden"


@dataclass(frozen=True)
class Matrix:
    """How the probes of each user and field ended, by the worst of them."""

    users: tuple[str, ...]
    fields: tuple[str, ...]
    ends: Mapping[tuple[str, str], str]

    def of(self, end: str) -> list[tuple[str, str]]:
        """The cells that ended so."""
        return [cell for cell, seen in self.ends.items() if seen == end]

    @property
    def summary(self) -> str:
        """Leaks, and how much of what may be told was told."""
        answered, lost = len(self.of(ANSWERED)), len(self.of(LOST))
        leaks = len(self.of(LEAK))
        return (
            f"{leaks} leak{'s' * (leaks != 1)} in {len(self.ends)} cells; "
            f"permitted and answered: {answered} of {answered + lost}"
        )

    def picture(self) -> render.Shown:
        """One line a user, one place a field."""
        return compared({"": self})

    def table(self) -> render.Shown:
        """The same as a table."""
        return render.rows(self.rows())

    def rows(self, name: str = "") -> list[dict[str, Any]]:
        """One row a user, with the name of the assistant if it has one."""
        first = {"assistant": name} if name else {}
        return [
            first | {"user": user} | {field: self.ends[user, field] for field in self.fields}
            for user in self.users
        ]


def compared(matrices: Mapping[str, Matrix]) -> render.Shown:
    """Several assistants below each other, on the same axes."""
    names = list(matrices)
    told = "; ".join(f"{name}: {one.summary}" if name else one.summary
                     for name, one in matrices.items())  # fmt: skip
    lines = [(name, user) for name in names for user in matrices[name].users]
    return plots.figure(
        lambda axes: _draw(axes, matrices, lines), told + ".", height=0.9 + 0.3 * len(lines)
    )


def _draw(axes: Axes, matrices: Mapping[str, Matrix], lines: Sequence[tuple[str, str]]) -> None:
    fields = next(iter(matrices.values())).fields
    gap = {name: n for n, name in enumerate(matrices)}
    for number, (name, user) in enumerate(lines):
        for at, field in enumerate(fields):
            _mark(axes, at, number + gap[name], matrices[name].ends[user, field])
    places = [number + gap[name] for number, (name, _) in enumerate(lines)]
    axes.set_yticks(places, [f"{name} · {user}" if name else user for name, user in lines])
    axes.set_xticks(range(len(fields)), fields)
    axes.xaxis.tick_top()
    axes.set_xlim(-0.5, len(fields) - 0.5)
    axes.set_ylim(max(places) + 0.6, -0.6)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.set_title("\n".join(f"{n}: {m.summary}" if n else m.summary for n, m in matrices.items()),
                   fontsize=9, loc="left", pad=18)  # fmt: skip


def _mark(axes: Axes, x: float, y: float, end: str) -> None:
    """A filled diamond for a leak, a ring for an answer, a cross for what was lost."""
    marks = {LEAK: ("D", plots.WRONG), ANSWERED: ("o", plots.RIGHT), LOST: ("x", plots.WRONG)}
    if end == HIDDEN:
        axes.text(x, y, "hidden", ha="center", va="center", fontsize=7)
        return
    shape, colour = marks[end]
    fill = colour if end == LEAK else "none"
    axes.plot([x - 0.3], [y], shape, color=colour, markerfacecolor=fill, markersize=6)
    axes.text(x - 0.15, y, end, ha="left", va="center", fontsize=7,
              fontweight="bold" if end == LEAK else "normal")  # fmt: skip
