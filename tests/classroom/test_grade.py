"""Grade: twelve submissions to twelve rows, broken input, interruptions, tables, exit codes."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from xml.etree import ElementTree

import msgspec
import psutil
import pytest

from classroom import dashboard, intake, policy, pool, reading, rounds, rows, tables
from classroom.judging import Task, slow_modules
from tests.classroom import handed_in, hostile_rows
from tests.classroom.conftest import BOTH, ROOT, by_learner, cheap
from tests.classroom.handed_in import GATE, MASK
from tests.engine.elsewhere import no_sandbox
from tests.engine.hostile.cases import HOSTILE
from workbook import catalog, sandbox
from workbook.errors import UsageError, WorkbookError

ONE, TEXT = ["--exercise=mask"], ["--exercise=release-gate"]


def verdicts(row):
    return {one.id: one.shown for one in row.exercises}


def exercise(row, name):
    return next(one for one in row.exercises if one.id == name)


def plain(row):
    """A row without what depends on the machine's speed, the file's date and who else is there."""
    same = msgspec.structs.replace
    alone = [same(one, seconds=0, same_as=None) for one in row.exercises]
    return same(row, exercises=alone, seconds=rows.Spent(0, 0), digest="")


class TestTwelve:
    def test_twelve_submissions_give_twelve_rows(self, twelve):
        _, results, ran = twelve
        told = {
            learner: tuple(verdicts(row).values()) for learner, row in by_learner(results).items()
        }
        assert told == {  # mask, release-gate
            "k01": ("NOT YET", "NOT YET"),
            "k02": ("PASSED", "NOT YET"),
            "k03": ("PASSED", "PASSED"),
            "k04": ("TRY AGAIN", "TRY AGAIN"),
            "k05": ("PASSED", "PASSED"),
            "k06": ("UNREADABLE", "UNREADABLE"),
            "k07": ("TIMED OUT", "PASSED"),
            "k08": ("ERROR", "PASSED"),
            "k09": ("PASSED", "NOT YET"),
            "k10": ("NOT YET", "PASSED"),
            "k11": ("TRY AGAIN", "NOT YET"),
            "unknown-1": ("PASSED", "NOT HANDED IN"),
        }
        assert ran.code == 2, "one could not be read"

    def test_a_copy_of_the_reference_is_said_to_be_one(self, twelve):
        row = by_learner(twelve[1])["k05"]
        assert {one.same_as for one in row.exercises} == {"reference"}

    def test_learners_with_the_same_text_are_named(self, twelve):
        told = exercise(by_learner(twelve[1])["k02"], "mask").same_as
        assert told == ["k03", "k09"]

    def test_a_truncated_notebook_names_its_line(self, twelve):
        row = by_learner(twelve[1])["k06"]
        assert row.status == "unreadable"
        assert re.search(
            r"05_defensive_governance\.ipynb is half saved or broken \(line \d+\)", row.notes[0]
        )

    def test_an_early_import_error_names_its_cell(self, twelve):
        note = exercise(by_learner(twelve[1])["k08"], "mask").note
        assert "raised ModuleNotFoundError: No module named 'a_package_that_nobody_has'" in note
        assert "the answer needs that cell" in note

    def test_renamed_zipped_and_nameless_are_said(self, twelve):
        graded = by_learner(twelve[1])
        assert graded["k10"].notes == ["final FINAL (2).ipynb is 05_defensive_governance, renamed"]
        assert graded["k11"].source == "kim.zip"
        assert graded["unknown-1"].notes == ["its world is not known: judged on others"]
        assert graded["unknown-1"].world is None
        assert graded["k03"].world is not None

    def test_what_the_record_claims_is_in_the_row(self, twelve):
        graded = by_learner(twelve[1])
        assert exercise(graded["k03"], "mask").claimed == "PASSED"
        told = exercise(graded["k04"], "mask")
        assert (told.claimed, told.attempts, told.repeated) == ("TRY AGAIN", 3, 3)

    def test_rows_fit_the_schema_and_nothing_else_does(self, twelve):
        told = json.loads((twelve[1] / "rows/k04.json").read_text())
        assert told["schema"] == 1
        assert {"step", "id", "core", "verdict", "first_finding", "findings"} <= set(
            told["exercises"][0]
        )
        with pytest.raises(msgspec.ValidationError):
            msgspec.json.decode(json.dumps(told | {"more": 1}), type=rows.Row)

    def test_the_facilitator_is_told_what_to_say_who_is_stuck_and_what_to_look_at(self, twelve):
        page = (twelve[1] / "index.html").read_text()
        for told in (
            "Say next",
            "mask: 3 tries",
            "the same finding 3 times",
            "mask: the same text",
        ):
            assert told in page
        assert "http" not in page and "<script" not in page, "one file, asking for nothing"
        assert "SAY NEXT" in twelve[2].out

    def test_junit_counts_what_failed_and_what_could_not_be_judged(self, twelve):
        suites = ElementTree.parse(twelve[1] / "junit.xml").getroot()
        told = {
            s.get("name"): (s.get("failures"), s.get("errors"), s.get("skipped")) for s in suites
        }
        assert told["k03"] == ("0", "0", "0")
        assert told["k04"] == ("2", "0", "0")
        assert told["k06"] == ("0", "2", "0")
        assert told["k01"] == ("0", "0", "2")

    def test_a_second_run_judges_nothing_that_is_judged(self, workbook, twelve):
        folder, results, _ = twelve
        before = {p.name: p.read_bytes() for p in (results / "rows").iterdir()}
        ran = workbook("grade", folder, "--out", results, *cheap(*BOTH))
        assert ran.err == ""
        assert {p.name: p.read_bytes() for p in (results / "rows").iterdir()} == before

    def test_twice_gives_equal_rows(self, workbook, twelve, tmp_path):
        folder = tmp_path / "some"
        folder.mkdir()
        for name in ("k04-wrong", "kim.zip"):
            (folder / name).symlink_to(twelve[0] / name)
        real = tmp_path / "real"
        subprocess.run(["cp", "-rLp", folder, real], check=True)
        workbook("grade", real, "--out", tmp_path / "again", *cheap(*BOTH))
        for learner, row in by_learner(tmp_path / "again").items():
            assert plain(row) == plain(by_learner(twelve[1])[learner])


def slow(seconds):
    return (
        'import time\n@lab.exercise("mask")\ndef mask(value, rule, key):\n'
        f"    time.sleep({seconds})\n"
    )


class TestLimits:
    def test_a_slow_answer_costs_its_exercise_and_no_other(self, workbook, tmp_path):
        right = {MASK.id: slow(8), GATE.id: handed_in.other(GATE)}
        handed_in.home(tmp_path / "in/k01", "k01", right)
        ran = workbook(
            "grade", tmp_path / "in", "--out", tmp_path / "out", "--minutes", "0.1", *cheap(*BOTH)
        )
        row = by_learner(tmp_path / "out")["k01"]
        assert exercise(row, "mask").verdict == "TIMED OUT"
        assert "0.1 minutes of this submission" in exercise(row, "mask").note
        assert exercise(row, "release-gate").verdict == "PASSED"
        assert ran.code == 0

    def test_a_run_that_was_killed_continues(self, workbook, tmp_path):
        for number in (1, 2, 3):
            answer = {GATE.id: handed_in.wrong(GATE, number)}
            handed_in.home(tmp_path / f"in/k0{number}", f"k0{number}", answer)
        command = [sys.executable, "-c", "from workbook.cli import main; main()", "grade"]
        given = [str(tmp_path / "in"), "--out", str(tmp_path / "out"), *cheap(*TEXT)]
        with subprocess.Popen(
            [*command, *given, "--workers", "1"], cwd=ROOT, stderr=subprocess.PIPE, text=True
        ) as run:
            assert "1 of 3 · k01" in run.stderr.readline()
            os.kill(run.pid, signal.SIGKILL)
        first = (tmp_path / "out/rows/k01.json").stat().st_mtime_ns
        time.sleep(0.5)
        ran = workbook("grade", *given)
        assert "1 of 3 are judged already: continuing" in ran.err
        assert len(by_learner(tmp_path / "out")) == 3
        assert (tmp_path / "out/rows/k01.json").stat().st_mtime_ns >= first

    def test_parts_on_two_machines_come_to_the_same_rows(self, workbook, twelve, tmp_path):
        folder, results, _ = twelve
        given = ["grade", folder, "--out", tmp_path / "out", *cheap(*TEXT)]
        for part in ("1/2", "2/2"):
            assert workbook(*given, "--part", part).code in (0, 2)
        assert not (tmp_path / "out/results.csv").exists()
        ran = workbook(*given)
        assert ran.err == "", "nothing is left to judge"
        both, alone = by_learner(tmp_path / "out"), by_learner(results)
        assert verdicts(both["k04"])["release-gate"] == verdicts(alone["k04"])["release-gate"]
        assert set(both) == set(alone)
        assert workbook(*given, "--part", "3/2").code == 2

    def test_results_are_not_put_among_other_files(self, workbook, tmp_path):
        (tmp_path / "mine.txt").write_text("x")
        handed_in.home(tmp_path / "in/k01", "k01")
        ran = workbook("grade", tmp_path / "in", "--out", tmp_path, *cheap(*ONE))
        assert (ran.code, ran.out) == (2, "")
        assert "holds other files" in ran.err

    @pytest.mark.parametrize(
        "given", [("nowhere",), (".", "--exercise", "no-such"), (".", "--lab", "9")]
    )
    def test_what_is_not_there_is_one_line(self, workbook, tmp_path, given):
        ran = workbook("grade", *given, "--out", tmp_path / "out", cwd=tmp_path)
        assert ran.code == 2
        assert len(ran.err.splitlines()) == 1


def test_the_exit_code_follows_what_is_required(workbook, tmp_path):
    home = handed_in.home(tmp_path / "work", "ada", {GATE.id: handed_in.other(GATE)})
    given = ["--require", "step5_governance:core", "--summary", tmp_path / "said.md", *BOTH]
    ran = workbook("grade", home, "--out", tmp_path / "out", *cheap(*given))
    assert ran.code == 1, ran.err
    assert "| release-gate | PASSED |" in (tmp_path / "said.md").read_text()
    row = by_learner(tmp_path / "out")["ada"]
    assert policy.read(["release-gate"]).met([row])
    assert policy.read(["step5_governance:core"]).missing(row) == ["mask", "policy", "inherit"]
    seen = exercise(row, "release-gate")
    seen = msgspec.structs.replace(seen, help="solution seen")
    helped = msgspec.structs.replace(row, exercises=[seen])
    assert not policy.read(["step5_governance:release-gate"]).met([helped])
    assert policy.read(["step5_governance:release-gate+seen"]).met([helped])
    with pytest.raises(UsageError, match="one of its exercises"):
        policy.read(["step5_governance:maks"])


def test_a_second_run_into_the_same_results_is_kept_out(tmp_path):
    mine = psutil.Process()
    (tmp_path / ".grading-1-of-1").write_text(f"{mine.ppid()} {mine.parent().create_time()}")
    with (
        pytest.raises(WorkbookError, match="being written by another"),
        pool.alone(tmp_path, (1, 1)),
    ):
        pass
    (tmp_path / ".grading-1-of-1").write_text(f"{mine.ppid()} 12.5")  # its number was used again
    with pool.alone(tmp_path, (1, 1)):
        assert (tmp_path / ".grading-1-of-1").exists()
    assert not (tmp_path / ".grading-1-of-1").exists()


@pytest.mark.parametrize("isolation", ["none", pytest.param("bubblewrap", marks=no_sandbox)])
def test_a_page_is_executed_to_be_read_and_cannot_reach_out(tmp_path, isolation, thorough):
    if isolation == "none" and sandbox.available() and not thorough:
        pytest.skip("a kernel: with five seeds")
    (tmp_path / "one").mkdir()
    (tmp_path / "secret").write_text("a neighbour's")
    told = f"from pathlib import Path\nPath({str(tmp_path / 'secret')!r}).exists()"
    cells = [{"cell_type": "code", "metadata": {"tags": ["parameters"]}, "source": "seed: int = 1"}]
    cells += [{"cell_type": "code", "metadata": {}, "source": one} for one in ("1 / 0", told)]
    page = tmp_path / "one/page.ipynb"
    page.write_text(
        json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    )
    (tmp_path / "scratch").mkdir()
    found = intake.Found(answers={"x": page})
    given = (found, tmp_path / "scratch", tmp_path / "out", isolation, 120.0)
    assert reading.executed(*given) == []
    outputs = [c["outputs"] for c in json.loads((tmp_path / "out/page.ipynb").read_text())["cells"]]
    assert [o["ename"] for cell in outputs for o in cell if "ename" in o] == ["ZeroDivisionError"]
    seen = "".join(outputs[-1][0]["data"]["text/plain"])
    assert seen == ("True" if isolation == "none" else "False")


HARMFUL = """
import os, pathlib, shutil, signal
for near in (pathlib.Path.cwd(), *pathlib.Path.cwd().parents[:2]):
    for path in near.glob("*"):
        if "out" in path.name or "k0" in path.name:
            shutil.rmtree(path, ignore_errors=True)
