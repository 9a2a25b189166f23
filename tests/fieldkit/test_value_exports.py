"""Exports with the columns that their makers document: recognised, loaded, or refused by row."""

from __future__ import annotations

import datetime as dt
import json

import duckdb
import pytest

from fieldkit.errors import CannotRun
from fieldkit.value import load
from fieldkit.value.costs import bill
from fieldkit.value.exports import FORMATS, engine, opened
from fieldkit.value.gather import Exports, observe
from fieldkit.value.logs import Logs
from fieldkit.value.mapfile import Map
from fieldkit.value.names import CLEAN, Names, clean
from fieldkit.value.use import Account

JOBS = (
    "job_id,creation_time,user_email,statement_type,referenced_tables,destination_table,"
    "total_bytes_billed,cache_hit,cost_cents"
)
ANA = {"ana@x.example": Account("person"), "etl@x.example": Account("machine")}


@pytest.fixture
def logs(tmp_path):
    """A way to load files and look at what came of them."""

    def run(*paths, **prices):
        found = Logs(engine(tmp_path), prices)
        for path in paths:
            load.add(found, path)
        load.finish(found)
        return found

    return run


def jobs(path, *rows, header=JOBS):
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def row(number=1, at="2026-06-30T10:00:00Z", refs='["mart.a"]', writes="", cents="5", who="ana"):
    said = '"' + refs.replace('"', '""') + '"'
    return f"j{number},{at},{who}@x.example,SELECT,{said},{writes},1024,false,{cents}"


def test_each_form_of_a_bigquery_log_gives_the_same(tmp_path, logs):
    record = {"project_id": "p", "dataset_id": "mart", "table_id": "a"}
    con = duckdb.connect()
    con.execute("set TimeZone = 'UTC'")
    con.execute(f"""
        create table jobs as select 'j1' as job_id, timestamptz '2026-06-30 10:00:00+00' as
        creation_time, 'Ana@x.example' as user_email, [{record}] as referenced_tables,
        {record} as destination_table, 5::bigint as cost_cents""")
    con.execute(f"copy jobs to '{tmp_path / 'jobs.parquet'}'")
    con.execute(f"copy jobs to '{tmp_path / 'jobs.jsonl'}' (format json)")
    con.execute(f"copy jobs to '{tmp_path / 'jobs.json'}' (format json, array true)")
    con.execute(
        f"copy (select * replace (to_json(referenced_tables) as referenced_tables, "
        f"to_json(destination_table) as destination_table) from jobs) to '{tmp_path / 'jobs.csv'}'"
    )
    con.execute(f"copy (select * from '{tmp_path / 'jobs.csv'}') to '{tmp_path / 'j.csv.gz'}'")
    seen = []
    for name in ("jobs.parquet", "jobs.jsonl", "jobs.json", "jobs.csv", "j.csv.gz"):
        found = logs(tmp_path / name)
        seen.append(
            found.con.execute(
                "select job_id, creation_time, user_email, referenced_tables, writes, micro "
                "from jobs"
            ).fetchall()
        )
    at = dt.datetime(2026, 6, 30, 10)
    assert seen == [[("j1", at, "ana@x.example", ["p.mart.a"], ["p.mart.a"], 5_000_000)]] * 5


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("2026-06-30T10:00:00Z", 10),
        ("2026-06-30 10:00:00 UTC", 10),
        ("2026-06-30 10:00:00.123456 UTC", 10),
        ("2026-06-30 10:00:00.123 -0800", 18),
        ("2026-06-30 10:00:00+02:00", 8),
        ("2026-06-30 10:00:00-05", 15),
        ("1782813600", 10),
        ("1782813600000", 10),
        ("1.7828136E9", 10),
        ("2026-03-29T02:30:00+02:00", 0),
    ],
)
def test_times_are_in_utc_whatever_their_zone(tmp_path, logs, said, hour):
    found = logs(jobs(tmp_path / "jobs.csv", row(at=said)))
    assert found.con.execute("select hour(creation_time) from jobs").fetchall() == [(hour,)]
    assert found.notes == []


