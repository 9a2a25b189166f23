"""A proof that was killed itself leaves a journal; recovery puts every byte back."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest

from fieldkit.runs import journal
from fieldkit.state.snapshot import copy, restore, siblings
from tests.fieldkit.kill_prove import CODE, QUIET, attempt
from tests.fieldkit.pipelines import APPEND, PLANTED, command, content, state


@pytest.mark.parametrize(
    ("name", "after", "twice"),
    [("append", 0.9, False), ("merge", 1.3, True), ("checkpoint-with-data", 1.6, False),
     ("file-renamed", 1.1, True), ("append", 0.5, False)],
)  # fmt: skip
def test_killed_at_some_moment(name, after, twice, tmp_path):
    kind, script, *_ = PLANTED[name]
    assert attempt(kind, script, tmp_path, after, twice=twice) == ""


@pytest.fixture
def killed(tmp_path):
    """Prove, killed while its command was at work; the command lives on."""

    def kill(in_place):
        place = state("sqlite", tmp_path / "state")
        before, pid_file, wrote = content(place), tmp_path / "pid", tmp_path / "wrote"
        script = f"import os; open({str(pid_file)!r}, 'w').write(str(os.getpid()))\n"
        script += f"{APPEND}\nopen({str(wrote)!r}, 'w')\ntime.sleep(300)"
        argv = command("sqlite", script, tmp_path)
        if in_place:
            argv = [a.replace("{state}", str(place)) for a in argv]
        options = ["prove", *(["--in-place"] if in_place else []), "--state", str(place), "--"]
        prove = subprocess.Popen([sys.executable, "-c", CODE, *options, *argv], **QUIET)
        deadline = time.monotonic() + 120
        while not wrote.exists():  # before, it may hold the database's lock
            assert time.monotonic() < deadline, "the command did not come to its end"
            time.sleep(0.02)
        return place, before, prove, pid_file

    return kill


def test_a_living_proof_is_left_alone_and_a_dead_one_is_in_the_way(killed, fieldkit):
    place, before, prove, pid_file = killed(in_place=True)
    try:
        ran = fieldkit("prove", "--recover")
        assert ran.returncode == 2
        assert "still at work" in ran.stderr
        other = fieldkit("prove", "--state", place, "--", "true")
        assert (other.returncode, "another fieldkit prove" in other.stderr) == (2, True)
    finally:
        prove.send_signal(signal.SIGKILL)
        prove.wait()
    other = fieldkit("prove", "--state", place, "--", "true")
    assert other.returncode == 2
    assert "run fieldkit prove --recover" in other.stderr
    assert fieldkit("prove", "--recover").returncode == 0
    assert content(place) == before
    pid = int(pid_file.read_text())
    assert not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    again = fieldkit("prove", "--recover")
    assert (again.returncode, again.stdout) == (0, "Nothing to recover.\n")


def test_of_a_copy_the_work_of_others_is_kept(killed, fieldkit, home):
    place, before, prove, _ = killed(in_place=False)
    prove.send_signal(signal.SIGKILL)
    prove.wait()
    place.write_bytes(b"written by somebody since")
    ran = fieldkit("prove", "--recover")
    assert ran.returncode == 0
    assert "is kept in" in ran.stdout
    assert content(place) == before
    (kept,) = (home / "prove").glob("kept-*/0/*")
    assert kept.read_bytes() == b"written by somebody since"


def test_another_process_with_the_same_number_is_not_the_owner():
    me = journal.Owner.of(os.getpid())
    assert me.alive
    assert not journal.Owner(me.pid, me.started - 1000).alive


def test_a_journal_is_whole_or_not_there(tmp_path, home):
    place = state("sqlite", tmp_path / "state")
    one = journal.begin([place], in_place=True)
    assert journal.Journal.read(one.folder).stage == "copying"
    (one.folder / "journal.part").write_text("{half")
    assert journal.Journal.read(one.folder).originals == [place]
    one.close()


@pytest.fixture
def switched_off(tmp_path):
    """The journal of a proof in place that ended with the machine; its number was given anew."""
    place = state("sqlite", tmp_path / "state")
    left = journal.begin([place], in_place=True)
    left.owner = journal.Owner(os.getpid(), left.owner.started - 5000)
    left.take()
    before = content(place)
    place.write_bytes(b"half of a load")
    yield place, left, before
    left.close()


def test_after_the_machine_was_switched_off(switched_off, fieldkit):
    place, left, before = switched_off
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"], **QUIET)
    try:
        left.started(stranger.pid)
        told = (left.folder / "group.json").read_text()
        started = journal.Owner.of(stranger.pid).started
        (left.folder / "group.json").write_text(told.replace(str(started), str(started - 5000)))
        ran = fieldkit("prove", "--recover")
        assert (ran.returncode, ran.stdout) == (0, f"{place}: restored byte for byte.\n")
        assert content(place) == before
        assert stranger.poll() is None, "a process that got the number later lives on"
    finally:
        stranger.kill()
        stranger.wait()


@pytest.mark.parametrize(
    ("harm", "words"),
    [
        ("snapshot gone", "its snapshot is no longer whole"),
        ("snapshot half", "its snapshot is no longer whole"),
        ("file gone", "its snapshot is no longer whole"),
        ("folder gone", "its folder is gone, so it was not put back; mount or make"),
        ("journal half", "its journal cannot be read, so nothing was done"),
    ],
)
def test_what_cannot_be_put_back_is_told_and_not_made_worse(switched_off, fieldkit, harm, words):
    place, left, _ = switched_off
    copied = left.snapshot(0)
    if harm == "snapshot gone":
        shutil.rmtree(left.folder / "snapshot")
    elif harm == "snapshot half":
        copied.write_bytes(copied.read_bytes()[:100])
    elif harm == "file gone":
        copied.unlink()
    elif harm == "folder gone":
        shutil.rmtree(place.parent)
    else:
        (left.folder / "journal.json").write_text("")
    for _ in range(2):
        ran = fieldkit("prove", "--recover")
        assert (ran.returncode, ran.stdout) == (2, "")
        assert len(ran.stderr.splitlines()) == 1
        assert words in ran.stderr
        assert left.folder.is_dir()
        assert harm in ("snapshot gone", "snapshot half", "file gone") or copied.exists()
        assert harm == "folder gone" or place.read_bytes() == b"half of a load"


def test_one_that_cannot_be_put_back_does_not_keep_others_from_it(switched_off, fieldkit, tmp_path):
    _, left, _ = switched_off
    other = state("sqlite", tmp_path / "other")
    before = content(other)
    second = journal.begin([other], in_place=True)
    second.owner = journal.Owner(1, 1.0)
    second.take()
    other.write_bytes(b"half")
    shutil.rmtree(left.folder / "snapshot")
    ran = fieldkit("prove", "--recover")
    assert ran.returncode == 2
    assert ran.stdout == f"{other}: restored byte for byte.\n"
    assert content(other) == before


def test_restore_puts_everything_back(tmp_path):
    lake = state("folder", tmp_path / "lake")
    (lake / "link").symlink_to("notes.txt")
    (lake / "empty").mkdir()
    (lake / "notes.txt").chmod(0o400)
    os.utime(lake / "notes.txt", ns=(1, 2))
    before = content(lake)
    kept = copy(lake, tmp_path / "kept")
    (lake / "notes.txt").chmod(0o600)
    (lake / "notes.txt").write_text("changed, as it is\n")
    (lake / "orders" / "new").mkdir()
    (lake / "orders" / "new" / "file").touch()
    (lake / "link").unlink()
    (lake / "link").mkdir()
    (lake / "empty").rmdir()
    for _ in range(2):
        restore(kept, lake)
        assert content(lake) == before
        assert os.readlink(lake / "link") == "notes.txt"


def test_what_an_engine_keeps_beside_its_file_belongs_to_it(tmp_path):
    for name in ("w.db", "w.db-wal", "w.db-shm", "w.db.wal", "w.db-journal", "w.db2", "aw.db"):
        (tmp_path / name).write_text(name)
    names = [one.name for one in siblings(tmp_path / "w.db")]
    assert names == ["w.db", "w.db-journal", "w.db-shm", "w.db-wal", "w.db.wal"]
