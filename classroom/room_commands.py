"""The commands of a class and its room: class, hand-in, drill, board, share."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from workbook.errors import UsageError, WorkbookError
from workbook.terminal import short

_Several = list[str] | None


def class_(
    folder: Annotated[Path, typer.Argument(metavar="NAME", help="The class's folder.")],
    learners: Annotated[
        Path | None, typer.Option(metavar="CSV", help="Names: a column `name`.")
    ] = None,
    require: Annotated[
        _Several, typer.Option(metavar="POLICY", help="What has to be passed; repeatable.")
    ] = None,
    ready: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Readiness codes, `NAME CODE` a line.")
    ] = None,
    forget: Annotated[
        str, typer.Option(metavar="ID", help="Remove a learner from all files.")
    ] = "",
    results: Annotated[
        list[Path] | None, typer.Option(metavar="RESULTS", help="With --forget: results elsewhere.")
    ] = None,
) -> None:
    """Make a class: an id and a world of their own for everybody, and a zip to start with.

    class.toml is public: ids, worlds, what is required. Names stand in roster.csv only.

    \b
    Examples:  workbook class may --learners people.csv --require step4_state:core
               workbook class may --ready codes.txt
               workbook class may --forget k07
    """
    from classroom import cohort, deal, policy

    if ready:
        return _ready(ready)
    if forget:
        changed = deal.forgotten(cohort.read(folder), forget, results or [])
        print(f"{forget} is gone from {', '.join(changed)}.")
        return print("What was handed in, and copies elsewhere, are yours to remove.")
    if learners is None:
        raise UsageError("one of --learners, --ready and --forget is needed")
    policy.read(require or [])
    room, new = deal.made(folder, cohort.people(learners), require or [])
    print(f"{room.id}: {len(room.learners)} learners, {len(new)} of them new; no two worlds alike")
    print(f"  public   {short(folder / cohort.FILE)}")
    print(f"  private  {short(folder / cohort.ROSTER)}, {short(folder / cohort.KEY)}")
    print(f"Give each learner their zip of {short(folder / deal.START)}/: it is unpacked in the")
    return print("folder of the workbook, and makes work/ there.")


def _ready(codes: Path) -> None:
    from classroom import readiness
    from workbook import render

    told = readiness.table(codes)
    print(render.table(told)["text/plain"])
    print(f"\n{sum(not row['fix'] for row in told)} of {len(told)} are ready")


def hand_in(
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Where the zip goes.")] = None,
    without_record: Annotated[
        bool, typer.Option("--without-record", help="Leave out what you tried, and when.")
    ] = False,
) -> None:
    """Pack your pages for whoever grades them: one zip; nothing is sent.

    \b
    Example:  workbook hand-in --without-record
    """
    from classroom import handing
    from workbook.terminal import own_home

    home = own_home()
    if home is None:
        raise WorkbookError("there are no pages to hand in yet: run `workbook start` first")
    target, files = handing.packed(home, out, not without_record)
    print(f"{short(target)} holds {', '.join(files)}.")
    print("Nothing was sent: give it to your facilitator.")


def drill(
    lab: Annotated[str, typer.Argument(metavar="LAB", help="A lab, by its step or name.")],
    exercise: Annotated[str, typer.Option(metavar="ID", help="One exercise only.")] = "",
    wrong: Annotated[str, typer.Option(metavar="NAME", help="This wrong answer.")] = "",
    room: Annotated[
        Path | None,
        typer.Option("--class", metavar="FILE", help="Ids are not k01 and so on: its class.toml."),
    ] = None,
    number: Annotated[int, typer.Option(min=1, help="The first drill, the second, …")] = 1,
    reveal: Annotated[bool, typer.Option("--reveal", help="Say what was wrong.")] = False,
    list_: Annotated[bool, typer.Option("--list", help="All names: for facilitators.")] = False,
) -> None:
    """Deal yourself a page with a planted wrong answer: find the case that exposes it.

    \b
    Examples:  workbook drill 4
               workbook drill 4 --exercise load-day --number 2
               workbook drill 4 --reveal
    """
    from classroom import drills
    from workbook.terminal import own_home

    found = drills.planted(drills.lab_of(lab), exercise)
    if list_:
        return print("\n".join(one.name for one in found))
    home = own_home()
    started = home.started if home else {}
    learner = str(started.get("learner", ""))
    one = drills.named(found, wrong) if wrong else None
    one = one or drills.dealt(found, learner, _place(room, learner), number)
    if reveal:
        return print("\n".join(drills.revealed(one)))
    folder = (home.folder if home else Path.cwd()) / "drills"
    path = drills.put(folder, one, learner, int(started.get("seed", 7)), number)
    print(f"{short(path)}: ten minutes, in pairs. Find what is wrong before you check.")
    options = [
        f"--{name} {value}" for name, value in (("exercise", exercise), ("wrong", wrong)) if value
    ]
    again = [f"--class {room}"] * bool(room) + [f"--number {number}"] * (number > 1)
    return print(f"Afterwards:  {' '.join(['workbook drill', lab, *options, *again, '--reveal'])}")


def _place(room: Path | None, learner: str) -> int | None:
    from classroom import cohort

    if room is None:
        numbered = re.fullmatch(r"k(\d{1,6})", learner)  # an id that a class gave
        return int(numbered[1]) - 1 if numbered else None
    known = list(cohort.read(room).learners)
    if learner not in known:
        raise UsageError(f"{learner or 'nobody'} is not in the class: workbook.toml names you")
    return known.index(learner)


def board(
    room: Annotated[Path, typer.Argument(metavar="CLASS", help="The class's folder.")],
    host: Annotated[
        str, typer.Option(help="127.0.0.1: this machine only; 0.0.0.0: the room's network.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = 8800,
) -> None:
    """Show the dashboard live, while learners' machines run `workbook share`; Ctrl-C ends it.

    Binds this machine only, unless --host says otherwise: whoever knows the join code can then see
    ids and verdicts. What arrived is kept in events.jsonl; a restart goes on with it.

    \b
    Example:  workbook board may --host 0.0.0.0
    """
    from classroom import board as live

    serving = live.server(room, host, port)
    shown, at = serving.RequestHandlerClass.board, serving.server_address[1]  # type: ignore[attr-defined]
    print(f"board  http://127.0.0.1:{at}/   join code {shown.code}", flush=True)
    print(f"Learners:  workbook share --to http://ADDRESS:{at} --code {shown.code}", flush=True)
    with serving:
        serving.serve_forever(0.2)


def share(
    to: Annotated[str, typer.Option(metavar="URL", help="The board's address.")],
    code: Annotated[str, typer.Option(metavar="CODE", help="The room's join code.")],
    pause: Annotated[
        float, typer.Option(min=0, max=60, help="Seconds between showing a line and sending it.")
    ] = 2.0,
    once: Annotated[bool, typer.Option("--once", help="Send what there is, and end.")] = False,
) -> None:
    """Tell the facilitator's board of each check; you see the line before it goes, Ctrl-C stops it.

    It sends your id, the exercise, verdict, first finding, attempts, hints and time: no code, no
    name, no data. Where the board is away, it catches up later.

    \b
    Example:  workbook share --to http://192.0.2.7:8800 --code K7MQ2R
    """
    from classroom import sharing
    from workbook.terminal import own_home

    home = own_home()
    if home is None:
        raise WorkbookError("there is nothing to share yet: run `workbook start` first")
    link = sharing.Link(to, code, home)
    print("Shared: id, exercise, verdict, first finding, tries, hints, time. Ctrl-C ends it.")
    sharing.shared(home, link, pause, once)
