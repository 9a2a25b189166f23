"""What is in the guard's way is one line and exit code 2; the state stays, kills leave it whole."""

from __future__ import annotations

import json
import os
import re
import resource
import signal
import sqlite3
import subprocess
import sys
import time

import psutil
import pytest
import yaml

from fieldkit.errors import CannotRun
from fieldkit.guard import policy, publish, shelf
from fieldkit.guard.history import History
from fieldkit.guard.run import guard
from tests.fieldkit.nightly import POLICY, Nightly

CODE = "from fieldkit.cli import main; main()"


@pytest.fixture(scope="module")
def two_nights(tmp_path_factory):
    made = Nightly.begin(tmp_path_factory.mktemp("two"))
    assert [made.night(day).verdict for day in range(2)] == ["PUBLISHED"] * 2
    return made


@pytest.fixture
def shop(two_nights, tmp_path):
    return two_nights.copy(tmp_path / "shop")


@pytest.fixture
def refused(fieldkit, shop):
    """Run guard, expect exit code 2 and one line with these words; the state is as before."""

    def run(words, *options, command=None, verb=()):
        before, history = shop.state.read_bytes(), shop.state.with_name("shop.db.guard")
        runs = (history / "history.jsonl").read_bytes()
        given = {"--state": shop.state, "--policy": shop.policy} | dict(
            zip(options[::2], options[1::2], strict=True)
        )
        argv = shop.command(2) if command is None else command
        flat = [one for pair in given.items() for one in pair if pair[1] is not None]
        ran = fieldkit("guard", *verb, *flat, *(["--", *argv] if argv else ()))
        assert (ran.returncode, ran.stdout) == (2, ""), ran
        assert len(ran.stderr.splitlines()) == 1 and "Traceback" not in ran.stderr, ran.stderr
        assert re.search(words, ran.stderr), ran.stderr
        assert shop.state.read_bytes() == before
        assert (history / "history.jsonl").read_bytes() == runs
        assert not list(history.glob("run-*"))

    return run


# -- what is asked for


def test_what_is_asked_for_cannot_be_meant(refused, shop, tmp_path):
    (tmp_path / "folder").mkdir()
    refused("no command: write it after --", command=())
    refused("no such command", command=("./absent",))
    refused("--policy absent.yml: there is no such file; .*guard init", "--policy", "absent.yml")
    refused("there is no such state", "--state", "absent.db")
    refused("is a folder, which cannot be swapped", "--state", tmp_path / "folder")
    refused("--timeout soon: is not a duration", "--timeout", "soon")
    refused("--at soon: is not a time", "--at", "soon")
    refused("Missing option", "--state", None)
    refused("there is no folder", "--html", "no/where.html")
    refused("stays as it is", verb=("init",), command=())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tables: [", "line 1: is not YAML: "),
        ("- a", "policy: write `name: value`"),
        ("tabels: {}", "policy: there is no tabels; there are: alerts, calendar"),
        ("learn: soon", "learn: soon is not a number"),
        ("false_alarms: 2", "false_alarms: 2 is not between"),
        ("calendar: {weekend: [sun]}", "sun is none of monday"),
        ("calendar: {days: {2026-13-01: sale}}", "is not YAML: month must be in 1..12"),
        ("calendar: {days: {2026-6-1: sale}}", "days: 2026-6-1: is not a day"),
        ("calendar: {days: {12-25: {times: [3, 1]}}}", "times: 3 is more than 1"),
        ("alerts: [{webhook: nowhere}]", "webhook: nowhere is not an address; write https"),
        ("alerts: [{webhook: 'http://:x/'}]", "is not an address"),
        ("alerts: [{post: x}]", "alerts: there is no post; there are: command, file, webhook"),
        ("alerts: {file: x}", "alerts: write a list"),
        ("tables: {orders: {keys: a}}", "tables: orders: there is no keys"),
        ("tables: {orders: {limits: {sum: [1, 2]}}}", "limits: there is no sum; there are"),
        ("tables: {orders: {limits: {rows: 5}}}", r"limits: rows: write \[lowest, highest\]"),
        ("tables: {orders: {rules: {amount: positive}}}", "rules: amount: positive: write"),
        ("tables: {absent: {}}", "tables: absent: there is no such table; there are: orders"),
        ("tables: {orders: {key: absent}}", "orders: there is no column absent; there are"),
        ("tables: {orders: {limits: {a.mean: [1, 2]}}}", "there is no column a;"),
    ],
)
def test_a_policy_that_cannot_be_meant(refused, shop, text, words):
    shop.policy.write_text(text)
    refused(words)


