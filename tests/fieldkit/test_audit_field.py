"""What public dbt projects showed of `fieldkit audit`, as kinds, in SQL and macros of our own."""

from __future__ import annotations

import json

import pytest

from fieldkit.audit import Catalog, Settings, Table
from fieldkit.audit import render as rendering
from fieldkit.audit.macros import read
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import audit, of

CATALOG = Catalog(
    [
        Table("sales", "sold_on", 9_000_000_000, 300, ("sale_id",),
              ("sale_id", "shop_id", "item_id", "sold_on", "cents", "pieces")),
        Table("returns", "sold_on", 8_000_000_000, 300, ("return_id",),
              ("return_id", "sale_id", "sold_on", "cents")),
        Table("shops_opened", "opened_on", 10_000, 300, ("opening_id",),
              ("opening_id", "shop_id", "opened_on")),
        Table("events", "event_time event_date", 9_000_000_000, 300, ("event_id",),
              ("event_id", "event_time", "event_date")),
        Table("items", grain=("item_id",), columns=("item_id", "price", "shelf")),
        Table("labels", grain=("item_id", "label"), columns=("item_id", "label")),
    ]
)  # fmt: skip
DAY = "sold_on = date '2026-03-01'"
CLEAN = {
    "price times pieces": (
        f"select s.shop_id, sum(i.price * s.pieces) as total from shop.sales s join shop.items i"
        f" using (item_id) where s.{DAY} group by 1"
    ),
    "a key that is made of others": (
        "{{ config(unique_key='sale_key') }} select s.sale_id, s.cents from shop.sales s join"
        f" dbt.labelled l on l.item_id = s.item_id where s.{DAY}"
    ),
    "a column that nobody knows": (
        "with people as (select shop_id, count(*) as n from shop.shops_opened where opened_on ="
        " date '2026-01-01' group by 1) select p.shop_id, sum(fee) as fees from people p left join"
        " other.payments y on y.shop_id = p.shop_id group by 1"
    ),
    "rows of DISTINCT with a name beside the id": (
        "with d as (select distinct item_id, shelf from shop.items) select d.shelf, sum(s.cents)"
        f" as cents from shop.sales s join d on d.item_id = s.item_id where s.{DAY} group by 1"
    ),
    "groups with an attribute that is read": (
        "with p as (select item_id, shelf, max(price) as price from shop.items group by 1, 2)"
        " select s.sale_id, s.cents, p.shelf from shop.sales s left join p on p.item_id = s.item_id"
        f" where s.{DAY}"
    ),
    "DISTINCT as a list of ids, with a constant": (
        "select distinct s.sale_id, 'tagged' as why from shop.sales s join shop.labels l using"
        f" (item_id) where s.{DAY}"
    ),
    "a union without repeats": (
        f"select s.sale_id from shop.sales s join shop.labels l using (item_id) where s.{DAY}"
        f" union distinct select sale_id from shop.returns where {DAY}"
    ),
    "a constant picked inside a step": (
        "with picked as (select item_id, label from shop.labels where label = 'new') select"
        f" s.shop_id, sum(s.cents) as cents from shop.sales s join picked using (item_id) where"
        f" s.{DAY} group by 1"
    ),
    "a key moved by a constant": (
        "select s.sale_id, sum(s.cents) as cents from shop.sales s join shop.items i on i.item_id"
        f" + 1 = s.item_id where s.{DAY} group by 1"
    ),
    "a list of things beside facts": (
        f"select s.sale_id, o.opened_on from shop.sales s join shop.shops_opened o on o.shop_id ="
        f" s.shop_id where s.{DAY} and o.opened_on > date '2000-01-01'"
    ),
    "a day or its moment": "select event_id from app.events where event_date = date '2026-03-01'",
    "the moment alone": "select event_id from app.events where event_time > timestamp '2026-03-01'",
    "days joined to days of a table that nobody knows": (
        "select s.sale_id from other.calendar c join shop.sales s on s.sold_on = c.day where c.day"
        " > date '2026-03-01'"
    ),
    "a history that windows made": (
        "with h as (select item_id, sold_on as since, lead(sold_on) over (partition by item_id"
        " order by sold_on) as until from shop.returns) select s.sale_id, h.item_id from shop.sales"
        f" s join h on h.item_id = s.item_id and s.sold_on >= h.since and s.sold_on < h.until"
        f" where s.{DAY}"
    ),
}


def judged(text, dialect="duckdb", **project):
    """One model as it was audited."""
    settings = Settings(catalog=CATALOG, dialect=dialect)
    [model] = of(Project((File("models/m.sql", text),), **project), settings).models
    return model


@pytest.mark.parametrize("name", CLEAN)
def test_what_was_a_false_alarm_is_clean(name):
    model = judged(CLEAN[name])
    assert not model.why
    assert [f for f in model.findings if f.rule != "incremental-unfiltered"] == []


def test_a_view_that_passes_on_is_a_note_and_one_that_adds_up_is_not():
    passing = "{{ config(materialized='view') }} select sale_id, cents from shop.sales"
    adding = "{{ config(materialized='view') }} select shop_id, sum(cents) as c from shop.sales group by 1"  # noqa: E501
    assert [(f.rule, f.note) for f in judged(passing).findings] == [("full-scan", True)]
    assert [(f.rule, f.note) for f in judged(adding).findings] == [("full-scan", False)]


def test_an_expression_that_is_repeated_is_one_finding():
    text = (
        "select sale_id from shop.sales where sold_on > current_date - 3 union all"
        " select sale_id from shop.returns where sold_on > current_date - 3"
    )
    assert [f.rule for f in judged(text).findings] == ["non-deterministic"]
    assert "2 times" in judged(text).findings[0].evidence


