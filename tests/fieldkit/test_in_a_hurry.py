"""What is typed in a hurry: commands alone, misspelt, on nothing, on the wrong kind of file."""

from __future__ import annotations

import re
import sqlite3

import pytest

COMMANDS = (
    "", "prove", "chaos", "guard", "guard init", "guard accept", "audit", "skills", "skills init",
    "skills check", "govern", "govern scan", "govern gate", "govern access", "value", "value init",
    "value report", "value check",
)  # fmt: skip
SLIPS = {
    "prove --state s.db --kills x -- true": "--kills: give a number; see fieldkit prove --help",
    "prove --state s.db --kills -1 -- true": "--kills: give 0 or more; see",
    "prove --state s.db --json - -- true": "-: a report needs a file",
    "prove --state s.db --json d -- true": "d: is a folder; name a file",
    "prove --states s.db -- true": "No such option: --states",
    "prove --state - -- true": "-: there is no such state",
    "prove --state s.db -- nosuchcommand": "nosuchcommand: no such command",
    "proof": "Did you mean 'prove'? See fieldkit --help",
    "help": "No such command 'help'; see fieldkit --help",
    "guard --stat s.db -- true": "see fieldkit guard --help",
    "guard --state s.db --policy d -- true": "--policy d: cannot be read: Is a directory",
    "chaos --files f.txt --state s.db -- true": "--files f.txt: is not a folder",
    "govern scan d": "d: holds no file, so nothing was looked at",
    "govern scan -": "-: there is no such file or folder",
    "value report f.txt": "f.txt line 1: is not a mapping",
    "audit f.txt": "f.txt: holds no model",
}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "f.txt").write_text("hello\n")
    sqlite3.connect(tmp_path / "s.db").executescript("create table t (a); insert into t values (1)")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_alone_and_misspelt(place, fieldkit, command):
    words = command.split()
    helped = fieldkit(*words, "--help")
    assert (helped.returncode, helped.stderr) == (0, "")
    assert helped.stdout.startswith(f"Usage: fieldkit {command}".strip())
    for typed in ([], ["--typo"], ["nowhere"], ["-"], ["d"], ["f.txt"]):
        ran = fieldkit(*words, *typed)
        if ran.returncode == 0:
            made = command == "skills init" or (command, typed) == ("govern scan", ["f.txt"])
            assert made or ran.stdout == helped.stdout
            continue
        assert (ran.returncode, ran.stdout) == (2, "")
        assert re.fullmatch(r"fieldkit: \S[^\n]{10,200}\n", ran.stderr), ran.stderr


@pytest.mark.parametrize("line", SLIPS)
def test_a_slip_is_one_line_that_says_what_to_do(place, fieldkit, line):
    ran = fieldkit(*line.split())
    assert (ran.returncode, ran.stdout) == (2, "")
    assert SLIPS[line] in ran.stderr and "Traceback" not in ran.stderr
