"""The diagnosis: two forms of one shape, taken once each, and the difference."""

from __future__ import annotations

import json
import re

import pytest

from labs.program import diagnosis
from labs.program.diagnosis import BEST, FORMS, LETTERS, form, form_for

SEED = 4708  # of the learner Ada


def _letters(name, points, seed=SEED):
    """The answers that bring each question these points."""
    return "".join(
        LETTERS[[o.points for o in q.options].index(points)] for q in form(name, seed).questions
    )


@pytest.mark.parametrize("name", FORMS)
def test_both_forms_have_one_shape(name):
    questions = form(name, 7).questions
    assert [q.step for q in questions] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    for question in questions:
        assert sorted(o.points for o in question.options) == [0, 0, 1, BEST]
        assert all(o.text and o.why for o in question.options)


@pytest.mark.parametrize("name", FORMS)
def test_the_length_of_an_option_does_not_give_the_best_away(name):
    questions = form(name, 7).questions
    by_length = [sorted(q.options, key=lambda o: len(o.text)) for q in questions]
    assert sum(options[-1].points == BEST for options in by_length) <= 3
    assert sum(options[0].points == BEST for options in by_length) <= 5


def test_the_two_forms_are_about_equally_long():
    words = [
        sum(len(re.findall(r"\w+", t)) for q in form(n, 7).questions
            for t in (q.ask, *(o.text for o in q.options)))
        for n in FORMS
    ]  # fmt: skip
    assert max(words) <= 1.1 * min(words)


def test_neighbours_have_other_letters_and_half_begin_with_each_form():
    assert _letters("A", BEST, 1) != _letters("A", BEST, 2)
    assert {form_for(seed, "before") for seed in (1, 2)} == set(FORMS)
    assert all(form_for(s, "before") != form_for(s, "after") for s in range(4))
    assert all(len(set(_letters("A", BEST, seed))) > 1 for seed in range(20))


def test_before_and_after_and_the_difference(home, workbook):
    first = form_for(SEED, "before")
    ran = workbook("diagnose", "before", "--answers", _letters(first, 0))
    assert ran.returncode == 0, ran.stderr
    assert "best" not in ran.stdout, "nothing is given away before the second one"
    second = form_for(SEED, "after")
    ran = workbook("diagnose", "after", "--answers", _letters(second, BEST), "--json")
    told = json.loads(ran.stdout)
    assert told["points"][-1] == {
        "step": "in all",
        "before": 0,
        "after": 20,
        "gained": 20,
        "of": 20,
    }
    assert [row["of"] for row in told["points"][:-1]] == [4] * 5
    again = workbook("diagnose", "after", "--answers", "a" * 10)
    assert again.returncode == 2
    assert "it counts once" in again.stderr


def test_the_second_form_is_another_one_whatever_was_chosen_first(home, workbook):
    first = form_for(SEED, "after")  # the form that would come second
    workbook("diagnose", "before", "--form", first, "--answers", _letters(first, 1))
    workbook("diagnose", "after", "--answers", "a" * 10)
    taken = json.loads((home / "diagnosis.json").read_text())
    assert {taken["before"]["form"], taken["after"]["form"]} == set(FORMS)


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("later",), "later: write `workbook diagnose before` or `workbook diagnose after`"),
        (("before", "--answers", "abc"), "--answers abc: write 10 letters from a to d"),
        (("before", "--answers", "abcdefghij"), "--answers abcdefghij: write 10 letters"),
        (("before", "--form", "C"), "--form C: there are forms A and B"),
        (("before",), "no answers: answer at a terminal, or with --answers"),
    ],
)
def test_a_mistake_is_one_line_and_nothing_is_kept(home, workbook, said, line):
    ran = workbook("diagnose", *said)
    assert ran.returncode == 2
    assert ran.stderr.startswith(f"workbook: {line}")
    assert not (home / "diagnosis.json").exists()


def test_a_damaged_file_is_one_line(home, workbook):
    (home / "diagnosis.json").write_text('{"before": {"form": "Z"}}')
    ran = workbook("diagnose", "after", "--answers", "a" * 10)
    assert ran.stderr == "workbook: work/diagnosis.json cannot be read: remove it\n"


def test_it_cannot_be_taken_without_pages(workbook, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "none"))
    assert "run `workbook start` first" in workbook("diagnose", "before").stderr


def test_the_reasons_are_for_people(capsys):
    taken = diagnosis.Taken("A", "2026-12-01", "a" * 10, (0,) * 10)
    diagnosis._print_reasons(taken, form("A", 7))
    assert capsys.readouterr().out.count("best  ") == 10
