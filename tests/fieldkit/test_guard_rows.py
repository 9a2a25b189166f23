"""`fieldkit guard`: old rows that are gone, empty tables, open incidents, hours, and its words."""

from __future__ import annotations

import datetime as dt
import json
import sqlite3
import sys
from dataclasses import replace

import numpy as np
import pytest

from fieldkit.errors import CannotRun
from fieldkit.guard import policy
from fieldkit.guard.accept import accept
from fieldkit.guard.checks import compared
from fieldkit.guard.days import Day, Past
from fieldkit.guard.history import History, as_json, from_json
from fieldkit.guard.incidents import OpenIncident, opened_by
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import GuardPolicy, Rule, TablePolicy
from fieldkit.guard.profiles import Profile
from fieldkit.guard.run import Settings, guard
from fieldkit.guard.story import report_of
from fieldkit.guard.thresholds import Band, copies_by_chance
from fieldkit.runs.command import refuse_missing
from fieldkit.runs.instead import hint
from tests.fieldkit.test_compare import made
from tests.fieldkit.test_guard_field import MONDAY, profile

SIX = [
    "create table t (id integer, v varchar)",
    "insert into t values (1, 'a'), (2, 'b'), (3, 'b2'), (4, null), (5, 'e'), (null, 'f')",
]
OTHERS = "insert into t values (11, 'x'), (12, 'y'), (13, 'z')"


def failed(checks):
    return {(one.table, one.measure) for one in checks if one.status == "failed"}


# -- rows of before


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@pytest.mark.parametrize("key", [(), ("id",)])
def test_old_rows_that_are_gone_are_seen_though_others_came(tmp_path, kind, key):
    """As many came as went: by key or by whole row, with NULLs, and beside rows that came twice."""
    table = TablePolicy(key=key)
    for number, (work, kept) in enumerate([
        ([OTHERS], 1.0),
        (["delete from t where id in (1, 4)", OTHERS], 4 / 6),
        (["delete from t where id < 4", "insert into t values (5, 'e'), (5, 'e'), (5, 'e')"], 0.5),
        (["delete from t"], 0.0),
        # Who has a key may change what is not in it.
        (["update t set v = 'c' where id < 4"], 1.0 if key else 0.5),
    ]):  # fmt: skip
        found = profile(kind, tmp_path / str(number), SIX, [*SIX, *work], table)
        assert found.values["kept"] == pytest.approx(kept), work
        assert (found.was, found.kept_by) == (6, "key" if key else "row")
    new = [SIX[0].replace("id integer", "id varchar"), *SIX[1:]]
    retyped = profile(kind, tmp_path / "other", SIX, new, table)
    assert retyped.kept_by == "row", "a key of another type is not compared"


@pytest.mark.parametrize("new", [50, 400, 1000])
@pytest.mark.parametrize("popular", [0, 1])
def test_how_many_rows_are_there_twice_by_chance(new, popular):
    """Feeds without key and time: so many kinds of rows that there may be two equal ones or none.

    `popular`: how much more often some come than others. The first day is as large as the second.
    """
    chance, found = np.random.default_rng(new), []
    for equal in 10 ** chance.uniform(-2, 1.3, 1500):
        kinds = new**2 / 2 / equal
        old, now = (np.floor(kinds * chance.random(new) ** (1 + popular)) for _ in range(2))
        if len(np.unique(old)) == new:
            found.append(int(np.isin(now, old).sum()))
    assert len(found) > 300 and max(found) > 4
    allowed = copies_by_chance(new, new)
    assert np.mean([one > allowed for one in found]) < 1 / 200
    assert copies_by_chance(new, 60 * new) < 4, "a tenth of a day again is seen, however large"


def runs(count, values, *, was=1000, kept_by="key", first=MONDAY, step=24.0, batch=100):
    """Published runs, `step` hours apart, whose values are these or what a function gives."""
    given = values if callable(values) else lambda _: values
    at = [first + dt.timedelta(hours=step * n) for n in range(count)]
    return [
        Past(str(n), one.isoformat(), "weekday", {
            "t": Profile({"a": "INTEGER"}, batch, dict(given(n)), was=was, kept_by=kept_by)
        })
        for n, one in enumerate(at)
    ]  # fmt: skip


