"""The kit: its gates run as they are on a sample repository; nothing is overwritten unasked."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import yaml

from fieldkit.report.evidence import read
from labs.program import kit

GATES = ("audit", "prove", "guard", "govern")


@pytest.fixture
def gated(repository, workbook):
    """The repository with the kit in it; few kills, so that a test is quick."""
    assert workbook("kit", repository).returncode == 0
    settings = repository / "gates" / "settings.sh"
    settings.write_text(settings.read_text().replace("KILLS=20 ", "KILLS=3 "))
    return repository


def test_the_gates_pass_as_they_are_and_leave_evidence(gated, typed):
    for gate in GATES:
        ran = typed(f"sh gates/{gate}.sh")
        assert ran.returncode == 0, f"{gate}: {ran.stdout}{ran.stderr}"
    left = {path.stem: read(path)["instrument"] for path in (gated / "evidence").glob("*.json")}
    assert left == {gate: gate for gate in GATES}


def _append(folder):
    for name, old, new in (("setup", " primary key", ""), ("load", " or replace", "")):
        path = folder / f"{name}.py"
        path.write_text(path.read_text().replace(old, new))


def _negative(folder):
    load = folder / "load.py"
    load.write_text(load.read_text().replace("5 + i", "5 - i"))


def _star(folder):
    (folder / "models" / "fct_orders.sql").write_text("select * from shop.orders\n")


def _unclassified(folder):
    setup = folder / "setup.py"
    setup.write_text(setup.read_text().replace("amount double", "amount double, phone text"))
    setup.write_text(setup.read_text().replace("5 + i from", "5 + i, null from"))


@pytest.mark.parametrize(
    ("gate", "spoil", "says"),
    [
        ("audit", _star, "output-star"),
        ("prove", _append, "REFUTED"),
        ("guard", _negative, "HELD BACK"),
        ("govern", _unclassified, "orders.phone"),
    ],
)
def test_each_gate_fails_as_it_should(gated, typed, gate, spoil, says):
    spoil(gated)
    ran = typed(f"sh gates/{gate}.sh")
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert says in ran.stdout


def test_nothing_is_overwritten_unasked(repository, workbook):
    (repository / "standards.yml").write_text("ours\n")
    ran = workbook("kit", repository)
    assert ran.returncode == 1
    assert "left alone  standards.yml" in ran.stdout
    assert (repository / "standards.yml").read_text() == "ours\n"
    again = workbook("kit", repository)
    assert "made" not in again.stdout
    assert workbook("kit", repository, "--force").returncode == 0
    assert (repository / "standards.yml").read_text() != "ours\n"


def test_a_folder_that_is_not_there_is_one_line(workbook):
    ran = workbook("kit", "nowhere")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "workbook: nowhere: is not a folder; name your repository's\n"


def test_the_workflow_runs_every_gate_and_asks_for_no_rights():
    workflow = yaml.safe_load((kit.TEMPLATES / ".github/workflows/data-gates.yml").read_text())
    job = workflow["jobs"]["gates"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow[True] == {"pull_request": None}  # YAML 1.1 reads `on` as true
    runs = [
        shlex.split(step["run"])[-1] for step in job["steps"] if "gates/" in step.get("run", "")
    ]
    assert runs[1:] == [f"gates/{gate}.sh" for gate in GATES]


def test_every_file_that_the_readme_names_is_there(gated):
    named = re.findall(r"`([\w./-]+\.(?:sh|md|yml))`", (gated / "gates/README.md").read_text())
    assert len(named) > 10
    assert [name for name in named if not (gated / Path(name)).exists()
            and not (gated / "gates" / name).exists()] == []  # fmt: skip


def test_the_standards_of_the_kit_hold(gated, typed):
    assert typed("fieldkit skills check").returncode == 0


def test_the_value_map_of_the_kit_holds(gated, typed):
    ran = typed("fieldkit value check value/map.yml")
    assert ran.returncode == 0, ran.stdout + ran.stderr
