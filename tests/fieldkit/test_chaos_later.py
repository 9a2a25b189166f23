"""`fieldkit chaos --files`: later runs, old data that hides a fault, and what is shown first."""

from __future__ import annotations

import sqlite3
import subprocess
import sys

import pytest

from fieldkit.chaos.faults import Fault, Schedule
from fieldkit.chaos.found import Trial, Trials, Verdict, as_json
from fieldkit.chaos.run import Settings, chaos
from fieldkit.chaos.story import report_of
from fieldkit.errors import CannotRun
from fieldkit.report.differences import sentence
from fieldkit.report.report import to_text
from fieldkit.state.rows import Delta, Example
from fieldkit.state.scope import Scope

# Loads all files of a folder; each job says what becomes of a file's rows.
HEAD = """
import os, sqlite3, sys
folder, state = sys.argv[1:3] if sys.argv[1:] else ("drop", "w.db")
con = sqlite3.connect(state)
con.execute("create table if not exists t(id, amount, file)")
con.execute("create table if not exists seen(file)")
con.execute("create table if not exists total(day, amount)")
seen = {name for name, in con.execute("select file from seen")}
files = {
    name: [line.split(",") for line in open(os.path.join(folder, name)).read().splitlines()]
    for name in sorted(os.listdir(folder))
}
with con:
    for name, rows in files.items():
"""
APPEND = "con.executemany('insert into t values (?, ?, ?)', [(*row, FILE) for row in rows])"
UPSERT = "con.executemany('delete from t where id = ?', [row[:1] for row in rows]); " + APPEND
ONCE = f"name in seen or ({APPEND}, con.execute('insert into seen values (?)', [name]))"
JOBS = {
    "once": ONCE.replace("FILE", "'x'"),  # by the name of the file
    "once, named": ONCE.replace("FILE", "name"),
    "upsert": UPSERT.replace("FILE", "'x'"),
    "upsert, named": UPSERT.replace("FILE", "name"),
    "append": APPEND.replace("FILE", "'x'"),
    "sum": "con.execute('delete from total'); con.execute('insert into total values (1, ?)', "
    "[sum(int(row[1]) for all in files.values() for row in all)])",
}
FILES = "{files}", "{state}"


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Two files of two rows in drop/, and a state before the load of them."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").write_text("1,10\n2,20\n")
    (tmp_path / "drop" / "b.csv").write_text("3,30\n4,40\n")
    for name, job in JOBS.items():
        (tmp_path / f"{name}.py").write_text(f"{HEAD}        {job}\n")
    with sqlite3.connect(tmp_path / "w.db") as con:
        con.execute("create table t(id, amount, file)")
        con.execute("insert into t values ('0', '0', 'old.csv')")
    con.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(name, *words):
    return [sys.executable, "-I", "-S", f"{name}.py", *words]


def tried(room, name, *faults, words=FILES, scope=None, **options):
    given = tuple(
        Schedule(n, (Fault(kind, count=0, file="a.csv"),)) for n, kind in enumerate(faults, 1)
    )
    settings = Settings(given=given, **options)
    found = chaos(job(name, *words), ["w.db"], room / "drop", scope, settings)
    return found, " ".join(to_text(report_of(found)).split())


# -- a later run


@pytest.mark.parametrize(
    ("name", "scope", "verdict"),
    [
        ("once", Scope(ignore_tables=("seen",)), "STUCK"),
        ("once, named", Scope(ignore=("file",)), "STUCK"),
        ("upsert, named", Scope(ignore=("file",)), "SURVIVED"),
        ("append", None, "SURVIVED"),  # it leaves more rows at each run, by no fault
    ],
)
def test_data_that_only_seems_right_until_the_next_run_has_not_survived(room, name, scope, verdict):
    found, told = tried(room, name, "file-renamed", scope=scope)
    assert found.verdict == verdict, told
    assert ("A later run without faults leaves other data in" in told) == (verdict == "STUCK")
    assert ("So far the data is that of a clean run" in told) == (verdict == "STUCK")
    assert ("t now has 7 rows instead of 5: 2 duplicated" in told) == (verdict == "STUCK")


