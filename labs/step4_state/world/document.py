"""STATES.md: the states of a day, their moves as a table and a picture, what to do in each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from labs.step4_state.world.stages import EVENTS, NEW, STATES, Event, Move, State
from workbook import plots, render

if TYPE_CHECKING:
    from matplotlib.axes import Axes

Transition = Callable[[State, Event], State]
ILLEGAL = "–"
_DAY = dt.date(2026, 1, 5)
_PLACES: dict[str, tuple[float, float]] = {"pending": (0, 1), "landed": (1, 1), "loaded": (2, 1)}
_PLACES |= {"published": (3.1, 1), "failed": (1, 0)}
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
    "failed": "read the error, mend the cause, retry; never move the mark by hand",
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
    """States and the moves between them; what leads to pending from everywhere is left out."""
    arrows: dict[tuple[str, str], list[str]] = {}
    for state in STATES:
        for event in EVENTS:
            to = following(transition, state, event)
            if to in _PLACES and to != state and event != "deliver":
                arrows.setdefault((state, to), []).append(event)
    told = "; ".join(f"{a} to {b} by {' or '.join(events)}" for (a, b), events in arrows.items())
    return plots.figure(
        lambda axes: _draw(axes, arrows), f"Moves between states: {told or 'none'}."
    )


def _draw(axes: Axes, arrows: dict[tuple[str, str], list[str]]) -> None:
    for state, place in _PLACES.items():
        axes.annotate(state, place, ha="center", va="center", color=plots.RIGHT, weight="bold")
    for (start, end), events in arrows.items():
        _arrow(axes, _PLACES[start], _PLACES[end], ", ".join(events))
    axes.set_xlim(-0.4, 3.4)
    axes.set_ylim(-0.3, 1.9)
    axes.set_axis_off()


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], label: str) -> None:
    """An arrow that bends away from the line where it goes back, with its events beside it."""
    back = end[0] < start[0] and end[1] == start[1]
    bend = 0.35 if back else 0.15 if start[1] != end[1] else 0.0
    style = {"arrowstyle": "->", "color": plots.INK, "shrinkA": 28, "shrinkB": 28}
    style["connectionstyle"] = f"arc3,rad={bend}"
    axes.annotate("", end, start, arrowprops=style)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    lift = 0.16 * abs(end[0] - start[0]) + 0.36 if back else 0.1 if start[1] == end[1] else 0.0
    forward_down = start[1] > end[1] and end[0] > start[0]
    side = 0.0 if start[1] == end[1] else -0.3 if forward_down else 0.24
    axes.annotate(label, (middle[0] + side, middle[1] + lift), ha="center", va="center")


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
