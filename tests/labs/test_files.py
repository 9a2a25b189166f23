"""The watcher hears every way to write a file, once and beforehand; a kill tears what is new."""

from __future__ import annotations

import csv
import gzip
import itertools
import mmap
import os
import shutil
import sqlite3
import sys
import tempfile
import zipfile
from pathlib import Path

import pandas as pd
import pytest

from labs.handles.database import Warehouse
from labs.handles.files import OPERATIONS, Watcher, halve
from workbook import AnswerFailed, Crash

FRAME = pd.DataFrame({"a": range(100)})
CREATE = os.O_WRONLY | os.O_CREAT
_numbers = itertools.count()


@pytest.fixture
def folder(tmp_path):
    """A folder with two files and a subfolder, and a place elsewhere beside it."""
    for path in ("in/sub", "elsewhere"):
        (tmp_path / path).mkdir(parents=True)
    for path in ("in/old", "in/other", "in/sub/deep", "elsewhere/old"):
        (tmp_path / path).write_text("0123456789")
    return tmp_path / "in"


@pytest.fixture
def heard(folder):
    """What the watcher has heard so far."""
    told: list[str] = []
    watcher = Watcher(str(folder), told.append)
    watcher.start()
    yield told
    watcher.stop()


def elsewhere(folder):
    return folder.parent / "elsewhere"


def opened(mode, name="new", **options):
    def act(folder):
        with open(folder / name, mode, **options) as file:
            file.write(b"x" if "b" in mode else "x")

    return act


def by_flags(flags, name="new"):
    def act(folder):
        handle = os.open(folder / name, flags)
        os.write(handle, b"x")
        os.close(handle)

    return act


def by_fdopen(folder):
    with os.fdopen(os.open(folder / "new", CREATE), "w") as file:
        file.write("x")
        file.truncate(1)


def by_mkstemp(folder):
    handle, _ = tempfile.mkstemp(dir=folder, prefix="new", suffix="")
    os.write(handle, b"x")
    os.close(handle)


def by_named_temporary_file(folder):
    with tempfile.NamedTemporaryFile("w", dir=folder, prefix="new", delete=False) as file:
        file.write("x")


def by_zip(folder):
    with zipfile.ZipFile(folder / "new", "w") as file:
        file.writestr("a", "x")


def by_csv(folder):
    with (folder / "new").open("w", newline="") as file:
        csv.writer(file).writerows([[1], [2]])


def by_gzip(folder):
    with gzip.open(folder / "new", "wt") as file:
        file.write("x")


