"""`--summary`: the report as Markdown, appended; what the data hold is shown, not obeyed."""

from __future__ import annotations

import re
import shlex
from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from fieldkit.report.report import (
    CaseResult,
    Header,
    Problem,
    Report,
    Section,
    Table,
    to_html,
)
from fieldkit.report.summary import LONGEST, ROWS, to_summary

HOSTILE = (
    "<script>alert(1)</script>", "a | b", "# heading", "- item", "+ item", "7) item", "*a* _b_",
    "[a](http://x.test)", "![a](x.png)", "`code", "``` fence", "$x$", "a\n\n# b", "&amp; &lt;",
    "<!-- gone -->", "C:\\data\\new", "</details>", "== ==", "~~a~~", "**a** __b__", "\x1b[31mred",
)  # fmt: skip
OURS = {"h3", "p", "ul", "ol", "li", "strong", "table", "thead", "tbody", "tr", "th", "td"}
OURS |= {"details", "summary", "code"}


class _Page(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.texts = set(), []

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)

    def handle_data(self, data):
        self.texts.append(data)


def _page(text):
    shown = _Page()
    shown.feed(
        MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"]).render(text)
    )
    return shown.tags, re.sub(r"\s+", " ", "".join(shown.texts))


def _report(word="x", rows=(("x", "1"),)):
    table = Table(("table", "rows"), tuple(rows), title=word, bad=frozenset({0}))
    return Report(
        "prove", "REFUTED", "bad", word, 1,
        (Problem(word, ("1. first", word), (table,), (word,)),),
        (Section(word, (word,), (table,)), Section("long", ("hidden",), detail=True)),
        (word,), (CaseResult("a", "b"),),
        header=Header("0.1", "2026-11-26", word, "20", 1.5, f"fieldkit prove -- {word}"),
    )  # fmt: skip


@pytest.mark.parametrize("word", HOSTILE)
def test_what_the_data_hold_is_shown_as_it_is(word):
    tags, text = _page(to_summary(_report(word, ((word, "1"),))))
    assert tags <= OURS, tags - OURS
    shown = " ".join("".join(c if c.isprintable() else " " for c in word).split())
    # Summary, state, command, and finding, evidence, advice, section, warning, titles, cells.
    assert text.count(shown) == 13, text


def test_the_parts_of_a_report_are_there():
    text = to_summary(_report(rows=[(f"t{n}", str(n)) for n in range(ROWS + 5)]))
    assert text.startswith("### ✗ fieldkit prove: REFUTED\n")
    assert "| --- | ---: |" in text and "| ✗ t0 | 0 |" in text
    assert "and 5 more rows." in text and "hidden" not in text
    assert "1. first\n- x" in text and "took 1.5 s" in text


def test_a_report_that_is_too_long_is_cut_between_its_parts():
    report = _report(rows=[("y" * 9000, "1")] * ROWS)
    text = to_summary(report)
    assert len(text) < LONGEST + 200 and text.endswith("The other reports have all.\n\n")
    assert text.count("<details>") == text.count("</details>")


def test_two_instruments_append_to_one_file(tmp_path, fieldkit):
    (tmp_path / "orders.sql").write_text("select order_id from orders\n")
    (tmp_path / "p.csv").write_text("mail\na@b.test\n")
    told = tmp_path / "summary.md"
    told.write_text("of another step\n")
    assert fieldkit("audit", "orders.sql", "--summary", told).returncode == 0
    assert fieldkit("govern", "scan", "p.csv", "--summary", told).returncode == 1
    text = told.read_text()
    heads = [line for line in text.splitlines() if line.startswith(("###", "of"))]
    assert heads == [
        "of another step", "### ! fieldkit audit: NO FINDINGS", "### ✗ fieldkit govern: FOUND",
    ]  # fmt: skip
    assert "Again: `fieldkit audit orders.sql`" in text, "no report file is named"
    assert text.count("took ") == 2, "every report says how long it took"


def test_every_instrument_has_it(fieldkit):
    commands = "audit", "prove", "chaos", "guard run", "guard accept", "skills check"
    more = "govern scan", "govern gate", "govern access", "value check", "value report"
    for command in (*commands, *more):
        assert "--summary" in fieldkit(*shlex.split(command), "--help").stdout, command


@pytest.mark.parametrize(
    "line",
    [
        "audit orders.sql --json orders.sql",
        "audit orders.sql --catalog c.csv --html c.csv",
        "govern scan p.csv --summary p.csv",
        "govern scan p.csv --baseline b.json --json b.json",
        "govern gate p.csv --policy roles.yml --html roles.yml",
        "govern access --personas a.yml --canaries c.csv --json a.yml",
    ],
)
def test_no_report_is_written_over_what_it_reads(tmp_path, fieldkit, line):
    for name in ("orders.sql", "c.csv", "p.csv", "b.json", "roles.yml", "a.yml"):
        (tmp_path / name).write_text("mine\n")
    ran = fieldkit(*shlex.split(line))
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "would overwrite" in ran.stderr and len(ran.stderr.splitlines()) == 1, ran.stderr
    assert {one.read_text() for one in tmp_path.iterdir() if one.is_file()} == {"mine\n"}


def test_a_long_name_may_break_in_a_table_of_the_page():
    """Else seven columns of a report are wider than half a screen."""
    row = ("mart.finance.revenue_by_country_and_channel", "card", "5,157")
    table = Table(("table", "measure", "now"), (row,))
    page = to_html(
        Report("guard", "HELD BACK", "bad", "x", 1, (), (Section("Checks", (), (table,)),))
    )
    assert page.count('class="long"') == 1 and "td.long" in page
