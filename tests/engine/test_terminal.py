"""Lines in a terminal: help in whole sentences, tables that fit, Markdown without its signs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workbook import terminal
from workbook.catalog import labs
from workbook.progress import Progress
from workbook.standing import scorecard

COMMAND = [sys.executable, "-c", "from workbook.cli import main; main()"]


def _help(*words):
    ran = subprocess.run([*COMMAND, *words, "--help"], capture_output=True, text=True, check=True)
    return ran.stdout


def test_the_list_of_commands_holds_whole_sentences():
    listed = _help().partition("Commands:")[2]
    assert "check " in listed and "replay " in listed
    assert "..." not in listed


@pytest.mark.parametrize("command", ["check", "hint", "replay", "run", "start"])
def test_help_names_no_python_type(command):
    told = _help(command)
    assert "<" not in told and "[[" not in told


def test_a_table_that_is_too_wide_shows_fewer_columns(monkeypatch, capsys):
    rows = scorecard(labs(), Progress(None))
    narrow = ("exercise", "state", "attempts", "hints")
    for width in (80, 60):
        monkeypatch.setattr(terminal, "columns", lambda width=width: width)
        terminal.say_table(rows, narrow)
        lines = capsys.readouterr().out.splitlines()
        assert max(map(len, lines)) <= width
        assert ("core" in lines[0]) == (width == 80)
        assert "in all" in lines[-1]


def test_a_power_in_code_is_no_bold_print():
    told = terminal.without_bold("**Hint 3 of 3** · `2 ** number`, not **bold**")
    assert told == "Hint 3 of 3 · `2 ** number`, not bold"


@pytest.mark.parametrize("quiet", [False, True])
def test_a_badge_has_colour_on_a_terminal_unless_told_not_to(monkeypatch, capsys, quiet):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1") if quiet else monkeypatch.delenv("NO_COLOR", raising=False)
    heading = "✗ TRY AGAIN  publish · Publish the whole day at once, or nothing · 40 test cases"
    terminal.say(heading, "TRY AGAIN")
    shown = capsys.readouterr().out
    assert ("\x1b[1;31m✗ TRY AGAIN\x1b[0m" in shown) != quiet
    lines = shown.replace("\x1b[1;31m", "").replace("\x1b[0m", "").splitlines()
    assert len(lines) == 2 and all(len(line) <= 60 for line in lines)
    assert lines[1].startswith("  "), "the rest of a heading stands under what follows it"
