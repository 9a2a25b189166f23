"""Time and memory that Northlight Supply's orders take at full size, in a fresh process."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

DAYS = 20


def peak_rss_mib() -> float:
    """Peak resident memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike getrusage, this does not count what the parent held before the exec.
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    # Bytes here: the systems without /proc that have getrusage are the BSD family's.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2


def measure(orders: int, folder: str) -> dict[str, float]:
    """Create the orders in a database file inside folder, in this process."""
    import duckdb

    from labs.company import Company

    company = Company(seed=7, days=DAYS, orders_per_day=max(1, orders // DAYS))
    with duckdb.connect(f"{folder}/company.duckdb") as con:
        begin = time.perf_counter()
        rows = company.create(con, "orders")
        seconds = time.perf_counter() - begin
    return {"seconds": seconds, "peak_rss_mib": peak_rss_mib(), "rows": rows}


def main(orders: int = 10_000_000) -> dict[str, float]:
    """Seconds to create about that many orders, peak_rss_mib of the process, and rows written."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, __file__, "--child", str(orders), folder]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        print(json.dumps(measure(int(sys.argv[2]), sys.argv[3])))
    else:
        figures = main(*map(int, sys.argv[1:2]))
        print(
            f"company orders: {figures['rows']:,} rows in {figures['seconds']:.1f} s, "
            f"peak {figures['peak_rss_mib']:,.0f} MiB"
        )
