"""The portfolio: the exact optimum, compared with every subset, and what is refused."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.value.choose import Initiative, choose, ranking, refused, worth


def by_enumeration(initiatives, capacity):
    """The best value of all 2^n subsets, in tenths of a cent."""
    place = {one.id: number for number, one in enumerate(initiatives)}
    masks = np.arange(1 << len(initiatives))
    value, days = np.zeros(len(masks), dtype=np.int64), np.zeros(len(masks), dtype=np.int64)
    possible = np.ones(len(masks), dtype=bool)
    for number, one in enumerate(initiatives):
        done = masks >> number & 1 == 1
        value[done] += int(one.expected * 10)
        days[done] += one.days
        for need in one.needs:
            possible &= ~done | (masks >> place[need] & 1 == 1)
    return int(value[possible & (days <= capacity)].max())


@st.composite
def quarters(draw):
    """Up to 14 proposals, some worth less than nothing, some that need others, and a capacity."""
    money = st.integers(-9_000, 30_000)
    found = []
    for number in range(draw(st.integers(0, 14))):
        needs = draw(st.sets(st.integers(0, number - 1), max_size=2)) if number else ()
        days, p10, p50, p90 = draw(st.tuples(st.integers(0, 40), money, money, money))
        run = draw(st.integers(0, 3_000))
        found.append(
            Initiative(f"i{number}", days, p10, p50, p90, run, tuple(f"i{n}" for n in needs))
        )
    return found, draw(st.integers(0, 300))


@settings(max_examples=150, deadline=None)
@given(quarters())
def test_no_subset_is_better(quarter):
    initiatives, capacity = quarter
    found = choose(initiatives, capacity)
    assert found.optimal and found.value == found.at_most == worth(initiatives, found.ids)
    assert int(found.value * 10) == by_enumeration(initiatives, capacity)
    assert refused(initiatives, capacity, found.ids) == ""
    assert choose(initiatives[::-1], capacity).value == found.value


def test_expected_value_and_what_a_subset_is_refused_for():
    one = Initiative("a", 2, -100, 50, 1_000, run=20)
    assert one.expected == Fraction(270)
    some = [one, Initiative("b", 0.1, 1, 1, 1, needs=("a",)), Initiative("c", 0.2, 1, 1, 1)]
    assert choose(some, 0.2).ids == ("c",), "0.2 days fit into 0.2 days"
    assert choose(some, 2.3).ids == ("a", "b", "c"), "three floats add up to exactly 2.3"
    assert refused(some, 9, ["b"]) == "b needs a, which is left out"
    assert refused(some, 2, ["a", "c"]) == "2.2 days, 0.2 more than the capacity"
    assert refused(some, 9, ["d"]) == "there is no initiative d"
    assert refused(some, 9, ["a", "a"]) == "an initiative is named twice"
    assert choose(some, -1).ids == choose([], 5).ids == ()
    assert [(o.id, done) for o, done in ranking(some, choose(some, 0.2))] == [
        ("c", True), ("a", False), ("b", False)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("needs", "why"),
    [({"a": ("z",)}, "a needs z, which is not there"), ({"a": ("b",), "b": ("a",)}, "circle")],
)
def test_needs_that_cannot_be_met_are_refused(needs, why):
    some = [Initiative(name, 1, 1, 1, 1, needs=needs.get(name, ())) for name in ("a", "b")]
    with pytest.raises(ValueError, match=why):
        choose(some, 9)


def test_what_takes_too_long_says_how_far_it_may_be_from_the_best():
    some = [Initiative(f"i{n}", 7 + n * 13 % 11, 0, 900 + n * 37 % 101, 0) for n in range(40)]
    found = choose(some, 150, steps=50)
    assert not found.optimal and found.at_most >= choose(some, 150).value >= found.value > 0
