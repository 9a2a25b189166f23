"""The fifth labelled split of `fieldkit audit`: 191 models of six companies, in two halves.

The rules were mended by the errors of the first half; the second was measured again before anybody
had read it. `audit_companies.py` counts.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.fieldkit.audit_companies import FIRST_HALF, SECOND_HALF, judged, scored
from tests.fieldkit.test_audit_set import PRECISION, RECALL


@pytest.fixture(scope="module", params=[FIRST_HALF, SECOND_HALF])
def half(request):
    """The models of three companies, as they are audited."""
    return list(judged(request.param))


def test_each_rule_is_precise_and_complete(half):
    assert len(half) >= 90
    for rule, score in scored(half).items():
        assert len(score.right) + len(score.missed) >= 4, rule
        assert score.precision >= PRECISION, (rule, score.false)
        assert score.recall >= RECALL, (rule, score.missed)


def test_every_look_alike_is_clean_of_what_it_looks_like(half):
    assert sum(bool(one.like) for one in half) >= 35
    assert [one.path for one in half if one.named & one.like] == []


def test_every_clean_model_is_clean(half):
    clean = [one for one in half if not one.breaks]
    assert len(clean) >= 45
    assert [(one.path, one.named) for one in clean if one.named] == []


def test_every_model_is_parsed(half):
    assert [(one.path, one.model.why) for one in half if one.model.why] == []


def test_a_rule_that_is_silent_or_names_too_much_falls_through(half):
    sorted_ones = [one for one in half if "order-by" in one.breaks]
    loud = scored([replace(one, breaks=frozenset()) for one in sorted_ones])
    assert loud["order-by"].precision == 0
    silent = scored([replace(one, breaks=one.breaks ^ {"order-by"}) for one in half])
    assert silent["order-by"].recall == 0
