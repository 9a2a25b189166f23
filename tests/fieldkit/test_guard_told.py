"""What guard says of a held-back run, of accepting one, and what `init` proposes, is true."""

from __future__ import annotations

import math
import sqlite3

import pytest
import yaml

from fieldkit.errors import CannotRun
from fieldkit.guard import policy
from fieldkit.guard.accept import accept
from fieldkit.guard.checks import MEASURABLE, compared, failed
from fieldkit.guard.days import Day
from fieldkit.guard.found import sentence, short
from fieldkit.guard.init import init
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import GuardPolicy, TablePolicy
from fieldkit.guard.story import report_of
from fieldkit.guard.thresholds import Band
from tests.fieldkit.nightly import POLICY
from tests.fieldkit.test_guard import TUESDAY, learned, shop
from tests.fieldkit.test_guard_field import profile

__all__ = ["learned", "shop"]


def test_a_new_normal_of_a_category_leaves_the_amounts_known(shop):
    assert shop.night(TUESDAY, "one method").verdict == "HELD BACK"
    told = accept(shop.state, policy.read(shop.policy), new_normal=True)
    assert "Learned anew from this run on: orders: method.mix." in told.notes
    cents = shop.night(TUESDAY + 1, "cents")
    assert cents.verdict == "HELD BACK", "the night after, cents"
    assert {"amount.mean", "amount.middle"} <= {one.measure for one in cents.failed}


def test_amounts_of_a_column_are_learned_anew_together(shop):
    shop.night(TUESDAY, "some cents")
    (note,) = accept(shop.state, policy.read(shop.policy), new_normal=True).notes[-1:]
    assert all(f"orders: amount.{one}" in note for one in ("mean", "low", "middle", "high"))


def test_what_was_accepted_is_said_to_be(shop, fieldkit):
    shop.night(TUESDAY, "cents")
    options = ("guard", "accept", "--state", shop.state, "--policy", shop.policy)
    assert fieldkit(*options).returncode == 0
    again = fieldkit(*options)
    assert again.returncode == 2 and "was accepted already" in again.stderr
    assert "run it again" not in again.stderr


def test_a_share_just_beyond_its_limit_is_told_in_enough_digits(shop):
    profile = shop.night(TUESDAY).tables["orders"]
    none = Band(-math.inf, 0.0)
    one = compared("orders", "duplicates", profile, 0.00005, none, "policy")
    assert one.status == "failed" and one.allowed == "at most 0%"
    assert one.now.startswith("0.005% (")
    of_all = Band(0.123, 0.12344)
    one = compared("orders", "email.nulls", profile, 0.12346, of_all, "policy")
    assert one.now.startswith("12.346% (") and one.allowed == "12.3% to 12.344%"


def test_of_a_held_back_run_no_column_is_called_published(shop):
    report = report_of(shop.night(TUESDAY, "renamed"), 7)
    assert "orders: new columns: total" in report.warnings
    report = report_of(shop.night(TUESDAY, "new column"), 7)
    assert "orders: new columns, published: channel" in report.warnings


def test_an_alert_that_nobody_got_waits(shop):
    nobody = {**POLICY, "alerts": [{"webhook": "http://127.0.0.1:9/x"}]}
    shop.policy.write_text(yaml.safe_dump(nobody))
    report = report_of(shop.night(TUESDAY, "half feed"), 7)
    (run,) = [one for one in report.sections if one.title == "Run"]
    assert "An alert waits." in run.lines and "An alert is sent." not in run.lines


@pytest.mark.parametrize("rule", ["> = 3", ">  =3", "< > 3"])
def test_a_torn_operator_is_no_value(tmp_path, rule):
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump({"tables": {"orders": {"rules": {"amount": rule}}}}))
    with pytest.raises(CannotRun, match=r"write .not null"):
        policy.read(path)


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@pytest.mark.parametrize(
    ("latest", "age"),
    [
        ("2026-05-31", 26), ("2026-06-01 00:30:00", 1.5), ("2026-06-01T00:30:00Z", 1.5),
        ("2026-06-01 00:30:00 UTC", 1.5), ("2026-06-01 02:30:00+02:00", 1.5), (" 2026-05-31 ", 26),
        ("31.05.2026", None), ("tomorrow", None), ("", None),
    ],
)  # fmt: skip
def test_the_age_of_a_column_of_text(tmp_path, kind, latest, age):
    rows = ["create table t (h integer, day varchar)", f"insert into t values (1, '{latest}')"]
    found = profile(kind, tmp_path, rows, rows, TablePolicy(fresh="day"))
    assert found.values.get("age") == age
    checks = Judge(GuardPolicy(tables={"t": TablePolicy(fresh="day")}), [], Day("weekday")).judge(
        {"t": found}, {"t": found.columns}
    )
    assert [sentence(one) for one in checks if one.status == "failed"] == [
        f"t: age cannot be judged: the latest day is '{latest}', which is not a date such as "
        "2026-11-24; load such dates, or take `fresh: day` out of the policy"
    ] * (age is None)


def test_a_rule_that_does_not_apply_is_told_as_a_sentence():
    one = failed("t", "e.broken", "rules", ">= 0 does not apply to ENUM", MEASURABLE)
    assert sentence(one) == "t: e.broken cannot be judged: >= 0 does not apply to ENUM"
    assert short(one) == "e.broken cannot be judged: >= 0 does not apply to ENUM"


def test_init_says_of_whole_numbers_too_that_they_are_never_null(tmp_path):
    state = tmp_path / "shop.db"
    with sqlite3.connect(state) as con:
        con.execute("create table orders (order_id integer primary key, customer_id integer)")
        con.executemany("insert into orders values (?, ?)", [(n, n % 9) for n in range(200)])
    con.close()
    init(state, tmp_path / "policy.yml")
    assert 'customer_id: "not null"' in (tmp_path / "policy.yml").read_text()


def test_two_states_may_share_a_policy(shop, tmp_path):
    """Each has a history of its own; alerts of both go to the one file, with the state's name."""
    other = shop.copy(tmp_path / "other")
    other.policy.unlink()
    other.policy = shop.policy
    assert shop.night(TUESDAY).verdict == "PUBLISHED"
    assert [one.night(TUESDAY + 1, "cents").verdict for one in (other, shop)] == ["HELD BACK"] * 2
    assert [one["event"] for one in shop.alerts()] == ["held back", "held back"]
    with sqlite3.connect(shop.state) as con:
        con.execute("create table refunds (id integer)")
    con.close()
    tables = {**POLICY["tables"], "refunds": {}}
    shop.policy.write_text(yaml.safe_dump({**POLICY, "tables": tables}))
    assert shop.night(TUESDAY + 2).verdict == "PUBLISHED"
    with pytest.raises(CannotRun, match="refunds: there is no such table"):
        other.night(TUESDAY + 2)
