"""Row: rows a second of `fieldkit govern scan`, beside Presidio's recognizers; and its memory."""

from __future__ import annotations

import json
import random
import sys
from functools import partial
from pathlib import Path

from tests.bench.environments import python_of
from tests.bench.processes import DRIVERS, environment, run
from tests.bench.rows import SLOW, Budget, Contender, Measured, NotMeasured, Plan, refused, row
from tests.fieldkit.pii_set import samples

PRESIDIO = ("presidio-analyzer==2.2.366",)
TEXTS, QUICK_TEXTS = 6_000, 300
ROWS, QUICK_ROWS = 10_000_000, 200_000
PER_ROW, RATE, PEAK = "CPU ms per 1,000 rows", "rows a CPU s", "peak MiB"
TOOK = "wall s"
SCAN = """
import sys, time
from pathlib import Path
from fieldkit.govern.detectors import scan_text
from fieldkit.govern.run import scan
from tests.bench.processes import peak_mib
scan_text("warm up at warm@up.example, é 030 12345678 or GB82WEST12345698765432")
begun, used = time.perf_counter(), time.process_time()
found = scan(Path(sys.argv[1]))
took, used = time.perf_counter() - begun, time.process_time() - used
print(took, used, sum(found.tables.values()), peak_mib(), len(found.failing))
"""


@row("govern", "fieldkit govern scan", decides=[PER_ROW], rounds=SLOW)
def govern(plan: Plan) -> list[Contender]:
    """Short texts of which most hold personal data, in a DuckDB table: the scan of the table,
    against Presidio 2.2.366 with its seven pattern recognizers for the same entities (mail, phone,
    card, IBAN, SSN, IP, URL), no model, in an environment of its own. Both are warm, after one
    text. Promised is 20 times its rows in a CPU second. The other line is a table of 10 million
    rows with an id, an amount, a note, and in every tenth row a mail address: whole, in bounded
    memory.
    """
    texts = [one.text for one in samples(20, QUICK_TEXTS if plan.quick else TEXTS)]
    listed = plan.folder / "texts.json"
    listed.write_text(json.dumps(texts))
    small, large = plan.folder / "texts.duckdb", plan.folder / "large.duckdb"
    _texts(small, texts)
    rows = QUICK_ROWS if plan.quick else ROWS
    _large(large, rows)
    return [
        Contender(f"ours, {len(texts):,} texts", partial(_ours, small), ours=True),
        _presidio(listed, len(texts)),
        Contender(
            f"ours, a table of {rows:,} rows",
            partial(_ours, large),
            ours=True,
            budgets=(Budget(PEAK, median=1_500),),
        ),
    ]


def _texts(path: Path, texts: list[str]) -> None:
    """The texts as a table, in an order of their own, so that no cache is warm for the next."""
    import duckdb

    shuffled = random.Random(1).sample(texts, len(texts))
    with duckdb.connect(str(path)) as con:
        con.execute("create table texts as select unnest(?::varchar[]) as body", [shuffled])


def _large(path: Path, rows: int) -> None:
    import duckdb

    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table orders as select i as order_id, hash(i) % 100000 / 100.0 as amount, "
            "'note ' || i || ' of batch ' || i % 97 as note, case when i % 10 = 0 then 'user' || i "
            "|| '@example.com' end as contact from range(?) r(i)",
            [rows],
        )


def _ours(path: Path) -> Measured:
    told = run([sys.executable, "-c", SCAN, str(path)]).stdout.split()
    took, used, rows, peak, hits = map(float, told)
    assert hits, "found"
    return {PER_ROW: used / rows * 1e6, RATE: rows / used, TOOK: took, PEAK: peak}


def _presidio(listed: Path, count: int) -> Contender:
    name = f"Presidio, {count:,} texts"
    try:
        python = python_of(*PRESIDIO)
    except NotMeasured as error:
        return refused(name, str(error))
    return Contender(name, partial(_theirs, python, listed, count))


def _theirs(python: str, listed: Path, count: int) -> Measured:
    argv = [python, str(DRIVERS / "presidio_spans.py"), str(listed)]
    told = json.loads(run(argv, env=environment(python)).stdout)
    assert sum(map(len, told["spans"])) > count / 2, "found"
    used = told["cpu"]
    return {PER_ROW: used / count * 1e6, RATE: count / used, TOOK: told["seconds"]}
