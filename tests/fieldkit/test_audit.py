"""`fieldkit audit`: its rules on what is harmful and what looks alike, and its command line."""

from __future__ import annotations

import json
import re
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import duckdb
import pytest

from fieldkit.audit import Catalog, Settings, Table, metered
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import of

DOCS = Path(__file__).resolve().parents[2] / "docs" / "audit.md"
COLUMNS = ("event_id", "customer_id", "session_id", "occurred_at", "cents", "event_date")
# ruff: noqa: E501
CATALOG = Catalog(
    [
        Table("events", "event_date", 26_000_000, 365, ("event_id",), COLUMNS),
        Table("customers", grain=("customer_id",), columns=("customer_id", "country")),
        Table("touches", grain=("session_id", "campaign"), columns=("session_id", "campaign")),
    ]
)
INCREMENTAL = "{{ config(materialized='incremental', unique_key='event_id') }}\n"
DAY = "event_date = date '2026-03-01'"
HARMFUL = {
    "no filter": ("full-scan", "select event_id, cents from lake.events"),
    "only an upper bound": (
        "full-scan", "select event_id from lake.events where event_date <= date '2026-03-01'"
    ),
    "a filter on the moment": (
        "full-scan", "select event_id from lake.events where occurred_at > '2026-03-01'"
    ),
    "one CTE is read twice, and filtered once": (
        "full-scan",
        f"with e as (select event_id, event_date from lake.events), a as (select * from e where {DAY})"
        " select a.event_id from a union all select event_id from e",
    ),
    "incremental, no filter": (
        "incremental-unfiltered", INCREMENTAL + "select event_id from {{ source('lake', 'events') }}"
    ),
    "a filter of first runs only": (
        "incremental-unfiltered",
        INCREMENTAL + "select event_id from lake.events {% if not is_incremental() %} where "
        f"{DAY} {{% endif %}}",
    ),
    "a window before the filter": (
        "unbounded-window",
        "select event_id from (select event_id, event_date, row_number() over (partition by"
        f" customer_id order by occurred_at) as n from lake.events) where {DAY}",
    ),
    "a sum over a join": (
        "fan-out",
        "select e.customer_id, sum(e.cents) as cents from lake.events e left join lake.touches t"
        f" using (session_id) where e.{DAY} group by 1",
    ),
    "a sum two steps later": (
        "fan-out",
        "with j as (select e.*, t.campaign from lake.events e join lake.touches t on t.session_id ="
        f" e.session_id where e.{DAY}) select customer_id, sum(cents) as cents from j group by 1",
    ),
    "DISTINCT rows": (
        "distinct-hides-fan-out",
        "select distinct e.event_id, e.cents from lake.events e join lake.touches t using"
        f" (session_id) where e.{DAY}",
    ),
    "a sum of distinct values": (
        "distinct-hides-fan-out",
        "select sum(distinct e.cents) as cents from lake.events e join lake.touches t using"
        f" (session_id) where e.{DAY}",
    ),
    "one side in time": (
        "one-sided-filter",
        f"with a as (select customer_id from lake.events where {DAY}), b as (select customer_id,"
        " count(*) as n from lake.events group by 1) select a.customer_id, b.n from a join b using"
        " (customer_id)",
    ),
    "the clock in a filter": (
        "non-deterministic", "select event_id from lake.events where event_date >= current_date - 3"
    ),
    "a star to the output": ("output-star", f"with e as (select * from lake.events where {DAY}) select * from e"),
    "sorted": ("order-by", "select country from lake.customers order by country"),
}  # fmt: skip
ALIKE = {
    "an import with a star": (
        f"with e as (select * from lake.events where {DAY}), c as (select * from lake.customers)"
        " select e.event_id, c.country from e left join c using (customer_id)"
    ),
    "a filter further out": (
        f"with e as (select * from lake.events) select event_id from e where {DAY}"
    ),
    "a cross join with one row": (
        f"with t as (select sum(cents) as all_cents from lake.events where {DAY}) select e.event_id,"
        f" e.cents / t.all_cents as share from lake.events e cross join t where e.{DAY}"
    ),
    "unnest": (
        f"select event_id, u.part from lake.events cross join unnest([1, 2]) as u(part) where {DAY}"
    ),
    "microbatch": (
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time="
        "'event_date', begin='2026-01-01', batch_size='day') }} select event_id from lake.events"
    ),
    "append without a key": (
        "{{ config(materialized='incremental', incremental_strategy='append') }} select event_id"
        " from lake.events {% if is_incremental() %} where event_date >= '{{ var('d') }}'{% endif %}"
    ),
    "loaded_at": f"select event_id, current_timestamp as loaded_at from lake.events where {DAY}",
    "sums at the grain of the other side": (
        "select t.campaign, sum(e.cents) as cents from lake.events e join lake.touches t using"
        f" (session_id) where e.{DAY} group by t.campaign"
    ),
    "the other side is aggregated first": (
        "with t as (select session_id, count(*) as n from lake.touches group by 1) select"
        f" e.customer_id, sum(e.cents) as cents, max(t.n) as n from lake.events e left join t using"
        f" (session_id) where e.{DAY} group by 1"
    ),
    "count distinct over a join": (
        "select e.customer_id, count(distinct e.event_id) as n from lake.events e join lake.touches"
        f" t using (session_id) where e.{DAY} group by 1"
    ),
    "a window within the day": (
        "select event_id from (select event_id, event_date, row_number() over (partition by"
        f" event_date, customer_id order by occurred_at) as n from lake.events) where {DAY}"
    ),
    "both sides in time": (
        f"select a.event_id from lake.events a join lake.events b on b.customer_id = a.customer_id"
        f" where a.{DAY} and b.{DAY}"
    ),
    "sorted, to take ten": "select country from lake.customers order by country limit 10",
    "a range of the night": (
        INCREMENTAL + "select event_id from {{ source('lake', 'events') }} where event_date between"
        " cast('{{ var('as_of') }}' as date) - 3 and cast('{{ var('as_of') }}' as date)"
    ),
    "from the table itself": (
        INCREMENTAL
        + "select event_id from {{ source('lake', 'events') }} {% if is_incremental() %}"
        " where event_date >= (select max(event_date) from {{ this }}) {% endif %}"
    ),
}


