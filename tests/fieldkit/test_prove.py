"""Planted pipelines get the verdict that they deserve, and their state back, byte for byte."""

from __future__ import annotations

import json
import subprocess
import time
import xml.etree.ElementTree as ET

import pytest

from fieldkit.prove import run, story
from fieldkit.prove.found import Experiment, KillHit, Proof
from fieldkit.prove.run import Settings, prove
from fieldkit.prove.runbook import runbook
from fieldkit.report import report
from fieldkit.runs.command import Point
from fieldkit.state.compare import Scope
from tests.fieldkit.pipelines import PLANTED, command, content, state
from tests.narrow import too_wide

QUICK = Settings(reruns=1, kills=2, patience=20)
FULL = Settings(reruns=1, kills=4, patience=20)


@pytest.fixture(params=PLANTED)
def planted(request, tmp_path):
    return request.param, *PLANTED[request.param], tmp_path


def test_a_planted_pipeline_gets_its_verdict(planted, thorough):
    name, kind, script, verdict, difference, folder = planted
    place = state(kind, folder / "state")
    before = content(place)
    settings = FULL if thorough else QUICK
    proof = prove(command(kind, script, folder), [place], settings=settings)
    assert content(place) == before
    assert proof.verdict == verdict, proof
    if verdict == "REFUTED":
        found = proof.counterexample
        if difference == "failure":
            assert "the rerun ended with exit code 1" in found.failure
            assert "already exists" in found.failure or "no such table" in found.failure
        else:
            assert found.deltas[0].kind == difference
            assert found.deltas[0].examples
        assert len(found.kills) == (0 if "append" in name else 1)
    elif verdict == "NOT REPEATABLE":
        assert proof.varying[0].columns == (("id",) if difference == "unexpected" else ("amount",))
        assert len(proof.kills) >= settings.kills, "the other columns were compared all the same"
    else:
        assert len(proof.kills) >= settings.kills
        assert any(kill.writes for one in proof.kills for kill in one.kills)
    _all_formats_parse(proof)


# What the Jenkins xUnit plugin's junit-10.xsd allows.
JUNIT = {
    "testsuites": {"name", "time", "tests", "failures", "errors"},
    "testsuite": {"name", "tests", "failures", "errors", "skipped", "time"},
    "testcase": {"name", "time", "classname"},
    "failure": {"type", "message"},
}


def _all_formats_parse(proof):
    told = story.report_of(proof)
    data = json.loads(report.to_json(told))
    assert (data["schema"], data["verdict"]) == ("fieldkit.report.report/1", proof.verdict)
    assert data["prove"]["landed"]["kills"] <= data["prove"]["planned"]["kills"]
    suite = ET.fromstring(report.to_junit(told))[0]
    assert int(suite.get("tests")) == len(suite.findall("testcase"))
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    assert (int(suite.get("failures")) > 0) == (proof.verdict != "PROVED")
    tree = ET.fromstring(report.to_junit(told))
    assert all(set(one.keys()) <= JUNIT[one.tag] for one in tree.iter())
    page = report.to_html(told)
    assert proof.verdict in page and "prefers-color-scheme: dark" in page
    assert "details::details-content" in page, "what is folded is printed, too"
    assert "http" not in page.replace("http-equiv", "")
    text = report.to_text(told)
    assert not too_wide(text)
    assert all(char.isprintable() or char == "\n" for char in text)
    assert "## 3. The five questions" in runbook(proof)
    assert "None" not in runbook(proof)


def test_the_counterexample_says_what_the_kill_left(tmp_path):
    kind, script, *_ = PLANTED["checkpoint-first"]
    place = state(kind, tmp_path / "state")
    proof = prove(command(kind, script, tmp_path), [place], settings=QUICK)
    text = report.to_text(story.report_of(proof))
    assert "REFUTED: the rerun after a crash leaves different data" in text
    told = " ".join(text.split())
    assert "orders as before the run" in told or "orders in part" in told
    assert "load_state was ahead of orders" in told
    found = proof.counterexample.deltas[0]
    assert (found.table, found.lost, found.same) == ("orders", 20, 22)
    assert runbook(proof).count("load_state") >= 2