def test_a_time_without_a_zone_is_utc_and_said_once(tmp_path, logs):
    found = logs(
        jobs(tmp_path / "jobs.csv", row(1, "2026-06-30 10:00:00"), row(2, "2026-06-30 11:00:00"))
    )
    assert [note.partition(": ")[2] for note in found.notes] == [
        "creation_time has no time zone in 2 rows; taken as UTC. Export it with an offset if it is "
        "not."
    ]


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (
            row(2, at="2026-02-30T10:00:00Z"),
            "row 3: creation_time is '2026-02-30T10:00:00Z'; write",
        ),
        (row(2, at=""), "row 3: creation_time is empty; write a time like 2026-01-05T10:00:00Z"),
        (row(2, cents="-4"), "row 3: cost_cents is -4; write a plain number from 0"),
        (row(2, cents="NaN"), "row 3: cost_cents is NaN; write a plain number from 0"),
        (row(2, cents="inf"), "row 3: cost_cents is inf; write a plain number from 0"),
        (row(2, cents='"1,200"'), "row 3: cost_cents is 1,200; write a plain number from 0"),
        (row(2, refs='["mart.a'), "row 3: referenced_tables is not JSON; export it as JSON text"),
    ],
)
def test_a_bad_row_is_refused_with_file_and_row(tmp_path, logs, bad, said):
    with pytest.raises(CannotRun) as refused:
        logs(jobs(tmp_path / "jobs.csv", row(), bad, bad))
    text = str(refused.value)
    assert f"{tmp_path / 'jobs.csv'} {said}" in text and "(1 more such rows)" in text


def test_a_second_currency_is_refused(tmp_path, logs):
    header = JOBS + ",currency"
    with pytest.raises(CannotRun, match=r"row 3: is in EUR, and .*row 2 in USD; convert one"):
        logs(jobs(tmp_path / "jobs.csv", row() + ",usd", row(2) + ",EUR", header=header))


def test_a_job_that_stands_in_two_rows_counts_once(tmp_path, logs):
    one = jobs(tmp_path / "one.csv", row(1, cents="5"), row(2, cents="7"))
    two = jobs(tmp_path / "two.csv", row(2, cents="9"), row(3, cents="1"))
    found = logs(one, two)
    assert bill(found.con).total == 5 + 9 + 1
    assert found.notes == [
        f"{two} row 2: job j2 stands in {one} row 3 already. Each is counted once, the dearest of "
        "its rows; export without overlap if that is wrong."
    ]


def test_columns_further_missing_and_in_capitals(tmp_path, logs):
    header = "JOB_ID;Creation_Time;USER_EMAIL;Referenced_Tables;slots;query"
    path = jobs(
        tmp_path / "jobs.csv", "j1;2026-06-30T10:00:00Z;a@x.example;d.t,d.u;4;select", header=header
    )
    found = logs(path)
    assert found.con.execute("select referenced_tables from jobs").fetchall() == [(["d.t", "d.u"],)]
    assert found.notes == [
        f"{path} row 1: not read, not a column of BigQuery INFORMATION_SCHEMA.JOBS: slots.",
        f"{path}: has no cost and no total_bytes_billed: costs unknown.",
    ]
    assert not bill(found.con).known


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "is empty; export it again"),
        (JOBS + "\n", "row 1: has no rows"),
        (
            "a,b\n1,2\n",
            "row 1: is not an export that is known; its columns are a, b; there are: Big",
        ),
        ("job_id,creation_time,user_email\n1,2,3\n", "row 1: looks like BigQuery INFORMATION_SCHEMA"
         ".JOBS, but has no column referenced_tables"),
    ],
)  # fmt: skip
def test_what_is_no_export_says_what_it_lacks(tmp_path, logs, text, said):
    path = tmp_path / "jobs.csv"
    path.write_text(text)
    with pytest.raises(CannotRun) as refused:
        logs(path)
    assert f"{path} {said}".replace(f"{path} is", f"{path}: is") in str(refused.value)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (row() + "\nj2,2026-06-30T10:00:00Z\n", " line 3: has 2 cells, the header 9; put text"),
        (row() + "\n" + row(2).replace('""]"', '""]') + "\n" + row(3), " line 3: "),
        ((row() + "\n" + row(2, who="caf\xe9")).encode("latin-1"), " line 3: is not text in UTF-8"),
        ((JOBS + row()).encode("utf-16"), ": is not text in UTF-8; save it as UTF-8"),
        ("", " row 1: has no rows; export it again"),
    ],
)
def test_a_file_that_is_damaged_is_refused_with_its_line(tmp_path, logs, body, said):
    path = tmp_path / "jobs.csv"
    data = body if isinstance(body, bytes) else body.encode()
    path.write_bytes(data if data[:2] == b"\xff\xfe" else JOBS.encode() + b"\n" + data)
    with pytest.raises(CannotRun) as refused:
        logs(path)
    assert f"{path}{said}" in str(refused.value) and "\n" not in str(refused.value)


