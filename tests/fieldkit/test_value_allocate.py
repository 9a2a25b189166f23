"""Allocation: the shares sum to the bill to the cent, follow the key, and a diamond counts once."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.value.allocate import allocate, split

NAMES = [f"t{n:02d}" for n in range(12)]


@st.composite
def bills(draw):
    """Costs, edges (also rings) and weights of a warehouse of up to twelve tables."""
    names = draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    table = st.sampled_from(names)
    costs = draw(st.dictionaries(table, st.integers(-500, 10**7), min_size=1))
    edges = draw(st.lists(st.tuples(table, table), max_size=24))
    weights = draw(st.dictionaries(table, st.integers(0, 400)))
    return costs, edges, weights


def below(table, edges):
    """By another way: everything that is built on a table, and the table."""
    found, todo = {table}, [table]
    while todo:
        up = todo.pop()
        fresh = {down for source, down in edges if source == up} - found
        found |= fresh
        todo += fresh
    return found


@settings(max_examples=300, deadline=None)
@given(bills())
def test_on_any_graph_the_shares_sum_to_the_bill_to_the_cent(bill):
    costs, edges, weights = bill
    found = allocate(costs, edges, weights)
    assert found.total == sum(costs.values())
    for table, cents in costs.items():
        carried = {out: c for (source, out), c in found.shares.items() if source == table}
        assert sum(carried.values()) == cents, table
        reach = below(table, edges)
        assert set(carried) <= reach, "only what is built on it carries it"
        total = sum(weights.get(name, 0) for name in reach)
        for name in reach if total else ():
            fair = Fraction(cents * weights.get(name, 0), total)
            assert abs(carried.get(name, 0) - fair) < 1, "each share is the key's, within a cent"


def test_a_diamond_counts_once_and_shares_follow_the_key():
    edges = [("base", "left"), ("base", "right"), ("left", "top"), ("right", "top")]
    costs = {"base": 100, "left": 10, "right": 10, "top": 1}
    assert allocate(costs, edges, {"top": 5}).by_output() == {"top": 121}
    shares = allocate(costs, edges, {"top": 3, "left": 1}).shares
    assert (shares["base", "top"], shares["base", "left"]) == (75, 25)
    assert ("right", "left") not in shares
    assert allocate(costs, reversed(edges), {"top": 3, "left": 1}).shares == shares


def test_the_odd_cent_goes_to_the_largest_remainder():
    assert split(100, {"a": 1, "b": 1, "c": 1}) == {"a": 34, "b": 33, "c": 33}
    assert split(10, {"a": 3, "b": 3, "c": 1}) == {"a": 4, "b": 4, "c": 2}
    assert split(-100, {"a": 1, "b": 1, "c": 1}) == {"a": -34, "b": -33, "c": -33}
    assert split(7, {"a": 0, "b": 0}) == {"a": 4, "b": 3}, "equal parts where no weight is known"
    huge = {"a": 10**30 + 1, "b": 10**30}
    assert split(10**15 + 1, huge) == {"a": 500000000000001, "b": 500000000000000}
    for wrong in ({}, {"a": -1}):
        with pytest.raises(ValueError, match="weights"):
            split(1, wrong)


def test_given_outputs_carry_all_that_reaches_them_and_the_rest_stays_where_it_is():
    edges = [("raw", "mart"), ("mart", "view")]
    found = allocate({"raw": 5, "mart": 7, "loose": 3}, edges, {}, outputs={"mart"})
    assert found.by_output() == {"mart": 12, "loose": 3}
