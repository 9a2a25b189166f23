"""Row: what `fieldkit guard` adds to a job of a second, on states of two sizes."""

from __future__ import annotations

import shutil
import sqlite3
import sys
import time
from functools import partial
from pathlib import Path

from tests.bench.processes import CPU, WALL, cost, run
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
IN_SQLITE = 200_000
LITE_ROWS = (
    "with recursive r(i) as (select {0} union all select i + 1 from r where i + 1 < {1}) select i "
    "as order_id, i * 7919 % 5000 as customer, i * 104729 % 100000 / 100.0 as amount, 'card' as "
    "method, '2026-11-02' as day from r"
)
LITE = f"""
import sqlite3, sys, time
begun = time.perf_counter()
with sqlite3.connect(sys.argv[1]) as con:
    con.execute("insert into orders {LITE_ROWS.format(IN_SQLITE, IN_SQLITE + 2000)}")
time.sleep(max(0, 1 - (time.perf_counter() - begun)))
"""
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
            partial(_guarded, plan.folder, f"{rows}.duckdb", "job.py"),
            ours=True,
            budgets=(Budget(ADDED, median=3),) if rows == min(SIZES) else (),
        )
        for rows, size in states.items()
    ]
    return [
        Contender("the job alone", partial(_alone, plan.folder, min(sizes))),
        *guarded,
        _sqlite(plan.folder),
    ]


def _sqlite(folder: Path) -> Contender:
    """A SQLite table without key: each row is hashed in Python, so it costs more than DuckDB."""
    (folder / "lite.py").write_text(LITE)
    with sqlite3.connect(folder / "start.db") as con:
        con.execute(f"create table orders as {LITE_ROWS.format(0, IN_SQLITE)}")
    name = f"guarded, SQLite, {IN_SQLITE:,} rows"
    # CPU: what the hashes cost; wall time follows whatever else the machine does.
    budgets = (Budget(CPU, median=3),)
    return Contender(
        name, partial(_guarded, folder, "start.db", "lite.py"), ours=True, budgets=budgets
    )


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


def _guarded(folder: Path, start: str, job: str) -> Measured:
    """A script that loads a copy of a state, under the guard."""
    place = shutil.copyfile(folder / start, folder / f"guarded{Path(start).suffix}")
    shutil.rmtree(folder / f"{place.name}.guard", ignore_errors=True)
    options = ["--policy", str(folder / "policy.yml"), "--state", str(place)]
    command = [sys.executable, str(folder / job), "{state}"]
    begun = time.time() - 1
    found = cost(partial(run, [sys.executable, "-c", GUARD, "guard", *options, "--", *command]))
    assert (folder / f"{place.name}.as_of.json").stat().st_mtime > begun, "published"
    return {**found, ADDED: found[WALL] - 1}