# -- the state, the folder, the disk


def test_the_state_is_locked_or_damaged(refused, shop):
    held = f"import sqlite3, time; c = sqlite3.connect({str(shop.state)!r}); "
    held += "c.execute('begin exclusive'); print(flush=True); time.sleep(60)"
    holder = subprocess.Popen([sys.executable, "-c", held], stdout=subprocess.PIPE)
    try:
        holder.stdout.readline()
        refused(r"is locked by another process( \(\d+\))?; end it or wait for it")
    finally:
        holder.kill()
        holder.wait()
    data = shop.state.read_bytes()
    shop.state.write_bytes(data[:100] + b"\xff" * (len(data) - 100))
    refused("cannot be read as a database: .*nothing was run, nothing was changed")


def test_the_folder_cannot_be_written(shop, fieldkit):
    folder = shop.state.with_name("shop.db.guard")
    folder.rename(folder.with_name("aside"))
    folder.write_text("in the way")
    ran = fieldkit("guard", "--state", shop.state, "--policy", shop.policy, "--", "true")
    assert ran.returncode == 2 and len(ran.stderr.splitlines()) == 1
    assert "shop.db.guard: cannot be written: File exists; a state can only be" in ran.stderr


def test_no_room_for_the_copy(shop, monkeypatch):
    monkeypatch.setattr(shelf, "free_bytes", lambda _: 10**6)
    with pytest.raises(
        CannotRun, match=r"\d MB are needed for a copy of the state, 1.0 MB are free"
    ):
        shop.night(2)


@pytest.mark.parametrize("most", [4096, 30_000])
def test_a_disk_that_is_full_loses_nothing(shop, most):
    """A limit on the size of a file stands for the disk: first for the copy, then for the load."""
    rows, size = shop.rows(), shop.state.stat().st_size
    options = ["--state", str(shop.state), "--policy", str(shop.policy), "--at", str(shop.at(2))]

    def limit():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    ran = subprocess.run(
        [sys.executable, "-c", CODE, "guard", *options, "--", *shop.command(2)],
        capture_output=True, text=True, preexec_fn=limit, check=False,
    )  # fmt: skip
    expected = 2 if most < size else 1
    assert ran.returncode == expected and "Traceback" not in ran.stderr, ran.stderr
    assert shop.rows() == rows
    assert shop.night(2).verdict == "PUBLISHED"


