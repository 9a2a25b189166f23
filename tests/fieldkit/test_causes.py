"""What a report blames, counts and advises follows from what happened."""

from __future__ import annotations

import contextlib
import re
import sqlite3

import pytest

from fieldkit.errors import CannotRun
from fieldkit.prove import story
from fieldkit.prove.causes import ADVICE, WITHOUT_A_KILL
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from tests.fieldkit.pipelines import command, state

# A loading table that a whole run leaves empty, and that nobody empties first.
LEFTOVER = """
con.execute("create table if not exists loading (id integer, day integer, amount double)")
con.execute("begin")
con.executemany("insert into loading values (?, ?, ?)", rows)
con.execute("commit")
pause(); pause()
con.execute("begin")
con.execute("delete from orders")
con.execute("insert into orders select * from loading")
con.execute("delete from loading")
con.execute("commit")
"""
# The mark says done before the data is there.
MARK_FIRST = """
mark = folder / "done"
place = folder / "orders" / "day=1"
place.mkdir(parents=True, exist_ok=True)
if not mark.exists():
    mark.write_text("1"); pause(); pause()
    (place / "new.csv").write_text("id,amount\\n" + "".join(lines(1)))
"""
CREATE_ONCE = "con.execute('create table made (id integer)')\n"
FAILS_AFTER_A_KILL = """
con.execute("create table made (id integer)")
pause(); pause()
con.execute("drop table made")
con.execute("begin")
con.execute("delete from orders")
con.executemany("insert into orders values (?, ?, ?)", rows)
con.execute("commit")
"""
# Each run makes the source anew, then goes on where its own table ends: at the latest day or after.
AFTER_THE_LATEST = """
con.execute("begin")
con.execute("delete from staging")
con.executemany("insert into staging values (?, ?, ?)", rows)
con.execute("commit")
(latest,) = con.execute("select max(id) from orders").fetchone()
for row in [one for one in rows if one[0] > latest][::-1][:4]:
    con.execute("insert into orders values (?, ?, ?)", row)
    pause()
"""
HALF = """
con.execute("delete from orders")
pause(); pause()
con.execute("begin")
con.executemany("insert into orders values (?, ?, ?)", rows)
con.execute("commit")
"""


@pytest.fixture
def proved(tmp_path):
    def run(kind, script, **settings):
        place = state(kind, tmp_path / "state")
        wanted = Settings(**{"reruns": 1, "kills": 2, "patience": 20} | settings)
        proof = prove(command(kind, script, tmp_path), [place], settings=wanted)
        return proof, " ".join(report.to_text(story.report_of(proof)).split())

    return run


def test_left_over_rows_of_a_loading_table_are_the_cause(proved):
    proof, text = proved("sqlite", LEFTOVER)
    assert proof.verdict == "REFUTED"
    assert "found 40 left-over rows in loading and loaded them, too" in text
    assert ADVICE["leftover"] in text
    assert not re.search(r"loading [\d –none]+ the run does not change it", text)


def test_a_state_file_that_is_ahead_of_the_data_is_named(proved):
    proof, text = proved("folder", MARK_FIRST)
    assert proof.verdict == "REFUTED"
    assert re.search(r"So .*other files.* was ahead of orders: it was marked done too early", text)


def test_the_source_of_a_table_is_never_its_mark(proved):
    proof, text = proved("sqlite", AFTER_THE_LATEST)
    assert proof.verdict == "REFUTED" and proof.counterexample.deltas[0].kind == "lost"
    assert "staging complete" in text or "staging in" in text
    assert "ahead of" not in text and "marked done" not in text
    assert ADVICE["skipped"] in text


def test_a_plain_rerun_that_fails_gets_no_advice_about_kills(proved):
    proof, text = proved("sqlite", CREATE_ONCE)
    assert proof.verdict == "REFUTED" and not proof.counterexample.kills
    assert WITHOUT_A_KILL["failure"] in text and "killed run" not in text


def test_failed_is_failed_in_each_count(proved):
    proof, text = proved("sqlite", FAILS_AFTER_A_KILL)
    failed = sum(bool(one.failure) for one in proof.experiments)
    of = len(proof.experiments)
    assert proof.verdict == "REFUTED" and 0 < failed < of
    assert f"the rerun after a crash fails ({failed} of {of - 1} kills)" in text
    assert f"same in {of - failed} of {of}, {failed} failed" in text
    assert re.search(rf"; {failed} failed\. (\d of them began at copies|The kill points)", text)
    assert f"same in {of} of {of}" not in text


def test_a_table_that_is_created_first_is_not_half_published(proved):
    script = "con.execute('create table if not exists made (id integer primary key)')\npause()\n"
    script += "con.execute('begin')\ncon.executemany('insert or ignore into made values (?)', "
    script += "[row[:1] for row in rows])\ncon.execute('commit')"
    proof, text = proved("sqlite", script, readers=True)
    assert proof.verdict == "PROVED" and "Between kill and rerun" not in text


