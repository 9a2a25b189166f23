"""What hostile answers gain, harm, hang and leave behind: nothing, in the sandbox."""

from __future__ import annotations

import re

import pytest

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


def _some(group, thorough):
    """All of a kind, or every fifth one: each takes a process of its own."""
    return group if thorough else group[::5]


def _assert_held(case, told):
    assert told["verdict"] in case.verdicts, told
    assert told["trace"] == "", told
    assert told["harmed"] == [], told
    assert (told["left"], told["folders"]) == (0, 0), told
    assert re.fullmatch(r"[^\x00-\x1f\x7f]*", told["note"]), "one line, and no orders to a terminal"


@needs_sandbox
@pytest.mark.parametrize("kind", GROUPS)
def test_in_the_sandbox_a_hostile_answer_gains_nothing_and_harms_nothing(checkout, kind, thorough):
    chosen = _some(GROUPS[kind], thorough)
    rows = list(judged_in(checkout, "bubblewrap", [one.name for one in chosen]))
    assert [row.get("name") for row in rows] == [one.name for one in chosen], rows
    assert "HOSTILE" not in rows[0]["stderr"] and "Traceback" not in rows[0]["stderr"], rows[0]
    for case, told in zip(chosen, rows, strict=True):
        _assert_held(case, told)


@pytest.mark.parametrize("kind", [4, 5, 8])
def test_without_a_sandbox_no_answer_makes_the_judge_wait_or_fail(checkout, kind, thorough):
    chosen = _some([one for one in GROUPS[kind] if not one.alone], thorough)
    rows = list(judged_in(checkout, "none", [one.name for one in chosen]))
    assert [row.get("name") for row in rows] == [one.name for one in chosen], rows
    for case, told in zip(chosen, rows, strict=True):
        _assert_held(case, told)
