"""The command line: pages, progress, and the way in; what is about one exercise: answering.py."""

from __future__ import annotations

import workbook.early  # noqa: F401  # isort: skip

import atexit
import inspect
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from workbook import answering, catalog, offered
from workbook.errors import UsageError, WorkbookError
from workbook.terminal import (
    AsJson,
    End,
    Seed,
    own_home,
    own_progress,
    paired,
    say,
    say_table,
    say_version,
    short,
    typed,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbook.catalog import Exercise, Lab
    from workbook.progress import Progress
    from workbook.runner import PageRun
    from workbook.update import Updated
    from workbook.workspace import Workspace

app = typer.Typer(
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Five notebooks, an incident in each: fix it, prove it, take it to work.",
)


@app.callback()
def _of_all(
    version: Annotated[
        bool,
        typer.Option(
            "--version", is_eager=True, callback=say_version, help="Say which version this is."
        ),
    ] = False,
) -> None:
    """Five notebooks, an incident in each: fix it, prove it, take it to work."""


def main() -> None:
    """Run the command line; what a user can get wrong is one line on stderr and exit code 2."""
    # A shell may have closed them (`>&-`): what is said then reaches nobody, and is no error.
    sys.stdout, sys.stderr = (s or open(os.devnull, "w") for s in (sys.stdout, sys.stderr))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    ends = End()
    atexit.register(ends)  # registered first, so that it runs last
    try:
        code = _run_command(sys.argv[1:])
    except KeyboardInterrupt:
        code = _failed("stopped", 130)
    except BrokenPipeError:
        # Who read our output has seen enough; Python would complain again when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 1
    except Exception as error:
        if not (message := _message(error)):
            raise
        code = _failed(message, 2)
    caller = inspect.currentframe()
    if caller and caller.f_back and caller.f_back.f_globals.get("__name__") == "__main__":
        ends.code = code  # else it is somebody else's process
    sys.exit(code)


def _run_command(argv: Sequence[str]) -> int:
    if not argv or argv[0] not in _OWN:
        offered.add(app)
    elif not {"-h", "--help"}.intersection(argv):
        catalog.root()  # installed alone there are neither pages nor what runs them: one line
    command = typer.main.get_command(app)
    _explained(command)
    try:
        with command.make_context("workbook", paired(argv) or ["--help"]) as context:
            code = int(command.invoke(context) or 0)
    except typer.Exit as ended:
        code = ended.exit_code
    sys.stdout.flush()
    return code


def _explained(group: Any) -> None:
    """In the help: whole sentences in the list of commands, no Python types, no `0<=x<=…`."""
    for command in group.commands.values():
        command.short_help = " ".join((command.help or "").partition("\n\n")[0].split())
        for param in command.params:
            param._get_number_range_help_str = lambda: ""  # our own words say what may be given
            if param.param_type_name == "argument":
                param.display_type_rich = lambda ctx: ""


def _message(error: Exception) -> str:
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
    from workbook import workspace

    home = workspace.planned(catalog.root())
    if not learner and seed is None:
        learner, seed = home.started.get("learner", ""), home.started.get("seed")
    sources = sorted((catalog.root() / "notebooks").glob("*.ipynb"))
    made = {page.name for page in workspace.start(home.folder, sources, learner, seed)}
    whose = f"{learner}'s pages" if learner else "your pages"
    print(f"{short(home.folder)} holds {whose}, with seed {home.started['seed']}.")
    for source in sources:
        print(f"  {'made       ' if source.name in made else 'left alone '} {source.name}")
    print(f"Next:  jupyter lab {typed(short(home.folder))}")


@app.command()
def run(
    lab: Annotated[str, typer.Option(metavar="N", help="One lab, by its step or name.")] = "",
    mode: Annotated[
        str,
        typer.Option(metavar="MODE", help="learner, solution, or wrong:NAME for a planted answer."),
    ] = "",
    parameters: Annotated[
        list[str] | None,
        typer.Option("-p", metavar="NAME VALUE", help="A parameter of the page; repeatable."),
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, metavar="N", help="Pages at a time; 0: one for each processor.")
    ] = 0,
    as_json: AsJson = False,
) -> int:
    """Execute pages from top to bottom and print the scorecard.

    Your copies if there are any, else the pages as they shipped. What follows a cell that fails
    runs all the same; an exercise whose check never came is NOT REACHED. Exit code 0 only if every
    exercise passed, 1 if not, 2 if the pages could not be run.

    \b
    Examples:  workbook run
               workbook run --lab 4 --mode solution
               workbook run --lab 4 -p seed 12 -p orders_per_day 200
               workbook run --mode solution --jobs 2 --json
    """
    from workbook import runner, workspace

    given = _parameters(parameters or [], mode)
    labs = _knowing(catalog.chosen(lab), given["mode"])
    home = own_home()
    values: dict[str, Any] = {}
    for one in labs:
        values |= runner.accepted(one, given)
    paths = [_page(one, home if given["mode"] == "learner" else None) for one in labs]
    out = runner.new_folder((home or workspace.planned(catalog.root())).runs)
    runs = runner.run_pages(paths, out, values, jobs=jobs, progress=sys.stderr.isatty())
    return _reported(labs, runs, out, as_json)


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
    from workbook.headless import checked_mode

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


