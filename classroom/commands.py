"""The classroom's commands, which the `workbook` command line offers: see workbook/offered.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from workbook.errors import UsageError, WorkbookError
from workbook.terminal import say, short

_Several = list[str] | None


def grade(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="One entry for each learner.")],
    out: Annotated[Path, typer.Option(metavar="RESULTS", help="Where rows and tables go.")],
    room: Annotated[
        Path | None, typer.Option("--class", metavar="FILE", help="The class: its class.toml.")
    ] = None,
    lab: Annotated[str, typer.Option(metavar="N", help="One lab, by its step or name.")] = "",
    exercise: Annotated[
        _Several, typer.Option(metavar="ID", help="One exercise; repeatable.")
    ] = None,
    core: Annotated[bool, typer.Option("--core", help="Core exercises only.")] = False,
    worlds: Annotated[
        int, typer.Option(min=1, max=20, help="Worlds to judge in: the learner's, then unseen.")
    ] = 2,
    workers: Annotated[
        int, typer.Option(min=0, max=256, help="Submissions at a time; 0: one a processor.")
    ] = 0,
    minutes: Annotated[float, typer.Option(min=0.05, help="At most, for a submission.")] = 5.0,
    require: Annotated[
        _Several, typer.Option(metavar="POLICY", help="Such as step4_state:core; repeatable.")
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Judge all anew.")] = False,
    isolation: Annotated[
        str, typer.Option(help="auto, bubblewrap or none: what answers are kept away from.")
    ] = "auto",
    pages: Annotated[
        bool, typer.Option("--pages", help="Also execute the pages, to be read.")
    ] = False,
    names: Annotated[bool, typer.Option("--names", help="Names in the dashboard.")] = False,
    summary: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Add a summary in Markdown to a file.")
    ] = None,
) -> int:
    """Judge everything that learners handed in: folders, zips, notebooks, files.

    Answers are found by their content. Everybody gets a row, whatever they handed in. A run that
    was interrupted continues. Exit code 0: all judged, policy met; 1: policy not met; 2: something
    could not be judged.

    \b
    Examples:  workbook grade handed-in --out results --lab 4
               workbook grade handed-in --out results --class may --require step4_state:core
    """
    from classroom import cohort, dashboard, grading, intake, judges, policy, pool, tables
    from workbook import outside

    known = cohort.read(room) if room else None
    wanted = intake.wanted_exercises(lab, exercise or [], core)
    if not wanted:
        raise UsageError("no exercise is left to judge: see --lab, --exercise and --core")
    rule = policy.read(require or (known.require if known else ()))
    options = judges.Options(
        wanted=wanted,
        worlds=worlds,
        minutes=minutes,
        isolation=outside.isolation(isolation),
        learners=known.learners if known else {},
        key=known.key if known else "",
    )
    order = grading.Order(
        folder=folder.resolve(),
        out=out.resolve(),
        options=options,
        workers=workers or pool.processors(),
        policy=rule,
        room=known,
        again=again,
        names=names,
        pages=pages,
    )
    done, told = grading.graded(order, pool.printed)
    print(dashboard.text(done, told))
    if rule.required:
        print(rule.told(done))
    print(f"results: {short(out / 'index.html')}")
    if summary:
        _added(summary, tables.as_markdown(done, rule))
    return grading.exit_code(done, rule)


def _added(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WorkbookError(f"{path.name} cannot be written: {error.strerror}") from None


COMMANDS = [grade]
_ = say
