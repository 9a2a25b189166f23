"""The examples of the pages on instruments, run as they stand there."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fieldkit.chaos.faults import KINDS
from fieldkit.chaos.found import Verdict
from fieldkit.govern.policy import RULES
from fieldkit.govern.spans import ENTITIES
from fieldkit.guard import policy
from tests.typed import typing_in

PAGE = Path(__file__).resolve().parents[2] / "docs" / "prove.md"
CHAOS, GUARD = PAGE.with_name("chaos.md"), PAGE.with_name("guard.md")
GOVERN = PAGE.with_name("govern.md")


@pytest.mark.parametrize(
    ("page", "verbs"),
    [
        ("prove", [()]), ("chaos", [()]), ("guard", [("init",), ()]), ("audit", [()]),
    ],
)  # fmt: skip
def test_a_page_begins_with_the_example_of_the_help(page, verbs, fieldkit):
    """In its first 25 lines; and with the exit codes, so that nobody reads on to know them."""
    head = PAGE.with_name(f"{page}.md").read_text(encoding="utf-8").splitlines()[:25]
    for verb in verbs:
        told = " ".join(fieldkit(page, *verb, "--help").stdout.replace("\\\n", " ").split())
        example = re.search(r"Example: (fieldkit .*?) (?:Options|Arguments):", told)[1]
        assert example in head, example
    assert any(word in " ".join(head) for word in ("exit code", "Exit code"))


def test_the_example_does_what_the_page_says(tmp_path, fieldkit):
    for block in re.findall(
        r"```python\n# (\S+)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.S
    ):
        (tmp_path / block[0]).write_text(block[1])
    subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
    seen = {}
    for script in ("load.py", "fixed.py"):
        options = ("--state", "warehouse.duckdb", "--reruns", "1", "--kills", "2")
        ran = fieldkit("prove", *options, "--", sys.executable, script, "{state}")
        seen[script] = (ran.returncode, ran.stdout.split(":")[0].strip())
    assert seen == {"load.py": (1, "REFUTED"), "fixed.py": (0, "PROVED")}


def test_the_page_names_how_files_that_are_not_data_are_left_out():
    assert '--ignore-table "(other files)"' in PAGE.read_text(encoding="utf-8")


def test_every_option_on_the_page_exists(fieldkit):
    page, told = PAGE.read_text(encoding="utf-8"), fieldkit("prove", "--help").stdout
    used = set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--profiles-dir"}
    assert used <= set(re.findall(r"(--[a-z][a-z-]+)", told))


def test_the_page_on_chaos_does_what_it_says(tmp_path):
    """Its commands as printed, one after the other; only the port is another."""
    page = CHAOS.read_text(encoding="utf-8")
    for name, text in re.findall(r"```python\n# (\S+)\n(.*?)```", page, re.S):
        (tmp_path / name).write_text(text)
    printed = re.search(r"```\n(python shop.py .*?)```", page, re.S)[1]
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = printed.replace("8000", str(port)) + "\ncode=$?; kill $!; exit $code"
    env = typing_in(tmp_path / "bin")
    ran = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, check=False,
        env=env, timeout=120,
    )  # fmt: skip
    told = " ".join(ran.stdout.split())
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert re.search(r"WRONG: \d+ of \d+ schedules", told), told


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


def test_the_page_on_govern_does_what_it_says(tmp_path, fieldkit):
    page = GOVERN.read_text(encoding="utf-8")
    for name, text in re.findall(r"```(?:python|yaml|csv)\n# (\S+)\n(.*?)```", page, re.S):
        (tmp_path / name).write_text(text)
    said, env, ran = "", {}, []
    first = page.partition("\n## scan\n")[0]
    for kind, block in re.findall(r"^```(\w*)\n(.*?)^```$", first, re.S | re.M):
        if block.startswith("python setup.py"):
            subprocess.run([sys.executable, "setup.py"], cwd=tmp_path, check=True)
        lines = [] if kind else block.splitlines()
        for line in lines:
            if line.startswith("export "):
                env |= dict(one.split("=") for one in line.split()[1:])
        for line in lines:
            command, told, code = line.partition("# exit ")
            if not told:
                continue
            words = [sys.executable if one == "python" else one for one in command.split()[1:]]
            done = fieldkit(*words, **env)
            assert done.returncode == int(code), line + done.stdout + done.stderr
            # Without the lines that say when and how the report was made.
            shown = re.sub(
                r"^(?:fieldkit govern|again:).*\n(?:\S.*\n)*", "", done.stdout, flags=re.M
            )
            said, _ = said + shown, ran.append(words[1])
        if block.startswith(("FOUND", "REFUSED", "LEAKED")):
            assert block.strip() in said, said
    assert ran == ["scan", "gate", "access", "access", "gate"]
    masked = page.partition("# policy.yml\n")[2].partition("```")[0]
    (tmp_path / "policy.yml").write_text(masked.replace("text: clear", "text: redact", 1))
    assert fieldkit("govern", "gate", "warehouse.duckdb").returncode == 0


def test_the_page_on_govern_names_every_option_entity_and_rule(fieldkit):
    page = GOVERN.read_text(encoding="utf-8")
    told = "".join(fieldkit("govern", verb, "--help").stdout for verb in ("scan", "gate", "access"))
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) - {"--presidio", "--only"} <= set(
        re.findall(r"(--[a-z][a-z-]+)", told)
    )
    assert all(f"`{name}`" in page for name in (*ENTITIES, *RULES))
