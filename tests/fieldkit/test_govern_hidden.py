"""Scan: what is hidden in names, links and encodings is found; what cannot be read is not clean."""

from __future__ import annotations

import bz2
import io
import json
import lzma
import random
import sqlite3
import zipfile

import duckdb
import pytest

from fieldkit.govern.run import Settings, scan
from tests.fieldkit.test_govern_scan import MAIL, PHONE, hits, write


def archive(content: bytes, form: str) -> bytes:
    """Content that nobody can see from outside."""
    out = io.BytesIO()
    if form == "zip":
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("a.csv", content)
        return out.getvalue()
    pack = {"bz2": bz2.compress, "xz": lzma.compress, "pdf": lambda data: b"%PDF-1.7\n" + data}
    if form in pack:
        return pack[form](content)
    draw = random.Random(7)  # as what is encrypted looks
    return draw.randbytes(len(content))


@pytest.mark.parametrize("form", ["zip", "bz2", "xz", "pdf", "bin"])
@pytest.mark.parametrize("name", ["a.{}", "a.csv", "a.txt.{}"])
def test_what_cannot_be_looked_into_is_not_clean(tmp_path, form, name):
    rows = "".join(f"{n},{random.Random(n).random()}\n" for n in range(2_000))
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / name.format(form)).write_bytes(archive(f"n,mail\n1,{MAIL}\n{rows}".encode(), form))
    write(folder / "fine.csv", "id,n\n1,2\n")
    found = scan(folder)
    assert (found.verdict, found.exit_code) == ("INCOMPLETE", 2)
    assert list(found.unread.values()) == ["is of no kind that can be read"]
    assert scan(folder, Settings(ignore=("a.*",))).verdict == "CLEAN"


def test_links_to_folders_are_read_once_each(tmp_path):
    inside, outside = tmp_path / "data", tmp_path / "elsewhere"
    (inside / "real").mkdir(parents=True)
    (outside / "deep").mkdir(parents=True)
    write(inside / "real" / "a.txt", MAIL)
    write(outside / "deep" / "b.txt", MAIL)
    (outside / "back").symlink_to(outside)
    (inside / "also").symlink_to(inside / "real")
    (inside / "here").symlink_to(outside)
    (inside / "there").symlink_to(outside)
    found = scan(inside)
    assert [one.source for one in found.hits] == ["here/deep/b.txt", "real/a.txt"]
    assert not found.unread
    (inside / "up").symlink_to(tmp_path)
    (inside / "gone.csv").symlink_to("nowhere")
    assert scan(inside).unread == {
        "gone.csv": "is a link to nothing",
        "up": "is a link to a folder around this one; scan that folder by itself",
    }


def test_what_only_looks_like_a_companion_of_a_database_is_read(tmp_path):
    for name in ("daily-journal", "x.wal"):
        write(tmp_path / name, MAIL)
    assert len(scan(tmp_path).hits) == 2
    (tmp_path / "x").touch()
    assert [one.source for one in scan(tmp_path).hits] == ["daily-journal"]


def test_names_of_files_and_tables_are_masked(tmp_path, fieldkit):
    (tmp_path / "drop").mkdir()
    write(tmp_path / "drop" / f"{MAIL}.csv", "n\n1\n")
    with duckdb.connect(str(tmp_path / "drop" / "w.duckdb")) as con:
        con.execute(f"create table \"{MAIL}\" as select '{PHONE}' as call, 1 as email")
    with sqlite3.connect(tmp_path / "drop" / "s.db") as con:
        con.execute(f"create table \"eve@acme.org\" as select '{PHONE}' as x")
    (tmp_path / "drop" / f"{MAIL}.zip").write_bytes(archive(b"x", "zip"))
    options = [f"--{kind}=out.{kind}" for kind in ("json", "junit", "html", "sarif")]
    ran = fieldkit("govern", "scan", "drop", *options, "--baseline", "out.base")
    texts = [ran.stdout, ran.stderr, *(one.read_text() for one in tmp_path.glob("out.*"))]
    assert len(texts) == 7 and not any("ada@" in text or "eve@" in text for text in texts)
    found = {(one.source, one.column) for one in scan(tmp_path / "drop").hits}
    assert ("a***@***.csv", "(file name)") in found and ("w.duckdb", "call") in found
    assert not hits(write(tmp_path / "logo@2x.txt", "n"))


