"""What makes a check from outside quick: a server that begins early, databases that stay open."""

from __future__ import annotations

import subprocess
import sys

import pytest

from labs.handles import database
from labs.handles.database import Warehouse
from workbook import callee, catalog, early, lasting, submission


@pytest.mark.parametrize(
    ("words", "needs"),
    [
        (("check", "load-day"), True),
        (("check", "load-day", "--answer", "page.ipynb"), True),
        (("check", "read-the-bill"), False),  # a text: nothing has to run
        (("check", "load-day", "--isolation", "bubblewrap"), False),
        (("check", "load-day", "--help"), False),
        (("check", "../x", "*"), False),
        (("hint", "load-day"), False),
        ((), False),
    ],
)
def test_a_server_begins_early_where_python_will_be_judged(words, needs):
    assert early.needs_server(words, catalog.root()) is needs


def test_it_tells_every_text_from_every_function():
    for lab in catalog.labs():
        for one in lab.exercises.values():
            needs = early.needs_server(["check", one.id], catalog.root())
            assert needs is not submission.is_text(one), one.id


def test_the_command_line_begins_with_it():
    code = "import sys; sys.argv[1:] = ['hint']; import workbook.early; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "workbook.launch" not in done.stdout.split(), "a command that needs none waits for none"


def _insert(con):
    con.execute("insert into t values (1)")


def test_a_database_stays_open_from_call_to_call_and_is_closed_at_the_requests_end(tmp_path):
    place = str(tmp_path / "one.duckdb")
    warehouse = Warehouse(place=place, setup="create table t (a integer)")

    def attached():
        return "one" in str(database._instance().execute("show databases").fetchall())

    with lasting.request():
        for _ in range(2):
            assert callee.perform(_insert, {"con": warehouse.handle()}, 5.0).failure is None
            assert attached()
    assert not attached()
    assert warehouse.rows("select count(*) from t") == [(2,)]
    callee.perform(_insert, {"con": warehouse.handle()}, 5.0)
    assert not attached(), "without a request it is closed after each call"


def test_a_new_database_is_laid_down_and_nothing_in_its_place_is_overwritten(tmp_path):
    setup = "create table t (a integer); insert into t values (7)"
    first, second = (Warehouse(place=str(tmp_path / f"{n}.duckdb"), setup=setup) for n in "ab")
    first.execute("insert into t values (8)")
    assert (first.rows("from t"), second.rows("from t")) == ([(7,), (8,)], [(7,)])
    again = Warehouse(place=first.place)
    assert again.rows("from t") == [(7,), (8,)]
