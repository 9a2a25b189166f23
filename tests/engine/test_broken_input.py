"""Command lines on broken input: one line that says what, where and what to do; no traceback."""

from __future__ import annotations

import json
import os
import shlex
import sqlite3
import subprocess
import sys

import pytest

from tests.engine.test_cli import REFERENCE, TASK, alone, home, one_line, own, workbook
from workbook import pages, update, workspace
from workbook.errors import WorkbookError
from workbook.progress import HINT, Progress

__all__ = ["home", "workbook"]  # fixtures
posix = pytest.mark.skipif(sys.platform == "win32", reason="not there on Windows")
BIG = 2**63


def test_seeds_that_no_world_bears(home, workbook, tmp_path):
    for argv in (["start"], ["check", TASK.id], ["replay", TASK.id, "--case", "x"]):
        one_line(workbook(*argv, "--seed", BIG), 2, "--seed", "equal to 1000000000000000000")
        one_line(workbook(*argv, "--seed", "-5"), 2, "--seed")
    for seed in (BIG, "9" * 400):
        page = pages.read(own(home))
        for cell in page["cells"]:
            if "parameters" in pages.tags(cell):
                cell["source"] = f"seed: int = {seed}"
        pages.place(page, TASK.id, REFERENCE)
        pages.write(own(home), page)
        one_line(workbook("check", TASK.id), 2, "seed=", "from 0 to 10^18")


@pytest.mark.parametrize("number", ["1e400", "-1", "nan", str(BIG), '"x"'])
def test_a_record_of_the_start_that_holds_no_seed(home, workbook, number):
    (home.folder / workspace.MARK).write_text(f'learner = "Ada"\nseed = {number}\n')
    one_line(workbook("check", TASK.id), 2, "workbook.toml cannot be read", "workbook start")


DEEP = {
    "parentheses": "(" * 3000 + ")" * 3000,
    "a sum": "x = " + " + ".join(["1"] * 30_000),
    "lists": "x = " + "[" * 5000 + "]" * 5000,
    "negations": "x = " + "-" * 20_000 + "1",
    "attributes": "x = a" + ".b" * 20_000,
}


@pytest.mark.parametrize("what", DEEP)
def test_expressions_nested_thousands_deep(home, workbook, tmp_path, what):
    path = tmp_path / "answer.py"
    path.write_text(f"{REFERENCE}\n{DEEP[what]}\n")
    page = pages.read(own(home))
    pages.place(page, TASK.id, path.read_text())
    pages.write(own(home), page)
    for argv in (["check", TASK.id, "--answer", path], ["check", TASK.id], ["reset", TASK.id]):
        ran = workbook(*argv)
        assert (ran.code in (0, 1), ran.err) == (True, ""), ran


ODD_METADATA = {
    "null metadata": None,
    "list for metadata": [],
    "a number for tags": {"tags": 5},
    "lists for tags": {"tags": [[], {}]},
}


@pytest.mark.parametrize("what", [*ODD_METADATA, "half letters"])
def test_odd_notebooks_are_read_and_written(home, workbook, what):
    page = json.loads(own(home).read_text(encoding="utf-8"))
    if what == "half letters":
        page["cells"][0]["source"] = "a half \ud800 letter"
        odd = pages.read(own(home))
        pages.place(odd, TASK.id, REFERENCE + '\nx = "\ud800"')
        page["cells"] = [*page["cells"][:1], *odd["cells"][1:]]
    else:
        page["metadata"] = None
        for cell in page["cells"]:
            cell["metadata"] = ODD_METADATA[what]
    own(home).write_text(json.dumps(page), encoding="utf-8")
    for argv in (["check", TASK.id], ["reset", TASK.id], ["update"], ["update", "--repair"]):
        ran = workbook(*argv)
        assert (ran.code in (0, 1), ran.err) == (True, ""), ran
    assert pages.read(own(home))["cells"]


def test_a_notebook_of_deep_json_is_one_line(home, workbook):
    own(home).write_text('{"cells": ' + "[" * 200_000 + "]" * 200_000 + "}")
    for argv in (["check", TASK.id], ["reset", TASK.id], ["update"]):
        one_line(workbook(*argv), 2, own(home).name, "half saved or broken")


@posix
def test_a_workspace_that_leads_in_a_circle(tmp_path):
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for argv in (["start"], ["progress"], ["check", TASK.id]):
        one_line(alone(*argv, home=tmp_path / "a"), 2, "WORKBOOK_HOME", "another")


