"""The query log of 180 days: refreshes, tests, a crawler, backups, an extract, and people."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import duckdb
import numpy as np
import pandas as pd

from labs.step3_outcome.world.draws import Ints, whole
from labs.step3_outcome.world.northlight import (
    BACKED_UP,
    BACKUP,
    BI,
    CRAWLER,
    DAYS,
    ETL,
    EXTRACT,
    FIRST,
    MONTH_END,
    TESTS,
    VIEWS,
    people,
    pipelines,
)

HOUR, DAY = 3_600, 86_400
MONTH_ENDS = (26, 57, 87, 118, 148, 179)  # days of the log: 31 July to 31 December
WEEK, CRAWLS = 7, 45  # days between two backups, and between two visits of the crawler
EVERY = {"daily": 1, "weekly": WEEK}
CACHED_PERCENT = 25
CENTS_OF_A_TIB = 625

# One kind of job: who, statement, what it reads, where it writes, seconds at which it ran, cents
Kind = tuple[str, str, Sequence[str], str, Ints, int]


def fill(con: duckdb.DuckDBPyConnection, seed: int, rows: int) -> None:
    """Insert `rows` jobs into the table jobs, in the order of time; at least what is planted."""
    kinds = list(_machines(seed))
    planted = sum(len(kind[4]) for kind in kinds) + len(MONTH_ENDS)
    kinds += _by_people(seed, max(0, rows - planted))
    lookup = pd.DataFrame({
        "kind": range(len(kinds)), "who": [k[0] for k in kinds], "statement": [k[1] for k in kinds],
        "refs": [list(k[2]) for k in kinds], "target": [k[3] for k in kinds],
        "cents": [k[5] for k in kinds], "is_person": ["svc-" not in k[0] for k in kinds],
    })  # fmt: skip
    sizes = [len(kind[4]) for kind in kinds]
    drawn = pd.DataFrame({
        "kind": np.repeat(np.arange(len(kinds)), sizes),
        "second": np.concatenate([kind[4] for kind in kinds]),
        "luck": whole(seed, "luck", sum(sizes), 100),
        "tie": whole(seed, "tie", sum(sizes), 2**31),
    })  # fmt: skip
    _insert(con, lookup, drawn)


def _insert(con: duckdb.DuckDBPyConnection, lookup: pd.DataFrame, drawn: pd.DataFrame) -> None:
    """People's costs are drawn; a cached answer costs nothing."""
    con.register("log_kinds", lookup)
    con.register("log_drawn", drawn)
    con.execute(f"""
        insert into jobs
        select 'job_' || lpad((row_number() over (order by second, tie))::varchar, 6, '0'),
            timestamp '{FIRST}' + to_seconds(second), who, statement, refs, target,
            case when cached then 0 else (1 + cents) * (1::bigint << 40) // {CENTS_OF_A_TIB} end,
            cached, case when cached then 0 else cents end
        from (
            select second, tie, who, statement, refs, target,
                is_person and luck < {CACHED_PERCENT} as cached,
                case when is_person then luck % 7 else cents end as cents
            from log_drawn join log_kinds using (kind)
        ) order by second, tie""")
    con.unregister("log_kinds")
    con.unregister("log_drawn")


def _machines(seed: int) -> Iterator[Kind]:
    """What no person asked for, and the extract, which is read by people."""
    for place, one in enumerate(pipelines().values()):
        days = _days(one.when)
        at = days * DAY + 3 * HOUR + place * 300 + whole(seed, one.name, len(days), 240)
        # A MERGE reads the table that it writes: in the log a refresh looks like a reader.
        yield ETL, "MERGE", (*one.reads, one.table), one.table, at, one.cents
        yield TESTS, "SELECT", (one.table,), "", at + 2 * HOUR, 1
        yield CRAWLER, "SELECT", (one.table,), "", _each(CRAWLS, 22) + place, 1
    for place, view in enumerate(VIEWS):
        yield CRAWLER, "SELECT", (view,), "", _each(CRAWLS, 23) + place, 1
    for place, table in enumerate(BACKED_UP):
        yield BACKUP, "SELECT", (table,), "", _each(WEEK, 1) + place, 4
    yield BI, "SELECT", (EXTRACT,), "", _each(1, 6), 2


def _days(when: str) -> Ints:
    if when == "yearly":
        return np.zeros(0, dtype=np.int64)
    if when == "monthly":
        return np.array(MONTH_ENDS, dtype=np.int64)
    return np.arange(0, DAYS, EVERY[when], dtype=np.int64)


def _each(days: int, hour: int) -> Ints:
    return np.arange(0, DAYS, days, dtype=np.int64) * DAY + hour * HOUR


def _by_people(seed: int, rows: int) -> Iterator[Kind]:
    """Everybody who reads a table does so at least once, between eight and six."""
    tables = {one.table: one.people for one in pipelines().values()}
    tables |= {view: readers for view, (_, readers) in VIEWS.items()}
    pairs = [
        (people()[(start + n) % len(people())], table)
        for (table, readers), start in zip(tables.items(), whole(seed, "who", 99, 60), strict=False)
        for n in range(readers)
    ]
    spread = np.concatenate([np.arange(len(pairs)), whole(seed, "pair", rows, len(pairs))])
    spread = spread[: max(len(pairs), rows)]
    office = whole(seed, "moment", len(spread), 10 * HOUR) + 8 * HOUR
    at = whole(seed, "day", len(spread), DAYS) * DAY + office
    for number, (who, table) in enumerate(pairs):
        yield who, "SELECT", (table,), "", at[spread == number], 0
    closing = np.array(MONTH_ENDS, dtype=np.int64) * DAY + 16 * HOUR
    yield people()[0], "SELECT", (MONTH_END,), "", closing, 0