def test_a_history_that_is_damaged_counts_as_far_as_it_can_be_read(shop):
    path = shop.state.with_name("shop.db.guard") / "history.jsonl"
    text = path.read_text()
    path.write_text(text.replace('"rows":', '"sows":', 1) + text[: len(text) // 4])
    found = shop.night(2)
    assert found.verdict == "PUBLISHED"
    assert found.warnings[0].startswith("history.jsonl: 2 lines cannot be read (line 1, 3)")
    assert len(History.read(path).runs) == 2 and path.with_suffix(".damaged").exists()
    assert shop.night(3).warnings == []


def test_the_history_and_the_alerts_stay_small(shop, monkeypatch):
    monkeypatch.setattr("fieldkit.guard.history.MOST", 3)
    for day in range(2, 6):
        shop.night(day)
    assert len(History.read(shop.state.with_name("shop.db.guard") / "history.jsonl").runs) == 3


# -- others


def test_a_command_that_writes_past_its_copy_is_put_back(shop, refused):
    argv = [one.replace("{state}", str(shop.state)) for one in shop.command(2)]
    rows = shop.rows()
    with pytest.raises(
        CannotRun, match=r"It is restored; what was written is in .*; write {state} where"
    ):
        guard(argv, shop.state, policy.read(shop.policy))
    assert shop.rows() == rows
    kept = next((shop.folder / "shop.db.guard" / "held").glob("*/written past/shop.db"))
    with sqlite3.connect(kept) as con:
        assert con.execute("select count(*) from orders").fetchone()[0] > rows


def test_a_state_that_others_have_open_is_not_swapped_away_from_them(shop, monkeypatch):
    monkeypatch.setattr(publish, "PATIENCE", 0.3)
    with sqlite3.connect(shop.state) as con:
        con.execute("pragma journal_mode = wal")
    reader = sqlite3.connect(shop.state)
    rows = reader.execute("select count(*) from orders").fetchone()[0]
    with pytest.raises(
        CannotRun, match=r"another process has it open.*what the command made is kept"
    ):
        shop.night(2)
    assert reader.execute("select count(*) from orders").fetchone()[0] == rows
    reader.close()
    assert shop.night(2).verdict == "PUBLISHED" and shop.rows() > rows


def started(shop, *argv):
    options = ["--state", str(shop.state), "--policy", str(shop.policy), "--at", str(shop.at(2))]
    running = subprocess.Popen(
        [sys.executable, "-c", CODE, "guard", *options, "--", *argv],
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL),  # noqa: PLW1509
    )  # fmt: skip
    until = time.monotonic() + 120
    while not loads(shop):
        assert time.monotonic() < until and running.poll() is None, "the command is not at work"
        time.sleep(0.02)
    return running


def loads(shop):
    script = str(shop.folder / "load.py")
    found = []
    for one in psutil.process_iter(["cmdline", "status"]):
        argv = one.info["cmdline"] or []
        if script in argv and "guard" not in argv and one.info["status"] != psutil.STATUS_ZOMBIE:
            found.append(one.pid)
    return found


def test_two_guards_at_once_and_one_that_is_killed(shop, refused):
    first, rows = started(shop, *shop.command(2, "hangs")), shop.rows()
    with pytest.raises(
        CannotRun, match=rf"another fieldkit guard \(process {first.pid}\) is at work"
    ):
        shop.night(2)
    first.send_signal(signal.SIGKILL)
    first.communicate()
    assert loads(shop), "what it had started goes on without it"
    assert shop.rows() == rows
    assert shop.night(2).verdict == "PUBLISHED"
    assert not loads(shop), "until the next guard comes"


def test_a_polite_end_leaves_nothing(shop):
    running, rows = started(shop, *shop.command(2, "hangs")), shop.rows()
    running.send_signal(signal.SIGTERM)
    _, said = running.communicate(timeout=120)
    assert running.returncode == 143 and "as it was before" in said
    assert not loads(shop) and shop.rows() == rows
    assert not list(shop.state.with_name("shop.db.guard").glob("run-*"))


def test_a_stop_after_the_swap_does_not_say_that_the_state_is_the_old_one(shop):
    """The signal comes while the state is swapped, and is heard once it is."""
    stopped = (
        "import os, signal; from fieldkit.guard import publish; "
        "swap = publish.durable.swap; stop = lambda: os.kill(os.getpid(), signal.SIGTERM); "
        "publish.durable.swap = lambda *places: (swap(*places), stop()); "
    )
    rows, options = shop.rows(), ["--state", shop.state, "--policy", shop.policy]
    argv = ["guard", *options, "--at", shop.at(2), "--", *shop.command(2)]
    command = [sys.executable, "-c", stopped + CODE, *map(str, argv)]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ran.returncode == 143 and shop.rows() > rows
    said = " ".join(ran.stderr.split())
    assert said.endswith(f"stopped by a signal; {shop.state} is the new state already")


@pytest.mark.parametrize("fault", ["none", "negative"])
def test_a_kill_leaves_the_old_state_or_the_new_and_the_next_run_recovers(fault, thorough):
    every = 1 if thorough else 2
    argv = [sys.executable, "-m", "tests.fieldkit.kill_guard", fault, "--every", str(every)]
    ran = subprocess.run(argv, capture_output=True, text=True, check=False, env=os.environ)
    told = json.loads(ran.stdout or "{}")
    assert told.get("wrong") == [] and told["kills"] >= 20 // every, ran.stdout + ran.stderr
    assert told["new"] or fault == "negative"


def test_no_webhook_is_asked_before_the_policy_is_right(shop):
    shop.policy.write_text(yaml.safe_dump({**POLICY, "alerts": [{"webhook": "ftp://x/y"}]}))
    with pytest.raises(CannotRun, match="is not an address"):
        shop.night(2)