@posix
@pytest.mark.parametrize("name", ["Ada\nseed = 3", "Ada\x07", "\udcff\udcfe", "a" * 300, "\u2028"])
def test_a_name_that_cannot_be_read_again_is_refused(tmp_path, monkeypatch, workbook, name):
    monkeypatch.setenv("WORKBOOK_HOME", str(tmp_path / "mine"))
    one_line(workbook("start", "--learner", name), 2, "--learner", "on one line")
    assert not (tmp_path / "mine" / workspace.MARK).exists()


def test_a_record_that_somebody_edited(home, workbook):
    record = Progress(home.progress)
    record.help(TASK.id, HINT, "x")
    with sqlite3.connect(home.progress) as db:
        db.execute("insert into attempts values ('', ?, 7, 'PAST', '', 'x', 0)", [TASK.id])
    assert workbook("progress").code == 0
    assert workbook("hint", TASK.id).code == 0


@posix
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_an_output_that_is_closed(home, closed):
    python = shlex.quote(sys.executable)
    command = f"exec {python} -c 'from workbook.cli import main; main()' progress {closed}"
    env = os.environ | {"WORKBOOK_HOME": str(home.folder)}
    ran = subprocess.run(command, shell=True, env=env, capture_output=True, text=True, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")


@posix
def test_a_fifo_is_refused(home, tmp_path):
    for name in ("answer.py", "answer.ipynb"):
        os.mkfifo(tmp_path / name)
        argv = ["check", TASK.id, "--answer", tmp_path / name]
        one_line(alone(*argv, home=home.folder), 2, name, "not a regular file")
    own(home).unlink()
    os.mkfifo(own(home))
    for argv in (["check", TASK.id], ["reset", TASK.id], ["update"], ["run", "--lab", "4"]):
        one_line(alone(*argv, home=home.folder), 2, own(home).name, "not a regular file")


class TestUpdate:
    def test_a_backup_that_cannot_be_finished_does_not_stay(self, home, monkeypatch):
        older(home)
        before = own(home).read_bytes()

        def full(source, target):
            target.write_bytes(b"")
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(update.shutil, "copy2", full)
        with pytest.raises(WorkbookError, match=r"is as it was: No space left"):
            update.update(home, [TASK.lab.page])
        assert own(home).read_bytes() == before
        assert not list((home.folder / "backup").rglob("*.ipynb"))

    def test_comments_on_a_starter_stay(self, home, workbook):
        older(home)
        commented(home, "# mine: why twice?")
        ran = workbook("update")
        assert f"your comments kept beside the new starter: {TASK.id}" in " ".join(ran.out.split())
        found = pages.answer(pages.read(own(home)), TASK.id)
        assert "# mine: why twice?" in found and workbook("check", TASK.id).out.startswith("○ NOT")

    def test_also_where_the_starter_changed(self, home, workbook):
        commented(home, "# mine: why twice?")
        kept = pages.read(home.remembered(TASK.lab.page.name))
        for where, path in (
            (kept, home.remembered(own(home).name)),
            (pages.read(own(home)), own(home)),
        ):
            starter = pages.answer(where, TASK.id).replace("insert into", "insert or ignore into")
            pages.place(where, TASK.id, starter)
            pages.write(path, where)
        assert workbook("update").code == 0
        page = pages.read(own(home))
        assert "# mine" not in pages.answer(page, TASK.id)
        (raw,) = [c for c in page["cells"] if c["cell_type"] == "raw"]
        assert "# mine: why twice?" in raw["source"]

    def test_a_broken_memory_of_the_release_is_named_and_not_the_page(self, home, workbook):
        older(home)
        home.remembered(own(home).name).write_text("{", encoding="utf-8")
        one_line(workbook("update"), 2, f".pristine/{own(home).name}", "your page is sound")


def commented(home, comment):
    """A learner writes a comment into a starter that is otherwise untouched."""
    page = pages.read(own(home))
    pages.place(page, TASK.id, f"{comment}\n{pages.answer(page, TASK.id)}")
    pages.write(own(home), page)


def older(home):
    """The learner's page is that of a release before."""
    for path in (home.remembered(own(home).name), own(home)):
        page = pages.read(path)
        page["cells"][1]["source"] = "as it was told before"
        pages.write(path, page)
