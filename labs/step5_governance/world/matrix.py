"""Persona x field: what an assistant gave away and what it kept, as a picture and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbook import plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

LEAK, LOST, ANSWERED, HIDDEN = "LEAK", "lost", "answered", "hidden"
WORST_FIRST = (LEAK, LOST, ANSWERED, HIDDEN)
MARKS = {LEAK: ("D", plots.WRONG, plots.WRONG), ANSWERED: ("o", plots.RIGHT, "none"),
         LOST: ("x", plots.WRONG, "none"), HIDDEN: (".", plots.INK, plots.INK)}  # fmt: skip


@dataclass(frozen=True)
class Matrix:
    """How every probe of each user and field ended."""

    users: tuple[str, ...]
    fields: tuple[str, ...]
    ends: Mapping[tuple[str, str], Sequence[str]]

    def worst(self, user: str, field: str) -> str:
        """The worst end of a cell's probes."""
        return next(end for end in WORST_FIRST if end in self.ends[user, field])

    def of(self, end: str, users: Sequence[str] = ()) -> list[tuple[str, str]]:
        """The cells whose worst end this is, of some users or of all."""
        return [c for c in self.ends if self.worst(*c) == end and c[0] in (users or self.users)]

    def useful(self, users: Sequence[str] = ()) -> str:
        """How many of the permitted probes were answered."""
        ends = [e for (u, _), found in self.ends.items() if u in (users or self.users)
                for e in found]  # fmt: skip
        answered, lost = ends.count(ANSWERED), ends.count(LOST)
        return f"{answered} of {answered + lost}"

    @property
    def leaks(self) -> int:
        """Cells in which somebody saw what they may not see."""
        return len(self.of(LEAK))

    @property
    def summary(self) -> str:
        """Leaks, and how much of what may be told was told."""
        of = f"{len(self.users)} people × {len(self.fields)} kinds of value"
        told = f"{self.leaks} of {len(self.ends)} leak ({of})"
        return f"{told}; permitted questions answered: {self.useful()}"

    def picture(self) -> render.Shown:
        """One line a user, one place a field."""
        return compared({"": self})

    def table(self) -> render.Shown:
        """One line a user, one column a field, the worst end in each."""
        return render.rows(
            [{"user": u} | {field: self.worst(u, field) for field in self.fields}
             for u in self.users]
        )  # fmt: skip


def compared(matrices: Mapping[str, Matrix]) -> render.Shown:
    """Several assistants below each other, on the same axes."""
    told = "; ".join(f"{name}: {one.summary}" if name else one.summary
                     for name, one in matrices.items())  # fmt: skip
    lines = sum(len(one.users) + 1 for one in matrices.values())
    return plots.figure(lambda axes: _draw(axes, matrices), told + ".", height=0.9 + 0.27 * lines)


def leaks_and_use(matrices: Mapping[str, Matrix]) -> render.Shown:
    """A line a user: leaks, and permitted probes that were answered, under each assistant."""
    users = next(iter(matrices.values())).users
    rows: list[dict[str, Any]] = []
    for user in users:
        row: dict[str, Any] = {"user": user}
        for name, one in matrices.items():
            row[f"leaks, {name}"] = f"{len(one.of(LEAK, [user]))} of {len(one.fields)}"
        row |= {f"answered, {name}": one.useful([user]) for name, one in matrices.items()}
        rows.append(row)
    return render.rows(rows)


def _draw(axes: Axes, matrices: Mapping[str, Matrix]) -> None:
    fields = next(iter(matrices.values())).fields
    lines = [(name, user) for name, one in matrices.items() for user in one.users]
    places = [n + list(matrices).index(name) for n, (name, _) in enumerate(lines)]
    cells = [
        (matrices[name].worst(user, field), x, y)
        for (name, user), y in zip(lines, places, strict=True)
        for x, field in enumerate(fields)
    ]
    for end, (shape, colour, fill) in MARKS.items():
        there = [(x, y) for one, x, y in cells if one == end]
        if there:
            axes.plot(*zip(*there, strict=True), shape, color=colour, markerfacecolor=fill,
                      markersize=6, label=end)  # fmt: skip
    leaks = [(x + 0.32, y) for one, x, y in cells if one == LEAK]
    if leaks:  # one shape for all of them: as texts they would be most of the page
        axes.plot(*zip(*leaks, strict=True), marker=r"$\mathrm{LEAK}$", color=plots.WRONG,
                  linestyle="none", markersize=19, markeredgewidth=0)  # fmt: skip
    axes.set_yticks(places, [f"{name} · {user}" if name else user for name, user in lines])
    axes.set_xticks(range(len(fields)), fields)
    axes.xaxis.tick_top()
    axes.set_xlim(-0.5, len(fields) - 0.4)
    axes.set_ylim(max(places) + 0.6, -0.6)
    axes.tick_params(length=0)
    for side in ("left", "bottom"):
        axes.spines[side].set_visible(False)
    axes.legend(loc="upper center", ncols=4, bbox_to_anchor=(0.5, 0))
    axes.set_title("\n".join(f"{n}: {m.summary}" if n else m.summary for n, m in matrices.items()),
                   fontsize=9, loc="left", pad=21)  # fmt: skip
