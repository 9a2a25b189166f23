"""Rows: importing the engine, the page's first cells, and the check of every exercise."""

from __future__ import annotations

import itertools
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench.processes import CPU, WALL, cost, environment, run
from tests.bench.rows import Budget, Contender, Measured, Plan, row
from workbook import catalog, judge, pages
from workbook.headless import answer_of
from workbook.local import LocalAnswer

BARE = "python, nothing imported"
KERNEL = "kernel, an empty cell"
CHECK = Budget(WALL, median=1.5, worst=4)


@row("import", "Importing the engine", base=BARE, decides=[CPU], warm=True)
def imports(plan: Plan) -> list[Contender]:
    """A Python process from start to end. Opening a lab also begins to import, in the background,
    what later cells of its page need; a process that does nothing else waits for that, a learner
    does not (next table).
    """
    codes = {BARE: "pass", "import workbook": "import workbook"} | {
        f"open {lab.id}": f"from workbook import open_lab; open_lab({lab.id!r})"
        for lab in catalog.labs()
    }
    return [
        Contender(
            name,
            partial(cost, partial(run, [sys.executable, "-c", code], cwd=plan.folder)),
            ours=name != BARE,
        )
        for name, code in codes.items()
    ]


@row("first-cell", "From starting a kernel to a page's first cell", base=KERNEL,
     decides=[WALL], warm=True)  # fmt: skip
def first_cell(plan: Plan) -> list[Contender]:
    """What a learner waits for after opening a page: a kernel starts, takes the parameters and ends
    the set-up cell, which opens the lab. Against it stands a kernel that ends an empty cell.
    """
    cells = {KERNEL: [""]} | {
        f"kernel, set-up of {lab.notebook}": pages.setup_cells(pages.read(lab.page))
        for lab in catalog.labs()
    }
    return [
        Contender(name, partial(_kernel, sources, plan.folder), ours=name != KERNEL)
        for name, sources in cells.items()
    ]


def _kernel(cells: list[str], folder: Path) -> Measured:
    """Wall seconds from starting a kernel to the end of the last cell; the kernel's end after."""
    from subprocess import DEVNULL

    from jupyter_client.manager import KernelManager

    manager = KernelManager(kernel_name="python3")
    options = {"cwd": str(folder), "env": environment(), "stdout": DEVNULL, "stderr": DEVNULL}
    began = time.perf_counter()
    manager.start_kernel(extra_arguments=["--log-level=ERROR"], **options)
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=120)
        replies = [client.execute_interactive(c, output_hook=lambda _: None) for c in cells]
        seconds = time.perf_counter() - began
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)
    assert all(reply["content"]["status"] == "ok" for reply in replies), replies
    return {WALL: seconds}


@row("check", "The check of every exercise", warm=True)
def checks(plan: Plan) -> list[Contender]:
    """`lab.check` of the reference answer as a learner waits for it, in the page's own process, on
    worlds of default size; a text is another one each time, as after an edit. Promised is a median
    of 1.5 s, and 4 s at worst.
    """
    return [
        Contender(f"{lab.step} · {exercise.id}", check_of(exercise), ours=True, budgets=(CHECK,))
        for lab in catalog.labs()
        for exercise in lab.exercises.values()
    ]


def check_of(exercise: catalog.Exercise) -> Callable[[], Measured]:
    """What measures `lab.check` of the reference answer, in this process.

    A text is another one each time, as after an edit: what a check knows of a text it has seen.
    """
    registered = answer_of(exercise.lab, exercise.id, exercise.reference.text)
    edits = itertools.count(1)

    def measure() -> Measured:
        if registered.text is not None:
            registered.text = f"{registered.text.rstrip()}\n" + "\n" * next(edits)
        answer = LocalAnswer(registered, exercise.seconds)
        wall, cpu = time.perf_counter(), time.process_time()
        result = judge.judge(exercise, answer, judge.seeds_from(7))
        found = {WALL: time.perf_counter() - wall, CPU: time.process_time() - cpu}
        assert result.passed, result
        return found

    return measure
