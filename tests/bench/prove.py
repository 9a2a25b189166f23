"""Row: what `fieldkit prove` costs beside the runs of the command itself, and its memory."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from tests.bench.processes import environment, peak_mib, run
from tests.bench.rows import SLOW, Budget, Contender, Measured, Plan, row

SIZES, QUICK = (1_000_000, 10_000_000), (100_000, 1_000_000)
OVERHEAD = "overhead %"
ON_DISK = "all copies on disk"
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


@row("prove", "fieldkit prove", rounds=SLOW)
def prove(plan: Plan) -> list[Contender]:
    """`fieldkit prove` on a load that replaces a day of that many rows in a DuckDB file: two clean
    runs, two reruns, four kills. Overhead is what the proof takes beyond the command's own runs
    (copies, fingerprints of every table, comparisons), in percent of them; the promise is below
    10 % at 10 million rows. The command's own memory is not in the peak.
    """
    sizes = QUICK if plan.quick else SIZES
    return [_contender(rows) for rows in sizes]


UPSERTS = """
import sqlite3, sys
con = sqlite3.connect(sys.argv[1], isolation_level=None)
for at in range(0, 20000, 10):
    con.execute("begin")
    con.executemany("insert into orders values (?, ?, ?) on conflict (id) do update set "
        "day = excluded.day, amount = excluded.amount",
        [(i, i % 30, i * 1.5) for i in range(at, at + 10)])
    con.execute("commit")
"""


@row("prove-upserts", "fieldkit prove on many small commits", rounds=SLOW)
def upserts(plan: Plan) -> list[Contender]:
    """`fieldkit prove` on 20,000 rows that go into a SQLite file by upserts, ten in a transaction:
    two clean runs, one rerun, four kills. Each commit waits for the disk; a kill shows nothing
    about that, so such a command is tried with its copies in memory, after a first run on disk.
    Where FIELDKIT_HOME names the place of all copies, they stay there.
    """
    return [
        Contender(name, partial(_upserts, plan.folder / name.replace(" ", "-"), name == ON_DISK),
                  ours=True)
        for name in (ON_DISK, "copies in memory")
    ]  # fmt: skip


def _upserts(folder: Path, on_disk: bool) -> Measured:
    import sqlite3

    folder.mkdir(exist_ok=True)
    place, script = folder / "w.sqlite", folder / "load.py"
    place.unlink(missing_ok=True)
    with sqlite3.connect(place) as con:
        con.execute("create table orders (id integer primary key, day integer, amount real)")
    script.write_text(UPSERTS)
    home = {"FIELDKIT_HOME" if on_disk else "XDG_STATE_HOME": str(folder)}
    command = "from fieldkit.cli import main; main()"
    argv = [sys.executable, "-c", command, "prove", "--state", str(place)]
    argv += ["--reruns", "1", "--kills", "4", "--", sys.executable, "-I", "-S", str(script)]
    begun = time.perf_counter()
    done = run([*argv, "{state}"], env=environment(**home))
    assert done.stdout.startswith("\nPROVED: "), done.stdout
    return {"wall s": time.perf_counter() - begun}


def _contender(rows: int) -> Contender:
    promised = (Budget(OVERHEAD, median=10),) if rows == max(SIZES) else ()
    return Contender(f"{rows:,} rows", partial(_apart, rows), ours=True, budgets=promised)


def _apart(rows: int) -> Measured:
    done = run([sys.executable, "-m", "tests.bench.prove", str(rows)])
    figures: dict[str, float] = json.loads(done.stdout)
    return figures


def measure(rows: int) -> dict[str, float]:
    """A proof in this process, with the command's runs in it timed."""
    from fieldkit.runs.command import Command

    took: list[float] = []
    run_command = Command.run

    def timed(self, *arguments):  # type: ignore[no-untyped-def]
        ran = run_command(self, *arguments)
        took.append(ran.seconds)
        return ran

    Command.run = timed  # type: ignore[method-assign]
    wall = _proved(rows)
    runs = sum(took)
    told = {"wall s": wall, "of it the command's own runs, wall s": runs}
    return told | {OVERHEAD: (wall - runs) / runs * 100, "peak MiB": peak_mib()}


def _proved(rows: int) -> float:
    """Wall seconds of a proof that ends with PROVED."""
    import duckdb

    from fieldkit.prove.run import Settings, prove

    with tempfile.TemporaryDirectory() as folder:
        place, script = Path(folder) / "w.duckdb", Path(folder) / "load.py"
        with duckdb.connect(str(place)) as con:
            con.execute(
                "create table orders "
                "(id bigint, product int, amount double, customer text, day int)"
            )
        script.write_text(LOAD)
        begun = time.perf_counter()
        argv = [sys.executable, str(script), "{state}", str(rows)]
        proof = prove(argv, [place], settings=Settings(reruns=2, kills=4))
        wall = time.perf_counter() - begun
    assert proof.verdict == "PROVED", proof
    return wall


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]))))
