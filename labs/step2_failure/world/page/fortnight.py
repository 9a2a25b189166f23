"""Fourteen mornings in a row on one board: what it showed at 08:00, and who had been told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from statistics import fmean
from typing import TYPE_CHECKING, Any

from fieldkit.chaos.upstream import Upstream
from labs.handles.database import Warehouse
from labs.step2_failure.world.board import board
from labs.step2_failure.world.job import Ingest, called, of_page, said_in_time
from labs.step2_failure.world.mornings import Morning
from labs.step2_failure.world.mornings import fortnight as mornings_of
from labs.step2_failure.world.words import dollars
from workbook import Outcome, plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SHOWN = (
    "select as_of, (select round(sum(amount), 2) from orders where day = as_of),"
    " (select count(*) from orders where day = as_of) from board"
)


@dataclass(frozen=True)
class Look:
    """The board at 08:00. `shows`: dollars of the day `as_of`; `held`: mornings before this one
    for which it had stood still."""

    morning: Morning
    as_of: dt.date | None
    shows: float
    orders: int
    outcome: Outcome
    held: int = 0

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
            return f"data team: {said[0]}"
        if not self.fresh and self.held:
            return "data team, the morning before"
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
    held = last.held + 1 if last and not last.fresh else 0
    return Look(morning, as_of, float(shows or 0), orders, outcome, held)


def _remember(warehouse: Warehouse, look: Look) -> None:
    """The morning becomes a line of the history, as the job's own bookkeeping would write it."""
    day = look.morning.true
    rows, average = (look.orders, look.shows / look.orders if look.orders else 0.0)
    if not look.fresh:
        rows = len(look.morning.sent.orders)
        average = fmean(order.amount for order in look.morning.sent.orders)
    decision = "publish" if look.fresh else "stale"
    told = f"('{day.date}', '{day.kind}', {rows}, {average:.2f}, '{decision}')"
    warehouse.execute(f"insert into history values {told}")


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

    def plot(self) -> render.Shown:
        """The board's revenue against the true one."""
        stale = sum(not look.fresh for look in self.looks)
        alt = (
            f"Of {len(self.looks)} mornings the board was wrong on {len(self.wrong)}, by up to "
            f"{dollars(max((abs(look.error) for look in self.wrong), default=0))}, and showed "
            f"an older day, marked as such, on {stale}."
        )
        return plots.figure(partial(_draw, self.looks), alt)


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
        "who was told": look.told,
    }


def _draw(looks: Sequence[Look], axes: Axes) -> None:
    days = range(1, len(looks) + 1)
    true = [look.morning.true.revenue for look in looks]
    axes.plot(days, true, "-", color=plots.RIGHT, label="true", linewidth=3)
    axes.plot(days, [max(look.shows, 0) for look in looks], "-", color=plots.WRONG, linewidth=1)
    for told, chosen, filled in (
        ("the board", [n for n, look in zip(days, looks, strict=True) if look.fresh], True),
        ("as of an older day", [n for n in days if not looks[n - 1].fresh], False),
    ):
        shows = [max(looks[n - 1].shows, 0) for n in chosen]
        face = plots.WRONG if filled else "none"
        axes.plot(chosen, shows, "o", color=plots.WRONG, mfc=face, label=told, markersize=5)
    axes.set_yscale("symlog", linthresh=1_000)
    top = 100 * max(true)  # in cents; the same before and after
    axes.set_ylim(0, top)
    axes.set_yticks([0, *(10**n for n in range(4, 10) if 10**n < top)])
    axes.yaxis.set_major_formatter(lambda value, _: f"${value:,.0f}")
    axes.set_xlabel("morning")
    axes.set_ylabel("revenue, logarithmic")
    axes.legend(loc="upper left", ncols=3, bbox_to_anchor=(0, 1.15))
