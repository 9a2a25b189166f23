"""The director's page: paired, with its n beside it, hidden below five, nobody named."""

from __future__ import annotations

import pytest

from classroom import director, rows
from classroom.rows import Graded, Row


def made(learner, passed, *, help="", minutes=0.0, diagnosis=None, finding="rerun-doubles"):
    verdict = rows.PASSED if passed else rows.TRY_AGAIN
    one = Graded(
        step=4,
        id="load-day",
        core=True,
        verdict=verdict,
        help=help,
        minutes=minutes,
        first_finding="" if passed else finding,
    )
    told = diagnosis or {}
    return Row(learner=learner, source="x", status="judged", exercises=[one], diagnosis=told)


def classes(before, after):
    return [made(f"k{n:02}", bool(v)) for n, v in enumerate(before)], [
        made(f"k{n:02}", bool(v)) for n, v in enumerate(after)
    ]


def test_the_answer_is_a_sentence_with_its_counts():
    first, second = classes([1, 1, 0, 0, 0, 0, 0, 0], [1, 0, 1, 1, 1, 1, 0, 0])
    told = director.content(second, first)
    assert told["sentence"] == (
        "Of 8 who were judged both times, 2 passed 4 load-day unaided before and 5 after; "
        "4 gained, 1 lost."
    )
    assert told["changes"][0]["n"] == 8


@pytest.mark.parametrize(
    ("n", "gained", "lost", "expected"),
    [  # by hand: ((g - l) ± 1.96 · sqrt(g + l − (g − l)² / n')) / n', half added to each cell
        (21, 12, 1, (23, 73)),
        (10, 0, 0, (-16, 16)),
    ],
)
def test_the_interval_is_that_of_agresti_and_min(n, gained, lost, expected):
    assert director.Change("x", n, lost, gained, gained, lost).interval == expected


def test_fewer_than_five_are_not_shown():
    first, second = classes([1, 0, 0, 0], [1, 1, 1, 1])
    told = director.content(second, first)
    assert told["changes"] == []
    assert "nothing is compared" in told["sentence"]
    assert {row["unaided"] for row in told["helped"]} == {"hidden"}
    many = director.content([made(f"k{n}", False) for n in range(6)], None)
    assert many["left"][0]["learners"] == "6"
    assert many["left"][0]["what it costs"].startswith("whoever presses rerun")


def test_help_is_counted_apart_and_the_minutes_stand_beside_the_plan():
    done = [made(f"k{n}", True, minutes=30.0) for n in range(6)]
    done += [made("k9", True, help="solution seen")]
    (row,) = director.content(done, None)["helped"]
    assert (row["unaided"], row["solution seen"], row["minutes"], row["planned"]) == (
        6,
        1,
        "30",
        20,
    )


def test_the_diagnosis_is_compared_by_person():
    told = [{"before": 8, "after": 14 + n % 2, "best": 20} for n in range(6)]
    graded = [made(f"k{n}", True, diagnosis=one) for n, one in enumerate(told)]
    n, before, after, low, high = director.diagnosis(graded)
    assert (n, before, after) == (6, 40.0, 72.5)
    assert low < 32.5 < high
    assert director.diagnosis(graded[:4]) is None
    assert (
        "Of 6 who took both diagnoses, the mean went from 40 % to 72 %"
        in (director.content(graded, None)["sentence"])
    )


def test_nobody_is_named(workbook, tmp_path):
    for name, graded in zip(("before", "after"), classes([0] * 6, [1] * 5 + [0]), strict=True):
        for row in graded:
            rows.write(tmp_path / name, row)
    given = ["cohort", tmp_path / "after", "--before", tmp_path / "before"]
    ran = workbook(*given, "--html", tmp_path / "page.html")
    assert ran.code == 0, ran.err
    for text in (ran.out, (tmp_path / "page.html").read_text()):
        assert "5 gained, 0 lost" in text
        assert "k00" not in text and "k05" not in text
        assert "No control group" in text


def test_a_folder_without_rows_is_one_line(workbook, tmp_path):
    ran = workbook("cohort", tmp_path)
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
