"""The director's page: paired, with its n beside it, hidden below five, nobody named."""

from __future__ import annotations

import msgspec
import pytest

from classroom import director, intake, rows, taken
from classroom.rows import Graded, Row
from fieldkit.report.evidence import to_evidence
from fieldkit.report.report import Header, Report
from tests.classroom import handed_in


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
        "Of 8 who were judged both times, 2 passed “4: Load a day, any number of times” unaided "
        "before and 5 after; "
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


def report(folder, name, instrument, code=0):
    """A report as an instrument leaves it with --evidence."""
    made = Report(
        instrument=instrument, verdict="FINE", status="good", summary="seen.", exit_code=code,
        data={}, header=Header("1", "2026-12-01 09:00 UTC", name, "", 1.0, "fieldkit"),
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{name}.json").write_text(to_evidence(made))
    return folder / f"{name}.json"


def test_reports_from_work_are_handed_in_and_a_changed_one_is_named_and_not_counted(
    workbook, tmp_path
):
    home = handed_in.home(tmp_path / "work", "k07")
    report(home / "evidence", "nightly", "prove")
    changed = report(home / "evidence", "anna", "audit", code=1)
    changed.write_text(changed.read_text().replace('"exit_code": 1', '"exit_code": 0'))
    (home / "evidence/other.json").write_text('{"schema": NaN}')
    ran = workbook("hand-in", "--out", tmp_path / "in.zip", WORKBOOK_HOME=str(home))
    assert "3 reports from work" in ran.out
    (entry,) = intake.looked([tmp_path / "in.zip"], {}, "", None)
    found, refused, notes = taken.taken(entry.bag)
    assert [(one.step, one.instrument, one.closed) for one in found] == [(4, "prove", True)]
    assert refused == [taken.CHANGED, taken.NONE]
    assert any("anna.json: was changed after it was written" in note for note in notes)


def test_what_was_taken_to_work_is_counted_by_step_and_names_nobody():
    one = rows.Taken(4, "prove", True, "a")
    done = [msgspec.structs.replace(made(f"k{n}", True), taken=[one]) for n in range(2)]
    own = [rows.Taken(4, "prove", n > 0, f"b{n}") for n in range(4)]
    done += [msgspec.structs.replace(made(f"w{n}", True), taken=[own[n]]) for n in range(4)]
    audit = rows.Taken(1, "audit", False, "c")
    done[0] = msgspec.structs.replace(
        done[0], taken=[one, audit], not_evidence=[taken.CHANGED, taken.CHANGED]
    )
    told = director.content(done, None)
    few, many = told["taken"]
    assert (few["step"], few["learners"], few["reports"]) == (1, "fewer than 5", "hidden")
    assert list(many.values()) == [4, "prove", "6", "5", "4"], "the same report counts once"
    assert any("2 files handed in as evidence" in line for line in told["limits"])
    page = director.page(told)
    assert "Taken to work" in page and "k0" not in page
