"""All six items, each by the command of the list, on one pipeline from an empty folder."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture
def worked(repository, workbook, typed):
    """The repository with the kit, and the assistant that the page of govern shows."""
    assert workbook("kit", repository).returncode == 0
    settings = repository / "gates" / "settings.sh"
    settings.write_text(settings.read_text().replace("KILLS=20 ", "KILLS=2 "))
    page = (DOCS / "govern.md").read_text(encoding="utf-8")
    for name, text in re.findall(r"```\w+\n# (askops.py|personas.yml|canaries.csv)\n(.*?)```", page,
                                 re.S):  # fmt: skip
        (repository / name).write_text(text)
    (repository / "value" / "map.yml").write_text(_three(repository / "value" / "map.yml"))
    (repository / "value" / "metrics.yml").write_text(_two_more(repository / "value"))
    return repository


def _three(path):
    return path.read_text() + "".join(
        f"  - pipeline: {name}\n    table: mart.{name}\n"
        f"    kind: {kind}\n    metric: {name}_cents\n"
        f"    per_month: {cents}\n    owner: sales@example.com\n    source: sales/{name}.xlsx\n"
        for name, kind, cents in (("reminders", "revenue", 1284000), ("freight", "cost", 640000))
    )


def _two_more(folder):
    return (folder / "metrics.yml").read_text() + "".join(
        f"  - name: {name}_cents\n    owner: sales@example.com\n    unit: cents\n"
        f"    per_month: {cents}\n    source: sales/{name}.xlsx\n    pipelines: [{name}]\n"
        for name, cents in (("reminders", 1284000), ("freight", 640000))
    )


COMMANDS = (
    "sh gates/audit.sh",
    "fieldkit skills check standards.yml --evidence evidence/skills.json",
    "sh gates/prove.sh",  # before the guard publishes: it needs a state to which a load brings rows
    "sh gates/guard.sh",
    "fieldkit value check value/map.yml --evidence evidence/value.json",
    "INTERN_TOKEN=i-8842 SUPPORT_TOKEN=s-1197 fieldkit govern access"
    " --evidence evidence/access.json -- python askops.py user",
)


def test_six_of_six(worked, typed, workbook):
    for command in COMMANDS:
        ran = typed(command)
        assert ran.returncode == 0, f"{command}: {ran.stdout}{ran.stderr}"
    ran = workbook("checklist", "--evidence", worked / "evidence", "--json")
    told = json.loads(ran.stdout)
    assert ran.returncode == 0
    assert {one["item"]: one["state"] for one in told["items"]} == dict.fromkeys(
        ("audit", "skills", "guard", "value", "prove", "govern"), "DONE"
    )
    assert told["done"] == 6


def test_every_command_of_the_page_is_offered(workbook):
    page = (DOCS / "thirty-days.md").read_text(encoding="utf-8")
    for name in sorted(set(re.findall(r"^workbook (\w+)", page, re.M))):
        told = workbook(name, "--help").stdout
        used = {o for line in re.findall(rf"^workbook {name} (.*)$", page, re.M)
                for o in re.findall(r"--[a-z]+", line)}  # fmt: skip
        assert told, name
        assert used <= set(re.findall(r"--[a-z]+", told)), name