WRITES = {
    "open w": opened("w"),
    "open wb": opened("wb"),
    "open unbuffered": opened("wb", buffering=0),
    "open x": opened("x"),
    "open a": opened("a"),
    "open w+": opened("w+"),
    "open r+": opened("r+", "old"),
    "open rb+": opened("rb+", "old"),
    "open w over an old one": opened("w", "old"),
    "open a over an old one": opened("a", "old"),
    "os.open": by_flags(CREATE),
    "os.open exclusively": by_flags(CREATE | os.O_EXCL),
    "os.open, old": by_flags(os.O_WRONLY, "old"),
    "os.open, both": by_flags(os.O_RDWR, "old"),
    "os.open, append": by_flags(os.O_WRONLY | os.O_APPEND, "old"),
    "os.open, emptied": by_flags(os.O_WRONLY | os.O_TRUNC, "old"),
    "os.fdopen": by_fdopen,
    "write_text": lambda f: (f / "new").write_text("x"),
    "write_bytes": lambda f: (f / "new").write_bytes(b"x"),
    "touch": lambda f: (f / "new").touch(),
    "a path of bytes": lambda f: open(os.fsencode(f / "new"), "w").close(),
    "mkstemp": by_mkstemp,
    "gzip": by_gzip,
    "zip": by_zip,
    "csv": by_csv,
    "to_csv": lambda f: FRAME.to_csv(f / "new"),
    "to_csv, compressed": lambda f: FRAME.to_csv(f / "new.gz"),
    "to_json": lambda f: FRAME.to_json(f / "new", orient="records", lines=True),
    "to_pickle": lambda f: FRAME.to_pickle(f / "new"),
    "shutil.copy": lambda f: shutil.copy(f / "old", f / "new"),
    "shutil.copy2": lambda f: shutil.copy2(f / "old", f / "new"),
    "shutil.copyfile from elsewhere": lambda f: shutil.copyfile(elsewhere(f) / "old", f / "new"),
    "in a subfolder": lambda f: (f / "sub/new").write_text("x"),
    "a way round": lambda f: (f / "sub/../new").write_text("x"),
}
OTHERS = {
    "rename": (lambda f: os.rename(f / "old", f / "new"), "rename old to new"),
    "replace": (lambda f: os.replace(f / "old", f / "other"), "rename old to other"),
    "pathlib's rename": (lambda f: (f / "old").rename(f / "new"), "rename old to new"),
    "pathlib's replace": (lambda f: (f / "old").replace(f / "new"), "rename old to new"),
    "shutil.move": (lambda f: shutil.move(f / "old", f / "new"), "rename old to new"),
    "into it": (lambda f: os.replace(elsewhere(f) / "old", f / "new"), "rename elsewhere to new"),
    "out of it": (lambda f: os.replace(f / "old", elsewhere(f) / "n"), "rename old to elsewhere"),
    "link": (lambda f: os.link(f / "old", f / "new"), "link old to new"),
    "hardlink_to": (lambda f: (f / "new").hardlink_to(f / "old"), "link old to new"),
    "symlink": (lambda f: os.symlink(f / "old", f / "new"), "link old to new"),
    "remove": (lambda f: os.remove(f / "old"), "remove old"),
    "unlink": (lambda f: (f / "old").unlink(), "remove old"),
    "truncate": (lambda f: os.truncate(f / "old", 3), "truncate old"),
    "mkdir": (lambda f: (f / "new").mkdir(), "mkdir new"),
    "makedirs": (lambda f: os.makedirs(f / "sub/new"), f"mkdir {Path('sub/new')}"),
}


class TestWriting:
    @pytest.mark.parametrize("act", WRITES.values(), ids=WRITES)
    def test_a_write_counts_once(self, folder, heard, act):
        act(folder)
        assert [step.split()[0] for step in heard] == ["write"]

    @pytest.mark.parametrize(("act", "told"), OTHERS.values(), ids=OTHERS)
    def test_so_does_what_moves_makes_or_removes(self, folder, heard, act, told):
        act(folder)
        assert heard == [told]
        assert told.split()[0] in OPERATIONS

    def test_a_named_temporary_file_is_heard(self, folder, heard):
        by_named_temporary_file(folder)
        assert heard and {step.split()[0] for step in heard} == {"write"}

    def test_rmtree_is_heard_before_it_removes_anything(self, folder, heard):
        shutil.rmtree(folder / "sub")
        assert heard[0] == "remove sub"
        assert "rmdir" in heard[-1]

    def test_a_temporary_directory_is_made_and_removed(self, folder, heard):
        with tempfile.TemporaryDirectory(dir=folder):
            pass
        assert heard[0].startswith("mkdir ") and heard[-1].startswith("rmdir ")

    def test_each_operation_is_heard_in_its_turn(self, folder, heard):
        (folder / "new.tmp").write_text("x")
        os.replace(folder / "new.tmp", folder / "new")
        (folder / "old").unlink()
        assert heard == ["write new.tmp", "rename new.tmp to new", "remove old"]


