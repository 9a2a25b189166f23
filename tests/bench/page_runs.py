"""Rows: executing pages, papermill's command against our runner, with equal outputs."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.processes import CPU, DRIVERS, WALL, cost, environment, processors, run
from tests.bench.rows import SLOW, Contender, Measured, Plan, row
from workbook import catalog, pages, workspace

BIN = Path(sys.executable).parent
ONE, TOGETHER = "papermill, one after another", "papermill, side by side"
COPIES = 5


@row("pages", "All pages as they are", base=ONE, decides=[WALL, CPU], rounds=SLOW)
def as_they_are(plan: Plan) -> list[Contender]:
    """Every page of the checkout with its reference answers: papermill's command, one process a
    page, against `workbook run --mode solution`. Their outputs are compared in each round and are
    equal.
    """
    given = [lab.page for lab in catalog.labs()]
    same = Same()
    return [
        Contender(ONE, partial(_measure, partial(_papermill, given, 1), same)),
        Contender("workbook run", partial(_measure, _workbook_run, same), ours=True),
    ]


@row("five-pages", "Five pages", base=ONE, decides=[WALL, CPU], rounds=SLOW)
def five(plan: Plan) -> list[Contender]:
    """Five copies of the first page with different seeds stand in for a workbook of five pages (of
    which not all are written yet). Our runner, which runs as many side by side as there are
    processors, is called as a function, in one process. What is gained by running side by side
    alone is seen in papermill's command, as many at a time. Outputs are compared in each round and
    are equal.
    """
    given = _copies(plan.folder, 2 if plan.quick else COPIES)
    same = Same()
    return [
        Contender(ONE, partial(_measure, partial(_papermill, given, 1), same)),
        Contender(TOGETHER, partial(_measure, partial(_papermill, given, processors()), same)),
        Contender("our runner", partial(_measure, partial(_runner, given), same), ours=True),
    ]


def _copies(folder: Path, count: int) -> list[Path]:
    page = catalog.labs()[0].page
    made = []
    for seed in range(7, 7 + count):
        told = pages.read(page)
        for cell in told["cells"]:
            if "parameters" in pages.tags(cell):
                cell["source"] = workspace.set_parameter(cell["source"], "seed", seed)
        made.append(folder / f"{page.stem}_{seed}.ipynb")
        pages.write(made[-1], told)
    return made


def _measure(execute: Callable[[Path], object], same: Same) -> Measured:
    """Execute into an empty folder, at what cost; the outputs have to be those of all others."""
    out = Path(tempfile.mkdtemp(prefix="bench-out-"))
    try:
        found = cost(partial(execute, out))
        same.hold(out)
    finally:
        shutil.rmtree(out)
    return found


def _papermill(given: Sequence[Path], jobs: int, out: Path) -> None:
    def one(path: Path) -> None:
        argv = [str(BIN / "papermill"), "--no-progress-bar", str(path), str(out / path.name)]
        run([*argv, "-p", "mode", "solution"], cwd=path.parent, env=_home(out))

    with ThreadPoolExecutor(jobs) as pool:
        list(pool.map(one, given))


def _workbook_run(out: Path) -> None:
    run([str(BIN / "workbook"), "run", "--mode", "solution"], env=_home(out))


def _runner(given: Sequence[Path], out: Path) -> None:
    argv = [sys.executable, str(DRIVERS / "run_pages.py"), "0", str(out), "mode=solution"]
    run([*argv, *map(str, given)], env=_home(out))


def _home(out: Path) -> dict[str, str]:
    return environment(WORKBOOK_HOME=str(out))


class Same:
    """Holds that pages of one name give the same cells and outputs, whoever executed them."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def hold(self, out: Path) -> None:
        """Compare the executed pages below a folder with all that were seen before."""
        executed = sorted(out.rglob("*.ipynb"))
        assert executed, "no page was written"
        for path in executed:
            told = json.dumps(_canonical(pages.read(path)), sort_keys=True)
            assert told == self._known.setdefault(path.name, told), f"{path.name}: other outputs"
        assert {path.name for path in executed} == self._known.keys()


def _canonical(page: pages.Page) -> dict[str, Any]:
    """The page as it would be committed, without the cell that papermill adds."""
    cells = [c for c in page["cells"] if "injected-parameters" not in pages.tags(c)]
    return pages.canonical(page | {"cells": cells})
