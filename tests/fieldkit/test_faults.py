"""Schedules hold every kind of fault, and a fault of the data changes only what it says."""

from __future__ import annotations

import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fieldkit.chaos import faults, payload
from fieldkit.chaos.faults import KINDS, Exchange, Fault, Schedule
from fieldkit.errors import CannotRun

COLUMNS = {"amount": "number", "day": "date", "order_id": "text"}
WEB = [Exchange(), Exchange(columns=COLUMNS), Exchange(columns=COLUMNS)]
DRAWN = list(KINDS.values())


@given(st.integers(0, 10_000), st.integers(1, 80))
def test_every_kind_occurs_equally_often_where_something_is_asked(seed, count):
    made = faults.planned(seed, count, WEB, DRAWN)
    assert made == faults.planned(seed, count, WEB, DRAWN)
    assert [one.number for one in made] == list(range(1, count + 1))
    found = [one.faults[0] for one in made]
    counts = [sum(f.kind == k for f in found) for k in KINDS if not k.startswith("file-")]
    assert max(counts) - min(counts) <= 1
    for fault in found:
        kind = KINDS[fault.kind]
        assert WEB[fault.first - 1].suits(kind)
        assert fault.count in kind.passes
        assert bool(fault.column) == ("{column}" in kind.description)
        assert "{" not in fault.description and "?" not in fault.description


def test_what_a_clean_run_does_not_have_is_left_out():
    plain = [Exchange(body=False)]
    assert "rescaled" in faults.left_out(plain, DRAWN)
    assert "file-late" not in faults.left_out(plain, DRAWN)
    assert {s.faults[0].kind for s in faults.planned(1, 50, plain, DRAWN)} == {
        "throttled", "unavailable", "error", "hang", "dropped", "unauthorized", "missing", "outage",
    }  # fmt: skip
    tunnel = faults.planned(1, 9, [Exchange(tunnel=True)], DRAWN)
    assert {s.faults[0].kind for s in tunnel} == set(faults.TUNNEL)
    files = faults.planned(1, 20, [Exchange(file="a.csv"), Exchange(file="b.csv")], DRAWN)
    assert {s.faults[0].file for s in files} == {"a.csv", "b.csv"}
    assert all(s.faults[0].kind.startswith("file-") for s in files)
    assert faults.planned(1, 5, plain, [KINDS["rescaled"]]) == []


@pytest.mark.parametrize(
    "fault, struck",
    [(Fault("hang", 2, 1), [2]), (Fault("hang", 2, 3), [2, 3, 4]), (Fault("outage", 4, 0), [4, 5])],
)
def test_when_a_fault_strikes(fault, struck):
    assert [n for n in range(1, 6) if fault.strikes(n)] == struck
    schedule = Schedule(1, (fault, Fault("error", 1, 0)))
    assert [schedule.at(n).kind == fault.kind for n in range(1, 6)] == [
        n in struck for n in range(1, 6)
    ]


def test_a_schedule_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "faults.yml"
    made = faults.planned(3, 20, WEB, DRAWN)
    path.write_text(json.dumps({"schedules": [faults.as_data(one) for one in made]}))
    assert faults.read(path) == (DRAWN, made)
    path.write_text("kinds: [hang, reset]")
    assert faults.read(path) == ([KINDS["hang"], KINDS["reset"]], [])


@pytest.mark.parametrize(
    "text, told",
    [
        ("kinds: [trottled]", "no fault 'trottled'; there is: throttled"),
        ("schedules: [[{kind: slowly}]]", "schedule 1: there is no fault 'slowly'"),
        ("schedules: [[{kind: hang, first: two}]]", "first: 'two' is not understood; first is int"),
        ("schedules: [[{kind: hang, when: 2}]]", "when: 2 is not understood"),
        ("schedules: [[hang]]", "a fault is written {kind: throttled"),
        ("schedules: {a: 1}", "should be a list"),
        ("schedules: [hang]", "should be a list"),
        ("schedules: [[]]", "schedule 1: holds no fault"),
        ("schedules: [[{kind: hang}], []]", "schedule 2: holds no fault"),
        ("schedules: []", "schedules: is empty"),
        ("kinds: []", "kinds: is empty"),
        ("kinds:", "kinds: is empty"),
        ("seed: 3", "holds neither"),
        ("- 1", "holds neither"),
        (": [", "is not YAML"),
    ],
)
def test_what_a_file_of_faults_may_not_say(text, told, tmp_path):
    path = tmp_path / "faults.yml"
    path.write_text(text)
    with pytest.raises(CannotRun) as caught:
        faults.read(path)
    assert str(path) in str(caught.value) and told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_of_faults_that_is_not_there(tmp_path):
    with pytest.raises(CannotRun, match="No such file"):
        faults.read(tmp_path / "none.yml")


ROWS = st.lists(
    st.fixed_dictionaries({
        "order_id": st.integers(1, 10**9),
        "amount": st.floats(0.01, 1e6).map(lambda x: round(x, 2)),
        "units": st.integers(1, 99),
        "day": st.dates().map(str),
        "note": st.sampled_from(["", "é", 'a "b", c', "x"]),
    }),
    min_size=1, max_size=9,
)  # fmt: skip


def _as_csv(rows):
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


BODIES = {
    "application/json": lambda rows: json.dumps({"meta": {"n": [1, 2]}, "data": {"rows": rows}}),
    "application/json; charset=utf-8": json.dumps,
    "application/x-ndjson": lambda rows: "\n".join(map(json.dumps, rows)),
    "text/csv": lambda rows: _as_csv(rows).decode(),
}


@given(ROWS, st.sampled_from(sorted(BODIES)), st.sampled_from(sorted(payload.CHANGES)))
def test_a_fault_changes_its_column_and_nothing_else(rows, kind, change):
    found = payload.parse(BODIES[kind](rows).encode(), kind)
    assert found.columns["order_id"] == found.columns["note"] == "text"
    assert found.columns["amount"] == found.columns["units"] == "number"
    assert found.columns["day"] == "date"
    column = "day" if change == "future" else "amount"
    changed = payload.CHANGES[change](found.rows, column)
    again = payload.parse(found.write(changed), kind)
    assert len(again.rows) == len(rows)
    for before, after in zip(found.rows, again.rows, strict=True):
        others = {k: v for k, v in before.items() if k != column}
        assert others == {k: v for k, v in after.items() if k in others}
    assert again.rows != found.rows
    if change == "rescaled":
        sums = [sum(float(r["amount"]) for r in one.rows) for one in (found, again)]
        assert sums[1] == pytest.approx(100 * sums[0])
        assert again.columns["amount"] == "number"
    assert payload.parse(found.write(found.rows), kind).rows == found.rows


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"", "application/json"),
        (b"{", "application/json"),
        (b"3", "application/json"),
        (b"[1, 2]", "application/json"),
        (b'{"rows": []}', "application/json"),
        (b"\xff\xfe\x00", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"a,b\n1\n", "text/csv"),
        (b"", "text/csv"),
        (b'{"a": 1}\n3', "application/x-ndjson"),
        (b"<html>", "text/html"),
    ],
)
def test_a_body_without_rows(body, kind):
    assert payload.parse(body, kind) is None


def test_values_that_are_missing_stay_missing():
    rows = [{"amount": None, "day": None}, {"amount": 2.5, "day": "2026-01-01"}]
    found = payload.parse(json.dumps(rows).encode(), "application/json")
    assert found.columns == {"amount": "number", "day": "date"}
    for name, change in payload.CHANGES.items():
        column = "day" if name == "future" else "amount"
        assert None in change(rows, column)[0].values()