def judged(past, now, day=None, rules=None):
    judge = Judge(rules or GuardPolicy(), past, day or Day("weekday"))
    return judge.judge({"t": now}, {"t": now.columns})


@pytest.mark.parametrize(
    ("lost", "now", "held"),
    [
        (lambda _: 0.0, 0.0, False),
        (lambda _: 0.0, 0.04, True),
        (lambda n: 0.03 + 0.001 * (n % 3), 0.032, False),  # a month is kept
        (lambda n: 0.03 + 0.001 * (n % 3), 0.2, True),
        (lambda n: 0.05 * (n == 9), 0.06, False),  # a purge now and then, half more at most
        (lambda n: 0.05 * (n == 9), 0.09, True),
    ],
)
def test_how_many_old_rows_may_go_is_learned_from_all_runs(lost, now, held):
    past = runs(20, lambda n: {"rows": 1000.0, "kept": 1 - lost(n)})
    profile_now = Profile({"a": "INTEGER"}, 100, {"rows": 1000.0, "kept": 1 - now},
                          was=1000, kept_by="key")  # fmt: skip
    checks = judged(past, profile_now)
    assert failed(checks) == ({("t", "kept")} if held else set())
    if held:
        told = next(one for one in checks if one.status == "failed").now
        assert told == f"{1 - now:.1%} ({now * 1000:.0f} of 1,000 keys of before are gone)"
    # What an earlier version counted otherwise, or by whole rows, is not what this is compared to.
    older = runs(20, {"rows": 1000.0, "kept": 1.0}, was=0, kept_by="")
    (learning,) = [one for one in judged(older, profile_now) if one.measure == "kept"]
    assert (learning.status, learning.runs) == ("learning", 0)


def corrected(chance, spread):
    """Nights on which half a percent of the old rows is corrected, unevenly."""
    return 1 - np.minimum(1.0, 0.005 * chance.lognormal(0, spread, 90))


def moving_month(chance):
    """Nights on which the day before thirty days goes."""
    rows = np.where(np.arange(130) % 7 < 5, 400, 240) * chance.lognormal(0, 0.06, 130)
    return np.array([1 - rows[n] / rows[n : n + 30].sum() for n in range(90)])


@pytest.mark.parametrize(
    ("habit", "alarms"),
    [
        (lambda chance: corrected(chance, 0.5), 0),
        (lambda chance: corrected(chance, 1.0), 4),
        (moving_month, 0),
        (lambda chance: np.where(np.arange(90) % 30 == 29, 0.92, 1.0), 3),  # each first purge
    ],
    ids=["corrected", "unevenly corrected", "moving month", "monthly purge"],
)
def test_rows_that_go_by_habit_are_no_false_alarm(habit, alarms):
    """Three times ninety nights, judged by nothing else."""
    found = 0
    for seed in range(3):
        values = [{"kept": float(one)} for one in habit(np.random.default_rng(seed))]
        past = runs(90, values.__getitem__)
        for n, one in enumerate(past):
            now = Profile({"a": "INTEGER"}, 100, values[n] | {"rows": 1000.0}, was=1000,
                          kept_by="key")  # fmt: skip
            found += ("t", "kept") in failed(judged(past[:n], now))
            assert one.tables["t"].values == values[n]
    assert found <= alarms


# -- empty tables


def night(place, work, at=MONDAY, rules=None, **more):
    script = "import sqlite3, sys; sqlite3.connect(sys.argv[1]).executescript(sys.argv[2])"
    command = [sys.executable, "-I", "-S", "-c", script, "{state}", work]
    return guard(command, place, rules or GuardPolicy(), Settings(at=at, **more))


def test_what_was_empty_and_is_empty_is_not_emptied(tmp_path):
    place = made("sqlite", tmp_path / "w.db", [*SIX, "create table rejects (line text)"])
    assert night(place, OTHERS).verdict == "PUBLISHED", "it was empty before"
    assert night(place, "insert into rejects values ('a')").verdict == "PUBLISHED"
    assert night(place, "delete from rejects").verdict == "PUBLISHED", "as it was two runs ago"
    held = night(place, "delete from t")
    assert failed(held.checks) == {("t", "rows")}
    assert held.failed[0].allowed.startswith("some, as before; limits: {rows: [0, null]} lets")
    said = policy.TablePolicy(limits={"rows": (0, None)})
    assert night(place, "delete from t", rules=GuardPolicy(tables={"t": said})).exit_code == 0
    night(place, SIX[1])
    assert night(place, "delete from rejects").verdict == "PUBLISHED"


