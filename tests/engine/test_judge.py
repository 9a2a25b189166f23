"""How findings are told: errors as errors, the simplest case alone, a mistyped case by its like."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace

import pytest

from workbook import UsageError, catalog, judge, open_lab, results
from workbook.answer import AnswerFailed, Failure
from workbook.results import Case, Finding, Result, Verdict

TASK = catalog.find("load-day")
FAILED = Failure("ValueError", "no such thing", 3, "x = 1", "load_day")


def raising():
    raise AnswerFailed(FAILED)


def found(finding_id, **options):
    return judge.run_case(TASK, Case("a case", raising, finding_id, **options), 7)


def test_an_error_is_told_as_an_error_and_keeps_the_property_that_was_asked_for():
    told = found("key-twice")
    assert told.message == "Your code raises an error where it should work"
    assert told.observed == f"your code raised {FAILED}"
    assert told.expected == TASK.lab.findings["key-twice"]["expected"]


def test_where_the_words_are_about_code_that_raises_they_stay():
    assert found("rerun-fails").message == TASK.lab.findings["rerun-fails"]["message"]


def test_in_the_plain_case_an_error_is_no_finding():
    with pytest.raises(AnswerFailed):
        found("wrong-rows", plain=True)


def result(*findings):
    return Result(TASK.id, TASK.title, Verdict.TRY_AGAIN, findings, 9, 1)


def finding(number, **options):
    return Finding(f"f{number}", "seen", message=f"defect {number}", **options)


def test_what_fails_in_the_simplest_case_stands_alone():
    text = results.result_text(result(finding(1, plain=True), finding(2), finding(3)))
    assert "defect 1" in text
    assert "defect 2" not in text
    assert text.endswith(
        "and 2 more, which may go away with it: this is the simplest case there is"
    )
    assert (
        "defect 2"
        not in results.mimebundle(result(finding(1, plain=True), finding(2)))["text/html"]
    )


def test_one_finding_of_the_simplest_case_needs_no_more_words():
    assert "more" not in results.result_text(result(finding(1, plain=True)))


def test_otherwise_three_are_shown():
    text = results.result_text(result(*map(finding, range(5))))
    assert text.count("✗ defect") == 3
    assert text.endswith("and 2 more; fix these first")


def test_a_judged_finding_says_whether_it_is_of_the_plain_case():
    case = Case("a case", lambda: Finding("wrong-rows", "seen"), "wrong-rows", plain=True)
    assert judge.run_case(TASK, case, 7).plain
    assert not judge.run_case(TASK, replace(case, plain=False), 7).plain


def test_a_mistyped_case_gets_those_that_are_like_it():
    lab = open_lab("step4_state", mode="solution", orders_per_day=20)
    lab.continue_from("load-day")
    with pytest.raises(UsageError, match=r"has no case 'one clean dy' on seed 7; there is: 'one c"):
        lab.replay("load-day", seed=7, case="one clean dy")


def test_a_reference_that_stands_in_brings_what_it_builds_on():
    lab = open_lab("step4_state", orders_per_day=20)
    lab.continue_from("run-pipeline")
    assert "def load_day" in lab.text("run-pipeline")
    lab.world.night().run(run)  # noqa: F821  both stand in this module now
    for name in ("run", "load_day"):
        del globals()[name]


TEXTS = """
from workbook import open_lab

lab = open_lab("step3_outcome")
lab.exercise("value-statement", "[]")
lab.exercise("stop-list", f"steps: {[]}")
print(lab.text("value-statement"), "|", lab.text("stop-list"))
"""


@pytest.mark.parametrize("how", ["in a script", "without a source"])
def test_a_text_that_was_registered_is_given_outside_of_a_kernel(how, tmp_path):
    script = tmp_path / "answers.py"
    script.write_text(TEXTS, encoding="utf-8")
    command = [str(script)] if how == "in a script" else ["-c", TEXTS]
    ran = subprocess.run(
        [sys.executable, *command], capture_output=True, text=True, cwd=tmp_path, check=False
    )
    assert (ran.stdout, ran.returncode) == ("[] | steps: []\n", 0), ran.stderr


def test_replay_shows_what_only_comes_after_the_cases_before_it(monkeypatch):
    def cases(self, answer, seed):
        left = []
        yield Case("one", lambda: left.append(seed), "rerun-doubles")
        yield Case("two", lambda: Finding("rerun-doubles", "seen") if left else None, "")
        yield Case("three", lambda: pytest.fail("it stands after the one that is asked for"), "")

    monkeypatch.setattr(catalog.Exercise, "cases", cases)
    again = judge.replay(TASK, None, 7, "two")
    assert [one.case for one in again.findings] == ["two"]
    assert judge.replay(TASK, None, 7, "one").note == "this case is right now"
