"""`fieldkit chaos --files`: nothing of a landing folder is lost, and only what is read counts."""

from __future__ import annotations

import os
import re
import shlex
import signal
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import pytest

from fieldkit.chaos.faults import Fault, Schedule
from fieldkit.chaos.run import Settings, chaos
from fieldkit.chaos.story import report_of
from fieldkit.errors import CannotRun
from fieldkit.report.report import to_text

ROOT = Path(__file__).resolve().parents[2]
# Loads what is in the folder into the table as it is, and moves each file away: by fixed paths, or
# by those that it is given.
LOAD = """
import os, sqlite3, sys
folder, state = sys.argv[1:3] if sys.argv[1:] else ("drop", "w.db")
con = sqlite3.connect(state)
for name in sorted(os.listdir(folder)):
    if name.endswith(".csv"):
        lines = open(os.path.join(folder, name)).read().splitlines()
        rows = [line.split(",") + [name] for line in lines if "," in line]
        with con:
            con.executemany("insert into t values (?, ?, ?)", rows)
        os.makedirs("done", exist_ok=True)
        os.replace(os.path.join(folder, name), os.path.join("done", name))
"""
GIVEN, FIXED = ("{files}", "{state}"), ()


@pytest.fixture
def room(tmp_path, monkeypatch):
    """Two files of two rows in drop/, a loader, and an empty table."""
    (tmp_path / "drop").mkdir()
    (tmp_path / "drop" / "a.csv").write_text("1,10\n2,20\n")
    (tmp_path / "drop" / "b.csv").write_text("3,30\n4,40\n")
    (tmp_path / "load.py").write_text(LOAD)
    with sqlite3.connect(tmp_path / "w.db") as con:
        con.execute("create table t(id, amount, file)")
        con.execute("insert into t values (0, 0, 'old.csv')")
    con.close()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def job(*words, script="load.py"):
    return [sys.executable, "-I", "-S", script, *words]


def tried(room, command, *faults, **options):
    given = tuple(Schedule(n, (Fault(k, count=0, file=f),)) for n, (k, f) in enumerate(faults, 1))
    settings = Settings(given=given, **options)
    found = chaos(command, ["w.db"], room / "drop", settings=settings)
    return found, [one.verdict for one in found.trials]


def content(folder):
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def told(found):
    return " ".join(to_text(report_of(found)).split())


# -- nothing is lost


def test_a_script_with_fixed_paths_meets_the_faults_and_the_folder_is_put_back(room):
    before = content(room / "drop"), (room / "w.db").read_bytes()
    found, verdicts = tried(
        room, job(), ("file-truncated", "a.csv"), ("file-late", "b.csv"), in_place=True
    )
    assert verdicts == ["WRONG", "WRONG"]
    assert "t now has 4 rows instead of 5" in told(found)
    assert (content(room / "drop"), (room / "w.db").read_bytes()) == before
    assert any("wrote outside its state: done/a.csv" in one for one in found.warnings)


def test_a_script_that_takes_the_real_files_although_it_has_a_copy_is_refused(room):
    before = content(room / "drop")
    (room / "load.py").write_text(LOAD.replace('("drop", "w.db")', '("drop", sys.argv[1])'))
    (room / "load.py").write_text(
        (room / "load.py").read_text().replace("argv[1:] else", "argv[2:] else")
    )
    with pytest.raises(
        CannotRun, match=r"a.csv, b.csv moved or changed there .*; put back"
    ) as refused:
        tried(room, job("{state}"), ("file-empty", "a.csv"))
    assert "--in-place" in str(refused.value)
    assert content(room / "drop") == before


@pytest.mark.parametrize("takes", [True, False])
def test_what_others_deliver_meanwhile_is_not_lost(room, takes):
    """To the real folder of a job that has a copy: it stays; to one in use: it is kept.

    `takes`: the command itself loads what has come, and deletes it.
    """
    came = room / "new.csv"
    deliver = f"import subprocess, time\nnew = {str(room / 'drop' / 'new.csv')!r}\n"
    # By another process, as a partner's upload.
    deliver += "subprocess.run(['cp', '../new.csv', new], cwd='drop')\n"
    (room / "load.py").write_text(LOAD + deliver + takes * "time.sleep(0.1); os.unlink(new)\n")
    came.write_text("9,90\n")
    if not takes:
        tried(room, job(*GIVEN), ("file-empty", "a.csv"))
        assert sorted(content(room / "drop")) == ["a.csv", "b.csv", "new.csv"]
        (room / "drop" / "new.csv").unlink()
    found, _ = tried(room, job(), ("file-empty", "a.csv"), in_place=True)
    assert sorted(content(room / "drop")) == ["a.csv", "b.csv"]
    (warning,) = (one for one in found.warnings if "appeared in" in one)
    kept = warning.partition("kept in ")[2].partition(": move back")[0]
    assert content(type(room)(kept)) == {"new.csv": b"9,90\n"}


def test_the_other_end_of_a_link_stays_whole(room):
    archive = room / "archive"
    archive.mkdir()
    for name in ("a.csv", "b.csv"):
        os.replace(room / "drop" / name, archive / name)
    (room / "drop" / "a.csv").symlink_to("../archive/a.csv")
    os.link(archive / "b.csv", room / "drop" / "b.csv")
    before = content(archive)
    faults = ("file-truncated", "a.csv"), ("file-empty", "b.csv")
    for words, in_place in ((GIVEN, False), (FIXED, True)):
        _, verdicts = tried(room, job(*words), *faults, in_place=in_place)
        assert verdicts == ["WRONG", "WRONG"]
        assert content(archive) == before and (room / "drop" / "a.csv").is_symlink()


