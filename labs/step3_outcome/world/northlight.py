"""What Northlight Supply has: 24 pipelines, views, accounts, and what is written down of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from labs.company import FIRST_NAMES, LAST_NAMES

FIRST, LAST = dt.date(2026, 7, 5), dt.date(2026, 12, 31)  # the days of the query log, both of them
DAYS = (LAST - FIRST).days + 1
TODAY = dt.date(2027, 1, 4)
MONTHS = tuple(dt.date(2026, month, 1) for month in range(7, 13))  # those of `runs`
CELEBRATED, PLAIN = "session_paths", "weekly_fill_rate"
TEAM = "data@northlight.example"
RATE_CENTS = 70_000  # an engineer's day

PERSON, DELIVERY, MACHINE = "person", "delivery", "machine"
ETL, TESTS, CRAWLER, BACKUP = (
    f"svc-{name}@northlight.example" for name in ("etl", "tests", "catalog", "backup")
)
BI = "svc-bi@northlight.example"
ACCOUNTS = {ETL: (MACHINE, 0), TESTS: (MACHINE, 0), CRAWLER: (MACHINE, 0), BACKUP: (MACHINE, 0),
            BI: (DELIVERY, 300)}  # fmt: skip

# pipeline, table, when, cents a run, people who read the table itself, what it is made of
_PIPELINES = """
load_orders      raw.orders            daily     210   3
load_events      raw.events            daily     940   2
load_payments    raw.payments          daily     160   0
load_customers   raw.customers         daily      90   2
load_tickets     raw.tickets           daily      60   0
load_stock       raw.stock             daily     120   1
load_invoices    raw.invoices          daily      75   0
clean_orders     core.orders           daily    4310  14  raw.orders raw.payments
build_customers  core.customers        daily     140   9  raw.customers
build_sessions   core.sessions         daily    1250   6  raw.events
session_steps    core.session_steps    daily    1840   0  core.sessions
session_paths    mart.session_paths    daily     110   0  core.session_steps
referrer_report  mart.referrers        daily     620   0  raw.events
weekly_fill_rate mart.weekly_fill_rate daily      38   0  core.orders raw.stock
cart_reminders   mart.cart_reminders   daily    2260  12  core.sessions core.customers
stock_alerts     mart.stock_alerts     daily      85  18  raw.stock
reorder_points   mart.reorder_points   daily     130   7  raw.stock core.orders
invoice_matching mart.invoice_matches  daily     115   5  raw.invoices core.orders
revenue_daily    mart.revenue_daily    daily    1190  41  core.orders
campaign_board   mart.campaigns        daily     330   0  core.sessions core.orders
churn_scores     mart.churn_scores     weekly   9000   0  core.customers core.orders
ticket_topics    mart.ticket_topics    daily      70   8  raw.tickets
close_balances   fin.close_balances    monthly   400   0  core.orders raw.invoices
tax_lines        fin.tax_lines         yearly   2600   0  core.orders
"""
VIEWS: Mapping[str, tuple[str, int]] = {  # view -> what it reads, people who read it
    "core.orders_current": ("core.orders", 6),
    "mart.churn_top": ("mart.churn_scores", 4),
    "mart.session_paths_daily": ("mart.session_paths", 0),
    "mart.session_top": ("mart.session_paths_daily", 0),
}
EXTRACT = "mart.weekly_fill_rate"  # what the BI account fetches each night
MONTH_END = "fin.close_balances"  # one person reads it, on the last day of a month
BACKED_UP = ("raw.orders", "raw.customers", "raw.invoices", "mart.referrers")
FIXED_PRICE = ("build_sessions", "load_events")
EXPOSURES = (
    {"name": "board_revenue", "table_name": "mart.revenue_daily",
     "owner": "finance@northlight.example", "maturity": "high"},
    {"name": "campaign_screen", "table_name": "mart.campaigns",
     "owner": "marketing@northlight.example", "maturity": "medium"},
)  # fmt: skip
REGISTER = (
    {"table_name": "fin.tax_lines", "rule": "tax code, ten years", "cadence": "yearly",
     "next_due": dt.date(2027, 5, 31)},
    {"table_name": "raw.invoices", "rule": "invoices, ten years", "cadence": "on request",
     "next_due": dt.date(2036, 12, 31)},
)  # fmt: skip


@dataclass(frozen=True)
class Pipeline:
    """A pipeline and the one table that it writes. `cents`: cost of a run."""

    name: str
    table: str
    when: str
    cents: int
    people: int
    reads: tuple[str, ...]

    @property
    def runs(self) -> tuple[int, ...]:
        """How often it ran in each of MONTHS."""
        return tuple(_RUNS[self.when](month) for month in MONTHS)


def _days(month: dt.date) -> int:
    return ((month + dt.timedelta(days=32)).replace(day=1) - month).days


_RUNS: Mapping[str, Callable[[dt.date], int]] = {
    "daily": _days,
    "weekly": lambda month: 4 + (month.month in (8, 11)),
    "monthly": lambda month: 1,
    "yearly": lambda month: 0,
}


@cache
def pipelines() -> Mapping[str, Pipeline]:
    """All of them by name."""
    lines = [line.split() for line in _PIPELINES.strip().splitlines()]
    return {
        name: Pipeline(name, table, when, int(cents), int(people), tuple(reads))
        for name, table, when, cents, people, *reads in lines
    }


def lineage() -> list[tuple[str, str]]:
    """(downstream, upstream) of tables and views."""
    made = [(p.table, source) for p in pipelines().values() for source in p.reads]
    return made + [(view, source) for view, (source, _) in VIEWS.items()]


@cache
def people() -> tuple[str, ...]:
    """Sixty colleagues by mail address."""
    first, last = FIRST_NAMES.split(), LAST_NAMES.split()
    pairs = ((first[n % len(first)], last[n * 5 % len(last)]) for n in range(60))
    return tuple(f"{a}.{b}@northlight.example".lower() for a, b in pairs)
