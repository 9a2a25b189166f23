"""Drills: a page with a planted wrong answer, whose name is not shown."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from classroom.intake import slug
from workbook import catalog, headless, pages, workspace
from workbook.catalog import Exercise, Lab, Section
from workbook.errors import UsageError

_TEXT = """\
## Drill: {title}

This answer to `{id}` has **one** defect. You have ten minutes, in pairs.

1. Read it. Write down what is wrong, and the case that would show it.
2. Try the case in the cell below.
3. Only then check. A point for whoever named the finding before the check says it.
"""
_OWN = "# your case: call it as the check would, and look at what is left\n"


@dataclass(frozen=True)
class Planted:
    """A wrong answer. `name`: short and unique, such as step4_state/load-day/append."""

    exercise: Exercise
    section: Section

    @property
    def name(self) -> str:
        """LAB/EXERCISE/NAME."""
        return f"{self.exercise.lab.id}/{self.exercise.id}/{slug(self.section.name)}"


def planted(lab: Lab, exercise: str = "") -> list[Planted]:
    """A lab's wrong answers, or one exercise's; raises UsageError where there is none."""
    chosen = [lab.exercise(exercise)] if exercise else list(lab.exercises.values())
    found = [Planted(e, s) for e in chosen for s in e.sections if s.kind == "wrong"]
    if not found:
        raise UsageError(f"{exercise or lab.id} has no wrong answer to drill")
    return found


def named(found: Sequence[Planted], name: str) -> Planted:
    """The wrong answer of that name, or of its last part where that is unique."""
    meant = [one for one in found if name == one.name or one.name.endswith(f"/{slug(name)}")]
    if len(meant) != 1:
        several = f"it is several: {', '.join(one.name for one in meant)}"
        raise UsageError(f"--wrong {name}: {several if meant else 'see --list'}")
    return meant[0]


def dealt(found: Sequence[Planted], learner: str, place: int | None, number: int) -> Planted:
    """Which one a learner gets. `place`: in the class, so that no two neighbours get the same."""
    if place is None:
        place = int(hashlib.sha256(learner.encode()).hexdigest(), 16)
    order = sorted(found, key=lambda one: hashlib.sha256(one.name.encode()).hexdigest())
    return order[(place + 7 * number) % len(order)]


def page(one: Planted, seed: int) -> pages.Page:
    """The page: set-up, the answer, a place for a case, the check."""
    shipped = pages.read(one.exercise.lab.page)
    told = _TEXT.format(title=one.exercise.title, id=one.exercise.id)
    cells = [_cell("markdown", told)]
    for source in headless.standing_cells(one.exercise.lab, one.exercise.id, seed):
        tagged = ["parameters"] if "seed: int" in source else []
        cells.append(_cell("code", source.strip(), tagged))
    cells += [_cell("markdown", text) for text in _task(shipped, one.exercise.id)]
    cells += [_cell("code", one.section.text.strip()), _cell("code", _OWN)]
    cells.append(_cell("code", f'lab.check("{one.exercise.id}")'))
    for number, cell in enumerate(cells):
        cell["id"] = f"drill-{number}"
    metadata = {"kernelspec": pages.KERNEL, "language_info": {"name": "python"}}
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def _task(shipped: pages.Page, exercise: str) -> list[str]:
    """The text right above the exercise's cell on its page."""
    at = pages.answer_cells(shipped, exercise)[0]
    above = [c["source"] for c in shipped["cells"][:at] if c["cell_type"] == "markdown"]
    return above[-1:]


def _cell(kind: str, source: str, tags: Sequence[str] = ()) -> dict[str, Any]:
    cell: dict[str, Any] = {"cell_type": kind, "source": source, "metadata": {}}
    if tags:
        cell["metadata"] = {"tags": list(tags)}
    return cell | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def put(folder: Path, one: Planted, learner: str, seed: int, number: int) -> Path:
    """Write the page into a workspace of its own: a drill is no attempt at the exercise."""
    workspace.start(folder, [], learner, seed)
    path = folder / f"drill-{one.exercise.lab.step}-{number}.ipynb"
    pages.write(path, page(one, seed))
    return path


def revealed(one: Planted) -> list[str]:
    """What was wrong, and what the check says of it."""
    found = one.exercise.lab.findings[one.section.finding]
    lines = [f"{one.exercise.id}: {one.section.name}", f"  finding   {found['message']}"]
    lines += [f"  {key:8}  {found[key]}" for key in ("expected", "cost", "look")]
    return lines


def lab_of(wanted: str) -> Lab:
    """One lab, by its step or name; raises UsageError."""
    found = catalog.chosen(wanted)
    if not wanted or len(found) != 1:
        raise UsageError("name one lab, such as 4 or step4_state")
    return found[0]
