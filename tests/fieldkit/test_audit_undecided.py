"""What the audit has not seen is never called clean: undecided rules, other files, nothing left."""

from __future__ import annotations

import json
import subprocess
import xml.etree.ElementTree as ET

import pytest

from fieldkit.audit import Catalog, Settings, Table, elsewhere
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import of
from fieldkit.audit.story import report_of

KNOWN = Settings(catalog=Catalog((Table("shop.sales", "day", 50_000_000, 365, grain=("id",)),)))
GOOD = "select id from shop.sales where day = date '2026-01-01'"
HALF = "select sum(s.id) as n from shop.sales s join shop.who u using (id) where day > '2026-01-01'"


def judged(text, settings=KNOWN):
    (model,) = of(Project((File("m.sql", text),)), settings).models
    return model


@pytest.mark.parametrize(
    ("text", "settings", "verdict"),
    [
        (GOOD, KNOWN, "clean"),
        (GOOD, Settings(), "undecided"),
        (HALF, KNOWN, "undecided"),
        (GOOD + " order by id", Settings(), "findings"),
    ],
)
def test_a_file_is_clean_only_where_every_rule_was_decided(text, settings, verdict):
    assert judged(text, settings).verdict == verdict


def test_a_file_whose_findings_the_baseline_knows_is_waived_and_its_rules_stay_undecided(
    tmp_path, fieldkit
):
    (tmp_path / "m.sql").write_text("select a from t order by a")
    fieldkit("audit", ".", "--baseline", "b.json", "--json", "o.json")
    (model,) = json.loads((tmp_path / "o.json").read_text())["audit"]["models"]
    assert model["verdict"] == "waived" and "full-scan" in model["unknown"]


def test_where_all_files_were_skipped_nothing_is_judged():
    told = report_of(of(Project((File("m.sql", why="is empty"),)), KNOWN))
    assert (told.verdict, told.exit_code, told.status) == ("NOT JUDGED", 2, "unsure")


USED = {
    "three quotes": 'con.execute("""\n    select id\n    from sales\n""")',
    "a remark first": 'con.execute("""-- news\nselect id from sales s join t using (id)""")',
    "a value put in": 'spark.sql(f"merge into {table} using news on true")',
    "two parts": 'run("select id " + columns + " from sales where a = 1")',
    "insert": "con.execute('INSERT INTO sales VALUES (1)')",
    "create": "run('create or replace table sales as select 1')",
    "update": 'run("update sales set a = 1")',
    "delete": 'run("delete from sales where day = 1")',
    "steps": 'query = "with news as (select 1) select * from news"',
    "a Python that this one cannot read": 'print "x"\nrun("delete from sales where true")',
}
NONE = {
    "a docstring": '"""Select rows from sales."""',
    "prose": 'print("select a file from the list of files that you have")',
    "words": 'a = ["update the docs", "with care", "insert", "create a table first"]',
    "a comment": "sales = frame[frame.day > 3]  # select id from sales",
}


@pytest.mark.parametrize(
    ("text", "holds"), [(t, True) for t in USED.values()] + [(t, False) for t in NONE.values()],
    ids=[*USED, *NONE],
)  # fmt: skip
def test_sql_in_a_string_is_told_from_prose(text, holds, tmp_path):
    (tmp_path / "load.py").write_text(text)
    assert bool(elsewhere.with_sql([tmp_path / "load.py"], tmp_path)) == holds


def notebook(source):
    return json.dumps({"cells": [{"cell_type": "code", "source": source}]})


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("a.ipynb", notebook(["%%sql\n", "select 1"]), "notebook"),
        ("b.ipynb", notebook(USED["update"]), "notebook"),
        ("c.sh", "psql <<SQL\ninsert into sales select * from news;\nSQL\n", "shell script"),
        ("d.scala", 'spark.sql("select id from sales")', "other file"),
    ],
)  # fmt: skip
def test_notebooks_and_programs_are_named_as_what_they_are(name, text, kind, tmp_path):
    (tmp_path / name).write_text(text)
    assert elsewhere.with_sql([tmp_path / name], tmp_path)
    assert elsewhere.told([name]) == [f"1 {kind} with SQL in it was not read: {name}."]


