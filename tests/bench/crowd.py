"""A crowd to be graded: what a class hands in, made from the labs' own answers; and its row.

`python -m tests.bench.crowd FOLDER [LEARNERS] [LAB …] [whole]` makes the folder; `whole`: everybody
has answered everything.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from tests.bench.outside import WORKBOOK
from tests.bench.processes import WALL, cost, environment, run
from tests.bench.rows import SLOW, Budget, Contender, Measured, Plan, row
from workbook import catalog, pages, workspace
from workbook.catalog import Exercise, Lab
from workbook.progress import Progress
from workbook.results import Finding, Result, Verdict

# How far learners are, of a hundred: one exercise, half of each core, the core, the core and more.
PACES = {"begun": 45, "half": 35, "core": 15, "more": 5}
OUTPUTS = 60 * 2**20  # bytes of the huge page
ENDLESS, HUGE, COPIED, NEIGHBOURS = (3, 33, 66), 50, (20, 21), (10, 11, 12)
ZIPPED = 4  # every fourth hands in a zip
TWO = Budget(WALL, median=1 / 1.7, of="one worker")


def made(
    folder: Path, learners: int = 100, labs: Sequence[str] = (), *, whole: bool = False
) -> Path:
    """Make what so many learners hand in: pages of these labs (all), the same each time.

    Learners 3, 33 and 66 never end, 50 is huge, 20 and 21 copied the reference, 10 to 12 from each
    other.
    """
    chosen = [lab for lab in catalog.labs() if not labs or str(lab.step) in labs]
    for number in range(1, learners + 1):
        learner = f"k{number:03}"
        home = _handed_in(folder / learner, learner, number, chosen, whole)
        if number == HUGE:
            _with_outputs(home / chosen[-1].page.name)
        if number % ZIPPED == 0 and number != HUGE:
            shutil.make_archive(str(home), "zip", home)
            shutil.rmtree(home)
    return folder


def _handed_in(home: Path, learner: str, number: int, labs: Sequence[Lab], whole: bool) -> Path:
    home.mkdir(parents=True)
    sources = [lab.page for lab in labs]
    workspace.start(home, sources, learner, workspace.seed_of(learner))
    dice = random.Random(NEIGHBOURS[0] if number in NEIGHBOURS else number)
    pace = dice.choices(list(PACES), list(PACES.values()))[0]
    pace = "half" if number in (*ENDLESS, *COPIED, *NEIGHBOURS) else pace
    pace = "all" if whole else pace
    record = Progress(home / "progress.db")
    for at, lab in enumerate(labs):
        answered = _reached(lab, pace, at == number % len(labs))
        if answered:
            _answer(home / lab.page.name, answered, number, dice, record)
    record.close()
    return home


def _reached(lab: Lab, pace: str, first: bool) -> list[Exercise]:
    """The exercises of a page that were answered: the core ones come first."""
    ordered = sorted(lab.exercises.values(), key=lambda one: not one.core)
    core = sum(one.core for one in ordered)
    counts = {"begun": int(first), "half": (core + 1) // 2, "core": core, "more": core + 1}
    return ordered[: counts.get(pace, len(ordered))]


def _answer(
    path: Path, exercises: Sequence[Exercise], number: int, dice: random.Random, record: Progress
) -> None:
    page = pages.read(path)
    for exercise in exercises:
        right = dice.random() < 0.6
        kind = "other" if right else "wrong"
        section = dice.choice([one for one in exercise.sections if one.kind == kind])
        text = exercise.reference.text if number in COPIED else section.text
        if number in ENDLESS and exercise.id in ("load-day", "expectations", "mask"):
            text = _never_ending(text)
        pages.place(page, exercise.id, text)
        _tried(record, exercise, right, dice, section.finding)
    pages.write(path, page)


def _tried(
    record: Progress, exercise: Exercise, right: bool, dice: random.Random, finding: str
) -> None:
    """What the learner's own checks came to: some tries, the last as the answer is."""
    seen = (Finding(finding or next(iter(exercise.lab.findings)), "seen"),)
    tries = dice.randint(0, 3)
    for number in range(tries):
        result = Result(exercise.id, exercise.title, Verdict.TRY_AGAIN, seen)
        record.attempt(result, 7, f"try {number}", 1.0)
    if right:
        record.attempt(Result(exercise.id, exercise.title, Verdict.PASSED), 7, "last", 1.0)


def _never_ending(text: str) -> str:
    """The answer, in whose first function nothing comes to an end; a text stays as it is."""
    head, colon, rest = text.partition("):\n")
    return f"{head}{colon}    while True:\n        pass\n{rest}" if colon else text


def _with_outputs(path: Path) -> None:
    page = json.loads(path.read_text(encoding="utf-8"))
    output = {"output_type": "stream", "name": "stdout", "text": "x" * (OUTPUTS // 4)}
    for cell in [one for one in page["cells"] if one["cell_type"] == "code"][:4]:
        cell["outputs"] = [output]
    path.write_text(json.dumps(page), encoding="utf-8")


@row("crowd", "A folder of submissions", base="one worker", rounds=SLOW)
def crowd(plan: Plan) -> list[Contender]:
    """`workbook grade` of six learners' pages of step 4, the core answered by each, in one world:
    with one worker and with two. Promised is that two take at most 1/1.7 of the time of one.
    """
    folder = plan.folder / "handed-in"
    lab = catalog.chosen("4")[0]
    for number in range(1, 3 if plan.quick else 7):
        learner = f"k{number:02}"
        home = folder / learner
        home.mkdir(parents=True)
        workspace.start(home, [lab.page], learner, workspace.seed_of(learner))
        page = pages.read(home / lab.page.name)
        for exercise in lab.exercises.values():
            others = [one for one in exercise.sections if one.kind == "other"]
            pages.place(page, exercise.id, others[number % len(others)].text)
        pages.write(home / lab.page.name, page)
    return [
        Contender(name, partial(_graded, folder, workers), True, (TWO,) if workers == 2 else ())
        for name, workers in (("one worker", 1), ("two workers", 2))
    ]


def _graded(folder: Path, workers: int) -> Measured:
    results = folder.parent / "results"
    shutil.rmtree(results, ignore_errors=True)
    argv = [WORKBOOK, "grade", str(folder), "--out", str(results), "--lab", "4", "--core"]
    return cost(
        partial(run, [*argv, "--worlds", "1", "--workers", str(workers)], env=environment())
    )


if __name__ == "__main__":
    target, *more = sys.argv[1:]
    steps = [one for one in more[1:] if one != "whole"]
    made(Path(target), int(more[0]) if more else 100, steps, whole="whole" in more)
