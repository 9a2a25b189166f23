"""The scorecard: what the record says, and nothing else."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3

import pytest

from labs.program import scorecard
from workbook import catalog
from workbook.progress import SOLUTION, Progress, Saving
from workbook.results import Result, Verdict
from workbook.workspace import Workspace

NOW = dt.datetime(2026, 12, 1, 9, tzinfo=dt.UTC)
CORE = [e for e in catalog.load("step4_state").exercises.values() if e.core]


@pytest.fixture
def record(home):
    return Progress(Workspace(home).progress)


def _pass(record, exercise, digest="b"):
    result = Result(exercise.id, exercise.title, Verdict.PASSED)
    record.attempt(result, 7, digest, 1.0)


def test_nothing_is_done_yet(home, workbook):
    found = scorecard.read(Workspace(home), NOW)
    assert (found.passed, found.unaided, found.learner) == (0, 0, "Ada")
    assert workbook("report").returncode == 0


def test_a_step_is_earned_with_its_core_exercises(home, record):
    for exercise in CORE[:-1]:
        _pass(record, exercise)
    assert not scorecard.read(Workspace(home), NOW).earned(4)
    record.help(CORE[-1].id, SOLUTION)
    _pass(record, CORE[-1])
    found = scorecard.read(Workspace(home), NOW)
    assert found.earned(4)
    assert not found.earned(5)
    assert (found.passed, found.unaided) == (len(CORE), len(CORE) - 1)


def test_minutes_leave_pauses_out(home, record):
    _pass(record, CORE[0], "a")
    with sqlite3.connect(home / "progress.db") as con:
        con.execute("delete from attempts")
        for at, verdict in (("09:00", "TRY AGAIN"), ("09:10", "TRY AGAIN"), ("13:00", "TRY AGAIN"),
                            ("13:05", "PASSED"), ("13:09", "PASSED")):  # fmt: skip
            con.execute("insert into attempts values (?, ?, 7, ?, 'x', '[]', 1)",
                        (f"2026-12-01T{at}:00.000000+00:00", CORE[0].id, verdict))  # fmt: skip
    row = next(r for r in scorecard.read(Workspace(home), NOW).rows if r.exercise == CORE[0].id)
    assert row.minutes == 15.0


def test_savings_and_papers_are_told(home, record, workbook, tmp_path):
    record.saved(Saving("step1_audit", "the bill", "dollars", 31041, 84))
    record.saved(Saving("step5_governance", "leaks", "risk", 33, 0))
    (home / "SKILL.md").write_text("x")
    (home / "office").mkdir()
    (home / "office" / "map.yml").write_text("x")
    assert workbook("report", "--html", "card.html").returncode == 0
    page = (tmp_path / "card.html").read_text()
    for text in ("$31,041", "$84", "SKILL.md", "office/ (1 files)", "I make pipelines faster."):
        assert text in page, text
    assert page.count('<img alt="') == 2
    assert "progress.db" not in page
    told = json.loads(workbook("report", "--json").stdout)
    assert told["savings"][0] == {
        "step": 1, "lab": "step1_audit", "what": "the bill", "kind": "dollars",
        "before": 31041.0, "after": 84.0,
    }  # fmt: skip


def test_the_checksum_follows_the_record_and_not_the_clock(home, record):
    first = scorecard.read(Workspace(home), NOW).digest
    assert scorecard.read(Workspace(home), NOW + dt.timedelta(days=1)).digest == first
    _pass(record, CORE[0])
    assert scorecard.read(Workspace(home), NOW).digest != first


def test_a_record_of_an_older_release_is_read(home, workbook):
    path = home / "progress.db"
    with sqlite3.connect(path) as con:
        con.execute("create table attempts (at text not null, exercise text not null, seed integer "
                    "not null, verdict text not null, digest text not null, findings text not null,"
                    " seconds real not null)")  # fmt: skip
        con.execute("insert into attempts values ('2026-01-01T00:00:00.000000+00:00', "
                    "'an-exercise-that-is-gone', 7, 'PASSED', 'x', '[]', 1)")  # fmt: skip
    ran = workbook("report")
    assert (ran.returncode, ran.stderr) == (0, "")
    assert "has passed 0 of" in ran.stdout


def test_a_record_without_pages_is_told(workbook, tmp_path, monkeypatch):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "none"))
    ran = workbook("report")
    assert ran.returncode == 0
    assert "The learner of these pages has passed 0 of" in ran.stdout


def test_the_page_of_a_class_is_the_same_command(workbook, tmp_path):
    ran = workbook("report", "nowhere")
    assert ran.returncode == 2
    assert "nowhere" in ran.stderr
    assert workbook("report", "--before", "x").stderr.startswith("workbook: --before goes with")
