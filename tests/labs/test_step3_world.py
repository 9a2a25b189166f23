"""Step 3's world: what the page's story needs is there on every seed, and repeats itself."""

from __future__ import annotations

import csv
import json

import pytest
import yaml

from fieldkit.value import use
from labs.answer_text import text_of
from labs.step3_outcome.world import World
from labs.step3_outcome.world.company import LOG_ROWS, company
from labs.step3_outcome.world.contents import KEPT, MADE, VIEWS_MADE
from labs.step3_outcome.world.northlight import lineage, pipelines
from labs.step3_outcome.world.quarter import infeasible
from labs.step3_outcome.world.used import reasons, unused
from workbook import UsageError, catalog
from workbook.callee import Registered
from workbook.judge import judge
from workbook.local import LocalAnswer
from workbook.progress import Saving

LAB = catalog.load("step3_outcome")

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
    query = """select days * rate_cents / ((before_cents - after_cents) * sum(runs) / 6)
        from proposals join runs using (pipeline) where id = 'tune-paths'
        group by days, rate_cents, before_cents, after_cents"""
    assert round(_one(company(seed).cursor(), query)[0], 1) == 339.0


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


def test_the_instrument_calls_the_same_tables_unused(seed):
    con = company(seed).cursor()
    assert use.unused(con) == unused(con)


def test_the_warehouse_of_the_stop_list_has_the_tables_of_the_log():
    made = {*MADE, *VIEWS_MADE, *(p.table for p in pipelines().values())}
    assert set(reasons(company(7).cursor())) == made
    assert len(KEPT) > 10


def told(exercise_id, text):
    exercise = LAB.exercise(exercise_id)
    return judge(exercise, LocalAnswer(Registered(exercise_id, text, text=text), 60), [7])