def rules(text, catalog=CATALOG):
    [model] = of(Project((File("models/m.sql", text),)), Settings(catalog=catalog)).models
    assert not model.why, model.why
    return [finding.rule for finding in model.findings if not finding.note]


@pytest.mark.parametrize("name", HARMFUL)
def test_harm_is_found_once_by_its_rule(name):
    rule, text = HARMFUL[name]
    assert rules(text) == [rule]


@pytest.mark.parametrize("name", ALIKE)
def test_what_looks_alike_is_clean(name):
    assert rules(ALIKE[name]) == []


def test_a_function_on_the_partition_is_a_note():
    text = "select event_id from lake.events where strftime(event_date, '%Y') = '2026'"
    [model] = of(Project((File("m.sql", text),)), Settings(catalog=CATALOG)).models
    assert [(f.rule, f.note) for f in model.findings] == [("partition-function", True)]
    assert model.verdict == "clean"


@pytest.mark.parametrize("dialect", ["duckdb", "bigquery", "snowflake", "redshift", "postgres"])
def test_five_dialects(dialect):
    text = "select customer_id, sum(cents) as cents from lake.events group by customer_id"
    settings = Settings(catalog=CATALOG, dialect=dialect)
    [model] = of(Project((File("m.sql", text),)), settings).models
    assert [f.rule for f in model.findings] == ["full-scan"]


@pytest.fixture
def bad(tmp_path):
    """A folder of what people have lying about."""
    folder = tmp_path / "project"
    (folder / "models").mkdir(parents=True)
    (folder / "dbt_packages" / "x").mkdir(parents=True)
    (folder / "dbt_packages" / "x" / "m.sql").write_text("selec nonsense")
    (folder / "dbt_project.yml").write_text("name: p\n")
    files = {
        "macro.sql": "{{ dbt_utils.star(ref('x')) }}",
        "jinja.sql": "select {% if %} 1",
        "endless.sql": "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
        "broken.sql": "select from where ((",
        "ddl.sql": "drop table x",
        "empty.sql": "  \n",
        "comment.sql": "-- nothing yet",
        "config.sql": "{{ config(enabled=false) }}",
        "deep.sql": "select " + "(" * 3000 + "1" + ")" * 3000 + " as a",
        "long.sql": "select 1 as c0" + "".join(f"\n, {n} as c{n}" for n in range(1, 10_000)),
        "python.py": "def model(dbt, session): ...",
    }
    for name, text in files.items():
        (folder / "models" / name).write_text(text)
    (folder / "models" / "latin.sql").write_bytes("select 1 as a -- Stra\u00dfe".encode("latin-1"))
    (folder / "models" / "bom.sql").write_bytes(b"\xef\xbb\xbfselect 1 as a")
    (folder / "models" / "broken.yml").write_text("models: [\n  - name: {")
    (folder / "models" / "loop").symlink_to(folder, target_is_directory=True)
    return folder


