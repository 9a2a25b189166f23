"""Rows of the benchmark: contenders that are measured in turns, and what the turns gave."""

from __future__ import annotations

import inspect
import sys
import tempfile
import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.figures import ENOUGH, rotated

ROUNDS = 5  # unless told otherwise
SLOW = ENOUGH  # rounds of a row that takes minutes
Measured = Mapping[str, float]  # a quantity with its unit -> its value


class NotMeasured(Exception):
    """A contender cannot be measured; says why in words that may be published."""


@dataclass(frozen=True)
class Budget:
    """What we promised of a quantity: its median over the rounds, and its worst.

    `of`: the contender whose figure is the unit; the promise is then about the rounds' ratios.
    """

    quantity: str
    median: float
    worst: float = float("inf")
    of: str = ""


@dataclass(frozen=True)
class Contender:
    """One thing to measure; `measure` does it once. `ours`: whether it is one of ours."""

    name: str
    measure: Callable[[], Measured]
    ours: bool = False
    budgets: tuple[Budget, ...] = ()


@dataclass(frozen=True)
class Plan:
    """How a row is to be prepared: where it may put its files, and whether small sizes will do."""

    folder: Path
    quick: bool = False


@dataclass(frozen=True)
class Row:
    """One row of the benchmark.

    `about`: its text, the preparing function's docstring. `base`: the contender that the others'
    ratios are to. `decides`: quantities in which ours are held against others', less is better.
    `rounds`: how many, unless told otherwise; `warm`: each contender runs once before the first.
    """

    name: str
    title: str
    about: str
    prepare: Callable[[Plan], Sequence[Contender]]
    base: str = ""
    decides: tuple[str, ...] = ()
    rounds: int = ROUNDS
    warm: bool = False


@dataclass
class Table:
    """What the rounds of a row gave: contender -> quantity -> one value a round."""

    row: Row
    rounds: int
    seen: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    ours: set[str] = field(default_factory=set)
    budgets: dict[str, tuple[Budget, ...]] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)


def row(
    name: str,
    title: str,
    *,
    base: str = "",
    decides: Sequence[str] = (),
    rounds: int = ROUNDS,
    warm: bool = False,
) -> Callable[[Callable[[Plan], Sequence[Contender]]], Row]:
    """Make a row of the function that prepares its contenders; its docstring is the row's text."""

    def made(prepare: Callable[[Plan], Sequence[Contender]]) -> Row:
        about = inspect.getdoc(prepare) or ""
        return Row(name, title, about, prepare, base, tuple(decides), rounds, warm)

    return made


def refused(name: str, why: str) -> Contender:
    """A contender that could not be prepared: its table says why."""

    def measure() -> Measured:
        raise NotMeasured(why)

    return Contender(name, measure)


def measured(row: Row, rounds: int = 0, *, quick: bool = False) -> Table:
    """Measure a row: every contender once per round, in another order each time.

    `rounds`: 0 for as many as the row wants.
    """
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        contenders = list(row.prepare(Plan(Path(folder), quick)))
        table = Table(row, rounds or row.rounds)
        table.ours = {one.name for one in contenders if one.ours}
        table.budgets = {one.name: one.budgets for one in contenders if one.budgets}
        if row.warm:
            for one in contenders:
                _once(one, Table(row, 1, missing=table.missing))
        for number in range(table.rounds):
            for one in rotated(contenders, number):
                _once(one, table)
    table.seen = {c.name: table.seen[c.name] for c in contenders if c.name in table.seen}
    return table


def _once(contender: Contender, table: Table) -> None:
    """One measurement; a contender that fails leaves the table, which then says why."""
    name = contender.name
    if name in table.missing:
        return
    try:
        found = contender.measure()
    except Exception as error:
        told = isinstance(error, NotMeasured)
        table.missing[name] = str(error) if told else f"failed with {type(error).__name__}"
        table.seen.pop(name, None)
        traceback.print_exc(file=sys.stderr)
        return
    for quantity, value in found.items():
        table.seen.setdefault(name, {}).setdefault(quantity, []).append(value)