def test_the_same_seed_tries_the_same_points():
    import random
    from array import array

    from fieldkit.prove.kills import boundaries, kill_points
    from fieldkit.runs.command import RunResult

    ran = RunResult(0, 2.0, 5, array("d", [0.5, 0.51, 0.52, 1.4, 1.41]), [5])
    assert boundaries(ran)[0] == 3, "the longest silence follows the third write"
    chosen = [kill_points(ran, 12, random.Random(seed)) for seed in (1, 1, 2)]
    assert chosen[0] == chosen[1] != chosen[2]
    assert len(chosen[0]) == 12
    assert {point.writes for point in chosen[0]} >= {1, 2, 4}
    assert chosen[0][0].pause == 1, "only one silence is nearly as long"
    assert all(0 <= point.seconds <= 2 for point in chosen[0])


def test_in_place_restores_after_every_trial(tmp_path):
    kind, script, *_ = PLANTED["append"]
    place = state(kind, tmp_path / "state")
    place.chmod(0o640)
    before = content(place)
    argv = [a.replace("{state}", str(place)) for a in command(kind, script, tmp_path)]
    proof = prove(argv, [place], settings=Settings(1, 2, in_place=True))
    assert proof.verdict == "REFUTED"
    assert proof.counterexample.deltas[0].duplicated == 40
    assert content(place) == before


def test_what_varies_by_itself_can_be_named(tmp_path):
    kind, script, *_ = PLANTED["now-measure"]
    place = state(kind, tmp_path / "state")
    argv = command(kind, script, tmp_path)
    proof = prove(argv, [place], Scope(ignore=("amount", "absent")), QUICK)
    assert proof.verdict == "PROVED"
    assert "column orders.amount" in proof.left_out
    assert any("--ignore absent" in warning for warning in proof.warnings)
    proof = prove(argv, [place], Scope(ignore=("orders.amount",)), Settings(0, 0))
    assert "column orders.amount" in proof.left_out
    assert "column keyed.amount" not in proof.left_out


def test_two_states_and_a_checkpoint_outside_of_them(tmp_path):
    script = """
    import os
    mark = sys.argv[2] + "/done" if len(sys.argv) > 2 else MARK
    if os.path.exists(mark):
        sys.exit()
    con.execute("begin")
    con.executemany("insert into orders values (?, ?, ?)", rows)
    con.execute("commit")
    pause()
    open(mark, "w").close()
    """
    (tmp_path / "marks").mkdir()
    elsewhere = f"MARK = {str(tmp_path / 'marks' / 'done')!r}\n"
    place = state("sqlite", tmp_path / "state")
    argv = command("sqlite", elsewhere + script.replace("\n    ", "\n"), tmp_path)
    proof = prove(argv, [place], settings=QUICK)
    assert proof.verdict == "NOT REPEATABLE"
    assert "remembers something outside" in proof.remembers
    (tmp_path / "marks" / "done").unlink()
    (tmp_path / "marks" / ".keep").touch()
    proof = prove([*argv, "{state2}"], [place, tmp_path / "marks"], settings=QUICK)
    assert proof.verdict == "REFUTED", "killed between the data and the mark"
    assert {table.name for table in proof.tables} >= {"w.sqlite: orders", "marks: (other files)"}
    assert not (tmp_path / "marks" / "done").exists()


@pytest.fixture
def ten_seconds_a_run(monkeypatch):
    """A clock that goes by runs, not by the machine's speed."""

    runs = []
    real = run.Workplace.run
    monkeypatch.setattr(
        run.Workplace, "run", lambda *given, **more: runs.append(1) or real(*given, **more)
    )
    monkeypatch.setattr(run.time, "monotonic", lambda: 10.0 * len(runs))


@pytest.mark.usefixtures("ten_seconds_a_run")
def test_where_no_kill_fits_the_reruns_are_done_and_more_time_is_asked_for(tmp_path):
    place = state("sqlite", tmp_path / "state")
    argv = command("sqlite", MERGE_ONCE, tmp_path)
    proof = prove(argv, [place], settings=Settings(1, 20, budget=45))
    assert (proof.verdict, proof.exit_code) == ("NOT FINISHED", 2)
    assert [one.name for one in proof.experiments] == ["rerun 1"]
    text = " ".join(report.to_text(story.report_of(proof)).split())
    assert (
        "is too small for one kill" in text and "no counterexample in 0 kills and 1 rerun" in text
    )
    argv = command("sqlite", PLANTED["append"][1], tmp_path)
    assert prove(argv, [place], settings=Settings(1, 20, budget=45)).verdict == "REFUTED"


