"""Rows: judging from outside beside `lab.check`, a learner's five checks, an endless loop."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from tests.bench.engine import check_of
from tests.bench.processes import CPU, ROOT, WALL, cost, environment, run
from tests.bench.rows import SLOW, Budget, Contender, Measured, Plan, row
from workbook import catalog, pages

WORKBOOK = str(Path(sys.executable).parent / "workbook")
HERE, COMMAND, BEYOND = (
    "lab.check, wall s",
    "workbook check, wall s",
    "beyond 1.3 × lab.check, wall s",
)
STEP, ENDLESS = "4", "transition"  # which no other exercise builds on
FOREVER = f"""@lab.exercise("{ENDLESS}")
def transition(state, event):
    while True:
        pass
"""
COLD = Budget(BEYOND, median=1.5)
FIVE = Budget(WALL, median=20)


@row("outside", "One check from outside", rounds=SLOW, warm=True)
def outside(plan: Plan) -> list[Contender]:
    """`workbook check` of the reference answer on its page, as a command that begins with nothing
    imported, beside `lab.check` of the same in a process that has imported all; one after the other
    in each round, for the first exercise of each core path. Promised is 1.3 times `lab.check` and
    1.5 s: a second process with another hash seed, files instead of memory, and the start of all.
    """
    made = []
    for lab in catalog.labs():
        page = solved(lab, plan.folder / f"{lab.id}.ipynb")
        one = next(exercise for exercise in lab.exercises.values() if exercise.core)
        measure = partial(_both, one, check_of(one), page)
        made.append(Contender(f"{lab.step} · {one.id}", measure, True, (COLD,)))
    return made


def _both(exercise: catalog.Exercise, here: Callable[[], Measured], page: Path) -> Measured:
    inside = here()
    argv = [WORKBOOK, "check", exercise.id, "--answer", str(page)]
    command = cost(partial(run, argv, env=_nobody(page)))
    return {
        HERE: inside[WALL],
        COMMAND: command[WALL],
        BEYOND: command[WALL] - 1.3 * inside[WALL],
        f"lab.check, {CPU}": inside[CPU],
        f"workbook check, {CPU}": command[CPU],
    }


@row("learner", "A learner's five checks", base="all five right", rounds=SLOW)
def learner(plan: Plan) -> list[Contender]:
    """`workbook check --lab 4`: the five exercises of a page in one command and one session, all
    with the reference answer; then with one of them that never ends and is stopped after its 10 s.
    The other four have to pass all the same, which is asserted.
    """
    lab = catalog.chosen(STEP)[0]
    right = solved(lab, plan.folder / "right.ipynb")
    page = pages.read(right)
    pages.place(page, ENDLESS, FOREVER)
    endless = plan.folder / "endless.ipynb"
    pages.write(endless, page)
    return [
        Contender("all five right", partial(_five, right, {}), True, (FIVE,)),
        Contender(
            "one that never ends, four right", partial(_five, endless, {ENDLESS: "TIMED OUT"}), True
        ),
    ]


def _five(page: Path, others: dict[str, str]) -> Measured:
    """The command's cost; every exercise that is not among `others` has to pass."""
    argv = [WORKBOOK, "check", "--lab", STEP, "--json", "--answer", str(page)]

    def command() -> None:
        done = subprocess.run(
            argv, cwd=ROOT, env=_nobody(page), capture_output=True, text=True, check=False
        )
        verdicts = {told["exercise"]: told["verdict"] for told in json.loads(done.stdout)}
        names = catalog.chosen(STEP)[0].exercises
        assert verdicts == {name: others.get(name, "PASSED") for name in names}, verdicts

    return cost(command)


def solved(lab: catalog.Lab, path: Path) -> Path:
    """A page of the lab with the reference answers, as a learner would have it."""
    page = pages.read(lab.page)
    for exercise in lab.exercises.values():
        pages.place(page, exercise.id, exercise.reference.text)
    pages.write(path, page)
    return path


def _nobody(page: Path) -> dict[str, str]:
    """The environment of somebody without a workspace."""
    return environment(WORKBOOK_HOME=str(page.parent / "none"))
