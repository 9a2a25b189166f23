"""What `fieldkit prove` costs beside the runs of the command itself, and its memory."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb

from fieldkit.command import Command
from fieldkit.prove import Settings, prove

LOAD = """
import duckdb, sys
rows, con = int(sys.argv[2]), duckdb.connect(sys.argv[1])
con.execute("set threads = 2")
con.execute("begin")
con.execute("delete from orders where day = 1")
con.execute("insert into orders select i, hash(i) % 5000, hash(i + 1) % 100000 / 100.0, "
    "'customer ' || hash(i) % 100000, 1 from range(?) r(i)", [rows])
con.execute("create or replace table daily as select customer, sum(amount) as revenue, "
    "count(distinct product) as products from orders group by 1")
con.execute("commit")
"""


def measured(rows: int) -> dict[str, float]:
    """Wall seconds of a proof and of the command's runs in it, and this process's peak MiB."""
    took: list[float] = []
    run = Command.run

    def timed(self, *arguments):  # type: ignore[no-untyped-def]
        ran = run(self, *arguments)
        took.append(ran.seconds)
        return ran

    Command.run = timed  # type: ignore[method-assign]
    try:
        with tempfile.TemporaryDirectory() as folder:
            place, script = Path(folder) / "w.duckdb", Path(folder) / "load.py"
            with duckdb.connect(str(place)) as con:
                con.execute(
                    "create table orders (id bigint, product int, amount double, customer text, "
                    "day int)"
                )
            script.write_text(LOAD)
            begun = time.perf_counter()
            argv = [sys.executable, str(script), "{state}", str(rows)]
            proof = prove(argv, [place], settings=Settings(reruns=2, kills=4))
            wall = time.perf_counter() - begun
    finally:
        Command.run = run  # type: ignore[method-assign]
    assert proof.verdict == "PROVED", proof
    return {"wall": wall, "runs": sum(took), "peak_mib": _peak_mib()}


def _peak_mib() -> float:
    status = Path("/proc/self/status")
    if status.exists():  # ru_maxrss would begin with that of the parent
        line = next(one for one in status.read_text().splitlines() if one.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    found = measured(int(sys.argv[1]))
    extra = (found["wall"] - found["runs"]) / found["runs"]
    print(
        f"prove, {int(sys.argv[1]):,} rows: {found['wall']:.1f} s, of which the command "
        f"{found['runs']:.1f} s: overhead {extra:.1%}, peak {found['peak_mib']:.0f} MiB"
    )