def test_every_file_gets_a_verdict(bad, fieldkit):
    ran = fieldkit("audit", bad, "--json", bad / "out.json")
    assert (ran.returncode, ran.stderr) == (0, "")
    told = json.loads((bad / "out.json").read_text())["audit"]["models"]
    seen = {Path(m["path"]).name: m["verdict"] for m in told}
    unparsed = {"macro.sql", "jinja.sql", "endless.sql", "broken.sql", "ddl.sql"}
    assert {name for name, verdict in seen.items() if verdict == "unparsed"} >= unparsed
    assert {seen[n] for n in ("empty.sql", "config.sql", "python.py")} == {"skipped"}
    assert {seen[n] for n in ("latin.sql", "bom.sql", "long.sql")} == {"undecided"}
    assert all(m["why"] for m in told if m["verdict"] in ("unparsed", "skipped"))
    assert len(seen) == 13
    assert "broken.yml" in ran.stdout


BROKEN = {
    "catalog": {"c.csv": "name,size\n", "d.json": "{}", "e.csv": "table,bytes\nx,many\n"},
    "standards": {
        "a.yml": "rules: [{id: fullscan}]", "b.yml": "rules: 3", "c.yml": "a: [",
        "d.yml": "rules: []\nwaivers: [{model: a, rule: full-scan, owner: b}]",
        "e.yml": "rules: [{id: full-scan, over_bytes: 0}]", "f.yml": "rules: [order-by, order-by]",
    },
    "manifest": {"m.json": "[]", "n.json": "{", "o.json": '{"metadata": {}}'},
    "jobs": {"j.csv": "a,b\n", "k.csv": "model,bytes\nx,1.5\n"},
    "baseline": {"b.json": "{}"},
}  # fmt: skip


@pytest.mark.parametrize("option", BROKEN)
def test_a_bad_file_is_one_line_and_exit_code_2(option, tmp_path, fieldkit):
    (tmp_path / "m.sql").write_text("select 1 as a")
    for name, text in BROKEN[option].items():
        (tmp_path / name).write_text(text)
        ran = fieldkit("audit", "m.sql", f"--{option}", name)
        assert ran.returncode == 2, (name, ran.stdout)
        assert len(ran.stderr.splitlines()) == 1 and name in ran.stderr, ran.stderr
    assert fieldkit("audit", "m.sql", f"--{option}", "not-there").returncode in (0, 2)


def test_the_nearest_rule_is_named(tmp_path, fieldkit):
    (tmp_path / "m.sql").write_text("select 1 as a")
    (tmp_path / "s.yml").write_text("rules: [{id: fullscan}]")
    assert "did you mean full-scan?" in fieldkit("audit", ".", "--standards", "s.yml").stderr


def test_a_waiver_counts_until_its_day(tmp_path):
    import datetime as dt

    from fieldkit.audit.standards import parsed

    text = "rules: [full-scan]\nwaivers: [{model: m, rule: full-scan, owner: o, until: 2026-03-31}]"
    for day, verdict, expired in ((31, "waived", 0), (1, "findings", 1)):
        today = dt.date(2026, 3 if day == 31 else 4, day)
        settings = Settings(parsed(text), CATALOG, today=today)
        audit = of(Project((File("m.sql", "select cents from lake.events"),)), settings)
        assert (audit.models[0].verdict, len(audit.expired)) == (verdict, expired)
        assert audit.exit_code == (verdict == "findings")


def test_manifest_gives_compiled_sql_and_keys(tmp_path, fieldkit):
    (tmp_path / "m.sql").write_text("{{ unknown_macro() }}")
    node = {"resource_type": "model", "original_file_path": "m.sql", "name": "m",
            "compiled_code": 'select * from "db"."lake"."events"', "config": {}}  # fmt: skip
    (tmp_path / "manifest.json").write_text(json.dumps({"nodes": {"model.p.m": node}}))
    assert fieldkit("audit", "m.sql").returncode == 2
    ran = fieldkit("audit", "m.sql", "--manifest", "manifest.json")
    assert ran.returncode == 1 and "output-star" in ran.stdout


