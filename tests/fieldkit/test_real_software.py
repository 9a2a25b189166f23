"""Software that nobody here wrote: dlt and dbt-duckdb, on local data."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from fieldkit.prove.run import Settings, prove
from tests.fieldkit.pipelines import content

DLT = """
import sys, dlt
database, disposition, work = sys.argv[1:]
@dlt.resource(name="orders", write_disposition=disposition, primary_key="id")
def orders():
    yield [{"id": i, "amount": i * 1.5, "lines": [{"sku": f"s{i}"}]} for i in range(50)]
shop = dlt.pipeline("shop", destination=dlt.destinations.duckdb(database), dataset_name="shop",
                    pipelines_dir=work)
shop.run(orders())
"""


def warehouse(folder):
    """A database with the table that the model adds to, as dbt left it before."""
    folder.mkdir()
    path = folder / "w.duckdb"
    with duckdb.connect(str(path)) as con:
        con.execute(
            "create table fact as select i as id, 0.0::decimal(22, 1) as amount from range(9) r(i)"
        )
    return path


def dbt_project(folder):
    """A project of one incremental model that merges by its key."""
    (folder / "models").mkdir()
    (folder / "dbt_project.yml").write_text('name: shop\nversion: "1.0"\nprofile: shop\n')
    (folder / "profiles.yml").write_text(
        "shop: {target: dev, outputs: {dev: {type: duckdb, threads: 1, "
        "path: \"{{ env_var('FIELDKIT_STATE') }}\"}}}\n"
    )
    (folder / "models" / "fact.sql").write_text(
        "{{ config(materialized='incremental', unique_key='id', incremental_strategy='merge') }}\n"
        "select i as id, i * 1.5 as amount from range(50) r(i)\n"
    )


@pytest.fixture
def place(tmp_path):
    return warehouse(tmp_path / "state")


@pytest.mark.parametrize(("disposition", "verdict"), [("append", "REFUTED"), ("merge", "PROVED")])
def test_dlt(place, tmp_path, monkeypatch, disposition, verdict, thorough):
    monkeypatch.setenv("RUNTIME__DLTHUB_TELEMETRY", "false")
    (tmp_path / "load.py").write_text(DLT)
    (tmp_path / "work").mkdir()
    load = [sys.executable, str(tmp_path / "load.py")]
    if disposition == "merge":
        # Killed between the commit to its staging table and its mark of that job, dlt 1.31 doubles
        # rows at the next run (docs/field.md), in a later load as in a first: rare, not excluded.
        subprocess.run([*load, place, disposition, tmp_path / "work"], check=True)
    before, files = content(place), sorted((tmp_path / "work").rglob("*"))
    argv = [*load, "{state}", disposition, "{state2}"]
    settings = Settings(reruns=1, kills=3 if thorough else 1, preset="dlt")
    proof = prove(argv, [place, tmp_path / "work"], settings=settings)
    assert proof.verdict == verdict, proof
    assert content(place) == before
    assert sorted((tmp_path / "work").rglob("*")) == files
    left = " ".join(proof.left_out)
    assert "shop._dlt_loads" in left
    assert "orders._dlt_id" in left
    assert "folder work" in left
    if verdict == "REFUTED":
        assert {d.table for d in proof.counterexample.deltas} == {
            "w.duckdb: shop.orders", "w.duckdb: shop.orders__lines"
        }  # fmt: skip
        assert all(d.duplicated == 50 for d in proof.counterexample.deltas)


def test_dbt_incremental_merge(place, tmp_path, monkeypatch, thorough):
    monkeypatch.setenv("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    monkeypatch.chdir(tmp_path)
    dbt_project(tmp_path)
    dbt = str(Path(sys.executable).with_name("dbt"))
    before = content(place)
    argv = [dbt, "-q", "run", "--profiles-dir", "."]
    settings = Settings(reruns=int(thorough), kills=3 if thorough else 1, preset="dbt")
    proof = prove(argv, [place], settings=settings)
    assert proof.verdict == "PROVED", proof
    assert content(place) == before
    assert [(t.name, t.before, t.after) for t in proof.tables] == [("fact", 9, 50)]
    assert not any("outside" in warning for warning in proof.warnings)


def test_a_shell_pipeline_with_a_child(tmp_path, place):
    """The whole group dies: a child that outlived its shell would go on writing."""
    script = tmp_path / "load.sh"
    child = (
        "import duckdb, sys; c = duckdb.connect(sys.argv[1]);"
        "c.execute('insert or replace into k select i, i from range(20) r(i)')"
    )
    script.write_text(f'#!/bin/sh\n"{sys.executable}" -c "{child}" "$1"\nsleep 0.2\n')
    script.chmod(0o755)
    with duckdb.connect(str(place)) as con:
        con.execute("create table k (i integer primary key, v integer)")
    proof = prove([str(script), "{state}"], [place], settings=Settings(reruns=1, kills=2))
    assert proof.verdict == "PROVED"
