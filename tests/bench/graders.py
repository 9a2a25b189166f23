"""Row: what one more submission of a five-exercise notebook costs, ours and other graders'."""

from __future__ import annotations

import itertools
import json
import shutil
import sqlite3
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

from tests.bench import five
from tests.bench.environments import python_of
from tests.bench.figures import marginal
from tests.bench.processes import CPU, DRIVERS, cost, environment, run
from tests.bench.rows import (
    SLOW,
    Budget,
    Contender,
    Measured,
    NotMeasured,
    Plan,
    refused,
    row,
)
from workbook import sandbox

BARE = "bare nbclient"
NBGRADER, OTTER = "nbgrader==0.9.6", "otter-grader==7.0.0"
MORE, FIRST = "CPU s, one more", "CPU s, the first"
MANY, POINTS = 4, 10
HALF = Budget(MORE, median=0.5, of=BARE)

Grade = Callable[[Sequence[Path]], object]  # grades submissions that lie in folders of their own


@row("graders", "Grading one more notebook", base=BARE, decides=[MORE], rounds=SLOW)
def graders(plan: Plan) -> list[Contender]:
    """One notebook with five tiny functions, two asserts each, all right. CPU seconds of the whole
    process tree for one submission (T1, *the first*) and for four (T4): *one more* costs
    (T4 − T1) / 3. *Bare nbclient* executes the cells, asserts included, and judges nothing; of all
    others full marks are asserted every time. nbgrader 0.9.6 and otter-grader 7.0.0 have
    environments of their own, in which everything else has the versions of our lock; as they
    install, nbgrader's brings JupyterLab and with it a slow import (`rfc3987-syntax`, in its first)
    that ours leaves out. `otter grade` needs Docker and is not measured; `otter run` and
    `otter.api` are otter's ways without.

    Ours stands here four times. *Page, in its own kernel*: the runner executes the page, whose
    `lab.check` cells judge in the learner's kernel, which is what nbgrader and otter do, too.
    *Judged outside*: the judge is not in the learner's process; a submission is one session, one
    process for its five exercises, without executing its page. *In the sandbox*: the same with
    a process forked into bubblewrap for each session. `workbook check` is the same as a learner's
    command, a Python of its own for each submission. All of ours judge on two worlds. Promised is
    half of bare nbclient for one more that is judged outside.
    """
    made = [_ours, _bare, _nbgrader, _otter]
    return [one for make in made for one in make(plan.folder)]


def _bare(folder: Path) -> list[Contender]:
    def grade(notebooks: Sequence[Path]) -> None:
        run([sys.executable, str(DRIVERS / "bare_nbclient.py"), *map(str, notebooks)])

    return [_at_once(BARE, grade, folder / "bare", five.plain())]


def _ours(folder: Path) -> list[Contender]:
    house = folder / "house"
    five.house(house)
    run([sys.executable, "-m", "compileall", "-q", str(house)])
    ours = partial(_at_once, cells=five.ours(), ours=True)
    outside = partial(_outside, house, "none")
    return [
        ours("ours: page, in its own kernel", partial(_inside, house), folder / "inside"),
        ours("ours: judged outside", outside, folder / "outside", budgets=(HALF,)),
        _in_a_sandbox(house, folder, ours),
        _one_by_one(
            "ours: `workbook check`",
            partial(_checked, house),
            folder / "checked",
            five.ours(),
            True,
        ),
    ]


def _in_a_sandbox(house: Path, folder: Path, ours: Callable[..., Contender]) -> Contender:
    name = "ours: judged outside, in the sandbox"
    if not sandbox.available():
        return refused(name, "there is no bubblewrap here")
    return ours(name, partial(_outside, house, "bubblewrap"), folder / "sandbox")


def _house(house: Path) -> dict[str, str]:
    return environment(PYTHONPATH=str(house), WORKBOOK_HOME=str(house / "work"))


def _inside(house: Path, notebooks: Sequence[Path]) -> None:
    """Execute pages, one at a time; the progress that they recorded says whether they passed."""
    out = notebooks[0].parents[1] / "out"
    driver = [sys.executable, str(DRIVERS / "run_pages.py"), "1", str(out), "mode=learner"]
    run([*driver, *map(str, notebooks)], env=_house(house))
    with sqlite3.connect(out / "progress.db") as db:
        (passed,) = db.execute("select count(*) from attempts where verdict = 'PASSED'").fetchone()
    assert passed == len(five.FIVE) * len(notebooks), passed


def _outside(house: Path, isolation: str, notebooks: Sequence[Path]) -> None:
    driver = [sys.executable, str(DRIVERS / "judge_outside.py"), isolation]
    run([*driver, *map(str, notebooks)], env=_house(house))


