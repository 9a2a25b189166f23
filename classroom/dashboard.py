"""The dashboard: one self-contained page with a matrix, what to say next, who is stuck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom import insight, rows
from classroom.rows import Graded, Row
from fieldkit.report.report import page_of

MARKS = {
    rows.PASSED: "✓",
    rows.TRY_AGAIN: "✗",
    rows.ERROR: "!",
    rows.TIMED_OUT: "◷",
    rows.NOT_YET: "○",
    rows.NOT_HANDED_IN: "–",
    rows.UNREADABLE: "?",
    rows.NOT_JUDGED: "⚠",
}
KINDS = {rows.PASSED: "good", rows.NOT_YET: "soft", rows.NOT_HANDED_IN: "soft"}
SHOWN = 5  # what to say next; the rest is folded away


@dataclass(frozen=True)
class Told:
    """What a run is called. `names`: learner -> name, where they are to be shown.

    `live`: of a board, the nonce of its script; `seen`: how many events its page shows.
    """

    room: str
    took: str
    isolation: str
    absent: Sequence[str] = ()
    names: Mapping[str, str] | None = None
    pages: bool = False
    live: str = ""
    seen: int = 0


def page(graded: Sequence[Row], told: Told) -> str:
    """The page, as HTML."""
    return page_of(Path(__file__).with_name("dashboard.html.jinja"), **content(graded, told))


def content(graded: Sequence[Row], told: Told) -> dict[str, Any]:
    """What the page shows."""
    exercises = graded[0].exercises if graded else []
    shown = _handed_in(graded)
    left = sorted({one.step for one in exercises} - {exercises[n].step for n in shown})
    sayings = insight.say_next(graded)
    return {
        "told": told,
        "title": title(graded, told),
        "heads": [exercises[n] for n in shown],
        "lines": [_line(row, told, shown) for row in graded],
        "totals": [sum(row.exercises[n].passed for row in graded) for n in shown],
        "left": " and ".join(filter(None, [", ".join(map(str, left[:-1])), *map(str, left[-1:])])),
        "count": len(graded),
        "sayings": sayings[:SHOWN],
        "more": sayings[SHOWN:],
        "stuck": insight.stuck(graded),
        "look_at": insight.look_at(
            graded, told.absent, "nothing yet" if told.live else "not handed in"
        ),
        "marks": [(mark, verdict) for verdict, mark in MARKS.items()],
    }


def _handed_in(graded: Sequence[Row]) -> list[int]:
    """The exercises of steps of which anybody handed in something that can be read, by number."""
    nothing = (rows.NOT_HANDED_IN, rows.UNREADABLE)
    steps = {e.step for row in graded for e in row.exercises if e.verdict not in nothing}
    exercises = graded[0].exercises if graded else []
    return [n for n, one in enumerate(exercises) if one.step in steps or not steps]


def title(graded: Sequence[Row], told: Told) -> str:
    """`may · 20 handed in of 22 · judged in 6 min · isolation bubblewrap`."""
    handed = len(graded)
    of = f" of {handed + len(told.absent)}" if told.absent else ""
    what = "at work" if told.live else "handed in"
    parts = [told.room, f"{handed} {what}{of}", told.took and f"judged in {told.took}"]
    isolation = told.isolation and f"isolation {told.isolation}"
    return " · ".join(filter(None, [*parts, isolation]))


def _line(row: Row, told: Told, shown: Sequence[int]) -> dict[str, Any]:
    name = (told.names or {}).get(row.learner, "")
    reference = any(one.same_as == "reference" for one in row.exercises)
    return {
        "learner": row.learner,
        "name": name,
        "mark": "=ref" if reference else "",
        "cells": [_cell(row.exercises[n]) for n in shown],
    }


def _cell(one: Graded) -> dict[str, str]:
    seen = "s" if one.passed and one.help else ""
    why = one.observed or one.note
    return {
        "mark": MARKS.get(one.verdict, "?") + seen,
        "kind": KINDS.get(one.verdict, "bad"),
        "title": f"{one.id}: {one.shown}" + (f" · {why}" if why else ""),
        "id": one.id,
        "verdict": one.shown,
    }


def text(graded: Sequence[Row], told: Told) -> str:
    """What is said in the terminal after a run."""
    lines = [title(graded, told)]
    sayings = insight.say_next(graded)[:1]
    for one in sayings:
        lines.append(f"SAY NEXT  {len(one.learners)} of {len(graded)}: {one.message}")
        lines.append(f"          ask: {one.ask}")
    passed = sum(one.passed for row in graded for one in row.exercises)
    lines.append(f"{passed} of {sum(len(row.exercises) for row in graded)} passed")
    return "\n".join(lines)