os.kill(os.getppid(), signal.SIGKILL)
LIMIT = 1
"""


@no_sandbox
def test_a_hostile_answer_costs_a_neighbour_nothing(workbook, tmp_path):
    harm = {MASK.id: HARMFUL + handed_in.other(MASK)}
    handed_in.home(tmp_path / "in/k01", "k01", harm)
    handed_in.home(tmp_path / "in/k02", "k02", {MASK.id: handed_in.wrong(MASK)})
    before = handed_in.digests(tmp_path / "in")
    given = ["grade", tmp_path / "in", "--out", tmp_path / "out", "--isolation", "bubblewrap"]
    workbook(*given, "--worlds", "1", "--workers", "1", *ONE)
    graded = by_learner(tmp_path / "out")
    assert verdicts(graded["k02"]) == {"mask": "TRY AGAIN"}
    assert graded["k01"].isolation == "bubblewrap"
    assert "k01" in graded
    assert handed_in.digests(tmp_path / "in") == before


def judged_by(process, folder):
    """What a judge's process makes of a right answer to `mask`, and the processes it then has."""
    page = handed_in.home(folder, "k01", {MASK.id: handed_in.other(MASK)}) / MASK.lab.page.name
    task = Task([(str(page), [MASK.id])], {}, 7, False, [20_001], "bubblewrap", "", 60.0)
    try:
        came = process.came(task)
        mother = psutil.Process(process._process.pid)
        seen = [mother, *mother.children()]
        return came.graded[MASK.id].verdict, [one.cmdline() for one in seen]
    finally:
        process.close()


