"""A class: worlds dealt, names in one file, zips, readiness, hand-in, drills, forgetting."""

from __future__ import annotations

import json
import re
import sqlite3
import stat
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from classroom import cohort, deal, drills, rows, sheets
from labs.program import diagnosis
from tests.classroom import handed_in
from tests.classroom.conftest import by_learner, cheap
from tests.classroom.handed_in import GATE, MASK
from workbook import catalog, outside, submission

PEOPLE = "name,email\nAnna Schmidt,a@x\nAnna Schmidt,b@x\nÖzgür Ünal,c@x\n"


@pytest.fixture
def may(workbook, tmp_path):
    (tmp_path / "people.csv").write_text(PEOPLE)
    ran = workbook("class", tmp_path / "may", "--learners", tmp_path / "people.csv")
    assert ran.code == 0, ran.err
    return tmp_path / "may"


def test_everybody_gets_a_world_and_names_stand_in_one_private_file(may):
    room = cohort.read(may)
    assert list(room.learners) == ["k01", "k02", "k03"]
    assert len(set(room.learners.values())) == 3, "two Annas have two worlds"
    holding = [p for p in may.rglob("*") if p.is_file() and b"Schmidt" in p.read_bytes()]
    assert holding == [may / "roster.csv"]
    assert stat.S_IMODE((may / "roster.csv").stat().st_mode) == 0o600
    with zipfile.ZipFile(may / "start/k02.zip") as start:
        assert f"seed = {room.learners['k02']}" in start.read("work/workbook.toml").decode()
        assert "work/05_defensive_governance.ipynb" in start.namelist()
        assert not [name for name in start.namelist() if b"Schmidt" in start.read(name)]


def test_who_comes_late_is_added_and_no_id_is_given_twice(workbook, may):
    before = cohort.read(may).learners
    people = may.parent / "people.csv"
    assert workbook("class", may, "--forget", "k03").code == 0
    people.write_text(PEOPLE + "Late Lou,d@x\n")
    assert "2 of them new" in workbook("class", may, "--learners", people).out
    after = cohort.read(may).learners
    assert list(after) == ["k01", "k02", "k04", "k05"]
    assert {k: after[k] for k in ("k01", "k02")} == {k: before[k] for k in ("k01", "k02")}
    assert len(set(after.values())) == 4


@pytest.mark.parametrize("count", [1, 40, 400])
def test_worlds_are_all_different(count):
    assert len(set(cohort.dealt("a key", count))) == count
    assert cohort.dealt("a key", count) == cohort.dealt("a key", count)
    assert cohort.dealt("a key", count) != cohort.dealt("another", count)


@pytest.mark.parametrize(
    "text", ["name,email\nAnna,a@x\nBen,b@x\n", "Id;Name\n1;Anna\n2;Ben\n", "Anna\nBen\n",
             "name\tgroup\nAnna\t1\n\nBen\t1\n", "\ufeffName\nAnna\nBen\n"],
)  # fmt: skip
def test_names_are_read_as_spreadsheets_save_them(tmp_path, text):
    (tmp_path / "people.csv").write_text(text, encoding="utf-8")
    assert cohort.people(tmp_path / "people.csv") == ["Anna", "Ben"]


def test_half_of_a_class_begins_with_each_form_of_the_diagnosis():
    room, forms = cohort.Cohort(Path("may"), "may", {}), []
    for late in (11, 4, 1):
        new = dict(zip(cohort.ids(len(room.learners) + 1, late), deal._worlds(room, late),
                       strict=True))  # fmt: skip
        room = replace(room, learners=room.learners | new)
        forms = [diagnosis.form_for(world, "before") for world in room.learners.values()]
        assert abs(forms.count("A") - forms.count("B")) <= 1
    assert len(set(room.learners.values())) == len(forms) == 16


def test_a_class_is_graded_in_its_worlds_and_a_learner_is_forgotten(workbook, may, tmp_path):
    with zipfile.ZipFile(may / "start/k01.zip") as start:
        start.extractall(tmp_path / "in/anna")
    page = tmp_path / "in/anna/work" / MASK.lab.page.name
    handed_in.page_with(page, {GATE.id: handed_in.wrong(GATE)})
    (tmp_path / "in/k02_final.py").write_text("x = 1\n")
    given = ["grade", tmp_path / "in", "--out", may / "results", "--class", may]
    ran = workbook(*given, "--exercise", GATE.id, "--names", *cheap())
    assert "2 handed in of 3" in ran.out
    graded = by_learner(may / "results")
    assert set(graded) == {"k01", "k02"}
    assert graded["k01"].world == cohort.read(may).learners["k01"]
    dashboard = (may / "results/index.html").read_text()
    assert "Anna Schmidt" in dashboard
    assert re.search(r"<b>k03</b> not handed in", dashboard)
    assert "Anna" not in (may / "results/results.csv").read_text()
    assert workbook("class", may, "--forget", "k01").code == 0
    left = [p for p in may.rglob("*") if p.is_file() and b"k01" in p.read_bytes()]
    assert left == []
    assert "k02" in (may / "results/results.csv").read_text()
    assert workbook("class", may, "--forget", "k01").code == 2


def test_readiness_codes_are_a_table_of_fixes(workbook, may, tmp_path):
    (tmp_path / "codes.txt").write_text(
        "Anna OW-1B00-OK\nBen: OW-1B02-X1\nCleo hm\nDan OW-zzzz-OK\n"
    )
    ran = workbook("class", may, "--ready", tmp_path / "codes.txt")
    assert ran.code == 0, ran.err
    assert "1 of 4 are ready" in ran.out
    assert re.search(r"Ben +Linux.* +disk: free 2\.5 GB", ran.out)
    assert re.search(r"Cleo hm +no code", ran.out)


