"""Loads exports, whichever they are, and joins what came from several files."""

from __future__ import annotations

from pathlib import Path

from fieldkit.value import bigquery, databricks, snowflake
from fieldkit.value.exports import (
    UNREADABLE,
    Export,
    opened,
    recognised,
    unknown_columns,
    unreadable,
)
from fieldkit.value.logs import Logs

LOADERS = {"bigquery": bigquery.load} | snowflake.LOADERS | databricks.LOADERS


def add(logs: Logs, path: Path) -> Export:
    """Load one export; raises CannotRun with file, nr and what to do."""
    export = recognised(opened(logs.con, path))
    if line := unknown_columns(export):
        logs.notes.append(line)
    assert export.format
    logs.kinds.add(export.format.kind)
    try:
        LOADERS[export.format.kind](logs, export)
    except UNREADABLE as error:
        raise unreadable(path, error) from None
    return export


def finish(logs: Logs) -> None:
    """Join what came from several files, and count a job that stands in two rows once."""
    snowflake.finish(logs)
    databricks.finish(logs)
    _once(logs)
    _failed(logs)
    logs.con.execute(
        "insert into edges select distinct unnest(referenced_tables), written, '', 0 from "
        "(select referenced_tables, unnest(writes) as written from jobs where not failed)"
    )


def _failed(logs: Logs) -> None:
    """A query that failed costs, and may name tables that never were: those are left out."""
    if not logs.con.execute("select 1 from jobs where failed limit 1").fetchall():
        return
    logs.con.execute("""
        update jobs set referenced_tables = list_intersect(referenced_tables, known.names),
            writes = list_intersect(writes, known.names), destination_table = ''
        from (select coalesce(list(distinct name), []) as names from (select unnest(list_concat(
            referenced_tables, writes)) as name from jobs where not failed)) as known
        where failed""")


def _once(logs: Logs) -> None:
    twice = logs.con.execute(
        "select count(*) - count(distinct job_id) from jobs where job_id <> ''"
    ).fetchall()[0][0]
    if not twice:
        return
    first = logs.con.execute("""
        select source, nr, job_id, lag(source || ' row ' || nr) over one as before
        from jobs where job_id <> '' window one as (partition by job_id order by source, nr)
        qualify before is not null order by source, nr limit 1""").fetchall()[0]
    logs.con.execute("""
        create or replace table jobs as select * from jobs qualify job_id is null
        or job_id = '' or 1 = row_number() over (
            partition by job_id order by micro desc nulls last, source, nr)""")
    more = f" ({twice - 1:,} more such rows)" if twice > 1 else ""
    logs.notes.append(
        f"{first[0]} row {first[1]}: job {first[2]} stands in {first[3]} already{more}. Each "
        "is counted once, the dearest of its rows; export without overlap if that is wrong."
    )
