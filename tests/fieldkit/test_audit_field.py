"""What public dbt projects showed of `fieldkit audit`, as kinds, in SQL and macros of our own."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from fieldkit.audit import Catalog, Settings, Table
from fieldkit.audit import render as rendering
from fieldkit.audit.macros import read
from fieldkit.audit.project import File, Project
from fieldkit.audit.rules import RULES
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
        Table("labelled", grain=("id",), columns=("id", "code"), tested=True),
        Table("stored", "kept_on", grain=("kept_on", "item_id"), tested=True),
        Table("names", grain=("name",)),
        Table("notes", grain=("item_id", "line"), columns=("item_id", "line"), tested=True),
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
    "a merge key that holds the partition, too": (
        "select s.shop_id, sum(s.cents) as cents from shop.sales s join dbt.stored st on st.item_id"
        f" = s.item_id where s.{DAY} and st.kept_on > date '2026-01-01' group by 1"
    ),
    "a key beside the tested one": (
        "select s.shop_id, sum(s.cents) as cents from shop.sales s join dbt.labelled l on l.code ="
        f" s.item_id where s.{DAY} group by 1"
    ),
    "a key that is made of two sources": (
        "with both_ as (select coalesce(i.item_id, l.id) as item_id, i.price from shop.items i full"
        " outer join dbt.labelled l on l.id = i.item_id) select s.shop_id, sum(s.cents) as cents"
        f" from shop.sales s join both_ on both_.item_id = s.item_id where s.{DAY} group by 1"
    ),
    "DISTINCT for who is in a pair": (
        "with s as (select * from shop.sales where sold_on = date '2026-03-01') select distinct"
        " a.sale_id, a.cents from s a join s b on b.item_id = a.item_id and b.sale_id <> a.sale_id"
    ),
    "DISTINCT that keeps a column equal to one that repeats": (
        "select distinct i.item_id, i.price, n.name from shop.items i join shop.labels l on"
        " l.item_id = i.item_id join dbt.names n on n.name = l.label"
    ),
    "a group that HAVING keeps one value of": (
        "with p as (select item_id, label, count(*) as n from shop.labels group by 1, 2 having"
        " label = 'new') select s.shop_id, sum(s.cents) as cents from shop.sales s join p on"
        f" p.item_id = s.item_id where s.{DAY} group by 1"
    ),
    "rows without a partner": (
        "select s.shop_id, sum(s.cents) as cents from shop.sales s left join shop.labels l on"
        f" l.item_id = s.item_id where l.item_id is null and s.{DAY} group by 1"
    ),
    "a group whose last block goes with its day": (
        "with ends as (select max(return_id) as return_id, sold_on as day from shop.returns where"
        " sold_on > date '2026-02-01' group by 2), p as (select r.return_id, e.day, avg(r.cents) as"
        " c from shop.returns r join ends e on e.return_id = r.return_id where r.sold_on > date"
        " '2026-02-01' group by 1, 2) select s.shop_id, sum(s.cents) as cents from shop.sales s"
        f" join p on p.day = s.sold_on where s.{DAY} group by 1"
    ),
    "a UUID that is made of a name": (
        "select a.sale_id from shop.items i join other.a on a.sale_id = uuid_generate_v5('x', i.x)"
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


def test_a_tested_key_of_two_columns_is_a_note():
    text = (
        "select s.shop_id, sum(s.cents) as cents from shop.sales s join dbt.notes n on n.item_id ="
        f" s.item_id where s.{DAY} group by 1"
    )
    assert [(f.rule, f.note) for f in judged(text).findings] == [("fan-out", True)]


def test_only_an_upper_bound_behind_a_window_is_a_full_scan():
    text = (
        "with w as (select sale_id, sold_on, sum(cents) over (partition by shop_id order by"
        " sold_on) as c from shop.sales) select sale_id, c from w where sold_on <="
        " date '2026-03-01'"
    )
    [found] = judged(text).findings
    assert (found.rule, "only an upper bound" in found.evidence) == ("full-scan", True)


@pytest.mark.parametrize(
    ("dialect", "text", "found"),
    [
        ("snowflake", "uuid_string('ns', i.item_id)", []),
        ("snowflake", "uuid_string()", ["non-deterministic"]),
        ("duckdb", "uuid()", ["non-deterministic"]),
    ],
)
def test_a_uuid_of_a_name_is_the_same_each_time(dialect, text, found):
    sql = f"select i.item_id from shop.items i join other.a on a.id = {text}"
    assert [f.rule for f in judged(sql, dialect).findings] == found


@pytest.mark.parametrize(
    ("models", "own", "note"),
    [
        ("", "", True),  # dbt builds a view where nobody says anything
        ("+materialized: table", "", False),
        ("materialized: table\n    mart: {+materialized: view}", "", True),
        ("mart: {m: {+materialized: table}}", "", False),
        ("", "{{ config(materialized='table') }}", False),
        ("+materialized: view", "YAML", False),
    ],
)
def test_how_a_model_is_built_is_read_where_dbt_reads_it(models, own, note, tmp_path):
    told = f"name: shop\nmodels:\n  shop:\n    {models}\n" if models else "name: shop\n"
    (tmp_path / "dbt_project.yml").write_text(told)
    folder = tmp_path / "models" / "mart"
    folder.mkdir(parents=True)
    text = "" if own == "YAML" else own
    (folder / "m.sql").write_text(f"{text} select sale_id, cents from shop.sales")
    if own == "YAML":
        (folder / "m.yml").write_text("models: [{name: m, config: {materialized: table}}]")
    [model] = audit(tmp_path, Settings(catalog=CATALOG)).models
    assert [(f.rule, f.note) for f in model.findings] == [("full-scan", note)]


def test_a_project_may_say_that_its_models_are_incremental(tmp_path):
    told = "name: shop\nmodels: {shop: {+materialized: incremental}}\n"
    (tmp_path / "dbt_project.yml").write_text(told)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "m.sql").write_text(
        "select sale_id from shop.sales {% if is_incremental() %} where sold_on > '2026-03-01'"
        " {% endif %}"
    )
    assert not audit(tmp_path, Settings(catalog=CATALOG)).models[0].findings


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
        " using (item_id) where sold_on > date '2026-03-01' group by 1, 2) select s.shop_id,"
        " sum(s.cents) as cents from shop.sales s join p on p.item_id = s.item_id"
        f" where s.{DAY} group by 1"
    )
    assert "fan-out" in {f.rule for f in judged(text).findings}


def test_two_sources_without_an_alias_end_no_audit():
    model = judged("select * from (select 1 as a), (select 2 as b)")
    assert model.verdict == "clean"


@pytest.fixture
def broken_rule(monkeypatch):
    """`full-scan` breaks where a model has a column that is called broken."""

    def fails(subject):
        if "broken" in subject.tree.root.sql():
            raise KeyError("x")
        return []

    monkeypatch.setitem(RULES, "full-scan", replace(RULES["full-scan"], find=fails))


def test_a_rule_that_fails_is_its_own_verdict_and_all_else_is_judged(broken_rule):
    files = (
        File("a.sql", "select 1 as broken order by 1"),
        File("b.sql", "select 1 as fine"),
    )
    audit = of(Project(files), Settings())
    first, second = audit.models
    assert (first.verdict, second.verdict, audit.exit_code) == ("failed", "undecided", 2)
    assert first.why == "rule failed: full-scan (KeyError)"
    assert [f.rule for f in first.findings] == ["order-by"]


def test_a_rule_that_fails_stands_in_every_report(broken_rule, tmp_path, monkeypatch, capsys):
    from fieldkit.audit import cli

    (tmp_path / "a.sql").write_text("select 1 as broken")
    monkeypatch.chdir(tmp_path)
    out = {"json": tmp_path / "r.json", "junit": tmp_path / "r.xml"}
    assert cli.audit(tmp_path, **{"dialect": "duckdb", **out}) == 2
    assert "rule failed: full-scan" in capsys.readouterr().out
    assert json.loads(out["json"].read_text())["audit"]["models"][0]["verdict"] == "failed"
    assert "rule failed: full-scan" in out["junit"].read_text()


def test_what_the_library_cannot_read_is_unparsed(monkeypatch):
    from fieldkit.audit import tree

    def breaks(*_, **__):
        raise KeyError("x")

    monkeypatch.setattr(tree, "traverse_scope", breaks)
    model = judged("select 1 as a")
    assert (model.verdict, model.why) == ("unparsed", "sqlglot cannot read it (KeyError)")


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
        "{% macro snowflake__kind() %}'cold'{% endmacro %}\n"
        "{% macro _own() %}2{% endmacro %}\n",
    )
    write("dbt_packages/tools/dbt_project.yml", "name: tools\n")
    write("dbt_packages/tools/macros/t.sql", "{% macro one() %}1{% endmacro %}")
    write("models/m.sql", "select 1 as a\nfrom t where {{ recent('day') }}\norder by 1")
    return tmp_path / "shop"


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("{{ recent('d') }}", "-- a remark d >= date '2026-03-01'"),
        ("{{ shop.recent('d') }}", "-- a remark d >= date '2026-03-01'"),
        ("{{ tools.one() }}", "1"),
        ("{{ _own() + shop._own() }}", "22"),
        ("{{ adapter.dispatch('kind', packages=['shop'])() }}", "'any'"),
        ("{% for x in listed() %}{{ x }};{% endfor %}", "a;b;"),
        ("{{ kind() }} {{ adapter.type() }}", "'any' duckdb"),
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
        ("{{ dbt_utils.star(ref('m')) }} {{ dbt_utils.star(ref('m'), 'x') }}", "* x.*"),
        ("{{ dbt_utils.star(from=ref('m'), except=['a', 'b']) }}", "* exclude (a, b)"),
        ("{{ dbt_utils.star(ref('m'), 'x', ['a']) }}", "x.* exclude (a)"),
        ("{{ dbt_utils.union_relations([ref('m'), ref('n')], source_column_name=none) }}",
         "(select * from dbt_ref.m) union all (select * from dbt_ref.n)"),
        ("{{ dbt_utils.union_relations([ref('m')], include=['a'], where='a > 1') }}",
         "(select 'dbt_ref.m' as _dbt_source_relation, a from dbt_ref.m where a > 1)"),
        ("{{ dbt_utils.safe_add(['a', 'b']) }} {{ dbt_utils.string_literal('c') }}",
         "coalesce(a, 0) + coalesce(b, 0) 'c'"),
        ("{{ source('raw-data', '3rd') }} {{ ref('a.b') }}", '"raw-data"."3rd" dbt_ref."a.b"'),
        ("a_{{ nobody }}_b{% for n in {}.missing %}x{% endfor %}", "a__b"),
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
        ("{{ dbt_utils.star(ref('m'), prefix='a_') }}", "asks the database"),
        ("{{ dbt_utils.get_column_values(ref('m'), 'a') }}", "not known .*run `dbt deps`"),
        ("{{ tools.two() }}", "tools.two is not known without dbt$"),
        ("{{ run_query('select 1') }}", "run_query asks the database"),
        ("{% call statement('a') %}select 1{% endcall %}", "statement asks the database"),
        ("{% for one in graph.nodes %}{% endfor %}", "graph asks dbt for its graph"),
        ("{{ modules.re.sub('a', 'b', 'c') }}", "Jinja: the module or name re"),
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


def test_outside_of_a_project_a_name_that_nobody_defined_is_an_error(project):
    text = "select * from t where day = '{{ ds }}'"
    with pytest.raises(rendering.Unrendered, match="ds is not known"):
        rendering.rendered(text)
    told = rendering.rendered(text, surroundings=read([project]))
    assert told.sql.endswith("day = ''") and "ds is not known" in told.missing


def test_where_nothing_is_written_no_sql_may_be_left(project):
    [model] = of(
        Project((File("m.sql", "select 1 from {{ nobody }}"),), surroundings=read([project])),
        Settings(),
    ).models
    assert (model.verdict, "nobody is not known" in model.why) == ("unparsed", True)


@pytest.mark.parametrize("dialect", ["duckdb", "trino", "postgres"])
def test_numbers_may_be_written_in_groups(dialect):
    text = "select a from t where n > 100_000 order by a"
    [model] = of(Project((File("m.sql", text),)), Settings(dialect=dialect)).models
    assert [f.rule for f in model.findings] == ["order-by"]


@pytest.mark.parametrize("dialect", ["bigquery", "snowflake", "trino", "databricks", "postgres"])
def test_macros_that_ask_for_columns_and_odd_names_can_be_parsed(dialect, project):
    text = (
        "with d as ({{ dbt_utils.date_spine('day', '2020-01-01', 'current_date') }}), u as"
        " ({{ dbt_utils.union_relations([source('3p', 'a-b'), ref('n')], exclude=['x']) }})"
        " select {{ dbt_utils.star(ref('u'), except=['y'], relation_alias='u') }}, d.date_day"
        " from d join u on u.day = d.date_day"
    )
    [model] = of(
        Project((File("m.sql", text),), surroundings=read([project])), Settings(dialect=dialect)
    ).models
    assert [f.rule for f in model.findings] == ["output-star"], model


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


@pytest.mark.parametrize(
    ("day", "bound", "open_"),
    [
        ("at_day", True, False),
        ("cast(at as date)", True, False),
        ("cast(date_trunc('day', at) as date)", True, False),
        ("cast(at as date)", False, True),
        ("cast(paid_at as date)", True, True),
    ],
)
def test_rows_joined_on_a_day_that_was_made_of_a_restricted_moment_are_restricted(
    day, bound, open_
):
    where = "where at > (select max(at) from {{ this }})" if bound else ""
    text = (
        "{{ config(materialized='incremental', unique_key='id') }} with c as (select id, "
        f"{day} as day from app.events {where}), d as (select * from c)"
        " select d.id, b.height from d join chain.blocks b on b.day = d.day"
    )
    tables = (Table("app.events", "at at_day", 1000), Table("chain.blocks", "day", 1000))
    (model,) = of(Project((File("m.sql", text),)), Settings(catalog=Catalog(tables))).models
    assert any("chain.blocks is read whole" in f.evidence for f in model.findings) == open_
