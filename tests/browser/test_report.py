"""The HTML report of `fieldkit prove` in a browser: readable, in its place, and by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from fieldkit.report.report import Header, Problem, Report, Section, Table, to_html
from tests.fieldkit.pipelines import PLANTED, command, state

VERDICTS = {"append": "REFUTED", "merge": "PROVED", "uuid-key": "NOT REPEATABLE"}
WIDTHS = (800, 390)


@pytest.fixture(scope="module", params=VERDICTS)
def report(request, tmp_path_factory):
    """A report on a pipeline that is planted, and what its verdict must be."""
    folder = tmp_path_factory.mktemp(request.param)
    kind, script, *_ = PLANTED[request.param]
    options = ["--state", state(kind, folder), "--reruns", "1", "--kills", "2"]
    options += ["--html", folder / "report.html", "--", *command(kind, script, folder)]
    code = "from fieldkit.cli import main; main()"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FIELDKIT_HOME", str(folder / "home"))
        ran = subprocess.run(
            [sys.executable, "-c", code, "prove", *map(str, options)],
            capture_output=True, text=True, check=False, cwd=folder,
        )  # fmt: skip
    assert ran.returncode in (0, 1), ran.stderr
    return folder / "report.html", VERDICTS[request.param]


@pytest.fixture
def crowded(tmp_path):
    """A report with all that an instrument may put in: many columns, long names, failing rows."""
    name = "a_table_whose_name_has_many_words_and_no_end"
    columns = ("table", "verdict", "rows before", "rows after", "dollars", "share", "state")
    rows = (
        (name, "STALE, ALERTED", "1,042,117", "27,572", "−$8,005.31", "27.5%", "/" + "d/" * 40),
    )
    table = Table(columns, rows * 2, title="What each run left", bad=frozenset({0}))
    cases = (Problem("1,042,117 rows are gone", ("rerun once",), (table,), ("load it again",)),)
    report = Report(
        "chaos", "WRONG AND SILENT", "bad", "orders: 1,042,117 of 1,069,689 rows are gone", 1,
        cases, (Section("Tables", ("all of them",), (table,)),), ("look at the merge key",),
        header=Header("0.1", "2026-11-26", "w.duckdb", "20", 1.5, "fieldkit chaos " + "-- x" * 40),
    )  # fmt: skip
    file = tmp_path / "report.html"
    file.write_text(to_html(report), encoding="utf-8")
    return file


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_crowded_report_on_a_phone_breaks_no_word(page, crowded, seen, shot, scheme):
    page.set_viewport_size({"width": WIDTHS[-1], "height": 900})
    page.goto(crowded.as_uri())
    told = seen(page.locator("html"))
    assert told["texts"] > 20 and not told["complaints"], told
    shot("crowded")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_report(page, report, heard, seen, shot, scheme):
    file, verdict = report
    page.goto(file.as_uri())
    assert page.locator("h1").inner_text().endswith(verdict)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        told = seen(page.locator("html"))
        assert told["texts"] > 10 and not told["complaints"], told
        shot(f"{verdict.replace(' ', '-').lower()}-{width}")
    assert {url.partition(":")[0] for url in heard["asked"]} == {"file"}
    assert heard["errors"] == []
