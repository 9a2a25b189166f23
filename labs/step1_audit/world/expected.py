"""What the mart has to hold, computed another way: each column by itself from the events."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import duckdb

COLUMNS = {
    "event_date": "date",
    "customer_id": "bigint",
    "country": "varchar",
    "sessions": "bigint",
    "pages": "bigint",
    "referrers": "bigint",
    "last_seen_at": "timestamp",
    "campaigns": "bigint",
    "revenue_cents": "decimal(38, 4)",
}
KEY = ("event_date", "customer_id")
EXPECTED, ACTUAL = "mart_expected", "mart_actual"
MISSING, MORE = "missing", "more"
_DISTINCT = {"sessions": "session_id", "pages": "url", "referrers": "referrer"}


def expect(con: duckdb.DuckDBPyConnection) -> None:
    """Make the temporary table of the rows that a full rebuild gives on what has landed."""
    con.execute("create or replace temp table seen as from lake.events")
    counted = " ".join(
        f"left join (select event_date, customer_id, count(*) as {name} from (select distinct"
        f" event_date, customer_id, {column} from seen where {column} is not null) group by all)"
        f" using (event_date, customer_id)"
        for name, column in _DISTINCT.items()
    )
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    con.execute(f"""
        create or replace temp table {EXPECTED} as
        select {typed} from (
            select days.event_date, days.customer_id,
                (select max(country) from lake.customers c where c.customer_id = days.customer_id)
                    as country,
                coalesce(sessions, 0) as sessions, coalesce(pages, 0) as pages,
                coalesce(referrers, 0) as referrers, last_seen_at,
                coalesce(campaigns, 0) as campaigns, revenue_cents
            from (
                select event_date, customer_id, max(occurred_at) as last_seen_at,
                    sum(coalesce(revenue_cents, 0)) as revenue_cents
                from seen group by all
            ) as days {counted}
            left join (
                select event_date, customer_id, count(*) as campaigns from (
                    select distinct event_date, customer_id, campaign_id
                    from seen, lake.session_campaigns touched
                    where touched.session_id = seen.session_id
                ) group by all
            ) using (event_date, customer_id)
        )""")


def missing_columns(con: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    """The columns of the mart that a table lacks."""
    found = con.execute(f"select column_name from (describe {table})").fetchall()
    return [name for name in COLUMNS if name not in {column for (column,) in found}]


def differences(con: duckdb.DuckDBPyConnection, table: str, truth: str) -> list[dict[str, Any]]:
    """The rows by key in which a table and the truth (a parquet file) differ, oldest first.

    Each has the key, `times` (how often the table has it), and for each column that differs
    `column`, `is` and `was` (the true value). Columns and rows may come in any order.
    """
    typed = ", ".join(f"{name}::{kind} as {name}" for name, kind in COLUMNS.items())
    con.execute(f"create or replace temp table {ACTUAL} as select {typed} from {table}")
    if con.execute(f"from {ACTUAL} order by all").fetchall() == _rows(truth):
        return []
    con.execute(f"create or replace temp table {EXPECTED} as from read_parquet('{truth}')")
    pairs = (
        f"(from {ACTUAL} except all from {EXPECTED})",
        f"(from {EXPECTED} except all from {ACTUAL})",
    )
    keys = ", ".join(KEY)
    changed = con.execute(
        f"select distinct {keys} from (select {keys} from {pairs[0]} union all select {keys}"
        f" from {pairs[1]}) order by {keys}"
    ).fetchall()
    return [_row(con, key) for key in changed[:MOST]] + [_more(key) for key in changed[MOST:]]


MOST = 20


@lru_cache(maxsize=64)
def _rows(truth: str) -> list[tuple[Any, ...]]:
    """The rows of a truth, in order: most tables hold them, and to compare sets takes longer."""
    with duckdb.connect(config={"threads": 1}) as con:
        return con.execute(f"from read_parquet('{truth}') order by all").fetchall()


def _more(key: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip(KEY, key, strict=True)) | {"times": None}


def _row(con: duckdb.DuckDBPyConnection, key: tuple[Any, ...]) -> dict[str, Any]:
    names = list(COLUMNS)
    where = " and ".join(f"{name} is not distinct from ?" for name in KEY)
    told: dict[str, Any] = dict(zip(KEY, key, strict=True))
    sides = [
        con.execute(
            f"select {', '.join(names)} from {table} where {where} order by all", key
        ).fetchall()
        for table in (ACTUAL, EXPECTED)
    ]
    told["times"] = len(sides[0])
    told["true_times"] = len(sides[1])
    if sides[0] and sides[1]:
        pairs = zip(names, sides[0][0], sides[1][0], strict=True)
        name, seen, true = next(((n, a, b) for n, a, b in pairs if a != b), (names[0], None, None))
        told |= {"column": name, "is": seen, "true": true}
    return told
