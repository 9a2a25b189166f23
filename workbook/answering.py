"""The commands about one exercise: check, watch, hint, solution, reset."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook.errors import PageError, UsageError, WorkbookError
from workbook.terminal import (
    AsJson,
    Id,
    Seed,
    own_home,
    own_progress,
    say,
    short,
    typed,
    without_bold,
)

LOOK = 0.5  # seconds between two looks at a page

if TYPE_CHECKING:
    from collections.abc import Iterator

    from workbook.catalog import Exercise
    from workbook.results import Result
    from workbook.submission import Submission
    from workbook.watching import Watched
    from workbook.workspace import Workspace


def check(
    exercises: Annotated[
        list[str] | None, typer.Argument(metavar="ID", help="Exercises, such as load-day.")
    ] = None,
    answer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .py, .sql, .yml, .md or .ipynb file.")
    ] = None,
    lab: Annotated[
        str, typer.Option(metavar="N", help="All exercises of a lab, by its step or name.")
    ] = "",
    seed: Seed = None,
    isolation: Annotated[
        str,
        typer.Option(
            metavar="HOW", help="auto, bubblewrap or none: what the answer is kept away from."
        ),
    ] = "none",
    as_json: AsJson = False,
) -> int:
    """Judge answers in a process of their own: your page's, or those of a file.

    Exit code 0 if all passed, 1 if not, 2 if one could not be judged.

    \b
    Examples:  workbook check load-day
               workbook check --lab 4
               workbook check load-day --answer my_load.py --seed 12
    """
    from workbook import outside
    from workbook.results import Verdict

    known = _chosen(exercises or [], lab)
    isolated = outside.isolation(isolation)
    results = []
    for result in _judged(known, answer, seed, isolated):
        results.append(result)
        if not as_json:
            _print_result(result, first=len(results) == 1)
    if as_json:
        told = [_as_data(result) for result in results]
        one = told[0] if exercises and len(told) == 1 else told
        print(json.dumps(one, indent=2, ensure_ascii=False, default=str))
    if any(result.verdict is Verdict.COULD_NOT_JUDGE for result in results):
        return 2
    return 0 if all(result.passed for result in results) else 1


def _chosen(ids: list[str], lab: str) -> list[Exercise]:
    """The exercises that are named, or all of a lab; raises UsageError."""
    from workbook import catalog

    if bool(ids) == bool(lab):
        raise UsageError("name the exercises to check, such as load-day, or a lab: --lab 4")
    if ids:
        return [catalog.find(one) for one in dict.fromkeys(ids)]
    return [exercise for one in catalog.chosen(lab) for exercise in one.exercises.values()]


def _judged(
    known: list[Exercise], answer: Path | None, seed: int | None, isolated: str
) -> Iterator[Result]:
    """Judge answers page by page, each page in one session, and keep the record."""
    from workbook import entering, launch, outside, submission

    if not all(map(submission.is_text, known)):
        (entering if isolated == outside.BUBBLEWRAP else launch).warm_up()
    home = own_home()
    own = int((home.started if home else {}).get("seed", 7))
    by_page: dict[Path, list[Exercise]] = {}
    for exercise in known:
        by_page.setdefault(answer or _own_page(exercise, home), []).append(exercise)
    for path, here in by_page.items():
        given = {e.id: (e, submission.read(e, path, seed, own)) for e in here}
        began = time.perf_counter()
        for result in outside.judged(given, isolated):
            seconds, began = time.perf_counter() - began, time.perf_counter()
            one, submitted = given[result.exercise]
            yield _kept(home, _with_others(path, one, result), submitted, seconds)


def _kept(home: Workspace | None, result: Result, given: Submission, seconds: float) -> Result:
    """The result as the learner's record has it; what could not be judged is no attempt."""
    from workbook import standing
    from workbook.progress import Progress
    from workbook.results import Verdict

    if home is None or not given.source or result.verdict is Verdict.COULD_NOT_JUDGE:
        return result
    record = Progress(home.progress)
    return standing.recorded(record, result, given.seed, given.source, seconds)


def _with_others(path: Path, exercise: Exercise, result: Result) -> Result:
    """Say of an untouched page where else an answer lies."""
    from dataclasses import replace

    from workbook.results import Verdict
    from workbook.watching import beside

    if result.verdict is not Verdict.NOT_YET or path.suffix != ".ipynb":
        return result
    others = beside(path, exercise)
    if not others:
        return result
    told = f"{', '.join(others)} beside it has another answer: `--answer {typed(others[0])}`"
    return replace(result, note=f"{result.note} · {told}" if result.note else told)


def _own_page(exercise: Exercise, home: Workspace | None) -> Path:
    from workbook.watching import beside

    page = home.page(exercise.lab.notebook) if home else None
    if page and page.exists():
        return page
    if page and (others := beside(page, exercise)):
        raise WorkbookError(
            f"you have no page {page.name}, but {', '.join(others)} answers {exercise.id}: "
            f"rename it, or add `--answer {typed(short(page.with_name(others[0])))}`"
        )
    raise WorkbookError(f"you have no page {exercise.lab.notebook} yet: run `workbook start` first")


