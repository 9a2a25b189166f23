"""Row: time and memory that Northlight Supply's orders take, in a fresh process."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from functools import partial

from tests.bench.processes import peak_mib, run
from tests.bench.rows import Contender, Measured, Plan, row

DAYS = 20
SIZES, QUICK = (1_000_000, 10_000_000), (100_000, 1_000_000)


@row("company", "The company generator")
def company(plan: Plan) -> list[Contender]:
    """Writes that many orders (and up to a tenth more: weeks have a rhythm) to a DuckDB file, in a
    process of its own: seconds within the process, rows a second, and the process's peak memory.
    """
    sizes = QUICK if plan.quick else SIZES
    return [Contender(f"{n:,} orders", partial(_apart, n), ours=True) for n in sizes]


def _apart(orders: int) -> Measured:
    done = run([sys.executable, "-m", "tests.bench.company", str(orders)])
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(orders: int) -> dict[str, float]:
    """Create the orders in this process."""
    import duckdb

    from labs.company import Company

    company = Company(seed=7, days=DAYS, orders_per_day=max(1, orders // DAYS))
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/c.duckdb") as con:
        begin = time.perf_counter()
        rows = company.create(con, "orders")
        seconds = time.perf_counter() - begin
    return {"wall s": seconds, "million rows a s": rows / seconds / 1e6, "peak MiB": peak_mib()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