def test_a_row_without_a_header_is_not_taken_for_one(tmp_path, logs):
    path = tmp_path / "jobs.csv"
    path.write_text(row() + "\n" + row(2) + "\n")
    with pytest.raises(CannotRun, match="row 1: is not a header") as refused:
        logs(path)
    assert "ana@" not in str(refused.value)


def test_a_price_for_bytes_or_slots_and_none(tmp_path, logs):
    header = "job_id,creation_time,user_email,referenced_tables,total_bytes_billed,total_slot_ms"
    half = 2**39
    rows = [f"j{n},2026-06-30T10:00:00Z,a@x.example,d.t,{half},1800000" for n in (1, 2)]
    path = jobs(tmp_path / "jobs.csv", *rows, header=header)
    assert bill(logs(path, tib=625).con).total == 625
    assert bill(logs(path, slot_hour=400).con).total == 400
    assert "give --price tib=AMOUNT" in logs(path).notes[0]


def test_cached_answers_are_use_and_said_where_they_name_no_table(tmp_path, logs):
    hit = row(2).replace(",false,", ",true,")
    found = logs(jobs(tmp_path / "jobs.csv", hit))
    assert found.con.execute("select referenced_tables from jobs").fetchall() == [(["mart.a"],)]
    assert found.notes == []
    blind = row(3, refs="").replace(",false,", ",true,")
    told = logs(jobs(tmp_path / "jobs.csv", hit, blind)).notes[0]
    assert "row 3: 1 cached answer without the tables that were read" in told


def test_a_scripts_own_row_does_not_count_its_statements_again(tmp_path, logs):
    script = row(9, cents="5").replace(",SELECT,", ",SCRIPT,")
    assert bill(logs(jobs(tmp_path / "jobs.csv", row(), script)).con).total == 5


def access(path, *rows):
    with path.open("w") as file:
        for number, (who, reads, writes) in enumerate(rows):
            objects = [
                {"objectDomain": "Table", "objectName": name, "columns": []} for name in reads
            ]
            objects.append({"objectDomain": "FUNCTION", "objectName": "DB.S.F", "objectId": "2"})
            made = [{"objectDomain": "Table", "objectName": name} for name in writes]
            file.write(
                json.dumps(
                    {
                        "QUERY_ID": f"q{number}",
                        "QUERY_START_TIME": "2026-06-30 10:10:00.000 +0000",
                        "USER_NAME": who,
                        "DIRECT_OBJECTS_ACCESSED": objects,
                        "BASE_OBJECTS_ACCESSED": objects,
                        "OBJECTS_MODIFIED": made,
                        "POLICIES_REFERENCED": None,
                    }
                )
                + "\n"
            )
    return path