def test_many_are_counted_and_some_are_named():
    (told,) = elsewhere.told([f"load_{n}.py" for n in (6, 1, 0, 2, 3, 4, 5)])
    assert told.startswith("7 Python files with SQL in them were not read: load_0.py, load_1.py")
    assert told.endswith("load_4.py, and 2 more.")


@pytest.fixture
def shop(tmp_path):
    """A model that is clean, a script and a Python model with SQL, and files without any."""
    (tmp_path / "models").mkdir()
    (tmp_path / "tests").mkdir()
    for name, text in {
        "dbt_project.yml": "name: shop", "models/m.sql": GOOD,
        "models/p.py": "def model(dbt, session):\n    return session.sql('select 1 as a from t')",
        "load.py": 'run("insert into sales select * from news")', "plain.py": "print(1)",
        "tests/test_load.py": 'run("select 1 from sales")', "odd.py": "\x00",
        "broken.ipynb": "{", "c.csv": "table,partition,grain\nshop.sales,day,id\n",
    }.items():  # fmt: skip
        (tmp_path / name).write_text(text)
    return tmp_path


def test_files_with_sql_are_named_in_every_form_of_the_report(shop, fieldkit):
    forms = ("--json", "o.json", "--html", "o.html", "--junit", "o.xml", "--summary", "o.md")
    ran = fieldkit("audit", ".", "--catalog", "c.csv", *forms)
    assert ran.returncode == 0 and ran.stdout.lstrip().startswith("NO FINDINGS"), ran.stdout
    told = "2 Python files with SQL in them were not read: load.py, models/p.py."
    assert told in " ".join(ran.stdout.split()) and told in (shop / "o.html").read_text()
    assert told.replace("_", r"\_") in (shop / "o.md").read_text()
    report = json.loads((shop / "o.json").read_text())["audit"]
    assert report["unread"] == ["load.py", "models/p.py"] and report["counts"]["clean"] == 1
    skipped = {c.get("name") for c in ET.parse(shop / "o.xml").iter("testcase") if len(c)}
    assert skipped == {"load.py", "models/p.py"}


def test_an_undecided_file_is_named_in_every_form_of_the_report(shop, fieldkit):
    forms = ("--json", "o.json", "--html", "o.html", "--junit", "o.xml", "--summary", "o.md")
    ran = fieldkit("audit", "models", *forms)
    assert ran.returncode == 0 and "1 undecided" in ran.stdout
    told = "1 file undecided, in which nothing was found: m.sql."
    assert told in " ".join(ran.stdout.split()) and told in (shop / "o.html").read_text()
    assert told in (shop / "o.md").read_text()
    report = json.loads((shop / "o.json").read_text())["audit"]
    assert (report["counts"]["undecided"], report["counts"]["clean"]) == (1, 0)
    case = next(c for c in ET.parse(shop / "o.xml").iter("testcase") if c.get("name") == "m.sql")
    assert case[0].tag == "skipped" and case[0].get("message").startswith("undecided: full-scan")


def test_a_folder_of_scripts_only_says_what_was_not_read(tmp_path, fieldkit):
    (tmp_path / "load.py").write_text(USED["insert"])
    ran = fieldkit("audit", ".")
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
    assert "1 Python file with SQL in it was not read: load.py" in ran.stderr


@pytest.fixture
def committed(shop):
    git = ["git", "-C", str(shop), "-c", "user.email=a@example.com", "-c", "user.name=a"]
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], check=True)
    return shop


def test_where_nothing_changed_the_gate_passes_and_says_so(committed, fieldkit):
    ran = fieldkit("audit", ".", "--changed-since", "HEAD")
    assert ran.returncode == 0
    assert ran.stdout.lstrip().startswith("NOTHING CHANGED: no model is other than at HEAD")
    assert "Not read" not in ran.stdout
    (committed / "load.py").write_text(USED["delete"])
    ran = fieldkit("audit", ".", "--changed-since", "HEAD")
    assert ran.returncode == 0 and "not read: load.py." in ran.stdout


