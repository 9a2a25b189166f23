"""Certify: passes confirmed with nothing of ours in the process, signed, and refused otherwise."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace

import msgspec
import pytest

from classroom import certificates, cohort, confirming, rows
from classroom.cohort import Cohort
from classroom.rows import Graded, Row
from tests.classroom.conftest import ROOT
from tests.engine.elsewhere import no_sandbox
from workbook import catalog, submission
from workbook.errors import UsageError, WorkbookError
from workbook.session import Cell

NIGHT = catalog.find("run-pipeline")
QUICK = "prove --kills 2 --reruns 1 --state warehouse.duckdb -- python mine.py {state}"


@no_sandbox
@pytest.mark.parametrize("right", [True, False])
def test_an_instrument_confirms_a_right_answer_and_refutes_a_wrong_one(tmp_path, right, thorough):
    if right and not thorough:
        pytest.skip("ten seconds of a processor: with five seeds")
    wrong = next(s for s in NIGHT.sections if s.finding == "rerun-doubles")
    (tmp_path / "run_pipeline.py").write_text(NIGHT.reference.text if right else wrong.text)
    exercise = replace(NIGHT, confirm={**NIGHT.confirm, "by": QUICK})
    given = submission.read(exercise, tmp_path / "run_pipeline.py", 7, 7)
    said = confirming.refuted(exercise, given, 120)
    assert said == "" if right else said.startswith("exit code 1: REFUTED")


CONFIRMED = [e for lab in catalog.labs() for e in lab.exercises.values() if e.confirm]


def test_what_an_instrument_can_confirm_is_confirmed_and_the_page_says_so():
    told = (ROOT / "docs/ci.md").read_text(encoding="utf-8")
    table = told.partition("| exercise | confirmed by |")[2].partition("| all others |")[0]
    assert {one.id for one in CONFIRMED} == set(re.findall(r"`([a-z-]+)`[,| ]", table))
    for one in CONFIRMED:
        line = next(line for line in table.splitlines() if f"`{one.id}`" in line)
        assert f"`fieldkit {one.confirm['by'].split()[0]}" in line


def given_of(exercise, text, folder):
    (folder / f"{exercise.module}.py").write_text(text)
    return submission.read(exercise, folder / f"{exercise.module}.py", 7, 7)


@no_sandbox
def test_an_assistant_that_reads_as_a_bot_leaks_to_an_instrument(tmp_path):
    inherit = catalog.find("inherit")
    wrong = next(s for s in inherit.sections if s.finding == "reads-as-bot")
    said = confirming.refuted(inherit, given_of(inherit, wrong.text, tmp_path), 120)
    assert said.startswith("exit code 1: LEAKED: 4 personas saw 6 canaries")


@no_sandbox
@pytest.mark.parametrize("exercise", CONFIRMED, ids=lambda one: one.id)
def test_every_reference_is_confirmed(tmp_path, exercise, thorough):
    if not thorough:
        pytest.skip("up to a minute of a processor each: with five seeds")
    by = re.sub(r"^prove( --kills \d+)?", "prove --kills 3", exercise.confirm["by"])
    exercise = replace(exercise, confirm={**exercise.confirm, "by": by})
    given = given_of(exercise, exercise.reference.text, tmp_path)
    assert confirming.refuted(exercise, given, 300) == ""


def test_cells_that_show_something_of_the_page_do_not_keep_an_answer_from_its_command(tmp_path):
    """An answer may need names of a cell that shows a figure, too; here there is no page."""
    land = catalog.find("land-file")
    given = given_of(land, land.reference.text, tmp_path)
    shows = "WEEK = 7\nlab.world.landing().shown(WEEK)[0]\nfor one in lab.week: one\nf'{lab.n:.2f}'"
    given = replace(given, cells=[Cell(shows, "cell 3"), *given.cells])
    for name, text in confirming._written_out(land, given).items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    command = [sys.executable, "mine.py", "--create", "manifest.duckdb"]
    ran = subprocess.run(command, cwd=tmp_path / "night", capture_output=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, b"")


def test_what_a_page_continues_from_is_written_out_with_it(tmp_path):
    given = given_of(NIGHT, NIGHT.reference.text, tmp_path)
    given = replace(given, continues=frozenset({"load-day"}))
    mine = confirming._written_out(NIGHT, given)["night/mine.py"]
    assert catalog.find("load-day").reference.text.strip() in mine


@pytest.mark.parametrize("exercise", CONFIRMED, ids=lambda one: one.id)
def test_an_answer_is_written_out_and_not_run_where_it_is_judged(tmp_path, exercise):
    ran = tmp_path / "ran"
    harm = f"open({str(ran)!r}, 'w').close()\n"
    path = tmp_path / f"{exercise.module}.py"
    path.write_text(exercise.reference.text + "\n" + harm)
    given = submission.read(exercise, path, 7, 7)
    files = confirming._written_out(exercise, given)
    assert any(harm in str(text) for text in files.values())
    assert not ran.exists()


def test_without_a_sandbox_nothing_is_certified(workbook, apart, tmp_path):
    (tmp_path / "mask.py").write_text("x = 1")
    given = ["grade", tmp_path / "mask.py", "--out", tmp_path / "out", "--certify"]
    ran = workbook(*given, "--isolation", "none")
    assert (ran.code, len(ran.err.splitlines())) == (2, 1)
    ran = apart(*given, PATH=str(tmp_path))
    assert ran.code == 2
    assert "bubblewrap" in ran.err


@pytest.fixture
def room(tmp_path):
    (tmp_path / cohort.KEY).write_text("a secret\n")
    made = Cohort(tmp_path, "may", {"k07": 12}, dealt=7)
    (tmp_path / cohort.FILE).write_text(cohort.written(made))
    return made


def row(**more):
    passed = Graded(
        step=4, id="load-day", core=True, verdict=rows.PASSED, confirmed="fieldkit prove"
    )
    seen = Graded(step=4, id="transition", core=False, verdict=rows.PASSED, help="solution seen")
    failed = Graded(step=4, id="land-file", core=False, verdict=rows.TRY_AGAIN)
    told = {"learner": "k07", "source": "x", "status": "judged", "certified": True}
    return Row(exercises=[passed, seen, failed], isolation="bubblewrap", **(told | more))


def test_a_certificate_says_what_is_passed_and_with_which_help(room):
    made = certificates.made(row(), room, "Kim Lee")
    assert [e["exercise"] for e in made["exercises"]] == ["load-day", "transition"]
    assert certificates.line(made).startswith(
        "Kim Lee (k07), class may: load-day · 1 after the solution was seen · "
        "confirmed by an instrument: load-day"
    )


def test_a_changed_certificate_is_found_out(workbook, room, tmp_path):
    rows.write(tmp_path, row())
    path = tmp_path / "kim.json"
    given = ["certificate", "--class", tmp_path]
    ran = workbook(*given, tmp_path / "rows/k07.json", "--name", "Kim Lee", "--out", path)
    assert ran.code == 0, ran.err
    assert workbook(*given, path, "--verify").code == 0
    told = json.loads(path.read_text())
    told["exercises"][0]["exercise"] = "take-lease"
    path.write_text(json.dumps(told))
    ran = workbook(*given, path, "--verify")
    assert ran.code == 1
    assert "is not what may has signed" in ran.out
    path.write_text("[]")
    assert workbook(*given, path, "--verify").code == 2


def test_to_verify_takes_no_key_and_whoever_can_verify_cannot_forge(workbook, room, tmp_path):
    made = certificates.made(row(), room, "Kim Lee")
    away = tmp_path / "employer"
    away.mkdir()
    (away / cohort.FILE).write_text((tmp_path / cohort.FILE).read_text())
    public = cohort.read(away)
    path = away / "kim.json"
    path.write_text(certificates.text(made))
    assert certificates.verified(path, public).startswith("Kim Lee (k07), class may")
    with pytest.raises(WorkbookError, match="nothing can be signed"):
        certificates.made(row(), public, "Somebody Else")
    told = {key: value for key, value in made.items() if key != "signature"}
    forger = certificates.signing.signature(public.verifies, certificates._plain(told))
    for signature in (forger, "", "zz", made["signature"][:-2] + "00", public.verifies):
        path.write_text(json.dumps(told | {"signature": signature}))
        assert certificates.verified(path, public) == "", signature


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"certified": False}, "judged without --certify"),
        ({"learner": "k09"}, "not in the class"),
        ({"exercises": []}, "passed nothing"),
    ],
)
def test_a_row_that_proves_too_little_is_refused(room, more, why):
    with pytest.raises(UsageError, match=why):
        certificates.made(msgspec.structs.replace(row(), **more), room, "")
