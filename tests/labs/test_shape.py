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
