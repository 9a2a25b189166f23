"""Fingerprints see every row, its copies and its NULLs, and no order; differences name the keys."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from decimal import Decimal

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from fieldkit.state.fingerprints import Difference, Fingerprint, differences, fingerprint

quick = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
SHAPE = "id integer, name varchar, amount double, day date"


@pytest.fixture(scope="module")
def con():
    with duckdb.connect(config={"threads": 1}) as connection:
        yield connection


def taken(con, rows, columns=(), shape=SHAPE):
    """The fingerprint of a new table with these rows."""
    con.execute(f"create or replace table t ({shape})")
    if rows:
        marks = ", ".join("?" * len(rows[0]))
        con.executemany(f"insert into t values ({marks})", [list(row) for row in rows])
    return fingerprint(con, "t", columns)


DAY = dt.date(2024, 5, 1)
ROWS = [(1, "a", 0.5, DAY), (2, "b", 1.5, DAY), (3, None, None, None)]


class TestFingerprint:
    def test_the_order_of_rows_does_not_count(self, con):
        assert taken(con, ROWS) == taken(con, ROWS[::-1])

    def test_every_value_counts(self, con):
        for changed in ((1, "x", 0.5, DAY), (9, "a", 0.5, DAY), (1, "a", 0.25, DAY)):
            assert taken(con, ROWS) != taken(con, [changed, *ROWS[1:]])

    def test_a_duplicate_counts_and_two_do_not_cancel(self, con):
        seen = [taken(con, ROWS + ROWS[:1] * copies) for copies in range(4)]
        assert len(set(seen)) == 4
        pairs = [taken(con, ROWS[:1] * 2), taken(con, ROWS[1:2] * 2), taken(con, [])]
        assert len({one.digest for one in pairs}) == 3, "an exclusive-or would make them equal"

    def test_null_is_not_empty_nor_zero(self, con):
        rows = [(1, None, 0.0, DAY), (1, "", 0.0, DAY), (1, "a", None, DAY), (None, "a", 0.0, DAY)]
        assert len({taken(con, [row]) for row in rows}) == 4

    def test_rows_of_nothing_but_nulls_count(self, con):
        nothing = (None,) * 4
        seen = {taken(con, [nothing] * copies) for copies in range(3)}
        assert len(seen) == 3
        assert len({one.digest for one in seen}) == 3

    def test_no_rows(self, con):
        assert taken(con, []) == Fingerprint(0, 0)

    def test_values_that_move_to_another_column_or_row_are_seen(self, con):
        shape = "a integer, b integer"
        assert taken(con, [(1, 2)], shape=shape) != taken(con, [(2, 1)], shape=shape)
        crossed = taken(con, [(1, 4), (3, 2)], shape=shape)
        assert taken(con, [(1, 2), (3, 4)], shape=shape) != crossed

    def test_the_order_of_columns_does_not_count(self, con):
        one = taken(con, [(1, "x")], shape="a integer, b varchar")
        assert one == taken(con, [("x", 1)], shape="b varchar, a integer")

    def test_of_some_columns(self, con):
        other = [(1, "x", 9.5, None), (2, "y", 8.5, None), (3, "z", 7.5, DAY)]
        assert taken(con, ROWS) != taken(con, other)
        assert taken(con, ROWS, ["id"]) == taken(con, other, ["id"])
        assert taken(con, ROWS, ["id", "name"]) != taken(con, other, ["id", "name"])

    def test_names_that_need_quotes(self, con):
        shape = '"select" integer, "a ""b""" integer, "Ü;" integer'
        assert taken(con, [(1, 2, 3)], shape=shape).rows == 1
        assert taken(con, [(1, 2, 3)], ['a "b"'], shape=shape) == taken(
            con, [(7, 2, 8)], ['a "b"'], shape=shape
        )

    def test_many_rows_do_not_overflow(self, con):
        con.execute("create or replace table t as select range as id from range(300000)")
        forward = fingerprint(con, "t")
        con.execute("create or replace table t as from t order by id desc")
        assert fingerprint(con, "t") == forward
        assert forward.rows == 300_000
        assert forward.digest > 2**64

    def test_of_views_and_qualified_names(self, con):
        here = taken(con, ROWS)
        con.execute("create or replace view v as from t order by id desc")
        assert fingerprint(con, "v") == fingerprint(con, "main.t") == here

    def test_of_nested_values(self, con):
        shape = "a integer[], b struct(x integer, y varchar)"
        one = taken(con, [([1, 2], {"x": 1, "y": "a"})], shape=shape)
        assert one != taken(con, [([2, 1], {"x": 1, "y": "a"})], shape=shape)

    def test_a_table_or_column_that_does_not_exist(self, con):
        taken(con, ROWS)
        with pytest.raises(duckdb.Error):
            fingerprint(con, "missing")
        with pytest.raises(duckdb.Error):
            fingerprint(con, "t", ["missing"])

    def test_changes_nothing(self, con):
        taken(con, ROWS)
        fingerprint(con, "t")
        assert con.execute("select count(*) from t").fetchone() == (3,)