def test_what_was_accepted_empty_may_be_empty(tmp_path):
    place = made("sqlite", tmp_path / "w.db", SIX)
    assert night(place, "delete from t").verdict == "HELD BACK"
    accept(place, GuardPolicy())
    assert night(place, SIX[1]).verdict == "PUBLISHED"
    assert night(place, "delete from t").verdict == "PUBLISHED"


# -- open incidents


def test_a_run_that_cannot_judge_an_open_incident_does_not_publish_over_it(tmp_path):
    """Cents since Thursday; on the weekend thresholds are still learning, and nobody is told twice.

    The table holds a day's amounts, written anew each night.
    """
    place = made("sqlite", tmp_path / "w.db", ["create table t (day text, eur real)"])
    heard = tmp_path / "alerts.jsonl"
    rules = GuardPolicy(alerts=(policy.Channel("file", str(heard)),), learn=3)

    def load(day, scale=1):
        at = MONDAY + dt.timedelta(days=day)
        rows = ", ".join(f"('{at:%F}', {scale * (5 + (n * 7 + day) % 90)})" for n in range(60))
        return night(place, f"delete from t; insert into t values {rows}", at, rules)

    verdicts = [load(day, 100 if day == 10 else 1).verdict for day in range(11)]
    assert set(verdicts[:10]) == {"PUBLISHED"} and verdicts[10] == "HELD BACK"
    weekend = [load(day, 100) for day in (12, 12, 13)]
    assert {one.verdict for one in weekend} == {"HELD BACK"}
    words = next(one for one in weekend[-1].failed if one.measure == "eur.mean")
    assert words.now.startswith("not judged (") and "after 2 of 3 weekend runs" in words.now
    assert words.allowed == "what is judged as right, as it is wrong since 2026-06-11T02:00"
    monday = load(14, 100)
    assert monday.verdict == "HELD BACK" and "not judged" not in monday.failed[0].now
    night(place, "no sql", MONDAY + dt.timedelta(days=14), rules)
    assert load(15).verdict == "PUBLISHED", "right again"
    told = [json.loads(line)["event"] for line in heard.read_text().splitlines()]
    assert told == ["held back", "held back", "recovered"], "cents, and the command that failed"


def test_what_ends_an_incident():
    rules = GuardPolicy(tables={"t": TablePolicy(ignore=("old.*",)), "u": TablePolicy()})
    learning = Judge(rules, [], Day("weekend"))._learning("t", "eur.mean", "5,000", 2)
    passed = compared("t", "eur.mean", Profile({}), 50.0, Band(0, 100), "9 runs", 9)
    limit = compared("t", "eur.mean", Profile({}), 50.0, Band(0, 100), "policy")
    tables = {"t": Profile({})}

    def still(opened, *checks):
        incident = OpenIncident([opened], "2026-06-01", rules, Day("weekend"))
        found = incident.judged(checks, tables)
        assert opened_by([one for one in found if one.status == "failed"]) in ([], [opened])
        return bool(failed(found))

    mean = ["t", "eur.mean"]
    assert still(mean, learning) and still(mean), "learning, or not even measured"
    assert still(mean, limit), "the limit was not what it broke"
    assert still(mean, replace(passed, status="open"))
    assert not still(mean, passed), "judged and right"
    assert not still(["t", "old.mean"]), "somebody said: ignore it"
    assert not still(["v", "eur.mean"]), "nobody wants this table judged"
    assert not opened_by([limit]), "a limit holds on every day"


# -- hours

AGED = {"rows": 1000.0, "added": 100.0, "age": 3.0, "kept": 1.0}


