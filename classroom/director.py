"""The director's page: did it change anything? Two grading runs of one class; nobody is named."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median, stdev
from typing import Any

from classroom import tables
from classroom.rows import Graded, Row
from fieldkit.report.report import page_of
from workbook import catalog

FEWEST = 5  # below so many learners a figure would name somebody
COMMONEST = 3
PARTS = (
    ("Exercise by exercise, unaided", "changes"),
    ("The core: how it was passed", "helped"),
    ("What is left, and what it costs at work", "left"),
    ("Taken to work", "taken"),
)
_NORMAL = 1.96  # two-sided, 95 %
_STUDENT = (2.78, 2.57, 2.45, 2.36, 2.31, 2.26, 2.23, 2.20, 2.18, 2.16, 2.14, 2.13, 2.12, 2.11)


@dataclass(frozen=True)
class Change:
    """Who passed what, before and after, among those who were judged both times."""

    what: str
    learners: int
    before: int
    after: int
    gained: int
    lost: int

    @property
    def interval(self) -> tuple[int, int]:
        """The paired difference in percent, 95 %: Agresti and Min (2005), half added to a cell."""
        n, gained, lost = self.learners + 2, self.gained + 0.5, self.lost + 0.5
        middle = (gained - lost) / n
        spread = math.sqrt(max(0.0, gained + lost - (gained - lost) ** 2 / n)) / n
        ends = middle - _NORMAL * spread, middle + _NORMAL * spread
        return round(100 * max(-1.0, ends[0])), round(100 * min(1.0, ends[1]))


def changes(before: Sequence[Row], after: Sequence[Row]) -> list[Change]:
    """Exercise by exercise, who passed it unaided before and after."""
    first = {row.learner: row for row in before}
    both = [(first[row.learner], row) for row in after if row.learner in first]
    found = []
    for one in after[0].exercises if after else ():
        if any(e.id == one.id for row in before for e in row.exercises):
            pairs = [(_unaided(a, one.id), _unaided(b, one.id)) for a, b in both]
            found.append(_change(_title(one), pairs))
    return found


def _change(what: str, pairs: Sequence[tuple[bool, bool]]) -> Change:
    return Change(
        what,
        len(pairs),
        sum(a for a, _ in pairs),
        sum(b for _, b in pairs),
        sum(b and not a for a, b in pairs),
        sum(a and not b for a, b in pairs),
    )


def _unaided(row: Row, exercise: str) -> bool:
    return any(one.id == exercise and one.unaided for one in row.exercises)


def diagnosis(rows: Sequence[Row]) -> tuple[int, float, float, float, float] | None:
    """Learners with both, mean percent before and after, and the interval of the difference."""
    told = [row.diagnosis for row in rows if {"before", "after"} <= row.diagnosis.keys()]
    if len(told) < FEWEST:
        return None
    before = [100 * one["before"] / one["best"] for one in told]
    after = [100 * one["after"] / one["best"] for one in told]
    gaps = [b - a for a, b in zip(before, after, strict=True)]
    factor = _STUDENT[min(len(told) - FEWEST, len(_STUDENT) - 1)]
    spread = factor * stdev(gaps) / math.sqrt(len(gaps))
    return len(told), mean(before), mean(after), mean(gaps) - spread, mean(gaps) + spread


def page(told: dict[str, Any]) -> str:
    """The page, as HTML."""
    return page_of(Path(__file__).with_name("director.html.jinja"), **told)


def content(after: Sequence[Row], before: Sequence[Row] | None) -> dict[str, Any]:
    """What the page says, part by part."""
    changed = changes(before, after) if before else []
    shown = [one for one in changed if one.learners >= FEWEST]
    return {
        "sentence": _sentence(after, shown, changed, before is not None),
        "changes": [_told(one) for one in shown],
        "helped": [_helped(one) for one in _by_exercise(after) if one[2]],
        "left": list(_left(after)),
        "taken": list(_taken(after)),
        "hours": _hours(after),
        "limits": list(_limits(after, before)),
        "learners": len(after),
    }


def _sentence(
    after: Sequence[Row], shown: Sequence[Change], changed: Sequence[Change], compared: bool
) -> str:
    """The answer, in a sentence or two."""
    parts = []
    tested = diagnosis(after)
    if tested:
        n, a, b, low, high = tested
        parts.append(
            f"Of {n} who took both diagnoses, the mean went from {a:.0f} % to {b:.0f} % of the "
            f"points (difference {low:+.0f} to {high:+.0f})."
        )
    if shown:
        best = max(shown, key=lambda one: (one.gained - one.lost, one.what))
        parts.append(
            f"Of {best.learners} who were judged both times, {best.before} passed “{best.what}” "
            f"unaided before and {best.after} after; {best.gained} gained, {best.lost} lost."
        )
    if compared and changed and not shown:
        parts.append(f"Fewer than {FEWEST} learners are in both runs: nothing is compared.")
    if not parts:
        parts.append(f"{len(after)} learners were judged once; without --before nothing compares.")
    return " ".join(parts)


def _told(one: Change) -> dict[str, Any]:
    low, high = one.interval
    return {
        "exercise": one.what,
        "n": one.learners,
        "before": one.before,
        "after": one.after,
        "gained": one.gained,
        "lost": one.lost,
        "difference, 95 %": f"{low:+d} to {high:+d} %".replace("-", "−"),
    }


def _title(one: Graded) -> str:
    """An exercise for somebody who has never seen it: its step and what it is about."""
    return f"{one.step}: {catalog.find(one.id).title}"


def _by_exercise(rows: Sequence[Row]) -> Iterator[tuple[str, list[Graded], bool]]:
    for one in rows[0].exercises if rows else ():
        found = [e for row in rows for e in row.exercises if e.id == one.id]
        yield _title(one), found, one.core


def _helped(told: tuple[str, list[Graded], bool]) -> dict[str, Any]:
    """Of one core exercise: passed how, and the minutes that it took."""
    what, found, _ = told
    few = len(found) < FEWEST
    minutes = [one.minutes for one in found if one.passed and one.minutes]
    enough = len(minutes) >= FEWEST
    return {
        "core exercise": what,
        "n": len(found),
        "unaided": "hidden" if few else sum(one.unaided and not one.hints for one in found),
        "with hints": "hidden" if few else sum(one.unaided and one.hints > 0 for one in found),
        "solution seen": "hidden" if few else sum(one.passed and not one.unaided for one in found),
        "minutes": f"{median(minutes):.0f}" if enough else "",
        "planned": catalog.find(found[0].id).minutes,
    }


def _left(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """The commonest first findings that are left, each with what it costs at work."""
    count: Counter[tuple[str, str]] = Counter()
    known: dict[tuple[str, str], Graded] = {}
    for row in rows:
        for one in row.exercises:
            if one.first_finding and not one.passed:
                count[one.id, one.first_finding] += 1
                known.setdefault((one.id, one.first_finding), one)
    for key, number in sorted(count.items(), key=lambda item: (-item[1], item[0]))[:COMMONEST]:
        words = tables.words(known[key])
        few = f"fewer than {FEWEST}" if number < FEWEST else str(number)
        yield {
            "learners": few,
            "exercise": _title(known[key]),
            "what is left": words.get("message", key[1]),
            "what it costs": words.get("cost", ""),
        }


def _taken(rows: Sequence[Row]) -> Iterator[dict[str, Any]]:
    """By step, the reports of instruments that learners attached; one that two attached is one."""
    found = {(one.step, one.seal): one for row in rows for one in row.taken}
    for step in sorted({step for step, _ in found}):
        who = sum(any(one.step == step for one in row.taken) for row in rows)
        own = [one for one in found.values() if one.step == step]
        yield {
            "step": step,
            "instrument": ", ".join(sorted({one.instrument for one in own})),
            "learners": str(who) if who >= FEWEST else f"fewer than {FEWEST}",
            "reports": str(len(own)) if who >= FEWEST else "hidden",
            "nothing left to do": str(sum(o.closed for o in own)) if who >= FEWEST else "hidden",
        }


def _hours(rows: Sequence[Row]) -> str:
    spent = [sum(one.minutes for one in row.exercises) / 60 for row in rows]
    at_work = [hours for hours in spent if hours]
    if len(at_work) < FEWEST:
        return ""
    return (
        f"{sum(at_work):.0f} hours at the exercises in all, {median(at_work):.1f} in the middle, "
        f"as {len(at_work)} records say (first to last check, pauses left out)."
    )


def _limits(after: Sequence[Row], before: Sequence[Row] | None) -> Iterator[str]:
    """What the page does not show."""
    yield "No control group: a difference between before and after has other causes, too."
    if before is not None:
        first, second = ({row.learner for row in rows} for rows in (before, after))
        gone, new = len(first - second), len(second - first)
        yield f"{gone} were judged before and not after, {new} after and not before: not compared."
    unread = sum(not any(e.verdict != "UNREADABLE" for e in row.exercises) for row in after)
    if unread:
        yield f"{unread} handed in what could not be read."
    copied = sum(any(e.same_as == "reference" for e in row.exercises) for row in after)
    if copied:
        yield f"{copied} handed in a text equal to a reference answer; their passes are counted."
    for why, count in sorted(Counter(w for row in after for w in row.not_evidence).items()):
        yield f"{count} files handed in as evidence from work are not counted: {why}."
    if any(row.taken for row in after):
        yield "A report's seal shows a later change by hand; it does not say whose pipeline it was."
    yield "Help is as the learners' own records have it."
