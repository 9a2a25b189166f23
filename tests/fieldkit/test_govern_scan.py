"""Scan: every kind of file, whole tables, baselines and reports; bad input is one clear line."""

from __future__ import annotations

import csv
import gzip
import json
import os
import re
import sqlite3
import subprocess
import sys
import xml.etree.ElementTree as ET

import duckdb
import openpyxl
import pytest

from fieldkit.errors import CannotRun
from fieldkit.govern.run import Settings, fail_on, scan
from fieldkit.govern.tally import Tally

MAIL, PHONE, CARD = "ada@acme.org", "+49 30 1234567", "4111111111111111"


def hits(path, **given):
    found = scan(path, Settings(**given))
    return {(one.place, one.entity): one.count for one in found.hits if not one.by_name}


def write(path, text, encoding="utf-8"):
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "wt", encoding=encoding, newline="") as file:
        file.write(text)
    return path


# -- kinds of files

ROWS = f'id,mail,note\n1,{MAIL},hi\n2,,"call {PHONE}\nat night"\n'
LOG = f"10:00:00 INFO user={MAIL} ip=10.0.0.1 version=1.2.3.4\n"
LINES = (
    json.dumps({"a": {"phone": 4155550134}, "b": [{"to": MAIL}]}) + "\n"
    + json.dumps({"name": "phone", "value": "4155550134"}) + "\n"
)  # fmt: skip


@pytest.mark.parametrize("name", ["a.csv", "a.csv.gz", "a.tsv", "semicolons.csv", "utf16.csv"])
def test_csv(tmp_path, name):
    text = ROWS.replace(",", {"a.tsv": "\t", "semicolons.csv": ";"}.get(name, ","))
    encoding = "utf-16" if name.startswith("utf16") else "utf-8"
    found = hits(write(tmp_path / name, text, encoding))
    assert found == {("mail", "mail"): 1, ("note", "phone"): 1}


