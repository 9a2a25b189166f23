"""Every page: its budgets, its parameters, and runs that repeat themselves."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from statistics import median, quantiles

import papermill
import pytest

from tests.notebooks.rewrite import PAGES, executed
from workbook import catalog, pages

HEADINGS = ["The nightmare", "See it break", "The rule", "Exercises", "Prove it", "Take it to work"]
HEADINGS += ["Debrief"]
TAGS = {"parameters", "raises-exception", "nbval-ignore-output", "slide"}
NO_GO = {
    "mermaid": r"```mermaid",
    "a GitHub alert": r"^> \[!",
    "a task list": r"^\s*[-*] \[[ x]\]",
    "raw style": r"<style",
}
ELSEWHERE = "Pacific/Chatham"  # 12 hours and 45 minutes from UTC, 13:45 in summer
COMPARED = "03_own_the_outcome"  # by papermill, too: the page that runs quickest


@pytest.fixture(scope="session")
def page(path):
    return pages.read(path)


def _texts(page):
    return [c["source"] for c in page["cells"] if c["cell_type"] == "markdown"]


def test_there_is_a_page_for_every_lab():
    assert {lab.page for lab in catalog.labs()} == set(PAGES)
    assert COMPARED in {path.stem for path in PAGES}


def test_headings_are_the_map(page):
    lines = [line for text in _texts(page) for line in text.splitlines()]
    assert sum(line.startswith("# ") for line in lines) == 1
    assert [line[3:] for line in lines if line.startswith("## ")] == HEADINGS
    thirds = [line[4:].split(" · ")[0] for line in lines if line.startswith("### ")]
    assert thirds == [found.exercise for found in pages.exercises(page)]


def test_budgets(page, path):
    code = [source.splitlines() for source in pages.code_cells(page)]
    lengths = [len(lines) for lines in code]
    assert 30 <= len(page["cells"]) <= 75
    assert median(lengths) <= 5
    assert quantiles(lengths, n=10)[-1] <= 12
    assert max(lengths) <= 25
    assert max(len(text.split()) for text in _texts(page)) <= 120
    outputs = [c.get("outputs", []) for c in page["cells"]]
    # Each exercise shows its first finding as text and HTML; an image costs 6 to 10 kB.
    assert len(json.dumps(outputs)) <= 130_000
    assert "image/png" not in json.dumps(outputs)
    assert all(set(pages.tags(cell)) <= TAGS for cell in page["cells"])


def test_form_is_canonical(page, path, tmp_path):
    assert pages.canonical(page) == {**page, "cells": page["cells"]}, "run `make notebooks`"
    pages.write(tmp_path / path.name, page)
    assert path.read_bytes() == (tmp_path / path.name).read_bytes(), "run `make notebooks`"
    assert page["metadata"]["kernelspec"]["name"] == "python3"
    ids = [cell["id"] for cell in page["cells"]]
    assert len(set(ids)) == len(ids)
    assert all(re.fullmatch(r"[a-z][a-z0-9-]+", name) for name in ids)
    assert all(c["execution_count"] for c in page["cells"] if c["cell_type"] == "code")


def test_text_renders_everywhere_and_names_no_number_of_the_world(page):
    for text in _texts(page):
        for what, pattern in NO_GO.items():
            assert not re.search(pattern, text, re.M), what
        assert not re.search(r"\$\d", text), "a number of the world belongs in an output"


def test_outputs_hold_nothing_that_differs_elsewhere(page):
    outputs = json.dumps([c.get("outputs", []) for c in page["cells"]])
    for what, pattern in {
        "a path": r"/(home|root|tmp|usr|work)/",
        "an address": r"0x[0-9a-f]{6,}",
        "a uuid": r"[0-9a-f]{8}-[0-9a-f]{4}-4",
        "a warning": r"Warning",
        "stderr": r'"stderr"',
        "an error": r'"output_type": "error"',
    }.items():
        assert not re.search(pattern, outputs), what


def test_imports_and_functions_stand_where_they_belong(page):
    """Imports: in the set-up cell, in an answer, or where something is played with first."""
    answers = {found.cell for found in pages.exercises(page)}
    for number, cell in enumerate(page["cells"]):
        if cell["cell_type"] == "code" and number not in answers:
            playing = "open_lab(" in cell["source"] or cell["id"].endswith("-play")
            assert playing or not re.search(r"^(import|from) ", cell["source"])
            assert not re.search(r"^(def|class) ", cell["source"], re.M)


def test_papermill_shows_every_parameter(path):
    for name, told in papermill.inspect_notebook(str(path)).items():
        assert told["inferred_type_name"] not in ("", "None", None), name
        assert told["help"], name


def _nbval(path, hash_seed):
    flags = ["--nbval", "--nbval-kernel-name=python3", "--nbval-cell-timeout=120"]
    flags += ["--nbval-kernel-startup-timeout=180", "-p", "no:cacheprovider", "-p", "no:xdist"]
    env = {k: v for k, v in os.environ.items() if not k.startswith(("WORKBOOK", "PYTEST"))}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-o", "addopts=", *flags, str(path)],
        capture_output=True, text=True, check=False,
        env=env | {"PYTHONHASHSEED": hash_seed, "TZ": ELSEWHERE},
    )  # fmt: skip


def test_committed_page_is_what_a_run_gives(path):
    ran = _nbval(path, "1")
    assert ran.returncode == 0, ran.stdout[-3000:]


def _papermill(path, output, parameters):
    """Run a page as anyone with papermill does."""
    output.parent.mkdir()
    given = [part for item in parameters.items() for part in ("-p", *map(str, item))]
    env = os.environ | {"WORKBOOK_HOME": str(output.parent), "PYTHONHASHSEED": "2"}
    command = [sys.executable, "-m", "papermill", "--no-progress-bar", "--cwd", path.parent]
    ran = subprocess.run(
        [*command, path, output, *given], capture_output=True, text=True, check=False, env=env
    )
    assert ran.returncode == 0, ran.stderr[-3000:]


def _told(output):
    """An executed page less what has another id in every run."""
    page = pages.canonical(pages.read(output))
    return [{k: v for k, v in cell.items() if k != "id"} for cell in page["cells"]]


def test_solution_runs_are_the_same_by_our_runner_and_by_papermill(
    path, solved, tmp_path, thorough
):
    assert not solved.run.stopped
    told = _told(solved.run.output)
    if thorough or path.stem == COMPARED:
        _papermill(path, tmp_path / "theirs" / path.name, solved.parameters)
        assert told == _told(tmp_path / "theirs" / path.name)
    for found in pages.exercises(pages.read(path)):
        assert f"✓ PASSED  {found.exercise}" in json.dumps(told, ensure_ascii=False)
    if thorough:  # and as committed, by nbval
        pages.write(tmp_path / path.name, executed(path, {"mode": "solution"}))
        ran = _nbval(tmp_path / path.name, "2")
        assert ran.returncode == 0, ran.stdout[-3000:]
