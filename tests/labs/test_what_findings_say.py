"""Findings that misled once: one cause is one finding, and its words tell what was seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.labs.test_contracts import answered
from workbook import catalog, judge


def wrong(exercise, name, old="", new=""):
    """A planted answer of this process, one thing in it changed."""
    section = next(s for s in exercise.sections if s.name == name)
    assert old in section.text
    return answered(exercise, replace(section, text=section.text.replace(old, new, 1)), 7)


def test_a_lease_that_anybody_takes_is_one_finding():
    lease = catalog.find("take-lease")
    result = judge.judge(lease, wrong(lease, "update-whoever-comes"), [7])
    assert [finding.id for finding in result.findings] == ["taken-early"]


def test_a_lock_in_python_is_told_as_runners_that_wait_for_each_other():
    lease = catalog.find("take-lease")
    case = "a race for a free lease"
    (found,) = judge.replay(lease, wrong(lease, "a-lock-of-this-process"), 7, case).findings
    assert "one runner waits for the other for ever" in found.observed


def test_totals_that_are_alike_are_told_with_the_rows_that_differ():
    publish = catalog.find("publish")
    text = publish.reference.text.replace(
        "    con.begin()\n",
        '    good["amount"] = good["amount"].to_numpy()[::-1]\n    con.begin()\n',
    )
    swapped = answered(publish, catalog.Section("wrong", "amounts swapped", "", text), 7)
    (found,) = judge.replay(publish, swapped, 7, "a clean day").findings
    assert "at least 2 rows not as it should be" in found.observed
    assert all(row["on the board"] != row["should be"] for row in found.rows) and found.rows


@pytest.mark.parametrize(
    ("case", "said"), [("negative", "1 bad row in neither"), ("future", "4 bad rows in neither")]
)
def test_rows_are_counted_in_plain_english(case, said):
    ingest = catalog.find("ingest")
    name = "bad rows are dropped and nobody is alerted"
    dropped = wrong(ingest, name, 'len(report["quarantine"]) < 4', "True")
    (found,) = judge.replay(ingest, dropped, 7, case).findings
    assert said in found.observed
