"""What hostile answers gain, harm, hang and leave behind: nothing, in the sandbox."""

from __future__ import annotations

import re

import pytest

from tests.conftest import SEEDS
from tests.engine.hostile.cases import HOSTILE
from tests.engine.hostile.ground import copy_of_the_checkout, judged_in
from workbook import sandbox

GROUPS = {kind: [one for one in HOSTILE if one.kind == kind] for kind in (1, 2, 4, 5, 7, 8)}
needs_sandbox = pytest.mark.skipif(not sandbox.available(), reason="no bubblewrap here")


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    return copy_of_the_checkout(tmp_path_factory.mktemp("hostile"))


def test_there_are_enough_and_each_has_one_name():
    assert len(HOSTILE) >= 40
    assert len({one.name for one in HOSTILE}) == len(HOSTILE)


def pytest_generate_tests(metafunc):
    """With all seeds each kind by itself; else all in one process, which takes seconds to begin."""
    if "kinds" in metafunc.fixturenames:
        kinds = tuple(GROUPS) if "in_the_sandbox" in metafunc.function.__name__ else (4, 5, 8)
        thorough = metafunc.config.getoption("seeds") == len(SEEDS)
        found = [(kind,) for kind in kinds] if thorough else [kinds]
        metafunc.parametrize("kinds", found, ids=lambda kinds: "-".join(map(str, kinds)))


def _some(group, thorough):
    """All of a kind, or every fifth one: each takes a process of its own."""
    return group if thorough else group[::5]


def _assert_held(checkout, isolation, chosen):
    rows = list(judged_in(checkout, isolation, [one.name for one in chosen]))
    assert [row.get("name") for row in rows] == [one.name for one in chosen], rows
    for case, told in zip(chosen, rows, strict=True):
        assert told["verdict"] in case.verdicts, told
        assert told["trace"] == "", told
        assert told["harmed"] == [], told
        assert (told["left"], told["folders"]) == (0, 0), told
        note = told["note"]
        assert re.fullmatch(r"[^\x00-\x1f\x7f]*", note), "one line, and no orders to a terminal"
    return rows


@needs_sandbox
def test_in_the_sandbox_a_hostile_answer_gains_nothing_and_harms_nothing(checkout, kinds, thorough):
    chosen = [one for kind in kinds for one in _some(GROUPS[kind], thorough)]
    rows = _assert_held(checkout, "bubblewrap", chosen)
    assert "HOSTILE" not in rows[0]["stderr"] and "Traceback" not in rows[0]["stderr"], rows[0]


def test_without_a_sandbox_no_answer_makes_the_judge_wait_or_fail(checkout, kinds, thorough):
    harmless = [[one for one in GROUPS[kind] if not one.alone] for kind in kinds]
    _assert_held(checkout, "none", [one for group in harmless for one in _some(group, thorough)])
