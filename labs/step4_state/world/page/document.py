"""STATES.md: the states of a day, their moves as a table and a picture, what to do in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labs.step4_state.world.stages import EVENTS, MOVES, NEW, STATES, Event, Move, State
from workbook import plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Transition = Callable[[State, Event], State]
ILLEGAL = "–"
_DAY = dt.date(2026, 1, 5)
_PLACES: dict[str, tuple[float, float]] = {
    "pending": (0, 1),
    "landed": (1, 1),
    "loaded": (2, 1),
    "published": (3, 1),
    "failed": (1, 0),
}
_BENDS = {
    ("published", "pending"): 0.28,
    ("failed", "pending"): -0.25,
    ("pending", "failed"): -0.05,
}
# Where the name of a legal move stands: beside its arrow, which the rules fix.
_LABELS = {
    ("pending", "landed"): (0.5, 1.1),
    ("landed", "loaded"): (1.5, 1.1),
    ("loaded", "published"): (2.5, 1.1),
    ("pending", "failed"): (0.65, 0.55),
    ("landed", "failed"): (1.12, 0.55),
    ("loaded", "failed"): (1.65, 0.45),
    ("failed", "pending"): (0.2, 0.35),
    ("published", "pending"): (1.5, 1.72),
}
_SEEN = {
    "pending": "no mark for the source's present content",
    "landed": "a whole file, and the manifest names it with this content",
    "loaded": "fact_orders holds the newest versions, and load_state this content",
    "published": "daily_revenue adds up to fact_orders, and is marked with this content",
    "failed": "a stage gave up; the error is kept beside the mark",
}
_TO_DO = {
    "pending": "run the night; a rerun is always allowed",
    "landed": "run the night; it goes on here",
    "loaded": "run the night; it goes on here",
    "published": "nothing; to fill it again: backfill, this day only",
    "failed": "read the error, fix the cause, retry; never move the mark by hand",
}


def following(transition: Transition, state: str, event: str) -> str:
    """The state that a transition gives for one day; a dash where it raises."""
    before = {_DAY: state} if state != NEW else {}
    try:
        after = transition(before, (event, _DAY))
        return str(after[_DAY])
    except Exception:
        return ILLEGAL


def observed(moves: Sequence[Move], last: int = 14) -> render.Shown:
    """The last of the observed moves: event, day, its state before and after."""
    rows = []
    for move in moves[-last:]:
        event, day = move.event
        before, after = move.before.get(day, "(not there)"), move.after[day]
        rows.append({"event": event, "day": str(day), "before": before, "after": after})
    return render.rows(rows)


def table(transition: Transition) -> list[dict[str, str]]:
    """A row for each state, a column for each event."""
    return [
        {"state": state or "(not there)"}
        | {event: following(transition, state, event) for event in EVENTS}
        for state in (NEW, *STATES)
    ]


def picture(transition: Transition) -> plots.Plot:
    """States and the moves between them; what leads to pending from everywhere is left out.

    Moves that no rule has are thin and have no labels: there can be thirty of them.
    """
    legal, odd = _moves(transition)
    texts = [f"{a} to {b} by {event}" for (a, b), event in legal.items()]
    alt = f"Legal moves: {'; '.join(texts) or 'none'}. Moves that no rule has: {len(odd)}."
    return plots.figure(lambda axes: _draw(axes, legal, odd), alt, height=3.0)


def _moves(transition: Transition) -> tuple[dict[tuple[str, str], str], set[tuple[str, str, str]]]:
    """From one state to another: the event of each legal move; and all moves that no rule has."""
    legal: dict[tuple[str, str], str] = {}
    odd: set[tuple[str, str, str]] = set()
    for state in STATES:
        for event in EVENTS:
            to = following(transition, state, event)
            if to in _PLACES and to != MOVES.get((state, event)):
                odd.add((state, to, event))
            elif to in _PLACES and to != state and event != "deliver":
                legal[state, to] = event
    return legal, odd


def _draw(axes: Axes, legal: dict[tuple[str, str], str], odd: set[tuple[str, str, str]]) -> None:
    for start, end in sorted({(a, b) for a, b, _ in odd} - legal.keys()):
        if start != end:
            _arrow(axes, start, end, plots.WRONG, 0.25, dashed=True)
    for (start, end), event in legal.items():
        bend = _BENDS.get((start, end), 0.0)
        _arrow(axes, start, end, plots.INK, bend)
        axes.annotate(event, _LABELS[start, end], ha="center", va="center")
    for state, place in _PLACES.items():
        box = {"boxstyle": "round,pad=0.5", "fc": "none", "ec": plots.RIGHT}
        axes.annotate(state, place, ha="center", va="center", color=plots.RIGHT, bbox=box)
    all_legal = "all of them legal" if not odd else f"and {len(odd)} that no rule has (dashed)"
    axes.set_title(f"{len(legal)} moves between states, {all_legal}")
    axes.set_xlim(-0.5, 3.5)
    axes.set_ylim(-0.35, 1.9)
    axes.set_axis_off()


def _arrow(
    axes: Axes, start: str, end: str, colour: str, bend: float, *, dashed: bool = False
) -> None:
    """An arrow between two boxes that ends at their edges."""
    style = {"arrowstyle": "->", "color": colour, "shrinkA": 27, "shrinkB": 27}
    if _PLACES[start][1] != _PLACES[end][1]:  # up or down: a box is less high than wide
        style |= {"shrinkA": 15, "shrinkB": 17}
    style |= {"connectionstyle": f"arc3,rad={bend}", "linewidth": 0.6 if dashed else 1.0}
    style |= {"linestyle": "dashed"} if dashed else {}
    axes.annotate("", _PLACES[end], _PLACES[start], arrowprops=style)


def document(transition: Transition) -> dict[str, str]:
    """The files to keep: STATES.md and its picture."""
    rows = table(transition)
    lines = ["# States of a day", "", "![Moves between the states](STATES.svg)", ""]
    lines += ["A delivery of new or changed content makes a day pending, wherever it was.", ""]
    lines += _markdown(rows)
    lines += ["", f"`{ILLEGAL}`: illegal, raises. An event moves its own day and no other.", ""]
    told: list[dict[str, str]] = []
    for state in STATES:
        told.append({"state": state, "what shows it": _SEEN[state], "what to do": _TO_DO[state]})
    lines += ["## What shows it, what to do", "", *_markdown(told), ""]
    lines += ["## Ours", "", "Which table or file shows each state in *your* pipeline, and who"]
    lines += ["may cause each event? Put your own names into the second column.", ""]
    svg = picture(transition).svg
    return {"STATES.md": "\n".join(lines), "STATES.svg": svg}


def _markdown(rows: list[dict[str, str]]) -> list[str]:
    names = list(rows[0])
    lines = [names, ["---"] * len(names), *([row[name] for name in names] for row in rows)]
    return [f"| {' | '.join(cells)} |" for cells in lines]
