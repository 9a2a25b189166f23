"""The command line: `workbook start`, `run`, `check`, `hint`, `solution`, `reset`, `progress`."""

from __future__ import annotations

import json
import os
import re
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook.errors import UsageError, WorkbookError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbook.catalog import Exercise, Lab
    from workbook.progress import Progress
    from workbook.results import Result
    from workbook.workspace import Workspace

WIDTH = 80
_UNBROKEN = "\x00"  # stands for a space at which a line must not be broken
app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    help="Five notebooks, an incident in each: fix it, prove it, take it to work.",
)
Id = Annotated[str, typer.Argument(metavar="ID", help="An exercise, such as load-day.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Which world: 0 or more.")]


def main() -> None:
    """Run the command line; what a user can get wrong is one line on stderr and exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    try:
        code = _run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = _failed("stopped", 130)
    except BrokenPipeError:
        # Who read our output has seen enough; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if not (told := _told(error)):
            raise
        code = _failed(told, 2)
    sys.exit(code)


def _run_command(argv: Sequence[str]) -> int:
    command = typer.main.get_command(app)
    try:
        with command.make_context("workbook", _paired(argv) or ["--help"]) as context:
            code = int(command.invoke(context) or 0)
    except typer.Exit as ended:
        code = ended.exit_code
    sys.stdout.flush()
    return code


def _told(error: Exception) -> str:
    """What to say of an error that a user can cause; "" for one of our own."""
    if isinstance(error, WorkbookError):
        return str(error)
    if isinstance(error, OSError):
        return f"{error.filename or 'a file'}: {error.strerror}"
    # Typer's own errors have no common type that all its versions export.
    return str(error.format_message()) if hasattr(error, "format_message") else ""


def _failed(why: str, code: int) -> int:
    print("workbook: " + " ".join(why.split()), file=sys.stderr)
    return code


def _paired(argv: Sequence[str]) -> list[str]:
    """Write `-p NAME VALUE`, as papermill has it, as the `-p NAME=VALUE` that the parser knows."""
    given, paired = list(argv), []
    while given:
        paired.append(given.pop(0))
        if paired[-1] == "-p" and len(given) > 1 and "=" not in given[0]:
            paired.append(f"{given.pop(0)}={given.pop(0)}")
    return paired


@app.command()
def start(
    learner: Annotated[str, typer.Option(metavar="NAME", help="Gives you your own data.")] = "",
    seed: Seed = None,
) -> None:
    """Copy the pages to work/ (or to WORKBOOK_HOME), where you answer them.

    What is there already is yours and is left alone.

    \b
    Example:  workbook start --learner Ada
    """
    from workbook import catalog, workspace

    home = workspace.planned(catalog.root())
    if not learner and seed is None:
        learner, seed = home.started.get("learner", ""), home.started.get("seed")
    sources = sorted((catalog.root() / "notebooks").glob("*.ipynb"))
    made = {page.name for page in workspace.start(home.folder, sources, learner, seed)}
    whose = f"{learner}'s pages" if learner else "your pages"
    print(f"{_short(home.folder)} holds {whose}, with seed {home.started['seed']}.")
    for source in sources:
        print(f"  {'made       ' if source.name in made else 'left alone '} {source.name}")
    print(f"Next:  jupyter lab {_short(home.folder)}")


@app.command()
def run(
    lab: Annotated[str, typer.Option(metavar="N", help="One lab, by its step or name.")] = "",
    mode: Annotated[
        str, typer.Option(help="learner, solution, or wrong:NAME for a planted answer.")
    ] = "",
    parameters: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME VALUE", help="A parameter of the page; repeatable."),
    ] = None,
) -> int:
    """Execute pages from top to bottom and print the scorecard.

    Your copies if there are any, else the pages as they shipped. Exit code 0 only if every
    exercise passed, 1 if not, 2 if the pages could not be run.

    \b
    Examples:  workbook run
               workbook run --lab 4 --mode solution
               workbook run --lab 4 -p seed 12 -p orders_per_day 200
    """
    from workbook import catalog, runner, workspace

    given = _parameters(parameters or [], mode)
    labs = _knowing(catalog.chosen(lab), given["mode"])
    home = _home()
    values: dict[str, Any] = {}
    for one in labs:
        values |= runner.accepted(one, given)
    paths = [_page(one, home if given["mode"] == "learner" else None) for one in labs]
    out = runner.new_folder((home or workspace.planned(catalog.root())).runs)
    runs = runner.run_pages(paths, out, values, progress=sys.stderr.isatty())
    return _reported(labs, runs, out)


def _parameters(pairs: Sequence[str], mode: str) -> dict[str, str]:
    given = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals:
            raise UsageError(f"-p {name}: a value is missing, as in `-p seed 12`")
        given[name] = value
    if mode and "mode" in given:
        raise UsageError("the mode is given twice: by --mode and by -p mode")
    return {"mode": mode or "learner"} | given


def _knowing(labs: Sequence[Lab], mode: str) -> list[Lab]:
    """The labs that have the mode; raises UsageError where none has."""
    from workbook.lab import checked_mode

    knowing, refusal = [], None
    for lab in labs:
        try:
            checked_mode(lab, mode)
            knowing.append(lab)
        except UsageError as error:
            refusal = error
    if refusal and not knowing:
        raise refusal
    return knowing


def _page(lab: Lab, home: Workspace | None) -> Path:
    own = home.page(lab.notebook) if home else lab.page
    return own if own.exists() else lab.page


def _reported(labs: Sequence[Lab], runs: Sequence[Any], out: Path) -> int:
    from workbook import render
    from workbook.lab import scorecard
    from workbook.progress import Progress
    from workbook.workspace import Workspace

    for page in runs:
        print(f"{_short(page.output)}" + (f" stopped: {page.stopped}" if page.stopped else ""))
    record = Progress(Workspace(out).progress)
    rows = [row for lab in labs for row in scorecard(lab, record)]
    passed = sum(record.standing(row["exercise"]).passed for row in rows)
    print("\n" + render.table(rows)["text/plain"])
    print(f"\n{passed} of {len(rows)} passed")
    return 0 if passed == len(rows) and not any(page.stopped for page in runs) else 1


@app.command()
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
    from workbook import catalog, lab, submission
    from workbook.progress import Progress

    known, home = catalog.find(exercise), _home()
    own = int((home.started if home else {}).get("seed", 7))
    began = time.perf_counter()
    given = submission.read(known, answer or _own_page(known, home), seed, own)
    result = submission.judged(known, given)
    if home and given.source:
        seconds = time.perf_counter() - began
        record = Progress(home.progress)
        result = lab.recorded(record, result, given.seed, given.source, seconds)
    _print_result(result, as_json)
    return 0 if result.passed else 1


def _own_page(exercise: Exercise, home: Workspace | None) -> Path:
    page = home.page(exercise.lab.notebook) if home else None
    if page and page.exists():
        return page
    raise WorkbookError(f"you have no page {exercise.lab.notebook} yet: run `workbook start` first")


def _print_result(result: Result, as_json: bool) -> None:
    from workbook import render

    if not as_json:
        return _say(render.result_text(result))
    told = asdict(result)
    del told["meta"]
    return print(json.dumps(told, indent=2, ensure_ascii=False, default=str))


@app.command()
def hint(
    exercise: Id,
    step: Annotated[int | None, typer.Argument(help="1, 2 or 3.")] = None,
) -> None:
    """Show a hint: a nudge, the method, or nearly there.

    \b
    Examples:  workbook hint load-day
               workbook hint load-day 2
    """
    from workbook import catalog, lab

    known = catalog.find(exercise)
    step = lab.given_hint(known, _own_progress(), step)
    _say(f"Hint {step} of 3 · {known.hints[step - 1]}")
    if step < 3:
        print(f"\nThe next:  workbook hint {exercise} {step + 1}")


@app.command()
def solution(
    exercise: Id,
    confirm: Annotated[bool, typer.Option("--confirm", help="Show it now.")] = False,
) -> int:
    """Show the reference answer, after a pass or three honest attempts.

    \b
    Example:  workbook solution load-day --confirm
    """
    from workbook import catalog, lab
    from workbook.progress import HONEST

    known, progress = catalog.find(exercise), _own_progress()
    text = lab.given_solution(known, progress, confirm)
    if text is not None:
        print(text)
        return 0
    _say(
        f"{progress.standing(exercise).honest} of {HONEST} attempts so far. To see it now: "
        f"`workbook solution {exercise} --confirm`; your pass will say that the solution was seen."
    )
    return 1


@app.command()
def reset(exercise: Id) -> None:
    """Put the code of the incident back into your page; what you have is kept.

    \b
    Example:  workbook reset load-day
    """
    from workbook import catalog, pages

    known, home = catalog.find(exercise), _home()
    path = _own_page(known, home)
    page, kept = pages.read(path), ""
    numbers = pages.answer_cells(page, exercise)
    if home and numbers:
        old = page["cells"][numbers[-1]]["source"]
        kept = f" What you had is kept in {_short(home.keep(exercise, old))}."
    pages.place(page, exercise, pages.starters(known.lab.page)[exercise].source)
    pages.write(path, page)
    _say(f"{path.name} has the starter of {exercise} again.{kept}")
    print("If the page is open: File > Reload Notebook from Disk")


@app.command()
def progress(as_json: AsJson = False) -> None:
    """Show where every exercise stands.

    \b
    Example:  workbook progress --json
    """
    from workbook import catalog, render
    from workbook.lab import scorecard

    record = _own_progress()
    if as_json:
        exercises = [e for lab in catalog.labs() for e in lab.exercises.values()]
        return print(json.dumps([_standing(e, record) for e in exercises], indent=2))
    rows = [row for lab in catalog.labs() for row in scorecard(lab, record)]
    print(render.table(rows)["text/plain"])
    if _home() is None:
        print("\nNothing is recorded yet:  workbook start")
    return None


def _standing(exercise: Exercise, record: Progress) -> dict[str, Any]:
    standing = record.standing(exercise.id)
    return {
        "step": exercise.lab.step,
        "exercise": exercise.id,
        "title": exercise.title,
        "minutes": exercise.minutes,
        "core": exercise.core,
        "verdict": "PASSED" if standing.passed else str(standing.last),
        "help": standing.helped,
        "attempts": standing.honest,
        "hints": standing.hints,
    }


def _home() -> Workspace | None:
    """The learner's workspace, from here or from the checkout; None where there is none yet."""
    from workbook import catalog, workspace

    home = workspace.find(catalog.root())
    return home if home and home.folder.is_dir() else None


def _own_progress() -> Progress:
    from workbook.progress import Progress

    home = _home()
    record = Progress(home.progress if home else None)
    if record.notice:
        print(f"workbook: {record.notice}", file=sys.stderr)
    return record


def _short(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path != here and path.is_relative_to(here) else str(path)


def _say(text: str) -> None:
    """Print, long lines wrapped under where their own text begins."""
    for line in text.splitlines():
        label = re.match(r"\s+\S+(?: \S+)?\s{2,}|\s*", line)
        under = " " * (len(label[0]) if label else 0)
        print(_wrapped(line, under))


def _wrapped(line: str, under: str) -> str:
    if "lab.replay(" in line:  # a call that is to be copied keeps its strings whole
        line = re.sub('"[^"]*"', lambda found: found[0].replace(" ", _UNBROKEN), line)
    broken = textwrap.wrap(
        line, WIDTH, subsequent_indent=under, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(broken).replace(_UNBROKEN, " ")
