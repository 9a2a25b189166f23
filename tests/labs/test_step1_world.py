"""Step 1's world: what is measured repeats, bets hold for every size, and dbt stays quiet."""

from __future__ import annotations

import itertools
import os
import shutil

import pytest
import yaml

from fieldkit.audit import metered
from fieldkit.audit.project import keys_in
from labs.answer_text import text_of
from labs.step1_audit.checks import fix_the_model, read_the_bill, review_pr
from labs.step1_audit.world import World, month
from labs.step1_audit.world.bets import dearest, measured, queries
from labs.step1_audit.world.bill import prices
from labs.step1_audit.world.builds import HERE, builds
from labs.step1_audit.world.gate import gate, generated
from labs.step1_audit.world.lake import _built, lake
from labs.step1_audit.world.nightly import TABLE, ModelError, compiled, run
from labs.step1_audit.world.pulls import PULLS
from workbook import UsageError, catalog, pages
from workbook.callee import Registered
from workbook.judge import judge
from workbook.local import LocalAnswer

LAB = catalog.load("step1_audit")
STARTER = text_of(pages.starters(LAB.page)["fix-the-model"].source)
REFERENCE = text_of(LAB.exercise("fix-the-model").reference.text)


def told(exercise_id, text):
    exercise = LAB.exercise(exercise_id)
    return judge(exercise, LocalAnswer(Registered(exercise_id, text, text=text), 60), [7])


def test_bytes_are_equal_on_three_runs_and_on_any_number_of_threads(thorough):
    here = lake(7, 40)
    texts = [*queries(7, here.first).values()]
    texts += [compiled(p.text, here.last, incremental=True).sql for p in PULLS.values()]
    texts += [compiled(t, here.last, incremental=True).sql for t in (STARTER, REFERENCE)]
    for text in texts:
        seen = set()
        for threads in (1, 1, 1, 2, 4) if thorough else (1, 2, 4):
            with here.open(threads) as con:
                seen.add(metered(con, text))
        assert len(seen) == 1, text


def test_two_builds_of_a_lake_are_the_same():
    first = lake(7, 20, 12)
    kept = {p: p.read_bytes() for p in (first.folder / "events").rglob("*.parquet")}
    shutil.rmtree(first.folder)
    _built.cache_clear()
    second = lake(7, 20, 12)
    assert second == first
    assert len(kept) == 12
    assert kept == {p: p.read_bytes() for p in (second.folder / "events").rglob("*.parquet")}


@pytest.mark.parametrize("size", [20, 60, 400])
def test_the_bet_is_the_same_for_every_size(size, seed):
    costs = measured(seed, lake(seed, size))
    assert dearest(costs) == "product"
    files = {who: cost.files for who, cost in costs.items()}
    bet = yaml.safe_load(text_of(LAB.exercise("read-the-bill").reference.text))
    assert files == bet["files"]


def test_pasted_sql_reaches_nothing_but_the_lake(tmp_path):
    (tmp_path / "secret.csv").write_text("a\n1\n")
    world = World(7, 20)
    for query in (
        f"select * from read_csv('{tmp_path}/secret.csv')",
        f"select 1) ; copy (select 1) to '{tmp_path}/out.csv'; select (1",
        "select getenv('HOME') from read_text('/etc/passwd')",
    ):
        with pytest.raises(UsageError):
            world.explain(query)
    assert [p.name for p in tmp_path.iterdir()] == ["secret.csv"]


UNREADABLE = {
    "read-the-bill": ("", "a: [", "dearest: me\nfiles: {}", "dearest: sales\nfiles: {sales: many}"),
    "review-pr": (
        "", "[]", "fct_sessions: perhaps", "nobody: approve",
        "fct_sessions: approve\nfct_sessions: block", "fct_sessions: {decision: block}",
    ),
    "fix-the-model": (
        "", "select", "{{ config(", "select {{ dbt_utils.star() }}", "select * from {{ ref('x') }}",
        "{{ config(materialized='incremental', incremental_strategy='microbatch') }} select 1 as a",
        "{{ config(materialized='ephemeral') }} select 1 as a", "select {{ var('today') }}",
        "{{ config(cluster_by='a') }} select 1 as a", "select {{ env_var('HOME') }}",
    ),
    "skills-doc": (
        "", "rules: 1", "rules: [{id: fullscan}]", "rules: [{id: full-scan, over_bytes: x}]",
    ),
}  # fmt: skip


@pytest.mark.parametrize("exercise", UNREADABLE)
def test_what_cannot_be_read_is_one_line(exercise):
    for text in UNREADABLE[exercise]:
        result = told(exercise, text)
        assert result.verdict == "ERROR", (text, result)
        assert result.note and len(result.note.splitlines()) == 1
        assert "Traceback" not in result.note and "/tmp" not in result.note


