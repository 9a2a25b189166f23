"""Progress survives kills and neighbours, and says in one line what it cannot keep."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbook import catalog
from workbook.progress import CONTINUED, HINT, SOLUTION, Progress, Saving, Standing
from workbook.results import Finding, Result, Verdict
from workbook.standing import scorecard, told_saving

PATIENCE = 60.0
ROOT = Path(__file__).resolve().parents[2]


def result(verdict=Verdict.TRY_AGAIN, exercise="load-day", findings=()):
    return Result(exercise, "Load a day", verdict, findings)


def attempt(progress, digest="one", verdict=Verdict.TRY_AGAIN, exercise="load-day"):
    progress.attempt(result(verdict, exercise), 7, digest, 0.1)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "work" / "progress.db"


@pytest.fixture
def progress(path):
    path.parent.mkdir()
    kept = Progress(path)
    yield kept
    kept.close()


def python(code, *args, **options):
    """Start another process that runs `code` with the engine at hand."""
    code = "import sys; from pathlib import Path\n" + textwrap.dedent(code)
    return subprocess.Popen(
        [sys.executable, "-c", code, *map(str, args)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        **options,
    )


def finished(process):
    out, err = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, err
    return out.strip()


WRITE = """
    from workbook.progress import Progress
    from workbook.results import Result, Verdict
    progress = Progress(Path(sys.argv[1]))
    for n in range(int(sys.argv[2])):
        told = Result("load-day", "Load a day", Verdict.TRY_AGAIN)
        progress.attempt(told, 7, f"{sys.argv[3]} {n}", 0.1)
        progress.help("load-day", "hint", str(n))
        print(n, flush=True)
    sys.exit(progress.notice or 0)
