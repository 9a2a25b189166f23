"""Every page, and one run of it with the reference answers that several tests look at."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

import papermill
import pytest

from tests.notebooks.rewrite import PAGES
from workbook import runner

SMALLER = {"seed": 23, "orders_per_day": 60, "schedules": 25}


class Solved(NamedTuple):
    """A page that ran, with what, and what it kept: beside `.venv`, as in a learner's work/."""

    run: runner.PageRun
    parameters: Mapping[str, Any]


@pytest.fixture(params=PAGES, ids=lambda path: path.stem, scope="session")
def path(request):
    return request.param


@pytest.fixture(scope="session")
def solved(path, tmp_path_factory):
    """By our runner; once for all tests of a page, which follow one another."""
    folder = tmp_path_factory.mktemp("solved")
    (folder / ".venv").symlink_to(sys.prefix)
    known = papermill.inspect_notebook(str(path))
    parameters = {"mode": "solution"} | {k: v for k, v in SMALLER.items() if k in known}
    (run,) = runner.run_pages([path], folder / "work", parameters)
    return Solved(run, parameters)
