"""The thirty days: an item is done by the evidence that its command left, and by nothing else."""

from __future__ import annotations

import datetime as dt
import json

import pytest

from fieldkit.report.evidence import to_evidence
from fieldkit.report.report import Header, Report
from labs.program import checklist
from labs.program.checklist import DONE, FOUND, OPEN

GOOD = {
    "audit": {"counts": {"clean": 3}},
    "skills": {"rules": ["order-by"]},
    "guard": {"channels": ["file"]},
    "value": {"pipelines": [{"kind": kind} for kind in ("revenue", "cost", "hours")]},
    "prove": {"experiments": [{"name": "kill", "kills": ["0.3 s"]}]},
    "govern": {"answers": [{"persona": "ana"}]},
}


def _left(folder, instrument, data, *, code=0, name="", date="2026-12-01 09:00 UTC", state="s"):
    """Leave evidence as an instrument does."""
    report = Report(
        instrument=instrument, verdict="FINE" if code == 0 else "BAD", status="good",
        summary="this was found.", exit_code=code, data=data,
        header=Header("1", date, state, "", 1.0, f"fieldkit {instrument}"),
    )  # fmt: skip
    folder.mkdir(exist_ok=True)
    (folder / f"{name or instrument}.json").write_text(to_evidence(report))


def _states(folder):
    return {one.item.id: one.state for one in checklist.read(folder).standings}


def test_nothing_is_done_without_evidence(tmp_path):
    assert set(_states(tmp_path).values()) == {OPEN}
    assert set(_states(tmp_path / "not there").values()) == {OPEN}


def test_six_of_six(tmp_path):
    for instrument, data in GOOD.items():
        _left(tmp_path, instrument, data)
    assert set(_states(tmp_path).values()) == {DONE}
    assert checklist.read(tmp_path).done == 6


@pytest.mark.parametrize("instrument", GOOD)
def test_a_report_that_failed_is_at_work(tmp_path, instrument):
    _left(tmp_path, instrument, GOOD[instrument], code=1)
    state = _states(tmp_path)[instrument]
    # A guarded run that held a bad night back has done what it is there for.
    assert state == (DONE if instrument == "guard" else FOUND)


@pytest.mark.parametrize(
    ("instrument", "data", "says"),
    [
        ("audit", {"counts": {"unparsed": 4, "skipped": 1}}, "no model was read"),
        ("guard", {"channels": []}, "names no alerts"),
        ("value", {"pipelines": [{"kind": "none"}, {"kind": "cost"}]}, "1 of 3 initiatives"),
        ("prove", {"experiments": [{"kills": []}]}, "no kill was tried"),
        ("prove", {"experiments": 3}, "a form that this release does not know"),
        ("audit", {"counts": {"clean": "many"}}, "a form that this release does not know"),
        ("govern", {"hits": []}, "a scan alone"),
    ],
)
def test_what_does_not_count_says_why(tmp_path, instrument, data, says):
    _left(tmp_path, instrument, data)
    found = next(o for o in checklist.read(tmp_path).standings if instrument in o.item.instruments)
    assert found.state == FOUND
    assert says in found.says


def test_a_redesign_is_done_by_the_later_proof(tmp_path):
    _left(tmp_path, "prove", GOOD["prove"], code=1, name="before", date="2026-12-01 09:00 UTC")
    assert _states(tmp_path)["prove"] == FOUND
    _left(tmp_path, "prove", GOOD["prove"], name="after", date="2026-12-09 09:00 UTC")
    assert _states(tmp_path)["prove"] == DONE


def test_a_later_refutation_of_the_same_state_opens_it_again(tmp_path):
    _left(tmp_path, "prove", GOOD["prove"], name="a", date="2026-12-01 09:00 UTC")
    _left(tmp_path, "prove", GOOD["prove"], code=1, name="b", date="2026-12-09 09:00 UTC")
    assert _states(tmp_path)["prove"] == FOUND
    _left(
        tmp_path, "prove", GOOD["prove"], code=1, name="b", date="2026-12-09 09:00 UTC", state="t"
    )
    assert _states(tmp_path)["prove"] == DONE


def test_evidence_that_was_edited_is_one_line_and_the_rest_is_shown(tmp_path, home, workbook):
    _left(home / "evidence", "prove", GOOD["prove"], code=1)
    path = home / "evidence" / "prove.json"
    path.write_text(path.read_text().replace('"exit_code": 1', '"exit_code": 0'))
    _left(home / "evidence", "audit", GOOD["audit"])
    ran = workbook("checklist")
    assert ran.returncode == 1
    assert "Not evidence: prove.json: was changed after it was written" in ran.stdout
    assert "1 of 6 done" in ran.stdout
    assert not ran.stderr


def test_the_plan_has_dates_and_owners_and_keeps_them(home, workbook, tmp_path):
    said = ("--start", "2026-12-01", "--owner", "audit=Ada", "--owner", "govern=Uli <x>")
    assert workbook("checklist", *said, "--html", "plan.html").returncode == 0
    page = (tmp_path / "plan.html").read_text()
    assert "2026-12-01 to 2026-12-05" in page
    assert "2026-12-20 to 2026-12-30" in page
    assert "Uli &lt;x&gt;" in page
    told = json.loads(workbook("checklist", "--json").stdout)
    assert [one["owner"] for one in told["items"]] == ["Ada", "", "", "", "", "Uli <x>"]
    assert told["items"][0]["days"] == "2026-12-01 to 2026-12-05"


@pytest.mark.parametrize(
    ("said", "line"),
    [
        (("--start", "1.12.26"), "--start 1.12.26: is not a date; write 2026-12-01"),
        (("--owner", "x=Ada"), "--owner x=Ada: write ITEM=NAME; items: audit, skills, guard"),
        (("--owner", "audit"), "--owner audit: write ITEM=NAME"),
        (("--evidence", "nowhere"), "--evidence nowhere: is not a folder"),
        (("--html", "no/where.html"), "no/where.html: there is no folder no; make it first"),
    ],
)
def test_a_mistake_is_one_line(home, workbook, said, line):
    ran = workbook("checklist", *said)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr.startswith(f"workbook: {line}")
    assert ran.stderr.count("\n") == 1


def test_a_plan_that_was_damaged_is_one_line(home, workbook):
    (home / "plan.json").write_text("[1")
    ran = workbook("checklist")
    assert ran.stderr == "workbook: work/plan.json cannot be read: remove it\n"


def test_the_days_of_the_plan_are_thirty():
    days = [item.days for item in checklist.items()]
    assert (min(first for first, _ in days), max(last for _, last in days)) == (1, 30)
    assert checklist.dates(checklist.items()[0], dt.date(2026, 12, 30))[1] == dt.date(2027, 1, 3)


def test_every_command_of_the_list_is_one_that_exists(fieldkit):
    for item in checklist.items():
        words = item.command.split(" -- ")[0].split()[1:]
        command = [words[0]] + [words[1]] * (words[0] in ("skills", "value", "govern"))
        told = fieldkit(*command, "--help")
        assert told.returncode == 0, item.id
        assert all(option in told.stdout for option in words if option.startswith("--")), item.id
