"""Gate: unclassified and unmasked columns by content, access paths, and what a role can open."""

from __future__ import annotations

import os
import re
import sqlite3
import xml.etree.ElementTree as ET

import duckdb
import pytest
import yaml

from fieldkit.errors import CannotRun
from fieldkit.govern.gate import gate

CLASSES = {
    "customers.customer_id": "key", "customers.email": "contact", "customers.country": "place",
    "tickets.ticket_id": "key", "tickets.customer_id": "key", "tickets.body": "text",
}  # fmt: skip
ROLES = {
    "analyst": {
        "rows": {"customers": True, "tickets": True},
        "show": {"key": "clear", "contact": "partial", "place": "clear", "text": "redact"},
    },
    "support": {
        "rows": {"customers": "country = 'US'", "tickets": True},
        "show": {"key": "clear", "contact": "clear", "text": "clear"},
    },
}
PATHS = [
    {"name": "chat", "application": "askops", "principal": "user",
     "objects": ["customers", "tickets"], "evidence": "evidence.txt"},
    {"name": "dashboard", "application": "bi", "principal": "user",
     "objects": ["customers.country"], "evidence": "evidence.txt"},
]  # fmt: skip


class Desk:
    """A database, a policy and paths that pass; `change` them and look."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.classes, self.roles = dict(CLASSES), yaml.safe_load(yaml.safe_dump(ROLES))
        self.paths = [dict(one) for one in PATHS]
        self.sql(
            "create table customers as select i as customer_id, 'u' || i || '@acme.org' as email, "
            "'US' as country from range(20) r(i)",
            "create table tickets as select i as ticket_id, i as customer_id, case when i = 7 then "
            "'write to u7@acme.org' else 'late' end as body from range(20) r(i)",
        )
        self.write()
        (folder / "evidence.txt").write_text("asked, 0 leaks")

    def sql(self, *statements: str) -> None:
        with duckdb.connect(str(self.folder / "w.duckdb")) as con:
            for one in statements:
                con.execute(one)

    def write(self) -> None:
        policy, paths = self.folder / "policy.yml", self.folder / "paths.yml"
        policy.write_text(yaml.safe_dump({"classes": self.classes, "roles": self.roles}))
        os.utime(policy, (1_000_000_000, 1_000_000_000))
        paths.write_text(yaml.safe_dump(self.paths))

    def refusals(self, role: str = "", paths: bool = False) -> list[tuple[str, str]]:
        self.write()
        given = self.folder / "paths.yml" if paths else None
        database = None if paths else self.folder / "w.duckdb"
        found = gate(self.folder / "policy.yml", database, given, role)
        assert found.exit_code == bool(found.refusals)
        return [(one.where, one.what) for one in found.refusals]


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_the_clean_state_passes(desk, fieldkit):
    options = ("w.duckdb", "--paths", "paths.yml", "--junit", "out.xml", "--html", "out.html")
    ran = fieldkit("govern", "gate", *options)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "PASSED: 6 columns and 2 paths checked, none refused." in ran.stdout
    suite = ET.fromstring((desk.folder / "out.xml").read_text())
    assert (suite.get("tests"), suite.get("failures")) == ("8", "0")


def test_a_new_column_and_a_new_table_are_refused(desk, fieldkit):
    desk.sql(
        "alter table customers add column national_id varchar",
        "update customers set national_id = '123-45-' || (6000 + customer_id)",
        "create table notes (remark varchar)",
    )
    assert desk.refusals() == [
        ("customers.national_id", "holds social security number in 20 cells"),
        ("notes.remark", "no class names it"),
    ]
    ran = fieldkit("govern", "gate", "w.duckdb")
    assert ran.returncode == 1 and ran.stdout.lstrip().startswith("REFUSED: 2 reasons against it")


def test_what_only_a_wildcard_covers_is_refused_if_it_is_personal(desk):
    del desk.classes["customers.email"], desk.classes["customers.country"]
    desk.classes["customers.*"] = "contact"
    desk.roles["analyst"]["show"].pop("place")
    assert desk.refusals() == [
        ("customers.email", "holds mail address in 20 cells, and only a class with * covers it")
    ]


def test_a_text_that_holds_what_the_role_sees_masked_elsewhere(desk):
    desk.roles["analyst"]["show"]["text"] = "clear"
    ((where, what),) = desk.refusals()
    assert where == "tickets.body"
    assert what == (
        "holds mail address in 1 cell, clear to analyst, but customers.email is partial to it"
    )
    desk.roles["analyst"]["show"].pop("contact")
    assert "customers.email is hidden to it" in desk.refusals()[0][1]


def test_what_is_clear_to_every_role_is_not_masked(desk):
    desk.classes["customers.email"] = "place"
    desk.roles["support"]["show"] |= {"place": "clear"}
    desk.roles["support"]["show"].pop("contact")
    desk.roles["analyst"]["show"].pop("contact")
    assert ("customers.email", "holds mail address in 20 cells, clear to every role") in (
        desk.refusals()
    )


def test_what_a_role_can_open(desk):
    assert ("customers.email", "is to be shown by the rule partial, but holds mail address in 20 "
            "cells") in desk.refusals(role="analyst")  # fmt: skip
    desk.sql("update customers set email = '***@acme.org'", "update tickets set body = 'redacted'")
    assert desk.refusals(role="analyst") == []
    desk.sql("alter table customers add column salary integer")
    assert desk.refusals(role="analyst") == [
        ("customers.salary", "analyst does not see it by the policy")
    ]
    assert [where for where, _ in desk.refusals(role="support")] == [
        "customers.country", "customers.salary",
    ]  # fmt: skip


# -- what a role can open: texts and rows


def test_a_text_is_compared_with_the_columns_that_the_policy_masks_by_their_names(desk):
    """What the role can open has the column masked: its content no longer says what it is."""
    desk.sql(
        "update customers set email = '***'",
        "update tickets set body = 'write to u' || ticket_id || '@acme.org'",
    )
    desk.roles["analyst"]["show"]["text"] = "clear"
    desk.roles["support"]["show"]["text"] = "redact"
    told = ("tickets.body", "holds mail address in 20 cells, clear to analyst, but customers.email "
            "is partial to it")  # fmt: skip
    assert desk.refusals(role="analyst") == [told]
    assert desk.refusals() == [told]
    desk.sql("alter table customers drop column email")
    assert desk.refusals(role="analyst") == [told]
    desk.roles["analyst"]["show"]["contact"] = "clear"
    assert desk.refusals(role="analyst") == []


SOME = "20 rows do not meet (country = 'DE')"


def files(desk, kind):
    """The tables of the desk's database in another kind of database."""
    (desk.folder / "lake").mkdir()
    with duckdb.connect(str(desk.folder / "w.duckdb")) as con:
        for table in ("customers", "tickets"):
            rows, target = con.execute(f"from {table}"), desk.folder / "lake" / f"{table}.{kind}"
            names = ", ".join(one[0] for one in rows.description)
            if kind == "db":
                with sqlite3.connect(desk.folder / "lake" / "w.db") as other:
                    other.execute(f"create table {table} ({names})")
                    other.executemany(f"insert into {table} values (?, ?, ?)", rows.fetchall())
            else:
                con.execute(f"copy {table} to '{target}' {'(format json)' if 'j' in kind else ''}")