values = st.tuples(
    st.one_of(st.none(), st.integers(-3, 3)),
    st.one_of(st.none(), st.sampled_from(["", "a", "b", "a\0", "ü"])),
    st.one_of(st.none(), st.sampled_from([0.5, -0.5, 2.0])),
)
tables = st.lists(values, max_size=6)
SMALL = "a integer, b varchar, c double"


class TestFingerprintInGeneral:
    @quick
    @given(tables, tables)
    def test_equal_exactly_where_the_multisets_are(self, con, one, other):
        equal = taken(con, one, shape=SMALL) == taken(con, other, shape=SMALL)
        assert equal == (Counter(one) == Counter(other))

    @quick
    @given(tables.flatmap(lambda rows: st.tuples(st.just(rows), st.permutations(rows))))
    def test_equal_for_every_order(self, con, both):
        rows, shuffled = both
        assert taken(con, rows, shape=SMALL) == taken(con, shuffled, shape=SMALL)

    @quick
    @given(tables, values)
    def test_one_row_more_is_another_state(self, con, rows, row):
        assert taken(con, rows, shape=SMALL) != taken(con, [*rows, row], shape=SMALL)

    @quick
    @given(tables, tables)
    def test_a_subset_of_columns_sees_that_projection(self, con, one, other):
        def projected(rows):
            return Counter((a, c) for a, _, c in rows)

        equal = taken(con, one, ["a", "c"], SMALL) == taken(con, other, ["a", "c"], SMALL)
        assert equal == (projected(one) == projected(other))


def first(row):
    return row[0]


class TestDifferences:
    def test_of_equal_states_there_are_none(self):
        rows = [(1, "a"), (2, "b"), (2, "b")]
        assert differences(rows, rows[::-1], first) == []
        assert differences([], [], first) == []

    def test_missing_extra_and_changed_rows_by_key(self):
        expected = [(1, "a"), (2, "b"), (3, "c")]
        observed = [(1, "a"), (2, "x"), (4, "d")]
        assert differences(expected, observed, first) == [
            Difference(2, ((2, "b"),), ((2, "x"),)),
            Difference(3, ((3, "c"),), ()),
            Difference(4, (), ((4, "d"),)),
        ]

    def test_a_doubled_row(self):
        assert differences([(1, "a")], [(1, "a")] * 2, first) == [
            Difference(1, ((1, "a"),), ((1, "a"), (1, "a")))
        ]

    def test_a_differing_key_shows_all_of_its_rows(self):
        (found,) = differences([(1, "a"), (1, "b")], [(1, "a"), (1, "c")], first)
        assert (found.expected, found.observed) == (
            ((1, "a"), (1, "b")),
            ((1, "a"), (1, "c")),
        )

    def test_keys_are_in_order_with_none_first_and_kinds_apart(self):
        keys = [3, None, "b", 1, "a", 2.5, dt.date(2024, 1, 1), Decimal("0.5")]
        found = [d.key for d in differences([(key,) for key in keys], [], first)]
        assert found[0] is None
        assert [key for key in found if type(key) is int] == [1, 3]
        assert [key for key in found if type(key) is str] == ["a", "b"]
        assert len(found) == len(keys)

    def test_keys_of_several_columns_some_of_them_null(self):
        rows = [(1, None), (None, 2), (1, 1), (None, None), (1, "x")]
        found = differences(rows, [], lambda row: row)
        assert {d.key for d in found} == set(rows)

    def test_takes_generators(self):
        found = differences(((n,) for n in (2, 1)), (row for row in ()), first)
        assert [d.key for d in found] == [1, 2]

    @quick
    @given(tables, tables)
    def test_tell_exactly_what_differs(self, expected, observed):
        found = differences(expected, observed, first)
        assert (found == []) == (Counter(expected) == Counter(observed))
        keys = [d.key for d in found]
        assert len(keys) == len(set(keys))
        for key in {row[0] for row in expected + observed}:
            wanted = Counter(row for row in expected if row[0] == key)
            seen = Counter(row for row in observed if row[0] == key)
            told = [d for d in found if d.key == key]
            assert bool(told) == (wanted != seen)
            for one in told:
                assert Counter(one.expected) == wanted
                assert Counter(one.observed) == seen

    @quick
    @given(tables, st.randoms())
    def test_do_not_depend_on_the_order_of_rows(self, rows, random):
        assume(rows)
        shuffled = random.sample(rows, len(rows))
        assert differences(rows, rows[1:], first) == differences(shuffled, rows[1:], first)
