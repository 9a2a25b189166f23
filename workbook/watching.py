"""Pages as files that come and go: what changed since the last look, and what lies beside."""

from __future__ import annotations

import os
import stat
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from workbook import pages
from workbook.catalog import Exercise
from workbook.errors import WorkbookError

GONE = 2.0  # seconds: an editor that saves may take the file away for a moment


class Watched:
    """A page that is watched; a look at a file that nobody wrote costs next to nothing."""

    def __init__(self, path: Path, exercises: Sequence[Exercise]) -> None:
        self.path, self._exercises = path, list(exercises)
        self._stamp: tuple[int, ...] | None = None
        self._said: dict[str, str] = {}
        self._now: dict[str, str] = {}
        self._missing: float | None = None
        self._told = False
        self.look()
        self._said = dict(self._now)

    def look(self) -> list[Exercise]:
        """The exercises whose answers are others than at the last one that was settled.

        A page that is half saved or not there says nothing new.
        """
        stamp = _stamp(self.path)
        if stamp is None:
            self._missing = self._missing or time.monotonic()
            return []
        self._missing, self._told = None, False
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._now = _answers(self.path, self._exercises)
            except WorkbookError:
                return []
            for one in self._exercises:  # half saved until now: there is nothing to compare with
                self._said.setdefault(one.id, self._now[one.id])
        return [e for e in self._exercises if self._now.get(e.id) != self._said.get(e.id)]

    def settled(self, exercises: Sequence[Exercise]) -> None:
        """These were judged as they are now."""
        self._said |= {one.id: self._now[one.id] for one in exercises}

    def unread(self) -> None:
        """The page could not be read after all: look at it again."""
        self._stamp = None

    def gone(self) -> bool:
        """Whether the page has not been there for a while; true once each time."""
        long = self._missing is not None and time.monotonic() - self._missing > GONE
        told, self._told = self._told, self._told or long
        return long and not told


def _stamp(path: Path) -> tuple[int, ...] | None:
    """What changes when a file is written, also by one that takes its place; None if not there."""
    try:
        told = os.stat(path)
    except OSError:
        return None
    if not stat.S_ISREG(told.st_mode):
        return None
    return told.st_mtime_ns, told.st_size, told.st_ino


def _answers(path: Path, exercises: Sequence[Exercise]) -> dict[str, str]:
    """What a page's answers say, by exercise; "" where there is none."""
    page = pages.read(path)
    return {one.id: pages.digest(pages.answer(page, one.id)) for one in exercises}


def beside(page: Path, exercise: Exercise) -> list[str]:
    """Names of other notebooks in the page's folder that hold an answer which is not the starter.

    Such as a copy, or what a synchronised folder made of a conflict.
    """
    starter = pages.starters(exercise.lab.page)[exercise.id].source
    return [
        name
        for name, answer in _others(page, exercise.id)
        if answer and not pages.same(answer, starter)
    ]


def _others(page: Path, exercise: str) -> Iterator[tuple[str, str]]:
    for other in sorted(page.parent.glob("*.ipynb")):
        if other.name != page.name:
            try:
                yield other.name, pages.answer(pages.read(other), exercise)
            except WorkbookError:
                continue


def shadowing(folder: Path, modules: Mapping[str, object]) -> str:
    """The file of this folder that an import gets in the place of a package of ours, or "".

    `modules`: those that were imported, by name. Python looks into a page's folder first.
    """
    for name in () if (folder / "workbook" / "watching.py").exists() else OURS:
        for path in (folder / f"{name}.py", folder / name / "__init__.py"):
            known = getattr(modules.get(name), "__file__", None)
            if path.is_file() and (known is None or Path(known).resolve() == path.resolve()):
                return str(path.relative_to(folder))
    return ""


def modules_of(folder: Path) -> list[str]:
    """Files of this folder that are called like a module of Python's or a package of ours."""
    known = sys.stdlib_module_names | set(OURS)
    return sorted(path.name for path in folder.glob("*.py") if path.stem in known)


OURS = (
    "workbook", "labs", "fieldkit", "duckdb", "pandas", "numpy", "pyarrow", "sqlglot", "networkx",
    "yaml", "stdnum", "jinja2", "typer", "rich", "great_expectations", "scipy", "requests",
    "stamina", "msgspec", "dbt", "matplotlib", "IPython", "ipykernel", "nbformat",
)  # fmt: skip
