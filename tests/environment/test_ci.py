"""What a new machine is given before the tests run: no test is skipped for want of a tool."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOOLS = {"bwrap": "bubblewrap", "curl": "curl", "openssl": "openssl"}
bash = shutil.which("bash")
pytestmark = pytest.mark.skipif(not bash, reason="bash is not there")


@pytest.fixture
def machine(tmp_path):
    """A machine that has only what is put there; what is called is written down."""
    said, folder = tmp_path / "said", tmp_path / "bin"
    folder.mkdir()
    said.touch()
    (folder / "dirname").symlink_to(shutil.which("dirname"))

    def put(name, script=""):
        text = f'#!{bash}\necho {name} "$@" >> "{said}"\n{script}\n'
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)

    def ran(*tools, browser=False, user=0):
        for name in ("make", "apt-get", *tools):
            put(name)
        put("id", f"echo {user}")
        put("python3", "" if browser else "exit 1")
        subprocess.run([bash, ROOT / ".ci/run"], env={"PATH": str(folder)}, check=True)
        return said.read_text().splitlines()

    return ran


MADE = ["make lint", "make test", "make test-browser"]


def test_root_gets_what_is_missing_before_the_tests(machine):
    said = machine("curl")
    asked = [line for line in said if line.startswith(("apt-get", "make"))]
    wanted = "apt-get install -y -qq bubblewrap openssl chromium"
    assert asked == ["apt-get update -qq", wanted, *MADE]


def test_where_all_is_there_nothing_is_fetched(machine):
    assert not [line for line in machine(*TOOLS, browser=True) if line.startswith("apt-get")]


def test_who_is_not_root_gets_the_tests_all_the_same(machine):
    assert [line for line in machine(user=1000) if line.startswith(("apt", "make"))] == MADE


def test_every_tool_that_a_test_may_lack_is_fetched():
    """A test that asks for a command is not skipped on a machine that .ci/run has prepared."""
    asked = set()
    for path in (ROOT / "tests").rglob("*.py"):
        if "bench" not in path.parts:
            asked |= set(re.findall(r'which\("([\w.-]+)"\)', path.read_text(encoding="utf-8")))
    everywhere = {"make", "bash", "dirname", "mount"}  # of the system itself
    fetched = set(re.findall(r"^needs (\S+)", (ROOT / ".ci/run").read_text(), re.M))
    assert asked - everywhere <= fetched, asked
    assert set(TOOLS) == fetched
