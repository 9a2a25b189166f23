"""Fourteen mornings in a row on one board: what it showed at 08:00, and who had been told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

from fieldkit.chaos.upstream import Upstream
from labs.handles.database import Warehouse
from labs.step2_failure.world.board import board
from labs.step2_failure.world.job import Ingest, called, of_page, remember, said_in_time
from labs.step2_failure.world.mornings import Morning
from labs.step2_failure.world.mornings import fortnight as mornings_of
from labs.step2_failure.world.words import dollars
from workbook import Outcome, plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

TEAM = "data team"
SHOWN = (
    "select as_of, (select round(sum(amount), 2) from orders where day = as_of),"
    " (select count(*) from orders where day = as_of) from board"
)


@dataclass(frozen=True)
class Look:
    """The board at 08:00. `shows`: dollars of the day `as_of`; `known`: the data team was told
    of this cause on a morning before; `what`: of which cause it has been told, "" if of none."""

    morning: Morning
    as_of: dt.date | None
    shows: float
    orders: int
    outcome: Outcome
    known: bool = False
    what: str = ""

    @property
    def fresh(self) -> bool:
        """Whether the board says that it shows this morning's day."""
        return self.as_of == self.morning.true.date

    @property
    def error(self) -> float:
        """Dollars by which it is off, as of the day that it names."""
        return round(self.shows - self.morning.true.revenue, 2) if self.fresh else 0.0

    @property
    def wrong(self) -> bool:
        """Whether the board shows what is not so: more than bad rows set aside, and said so."""
        day, bad = self.morning.true, self.morning.bad
        good = round(sum(o.amount for o in day.orders if o.order_id not in bad), 2)
        part = self.orders == len(day.orders) - len(bad) and self.shows == good
        told = said_in_time(self.morning, self.outcome)
        return bool(self.error) and not (bad and part and told)

    @property
    def told(self) -> str:
        """Who was told what before 08:00."""
        said = said_in_time(self.morning, self.outcome)
        if said:
            return f"{TEAM}: {said[0]}"
        if not self.fresh and self.known:
            return f"{TEAM}, the morning before"
        if self.fresh and not self.error:
            return "nobody has to be"
        return "nobody; the run " + ("raised" if self.outcome.failure else "is green")


def run(ingest: Ingest, api: Upstream, seed: int, per_day: int) -> Fortnight:
    """Let a job run on fourteen mornings, on one board."""
    answer, looks = of_page(ingest), list[Look]()
    with board(answer, seed, per_day) as warehouse:
        for morning in mornings_of(seed, per_day):
            outcome = called(answer, api, morning, warehouse)
            look = _looked(warehouse, morning, outcome, looks[-1] if looks else None)
            _remember(warehouse, look)
            looks.append(look)
    return Fortnight(looks)


def _looked(warehouse: Warehouse, morning: Morning, outcome: Outcome, last: Look | None) -> Look:
    as_of, shows, orders = (warehouse.rows(SHOWN) or [(None, 0, 0)])[0]
    goes_on = last if last and not last.fresh and last.what else None
    same = goes_on if goes_on and goes_on.morning.told == morning.told else None
    known = bool(same and same.told.startswith(TEAM))
    said = said_in_time(morning, outcome)
    what = said[0] if said else goes_on.what if goes_on else ""
    return Look(morning, as_of, float(shows or 0), orders, outcome, known, what)


def _remember(warehouse: Warehouse, look: Look) -> None:
    day = look.morning.true
    rows, average = (look.orders, look.shows / look.orders if look.orders else 0.0)
    if not look.fresh:
        rows = len(look.morning.sent.orders)
        average = fmean(order.amount for order in look.morning.sent.orders)
    decision, what = ("publish", "") if look.fresh else ("stale", look.what)
    remember(warehouse, day, decision, what, (rows, average))


