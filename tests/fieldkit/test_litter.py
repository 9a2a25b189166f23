"""Temporary files that a killed run leaves are reported apart from data."""

from __future__ import annotations

import sys

import pytest

from fieldkit.prove import story
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from fieldkit.state.litter import is_litter
from tests.fieldkit.pipelines import command, state

# As rsync and many loaders write: under a drawn hidden name, then a rename.
DRAWN = """
import tempfile
for day in (1, 2):
    place = folder / "orders" / f"day={day}"
    place.mkdir(parents=True, exist_ok=True)
    number, name = tempfile.mkstemp(prefix=".orders.csv.", dir=place)
    with os.fdopen(number, "w") as file:
        file.write("id,amount\\n"); file.flush(); pause()
        file.writelines(lines(day))
    os.replace(name, place / "orders.csv")
"""
TABLE = """
import uuid
name = "tmp_" + uuid.uuid4().hex[:8]
con.execute(f"create table {name} as select * from orders")
pause()
con.execute("begin")
con.execute("delete from orders")
con.executemany("insert into orders values (?, ?, ?)", rows)
con.execute("commit")
pause()
con.execute(f"drop table {name}")
"""
SETTINGS = Settings(reruns=1, kills=2, patience=20)


@pytest.mark.parametrize(("kind", "script"), [("folder", DRAWN), ("sqlite", TABLE)])
def test_litter_has_a_verdict_of_its_own_and_refutes_nothing(kind, script, tmp_path):
    place = state(kind, tmp_path / "state")
    argv = command(kind, script, tmp_path)
    proof = prove(argv, [place], settings=SETTINGS)
    assert (proof.verdict, proof.exit_code) == ("LITTER LEFT", 0), proof
    assert proof.counterexamples == [] and proof.littered
    text = " ".join(report.to_text(story.report_of(proof)).split())
    assert "the data is the same in" in text and "No data is wrong" in text
    assert ("bytes)" if kind == "folder" else "rows)") in text
    proof.strict = True
    assert proof.exit_code == 1


def test_litter_does_not_hide_a_loss(tmp_path):
    script = DRAWN.replace("os.replace(name, place", "day == 2 and os.replace(name, place")
    script += (
        "\nif not (folder / 'mark').exists():\n    (folder / 'mark').write_text(str(time.time()))"
    )
    place = state("folder", tmp_path / "state")
    proof = prove(command("folder", script, tmp_path), [place], settings=SETTINGS)
    assert proof.verdict in ("NOT REPEATABLE", "REFUTED")
    text = report.to_text(story.report_of(proof))
    assert "other files" in text


def test_a_failing_download_that_leaves_a_part_is_stale_not_wrong(tmp_path):
    from fieldkit.chaos.faults import Fault, Schedule
    from fieldkit.chaos.run import Settings as Trying
    from fieldkit.chaos.run import chaos
    from tests.fieldkit import jobs

    fetch = (
        "import os, sys, tempfile, urllib.request\n"
        "url, folder = sys.argv[1:]\n"
        "number, name = tempfile.mkstemp(prefix='.part.', dir=folder)\n"
        "os.write(number, urllib.request.urlopen(url + '/orders?page=1', timeout=2).read())\n"
        "os.replace(name, folder + '/orders.json')\n"
    )
    (tmp_path / "fetch.py").write_text(fetch)
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing" / "orders.json").write_text('{"orders": []}')
    given = (Schedule(1, (Fault("unauthorized", 1, 0),)),)
    with jobs.source() as address:
        argv = [sys.executable, str(tmp_path / "fetch.py"), "{url}", "{state}"]
        found = chaos(argv, [tmp_path / "landing"], address, settings=Trying(given=given))
    assert [one.verdict for one in found.trials] == ["stale, alerted"]


def test_what_counts_as_litter():
    temporary = (
        ".part-2.csv.Xa3k9Q",
        "tmp_9f8e7d6c",
        "a/orders.csv.part",
        "x.tmp",
        "b~",
        ".~lock.x",
    )
    assert all(map(is_litter, temporary))
    data = ("part-00000-abc.avro", "orders.avro", "template.txt", "checkpoint.json", "attempts")
    assert not any(map(is_litter, data))
    assert not is_litter(".checkpoint", missing=True) and is_litter(".part.Xa3k9Q", missing=True)
