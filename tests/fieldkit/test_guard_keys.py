"""Keys under guard: NULL in one is one cause, and a column that is no longer unique is told."""

from __future__ import annotations

import datetime as dt
import shutil
import sys
from pathlib import Path

import pytest

from fieldkit.guard.days import Day
from fieldkit.guard.incidents import OpenIncident
from fieldkit.guard.joins import join_warnings
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import GuardPolicy, Rule, TablePolicy
from fieldkit.guard.run import Settings, guard
from tests.fieldkit import shop_days
from tests.fieldkit.test_compare import made
from tests.fieldkit.test_guard import TUESDAY, learned, shop
from tests.fieldkit.test_guard_field import profile

__all__ = ["learned", "shop"]
KINDS = pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
OLD = ["create table t (id integer, line integer, kg double)"]
OLD += [f"insert into t values ({n}, {n % 3}, {n}.5)" for n in range(1, 31)]


def failed(found, table):
    judge = Judge(GuardPolicy(tables={"t": table}), [], Day("weekday"))
    checks = judge.judge({"t": found}, {"t": found.columns})
    return {one.measure: one.now for one in checks if one.status == "failed"}


@KINDS
@pytest.mark.parametrize(
    ("rules", "more", "told"),
    [
        (True, "(null, 1, 1), (null, 2, 1), (null, 3, 1)", {"id.broken"}),
        (True, "(null, 1, 1), (null, 2, 1), (7, 3, 1)", {"id.broken", "duplicates"}),
        (False, "(null, 1, 1), (null, 2, 1), (null, 3, 1)", {"duplicates"}),
    ],
)
def test_rows_without_a_value_in_the_key_are_told_once(tmp_path, kind, rules, more, told):
    rule = Rule("id", "not null", '"id" is not null')
    table = TablePolicy(key=("id",), rules=(rule,) if rules else ())
    found = profile(kind, tmp_path, OLD, [*OLD, f"insert into t values {more}"], table)
    now = failed(found, table)
    assert now.keys() == told
    if told == {"id.broken", "duplicates"}:
        assert now["duplicates"].endswith("(1 of 33 rows)")


@KINDS
def test_a_key_with_a_part_that_may_be_null_has_duplicates_all_the_same(tmp_path, kind):
    table = TablePolicy(key=("id", "line"), rules=(Rule("id", "not null", '"id" is not null'),))
    more = "insert into t values (40, null, 1), (40, null, 2), (null, 1, 1), (null, 1, 2)"
    now = failed(profile(kind, tmp_path, OLD, [*OLD, more], table), table)
    assert now.keys() == {"id.broken", "duplicates"}
    assert now["duplicates"].endswith("(1 of 34 rows)")


def test_a_night_of_null_keys_has_one_cause(shop):
    found = shop.night(TUESDAY, "null keys")
    assert [one.measure for one in found.failed] == ["order_id.broken"]
    assert shop.night(TUESDAY + 1).verdict == "PUBLISHED"


def test_an_incident_of_nulls_is_over_where_a_rule_judges_them_now():
    rule = Rule("a", "not null", '"a" is not null')
    for limits, over in (({}, True), ({"a.broken": (0.0, 0.1)}, False)):
        table = TablePolicy(rules=(rule,), limits=limits)
        rules = GuardPolicy(tables={"t": table})
        incident = OpenIncident([["t", "a.nulls"]], "2026-06-01", rules, Day("weekday"))
        assert bool(incident.judged([], {"t": None})) != over


CUSTOMERS = (
    "create table customers as with recursive n(i) as (select 1 union all select i + 1 from n "
    "where i < 500) select i as pk, 'C' || i as customer_no, i % 9 as region_id from n"
)


def night_of_customers(kind, place, night, key=(), also=""):
    """A guarded run that adds 20 customers, and does what SQL says beside."""
    first, module = 1000 * (night + 1), "duckdb" if kind == "duckdb" else "sqlite3"
    work = [f"insert into customers select pk + {first}, 'C' || (pk + {first}), region_id "
            "from customers where pk <= 20", *([also] if also else [])]  # fmt: skip
    lines = [f"import {module}, sys", f"con = {module}.connect(sys.argv[1])"]
    lines += [f"con.execute({one!r})" for one in work] + ["con.commit()"] * (kind == "sqlite")
    at = dt.datetime(2026, 6, 1 + night + 2 * (night > 4), 2, tzinfo=dt.UTC)  # weekdays
    rules = GuardPolicy(tables={"customers": TablePolicy(key=key, ignore=("*",))})
    return guard([sys.executable, "-c", "\n".join(lines), "{state}"], place, rules, Settings(at=at))


def told(found):
    return [one for one in found.warnings if "unique" in one]


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """By kind, states with seven guarded nights."""
    places = {}
    for kind in ("duckdb", "sqlite"):
        places[kind] = made(kind, tmp_path_factory.mktemp(kind) / "c.db", [CUSTOMERS])
        nights = [night_of_customers(kind, places[kind], night) for night in range(7)]
        assert [(one.verdict, told(one)) for one in nights] == [("PUBLISHED", [])] * 7
    return places


@pytest.fixture
def customers(known, tmp_path):
    return lambda kind: Path(shutil.copytree(known[kind].parent, tmp_path / kind)) / "c.db"


AGAIN = "insert into customers select pk + 50000, customer_no, 1 from customers where pk <= 12"


@KINDS
@pytest.mark.parametrize("key", [(), ("pk",)])
def test_a_column_that_is_no_longer_unique_is_told_before_a_join_multiplies(customers, kind, key):
    place = customers(kind)
    found = night_of_customers(kind, place, 7, key, AGAIN)
    instead = " (now pk)" if key else ""
    assert found.verdict == "PUBLISHED"
    assert told(found) == [
        "customers: customer_no was unique in the last 7 runs, and now 12 of 672 rows repeat a "
        "value (C1 is there 2 times): a join on it multiplies rows. "
        f"`key: customer_no`{instead} in the policy holds that back"
    ]
    assert told(night_of_customers(kind, place, 8, key)) == [], "once"


def test_the_key_that_is_named_holds_it_back(customers):
    found = night_of_customers("duckdb", customers("duckdb"), 7, ("customer_no",), AGAIN)
    assert [one.measure for one in found.failed] == ["duplicates"] and not told(found)


@pytest.mark.parametrize(
    "also",
    [
        "",
        "insert into customers select * from customers",  # told as copies
        "insert into customers select pk + 50000, null, 1 from customers where pk < 9",
        "update customers set region_id = 1",
    ],
)
def test_what_is_told_otherwise_or_is_no_key_is_not_told_as_a_join(customers, also):
    assert not told(night_of_customers("duckdb", customers("duckdb"), 7, also=also))


def test_a_few_runs_do_not_know_what_is_a_key(customers):
    place = customers("duckdb")
    history = place.with_name("c.db.guard") / "history.jsonl"
    history.write_text("\n".join(history.read_text().splitlines()[1:]) + "\n")
    assert not told(night_of_customers("duckdb", place, 7, also=AGAIN))


def test_what_is_unique_by_chance_is_no_join_column(tmp_path):
    """In a shop of 5,000 customers the first hundred orders may all be of others."""
    for seed in range(3):
        (tmp_path / str(seed)).mkdir()
        small, house = shop_days.Small(seed), shop_days.Warehouse(tmp_path / str(seed))
        for number in range(20):
            house.load(small.day(number), number)
            assert not list(join_warnings(house._run.tables, house.past, house.policy))
            house.publish()
