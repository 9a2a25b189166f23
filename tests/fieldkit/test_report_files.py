"""Report files: over an older report, never over anything else that a person may have there."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path

import pytest

from fieldkit import prove
from fieldkit.report.outputs import is_report

FORMS = ("json", "junit", "html", "evidence", "sarif")
LINES = (
    "govern scan p.csv", "govern gate p.csv --policy roles.yml", "audit orders.sql",
    "govern access --personas a.yml --canaries c.csv -- python app.py",
    "prove --state s.db -- python app.py", "guard --state s.db -- python app.py",
    "chaos --files d --state s.db -- python app.py", "value check map.yml", "skills check s.yml",
)  # fmt: skip
MINE = "print('mine')\n"


@pytest.fixture
def place(tmp_path):
    for name in ("p.csv", "roles.yml", "orders.sql", "a.yml", "c.csv", "s.db", "map.yml", "s.yml"):
        (tmp_path / name).write_text("a\n")
    for name in ("app.py", "other.py"):
        (tmp_path / name).write_text(MINE)
    (tmp_path / "d").mkdir()
    return tmp_path


@pytest.mark.parametrize("line", LINES)
def test_no_instrument_overwrites_what_is_not_a_report(place, fieldkit, line):
    before, _, command = line.partition(" -- ")
    for option, name in (("--html", "app.py"), ("--evidence", "other.py"), ("--json", "app.py")):
        words = shlex.split(f"{before} {option} {name}") + (["--", command] if command else [])
        if option not in fieldkit(*words[:2], "--help").stdout:
            continue
        ran = fieldkit(*words)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert f"{option} {name}: is there and is not a report" in ran.stderr
        assert len(ran.stderr.splitlines()) == 1
    assert (place / "app.py").read_text() == (place / "other.py").read_text() == MINE


def test_every_form_is_known_as_a_report_and_written_anew(place, fieldkit):
    (place / "p.csv").write_text("mail\nada@acme.org\n")
    options = [word for form in FORMS for word in (f"--{form}", f"out.{form}")]
    (place / "out.json").touch()
    for _ in range(2):
        assert fieldkit("govern", "scan", "p.csv", *options).returncode == 1
    (place / "orders.sql").write_text("select order_id from orders\n")
    assert fieldkit("audit", "orders.sql", "--sarif", "out.sarif").returncode == 0
    assert all(is_report(place / f"out.{form}") for form in FORMS)
    assert not is_report(place / "p.csv")


def test_a_runbook_is_known_as_a_report():
    assert is_report(Path(prove.__file__).with_name("runbook.md.jinja"))


def test_a_summary_is_added_to_notes_only(place, fieldkit):
    (place / "notes.md").write_text("of another step\n")
    (place / "p.csv").write_text("a\n1\n")
    assert fieldkit("govern", "scan", "p.csv", "--summary", "notes.md").returncode == 0
    assert (place / "notes.md").read_text().startswith("of another step\n###")
    (place / "step_summary_1").write_bytes(b"SQLite format 3\0 and more")
    for name in ("other.py", "step_summary_1"):
        before = (place / name).read_bytes()
        ran = fieldkit("govern", "scan", "p.csv", "--summary", name)
        assert ran.returncode == 2 and "is not a file of Markdown to add to" in ran.stderr
        assert (place / name).read_bytes() == before


def test_what_the_command_wrote_meanwhile_is_not_lost(place, fieldkit):
    (place / "s.db").unlink()
    (place / "state").mkdir()
    (place / "app.py").write_text("open('out.json', 'w').write('mine')\nopen('state/x', 'w')\n")
    options = ("--state", "state", "--in-place", "--reruns", "1", "--kills", "0")
    ran = fieldkit(
        "prove", *options, "--json", "out.json", "--", sys.executable, place / "app.py"
    )  # fmt: skip
    assert ran.returncode == 2 and "out.json: is there and is not a report" in ran.stderr
    assert "fieldkit prove" in ran.stdout, "what was found is said all the same"
    assert (place / "out.json").read_text() == "mine"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no FIFO on this system")
def test_a_device_or_a_pipe_is_not_replaced_by_a_file(place, fieldkit):
    os.mkfifo(place / "pipe")
    for name in (place / "pipe", os.devnull):
        ran = fieldkit("govern", "scan", "p.csv", "--json", name)
        assert ran.returncode == 2 and "is not a regular file; name one" in ran.stderr
