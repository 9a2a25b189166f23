"""What engineers found in `fieldkit guard` on pipelines of their own."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from dataclasses import replace

import pytest

from fieldkit.errors import CannotRun
from fieldkit.guard import init, policy
from fieldkit.guard.alerting import AlertQueue
from fieldkit.guard.days import Day, Past
from fieldkit.guard.found import next_steps
from fieldkit.guard.judgement import Judge
from fieldkit.guard.policy import Calendar, Channel, GuardPolicy, TablePolicy
from fieldkit.guard.profiles import NEW, OLD, Profile, read_profiles
from fieldkit.guard.run import Settings, guard
from fieldkit.state.stores import identify, reading
from tests.fieldkit.test_compare import made

MONDAY = dt.datetime(2026, 6, 1, 2, tzinfo=dt.UTC)


def profile(kind, folder, before, after, table):
    """The profile of t after statements."""
    old, new = (made(kind, folder / n / "w.db", s) for n, s in (("a", before), ("b", after)))
    state = identify(old)
    with reading(state, folder / "scratch", **{OLD: old, NEW: new}) as reader:
        return read_profiles(reader, {"t": table}, MONDAY)["t"]


ROWS = [
    "create table t (h integer, day varchar, kg double)",
    *(f"insert into t values ({n}, '2026-05-{n % 9 + 10}', {n}.5)" for n in range(1, 31)),
]


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
def test_rows_that_are_there_once_more_are_new_and_told(tmp_path, kind):
    """Yesterday's rows appended again, beside a day's own; no key is known."""
    more = ["insert into t select * from t where h < 11", "insert into t values (99, 'x', 1)"]
    found = profile(kind, tmp_path, ROWS, [*ROWS, *more], TablePolicy())
    assert (found.batch, found.values["added"], found.values["copies"]) == (11, 11, 10)
    checks = Judge(GuardPolicy(), [], Day("weekday")).judge({"t": found}, {"t": found.columns})
    (failed,) = [one for one in checks if one.status == "failed"]
    assert (failed.measure, failed.cause, failed.now) == ("copies", "duplicates", "10")
    # Where rows were twice before, that is how the table is; they count as added all the same.
    usual = [*ROWS, "insert into t select * from t where h = 1"]
    found = profile(kind, tmp_path / "u", usual, [*usual, more[0]], TablePolicy())
    assert found.values["added"] == 11 and "copies" not in found.values


def test_limits_hold_for_few_new_rows_too(tmp_path):
    limits = {"kg.mean": (1.0, 40.0), "kg.nulls": (0.0, 0.1)}
    for kg, failed in ((20, set()), (20_000, {"kg.mean"}), ("null", {"kg.nulls"})):
        more = [f"insert into t values ({n}, 'x', {kg})" for n in range(40, 44)]
        table = TablePolicy(limits=limits)
        found = profile("duckdb", tmp_path / str(kg), ROWS, [*ROWS, *more], table)
        judge = Judge(GuardPolicy(tables={"t": table}), [], Day("weekday"))
        checks = judge.judge({"t": found}, {"t": found.columns})
        assert {one.measure for one in checks if one.status == "failed"} == failed
        assert "kg.mean" not in found.values, "nothing is learned from four rows"


def nights(days, first=MONDAY):
    """Published runs on these days, counted from the first."""
    table = Profile({"a": "INTEGER"}, 100, {"rows": 1000.0, "added": 100.0})
    at = [first + dt.timedelta(days=n) for n in days]
    kind = Calendar().usual
    return [
        Past(str(n), one.isoformat(), kind(one.date()), {"t": table}) for n, one in enumerate(at)
    ]


def test_a_monday_of_a_job_for_weekdays_is_a_usual_day():
    weekdays = [n for n in range(26) if n % 7 < 5]

    def late(past, day):
        return Day.of(GuardPolicy(), past, MONDAY + dt.timedelta(days=day)).late

    assert late(nights(weekdays), 28) == 1, "Friday was the last"
    assert late(nights(weekdays[:-1]), 28) == 2, "Friday did not publish"
    assert late(nights(range(26)), 28) == 3, "there are runs on weekends, and two are missing"
    assert late(nights(weekdays), 27 + 8) == 6


def test_a_second_run_for_the_same_day_may_find_nothing_new():
    past, table = nights(range(9)), TablePolicy(limits={"added": (50, 150)})
    now = Profile({"a": "INTEGER"}, 0, {"rows": 1000.0, "added": 0.0, "kept": 1.0})
    rules = GuardPolicy(tables={"t": table})
    for hours, failed in ((0, set()), (9, set()), (24, {"added"})):
        at = dt.datetime.fromisoformat(past[-1].at) + dt.timedelta(hours=hours)
        day = Day.of(rules, past, at)
        checks = Judge(rules, past, day).judge({"t": now}, {"t": now.columns})
        assert {one.measure for one in checks if one.status == "failed"} == failed, hours
    # Who tries the tool, several runs a minute, is judged as usual.
    quick = [Past(one.run, MONDAY.isoformat(), one.day, one.tables) for one in past]
    assert not Day.of(rules, quick, MONDAY + dt.timedelta(seconds=5)).again


def test_an_open_end_stays_open_on_a_holiday():
    rules = GuardPolicy(tables={"t": TablePolicy(limits={"added": (None, 5)})})
    now = Profile({"a": "INTEGER"}, 3, {"rows": 10.0, "added": 3.0})
    day = Day("weekday", policy.NamedDay("holiday", (0.0, 1.2)))
    checks = Judge(rules, [], day).judge({"t": now}, {"t": now.columns})
    assert not [one for one in checks if one.status == "failed"]


def test_a_value_at_the_edge_is_shown_beyond_it():
    rules = GuardPolicy(tables={"t": TablePolicy(limits={"added": (110.4, 200), "a.mean": (2, 5)})})
    now = Profile({"a": "INTEGER"}, 110, {"rows": 900.0, "added": 110.0, "a.mean": 5.00001})
    checks = Judge(rules, [], Day("weekday")).judge({"t": now}, {"t": now.columns})
    shown = {one.measure: (one.now, one.allowed) for one in checks if one.status == "failed"}
    assert shown == {"added": ("110", "111 to 200"), "a.mean": ("5.00001", "2 to 5")}


def test_what_lies_beside_the_copy_is_kept_and_named(tmp_path):
    place = made("sqlite", tmp_path / "my shop.db", ROWS)
    script = (
        "import pathlib, sqlite3, sys; place = pathlib.Path(sys.argv[1])\n"
        "place.with_name('day.csv').write_text('id')\n"
        "with sqlite3.connect(place) as con: con.execute(\"insert into t values (77, 'x', 1)\")"
    )
    command = [sys.executable, "-c", script, "{state}"]
    found = guard(command, place, GuardPolicy())
    (told,) = found.warnings
    assert found.verdict == "PUBLISHED" and "wrote beside its copy of the state: day.csv" in told
    assert (tmp_path / "my shop.db.guard" / "beside" / "day.csv").read_text() == "id"
    held = guard(command, place, GuardPolicy(tables={"t": TablePolicy(limits={"rows": (0, 5)})}))
    assert f"--state {shlex.quote(str(place))} (" in " ".join(next_steps(held))


def test_a_reader_of_a_wal_database_is_no_writer(tmp_path):
    place = made("sqlite", tmp_path / "w.db", ["pragma journal_mode = wal", *ROWS])
    script = (
        "import sqlite3, sys; reader = sqlite3.connect(sys.argv[2]); "
        "reader.execute('select count(*) from t').fetchall()\n"
        "with sqlite3.connect(sys.argv[1]) as con:\n"
        "    con.execute(\"insert into t values (77, 'x', 1)\")"
    )
    found = guard([sys.executable, "-c", script, "{state}", str(place)], place, GuardPolicy())
    assert found.verdict == "PUBLISHED"


def test_who_is_told_of_an_incident(tmp_path):
    """Nobody at first; then those who are there; the end only to who heard of the beginning."""
    alert = {"event": "held back", "at": "2026-06-01", "run": "1", "summary": "s"}
    nobody = AlertQueue(tmp_path / "alerts.json", ())
    assert nobody.held(alert, ["t: volume"]) and not nobody.held(alert, ["t: volume"])
    here = AlertQueue(tmp_path / "alerts.json", (Channel("file", str(tmp_path / "told")),))
    assert here.held(alert, ["t: volume"]) and here.waiting == 1
    assert here.recovered({**alert, "event": "recovered"}) and here.waiting == 2
    nobody.held(alert, ["t: volume"])
    assert here.recovered({**alert, "event": "recovered"}) and here.waiting == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tables: {t: {rules: {kg: '=> 0'}}}", "rules: kg: => 0: write"),
        ("alerts: [{command: 'cat >> alert.txt'}]", ">> needs a shell: write sh -c"),
        ("alerts: [{command: 'mail | tee x'}]", "needs a shell"),
    ],
)
def test_what_a_policy_cannot_mean(tmp_path, text, words):
    (tmp_path / "policy.yml").write_text(text)
    with pytest.raises(CannotRun, match=words):
        policy.read(tmp_path / "policy.yml")


def test_guard_speaks_of_what_it_takes(tmp_path):
    for place, words in ((tmp_path, "is a folder, which"), (tmp_path / "no.db", "very first load")):
        with pytest.raises(CannotRun, match=words):
            guard(["true"], place, GuardPolicy(), Settings())


@pytest.mark.parametrize("kind", ["duckdb", "sqlite"])
@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("'P' || i as parcel, i % 7 as kg", "key: [parcel]"),
        ("i + 5 as number, i % 7 as kg", "key: [number]"),
        ("i * 3 as amount, i % 7 as kg", ""),
        ("'2026-01-01 00:00:00.' || substr(cast(1000000 + i as varchar), 2) as seen_at", ""),
    ],
)
def test_init_proposes_a_key_that_is_one(tmp_path, kind, columns, key):
    numbers = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 1500)"
    place = made(kind, tmp_path / "w.db", [f"create table t as {numbers} select {columns} from n"])
    text, _ = init.first(identify(place), MONDAY)
    assert (key or "\n") in text and ("    key:" in text) == bool(key)


@pytest.mark.parametrize(("times", "held"), [(1, True), (1.2, True), (3, False)])
def test_so_many_times_more_rows_may_bring_more_categories(times, held):
    """Of texts that are seldom the same, three missed days bring more than are told apart."""
    columns, mix = {"k": "VARCHAR"}, {f"k{n}": 1 / 20 for n in range(20)}
    past = [
        replace(one, tables={"t": Profile(columns, 100, {"rows": 500.0}, mixes={"k": mix})})
        for one in nights([n for n in range(26) if n % 7 < 5])
    ]
    now = Profile(columns, int(100 * times), {"rows": 500.0}, many=["k"])
    checks = Judge(GuardPolicy(), past, Day("weekday")).judge({"t": now}, {"t": columns})
    assert [one.measure for one in checks if one.status == "failed"] == ["k.mix"] * held
