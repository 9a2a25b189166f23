"""A database among the files of a folder is read table by table; what lies outside is told."""

from __future__ import annotations

import sqlite3

import duckdb
import pytest

from fieldkit.errors import CannotRun
from fieldkit.prove.run import Settings, prove
from fieldkit.state.compare import Comparison
from fieldkit.state.databases import tables_in
from fieldkit.state.scope import Scope
from fieldkit.state.stores import identify
from tests.fieldkit.pipelines import command, state

ODD = ('O\'Neil, "x"', "two\nlines", "\\N", "", None, 1.5, b"\x00")
SQLITE = """
import sqlite3
con = sqlite3.connect(folder / "shop.db")
con.execute("create table if not exists orders (id integer, day text)")
con.execute(DELETE)
for id in range(200):
    con.execute("insert into orders values (?, 'mon')", (id,))
    con.commit()
"""
SETTINGS = Settings(reruns=1, kills=2, patience=20)


def made(place, kind):
    """A database of a kind, with a table `odd` whose values are hard to write as text."""
    rows = [(number, str(value) if kind == "duckdb" and value is not None else value)
            for number, value in enumerate(ODD)]  # fmt: skip
    con = duckdb.connect(str(place)) if kind == "duckdb" else sqlite3.connect(place)
    con.execute("create table odd (id integer primary key, value varchar)")
    con.executemany("insert into odd values (?, ?)", rows)
    con.commit() if kind == "sqlite" else None
    con.close()


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_tables_of_a_database_are_tables_of_its_folder(kind, tmp_path):
    for name in ("a", "b"):
        folder = tmp_path / name / "lake"
        (folder / "orders").mkdir(parents=True)
        (folder / "orders" / "one.csv").write_text("id\n1\n")
        made(folder / "w.db", kind)
    seen = Comparison([identify(tmp_path / "a" / "lake")], Scope(), tmp_path / "scratch")
    first, second = (seen.look([tmp_path / name / "lake"]) for name in ("a", "b"))
    assert first.keys() == {"orders", "w.db.odd"} and first == second
    assert first["w.db.odd"].rows == len(ODD) and first["w.db.odd"].shape.key == ("id",)
    con = (
        duckdb.connect(str(folder / "w.db"))
        if kind == "duckdb"
        else sqlite3.connect(folder / "w.db")
    )
    con.execute("update odd set value = 'NULL' where value is null")
    con.commit() if kind == "sqlite" else None
    con.close()
    assert seen.look([folder]) != first


def test_every_schema_counts_and_what_engines_skip_does_not(tmp_path):
    folder = tmp_path / "lake"
    folder.mkdir()
    with duckdb.connect(str(folder / "w.duckdb")) as con:
        con.execute("create schema mart")
        con.execute("create table mart.sales as select 1 as id")
        con.execute("create table raw as select 1 as id")
    made(folder / ".w.db", "sqlite")
    seen = Comparison([identify(folder)], Scope(), tmp_path / "scratch").look([folder])
    assert seen.keys() == {"w.duckdb.mart.sales", "w.duckdb.raw", "(other files)"}


def test_a_file_that_is_no_database_is_none(tmp_path):
    (tmp_path / "torn.db").write_bytes(b"SQLite format 3\0" + bytes(50))
    (tmp_path / "text.db").write_text("orders")
    assert tables_in(tmp_path / "torn.db") is tables_in(tmp_path / "text.db") is None


@pytest.mark.parametrize(
    ("delete", "verdict"), [("delete from orders", "PROVED"), ("select 1", "REFUTED")]
)
def test_a_load_into_a_database_of_a_folder(delete, verdict, tmp_path):
    script = SQLITE.replace("DELETE", repr(delete))
    proof = prove(command("folder", script, tmp_path), [state("folder", tmp_path / "state")],
                  settings=SETTINGS)  # fmt: skip
    assert proof.verdict == verdict, proof
    assert any(one.name.endswith("shop.db.orders") for one in proof.tables)


def test_nothing_left_to_compare_is_no_proof(tmp_path):
    scope = Scope(ignore_tables=("*",))
    argv = command("folder", SQLITE.replace("DELETE", "'select 1'"), tmp_path)
    with pytest.raises(CannotRun, match="no table is left to compare"):
        prove(argv, [state("folder", tmp_path / "state")], settings=SETTINGS, scope=scope)


def test_what_a_killed_run_leaves_beside_the_state_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    script = "open('run.lock', 'w').close()\n" + SQLITE + "os.unlink('run.lock')\n"
    argv = command("folder", script.replace("DELETE", "'delete from orders'"), tmp_path)
    proof = prove(argv, [state("folder", tmp_path / "state")], settings=SETTINGS)
    left = [one for one in proof.warnings if "run.lock" in one]
    assert bool(left) == (tmp_path / "run.lock").exists(), proof.warnings
    assert all("left outside its state" in one for one in left)
