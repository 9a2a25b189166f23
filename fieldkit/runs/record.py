"""What every instrument records of a command and its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import KW_ONLY, dataclass, field

from fieldkit.state.vary import Varying

SEED = 20
Tell = Callable[[str], None]  # gets one line of progress at a time
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
    `unchanged`: a clean run leaves the data as it was, `untouched`: it writes nothing at all;
    `remembers`: the sign that the command remembers something outside its state, or "";
    `unfinished`: why not all of the plan was tried (a signal, the budget), or "".
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
    unchanged: bool = False
    untouched: bool = False
    remembers: str = ""
    unfinished: str = ""