@pytest.mark.parametrize("kind", ["duckdb", "db", "csv", "parquet", "jsonl"])
def test_rows_that_the_condition_forbids(desk, kind):
    desk.sql(
        "update customers set email = '***', country = case when customer_id < 5 then 'US' when "
        "customer_id = 5 then null else 'DE' end",
        "update tickets set body = 'redacted'",
    )
    desk.roles["analyst"]["rows"] = {"customers": "country = 'DE'", "tickets": "ticket_id < 15"}
    desk.write()
    database = desk.folder / "w.duckdb"
    if kind != "duckdb":
        files(desk, kind)
        database = desk.folder / "lake"
    found = gate(desk.folder / "policy.yml", database, role="analyst")
    assert sorted((one.where, one.what) for one in found.refusals) == [
        ("customers", f"6 of {SOME}"), ("tickets", "5 of 20 rows do not meet (ticket_id < 15)"),
    ]  # fmt: skip
    assert [name for group, name in found.checked if group == "condition"] == [
        "customers", "tickets",
    ]  # fmt: skip


def test_a_condition_on_another_table(desk):
    desk.sql("update customers set email = '***'", "update tickets set body = 'redacted'")
    desk.roles["analyst"]["rows"]["tickets"] = (
        "customer_id in (select customer_id from customers where customer_id > 3)"
    )
    ((where, what),) = desk.refusals(role="analyst")
    assert (where, what[:27]) == ("tickets", "4 of 20 rows do not meet (c")


