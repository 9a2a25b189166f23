"""What every instrument writes down of a command and its state, and the words it is told in."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field

from fieldkit.vary import Varying

SEED = 20
Tell = Callable[[str], None]  # hears a line at a time
Progress = Callable[[int, int, str], None]  # done, of, what


@dataclass(frozen=True)
class TableInfo:
    """Rows of a table before the run and after it; `note`: why it is left out, or in part."""

    name: str
    before: int | None
    after: int | None
    note: str = ""


@dataclass
class Record:
    """A command, its states, and what its clean runs were like; seconds throughout.

    `left_out`: what is not compared; `rounded`: tables that differ in the last digits of
    floating-point values only; `varying`: tables that two clean runs leave differently;
    `remembers`: how the command shows that it remembers something outside its state, or "".
    """

    command: str
    states: Sequence[str]
    seed: int
    _: KW_ONLY
    seconds: float = 0.0
    clean_seconds: float = 0.0
    tables: list[TableInfo] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    rounded: set[str] = field(default_factory=set)
    varying: list[Varying] = field(default_factory=list)
    remembers: str = ""


def minutes(seconds: float) -> str:
    """A duration as one says it."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def written(command: Sequence[str]) -> str:
    """A command as one types it; what stands for a place is not quoted."""
    return re.sub(r"'(\{\w+\})'", r"\1", shlex.join(command))


def plural(count: int, what: str) -> str:
    """A count with its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"
