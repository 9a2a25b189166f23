"""`fieldkit audit` through staging models, with bounds that move, and what it calls clean."""

from __future__ import annotations

import pytest

from fieldkit.audit import Catalog, Settings, Table
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import of
from fieldkit.audit.story import report_of

LINES = Table("raw.lines", grain=("order_id", "line_no"))
ORDERS = Table("raw.orders", grain=("order_id",))
EVENTS = Table("raw.events", "event_ts", 52_000_000, 730, ("event_id",))
MART = "select sum(o.cents) as cents from {{ ref('stg_orders') }} o join {{ ref('stg_lines') }} l using (order_id)"
COLUMNS = "select order_id, line_no, sku from {{ source('raw', 'lines') }}"
# ruff: noqa: E501
PASSES = {
    "columns": COLUMNS,
    "a star": "select * from {{ source('raw', 'lines') }}",
    "a step": "with source as (select * from {{ source('raw', 'lines') }}) select order_id, line_no from source",
    "another name": "select order_id, line_no as n, lower(sku) as sku from {{ source('raw', 'lines') }}",
    "two steps": "select * from {{ ref('base') }}",
}
DOES_NOT = {
    "a filter, after which fewer columns may name a row": COLUMNS + " where line_no = 1",
    "a column of the key is left out": "select order_id, sku from {{ source('raw', 'lines') }}",
    "a row for each element": "select order_id, line_no, unnest(parts) as part from {{ source('raw', 'lines') }}",
    "a row for each element, in Spark": "select order_id, line_no, posexplode(parts) from {{ source('raw', 'lines') }}",
    "a group": "select order_id, max(line_no) as line_no from {{ source('raw', 'lines') }} group by 1",
    "what other runs decided": "{{ config(materialized='incremental') }} " + COLUMNS,
}


def audited(models, *tables):
    files = tuple(File(f"{name}.sql", text) for name, text in models.items())
    return of(Project(files), Settings(catalog=Catalog(tables)))


def rules(audit):
    return [(model.path, finding.rule) for model, finding in audit.failing]


def staged(lines):
    orders = "select order_id, cents from {{ source('raw', 'orders') }}"
    return {"mart": MART, "base": COLUMNS, "stg_orders": orders, "stg_lines": lines}


@pytest.mark.parametrize("lines", PASSES.values(), ids=PASSES)
def test_what_a_row_is_goes_through_a_model_that_passes_it_on(lines):
    assert ("mart.sql", "fan-out") in rules(audited(staged(lines), ORDERS, LINES))


@pytest.mark.parametrize("lines", DOES_NOT.values(), ids=DOES_NOT)
def test_where_nobody_has_said_it_stays_unknown(lines):
    audit = audited(staged(lines), ORDERS, LINES)
    mart = next(model for model in audit.models if model.path == "mart.sql")
    assert "fan-out" in mart.unknown
    assert not any(path == "mart.sql" for path, _ in rules(audit))


@pytest.mark.parametrize("bound", [
    "current_date - interval 3 day", "now() - interval '3 days'", "today() - 3",
    "date_trunc('day', current_timestamp)", "cast('today' as date)",
])  # fmt: skip
def test_a_bound_that_moves_with_the_run_is_a_filter(bound):
    model = "{{ config(materialized='incremental', unique_key='event_id') }} select event_id"
    model += f" from raw.events where event_ts >= {bound}"
    assert "incremental-unfiltered" not in [
        rule for _, rule in rules(audited({"m": model}, EVENTS))
    ]


def test_a_fixed_day_is_none():
    model = "{{ config(materialized='incremental', unique_key='event_id') }} select event_id"
    model += " from raw.events where event_ts >= date '2026-01-01'"
    assert rules(audited({"m": model}, EVENTS)) == [("m.sql", "incremental-unfiltered")]


def test_only_where_every_rule_has_seen_every_file_is_it_clean():
    decided = report_of(audited({"m": "select order_id from raw.orders"}, ORDERS))
    assert (decided.verdict, decided.status) == ("CLEAN", "good")
    unknown = report_of(audited({"mart": MART}, ORDERS))
    assert (unknown.verdict, unknown.status, unknown.exit_code) == ("NO FINDINGS", "unsure", 0)
    unread = report_of(audited({"m": "select order_id from raw.orders", "n": "merge"}, ORDERS))
    assert (unread.verdict, unread.exit_code) == ("NO FINDINGS", 0)
