"""The rules of `fieldkit audit` on a labelled set: precision and recall of each rule."""

from __future__ import annotations

import pytest

from fieldkit.audit.rules import RULES
from tests.fieldkit.audit_score import SPLITS, found_in, scored
from tests.fieldkit.audit_set import draw

PRECISION, RECALL = 0.95, 0.9


@pytest.fixture(scope="module", params=SPLITS)
def split(request):
    """A split's name, its models and what the rules say of them."""
    kinds, seed = SPLITS[request.param]
    models = draw(kinds, seed)
    return request.param, models, scored(models)


def test_each_rule_is_precise_and_complete(split):
    name, models, scores = split
    assert len(models) >= 60, f"{name}: {len(models)} models"
    told = [
        f"{rule}: precision {scores[rule].precision:.3f}, recall {scores[rule].recall:.3f}"
        for rule in RULES
        if scores[rule].precision < PRECISION or scores[rule].recall < RECALL
    ]
    assert not told, f"{name}: {told}"


def test_each_rule_is_asked_for_often_enough(split):
    _, models, _ = split
    for rule in RULES:
        assert sum(model.rule == rule for model in models) >= 6, rule


def test_every_look_alike_is_clean(split):
    name, models, _ = split
    alike = [model for model in models if model.rule is None]
    assert len(alike) >= 24
    wrong = [(m.kind, m.dialect, found) for m in alike if (found := found_in(m))]
    assert not wrong, f"{name}: {wrong}"


def test_every_model_is_parsed(split):
    assert not split[2]["unparsed"].false


def test_the_same_seed_draws_the_same_models():
    kinds, seed = SPLITS["first"]
    assert draw(kinds, seed) == draw(kinds, seed)
    assert draw(kinds, seed) != draw(kinds, seed + 1)


def test_a_rule_that_says_nothing_or_anything_falls_through():
    kinds, seed = SPLITS["first"]
    models = draw(kinds, seed)[:12]
    scores = scored(models, lambda model: set())
    assert scores["full-scan"].recall == 0
    scores = scored(models, lambda model: {"order-by"})
    assert scores["order-by"].precision == 0
