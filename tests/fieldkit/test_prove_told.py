"""`fieldkit prove` says what happened: files that were moved, errors that were swallowed, slips."""

from __future__ import annotations

import sqlite3
import sys

import pytest

from fieldkit.errors import CannotRun
from fieldkit.prove.run import Settings, prove
from fieldkit.prove.runbook import runbook
from fieldkit.prove.story import report_of
from fieldkit.report.report import to_text

REST = Settings(reruns=1, kills=0, patience=60)
MOVES = """
import os, sqlite3, sys
with sqlite3.connect(sys.argv[1]) as con:
    for name in sorted(os.listdir("in")):
        con.execute("insert into t(v) values (?)", [name])
        os.replace("in/" + name, "done/" + name)
"""
SWALLOWS = """
import sqlite3, sys
try:
    con = sqlite3.connect(sys.argv[1])
    con.execute("create table stage as select 1 a where 0")
    con.execute("insert into t(v) values ('x')")
    con.commit()
except Exception as error:
    print("ERROR", error, file=sys.stderr)
"""
COUNTS = """
import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as con:
    con.execute("delete from t")
    con.executemany("insert into t(v) values (?)", [(str(n),) for n in range(9)])
"""


@pytest.fixture
def room(tmp_path, monkeypatch):
    with sqlite3.connect(tmp_path / "w.db") as con:
        con.execute("create table t(id integer primary key autoincrement, v)")
    con.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def proved(script, *more, settings=REST, argv=None):
    command = argv or [sys.executable, "-I", "-S", "-c", script, "{state}"]
    proof = prove(command, ["w.db", *more], settings=settings)
    return proof, " ".join(to_text(report_of(proof)).split())


def test_files_that_a_run_moved_stand_in_the_verdict(room):
    for folder in ("in", "done"):
        (room / folder).mkdir()
    for name in ("a.csv", "b.csv"):
        (room / "in" / name).write_text(name)
    proof, told = proved(MOVES)
    assert proof.verdict == "NOT REPEATABLE"
    assert "it moved 2 files from in to done, which were not put back" in told
    assert "with --in-place" in told
    assert proof.warnings[0].startswith("moved 2 files from in to done")


def test_an_error_that_the_rerun_swallowed_is_shown(room):
    """The table that only this run made is compared as well, and stands among the tables."""
    script = SWALLOWS.replace("con.commit()", "con.commit()\n    con.execute('drop table stage')")
    kill = "    import time\n    time.sleep(0.3)\n"
    script = script.replace("    con.execute('drop", kill + "    con.execute('drop")
    proof, told = proved(script, settings=Settings(reruns=0, kills=2, patience=60))
    assert proof.verdict == "REFUTED"
    assert "exit code 0, as if nothing had failed, though it wrote: ERROR table stage" in told
    assert "end with another one, so that somebody is alerted" in told
    assert "(yesterday)" not in told
    assert [line for line in to_text(report_of(proof)).splitlines() if " stage " in line
            and "none" in line and "differs in" in line]  # fmt: skip
    page = runbook(proof)
    assert "rows instead of 0" not in page
    if proof.counterexample.kills[0].copied:
        assert ": stopped and its state copied, as a kill would have left it," in page


def test_a_key_that_counts_on_is_named(room):
    proof, told = proved(COUNTS)
    assert proof.verdict == "REFUTED"
    assert "Only id differs: if nothing refers to that, --ignore id." in told


@pytest.mark.parametrize(
    ("argv", "words"),
    [
        (["cp", "{State}", "x"], "{State}: nothing replaces this; write {state}"),
        (["cp", "$FIELDKIT_STATE", "x"], "write {state}, or sh -c"),
        (["cat {state}"], "write it without the quotes"),
        (["sh", "asks.sh"], "if it asks something: it has no input here"),
        (["sh", "-c", 'echo "$1" >&2; exit 3', "$0", "Really?"], "it has no input here"),
    ],
)
def test_a_slip_is_told_before_anything_runs(room, argv, words):
    (room / "asks.sh").write_text('read -p "Load? " answer\necho aborted\nexit 1\n')
    with pytest.raises(CannotRun) as refused:
        proved("", argv=argv)
    assert words in str(refused.value)
    assert sorted(path.name for path in room.iterdir()) == ["asks.sh", "w.db"]


@pytest.mark.parametrize(
    ("name", "words"),
    [("new.duckdb", "duckdb.connect('new.duckdb')"), ("new.db", "touch new.db"), ("lake", "mkdir")],
)
def test_before_a_first_load_a_way_out_is_told(room, name, words):
    with pytest.raises(CannotRun, match="there is no such state") as refused:
        prove(["true"], [name])
    assert words in str(refused.value)


def test_in_a_shells_own_text_the_variable_is_right(room):
    proof, _ = proved(
        "", argv=["sh", "-c", f"'{sys.executable}' -I -S -c '{COUNTS}' \"$FIELDKIT_STATE\""]
    )
    assert proof.verdict == "REFUTED"
