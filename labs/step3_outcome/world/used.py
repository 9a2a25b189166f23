"""Which tables are used, and why: the truth that checks and page measure with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

import duckdb

from labs.step3_outcome.world.northlight import DELIVERY, PERSON

KEPT_DAYS = 180


def reasons(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Each table or view of the log and the lineage -> why it is used, or "" where it is not.

    Used: in the 180 days before the log's last entry a person, or a delivery account with readers,
    has read it or anything built on it; or an exposure or the register names it or anything
    built on it. Raises ValueError where the lineage has a cycle.
    """
    above = _above(con.execute("select downstream, upstream from lineage").fetchall())
    direct = _direct(con)
    found = dict.fromkeys(_tables(con), "")
    for table, why in direct.items():
        found[table] = why
        for source in sorted(_all_above(table, above)):
            found[source] = found.get(source) or f"{table} is built on it"
    return found


def unused(con: duckdb.DuckDBPyConnection) -> set[str]:
    """The tables that nobody uses."""
    return {table for table, why in reasons(con).items() if not why}


def _tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    query = """select unnest(referenced_tables) from jobs union select destination_table from jobs
        where destination_table <> '' union select downstream from lineage
        union select upstream from lineage order by 1"""
    return [table for (table,) in con.execute(query).fetchall()]


def _direct(con: duckdb.DuckDBPyConnection) -> Mapping[str, str]:
    """Tables that somebody read, or that an exposure or the register names: why it is use."""
    [(last,)] = con.execute("select max(creation_time) from jobs").fetchall()
    kinds = {
        email.lower(): (kind, readers)
        for email, kind, readers in con.execute("from principals").fetchall()
    }
    names = con.execute("select table_name from register order by 1").fetchall()
    seen = {table: "the register names it" for (table,) in names}
    query = "select distinct table_name, name from exposures order by all"
    for table, name in con.execute(query).fetchall():
        seen[table] = f"the exposure {name}"
    query = """select distinct unnest(referenced_tables), lower(user_email) from jobs
        where creation_time >= ? order by all"""
    since = (last or dt.datetime.min) - dt.timedelta(days=KEPT_DAYS if last else 0)
    for table, email in con.execute(query, [since]).fetchall():
        kind, readers = kinds.get(email, ("", 0))
        if kind == PERSON:
            seen[table] = "people read it"
        elif kind == DELIVERY and readers:
            seen.setdefault(table, f"{readers} people get it from {email}")
    return seen


def _above(edges: Iterable[tuple[str, str]]) -> dict[str, set[str]]:
    above: dict[str, set[str]] = {}
    for below, source in edges:
        above.setdefault(below, set()).add(source)
    return above


def _all_above(table: str, above: Mapping[str, set[str]]) -> set[str]:
    """Everything that a table is built on, however far up."""
    found: set[str] = set()
    wave = {table}
    while wave:
        wave = {source for one in wave for source in above.get(one, ())} - found
        if table in wave:
            raise ValueError(f"{table} is built on itself")
        found |= wave
    return found