def test_snowflake_credits_are_shared_by_time_and_idle_hours_stay_in_the_bill(tmp_path, logs):
    who = access(
        tmp_path / "access.jsonl", ("ANA", ["DB.S.T"], []), ("ETL", ["DB.S.RAW"], ["DB.S.T"])
    )
    history = jobs(
        tmp_path / "history.csv",
        "q0,ANA,WH,2026-06-30 10:10:00.000 +0000,2026-06-30 10:20:00.000 +0000,600000,XS",
        "q1,ETL,WH,2026-06-30 10:30:00.000 +0000,2026-06-30 11:10:00.000 +0000,2400000,XS",
        header="QUERY_ID,USER_NAME,WAREHOUSE_NAME,START_TIME,END_TIME,EXECUTION_TIME,"
        "WAREHOUSE_SIZE",
    )
    hours = ["10", "11", "12"]
    metering = jobs(
        tmp_path / "metering.csv",
        *(f"2026-06-30 {h}:00:00.000 +0000,2026-06-30 {h}:59:59.000 +0000,7,WH,1" for h in hours),
        header="START_TIME,END_TIME,WAREHOUSE_ID,WAREHOUSE_NAME,CREDITS_USED",
    )
    found = bill(logs(who, history, metering, credit=300).con)
    # q0: 10 of 40 minutes of hour 10; q1: 30 of 40, and all of hour 11; nobody asked in hour 12.
    assert found.tables == {"db.s.t": 75 + 225 + 300}
    assert found.rest == {"warehouses without queries": 300} and found.total == 900
    again = tmp_path / "again.csv"
    again.write_text(history.read_text())
    assert bill(logs(who, history, again, metering, metering, credit=300).con) == found
    told = logs(who, history).notes
    assert told == ["Snowflake: without WAREHOUSE_METERING_HISTORY the costs are unknown."]
    header = "query_id,credits_attributed_compute,credits_used_query_acceleration"
    attributed = jobs(tmp_path / "attributed.csv", "q0,0.5,", "q1,1.5,0.25", header=header)
    assert bill(logs(who, attributed, credit=300).con).total == 675


def test_databricks_lineage_and_usage(tmp_path, logs):
    con = duckdb.connect()
    con.execute("""create table lineage as select * from (values
        ('r1', 'JOB', '77', 'c.raw.e', 'c.mart.m', 'etl@x.example'),
        ('r2', 'JOB', '77', 'c.raw.e', 'c.mart.n', 'etl@x.example'),
        ('r3', 'NOTEBOOK', '5', 'c.mart.m', null, 'ana@x.example'))
        t(record_id, entity_type, entity_id, source_table_full_name, target_table_full_name,
        created_by)""")
    con.execute(
        "alter table lineage add column event_time timestamptz default '2026-06-30 10:00:00+00'"
    )
    con.execute(f"copy lineage to '{tmp_path / 'lineage.parquet'}'")
    usage = jobs(
        tmp_path / "usage.csv",
        'u1,JOBS,2026-06-30T10:00:00Z,10,DBU,ORIGINAL,"{""job_id"":""77""}"',
        'u1,JOBS,2026-06-30T10:00:00Z,10,DBU,ORIGINAL,"{""job_id"":""77""}"',
        'u2,JOBS,2026-06-30T10:00:00Z,-4,DBU,RETRACTION,"{""job_id"":""77""}"',
        'u3,SQL,2026-06-30T10:00:00Z,2,DBU,ORIGINAL,"{""warehouse_id"":""w""}"',
        header="record_id,sku_name,usage_start_time,usage_quantity,usage_unit,record_type,"
        "usage_metadata",
    )
    found = logs(tmp_path / "lineage.parquet", usage, dbu=50)
    assert bill(found.con).tables == {"c.mart.m": 150, "c.mart.n": 150}
    assert bill(found.con).rest == {"compute that no table is known of": 100}
    assert found.notes == []
    prices = jobs(
        tmp_path / "prices.csv", '2020-01-01T00:00:00Z,,JOBS,USD,DBU,"{""default"":""0.10""}"',
        header="price_start_time,price_end_time,sku_name,currency_code,usage_unit,pricing",
    )  # fmt: skip
    priced = logs(tmp_path / "lineage.parquet", usage, prices)
    assert bill(priced.con).total == 60 and priced.currency == "USD"
    wrong = tmp_path / "wrong.csv"
    wrong.write_text(usage.read_text().replace("RETRACTION", "ORIGINAL"))
    with pytest.raises(CannotRun, match=r"wrong.csv row 4: usage_quantity is -4"):
        logs(wrong)


