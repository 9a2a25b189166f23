"""What a check keeps from one answer to the next does not show: worlds, statements, settings."""

from __future__ import annotations

import duckdb
import pytest

from fieldkit.govern.policy import parse
from labs.handles import database, kept, settings, statements
from labs.handles.database import Warehouse, _instance
from labs.step5_governance.world.wanted import as_yaml
from workbook.callee import Registered
from workbook.local import LocalAnswer

SETUP = "create table t (a integer); insert into t values (1), (2), (3)"
LOOKS = {
    "select": lambda con: con.execute("select sum(a) from t").fetchall(),
    "with": lambda con: con.sql("with u as (from t) select * from u").fetchall(),
    "relation": lambda con: con.table("t").filter("a > 1").fetchall(),
}
CHANGES = {
    "insert": lambda con: con.execute("insert into t values (4)"),
    "delete": lambda con: con.execute("/* tidy */ delete from t"),
    "append": lambda con: con.table("t").insert([4]),
    "create": lambda con: con.sql("select 1 as a").create("other"),
    "view": lambda con: con.execute("create view v as from t"),
    "later": lambda con: con.execute("from t; drop table t"),
    "query": lambda con: con.table("t").query("u", "insert into t select 4"),
}


def answer(function):
    return LocalAnswer(Registered("kept", "", {"f": function}), 10)


def asked(function):
    """What an answer is told of the world, and the name of its database."""

    def f(con):
        function(con)

    who = answer(f)
    handles = []

    def ask(handle):
        handles.append(handle)
        return who.call(con=handle)

    kept.asked(who, SETUP, ask)
    return handles[0].place


@pytest.mark.parametrize("look", LOOKS.values(), ids=LOOKS)
def test_a_world_that_was_only_looked_at_is_handed_out_again(look):
    assert asked(look) == asked(look)


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_world_that_was_changed_is_not(change):
    before = asked(LOOKS["select"])
    assert asked(change) == before
    seen = []
    assert asked(lambda con: seen.extend(con.execute("from t order by a").fetchall())) != before
    assert seen == [(1,), (2,), (3,)]


def test_an_answer_that_raises_leaves_the_next_one_the_same_world():
    def raises(con):
        con.execute("insert into t values (4)")
        raise ValueError

    asked(raises)
    seen = []
    asked(lambda con: seen.extend(con.execute("select count(*) from t").fetchall()))
    assert seen == [(3,)]


def test_a_world_that_is_kept_is_not_taken_for_another_database(tmp_path, monkeypatch):
    """A file is attached by its name, and a session numbers its files as this process its own."""
    monkeypatch.setattr(kept, "_kept", {})
    name, number = answer(None).place().removeprefix("memory:").rsplit("_", 1)
    asked(LOOKS["select"])
    for follows in (1, 2):
        place = str(tmp_path / f"{name}_{int(number) + follows}.duckdb")
        with Warehouse(setup="create table u as select 7 as b", place=place) as other:
            assert other.rows("from u") == [(7,)]


def test_a_statement_that_is_known_runs_as_one_that_is_not():
    """With other parameters, in another database, and after the table has another shape."""
    text = "insert into t values (?) returning a"
    for number, shape in enumerate(("integer", "varchar", "integer")):
        with duckdb.connect() as con:
            con.execute(f"create table t (a {shape})")
            for value in (number, number + 1):
                [statement] = statements.parsed(con, text)
                assert con.execute(statement, [value]).fetchall() == [
                    (str(value) if shape == "varchar" else value,)
                ]


SETTLED = {
    "insert into t values (4)": 1,
    "from t": 0,
    "begin; delete from t; insert into t values (4)": 0,
    "begin; delete from t; rollback": 0,
    "begin; delete from t; commit": 1,
    "begin; from t; end": 1,  # too often rather than too seldom
    "begin; create sequence s; select nextval('s'); rollback": 1,
    "begin; delete from t; set variable a = 1; delete from t": 2,
    "begin; delete from t; commit; drop table t": 2,
}


@pytest.mark.parametrize(("text", "times"), SETTLED.items(), ids=SETTLED)
def test_how_often_statements_may_have_settled_something(text, times):
    with Warehouse(setup=SETUP, place="memory:kept_settled") as warehouse:
        before, handle = warehouse.rows("from t"), warehouse.handle()
        handle.open(lambda: None).execute(text)
        handle.close()
        assert handle.evidence()["settled"] == times
        if not times:
            assert warehouse.rows("from t") == before


def test_two_connections_settle_with_each_statement_that_may_change_something():
    with Warehouse(setup=SETUP, place="memory:kept_settled") as warehouse:
        handle = warehouse.handle()
        con = handle.open(lambda: None)
        other = con.cursor()
        con.begin()
        other.execute("delete from t")
        handle.close()
        assert handle.evidence()["settled"] == 2


def test_the_judges_connection_to_a_world_is_kept_while_it_is_there():
    with Warehouse(setup=SETUP, place="memory:kept_reader") as warehouse:
        assert len(warehouse.rows("from t")) == 3
        reader = database._readers["kept_reader"]
        warehouse.execute("insert into t values (4)")
        assert len(warehouse.rows("from t")) == 4
        assert database._readers["kept_reader"] is reader
    assert "kept_reader" not in database._readers


def test_nothing_is_kept_that_was_parsed_under_an_answers_settings():
    text = "select 7 / 2 as settings_of_an_answer"
    with Warehouse(setup=SETUP, place="memory:kept_settings") as warehouse:
        handle = warehouse.handle()
        con = handle.open(lambda: None)
        con.execute("set integer_division = true")
        assert con.execute(text).fetchall() == [(3,)]
        assert text not in statements._PARSED
        handle.close()
        assert warehouse.rows(text) == [(3.5,)]


def test_plans_are_plain_again_after_an_answer_has_set_them():
    def plans():
        query = "select current_setting('disabled_optimizers')"
        return sorted(_instance().execute(query).fetchall()[0][0].split(","))

    before = plans()
    assert before
    assert not set(before) & set(settings.OPTIMIZERS)
    with Warehouse(setup=SETUP, place="memory:kept_plans") as warehouse:
        handle = warehouse.handle()
        handle.open(lambda: None).execute("set global disabled_optimizers = 'top_n'")
        assert plans() == ["top_n"]
        handle.close()
    assert plans() == before


def test_whoever_changes_a_policy_changes_their_own():
    text = as_yaml()
    mine, role = parse(text), next(iter(parse(text).roles))
    mine.classes.clear()
    mine.roles[role].rows.clear()
    mine.roles.clear()
    assert parse(text).classes
    assert parse(text).roles[role].rows