@pytest.mark.parametrize("in_place", [True, False])
def test_after_kill_9_the_folder_is_put_back_by_recover(room, fieldkit, in_place, home):
    before = content(room / "drop")
    (room / "load.py").write_text(
        LOAD + "\nopen('moved', 'w').close()\nimport time\ntime.sleep(300)"
    )
    words = ["--in-place"] if in_place else []
    child = subprocess.Popen(
        [sys.executable, "-c", "from fieldkit.cli import main; main()", "chaos", "--files", "drop",
         "--state", "w.db", *words, "--", *job()],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    until = time.monotonic() + 60
    while not (room / "moved").exists():
        assert time.monotonic() < until
        time.sleep(0.02)
    child.send_signal(signal.SIGKILL)
    child.wait()
    assert content(room / "drop") == {}
    (room / "drop" / "new.csv").write_text("9,90\n")
    ran = fieldkit("chaos", "--recover")
    assert ran.returncode == 0 and "put back" in ran.stdout, ran.stdout + ran.stderr
    now = content(room / "drop")
    kept = [path.read_bytes() for path in home.glob("prove/kept-*/1/new.csv")]
    assert now == before | ({} if in_place else {"new.csv": b"9,90\n"})
    assert kept == ([b"9,90\n"] if in_place else [])


def test_only_what_was_late_comes_again(room):
    """A job that has moved the other file away does not get it a second time."""
    wait = "if not os.path.exists(folder + '/b.csv'): sys.exit('b.csv is missing')\ncon ="
    (room / "wait.py").write_text(LOAD.replace("con =", wait, 1))
    found, verdicts = tried(room, job(*GIVEN), ("file-late", "b.csv"))
    assert verdicts == ["WRONG"]  # what was published while it was missing
    assert "When it had come, a second run left the data of a clean one" in told(found)
    _, verdicts = tried(room, job(*GIVEN, script="wait.py"), ("file-late", "b.csv"))
    assert verdicts == ["fresh"]


def test_the_commands_of_the_page_run_as_printed(room, fieldkit):
    page = (ROOT / "docs" / "chaos.md").read_text(encoding="utf-8")
    copied, fixed = re.findall(r"fieldkit (chaos --files [^`\n]+)", page)[:2]
    assert "{files} {state}" in copied and "--in-place" in fixed
    more = re.search(r"--state done --ignore-table \"done: \*\"", page)[0]
    (room / "drop").rename(room / "landing")
    (room / "w.db").rename(room / "warehouse.duckdb")
    (room / "done").mkdir()
    (room / "load.py").write_text(
        LOAD.replace('("drop", "w.db")', '("landing", "warehouse.duckdb")')
    )
    before = content(room)
    fixed = fixed.replace(" --in-place", f" {more} --in-place")
    for line in (fixed, copied):
        python = shlex.quote(sys.executable)
        words = shlex.split(line.replace(" -- python", f" --schedules 1 -- {python}"))
        ran = fieldkit(*words, cwd=room)
        assert ran.returncode == 1, ran.stdout + ran.stderr
        assert "WRONG: 1 of 1 schedule of faults" in " ".join(ran.stdout.split())
        assert line is copied or content(room) == before


# -- only what is read counts


def test_a_command_that_reads_nothing_of_the_folder_is_refused(room):
    (room / "fixed.py").write_text(LOAD.replace("os.replace(", "(lambda *_: 0)("))
    for command in (
        job("drop", "{state}", script="fixed.py"),
        [sys.executable, "-I", "-S", "-c", "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) "
         "as c: c.execute('insert into t values (1, 2, 3)')", "{state}"],
    ):  # fmt: skip
        with pytest.raises(
            CannotRun, match=r"reads nothing in .*drop: .*write \{files\} where the .*CHAOS_FILES"
        ):
            tried(room, command, ("file-empty", "a.csv"))


def test_no_fault_is_spent_on_files_that_nobody_reads(room):
    (room / "drop" / "old").mkdir()
    for n in range(4):
        (room / "drop" / "old" / f"{n}.csv").write_text("7,70\n")
    found, _ = tried(room, job(*GIVEN), schedules=2)
    assert {one.schedule.faults[0].file for one in found.trials} <= {"a.csv", "b.csv"}
    assert any("does not read: old/0.csv, old/1.csv, old/2.csv and 1 more" in one
               for one in found.left_out)  # fmt: skip
    found, verdicts = tried(room, job(*GIVEN), ("file-empty", "old/1.csv"))
    assert (verdicts, found.verdict, found.exit_code) == (["not met"], "NOT MET", 2)


def test_a_marker_whose_being_there_counts_is_read(room):
    """Nobody opens it, but without it nothing is loaded."""
    (room / "drop" / "_SUCCESS").touch()
    guard = "if not os.path.exists(os.path.join(folder, '_SUCCESS')): sys.exit()\ncon ="
    (room / "load.py").write_text(LOAD.replace("con =", guard, 1))
    _, verdicts = tried(room, job(*GIVEN), ("file-late", "_SUCCESS"), ("file-empty", "_SUCCESS"))
    assert verdicts[0] != "not met"
