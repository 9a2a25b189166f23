"""An update loses nothing of a learner's page, whatever the release or another editor changed."""

from __future__ import annotations

import json
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook import catalog, pages, workspace
from workbook.update import Updated, merged, update
from workbook.workspace import Workspace

SETUP = "seed: int = 7  # which world\nsize: int = 10  # how big"
ONE = '@lab.exercise("one")\ndef one():\n    """Task."""\n    return 1'
TWO = '@lab.exercise("two")\ndef two():\n    return 2'
MINE = '@lab.exercise("one")\ndef one():\n    """Task."""\n    return "mine"'


def cell(name, source, kind="code", tags=()):
    made = {"cell_type": kind, "id": name, "source": source, "metadata": {}}
    if tags:
        made["metadata"] = {"tags": list(tags)}
    return made | ({"outputs": [], "execution_count": None} if kind == "code" else {})


def release():
    return {
        "cells": [
            cell("title", "# Page", "markdown"),
            cell("parameters", SETUP, tags=["parameters"]),
            cell("setup", "lab = open_lab('x', seed=seed)"),
            cell("one-text", "### one", "markdown"),
            cell("play", "lab.world.tiny()"),
            cell("one", ONE),
            cell("one-check", 'lab.check("one")'),
            cell("two-text", "### two", "markdown"),
            cell("two", TWO),
            cell("two-check", 'lab.check("two")'),
        ],
        "metadata": {},
        "nbformat": 4,
        "nbformat_minor": 5,
    }


def at(page, name):
    return next(n for n, c in enumerate(page["cells"]) if c["id"] == name)


def worked_on():
    """A page with an answer, a note, an experiment, an edited play cell and another seed."""
    page = release()
    page["cells"][at(page, "parameters")]["source"] = SETUP.replace("7", "4711")
    page["cells"][at(page, "one")]["source"] = MINE
    page["cells"][at(page, "play")]["source"] = "lab.world.tiny()\nprint('my own')"
    page["cells"].insert(at(page, "one-check"), cell("n1", "my note", "markdown"))
    page["cells"].insert(at(page, "two"), cell("n2", "con.sql('select 42')"))
    return page


def sources(page):
    return [c["source"] for c in page["cells"]]


OWN = (MINE, "my note", "con.sql('select 42')", "lab.world.tiny()\nprint('my own')")


def brought(new, mine=None, base=None):
    done = Updated(Path("page.ipynb"))
    return merged(mine or worked_on(), base or release(), new, done), done


def _text_changed(page):
    page["cells"][at(page, "one-text")]["source"] = "### one, told better"


def _starter_changed(page):
    page["cells"][at(page, "one")]["source"] = ONE.replace("1", "0")
    page["cells"][at(page, "two")]["source"] = TWO.replace("2", "0")


def _exercise_added(page):
    page["cells"] += [cell("three", TWO.replace("two", "three"))]


def _exercise_gone(page):
    page["cells"] = [c for c in page["cells"] if c["id"] not in ("one", "one-check", "one-text")]


def _cells_moved(page):
    one, two = page["cells"][3:7], page["cells"][7:]
    page["cells"][3:] = two + one


def _parameters_changed(page):
    source = SETUP.replace("10", "20") + "\nmode: str = 'learner'  # whose answers"
    page["cells"][at(page, "parameters")]["source"] = source


EDITS = [_text_changed, _starter_changed, _exercise_added, _exercise_gone, _cells_moved]
EDITS += [_parameters_changed]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("remembered", [True, False], ids=["remembered", "not-remembered"])
def test_nothing_is_lost_in_six_kinds_of_release(edit, remembered):
    new = release()
    edit(new)
    done = Updated(Path("page.ipynb"))
    page = merged(worked_on(), release() if remembered else None, new, done)
    text = "\n".join(sources(page))
    assert all(own in text for own in OWN)
    assert "seed: int = 4711" in text
    mine = ("one", "parameters") if remembered else ("one", "two", "parameters")
    assert all(c["source"] in text for c in new["cells"] if c["id"] not in mine)
    ids = [c["id"] for c in page["cells"]]
    assert len(set(ids)) == len(ids)


def test_an_answer_takes_the_place_of_the_new_starter():
    new = release()
    _starter_changed(new)
    page, done = brought(new)
    assert (sources(page)[at(page, "one")], done.carried) == (MINE, ["one"])
    assert sources(page)[at(page, "two")] == TWO.replace("2", "0"), "nobody had touched it"


def test_own_cells_stay_where_they_were():
    new = release()
    _cells_moved(new)
    page, done = brought(new)
    assert at(page, "n1") == at(page, "one") + 1
    assert at(page, "n2") == at(page, "two-text") + 1
    assert done.own == 3


def test_an_answer_to_an_exercise_that_is_gone_stays_as_text():
    new = release()
    _exercise_gone(new)
    page, done = brought(new)
    (kept,) = (c for c in page["cells"] if MINE in c["source"])
    assert (kept["cell_type"], done.homeless) == ("raw", ["one"])
    assert kept["source"].startswith("# The exercise one is not on this page any more")


def test_defaults_that_nobody_touched_follow_the_release():
    new = release()
    _parameters_changed(new)
    page, _ = brought(new)
    told = sources(page)[at(page, "parameters")]
    assert "seed: int = 4711" in told
    assert "size: int = 20" in told
    assert "mode: str = 'learner'" in told


