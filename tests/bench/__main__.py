"""Measures what users wait for and what graders cost; writes docs/benchmarks.md: `make bench`."""

from __future__ import annotations

import argparse
import datetime as dt
import os
import sys
import time
from collections.abc import Sequence

from tests.bench import (
    audit,
    company,
    crowd,
    engine,
    govern,
    graders,
    guard,
    outside,
    page_runs,
    prove,
    report,
    value,
)
from tests.bench.processes import LEFT_OUT
from tests.bench.rows import ROUNDS, SLOW, Row, Table, measured

ROWS: dict[str, Row] = {
    row.name: row
    for row in (
        engine.imports,
        engine.first_cell,
        engine.checks,
        outside.outside,
        outside.learner,
        crowd.crowd,
        page_runs.as_they_are,
        page_runs.five,
        graders.graders,
        company.company,
        prove.prove,
        prove.upserts,
        guard.guard,
        govern.govern,
        value.value,
        audit.audit,
    )
}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and tell; exit code 1 only if one of ours could not be measured."""
    given = _arguments(argv)
    for name in LEFT_OUT:  # of this process, too: checks are measured in it
        os.environ.pop(name, None)
    when, busy = dt.datetime.now(dt.UTC), report.load()
    chosen = [ROWS[name] for name in given.only or ROWS]
    tables = [_row(row, given.rounds or _quick(row, given.quick), given.quick) for row in chosen]
    _tell(tables)
    if given.write or _full(given):
        left = [row.title for row in ROWS.values() if row not in chosen]
        text = report.page(tables, left, when, busy, given.quick)
        report.TARGET.write_text(text, encoding="utf-8")
        print(f"written: docs/{report.TARGET.name}")
    return int(any(name in table.ours for table in tables for name in table.missing))


def _arguments(argv: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m tests.bench", description=__doc__)
    parser.add_argument(
        "--rounds",
        type=int,
        default=0,
        help=f"rounds of every row ({ROUNDS}, or {SLOW} of a slow one)",
    )
    parser.add_argument(
        "--quick", action="store_true", help="one or two rounds, small sizes: to try it"
    )
    parser.add_argument("--only", nargs="+", metavar="NAME", choices=ROWS, help=", ".join(ROWS))
    parser.add_argument("--write", action="store_true", help="write the file from what was run")
    return parser.parse_args(argv)


def _full(given: argparse.Namespace) -> bool:
    return not (given.only or given.quick) and given.rounds in (0, *range(ROUNDS, 1000))


def _quick(row: Row, quick: bool) -> int:
    """Rounds of a quick run; 0, as many as the row wants, for any other."""
    return (1 if row.rounds < ROUNDS else 2) if quick else 0


def _row(row: Row, rounds: int, quick: bool) -> Table:
    print(f"\n{row.title} …", file=sys.stderr, flush=True)
    began = time.perf_counter()
    table = measured(row, rounds, quick=quick)
    took = time.perf_counter() - began
    print(
        f"\n{row.title}: {table.rounds} rounds, {took:.0f} s\n\n{report.shown(table)}", flush=True
    )
    return table


def _tell(tables: Sequence[Table]) -> None:
    found = report.claims(tables)
    for verdict in ("lost", "won", "even", "open"):
        if told := report.claimed(found, verdict):
            print(f"\n{verdict}\n\n{told}")
    if told := report.budget_table(report.budgets(tables)):
        print(f"\npromised\n\n{told}")


if __name__ == "__main__":
    sys.exit(main())
