"""Defects that people reported in public, rebuilt: each gets the verdict that helps.

Nothing of the reports is kept but their address; docs/field.md lists them. The mended pipeline of
each gets the good verdict.
"""

from __future__ import annotations

import re
import sqlite3
import sys
from pathlib import Path

import duckdb
import pytest
import yaml

from fieldkit.chaos.faults import KINDS, Fault, Schedule
from fieldkit.chaos.run import Settings as ChaosSettings
from fieldkit.chaos.run import chaos
from fieldkit.govern.gate import gate
from fieldkit.govern.run import Settings as ScanSettings
from fieldkit.govern.run import scan
from fieldkit.guard import policy
from fieldkit.guard.run import Settings as GuardSettings
from fieldkit.guard.run import guard
from fieldkit.prove import story
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from fieldkit.value import load
from fieldkit.value.exports import engine
from fieldkit.value.logs import Logs
from tests.fieldkit import jobs
from tests.fieldkit.pipelines import command, state

GITHUB = "https://github.com/"
REPORTS = {
    "prove": {
        "rows before their bookmark": "dlt-hub/dlt/issues/4052",
        "bookmark before the rows": "transferwise/pipelinewise-target-snowflake/issues/286",
        "replace that commits the drop": "pandas-dev/pandas/issues/32933",
        "half a file that is kept": "GoogleCloudPlatform/gsutil/issues/5",
    },
    "chaos": {
        "a short page ends the pages": "airbytehq/airbyte/issues/34883",
        "an error ends the pages": "pipeshub-ai/pipeshub-ai/issues/3095",
        "nobody is told": "airbytehq/airbyte/issues/78427",
    },
    "guard": {
        "all rows twice": "duckdb/dbt-duckdb/issues/533",
        "an empty table is recent": "dbt-labs/dbt-utils/issues/859",
        "a renamed column is empty": "bruin-data/ingestr/issues/1199",
    },
    "govern": {
        "a GUID is no phone number": "data-privacy-stack/presidio/issues/71",
        "a package's version is no address": "zaproxy/zaproxy/issues/1673",
        "a rebuild without its masks": "dbt-msft/dbt-sqlserver/issues/805",
    },
    "value": {"a script is counted twice": "doitintl/bigquery-optimization-queries/issues/4"},
}  # fmt: skip


def test_the_page_names_each_report():
    page = (Path(__file__).parents[2] / "docs" / "field.md").read_text(encoding="utf-8")
    named = set(re.findall(re.escape(GITHUB) + r"([\w./-]+/issues/\d+)\)", page))
    assert named == {address for kind in REPORTS.values() for address in kind.values()}


# -- prove: a kill between two commits


BEGIN, COMMIT = 'con.execute("begin")', 'con.execute("commit")'
ROWS = 'con.executemany("insert into orders values (?, ?, ?)", new)'
MARK = 'con.execute("insert into load_state values (?)", [day])'


def later(*steps):
    """A load that goes on after its bookmark."""
    return (
        '(done,) = con.execute("select max(day) from load_state").fetchone()\n'
        "for day in range(done + 1, 3):\n"
        "    new = [row for row in rows if row[1] == day]\n"
        + "".join(f"    {step}\n" for step in steps)
    )