def test_csv_that_no_engine_likes(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(f'id,mail\n1,Gr\xfc\xdfe {MAIL}\n2\x00,"open {MAIL}\n3,x\n'.encode("latin-1"))
    assert hits(path)["mail", "mail"] >= 1


@pytest.mark.parametrize("name", ["a.jsonl", "a.jsonl.gz", "a.ndjson"])
def test_json_lines(tmp_path, name):
    found = hits(write(tmp_path / name, LINES))
    assert found == {("a.phone", "phone"): 1, ("b.to", "mail"): 1, ("phone", "phone"): 1}


def test_json(tmp_path):
    path = write(tmp_path / "a.json", json.dumps([{"to": MAIL}, {"to": "x"}], indent=1))
    assert hits(path) == {("to", "mail"): 1}
    broken = write(tmp_path / "b.json", '{"to": "' + MAIL + '", ')
    assert ("mail", 1) in [(kind, count) for (_, kind), count in hits(broken).items()]


@pytest.mark.parametrize("name", ["a.log", "a.log.gz", "a.txt", "README", "a.md", "dump.sql"])
def test_text(tmp_path, name):
    found = scan(write(tmp_path / name, "nothing\n" + LOG))
    assert {(one.entity, one.line) for one in found.hits} == {("mail", 2), ("ip", 2)}


def test_a_notebook_and_its_outputs(tmp_path):
    outputs = [
        {"output_type": "stream", "text": [f"{MAIL}\n"]},
        {"output_type": "execute_result", "data": {"text/html": [f"<td>{PHONE}</td>"]}},
        {"output_type": "error", "evalue": f"no such card {CARD}", "traceback": []},
    ]
    cells = [
        {"cell_type": "markdown", "source": "nothing"},
        {"cell_type": "code", "source": ["load()"], "outputs": outputs},
    ]
    path = write(tmp_path / "a.ipynb", json.dumps({"cells": cells, "nbformat": 4}))
    place = "cell 2.output"
    assert hits(path) == {(place, "mail"): 1, (place, "phone"): 1, (place, "card"): 1}


def test_a_workbook_with_a_hidden_sheet(tmp_path):
    book = openpyxl.Workbook()
    book.active.append(["id", "note"])
    book.active.append([1, f"write {MAIL}"])
    hidden = book.create_sheet("old")
    hidden.sheet_state = "hidden"
    hidden.append(["pan"])
    hidden.append([int(CARD)])
    book.save(tmp_path / "a.xlsx")
    assert hits(tmp_path / "a.xlsx") == {("Sheet.note", "mail"): 1, ("old.pan", "card"): 1}


@pytest.fixture
def database(tmp_path):
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute('create schema "od""d"')
        con.execute(f"""create table "od""d"."ta ble" as select '{MAIL}' as "ma il", 1 as "x.y" """)
        con.execute(
            f"create table deep as select {{'to': ['{MAIL}']}} as s, map {{'{MAIL}': 1}} as m, "
            f"'{MAIL}'::blob as b, {CARD}::double as pan, {CARD}::bigint as pan2, "
            f"""'{{"user": {{"phone": "4155550134"}}}}' as j, true as t, date '2026-01-01' as d"""
        )
        con.execute("create view v as select * from deep")
        con.execute("create table empty (email varchar)")
    return tmp_path / "w.duckdb"


def test_duckdb_with_nested_binary_and_number_columns(database):
    before = database.read_bytes()
    assert hits(database) == {
        ('od"d.ta ble.ma il', "mail"): 1,
        ("deep.s.to", "mail"): 1,
        ("deep.m.a***@***.org", "mail"): 1,
        ("deep.b", "mail"): 1,
        ("deep.pan", "card"): 1,
        ("deep.pan2", "card"): 1,
        ("deep.j.user.phone", "phone"): 1,
    }
    assert database.read_bytes() == before, "read-only"
    named = [one for one in scan(database).hits if one.by_name]
    assert ("empty", "email") in [(one.table, one.column) for one in named]


def test_sqlite_of_any_type_in_any_column(tmp_path):
    with sqlite3.connect(tmp_path / "s.db") as con:
        con.execute('create table "o""dd" ("ma il" integer, b blob, key text, value)')
        con.execute(
            'insert into "o""dd" values (?, ?, ?, ?)',
            (MAIL, b"\xff\x00" + MAIL.encode(), "phone", 4155550134),
        )
    before = (tmp_path / "s.db").read_bytes()
    assert hits(tmp_path / "s.db") == {
        ('o"dd.ma il', "mail"): 1, ('o"dd.b', "mail"): 1, ('o"dd.value[phone]', "phone"): 1,
    }  # fmt: skip
    assert (tmp_path / "s.db").read_bytes() == before


def test_parquet(tmp_path):
    duckdb.execute(f"copy (select '{MAIL}' as x) to '{tmp_path / 'a.parquet'}'")
    assert hits(tmp_path / "a.parquet") == {("x", "mail"): 1}


# -- whole tables


@pytest.mark.parametrize("at", [0, 49_999, 31_337])
@pytest.mark.parametrize("kind", ["csv", "parquet", "duckdb", "jsonl"])
def test_one_row_of_fifty_thousand_is_found(tmp_path, kind, at):
    query = f"select i as id, case when i = {at} then 'to {MAIL}' else 'note ' || i end as note "
    query += "from range(50000) r(i)"
    path = tmp_path / f"a.{kind}"
    with duckdb.connect(str(path) if kind == "duckdb" else ":memory:") as con:
        if kind == "duckdb":
            con.execute(f"create table t as {query}")
        else:
            form = "json" if kind == "jsonl" else kind
            con.execute(f"copy ({query}) to '{path}' (format {form})")
    found = scan(path)
    assert [(one.column, one.entity, one.count, one.of) for one in found.hits] == [
        ("note", "mail", 1, 50_000)
    ]


def test_columns_of_numbers_are_clean(tmp_path):
    """Ids, amounts and times: by chance one long number in ten has a card's check digit."""
    with duckdb.connect(str(tmp_path / "w.duckdb")) as con:
        con.execute(
            "create table t as select i as id, 4000000000000000 + hash(i) % 999999999999999 as big,"
            " (4000000000000000 + hash(i + 7) % 999999999999999)::varchar as text_id,"
            " hash(i) % 10000000 / 100.0 as amount, now() + to_seconds(i) as at, uuid() as u,"
            " '1.' || i % 9 || '.' || i % 7 || '.' || i % 5 as version, epoch_ms(now()) + i as ms,"
            " 'https://acme.org/' || i as link, i / 7.0 as ratio from range(20000) r(i)"
        )
    found = scan(tmp_path / "w.duckdb")
    assert found.failing == [] and found.verdict == "CLEAN"
    assert {one.entity for one in found.hits if not one.by_name} == {"url"}


def test_product_codes_that_look_like_a_phone_number_by_chance_are_clean(tmp_path):
    """Of codes that begin with 00 some are a number of another country; of phone numbers all."""
    codes = [f"00{n:011d}" for n in range(31_000_000_000, 32_000_000_000, 3_000_001)]
    codes = [str(5_000_000_000_000 + n) for n in range(1_000)] + codes[:40]
    lines = [f"{code},00493012345{n % 90 + 10:02d}" for n, code in enumerate(codes)]
    path = write(tmp_path / "a.csv", "code,call\n" + "\n".join(lines) + "\n")
    assert hits(path) == {("call", "phone"): len(codes)}


def test_releases_of_four_numbers_in_notes_are_not_addresses(tmp_path):
    notes = (
        "Fixes since 1.5.5.5\n\n   1.5.4 broke it.  This was fixed in 1.5.4.1.\nseen at 8.8.8.8\n"
    )
    assert hits(write(tmp_path / "notes.txt", notes)) == {("", "ip"): 1}


def test_cards_among_few_numbers_are_found(tmp_path):
    path = write(tmp_path / "a.csv", "x\n" + "\n".join([CARD, "5555555555554444"] * 20) + "\n")
    assert hits(path) == {("x", "card"): 40}


def test_two_thousand_columns_and_a_megabyte_cell(tmp_path):
    names = [f"c{n}" for n in range(2_000)]
    with open(tmp_path / "wide.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(names)
        rows.writerow([MAIL if n == 1_999 else n for n in range(2_000)])
    assert hits(tmp_path / "wide.csv") == {("c1999", "mail"): 1}
    cell = "x " * 1_000_000 + MAIL
    assert hits(write(tmp_path / "large.csv", f"a,b\n1,{cell}\n")) == {("b", "mail"): 1}
    assert hits(write(tmp_path / "line.log", cell)) == {("", "mail"): 1}
    deep = '{"a":' * 3_000 + f'"{MAIL}"' + "}" * 3_000
    assert list(hits(write(tmp_path / "deep.jsonl", deep)).values()) == [1]


def test_a_name_that_is_personal_data_is_masked(tmp_path):
    path = write(tmp_path / "a.csv", f"id,{MAIL}\n1,2\n")
    found = scan(path)
    assert [(one.column, one.entity) for one in found.hits] == [("(column names)", "mail")]
    assert MAIL not in repr(found)
    keys = "".join(json.dumps({f"u{n}@acme.org": n}) + "\n" for n in range(5_000))
    found = scan(write(tmp_path / "b.jsonl", keys))
    assert sum(one.count for one in found.hits) == 5_000 and len(found.hits) <= 3
    assert "u17@" not in repr(found)


def test_no_report_holds_a_value(tmp_path, fieldkit):
    values = (MAIL, "030 1234567", CARD, "GB82WEST12345698765432", "123-45-6789", "10.20.30.40")
    rows = "".join(f"{n},{value}\n" for n, value in enumerate(values))
    write(tmp_path / "a.csv", f"id,value\n{rows}")
    options = [f"--{kind}=out.{kind}" for kind in ("json", "junit", "html", "sarif")]
    ran = fieldkit("govern", "scan", "a.csv", *options, "--baseline", "base.json")
    texts = [ran.stdout, ran.stderr, *(p.read_text() for p in tmp_path.glob("out.*"))]
    texts.append((tmp_path / "base.json").read_text())
    for value in values:
        assert not any(value in text or value.replace("-", "") in text for text in texts)
        assert not any(value[4:10] in text for text in texts if len(value) > 12)


# -- folders, reports, baselines


def test_a_folder_and_what_in_it_cannot_be_read(tmp_path, fieldkit):
    write(tmp_path / "fine.csv", "id,n\n1,2\n")
    (tmp_path / "picture.png").write_bytes(bytes(5_000))
    (tmp_path / ".git").mkdir()
    write(tmp_path / ".git" / "config", MAIL)
    ran = fieldkit("govern", "scan", ".")
    assert ran.returncode == 2 and "no personal data in 1 row of 1 table; 1 file not" in ran.stdout
    assert "picture.png: is of no kind that can be read" in ran.stdout
    ran = fieldkit("govern", "scan", ".", "--ignore", "*.png")
    assert ran.returncode == 0 and "Left out by --ignore: picture.png." in ran.stdout
    assert "Left out, since tools make them: .git." in ran.stdout
    assert fieldkit("govern", "scan", ".", "--ignore", "*.gif").returncode == 2
    (tmp_path / "bad.parquet").write_bytes(b"PAR1 nothing of the kind")
    ran = fieldkit("govern", "scan", ".")
    assert ran.returncode == 2 and ran.stdout.lstrip().startswith("INCOMPLETE")
    assert "bad.parquet: cannot be read" in ran.stdout
    write(tmp_path / "new.txt", MAIL)
    assert fieldkit("govern", "scan", ".").returncode == 1


def test_a_folder_that_cannot_be_opened_is_not_clean(tmp_path, monkeypatch):
    write(tmp_path / "fine.csv", "id,n\n1,2\n")
    (tmp_path / "closed").mkdir()
    real = os.scandir

    def scandir(path):
        if str(path).endswith("closed"):  # who runs tests as root may open everything
            raise PermissionError(13, "Permission denied", str(path))
        return real(path)

    monkeypatch.setattr(os, "scandir", scandir)
    found = scan(tmp_path)
    assert found.unread == {"closed": "cannot be opened: Permission denied"}
    assert (found.verdict, found.exit_code) == ("INCOMPLETE", 2)


def test_baseline_and_fail_on(tmp_path, fieldkit):
    write(tmp_path / "a.csv", f"mail,link\n{MAIL},https://acme.org\n")
    base = ("--baseline", "base.json")
    assert fieldkit("govern", "scan", ".").returncode == 1
    assert fieldkit("govern", "scan", ".", "--fail-on", "card").returncode == 0
    assert fieldkit("govern", "scan", ".", "--fail-on", "url").returncode == 1
    assert fieldkit("govern", "scan", "a.csv", *base).returncode == 0, "written"
    assert fieldkit("govern", "scan", "a.csv", *base).returncode == 0, "compared"
    write(tmp_path / "a.csv", f"mail,link,phone\n{MAIL},https://acme.org,{PHONE}\n")
    ran = fieldkit("govern", "scan", "a.csv", *base, "--fail-on", "new")
    assert ran.returncode == 1 and "new personal data in 1 place (phone number" in ran.stdout
    assert fieldkit("govern", "scan", "a.csv", *base, "--fail-on", "new,card").returncode == 0
    assert fieldkit("govern", "scan", "a.csv", *base, "--update-baseline").returncode == 1
    assert fieldkit("govern", "scan", "a.csv", *base).returncode == 0
    write(tmp_path / "a.csv", "mail\nx\n")
    assert "3 places of it gone" in fieldkit("govern", "scan", "a.csv", *base).stdout


def test_reports_for_programs(tmp_path, fieldkit):
    write(tmp_path / "a.log", f"x\n{MAIL}\n")
    write(tmp_path / "b.csv", f"pan\n{CARD}\n")
    options = [f"--{kind}={kind}.out" for kind in ("json", "junit", "html", "sarif")]
    assert fieldkit("govern", "scan", ".", *options).returncode == 1
    report = json.loads((tmp_path / "json.out").read_text())
    assert report["exit_code"] == 1 and len(report["govern"]["hits"]) == 2
    suite = ET.fromstring((tmp_path / "junit.out").read_text())
    assert suite.get("failures") == "2"
    sarif = json.loads((tmp_path / "sarif.out").read_text())
    results = sarif["runs"][0]["results"]
    assert sarif["version"] == "2.1.0" and {one["ruleId"] for one in results} == {"mail", "card"}
    mail = next(one for one in results if one["ruleId"] == "mail")
    place = mail["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a.log" and place["region"]["startLine"] == 2
    card = next(one for one in results if one["ruleId"] == "card")
    assert card["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == "pan"
    assert "card number" in (tmp_path / "html.out").read_text()


def test_a_report_is_the_same_with_any_hash_seed(tmp_path, fieldkit):
    write(tmp_path / "a.jsonl", LINES * 50)
    write(tmp_path / "b.log", LOG)
    ran = [fieldkit("govern", "scan", ".", PYTHONHASHSEED=seed).stdout for seed in ("1", "2")]
    # All but the header, which says when and how long.
    told = [one.partition("fieldkit govern")[0] + one.partition("again:")[2] for one in ran]
    assert told[0] == told[1] and "b.log" in told[0]
    assert max(map(len, ran[0].splitlines())) <= 80


# -- what is in the way


@pytest.fixture
def refused(fieldkit):
    def run(words, *options):
        ran = fieldkit("govern", "scan", *options)
        assert (ran.returncode, ran.stdout) == (2, ""), ran
        assert len(ran.stderr.splitlines()) == 1 and "Traceback" not in ran.stderr, ran.stderr
        assert re.search(words, ran.stderr), ran.stderr

    return run


def test_what_cannot_be_read_or_meant(refused, tmp_path, database):
    refused("absent: there is no such file or folder", "absent")
    refused("Missing argument")
    refused("there is no such kind; there are: mail, phone", ".", "--fail-on", "faces")
    refused("--fail-on new: new since when", ".", "--fail-on", "new")
    refused("there is no folder", ".", "--html", "no/where.html")
    write(tmp_path / "base.json", "{}")
    refused("--baseline base.json: is not a baseline", ".", "--baseline", "base.json")
    (tmp_path / "p.png").write_bytes(bytes(5_000))
    refused("p.png: is of no kind that can be read", "p.png")
    (tmp_path / "x.xlsx").write_bytes(b"nothing")
    refused("x.xlsx: cannot be read as a workbook", "x.xlsx")
    write(tmp_path / "x.ipynb", '{"cells": 7}')
    refused("x.ipynb: is not a notebook", "x.ipynb")
    (tmp_path / "x.gz").write_bytes(b"\x1f\x8b\x08nothing")
    refused("x.gz: cannot be read", "x.gz")
    data = database.read_bytes()
    (tmp_path / "torn.duckdb").write_bytes(data[:5_000] + b"\xff" * 5_000)
    refused("torn.duckdb: cannot be read", "torn.duckdb")
    (tmp_path / "torn.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 5_000)
    refused("torn.db: cannot be read as a database", "torn.db")


def test_a_database_that_is_locked(refused, database):
    code = f"import duckdb, time; c = duckdb.connect({str(database)!r}); print(flush=True)"
    holder = subprocess.Popen(
        [sys.executable, "-c", f"{code}; time.sleep(60)"], stdout=subprocess.PIPE
    )
    try:
        holder.stdout.readline()
        refused("w.duckdb: is locked by another process; end it or wait", database)
    finally:
        holder.kill()
        holder.wait()


def test_a_message_quotes_nothing_of_the_data(tmp_path):
    path = tmp_path / "a.jsonl"
    write(path, f'{{"a": "{MAIL}", broken\n')
    assert list(hits(path).values()) == [1], "a line that is not JSON is text"
    with pytest.raises(CannotRun) as raised:
        fail_on([MAIL, "x"])
    assert "there is no such kind" in str(raised.value)


def test_nothing_is_counted_twice():
    tally = Tally("x")
    tally.cell("t", "c", f"{MAIL} {MAIL} {MAIL}")
    assert [one.count for one in tally.hits()] == [1], "cells are counted"
