"""What the classroom's pages say: minutes of lab.toml, plans that add up, real commands."""

from __future__ import annotations

import itertools
import re

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