def _print_result(result: Result, *, first: bool) -> None:
    from workbook.results import TERMINAL, result_text

    if not first:
        print()
    say(result_text(result, TERMINAL), result.verdict)
    sys.stdout.flush()


def replay(
    exercise: Id,
    case: Annotated[str, typer.Option(metavar="TEXT", help="The case's name, as it was printed.")],
    answer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .py, .sql, .yml, .md or .ipynb file.")
    ] = None,
    seed: Seed = None,
) -> int:
    """Show one case of a check again, with your answer as it is now; nothing is recorded.

    \b
    Example:  workbook replay load-day --seed 7 --case "the same day twice"
    """
    from workbook import catalog, outside, submission

    known, home = catalog.find(exercise), own_home()
    own = int((home.started if home else {}).get("seed", 7))
    given = submission.read(known, answer or _own_page(known, home), seed, own)
    if not given.source:
        raise WorkbookError(given.note or f"there is no answer to {exercise} to try")
    result = outside.replayed(known, given, case)
    _print_result(result, first=True)
    return 0 if result.passed else 1


def _as_data(result: Result) -> dict[str, Any]:
    told = asdict(result)
    del told["meta"]
    return told


def watch(
    lab: Annotated[str, typer.Option(metavar="N", help="One lab, by its step or name.")] = "",
    once: Annotated[bool, typer.Option("--once", help="End after the first save.")] = False,
) -> None:
    """Judge what you change, whenever you save a page; Ctrl-C ends it.

    \b
    Examples:  workbook watch
               workbook watch --lab 4
    """
    from workbook import catalog
    from workbook.watching import Watched

    home = own_home()
    labs = [one for one in catalog.chosen(lab) if home and home.page(one.notebook).exists()]
    if home is None or not labs:
        raise WorkbookError("you have no page to watch yet: run `workbook start` first")
    watched = [Watched(home.page(one.notebook), list(one.exercises.values())) for one in labs]
    names = ", ".join(sorted(one.path.name for one in watched))
    print(f"watching {names}: change an answer and save the page (Ctrl-C ends this)", flush=True)
    while True:
        judged = [one for one in watched if _judged_again(one)]
        if judged and once:
            return
        time.sleep(LOOK)


def _judged_again(page: Watched) -> bool:
    """Judge what changed on a page; whether there was something."""
    if page.gone():
        _say_gone(page.path)
    changed = page.look()
    if not changed:
        return False
    try:
        for result in _judged(changed, page.path, None, "none"):
            _print_result(result, first=False)
    except PageError:  # it is being saved again just now
        page.unread()
        return False
    page.settled(changed)
    return True


def _say_gone(path: Path) -> None:
    there = ", ".join(sorted(other.name for other in path.parent.glob("*.ipynb")))
    told = f"{path.name} is not there any more: waiting for it."
    say(told + (f" There is: {there}" if there else ""))
    sys.stdout.flush()


def hint(
    exercise: Id,
    step: Annotated[int | None, typer.Argument(metavar="STEP", help="1, 2 or 3.")] = None,
) -> None:
    """Show a hint: a nudge, the method, or nearly there.

    \b
    Examples:  workbook hint load-day
               workbook hint load-day 2
    """
    from workbook import catalog, standing

    known = catalog.find(exercise)
    step, text = standing.given_hint(known, own_progress(), step)
    say(without_bold(text))
    if step < 3:
        print(f"\nThe next:  workbook hint {exercise} {step + 1}")


def solution(
    exercise: Id,
    confirm: Annotated[bool, typer.Option("--confirm", help="Show it now.")] = False,
) -> int:
    """Show the reference answer, after a pass or three different attempts that failed.

    \b
    Example:  workbook solution load-day --confirm
    """
    from workbook import catalog, standing
    from workbook.progress import HONEST

    known, progress = catalog.find(exercise), own_progress()
    text = standing.given_solution(known, progress, confirm)
    if text is not None:
        print(text)
        return 0
    say(
        f"{progress.standing(exercise).honest} of {HONEST} different attempts so far. To see it "
        f"now: `workbook solution {exercise} --confirm`; your pass will say that the solution was "
        "seen."
    )
    return 1


def reset(exercise: Id) -> None:
    """Put the code of the incident back into your page; what you have is kept.

    \b
    Example:  workbook reset load-day
    """
    from workbook import catalog, pages

    known, home = catalog.find(exercise), own_home()
    path = _own_page(known, home)
    page, kept = pages.read(path), ""
    numbers = pages.answer_cells(page, exercise)
    if home and numbers:
        old = page["cells"][numbers[-1]]["source"]
        kept = f" What you had is kept in {short(home.keep(exercise, old))}."
    if not any("open_lab(" in source for source in pages.code_cells(page)):
        kept += " Cells that it needs are missing: `workbook update --repair` brings them back."
    pages.place(page, exercise, pages.starters(known.lab.page)[exercise].source)
    pages.write(path, page)
    say(f"{path.name} has the starter of {exercise} again.{kept}")
    print("If the page is open: File > Reload Notebook from Disk")
