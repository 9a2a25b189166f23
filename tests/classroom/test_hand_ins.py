"""Hand-ins that are broken, hostile or odd: each gets a row, and neighbours keep theirs."""

from __future__ import annotations

import csv
import gzip
import io
import json
import os
import sys
import tarfile

import msgspec
import pytest

from classroom import archives, bags, rows
from classroom.members import Bag, Unreadable
from tests.classroom import handed_in, two_hundred
from tests.classroom.conftest import BOTH, by_learner, cheap
from tests.classroom.handed_in import GATE, MASK


def verdicts(row):
    return {one.id: one.shown for one in row.exercises}


@pytest.fixture
def graded(workbook, once):
    """All of them in one folder, judged once: what was expected, the rows by source, the run."""

    def make(room):
        expected = two_hundred.made(room / "in")
        handed_in.broken(room / "in")
        (room / "expected.json").write_text(json.dumps(expected))
        before = handed_in.digests(room / "in")
        ran = workbook("grade", room / "in", "--out", room / "out", *cheap(*BOTH))
        assert handed_in.digests(room / "in") == before, "grade writes nothing there"
        return ran

    room, ran = once("hand-ins", make)
    expected = json.loads((room / "expected.json").read_text())
    return expected, {row.source: row for row in by_learner(room / "out").values()}, ran, room


no_pipes = pytest.mark.skipif(sys.platform == "win32", reason="no pipes and links to make there")


@no_pipes
class TestTwoHundred:
    def test_everything_gets_a_row_and_nothing_a_traceback(self, graded):
        _, by_source, ran, room = graded
        assert len(by_source) == len(list((room / "in").iterdir()))
        assert ran.code == 2, "some could not be read"
        assert "Traceback" not in ran.err + ran.out
        seen = {one.verdict for row in by_source.values() for one in row.exercises}
        assert rows.NOT_JUDGED not in seen

    def test_each_comes_to_what_is_in_it_and_says_what_is_odd(self, graded):
        expected, by_source, _, _ = graded
        wrong = {}
        for source, (verdict, note) in expected.items():
            row = by_source[source]
            said = not note or any(note in one for one in row.notes)
            if verdicts(row)[GATE.id] != verdict or not said:
                wrong[source] = verdicts(row), row.notes
        assert not wrong

    def test_honest_neighbours_keep_their_exact_result(self, graded, twelve):
        for learner in two_hundred.HONEST:
            here, there = graded[1][learner], by_learner(twelve[1])[f"{learner}"]
            for one, other in zip(here.exercises, there.exercises, strict=True):
                same = {"seconds": 0, "same_as": None, "first_at": None, "last_at": None}
                same |= {"passed_at": None}
                replaced = msgspec.structs.replace
                assert replaced(one, **same) == replaced(other, **same)

    def test_a_right_answer_that_warns_and_prints_has_passed(self, graded):
        assert verdicts(graded[1]["warns-and-raises"]) == {MASK.id: "PASSED", GATE.id: "PASSED"}

    def test_a_cell_twice_and_a_cell_gone_are_said(self, graded):
        told = {
            source: next(e.note for e in graded[1][source].exercises if e.id == GATE.id)
            for source in ("doubled.ipynb", "deleted.ipynb", "other-id.ipynb")
        }
        assert "stands in 2 cells" in told["doubled.ipynb"]
        assert "has no cell for it" in told["deleted.ipynb"]
        assert "has no cell for it" in told["other-id.ipynb"]

    def test_macos_leaves_no_note(self, graded):
        assert graded[1]["mac.zip"].notes == []


