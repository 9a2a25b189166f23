"""Tells what was measured: tables for the terminal, and docs/benchmarks.md as a whole."""

from __future__ import annotations

import datetime as dt
import os
import platform
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import jinja2

from tests.bench.figures import Ratio, Spread, ratio, spread, verdict
from tests.bench.processes import ROOT, processors
from tests.bench.rows import Budget, Table

TARGET = ROOT / "docs" / "benchmarks.md"
TEMPLATE = Path(__file__).with_name("template.md")
PACKAGES = (
    "operator-workbook", "duckdb", "papermill", "nbclient", "nbformat", "jupyter_client",
    "ipykernel", "ipython", "numpy", "pandas", "matplotlib",
)  # fmt: skip


@dataclass(frozen=True)
class Claim:
    """One of ours held against one of theirs, in a quantity of which less is better."""

    table: Table
    ours: str
    theirs: str
    quantity: str
    ratio: Ratio

    @property
    def verdict(self) -> str:
        """Won, lost, even or open, by the figures alone."""
        return verdict(self.ratio)


def claims(tables: Sequence[Table]) -> list[Claim]:
    """Every one of ours against every other in its table, where the row decides by a quantity."""
    return [
        Claim(table, ours, theirs, quantity, ratio(seen[ours][quantity], seen[theirs][quantity]))
        for table in tables
        for seen in [table.seen]
        for quantity in table.row.decides
        for ours in seen
        if ours in table.ours
        for theirs in seen
        if theirs not in table.ours
    ]


def _about(table: Table) -> str:
    """The row's text, a line for each paragraph."""
    return "\n\n".join(" ".join(part.split()) for part in table.row.about.split("\n\n"))


def shown(table: Table) -> str:
    """A table in Markdown for each of its quantities, then a line for whatever is missing."""
    quantities = dict.fromkeys(q for figures in table.seen.values() for q in figures)
    parts = [_quantity(table, quantity) for quantity in quantities]
    parts += [f"Not measured: {name}: {why}." for name, why in table.missing.items()]
    return "\n\n".join(parts)


def _quantity(table: Table, quantity: str) -> str:
    seen = {n: figures[quantity] for n, figures in table.seen.items() if quantity in figures}
    base = seen.get(table.row.base)
    rows = []
    for name, values in seen.items():
        found = spread(values)
        cells = [name, figure(found.median), _range(found.low, found.high)]
        rows.append(cells + (_ratios(ratio(values, base)) if base else []))
    ratios = ["ratio", "ratio by round"] if base else []
    return markdown([quantity, "median", "min–max", *ratios], rows)


def _ratios(found: Ratio) -> list[str]:
    rounds = found.by_round
    return [f"{found.of_medians:.2f}", f"{rounds.median:.2f} ({_range(rounds.low, rounds.high)})"]


def _range(low: float, high: float) -> str:
    return f"{figure(low)}–{figure(high)}"


def figure(value: float) -> str:
    """A figure with the digits that mean something."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def markdown(head: Sequence[str], rows: Sequence[Sequence[str]], texts: int = 1) -> str:
    """A Markdown table that is also readable as it is; after its columns of text the figures."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]

    def line(cells: Sequence[str]) -> str:
        pairs = list(zip(cells, widths, strict=True))
        left, right = pairs[:texts], pairs[texts:]
        told = [*(c.ljust(w) for c, w in left), *(c.rjust(w) for c, w in right)]
        return f"| {' | '.join(told)} |"

    rule = [f":{'-' * (w - 1)}" if n < texts else f"{'-' * (w - 1)}:" for n, w in enumerate(widths)]
    return "\n".join([line(head), line(rule), *map(line, rows)])


def claimed(found: Sequence[Claim], wanted: str) -> str:
    """The claims with that verdict as a table, in the order of the rows; "" for none."""
    chosen = [claim for claim in found if claim.verdict == wanted]
    rows = [
        [c.ours.removeprefix("ours: "), c.theirs, c.quantity, *_ratios(c.ratio)] for c in chosen
    ]
    return (
        markdown(["ours", "against", "in", "ratio", "ratio by round"], rows, texts=3)
        if rows
        else ""
    )


def budgets(tables: Sequence[Table]) -> list[list[str]]:
    """One line for each budget: what, quantity, median and worst with what was promised, kept."""
    return [line for table in tables for line in _budgets(table)]


def _budgets(table: Table) -> Iterator[list[str]]:
    for name, promised in table.budgets.items():
        for budget in promised:
            if found := _promised(table, name, budget):
                kept = found.median <= budget.median and found.high <= budget.worst
                worst = f" (≤ {budget.worst:g})" if budget.worst < float("inf") else ""
                unit = f", times {budget.of}" if budget.of else ""
                cells = [f"{table.row.name}: {name}", budget.quantity + unit]
                cells += [f"{figure(found.median)} (≤ {budget.median:g})"]
                yield [*cells, figure(found.high) + worst, "kept" if kept else "MISSED"]


def _promised(table: Table, name: str, budget: Budget) -> Spread | None:
    """What was seen of what a budget is about; None where it was not measured."""
    values = table.seen.get(name, {}).get(budget.quantity)
    unit = table.seen.get(budget.of, {}).get(budget.quantity)
    if not values or (budget.of and not unit):
        return None
    return ratio(values, unit).by_round if unit else spread(values)


def budget_table(lines: Sequence[Sequence[str]]) -> str:
    """The budgets as a table; "" for none."""
    return markdown(["budget", "in", "median", "worst", ""], lines, texts=2) if lines else ""


def versions() -> str:
    """What was measured on, in one line without the machine's name."""
    told = [f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in PACKAGES)]
    return f"{platform.system()}, {processors()} processors; {', '.join(told)}"


def load() -> str:
    """How busy the machine is, over the last minute."""
    return f"{os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "unknown"


def page(
    tables: Sequence[Table], not_run: Sequence[str], when: dt.datetime, busy: str, quick: bool
) -> str:
    """docs/benchmarks.md, from nothing but these tables and the template."""
    found, promised = claims(tables), budgets(tables)
    template = jinja2.Environment(
        undefined=jinja2.StrictUndefined, trim_blocks=True, keep_trailing_newline=True
    ).from_string(TEMPLATE.read_text(encoding="utf-8"))
    return template.render(
        tables=[(table, _about(table), shown(table)) for table in tables],
        not_run=not_run,
        when=f"{when:%Y-%m-%d %H:%M} UTC",
        versions=versions(),
        busy=busy,
        quick=quick,
        processors=processors(),
        won=claimed(found, "won"),
        lost=claimed(found, "lost"),
        even=claimed(found, "even"),
        open=claimed(found, "open"),
        missed=budget_table([line for line in promised if line[-1] != "kept"]),
        kept=budget_table([line for line in promised if line[-1] == "kept"]),
    )