@pytest.mark.parametrize(
    ("change", "verdict", "words"),
    [
        ({"place": "redact"}, "PASSED", "rows of customers are not checked: country is redact to"),
        ({"place": None}, "PASSED", "are not checked: there is no column country"),
        ({}, "INCOMPLETE", "rows of customers: there is no column country, which its condition"),
        ({"rows": "citty = 'US'"}, "INCOMPLETE", "rows of customers: there is no column citty"),
        ({"rows": "customer_id = soon()"}, "INCOMPLETE", "(customer_id = SOON()) cannot be run"),
    ],
)
def test_rows_that_cannot_be_checked_are_said_and_not_passed(
    desk, fieldkit, change, verdict, words
):
    """Without the column it is well if the policy hides it, else nobody knows."""
    desk.sql("update customers set email = '***'", "update tickets set body = 'redacted'")
    analyst = desk.roles["analyst"]
    analyst["rows"]["customers"] = change.pop("rows", "country = 'US'")
    if change.get("place") != "redact":
        desk.sql("alter table customers drop column country")
    analyst["show"] |= change
    analyst["show"] = {tag: rule for tag, rule in analyst["show"].items() if rule}
    desk.write()
    ran = fieldkit("govern", "gate", "w.duckdb", "--role", "analyst")
    assert ran.returncode == {"PASSED": 0, "INCOMPLETE": 2}[verdict], ran.stdout
    assert ran.stdout.lstrip().startswith(verdict)
    assert words in " ".join(ran.stdout.split())


def test_rows_of_a_policy_that_no_table_has_are_told(desk):
    desk.roles["analyst"]["rows"] |= {"custommers": True, "tickets": "late or bodi = 'x'"}
    desk.roles["support"]["rows"] = {
        "*": True, "customers": "customer_id in (select owner from owners)"
    }  # fmt: skip
    desk.write()
    found = gate(desk.folder / "policy.yml", desk.folder / "w.duckdb")
    assert found.warnings == [
        "rows of analyst: there is no table custommers",
        "rows of analyst: tickets has no column late, bodi",
    ]


def test_of_two_files_with_one_name_a_refusal_says_which(desk):
    for part in ("a", "b"):
        (desk.folder / "lake" / part).mkdir(parents=True)
        (desk.folder / "lake" / part / "tickets.csv").write_text("body\nu7@acme.org\n")
    desk.roles["analyst"]["show"]["text"] = "clear"
    desk.write()
    found = gate(desk.folder / "policy.yml", desk.folder / "lake")
    assert [one.what[:41] for one in found.refusals] == [
        f"holds mail address in 1 cell of {part}/tickets" for part in "ab"
    ]


@pytest.mark.parametrize(
    ("change", "what"),
    [
        ({"principal": None}, "names no principal"),
        ({"principal": "svc-askops"}, "reads as svc-askops, whoever asks"),
        ({"principal": "User"}, ""),
        ({"objects": None}, "names no object"),
        ({"objects": []}, "names no object"),
        ({"objects": ["*"]}, "* is a wildcard"),
        ({"objects": ["customers.*"]}, "customers.* is a wildcard"),
        ({"evidence": None}, "names no evidence"),
        ({"evidence": "absent.txt"}, "its evidence, absent.txt, is not there"),
        ({"evidence": "empty.txt"}, "its evidence, empty.txt, is empty"),
        ({"evidence": "old.txt"}, "its evidence, old.txt, is older than the policy"),
        ({"evidence": "same.txt"}, ""),
        ({"name": "dashboard"}, "is there twice: which is true?"),
    ],
)
def test_paths(desk, change, what):
    (desk.folder / "empty.txt").write_text("")
    for name, moment in (("old.txt", 999_999_999), ("same.txt", 1_000_000_000)):
        (desk.folder / name).write_text("asked")
        os.utime(desk.folder / name, (moment, moment))
    desk.paths[0] |= change
    found = desk.refusals(paths=True)
    assert [told for _, told in found][:1] == ([what] if what else []), found
    desk.paths.reverse()
    assert sorted(desk.refusals(paths=True)) == sorted(found), "the order does not count"