@pytest.mark.parametrize(
    ("hours", "values", "held"),
    [
        (8, {"age": 11.0, "added": 0.0}, set()),  # the same file again, soon after a good run
        (13, {"age": 16.0, "added": 5.0}, set()),  # a supplier's corrected file in the afternoon
        (28, {"age": 7.0}, set()),  # the cron was moved by four hours, all is there
        (28, {"age": 3.0}, set()),
        (21, {"age": 0.0}, set()),
        (24, {"age": 27.0, "added": 0.0}, {"age", "added"}),  # a stale file
        (24, {"age": 27.0}, {"age"}),
        (28, {"age": 31.0}, {"age"}),  # stale, and the cron was moved
        (8, {"age": 35.0}, {"age"}),  # newer rows went
        (24, {"age": 13.0}, {"age"}),  # half a day is missing
        (-120, {"age": -117.0, "added": 0.0}, set()),  # a backfill: newer data is there
        (-120, {"age": 40.0}, {"age"}),
        (48, {"age": 27.0}, {"age"}),
    ],
)
def test_an_age_is_judged_by_the_hour_of_the_run(hours, values, held):
    past = runs(15, AGED)
    at = dt.datetime.fromisoformat(past[-1].at) + dt.timedelta(hours=hours)
    now = Profile({"a": "INTEGER"}, 100, AGED | values, was=1000, kept_by="key")
    day = Day.of(GuardPolicy(), past, at)
    day = Day("weekday", None, day.late, day.again, day.since, day.moved)
    assert {measure for _, measure in failed(judged(past, now, day))} == held


def test_a_source_of_every_hour_has_no_hour_of_its_own():
    past = runs(40, {"rows": 1000.0, "age": 0.2, "kept": 1.0}, step=1.0)
    at = dt.datetime.fromisoformat(past[-1].at) + dt.timedelta(hours=9)
    now = Profile({"a": "INTEGER"}, 100, {"rows": 1000.0, "age": 9.2, "kept": 1.0}, was=1000)
    day = Day.of(GuardPolicy(), past, at)
    assert not day.moved and ("t", "age") in failed(judged(past, now, day))


def test_retries_and_backfills_hide_no_stale_source(tmp_path):
    """Nights at two, one tried again at ten, and a backfill; then the source stands still."""
    place = made("sqlite", tmp_path / "w.db", ["create table t (id integer, day text)"])
    rules = GuardPolicy(tables={"t": TablePolicy(("id",), "day")}, learn=4)

    def load(day, hours=2, source=None, first=None):
        at = MONDAY.replace(hour=0) + dt.timedelta(days=day, hours=hours)
        source = day if source is None else source
        name = MONDAY + dt.timedelta(days=source)
        rows = ", ".join(f"({source * 100 + n}, '{name:%F}')" for n in range(100))
        work = f"delete from t where day = '{name:%F}'; insert into t values {rows}"
        return night(place, work, first or at, rules)

    for day in range(5):
        assert load(day).verdict == "PUBLISHED"
    assert load(4, 10).verdict == "PUBLISHED", "nothing new, and right"
    backfill = load(4, 15, source=1, first=MONDAY + dt.timedelta(days=1))
    assert backfill.verdict == "PUBLISHED" and backfill.day.backfill
    told = " ".join(report_of(backfill, 4).sections[1].lines)
    assert "It counts for a time before the last published run" in told
    assert backfill.as_of["as_of"][:13] == "2026-06-05T10", "the state is as late as it was"
    history = History.read(place.with_name("w.db.guard") / "history.jsonl").runs
    assert [one.again for one in history] == [*[False] * 5, True, True]
    assert "age" not in history[-1].tables["t"].values and from_json(as_json(history[-1])).again
    assert load(7, 4).verdict == "PUBLISHED", "Monday, and two hours later than usual"
    assert load(7, 16).verdict == "PUBLISHED", "ten hours before the next"
    for hours in (2, 10):
        stale = load(8, hours, source=7)
        assert stale.verdict == "HELD BACK" and ("t", "age") in failed(stale.checks), hours


# -- words