@no_pipes
class TestBrokenInput:
    def test_nothing_broken_passes(self, graded):
        expected, by_source, _, _ = graded
        others = by_source.keys() - expected.keys() - two_hundred.HONEST.keys()
        passed = {n for n in others if any(one.passed for one in by_source[n].exercises)}
        assert passed == {"nested.zip"}, "a zip in a zip is opened"

    @pytest.mark.parametrize(
        ("source", "told"),
        [
            ("slip.zip", "../../slipped.py leads out of the archive: left out"),
            ("bomb.zip", "it is larger than 100 MB"),
            ("not-a.zip", "it is not a zip that can be read"),
            ("v3.ipynb", "v3.ipynb is a notebook of version 3"),
            ("not-json.ipynb", "half saved or broken (line 1)"),
            ("deep.ipynb", "nested too deeply"),
            ("latin1.ipynb", "half saved or broken (its text)"),
            ("grades.xlsx", "no answer is in a file of this kind"),
            ("loose", "it is a link, which is not followed"),
            ("linked", "release_gate.yml is not a regular file"),
            ("pipe.ipynb", "it is not a regular file"),
            ("toml", "workbook.toml cannot be read"),
            ("record", "its record was not read: it holds a view"),
        ],
    )
    def test_what_is_wrong_is_said(self, graded, source, told):
        assert any(told in note for note in graded[1][source].notes), graded[1][source].notes

    @pytest.mark.parametrize(
        "source",
        ["v40.ipynb", "bom.ipynb", "null-metadata.ipynb", "surrogate.ipynb", "outputs",
         "many-cells.ipynb", "nan.ipynb", "metadata.ipynb", "new?line", "two-a", "two-b", "future",
         "newer"],
    )  # fmt: skip
    def test_what_is_odd_and_readable_is_judged(self, graded, source):
        assert verdicts(graded[1][source]) == {"mask": "NOT YET", "release-gate": "NOT YET"}

    def test_names_that_meet_cost_nobody_a_row(self, graded):
        known = graded[1]
        assert len({known[name].learner for name in ("new?line", "two-a", "two-b")}) == 3
        assert verdicts(known["case.zip"])["mask"] == "TRY AGAIN"

    def test_nothing_was_unpacked_outside(self, graded):
        assert not list(graded[3].parent.rglob("slipped.py"))

    def test_no_cell_of_the_csv_is_a_formula(self, graded):
        with (graded[3] / "out/results.csv").open(newline="") as file:
            cells = [cell for line in csv.reader(file) for cell in line]
        assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]
        assert "'=cmd|calc.ipynb" in cells


def test_a_file_that_nobody_may_read_gets_its_row(workbook, tmp_path, monkeypatch):
    """Root may read everything: the system is made to refuse."""
    (tmp_path / "in").mkdir()
    for name in ("nobody.ipynb", "nobody.zip"):
        (tmp_path / "in" / name).write_text("{}")
    handed_in.home(tmp_path / "in/k01", "k01", {GATE.id: handed_in.wrong(GATE)})
    opening, listing = os.open, os.scandir

    def refused(path, *more, **options):
        if str(path).rpartition("/")[2].startswith("nobody"):
            raise PermissionError(13, "Permission denied", str(path))
        return opening(path, *more, **options)

    def unlisted(path):
        if str(path).rpartition("/")[2].startswith("nobody"):
            raise PermissionError(13, "Permission denied", str(path))
        return listing(path)

    (tmp_path / "in/nobody-folder").mkdir()
    monkeypatch.setattr(bags.os, "open", refused)
    monkeypatch.setattr(bags.os, "scandir", unlisted)
    given = ["grade", tmp_path / "in", "--out", tmp_path / "out", f"--exercise={GATE.id}"]
    ran = workbook(*given, *cheap())
    by_source = {row.source: row for row in by_learner(tmp_path / "out").values()}
    assert ran.code == 2
    for name in ("nobody.ipynb", "nobody.zip", "nobody-folder"):
        assert any("cannot be read: Permission denied" in one for one in by_source[name].notes)
    assert verdicts(by_source["k01"]) == {GATE.id: "TRY AGAIN"}


def packed(**sizes):
    told = io.BytesIO()
    with tarfile.open(fileobj=told, mode="w") as archive:
        for name, size in sizes.items():
            one = tarfile.TarInfo(f"{name}.py")
            one.size = size
            archive.addfile(one, io.BytesIO(bytes(size)))
    return gzip.compress(told.getvalue())


def test_a_tar_that_unpacks_to_more_than_an_entry_may_hold_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "TOTAL", 100_000)
    with pytest.raises(Unreadable, match="it is larger than"):
        archives.listed(Bag(), "bomb.tar.gz", packed(mask=200_000))
    bag = Bag()
    archives.listed(bag, "small.tar.gz", packed(mask=20_000))
    assert len(bag.members[0].read()) == 20_000


def test_more_files_than_an_entry_may_hold_are_not_listed(monkeypatch):
    monkeypatch.setattr(archives, "FILES", 3)
    bag = Bag()
    archives.listed(bag, "many.tgz", packed(a=1, b=1, c=1, d=1, e=1))
    assert [one.name for one in bag.members] == ["a.py", "b.py", "c.py"]
    assert bag.notes == ["more than 3 files: the rest was not read"]
