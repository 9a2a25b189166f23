"""Evidence: a sealed report, and one line for every file that is not one, or was changed."""

from __future__ import annotations

import json
import shlex

import pytest

from fieldkit.errors import CannotRun
from fieldkit.report.evidence import read

SQL = "select order_id from orders\n"


@pytest.fixture
def left(tmp_path, fieldkit):
    """An evidence file that the audit has left, and where."""
    (tmp_path / "orders.sql").write_text(SQL)
    path = tmp_path / "audit.json"
    ran = fieldkit("audit", "orders.sql", "--evidence", path)
    assert ran.returncode == 0, ran.stderr
    assert "--evidence" not in ran.stdout, "the line `again:` names no report file"
    return path


def test_a_sealed_report_is_read_again(left):
    told = read(left)
    assert (told["instrument"], told["verdict"], told["exit_code"]) == ("audit", "NO FINDINGS", 0)
    assert told["header"]["again"] == "fieldkit audit orders.sql"


def test_another_order_of_keys_and_other_spaces_are_no_change(left):
    told = json.loads(left.read_text())
    left.write_text(json.dumps(dict(reversed(told.items()))))
    assert read(left)["verdict"] == "NO FINDINGS"


def _changed(told, text):
    return json.dumps(told | {"verdict": "PROVED"})


def _without(told, text):
    return json.dumps({k: v for k, v in told.items() if k != "seal"})


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (_changed, "was changed after it was written"),
        (_without, "has no seal"),
        (lambda told, text: text[: len(text) // 2], "cannot be read as JSON"),
        (lambda told, text: "[]", "is not a report of fieldkit"),
        (lambda told, text: "[" * 100_000, "cannot be read as JSON"),
    ],
)
def test_every_other_file_gets_one_line(left, change, says):
    text = left.read_text()
    left.write_text(change(json.loads(text), text))
    with pytest.raises(CannotRun, match=says):
        read(left)


def test_a_folder_and_a_missing_file_are_no_reports(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(CannotRun, match="is not a report"):
            read(path)


def test_every_instrument_leaves_evidence(fieldkit):
    commands = "audit", "prove", "chaos", "guard run", "skills check"
    for command in (*commands, "govern scan", "govern gate", "govern access"):
        assert "--evidence" in fieldkit(*shlex.split(command), "--help").stdout, command


def test_the_check_of_a_skills_file_leaves_its_cases(tmp_path, fieldkit):
    fieldkit("skills", "init")
    ran = fieldkit("skills", "check", "--evidence", "skills.json")
    assert ran.returncode == 0, ran.stdout + ran.stderr
    told = read(tmp_path / "skills.json")
    assert (told["instrument"], told["verdict"], len(told["cases"])) == ("skills", "HOLDS", 12)
    assert fieldkit("skills", "check", "--evidence", "standards.yml").returncode == 2