"""


class TestStanding:
    def test_of_nothing(self, progress):
        assert progress.standing("load-day") == Standing()

    @pytest.mark.parametrize("verdict", Verdict)
    def test_the_last_verdict_counts(self, progress, verdict):
        attempt(progress, "one")
        attempt(progress, "two", verdict)
        assert progress.standing("load-day").last is verdict
        assert progress.standing("load-day").passed == (verdict is Verdict.PASSED)

    def test_a_pass_stays_a_pass(self, progress):
        attempt(progress, "one", Verdict.PASSED)
        attempt(progress, "two", Verdict.TRY_AGAIN)
        standing = progress.standing("load-day")
        assert (standing.passed, standing.last) == (True, Verdict.TRY_AGAIN)

    @pytest.mark.parametrize(
        ("attempts", "honest"),
        [
            ("", 0),
            ("a", 1),
            ("aaa", 1),
            ("ab", 2),
            ("aba", 3),
            ("s", 0),
            ("sas", 1),
            ("asa", 1),
            ("abcabc", 6),
        ],
    )
    def test_an_honest_attempt_differs_from_the_starter_and_the_one_before(
        self, progress, attempts, honest
    ):
        for one in attempts:
            attempt(progress, one, Verdict.NOT_YET if one == "s" else Verdict.TRY_AGAIN)
        assert progress.standing("load-day").honest == honest

    @settings(max_examples=25, deadline=None)
    @given(st.lists(st.tuples(st.sampled_from(Verdict), st.sampled_from("abc")), max_size=12))
    def test_honest_attempts_in_general(self, attempts):
        progress = Progress(None)
        for verdict, digest in attempts:
            attempt(progress, digest, verdict)
        tried = [digest for verdict, digest in attempts if verdict is not Verdict.NOT_YET]
        changes = sum(a != b for a, b in zip([None, *tried], tried, strict=False))
        assert progress.standing("load-day").honest == changes
        progress.close()

    def test_errors_and_time_outs_are_attempts_too(self, progress):
        for n, verdict in enumerate((Verdict.ERROR, Verdict.TIMED_OUT, Verdict.PASSED)):
            attempt(progress, str(n), verdict)
        assert progress.standing("load-day").honest == 3

    def test_help(self, progress):
        progress.help("load-day", HINT, "1")
        progress.help("load-day", HINT, "2")
        assert progress.standing("load-day") == Standing(hints=2, next_hint=2)
        attempt(progress, "a", Verdict.TRY_AGAIN)
        assert progress.standing("load-day").next_hint == 3
        for kind in (SOLUTION, CONTINUED):
            progress.help("other", kind)
            assert progress.standing("other").helped == "solution seen"

    def test_help_after_the_first_pass_does_not_count(self, progress):
        attempt(progress, "one", Verdict.PASSED)
        progress.help("load-day", SOLUTION)
        attempt(progress, "two", Verdict.PASSED)
        assert progress.standing("load-day").helped == ""

    def test_a_scorecard_says_that_a_solution_was_seen_of_a_pass_only(self, progress):
        progress.help("load-day", CONTINUED)
        lab = catalog.find("load-day").lab
        for seen, told in (
            (Verdict.TIMED_OUT, "◷ TIMED OUT"),
            (Verdict.PASSED, "✓ PASSED (solution seen)"),
        ):
            attempt(progress, str(seen), seen)
            states = {row["exercise"]: row["state"] for row in scorecard([lab], progress)}
            assert states["load-day"] == told

    def test_help_before_it_stays(self, progress):
        progress.help("load-day", SOLUTION)
        attempt(progress, "one", Verdict.PASSED)
        attempt(progress, "two", Verdict.PASSED)
        assert progress.standing("load-day").helped == "solution seen"

    def test_exercises_do_not_mix(self, progress):
        attempt(progress, exercise="one", verdict=Verdict.PASSED)
        progress.help("two", HINT)
        assert progress.standing("one") == Standing(Verdict.PASSED, True, 1)
        assert progress.standing("two") == Standing(hints=1)

    def test_ids_that_no_lab_knows_are_ignored(self, progress):
        attempt(progress, exercise="gone'; drop table attempts --")
        progress.help("gone", SOLUTION)
        attempt(progress, verdict=Verdict.PASSED)
        known = SimpleNamespace(id="load-day", minutes=20, core=True)
        lab = SimpleNamespace(step=4, exercises={"load-day": known})
        known.lab = lab
        first, total = scorecard([lab], progress)
        assert (first["exercise"], first["state"]) == ("load-day", "✓ PASSED")
        assert (first["planned"], "min" in first) == ("20 min", False), "they are not measured"
        assert (total["planned"], total["core"], total["state"]) == (
            "20 min",
            "1 of 1 passed",
            "1 of 1 passed",
        )


class TestFile:
    def test_is_there_in_the_next_kernel(self, path, progress):
        finding = Finding("key-twice", "seen", "wanted", "costs", "look")
        progress.attempt(result(findings=[finding]), 7, "one", 0.5)
        progress.help("load-day", HINT, "1")
        progress.close()
        again = Progress(path)
        assert again.notice == ""
        assert again.standing("load-day") == Standing(
            Verdict.TRY_AGAIN, False, 1, 1, finding="key-twice"
        )
        again.close()

    def test_in_memory_where_there_is_no_workspace(self):
        progress = Progress(None)
        attempt(progress)
        assert (progress.notice, progress.standing("load-day").honest) == ("", 1)
        progress.close()

    def works_in_memory(self, progress):
        attempt(progress, "one")
        progress.help("load-day", HINT)
        assert progress.standing("load-day") == Standing(Verdict.TRY_AGAIN, False, 1, 1)
        assert "\n" not in progress.notice
        progress.close()

    @pytest.mark.parametrize("content", [b"not a database" * 100, b"{}", b"\0" * 5000])
    def test_damaged_it_is_kept_aside_and_said_so(self, path, content):
        path.parent.mkdir()
        path.write_bytes(content)
        progress = Progress(path)
        (kept,) = path.parent.glob("progress.db.damaged-*")
        assert kept.read_bytes() == content
        assert progress.notice == (f"progress.db was damaged; kept as {kept.name}, a new one begun")
        self.works_in_memory(progress)
        again = Progress(path)
        assert (again.notice, again.standing("load-day").honest) == ("", 1)
        again.close()

    def test_an_empty_file_is_a_new_one(self, path):
        path.parent.mkdir()
        path.touch()
        progress = Progress(path)
        assert progress.notice == ""
        self.works_in_memory(progress)

    @pytest.mark.parametrize("helps", [0, 100])
    def test_damaged_in_the_middle_it_is_kept_aside_too(self, path, progress, helps):
        for n in range(400):
            attempt(progress, f"{n} {'x' * 200}", exercise=f"exercise-{n % 9}")
        for n in range(helps):
            progress.help("load-day", HINT, str(n))
        progress.close()
        content = bytearray(path.read_bytes())
        third = len(content) // 3
        content[third : 2 * third] = b"\xab" * third
        path.write_bytes(content)
        again = Progress(path)
        assert "was damaged; kept as" in again.notice
        assert again.standing("exercise-3") == Standing()
        self.works_in_memory(again)

    def test_the_newest_records_of_a_damaged_file_are_kept_too(self, path, progress):
        progress._con.execute("pragma wal_checkpoint(truncate)")
        attempt(progress, "only in the log so far")
        newest = path.with_name("progress.db-wal").read_bytes()
        copy = path.parent.parent / "copy"
        shutil.copytree(path.parent, copy)
        (copy / "progress.db").write_bytes(b"broken" * 1000)
        again = Progress(copy / "progress.db")
        assert "was damaged" in again.notice
        (log,) = copy.glob("progress.db.damaged-*-wal")
        assert log.read_bytes() == newest
        again.close()

    def test_damaged_while_it_is_open_a_check_still_ends_in_a_line(self, path, progress):
        for n in range(200):
            attempt(progress, f"{n} {'x' * 200}")
        progress._con.execute("pragma wal_checkpoint(truncate)")
        path.write_bytes(b"\xab" * path.stat().st_size)
        progress._con.execute("pragma cache_size = 0")
        progress._con.execute("pragma shrink_memory")
        attempt(progress)
        assert isinstance(progress.standing("load-day"), Standing)
        assert "\n" not in progress.notice

    def test_of_another_program_it_is_not_touched(self, path):
        path.parent.mkdir()
        other = sqlite3.connect(path)
        other.execute("create table attempts (x)")
        other.execute("insert into attempts values ('mine')")
        other.commit()
        progress = Progress(path)
        attempt(progress)
        assert progress.standing("load-day") == Standing()
        assert progress.notice.startswith("progress ")
        assert "\n" not in progress.notice
        progress.close()
        assert other.execute("select * from attempts").fetchall() == [("mine",)]
        other.close()

    def test_a_folder_that_is_not_there(self, path):
        progress = Progress(path)
        assert progress.notice.startswith("progress is not kept: work/progress.db")
        self.works_in_memory(progress)
        assert not path.parent.exists()

    def test_a_folder_in_its_place(self, path):
        path.mkdir(parents=True)
        progress = Progress(path)
        assert progress.notice.startswith("progress is not kept")
        self.works_in_memory(progress)
        assert path.is_dir()


READ_ONLY = """
    from workbook.progress import Progress
    from workbook.results import Result, Verdict
    progress = Progress(Path(sys.argv[1]))
    notice = progress.notice
    progress.attempt(Result("load-day", "Load a day", Verdict.PASSED), 7, "digest", 0.1)
    standing = progress.standing("load-day")
    print(notice, progress.notice, standing.passed, sep="|")