@no_sandbox
def test_a_judge_imports_together_with_the_server_that_answers_are_forked_from(tmp_path):
    verdict, (own, *others) = judged_by(rounds.JudgeProcess("bubblewrap", []), tmp_path / "k01")
    assert verdict == "PASSED"
    assert "main_beside" in own[3] and own in others, "its server has parted from it"
    assert slow_modules(["first-suite"])[:1] == ["great_expectations"]
    assert slow_modules([MASK.id]) == []


def no_copy(*_):
    raise OSError("this kernel makes no such copy")


@contextlib.contextmanager
def ends_at_once(*_):
    yield [sys.executable, "-c", "raise SystemExit(1)"], {}


@no_sandbox
@pytest.mark.parametrize("begun", [no_copy, ends_at_once])
def test_a_judge_that_cannot_begin_beside_a_server_begins_by_itself(tmp_path, monkeypatch, begun):
    monkeypatch.setattr(rounds.entering, "clean_python", begun)
    verdict, (own, *_) = judged_by(rounds.JudgeProcess("bubblewrap", []), tmp_path / "k01")
    assert verdict == "PASSED" and "main()" in own[2]


@no_sandbox
def test_hostile_answers_get_rows_gain_nothing_and_harm_nobody(tmp_path, thorough):
    if not thorough:
        pytest.skip("tests/engine/hostile holds the judge itself; with five seeds also its rows")
    came = hostile_rows.graded(tmp_path, HOSTILE)
    assert (came.gained, came.harmed, came.hung, came.traceback, came.missing) == ([],) * 5