def test_a_broken_answer_is_carried_too():
    mine = worked_on()
    mine["cells"][at(mine, "one")]["source"] = broken = MINE + "\n    return ("
    page, done = brought(release(), mine)
    assert (sources(page)[at(page, "one")], done.carried) == (broken, ["one"])


def test_of_two_cells_for_one_exercise_the_last_one_counts_and_the_other_stays():
    mine = worked_on()
    older = MINE.replace("mine", "older")
    mine["cells"].insert(at(mine, "one"), cell("copy", older))
    page, _ = brought(release(), mine)
    assert sources(page)[at(page, "one")] == MINE
    assert at(page, "copy") < at(page, "one")


def _vs_code(page):
    """New ids, line ends of another system, metadata of its own."""
    for number, one in enumerate(page["cells"]):
        one["id"] = f"{number:08x}"
        one["source"] = one["source"].replace("\n", "\r\n")
        one["metadata"]["vscode"] = {"languageId": "python"}


def _colab(page):
    """No ids of ours, ids of its own in the metadata, tags kept."""
    for number, one in enumerate(page["cells"]):
        del one["id"]
        one["metadata"] |= {"id": f"abc{number}", "colab": {"base_uri": "x"}}
    page["metadata"] = {"colab": {"provenance": []}}


def _jupytext(page):
    """There and back again: of a cell its text and tags are left, with new ids."""
    for number, one in enumerate(page["cells"]):
        one["id"] = f"{number:08x}"
        one["source"] = one["source"].strip("\n")
        one["metadata"] = {k: v for k, v in one["metadata"].items() if k == "tags"}
    page["metadata"] = {"jupytext": {"cell_metadata_filter": "tags,-all"}}


@pytest.mark.parametrize("saved_by", [_vs_code, _colab, _jupytext])
@pytest.mark.parametrize("edit", EDITS)
def test_nothing_is_lost_of_a_page_that_another_program_saved(saved_by, edit):
    mine, new = worked_on(), release()
    saved_by(mine)
    edit(new)
    page, _ = brought(new, mine)
    text = "\n".join(sources(page)).replace("\r\n", "\n")
    assert all(own in text for own in OWN)
    assert text.count("### two") == 1, "what was shipped is not taken for the learner's own"


@given(
    st.lists(st.sampled_from(EDITS), max_size=4, unique=True),
    st.lists(st.tuples(st.integers(0, 9), st.text("abc\n", min_size=1, max_size=8)), max_size=6),
)
@settings(max_examples=60, deadline=None)
def test_updating_again_changes_nothing(edits, notes):
    mine, new = worked_on(), release()
    for number, (place, text) in enumerate(notes):
        mine["cells"].insert(place, cell(f"x{number}", text, "markdown"))
    for edit in sorted(edits, key=[*EDITS[:3], *EDITS[4:], _exercise_gone].index):
        if edit is not _cells_moved or _exercise_gone not in edits:
            edit(new)
    once, _ = brought(new, mine)
    twice, _ = brought(new, deepcopy(once), new)
    assert sources(twice) == sources(once)
    assert all(text.strip() in "\n".join(sources(once)) for _, text in notes)


@pytest.fixture
def home(tmp_path):
    shipped = tmp_path / "release" / "page.ipynb"
    shipped.parent.mkdir()
    pages.write(shipped, release())
    workspace.start(tmp_path / "work", [shipped], "", 7)
    return Workspace(tmp_path / "work"), shipped


def test_a_workspace_is_updated_with_a_dated_backup(home):
    work, shipped = home
    pages.write(work.page("page"), mine := worked_on())
    new = release()
    _text_changed(new)
    pages.write(shipped, new)
    (done,) = update(work, [shipped])
    assert json.loads(done.backup.read_text(encoding="utf-8"))
    assert sources(pages.read(done.backup)) == sources(mine)
    assert done.backup.parent.parent == work.folder / "backup"
    assert "### one, told better" in sources(pages.read(work.page("page")))
    (again,) = update(work, [shipped])
    assert again.backup is None, "up to date already"


def test_a_formatter_over_a_page_loses_no_answer_and_doubles_no_cell(tmp_path):
    labs = catalog.labs()
    workspace.start(tmp_path / "work", shipped := [lab.page for lab in labs], "", 7)
    own = {lab.page.stem: tmp_path / "work" / lab.page.name for lab in labs}
    for lab in labs:
        page = pages.read(own[lab.page.stem])
        for exercise in lab.exercises.values():
            pages.place(page, exercise.id, exercise.reference.text)
        pages.write(own[lab.page.stem], page)
    ruff = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "70"]
    subprocess.run([*ruff, str(tmp_path / "work")], check=True, capture_output=True)
    formatted = {name: pages.read(path) for name, path in own.items()}
    for done in update(Workspace(tmp_path / "work"), shipped):
        assert not done.homeless
        assert done.own == 0, "what was shipped is not taken for the learner's own"
    for lab in labs:
        before, after = formatted[lab.page.stem], pages.read(own[lab.page.stem])
        assert len(after["cells"]) == len(before["cells"])
        for exercise in lab.exercises.values():
            assert pages.answer(after, exercise.id) == pages.answer(before, exercise.id) != ""


def test_a_page_that_is_not_there_is_left_to_start(home):
    work, shipped = home
    work.page("page").unlink()
    assert update(work, [shipped]) == []