"""


class TestHardware:
    @pytest.mark.parametrize("before", [False, True], ids=["no file", "with a file"])
    def test_read_only_folder(self, path, before):
        bwrap = shutil.which("bwrap")
        sandbox = [bwrap, "--bind", "/", "/", "--ro-bind", path.parent, path.parent]
        sandbox += ["--dev-bind", "/dev", "/dev"]
        path.parent.mkdir()
        if not bwrap or subprocess.run([*sandbox, "true"], check=False).returncode:
            pytest.skip("bwrap cannot make a read-only folder here")
        if before:
            kept = Progress(path)
            attempt(kept)
            kept.close()
        code = "import sys; from pathlib import Path\n" + textwrap.dedent(READ_ONLY)
        done = subprocess.run(
            [*sandbox, sys.executable, "-c", code, path],
            capture_output=True,
            text=True,
            check=True,
            cwd=ROOT,
            timeout=PATIENCE,
        )
        notice, later, passed = done.stdout.strip().split("|")
        assert later.startswith("progress is not kept"), done.stdout
        assert notice == later
        assert passed == "True"

    @pytest.fixture
    def small_disk(self, tmp_path):
        disk = tmp_path / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(disk)]
        if not shutil.which("mount") or subprocess.run(mount, check=False).returncode:
            pytest.skip("a small disk cannot be mounted here")
        yield disk
        subprocess.run(["umount", "-l", str(disk)], check=True)

    def test_full_disk_at_the_start(self, small_disk):
        (small_disk / "ballast").write_bytes(b"\0" * 128 * 1024)
        progress = Progress(small_disk / "progress.db")
        attempt(progress)
        assert progress.notice.startswith("progress is not kept")
        assert progress.standing("load-day").honest == 1
        progress.close()

    def test_disk_that_fills_up(self, small_disk):
        progress = Progress(small_disk / "progress.db")
        assert progress.notice == ""
        for n in range(400):
            attempt(progress, f"{n} {'x' * 500}")
            if progress.notice:
                break
        assert progress.notice == "progress is not kept: database or disk is full"
        kept = progress.standing("load-day").honest
        assert 0 < kept <= n
        progress.close()
        again = Progress(small_disk / "progress.db")
        assert again.standing("load-day").honest in (0, kept)  # 0: no room even to open it
        again.close()

    def test_once_there_is_room_again_it_says_nothing_any_more(self, small_disk):
        progress = Progress(small_disk / "progress.db")
        ballast = small_disk / "ballast"
        with ballast.open("wb", buffering=0) as file, pytest.raises(OSError, match="space"):
            while True:
                file.write(b"\0" * 1024)
        for n in range(20):
            attempt(progress, f"{n} {'x' * 500}")
        assert progress.notice.startswith("progress is not kept")
        ballast.unlink()
        attempt(progress, "after")
        assert progress.notice == ""
        progress.close()


class TestNeighbours:
    def test_kernels_that_write_at_once_lose_nothing(self, path):
        """The file does not exist yet: they make it at the same moment, too."""
        path.parent.mkdir()
        writers = [python(WRITE, path, 25, name) for name in "abcd"]
        for writer in writers:
            finished(writer)
        progress = Progress(path)
        assert progress.notice == ""
        standing = progress.standing("load-day")
        assert (standing.honest, standing.hints) == (100, 100)
        progress.close()

    def test_made_at_the_same_moment(self, path):
        """SQLite refuses at once, not after waiting, to turn a file that is in use to WAL."""
        path.parent.mkdir()
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("create table x (a)")
        code = """
            from workbook.progress import Progress
            print("ready", flush=True)
            print(Progress(Path(sys.argv[1])).notice)
        """
        holder.execute("begin exclusive")
        other = python(code, path)
        assert other.stdout.readline() == "ready\n"
        time.sleep(0.3)
        holder.execute("commit")
        holder.close()
        assert finished(other) == ""

    def test_two_in_one_process(self, path, progress):
        other = Progress(path)
        for n in range(20):
            attempt(progress, f"a{n}")
            attempt(other, f"b{n}")
        assert progress.standing("load-day") == other.standing("load-day")
        assert progress.standing("load-day").honest == 40
        other.close()

    def test_a_neighbour_that_never_lets_go_costs_a_line_not_an_error(
        self, path, progress, monkeypatch
    ):
        progress._con.execute("pragma busy_timeout = 50")
        holder = sqlite3.connect(path, isolation_level=None)
        holder.execute("begin immediate")
        attempt(progress, "one")
        assert progress.notice == "progress is not kept: database is locked"
        holder.execute("rollback")
        holder.close()
        attempt(progress, "two")
        assert progress.notice == ""
        assert progress.standing("load-day").honest == 1


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="needs SIGKILL")
@pytest.mark.parametrize("after", [1, 7, 23])
def test_killed_in_the_middle_of_writing_at_most_the_last_record_is_lost(path, after):
    path.parent.mkdir()
    writer = python(WRITE, path, 100_000, "a")
    try:
        while int(writer.stdout.readline()) < after:
            pass
        os.kill(writer.pid, signal.SIGKILL)
        told = [int(line) for line in writer.stdout.read().split()]
    finally:
        writer.kill()
        writer.wait(PATIENCE)
        writer.stdout.close()
        writer.stderr.close()
    acknowledged = 1 + max(told, default=after)
    progress = Progress(path)
    assert progress.notice == ""
    standing = progress.standing("load-day")
    assert acknowledged <= standing.hints <= standing.honest <= standing.hints + 1
    attempt(progress, "afterwards")
    assert progress.standing("load-day").honest == standing.honest + 1
    progress.close()


def test_what_a_proof_found_is_kept_and_the_newest_figure_counts(tmp_path):
    first = Progress(tmp_path / "progress.db")
    first.saved(Saving("step1_audit", "the bill", "dollars", 31041.0, 31041.0))
    first.saved(Saving("step1_audit", "work by hand", "hours", 3.75, 0.0))
    first.saved(Saving("step1_audit", "the bill", "dollars", 31041.0, 84.0))
    first.close()
    found = Progress(tmp_path / "progress.db").savings("step1_audit")
    assert [(one.what, one.after) for one in found] == [("the bill", 84.0), ("work by hand", 0.0)]
    assert Progress(tmp_path / "progress.db").savings("step4_state") == []


@pytest.mark.parametrize(
    ("saving", "told"),
    [
        (("b", "dollars", 31041, 84), "b: $31,041 before, $84 now; saved: $30,957"),
        (("b", "hours", 3.75, 3.75), "b: 3.8 h before, 3.8 h now; nothing is saved yet"),
        (("b", "risk", 33, 0), "b: 33 before, 0 now; saved: 33"),
        (("b", "dollars", 0, -5), "b: $0 before, −$5 now; saved: $5"),
    ],
)
def test_a_saving_is_told_in_a_line(saving, told):
    assert told_saving(Saving("x", *saving)) == told
