"""Bad input of `fieldkit audit`: one line and exit code 2, or a verdict; nothing waits for ever."""

from __future__ import annotations

import json
import os

import pytest

from fieldkit.audit import Settings, audit

DEEP = "[" * 5000
FILES = {
    "--catalog c.csv": "table,bytes\nx,²\n",
    "--catalog d.csv": f"table,bytes\nx,{'9' * 5000}\n",
    "--catalog e.csv": f"table\n{'x' * 200_000}\n",
    "--catalog f.json": '{"nodes": {"a": {"columns": 5}}}',
    "--catalog g.json": '{"nodes": {"a": {"stats": {"num_bytes": {"value": 1e400}}}}}',
    "--catalog h.json": '{"nodes": {"a": {"stats": {"partitioning_type": 3}}}}',
    "--standards s.yml": "rules: [full-scan]\nwaivers: 3",
    "--standards t.yml": DEEP,
    "--manifest m.json": DEEP,
    "--jobs j.csv": "model,bytes\nx,²\n",
    "--jobs k.csv": f"model,bytes\nx,{'9' * 5000}\n",
    "--baseline b.json": DEEP,
}


@pytest.fixture
def model(tmp_path):
    (tmp_path / "m.sql").write_text("select 1 as a\norder by 1\n")
    return tmp_path


@pytest.mark.parametrize("given", FILES)
def test_a_broken_file_is_one_line(given, model, fieldkit):
    option, name = given.split()
    (model / name).write_text(FILES[given])
    done = fieldkit("audit", "m.sql", option, name, timeout=60)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr[-300:]
    assert name in done.stderr


@pytest.mark.parametrize("option", ["--catalog", "--standards", "--manifest", "--jobs"])
def test_a_pipe_is_refused_at_once(option, model, fieldkit):
    os.mkfifo(model / "pipe")
    done = fieldkit("audit", "m.sql", option, "pipe", timeout=60)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_odd_files_of_a_project_have_a_verdict(model, fieldkit):
    (model / "dbt_project.yml").write_text("macro-paths: 3\nvars: [1]\nname: [1]\n")
    (model / "x.yml").write_text(
        "models: [{name: m, columns: 3}, {name: n, tests: 3}, {name: o, columns: [{name: [1],"
        " tests: [unique]}], tests: [{dbt_utils.unique_combination_of_columns: 5}]}]"
    )
    (model / "link.sql").symlink_to("link.sql")
    os.mkfifo(model / "pipe.sql")
    os.mkfifo(model / "pipe.yml")
    (model / "nul.sql").write_bytes(b"select 1 \x00 as a")
    with open(os.fsencode(model) + b"/\xff.sql", "w") as file:
        file.write("select 1 as a")
    done = fieldkit("audit", ".", "--json", "r.json", "--html", "r.html", timeout=60)
    assert (done.returncode, done.stderr) == (1, "")
    told = json.loads((model / "r.json").read_text())["audit"]["models"]
    assert len(told) == 5
    assert {m["path"]: m["verdict"] for m in told}["pipe.sql"] == "unparsed"


