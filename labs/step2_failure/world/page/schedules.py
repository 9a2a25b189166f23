"""Many mornings, each on a board of its own: what became of them, by kind; one of them in time."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from fieldkit.chaos.upstream import Served, Upstream
from labs.step2_failure.world.job import VERDICTS, Ingest, of_page
from labs.step2_failure.world.job import run as run_one
from labs.step2_failure.world.mornings import MORNINGS, morning, mornings
from workbook import Answer, plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_GOOD = VERDICTS[:3]


def run(ingest: Ingest, api: Upstream, seed: int, count: int) -> Schedules:
    """Let a job run on so many mornings of all kinds."""
    answer = of_page(ingest)
    return Schedules([_ended(answer, api, one, seed) for one in mornings(seed, count)])


def _ended(answer: Answer, api: Upstream, one: Any, seed: int) -> tuple[str, str]:
    return one.kind, run_one(answer, api, one, seed).verdict


@dataclass(frozen=True, repr=False)
class Schedules:
    """What became of many mornings: pairs of a morning's kind and a verdict."""

    ends: Sequence[tuple[str, str]]

    def __repr__(self) -> str:
        return f"<{len(self.ends)} mornings: .counts() and .matrix(before)>"

    @property
    def bad(self) -> int:
        """Mornings that ended in any way but a true board, or a stale or partial one and a word."""
        return sum(verdict not in _GOOD for _, verdict in self.ends)

    def counts(self) -> render.Shown:
        """How often each verdict was reached, and on which kinds of mornings."""
        kinds: dict[str, Counter[str]] = {verdict: Counter() for verdict in VERDICTS}
        for kind, verdict in self.ends:
            kinds[verdict][kind] += 1
        rows = [
            {"verdict": verdict, "mornings": sum(found.values()), "kinds": _some(list(found))}
            for verdict, found in kinds.items()
        ]
        return render.rows(rows)

    def worst(self) -> dict[str, str]:
        """Kind of morning -> the worst verdict that it got."""
        found: dict[str, str] = {}
        for kind, verdict in self.ends:
            found[kind] = max(found.get(kind, verdict), verdict, key=VERDICTS.index)
        return found

    def matrix(self, before: Schedules) -> render.Shown:
        """The worst verdict of each kind of morning, before and after."""
        first, second = before.worst(), self.worst()
        alt = (
            f"Of {len(MORNINGS)} kinds of mornings, {_count(first)} ended badly before and "
            f"{_count(second)} afterwards."
        )
        return plots.figure(partial(_draw_matrix, first, second), alt, height=5.2)


def _count(worst: dict[str, str]) -> str:
    return str(sum(verdict not in _GOOD for verdict in worst.values()))


def _some(kinds: Sequence[str], most: int = 5) -> str | None:
    more = f" and {len(kinds) - most} more" if len(kinds) > most else ""
    return (", ".join(kinds[:most]) + more) or None


def _draw_matrix(first: dict[str, str], second: dict[str, str], axes: Axes) -> None:
    rows = {kind: -n for n, kind in enumerate(MORNINGS)}
    good = {kind: verdict for kind, verdict in second.items() if verdict in _GOOD}
    bad = {kind: verdict for kind, verdict in second.items() if verdict not in _GOOD}
    looks: tuple[tuple[dict[str, str], str, dict[str, Any]], ...] = (
        (first, "before", {"marker": "o", "mfc": "none", "color": plots.INK, "markersize": 9}),
        (good, "after, fine", {"marker": "o", "color": plots.RIGHT, "markersize": 4}),
        (bad, "after, bad", {"marker": "x", "color": plots.WRONG, "markersize": 5}),
    )
    for worst, label, look in looks:
        x = [VERDICTS.index(verdict) for verdict in worst.values()]
        y = [rows[kind] for kind in worst]
        axes.plot(x, y, linestyle="none", label=label, **look) if x else None
    axes.axvline(len(_GOOD) - 0.5, color=plots.INK, linewidth=0.8, linestyle=":")
    axes.set_yticks(list(rows.values()), list(rows))
    labels = [verdict.replace("-", "-\n").replace(" ", "\n") for verdict in VERDICTS]
    axes.set_xticks(range(len(VERDICTS)), labels)
    axes.tick_params(left=False, bottom=False)
    axes.set_xlim(-0.5, len(VERDICTS) - 0.5)
    axes.legend(loc="upper left", ncols=3, bbox_to_anchor=(0, 1.08))


def timeline(ingest: Ingest, api: Upstream, kind: str, seed: int) -> render.Shown:
    """One morning of a kind: every request by virtual time, the alerts, the end."""
    ran = run_one(of_page(ingest), api, morning(kind, seed), seed)
    asked = sorted(ran.served, key=lambda one: one.number)
    start = ran.morning.start.timestamp()
    told = [at / 60 for at, _ in ran.alerts]
    ended = ran.outcome.evidence["http"]["seconds"] / 60
    waits = [later.at - one.at for one, later in itertools.pairwise(asked)]
    alerts = f"{len(told)} alert{'s' * (len(told) != 1)}"
    alt = (
        f"{ran.morning.told}: {len(asked)} requests in {ended:.1f} minutes, the longest wait "
        f"{max(waits, default=0):.0f} s, {alerts}; the board: {ran.verdict}."
    )
    draw = partial(_draw_timeline, [((s.at - start) / 60, s) for s in asked], told, ended)
    return plots.figure(draw, alt, height=2.2)


def _draw_timeline(
    asked: Sequence[tuple[float, Served]], told: Sequence[float], ended: float, axes: Axes
) -> None:
    looks = (("refused", False, plots.WRONG, "x"), ("served", True, plots.RIGHT, "o"))
    for label, served, colour, mark in looks:
        points = [
            (at, _page(one)) for at, one in asked if (one.status == 200 and not one.fault) == served
        ]
        axes.plot(*zip(*points, strict=True), mark, color=colour, label=label) if points else None
    for n, at in enumerate(told):
        axes.axvline(at, color=plots.UNSURE, linestyle=":", label="alert" if not n else None)
    axes.axvline(ended, color=plots.INK, linewidth=0.8, label="end of the run")
    axes.set_yticks(range(1, 5))
    axes.set_xlim(-0.2, max(12, ended * 1.05))
    axes.set_ylim(0.5, 4.5)
    axes.set_xlabel("minutes after 06:00, virtual")
    axes.set_ylabel("page")
    axes.legend(loc="upper left", ncols=4, bbox_to_anchor=(0, 1.25))


def _page(one: Served) -> int:
    digits = one.path.partition("page=")[2].partition("&")[0]
    return int(digits) if digits.isdigit() else 1
