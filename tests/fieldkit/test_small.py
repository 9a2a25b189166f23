"""Small things of the command line, each seen once in the field."""

from __future__ import annotations

import json
import re
import sqlite3
import subprocess
import sys

import duckdb
import pytest

from fieldkit.prove.run import Settings, prove
from fieldkit.runs import journal
from tests.fieldkit.pipelines import APPEND, PLANTED, command, state

MAIN = [sys.executable, "-c", "from fieldkit.cli import main; main()"]


def test_version_and_help_are_whole(fieldkit):
    assert re.fullmatch(r"fieldkit \S+\n", fieldkit("--version").stdout)
    told = fieldkit("--help").stdout
    assert "..." not in told.partition("Commands:")[2]
    for verb in (("prove",), ("chaos",), ("guard",), ("guard", "init"), ("guard", "accept")):
        told = fieldkit(*verb, "--help").stdout
        assert "list[str]" not in told and "<str>" not in told and "<int" not in told
        assert "guard run" not in told.splitlines()[0]


def test_a_report_says_when_and_how_to_run_it_again(fieldkit, tmp_path):
    place = state("sqlite", tmp_path / "state")
    argv = command("sqlite", APPEND, tmp_path)
    options = ("--reruns", "1", "--kills", "0", "--json", "r.json", "--html", "r.html")
    ran = fieldkit("prove", "--state", place, *options, "--", *argv)
    told = " ".join(ran.stdout.split())
    when = r"fieldkit prove \S+ · 20\d\d-\d\d-\d\d \d\d:\d\d UTC · state w.sqlite · seed 20"
    assert re.search(when, told) and "again: fieldkit prove --state" in told
    assert "✗ orders" in told
    header = json.loads((tmp_path / "r.json").read_text())["header"]
    assert header["again"].startswith(f"fieldkit prove --state {place} --reruns 1 --kills 0 -- ")
    assert "--json" not in header["again"]
    page = (tmp_path / "r.html").read_text()
    assert "Run it again" in page and '<tr class="bad">' in page and 'class="number"' in page


def test_a_sqlite_file_of_no_bytes_is_an_empty_database(tmp_path):
    (tmp_path / "w.db").touch()
    script = "con.execute('create table if not exists t (id integer)')\npause()\n"
    proof = prove(command("sqlite", script, tmp_path), [tmp_path / "w.db"], settings=Settings(1, 0))
    assert proof.verdict == "NOT TRIED" and [one.name for one in proof.tables] == ["t"]


def test_two_proofs_on_copies_of_one_state_may_run_at_once(tmp_path, home):
    place = state("sqlite", tmp_path / "state")
    first = journal.begin([place], in_place=False)
    second = journal.begin([place], in_place=False)
    second.close()
    with pytest.raises(Exception, match="another fieldkit prove"):
        journal.begin([place], in_place=True)
    first.close()


def test_a_file_that_another_process_writes_is_not_blamed_on_the_command(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = state("sqlite", tmp_path / "state")
    script = PLANTED["merge"][1] + "\nopen('log.txt', 'a').write('x')\n"
    (tmp_path / "once").mkdir()
    script += "import os\nos.path.isdir('once') and (os.rmdir('once'), open('cp.json', 'w'))\n"
    proof = prove(command("sqlite", script, tmp_path), [place], settings=Settings(0, 0))
    both, once = proof.warnings
    assert "wrote outside its state: log.txt;" in both
    assert "during one of two clean runs: cp.json;" in once and "another process may have" in once


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("prove", "--budget", "9" * 400, "--state", "w.db", "--", "true"), "is not a duration"),
        (("chaos", "--upstream", "http://[::1", "--state", "w.db", "--", "true"), "not an address"),
    ],
)
def test_odd_values_are_one_line(fieldkit, tmp_path, arguments, words):
    state("sqlite", tmp_path / "state").rename(tmp_path / "w.db")
    ran = fieldkit(*arguments)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert words in ran.stderr and len(ran.stderr.splitlines()) == 1


