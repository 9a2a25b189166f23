"""What the commands share: options, progress on stderr, and writing reports."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fieldkit.errors import CannotRun

if TYPE_CHECKING:
    from fieldkit.report.report import Header, Report
    from fieldkit.state.scope import Scope

LONGEST = 1e9  # of a duration, in its unit: a number of 400 digits is a slip
REPORTS = ("--json", "--junit", "--html", "--sarif", "--runbook", "--evidence", "--summary")
SECONDS = {"s": 1, "m": 60, "h": 3600, "": 1}

_began: list[float] = []


def begin() -> None:
    """Start the clock of a command that measures no duration itself."""
    _began[:] = [time.monotonic()]


def seconds(text: str, option: str = "--budget") -> float:
    """Seconds of a duration such as 90, 90s, 30m or 2h; raises CannotRun for anything else."""
    found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", text)
    if not found or not 0 < float(found[1]) < LONGEST:
        shown = text if len(text) < 40 else f"{text[:20]}…"
        raise CannotRun(f"{option} {shown}: is not a duration; write 90s, 30m or 2h")
    return float(found[1]) * SECONDS[found[2]]


def keys(given: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Keys by table from T=col,col; raises CannotRun for anything else."""
    found = {}
    for text in given:
        table, equals, columns = text.partition("=")
        found[table] = tuple(column.strip() for column in columns.split(",") if column.strip())
        if not (table and equals and found[table]):
            raise CannotRun(f"--key {text}: write TABLE=COLUMN or TABLE=COLUMN,COLUMN")
    return found


List = list[str]
Command = Annotated[
    List | None,
    typer.Argument(
        metavar="-- CMD", hidden=True, help="The command; {state} stands for the path of the state."
    ),
]
States = Annotated[
    List | None,
    typer.Option(metavar="PATH", help="A DuckDB or SQLite file, or a folder, that CMD writes to."),
]
Tables = Annotated[
    List | None, typer.Option(metavar="T", help="Compare only this table (* and ? allowed).")
]
NoTables = Annotated[List | None, typer.Option(metavar="T", help="Do not compare this table.")]
NoColumns = Annotated[
    List | None, typer.Option(metavar="COL", help="Do not compare this column (COL or T.COL).")
]
Keys = Annotated[
    List | None,
    typer.Option(metavar="T=COL,COL", help="Key columns of a table, for the examples in reports."),
]
Preset = Annotated[
    str, typer.Option(metavar="dlt|dbt", help="Do not compare what this tool writes for itself.")
]
InPlace = Annotated[
    bool, typer.Option("--in-place", help="Run CMD on the real path, and restore it afterwards.")
]
Recover = Annotated[
    bool, typer.Option("--recover", help="Restore what a killed run left, without CMD.")
]
Json = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as JSON.")]
Junit = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report as JUnit XML.")]
Html = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report as an HTML page.")
]
Evidence = Annotated[
    Path | None, typer.Option(metavar="FILE", help="Write the report as JSON with a seal.")
]
Summary = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Append the report as Markdown, for $GITHUB_STEP_SUMMARY."),
]


def writable(
    *inputs: Path | str | Sequence[str | Path] | None, **reports: Path | None
) -> dict[str, Path]:
    """The report files by format; raises CannotRun for one that cannot be written.

    `inputs`: states, policies and words of the command, which no report may overwrite; nor may one
    overwrite any other file that is not a report.
    """
    from fieldkit.report.outputs import refuse_foreign, refuse_overwriting, refuse_unwritable

    outputs = {kind: path for kind, path in reports.items() if path}
    refuse_unwritable(list(outputs.values()))
    flat = [[one] if isinstance(one, str | Path) else one or [] for one in inputs]
    refuse_overwriting(outputs, [Path(path) for group in flat for path in group])
    for kind, path in outputs.items():
        refuse_foreign(kind, path)
    return outputs


def files(*paths: Path | None) -> list[Path]:
    """Those that are files: beside what lies in a folder that is read, a report may be written."""
    return [path for path in paths if path and path.is_file()]


def words(command: Sequence[str] | None) -> list[str]:
    """The words of a command that may be files: scripts and inputs that it reads."""
    return [word for word in command or () if "{" not in word and os.path.isfile(word)]


