"""What makes warehouses fast changes nothing: copies of a setup, one watcher for all readings."""

from __future__ import annotations

import itertools
import time

import duckdb
import pytest

from labs.handles import database, patience
from labs.handles.database import Warehouse
from workbook import AnswerFailed
from workbook.answer import CannotJudge

LONG = "; ".join(
    [
        "create table t (a integer primary key, b varchar check (b <> ''))",
        "create index by_b on t (b)",
        *(f"insert into t values ({n}, 'a value that is long, number {n}')" for n in range(40)),
    ]
)  # fmt: skip
_numbers = itertools.count()


def _place():
    return f"memory:fast_{next(_numbers)}"


def test_a_long_setup_is_copied_with_its_rows_keys_checks_and_indexes():
    assert len(LONG) > database.LONG
    with Warehouse(setup=LONG, place=_place()) as one, Warehouse(setup=LONG, place=_place()) as two:
        assert one.rows("from t") == two.rows("from t")
        assert len(one.rows("from t")) == 40
        one.execute("delete from t where a < 10")
        assert [len(each.rows("from t")) for each in (one, two)] == [30, 40]
        for wrong in ("(20, 'twice')", "(99, '')"):
            with pytest.raises(duckdb.ConstraintException):
                one.execute(f"insert into t values {wrong}")
        found = "select index_name from duckdb_indexes() where database_name = current_database()"
        assert two.rows(found) == [("by_b",)]


def test_setups_that_are_not_used_any_more_are_let_go():
    for number in range(database.MOST_TEMPLATES + 3):
        with Warehouse(setup=f"{LONG}; create table t{number} (a int)", place=_place()) as made:
            assert made.rows(f"from t{number}") == []
    assert len(database._templates) == database.MOST_TEMPLATES


def test_memory_that_an_answer_let_go_is_empty_and_no_error_of_the_judges():
    with Warehouse(setup="create table t (a int)", place=_place()) as made:
        database._instance().execute(f"detach {made.place.removeprefix('memory:')}")
        with pytest.raises(AnswerFailed, match="cannot be read any more"):
            made.rows("from t")


def test_a_reading_that_takes_too_long_is_ended_and_the_next_one_is_not(monkeypatch):
    endless = (
        "select count(*) from range(10_000_000) a(n), range(10_000_000) b(n) where a.n = -b.n % 7"
    )
    with Warehouse(setup="create table t (a int)", place=_place()) as made:
        monkeypatch.setattr(database, "READING", 0.3)
        with pytest.raises(CannotJudge, match="took more than"):
            made.rows(endless)
        monkeypatch.undo()
        for _ in range(20):
            assert made.rows("from t") == []
        assert len(patience._watchers) <= 1
    time.sleep(2 * patience.LOOKS)
    assert not patience._watchers, "nothing is read, so nobody watches"
