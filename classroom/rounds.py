"""Our side of a judge's process: a task goes out, and is handed out again without what ended it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from typing import IO, Any

import msgspec

from classroom import rows
from classroom.judging import Began, Done, Ended, Message, Noted, Task, slow_modules
from classroom.rows import Graded
from workbook import catalog, entering, launch, outside

ROUNDS = 4  # processes that one submission may use up
PATIENCE = 60.0  # seconds beyond a submission's own before the judge's process itself is ended
START = 180.0  # seconds for a judge's process to begin on a busy machine


class Came(msgspec.Struct, forbid_unknown_fields=True):
    """What judging a task came to.

    `graded`: by exercise id; `worlds`: seeds that learners' own worlds followed from; seconds by
    the clock, and of the processors.
    """

    graded: dict[str, Graded] = {}
    notes: list[str] = []
    worlds: set[int] = set()
    wall: float = 0.0
    cpu: float = 0.0


class JudgeProcess:
    """A judge's process, started when it is needed, and again when it is gone."""

    def __init__(self, isolation: str, labs: Sequence[str]) -> None:
        self._told = [isolation, *labs]
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.Queue[Message | None] = queue.Queue()
        self._seconds = START
        self._parts = isolation == outside.BUBBLEWRAP  # from a server to fork from, as it begins

    def came(self, task: Task) -> Came:
        """Judge a submission, whatever it does."""
        began, came = time.monotonic(), Came()
        for number in range(ROUNDS):
            ended, running = self._round(task, came)
            came.cpu += ended.cpu
            if ended.how == "whole":
                break
            task = _rest(task, came.graded, running, ended, number)
        came.wall, came.cpu = round(time.monotonic() - began, 1), round(came.cpu, 1)
        return came

    def close(self) -> None:
        """End the process; what it started ends with it."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(OSError):
            process.stdin.close()  # type: ignore[union-attr]
        try:
            process.wait(0.5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _round(self, task: Task, came: Came) -> tuple[Ended, str]:
        """Hand out a task and collect; returns how it ended, and the exercise it was at."""
        running, heard = "", False
        try:
            self._send(task)
        except OSError:
            self.close()
            return Ended("died", "the judge's process did not start"), running
        until = time.monotonic() + task.seconds + self._seconds
        while True:
            message = self._next(until)
            heard = heard or message is not None
            if isinstance(message, Began):
                running = message.exercise
                until = max(until, time.monotonic() + PATIENCE)
            elif isinstance(message, Done):
                came.graded[message.graded.id] = message.graded
                came.worlds |= {message.world} - {None}  # type: ignore[arg-type]
            elif isinstance(message, Noted):
                came.notes.append(message.note)
            elif isinstance(message, Ended):
                self._seconds = PATIENCE
                return message, running
            else:
                self.close()
                self._parts = self._parts and heard
                late = time.monotonic() >= until
                return Ended("late" if late else "died", "the judge's process is gone"), running

    def _send(self, task: Task) -> None:
        if self._process is None or self._process.poll() is not None:
            self._start([one for _, ids in task.answers for one in ids])
        assert self._process and self._process.stdin
        self._process.stdin.write(msgspec.json.encode(task) + b"\n")
        self._process.stdin.flush()

    def _start(self, exercises: Sequence[str]) -> None:
        self._seconds, self._messages = START, queue.Queue()
        _, *labs = self._told
        self._process = None
        if self._parts:
            wanted = [one for lab in labs for one in catalog.load(lab).exercises] or exercises
            self._process = _parting(self._told, slow_modules(wanted))
        if self._process is None:
            path = f"import sys; sys.path.insert(0, {str(catalog.root())!r})"
            begins = f"{path}; from classroom.host import main; main()"
            self._process = _begun([sys.executable, "-c", begins, *self._told], env=_environment())
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._messages), daemon=True
        )
        reader.start()

    def _next(self, until: float) -> Message | None:
        try:
            return self._messages.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None


def _parting(told: Sequence[str], modules: Sequence[str]) -> subprocess.Popen[bytes] | None:
    """A judge's process that has imported modules together with a server to fork from.

    It hears of its environment when the server has parted from it. None where there is no copy of
    Python for it.
    """
    start = "from workbook.inside import parted; server = parted(sys.argv[1].split()); "
    start += "from classroom.host import main_beside; main_beside(server)"
    with (
        contextlib.suppress(OSError),
        entering.clean_python(start, launch.HASH_SEEDS[0]) as (argv, options),
    ):
        process = _begun([*argv, " ".join(modules), *told], **options)
        assert process.stdin
        process.stdin.write(json.dumps(_environment()).encode() + b"\n")
        process.stdin.flush()
        return process
    return None


def _begun(argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    silent = {"stderr": subprocess.DEVNULL, "start_new_session": True}
    return subprocess.Popen(argv, **(pipes | silent | options))


def _environment() -> dict[str, str]:
    return os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}


def _rest(task: Task, done: dict[str, Graded], running: str, ended: Ended, number: int) -> Task:
    """What is left to judge without the exercise that used up a process."""
    minutes = f"{task.seconds / 60:g} minutes"
    told = {name: said for name, said in task.told.items() if name not in done}
    if running:
        late = rows.TIMED_OUT, f"the {minutes} of this submission ended in this exercise"
        died = rows.NOT_JUDGED, f"the judge's process ended: {ended.why}".strip(": ")
        told[running] = late if ended.how == "late" else died
    left = [
        (path, rest)
        for path, ids in task.answers
        if (rest := [one for one in ids if one not in done and one not in told])
    ]
    if number == ROUNDS - 2:  # the last process has nothing to judge, only to tell
        told |= {
            one: (rows.NOT_JUDGED, f"not reached in {ROUNDS - 1} times {minutes}")
            for _, ids in left
            for one in ids
        }
        left = []
    record = task.record if running or done else ""
    return msgspec.structs.replace(task, answers=left, told=told, record=record)


def _read(pipe: IO[bytes], messages: queue.Queue[Message | None]) -> None:
    """Decode what a judge's process tells; None when it is gone, or says what it never would."""
    for line in pipe:
        try:
            messages.put(msgspec.json.decode(line, type=Message))
        except msgspec.MsgspecError:
            break
    messages.put(None)