def by_mmap(folder):
    with open(folder / "old", "rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ):
        pass


def failing(act, error):
    def tried(folder):
        with pytest.raises(error):
            act(folder)

    return tried


QUIET = {
    "read_text": lambda f: (f / "old").read_text(),
    "open rb": lambda f: open(f / "old", "rb").close(),
    "os.open": lambda f: os.close(os.open(f / "old", os.O_RDONLY)),
    "mmap": by_mmap,
    "read_csv": lambda f: pd.read_csv(f / "old"),
    "list": lambda f: (os.listdir(f), list(f.rglob("*")), os.stat(f / "old")),
    "copy out of it": lambda f: shutil.copy(f / "old", elsewhere(f) / "new"),
    "write elsewhere": lambda f: (elsewhere(f) / "new").write_text("x"),
    "rename elsewhere": lambda f: os.rename(elsewhere(f) / "old", elsewhere(f) / "new"),
    "a folder with a longer name": lambda f: f.with_name("inside").mkdir(),
    "write elsewhere by flags": lambda f: by_flags(CREATE)(elsewhere(f)),
    "memory": lambda f: sqlite3.connect(":memory:").close(),
    "new, but there": failing(opened("x", "old"), FileExistsError),
    "new by flags, but there": failing(by_flags(CREATE | os.O_EXCL, "old"), FileExistsError),
}


class TestSilence:
    @pytest.mark.parametrize("act", QUIET.values(), ids=QUIET)
    def test_reading_and_other_folders_do_not_count(self, folder, heard, act):
        act(folder)
        assert heard == []

    def test_nothing_is_heard_before_start_and_after_stop(self, folder):
        told: list[str] = []
        watcher = Watcher(str(folder), told.append)
        (folder / "a").write_text("x")
        watcher.start()
        (folder / "b").write_text("x")
        watcher.stop()
        watcher.stop()
        (folder / "c").write_text("x")
        assert told == ["write b"]

    def test_two_watchers_hear_each_what_is_theirs(self, folder, heard):
        other: list[str] = []
        watcher = Watcher(str(folder / "sub"), other.append)
        watcher.start()
        (folder / "sub/new").write_text("x")
        (folder / "new").write_text("x")
        watcher.stop()
        assert heard == [f"write {Path('sub/new')}", "write new"]
        assert other == ["write new"]


class TestPaths:
    def test_relative_paths(self, folder, heard, monkeypatch):
        monkeypatch.chdir(folder.parent)
        Path("in/new").write_text("x")
        monkeypatch.chdir(folder)
        Path("new").write_text("x")
        Path("../elsewhere/new").write_text("x")
        assert heard == ["write new", "write new"]

    def test_a_folder_reached_through_a_symlink(self, folder, heard):
        link = elsewhere(folder) / "link"
        link.symlink_to(folder)
        (link / "new").write_text("x")
        (link / "sub/new").write_text("x")
        os.replace(link / "new", folder / "newer")
        expected = ["write new", f"write {Path('sub/new')}", "rename new to newer"]
        assert heard == expected

    def test_a_folder_that_was_given_as_a_symlink(self, folder):
        link, told = elsewhere(folder) / "link", []
        link.symlink_to(folder)
        watcher = Watcher(str(link), told.append)
        watcher.start()
        (folder / "new").write_text("x")
        watcher.stop()
        assert told == ["write new"]

    def test_a_link_is_removed_and_renamed_by_its_own_name(self, folder, heard):
        (folder / "link").symlink_to(elsewhere(folder) / "old")
        os.rename(folder / "link", folder / "moved")
        os.remove(folder / "moved")
        assert heard[1:] == ["rename link to moved", "remove moved"]


class TestRaising:
    @pytest.mark.parametrize("act", [*WRITES.values(), *(act for act, _ in OTHERS.values())])
    def test_a_crash_keeps_the_operation_from_happening(self, folder, act):
        def dies(_):
            raise Crash

        def content():
            return {p: p.is_file() and p.read_bytes() for p in folder.rglob("*")}

        before, watcher = content(), Watcher(str(folder), dies)
        watcher.start()
        try:
            with pytest.raises(Crash):
                act(folder)
        finally:
            watcher.stop()
        assert content() == before
        assert watcher.written == {}


class TestHalve:
    def test_half_of_a_file(self, folder):
        halve(folder / "old")
        assert (folder / "old").read_text() == "01234"

    def test_half_of_what_was_added(self, folder):
        halve(folder / "old", kept=6)
        assert (folder / "old").read_text() == "01234567"

    def test_what_became_shorter_stays(self, folder):
        halve(folder / "old", kept=40)
        assert (folder / "old").read_text() == "0123456789"

    def test_folders_and_what_is_gone_are_left_alone(self, folder):
        halve(folder / "sub")
        halve(folder / "gone")
        assert (folder / "sub/deep").read_text() == "0123456789"


@pytest.fixture
def warehouse():
    with Warehouse(setup="create table t (a integer)", place=f"memory:f{next(_numbers)}") as made:
        yield made


def run(warehouse, folder, script, **options):
    """Run `script(con, folder)`, its files watched; returns the evidence and what it raised."""
    handle = warehouse.handle(files=str(folder), **options)
    raised = None
    try:
        script(handle.open(lambda: None), folder)
    except (Crash, Exception) as error:
        raised = error
    finally:
        handle.close()
    return handle.evidence(), raised


def landing(con, folder):
    """A statement, a file, a rename, a statement."""
    con.execute("insert into t values (1)")
    (folder / "tmp").write_text("0123456789")
    os.replace(folder / "tmp", folder / "new")
    con.execute("insert into t values (2)")


STEPS = ["insert into t values (1)", "write tmp", "rename tmp to new", "insert into t values (2)"]


def state(warehouse, folder):
    names = {p.name: p.stat().st_size for p in folder.iterdir() if p.is_file()}
    del names["old"], names["other"]
    return names, [a for (a,) in warehouse.rows("from t order by all")]


class TestKills:
    def test_statements_and_files_are_counted_together(self, warehouse, folder):
        evidence, raised = run(warehouse, folder, landing)
        assert raised is None and not evidence["crashed"]
        assert evidence["log"] == STEPS

    @pytest.mark.parametrize(
        ("at", "left"),
        [(1, ({}, [])), (2, ({}, [1])), (3, ({"tmp": 10}, [1])), (4, ({"new": 10}, [1]))],
    )
    def test_a_kill_before_each(self, warehouse, folder, at, left):
        evidence, raised = run(warehouse, folder, landing, crash_before=at)
        assert isinstance(raised, Crash) and evidence["crashed"]
        assert evidence["log"] == STEPS[: at - 1]
        assert state(warehouse, folder) == left

    def test_after_a_kill_nothing_is_tidied(self, warehouse, folder):
        def tidy(con, folder):
            try:
                landing(con, folder)
            finally:
                (folder / "tmp").unlink(missing_ok=True)

        run(warehouse, folder, tidy, crash_before=3)
        assert state(warehouse, folder) == ({"tmp": 10}, [1])

    def test_without_files_only_statements_are_counted(self, warehouse, folder):
        handle = warehouse.handle()
        landing(handle.open(lambda: None), folder)
        handle.close()
        assert handle.evidence()["log"] == [STEPS[0], STEPS[3]]

    def test_nothing_is_heard_once_it_is_closed(self, warehouse, folder):
        evidence, _ = run(warehouse, folder, landing)
        (folder / "late").write_text("x")
        assert evidence["log"] == STEPS


class TestHalf:
    def test_half_of_a_new_file_and_nothing_after_it(self, warehouse, folder):
        evidence, raised = run(warehouse, folder, landing, half=2)
        assert isinstance(raised, Crash) and evidence["crashed"]
        assert state(warehouse, folder) == ({"tmp": 5}, [1])

    def test_half_of_the_last_operation(self, warehouse, folder):
        evidence, _ = run(warehouse, folder, lambda c, f: (f / "new").write_text("0123"), half=1)
        assert evidence["crashed"]
        assert state(warehouse, folder) == ({"new": 2}, [])

    def test_half_of_a_step_that_is_never_reached(self, warehouse, folder):
        evidence, raised = run(warehouse, folder, landing, half=9)
        assert raised is None and not evidence["crashed"]
        assert state(warehouse, folder) == ({"new": 10}, [1, 2])

    @pytest.mark.parametrize("step", [1, 3])
    def test_no_file_is_torn_where_none_is_written(self, warehouse, folder, step):
        run(warehouse, folder, landing, half=step)
        assert all(size == 10 for size in state(warehouse, folder)[0].values())

    def test_in_place_half_of_the_new_content_is_left(self, warehouse, folder):
        run(warehouse, folder, lambda c, f: (f / "old").write_text("abcdef"), half=1)
        assert (folder / "old").read_text() == "abc"

    @pytest.mark.parametrize("act", [opened("x", "old"), by_flags(CREATE | os.O_EXCL, "old")])
    def test_what_was_not_written_stays_whole(self, warehouse, folder, act):
        def tries(con, folder):
            with pytest.raises(FileExistsError):
                act(folder)
            (folder / "new").write_text("0123")

        run(warehouse, folder, tries, half=1)
        assert (folder / "old").read_text() == "0123456789"
        assert state(warehouse, folder) == ({"new": 2}, [])

    @pytest.mark.parametrize("flags", [None, os.O_WRONLY | os.O_APPEND])
    def test_what_was_there_before_an_append_stays(self, warehouse, folder, flags):
        def adds(con, folder):
            if flags is None:
                with open(folder / "old", "a") as file:
                    file.write("abcd")
            else:
                handle = os.open(folder / "old", flags)
                os.write(handle, b"abcd")
                os.close(handle)

        run(warehouse, folder, adds, half=1)
        assert (folder / "old").read_text() == "0123456789ab"

    def test_files_of_earlier_steps_stay_whole(self, warehouse, folder):
        def two(con, folder):
            (folder / "one").write_text("0123")
            (folder / "two").write_text("0123")

        run(warehouse, folder, two, half=2)
        assert state(warehouse, folder)[0] == {"one": 4, "two": 2}

    def test_a_copy_made_by_shutil(self, warehouse, folder):
        run(warehouse, folder, lambda c, f: shutil.copyfile(f / "old", f / "new"), half=1)
        assert state(warehouse, folder)[0] == {"new": 5}
        assert (folder / "old").read_text() == "0123456789"

    def test_a_temporary_file_in_a_subfolder(self, warehouse, folder):
        def script(con, folder):
            by_named_temporary_file(folder / "sub")

        evidence, _ = run(warehouse, folder, script)
        for step in range(1, len(evidence["log"]) + 1):
            run(warehouse, folder, script, half=step)
        assert (folder / "sub/deep").read_text() == "0123456789"


COPIES = {
    "COPY": lambda con, path: con.execute(f"copy FRAME to '{path}' (format parquet)"),
    "COPY of a query": lambda con, path: con.sql(f"COPY (select * from FRAME) TO '{path}'"),
    "write_parquet": lambda con, path: con.sql("from FRAME").write_parquet(str(path)),
    "to_csv": lambda con, path: con.from_df(FRAME).to_csv(str(path)),
    "on a cursor": lambda con, path: con.cursor().execute(f"copy FRAME to '{path}'"),
}


class TestNativeCode:
    """DuckDB writes files itself; Python does not hear of that, the statement is the step."""

    @pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
    def test_a_copy_is_one_step(self, warehouse, folder, copy):
        evidence, raised = run(warehouse, folder, lambda c, f: copy(c, f / "new.parquet"))
        assert raised is None
        steps = [s for s in evidence["log"] if not s.lower().startswith(("from", "select"))]
        assert len(steps) == 1
        assert steps[0].lower().startswith(("copy ", "to_", "write_"))

    @pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
    def test_half_of_a_new_file(self, warehouse, folder, copy):
        evidence, _ = run(warehouse, folder, lambda c, f: copy(c, f / "whole"))
        run(warehouse, folder, lambda c, f: copy(c, f / "new"), half=len(evidence["log"]))
        whole, half = (folder / "whole").stat().st_size, (folder / "new").stat().st_size
        assert half == whole // 2

    def test_half_a_parquet_file_cannot_be_read(self, warehouse, folder):
        run(warehouse, folder, lambda c, f: COPIES["COPY"](c, f / "new"), half=1)
        with pytest.raises(AnswerFailed, match="cannot be read any more"):
            warehouse.rows(f"from read_parquet('{folder / 'new'}')")

    @pytest.mark.parametrize("copy", COPIES.values(), ids=COPIES)
    def test_an_old_file_is_never_torn(self, warehouse, folder, copy):
        """DuckDB writes beside a file that is there, and renames: a reader sees old or new."""
        evidence, _ = run(warehouse, folder, lambda c, f: copy(c, f / "new"))
        size, inode = (folder / "new").stat().st_size, (folder / "new").stat().st_ino
        run(warehouse, folder, lambda c, f: copy(c, f / "new"), half=len(evidence["log"]))
        assert (folder / "new").stat().st_size == size
        if sys.platform != "win32":
            assert (folder / "new").stat().st_ino != inode
        assert (folder / "old").read_text() == "0123456789"

    def test_a_kill_before_a_copy(self, warehouse, folder):
        script = COPIES["COPY"]
        run(warehouse, folder, lambda c, f: script(c, f / "new"), crash_before=1)
        assert state(warehouse, folder) == ({}, [])
