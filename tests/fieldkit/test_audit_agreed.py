"""Findings that a reader of public projects did not agree with, as kinds, in SQL of our own."""

from __future__ import annotations

import pytest

from fieldkit.audit import Catalog, Settings, Table
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import audit, of

TABLES = (
    Table("app.calls", "at", 9_000_000_000),
    Table("app.contracts", "made_at", 9_000_000_000),
    Table("app.blocks", "at", 9_000_000_000),
    Table("app.shops", "opened_on", 9_000_000_000, grain=("shop_id",)),
)
GROWS = "{{ config(materialized='incremental', unique_key='id') }} "
NEW = "c.at > (select max(at) from {{ this }})"


def judged(text, *tables, dialect="duckdb"):
    settings = Settings(catalog=Catalog(tables or TABLES), dialect=dialect)
    (model,) = of(Project((File("m.sql", text),)), settings).models
    return model


def counted(model):
    return [f.rule for f in model.findings if not f.note]


def test_what_may_be_a_list_of_things_is_undecided_and_says_why():
    text = (
        f"{GROWS}select c.id, k.name from app.calls c left join app.contracts k on k.id = c.to_id"
    )
    model = judged(f"{text} where {NEW}")
    assert (model.verdict, counted(model)) == ("undecided", [])
    assert "a list of things, or what happened?" in model.unknown["one-sided-filter"]
    assert counted(judged(text)) == ["incremental-unfiltered"] * 2  # nothing is restricted


def test_with_a_grain_it_is_decided():
    text = f"{GROWS}select c.id, s.name from app.calls c join app.shops s using (shop_id)"
    assert counted(judged(f"{text} where {NEW}")) == ["one-sided-filter"]
    small = Table("app.shops", "opened_on", 10_000, grain=("shop_id",))
    assert counted(judged(f"{text} where {NEW}", TABLES[0], small)) == ["incremental-unfiltered"]


@pytest.mark.parametrize(
    ("on", "found"),
    [
        ("b.at = c.at and b.id = c.id or b.at = c.at and b.n = c.n", []),
        ("(b.at = c.at and b.id = c.id) or (b.at = c.at and b.n = c.n)", []),
        ("b.at = c.at or b.n = c.n", ["incremental-unfiltered"]),
    ],
)
def test_each_way_in_which_rows_meet_may_be_on_the_same_day(on, found):
    text = f"{GROWS}select c.id, b.n from app.calls c join app.blocks b on {on} where {NEW}"
    assert counted(judged(text)) == found


@pytest.mark.parametrize("tags", ["'static'", "['dunes', 'static']", "'one-off'"])
def test_a_model_that_is_built_once_reads_all_once(tags):
    text = "{{ config(materialized='%s', tags=%s) }} select id, at from app.calls"
    for how in ("table", "incremental"):
        model = judged(text % (how, tags))
        assert counted(model) == [] and all(f.note for f in model.findings) and model.findings
        assert counted(judged(text % (how, "['nightly']")))


@pytest.mark.parametrize(
    ("where", "note"),
    [
        ("at <= current_timestamp", True),
        ("at < now() and id > 3", True),
        ("current_date >= cast(at as date)", True),
        ("day < current_date", False),  # leaves out today
        ("at >= now()", False),
        ("at <= now() - interval 3 day", False),
        ("not (at <= now())", False),
        ("at <= now() or id > 3", False),
        ("coalesce(at, paid_at) <= now()", False),
        ("at <= now() and at > now() - interval 3 day", False),
    ],
)
def test_a_guard_against_the_future_is_a_note(where, note):
    model = judged(f"select id from t where {where}")
    assert counted(model) == ([] if note else ["non-deterministic"])
    if note:
        assert ["dated later than the run" in f.evidence for f in model.findings] == [True]


@pytest.mark.parametrize(
    ("config", "verdict"),
    [
        ("config(materialized='table', enabled=false)", "skipped"),
        ("config(enabled = False)", "skipped"),
        ("config({'materialized': 'table', 'enabled': false})", "skipped"),
        ("config(enabled=var('shop_enabled', false))", "findings"),
        ("config(enabled=true)", "findings"),
    ],
)
def test_a_model_that_says_that_it_is_not_enabled_is_skipped(config, verdict, tmp_path):
    (tmp_path / "m.sql").write_text("{{ " + config + " }} select a from t order by a")
    (model,) = audit(tmp_path, Settings()).models
    assert model.verdict == verdict, model
