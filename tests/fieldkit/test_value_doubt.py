"""What makes a log doubtful: wrong clocks, holes, failed queries, costs that nobody can know."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys

import pytest

from fieldkit.value import load, run, span
from fieldkit.value.costs import bill
from fieldkit.value.exports import engine
from fieldkit.value.gather import Exports, observe
from fieldkit.value.logs import Logs
from fieldkit.value.mapfile import Map
from fieldkit.value.names import Names
from fieldkit.value.use import Account
from tests.fieldkit.office import MAP, office

ACCOUNTS = {"ana": Account("person"), "etl": Account("machine")}
FIRST = dt.datetime(2026, 1, 1, 6)
NOW = dt.datetime(2026, 8, 1, 12)


def log(path, days=180, extra=(), columns="", tail=""):
    """Each day etl builds mart.a and mart.b for 10 cents, and each month ana reads mart.a."""
    rows = [
        "job_id,creation_time,user_email,referenced_tables,destination_table,cost_cents" + columns
    ]
    for day in range(days):
        at = FIRST + dt.timedelta(days=day)
        rows += [_row(f"a{day}", at, "etl", "raw.o", "mart.a") + tail]
        rows += [_row(f"b{day}", at, "etl", "raw.o", "mart.b") + tail]
        rows += [_row(f"r{day}", at, "ana", "mart.a") + tail] * (day % 30 == 0)
    path.write_text("\n".join([*rows, *extra]) + "\n")
    return path


def _row(job, at, who, reads, writes="", cents="5"):
    return f"{job},{at:%Y-%m-%dT%H:%M:%SZ},{who},{reads},{writes},{cents}"


def seen(*paths, **more):
    return observe(Exports(paths, **more), Map(accounts=ACCOUNTS))


def used(found):
    return {name: use.used for name, use in found.uses.items()}


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    return seen(log(tmp_path_factory.mktemp("usual") / "jobs.csv"))


@pytest.mark.parametrize(
    ("at", "said"),
    [
        (dt.datetime(2999, 1, 1), "is dated 2999-01-01, after today; taken as of the log's end, "),
        (dt.datetime(2026, 9, 30), "is dated 2026-09-30, long after all others; taken as of the"),
        (dt.datetime(1970, 1, 1), "is dated 1970-01-01, long before all others; the log's days "
         "are counted from 2026-01-01"),
    ],
)  # fmt: skip
def test_one_row_with_a_wrong_clock_moves_neither_use_nor_the_months(tmp_path, usual, at, said):
    path = log(tmp_path / "jobs.csv", extra=[_row("x", at, "etl", "raw.o", "mart.a", "0")])
    found = seen(path)
    assert used(found) == used(usual) == {"mart.a": True, "mart.b": False, "raw.o": True}
    assert (found.bill.days, found.bill.monthly(1000)) == (180, usual.bill.monthly(1000))
    assert found.uses["mart.b"].reasons == usual.uses["mart.b"].reasons
    row = len(path.read_text().splitlines())
    told = [note for note in found.notes if note.startswith(f"{path} row {row}: ")]
    assert len(told) == 1 and (said in told[0] or "after today" in told[0]), found.notes
    assert usual.notes == []


def settled(tmp_path, path, now):
    logs = Logs(engine(tmp_path))
    load.add(logs, path)
    load.finish(logs)
    span.settle(logs, now)
    return bill(logs.con), logs.notes


def test_a_read_of_tomorrows_clock_is_still_use_and_a_clock_behind_is_not_believed(tmp_path):
    ahead = [_row(f"x{n}", NOW + dt.timedelta(days=9), "ana", "mart.b") for n in range(2)]
    path = log(tmp_path / "jobs.csv", 181 + 31, extra=ahead)
    found, notes = settled(tmp_path, path, NOW)
    assert found.last.date() == dt.date(2026, 7, 31) and found.total == 2 * 212 * 5 + 8 * 5 + 2 * 5
    assert "after today (1 more such row); taken as of the log's end, 2026-07-31" in notes[0]
    # A log that a zone puts some hours ahead is as usual; this machine's clock may be wrong, too.
    assert settled(tmp_path, path, dt.datetime(2026, 8, 10, 2))[1] == []
    found, notes = settled(tmp_path, path, dt.datetime(2026, 2, 1))
    assert found.days == 222 and "Look at the clock of this machine" in notes[0]
    assert used(seen(log(tmp_path / "one.csv", extra=[
        _row("x", dt.datetime(2999, 1, 1), "ana", "mart.b")])))["mart.b"] is True  # fmt: skip


def test_a_month_without_an_entry_is_said(tmp_path):
    later = [
        _row(f"x{day}", FIRST + dt.timedelta(days=250 + day), "etl", "raw.o", "mart.b")
        for day in range(20)
    ]
    found, notes = settled(tmp_path, log(tmp_path / "j.csv", extra=later), dt.datetime(2027, 1, 1))
    assert found.days == 270
    assert notes[0].startswith("The log has no entry between 2026-06-29 and 2026-09-08 (70 days)")


FAILED = '"{""reason"": ""accessDenied"", ""message"": ""no""}"'


@pytest.mark.parametrize(
    ("error", "use"),
    [(FAILED, False), ("accessDenied", False), ("", True), ("null", True),
     ('"{""reason"": null, ""message"": null}"', True)],
)  # fmt: skip
def test_a_query_that_failed_in_bigquery_costs_and_is_no_use(tmp_path, error, use):
    extra = [
        _row("x", FIRST, "ana", "mart.b", "", "70") + f",{error}",
        _row("y", FIRST, "ana", "mart.typo", "mart.new", "30") + f",{error}",
    ]
    found = seen(log(tmp_path / "jobs.csv", 180, extra, ",error_result", ","))
    assert found.uses["mart.b"].used is use
    assert found.bill.tables["mart.b"] == 180 * 5 + 70, "it was paid for"
    assert found.bill.failed == (0 if use else 2)
    assert ("mart.typo" in found.uses, found.bill.rest) == (
        (True, {}) if use else (False, {"queries that failed": 30})
    )
    assert (("mart.typo", "mart.new") in found.edges) is use


def snowflake(folder, status="SUCCESS", offset="+0000", hours=(1, 2), days=3, metered=3):
    """Each day ETL builds S.T in hour 1 and ANA reads it in hour 2; a credit for each hour."""
    names = ("access.jsonl", "history.csv", "metering.csv")
    paths = [folder / name for name in names]
    history = ["query_id,user_name,warehouse_name,start_time,end_time,execution_time,"
               "execution_status,error_code"]  # fmt: skip
    metering, lines = ["start_time,warehouse_name,credits_used"], []
    for day in range(1, days + 1):
        for hour, who, reads, made in ((1, "ETL", "D.S.R", "D.S.T"), (2, "ANA", "D.S.T", "")):
            at, job = f"2026-06-{day:02} {hour:02}", f"q{day}{hour}"
            well = who == "ETL" or status == "SUCCESS"
            history.append(f"{job},{who},WH,{at}:10:00 {offset},{at}:20:00 {offset},600000,"
                           f"{'SUCCESS' if well else status},{'' if well else 3001}")  # fmt: skip
            objects = [
                [{"objectDomain": "Table", "objectName": n}] if n else [] for n in (reads, made)
            ]
            lines.append(json.dumps(dict(zip(
                ("query_id", "query_start_time", "user_name", "base_objects_accessed",
                 "objects_modified"),
                (job, f"{at}:10:00 +0000", who, *objects), strict=True))))  # fmt: skip
    for day in range(1, metered + 1):
        metering += [f"2026-06-{day:02} {hour:02}:00:00 +0000,WH,1" for hour in hours]
    for path, text in zip(paths, (lines, history, metering), strict=True):
        path.write_text("\n".join(text) + "\n")
    return paths


PRICE = {"credit": 300.0}


@pytest.mark.parametrize("status", ["FAILED_WITH_ERROR", "incident"])
def test_a_query_that_failed_in_snowflake_is_no_use(tmp_path, status):
    well = seen(*snowflake(tmp_path), prices=PRICE)
    assert (well.uses["d.s.t"].used, well.bill.failed, well.notes[1:]) == (True, 0, [])
    assert well.bill.total == 1800
    bad = seen(*snowflake(tmp_path, status), prices=PRICE)
    assert (bad.uses["d.s.t"].used, bad.bill.failed, bad.bill.tables) == (
        False, 3, well.bill.tables
    )  # fmt: skip


@pytest.mark.parametrize(
    ("parts", "files", "said"),
    [
        ({}, (0, 2), "so the costs are unknown; give QUERY_HISTORY, or QUERY_ATTRIBUTION_HISTORY"),
        ({"offset": "-0800"}, (0, 1, 2), "100 % of the time of queries is in hours for which "
         "WAREHOUSE_METERING_HISTORY has no credits, so the costs are unknown"),
        ({"hours": ()}, (0, 1, 2), "row 1: has no rows"),
    ],
)  # fmt: skip
def test_snowflakes_costs_that_nobody_can_know_are_unknown_not_zero(tmp_path, parts, files, said):
    paths = snowflake(tmp_path, **parts)
    if "hours" in parts:
        with pytest.raises(Exception, match=said):
            seen(*paths, prices=PRICE)
        return
    found = seen(*(paths[number] for number in files), prices=PRICE)
    assert not found.bill.known and found.bill.total == 0
    assert any(said in note for note in found.notes), found.notes


def test_snowflakes_exports_of_other_days_are_said(tmp_path):
    longer = seen(*snowflake(tmp_path, metered=5), prices=PRICE)
    assert longer.bill.total == 1800, "a month's cost is of the days of the log"
    assert "4 hours of WAREHOUSE_METERING_HISTORY (4.0 credits)" in " ".join(longer.notes)
    part = seen(*snowflake(tmp_path, days=4), prices=PRICE)
    assert part.bill.known and "25 % of the time of queries" in " ".join(part.notes)
    paths = snowflake(tmp_path, days=9, metered=9)
    rows = paths[1].read_text().splitlines()
    paths[1].write_text("\n".join(rows[:5]) + "\n")
    few = seen(*paths, prices=PRICE)
    assert not few.bill.known
    assert "of 18 queries in ACCESS_HISTORY, 14 are not in" in " ".join(few.notes)


def test_what_is_empty_is_not_known_and_is_said(tmp_path):
    blank = [_row(f"x{n}", FIRST, "etl", "raw.o", "mart.b", "") for n in range(3)]
    found = seen(path := log(tmp_path / "jobs.csv", 30, blank))
    assert found.notes[0].startswith(f"{path} row 63: cost_cents is empty in 3 rows; what these")
    free = [one.replace("mart.b,", "mart.b,,LOAD") for one in blank]
    path = log(tmp_path / "jobs.csv", 200, free, ",job_type", ",QUERY")
    assert seen(path).notes == [], "BigQuery loads for nothing"
    usage = tmp_path / "usage.csv"
    usage.write_text(
        "sku_name,usage_quantity,usage_start_time,usage_unit\nJOBS,2,2026-06-01,DBU\n"
        "DISK,2,2026-06-01,GB\n"
    )
    notes = seen(log(path), usage, prices={"dbu": 55.0}).notes
    assert any("1 of 2 records of usage have no price or no quantity" in one for one in notes)


def test_a_log_of_ten_days_speaks_of_ten_days(tmp_path, fieldkit):
    log(tmp_path / "jobs.csv", 10)
    found = seen(tmp_path / "jobs.csv")
    assert found.uses["mart.b"].reasons[0].says == "nobody and nothing read it in 10 days"
    assert found.uses["mart.a"].used and found.short
    (tmp_path / "principals.csv").write_text("email,kind\nana,person\netl,machine\n")
    (tmp_path / "map.yml").write_text(
        "team: [t@x.example]\npipelines: [{pipeline: b, table: mart.b, kind: none}]\n"
    )
    ran = fieldkit("value", "report", "map.yml", "--jobs", "jobs.csv")
    told = " ".join(ran.stdout.split())
    assert "nobody uses 1 table in 10 days of log." in told and "10 days" not in told[:9]
    stops = told.partition("Candidates to stop")[2].partition("Where the cost goes")[0]
    assert "The log covers 10 of the 180 days that count" in stops and "in 180 days" not in stops
    assert "Ask before you stop one" in stops
    drafted = fieldkit("value", "init", "new.yml", "--jobs", "jobs.csv")
    assert "covers 10 of the 180 days" in " ".join(drafted.stdout.split())


@pytest.fixture
def place(tmp_path):
    return office(tmp_path)


def faults(place, text, *, logged=True):
    (place / "map.yml").write_text(text)
    exports = Exports((place / "jobs.csv",) if logged else ())
    found = run.check(place / "map.yml", run.Settings(exports))
    return [(one.kind, one.pipeline, one.says, one.do) for one in found.faults]


@pytest.mark.parametrize(
    ("old", "new", "says", "do"),
    [
        ("table: mart.carts", "table: mart.crats", "its table mart.crats stands in no export; did "
         "you mean mart.carts?", "Write table: mart.carts."),
        ("tables: [mart.board]", "tables: [mart.board, mart.bored]", "its table mart.bored stands "
         "in no export; did you mean mart.board?", "Write table: mart.board."),
        ("table: mart.paths, kind: none", "table: zzz.q, kind: none", "its table zzz.q stands in "
         "no export", "Write table: as the log spells it."),
        ("pipeline: tax_year", "pipeline: taxyear", "names no table:, and no export has one that "
         "is called taxyear; did you mean mart.tax_year?", "Write table: mart.tax_year."),
    ],
)  # fmt: skip
def test_a_table_that_no_export_has_does_not_hold(place, old, new, says, do):
    (found,) = faults(place, MAP.replace(old, new, 1))
    assert (found[0], *found[2:]) == ("table", says, do)


def test_the_days_of_a_shard_are_one_table_under_its_plain_name(place):
    names = Names(["p.mart.scores_*", "p.mart.other", "p.mart.other_*"])
    assert names.find("mart.scores") == names.find("scores") == ["p.mart.scores_*"]
    assert names.find("p.mart.scores_20260102") == ["p.mart.scores_*"]
    assert names.find("other") == ["p.mart.other"]
    log = (place / "jobs.csv").read_text().splitlines()
    sharded = [
        one.replace("mart.carts", "mart.carts_" + one.partition(",")[2][:10].replace("-", ""))
        for one in log
    ]
    (place / "jobs.csv").write_text("\n".join(sharded) + "\n")
    assert faults(place, MAP) == []


@pytest.mark.parametrize(
    ("old", "new", "of"),
    [
        ("owner: sales@shop.example", "owner: ceo@other.example", "recovered_carts in metrics.yml"),
        ("owner: sales@shop.example", "owner: Data Team", "recovered_carts in metrics.yml"),
        ("owner: finance@shop.example", "owner: ops@shop.example", "match invoices in tasks.csv"),
    ],
)
def test_an_owner_who_does_not_keep_the_number_cannot_confirm_it(place, old, new, of):
    (found,) = faults(place, MAP.replace(old, new, 1), logged=False)
    assert found[0] == "other-owner" and found[2].endswith(f"than the owner of {of}")
    assert (
        faults(place, MAP.replace(old, old.replace(": ", ": Ada <") + ">", 1), logged=False) == []
    )


def test_hours_for_cents_are_guessed_and_a_stop_is_no_failure(place, fieldkit):
    (found,) = faults(place, MAP.replace("per_month: 291200", "per_month: 61"), logged=False)
    assert found[2].endswith("(it looks like hours: write cents)")
    (place / "map.yml").write_text(MAP)
    ran = fieldkit("value", "report", "map.yml", "--jobs", "jobs.csv")
    assert ran.returncode == 0 and "✗" not in ran.stdout
    brings = ran.stdout.partition("What each pipeline brings")[2].partition("pipeline ")[0]
    assert "Costs include what is upstream" in brings, "said where the numbers stand"
    folder = fieldkit("value", "check", "map.yml", "--jobs", ".")
    assert folder.returncode == 2 and ".: is a folder; name an export in it" in folder.stderr
    (place / "map.yml").write_bytes(MAP.replace("carts.xlsx", "caf\xe9.xlsx").encode("latin-1"))
    latin = fieldkit("value", "check", "map.yml")
    assert latin.returncode == 2 and "map.yml, line 6: is not UTF-8 text" in latin.stderr


@pytest.mark.skipif(os.name == "nt", reason="pipes of POSIX")
@pytest.mark.parametrize(
    ("typed", "both", "code"),
    [("check map.yml", False, 0), ("check no.yml", True, 2)],
)
def test_a_reader_who_leaves_does_not_change_the_exit_code(place, typed, both, code):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-c", "from fieldkit.cli import main; main()", "value"]
    ran = subprocess.run(
        [*command, *typed.split()],
        stdout=write, stderr=write if both else subprocess.PIPE, cwd=place, check=False,
    )  # fmt: skip
    os.close(write)
    assert (ran.returncode, ran.stderr or b"") == (code, b"")
