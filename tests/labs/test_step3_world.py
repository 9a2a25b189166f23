"""Step 3's world: what the page's story needs is there on every seed, and repeats itself."""

from __future__ import annotations

import pytest

from labs.step3_outcome.world.company import LOG_ROWS, company
from labs.step3_outcome.world.northlight import pipelines
from labs.step3_outcome.world.used import reasons, unused

UNUSED = {
    "mart.session_paths", "mart.session_paths_daily", "mart.session_top", "core.session_steps",
    "mart.referrers",
}  # fmt: skip


def _one(con, query):
    return con.execute(query).fetchall()[0]


def test_the_celebrated_table_is_read_by_machines_alone(seed):
    con = company(seed).cursor()
    read = "from jobs where list_contains(referenced_tables, 'mart.session_paths')"
    by = dict(con.execute(f"select user_email, count(*) {read} group by all").fetchall())
    assert sorted(by.values()) == [4, 180, 180]
    kinds = (
        f"select distinct kind {read.replace('jobs', 'jobs join principals on user_email = email')}"
    )
    assert con.execute(kinds).fetchall() == [("machine",)]


def test_what_is_used_and_why(seed):
    con = company(seed).cursor()
    assert unused(con) == UNUSED
    why = reasons(con)
    assert why["mart.weekly_fill_rate"].startswith("300 people")
    assert why["mart.churn_scores"] == "mart.churn_top is built on it"
    assert why["mart.campaigns"] == "the exposure campaign_screen"
    assert why["fin.tax_lines"] == "the register names it"


def test_the_log_is_180_days_and_as_long_as_said(seed):
    con = company(seed).cursor()
    rows, days = _one(con, "select count(*), max(creation_time) - min(creation_time) from jobs")
    assert rows == LOG_ROWS and days.days == 179
    assert len(pipelines()) == 24


def test_the_payback_is_339_months(seed):
    query = """select 15 * rate_cents / ((before_cents - after_cents) * sum(runs) / 6)
        from proposals join runs using (pipeline) where id = 'tune-paths' group by all"""
    # 15 days are days of the proposal
    assert round(_one(company(seed).cursor(), query.replace("group by all",
        "group by rate_cents, before_cents, after_cents"))[0], 1) == 339.0  # fmt: skip


def test_the_months_of_a_metric_differ_by_seed_and_their_mean_does_not():
    query = "select margin_cents from ledger where metric = 'recovered_carts' order by month"
    ours, theirs = (
        [cents for (cents,) in company(seed).cursor().execute(query).fetchall()] for seed in (7, 8)
    )
    assert ours != theirs
    assert sum(ours) == sum(theirs)


@pytest.mark.parametrize("table", ["jobs", "runs", "initiatives", "ledger", "incidents"])
def test_the_same_seed_is_the_same_company(table):
    first = company(7).cursor().execute(f"from {table} order by all").fetchall()
    company.cache_clear()
    assert company(7).cursor().execute(f"from {table} order by all").fetchall() == first