WAYS = ("%40", "%2540", "&#64;", "&#x40;", "&commat;", "\\u0040")


@pytest.mark.parametrize("kind", ["csv", "jsonl", "duckdb", "db", "log"])
def test_an_encoded_address_is_found(tmp_path, kind):
    cells = [f"see https://acme.org/{'y' * 70}/u?email=" + MAIL.replace("@", at) for at in WAYS]
    cells.append("GET /call?to=%2B49%2030%201234567 HTTP/1.1")
    path = tmp_path / f"a.{kind}"
    if kind == "duckdb":
        with duckdb.connect(str(path)) as con:
            con.execute("create table t as select unnest(?::varchar[]) as u", [cells])
    elif kind == "db":
        with sqlite3.connect(path) as con:
            con.execute("create table t (u text)")
            con.executemany("insert into t values (?)", [(one,) for one in cells])
    else:
        rows = [json.dumps({"u": one}) if kind == "jsonl" else f'"{one}"' for one in cells]
        write(path, "\n".join([*(["u"] if kind == "csv" else []), *rows]) + "\n")
    found = hits(path)
    counts = {entity: count for (_, entity), count in found.items() if entity != "url"}
    assert counts == {"mail": len(WAYS), "phone": 1}, found


@pytest.mark.parametrize("kind", ["csv", "jsonl", "json", "duckdb"])
def test_an_address_and_a_release_are_told_apart_in_every_kind_of_file(tmp_path, kind):
    rows = [("85.22.0.0", "4.2.11.3"), ("85.22.1.0", "4.2.11.0"), ("85.22.1.7", "85.22.1.7")]
    path = tmp_path / f"a.{kind}"
    with duckdb.connect(str(path) if kind == "duckdb" else ":memory:") as con:
        con.execute("create table t (ip varchar, v varchar)")
        con.executemany("insert into t values (?, ?)", rows)
        form = {"csv": "", "jsonl": "(format json)", "json": "(format json, array true)"}
        if kind != "duckdb":
            con.execute(f"copy t to '{path}' {form[kind]}")
    found = {one.column: one.count for one in scan(path).hits if not one.by_name}
    assert found == {"ip": 3, "v": 1}


def test_what_is_not_judged_is_not_called_clean_of_it(tmp_path, fieldkit):
    write(tmp_path / "a.csv", "full_name,birth_date,street,mail\nAda,1990-01-01,Elm Rd 9,none\n")
    told = " ".join(fieldkit("govern", "scan", "a.csv").stdout.split())
    assert "; 3 columns named like personal data, whose content is not judged." in told
    assert "it was not judged a.csv: birth_date: birth date" in told
    assert "nothing like it was found in them a.csv: mail: mail address" in told
    write(tmp_path / "b.csv", f"x\n{MAIL}\n")
    told = " ".join(fieldkit("govern", "scan", "b.csv", "--fail-on", "iban,ssn").stdout.split())
    assert told.startswith(
        "CLEAN: no IBAN or social security number in 1 row of 1 table, but personal data of other "
        "kinds in 1 place."
    )


@pytest.mark.parametrize("left", ["closed", "killed"])
def test_a_scan_writes_nothing_beside_a_database_in_wal_mode(tmp_path, left):
    file = tmp_path / "app.db"
    con = sqlite3.connect(file)
    con.executescript(
        f"pragma journal_mode=wal; create table t (x); insert into t values ('{MAIL}')"
    )
    folder = tmp_path / "copy"
    folder.mkdir()
    if left == "killed":
        for end in ("", "-wal"):  # as a process leaves them that was killed
            (folder / f"app.db{end}").write_bytes((tmp_path / f"app.db{end}").read_bytes())
    con.close()
    if left == "closed":
        (folder / "app.db").write_bytes(file.read_bytes())
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    assert hits(folder) == {("t.x", "mail"): 1}
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
