"""Keys under guard: NULL in one is one cause, and a column that is no longer unique is told."""

from __future__ import annotations

import pytest

from fieldkit.guard.days import Day
from fieldkit.guard.incidents import OpenIncident
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import GuardPolicy, Rule, TablePolicy
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
