"""Where there was nothing to judge, no instrument says a good word."""

from __future__ import annotations

import sqlite3
import sys
import zipfile

import pytest


def database(path, *statements):
    con = sqlite3.connect(path)
    con.execute("pragma user_version = 1")
    for one in statements:
        con.execute(one)
    con.commit()
    con.close()
    return path


@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("kind", ["table", "csv", "no table"])
def test_a_scan_of_no_row_is_not_clean(kind, rows, tmp_path, fieldkit):
    if kind == "csv":
        place = tmp_path / "people.csv"
        place.write_text("id,email\n" + "1,none\n" * rows)
    else:
        made = ["create table o (id integer)"] + ["insert into o values (1)"] * rows
        place = database(tmp_path / "w.db", *(made if kind == "table" or rows else []))
    ran = fieldkit("govern", "scan", place)
    assert ran.returncode == (0 if rows else 2), ran.stdout
    assert ("CLEAN" in ran.stdout) == bool(rows) and ("INCOMPLETE: 0 rows" in ran.stdout) != rows


@pytest.mark.parametrize("sound", [0, 1])
def test_an_audit_that_parsed_no_file_is_not_clean(sound, tmp_path, fieldkit):
    (tmp_path / "x.sql").write_text("-- nothing\n")
    if sound:
        (tmp_path / "y.sql").write_text("select 1 as a\n")
    ran = fieldkit("audit", tmp_path)
    assert ran.returncode == (0 if sound else 2), ran.stdout
    assert ("NO FINDINGS" if sound else "NOT JUDGED: 1 file, 0 parsed") in ran.stdout


def test_guard_publishes_no_database_without_a_table(tmp_path, fieldkit):
    place = database(tmp_path / "w.db")
    (tmp_path / "policy.yml").write_text("tables: {}\n")
    ran = fieldkit("guard", "--policy", tmp_path / "policy.yml", "--state", place, "--", "true")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "w.db: holds no table before or after the run" in ran.stderr


def test_a_zip_is_told_what_to_do_with_it(tmp_path, fieldkit):
    with zipfile.ZipFile(tmp_path / "d.zip", "w") as archive:
        archive.writestr("a.csv", "id\n1\n")
    ran = fieldkit("prove", "--state", tmp_path / "d.zip", "--", "true")
    assert ran.returncode == 2 and "is a zip archive" in ran.stderr
    assert "unzip" in ran.stderr and "damaged" not in ran.stderr


def test_a_command_with_a_path_of_its_own_is_told_what_to_write(tmp_path, fieldkit):
    place = database(tmp_path / "w.db", "create table o (id integer)")
    script = tmp_path / "load.py"
    script.write_text(
        f"import sqlite3\nwith sqlite3.connect({str(place)!r}) as con:\n"
        "    con.execute('insert into o values (1)')\n"
    )
    ran = fieldkit("prove", "--state", place, "--", sys.executable, script)
    assert ran.returncode == 2 and 'os.environ.get("FIELDKIT_STATE", ' in ran.stderr, ran.stderr
    assert "in a shell" not in ran.stderr, "it is Python"


@pytest.mark.parametrize(("was", "times", "told"), [(1, 2, True), (1, 1, False), (2, 2, False)])
def test_rows_that_a_join_multiplied_are_told_on_the_first_night(
    was, times, told, tmp_path, fieldkit
):
    rows = ", ".join(f"({one}, 'x')" for one in range(30))
    made = [f"insert into o values {rows}"] * was
    place = database(tmp_path / "w.db", "create table o (id integer, t text)", *made)
    (tmp_path / "policy.yml").write_text("tables: {}\n")
    script = tmp_path / "load.py"
    script.write_text(
        "import sqlite3, sys\nwith sqlite3.connect(sys.argv[1]) as con:\n"
        f"    for _ in range({times}):\n"
        "        con.executemany('insert into o values (?, 1)', [(n,) for n in range(50, 90)])\n"
    )
    policy = tmp_path / "policy.yml"
    ran = fieldkit(
        "guard", "--policy", policy, "--state", place, "--", sys.executable, script, "{state}"
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ("o: 80 of 80 new rows are there more than once" in " ".join(ran.stdout.split())) == told