def test_only_changed_files_and_only_what_is_new(tmp_path, fieldkit):
    git = ["git", "-C", str(tmp_path), "-c", "user.email=a@example.com", "-c", "user.name=a"]
    (tmp_path / "old.sql").write_text("select a from t order by a")
    subprocess.run([*git, "init", "-q"], check=True)
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-qm", "first"], check=True)
    (tmp_path / "new.sql").write_text("select b from t order by b")
    ran = fieldkit("audit", ".", "--changed-since", "HEAD")
    assert ran.returncode == 1 and "new.sql" in ran.stdout and "old.sql" not in ran.stdout
    assert fieldkit("audit", ".", "--baseline", "known.json").returncode == 0
    (tmp_path / "newer.sql").write_text("select c from t order by c")
    ran = fieldkit("audit", ".", "--baseline", "known.json", "--github")
    assert ran.returncode == 1 and ran.stdout.count("::error") == 1


def test_a_lake_is_measured_and_not_written(tmp_path, fieldkit):
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute(f"copy (from range(100000) t(a)) to '{tmp_path}/a.parquet'")
        con.execute(f"create schema lake; create view lake.a as from '{tmp_path}/a.parquet'")
    (tmp_path / "m.sql").write_text("select sum(a) as a from {{ source('lake', 'a') }}")
    (tmp_path / "ten.sql").write_text("select a from lake.a limit 10")
    before = (tmp_path / "w.duckdb").read_bytes()
    options = ("audit", ".", "--lake", "w.duckdb", "--json", "o.json", "--budget")
    assert fieldkit(*options, "10000000").returncode == 0
    ran = fieldkit(*options, "1000")
    assert ran.returncode == 1 and "measured" in ran.stdout
    told = json.loads((tmp_path / "o.json").read_text())["audit"]["models"]
    assert "LIMIT" in next(m for m in told if m["path"] == "ten.sql")["unknown"]["over-budget"]
    assert (tmp_path / "w.duckdb").read_bytes() == before


def test_reports_of_all_kinds(tmp_path, fieldkit):
    (tmp_path / "m.sql").write_text("select a from t order by a")
    kinds = ("json", "junit", "html", "sarif")
    fieldkit("audit", ".", *(part for k in kinds for part in (f"--{k}", f"o.{k}")))
    assert ET.parse(tmp_path / "o.junit").getroot().get("failures") == "1"
    sarif = json.loads((tmp_path / "o.sarif").read_text())
    assert sarif["runs"][0]["results"][0]["ruleId"] == "order-by"
    assert "order-by" in (tmp_path / "o.html").read_text()


def test_bytes_repeat_on_any_number_of_threads(tmp_path):
    with duckdb.connect() as con:
        con.execute(
            "copy (select range % 9 as d, range as a, hash(range)::varchar as b, hash(range + 1)::"
            f"varchar as c from range(200000)) to '{tmp_path}/t' (format parquet, partition_by (d))"
        )
    query = f"select d, a, c, row_number() over (partition by a) from '{tmp_path}/t/*/*.parquet'"
    seen = set()
    for threads in (1, 1, 1, 2, 2, 4, 4):
        with duckdb.connect() as con:
            con.execute(f"set threads = {threads}")
            seen.add(metered(con, query))
    assert len(seen) == 1


def test_the_page_does_what_it_says(tmp_path, fieldkit):
    page = DOCS.read_text(encoding="utf-8")
    for name, text in re.findall(r"```\w+ file=(\S+)\n(.*?)```", page, re.S):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    shown = [
        block
        for console in re.findall(r"```console\n(.*?)```", page, re.S)
        for block in re.split(r"^(?=\$ )", console, flags=re.M)
        if block
    ]
    assert len(shown) == 5
    for block in shown:
        command, _, told = block.removeprefix("$ fieldkit ").partition("\n")
        # Without the lines that say when and how the report was made.
        header = r"^(?:fieldkit audit \d|again:).*\n(?:\S.*\n)*"
        shown = re.sub(header, "", fieldkit(*command.split()).stdout, flags=re.M)
        assert shown.strip() == told.strip(), command


