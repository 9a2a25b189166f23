"""Contract 9: every sentence of an exercise that forbids or promises something has a case."""

from __future__ import annotations

import pytest

from tests.labs import counts, promises
from tests.labs.test_contracts import EXERCISES, _name


@pytest.mark.parametrize("exercise", EXERCISES, ids=_name)
def test_every_promise_of_the_page_has_a_case(exercise, record_property):
    rows = promises.table(exercise)
    assert rows, f'the docstring of the check needs a table, headed "{promises.HEADING}"'
    told = promises.promises(exercise)
    assert not promises.unquoted(promises.whole_text(exercise), rows), "the page does not say this"
    assert not promises.untold(told, rows), "these sentences have no row"
    names = promises.case_names(exercise)
    assert not promises.untried(rows, names), "there is no case of this name"
    page = counts.PAGE.read_text(encoding="utf-8")
    assert counts.row(exercise, names) in page, "python -m tests.labs.counts --write"
    for _ in told:
        record_property("held", "sentences of pages that a case tries")


PAGE = """### load-day · Load

*20 minutes.* It loads a day.

- One row for each `order_id`; the
  newest one.
- Order of columns is yours.

A reader must never see half. This explains something.
"""


@pytest.fixture
def exercise(monkeypatch):
    found = next(e for e in EXERCISES if e.id == "load-day")
    cells = [
        {"cell_type": "markdown", "source": "### other · Before\n\n- not mine"},
        {"cell_type": "markdown", "source": PAGE},
        {"cell_type": "code", "source": "- no_text"},
        {"cell_type": "code", "source": 'lab.check("load-day")'},
        {"cell_type": "markdown", "source": "- too late"},
    ]
    monkeypatch.setattr(promises.pages, "read", lambda _: {"cells": cells})
    return found


def _table(monkeypatch, text):
    monkeypatch.setattr(promises, "_docstring", lambda _: text)


def test_bullets_bind_and_so_does_a_sentence_with_must(exercise):
    assert promises.promises(exercise) == [
        "One row for each order_id;",
        "the newest one.",
        "Order of columns is yours.",
        "A reader must never see half.",
    ]


def test_a_row_goes_on_in_the_next_line(exercise, monkeypatch):
    heading = f"load-day: a day.\n\n{promises.HEADING}\n"
    rows = "    One row -> one day;\n        killed *\n    is yours -> not judged: free; really\n"
    _table(monkeypatch, heading + rows + "\nMore words.\n")
    found = promises.table(exercise)
    assert found == [
        ("One row", ["one day", "killed *"]),
        ("is yours", ["not judged: free; really"]),
    ]
    told = promises.promises(exercise)
    assert promises.untold(told, found) == ["the newest one.", "A reader must never see half."]
    assert promises.untried(found, ["one day", "killed before 3"]) == []
    assert promises.untried(found, ["one day, twice"]) == [
        ("One row", "one day"),
        ("One row", "killed *"),
    ]


def test_a_row_of_a_sentence_that_the_page_no_longer_has_is_told(exercise, monkeypatch):
    _table(monkeypatch, f"{promises.HEADING}\n    Two rows -> one day\n")
    text = promises.whole_text(exercise)
    assert promises.unquoted(text, promises.table(exercise)) == ["Two rows"]


def test_without_a_heading_there_is_no_table(exercise, monkeypatch):
    _table(monkeypatch, "load-day: a day.\n")
    assert promises.table(exercise) is None