@pytest.mark.parametrize("one", FORMATS, ids=lambda one: one.kind)
def test_all_documented_columns_are_known_and_each_needed_one_is_missed(tmp_path, one):
    columns = sorted(one.reads | one.documented)
    path = jobs(tmp_path / "all.csv", ",".join(["1"] * len(columns)), header=",".join(columns))
    with engine(tmp_path) as con:
        from fieldkit.value.exports import recognised, unknown_columns

        export = recognised(opened(con, path))
        assert export.format == one and unknown_columns(export) == ""
        for group in one.needs:
            assert one.lacks(export.columns - set(group)) == [" or ".join(group)]


def names_in(found):
    return {name: use.used for name, use in found.uses.items()}


def test_bi_usage_by_user_by_count_and_by_dashboard(tmp_path):
    log = jobs(tmp_path / "jobs.csv", row(who="etl", refs='["p.mart.a"]', writes="p.mart.b"))
    known = Map(accounts=ANA)

    def seen(text, **more):
        usage = tmp_path / "bi.csv"
        usage.write_text(text)
        return observe(Exports((log,), bi_usage=(usage,), **more), known)

    by_user = seen("viewed_at,viewer,dataset,mood\n2026-06-30T09:00:00Z,Bo@x.example,mart.b,ok\n")
    assert names_in(by_user) == {"p.mart.a": True, "p.mart.b": True}
    assert by_user.uses["p.mart.b"].people == 1 and "not read: mood" in " ".join(by_user.notes)
    counted = seen("dash,n\nx,31\n", bi_columns={"table": "dash", "users": "n"})
    assert counted.uses["x"].people == 31 and counted.uses["p.mart.b"].used is False
    exposed = tmp_path / "exposures.yml"
    exposed.write_text(
        "exposures:\n  - name: Board\n    owner: {email: a@x.example}\n    depends_on: [ref('b')]\n"
    )
    by_board = seen(
        "dashboard,user,date\nboard,u1,2026-06-29\nboard,u2,2026-06-29\nother,u3,2026-06-29\n",
        exposures=(exposed,),
    )
    assert by_board.uses["p.mart.b"].people == 2
    assert any("row 4: no exposure is called 'other'" in note for note in by_board.notes)
    with pytest.raises(CannotRun, match=r"row 1: has no column for table or exposure, only x, y"):
        seen("x,y\n1,2\n")


def event(ups, downs, kind="COMPLETE", run="r"):
    def data(names):
        return [{"namespace": "dw", "name": name} for name in names]

    return json.dumps(
        {
            "eventType": kind, "run": {"runId": run}, "job": {"namespace": "dw", "name": "j"},
            "inputs": data(ups), "outputs": data(downs),
        }
    )  # fmt: skip


def test_openlineage_joins_the_events_of_a_run_and_names_a_bad_line(tmp_path):
    log = jobs(tmp_path / "jobs.csv", row(refs='["p.mart.top"]'))
    lineage = tmp_path / "lineage.jsonl"
    lineage.write_text(
        "\n".join(
            [
                event(["mart.base"], [], "START", "one"),
                event([], ["mart.top"], "COMPLETE", "one"),
                event(["mart.lost"], ["mart.top"], "FAIL", "two"),
            ]
        )
    )
    found = observe(Exports((log,), (lineage,)), Map(accounts=ANA))
    assert names_in(found) == {"mart.base": True, "p.mart.top": True}, "short names are the log's"
    events = [json.loads(one) for one in lineage.read_text().splitlines()]
    lineage.write_text(json.dumps(events, indent=2))
    listed = observe(Exports((log,), (lineage,)), Map(accounts=ANA))
    assert names_in(listed) == names_in(found), "a list of events, as some tools keep them"
    lineage.write_text(json.dumps(events)[:-9])
    with pytest.raises(CannotRun, match=r"lineage.jsonl: is not JSON; write a list of events"):
        observe(Exports((log,), (lineage,)), Map(accounts=ANA))
    lineage.write_text(event(["a.b"], ["a.c"]) + "\n{broken\n")
    with pytest.raises(CannotRun, match=r"lineage.jsonl line 2: is not JSON"):
        observe(Exports((log,), (lineage,)), Map(accounts=ANA))


