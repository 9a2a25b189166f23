"""The contracts on a lab's folder: hints, names, findings that can happen, files, its page."""

from __future__ import annotations

import ast
import re
from collections import Counter

import pytest

from tests.labs.test_contracts import EXERCISES, LABS, _name, _planted
from workbook import pages


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_three_hints_none_holding_the_reference(exercise):
    """Contract 7: a nudge, a method, nearly there."""
    assert len(exercise.hints) == 3
    lines = [line.strip() for line in exercise.reference.text.splitlines() if len(line) > 20]
    for hint in exercise.hints:
        held = [line for line in lines if line in hint]
        assert len(held) <= len(lines) / 2, f"this hint gives it away: {held}"
    assert len(exercise.hints[0]) < len(exercise.hints[2])


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_enough_planted_answers_each_with_one_name(exercise):
    kinds = Counter(section.kind for section in exercise.sections)
    assert kinds["reference"] == 1
    assert kinds["other"] >= 2
    assert kinds["wrong"] >= 3
    named = Counter((section.kind, section.name) for section in _planted(exercise))
    assert max(named.values()) == 1, named
    told = {s.finding for s in _planted(exercise) if s.kind == "wrong"}
    assert told <= set(exercise.lab.findings)


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_every_finding_can_happen(lab):
    """A message that no planted answer gets is a message that nobody has read."""
    planted = [s for e in lab.exercises.values() for s in _planted(e)]
    named = {s.finding for s in planted if s.kind == "wrong"}
    assert named <= set(lab.findings)
    assert set(lab.findings) - named <= lab.nets


SHAPE = re.compile(
    r"(lab\.toml|hints\.md|facilitator\.md|__init__\.py|world/.+|checks/__init__\.py"
    r"|checks/(?P<check>\w+)\.py|answers/(?P<answer>\w+)\.(py|sql|yml|md|diff))"
)


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_no_file_outside_the_shape(lab):
    """Contract 8: every exercise has its check and answers, and there is nothing else."""
    found = {p.relative_to(lab.folder).as_posix() for p in lab.folder.rglob("*") if p.is_file()}
    found = {name for name in found if "__pycache__" not in name}
    matches = {name: SHAPE.fullmatch(name) for name in found}
    assert not [name for name, match in matches.items() if not match]
    modules = {exercise.module for exercise in lab.exercises.values()}
    for part in ("check", "answer"):
        assert {m[part] for m in matches.values() if m and m[part]} == modules
    assert {"lab.toml", "hints.md", "facilitator.md", "world/__init__.py"} <= found


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_lab_and_page_agree(lab):
    on_page = [found.exercise for found in pages.exercises(pages.read(lab.page))]
    assert on_page == list(lab.exercises)
    page = "\n".join(pages.code_cells(pages.read(lab.page)))
    for exercise_id in lab.exercises:
        assert f'lab.check("{exercise_id}")' in page
    cards = {name[6:] for name in lab.notes if name.startswith("card: ")}
    assert cards == set(re.findall(r'lab\.card\("([^"]+)"\)', page))
    assert sum(e.minutes for e in lab.exercises.values() if e.core) <= 60
    assert ast.parse(page)


def _literals(node):
    """The text that stands in the source of an expression; formats of numbers are none.

    A 1 that a condition has chosen is a singular.
    """
    if isinstance(node, ast.FormattedValue):
        yield from _literals(node.value)
        return
    if isinstance(node, ast.IfExp):
        for text in (*_literals(node.body), *_literals(node.orelse)):
            yield re.sub(r"\b1\b", "", text)
        return
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    for child in ast.iter_child_nodes(node):
        yield from _literals(child)


def typed_in(source):
    """(line, text) of every finding whose `observed` has a number that nothing computed."""
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef):
            yield from _typed_in(function)


def _typed_in(function):
    given = {}
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            given.setdefault(node.targets[0].id, []).append(node.value)
    for node in ast.walk(function):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Finding":
            observed = [k.value for k in node.keywords if k.arg == "observed"] or node.args[1:2]
            named = {n.id for o in observed for n in ast.walk(o) if isinstance(n, ast.Name)}
            told = [*observed, *(value for name in named for value in given.get(name, ()))]
            for text in (text for part in told for text in _literals(part)):
                if re.search(r"\d", text):
                    yield node.lineno, text


@pytest.mark.parametrize("lab", LABS, ids=_name)
def test_numbers_in_a_finding_come_from_the_run(lab, record_property):
    """Contract 7: a number that stands in the source was not observed."""
    for path in sorted([*lab.folder.glob("checks/*.py"), *lab.folder.glob("world/**/*.py")]):
        source = path.read_text(encoding="utf-8")
        assert list(typed_in(source)) == [], path.name
        for _ in range(source.count("Finding(")):
            record_property("held", "places that make a finding, without a number of their own")


def test_a_number_that_is_typed_in_is_told():
    told = 'def f(n):\n    seen = "was 3 times"\n    return Finding("x", f"{n:.1f} s; {seen}")\n'
    assert list(typed_in(told)) == [(3, "was 3 times")]
    assert list(typed_in(told.replace("3 times", "{n} times"))) == []
    assert list(typed_in('def f():\n    Finding("x", observed=f"{1:.2f} of 7")'))
    assert not list(typed_in('def f(n):\n    Finding("x", "1 row" if n == 1 else f"{n} rows")'))
    assert list(typed_in('def f(n):\n    Finding("x", "2 rows" if n == 2 else "rows")'))