def test_shares_are_told_in_rows():
    now = Profile({}, 841, {"rows": 900.0, "city.nulls": 0.0, "a.nulls": 0.5})
    rules = TablePolicy(rules=(Rule("city", "not null", ""), Rule("a", ">= 0", "")))
    none = Band(0.0, 0.0)

    def told(measure, value):
        return compared("t", measure, now, value, none, "policy", policy=rules).now

    assert told("city.broken", 49 / 841) == "5.8% (49 of 841 new rows: NULL)"
    assert told("a.broken", 49 / 841) == "5.8% (49 of 841 new rows: not >= 0)"
    assert told("city.nulls", 42 / 841) == "5.0% (42 of 841 new rows)"
    assert told("a.zero", 0.1) == "10.0% (42 of 420 new rows)", "of those that are there"
    assert told("duplicates", 0.02) == "2.0% (18 of 900 rows)"


def test_a_band_that_allows_everything_has_passed_nothing(tmp_path):
    past = runs(8, lambda n: {"rows": 10.0 ** (n % 4), "kept": 0.5 * (n % 2)})
    checks = judged(past, Profile({}, 5, {"rows": 90.0, "kept": 0.2}, was=1000, kept_by="key"))
    assert {(one.measure, one.status) for one in checks if one.runs} == {
        ("rows", "open"), ("kept", "open"),
    }  # fmt: skip
    place = made("sqlite", tmp_path / "w.db", SIX)
    found = night(place, OTHERS)
    found.checks = checks
    report = report_of(found, 7)
    assert "; 1 check passed." in report.summary
    assert report.sections[0].tables[0].rows[0][3:] == ("1", "0", "2")
    assert any("count for nothing: t: rows, t: kept." in line for line in report.sections[1].lines)
    assert {one.status for one in report.cases if one.name != "columns"} == {"skipped"}


def test_what_to_type_in_a_script_with_a_fixed_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    place = made("sqlite", tmp_path / "out" / "w.db", SIX)
    (tmp_path / "fill").write_text(f"#!/usr/bin/env bash\necho more >> {place}\n")
    (tmp_path / "fill").chmod(0o755)
    before = place.read_bytes()
    with pytest.raises(CannotRun) as told:
        guard(["./fill"], "out/w.db", GuardPolicy())
    assert 'a script does, "${FIELDKIT_STATE:-out/w.db}" instead of the path' in str(told.value)
    assert place.read_bytes() == before
    python = 'os.environ.get("FIELDKIT_STATE", "out/w.db")'
    assert python in hint(["python", "load.py"], place) and "$" not in hint(["x.py"], place)
    for either in ('"${FIELDKIT_STATE:-out/w.db}" in a shell', f"{python} in Python"):
        assert either in hint(["make", "load"], place)


def test_a_slip_of_the_first_minutes_says_what_to_do(tmp_path, fieldkit):
    place = made("sqlite", tmp_path / "out" / "w.db", SIX)
    ran = fieldkit("guard", "init", "--state", "out/w.db")
    told = " ".join(ran.stderr.split())
    assert "fieldkit guard --state out/w.db -- CMD {state}" in told
    assert '"${FIELDKIT_STATE:-out/w.db}" in a shell' in told
    (tmp_path / "load.py").write_text("pass")
    for options, words in (
        (("--state", "load.py", "--", "true"), "guard takes the database that the command loads"),
        (("--state", place, "--", "sh load.sh x"), "without the quotes: -- sh load.sh x"),
    ):
        ran = fieldkit("guard", *options)
        assert ran.returncode == 2 and words in " ".join(ran.stderr.split()), ran.stderr
    with pytest.raises(CannotRun, match=f"is it --policy {tmp_path}/policy.yml"):
        policy.read(tmp_path / "elsewhere" / "policy.yml", place)
    with pytest.raises(CannotRun, match="no such command, or give the full path"):
        refuse_missing(["absent command"])


def test_a_state_that_is_gone_is_told_as_a_sentence(tmp_path):
    place = made("sqlite", tmp_path / "w.db", SIX)
    found = guard([sys.executable, "-c", "import os, sys; os.remove(sys.argv[1])", "{state}"],
                  place, GuardPolicy())  # fmt: skip
    assert report_of(found, 7).summary.startswith("w.db: the command left no file at its place. ")
    with sqlite3.connect(place) as con:
        assert con.execute("select count(*) from t").fetchone() == (6,)
