"""Thresholds: what must hold for any past, and the chance of a false alarm that they keep."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.guard import thresholds as th

KINDS = [th.VOLUME, th.AMOUNT, th.AGE]
counts = st.integers(0, 10**9).map(float)
amounts = st.floats(-1e9, 1e9, allow_nan=False)
shares = st.floats(0, 1)
chances = st.floats(1e-6, 0.1)
pasts = st.lists(counts, min_size=7, max_size=60)
fast = settings(max_examples=60, deadline=None)


@fast
@given(st.sampled_from(KINDS), pasts, chances)
def test_what_is_usual_passes_and_the_order_of_runs_does_not_matter(kind, past, chance):
    band = th.band(kind, past, chance)
    middle = sorted(past)[len(past) // 2] if len(past) % 2 else None
    assert band.low <= band.high
    if middle is not None:
        assert band.low <= middle + 1e-6 * abs(middle) and band.high >= middle - 1e-6 * abs(middle)
    assert th.band(kind, past[::-1], chance) == band


@fast
@given(st.sampled_from(KINDS), pasts, chances, chances)
def test_a_smaller_chance_is_a_wider_band(kind, past, one, other):
    wide, narrow = (th.band(kind, past, chance) for chance in sorted((one, other)))
    slack = 1e-9 * max(1.0, abs(narrow.low), abs(narrow.high))
    assert wide.low <= narrow.low + slack and wide.high >= narrow.high - slack


@fast
@given(st.lists(st.floats(0.01, 1e6), min_size=7, max_size=40), st.floats(0.01, 100), chances)
def test_amounts_in_another_unit_have_the_same_band_in_that_unit(past, unit, chance):
    one = th.band(th.AMOUNT, past, chance)
    other = th.band(th.AMOUNT, [value * unit for value in past], chance)
    assert other.low == pytest.approx(one.low * unit, rel=1e-6, abs=1e-6 * unit * max(past))
    assert other.high == pytest.approx(one.high * unit, rel=1e-6)


@fast
@given(st.floats(10, 1e6), st.lists(amounts, min_size=1, max_size=1), chances)
def test_one_wild_run_moves_no_threshold_far(usual, wild, chance):
    past = [usual * (1 + 0.01 * (n % 5)) for n in range(20)]
    clean, spoilt = th.band(th.AMOUNT, past, chance), th.band(th.AMOUNT, past + wild, chance)
    assert spoilt.high < clean.high * 1.5 and not spoilt.holds(usual * 100)


@fast
@given(st.lists(shares, min_size=7, max_size=40), st.floats(1, 1e7), chances)
def test_a_share_stays_a_share(past, rows, chance):
    band = th.share_band(past, rows, chance)
    assert 0 <= band.low <= band.high <= 1
    assert band.low <= sorted(past)[len(past) // 2] + 1e-9


@fast
@given(st.lists(st.dictionaries(st.sampled_from("abcd"), shares), min_size=7, max_size=20))
def test_a_mix_that_is_the_usual_one_has_not_moved(past):
    usual = th.usual_mix(past)
    assert th.largest_shift(usual, usual)[0] == 0
    assert th.allowed_shift(past, 400, 1e-3) > 0


@pytest.mark.parametrize("freedom", [0.5, 2.7, 5.3, 22.0, 300.0])
@pytest.mark.parametrize("probability", [0.6, 0.99, 0.99995])
def test_students_quantile_is_scipys(probability, freedom):
    from scipy.stats import t  # half a second, in this test's process alone

    assert th.student_quantile(probability, freedom) == pytest.approx(
        t.ppf(probability, freedom), rel=1e-6
    )


@pytest.mark.parametrize("runs", [7, 10, 14, 28, 40])
def test_normal_values_are_outside_as_seldom_as_promised(runs):
    chance, draw = 1e-3, np.random.default_rng(runs)
    past = draw.normal(size=(150_000, runs))
    middle = np.median(past, axis=1)
    spread = th.MAD * np.median(abs(past - middle[:, None]), axis=1)
    outside = abs(draw.normal(size=len(past)) - middle) > th.allowed_spreads(chance, runs) * spread
    assert 0.25 * chance < outside.mean() < 1.4 * chance


def test_a_band_of_a_named_day_and_of_values_beyond_all_floats():
    assert th.Band(10, 20).times(0.5, 3) == th.Band(5, 60)
    band = th.band(th.VOLUME, [0.0, 1e300] * 5, 1e-6)
    assert all(math.isfinite(one) for one in (band.low, band.high))
