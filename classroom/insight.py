"""What a facilitator should see in the rows: what to say next, who is stuck, what to look at."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from classroom import rows, sheets, tables
from classroom.rows import Graded, Row
from workbook import catalog

TRIES, TOO_LONG, SAME = 3, 1.5, 3  # attempts, times the exercise's minutes, the same finding


@dataclass(frozen=True)
class Saying:
    """One finding that learners have first, and the question that helps."""

    exercise: str
    finding: str
    learners: tuple[str, ...]
    message: str
    ask: str


@dataclass(frozen=True)
class Remark:
    """A line about learners. `kind`: what it is about."""

    learner: str
    text: str


def say_next(graded: Sequence[Row]) -> list[Saying]:
    """First findings, those that most learners have first: one plain mistake has many findings."""
    who: dict[tuple[str, str], list[str]] = {}
    first: dict[tuple[str, str], Graded] = {}
    for row in graded:
        for one in row.exercises:
            if one.first_finding and not one.passed:
                who.setdefault((one.id, one.first_finding), []).append(row.learner)
                first.setdefault((one.id, one.first_finding), one)
    ranked = sorted(who, key=lambda key: (-len(who[key]), first[key].step, key))
    return [
        Saying(
            exercise,
            finding,
            tuple(who[exercise, finding]),
            tables.words(first[exercise, finding]).get("message", finding),
            sheets.question(exercise, finding),
        )
        for exercise, finding in ranked
    ]


def stuck(graded: Sequence[Row]) -> list[Remark]:
    """Who does not get on: no pass, and three attempts, too many minutes, or one finding thrice.

    A line for each learner; who is stuck in most exercises first.
    """
    found: dict[str, list[str]] = {}
    for row in graded:
        for one in row.exercises:
            if why := _stuck(one):
                found.setdefault(row.learner, []).append(f"{one.id}: {', '.join(why)}")
    told = sorted(found.items(), key=lambda one: -len(one[1]))
    return [Remark(learner, " · ".join(lines)) for learner, lines in told]


def _stuck(one: Graded) -> list[str]:
    if one.passed or one.claimed == rows.PASSED:
        return []
    why = []
    planned = catalog.find(one.id).minutes
    if one.attempts >= TRIES:
        why.append(f"{one.attempts} tries")
    if one.minutes > TOO_LONG * planned:
        why.append(f"{one.minutes:.0f} min of {planned}")
    if one.repeated >= SAME:
        why.append(f"the same finding {one.repeated} times")
    return why


def look_at(
    graded: Sequence[Row], absent: Sequence[str], why: str = "not handed in"
) -> list[Remark]:
    """What a person should look at: what could not be read or judged, copies, other claims."""
    found = [Remark(learner, why) for learner in absent]
    for row in graded:
        if row.status != rows.JUDGED:
            found.append(Remark(row.learner, f"{row.status} ({row.source})"))
        found += [Remark(row.learner, note) for note in row.notes]
        found += [
            Remark(row.learner, f"{', '.join(exercises)}: {told}")
            for told, exercises in _oddities(row).items()
        ]
    return found + list(_alike(graded))


def _alike(graded: Sequence[Row]) -> Iterator[Remark]:
    """Learners with the same text, a line for each group; those with most in common first."""
    seen: dict[tuple[str, ...], dict[str, None]] = {}
    for row in graded:
        for one in row.exercises:
            if one.same_as and not isinstance(one.same_as, str):
                learners = tuple(sorted([row.learner, *one.same_as]))
                seen.setdefault(learners, {}).setdefault(one.id)
    for learners, exercises in sorted(seen.items(), key=lambda one: (-len(one[1]), one[0])):
        yield Remark(", ".join(learners), f"{', '.join(exercises)}: the same text")


def _oddities(row: Row) -> dict[str, list[str]]:
    """What is odd in a row, and the exercises of which it is told."""
    found: dict[str, list[str]] = {}
    for one in row.exercises if row.status == rows.JUDGED else ():
        for told in _odd(one):
            found.setdefault(told, []).append(one.id)
    return found


def _odd(one: Graded) -> list[str]:
    told = []
    if one.verdict in (rows.NOT_JUDGED, rows.UNREADABLE, rows.TIMED_OUT, rows.ERROR):
        told.append(", ".join(filter(None, [one.verdict, one.note])))
    elif one.claimed == rows.PASSED and not one.passed:
        told.append(f"{one.verdict} here, PASSED in the learner's record")
    if one.same_as == "reference":
        told.append("the same text as the reference")
    return told
