"""What the commands share: the learner's workspace, and how lines look in a terminal."""

from __future__ import annotations

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from workbook.progress import Progress
    from workbook.render import Row
    from workbook.workspace import Workspace

WIDTH, NARROW, WIDE = 80, 40, 120  # columns: through a pipe; at least; at most
_COMMAND = re.compile(r"lab\.replay\(|workbook replay ")
Id = Annotated[str, typer.Argument(metavar="ID", help="An exercise, such as load-day.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Seed = Annotated[
    int | None,
    typer.Option(min=0, max=10**18, metavar="N", help="Which world: 0 or more."),
]


def own_home() -> Workspace | None:
    """The learner's workspace, from here or from the checkout; None where there is none yet."""
    from workbook import catalog, workspace

    found = workspace.find(catalog.root())
    return found if found and found.folder.is_dir() else None


def own_progress() -> Progress:
    """The learner's record; in memory where there is no workspace yet."""
    from workbook.progress import Progress

    found = own_home()
    record = Progress(found.progress if found else None)
    if record.notice:
        print(f"workbook: {record.notice}", file=sys.stderr)
    return record


def short(path: Path) -> str:
    """A path as one would type it here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path != here and path.is_relative_to(here) else str(path)


def typed(argument: str) -> str:
    """An argument as one would type it in a shell of this system."""
    return subprocess.list2cmdline([argument]) if os.name == "nt" else shlex.quote(argument)


def columns() -> int:
    """How wide lines may be: as a terminal is; 80 through a pipe."""
    if not sys.stdout.isatty():
        return WIDTH
    return max(NARROW, min(shutil.get_terminal_size().columns, WIDE))


def say_table(rows: Sequence[Row], narrow: Sequence[str]) -> None:
    """Print a table; where it is too wide for the terminal, only its columns `narrow`."""
    from workbook.render import table

    text = table(rows)["text/plain"]
    wide = max(map(len, text.splitlines()), default=0) > columns()
    print(table(rows, narrow)["text/plain"] if wide else text)


def without_bold(text: str) -> str:
    """Markdown without the signs of bold print; a power in code stays one."""
    return re.sub(r"\*\*(?=\S)([^*`]+)(?<=\S)\*\*", r"\1", text)


def say(text: str, verdict: str = "") -> None:
    """Print, long lines wrapped under where their own text begins.

    On a terminal as wide as it is, with the badge of `verdict` in colour; 80 columns elsewhere.
    """
    from workbook.render import coloured

    shows, width = sys.stdout.isatty(), columns()
    for number, line in enumerate(text.splitlines()):
        label = re.match(r"\s+\S+(?: \S+)?\s{2,}|\s*(?:- )?", line)
        # What is under a heading begins with two spaces; so does the rest of the heading.
        under = 2 if verdict and number == 0 else len(label[0]) if label else 0
        wrapped = _wrapped(line, " " * under, width)
        marked = verdict and number == 0 and shows and "NO_COLOR" not in os.environ
        print(coloured(verdict, wrapped) if marked else wrapped)


def _wrapped(line: str, under: str, width: int) -> str:
    if _COMMAND.search(line):  # what is to be copied stays in one piece
        return line
    broken = textwrap.wrap(
        line, width, subsequent_indent=under, break_long_words=False, break_on_hyphens=False
    )
    return "\n".join(broken)


def say_version(wanted: bool) -> None:
    """Say which version this is, and no more, where it is asked for."""
    if wanted:
        print(f"workbook {_version()}")
        raise typer.Exit


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("operator-workbook")
    except metadata.PackageNotFoundError:
        return "of a folder that was not installed"


def paired(argv: Sequence[str]) -> list[str]:
    """Write `-p NAME VALUE`, as papermill has it, as the `-p NAME=VALUE` that the parser knows."""
    given, paired = list(argv), []
    while given:
        paired.append(given.pop(0))
        if paired[-1] == "-p" and len(given) > 1 and "=" not in given[0]:
            paired.append(f"{given.pop(0)}={given.pop(0)}")
    return paired


class End:
    """Ends the process when all else is done, without taking apart what it has imported.

    After pandas that takes Python longer than most checks, and a binding would count its own
    objects on stderr meanwhile. `code`: the exit code, once the command has come to its end.
    """

    code: int | None = None

    def __call__(self) -> None:
        """The last of what runs when Python ends."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        if self.code is not None:
            os._exit(self.code)