@pytest.mark.usefixtures("ten_seconds_a_run")
def test_fewer_kills_are_planned_where_not_all_fit(tmp_path):
    told, place = [], state("sqlite", tmp_path / "state")
    argv = command("sqlite", MERGE_ONCE, tmp_path)
    proof = prove(argv, [place], settings=Settings(0, 90, budget=100), tell=told.append)
    assert 1 <= proof.planned_kills - proof.more_kills <= 5
    assert "(90 do not fit)" in told[1]


REFRESH = """
con.execute("delete from orders")
{between}
con.execute("begin")
con.executemany("insert into orders values (?, ?, ?)", rows)
con.execute("commit")
"""


@pytest.mark.parametrize(("torn", "verdict"), [(False, "PROVED"), (True, "REFUTED")])
def test_an_up_to_date_refresh_is_killed_like_any_other(tmp_path, torn, verdict):
    """A clean run leaves the data as it was; the second script believes what a kill left."""
    script = REFRESH.format(between="pause(); pause(); pause()")
    if torn:
        script = (
            "if con.execute('select 1 from orders').fetchone() is None:\n    sys.exit()\n" + script
        )
    place = state("sqlite", tmp_path / "state")
    argv = command("sqlite", REFRESH.format(between=""), tmp_path)
    subprocess.run([a.replace("{state}", str(place)) for a in argv], check=True)
    argv = command("sqlite", script, tmp_path)
    proof = prove(argv, [place], settings=QUICK)
    assert (proof.verdict, proof.unchanged) == (verdict, True)
    text = " ".join(report.to_text(story.report_of(proof)).split())
    assert "start from a state before a load to see that" in text
    if torn:
        assert "The kill left: orders 0 of 40 rows" in text


MERGE_ONCE = PLANTED["merge"][1]


BESIDE_PARTITIONS = "pause()\n(folder / 'orders' / 'new.csv').write_text('id,amount\\n7,1.5\\n')\n"


def test_a_file_beside_partitions_belongs_to_their_table(tmp_path):
    proof = prove(
        command("folder", BESIDE_PARTITIONS, tmp_path), [state("folder", tmp_path / "s")],
        settings=Settings(reruns=1, kills=0),
    )  # fmt: skip
    assert proof.verdict == "NOT TRIED"
    assert ("orders", 1, 2) in [(one.name, one.before, one.after) for one in proof.tables]


def test_a_table_that_a_clean_run_leaves_unreadable_proves_nothing(tmp_path, fieldkit):
    place = state("folder", tmp_path / "s")
    argv = command("folder", "(folder / 'orders' / 'x.parquet').write_text('no')\n", tmp_path)
    ran = fieldkit("prove", "--state", place, "--", *argv)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "orders: orders/x.parquet cannot be read" in ran.stderr
    assert "--ignore-table orders" in ran.stderr


def test_a_plan_that_is_off_by_half_is_corrected_aloud_once():
    told, hit = [], Experiment("kill 1", (KillHit(Point(writes=1), 1, 0.1),), 1.0)
    proof = Proof("true", ["w.db"], 20, experiments=[hit] * 3)
    here = run._Proving(None, None, Settings(), proof, told.append, print, 0.0)
    here.planned, here.fitted = 10.0, time.monotonic() - 30
    here._correct_the_plan(10)
    here._correct_the_plan(9)
    assert len(told) == 1 and "longer than planned: after 3 kills it will be about" in told[0]


@pytest.mark.parametrize("strict", [False, True])
def test_without_a_kill_nothing_is_proved(strict, tmp_path, fieldkit):
    argv = command("sqlite", PLANTED["merge"][1], tmp_path)
    place = state("sqlite", tmp_path / "s")
    options = ("--reruns", "1", "--kills", "0", *(["--strict"] if strict else []))
    ran = fieldkit("prove", "--state", place, *options, "--", *argv)
    assert ran.returncode == 2 and "NOT TRIED: 1 rerun left the same data" in ran.stdout, ran.stdout
    assert "PROVED" not in ran.stdout
