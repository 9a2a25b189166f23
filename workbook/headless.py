"""Answers without a page: a text is run beside what it needs, and what it registers is caught."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from workbook import callee, catalog, pages, workspace
from workbook.catalog import Section
from workbook.errors import UsageError

LEARNER, REFERENCE, WRONG = "learner", "solution", "wrong:"
HANDED: dict[str, str] = {}  # references that the judge gives to a page that continues from them
UNTOUCHED = "this is still the starter; change it, then check"


def checked_mode(lab: catalog.Lab, mode: str) -> None:
    """Raises UsageError for a mode that this lab does not have."""
    if mode in (LEARNER, REFERENCE):
        return
    wrong = [s.name for e in lab.exercises.values() for s in e.sections if s.kind == "wrong"]
    if mode.startswith(WRONG) and mode.removeprefix(WRONG) in wrong:
        return
    if mode.startswith(WRONG):
        raise UsageError(f"there is no wrong answer {mode[6:]!r}; there are: {', '.join(wrong)}")
    raise UsageError(f"mode={mode!r}: use learner, solution or wrong:NAME")


def answer_of(lab: catalog.Lab, exercise_id: str, text: str, *, seed: int = 7) -> callee.Registered:
    """Register an answer's text in this process, as if it stood on the page.

    The page's set-up cells run first, then right answers to the exercises it builds on.
    """
    space: dict[str, Any] = {"__name__": "__answer__"}
    for source in standing_cells(lab, exercise_id, seed):
        exec(callee.compile_answer(source, "page"), space)
    return run_section(Section("own", "own", "", text), exercise_id, space)


def standing_cells(lab: catalog.Lab, exercise_id: str, seed: int) -> list[str]:
    """What an answer by itself needs before it: set-up cells, and right answers it builds on."""
    page = pages.read(lab.page)
    cells = [workspace.set_parameter(s, "seed", seed) for s in pages.setup_cells(page)]
    return cells + [lab.exercise(used).stand_in.text for used in lab.exercise(exercise_id).uses]


def run_section(
    section: Section, exercise_id: str, space: dict[str, Any], called: Iterable[str] = ("lab",)
) -> callee.Registered:
    """Run a section's text in a copy of the page's names, without touching what is registered.

    `called`: the names by which the text calls the page's lab.
    """
    catcher = _Catcher(exercise_id, section.text)
    names = dict(space) | dict.fromkeys(called, catcher)
    exec(callee.compile_answer(section.text, exercise_id), names)
    return catcher.caught


def as_section(starter: pages.Found) -> Section:
    """A page's own cell, to be run like a planted answer."""
    return Section("starter", "starter", "", starter.source)


class Registers:
    """What a page's cells register answers with: its lab, or what stands in for it."""


class _Catcher(Registers):
    """Stands in for `lab` while an answer's text runs; what else the text asks of it is nothing."""

    def __init__(self, exercise_id: str, source: str) -> None:
        self._exercise_id = exercise_id
        self.caught = callee.Registered(exercise_id, source)

    def exercise(self, exercise_id: str, text: str | None = None) -> Callable[[Any], Any]:
        """Catch what the text registers for its own exercise."""
        if text is not None and exercise_id == self._exercise_id:
            self.caught.text = text

        def catch(entry: Any) -> Any:
            if exercise_id == self._exercise_id:
                self.caught.entries[entry.__name__] = entry
            return entry

        return catch

    def __getattr__(self, name: str) -> Callable[..., None]:
        if name.startswith("_"):
            raise AttributeError(name)
        return lambda *_, **__: None
