"""docs/faults: every test and every planted answer that a row names exists."""

from __future__ import annotations

import ast
import functools
import re
from pathlib import Path

import pytest

from tests.labs.test_contracts import EXERCISES, _planted

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "docs" / "faults").glob("*.md"))
TEST = re.compile(r"(tests/\S+\.py)(?:::(\S+))?(?: -k (.+))?")


@functools.cache
def _written(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


@functools.cache
def _texts(path: Path) -> str:
    """What names a test or one of its parameters: functions, classes and texts of the file."""
    found = [
        getattr(node, "name", None) or getattr(node, "value", None)
        for node in ast.walk(_written(path))
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Constant)
    ]
    return "\n".join(one for one in found if isinstance(one, str))


def _defined(path: Path, names: list[str]) -> bool:
    """Whether the file has the test, or the class that holds it, under that name."""
    inside: list[ast.stmt] = _written(path).body
    for name in names:
        [*found] = (node for node in inside if getattr(node, "name", None) == name)
        if not found:
            return False
        inside = found[0].body
    return True


@functools.cache
def _answers(exercise_id: str) -> frozenset[str]:
    return frozenset(s.name for e in EXERCISES if e.id == exercise_id for s in _planted(e))


def shows(reference: str) -> bool:
    """Whether what a row names is there: a test by file, name or part of it, or an answer."""
    test = TEST.fullmatch(reference)
    if not test:
        exercise, _, name = reference.partition(": ")
        return name in _answers(exercise)
    path, name, part = ROOT / test[1], test[2], test[3]
    if not path.is_file() or not (name or part):
        return False
    return _defined(path, (name or "").split("::") if name else []) and (
        not part or part.strip("\"'") in _texts(path)
    )


@functools.cache
def rows(page: Path) -> list[tuple[str, str]]:
    """(kind, what shows it) of every table of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    cells = [[c.strip() for c in line.strip("|").split(" | ")] for line in lines if line[:1] == "|"]
    named = [row for row in cells if row[0].strip() != "kind" and set("".join(row)) - set("|- ")]
    assert all(len(row) == 2 for row in named), named
    return [(kind, shown) for kind, shown in named]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_row_names_is_there(page):
    assert rows(page)
    for kind, shown in rows(page):
        named = re.findall(r"`([^`]+)`", shown)
        assert named, f"{page.name}: nothing shows: {kind}"
        gone = [one for one in named if not shows(one)]
        assert not gone, f"{page.name}: {kind}: there is no {gone}"


@pytest.mark.parametrize(
    "reference",
    [
        "tests/test_faults.py::test_of_nothing",
        "tests/test_faults.py::TestNothing::test_what_a_row_names_is_there",
        "tests/test_nothing.py::test_what_a_row_names_is_there",
        "tests/test_faults.py",
        "load-day: an-answer-that-nobody-wrote",
        "no-exercise: append",
        "a word",
    ],
)
def test_what_is_not_there_is_seen(reference):
    assert not shows(reference)


def test_a_part_of_a_name_that_no_test_has_is_seen():
    assert shows("tests/test_faults.py -k what_a_row_names")
    assert not shows("tests/test_faults.py -k " + "what_a_row" + "_has_never_named")