@pytest.mark.parametrize("readers", [False, True])
def test_what_a_reader_finds_between_kill_and_rerun(proved, readers):
    proof, text = proved("sqlite", HALF, readers=readers)
    assert proof.verdict == ("HALF PUBLISHED" if readers else "PROVED")
    assert proof.exit_code == int(readers)
    assert "a reader would have found a state that no whole run leaves: orders in between" in text
    assert ("--readers makes it count" in text) != readers


def test_a_log_in_a_state_folder_is_no_data(proved):
    """Loaded well, with a line about it in a log; and a binary .log, which is data."""
    script = """
    import datetime
    def log(text):
        with open(folder / "run.log", "a") as file:
            file.write(f"{datetime.datetime.now()} {text}\\n")
    log("begin")
    place = folder / "orders" / "day=1"
    place.mkdir(parents=True, exist_ok=True)
    (place / ".new").write_text("id,amount\\n" + "".join(lines(1)))
    os.replace(place / ".new", place / "new.csv")
    log("end")
    """
    proof, text = proved("folder", script.replace("\n    ", "\n"), kills=1)
    assert proof.verdict == "PROVED" and "logs of runs, by their names: run.log" in text


def test_a_log_alone_is_nothing_to_compare_and_a_binary_one_is_data(tmp_path):
    for text, told in (("'x'", "no table is left"), ("'\\0x'", "")):
        place = tmp_path / f"state{len(told)}"
        place.mkdir()
        argv = command("folder", f"open(folder / '0.log', 'a').write({text})", tmp_path)
        with pytest.raises(CannotRun, match=told) if told else contextlib.nullcontext():
            assert prove(argv, [place], settings=Settings(1, 0)).verdict == "REFUTED"


REMEMBERED = """
import json
last = json.load(open("mark.json")) if os.path.exists("mark.json") else 0
con.executemany("insert into seen values (?)", [(last + n,) for n in range(9)])
json.dump(last + 9, open("mark.json", "w"))
"""


@pytest.mark.parametrize("named", [True, False], ids=["read-again", "only-written"])
def test_a_mark_outside_of_the_state_stands_first(named, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = tmp_path / "w.db"
    with contextlib.closing(sqlite3.connect(place)) as con:
        con.execute("create table seen (n integer)")
    # A report that is written anew each time explains nothing.
    script = (
        REMEMBERED
        if named
        else REMEMBERED.replace("os.path.exists", "not repr").replace(
            "[(last + n,)", "[(os.getpid() * 9 + n,)"
        )
    )
    argv = command("sqlite", "import os\n" + script, tmp_path)
    proof = prove(argv, [place], settings=Settings(reruns=1, kills=0))
    told = report.to_text(story.report_of(proof))
    text = " ".join(told.split())
    assert ("outside its state (mark.json)" in text.partition("fieldkit prove")[0]) == named
    assert ("--ignore" in text) != named
    assert "wrote outside its state: mark.json" in text


def test_notes_of_a_tool_get_advice_for_files(proved):
    """As Snakemake keeps times of its runs in files of its own."""
    proof, text = proved(
        "folder", "(folder / 'notes').write_text(str(os.getpid()))", kills=0, reruns=0
    )
    assert proof.verdict == "NOT REPEATABLE"
    assert "the content of 1 file in (other files) differs between two clean runs" in text
    assert '--ignore-table "(other files)"' in text and "--ignore sha256" not in text


def test_other_files_are_no_rows(proved):
    """The data is right; what a tool notes about its runs is not."""
    script = """
    place = folder / "orders" / "day=1"
    place.mkdir(parents=True, exist_ok=True)
    (place / ".new").write_text("id,amount\\n" + "".join(lines(1)))
    os.replace(place / ".new", place / "new.csv")
    notes = folder / "notes"
    notes.write_text("again" if notes.exists() else "first")
    """
    proof, text = proved("folder", script.replace("\n    ", "\n"), kills=0)
    assert proof.verdict == "REFUTED" and ADVICE["files"] in text
    assert "leaves the same data, but other files that are not data, than one uninter" in text


def test_where_reads_cannot_be_seen_a_file_outside_may_be_the_cause(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fieldkit.runs.watch.sys.platform", "darwin")
    place = tmp_path / "w.db"
    with contextlib.closing(sqlite3.connect(place)) as con:
        con.execute("create table seen (n integer)")
    argv = command("sqlite", "import os\n" + REMEMBERED, tmp_path)
    proof = prove(argv, [place], settings=Settings(reruns=0, kills=0))
    assert "may remember something there" in proof.remembers and "mark.json" in proof.remembers
