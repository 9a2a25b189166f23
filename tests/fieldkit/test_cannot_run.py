"""What is in the way is one line that says what, where and what to do; the state is untouched."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from functools import partial

import psutil
import pytest

from tests.fieldkit.pipelines import APPEND, command, content, state
from tests.narrow import too_wide

PY = [sys.executable, "-I", "-S"]
FAST = ("--reruns", "0", "--kills", "1")
ONCE = ("--reruns", "1", "--kills", "0")


@pytest.fixture
def place(tmp_path):
    return state("sqlite", tmp_path / "state")


@pytest.fixture
def refused(fieldkit, place, tmp_path):
    """Run prove, expect exit code 2 and one line with these words; the state is as before."""

    def run(words, *arguments, script=APPEND, at=place, argv=None, **env):
        before = content(at) if at.exists() else None
        if argv is None:
            argv = command("sqlite", script, tmp_path)
        ran = fieldkit("prove", "--state", at, *FAST, *arguments, "--", *argv, **env)
        lines = [line for line in ran.stderr.splitlines() if line.startswith("fieldkit: ")]
        assert ran.returncode == 2, ran.stdout + ran.stderr
        assert "Traceback" not in ran.stderr
        assert len(lines) == 1, ran.stderr
        assert re.search(words, lines[0]), lines[0]
        assert before is None or content(at) == before
        return lines[0]

    return run


def test_the_state_is_missing(refused, tmp_path):
    refused("no such state; name a DuckDB", at=tmp_path / "none.duckdb")


def test_the_state_has_no_bytes(refused, tmp_path):
    (tmp_path / "empty.duckdb").touch()
    refused("0 bytes", at=tmp_path / "empty.duckdb")


def test_the_state_is_something_else(refused, tmp_path):
    (tmp_path / "text.db").write_text("not a database, for sure")
    refused("neither a DuckDB nor a SQLite", at=tmp_path / "text.db")


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_the_state_is_corrupt(refused, tmp_path, kind):
    broken = state(kind, tmp_path / "broken")
    data = broken.read_bytes()
    broken.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    refused("cannot be read as a database", at=broken)


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_the_state_is_locked(refused, tmp_path, kind):
    locked = state(kind, tmp_path / "locked")
    code = {
        "duckdb": "import duckdb,sys,time; c=duckdb.connect(sys.argv[1]);",
        "sqlite": "import sqlite3,sys,time; c=sqlite3.connect(sys.argv[1]);"
        "c.execute('begin immediate');",
    }[kind] + "print('ready', flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", code, str(locked)], stdout=subprocess.PIPE)
    try:
        assert holder.stdout.readline()
        refused(rf"locked by another process( \({holder.pid}\))?; end it", at=locked)
    finally:
        holder.kill()
        holder.wait()


def test_a_half_file_in_a_folder(refused, tmp_path):
    lake = state("folder", tmp_path / "lake")
    (lake / "orders" / "day=0" / "half.parquet").write_bytes(b"PAR1 and no more")
    refused("day=0/half.parquet cannot be read", at=lake)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--table", "absent"), "--table absent: no such table; there are: keyed, load_state"),
        (("--ignore-table", "absent"), "--ignore-table absent: no such table"),
        (("--key", "absent=id"), "--key absent: no such table"),
        (("--key", "orders=absent"), "orders has no column absent; there are: id, day"),
        (("--key", "orders"), "write TABLE=COLUMN"),
        (("--preset", "spark"), "there are dlt and dbt"),
        (("--budget", "soon"), "is not a duration; write 90s"),
        (("--json", "absent/report.json"), "no folder absent; make it first"),
        (("--html", "."), "is a folder; name a file"),
        (("--state", "."), "is part of --state"),
        (("--nonsense",), "No such option"),
    ],
)
def test_an_option_that_cannot_be_meant(refused, options, words):
    refused(words, *options)


@pytest.mark.parametrize("spelling", ["plain", "relative", "link", "hard", "beside", "script"])
@pytest.mark.parametrize("option", ["--json", "--html"])
def test_a_report_over_the_state_is_refused_before_anything_runs(
    fieldkit, place, tmp_path, option, spelling
):
    before = content(place)
    argv = command("sqlite", "open('ran', 'w')\n" + APPEND, tmp_path)
    target = {
        "plain": place,
        "relative": place.parent / ".." / place.parent.name / place.name,
        "link": tmp_path / "link",
        "hard": tmp_path / "hard",
        "beside": place.with_name(place.name + "-wal"),
        "script": argv[-2],
    }[spelling]
    (tmp_path / "link").symlink_to(place)
    (tmp_path / "hard").hardlink_to(place)
    before = content(place)
    for verb in (("prove",), ("chaos", "--upstream", "http://127.0.0.1:9"), ("guard",)):
        ran = fieldkit(*verb, option, target, "--state", place, "--", *argv)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "which the run reads; name another file" in ran.stderr, ran.stderr
    assert content(place) == before and not (tmp_path / "ran").exists()


def test_two_reports_in_one_file_and_a_report_in_a_folder_of_data(fieldkit, tmp_path):
    lake = state("folder", tmp_path / "lake")
    ran = fieldkit("prove", "--json", lake / "r.json", "--state", lake, "--", "true")
    assert (ran.returncode, "would overwrite" in ran.stderr) == (2, True)
    ran = fieldkit("prove", "--json", "r", "--html", "./r", "--state", lake, "--", "true")
    assert (ran.returncode, "the file of another report" in ran.stderr) == (2, True)


def test_no_command_and_no_state(fieldkit, place):
    for arguments in (("--state", place), ("--", "true"), ("--state", place, "--", "./absent")):
        ran = fieldkit("prove", *arguments)
        assert ran.returncode == 2
        assert re.search("no command|no state|no such command", ran.stderr)


def test_a_command_that_is_not_executable(refused, tmp_path):
    (tmp_path / "script.sh").write_text("#!/bin/sh\n")
    refused(r"not executable; chmod \+x", argv=[str(tmp_path / "script.sh")])


def test_the_clean_run_fails(refused):
    line = refused("exit code 3", script="print('no source', file=sys.stderr); sys.exit(3)")
    assert "no source" in line


def test_the_clean_run_writes_nothing(refused):
    refused("wrote nothing to its state", script="con.execute('select 1')")


def test_the_clean_run_never_ends_and_ignores_sigterm(refused):
    begun = time.monotonic()
    script = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)\ntime.sleep(600)"
    refused("had not ended after .* larger --budget", "--budget", "4s", script=script)
    assert time.monotonic() - begun < 300, "it would have slept for 600"


def test_the_command_stays_in_the_background(refused, tmp_path):
    script = (
        APPEND
        + """