def test_a_model_that_never_ends_is_timed_out(monkeypatch):
    monkeypatch.setattr("labs.step1_audit.world.nightly.SECONDS", 0.5)
    text = "select a.range as event_date from range(100000000) a, range(100000000) b"
    assert told("fix-the-model", text).verdict == "TIMED OUT"


def test_a_real_build_is_quiet_sends_nothing_and_has_the_rows_of_the_check(capfd, monkeypatch):
    monkeypatch.delenv("DBT_SEND_ANONYMOUS_USAGE_STATS", raising=False)
    flags = yaml.safe_load((HERE / "dbt_project.yml").read_text())["flags"]
    assert flags == {"send_anonymous_usage_stats": False}
    here = lake(7, 20, 12)
    first, again = builds(REFERENCE, here, 2)
    assert (first.status, first.passed, first.tests) == ("success", 6, 6)
    assert (again.rows, again.passed) == (first.rows, 6)
    assert again.files < first.files and again.bytes < first.bytes
    assert capfd.readouterr() == ("", "")
    assert "DBT_SEND_ANONYMOUS_USAGE_STATS" not in os.environ
    # After a rerun: by dbt, and by what the check does in its place.
    with here.open() as con:
        run(con, REFERENCE, here.last)
        run(con, REFERENCE, here.last)
        [(rows,)] = con.execute(f"select count(*) from {TABLE}").fetchall()
    assert again.rows == rows


def test_the_gate_fails_for_harm_and_for_the_waiver_that_ended():
    review = text_of(LAB.exercise("review-pr").reference.text)
    found = gate(REFERENCE, lake(7, 20), review)
    failing = {model.path.split("/")[1] for model, _ in found.failing}
    assert failing == {
        "fct_conversion.sql", "fct_country_revenue.sql", "fct_first_touch.sql",
        "fct_search_terms.sql", "fct_sessions.sql", "rep_referrers.sql",
    }  # fmt: skip
    assert [w.model for w in found.expired] == ["rep_referrers"]
    assert (found.exit_code, len(found.models)) == (1, 12)
    for without in ("", "a: [", review.replace("owner: ines, ", "")):
        more = {
            model.path.split("/")[1] for model, _ in gate(REFERENCE, lake(7, 20), without).failing
        }
        assert more == failing | {"rep_yearly_audit.sql"}


def test_prices_say_where_they_are_from():
    for card in prices().values():
        assert set(card) == {"dollars", "unit", "source", "as_of"}


@pytest.mark.parametrize("given", [{"orders_per_day": 3}, {"scale": 0}, {"orders_per_day": "many"}])
def test_a_bad_parameter_is_one_line(given):
    with pytest.raises(UsageError, match="whole number"):
        World(7, **given)


def test_the_checks_name_no_pull_that_is_not_there():
    assert {p.model for p in (*review_pr.HARMFUL, *review_pr.GOOD)} | {review_pr.AUDIT} == set(
        PULLS
    )
    assert set(fix_the_model.NIGHTS.values()) == {20, 21, 22, 24}
    assert read_the_bill.ORDERS_PER_DAY >= 20
    with pytest.raises(ModelError):
        compiled("{{ var('x') }}", lake(7, 20).last, incremental=False)


def test_what_shipped_is_the_same_on_the_page_and_in_the_check():
    assert generated("shipped").strip() == STARTER.strip()


def test_the_keys_that_the_taken_home_project_tests_are_keys():
    here = lake(7, 20, 12)
    texts = World(7, 20).repository(STARTER, REFERENCE, "name: x")
    told = [yaml.safe_load(texts[f"pull/mine/models/{n}.yml"]) for n in ("schema", "others")]
    keys = dict(keys_in([model for one in told for model in one["models"]]))
    models = {name for name in texts if name.startswith("pull/mine/models/") and ".sql" in name}
    assert models == {f"pull/mine/models/{name}.sql" for name in keys}
    with here.open() as con:
        for name, key in keys.items():
            sql = compiled(texts[f"pull/mine/models/{name}.sql"], here.last, incremental=True).sql
            rows = f"select {', '.join(key)} from ({sql}) group by all having count(*) > 1"
            assert not con.execute(rows).fetchall(), name


def test_two_reads_of_one_table_are_told_apart():
    here = World(7, 20)
    [row] = [here._explained("select 1 from lake.events a join lake.events b using (event_id)")]
    assert row["files opened"] == "730 = 365 + 365"


@pytest.mark.parametrize("ends", [(544, 1_000, 31_041), (1_000, 1_000, 1_290), (100, 900, 1_000)])
def test_labels_at_the_end_of_the_bill_cover_none_another(ends):
    labels = [(float(end), f"yours {end}", "") for end in ends]
    top = max(ends) * 1.05
    moved = zip(ends, month._apart(labels, top), strict=True)
    places = [end / top * month.PLOT + up for end, up in moved]
    assert all(low + month.LINE <= high + 0.1 for low, high in itertools.pairwise(places))