def test_an_object_that_the_policy_does_not_know_is_told(desk):
    desk.paths[0]["objects"] = ["search_index"]
    desk.write()
    found = gate(desk.folder / "policy.yml", None, desk.folder / "paths.yml")
    assert found.warnings == ["chat: the policy has no class of search_index"]


def test_a_class_of_no_column_is_told(desk, fieldkit):
    desk.classes["customers.fax"] = "contact"
    desk.write()
    ran = fieldkit("govern", "gate", "w.duckdb")
    assert ran.returncode == 0 and "classes of no column that there is: customers.fax" in ran.stdout


def test_a_folder_of_files_is_judged_by_their_names(desk):
    (desk.folder / "lake").mkdir()
    (desk.folder / "lake" / "customers.csv").write_text("customer_id,email\n1,ada@acme.org\n")
    (desk.folder / "lake" / "other.csv").write_text("n\n1\n")
    (desk.folder / "lake" / "events.jsonl").write_text('{"n": 1, "by": {"to": "ada@acme.org"}}\n')
    (desk.folder / "lake" / "one.json").write_text('[{"n": 1,\n "m": "x"}]')
    (desk.folder / "lake" / "app.log").write_text("1 fine\n2 ada@acme.org\n")
    found = gate(desk.folder / "policy.yml", desk.folder / "lake")
    assert [one.where for one in found.refusals] == [
        "events.by", "events.n", "one.m", "one.n", "other.n", "app.text",
    ]  # fmt: skip
    assert found.refusals[0].what == "holds mail address in 1 cell of events.jsonl"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing to judge: name a database, or --paths"),
        (("w.duckdb", "--policy", "absent.yml"), "--policy absent.yml: there is no such file"),
        (("absent.duckdb",), "there is no such file or folder"),
        (("w.duckdb", "--role", "boss"), "there is no role boss; there are: analyst, support"),
        (("--paths", "absent.yml"), "--paths absent.yml: there is no such file"),
        (("--paths", "empty.yml"), "write a list"),
        (("--paths", "odd.yml"), "item 1: there is no principle; there are: name, application"),
        (("--paths", "nameless.yml"), "item 1: has no name"),
        (("empty.duckdb",), "holds no table, so there is nothing to judge"),
        (("policy.yml", "--policy", "empty.yml"), "says nothing of classes"),
    ],
)
def test_what_cannot_be_judged(desk, fieldkit, options, words):
    duckdb.connect(str(desk.folder / "empty.duckdb")).close()
    (desk.folder / "empty.yml").write_text("")
    (desk.folder / "odd.yml").write_text("[{name: chat, principle: user}]")
    (desk.folder / "nameless.yml").write_text("[{application: chat}]")
    ran = fieldkit("govern", "gate", *options)
    assert (ran.returncode, ran.stdout) == (2, ""), ran
    assert len(ran.stderr.splitlines()) == 1 and re.search(words, ran.stderr), ran.stderr


def test_what_cannot_be_read_is_not_passed(desk):
    (desk.folder / "lake").mkdir()
    (desk.folder / "lake" / "customers.parquet").write_bytes(b"PAR1 nothing")
    with pytest.raises(CannotRun, match="what cannot be read cannot be judged"):
        gate(desk.folder / "policy.yml", desk.folder / "lake")


def test_what_is_no_part_of_the_database_can_be_left_out(desk, fieldkit):
    (desk.folder / "lake").mkdir()
    (desk.folder / "lake" / "customers.csv").write_text("customer_id,country\n1,US\n")
    (desk.folder / "lake" / "plan.png").write_bytes(bytes(5_000))
    ran = fieldkit("govern", "gate", "lake", "--role", "analyst")
    assert ran.returncode == 2 and "plan.png: is of no kind that can be read" in ran.stderr
    assert "(--ignore NAME leaves it out)" in ran.stderr
    assert (
        fieldkit("govern", "gate", "lake", "--role", "analyst", "--ignore", "*.png").returncode == 0
    )