def test_lineage_that_goes_round_is_said_with_its_line(tmp_path):
    log = jobs(tmp_path / "jobs.csv", row(refs='["mart.b"]'))
    lineage = tmp_path / "lineage.jsonl"
    lineage.write_text(
        event(["mart.a"], ["mart.b"], run="1") + "\n" + event(["mart.b"], ["mart.a"], run="2")
    )
    found = observe(Exports((log,), (lineage,)), Map(accounts=ANA))
    assert names_in(found) == {"mart.a": True, "mart.b": True}
    assert any(
        note.startswith(f"{lineage} line 1: 2 tables are built from each other (mart.a, mart.b)")
        for note in found.notes
    )


def test_a_dbt_manifest_gives_lineage_through_ephemeral_models_and_exposures(tmp_path):
    def model(name, ups, kind="table"):
        return {
            "resource_type": "model", "name": name, "database": "dw", "schema": "mart",
            "config": {"materialized": kind}, "depends_on": {"nodes": ups},
        }  # fmt: skip

    manifest = tmp_path / "manifest.json"
    manifest.write_text(
        json.dumps(
            {
                "metadata": {"dbt_schema_version": "https://schemas.getdbt.com/dbt/manifest/v12.json"},
                "nodes": {
                    "model.p.a": model("a", ["source.p.raw.o"]),
                    "model.p.e": model("e", ["model.p.a"], "ephemeral"),
                    "model.p.b": model("b", ["model.p.e"]),
                    "test.p.t": {"resource_type": "test", "depends_on": {"nodes": ["model.p.b"]}},
                },
                "sources": {
                    "source.p.raw.o": {
                        "resource_type": "source", "name": "o", "database": "dw", "schema": "raw"
                    }
                },
                "exposures": {
                    "exposure.p.x": {"name": "x", "depends_on": {"nodes": ["model.p.b"]}}
                },
            }
        )
    )  # fmt: skip
    log = jobs(tmp_path / "jobs.csv", row(who="etl", refs='["dw.raw.o"]', writes="dw.mart.a"))
    found = observe(Exports((log,), (manifest,), (manifest,)), Map(accounts=ANA))
    assert names_in(found) == dict.fromkeys(("dw.mart.a", "dw.mart.b", "dw.raw.o"), True)
    assert any("(x): has no owner" in note for note in found.notes)


def test_names_are_one_whatever_their_quotes_and_parts(tmp_path):
    said = ('`P`."D".[T]', "p:d.t", "p.d.t$20260101", "p.d.t_20260101", "  P.D.T  ", "t")
    assert [clean(one) for one in said] == ["p.d.t"] * 3 + ["p.d.t_*", "p.d.t", "t"]
    with engine(tmp_path) as con:
        con.execute(CLEAN)
        assert con.execute("select cleaned(x) from (select unnest(?) as x)", [list(said)]).fetchall(
        ) == [(clean(one),) for one in said]  # fmt: skip
    names = Names(["p.d.t", "q.d.t", "p.d.u"])
    assert names.find("D.T") == ["p.d.t", "q.d.t"] and names.find("u") == ["p.d.u"]
    assert names.find("x.p.d.u") == ["p.d.u"] and names.find("new") == ["new"]


def test_results_and_catalogues_are_no_tables(tmp_path, logs):
    refs = '["p.d.INFORMATION_SCHEMA.TABLES", "p._0abc.anon1", "p.d.real", "snowflake.a.b"]'
    found = logs(jobs(tmp_path / "jobs.csv", row(refs=refs, writes="p._0abc.anon2")))
    assert found.con.execute("select referenced_tables, writes from jobs").fetchall() == [
        (["p.d.real"], [])
    ]