@dataclass(frozen=True, repr=False)
class Fortnight:
    """What fourteen mornings came to."""

    looks: Sequence[Look]

    def __repr__(self) -> str:
        return f"<{len(self.looks)} mornings: .table() and .plot()>"

    @property
    def wrong(self) -> list[Look]:
        """Mornings on which the board was wrong."""
        return [look for look in self.looks if look.wrong]

    def table(self) -> render.Shown:
        """Morning by morning: what happened, what the board said, the truth, who was told."""
        return render.rows([_row(look) for look in self.looks])

    def plot(self, before: Fortnight | None = None) -> render.Shown:
        """The board's revenue against the true one; with `before`, that of another job, too."""
        told = [_told(self, "the board" if before is None else "your board")]
        told += [_told(before, "the board of the job that shipped")] if before else []
        jobs = [("shipped", before.looks), ("yours", self.looks)] if before else []
        draw = partial(_draw, jobs or [("the board", self.looks)])
        return plots.figure(draw, " ".join(told), height=3.0)


def _told(one: Fortnight, whose: str) -> str:
    """In a sentence, what a plot of it shows."""
    stale = sum(not look.fresh for look in one.looks)
    most = dollars(max((abs(look.error) for look in one.wrong), default=0))
    off = f" (by up to {most})" if one.wrong else ""
    return (
        f"Of {len(one.looks)} mornings {whose} was wrong on {len(one.wrong)}{off}, and showed "
        f"an older day, marked as such, on {stale}."
    )


def _row(look: Look) -> dict[str, Any]:
    morning = look.morning
    shown = dollars(look.shows) if look.fresh else f"as of {look.as_of}"
    happened = morning.told if morning.kind != "clean" else None
    return {
        "day": str(morning.true.date),
        "what happened": happened,
        "the board": shown,
        "true": dollars(morning.true.revenue),
        "off by": dollars(look.error) if look.error else None,
        "who was alerted": look.told,
    }


def _draw(jobs: Sequence[tuple[str, Sequence[Look]]], axes: Axes) -> None:
    """True revenue as a line; a job's mornings as marks, those beyond the scale at its edge."""
    looks = jobs[-1][1]
    true = [look.morning.true.revenue for look in looks]
    top = 1.35 * max(true)
    axes.plot(range(len(true)), true, "-", color=plots.INK, label="true", linewidth=1.5)
    for number, (name, seen) in enumerate(jobs):
        _marks(name, seen, 0.22 * number, top, axes)
    _beyond([seen for _, seen in jobs], top, axes)
    axes.set_ylim(-0.04 * top, 1.12 * top)
    axes.set_xticks(range(len(true)), [f"{look.morning.true.date:%d}" for look in looks])
    axes.yaxis.set_major_formatter(lambda value, _: f"${value:,.0f}")
    axes.set_xlabel(f"revenue by day of {looks[0].morning.true.date:%B %Y}")
    axes.legend(
        loc="upper left",
        ncols=5,
        bbox_to_anchor=(0, 1.2),
        fontsize=8,
        handletextpad=0.4,
        handlelength=1.2,
        columnspacing=1.2,
    )


def _marks(name: str, looks: Sequence[Look], beside: float, top: float, axes: Axes) -> None:
    kinds: tuple[tuple[str, str, str, Callable[[Look], bool]], ...] = (
        (f"{name}: fresh", "o", plots.RIGHT, lambda look: look.fresh and not look.wrong),
        (f"{name}: WRONG", "+" if beside else "x", plots.WRONG, lambda look: look.wrong),
        (f"{name}: stale", "s", plots.UNSURE, lambda look: not look.fresh),
    )
    for label, mark, colour, belongs in kinds:
        chosen = [(n, look) for n, look in enumerate(looks) if belongs(look)]
        if chosen:
            axes.plot(
                [n + beside for n, _ in chosen], [min(look.shows, top) for _, look in chosen], mark,
                color=colour, mfc=colour if beside else "none", label=label, markersize=6,
            )  # fmt: skip


def _beyond(jobs: Sequence[Sequence[Look]], top: float, axes: Axes) -> None:
    """What is beyond the scale, as a number: once for a day, the most that any job showed."""
    for n, looks in enumerate(zip(*jobs, strict=True)):
        most = max(look.shows for look in looks)
        if most > top:
            off = f"${most / 1e6:,.1f}M"  # as short as that, neighbours do not overlap
            axes.annotate(off, (n, top), xytext=(0, 6), fontsize=8,
                          textcoords="offset points", ha="center", color=plots.WRONG)  # fmt: skip
