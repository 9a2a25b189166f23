"""A path stays on one line, in every report and on stderr; other lines hold 80 columns."""

from __future__ import annotations

import re
import shlex

import pytest

from fieldkit import options
from fieldkit.report.report import Header, Problem, Report, Section, Table, to_text
from fieldkit.report.wrapping import column_widths, columns_of, wrapped
from tests.fieldkit.test_compare import made

LONG = (
    "/srv/"
    + "/".join(["warehouse-of-northlight"] * 5)
    + "/orders.duckdb.guard/held/20251211T000102"
)
SPACED = shlex.quote("/srv/my shop/" + "a folder/" * 8 + "shop.db")
PROSE = "was not published as amounts were a hundred times what they are on days like this one"


def report(word):
    line = f"Look at what was held back there: {word}. {PROSE}"
    table = Table(("file", "what"), ((f"models/{'m' * 50}.sql", PROSE), ("a.sql", "two")))
    return Report(
        instrument="guard", verdict="HELD BACK", status="bad", summary=line, exit_code=1,
        findings=(Problem(line, (line, f"1. {line}"), (table,), (line,)),),
        sections=(Section("Run", (line,), (table,)),), warnings=(line,),
        header=Header("1", "2026-11-27", word, "7", 2.0, f"fieldkit guard --state {word} -- load"),
    )  # fmt: skip


@pytest.mark.parametrize("color", [False, True])
@pytest.mark.parametrize("word", [LONG, SPACED])
@pytest.mark.parametrize("width", [40, 80])
def test_a_long_path_stays_on_one_line_in_a_report(word, color, width):
    """At 40 columns the table beside its path is wider; what is in it can be read."""
    text = re.sub(r"\x1b\[[\d;]*m", "", to_text(report(word), width, color=color))
    assert text.count(word) == 9, "each time it is told"
    assert text.count(f"models/{'m' * 50}.sql") == 2
    alone = [LONG, SPACED, "m" * 50]
    for line in text.splitlines():
        of_table = width == 40 and line.startswith(("   ", "  file", "  a.sql"))
        assert columns_of(line) <= width or of_table or any(one in line for one in alone), line
    longest = [line for line in text.splitlines() if word in line]
    assert all(columns_of(line) <= columns_of(word) + 8 for line in longest), "it begins its line"


def test_names_in_a_table_stay_whole_where_there_is_room():
    names = ("raw_customer_events_daily", "stg_customer_events_by_country_and_day")
    table = Table(("table", "measure", "why"), ((*names, PROSE), ("t", "m", PROSE)))
    made_of = Report("guard", "PUBLISHED", "good", "s", 0, sections=(Section("T", (), (table,)),))
    text = to_text(made_of)
    assert all(one in text for one in names)
    assert max(map(columns_of, text.splitlines())) <= 80


def test_a_value_of_the_data_does_not_widen_a_table():
    table = Table(("key", "value"), (("1", "x" * 300), ("2", "https://x.example/" + "y" * 300)))
    made_of = Report("guard", "PUBLISHED", "good", "s", 0, sections=(Section("T", (), (table,)),))
    assert max(map(columns_of, to_text(made_of).splitlines())) <= 80


def test_a_table_of_nothing_has_widths():
    assert column_widths([], 80) == [] and column_widths([["", ""], [""]], 80) == [1, 1]


def test_lines_break_between_words_as_terminals_count_columns():
    assert wrapped("one two three", 7) == ["one two", "three"]
    assert wrapped("one two three", 9, used=2) == ["one two", "three"]
    assert wrapped("漢字 漢字 漢字", 9) == ["漢字 漢字", "漢字"]
    assert wrapped("  two  spaces", 80) == ["  two  spaces"]
    assert wrapped("a\nb", 80) == ["a", "b"] and wrapped("", 80) == [""]
    assert wrapped(f"see '{'a b/' * 9}' and the policy's", 20)[1] == f"'{'a b/' * 9}'"
    code = "python -c 'import os; open(\"/tmp/x\")'"
    assert max(map(len, wrapped(code, 20))) <= 20


def test_what_is_said_on_stderr_keeps_paths_whole(capsys):
    options.say(f"Its state is {LONG}. {PROSE}")
    told = capsys.readouterr().err.splitlines()
    assert any(LONG in line for line in told) and len(told) == 4


def test_a_held_back_run_names_where_it_is_on_one_line(tmp_path, fieldkit):
    folder = tmp_path / ("a folder with spaces " * 3).strip() / ("and-a-long-name" * 4)
    state = made("sqlite", folder / "shop.db", ["create table t (a integer)"])
    (tmp_path / "p.yml").write_text("tables: {t: {limits: {rows: [5, 9]}}}")
    ran = fieldkit("guard", "--state", state, "--policy", "p.yml", "--", "true")
    assert ran.returncode == 1
    lines = [" ".join(one.split()) for one in ran.stdout.splitlines()]
    assert any(one.startswith(f"'{folder}/shop.db.guard/held/") for one in lines), ran.stdout
    assert any(shlex.quote(str(state)) in one for one in lines)