def test_a_closed_stdout_is_no_traceback(tmp_path):
    place = state("sqlite", tmp_path / "state")
    argv = [*MAIN, "prove", "--state", str(place), "--reruns", "1", "--kills", "0", "--"]
    line = " ".join(f"'{one}'" for one in [*argv, *command("sqlite", APPEND, tmp_path)])
    ran = subprocess.run(["sh", "-c", line + " >&-"], capture_output=True, text=True, check=False)
    assert ran.returncode == 1 and "Traceback" not in ran.stderr


def test_guard_drops_an_intent_without_records(fieldkit, tmp_path):
    place = tmp_path / "w.db"
    sqlite3.connect(place).execute("create table t (id integer)")
    shelf = tmp_path / "w.db.guard"
    shelf.mkdir()
    (shelf / "publishing.json").write_text(json.dumps({"inode": place.stat().st_ino}))
    (tmp_path / "policy.yml").write_text("alerts: []")
    ran = fieldkit("guard", "--state", place, "--", "true")
    assert "Traceback" not in ran.stderr and ran.returncode in (0, 1), ran.stderr
    assert not (shelf / "publishing.json").exists()


def test_guard_init_proposes_a_limit_for_the_mean_of_amounts(fieldkit, tmp_path):
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute(
            "create table orders as select i as order_id, 40 + i % 20 as n, (40 + i % 20)::double "
            "as amount, date '2026-01-01' + (i // 100)::int as day from range(2000) t(i)"
        )
    assert fieldkit("guard", "init", "--state", tmp_path / "w.duckdb").returncode == 0
    text = (tmp_path / "policy.yml").read_text()
    assert "amount.mean: [24.75, 99]" in text, text
    script = (
        'import duckdb, sys; duckdb.connect(sys.argv[1]).execute("insert into orders select 9000 + '
        "i, 4000, 4000.0, date '2026-01-21' from range(100) t(i)\")"
    )
    job = ("--", sys.executable, "-c", script, "{state}")
    ran = fieldkit("guard", "--state", tmp_path / "w.duckdb", "--at", "2026-01-22", *job)
    assert ran.returncode == 1 and "amount.mean is 4,000" in ran.stdout, "on the first night"
    assert "amount.nulls: [0, 0.05]" in text, text
    empty = script.replace("4000.0", "case i % 3 when 0 then 50.0 end")
    job = ("--", sys.executable, "-c", empty, "{state}")
    ran = fieldkit("guard", "--state", tmp_path / "w.duckdb", "--at", "2026-01-22", *job)
    assert ran.returncode == 1 and "amount.nulls is 66.0%" in ran.stdout, ran.stdout


def test_guard_names_a_log_that_is_not_one(fieldkit, tmp_path):
    place = tmp_path / "w.duckdb"
    with duckdb.connect(str(place)) as con:
        con.execute("create table t as select 1 as id")
    (tmp_path / "w.duckdb.wal").write_bytes(b"garbage" * 40)
    (tmp_path / "policy.yml").write_text("alerts: []")
    ran = fieldkit("guard", "--state", place, "--", "true")
    assert ran.returncode in (1, 2) and "another process has it open" not in ran.stderr + ran.stdout


def test_guard_init_sees_empty_text_among_the_amounts_of_sqlite(fieldkit, tmp_path):
    """`.import` of an empty field puts a text of no length into any column, not NULL."""
    with sqlite3.connect(tmp_path / "s.db") as con:
        con.execute("create table orders (id integer primary key, amount real, day text)")
        rows = [(i, 40 + i % 20, f"2026-01-{i // 50 + 1:02d}") for i in range(1000)]
        con.executemany("insert into orders values (?, ?, ?)", rows)
    con.close()
    assert fieldkit("guard", "init", "--state", tmp_path / "s.db").returncode == 0
    rows = "".join(f"{i},{'' if i % 3 else 50},2026-01-21\n" for i in range(9000, 9050))
    (tmp_path / "night.csv").write_text(rows)
    script = (
        "import csv, sqlite3, sys; con = sqlite3.connect(sys.argv[1]); "
        "con.executemany('insert into orders values (?, ?, ?)', csv.reader(open('night.csv'))); "
        "con.commit()"
    )
    job = ("--", sys.executable, "-c", script, "{state}")
    ran = fieldkit("guard", "--state", tmp_path / "s.db", "--at", "2026-01-22", *job)
    assert ran.returncode == 1 and "amount.text is 66.0%" in ran.stdout, ran.stdout + ran.stderr
