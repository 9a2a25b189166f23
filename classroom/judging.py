"""Judges one submission, exercise by exercise, in a process of its own."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from classroom import confirming, records, rows
from classroom.rows import Graded
from workbook import catalog, copies, needed, outside, pages, submission
from workbook.catalog import Exercise
from workbook.errors import WorkbookError
from workbook.progress import Progress
from workbook.results import Result, Verdict
from workbook.session import Cell
from workbook.submission import Submission
from workbook.workspace import DEFAULT_SEED

SUBSTANTIAL = 100  # characters that two learners do not write alike by chance


class Task(msgspec.Struct, forbid_unknown_fields=True):
    """What a judge's process is asked to do.

    `answers`: files, each with the exercises in it; `told`: exercise -> verdict and note where
    nothing is to be judged; `world`: the learner's seed, None where it is not known; `dealt`:
    whether that is the class's word, and not the page's; `unseen`: seeds of further worlds;
    `record`: a copy of the learner's record, or ""; `seconds`: how long it may take; `certify`:
    whether instruments confirm passes.
    """

    answers: list[tuple[str, list[str]]]
    told: dict[str, tuple[str, str]]
    world: int | None
    dealt: bool
    unseen: list[int]
    isolation: str
    record: str
    seconds: float
    certify: bool = False


class Began(msgspec.Struct, tag="began", forbid_unknown_fields=True):
    """An exercise's turn has come; "" once the record was read."""

    exercise: str


class Done(msgspec.Struct, tag="done", forbid_unknown_fields=True):
    """An exercise has its verdict; `world`: the seed that its own world followed from."""

    graded: Graded
    world: int | None


class Noted(msgspec.Struct, tag="noted", forbid_unknown_fields=True):
    """Something odd about the submission."""

    note: str


class Ended(msgspec.Struct, tag="ended", forbid_unknown_fields=True):
    """How it went: `whole`, `late` or `died`, and why; seconds of the processors."""

    how: str
    why: str = ""
    cpu: float = 0.0


Message = Began | Done | Noted | Ended
Tell = Callable[[Message], None]


def slow_modules(exercises: Iterable[str]) -> list[str]:
    """Of the modules that labs know to be slow, those that exercises import as they shipped."""
    named: list[str] = []
    for one in map(catalog.find, exercises):
        found = pages.starters(one.lab.page).get(one.id)
        if found and found.names:
            named += needed.imports([Cell(found.source, one.id)], one.lab.preload)
    return list(dict.fromkeys(named))


def judge(task: Task, tell: Tell) -> None:
    """Judge a submission and tell each result as it comes."""
    record = _record(task, tell)
    tell(Began(""))
    for name, (verdict, note) in task.told.items():
        tell(Done(_graded(catalog.find(name), record, verdict=verdict, note=note), None))
    given = [
        _file(task, Path(path), [catalog.find(one) for one in ids], record, tell)
        for path, ids in task.answers
    ]
    for one in given:
        outside.warm_up(one.values(), task.isolation)
    # All of them before an answer runs that could change the files of another one's check.
    outside.prepare([exercise for one in given for exercise, _ in one.values()])
    for one in given:
        unknown = any(read.seed == task.unseen[0] for _, read in one.values())
        _judged(task, one, task.unseen[1:] if unknown else task.unseen[:-1], record, tell)


def _record(task: Task, tell: Tell) -> Progress | None:
    try:
        return records.opened(Path(task.record) if task.record else None)
    except Exception as error:  # somebody else's file
        why = " ".join(str(error).split())[:200]
        tell(Noted(f"its record was not read: {why}"))
        return None


def _graded(exercise: Exercise, record: Progress | None, **told: Any) -> Graded:
    """A row's exercise, with what the learner's record says."""
    try:
        of_record = records.told(record, exercise.id)
    except Exception:  # somebody else's file: it does not change a verdict
        of_record = {}
    return Graded(step=exercise.lab.step, id=exercise.id, core=exercise.core, **(of_record | told))


def _file(
    task: Task, path: Path, exercises: Sequence[Exercise], record: Progress | None, tell: Tell
) -> dict[str, tuple[Exercise, Submission]]:
    """The answers in one file that are to be judged; of the others it is told what they are."""
    seed = task.world if task.dealt else None
    own = task.world if task.world is not None else task.unseen[0]
    given: dict[str, tuple[Exercise, Submission]] = {}
    for exercise in exercises:
        fallback = DEFAULT_SEED if exercise.bound and task.world is None else own
        try:
            one = submission.read(exercise, path, seed, fallback)
        except WorkbookError as error:
            said = _graded(exercise, record, verdict=rows.UNREADABLE, note=str(error))
            tell(Done(said, None))
            continue
        if not one.source or submission.untouched(exercise, one):
            tell(Done(_graded(exercise, record, verdict=rows.NOT_YET, note=one.note), one.seed))
        else:
            given[exercise.id] = exercise, one
    return given


def _judged(
    task: Task,
    given: dict[str, tuple[Exercise, Submission]],
    unseen: Sequence[int],
    record: Progress | None,
    tell: Tell,
) -> None:
    waiting = list(given)
    tell(Began(waiting[0] if waiting else ""))
    began = time.perf_counter()
    for result in outside.judged(given, task.isolation, worlds=1, unseen=unseen):
        exercise, one = given[result.exercise]
        told = _told(result)
        if task.certify and result.passed and exercise.confirm:
            told |= _confirmed(exercise, one, task.seconds)
        seconds = round(time.perf_counter() - began, 2)
        graded = _graded(exercise, record, **told, seconds=seconds, form=_form(one))
        tell(Done(graded, one.seed))
        waiting.remove(result.exercise)
        tell(Began(waiting[0] if waiting else ""))
        began = time.perf_counter()


def _told(result: Result) -> dict[str, Any]:
    """A result of the judge as fields of a row."""
    not_judged = result.verdict is Verdict.COULD_NOT_JUDGE
    found = result.findings
    told = {
        "verdict": rows.NOT_JUDGED if not_judged else str(result.verdict),
        "first_finding": found[0].id if found else "",
        "findings": [finding.id for finding in found],
        "observed": _one_line(found[0].observed) if found else "",
        "cases": result.cases,
        "worlds": result.seeds,
        "note": _one_line(result.note),
        "same_as": result.same_as or None,
    }
    return told | ({"help": result.help} if result.help else {})


def _confirmed(exercise: Exercise, given: Submission, seconds: float) -> dict[str, Any]:
    """What an instrument says of a pass, as fields of a row."""
    name = exercise.confirm["by"].split()[0]
    why = confirming.refuted(exercise, given, seconds)
    if not why:
        return {"confirmed": f"fieldkit {name}"}
    note = _one_line(f"the check passed, and fieldkit {name} does not confirm it: {why}")
    return {"verdict": rows.TRY_AGAIN, "note": note}


def _one_line(text: str) -> str:
    told = " ".join(text.split())
    return "".join(letter if letter.isprintable() else "?" for letter in told)[:500]


def _form(given: Submission) -> str:
    """A digest of an answer without names and layout; "" where two may be alike by chance."""
    source = given.source if given.text is None else " ".join(given.text.split()).casefold()
    if len("".join(source.split())) < SUBSTANTIAL:
        return ""
    form = copies.form(source) if given.text is None else source
    return hashlib.sha256(form.encode("utf-8", "replace")).hexdigest()[:16]