import subprocess
print(subprocess.Popen([sys.executable, "-c", "import time; time.sleep(611)"],
      start_new_session=True).pid, file=open(sys.argv[2], "w"))
"""
    )
    argv = [*command("sqlite", script, tmp_path), str(tmp_path / "pid")]
    refused("left .* running in the background", argv=argv)
    pid = int((tmp_path / "pid").read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_the_command_writes_to_the_original(refused, place, tmp_path):
    argv = [a.replace("{state}", str(place)) for a in command("sqlite", APPEND, tmp_path)]
    refused("was written to while the command had a copy .* use --in-place", argv=argv)


def test_no_room_for_the_copies(place, monkeypatch):
    from fieldkit.errors import CannotRun
    from fieldkit.prove.run import prove
    from fieldkit.runs import workplace

    monkeypatch.setattr(workplace, "free_bytes", lambda _: 10**6)
    with pytest.raises(CannotRun, match=r"\d+\.\d MB are needed for 3 copies .* FIELDKIT_HOME"):
        prove(["true"], [place])


def test_files_written_elsewhere_are_named(fieldkit, place, tmp_path):
    work = tmp_path / "work"
    work.mkdir()
    argv = command("sqlite", APPEND + "\nopen('checkpoint.json', 'w').write('1')", tmp_path)
    ran = fieldkit("prove", "--state", place, *FAST, "--", *argv, cwd=work)
    assert "wrote outside its state: checkpoint.json" in " ".join(ran.stdout.split())


def test_output_for_a_pipe_is_plain_and_narrow(fieldkit, place, tmp_path):
    argv = command("sqlite", APPEND, tmp_path)
    ran = fieldkit("prove", "--state", place, "--reruns", "1", "--kills", "1", "--", *argv)
    assert ran.returncode == 1
    for line in (ran.stdout + ran.stderr).splitlines():
        assert line.isprintable() or not line
    assert not too_wide(ran.stdout + ran.stderr)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_restores(place, tmp_path, number):
    before = content(place)
    argv = command("sqlite", APPEND + "\ntime.sleep(600)", tmp_path)
    argv = [a.replace("{state}", str(place)) for a in argv]
    code = "from fieldkit.cli import main; main()"
    options = ["prove", "--in-place", "--state", str(place), *FAST, "--", *argv]
    # Who started the tests may have told everything below it not to listen.
    listens = partial(signal.signal, number, signal.SIG_DFL)
    running = subprocess.Popen(
        [sys.executable, "-c", code, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=listens,  # noqa: PLW1509
    )
    deadline = time.monotonic() + 120
    started = place.stat().st_mtime_ns
    while place.stat().st_mtime_ns == started and time.monotonic() < deadline:
        time.sleep(0.02)
    assert place.stat().st_mtime_ns != started, "the command is at work"
    running.send_signal(number)
    shown, _ = running.communicate(timeout=120)
    assert running.returncode == 2
    assert b"NOT FINISHED: stopped by a signal; nothing was tried before" in shown
    assert b"as they were before" in shown
    assert content(place) == before


def test_what_is_known_is_said_when_time_is_up(place, tmp_path):
    """As `timeout 200 fieldkit prove …` ends it, after some kills."""
    before = content(place)
    runs = tmp_path / "runs"
    script = (
        f"open({str(runs)!r}, 'a').write('x')\ntime.sleep(0.1)\ncon.execute('delete from orders')"
    )
    argv = command("sqlite", script, tmp_path)
    code = "from fieldkit.cli import main; main()"
    options = [
        "prove",
        "--state",
        str(place),
        "--reruns",
        "1",
        "--kills",
        "500",
        "--json",
        "r.json",
    ]
    listens = partial(signal.signal, signal.SIGTERM, signal.SIG_DFL)
    running = subprocess.Popen(
        [sys.executable, "-c", code, *options, "--", *argv],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path,
        preexec_fn=listens,  # noqa: PLW1509
    )  # fmt: skip
    deadline = time.monotonic() + 120
    while not runs.exists() or len(runs.read_text()) < 8:  # two clean runs, a rerun, some kills
        assert time.monotonic() < deadline
        time.sleep(0.05)
    running.send_signal(signal.SIGTERM)
    shown, _ = running.communicate(timeout=120)
    assert running.returncode == 2
    shown = " ".join(shown.split())
    assert re.match(r"NOT FINISHED: stopped by a signal; known so far: no counterexample in", shown)
    assert json.loads((tmp_path / "r.json").read_text())["prove"]["experiments"]
    assert content(place) == before


def test_a_reader_who_has_seen_enough_changes_no_verdict(place, tmp_path):
    """A rerun refutes every append; a single kill may strike before the first row is written."""
    argv = command("sqlite", APPEND, tmp_path)
    code = "from fieldkit.cli import main; main()"
    prove = [sys.executable, "-c", code, "prove", "--state", str(place), *ONCE, "--", *argv]
    with subprocess.Popen(
        prove, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as running:
        running.stdout.close()  # as `| true` does
        said = running.stderr.read()
    assert running.returncode == 1, "refuted, as it would be with a reader"
    assert "pipe" not in said.lower()