STEP = "{table: mart.referrers, warn: 2027-01-05, shim: 2027-01-19, drop: 2027-02-18, "
STEP += "restore_until: 2027-05-19, view: %s}"
PLAN = "saves_per_month: 1\nsteps:\n- " + STEP
UNREADABLE = {
    "value-statement": (
        "", "a: [", "pipeline: x", "- {pipeline: nobody, kind: none}",
        "- {pipeline: session_paths, kind: no}", "- {pipeline: session_paths, kind: none, who: me}",
        "- {pipeline: stock_alerts, kind: cost, per_month: 1,200}",
        "- {pipeline: stock_alerts, kind: cost, per_month: .inf}",
        "- {pipeline: stock_alerts, kind: cost, per_month: 3e5}",
        "- {pipeline: stock_alerts, kind: cost, per_month: yes}",
        "- {pipeline: stock_alerts, kind: cost, owner: [a, b]}",
        "- {pipeline: session_paths, kind: none}\n- {pipeline: session_paths, kind: none}",
    ),
    "stop-list": (
        "", "[]", "steps: 1", "steps: [1]", "saves_per_month: many\nsteps: []",
        "steps: [{table: mart.nothing}]", "steps: [{table: mart.referrers, warn: soon}]",
        PLAN % "drop table raw.orders", PLAN % "select 1; select 2", PLAN % "selec",
        PLAN % '""', f"{PLAN % 'select 1'}\n- {STEP % 'select 1'}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("exercise", UNREADABLE)
def test_what_cannot_be_read_is_one_line(exercise):
    for text in UNREADABLE[exercise]:
        result = told(exercise, text)
        assert result.verdict == "ERROR", (text, result)
        assert result.note and len(result.note.splitlines()) == 1
        assert "Traceback" not in result.note


def test_a_number_of_yaml_that_is_none_is_told_by_pipeline_and_field():
    text = "- {pipeline: stock_alerts, kind: cost, per_month: '1,200'}"
    assert "stock_alerts: per_month is '1,200'" in told("value-statement", text).note


def test_a_view_of_a_plan_reaches_nothing_but_the_warehouse(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    found = told("stop-list", PLAN % f"from read_csv('{tmp_path}/secret.csv')")
    assert "disabled by configuration" in str(found.findings)
    # A frame of this process that has the table's name is no table.
    assert "view-differs" in {f.id for f in told("stop-list", PLAN % "from pages").findings}


def test_a_view_that_never_ends_is_timed_out(monkeypatch):
    monkeypatch.setattr("labs.step3_outcome.world.retire.SECONDS", 0.5)
    endless = "'select sum(a.range) from range(100000000) a, range(100000000) b'"
    assert told("stop-list", PLAN % endless).verdict == "TIMED OUT"


@pytest.mark.parametrize("given", [9_999, 3_000_000, "many", True])
def test_a_bad_parameter_is_one_line(given):
    with pytest.raises(UsageError, match="whole number"):
        World(7, given)


def test_a_query_of_the_page_changes_nothing():
    world = World(7, 10_000)
    for text in ("drop table jobs", "select 1; drop table jobs", "selec", "from nothing"):
        with pytest.raises(UsageError):
            world.query(text)
    world.open().execute("drop table jobs")  # a copy
    assert "10,000" in repr(world.query("select count(*)::integer as n from jobs"))
    with pytest.raises(UsageError, match="no table"):
        world.who("mart.nothing")


def test_the_loudest_three_fill_the_quarter_and_bring_nothing(seed):
    loud = World(seed, 10_000).quarter()
    assert len(loud.done) == 3 and loud.cents == 0 and loud.hours == 0
    assert "$0" in repr(loud)


def test_a_plan_that_cannot_be_followed_is_told_and_brings_nothing():
    world = World(7, 10_000)
    initiatives = world.quarter().initiatives
    for chosen, why in (
        ("live_paths", "not a list"),
        (["live_paths", "nothing"], "no initiative"),
        (["event_ids", "event_ids"], "twice"),
        (["early_returns"], "needs event_ids"),
        ([one["id"] for one in initiatives], "of 60 days"),
    ):
        assert why in infeasible(chosen, initiatives)
        plan = world.quarter(lambda *_, c=chosen: c)
        assert plan.cents == 0 and why in repr(plan)
    assert infeasible(["event_ids", "early_returns"], initiatives) == ""
    assert "raises KeyError" in repr(world.quarter(lambda given, _: given[0]["effort"]))
    with pytest.raises(UsageError):
        world.quarter("best")


def test_both_plans_of_a_quarter_meet_the_same_outcomes():
    stop_list = LAB.exercise("stop-list").reference.text
    both = World(7, 10_000).beside(lambda *_: ["monday_fix"], stop_list)
    loud, mine = both.plans
    assert loud.brings == mine.brings
    assert mine.stopped > 0 and mine.cents == mine.brings["monday_fix"] + mine.stopped
    undone = both.left_undone()
    assert undone["before"] - undone["after"] == pytest.approx(mine.cents / 100)


@pytest.mark.parametrize("kind", ["wrong", "other"])
def test_a_stop_list_saves_only_where_it_breaks_nothing(kind):
    world = World(7, 10_000)
    breaking = {"regulated-stopped", "used-stopped", "view-differs", "view-broken"}
    for section in LAB.exercise("stop-list").sections:
        if section.kind == kind and (kind == "other" or section.finding in breaking):
            saved = world.beside("loudest", section.text).plans[1].stopped
            assert (saved > 0) is (kind == "other"), section.name


def test_what_other_steps_save_is_what_the_record_has():
    saving = Saving("step1_audit", "the bill of a month", "dollars", 31_041, 544)
    none = Saving("step2_failure", "wrong mornings", "risk", 5, 5)
    rows = repr(World(7, 10_000).steps({
        "step1_audit": [saving], "step2_failure": [none], "step3_outcome": [saving],
        "step4_state": [],
    })).splitlines()  # fmt: skip
    assert [line.split("  ")[0] for line in rows[2:]] == ["1 audit", "2 failure", "4 state"]
    assert "31,041" in rows[2] and "nothing is saved yet" in rows[3] and "not yet done" in rows[4]


FURTHER = """
- {pipeline: revenue_daily, kind: revenue, metric: board_revenue, per_month: 9}
- {pipeline: clean_orders, kind: cost, metric: emergency_freight, per_month: 640000}
- {pipeline: referrer_report, kind: hours, task: reporting}
"""


def test_pipelines_that_nobody_asks_about_are_not_judged():
    exercise = LAB.exercise("value-statement")
    text = text_of(exercise.reference.text) + FURTHER

    def judged(text):
        answer = Registered(exercise.id, text, text=text)
        return judge(exercise, LocalAnswer(answer, exercise.seconds), [7])

    assert judged(text).passed
    assert "revenue_daily stands there twice" in str(judged(text + FURTHER))


def test_a_rehearsal_does_not_say_that_all_runs_once_something_is_broken():
    text = LAB.exercise("stop-list").reference.text
    sound = repr(World(7, 10_000).rehearse(text)).splitlines()[2:]
    assert all("everything runs" in line for line in sound)
    broken = repr(
        World(7, 10_000).rehearse(text.replace("* from archive.ref", "1 from archive.ref"))
    )
    marks = [line.split("  ")[-1] for line in broken.splitlines()[2:]]
    first = next(n for n, mark in enumerate(marks) if "✗" in mark)
    assert all("everything runs" in mark for mark in marks[:first])
    assert marks[first + 1 :] and not any("everything runs" in mark for mark in marks[first:])
    assert "nothing new breaks" in marks[-1]


def test_the_office_has_the_formats_of_the_field():
    files = World(7, 10_000).office(LAB.exercise("value-statement").sections[1].text)
    read = {name.removeprefix("office/"): text for name, text in files.items()}
    jobs = list(csv.DictReader(read["jobs.csv"].splitlines()))
    assert len(jobs) == 10_000
    assert jobs[0]["creation_time"].endswith("Z") and json.loads(jobs[0]["referenced_tables"])
    events = [json.loads(line) for line in read["lineage.jsonl"].splitlines()]
    assert {event["eventType"] for event in events} == {"COMPLETE"}
    assert sum(len(event["inputs"]) for event in events) == len(lineage())
    assert "table" in read["register.csv"].splitlines()[0].split(",")
    shares = [p.get("share") for p in yaml.safe_load(read["map.yml"])["pipelines"]]
    assert sorted(filter(None, shares)) == [0.375, 0.625]
    shipped = yaml.safe_load(read["shipped.yml"])["pipelines"]
    assert sum(one.get("source") == "" for one in shipped) == 3
    with pytest.raises(UsageError, match="value-statement"):
        World(7, 10_000).office("a: [")
