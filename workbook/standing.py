"""Where a learner stands: attempts noted, hints and solutions given, the scorecard."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workbook import catalog, pages, render
from workbook.catalog import Exercise
from workbook.errors import UsageError
from workbook.progress import HINT, HONEST, SOLUTION, Progress, Standing
from workbook.results import Result, Verdict


def recorded(progress: Progress, result: Result, seed: int, source: str, seconds: float) -> Result:
    """Note an attempt; the result comes back with what the record has to say about it."""
    progress.attempt(result, seed, pages.digest(source), seconds)
    note = " · ".join(filter(None, (result.note, progress.notice)))
    helped = progress.standing(result.exercise).helped if result.passed else ""
    return replace(result, note=note, help=helped)


def given_hint(exercise: Exercise, progress: Progress, step: int | None) -> int:
    """Note that a hint is given; without `step` the next one, if there was an attempt since."""
    if step is None:
        step = progress.standing(exercise.id).next_hint
    if step not in (1, 2, 3):
        raise UsageError(f"step={step!r}: there are hints 1, 2 and 3")
    progress.help(exercise.id, HINT, str(step))
    return step


def given_solution(exercise: Exercise, progress: Progress, confirm: bool) -> str | None:
    """The reference's text, noted; None before a pass, three honest attempts or `confirm`."""
    standing = progress.standing(exercise.id)
    if not (standing.passed or standing.honest >= HONEST or confirm):
        return None
    progress.help(exercise.id, SOLUTION)
    return exercise.reference.text.strip()


def scorecard(lab: catalog.Lab, progress: Progress) -> list[dict[str, Any]]:
    """One row per exercise: id, minutes, whether it is core, and how it stands."""
    rows = []
    for exercise in lab.exercises.values():
        standing = progress.standing(exercise.id)
        row = {"step": lab.step, "exercise": exercise.id, "min": exercise.minutes}
        rows.append(row | {"core": "core" if exercise.core else "", "state": _state(standing)})
    return rows


def _state(standing: Standing) -> str:
    verdict = Verdict.PASSED if standing.passed else standing.last
    helped = f" ({standing.helped})" if standing.helped else ""
    return f"{render.MARKS[verdict]} {verdict}{helped}"