class TestHandIn:
    def test_pages_and_record_are_one_zip_and_it_can_be_graded(self, workbook, tmp_path):
        home = handed_in.home(tmp_path / "work", "k07", {GATE.id: handed_in.wrong(GATE)})
        handed_in.recorded(home, GATE, ["TRY AGAIN"], ["path-missing"])
        before = (home / "progress.db").read_bytes()
        ran = workbook("hand-in", "--out", tmp_path / "in.zip", WORKBOOK_HOME=str(home))
        assert ran.code == 0, ran.err
        assert (home / "progress.db").read_bytes() == before
        workbook(
            "grade",
            tmp_path / "in.zip",
            "--out",
            tmp_path / "out",
            f"--exercise={GATE.id}",
            *cheap(),
        )
        (one,) = by_learner(tmp_path / "out")["k07"].exercises
        assert (one.verdict, one.claimed, one.attempts) == (rows.TRY_AGAIN, "TRY AGAIN", 1)

    def test_the_record_can_stay_at_home(self, workbook, tmp_path):
        home = handed_in.home(tmp_path / "work", "k07")
        handed_in.recorded(home, MASK, ["TRY AGAIN"])
        given = ["hand-in", "--without-record", "--out", tmp_path / "in.zip"]
        workbook(*given, WORKBOOK_HOME=str(home))
        with zipfile.ZipFile(tmp_path / "in.zip") as packed:
            assert sorted(packed.namelist()) == [MASK.lab.page.name, "workbook.toml"]

    def test_a_record_that_is_none_is_one_line(self, workbook, tmp_path):
        home = handed_in.home(tmp_path / "work", "k07")
        (home / "progress.db").write_bytes(b"no database" * 400)
        ran = workbook("hand-in", "--out", tmp_path / "in.zip", WORKBOOK_HOME=str(home))
        assert ran.code == 2
        assert "hand in --without-record" in ran.err


class TestDrills:
    def test_names_are_short_and_unique(self):
        names = [one.name for lab in catalog.labs() for one in drills.planted(lab)]
        assert len(names) == len(set(names))
        assert "step4_state/load-day/append" in names

    def test_neighbours_get_different_ones_and_so_does_the_next_round(self):
        found = drills.planted(catalog.load("step4_state"))
        first = [drills.dealt(found, "", place, 1).name for place in range(len(found))]
        assert len(set(first)) == len(found)
        assert drills.dealt(found, "", 0, 2) != drills.dealt(found, "", 0, 1)

    def test_the_page_does_not_name_it_and_its_check_finds_it(self, workbook, tmp_path):
        home = handed_in.home(tmp_path / "work", "k07")
        name = "step5_governance/mask/redact-keeps-the-length"
        told = ["drill", "5", "--wrong", name]
        assert workbook(*told, WORKBOOK_HOME=str(home)).code == 0
        path = home / "drills/drill-5-1.ipynb"
        text = json.loads(path.read_text())
        assert "keeps the length" not in json.dumps(text["cells"])
        given = {MASK.id: (MASK, submission.read(MASK, path, None, 7))}
        (result,) = outside.judged(given, worlds=1)
        assert result.findings[0].id == "redact-shows"
        assert "redact keeps the length" in workbook(*told, "--reveal").out
        assert (home / "drills/workbook.toml").is_file(), "its attempts are none at the exercise"

    @pytest.mark.parametrize(
        "given", [["9"], ["5", "--wrong", "x"], ["5", "--exercise", "load-day"]]
    )
    def test_what_is_not_there_is_one_line(self, workbook, given):
        ran = workbook("drill", *given)
        assert (ran.code, len(ran.err.splitlines())) == (2, 1)


class TestSheets:
    @pytest.mark.parametrize("lab", catalog.labs(), ids=lambda lab: lab.id)
    def test_every_finding_of_a_sheet_is_one_of_its_lab(self, lab):
        asked = sheets.questions(lab.id)
        assert asked, "the sheet's table has a column `finding`"
        assert set(asked) <= set(lab.findings)

    @pytest.mark.parametrize("lab", catalog.labs(), ids=lambda lab: lab.id)
    def test_every_core_exercise_has_questions(self, lab):
        asked = sheets.questions(lab.id)
        for exercise in lab.exercises.values():
            wanted = {s.finding for s in exercise.sections if s.kind == "wrong"}
            if exercise.core:
                assert wanted & set(asked), exercise.id


def test_a_record_in_use_is_packed_whole(workbook, tmp_path):
    home = handed_in.home(tmp_path / "work", "k07")
    handed_in.recorded(home, MASK, ["TRY AGAIN"])
    con = sqlite3.connect(home / "progress.db")
    con.execute("insert into help values ('2026', 'mask', 'hint', '1')")
    con.commit()  # stands in the write-ahead log only
    workbook("hand-in", "--out", tmp_path / "in.zip", WORKBOOK_HOME=str(home))
    con.close()
    with zipfile.ZipFile(tmp_path / "in.zip") as packed:
        packed.extract("progress.db", tmp_path)
    with sqlite3.connect(tmp_path / "progress.db") as copy:
        assert copy.execute("select count(*) from help").fetchone() == (1,)