def _reported(labs: Sequence[Lab], runs: Sequence[PageRun], out: Path, as_json: bool) -> int:
    from workbook.progress import Progress
    from workbook.workspace import Workspace

    record = Progress(Workspace(out).progress)
    rows = [_standing(e, record, run=True) for lab in labs for e in lab.exercises.values()]
    passed = sum(row["verdict"] == "PASSED" for row in rows)
    if as_json:
        told = [
            {"page": one.page.name, "output": str(one.output), "stopped": one.stopped}
            for one in runs
        ]
        print(json.dumps({"passed": passed, "pages": told, "exercises": rows}, indent=2))
    else:
        _print_scorecard(labs, runs, record)
        print(f"\n{passed} of {len(rows)} passed")
    return 0 if passed == len(rows) and not any(page.stopped for page in runs) else 1


def _print_scorecard(labs: Sequence[Lab], runs: Sequence[PageRun], record: Progress) -> None:
    from workbook import render
    from workbook.standing import scorecard

    for page in runs:
        print(f"{short(page.output)}" + (f": {page.stopped}" if page.stopped else ""))
    rows = scorecard(labs, record, run=True)
    print("\n" + render.table(rows)["text/plain"])


@app.command(
    name="open", context_settings={"allow_extra_args": True, "ignore_unknown_options": True}
)
def open_(context: typer.Context) -> int:
    """Open your pages in JupyterLab; further options go to JupyterLab.

    \b
    Examples:  workbook open
               workbook open --no-browser --port 8899
    """
    return _way_in("lab", *context.args)


@app.command()
def doctor(as_json: AsJson = False) -> int:
    """Look for what keeps the workbook from running here; one fix for each fault.

    Exit code 0 if this machine is ready, 1 if not.

    \b
    Example:  workbook doctor
    """
    return _way_in("doctor", *["--json"] * as_json)


def _way_in(*arguments: str) -> int:
    """Run the checkout's start.py, which also works where nothing is installed yet."""
    from subprocess import call

    script = catalog.root() / "start.py"
    if not script.is_file():
        raise WorkbookError(f"{script} is not there: `workbook {arguments[0]}` needs the checkout")
    return call([sys.executable, str(script), *arguments])


@app.command()
def update(
    repair: Annotated[
        bool, typer.Option("--repair", help="Bring back shipped cells that you deleted.")
    ] = False,
) -> None:
    """Bring a new release under your pages; answers, notes and parameters stay yours.

    Every page that changes is kept as it was in a dated folder, backup/.

    \b
    Examples:  workbook update
               workbook update --repair
    """
    from workbook import workspace
    from workbook.update import update as updated

    home = own_home()
    if home is None:
        raise WorkbookError("there is nothing to update yet: run `workbook start` first")
    sources = sorted((catalog.root() / "notebooks").glob("*.ipynb"))
    done = updated(home, sources, repair=repair)
    mine = home.started
    new = workspace.start(home.folder, sources, mine.get("learner", ""), mine.get("seed"))
    for page in done:
        say(_updated(page))
    for added in new:
        print(f"{added.name}: new")
    if any(page.backup for page in done):
        print("If a page is open: File > Reload Notebook from Disk")


def _updated(done: Updated) -> str:
    if done.backup is None:
        return f"{done.page.name}: up to date"
    parts = [f"answers carried: {', '.join(done.carried)}"] if done.carried else []
    parts += [f"{done.own} cells of your own kept"] if done.own else []
    parts += [f"shipped cells brought back: {done.restored}"] if done.restored else []
    commented = ", ".join(done.annotated)
    parts += [f"your comments kept beside the new starter: {commented}"] if commented else []
    parts += [f"no longer on the page, kept as text: {', '.join(done.homeless)}"] * bool(
        done.homeless
    )
    parts.append(f"as it was: {short(done.backup)}")
    return f"{done.page.name}: {'; '.join(parts)}"


@app.command()
def progress(as_json: AsJson = False) -> None:
    """Show where every exercise stands.

    \b
    Example:  workbook progress --json
    """
    from workbook.standing import scorecard

    record = own_progress()
    if as_json:
        exercises = [e for lab in catalog.labs() for e in lab.exercises.values()]
        return print(json.dumps([_standing(e, record) for e in exercises], indent=2))
    rows = scorecard(catalog.labs(), record)
    say_table(rows, ("exercise", "state", "attempts", "hints"))
    if own_home() is None:
        print("\nNothing is recorded yet:  workbook start")
    return None


def _standing(exercise: Exercise, record: Progress, *, run: bool = False) -> dict[str, Any]:
    from workbook.standing import verdict

    standing = record.standing(exercise.id)
    return {
        "step": exercise.lab.step,
        "exercise": exercise.id,
        "title": exercise.title,
        "minutes": exercise.minutes,
        "core": exercise.core,
        "verdict": str(verdict(exercise, record, run=run)),
        "help": standing.helped,
        "attempts": standing.honest,
        "hints": standing.hints,
    }


for _command in (
    answering.check,
    answering.replay,
    answering.watch,
    answering.hint,
    answering.solution,
    answering.reset,
):
    app.command()(_command)

_OWN = {one.name or one.callback.__name__ for one in app.registered_commands if one.callback}
