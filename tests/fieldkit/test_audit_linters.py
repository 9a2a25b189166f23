"""Configuration of sqlfluff and dbt-bouncer from standards.yml: its form, and what it covers."""

from __future__ import annotations

import configparser
import datetime as dt
import re

import pytest
import yaml

from fieldkit.audit.linters import BOUNCER, COVERED, SQLFLUFF, documents, told
from fieldkit.audit.standards import KNOWN, parsed

TEXT = """
name: team
description: rules
rules:
  - id: output-star
  - id: distinct-hides-fan-out
  - id: full-scan
  - {id: name-pattern, pattern: "^(stg|fct)_"}
  - id: key-tested
waivers:
  - {model: old_one, rule: key-tested, owner: Ines, until: 2027-03-31}
  - {model: older, rule: key-tested, owner: Ines, until: 2026-01-01}
"""
STANDARDS = parsed(TEXT, "standards.yml")
TODAY = dt.date(2026, 11, 26)


def test_sqlfluff_gets_an_ini_file_of_the_form_it_reads():
    config = configparser.ConfigParser()
    config.read_string(documents(STANDARDS, "snowflake", TODAY)[SQLFLUFF])
    assert dict(config["sqlfluff"]) == {
        "dialect": "snowflake", "templater": "jinja", "rules": "AM01, AM04",
    }  # fmt: skip


def test_bouncer_gets_checks_with_pattern_and_waivers_of_today():
    config = yaml.safe_load(documents(STANDARDS, "duckdb", TODAY)[BOUNCER])
    names, tested = config["manifest_checks"]
    assert names == {"name": "check_model_names", "model_name_pattern": ".*?(?:^(stg|fct)_)"}
    assert tested["name"] == "check_model_has_unique_test"
    [excluded] = tested["exclude"]
    assert re.match(excluded, "models/marts/old_one.sql")
    assert not re.match(excluded, "models/marts/very_old_one.sql")


@pytest.mark.parametrize("name", ["stg_orders", "fct_x"])
def test_a_pattern_means_the_same_there(name):
    [pattern] = [
        check["model_name_pattern"]
        for check in yaml.safe_load(documents(STANDARDS, "duckdb")[BOUNCER])["manifest_checks"]
        if "model_name_pattern" in check
    ]
    assert re.match(pattern, name)
    assert not re.match(pattern, f"x_{name}")


def test_every_rule_says_who_checks_it():
    lines = told(STANDARDS)
    assert [line.partition(":")[0] for line in lines] == STANDARDS.ids
    assert "full-scan: fieldkit audit only" in lines
    assert "distinct-hides-fan-out: sqlfluff AM01 in part (only DISTINCT beside GROUP BY)" in lines
    assert set(COVERED) <= set(KNOWN)


def test_a_tool_without_a_rule_gets_no_file(tmp_path):
    assert documents(parsed("name: t\nrules: [full-scan]\n", "s.yml"), "duckdb") == {}


def test_the_command_writes_and_replaces_only_its_own(tmp_path, fieldkit):
    (tmp_path / "standards.yml").write_text(TEXT)
    done = fieldkit("skills", "linters", cwd=tmp_path)
    assert done.returncode == 0
    assert done.stdout.splitlines()[:2] == [SQLFLUFF, BOUNCER]
    assert fieldkit("skills", "linters", cwd=tmp_path).returncode == 0
    (tmp_path / SQLFLUFF).write_text("[sqlfluff]\n")
    refused = fieldkit("skills", "linters", cwd=tmp_path)
    assert refused.returncode == 2
    assert "by hand" in refused.stderr
    assert (tmp_path / SQLFLUFF).read_text() == "[sqlfluff]\n"


@pytest.mark.parametrize("option", [("--to", "nowhere"), ("--dialect", "cobol")])
def test_bad_options_are_one_line(option, tmp_path, fieldkit):
    (tmp_path / "standards.yml").write_text(TEXT)
    done = fieldkit("skills", "linters", *option, cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


def test_a_name_pattern_without_a_pattern_is_one_line(tmp_path, fieldkit):
    (tmp_path / "standards.yml").write_text("name: t\nrules: [name-pattern]\n")
    done = fieldkit("skills", "linters", cwd=tmp_path)
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)