REPLACE = """
con.execute("begin")
con.execute("drop table if exists orders")
{}
pause()
con.execute("create table orders (id integer, day integer, amount double)")
con.executemany("insert into orders values (?, ?, ?)", rows)
con.execute("commit")
"""
DOWNLOAD = """
place = folder / "orders" / "new.csv"
if not place.exists():
    part = {}
    with part.open("w") as out:
        out.write("id,amount\\n" + "".join(lines(1)[:10]))
        out.flush()
        pause()
        out.write("".join(lines(1)[10:]))
    part.replace(place)
"""
PROVE = {
    "rows before their bookmark": (
        "sqlite", later(BEGIN, ROWS, COMMIT, "pause()", MARK),
        later(BEGIN, ROWS, "pause()", MARK, COMMIT),
        "it is done again",
    ),
    "bookmark before the rows": (
        "sqlite", later(MARK, "pause()", BEGIN, ROWS, COMMIT),
        later(BEGIN, MARK, "pause()", ROWS, COMMIT),
        "So load_state was ahead of orders: it was marked done too early",
    ),
    "replace that commits the drop": (
        "sqlite", REPLACE.format('con.execute("commit"); con.execute("begin")'),
        REPLACE.format(""), "orders gone",
    ),
    "half a file that is kept": (
        "folder", DOWNLOAD.format("place"), DOWNLOAD.format('folder / "new.part"'), "10 lost",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", PROVE)
def test_prove(tmp_path, name):
    kind, broken, mended, says = PROVE[name]
    place = state(kind, tmp_path / "state")
    settings = Settings(reruns=0, kills=2, patience=20, readers="replace" in name)
    proof = prove(command(kind, broken, tmp_path), [place], settings=settings)
    assert proof.verdict == ("HALF PUBLISHED" if settings.readers else "REFUTED")
    assert says in " ".join(report.to_text(story.report_of(proof)).split())
    proof = prove(command(kind, mended, tmp_path), [place], settings=settings)
    assert proof.verdict in ("PROVED", "LITTER LEFT"), proof.counterexample


# -- chaos: a source that fails


CHAOS = {
    "a short page ends the pages": (
        "empty",
        """
rows, page = [], 1
while True:
    told = patient(f"{url}/orders?page={page}")["orders"]
    rows, page = rows + told, page + 1
    if len(told) < 10:
        break
publish(rows)
""",
        "WRONG",
    ),
    "an error ends the pages": (
        "outage",
        """
rows, page = [], url + "/orders?page=1"
while page:
    try:
        told = get(page)
    except OSError as error:
        print("API error:", error)
        break
    rows, page = rows + told["orders"], told["next"]
publish(rows)
""",
        "WRONG",
    ),
    "nobody is told": (
        "missing",
        """
try:
    publish(pages(patient))
except SystemExit as error:
    print("stream failed, the next run may do it:", error)
""",
        "SILENT",
    ),
}


@pytest.fixture(scope="module")
def source():
    with jobs.source() as address:
        yield address


@pytest.fixture
def room(tmp_path, monkeypatch):
    jobs.lay_out(tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", CHAOS)
def test_chaos(room, source, name):
    kind, text, verdict = CHAOS[name]
    (room / "job.py").write_text(jobs.HEAD + text)
    fault = Fault(kind, 2, KINDS[kind].passes[0], 1)
    given = ChaosSettings(timeout=60.0, given=(Schedule(1, (fault,)),))
    for job, expected in (("job", {verdict}), ("good", {"fresh", "stale, alerted"})):
        argv = [sys.executable, "-I", "-S", f"{job}.py", "{url}", "{state}"]
        found = chaos(argv, ["board.db"], source, settings=given)
        assert {one.verdict for one in found.trials} <= expected, job


# -- guard: what a load made


LOAD = """
import sqlite3, sys
con = sqlite3.connect(sys.argv[1])
with con:
    rows = [(n, n % 7 + 1.5, "2026-11-25 23:00") for n in range(1000, 1100)]
    {}
"""
INSERT = 'con.executemany("insert into orders values (?, ?, ?)", rows)'
RULES = {
    "all rows twice": ("con.execute('delete from orders'); rows = rows + rows; " + INSERT,
                       "duplicates"),
    "an empty table is recent": ("con.execute('delete from orders')", "volume"),
    "a renamed column is empty": ("rows = [(n, None, at) for n, _, at in rows]; " + INSERT,
                                  "rules"),
}  # fmt: skip


@pytest.mark.parametrize("name", RULES)
def test_guard(tmp_path, name):
    broken, cause = RULES[name]
    place, rules = tmp_path / "shop.db", tmp_path / "policy.yml"
    with sqlite3.connect(place) as con:
        con.execute("create table orders (id integer, amount real, at text)")
        con.execute("insert into orders values (1, 2.5, '2026-11-24 23:00')")
    table = {"key": "id", "fresh": "at", "rules": {"amount": "not null"}}
    rules.write_text(yaml.safe_dump({"tables": {"orders": table}}))
    for text, verdict in ((broken, "HELD BACK"), (INSERT, "PUBLISHED")):
        (tmp_path / "load.py").write_text(LOAD.format(text))
        argv = [sys.executable, "-I", "-S", str(tmp_path / "load.py"), "{state}"]
        found = guard(argv, place, policy.read(rules), GuardSettings(timeout=30.0))
        assert found.verdict == verdict, found.failed
        if verdict == "HELD BACK":
            assert cause in {one.cause for one in found.failed}


# -- govern: what is personal


SCAN = {
    "a GUID is no phone number": (
        "id,session\n7,3f0bcd25-a55d-453a-8046-1297901ea002\n8,call +49 30 1234567\n", "phone",
    ),
    "a package's version is no address": (
        'id,payload\n7,"{""packageVersion"":""10.7.31.9"",""size"":5}"\n'
        '8,"client 10.7.31.9 asked for packageVersion"":""10.7.31.9"""\n', "ip",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SCAN)
def test_scan(tmp_path, name):
    text, entity = SCAN[name]
    head, look_alike, real = text.splitlines(keepends=True)
    file = tmp_path / "rows.csv"
    file.write_text(head + look_alike)
    assert not scan(file, ScanSettings()).hits
    file.write_text(head + look_alike + real)
    assert [(one.entity, one.count) for one in scan(file, ScanSettings()).hits] == [(entity, 1)]


def test_gate_on_a_rebuild_without_its_masks(tmp_path):
    """The rebuilt table has the addresses in a column that analysts are shown as it is."""
    rules = tmp_path / "policy.yml"
    show = {"key": "clear", "contact": "partial"}
    rules.write_text(
        yaml.safe_dump(
            {
                "classes": {"people.id": "key", "people.contact": "contact", "people.ref": "key"},
                "roles": {"analyst": {"rows": {"people": True}, "show": show}},
            }
        )
    )
    place = tmp_path / "w.duckdb"
    for ref, refused in (("'u' || i || '@acme.org'", ["people.ref"]), ("'u' || i", [])):
        with duckdb.connect(str(place)) as con:
            con.execute(
                "create or replace table people as select i as id, "
                f"'u' || i || '@acme.org' as contact, {ref} as ref from range(9) r(i)"
            )
        found = gate(rules, place, None, "")
        assert [one.where for one in found.refusals] == refused


# -- value: what it cost


def test_a_script_is_counted_once(tmp_path):
    header = "job_id,creation_time,user_email,statement_type,destination_table,total_bytes_billed"
    rows = [
        f"j{n},2026-06-30T10:00:00Z,etl@x.example,{kind},mart.a,{2**40 * tib}"
        for n, (kind, tib) in enumerate([("SCRIPT", 3), ("SELECT", 1), ("MERGE", 2)])
    ]
    export = tmp_path / "jobs.csv"
    export.write_text("\n".join([f"{header},referenced_tables", *(f"{one},[]" for one in rows)]))
    logs = Logs(engine(tmp_path), {"tib": 625})
    load.add(logs, export)
    load.finish(logs)
    (cents,) = logs.con.execute("select sum(micro) / 1000000 from jobs").fetchone()
    assert cents == 3 * 625, "the script's own row repeats what its statements cost"
