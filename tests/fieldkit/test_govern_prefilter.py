"""What SQL passes over, the detectors would find nothing in: the scan of a table loses no cell."""

from __future__ import annotations

from collections import Counter

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fieldkit.govern.run import scan
from fieldkit.govern.spans import ENTITIES
from fieldkit.govern.tables import engine, scan_relation
from fieldkit.govern.tally import Tally
from tests.fieldkit.pii_score import ours
from tests.fieldkit.pii_set import Draw, samples


def in_table(cells: list[str], column: str = "body") -> Counter:
    """Cells by entity, as a scan of a table of them counts."""
    con = duckdb.connect()
    con.execute(f'create table t as select unnest(?::varchar[]) as "{column}"', [cells])
    tally = Tally("x")
    scan_relation(con, "t", "t", tally)
    return Counter({one.entity: one.count for one in tally.hits() if not one.by_name})


def one_by_one(cells: list[str], column: str = "body") -> Counter:
    tally = Tally("x")
    for cell in cells:
        tally.cell("t", column, cell)
    return Counter({one.entity: one.count for one in tally.hits()})


@pytest.mark.parametrize("column", ["body", "phone", "ssn", "email"])
def test_a_table_counts_what_the_detectors_find(column):
    cells = [one.text for one in samples(5, 700)]
    draw = Draw(6)
    cells += [getattr(draw, kind)() for kind in ENTITIES for _ in range(60)]
    cells += [draw.decoy() for _ in range(200)]
    assert in_table(cells, column) == one_by_one(cells, column)


def test_the_set_is_found_in_a_database(tmp_path):
    texts = list(samples(9, 400))
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute("create table t as select unnest(?::varchar[]) as b", [[t.text for t in texts]])
    expected = Counter(kind for spans in ours(texts) for kind in {name for *_, name in spans})
    found = scan(tmp_path / "w.duckdb")
    assert {one.entity: one.count for one in found.hits} == dict(expected)


PIECES = st.sampled_from(
    ["ada@acme.org", "a@b.png", "2125550123", "212-555-0123", "call", "tel", "ssn", " ", "-", ":",
     "4111111111111111", "10.0.0.1", "v", "www.acme.org", "GB82WEST12345698765432", "é", "\u200b",
     "٣", "７", "2026-11-26", "0.123456789", "123-45-6789", "\n", "x", "+49 30 1234567", "::1", "@",
     "%40", "%2B", "&#64;", "%2540"]
)  # fmt: skip
CELLS = st.lists(PIECES, max_size=6).map("".join) | st.text(max_size=30)


@settings(max_examples=40, deadline=None)
@given(st.lists(CELLS.filter(lambda cell: "\0" not in cell), min_size=1, max_size=30))
def test_any_cells(cells):
    assert in_table(cells) == one_by_one(cells)


def test_numbers_of_phones_are_read_by_their_column_s_name(tmp_path):
    with engine(tmp_path) as con:
        con.execute("create table t as select 4155550134 as phone, 4155550134 as amount")
        tally = Tally("x")
        scan_relation(con, "t", "t", tally)
    assert [(one.column, one.entity) for one in tally.hits()] == [("phone", "phone")]
