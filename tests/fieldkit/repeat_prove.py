"""Proves the same pipelines over and over on a loaded machine: counts how often each verdict comes.

Run it: python -m tests.fieldkit.repeat_prove --times 20
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.prove.found import Proof
from fieldkit.prove.run import Settings, prove
from tests.fieldkit.pipelines import PLANTED, command, state
from tests.fieldkit.test_real_software import DLT, dbt_project, warehouse

BUSY = "while True: pass"
CHECKPOINT_AND_MERGE = """
for day in (1, 2, 3):
    if not done(day):
        con.execute("begin")
        con.execute("insert or replace into keyed select (? * 100 + i)::varchar, i * 1.5 "
            "from range(20) r(i)", [day])
        pause()
        con.execute("insert into load_state values (?)", [day])
        con.execute("commit")
"""
FEW, DEFAULT = (1, 4), (3, 20)  # reruns and kills
# A download that a next run keeps; a bookmark before its rows; a refresh whose rerun believes it.
DOWNLOAD = """
place = folder / "orders" / "new.csv"
if not place.exists():
    with place.open("w") as out:
        out.write("id,amount\\n" + "".join(lines(1)[:10]))
        out.flush()
        pause()
        out.write("".join(lines(1)[10:]))
"""
BOOKMARK = """
(last,) = con.execute("select max(day) from load_state").fetchone()
for day in range(last + 1, 3):
    con.execute("insert into load_state values (?)", [day])
    pause()
    con.execute("begin")
    con.executemany("insert into orders values (?, ?, ?)", [r for r in rows if r[1] == day])
    con.execute("commit")
"""
EMPTIED = """
if con.execute("select count(*) from orders where id <> 7").fetchone()[0]:
    con.execute("delete from orders")
    pause()
    con.execute("begin")
    con.executemany("insert into orders values (7, ?, ?)", [r[1:] for r in rows])
    con.execute("commit")
"""


def planted(kind: str, script: str, effort: tuple[int, int]) -> Callable[[Path, int], Proof]:
    """A proof of a small script."""

    def once(folder: Path, seed: int) -> Proof:
        place = state(kind, folder / "state")
        argv = command(kind, script, folder)
        return prove(argv, [place], settings=Settings(*effort, seed=seed))

    return once


def dlt(folder: Path, seed: int) -> Proof:
    """A merge by dlt, its working folder a second state."""
    place = warehouse(folder / "state")
    (folder / "load.py").write_text(DLT)
    (folder / "work").mkdir()
    argv = [sys.executable, str(folder / "load.py"), "{state}", "merge", "{state2}"]
    return prove(argv, [place, folder / "work"], settings=Settings(1, 3, seed=seed, preset="dlt"))


def dbt(folder: Path, seed: int) -> Proof:
    """An incremental merge by dbt."""
    place = warehouse(folder / "state")
    dbt_project(folder)
    argv = [str(Path(sys.executable).with_name("dbt")), "-q", "run", "--profiles-dir", "."]
    return prove(argv, [place], settings=Settings(1, 3, seed=seed, preset="dbt"))


def unpaused(script: str) -> str:
    """The same without a pause between the two commits: the window is what the engine takes."""
    return script.replace("pause()", "pass")


FIRST, AFTER = PLANTED["checkpoint-first"][1], PLANTED["checkpoint-after"][1]
#  name: (expected verdict, one proof)
PIPELINES: dict[str, tuple[str, Callable[[Path, int], Proof]]] = {
    "checkpoint and merge": ("PROVED", planted("duckdb", CHECKPOINT_AND_MERGE, FEW)),
    "partitions renamed": ("PROVED", planted("folder", PLANTED["file-renamed"][1], FEW)),
    "dlt merge": ("PROVED", dlt),
    "dbt merge": ("PROVED", dbt),
    **{
        f"{name}, 4 kills": ("REFUTED", planted(kind, script, FEW))
        for name, kind, script in (
            ("move", "sqlite", PLANTED["move-without-transaction"][1]),
            ("file in place", "folder", PLANTED["file-in-place"][1]),
            ("download kept", "folder", DOWNLOAD),
            ("bookmark first", "sqlite", BOOKMARK),
            ("emptied", "sqlite", EMPTIED),
            ("checkpoint first", "duckdb", FIRST),
            ("checkpoint after", "duckdb", AFTER),
        )
    },
    "merge, 4 kills": ("PROVED", planted("sqlite", PLANTED["merge"][1], FEW)),
    "checkpoint first": ("REFUTED", planted("duckdb", FIRST, DEFAULT)),
    "checkpoint after": ("REFUTED", planted("duckdb", AFTER, DEFAULT)),
    "checkpoint first, no pause": ("REFUTED", planted("duckdb", unpaused(FIRST), DEFAULT)),
    "checkpoint after, no pause": ("REFUTED", planted("duckdb", unpaused(AFTER), DEFAULT)),
}


def attempt(name: str, seed: int) -> str:
    """The verdict of one proof; what was in the way where there is none."""
    with tempfile.TemporaryDirectory() as folder, chdir(folder):
        os.environ["FIELDKIT_HOME"] = f"{folder}/home"
        try:
            proof = PIPELINES[name][1](Path(folder), seed)
        except CannotRun as error:
            return f"CANNOT RUN: {error}"
    if proof.verdict != PIPELINES[name][0]:
        print(f"{name}, seed {seed}: {proof}", flush=True)
    return proof.verdict


@contextmanager
def loaded(count: int) -> Iterator[None]:
    """Keep so many cores busy."""
    loops = [subprocess.Popen([sys.executable, "-c", BUSY]) for _ in range(count)]
    try:
        yield
    finally:
        for one in loops:
            one.kill()
            one.wait()


def main() -> int:
    """Print the count of verdicts for each pipeline; exit code 1 if one is not as expected."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--slow-times", type=int, default=20, help="for dlt and dbt")
    parser.add_argument("--busy", type=int, default=2, help="loops that keep the cores loaded")
    parser.add_argument("--only", action="append", choices=PIPELINES)
    given = parser.parse_args()
    os.environ |= {"RUNTIME__DLTHUB_TELEMETRY": "false", "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    took: Counter[str] = Counter()
    with loaded(given.busy):
        for seed in range(max(given.times, given.slow_times)):
            for name in given.only or PIPELINES:
                if seed < (given.slow_times if name[:4] in ("dlt ", "dbt ") else given.times):
                    begun = time.perf_counter()
                    seen[name][attempt(name, seed)] += 1
                    took[name] += int(1000 * (time.perf_counter() - begun))
            print(f"after {seed + 1}: {dict(seen)}", flush=True)
    for name, verdicts in seen.items():
        told = ", ".join(f"{count} {verdict}" for verdict, count in verdicts.most_common())
        each = took[name] / 1000 / verdicts.total()
        print(f"{name:<28} expected {PIPELINES[name][0]:<8} {told}  ({each:.1f} s each)")
    return any(set(verdicts) != {PIPELINES[name][0]} for name, verdicts in seen.items())


if __name__ == "__main__":
    sys.exit(main())
