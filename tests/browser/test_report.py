"""The HTML report of `fieldkit prove` in a browser: readable, in its place, and by itself."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.fieldkit.pipelines import PLANTED, command, state

VERDICTS = {"append": "REFUTED", "merge": "PROVED", "uuid-key": "NOT REPEATABLE"}
WIDTHS = (800, 400)


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
