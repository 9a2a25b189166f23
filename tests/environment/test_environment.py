"""The lock, the constraints and environment.yml say the same, and install."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import venv

import pytest
import yaml

from tests.environment.constraints import CONSTRAINTS, LOCK, ROOT, from_lock

BROWSER = ROOT / "tests/browser/requirements.lock"
INSTALL = [sys.executable, "-m", "uv", "pip", "install", "--python"]


def test_constraints_are_the_locks_versions():
    assert CONSTRAINTS.read_text(encoding="utf-8") == from_lock(), "run `make lock`"


@pytest.mark.parametrize(("lock", "least"), [(LOCK, 100), (BROWSER, 2)], ids=["all", "browser"])
def test_lock_has_hashes_and_no_index_address(lock, least):
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--index|--find-links", text)
    pins = re.split(r"^(?=[A-Za-z0-9])", text, flags=re.M)[1:]
    assert len(pins) >= least
    assert [pin.split()[0] for pin in pins if "--hash=sha256:" not in pin] == [], pins[-1]
    assert importlib.util.find_spec("rfc3987_syntax") is None, "it costs every kernel seconds"


def test_the_browsers_lock_changes_nothing_of_the_lock():
    pins = [
        dict(re.findall(r"^([\w.-]+)==(\S+)", lock.read_text(encoding="utf-8"), flags=re.M))
        for lock in (LOCK, BROWSER)
    ]
    assert "playwright" in pins[1] and "playwright" not in pins[0], "learners do not need it"
    assert [name for name in pins[1] if pins[0].get(name, pins[1][name]) != pins[1][name]] == []


def test_this_environment_is_the_locks():
    listed = subprocess.run(
        [*INSTALL, sys.executable, "--dry-run", "--no-deps", "-r", str(LOCK)],
        capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    assert "Would make no changes" in listed.stderr + listed.stdout, listed.stderr


def test_environment_yml_installs_into_an_empty_environment(tmp_path):
    told = yaml.safe_load((ROOT / "environment.yml").read_text(encoding="utf-8"))
    section = next(item["pip"] for item in told["dependencies"] if isinstance(item, dict))
    venv.create(tmp_path / "empty", with_pip=False)
    python = tmp_path / "empty" / ("Scripts" if os.name == "nt" else "bin") / "python"
    wanted = [word for line in section for word in line.split()]
    ran = subprocess.run(
        [*INSTALL, python, *wanted],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stderr[-2000:]
    code = "import workbook, duckdb; from workbook import open_lab; open_lab('step4_state')"
    ran = subprocess.run(
        [python, "-c", code], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert ran.returncode == 0, ran.stderr[-2000:]


@pytest.mark.skipif(not shutil.which("make"), reason="make is not there; start.py asks the same")
@pytest.mark.parametrize("version", ["3.10.4", "3.8.0"])
def test_too_old_a_python_gets_one_line(version, tmp_path):
    """A stand-in for an old interpreter: the Makefile's own check, told another version."""
    numbers = tuple(map(int, version.split(".")))
    old = tmp_path / "python-old"
    old.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -c "import sys; '
        f'sys.version_info = {numbers!r}; exec(sys.argv[1])" "$2"\n'
    )
    old.chmod(0o755)
    ran = subprocess.run(
        ["make", "-s", "setup", f"PYTHON={old}", f"VENV={tmp_path / 'venv'}"],
        capture_output=True, text=True, check=False, cwd=ROOT,
    )  # fmt: skip
    assert ran.returncode != 0
    lines = [line for line in ran.stderr.splitlines() if not line.startswith("make")]
    assert len(lines) == 1 and "3.11" in lines[0], ran.stderr
    assert not (tmp_path / "venv").exists()
