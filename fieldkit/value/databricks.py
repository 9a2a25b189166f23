"""Databricks' system tables: lineage as reads, billed usage shared among a job's tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fieldkit.value.exports import Export, text_of
from fieldkit.value.logs import MILLION, Logs, not_a_number, not_a_time, time_of

PARTS = {
    "dbx_lineage": "source varchar, nr bigint, id varchar, seen timestamp, account varchar, "
    "up varchar, down varchar, entity varchar",
    "dbx_usage": "id varchar, sku varchar, seen timestamp, quantity double, unit varchar, "
    "entity varchar",
    "dbx_prices": "sku varchar, since timestamp, until timestamp, price double",
}


def _part(logs: Logs, name: str) -> None:
    logs.con.execute(f"create table if not exists {name} ({PARTS[name]})")


def _field(text: str, *paths: str) -> str:
    """The first of these fields of a record that is there; records come as JSON text."""
    found = ", ".join(f"json_extract_string({text}, '$.{path}')" for path in paths)
    return f"case when json_valid({text}) then coalesce({found}) end"


def _lineage(logs: Logs, export: Export) -> None:
    _part(logs, "dbx_lineage")
    at, kind = export.column("event_time"), f"upper({export.column('entity_type')})"
    about = export.column("entity_metadata")
    columns = {
        "id": export.column("record_id", "event_id"),
        **time_of(at),
        "account": f"lower(trim({export.column('created_by')}))",
        "up": f"cleaned({export.column('source_table_full_name')})",
        "down": f"cleaned({export.column('target_table_full_name')})",
        "entity": f"""case
            when {_field(about, "job_info.job_id")} is not null
                then 'job ' || {_field(about, "job_info.job_id")}
            when {_field(about, "dlt_pipeline_info.dlt_pipeline_id")} is not null
                then 'pipeline ' || {_field(about, "dlt_pipeline_info.dlt_pipeline_id")}
            when {kind} in ('JOB', 'PIPELINE')
                then lower({kind}) || ' ' || {export.column("entity_id")} end""",
    }
    logs.raw(export, columns, [not_a_time("event_time", at)])
    logs.naive(export, "event_time")
    logs.con.execute(
        f"insert into dbx_lineage select {text_of(export.name)}, nr, id, seen, account, "
        "coalesce(up, ''), coalesce(down, ''), entity from raw"
    )


def _usage(logs: Logs, export: Export) -> None:
    _part(logs, "dbx_usage")
    at, quantity = export.column("usage_start_time", "usage_date"), export.column("usage_quantity")
    kind, about = f"upper({export.column('record_type')})", export.column("usage_metadata")
    columns = {
        "id": export.column("record_id"),
        "sku": f"upper({export.column('sku_name')})",
        **time_of(at),
        "quantity": f"number({quantity})",
        "unit": f"upper(coalesce({export.column('usage_unit')}, 'DBU'))",
        "entity": f"""case
            when {_field(about, "job_id")} is not null then 'job ' || {_field(about, "job_id")}
            when {_field(about, "dlt_pipeline_id")} is not null
                then 'pipeline ' || {_field(about, "dlt_pipeline_id")} end""",
    }
    # A retraction takes a record back: the one place where less than nothing is right.
    back = f"{kind} is not distinct from 'RETRACTION' and found_quantity is not null"
    bad = [not_a_time("usage_start_time", at)]
    bad += [not_a_number("usage_quantity", quantity, "quantity", unless=back)]
    logs.raw(export, columns, bad)
    logs.naive(export, "usage_start_time")
    logs.con.execute(
        "insert into dbx_usage select id, sku, seen, coalesce(quantity, 0), unit, entity from raw "
        "where id is null or id not in (select id from dbx_usage where id is not null) "
        "qualify id is null or 1 = row_number() over (partition by id order by nr)"
    )


def _prices(logs: Logs, export: Export) -> None:
    _part(logs, "dbx_prices")
    since, pricing = export.column("price_start_time"), export.column("pricing")
    price = f"coalesce({_field(pricing, 'effective_list.default', 'default')}, {pricing})"
    columns = {
        "sku": f"upper({export.column('sku_name')})",
        "since": f"utc({since})",
        "until": f"utc({export.column('price_end_time')})",
        "price": f"number({price})",
        "currency": export.column("currency_code"),
    }
    bad = [not_a_time("price_start_time", since, "since"), not_a_number("pricing", price, "price")]
    logs.raw(export, columns, bad)
    logs.one_currency(export, "currency")
    logs.con.execute("insert into dbx_prices select distinct sku, since, until, price from raw")


LOADERS: dict[str, Callable[[Logs, Export], Any]] = {
    "dbx_lineage": _lineage,
    "dbx_usage": _usage,
    "dbx_prices": _prices,
}


def finish(logs: Logs) -> None:
    """Reads and writes become jobs; a job's cost goes to the tables that it writes."""
    if not logs.kinds & set(LOADERS):
        return
    for name in PARTS:
        _part(logs, name)
    logs.con.execute("""
        insert into jobs select source, nr, coalesce(id, ''), seen, account,
            case when is_table(up) then [up] else [] end,
            case when is_table(down) then [down] else [] end,
            case when is_table(down) then down else '' end, null, false, false
        from dbx_lineage""")
    if "dbx_usage" not in logs.kinds:
        logs.notes.append("Databricks: without system.billing.usage the costs are unknown.")
        return
    price = logs.prices.get("dbu")
    if price is None and "dbx_prices" not in logs.kinds:
        price = logs.price("dbu", "Databricks")
    default = "null" if price is None else f"case when unit = 'DBU' then {price / 100} end"
    logs.con.execute(f"""
        create temp table billed as
        select *, round(quantity * coalesce(price, {default}) * {100 * MILLION})::hugeint as micro
        from (select *, (select max(price) from dbx_prices p where p.sku = u.sku
            and p.since <= u.seen and (p.until is null or u.seen < p.until)) as price
            from dbx_usage u)""")
    _without_price(logs)
    logs.con.execute(
        "create temp table paid as select entity, sum(micro) as micro from billed group by entity"
    )
    logs.con.execute("""
        insert into costs
        with written as (select entity, list(distinct down order by down) as tables
            from dbx_lineage where is_table(down) group by entity)
        select case when tables is null then 'compute that no table is known of' else entity end,
            coalesce(tables, []), micro
        from paid left join written using (entity) where micro is not null order by all""")


def _without_price(logs: Logs) -> None:
    """Note usage that has no price or no quantity, where other usage has."""
    count, known, sku = logs.con.execute(
        "select count(*) filter (micro is null), count(micro), min(sku) filter (micro is null) "
        "from billed"
    ).fetchall()[0]
    if count and known:
        logs.notes.append(
            f"Databricks: {count:,} of {count + known:,} records of usage have no price or no "
            f"quantity, the first by name {sku}; what they cost is not in the bill. Add them to "
            "list_prices, or give --price dbu=AMOUNT."
        )
