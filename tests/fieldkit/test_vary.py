"""Two clean runs that differ: in which columns, what is still proved, and how it is told."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET

import pytest

from fieldkit.prove import story
from fieldkit.prove.run import Settings, prove
from fieldkit.prove.runbook import runbook
from fieldkit.report import report
from fieldkit.state.compare import Comparison
from fieldkit.state.scope import Scope
from fieldkit.state.stores import identify
from fieldkit.state.vary import narrowed, varying
from tests.fieldkit.pipelines import command, state
from tests.fieldkit.test_compare import made
from tests.narrow import too_wide

UUID_APPENDED = """
import uuid
con.execute("begin")
con.executemany("insert into keyed values (?, ?)", [(str(uuid.uuid4()), r[2]) for r in rows])
con.execute("commit")
"""
ONLY_TIMES = """
con.execute("begin")
con.execute("delete from load_state")
con.execute("insert into load_state values (?)", [time.time_ns() % 2**40])
pause()
con.execute("delete from staging")
con.execute("commit")
"""
OTHER_NUMBER = """
con.execute("begin")
con.execute("delete from orders")
number = 1 + time.time_ns() // 1000 % 9973
con.executemany("insert into orders values (?, 1, 1.5)", [(id,) for id in range(number)])
con.execute("commit")
"""


@pytest.fixture
def proved(tmp_path):
    """The proof of a script on SQLite, and its report as text without line breaks."""

    def run(script, reruns=1, kills=2):
        place = state("sqlite", tmp_path / str(len(list(tmp_path.iterdir()))))
        proof = prove(
            command("sqlite", script, tmp_path), [place], settings=Settings(reruns, kills)
        )
        text = report.to_text(story.report_of(proof))
        assert not too_wide(text)
        return proof, " ".join(text.split())

    return run


def test_a_key_that_varies_and_rows_that_come_twice_are_both_told(proved):
    proof, text = proved(UUID_APPENDED)
    assert (proof.verdict, proof.exit_code) == ("REFUTED", 1)
    assert proof.counterexample.deltas[0].duplicated == 40
    assert "and NOT REPEATABLE: id of keyed differs between two clean runs" in text
    assert "The counterexample" in text
    assert "column id (differs between two clean runs) of keyed" in text
    assert "id aside: differs in 1 of 1" in text
    told = story.report_of(proof)
    data = json.loads(report.to_json(told))
    assert data["prove"]["varying"][0]["columns"] == ["id"]
    assert data["prove"]["counterexamples"] == ["rerun 1"]
    kinds = [one.get("type") for one in ET.fromstring(report.to_junit(told)).iter("failure")]
    assert sorted(kinds) == ["NOT REPEATABLE", "REFUTED"]
    page = report.to_html(told)
    assert page.index("The counterexample") < page.index("<h2>id of keyed differs between")
    assert "Besides, and without any rerun" in runbook(proof)


def test_a_table_of_nothing_but_times_still_has_its_number_of_rows(proved):
    proof, text = proved(ONLY_TIMES)
    assert proof.verdict == "NOT REPEATABLE"
    assert (
        "day of load_state differs between two clean runs; 2 kills and 1 rerun found nothing"
        in text
    )
    proof, _ = proved(ONLY_TIMES.replace('con.execute("delete from load_state")', ""))
    assert (proof.verdict, proof.counterexample.deltas[0].size) == ("REFUTED", 1)


def test_another_number_of_rows_ends_the_proof(proved):
    proof, text = proved(OTHER_NUMBER)
    assert (proof.verdict, proof.exit_code, proof.experiments) == ("NOT REPEATABLE", 1, [])
    assert "the first clean run left" in text
    assert "neither reruns nor kills, as they differ" in text
    assert "--ignore" not in text


def test_nothing_asked_for_is_not_told_as_a_difference(proved):
    proof, text = proved(UUID_APPENDED, reruns=0, kills=0)
    assert proof.verdict == "NOT REPEATABLE"
    assert "as was asked for" in text


@pytest.fixture(params=["duckdb", "sqlite"])
def seen(request, tmp_path):
    """What varies between two tables, and whether the rest is the same."""

    def look(shape, one, other):
        places = [
            made(request.param, tmp_path / side / "w.db",
                 [f"create table t ({shape})", f"insert into t values {rows}"])
            for side, rows in (("a", one), ("b", other))
        ]  # fmt: skip
        left, right = [places[0]], [places[1]]
        comparison = Comparison([identify(places[0])], Scope(), tmp_path / "scratch")
        pictures = [comparison.look(side) for side in (left, right)]
        deltas = comparison.deltas(left, right, *pictures)
        (found,) = varying(comparison, left, right, pictures[0], deltas)
        rest = narrowed(comparison, [found])
        pictures = [rest.look(side) for side in (left, right)]
        again = rest.deltas(left, right, *pictures) if pictures[0] != pictures[1] else []
        return found, not [delta for delta in again if delta.differs]

    return look


SHAPE = "k varchar, a integer, b integer, v double precision"
ROWS = "('{}', 1, 1, 0.5), ('{}', 1, 2, 0.25), ('{}', 2, 1, 0.5)"


def test_a_key_of_several_columns_that_do_not_vary_names_the_row(seen):
    found, same = seen(SHAPE, ROWS.format("x", "y", "z"), ROWS.format("p", "q", "r"))
    assert (found.columns, same) == (("k",), True)
    assert [one.key for one in found.delta.examples] == [
        {"a": 1, "b": 1}, {"a": 1, "b": 2}, {"a": 2, "b": 1}
    ]  # fmt: skip
    assert found.example.expected[0]["k"] == "x"
    assert found.example.observed[0]["k"] == "p"


def test_the_same_values_paired_differently_are_found(seen):
    found, same = seen("a integer, k integer", "(10, 1), (20, 2)", "(10, 2), (20, 1)")
    assert (found.columns, same) == (("k",), True)
    found, same = seen(SHAPE, ROWS.format(1, 2, 3), ROWS.format(3, 1, 2))
    assert (found.columns, same) == (("k",), True)


def test_last_digits_beside_a_column_that_varies_are_left_in(seen):
    other = ROWS.format("p", "q", "r").replace("0.25", "0.25000000000000006")
    found, same = seen(SHAPE, ROWS.format("x", "y", "z"), other)
    assert (found.columns, same) == (("k",), True)
    found, same = seen(SHAPE, ROWS.format("x", "y", "z"), other.replace("0.25", "0.26"))
    assert (found.columns, same) == (("k", "v"), True)


def test_without_a_row_of_its_own_name_one_of_several_is_shown(seen):
    found, same = seen("k varchar, a integer", "('x', 1), ('y', 1)", "('p', 1), ('q', 1)")
    assert (found.columns, same, found.example.key) == (("k",), True, {"a": 1})


def test_values_are_short_where_they_would_not_be_read():
    from fieldkit.report.differences import both_runs
    from fieldkit.state.rows import Delta, Example
    from fieldkit.state.vary import Varying

    sides = [
        {"id": 7, "k": f"{n}021e217-8a3f-410c-bda6-652ae2bc5cc7", "t": "word " * 9, "u": n, "w": n}
        for n in (0, 1)
    ]
    example = Example("changed", {"id": 7}, (sides[0],), (sides[1],))
    lines, tables = both_runs(Varying(Delta("t", 1, 1, changed=1, examples=(example,)), ("k",)))
    assert lines == ("id=7: k 0021e217… in the first run, 1021e217… in the second; u 0, 1; w 0, 1",)
    assert not tables
