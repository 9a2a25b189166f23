"""The quarters of `portfolio`: each wrong rule loses in its own, and no right answer in any."""

from __future__ import annotations

from statistics import median

import pytest

from fieldkit.value import choose as instrument
from labs.step3_outcome.checks import portfolio
from labs.step3_outcome.world import quarters
from labs.step3_outcome.world.initiatives import (
    best,
    capacity_for,
    days_of,
    drawn,
    lacking,
    loudest,
    regret,
    worth,
    worth_of,
)
from workbook import catalog
from workbook.headless import answer_of

EXERCISE = catalog.load("step3_outcome").exercise("portfolio")
RIGHT = [section for section in EXERCISE.sections if section.kind != "wrong"]
FRESH = 200  # worlds that no check draws: its seeds are below 10,000
MISTAKES = {  # rule -> weights of p10, p50 and p90, and of the run cost
    "p50 alone": (0, 1, 0, 1),
    "p90 alone": (0, 0, 1, 1),
    "p10 alone": (1, 0, 0, 1),
    "p50 four times": (1 / 6, 4 / 6, 1 / 6, 1),
    "no p50": (0.5, 0, 0.5, 1),
    "thirds": (1 / 3, 1 / 3, 1 / 3, 1),
    "run cost forgotten": (0.3, 0.4, 0.3, 0),
}


def fresh(count=FRESH):
    made = [drawn(10_000_000 + number) for number in range(count)]
    return [(initiatives, capacity_for(initiatives)) for initiatives in made]


def revalued(initiatives, weights):
    """The same initiatives, as a rule with other weights sees them."""
    p10, p50, p90, run = weights
    seen = []
    for one in initiatives:
        value = p10 * one["p10_cents"] + p50 * one["p50_cents"] + p90 * one["p90_cents"]
        net = round(value - run * one["run_cost_cents"])
        same = dict.fromkeys(("p10_cents", "p50_cents", "p90_cents"), net)
        seen.append({**one, **same, "run_cost_cents": 0})
    return seen


def lost(rule, initiatives, capacity):
    """The regret of the best plan under a mistaken rule."""
    return regret(initiatives, capacity, best(revalued(initiatives, MISTAKES[rule]), capacity))


SKETCHES = quarters.RULES | quarters.BETS | quarters.RUN_COSTS
OWN = {rule: rule for rule in quarters.RULES} | {
    "thirds": "a large bet that pays",
    "run cost forgotten": "dear to run, and not worth it",
}


@pytest.mark.parametrize("rule", OWN)
def test_a_wrong_rule_loses_more_than_a_fifth_in_its_own_quarter(rule, seed):
    quarter = SKETCHES[OWN[rule]].drawn(seed, rule)
    assert lost(rule, quarter.initiatives, quarter.capacity) > 0.2


@pytest.mark.parametrize("rule", OWN)
def test_a_wrong_rule_chooses_right_in_every_quarter_before_its_own(rule, seed):
    """So that the first quarter that somebody fails shows the rule they followed."""
    for name, sketch in SKETCHES.items():
        if name == OWN[rule]:
            return
        quarter = sketch.drawn(seed, name)
        assert lost(rule, quarter.initiatives, quarter.capacity) == 0, name


def test_loudest_first_fails_the_median_and_equal_optima_do_not_matter(seed):
    lost = [regret(*one, loudest(*one)) for one in fresh(20)]
    assert median(lost) > 4 * portfolio.MOST
    twins = quarters.TWINS.drawn(seed, "twins")
    for one in twins.initiatives:
        assert regret(twins.initiatives, twins.capacity, [one["id"]]) == 0


def test_a_check_that_says_either_of_two_equal_plans_is_right(seed):
    twins = quarters.TWINS.drawn(seed, "twins")
    for one in twins.initiatives:
        assert portfolio._less(twins, [one["id"]], "value-left") is None


@pytest.mark.parametrize("section", RIGHT, ids=lambda section: section.name)
def test_right_answers_are_right_on_fresh_quarters(section, record_property):
    choose = answer_of(EXERCISE.lab, EXERCISE.id, section.text).entry()
    lost = []
    for initiatives, capacity in fresh():
        ids = choose([dict(one) for one in initiatives], capacity)
        assert days_of(initiatives, ids) <= capacity
        assert not lacking(initiatives, ids)
        lost.append(regret(initiatives, capacity, ids))
        record_property("held", "fresh quarters in which a right answer chose right")
    assert median(lost) <= 0.02
    assert sum(one > portfolio.MOST for one in lost) <= FRESH * 0.1
    if section.name != "takes what is worth most a day, each with all it needs":
        assert max(lost) == 0


def test_the_instrument_finds_plans_of_the_same_worth():
    for initiatives, capacity in fresh(40):
        told = [
            instrument.Initiative(
                one["id"], one["effort_days"], one["p10_cents"], one["p50_cents"],
                one["p90_cents"], one["run_cost_cents"], tuple(one["needs"]),
            )
            for one in initiatives
        ]  # fmt: skip
        choice = instrument.choose(told, capacity)
        assert choice.optimal
        assert choice.value * 10 == worth_of(initiatives, best(initiatives, capacity))


def test_rules_that_the_drawn_quarters_tell_from_the_best():
    """The settings are measured on worlds that they were not chosen on."""
    medians = {rule: median(lost(rule, *one) for one in fresh(100)) for rule in MISTAKES}
    assert min(medians[rule] for rule in ("p50 alone", "p90 alone", "p10 alone")) > 2 * 0.1
    assert max(medians[rule] for rule in ("no p50", "thirds", "run cost forgotten")) <= 0.02


def test_drawn_initiatives_are_what_the_page_says(seed):
    initiatives = drawn(seed)
    ids = [one["id"] for one in initiatives]
    assert len(set(ids)) == len(ids) == 14
    assert all(type(one["effort_days"]) is int and 3 <= one["effort_days"] <= 40
               for one in initiatives)  # fmt: skip
    for one in initiatives:
        assert one["p10_cents"] <= one["p50_cents"] <= one["p90_cents"]
        assert set(one["needs"]) <= set(ids) - {one["id"]}
    assert any(worth(one) < 0 for number in range(5) for one in drawn(seed + number))
