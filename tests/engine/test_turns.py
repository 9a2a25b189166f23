"""What only two processes show: from outside there are two, on the page the text runs once more."""

from __future__ import annotations

import pytest

from tests.conftest import SEEDS
from tests.labs.test_contracts import EXERCISES, ONLY_TWO, _planted
from workbook import callee, catalog, outside, submission, turns
from workbook.headless import answer_of, standing_cells
from workbook.lab import open_lab
from workbook.local import LocalAnswer

TASK = catalog.find("load-day")
WORLDS = [7, 1007]


def pytest_generate_tests(metafunc):
    """On one seed one of a kind: a salted hash; a counter, where a third process takes turns."""
    if "section" not in metafunc.fixturenames:
        return
    found = [(e, s) for e in EXERCISES for s in _planted(e) if ONLY_TWO in s.text]
    if metafunc.config.getoption("seeds") != len(SEEDS):
        found = [(e, s) for e, s in found if "salted" in s.name or e.id == "land-file"]
    assert len(found) > 1
    names = [f"{exercise.id}: {section.name}" for exercise, section in found]
    metafunc.parametrize(("exercise", "section"), found, ids=names)


def here(text, exercise=TASK):
    """An answer of this process."""
    registered = answer_of(exercise.lab, exercise.id, text)
    return LocalAnswer(registered, exercise.seconds)


def test_it_is_seen_from_outside(tmp_path, exercise, section):
    path = tmp_path / "mine.py"
    path.write_text("\n\n".join([*standing_cells(exercise.lab, exercise.id, 7), section.text]))
    given = {exercise.id: (exercise, submission.read(exercise, path, 7, 7))}
    (result,) = outside.judged(given, outside.NONE)
    assert result.verdict == "TRY AGAIN", result
    assert turns.ONLY_TWO in result.note


def test_it_is_seen_on_the_page_and_again_by_replay(exercise, section):
    answer = here(section.text, exercise)
    result = turns.on_the_page(exercise, answer, WORLDS)
    assert (result.verdict, result.note) == ("TRY AGAIN", turns.ONLY_TWO), result
    first = result.findings[0]
    again = turns.replayed(exercise, here(section.text, exercise), first.seed, first.case)
    assert [one.id for one in again.findings] == [first.id]


@pytest.mark.parametrize("exercise", [e for e in EXERCISES if e.lab.id == "step4_state"],
                         ids=lambda exercise: exercise.id)  # fmt: skip
def test_a_right_answer_has_its_twins_and_passes(exercise):
    answer = here(exercise.reference.text, exercise)
    result = turns.on_the_page(exercise, answer, WORLDS)
    assert (result.passed, result.seeds) == (True, 2), result
    assert len(turns.twins(answer, 2)) == 2


ONCE = "import sys\nagain = hasattr(sys, '_ran'); sys._ran = True\nif again:\n    "


@pytest.mark.parametrize("trouble", ["raise KeyError", "exit()", "while True: pass", "del lab"])
def test_a_cell_that_runs_once_only_is_judged_as_it_stands(trouble, monkeypatch):
    monkeypatch.delattr("sys._ran", raising=False)
    answer = here(f"{ONCE}{trouble}\n{TASK.reference.text}")
    answer.limit = 1.0
    assert turns.twins(answer, 1) == []
    answer.limit = TASK.seconds
    assert turns.on_the_page(TASK, answer, WORLDS[:1]).passed


def test_what_a_cell_asks_of_the_lab_besides_is_not_asked_again():
    asks = '\nlab.check("load-day")\nprint(lab.hint("load-day"))'
    before = dict(callee.REGISTERED)
    answer = here(TASK.reference.text + asks)
    assert len(turns.twins(answer, 1)) == 1
    assert before == callee.REGISTERED


def test_a_lab_may_have_another_name(monkeypatch):
    registered = answer_of(TASK.lab, TASK.id, TASK.reference.text)
    registered.source = registered.source.replace("@lab.", "@mine.") + '\nmine.check("load-day")'
    registered.entry().__globals__["mine"] = open_lab(TASK.lab.id)
    monkeypatch.setitem(callee.REGISTERED, TASK.id, registered)
    assert len(turns.twins(LocalAnswer(registered, 5.0), 1)) == 1
    assert callee.REGISTERED[TASK.id] is registered


def test_a_cell_that_opens_its_lab_itself_is_not_run_again():
    answer = here(TASK.reference.text + "\nopen_lab = None")
    assert turns.twins(answer, 1) == []


def test_names_of_other_cells_are_there_and_those_of_its_own_are_new():
    text = TASK.reference.text + "\nkept = []\nload_day.kept = kept, WORD"
    registered = answer_of(TASK.lab, TASK.id, "WORD = []\n" + text)
    registered.source = text  # the first line stands in a cell of its own
    registered.entry().__globals__["hash"] = len
    (twin,) = turns.twins(LocalAnswer(registered, 1.0), 1)
    mine, theirs = (one.entry().kept for one in (registered, twin.registered))
    assert mine[0] is not theirs[0] and mine[1] is theirs[1]
    assert twin.registered.entry().__globals__["hash"] is len, "a name of the learner's own"


def test_only_the_hash_of_texts_is_another_one():
    text = (
        TASK.reference.text
        + "\nload_day.told = [hash(v) for v in ('a', b'a', ('a', 1), 7, (7, 1.5))]"
    )
    answer = here(text)
    told = [one.registered.entry().told for one in (answer, *turns.twins(answer, 2))]
    for values in list(zip(*told, strict=True))[:3]:
        assert len(set(values)) == 3
    assert all(len(set(values)) == 1 for values in list(zip(*told, strict=True))[3:])
