"""Snowflake's exports: who accessed what, and a warehouse's credits shared among its queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldkit.value.exports import Export, text_of
from fieldkit.value.logs import MILLION, Logs, not_a_list, not_a_number, not_a_time, time_of

PARTS = {
    "access": "source varchar, nr bigint, id varchar, seen timestamp, account varchar, "
    "reads varchar[], writes varchar[]",
    "history": "id varchar, account varchar, warehouse varchar, began timestamp, ended timestamp, "
    "source varchar, nr bigint",
    "metering": "warehouse varchar, hour timestamp, credits double",
    "attribution": "id varchar, credits double",
}
# Each hour's credits go to the queries that ran in it, by their milliseconds. Whole billionths of
# a credit, as the order in which floats are added would show in the last cent.
SHARED = """
create or replace temp table spent as
with hours as (
    select *, unnest(generate_series(date_trunc('hour', began), date_trunc('hour', ended),
        interval 1 hour)) as hour
    from history where ended > began and warehouse <> ''),
spans as (
    select id, warehouse, hour, epoch_ms(least(ended, hour + interval 1 hour))
        - epoch_ms(greatest(began, hour)) as ms
    from hours),
billed as (select warehouse, hour, sum(credits) as credits from metering group by all)
select id, sum(round(credits * 1e9 * ms / nullif(whole, 0))::hugeint) as billionths
from (select id, warehouse, hour, ms, sum(ms) over (partition by warehouse, hour) as whole
    from spans) join billed using (warehouse, hour)