def scope_of(
    table: List | None, ignore_table: List | None, ignore: List | None, key: List | None
) -> Scope:
    """The scope that the options describe; raises CannotRun for an invalid key."""
    from fieldkit.state.scope import Scope

    return Scope(
        tuple(table or ()), tuple(ignore_table or ()), tuple(ignore or ()), keys(key or ())
    )


def version() -> str:
    """The version of the installed package."""
    from importlib.metadata import PackageNotFoundError
    from importlib.metadata import version as of

    try:
        return of("operator-workbook")
    except PackageNotFoundError:  # run from a folder that was not installed
        return "(not installed)"


def as_typed(argv: Sequence[str]) -> str:
    """The command line without its report files."""
    import shlex

    end = argv.index("--") if "--" in argv else len(argv)
    kept, given = [], list(argv[:end])
    while given:
        name, equals, _ = given[0].partition("=")
        if name in REPORTS:
            del given[: 1 if equals else 2]
        else:
            kept.append(given.pop(0))
    return re.sub(r"'(\{\w+\})'", r"\1", shlex.join(["fieldkit", *kept, *argv[end:]]))


def _header(result: Report) -> Header:
    """When, with which version and how the report was made, and the command to run it again."""
    import datetime as dt

    from fieldkit.report.report import Header

    states = result.data.get("states") or [result.data.get("state", "")]
    seed = result.data.get("seed")
    took = result.data.get("seconds") or (time.monotonic() - _began[-1] if _began else 0.0)
    return Header(
        version(),
        f"{dt.datetime.now(dt.UTC):%Y-%m-%d %H:%M} UTC",
        ", ".join(str(state) for state in states if state),
        "" if seed is None else str(seed),
        float(took),
        as_typed(sys.argv[1:]),
    )


def written(
    result: Report, outputs: dict[str, Path], own: dict[str, Callable[[Report], str]] | None = None
) -> Report:
    """Write the report to its files; gives it with its header."""
    from dataclasses import replace

    from fieldkit.report import evidence, report, summary
    from fieldkit.report.outputs import refuse_foreign

    if not result.header:
        result = replace(result, header=_header(result))
    forms = {**report.FORMATS, "evidence": evidence.to_evidence, "summary": summary.to_summary}
    forms |= own or {}
    for kind, path in outputs.items():
        refuse_foreign(kind, path)  # the command may have written a file of this name meanwhile
        put = summary.append if kind == "summary" else report.write
        put(path, forms[kind](result))
    return result


def report_to(
    result: Report, outputs: dict[str, Path], own: dict[str, Callable[[Report], str]]
) -> int:
    """Write the report to stdout and to its files; gives its exit code."""
    import shutil
    from dataclasses import replace

    from fieldkit.report import report

    result = replace(result, header=_header(result))
    terminal = sys.stdout.isatty()
    width = max(40, min(shutil.get_terminal_size((report.WIDTH, 24)).columns, 120))
    color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    text = report.to_text(result, width if terminal else report.WIDTH, color=color)
    try:
        print("\n" + text, end="", flush=True)
    except BrokenPipeError:
        # `| head` has closed the pipe: not an error, but Python would raise again on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    written(result, outputs, own)  # last: what was found is said even where a file is in the way
    return result.exit_code


@contextmanager
def shown_progress() -> Iterator[tuple[Callable[[str], None], Callable[[int, int, str], None]]]:
    """A bar on a terminal, plain lines elsewhere; both on stderr."""
    if not sys.stderr.isatty():
        yield say, lambda done, total, what: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    from fieldkit.report.wrapping import fill

    console = Console(stderr=True, highlight=False)
    columns: list[Any] = [TextColumn("{task.description:<20}"), BarColumn(), MofNCompleteColumn()]
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("snapshot", total=None)

        def step(done: int, total: int, what: str) -> None:
            bar.update(task, completed=done, total=total, description=what)

        yield (
            lambda line: console.print(fill(line, console.width), markup=False, soft_wrap=True),
            step,
        )


def say(line: str) -> None:
    """One line, wrapped, on stderr."""
    from fieldkit.report.wrapping import fill

    print(fill(line, 80), file=sys.stderr, flush=True)


def run_recovery() -> int:
    """Restore what killed runs left, a line on stdout for each; gives exit code 0."""
    from fieldkit.runs.journal import recover

    for line in recover():
        print(line)
    return 0
