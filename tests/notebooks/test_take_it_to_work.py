"""What each page prints under "Take it to work" works as printed, in a terminal of its own."""

from __future__ import annotations

import os
import re
import socket
import subprocess

import nbformat
import pytest
import yaml
from nbclient import NotebookClient

from tests.notebooks.rewrite import PAGES
from tests.notebooks.test_notebooks import COMPARED
from workbook import catalog, needed, pages, workspace

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the block is one for a POSIX shell")
HEADING = "## Take it to work"
BLOCK = re.compile(r"^```\n(.*?)^```$", re.M | re.S)
PORT = "8765"


@pytest.fixture(scope="session")
def cells(path):
    """What stands on a page from the heading on."""
    found = pages.read(path)["cells"]
    first = next(n for n, cell in enumerate(found) if cell["source"].startswith(HEADING))
    return found[first:]


def test_take_it_to_work_as_printed(cells, solved, thorough):
    work = solved.run.output.parent
    if not thorough:
        _with_fewer_faults(work)
    assert "kept beside this page" in str(_keeping(pages.read(solved.run.output)["cells"]))
    commands = _block(cells)
    assert commands[0] == ". ../.venv/bin/activate", "a fresh terminal knows no environment"
    ran = _typed(commands, work)
    expected = _expected(cells)
    instruments = [command for command in commands if command.startswith("fieldkit ")]
    assert len(expected) == len(instruments), "one row of the table for each command"
    for command in commands:
        code, told = ran[command]
        wanted, words = expected.pop(0) if command in instruments else (0, "")
        assert code == wanted and words in told, f"{command}: exit code {code}\n{told}"
        assert "Traceback" not in told


def _with_fewer_faults(work):
    """Leave the last, which has all verdicts: each lets a command of seconds run again."""
    for path in work.glob("*/faults.yml"):
        told = yaml.safe_load(path.read_text(encoding="utf-8"))
        told["schedules"] = told["schedules"][-1:]
        path.write_text(yaml.safe_dump(told), encoding="utf-8")


def test_answers_that_a_learner_wrote_are_kept_in_the_same_files(
    path, cells, solved, tmp_path, thorough
):
    """In a workspace, with answers in the page's cells; one page, with all seeds every page."""
    if not thorough and path.stem != COMPARED:
        pytest.skip("a kernel for each page: with five seeds")
    workspace.start(tmp_path / "work", PAGES, "", 7)
    before = _files(tmp_path / "work")
    _written_out(path, cells, tmp_path / "work")
    kept = _files(tmp_path / "work") - before
    assert kept and kept <= _files(solved.run.output.parent)


def _files(folder):
    """All but the record, and what SQLite leaves beside it when a kernel ends in haste."""
    files = (one.relative_to(folder) for one in folder.rglob("*") if one.is_file())
    return {one for one in files if not one.name.startswith("progress.db")}


def _keeping(cells):
    """The cell that writes the commands."""
    return next(cell for cell in reversed(cells) if "lab.keep(" in cell["source"])


def _written_out(path, cells, work):
    """Run what writes the commands, on a page whose exercises hold the reference."""
    page = pages.read(work / path.name)
    lab = next(one for one in catalog.labs() if one.page == path)
    for found in pages.exercises(page):
        page["cells"][found.cell]["source"] = lab.exercise(found.exercise).reference.text
    keeps = next(cell["id"] for cell in cells if "lab.keep(" in cell["source"])
    last = next(n for n, cell in enumerate(page["cells"], 1) if cell["id"] == keeps)
    wanted = {last, *(found.cell + 1 for found in pages.exercises(page))}
    numbers = [one.number for one in needed.cells(needed.read(page), wanted, lambda _: ())]
    chosen = [page["cells"][number - 1] for number in numbers]
    notebook = nbformat.from_dict({**page, "cells": chosen})
    env = {k: v for k, v in os.environ.items() if not k.startswith("WORKBOOK")}
    client = NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(work)}})
    client.execute(env=env)
    assert "kept beside this page" in str(notebook["cells"][-1]["outputs"])


def _block(cells):
    """The commands, line by line; another port where somebody here has this one."""
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    found = BLOCK.search(text)
    assert found, "a fenced block of commands"
    with socket.socket() as ours:
        taken = PORT in found[1] and ours.connect_ex(("127.0.0.1", int(PORT))) == 0
    if not taken:
        return found[1].splitlines()
    with socket.socket() as ours:
        ours.bind(("127.0.0.1", 0))
        return found[1].replace(PORT, str(ours.getsockname()[1])).splitlines()


def _expected(cells):
    """(exit code, what is said) of each instrument, from the table below the block."""
    text = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    rows = re.findall(r"^\|[^|]+\|(\d)\|`([^`]+)`.*\|$", text, re.M)
    return [(int(code), words) for code, words in rows]


def _typed(commands, work):
    """{command: (exit code, output)} of commands typed one after the other into one shell."""
    lines = []
    for number, command in enumerate(commands):
        lines += [f"exec > $OUT/{number} 2>&1", command, f"echo $? > $OUT/{number}.code"]
    out = work.parent / "out"
    out.mkdir()
    # What a terminal that has just been opened knows, and nothing of whoever runs the tests.
    env = {"PATH": "/usr/local/bin:/usr/bin:/bin", "HOME": str(work.parent), "OUT": str(out)}
    subprocess.run(
        ["/bin/bash", "--noprofile", "--norc"], input="\n".join(lines), cwd=work, env=env,
        text=True, timeout=600, check=False, capture_output=True,
    )  # fmt: skip
    return {
        command: (int((out / f"{n}.code").read_text() or -1), (out / str(n)).read_text())
        for n, command in enumerate(commands)
    }
