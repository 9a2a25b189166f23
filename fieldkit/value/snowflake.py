"""Snowflake's exports: who accessed what, and a warehouse's credits shared among its queries."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldkit.report.words import plural
from fieldkit.value.exports import Export, text_of
from fieldkit.value.logs import MILLION, Logs, not_a_list, not_a_number, not_a_time, time_of

PARTS = {
    "access": "source varchar, nr bigint, id varchar, seen timestamp, account varchar, "
    "reads varchar[], writes varchar[]",
    "history": "id varchar, account varchar, warehouse varchar, began timestamp, ended timestamp, "
    "source varchar, nr bigint, failed boolean",
    "metering": "warehouse varchar, hour timestamp, credits double",
    "attribution": "id varchar, credits double",
}
FREE = 100  # one part in so many of the queries' time may be without credits: hours are rounded
# Each hour's credits go to the queries that ran in it, by their milliseconds. Whole billionths of
# a credit, as the order in which floats are added would show in the last cent.
SPANS = """
create or replace temp table spans as
select id, warehouse, hour, epoch_ms(least(ended, hour + interval 1 hour))
    - epoch_ms(greatest(began, hour)) as ms
from (select *, unnest(generate_series(date_trunc('hour', began), date_trunc('hour', ended),
        interval 1 hour)) as hour
    from history where ended > began and warehouse <> '')
"""
SHARED = """
insert into spent
with billed as (select warehouse, hour, sum(credits) as credits from metering group by all)
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
        "failed": f"regexp_matches(lower(coalesce({export.column('execution_status')}, '')), "
        f"'fail|incident|error') or coalesce(trim({export.column('error_code')}), '') <> ''",
    }
    bad = [not_a_time("start_time", began, "began")]
    named = [name for name in ("execution_time", "total_elapsed_time") if name in export.columns]
    bad += [not_a_number(name, export.column(name), "ran") for name in named[:1]]
    logs.raw(export, columns, bad)
    logs.naive(export, "start_time")
    logs.con.execute(
        "insert into history select id, account, coalesce(warehouse, ''), began, ended, "
        f"{text_of(export.name)}, nr, failed from raw"
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
    logs.blank(export, "credits")
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
    logs.con.execute("create or replace temp table spent (id varchar, billionths hugeint)")
    cents = _price(logs)
    logs.con.execute(f"""
        insert into jobs
        select coalesce(a.source, h.source), coalesce(a.nr, h.nr), coalesce(a.id, h.id),
            coalesce(a.seen, h.began), coalesce(a.account, h.account), coalesce(a.reads, []),
            coalesce(a.writes, []), coalesce(a.writes[1], ''),
            round(billionths * {(cents or 0) * MILLION / 1e9})::hugeint, false,
            coalesce(h.failed, false)
        from access a full join history h on a.id = h.id
        left join spent s on s.id = coalesce(a.id, h.id)""")
    if cents is not None and "metering" in logs.kinds:
        _idle(logs, cents)
    if "access" not in logs.kinds:
        logs.notes.append("Snowflake: without ACCESS_HISTORY no query says which tables it reads.")


def _price(logs: Logs) -> float | None:
    """Fill `spent`, and give cents of a credit; None, with a note, where costs are not known."""
    if "attribution" not in logs.kinds and "metering" not in logs.kinds:
        logs.notes.append("Snowflake: without WAREHOUSE_METERING_HISTORY the costs are unknown.")
        return None
    price = logs.price("credit", "Snowflake")
    if price is None:
        return None
    if "attribution" in logs.kinds:
        logs.con.execute(
            "insert into spent select id, round(credits * 1e9)::hugeint from attribution"
        )
        return price
    if "history" not in logs.kinds:
        logs.notes.append(
            "Snowflake: WAREHOUSE_METERING_HISTORY alone says what a warehouse costs, not which "
            "query, so the costs are unknown; give QUERY_HISTORY, or QUERY_ATTRIBUTION_HISTORY."
        )
        return None
    _same_days(logs)
    logs.con.execute(SPANS)
    if not (_same_queries(logs) and _same_hours(logs)):
        return None
    logs.con.execute(SHARED)
    return price


def _same_days(logs: Logs) -> None:
    """Credits of days without a query log are no part of what its days cost."""
    count, credits = logs.con.execute("""
        select count(*), coalesce(sum(credits), 0) from metering where hour::date not between
            (select min(began)::date from history) and (select max(ended)::date from history)
        """).fetchall()[0]
    if not credits:
        return
    logs.con.execute("""
        delete from metering where hour::date not between
            (select min(began)::date from history) and (select max(ended)::date from history)""")
    logs.notes.append(
        f"Snowflake: {plural(count, 'hour')} of WAREHOUSE_METERING_HISTORY ({credits:,.1f} "
        "credits) are of days before or after QUERY_HISTORY, and not in the bill."
    )


def _same_queries(logs: Logs) -> bool:
    """Whether QUERY_HISTORY has what was accessed: a month of it does not price half a year."""
    missing, known = logs.con.execute(
        "select count(*) filter (h.id is null), count(h.id) from access a left join history h "
        "using (id)"
    ).fetchall()[0]
    if missing:
        what = "the costs are unknown" if missing > known else "what they cost counts as 0"
        logs.notes.append(
            f"Snowflake: of {missing + known:,} queries in ACCESS_HISTORY, {missing:,} are not in "
            f"QUERY_HISTORY, so {what}. Export the same days of both."
        )
    return bool(missing <= known)


def _same_hours(logs: Logs) -> bool:
    """Whether the hours of queries have credits; other time zones would make every query free."""
    whole, unpaid = logs.con.execute("""
        select coalesce(sum(ms), 0), coalesce(sum(ms) filter (coalesce(credits, 0) = 0), 0)
        from spans left join (select warehouse, hour, sum(credits) as credits from metering
            group by all) using (warehouse, hour)""").fetchall()[0]
    known = unpaid * 2 <= whole
    if unpaid * FREE > whole:
        what = "it counts as free" if known else "the costs are unknown"
        logs.notes.append(
            f"Snowflake: {round(100 * unpaid / whole)} % of the time of queries is in hours for "
            f"which WAREHOUSE_METERING_HISTORY has no credits, so {what}: the two may be of other "
            "days, warehouses or time zones. Export both with their offsets."
        )
    return bool(known)


def _idle(logs: Logs, cents: float) -> None:
    """What warehouses cost in hours without a query stays in the bill, under its own name."""
    logs.con.execute(f"""
        insert into costs select 'warehouses without queries', [], greatest(0,
            (select coalesce(sum(round(credits * {cents * MILLION})::hugeint), 0) from metering)
            - (select coalesce(sum(micro), 0) from jobs where job_id in (select id from spent)))""")
