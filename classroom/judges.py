"""A submission becomes a task for a judge's process, and what comes back becomes a row."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from classroom import intake, rows, taken
from classroom.intake import Entry, Found
from classroom.judging import Task
from classroom.members import printable
from classroom.rounds import Came
from classroom.rows import Graded, Row, Spent
from workbook.catalog import Exercise


@dataclass(frozen=True)
class Options:
    """How submissions are judged. `wanted`: the exercises; `minutes`: for one submission.

    `learners`: the class's ids and worlds; `key`: what unseen worlds follow from;
    `pages`: where executed pages go, if they are wanted; `certify`: instruments confirm passes.
    """

    wanted: Sequence[Exercise]
    worlds: int
    minutes: float
    isolation: str
    learners: dict[str, int]
    key: str
    pages: Path | None = None
    certify: bool = False

    @property
    def labs(self) -> list[str]:
        """The labs of the exercises."""
        return list(dict.fromkeys(exercise.lab.id for exercise in self.wanted))

    def digest(self, engine: str) -> str:
        """What else a row depends on."""
        parts = [
            engine,
            str(self.worlds),
            self.isolation,
            self.key,
            str(bool(self.pages)),
            str(self.certify),
        ]
        return "|".join([*parts, *(exercise.id for exercise in self.wanted)])


def task(entry: Entry, found: Found, options: Options) -> Task:
    """What a judge's process is asked to do with a submission."""
    by_file: dict[str, list[str]] = {}
    told: dict[str, tuple[str, str]] = {}
    for exercise in options.wanted:
        if exercise.id in found.answers:
            by_file.setdefault(str(found.answers[exercise.id]), []).append(exercise.id)
        elif exercise.id in found.broken:
            told[exercise.id] = rows.UNREADABLE, found.broken[exercise.id]
        elif found.lost or entry.refused:
            told[exercise.id] = rows.UNREADABLE, entry.refused or found.lost[0]
        else:
            told[exercise.id] = rows.NOT_HANDED_IN, ""
    return Task(
        answers=list(by_file.items()),
        told=told,
        world=entry.world,
        dealt=entry.who in options.learners,
        unseen=unseen(options, entry),
        isolation=options.isolation,
        record=str(found.record or ""),
        seconds=options.minutes * 60,
        certify=options.certify,
    )


def row(entry: Entry, found: Found, came: Came, options: Options) -> Row:
    """The row of a submission, of what judging it came to."""
    graded = [came.graded.get(e.id) or _not_judged(e) for e in options.wanted]
    notes = [*found.notes, *came.notes, *filter(None, [entry.refused]), *found.broken.values()]
    world = entry.world if entry.who in options.learners else None
    own = next(iter(sorted(came.worlds - set(unseen(options, entry)))), None)
    world = world if world is not None else own
    if found.answers and world is None:
        notes.append("its world is not known: judged on others")
    reports, refused, why = taken.taken(entry.bag)
    return Row(
        learner=entry.learner,
        source=printable(entry.path.name),
        status=_status(entry, found),
        notes=list(dict.fromkeys([*notes, *why])),
        world=world,
        engine=version(),
        isolation=options.isolation,
        seconds=Spent(came.wall, came.cpu),
        digest=entry.digest,
        certified=options.certify,
        diagnosis=intake.diagnosed(entry.bag),
        taken=reports,
        not_evidence=refused,
        exercises=graded,
    )


def _status(entry: Entry, found: Found) -> str:
    if found.answers:
        return rows.JUDGED
    return rows.BROKEN if found.broken or found.lost or entry.refused else rows.NOTHING


def _not_judged(exercise: Exercise) -> Graded:
    note = "the judge's process told nothing of it"
    return Graded(
        step=exercise.lab.step,
        id=exercise.id,
        core=exercise.core,
        verdict=rows.NOT_JUDGED,
        note=note,
    )


def unseen(options: Options, entry: Entry) -> list[int]:
    """Seeds that the learner has not seen, as many as worlds: the first stands in for their own."""
    who = entry.who or entry.learner
    told = (f"{options.key}|{who}|{number}" for number in range(options.worlds))
    digests = (int(hashlib.sha256(one.encode()).hexdigest(), 16) for one in told)
    return [20_000 + digest % 70_000 for digest in digests]


def version() -> str:
    """The version of the engine."""
    from importlib.metadata import version as installed

    return installed("operator-workbook")
