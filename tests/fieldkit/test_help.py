"""Every help: lines of at most 80 columns, whole sentences, our own words and no Python types."""

from __future__ import annotations

import re

import pytest
import typer

from fieldkit.cli import _explained, app


def _commands(command, name="fieldkit"):
    yield name, command
    for word, one in getattr(command, "commands", {}).items():
        yield from _commands(one, f"{name} {word}")


def _all():
    command = typer.main.get_command(app)
    _explained(command)
    return list(_commands(command))


@pytest.mark.parametrize(("name", "command"), _all(), ids=[name for name, _ in _all()])
def test_help_reads_well_in_80_columns(name, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with command.make_context(name, [], resilient_parsing=True) as context:
        text = context.get_help()
    assert [line for line in text.splitlines() if len(line) > 80] == []
    listed = text.partition("Commands:")[2].splitlines()
    assert [line for line in listed if line.strip() and not line.endswith((".", "?", ")"))] == []
    assert "..." not in "".join(listed), "a summary is cut"
    assert not re.search(r"<(path|str|int|float|list)|[<>]=\d|\[\[", text), text
    paragraphs = [one for one in text.split("\n\n") if one.startswith("  ")]
    told = [one for one in paragraphs if not one.lstrip().startswith(("Example", "-", "--"))]
    assert [one for one in told if not one.rstrip().endswith((".", "?", ")"))] == []