def _checked(house: Path, notebook: Path) -> None:
    """Exit code 0, which `run` asks for, says that every exercise passed."""
    workbook = str(Path(sys.executable).parent / "workbook")
    run([workbook, "check", "--lab", "1", "--answer", str(notebook)], env=_house(house))


def _nbgrader(folder: Path) -> list[Contender]:
    name = "nbgrader autograde"
    try:
        python = python_of(NBGRADER)
        course = folder / "course"
        five.write(course / "source" / "five" / "five.ipynb", five.for_nbgrader())
        (course / "nbgrader_config.py").write_text('get_config().CourseDirectory.course_id = "c"\n')
        _nbgrade(python, course, "generate_assignment")
    except NotMeasured as error:
        return [refused(name, str(error))]
    grade = partial(_autograded, python, course)
    return [_at_once(name, grade, folder / "nbgrader", five.for_nbgrader())]


def _nbgrade(python: str, course: Path, command: str) -> None:
    # It starts alembic by its bare name: `environment` puts the tools beside python on PATH.
    run([str(Path(python).with_name("nbgrader")), command, "five"], course, environment(python))


def _autograded(python: str, course: Path, notebooks: Sequence[Path]) -> None:
    """One command for all, in a course of its own, as it was after the release."""
    own = notebooks[0].parents[1] / "course"
    shutil.copytree(course, own)
    for path in notebooks:
        submitted = own / "submitted" / path.parent.name / "five"
        submitted.mkdir(parents=True)
        shutil.copyfile(path, submitted / "five.ipynb")
    _nbgrade(python, own, "autograde")
    with sqlite3.connect(own / "gradebook.db") as db:
        (points,) = db.execute("select sum(auto_score) from grade").fetchone()
    assert points == POINTS * len(notebooks), points


def _otter(folder: Path) -> list[Contender]:
    api, command = "otter.api.grade_submission", "otter run"
    try:
        python = python_of(OTTER, "ipykernel")  # which otter needs and does not install
        otter = str(Path(python).with_name("otter"))
        five.otter_tests(folder / "otter" / "tests")
        options = ["-t", "tests", "-o", "autograder.zip", "--no-requirements", "--no-environment"]
        run([otter, "generate", *options], folder / "otter", environment(python))
    except NotMeasured as error:
        return [refused(name, str(error)) for name in (api, command)]
    archive = folder / "otter" / "autograder.zip"

    def library(notebooks: Sequence[Path]) -> None:
        driver = [python, str(DRIVERS / "otter_api.py"), str(archive)]
        run([*driver, *map(str, notebooks)], folder / "otter", environment(python))

    def tool(notebook: Path) -> None:
        argv = [otter, "run", "-a", str(archive), "-o", ".", "--no-logo", notebook.name]
        run(argv, notebook.parent, environment(python))
        told = json.loads((notebook.parent / "results.json").read_text())
        assert sum(test.get("score", 0) for test in told["tests"]) == POINTS, told

    cells = five.for_otter()
    return [
        _at_once(api, library, folder / "otter-api", cells),
        _one_by_one(command, tool, folder / "otter-run", cells),
    ]


def _at_once(
    name: str,
    grade: Grade,
    folder: Path,
    cells: list[five.Cell],
    ours: bool = False,
    budgets: tuple[Budget, ...] = (),
) -> Contender:
    """A grader that takes any number of submissions in one command."""
    turns = itertools.count()

    def cpu(count: int) -> float:
        notebooks = _submissions(folder / str(next(turns)), count, cells)
        return cost(partial(grade, notebooks))[CPU]

    def measure() -> Measured:
        one, many = cpu(1), cpu(MANY)
        return {MORE: marginal(one, many, MANY), FIRST: one}

    return Contender(name, measure, ours, budgets)


def _one_by_one(
    name: str,
    grade: Callable[[Path], object],
    folder: Path,
    cells: list[five.Cell],
    ours: bool = False,
) -> Contender:
    """A grader with a command for each submission: T1 is what the first of four took."""
    turns = itertools.count()

    def measure() -> Measured:
        notebooks = _submissions(folder / str(next(turns)), MANY, cells)
        spent = [cost(partial(grade, notebook))[CPU] for notebook in notebooks]
        return {MORE: marginal(spent[0], sum(spent), MANY), FIRST: spent[0]}

    return Contender(name, measure, ours)


def _submissions(folder: Path, count: int, cells: list[five.Cell]) -> list[Path]:
    """The notebook as that many learners hand it in, each in a folder of their own."""
    made = [folder / f"learner{number}" / "five.ipynb" for number in range(count)]
    for path in made:
        five.write(path, cells)
    return made
