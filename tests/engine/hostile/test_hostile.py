"""What hostile answers gain, harm, hang and leave behind: nothing, in the sandbox."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.engine.hostile.cases import HOSTILE
from tests.engine.hostile.ground import ROOT, copy_of_the_checkout, judged_in
from tests.engine.hostile.table import came_to
from workbook import sandbox

GROUPS = {kind: [one for one in HOSTILE if one.kind == kind] for kind in (1, 2, 4, 5, 7, 8)}
HELD = (4, 5, 8)  # what no answer does, sandbox or not
AT_A_TIME = 3  # judges; each imports for a second, and then waits for what never ends
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


@pytest.fixture(scope="module")
def in_the_sandbox(checkout, thorough):
    """{kind: (answer, what was told)}; judged together, so that each judge imports once for all."""
    return _by_kind(checkout, "bubblewrap", {k: _some(GROUPS[k], thorough) for k in GROUPS})


@pytest.fixture(scope="module")
def without(checkout, thorough):
    """The same without a sandbox, of the kinds that are held there as well."""
    groups = {k: [one for one in GROUPS[k] if not one.alone] for k in HELD}
    return _by_kind(checkout, "none", {k: _some(groups[k], thorough) for k in HELD})


def _by_kind(checkout, isolation, groups):
    chosen = [case for group in groups.values() for case in group]
    told = zip(chosen, _judged(checkout, isolation, chosen), strict=True)
    found = {kind: [] for kind in groups}
    for case, row in told:
        found[case.kind].append((case, row))
    assert all(found.values()), "of each kind some"
    return found


def _judged(checkout, isolation, chosen):
    """The rows of answers, judged by several judges at a time: most of it is waiting."""
    names = [one.name for one in chosen]
    parts = [part for at in range(AT_A_TIME) if (part := names[at::AT_A_TIME])]
    with ThreadPoolExecutor(AT_A_TIME) as pool:
        told = [*pool.map(lambda part: list(judged_in(checkout, isolation, part)), parts)]
    for part, rows in zip(parts, told, strict=True):
        assert [row.get("name") for row in rows] == part, rows
    by_name = {row["name"]: row for rows in told for row in rows}
    return [by_name[name] for name in names]


def _assert_held(case, told):
    assert told["verdict"] in case.verdicts, told
    assert told["trace"] == "", told
    assert told["harmed"] == [], told
    assert (told["left"], told["folders"]) == (0, 0), told
    assert re.fullmatch(r"[^\x00-\x1f\x7f]*", told["note"]), "one line, and no orders to a terminal"


@needs_sandbox
@pytest.mark.parametrize("kind", GROUPS)
def test_in_the_sandbox_a_hostile_answer_gains_nothing_and_harms_nothing(in_the_sandbox, kind):
    for case, told in in_the_sandbox[kind]:
        assert "HOSTILE" not in told["stderr"] and "Traceback" not in told["stderr"], told
        _assert_held(case, told)


@pytest.mark.parametrize("kind", HELD)
def test_without_a_sandbox_no_answer_makes_the_judge_wait_or_fail(without, kind):
    for case, told in without[kind]:
        _assert_held(case, told)


def _documented():
    """The answers that, as docs/architecture.md says, are not held without a sandbox."""
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    table = text.partition("| not held without a sandbox | it |\n")[2].partition("\n\n")[0]
    return dict(re.findall(r"^\| (.+) \| (gained|harmed|not tried) \|$", table, re.M))


def test_what_is_not_held_without_a_sandbox_is_named():
    told = _documented()
    assert {name for name, what in told.items() if what == "not tried"} == {
        case.name for case in HOSTILE if case.alone
    }
    assert told.keys() <= {case.name for case in HOSTILE}
    assert {case.kind for case in HOSTILE if case.name in told} <= {1, 2, 7}, "4, 5, 8: all held"


def test_docs_say_how_many_there_are():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    assert f"has {len(HOSTILE)} answers that attack their judge" in text


def test_without_a_sandbox_exactly_what_is_named_is_not_held(thorough):
    """Each on a checkout of its own, which it may harm; on one seed, one of them alone."""
    chosen = [case for case in HOSTILE if not case.alone] if thorough else GROUPS[2][:1]
    came = {case.name: came_to(case, "none")[1] for case in chosen}
    found = {name: bad[0] for name, bad in came.items() if bad}
    assert found == {name: what for name, what in _documented().items() if name in came}
