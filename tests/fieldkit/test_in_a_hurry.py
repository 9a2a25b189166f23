"""What is typed in a hurry: commands alone, misspelt, on nothing, on the wrong kind of file."""

from __future__ import annotations

import os
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
    "chaos --upstream http://[::1 --state s.db -- true": "http://[::1: is not an address",
    "chaos --upstream http://a\x07b --state s.db -- true": "is not an address; write",
    "chaos --upstream http://127.0.0.1:99999 --state s.db -- true": "is not an address",
    "chaos --files d --faults deep.yml --state s.db -- true": "deep.yml: is not YAML: it is nested",
    "guard --state s.db --policy deep.yml -- true": "--policy deep.yml: is not YAML: it is nested",
    "govern gate s.db --policy deep.yml": "--policy deep.yml: is not valid YAML",
    "govern scan s.db --baseline deep.json": "--baseline deep.json: is not a baseline",
    "value check deep.yml": "deep.yml: is not YAML",
    "skills check deep.yml": "deep.yml: not YAML",
    f"prove --state s.db --budget {'9' * 400}s -- true": "--budget 99999999999999999999…: is not",
    f"guard --state s.db --timeout {'9' * 400} -- true": "policy.yml: there is no such file",
    f"chaos --files d --timeout {'9' * 400} --state s.db -- true": "--timeout 9999",
}
ODD = {
    "prove --state loop -- true": "loop: there is no such state",
    "prove --state s.db --json loop -- true": "a clean run wrote nothing",
    "prove --state pipe -- true": "pipe: is neither a file nor a folder",
    "chaos --files d --faults pipe --state s.db -- true": "--faults pipe: is not a regular file",
    "chaos --files pipe --state s.db -- true": "--files pipe: is not a folder",
    "guard --state s.db --policy pipe -- true": "--policy pipe: is not a regular file",
    "guard init --state pipe": "pipe: is neither a file nor a folder",
    "chaos --files d --faults latin.yml --state s.db -- true": "latin.yml, line 2: is not UTF-8",
    "guard --state s.db --policy latin.yml -- true": "--policy latin.yml, line 2: is not UTF-8",
    "govern gate s.db --policy latin.yml": "latin.yml, line 2: is not UTF-8",
    "value check latin.yml": "latin.yml, line 2: is not UTF-8",
    "audit m.sql --standards latin.yml": "latin.yml, line 2: is not UTF-8",
    "audit m.sql --catalog latin.yml": "latin.yml, line 2: is not UTF-8",
    "skills check latin.yml": "latin.yml, line 2: is not UTF-8",
    "audit m.sql --catalog pipe": "--catalog pipe: is not a regular file",
    "skills check pipe": "pipe: is not a regular file",
    "govern scan pipe": "pipe: is neither a file nor a folder",
    "govern scan s.db --baseline pipe": "--baseline pipe: is not a regular file",
    "govern gate s.db --policy pipe": "pipe: is not a regular file",
    "value check pipe": "pipe: is not a regular file",
    "value init x.yml --jobs pipe": "pipe: there is no such file",
}


@pytest.fixture
def place(tmp_path):
    (tmp_path / "d").mkdir()
    (tmp_path / "f.txt").write_text("hello\n")
    (tmp_path / "m.sql").write_text("select 1 as a\n")
    (tmp_path / "latin.yml").write_bytes("a: 1\nb: Müller\n".encode("latin-1"))
    (tmp_path / "deep.yml").write_text("a: " + "[" * 900 + "]" * 900)
    (tmp_path / "deep.json").write_text("[" * 100_000 + "]" * 100_000)
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


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
@pytest.mark.parametrize("line", ODD)
def test_neither_a_pipe_nor_a_link_in_a_circle_blocks_or_breaks(place, fieldkit, line):
    os.mkfifo(place / "pipe")
    (place / "loop").symlink_to(place / "loop2")
    (place / "loop2").symlink_to(place / "loop")
    ran = fieldkit(*line.split())
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ODD[line] in ran.stderr and "Traceback" not in ran.stderr
