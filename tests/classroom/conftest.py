"""A command line to grade with, and a class's twelve submissions, judged once."""

from __future__ import annotations

import contextlib
import io
import itertools
import json
import os
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import ClassVar

import pytest

from classroom import pool, rows
from classroom.rounds import JudgeProcess
from tests.classroom import handed_in
from workbook import cli

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 300.0
BOTH = [f"--exercise={name}" for name in handed_in.TASKS]


@dataclass(frozen=True)
class Ran:
    """What a command came to."""

    code: int
    out: str
    err: str


class Lent:
    """A judge's process that another run of this test process has left, or a new one."""

    left: ClassVar[dict[tuple[str, ...], list[JudgeProcess]]] = {}

    def __init__(self, isolation, labs):
        self._free = self.left.setdefault((isolation, *labs), [])
        self._one = self._free.pop() if self._free else JudgeProcess(isolation, labs)
        self.came = self._one.came

    def close(self):
        self._free.append(self._one)


@pytest.fixture(scope="session", autouse=True)
def judges_left():
    """Runs of one test process share judge's processes: each start costs three seconds.

    Each submission is judged in a fork all the same; that a run ends its own processes is seen
    where the command is started apart.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool, "JudgeProcess", Lent)
        yield
    for one in itertools.chain(*Lent.left.values()):
        one.close()


@pytest.fixture(scope="session")
def workbook():
    """The command line, called in this process: importing it anew costs most of a second."""

    def run(*arguments, cwd=ROOT, limit=300, **environment):
        out, err = io.StringIO(), io.StringIO()
        with (
            contextlib.chdir(cwd),
            pytest.MonkeyPatch.context() as patch,
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            patch.setattr(sys, "argv", ["workbook", *map(str, arguments)])
            for name, value in environment.items():
                patch.setenv(name, value)
            with pytest.raises(SystemExit) as ended:
                cli.main()
        return Ran(int(ended.value.code or 0), out.getvalue(), err.getvalue())

    return run


@pytest.fixture(scope="session")
def apart():
    """The command line in a process of its own."""

    def run(*arguments, cwd=ROOT, limit=300, **environment):
        command = [sys.executable, "-c", "from workbook.cli import main; main()"]
        ran = subprocess.run(
            [*command, *map(str, arguments)],
            cwd=cwd,
            env=os.environ | environment,
            capture_output=True,
            check=False,
            text=True,
            timeout=limit,
        )
        assert "Traceback" not in ran.stderr, ran.stderr
        return Ran(ran.returncode, ran.stdout, ran.stderr)

    return run


def cheap(*more):
    """Options under which a submission takes about a second."""
    return ["--worlds", "1", "--workers", "1", "--isolation", "none", *more]


def by_learner(results):
    return {row.learner: row for row in rows.read_all(results)}


@pytest.fixture(scope="session")
def once(tmp_path_factory):
    """Make a folder once for all of pytest's processes; the others wait for it."""

    def made(name, make):
        base = tmp_path_factory.getbasetemp()
        root = base.parent if "PYTEST_XDIST_WORKER" in os.environ else base
        room = root / name
        try:
            room.mkdir()
        except FileExistsError:
            until = time.monotonic() + PATIENCE
            while not (room / "ran.json").is_file() and time.monotonic() < until:
                time.sleep(0.1)
        else:
            (room / "part.json").write_text(json.dumps(asdict(make(room))))
            (room / "part.json").rename(room / "ran.json")
        return room, Ran(**json.loads((room / "ran.json").read_text()))

    return made


@pytest.fixture(scope="session")
def twelve(workbook, once):
    """The twelve, judged: their folder, the results, and what the command said."""

    def make(room):
        folder = handed_in.twelve(room / "handed-in")
        for name, verdicts in (("k03-right", ["PASSED"]), ("k04-wrong", ["TRY AGAIN"] * 3)):
            handed_in.recorded(folder / name, handed_in.MASK, verdicts, ["redact-shows"])
        before = handed_in.digests(folder)
        ran = workbook("grade", folder, "--out", room / "results", *cheap(*BOTH, "--workers", "2"))
        assert handed_in.digests(folder) == before, "grade writes nothing where learners hand in"
        return ran

    room, ran = once("twelve", make)
    return room / "handed-in", room / "results", ran