def test_a_column_with_the_name_of_the_file_is_named_where_nothing_else_is_wrong(room):
    found, told = tried(room, "upsert, named", "file-renamed", "file-empty")
    assert [one.verdict for one in found.trials] == ["WRONG", "WRONG"]
    assert [one.only for one in found.trials] == [("file",), ()]
    assert as_json(found)["trials"][0]["only_columns"] == ["file"]
    assert "In schedule 1 only file differs: it holds the name of the file." in told
    assert "--ignore file" in told and "requests" not in told


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("once, named", "file-renamed"),  # a later run loads its rows again
        ("sum", "file-duplicated"),  # a number
        ("sum", "file-late"),
    ],
)
def test_a_column_is_not_to_be_ignored_where_data_is_wrong(room, name, kind):
    found, told = tried(room, name, kind)
    assert found.verdict == "WRONG" and found.trials[0].only == ()
    assert "--ignore" not in told


# -- old data that looks like new


def test_a_fault_that_old_data_hides_is_not_shown(room):
    """Everything is loaded already, so the rows of a missing file are there all the same."""
    before = chaos(job("upsert", *FILES), ["w.db"], room / "drop", settings=Settings(schedules=1))
    assert not before.unchanged
    subprocess.run(job("upsert"), check=True)
    kinds = "file-late", "file-empty", "file-truncated", "file-duplicated", "file-renamed"
    found, told = tried(room, "upsert", *kinds)
    assert [one.verdict for one in found.trials][:2] == ["not shown", "not shown"]
    assert found.trials[3].verdict == "fresh"  # the file itself is there
    assert found.trials[4].verdict == "not shown"
    found, told = tried(room, "upsert", "file-late")
    assert (found.verdict, found.exit_code) == ("NOT SHOWN", 2)
    assert "a quiet failure is not shown" in told
    subprocess.run(job("sum"), check=True)
    found, told = tried(room, "sum", "file-renamed")  # here a file that is passed over would show
    assert (found.verdict, found.exit_code) == ("SURVIVED", 0), told
    assert "a quiet failure is not shown" not in told


# -- what is said where there is no verdict


def test_the_likely_causes_of_nothing_read_are_named(room):
    """All is noted as done, and a job that looks at the names only opens nothing."""
    text = (room / "once.py").read_text()
    (room / "once.py").write_text(
        text.replace("(os.listdir(folder))", "({*os.listdir(folder)} - seen)")
    )
    subprocess.run(job("once"), check=True)
    for words, in_place in (((), True), (FILES, False)):
        with pytest.raises(CannotRun, match="start from a state before a load") as refused:
            tried(room, "once", "file-empty", words=words, in_place=in_place)
        assert "reads nothing in" in str(refused.value) and "lock file" in str(refused.value)
        assert "--in-place" not in str(refused.value)


def test_what_a_refused_job_has_left_is_named(room):
    (room / "moves.py").write_text(
        "import os, shutil\nos.makedirs('done', exist_ok=True)\n"
        "open('err.log', 'a').write('x')\nshutil.move('drop/a.csv', 'done/a.csv')\n"
    )
    with pytest.raises(CannotRun, match=r"left done/a\.csv, err\.log: that was not put back"):
        tried(room, "moves", "file-empty", words=())
    assert (room / "drop" / "a.csv").exists()


# -- what is shown first


def test_rows_that_are_lost_are_shown_before_doubled_ones_numbers_and_texts():
    def changed(table, one, other):
        example = Example("changed", {"id": 1}, ({"id": 1, "x": one},), ({"id": 1, "x": other},))
        return Delta(table, 9, 9, changed=1, examples=(example,))

    worst = [
        [changed("out: (other files)", "ab", "cd"), Delta("lost", 9, 4, lost=5)],
        [changed("out: (other files)", "ab", "cd"), Delta("doubled", 9, 18, duplicated=9)],
        [changed("number", 1, 2)],
        [changed("text", "a.csv", "new_a.csv")],
        [changed("out: (other files)", "ab", "cd")],
    ]
    trials = [
        Trial(Schedule(n, (Fault("file-renamed", file="a"),)), Verdict.WRONG, deltas=tuple(deltas))
        for n, deltas in enumerate(reversed(worst), 1)
    ]
    for left in range(5, 0, -1):
        found = Trials("job", ["out"], 20, source="drop", listens="", trials=trials[:left])
        (problem,) = report_of(found).findings
        assert problem.evidence[0].startswith(f"1. Schedule {left}:")
        assert problem.evidence[2].split(": ")[0].startswith(f"3. {worst[5 - left][-1].table[:3]}")


def test_a_row_in_a_table_that_was_empty_is_not_there_twice():
    delta = Delta("reject", 0, 1, unexpected=1, keyed=False)
    assert sentence(delta) == "reject now has 1 row instead of 0: 1 unexpected, 0 same"