def test_every_option_on_the_page_exists(fieldkit):
    page, told = DOCS.read_text(encoding="utf-8"), fieldkit("audit", "--help", COLUMNS="200").stdout
    assert set(re.findall(r"(--[a-z][a-z-]+)", page)) <= set(re.findall(r"(--[a-z][a-z-]+)", told))


def test_what_nobody_looks_for_is_said(tmp_path, fieldkit):
    """A rule that the standards do not name, a table that the catalog lacks: not simply clean."""
    (tmp_path / "model.sql").write_text("select a, b from {{ source('raw', 'orders') }}")
    (tmp_path / "standards.yml").write_text("rules: [order-by]")
    ran = fieldkit("audit", "model.sql", "--standards", "standards.yml", "--json", "out.json")
    assert "0 findings, 9 rules off." in ran.stdout and "Off\n" in ran.stdout
    assert "full-scan" in ran.stdout
    assert json.loads((tmp_path / "out.json").read_text())["audit"]["rules"] == ["order-by"]
    ran = fieldkit("audit", "model.sql")
    assert ran.returncode == 0 and "0 findings, 7 rules undecided." in ran.stdout
    (tmp_path / "catalog.csv").write_text("table,partition\nshop.customers,day\n")
    ran = fieldkit("audit", "model.sql", "--catalog", "catalog.csv")
    assert "not in the catalog" in ran.stdout and "raw.orders" in ran.stdout


@pytest.mark.parametrize(
    ("known", "hit"),
    [
        ("raw.orders", True),
        ("acme-prod.raw.orders", True),  # as INFORMATION_SCHEMA says it
        ("acme.shop_raw.orders", True),  # raw is dbt's name of the source
        ("orders", True),
        ("shop.orders\nother.orders", False),  # nobody knows which
        ("shop.orders\nraw.customers", False),  # raw is a schema, and has no such table
    ],
)
def test_a_table_is_known_by_its_short_and_its_long_name(tmp_path, fieldkit, known, hit):
    (tmp_path / "model.sql").write_text("select a, b from raw.orders")
    lines = "".join(f"{name},day\n" for name in known.splitlines())
    (tmp_path / "catalog.csv").write_text(f"table,partition\n{lines}")
    ran = fieldkit("audit", "model.sql", "--catalog", "catalog.csv")
    assert ("full-scan" in ran.stdout) is hit, ran.stdout
    assert ("not in the catalog" in ran.stdout) is not hit


def test_waivers_need_no_rules(tmp_path, fieldkit):
    (tmp_path / "model.sql").write_text("select a from raw.orders order by a")
    waiver = "{model: model, rule: order-by, owner: me, until: 9999-01-01}"
    (tmp_path / "standards.yml").write_text(f"waivers: [{waiver}]")
    ran = fieldkit("audit", "model.sql", "--standards", "standards.yml")
    assert ran.returncode == 0 and "1 waived" in ran.stdout and "off" not in ran.stdout


def test_a_baseline_that_is_written_is_said(tmp_path, fieldkit):
    (tmp_path / "model.sql").write_text("select a from raw.orders order by a")
    first, second = (fieldkit("audit", "model.sql", "--baseline", "known.json") for _ in range(2))
    assert "known.json was written with 1 finding; commit it." in first.stdout
    assert "was written" not in second.stdout


def test_skills_documents(tmp_path, fieldkit):
    assert fieldkit("skills", "init").returncode == 0
    assert fieldkit("skills", "init").returncode == 2
    (tmp_path / "AGENTS.md").write_text("by hand")
    ran = fieldkit("skills", "render")
    assert ran.returncode == 2 and "by hand" in ran.stderr
    (tmp_path / "AGENTS.md").unlink()
    assert fieldkit("skills", "render").returncode == fieldkit("skills", "render").returncode == 0
    skill = (tmp_path / "sql-standards" / "SKILL.md").read_text()
    front = re.match(r"---\nname: (\S+)\ndescription: (.+)\n---\n", skill)
    assert front[1] == "sql-standards" and len(front[2]) <= 1024
    assert all(rule in skill for rule in ("order-by", "name-pattern"))
    text = (tmp_path / "standards.yml").read_text()
    (tmp_path / "standards.yml").write_text(text.replace("order by order_id", ""))
    ran = fieldkit("skills", "check")
    assert ran.returncode == 1 and "does not trigger order-by" in ran.stdout
