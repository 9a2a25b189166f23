"""The classroom's commands, which the `workbook` command line offers: see workbook/offered.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from classroom.room_commands import board, class_, drill, hand_in, share
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
    minutes: Annotated[
        float | None, typer.Option(min=0.05, help="At most, for a submission [5; to certify, 20].")
    ] = None,
    require: Annotated[
        _Several, typer.Option(metavar="POLICY", help="Such as step4_state:core; repeatable.")
    ] = None,
    part: Annotated[
        str, typer.Option(metavar="N/OF", help="On the second of four machines: 2/4.")
    ] = "1/1",
    scheduler: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Of dask.distributed: judge on its workers.")
    ] = "",
    again: Annotated[bool, typer.Option("--again", help="Judge all anew.")] = False,
    certify: Annotated[
        bool, typer.Option("--certify", help="In a sandbox, passes confirmed by instruments.")
    ] = False,
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

    known = cohort.read(room) if room else None
    wanted = intake.wanted_exercises(lab, exercise or [], core)
    if not wanted:
        raise UsageError("no exercise is left to judge: see --lab, --exercise and --core")
    rule = policy.read(require or (known.require if known else ()))
    options = judges.Options(
        wanted=wanted,
        worlds=worlds,
        minutes=minutes or (20.0 if certify else 5.0),
        isolation=_isolation(isolation, certify),
        learners=known.learners if known else {},
        key=known.key if known else "",
        pages=out.resolve() / "pages" if pages else None,
        certify=certify,
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
        part=grading.part(part),
        scheduler=scheduler,
    )
    if scheduler and pages:
        raise UsageError("--pages executes on this machine: leave out --scheduler")
    done, told = grading.graded(order, pool.printed)
    if order.part[1] > 1:
        print(f"{len(done)} rows are in {short(out)}. When all parts are: grade without --part.")
        return grading.exit_code(done, rule)
    print(dashboard.text(done, told))
    if rule.required:
        print(rule.told(done))
    print(f"results: {short(out / 'index.html')}")
    if summary:
        _added(summary, tables.as_markdown(done, rule))
    return grading.exit_code(done, rule)


def _isolation(wanted: str, certify: bool) -> str:
    """What isolation comes to here; raises WorkbookError where a certificate needs more."""
    from workbook import outside, sandbox

    if certify:
        sandbox.program()  # says why there is none
    isolated = outside.isolation(wanted)
    if certify and isolated != outside.BUBBLEWRAP:
        raise UsageError("--certify judges in a sandbox: leave out --isolation none")
    return isolated


def _added(path: Path, text: str) -> None:
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise WorkbookError(f"{path.name} cannot be written: {error.strerror}") from None


def ci(
    github: Annotated[bool, typer.Option("--github", help="A workflow of GitHub.")] = False,
    gitlab: Annotated[bool, typer.Option("--gitlab", help="A pipeline of GitLab.")] = False,
    require: Annotated[
        _Several, typer.Option(metavar="POLICY", help="Such as step4_state:core; repeatable.")
    ] = None,
    lab: Annotated[str, typer.Option(metavar="N", help="Judge one lab only.")] = "",
    judge: Annotated[
        str, typer.Option(metavar="REPOSITORY", help="The judge: OWNER/NAME or its address.")
    ] = "",
    commit: Annotated[str, typer.Option(metavar="HEX", help="Which commit of the judge.")] = "",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Install bubblewrap first (20 s more).")
    ] = False,
) -> None:
    """Let GitHub or GitLab judge your pages whenever you push them.

    Writes the workflow into the repository around your pages, and makes git see them. The judge is
    a checkout of its own, pinned by commit.

    \b
    Examples:  workbook ci --github --require step4_state:core
               workbook ci --gitlab --lab 4 --judge OWNER/operator-workbook
    """
    from classroom import ci as workflows
    from classroom import intake, policy
    from workbook.terminal import own_home

    if github == gitlab:
        raise UsageError("name one of the two: --github or --gitlab")
    home = own_home()
    if home is None:
        raise WorkbookError("there are no pages to judge yet: run `workbook start` first")
    options = [*(["--lab", lab] if lab else [])]
    if require:
        policy.read(require)
        options += [part for one in require for part in ("--require", one)]
    intake.wanted_exercises(lab, [], False)
    here, pinned = workflows.repository(home.folder), workflows.judge(judge, commit)
    write = workflows.github if github else workflows.gitlab
    file = workflows.GITHUB if github else workflows.GITLAB
    changed = workflows.written(here, file, write(here, pinned, options, sandbox))
    for path in changed:
        print(f"written: {path.as_posix()}")
    print(f"The judge is {pinned.name} at {pinned.commit[:12]}; that commit has to be there.")
    added = dict.fromkeys([file, *changed])
    paths = [path.as_posix() for path in added if not path.is_relative_to(here.work)]
    print(f"Next:  git add {' '.join([*paths, here.work])}")


def cohort(
    results: Annotated[Path, typer.Argument(metavar="RESULTS", help="What `grade` has left.")],
    before: Annotated[
        Path | None, typer.Option(metavar="RESULTS", help="An earlier run of the same class.")
    ] = None,
    html: Annotated[Path | None, typer.Option(metavar="FILE", help="Write it as a page.")] = None,
) -> None:
    """The director's page: did it change anything? Nobody is named.

    Figures of fewer than five learners are hidden.

    \b
    Example:  workbook cohort results --before results-of-day-one --html director.html
    """
    from classroom import director, rows
    from workbook import render

    after = rows.read_all(results)
    first = rows.read_all(before) if before else None
    told = director.content(after, first)
    say(told["sentence"])
    for title, name in director.PARTS:
        if told[name]:
            print(f"\n{title}\n{render.table(told[name])['text/plain']}")
    print()
    for line in filter(None, [told["hours"], *told["limits"]]):
        say(line)
    if html:
        rows.write_whole(html, director.page(told))


def certificate(
    row: Annotated[Path, typer.Argument(metavar="FILE", help="RESULTS/rows/ID.json of --certify.")],
    room: Annotated[
        Path, typer.Option("--class", metavar="FILE", help="The class that signs, or has signed.")
    ],
    name: Annotated[
        str, typer.Option(metavar="TEXT", help="The name that the learner chose.")
    ] = "",
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where it goes.")] = None,
    verify: Annotated[bool, typer.Option("--verify", help="FILE is one: is it true?")] = False,
) -> int:
    """Make a certificate from a row of `grade --certify`, or verify one.

    It says who, which exercises with which help, confirmed by what, versions and date; the class's
    key signs it. To verify takes class.toml only. Exit code of --verify: 0 true, 1 not.

    \b
    Examples:  workbook certificate may/results/rows/k07.json --class may --name "Kim Lee"
               workbook certificate kim.certificate.json --class may --verify
    """
    from classroom import certificates, cohort, rows

    known = cohort.read(room)
    if verify:
        told = certificates.verified(row, known)
        say(told or f"{row.name} is not what {known.id} has signed")
        return 0 if told else 1
    made = certificates.made(rows.read(row), known, name)
    target = out or Path(f"{made['learner']}.certificate.json")
    rows.write_whole(target, certificates.text(made))
    say(f"{short(target)}: {certificates.line(made)}")
    return 0


COMMANDS = [grade, ci, cohort, certificate, class_, hand_in, drill, board, share]
