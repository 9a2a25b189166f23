"""The commands about one exercise: check, watch, hint, solution, reset."""

from __future__ import annotations

import json
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbook.errors import WorkbookError
from workbook.terminal import AsJson, Id, Seed, own_home, own_progress, say, short

LOOK = 0.5  # seconds between two looks at a page

if TYPE_CHECKING:
    from workbook.catalog import Exercise
    from workbook.results import Result
    from workbook.workspace import Workspace


def check(
    exercise: Id,
    answer: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A .py, .sql, .yml, .md or .ipynb file.")
    ] = None,
    seed: Seed = None,
    as_json: AsJson = False,
) -> int:
    """Judge an answer in a process of its own: your page's, or that of a file.

    Exit code 0 if it passed, 1 if not, 2 if it could not be judged.

    \b
    Examples:  workbook check load-day
               workbook check load-day --answer my_load.py --seed 12
    """
    from workbook import catalog, standing, submission
    from workbook.progress import Progress

    known, home = catalog.find(exercise), own_home()
    own = int((home.started if home else {}).get("seed", 7))
    began = time.perf_counter()
    given = submission.read(known, answer or _own_page(known, home), seed, own)
    result = submission.judged(known, given)
    if home and given.source:
        seconds = time.perf_counter() - began
        record = Progress(home.progress)
        result = standing.recorded(record, result, given.seed, given.source, seconds)
    _print_result(result, as_json)
    return 0 if result.passed else 1


def _own_page(exercise: Exercise, home: Workspace | None) -> Path:
    page = home.page(exercise.lab.notebook) if home else None
    if page and page.exists():
        return page
    raise WorkbookError(f"you have no page {exercise.lab.notebook} yet: run `workbook start` first")


def _print_result(result: Result, as_json: bool) -> None:
    from workbook.results import TERMINAL, result_text

    if not as_json:
        return say(result_text(result, TERMINAL), result.verdict)
    told = asdict(result)
    del told["meta"]
    return print(json.dumps(told, indent=2, ensure_ascii=False, default=str))


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

    home = own_home()
    labs = [one for one in catalog.chosen(lab) if home and home.page(one.notebook).exists()]
    if home is None or not labs:
        raise WorkbookError("you have no page to watch yet: run `workbook start` first")
    watched = [(e, _own_page(e, home)) for one in labs for e in one.exercises.values()]
    seen = {exercise.id: _answer(exercise, path) for exercise, path in watched}
    names = ", ".join(sorted({path.name for _, path in watched}))
    print(f"watching {names}: change an answer and save the page (Ctrl-C ends this)", flush=True)
    while True:
        changed = _changed(watched, seen)
        for exercise in changed:
            print()
            check(exercise.id)
            sys.stdout.flush()
        if changed and once:
            return
        time.sleep(LOOK)


def _answer(exercise: Exercise, path: Path) -> str:
    """What the page's answer says now; a page that is half saved says nothing new."""
    from workbook import pages

    page = pages.read(path)
    numbers = pages.answer_cells(page, exercise.id)
    return pages.digest(page["cells"][numbers[-1]]["source"]) if numbers else ""


def _changed(watched: list[tuple[Exercise, Path]], seen: dict[str, str]) -> list[Exercise]:
    """The exercises whose answers were changed since the last look."""
    changed = []
    for exercise, path in watched:
        try:
            now = _answer(exercise, path)
        except WorkbookError:  # in the middle of being saved
            continue
        changed += [exercise] if now != seen[exercise.id] else []
        seen[exercise.id] = now
    return changed


def hint(
    exercise: Id,
    step: Annotated[int | None, typer.Argument(help="1, 2 or 3.")] = None,
) -> None:
    """Show a hint: a nudge, the method, or nearly there.

    \b
    Examples:  workbook hint load-day
               workbook hint load-day 2
    """
    from workbook import catalog, standing

    known = catalog.find(exercise)
    step, text = standing.given_hint(known, own_progress(), step)
    say(text.replace("**", ""))
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
    pages.place(page, exercise, pages.starters(known.lab.page)[exercise].source)
    pages.write(path, page)
    say(f"{path.name} has the starter of {exercise} again.{kept}")
    print("If the page is open: File > Reload Notebook from Disk")
