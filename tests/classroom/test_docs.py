"""What the classroom's pages say: minutes of lab.toml, plans that add up, real commands."""

from __future__ import annotations

import itertools
import re
import shlex
import shutil
import subprocess
import sys

import pytest

from tests.classroom.conftest import ROOT
from workbook import catalog

PLANS = (ROOT / "docs/facilitator.md").read_text(encoding="utf-8")
PAGES = [ROOT / "docs" / f"{name}.md" for name in ("facilitator", "ci")]


def test_minutes_are_those_of_the_labs():
    told = re.findall(r"`([a-z0-9-]+)` \((\d+)\)", PLANS)
    assert len(told) > 20
    for exercise, minutes in told:
        assert catalog.find(exercise).minutes == int(minutes), exercise


def test_every_core_exercise_is_in_the_day_and_in_the_evenings():
    for plan in ("### One day", "### Five evenings"):
        text = PLANS.split(plan)[1].split("\n##")[0]
        for lab in catalog.labs():
            core = [e.id for e in lab.exercises.values() if e.core]
            assert [one for one in core if f"`{one}`" not in text] == []


@pytest.mark.parametrize("plan", ["### Three hours", "### One day"])
def test_plans_add_up(plan):
    rows = re.findall(r"^\| (\d+):(\d\d) \| (.+) \|$", PLANS.split(plan)[1].split("\n##")[0], re.M)
    at = [60 * int(hours) + int(minutes) for hours, minutes, _ in rows]
    for (begins, ends), (*_, text) in zip(itertools.pairwise(at), rows, strict=False):
        planned = sum(map(int, re.findall(r"\((\d+)\)", text)))
        assert abs(planned - (ends - begins)) <= 2, text


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.name)
def test_commands_of_the_page_exist(workbook, page):
    text = page.read_text(encoding="utf-8")
    known = workbook("--help").out
    for command in set(re.findall(r"^workbook ([a-z-]+)", text, re.M)):
        assert re.search(rf"^ +{command}\b", known, re.M), command


LEARNERS = re.compile(r"python -m zipfile|workbook hand-in|workbook drill \d( --reveal)?$")
ELSEWHERE = re.compile(r"workbook (board|share) ")  # test_board.py: they wait for each other


def test_a_facilitator_and_a_learner_type_what_is_printed(workbook, tmp_path):
    """The commands of the page in its order, each in the folder of whoever types it."""
    mine, theirs = tmp_path / "facilitator", tmp_path / "learner"
    mine.mkdir()
    theirs.mkdir()
    for name, text in re.findall(r"```(?:csv|text)\n# (\S+)\n(.*?)```", PLANS, re.S):
        (mine / name).write_text(text, encoding="utf-8")
    typed, said = [], {}
    for block in re.findall(r"```sh\n(.*?)```", PLANS, re.S):
        for line in block.splitlines():
            command = line.partition(" #")[0].strip()
            if not ELSEWHERE.match(command):
                typed.append(command)
                who = theirs if LEARNERS.match(command) else mine
                said[command] = _typed(workbook, command, who, theirs)
                _carried(mine, theirs)
    assert len(typed) == 11
    assert "1 of 2 are ready" in said["workbook class may --ready codes.txt"]
    assert "1 handed in of 3" in said[next(c for c in typed if c.startswith("workbook grade"))]
    assert "nothing is compared" in said[typed[-1]]
    names = ("index.html", "results.csv", "junit.xml", "run.json", "rows/k02.json")
    assert all((mine / "may/results" / name).is_file() for name in names)
    assert "Did it change anything?" in (mine / "director.html").read_text()
    assert (theirs / "work/drills/drill-4-1.ipynb").is_file()


def _typed(workbook, command, folder, home):
    words = shlex.split(command)
    if words[0] == "python":
        ran = subprocess.run(
            [sys.executable, *words[1:]], cwd=folder, capture_output=True, check=False
        )
        assert ran.returncode == 0, ran.stderr
        return ""
    given = {"WORKBOOK_HOME": str(home / "work")} if folder == home else {}
    ran = workbook(*words[1:], cwd=folder, **given)
    grades = words[1] == "grade"  # and 1: what the class requires is not passed
    assert ran.code == int(grades), command + ran.err
    return ran.out


def _carried(mine, theirs):
    """What people carry: a start zip to the learner, and what was packed to the facilitator."""
    start, packed = mine / "may/start/k02.zip", theirs / "hand-in-k02.zip"
    if start.is_file():
        shutil.copy(start, theirs / "k02.zip")
    for name in ("handed-in", "handed-in-first") if packed.is_file() else ():
        (mine / name).mkdir(exist_ok=True)
        shutil.copy(packed, mine / name / "somebody (1).zip")


def test_every_page_of_the_classroom_names_options_that_exist(workbook):
    for page in [*PAGES, ROOT / "docs/scale.md", ROOT / "docs/director.md"]:
        for line in re.findall(r"workbook [a-z][^\n`]*", page.read_text(encoding="utf-8")):
            command = line.partition(" #")[0].split()
            options = [word.partition("=")[0] for word in command if word.startswith("--")]
            if options and command[1] != "start.py":
                told = workbook(command[1], "--help").out
                assert all(re.search(rf"{one}\b", told) for one in options), line
