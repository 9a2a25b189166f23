"""What the commands share: the learner's workspace, and how lines look in a terminal."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from workbook.progress import Progress
    from workbook.workspace import Workspace

WIDTH = 80
_UNBROKEN = "\x00"  # stands for a space at which a line must not be broken
Id = Annotated[str, typer.Argument(metavar="ID", help="An exercise, such as load-day.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
Seed = Annotated[int | None, typer.Option(min=0, metavar="N", help="Which world: 0 or more.")]


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


def say(text: str) -> None:
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
