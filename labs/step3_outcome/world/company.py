"""Northlight's tables in one DuckDB connection, made from a seed."""

from __future__ import annotations

from functools import lru_cache

import duckdb

from labs.step3_outcome.world.books import books
from labs.step3_outcome.world.joblog import fill
from labs.step3_outcome.world.northlight import (
    ACCOUNTS,
    EXPOSURES,
    PERSON,
    REGISTER,
    lineage,
    people,
)
from labs.step3_outcome.world.schema import Rows, script

LOG_ROWS = 40_000


def small_tables(seed: int) -> dict[str, Rows]:
    """The rows of every table but the query log."""
    accounts = [{"email": e, "kind": k, "readers": n} for e, (k, n) in ACCOUNTS.items()]
    colleagues = [{"email": email, "kind": PERSON, "readers": 1} for email in people()]
    edges = [{"downstream": below, "upstream": above} for below, above in lineage()]
    kept: dict[str, Rows] = {"principals": accounts + colleagues, "lineage": edges}
    return kept | {"exposures": EXPOSURES, "register": REGISTER} | books(seed)


@lru_cache(maxsize=8)
def company(seed: int, log_rows: int = LOG_ROWS) -> duckdb.DuckDBPyConnection:
    """The company of a seed; whoever gets it reads it only (a cursor each: `.cursor()`)."""
    return made(seed, log_rows)


def made(seed: int, log_rows: int = LOG_ROWS) -> duckdb.DuckDBPyConnection:
    """The company of a seed, new."""
    con = duckdb.connect(config={"threads": 1})
    con.execute(script(small_tables(seed)))
    fill(con, seed, log_rows)
    con.execute("set enable_external_access = false")
    return con
