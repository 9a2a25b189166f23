"""`fieldkit chaos`: what alerts nobody, and what nothing can be tried with."""

from __future__ import annotations

import sys

import pytest

from fieldkit.chaos.alerts import Alerts
from fieldkit.chaos.faults import KINDS, Fault, Schedule
from fieldkit.chaos.found import as_json
from fieldkit.chaos.run import Settings, chaos
from fieldkit.chaos.story import report_of
from fieldkit.errors import CannotRun
from fieldkit.report.report import to_text
from tests.fieldkit import jobs
from tests.servers import Handler, serving

ALWAYS = """
import atexit, datetime as dt
atexit.register(lambda: alert(f"{dt.datetime.now():%H:%M:%S.%f} job 7f3a91c2d4 finished"))
"""
OUTAGE = (Schedule(1, (Fault("outage", 2, 0),)),)


@pytest.fixture
def room(tmp_path, monkeypatch):
    jobs.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def tried(source, name, **options):
    command = [sys.executable, "-I", "-S", f"{name}.py", "{url}", "{state}"]
    return chaos(command, ["board.db"], source, settings=Settings(**options))


def test_what_a_job_writes_in_every_run_alerts_nobody(room):
    for name in ("silent", "good"):
        (room / f"{name}.py").write_text(jobs.HEAD + ALWAYS + jobs.JOBS[name])
    with jobs.source() as source:
        quiet = tried(source, "silent", given=OUTAGE)
        good = tried(source, "good", given=OUTAGE)
    assert [one.verdict for one in quiet.trials] == ["SILENT"]
    assert "finished" in as_json(quiet)["clean_run"]["alerts"][0]
    told = " ".join(to_text(report_of(quiet)).split())
    assert "Clean runs write as well, so it alerts nobody" in told
    assert [one.verdict for one in good.trials] == ["stale, alerted"]
    assert [one.partition(":")[0] for one in good.trials[0].alerts] == ["orders"]


@pytest.mark.parametrize(
    ("usual", "now", "alerts"),
    [
        ("10:02:11 INFO start", "10:07:45 INFO start", False),
        ("loaded 30 rows", "loaded 0 rows", False),
        ("run 3f2b8c1e-9d4a-4c11-8a55 done", "run 9a1b2c3d-0000-4c11-ffff done",
         False),
        ("10:02:11 INFO start", "10:07:45 ERROR source does not answer", True),
        ("done", "done, orders are stale", True),
        ("defaced", "effaced", True),
    ],
)  # fmt: skip
def test_a_line_differs_by_more_than_numbers(tmp_path, usual, now, alerts):
    log = tmp_path / "log"
    with Alerts(log) as heard:
        log.write_text(usual + "\n")
        heard.learn()
        heard.begin()
        log.write_text(f"{usual}\n{now}\n")
        assert bool(heard.arrived()) == alerts


class _Page(Handler):
    def do_GET(self):
        self.answer(b"<p>no rows</p>", [("Content-Type", "text/html")])


def test_no_verdict_without_a_fault_that_was_tried(room):
    load = "import urllib.request, sys\nurllib.request.urlopen(sys.argv[1]).read()\n"
    (room / "page.py").write_text(load)
    kinds = (KINDS["rescaled"], KINDS["empty"])
    with serving(_Page) as server:
        source = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(CannotRun, match=r"nothing to try: rescaled, empty .* hold no rows"):
            tried(source, "page", kinds=kinds)
        with pytest.raises(CannotRun, match="nothing to try: file-late cannot happen"):
            tried(source, "page", kinds=(KINDS["file-late"],))


def test_a_job_that_asks_is_told_to_need_an_answer(room):
    (room / "asks.py").write_text(
        "print('Load to production? [y/n]')\nimport sys\nsys.stdin.read()"
    )
    with jobs.source() as source, pytest.raises(CannotRun, match="made no request") as refused:
        tried(source, "asks")
    assert "it said: Load to production? [y/n]; if it asks something: it has no input here" in str(
        refused.value
    )