@pytest.mark.parametrize("version", ["v4", "v12", "v99"])
def test_a_manifest_of_any_version_is_read(version, model, fieldkit):
    node = {
        "resource_type": "model", "original_file_path": "m.sql", "config": {},
        "compiled_sql" if version == "v4" else "compiled_code": "select 1 as a",
    }  # fmt: skip
    told = {"metadata": {"dbt_schema_version": version}, "nodes": {"model.p.m": node}}
    (model / "manifest.json").write_text(json.dumps(told))
    done = fieldkit("audit", "m.sql", "--manifest", "manifest.json", timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


ODD = {
    "snapshot": ("{% snapshot s %} select 1 as a {% endsnapshot %}", "a {% snapshot %} block"),
    "docs": ("{% docs orders %}What an order is.{% enddocs %}", "a {% docs %} block"),
    "test": ("{% test t(model) %} select 1 as a {% endtest %}", "a {% test %} block"),
    "statement": ("{% call statement('x') %}select 1{% endcall %} select 1", "statement asks"),
    "run_query": ("{% set x = run_query('select 1') %} select 1 as a", "run_query asks"),
    "endless loop": ("{% for x in range(10**9) %}{{ x }}{% endfor %}", "Range too big"),
    "the sandbox": ("{{ ''.__class__.__mro__ }}", "__class__"),
    "merge": ("merge into a using b on a.i = b.i when matched then delete", "MERGE is not"),
    "update": ("update a set b = 1 where c = 2", "UPDATE is not"),
    "copy": ("copy t from 'bucket/k' (format csv)", "no SELECT"),
    "a semicolon": (";", "no SELECT"),
    "scripting": ("execute immediate $$ begin let x := 1; return x; end; $$", "no SELECT"),
    "T-SQL": ("use shop\nGO\nselect top 5 a from t\nGO\n", "line 3"),
    "braces of a template": ("select a from {schema}.{table}", "line 1: Expected table name"),
    "UTF-16 without a mark": ("select 1 as a".encode("utf-16-le"), "line 1"),
    "bytes": (bytes(range(256)), "tokenizing"),
    "an open string": ("select 'a as b from t", "tokenizing"),
    "an open remark": ("select 1 as a /* and so on", "tokenizing"),
}  # fmt: skip
READ = {
    "UTF-16": "select 1 as a order by 1".encode("utf-16"),
    "Windows line ends": "select 1 as a\r\nfrom t\r\norder by 1\r\n",
    "ephemeral": "{{ config(materialized='ephemeral') }} select 1 as a order by 1",
    "a model's version": "select a from {{ ref('shop', 'orders', v=2) }} order by a",
    "a table that is created": "create table x as select a from t order by a",
    "recursive": "with recursive t as (select 1 as n union all select n + 1 from t where n < 9)"
    " select n from t order by n",
    "sixty subqueries": "select * from (" * 60 + "select 1 as a" + ") t" * 60 + " order by 1",
    "a block that is set": "{% set q %} select 1 as a order by 1 {% endset %}{{ q }}",
    "FROM first": "from t select a order by a",
    "pictures": 'select 1 as "\U0001f642" -- \U0001f642\n order by 1',
}


def _one(tmp_path, text):
    path = tmp_path / "m.sql"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    [model] = audit(path, Settings()).models
    return model


@pytest.mark.parametrize("name", ODD)
def test_what_is_no_model_is_unparsed_and_says_why(name, tmp_path):
    text, why = ODD[name]
    model = _one(tmp_path, text)
    assert (model.verdict, len(model.why.splitlines())) == ("unparsed", 1)
    assert why in model.why, model.why
    assert "Token" not in model.why


@pytest.mark.parametrize("name", READ)
def test_what_is_an_unusual_model_is_read(name, tmp_path):
    assert "order-by" in {finding.rule for finding in _one(tmp_path, READ[name]).findings}


def test_yaml_of_every_dbt_is_read_for_its_keys(tmp_path):
    """Arguments of dbt 1.11, versions, contracts, the semantic layer, unit tests, exposures."""
    (tmp_path / "m.sql").write_text("select 1 as a")
    (tmp_path / "s.yml").write_text(
        "semantic_models: [{name: m, model: ref('m'), entities: [{name: a, type: primary}]}]\n"
        "metrics: [{name: n, type: simple}]\nunit_tests: [{name: u, model: m}]\n"
        "exposures: [{name: e, type: dashboard}]\nsaved_queries: []\n"
        "models:\n  - name: m\n    latest_version: 2\n    versions: [{v: 1}, {v: 2}]\n"
        "    config: {contract: {enforced: true}, materialized: table}\n    data_tests:\n"
        "      - dbt_utils.unique_combination_of_columns:\n"
        "          arguments: {combination_of_columns: [a, b]}\n"
        "  - name: n\n    columns: [{name: k, data_tests: [{unique: {config: {where: x}}}]}]\n"
    )
    from fieldkit.audit import project

    found = project.read(tmp_path)
    assert [(t.name, t.grain) for t in found.tables] == [("m", ("a", "b")), ("n", ("k",))]
    assert found.files[0].config == {"materialized": "table"}
    assert not found.notes