group by id
"""


def _part(logs: Logs, name: str) -> None:
    logs.con.execute(f"create table if not exists {name} ({PARTS[name]})")


def _access(logs: Logs, export: Export) -> None:
    _part(logs, "access")
    at, base = export.column("query_start_time"), export.column("base_objects_accessed")
    direct, writes = export.column("direct_objects_accessed"), export.column("objects_modified")
    columns = {
        "id": export.column("query_id"),
        **time_of(at),
        "account": f"lower(trim({export.column('user_name')}))",
        "base": base,
        "direct": direct,
        "writes": writes,
    }
    bad = [not_a_time("query_start_time", at)]
    bad += [
        not_a_list(name, export.column(name))
        for name in ("base_objects_accessed", "direct_objects_accessed", "objects_modified")
    ]
    logs.raw(export, columns, bad)
    logs.naive(export, "query_start_time")
    logs.lists("base", "direct", "writes")
    logs.con.execute(
        f"insert into access select {text_of(export.name)}, nr, id, seen, account, list_distinct("
        "list_concat(coalesce(b.tables, []), coalesce(d.tables, []))), coalesce(w.tables, []) "
        "from raw left join meant b on b.said = base left join meant d on d.said = direct "
        "left join meant w on w.said = writes"
    )


def _history(logs: Logs, export: Export) -> None:
    _part(logs, "history")
    began, ended = export.column("start_time"), export.column("end_time")
    lasts = export.column("execution_time", "total_elapsed_time")
    length = f"to_milliseconds(coalesce(number({lasts}), 0)::bigint)"
    columns = {
        "id": export.column("query_id"),
        "account": f"lower(trim({export.column('user_name')}))",
        "warehouse": f"upper(trim({export.column('warehouse_name', 'warehouse_id')}))",
        "ended": f"coalesce(utc({ended}), utc({began}) + {length})",
        # A query waits before it runs: what it ran for is the end of its time.
        "began": f"case when utc({ended}) is not null and number({lasts}) is not null "
        f"then utc({ended}) - {length} else utc({began}) end",
        "ran": f"number({lasts})",
        "naive": f"is_naive({began})",
    }
    bad = [not_a_time("start_time", began, "began")]
    named = [name for name in ("execution_time", "total_elapsed_time") if name in export.columns]
    bad += [not_a_number(name, export.column(name), "ran") for name in named[:1]]
    logs.raw(export, columns, bad)
    logs.naive(export, "start_time")
    logs.con.execute(
        "insert into history select id, account, coalesce(warehouse, ''), began, ended, "
        f"{text_of(export.name)}, nr from raw"
    )


def _metering(logs: Logs, export: Export) -> None:
    _part(logs, "metering")
    at, credits = export.column("start_time"), export.column("credits_used")
    columns = {
        "warehouse": f"upper(trim({export.column('warehouse_name', 'warehouse_id')}))",
        "hour": f"date_trunc('hour', utc({at}))",
        "credits": f"number({credits})",
        "naive": f"is_naive({at})",
    }
    bad = [not_a_time("start_time", at, "hour")]
    bad += [not_a_number("credits_used", credits, "credits")]
    logs.raw(export, columns, bad)
    logs.naive(export, "start_time")
    # Overlapping exports have an hour twice; an hour of a warehouse is billed once.
    logs.con.execute(
        "insert into metering select distinct warehouse, hour, coalesce(credits, 0) from raw "
        "except select * from metering"
    )


def _attribution(logs: Logs, export: Export) -> None:
    _part(logs, "attribution")
    names = ("credits_attributed_compute", "credits_used_query_acceleration")
    parts = {f"part{n}": export.column(name) for n, name in enumerate(names)}
    columns = {"id": export.column("query_id")}
    columns |= {part: f"number({text})" for part, text in parts.items()}
    bad = [
        not_a_number(name, text, part)
        for name, (part, text) in zip(names, parts.items(), strict=True)
    ]
    logs.raw(export, columns, bad)
    logs.con.execute(
        "insert into attribution select id, max(coalesce(part0, 0) + coalesce(part1, 0)) "
        "from raw group by id "
        "having id not in (select id from attribution)"
    )


LOADERS: dict[str, Callable[[Logs, Export], Any]] = {
    "access": _access,
    "history": _history,
    "metering": _metering,
    "attribution": _attribution,
}


def finish(logs: Logs) -> None:
    """Put accesses, queries and credits together, by query; the rest of the bill stays apart."""
    if not logs.kinds & set(LOADERS):
        return
    for name in PARTS:
        _part(logs, name)
    # Overlapping exports have a query twice, and its time would count twice.
    logs.con.execute(
        "create or replace table history as select * from history "
        "qualify 1 = row_number() over (partition by id order by source, nr)"
    )
    paid = logs.kinds & {"metering", "attribution"}
    price = logs.price("credit", "Snowflake") if paid else None
    if "attribution" in logs.kinds:
        logs.con.execute(
            "create or replace temp table spent as select id, "
            "round(credits * 1e9)::hugeint as billionths from attribution"
        )
    else:
        logs.con.execute(SHARED)
    cents = 0.0 if price is None else price
    micro = (
        f"round(billionths * {cents * MILLION / 1e9})::hugeint"
        if paid and price
        else "null::hugeint"
    )
    logs.con.execute(f"""
        insert into jobs
        select coalesce(a.source, h.source), coalesce(a.nr, h.nr), coalesce(a.id, h.id),
            coalesce(a.seen, h.began), coalesce(a.account, h.account), coalesce(a.reads, []),
            coalesce(a.writes, []), coalesce(a.writes[1], ''), {micro}, false
        from access a full join history h on a.id = h.id
        left join spent s on s.id = coalesce(a.id, h.id)""")
    if price and "metering" in logs.kinds:
        _idle(logs, cents)
    if "access" not in logs.kinds:
        logs.notes.append("Snowflake: without ACCESS_HISTORY no query says which tables it reads.")
    if not paid:
        logs.notes.append("Snowflake: without WAREHOUSE_METERING_HISTORY the costs are unknown.")


def _idle(logs: Logs, cents: float) -> None:
    """What warehouses cost in hours without a query stays in the bill, under its own name."""
    logs.con.execute(f"""
        insert into costs select 'warehouses without queries', [], greatest(0,
            (select coalesce(sum(round(credits * {cents * MILLION})::hugeint), 0) from metering)
            - (select coalesce(sum(micro), 0) from jobs where job_id in (select id from spent)))""")
