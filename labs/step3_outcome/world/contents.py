"""Northlight's warehouse with rows in it: every table and view, and the queries that are kept."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

import duckdb
import pandas as pd

from labs.company import Company

SCHEMAS = ("raw", "core", "mart", "fin", "archive")
_SHARED = ("orders", "events", "payments", "customers", "tickets")

# How each pipeline makes its table out of others; the first two stand for other systems.
MADE: Mapping[str, str] = {
    "raw.stock": """select order_id % 40 as article, count(*) * 3 - 20 as pieces
        from raw.orders group by all""",
    "raw.invoices": "select order_id as invoice, order_id, amount_cents from raw.orders",
    "core.orders": """select order_id, customer_id, ordered_at, amount_cents, country, status
        from raw.orders join raw.payments using (order_id, customer_id, amount_cents, status)
        union all select order_id, customer_id, ordered_at, amount_cents, country, status
        from raw.orders where version = 1""",
    "core.customers": "select customer_id, country, segment from raw.customers",
    "core.sessions": """select session_id, any_value(customer_id) as customer_id,
        count(*) as pages, min(occurred_at) as began_at from raw.events group by session_id""",
    "core.session_steps": """select session_id, page from core.sessions,
        unnest(range(1, pages + 1)) as steps(page)""",
    "mart.session_paths": """select session_id, count(*) as steps,
        string_agg(page::varchar, '>' order by page) as path
        from core.session_steps group by session_id""",
    "mart.referrers": "select referrer, count(*) as visits from raw.events group by referrer",
    "mart.weekly_fill_rate": """select article, pieces, count(order_id) as ordered
        from raw.stock left join core.orders on order_id % 40 = article group by all""",
    "mart.cart_reminders": """select customer_id, max(pages) as pages
        from core.sessions join core.customers using (customer_id) group by customer_id""",
    "mart.stock_alerts": "select article, pieces from raw.stock where pieces < 10",
    "mart.reorder_points": """select article, count(order_id) as ordered
        from raw.stock left join core.orders on order_id % 40 = article group by article""",
    "mart.invoice_matches": """select invoice, o.amount_cents = i.amount_cents as matches
        from raw.invoices i join core.orders o using (order_id)""",
    "mart.revenue_daily": """select ordered_at::date as day, sum(amount_cents) as cents
        from core.orders group by day""",
    "mart.campaigns": """select country, count(distinct session_id) as sessions
        from core.sessions join core.orders using (customer_id) group by country""",
    "mart.churn_scores": """select customer_id, count(order_id) as orders
        from core.customers left join core.orders using (customer_id) group by customer_id""",
    "mart.ticket_topics": "select topic, count(*) as tickets from raw.tickets group by topic",
    "fin.close_balances": """select sum(o.amount_cents) as cents, count(*) as invoices
        from core.orders o join raw.invoices using (order_id)""",
    "fin.tax_lines": "select country, sum(amount_cents) as cents from core.orders group by country",
}
VIEWS_MADE: Mapping[str, str] = {
    "core.orders_current": "select * from core.orders where status <> 'cancelled'",
    "mart.churn_top": "select customer_id from mart.churn_scores where orders < 2",
    "mart.session_paths_daily": "select *, length(path) as width from mart.session_paths",
    "mart.session_top": "select * from mart.session_paths_daily where steps > 3",
}
# Who reads what from outside: these run on the day after a plan as they did on the day before it.
KEPT: Mapping[str, str] = {
    "the extract of svc-bi": "select * from mart.weekly_fill_rate",
    "the exposure board_revenue": "select day, cents from mart.revenue_daily",
    "the exposure campaign_screen": "select * from mart.campaigns",
    "the month-end close": "select * from fin.close_balances",
    "the tax audit": "select country, cents from fin.tax_lines",
    "who may leave": "select * from mart.churn_top",
    "current orders": "select count(*), sum(amount_cents) from core.orders_current",
    "reminders of carts": "select * from mart.cart_reminders",
    "reorder points": "select a.article, ordered from mart.stock_alerts a "
    "join mart.reorder_points using (article)",
    "invoices that do not match": "select invoice from mart.invoice_matches where not matches",
    "topics of tickets": "select * from mart.ticket_topics",
}


@lru_cache(maxsize=8)
def _shared(seed: int) -> Mapping[str, pd.DataFrame]:
    """What all labs' company has of two small days; a plan is executed on it again and again."""
    company = Company(seed, 2, 20)
    return {name: getattr(company, name)() for name in _SHARED}


def fill_warehouse(con: duckdb.DuckDBPyConnection, seed: int) -> None:
    """Create all schemas, tables and views, with two small days of the company in them."""
    for schema in SCHEMAS:
        con.execute(f"create schema {schema}")
    for name, rows in _shared(seed).items():
        con.register("rows_of_raw", rows)
        con.execute(f"create table raw.{name} as from rows_of_raw")
        con.unregister("rows_of_raw")
    for table, query in MADE.items():
        con.execute(f"create table {table} as {query}")
    for view, query in VIEWS_MADE.items():
        con.execute(f"create view {view} as {query}")