def test_a_group_that_nobody_reads_was_forgotten():
    text = (
        "with p as (select item_id, sold_on, sum(cents) as back from shop.returns r join shop.items"
        f" using (item_id) where {DAY} group by item_id, sold_on) select s.shop_id, sum(s.cents) as"
        f" cents from shop.sales s join p on p.item_id = s.item_id where s.{DAY} group by 1"
    )
    assert "fan-out" in {f.rule for f in judged(text).findings}


def test_two_sources_without_an_alias_end_no_audit():
    model = judged("select * from (select 1 as a), (select 2 as b)")
    assert model.verdict == "clean"


def test_a_rule_that_fails_on_a_file_says_so_and_the_others_are_judged(monkeypatch):
    from fieldkit.audit import run

    def fails(subject, settings):
        if "broken" in subject.tree.root.sql():
            raise KeyError("x")
        return [], {}

    monkeypatch.setattr(run, "_tried", fails)
    files = (File("a.sql", "select 1 as broken"), File("b.sql", "select 1 as fine"))
    first, second = of(Project(files), Settings()).models
    assert (first.verdict, second.verdict) == ("unparsed", "clean")
    assert "KeyError" in first.why


@pytest.fixture
def project(tmp_path):
    """A dbt project with macros, variables and an installed package."""

    def write(name, text):
        path = tmp_path / "shop" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write(
        "dbt_project.yml",
        "name: shop\nvars:\n  days: \"{{ env_var('DAYS', '3') }}\"\n  shop: {fee: 7}\n",
    )
    write(
        "macros/dates.sql",
        "{% macro recent(column) %}\n-- a remark\n{{ column }} >= date '2026-03-01'\n"
        "{% endmacro %}\n{% macro listed() %}{{ return(['a', 'b']) }}{% endmacro %}\n"
        "{% macro kind() %}{{ return(adapter.dispatch('kind', 'shop')()) }}{% endmacro %}\n"
        "{% macro default__kind() %}'any'{% endmacro %}\n"
        "{% macro snowflake__kind() %}'cold'{% endmacro %}\n",
    )
    write("dbt_packages/tools/dbt_project.yml", "name: tools\n")
    write("dbt_packages/tools/macros/t.sql", "{% macro one() %}1{% endmacro %}")
    write("models/m.sql", "select 1 as a\nfrom t where {{ recent('day') }}\norder by 1")
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("{{ recent('d') }}", "d >= date '2026-03-01'"),
        ("{{ shop.recent('d') }}", "d >= date '2026-03-01'"),
        ("{{ tools.one() }}", "1"),
        ("{% for x in listed() %}{{ x }};{% endfor %}", "a;b;"),
        ("{{ kind() }}", "'any'"),
        ("{{ var('days') }} {{ var('fee') }}", "3 7"),
        ("{{ dbt.type_string() }}", "varchar"),
        ("{{ dbt.date_trunc('day', 'x') }}", "date_trunc('day', x)"),
        ("{{ dateadd('day', -3, 'x') }}", "(x + (-3) * interval '1 day')"),
        ("{{ dbt.datediff('a', 'b', 'day') }}", "datediff('day', a, b)"),
        ("{{ dbt_utils.group_by(2) }}", "group by 1, 2"),
        ("{{ dbt_utils.generate_surrogate_key(['a']) }}", "md5(coalesce(cast(a as varchar), ''))"),
        ("{{ var('on', 'true') | as_bool }}", "True"),
        ("{{ ref('m').identifier }} {{ source('s', 't').schema }}", "m s"),
        ("{% set x = [] %}{% do x.append(1) %}{{ x }}", "[1]"),
        ("{% set x = {} %}{% if x.missing %}yes{% else %}no{% endif %}", "no"),
        ("{{ fromjson('[1]')[0] }}", "1"),
    ],
)  # fmt: skip
def test_macros_and_names_of_dbt(project, text, sql):
    told = rendering.rendered(text, surroundings=read([project])).sql
    assert " ".join(told.split()) == sql


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("{{ nobody('d') }}", "nobody is not known"),
        ("{{ tools.two() }}", "tools.two is not known"),
        ("{{ dbt_utils.star(ref('m')) }}", "dbt_utils.star is not known"),
        ("{{ adapter.get_relation(this) }}", "asks the database"),
        ("{{ exceptions.raise_compiler_error('no such day') }}", "no such day"),
        ("{{ modules.datetime.sys }}", "Jinja"),
        ("{{ ''.__class__ }}", "Jinja"),
    ],
)
def test_what_only_dbt_knows_is_unparsed(project, text, why):
    with pytest.raises(rendering.Unrendered, match=why):
        rendering.rendered(text, surroundings=read([project]))


def test_the_dialect_chooses_the_macro(project):
    told = rendering.rendered("{{ kind() }}", surroundings=read([project]), dialect="snowflake")
    assert told.sql == "'cold'"


def test_a_macro_does_not_move_the_lines_of_a_model(project):
    [model] = audit(project, Settings()).models
    assert [(f.rule, f.line) for f in model.findings] == [("order-by", 3)]


def test_macros_and_packages_are_no_models(project, fieldkit):
    done = fieldkit("audit", str(project), "--json", str(project / "r.json"))
    told = json.loads((project / "r.json").read_text())["audit"]["models"]
    assert [one["path"] for one in told] == ["models/m.sql"], done.stdout


def test_a_project_inside_a_folder_has_its_own_macros(project):
    [model] = audit(project.parent, Settings()).models
    assert model.path.endswith("models/m.sql")
    assert not model.why
