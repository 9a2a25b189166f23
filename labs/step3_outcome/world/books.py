"""What Northlight wrote down: runs, incidents, proposals, initiatives, metrics, ledger, tasks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from labs.step3_outcome.world.draws import near, one, parts
from labs.step3_outcome.world.northlight import (
    CELEBRATED,
    FIRST,
    FIXED_PRICE,
    LAST,
    MONTHS,
    PLAIN,
    RATE_CENTS,
    TEAM,
    pipelines,
)
from labs.step3_outcome.world.schema import Rows

PLANNED = {"daily": 30, "weekly": 30, "monthly": 1, "yearly": 0}  # churn_scores was planned daily
CAPACITY = 60  # engineer-days of a quarter
FINANCE, SALES, OPERATIONS = (
    f"{name}@northlight.example" for name in ("finance", "sales", "operations")
)
# metric, kind, owner, unit, pipelines, what it measures, source, cents a month, gross is times
_METRICS: tuple[tuple[Any, ...], ...] = (
    ("recovered_carts", "revenue", SALES, "cents", ["cart_reminders"],
     "margin of orders that began with a reminder", "sales/recovered-carts.xlsx", 1_284_000, 3),
    ("emergency_freight", "cost", OPERATIONS, "cents", ["stock_alerts", "reorder_points"],
     "freight at the emergency rate that was not needed", "operations/freight.xlsx", 640_000, 1),
    ("stockout_margin", "revenue", SALES, "cents", ["reorder_points"],
     "margin of orders that a stock-out would have lost", "sales/stock-outs.xlsx", 918_000, 4),
    ("fill_rate_penalties", "cost", OPERATIONS, "cents", [PLAIN],
     "penalties of retailers that were not due", "operations/penalties.xlsx", 455_000, 1),
    ("invoice_hours", "hours", FINANCE, "hours", ["invoice_matching"],
     "time of the task 'match invoices'", "finance/time-study.pdf", 0, 0),
    ("path_speed", "cost", TEAM, "cents", [CELEBRATED],
     "minutes that our tuning saved, at our own rate", "wiki/our-wins", 310_000, 1),
)  # fmt: skip
# task, owner, minutes each time, times a month, cents an hour
_TASKS = (
    ("match invoices", FINANCE, 14, 260, 4_800),
    ("reconcile cash", FINANCE, 25, 22, 5_200),
    ("answer stock questions", OPERATIONS, 6, 340, 4_100),
)
# id, pipeline, days, cents a run before and after, days already spent
_PROPOSALS = (
    ("tune-paths", CELEBRATED, 15, 110, 9, 15),
    ("tune-orders", "clean_orders", 6, 4_310, 1_900, 0),
    ("tune-churn", "churn_scores", 5, 9_000, 2_400, 0),
    ("tune-sessions", "build_sessions", 12, 1_250, 200, 30),
    ("tune-revenue", "revenue_daily", 9, 1_190, 460, 200),
    ("tune-close", "close_balances", 4, 400, 90, 0),
    ("move-tickets", "ticket_topics", 3, 70, 85, 10),
    ("tune-referrers", "referrer_report", 2, 620, 40, 0),
    ("tune-carts", "cart_reminders", 8, 2_260, 900, 4),
    ("split-carts", "cart_reminders", 20, 2_260, 300, 0),
)
# id, title, asked by, votes, days spent, effort, value of a year in thousands of dollars
# (p10, p50, p90), its run cost, what it needs
_INITIATIVES: tuple[tuple[Any, ...], ...] = (
    ("live_paths", "session paths, live", "product", 41, 15, 25, 0, 0, 0, 0, []),
    ("new_framework", "all jobs in the new framework", "engineering", 33, 22, 20, 0, 0, 0, 0, []),
    ("lake_map", "a map of the lake in 3-D", "leadership", 27, 0, 15, 0, 0, 0, 0, []),
    ("dark_theme", "dashboards in a dark theme", "product", 19, 0, 5, 0, 0, 1, 0, []),
    ("self_service", "every table in self-service", "sales", 16, 8, 18, 5, 20, 45, 36, []),
    ("price_tests", "price tests", "marketing", 11, 0, 16, -20, 22, 160, 6, []),
    ("forecast_v2", "the forecast, second version", "operations", 8, 9, 14, -5, 60, 75, 8, []),
    ("early_returns", "tell buyers of returns early", "support", 4, 0, 12, 20, 90, 190, 5,
     ["event_ids"]),
    ("carrier_scores", "scores for carriers", "operations", 3, 0, 9, 15, 32, 60, 2, []),
    ("twin_invoices", "find invoices that came twice", "finance", 2, 0, 8, 25, 40, 52, 1, []),
    ("monday_fix", "end the Monday failure of weekly_fill_rate", "retailers", 1, 0, 6, 30, 48, 70,
     0, []),
    ("erasure", "erase on request within a day", "legal", 1, 0, 7, 18, 18, 18, 1, []),
    ("event_ids", "one id for each event", "data", 0, 0, 5, 0, 0, 0, 1, []),
    ("return_reasons", "why goods come back", "support", 0, 0, 4, 2, 7, 20, 0, []),
)  # fmt: skip
# What each of them saves besides, if it is done: hours a month, wrong days a quarter
EFFECTS: Mapping[str, tuple[int, int]] = {
    "monday_fix": (12, 13), "early_returns": (30, 2), "twin_invoices": (22, 0),
    "carrier_scores": (9, 1), "forecast_v2": (6, 4), "erasure": (16, 0), "return_reasons": (5, 0),
    "self_service": (40, 0), "price_tests": (0, 0),
}  # fmt: skip


def books(seed: int) -> dict[str, Rows]:
    """The rows of these tables by name."""
    return {
        "pipelines": _pipelines(),
        "runs": _runs(seed),
        "incidents": _incidents(seed),
        "proposals": _proposals(),
        "initiatives": _initiatives(seed),
        "metrics": [dict(zip(_METRIC, row[:7], strict=True)) for row in _METRICS],
        "ledger": _ledger(seed),
        "tasks": [dict(zip(_TASK, row, strict=True)) for row in _TASKS],
    }


_METRIC = ("name", "kind", "owner", "unit", "pipelines", "measures", "source")
_TASK = ("task", "owner", "minutes", "times_per_month", "rate_cents")
_LEDGER_MONTHS = [dt.date(2026, month, 1) for month in range(1, 13)]


def _pipelines() -> Rows:
    return [
        {"pipeline": p.name, "table_name": p.table, "planned_runs": PLANNED[p.when],
         "billing": "fixed price" if p.name in FIXED_PRICE else "per run"}
        for p in pipelines().values()
    ]  # fmt: skip


def _runs(seed: int) -> Rows:
    """Costs follow from the runs; hours of upkeep are drawn, and high for the plain pipeline."""
    return [
        {"pipeline": p.name, "month": month, "runs": runs, "cost_cents": runs * p.cents,
         "engineer_hours": 12 if p.name == PLAIN else one(seed, f"hours/{p.name}/{month}", 4)}
        for p in pipelines().values()
        for month, runs in zip(MONTHS, p.runs, strict=True)
    ]  # fmt: skip


def _incidents(seed: int) -> Rows:
    """The plain pipeline fails each Monday, and its readers are who notice."""
    days = [FIRST + dt.timedelta(n) for n in range((LAST - FIRST).days + 1)]
    return [_incident(seed, PLAIN, day, "a reader") for day in days if day.weekday() == 0] + [
        _incident(seed, name, days[near(seed, f"when/{name}", 90, 80)], "a test")
        for name in ("build_sessions", "cart_reminders", "load_stock", "revenue_daily")
    ]


def _incident(seed: int, pipeline: str, day: dt.date, told_by: str) -> dict[str, Any]:
    began = dt.datetime(day.year, day.month, day.day, 5)
    silent, mended = (near(seed, f"{w}/{pipeline}/{day}", 200, 60) for w in ("silent", "mended"))
    detected = began + dt.timedelta(minutes=silent)
    return {
        "pipeline": pipeline, "began_at": began, "detected_at": detected,
        "resolved_at": detected + dt.timedelta(minutes=mended), "told_by": told_by,
    }  # fmt: skip


def _proposals() -> Rows:
    names = ("id", "pipeline", "days", "before_cents", "after_cents", "spent_days")
    return [dict(zip(names, p, strict=True)) | {"rate_cents": RATE_CENTS} for p in _PROPOSALS]


def _initiatives(seed: int) -> Rows:
    names = ("id", "title", "asked_by", "votes", "spent_days", "effort_days")
    return [
        dict(zip(names, row[:6], strict=True))
        | {f"{name}_cents": near(seed, f"value/{row[0]}", 100) * value * 1_000
           for name, value in zip(("p10", "p50", "p90"), row[6:9], strict=True)}
        | {"run_cost_cents": row[9] * 100_000, "needs": row[10]}
        for row in _INITIATIVES
    ]  # fmt: skip


def _ledger(seed: int) -> Rows:
    """A year of each metric in money; its months are drawn, its mean month is not."""
    return [
        {"metric": name, "month": month, "gross_cents": cents * gross, "margin_cents": cents}
        for name, *_, mean, gross in _METRICS
        if mean
        for month, cents in zip(_LEDGER_MONTHS, parts(seed, name, 12 * mean, 12), strict=True)
    ]
