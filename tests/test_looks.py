"""What people see has one form: findings, tables, plots, colours, numbers, sentences, README."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from statistics import median
from types import SimpleNamespace

import pytest

from fieldkit.guard import found as guarded
from fieldkit.guard.judgement import Judge
from fieldkit.guard.thresholds import Band
from fieldkit.report.report import Table
from workbook import callee, catalog, judge, open_lab, pages, plots, render, results
from workbook.progress import Progress
from workbook.results import Finding, Result, Verdict
from workbook.standing import recorded

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted((ROOT / "notebooks").glob("*.ipynb"))
LONG = 30  # words of a sentence


def _finding():
    rows = [{"order_id": 1042, "cents": -2615, "seen": None}]
    words = {"expected": "one row", "cost": "$7,985", "look": "the key"}
    return Finding("twice", "2 rows", rows, "a case", 7, "A row comes twice", **words)


def test_a_finding_shows_its_rows_before_it_says_where_to_look():
    result = Result("load-day", "Load a day", Verdict.TRY_AGAIN, (_finding(), _finding()))
    for text in results.mimebundle(result).values():
        parts = ("2 rows", "1042", "costs", "look at", "lab.replay(")
        places = [text.index(part) for part in parts]
        assert places == sorted(places)
    shown = results.mimebundle(result)["text/html"]
    assert shown.count("<details open") == 1 and shown.count("<details") == 2
    assert "workbook replay load-day --seed 7" in results.result_text(result, results.TERMINAL)


def test_a_pass_says_what_is_next():
    for lab in catalog.labs():
        *others, last = lab.exercises.values()
        for one in (*others, last):
            result = Result(one.id, one.title, Verdict.PASSED)
            told = recorded(Progress(None), result, 7, "x = 1", 0.1)
            for text in results.mimebundle(told).values():
                assert "Next:" in text
            assert told.next.startswith("Prove it" if one is last else tuple(lab.exercises))
            assert not told.next.startswith(f"{one.id} ")


def test_a_check_that_fails_itself_is_a_verdict_and_no_attempt(monkeypatch):
    def broken(*_):
        raise LookupError("gone")

    lab = open_lab("step4_state", mode="wrong:append", orders_per_day=20)
    monkeypatch.setattr(judge, "judge", broken)
    callee.REGISTERED["load-day"] = callee.Registered("load-day", "x = 1")
    before = lab._progress.standing("load-day")
    told = lab.check("load-day")
    assert (told.verdict, told.note) == (
        "COULD NOT JUDGE",
        "the check itself failed: LookupError: gone",
    )
    assert lab._progress.standing("load-day") == before


@pytest.mark.parametrize("verdict", list(render.MARKS))
def test_a_verdict_is_a_filled_badge_with_a_mark_and_a_word(verdict):
    shown = render.badge_html(verdict)
    assert f">{render.MARKS[verdict]} {verdict}<" in shown and "background:#" in shown
    assert len(set(render.MARKS.values())) == len(render.MARKS), "colour is never alone"


def test_a_table_has_no_stripes_and_numbers_that_stand_right_and_whole():
    rows = [{"day": "2026-01-05", "change": -2615, "kept": None, "share": "1.5%"}]
    bundle = render.table(rows)
    assert "−2,615" in bundle["text/plain"] and "–" in bundle["text/plain"]
    shown = bundle["text/html"]
    assert 'style="background:none' in shown and "tabular-nums" in shown
    for cell in ("−2,615", "–", "1.5%"):
        (style,) = re.findall(rf'<td style="([^"]*)">{cell}</td>', shown)
        assert "text-align:right" in style and "nowrap" in style
    (style,) = re.findall(r'<td style="([^"]*)">2026-01-05</td>', shown)
    assert "text-align:left" in style and "nowrap" in style


def test_a_reports_numbers_have_the_same_form_and_a_failing_row_its_mark():
    table = Table(("table", "lost"), (("orders", "-1,005"), ("days", "0")), bad=frozenset({0}))
    assert [table.shown(0, 0), table.shown(0, 1), table.shown(1, 1)] == ["✗ orders", "−1,005", "0"]
    assert table.is_number(1) and not table.is_number(0)


def test_pages_plots_and_reports_share_their_colours():
    tokens = (ROOT / "fieldkit/report/tokens.css.jinja").read_text(encoding="utf-8")
    light, dark, *_ = re.findall(r"--good: (#\w+); --bad: (#\w+); --unsure: (#\w+)", tokens)
    assert light == (render.GOOD, render.BAD, render.UNSURE)
    assert light == (plots.RIGHT, plots.WRONG, plots.UNSURE)
    assert dark == tuple(plots._DARK[one] for one in light)
    assert re.findall(r"--soft: (#\w+)", tokens)[:2] == [plots.INK, plots._DARK[plots.INK]]
    assert plots.INK == render.SOFT


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_plot_shrinks_with_the_page_and_says_in_words_what_it_shows(page):
    outputs = json.dumps([cell.get("outputs", []) for cell in pages.read(page)["cells"]])
    images = re.findall(r'<img alt=\\"(.*?)\\" style=\\"(.*?)\\"', outputs)
    assert len(images) >= 2 and "image/svg+xml\\" not in outputs
    for alt, style in images:
        assert len(alt) >= 20, alt
        assert {"width:100%", "max-width:650px", "height:auto"} <= set(style.split(";"))


def _sentences(page):
    for cell in pages.read(page)["cells"]:
        if cell["cell_type"] == "markdown":
            text = re.sub(r"```.*?```|^[|#].*?$", "", cell["source"], flags=re.S | re.M)
            for paragraph in re.split(r"\n\s*\n|\n- |\n\d\. ", text):
                yield from filter(None, map(str.split, re.split(r"(?<=[.!?:;])\s", paragraph)))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_sentences_of_a_page_are_short(page):
    lengths = [len(sentence) for sentence in _sentences(page)]
    assert len(lengths) > 100 and median(lengths) <= 10
    assert sum(length > LONG for length in lengths) <= 3


def test_printed_lines_of_a_page_have_its_style():
    for page in PAGES:
        first = next(c for c in pages.read(page)["cells"] if "open_lab(" in c["source"])
        (style,) = [one["data"]["text/html"] for one in first["outputs"]]
        assert style == render._WRAPPING and "word-break:normal" in style


def test_what_guard_measures_is_said_in_words_and_stays_above_zero():
    told = guarded.readable("amount.low")
    assert told == "amount.low (amount around the 10th percentile)"
    judge = SimpleNamespace(_series=lambda *_: [(0.0, 9)] * 5)
    band = Judge._not_negative(judge, "orders", "amount.low", Band(-8.81, 20.0))
    assert band == Band(0.0, 20.0)
    refunds = SimpleNamespace(_series=lambda *_: [(0.1, 9)] * 5)
    band = Band(-8.81, 20.0)
    assert Judge._not_negative(refunds, "orders", "amount.low", band) == band


@pytest.mark.parametrize("command", ["doctor", "lab", "test", "bundle", "setup"])
def test_help_of_the_way_in_says_what_it_does(command):
    asked = [sys.executable, "start.py", command, "--help"]
    told = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    said = told.partition("\n\n")[2].partition("\n\n")[0]
    assert len(said.split()) > 3 and said.rstrip().endswith("."), told


def test_what_is_not_published_is_not_installed_by_name():
    for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"(pip|pipx|tool) install (-U )?[\"']?operator-workbook", text), path


def test_the_readme_begins_with_the_steps_and_fits_a_phone():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.index("## The five steps") < text.index("make test-browser")
    for image in re.findall(r"<img [^>]*>|!\[[^\]]*\]\([^)]*\)", text):
        width = re.search(r'width="(\d+)"', image)
        assert width and int(width[1]) <= 500, "its letters stay readable at 390 pixels"
        assert re.search(r'alt="[^"]{20,}"', image)
    header = [line for line in text.splitlines() if line.startswith("| step")]
    assert header and all(line.count("|") <= 5 for line in header), "no column is cut off"
