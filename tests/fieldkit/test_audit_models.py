"""The fourth labelled split of `fieldkit audit`: a hundred files of six companies, as projects.

They were written from docs/audit.md alone and scored once before anything was mended by them; the
first figures are in docs/field.md. In a model whose fault is one side or a window, the same table
is also read whole: that says the same fault twice and is not counted against a rule.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import pytest

from fieldkit.audit import Settings, audit
from fieldkit.audit.catalog import read
from fieldkit.audit.rules import RULES
from tests.fieldkit.test_audit_set import PRECISION, RECALL

HOME = Path(__file__).parent / "audit_models"
ALSO_WHOLE = ("one-sided-filter", "unbounded-window")


@pytest.fixture(scope="module")
def judged():
    """(file, the rule that is expected or "none", the model as it was audited)."""
    with (HOME / "labels.tsv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file, delimiter="\t"))
    found = {}
    for company, dialect in sorted({(r["file"].partition("/")[0], r["dialect"]) for r in rows}):
        settings = Settings(catalog=read(HOME / company / "catalog.csv"), dialect=dialect)
        models = audit(HOME / company, settings).models
        found |= {f"{company}/{model.path}": model for model in models}
    assert set(found) == {row["file"] for row in rows}
    return [(row["file"], row["expected"], found[row["file"]]) for row in rows]


def _named(expected, model):
    found = {finding.rule for finding in model.findings}
    return found - {"full-scan"} if expected in ALSO_WHOLE and expected in found else found


def test_each_rule_is_precise_and_complete(judged):
    right, false, missed = (defaultdict(list) for _ in range(3))
    for file, expected, model in judged:
        found = _named(expected, model)
        for rule in found:
            (right if rule == expected else false)[rule].append(file)
        if expected in RULES and expected not in found:
            missed[expected].append(file)
    for rule in RULES:
        good = len(right[rule])
        assert good + len(missed[rule]) >= 5, rule
        assert good >= PRECISION * (good + len(false[rule])), (rule, false[rule])
        assert good >= RECALL * (good + len(missed[rule])), (rule, missed[rule])


def test_every_look_alike_is_clean(judged):
    alike = [(file, model) for file, expected, model in judged if expected == "none"]
    assert len(alike) >= 40
    assert [(f, m.findings) for f, m in alike if m.findings] == []


def test_every_model_is_parsed(judged):
    assert [(file, model.why) for file, _, model in judged if model.why] == []
