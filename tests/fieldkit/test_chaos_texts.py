"""What a source sends in other dialects and encodings of CSV meets the faults of rows, too."""

from __future__ import annotations

import pytest

from fieldkit.chaos import payload

HEAD, ROWS = ("order_id", "name", "amount"), [("1", "Müller", "20.50"), ("2", "Abel", "3.25")]


def body(mark=",", encoding="utf-8", end="\n", quote="", decimal="."):
    lines = [HEAD, *((a, b, c.replace(".", decimal)) for a, b, c in ROWS)]
    text = "".join(mark.join(f"{quote}{one}{quote}" for one in line) + end for line in lines)
    return text.encode(encoding)


@pytest.mark.parametrize(
    ("dialect", "kind"),
    [
        ({"mark": ";"}, "text/csv"),
        ({"mark": ";", "decimal": ","}, "text/csv"),
        ({"mark": "\t"}, "text/tab-separated-values"),
        ({"mark": "|", "end": "\r\n"}, "text/plain"),
        ({"encoding": "cp1252"}, "text/csv"),
        ({"mark": ";", "encoding": "latin-1"}, "text/csv; charset=ISO-8859-1"),
        ({"encoding": "utf-8-sig", "quote": '"'}, "application/csv"),
        ({"encoding": "utf-16"}, "text/csv; charset=utf-16"),
    ],
)
def test_a_csv_is_read_and_written_back_as_it_came(dialect, kind):
    found = payload.parse(body(**dialect), kind)
    assert found.columns == {"amount": "number", "name": "text", "order_id": "text"}
    assert found.rows[0]["name"] == "Müller"
    assert found.write(found.rows) == body(**dialect)
    changed = payload.rescaled(found.rows, "amount")
    decimal = dialect.get("decimal", ".")
    assert [row["amount"] for row in changed] == [f"2050{decimal}00", f"325{decimal}00"]
    assert payload.retyped(found.rows, "amount")[0]["amount"] == "$20.50"


def test_text_without_rows_stays_as_it_is():
    for text in (b"Service unavailable\n", b"one\ntwo\nthree\n", b"a;b\n1;2;3\n", b"\xe9\0;,"):
        assert payload.parse(text, "text/plain") is None
