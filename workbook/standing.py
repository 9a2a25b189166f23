"""Where a learner stands: attempts noted, hints and solutions given, the scorecard."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from workbook import catalog, pages, render
from workbook.catalog import Exercise
from workbook.errors import UsageError
from workbook.progress import HINT, HONEST, SOLUTION, Attempt, Progress, Saving, Standing
from workbook.results import Result, Verdict

PAUSE = 15.0  # minutes between two attempts that count as a pause


def recorded(progress: Progress, result: Result, seed: int, source: str, seconds: float) -> Result:
    """Note an attempt; the result comes back with what the record has to say about it."""
    progress.attempt(result, seed, pages.digest(source), seconds)
    note = " · ".join(filter(None, (result.note, progress.notice)))
    if not result.passed:
        return replace(result, note=note)
    helped = progress.standing(result.exercise).helped or result.help
    return replace(result, note=note, help=helped, next=_next(catalog.find(result.exercise)))


def _next(exercise: Exercise) -> str:
    """What follows on the page: by its place there, so that a repeated run says the same."""
    exercises = list(exercise.lab.exercises.values())
    for one in exercises[exercises.index(exercise) + 1 :]:
        return f"{one.id} · {one.title} ({one.minutes} min)"
    return "Prove it, below on the page"


def given_hint(exercise: Exercise, progress: Progress, step: int | None) -> tuple[int, str]:
    """Note that a hint is given, and return its number and text (Markdown).

    Without `step` it is the next one, if there was an attempt since. First stands what the last
    check found and where to look. Raises UsageError.
    """
    standing = progress.standing(exercise.id)
    step = standing.next_hint if step is None else step
    if step not in (1, 2, 3):
        raise UsageError(f"step={step!r}: there are hints 1, 2 and 3")
    progress.help(exercise.id, HINT, str(step))
    found = exercise.lab.findings.get(standing.finding)
    last = (
        f"**Your last check** · {found['message']}. Look at: {found['look']}\n\n" if found else ""
    )
    return step, f"{last}**Hint {step} of 3** · {exercise.hints[step - 1]}"


def given_solution(exercise: Exercise, progress: Progress, confirm: bool) -> str | None:
    """The reference's text, noted; None before a pass, three honest attempts or `confirm`."""
    standing = progress.standing(exercise.id)
    if not (standing.passed or standing.honest >= HONEST or confirm):
        return None
    progress.help(exercise.id, SOLUTION)
    return exercise.reference.text.strip()


def verdict(exercise: Exercise, progress: Progress, *, run: bool = False) -> Verdict:
    """How an exercise stands; in the record of a page's `run`, whether its check came at all."""
    if run and not progress.attempted(exercise.id):
        return Verdict.NOT_REACHED
    standing = progress.standing(exercise.id)
    return Verdict.PASSED if standing.passed else standing.last


def minutes_of(tries: Sequence[Attempt]) -> float:
    """Minutes from the first attempt to the first pass, or to the last one; pauses left out."""
    times = []
    for one in tries:
        times.append(dt.datetime.fromisoformat(one.at))
        if one.verdict == Verdict.PASSED:
            break
    gaps = [(b - a).total_seconds() / 60 for a, b in itertools.pairwise(times)]
    return sum(gap for gap in gaps if 0 < gap <= PAUSE)


def told_saving(saving: Saving) -> str:
    """One figure before and after, in a line."""
    shown = [amount(value, saving.kind) for value in (saving.before, saving.after)]
    gained = saving.before - saving.after
    end = f"saved: {amount(gained, saving.kind)}" if gained > 0 else "nothing is saved yet"
    return f"{saving.what}: {shown[0]} before, {shown[1]} now; {end}"


def amount(value: float, kind: str) -> str:
    """A figure as people write it: dollars, hours with one decimal, or a plain number."""
    sign = "−" if value < 0 else ""
    if kind == "dollars":
        return f"{sign}${abs(value):,.0f}"
    return f"{sign}{abs(value):,.1f} h" if kind == "hours" else f"{sign}{abs(value):,.0f}"


def scorecard(
    labs: Sequence[catalog.Lab], progress: Progress, *, run: bool = False
) -> list[dict[str, Any]]:
    """One row per exercise: id, time planned, core or not, how it stands, help; and a total."""
    exercises = [one for lab in labs for one in lab.exercises.values()]
    standings = [progress.standing(one.id) for one in exercises]
    rows: list[dict[str, Any]] = [
        {
            "step": exercise.lab.step,
            "exercise": exercise.id,
            "planned": _planned(exercise),
            "core": "core" if exercise.core else "",
            "state": _state(verdict(exercise, progress, run=run), standing.helped),
            "attempts": standing.honest,
            "hints": standing.hints,
        }
        for exercise, standing in zip(exercises, standings, strict=True)
    ]
    core = [s for e, s in zip(exercises, standings, strict=True) if e.core]
    total: dict[str, Any] = {
        "step": "",
        "exercise": "in all",
        "planned": _planned(*exercises),
        "core": _passed(core),
        "state": _passed(standings),
        "attempts": sum(standing.honest for standing in standings),
        "hints": sum(standing.hints for standing in standings),
    }
    return [*rows, total]


def _planned(*exercises: Exercise) -> str:
    """What exercises are meant to take; nobody measured it, and the heading says so."""
    return f"{sum(one.minutes for one in exercises)} min"


def _passed(standings: Sequence[Standing]) -> str:
    return f"{sum(standing.passed for standing in standings)} of {len(standings)} passed"


def _state(verdict: Verdict, helped: str) -> str:
    """A badge; what helped is said of a pass, as of anything else it would say nothing."""
    return render.badge(verdict) + (f" ({helped})" if verdict is Verdict.PASSED and helped else "")
