"""Row: what `fieldkit guard` adds to a job of a second, on states of two sizes."""

from __future__ import annotations

import shutil
import sys
import time
from functools import partial
from pathlib import Path

from tests.bench.processes import WALL, cost, run
from tests.bench.rows import Budget, Contender, Measured, Plan, row

SIZES, QUICK = (5_000_000, 20_000_000), (200_000, 2_000_000)  # rows: about 50 and 200 MB
ADDED = "added by guard, wall s"
JOB = """
import duckdb, sys, time
begun, con = time.perf_counter(), duckdb.connect(sys.argv[1])
con.execute("set threads = 2")
con.execute("insert into orders select i, hash(i) % 5000, hash(i + 1) % 100000 / 100.0, "
    "case hash(i) % 3 when 0 then 'card' when 1 then 'invoice' else 'wallet' end, "
    "timestamp '2026-11-01' + to_days(1) from range(20000) r(i)")
con.close()
time.sleep(max(0, 1 - (time.perf_counter() - begun)))
"""
POLICY = "tables: {orders: {fresh: day, rules: {amount: '>= 0'}}}\n"
GUARD = "from fieldkit.cli import main; main()"


@row("guard", "fieldkit guard", base="the job alone")
def guard(plan: Plan) -> list[Contender]:
    """A job that appends 20,000 rows to a DuckDB file and takes a second, alone and guarded: the
    state is copied, the new rows are found and profiled, judged, and the copy is put in its place.
    What is added is wall time beyond the job's second, the start of both interpreters included; the
    promise is 3 s at 5 million rows. Of the rows, all are read, and only the new ones profiled.
    """
    sizes = QUICK if plan.quick else SIZES
    (plan.folder / "job.py").write_text(JOB)
    (plan.folder / "policy.yml").write_text(POLICY)
    states = {rows: _state(plan.folder / f"{rows}.duckdb", rows) for rows in sizes}
    guarded = [
        Contender(
            f"guarded, {rows:,} rows ({size / 1e6:.0f} MB)",
            partial(_guarded, plan.folder, rows),
            ours=True,
            budgets=(Budget(ADDED, median=3),) if rows == min(SIZES) else (),
        )
        for rows, size in states.items()
    ]
    return [Contender("the job alone", partial(_alone, plan.folder, min(sizes))), *guarded]


def _state(path: Path, rows: int) -> int:
    """A warehouse of so many rows; gives its bytes."""
    import duckdb

    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table orders as select i as order_id, (hash(i) % 5000)::int as customer, "
            "hash(i + 1) / 1e17 as amount, "
            "case hash(i) % 3 when 0 then 'card' when 1 then 'invoice' else 'wallet' end as method,"
            " timestamp '2026-01-01' + to_days((i * 300 // ?)::int) as day from range(?) r(i)",
            [rows, rows],
        )
    return path.stat().st_size


def _alone(folder: Path, rows: int) -> Measured:
    place = shutil.copyfile(folder / f"{rows}.duckdb", folder / "alone.duckdb")
    return cost(partial(run, [sys.executable, str(folder / "job.py"), str(place)]))


def _guarded(folder: Path, rows: int) -> Measured:
    place = shutil.copyfile(folder / f"{rows}.duckdb", folder / "guarded.duckdb")
    shutil.rmtree(folder / "guarded.duckdb.guard", ignore_errors=True)
    options = ["--policy", str(folder / "policy.yml"), "--state", str(place)]
    job = [sys.executable, str(folder / "job.py"), "{state}"]
    begun = time.time() - 1
    found = cost(partial(run, [sys.executable, "-c", GUARD, "guard", *options, "--", *job]))
    assert (folder / "guarded.duckdb.as_of.json").stat().st_mtime > begun, "published"
    return {**found, ADDED: found[WALL] - 1}
