"""Bad input of `fieldkit audit`: one line and exit code 2, or a verdict; nothing waits for ever."""

from __future__ import annotations

import json
import os

import pytest

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