def test_where_only_skipped_models_changed_there_is_a_line_and_a_way(committed, fieldkit):
    (committed / "models" / "p.py").write_text("def model(dbt, session):\n    return 3\n")
    (committed / "models" / "empty.sql").write_text("\n")
    words = ("audit", ".", "--changed-since", "HEAD", "--github", "--json", "o.json")
    ran = fieldkit(*words)
    out = " ".join(ran.stdout.split())
    assert ran.returncode == 2 and "NOT JUDGED: 2 files, 0 parsed, 2 skipped" in out
    assert out.startswith("::error title=not judged::No rule can read any of these files")
    assert out.count("--allow-skipped lets such a run pass") == 2
    ran = fieldkit(*words, "--allow-skipped")
    out = ran.stdout.lstrip()
    assert ran.returncode == 0 and out.startswith("NOTHING TO JUDGE: 2 files, 0 parsed, 2 skipped")
    assert "models/p.py" in out and "::error" not in out
    assert json.loads((committed / "o.json").read_text())["verdict"] == "NOTHING TO JUDGE"
    (committed / "models" / "bad.sql").write_text("select from where (")
    ran = fieldkit(*words, "--allow-skipped")  # what was to be read and could not be is not green
    assert ran.returncode == 2 and "NOT JUDGED" in ran.stdout


@pytest.mark.parametrize("revision", ["nope", "--output=left", "0" * 40, ""])
def test_a_bad_revision_is_one_line(revision, committed, fieldkit):
    ran = fieldkit("audit", ".", f"--changed-since={revision}")
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1), ran.stderr
    assert "revision" in ran.stderr and not (committed / "left").exists()


def test_a_folder_without_git_is_one_line(shop, fieldkit):
    ran = fieldkit("audit", ".", "--changed-since", "HEAD")
    assert (ran.returncode, len(ran.stderr.splitlines())) == (2, 1)
    assert "is not in a git repository" in ran.stderr


VIEW = "{{ config(materialized='view') }} "
RANK = "row_number() over (partition by %s order by at desc) = 1"
DAY = Catalog((Table("raw.events", "day", 50_000_000, 365, ("id",)),))


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("select distinct id, day from raw.events", True),
        ("select id, day from raw.events qualify " + RANK % "day, id", True),
        ("with a as (select id, day as d from raw.events) select id, d from a qualify "
         + RANK % "d, id", True),
        ("select distinct on (id) id, day from raw.events order by id, at", False),
        ("select id, day from raw.events qualify " + RANK % "id", False),
        ("with a as (select *, " + RANK.removesuffix(" = 1") % "id"
         + " as n from raw.events) select id, day from a where n = 1", False),
    ],
)  # fmt: skip
def test_a_view_that_drops_copies_is_told_what_its_readers_need(text, note):
    audit = of(Project((File("m.sql", VIEW + text),)), Settings(catalog=DAY))
    (found,) = [f for f in audit.models[0].findings if f.rule == "full-scan"]
    assert found.note == note
    if not note:
        (problem,) = [p for p in report_of(audit).findings if p.title.startswith("full-scan")]
        (advice,) = problem.advice
        assert "PARTITION BY" in advice and "Filter on" not in advice


def test_a_view_that_drops_the_day_with_the_copies_is_still_read_whole():
    for text, note in (("select distinct id from raw.events", False),
                       ("select id from raw.events", True)):  # fmt: skip
        audit = of(Project((File("m.sql", VIEW + text),)), Settings(catalog=DAY))
        assert [f.note for f in audit.models[0].findings if f.rule == "full-scan"] == [note], text


def test_another_window_in_a_view_has_the_advice_of_the_rule():
    text = VIEW + "select id, day, lag(at) over (partition by id order by at) as b from raw.events"
    audit = of(Project((File("m.sql", text),)), Settings(catalog=DAY))
    (problem,) = [p for p in report_of(audit).findings if p.title.startswith("full-scan")]
    assert problem.advice == ("Filter on the partition column, or ask for a waiver.",)
