"""Verdict and words are the same in a process that was forked, here or into a sandbox, and cold."""

from __future__ import annotations

import contextlib

import pytest

from tests.conftest import SEEDS
from tests.engine.elsewhere import Elsewhere
from tests.labs.test_contracts import EXERCISES, ONLY_TWO, _first_of_each, _planted, told
from workbook import catalog, judge, launch, pages, sandbox
from workbook.headless import standing_cells

pytestmark = pytest.mark.skipif(not launch.can_fork(), reason="here every process begins cold")
CALLED = [e for e in EXERCISES if pages.starters(e.lab.page)[e.id].names]
# One exercise of each lab that asks for functions: its first, of the core path if there is one.
SAMPLE = list({e.lab.id: e for e in sorted(reversed(CALLED), key=lambda e: e.core)}.values())
SEED = 7


def pytest_generate_tests(metafunc):
    """All planted and held-out answers with all seeds asked for; else a fixed sample."""
    if "section" not in metafunc.fixturenames:
        return
    thorough = metafunc.config.getoption("seeds") == len(SEEDS)
    found = (
        [(e, s) for e in CALLED for s in _planted(e)]
        if thorough
        else [_asks_for_a_context(), *((e, s) for e in SAMPLE for s in _first_of_each(e.sections))]
    )
    names = [f"{exercise.id}: {section.name}" for exercise, section in found]
    metafunc.parametrize(("exercise", "section"), found, ids=names, scope="module")


def _asks_for_a_context():
    """Of Great Expectations' own; on the page a cell that no answer names has made one.

    It comes first: another answer in its process could make one, too.
    """
    first = catalog.find("first-suite")
    return first, next(s for s in _planted(first) if ".add_expectation(" in s.text)


@pytest.fixture(scope="module")
def both(tmp_path_factory, request):
    """For an exercise: an answer in a forked process, and one in a cold one.

    With all seeds asked for, one in a sandbox, too.
    """
    thorough = request.config.getoption("seeds") == len(SEEDS)
    modes = ["forked", "cold", *["isolated"] * (thorough and sandbox.available())]
    with contextlib.ExitStack() as stack:
        begun: dict[str, list[Elsewhere]] = {}

        def answers(exercise):
            if exercise.id not in begun:
                exercise.prepare()  # as every judge does: it tells the process what to import
                cells = [*standing_cells(exercise.lab, exercise.id, SEED), ""]
                begun[exercise.id] = [
                    stack.enter_context(
                        Elsewhere(
                            exercise.id,
                            cells,
                            exercise.seconds,
                            cwd=tmp_path_factory.mktemp(mode),
                            mode=mode,
                        )
                    )
                    for mode in modes
                ]
            return begun[exercise.id]

        yield answers


def test_the_sample_has_an_exercise_of_each_lab_that_asks_for_functions():
    assert {e.lab.id for e in SAMPLE} == {e.lab.id for e in CALLED}


def test_verdict_and_words_are_the_same(both, exercise, section):
    results = []
    for answer in both(exercise):
        answer.load(section.text)
        results.append(told(judge.judge(exercise, answer, [SEED])))
    assert all(one == results[0] for one in results[1:])
    assert (results[0][0] == "PASSED") == (section.kind != "wrong" or ONLY_TWO in section.text)
