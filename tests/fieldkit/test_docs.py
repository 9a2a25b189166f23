"""The examples of docs/prove.md, docs/chaos.md and docs/guard.md, run as they stand there."""

from __future__ import annotations

import re
import socket
import sqlite3
import subprocess
import sys
from pathlib import Path

from fieldkit.chaos.faults import KINDS
from fieldkit.chaos.found import Verdict
from fieldkit.guard import policy

PAGE = Path(__file__).resolve().parents[2] / "docs" / "prove.md"
CHAOS, GUARD = PAGE.with_name("chaos.md"), PAGE.with_name("guard.md")


def test_the_example_does_what_the_page_says(tmp_path, fieldkit):
    for block in re.findall(
        r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S
    ):
        (tmp_path / block[0]).write_text(block[1])
    subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
    seen = {}
    for script in ("load.py", "fixed.py"):
        options = ("--state", "warehouse.duckdb", "--reruns", "1", "--kills", "4")
        ran = fieldkit("prove", *options, "--", sys.executable, script, "{state}")
        seen[script] = (ran.returncode, ran.stdout.split(":")[0].strip())
    assert seen == {"load.py": (1, "REFUTED"), "fixed.py": (0, "PROVED")}


def test_every_option_on_the_page_exists(fieldkit):
    page, told = PAGE.read_text(encoding="utf-8"), fieldkit("prove", "--help").stdout
    used = set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--profiles-dir"}
    assert used <= set(re.findall(r"(--[a-z][a-z-]+)", told))


def test_the_page_on_chaos_does_what_it_says(tmp_path, fieldkit):
    page = CHAOS.read_text(encoding="utf-8")
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", page, re.S):
        (tmp_path / name).write_text(text)
    (tmp_path / "kinds.yml").write_text("kinds: [throttled, rescaled, empty]")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    shop = subprocess.Popen(
        [sys.executable, "shop.py", str(port)], cwd=tmp_path, stderr=subprocess.DEVNULL
    )
    try:
        load = [sys.executable, "load.py", address, "board.db"]
        while subprocess.run(load, cwd=tmp_path, check=True, capture_output=True).stdout:
            pass  # until the shop answers
        options = ("--upstream", address, "--state", "board.db", "--faults", "kinds.yml")
        command = ("--", sys.executable, "load.py", "{url}", "{state}")
        with sqlite3.connect(tmp_path / "board.db") as con:
            con.execute("delete from orders where id > 20")
        ran = fieldkit("chaos", *options, "--schedules", "3", "--timeout", "10s", *command)
    finally:
        shop.terminate()
        shop.wait()
    assert ran.returncode == 1 and "WRONG: 3 of 3" in ran.stdout, ran.stdout + ran.stderr


def test_the_page_on_chaos_names_every_kind_option_and_verdict(fieldkit):
    page, told = CHAOS.read_text(encoding="utf-8"), fieldkit("chaos", "--help").stdout
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) <= set(re.findall(r"(--[a-z][a-z-]+)", told))
    assert all(f"`{name}`" in page for name in KINDS)
    assert all(f"| {verdict} |" in page for verdict in Verdict)


def test_the_page_on_guard_does_what_it_says(tmp_path, fieldkit):
    page = GUARD.read_text(encoding="utf-8")
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", page, re.S):
        (tmp_path / name).write_text(text)
    subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
    assert fieldkit("guard", "init", "--state", "warehouse.duckdb").returncode == 0
    seen = []
    weekdays = (f"{n:02d}" for n in (1, 2, 3, 4, 5, 8, 9, 10))
    for day in (*weekdays, "11 cents", "11"):
        date, *fault = f"2025-12-{day}".split()
        options = ("--state", "warehouse.duckdb", "--at", date)
        job = ("--", sys.executable, "load.py", "{state}", date, *fault)
        ran = fieldkit("guard", *options, *job)
        seen.append((ran.returncode, ran.stdout.split(":")[0].strip()))
    assert seen == [(0, "PUBLISHED")] * 8 + [(1, "HELD BACK"), (0, "PUBLISHED")], ran


def test_the_page_on_guard_names_every_option_measure_and_key_of_a_policy(tmp_path, fieldkit):
    page = GUARD.read_text(encoding="utf-8")
    told = "".join(
        fieldkit("guard", *verb, "--help").stdout for verb in ((), ("init",), ("accept",))
    )
    own = set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--seeds"}
    assert own <= set(re.findall(r"(--[a-z][a-z-]+)", told))
    assert all(f"{name}`" in page for name in policy.MEASURES)
    (tmp_path / "policy.yml").write_text(re.search(r"```yaml\n(.*?)```", page, re.S)[1])
    found = policy.read(tmp_path / "policy.yml")
    assert found.tables["orders"].rules and len(found.alerts) == 3 and found.calendar.days
    keys = {*policy.GuardPolicy.__dataclass_fields__, *policy.TablePolicy.__dataclass_fields__}
    assert all(f"{key}:" in page for key in keys)