def graded(learner, **verdicts):
    exercises = [
        rows.Graded(step=e.lab.step, id=e.id, core=e.core, verdict=verdict, attempts=4,
                    same_as=["k02"] if learner == "k01" else None)
        for name, verdict in verdicts.items() for e in [catalog.find(name.replace("_", "-"))]
    ]  # fmt: skip
    return rows.Row(learner=learner, source="x", status="judged", exercises=exercises)


def test_the_dashboard_leaves_out_what_says_nothing_and_has_a_line_for_each_learner():
    nothing = {"worth_it": rows.NOT_HANDED_IN, "review_pr": rows.UNREADABLE}
    one = graded("k01", **nothing, load_day=rows.TRY_AGAIN, mask=rows.TRY_AGAIN)
    two = graded("k02", **nothing, load_day=rows.PASSED, mask=rows.NOT_YET)
    told = dashboard.content([one, two], dashboard.Told("may", "", "none"))
    assert ([head.id for head in told["heads"]], told["left"]) == (["load-day", "mask"], "1 and 3")
    assert [len(line["cells"]) for line in told["lines"]] == [len(told["totals"])] * 2
    assert [remark.learner for remark in told["stuck"]] == ["k01", "k02"]
    alike = [remark.text for remark in told["look_at"] if remark.learner == "k01, k02"]
    assert alike == ["worth-it, review-pr, load-day, mask: the same text"]
    assert "Nobody handed in step 1 and 3." in dashboard.page([one, two], told["told"])
    page = dashboard.content([graded("k01", **nothing)], told["told"])
    assert [head.id for head in page["heads"]] == ["worth-it", "review-pr"], "nothing else is there"


def test_the_summary_of_one_learner_says_first_whether_what_is_required_is_met():
    row = graded("k01", load_day=rows.PASSED, mask=rows.TRY_AGAIN, worth_it=rows.NOT_HANDED_IN)
    found = msgspec.structs.replace(row.exercises[1], first_finding="redact-shows", observed="a|b")
    row = msgspec.structs.replace(row, exercises=[row.exercises[0], found, row.exercises[2]])
    lines = tables.as_markdown([row], policy.read(["mask"])).splitlines()
    assert lines[2].startswith("Required and not met: mask")
    assert "| load-day | PASSED |   |   |   |" in lines
    (line,) = [line for line in lines if line.startswith("| **mask** | TRY AGAIN |")]
    assert "A redacted value still shows something" in line and r"a\|b" in line
    assert lines[-1] == "Not handed in and not required: 1"
