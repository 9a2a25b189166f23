"""The pool's side of a judge's process: a task goes out, and what comes back becomes a row."""

from __future__ import annotations

import contextlib
import hashlib
import os
import queue
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import msgspec

from classroom import bags, intake, reading, rows
from classroom.intake import Entry, Found
from classroom.judging import Began, Done, Ended, Message, Noted, Task
from classroom.rows import Graded, Row, Spent
from workbook import catalog
from workbook.catalog import Exercise

ROUNDS = 4  # processes that one submission may use up
PATIENCE = 60.0  # seconds beyond a submission's own before the judge's process itself is ended
START = 180.0  # seconds for a judge's process to begin on a busy machine


@dataclass(frozen=True)
class Options:
    """How submissions are judged. `wanted`: the exercises; `minutes`: for one submission.

    `learners`: the class's ids and worlds; `key`: what unseen worlds follow from;
    `pages`: where executed pages go, if they are wanted; `certify`: instruments confirm passes.
    """

    wanted: Sequence[Exercise]
    worlds: int
    minutes: float
    isolation: str
    learners: dict[str, int]
    key: str
    pages: Path | None = None
    certify: bool = False

    @property
    def labs(self) -> list[str]:
        """The labs of the exercises."""
        return list(dict.fromkeys(exercise.lab.id for exercise in self.wanted))

    def digest(self, engine: str) -> str:
        """What else a row depends on."""
        parts = [
            engine,
            str(self.worlds),
            self.isolation,
            self.key,
            str(bool(self.pages)),
            str(self.certify),
        ]
        return "|".join([*parts, *(exercise.id for exercise in self.wanted)])


class Judge:
    """A judge's process, started when it is needed, and again when it is gone."""

    def __init__(self, options: Options) -> None:
        self._options = options
        self._process: subprocess.Popen[bytes] | None = None
        self._messages: queue.Queue[Message | None] = queue.Queue()
        self._seconds = START

    def row(self, entry: Entry) -> Row:
        """Judge one learner's submission, to a row, whatever it does."""
        began, cpu = time.monotonic(), 0.0
        with tempfile.TemporaryDirectory(prefix="workbook-grade-") as scratch:
            found = intake.taken_in(entry, self._options.wanted, Path(scratch))
            task = self._task(entry, found)
            done, notes, worlds = dict[str, Graded](), list(found.notes), set[int]()
            for number in range(ROUNDS):
                ended, running = self._round(task, done, notes, worlds)
                cpu += ended.cpu
                if ended.how == "whole":
                    break
                task = self._rest(task, done, running, ended, number)
            if self._options.pages:
                out = self._options.pages / entry.learner
                limit = self._options.minutes * 60
                notes += reading.executed(found, Path(scratch), out, self._options.isolation, limit)
        return self._made(entry, found, done, notes, worlds, Spent(_since(began), round(cpu, 1)))

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

    def _task(self, entry: Entry, found: Found) -> Task:
        by_file: dict[str, list[str]] = {}
        told: dict[str, tuple[str, str]] = {}
        for exercise in self._options.wanted:
            if exercise.id in found.answers:
                by_file.setdefault(str(found.answers[exercise.id]), []).append(exercise.id)
            elif exercise.id in found.broken:
                told[exercise.id] = rows.UNREADABLE, found.broken[exercise.id]
            elif found.lost or entry.refused:
                told[exercise.id] = rows.UNREADABLE, entry.refused or found.lost[0]
            else:
                told[exercise.id] = rows.NOT_HANDED_IN, ""
        return Task(
            answers=list(by_file.items()),
            told=told,
            world=entry.world,
            dealt=entry.learner in self._options.learners,
            unseen=unseen(self._options, entry),
            isolation=self._options.isolation,
            record=str(found.record or ""),
            seconds=self._options.minutes * 60,
            certify=self._options.certify,
        )

    def _round(
        self, task: Task, done: dict[str, Graded], notes: list[str], worlds: set[int]
    ) -> tuple[Ended, str]:
        """Hand out a task and collect; returns how it ended, and the exercise it was at."""
        running = ""
        try:
            self._send(task)
        except OSError:
            self.close()
            return Ended("died", "the judge's process did not start"), running
        until = time.monotonic() + task.seconds + self._seconds
        while True:
            message = self._next(until)
            if isinstance(message, Began):
                running = message.exercise
                until = max(until, time.monotonic() + PATIENCE)
            elif isinstance(message, Done):
                done[message.graded.id] = message.graded
                worlds |= {message.world} - {None}  # type: ignore[arg-type]
            elif isinstance(message, Noted):
                notes.append(message.note)
            elif isinstance(message, Ended):
                self._seconds = PATIENCE
                return message, running
            else:
                self.close()
                late = time.monotonic() >= until
                return Ended("late" if late else "died", "the judge's process is gone"), running

    def _rest(
        self, task: Task, done: dict[str, Graded], running: str, ended: Ended, number: int
    ) -> Task:
        """What is left to judge without the exercise that used up a process."""
        minutes = f"{self._options.minutes:g} minutes"
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

    def _made(
        self,
        entry: Entry,
        found: Found,
        done: dict[str, Graded],
        notes: list[str],
        worlds: set[int],
        spent: Spent,
    ) -> Row:
        graded = [done.get(e.id) or _not_judged(e) for e in self._options.wanted]
        if entry.refused:
            notes.append(entry.refused)
        notes += found.broken.values()
        status = rows.JUDGED
        if not found.answers:
            unreadable = found.broken or found.lost or entry.refused
            status = rows.BROKEN if unreadable else rows.NOTHING
        world = entry.world if entry.learner in self._options.learners else None
        own = next(iter(sorted(worlds - set(unseen(self._options, entry)))), None)
        world = world if world is not None else own
        if found.answers and world is None:
            notes.append("its world is not known: judged on others")
        return Row(
            learner=entry.learner,
            source=_source(entry),
            status=status,
            notes=list(dict.fromkeys(notes)),
            world=world,
            engine=version(),
            isolation=self._options.isolation,
            seconds=spent,
            digest=entry.digest,
            certified=self._options.certify,
            diagnosis=intake.diagnosed(entry.bag),
            exercises=graded,
        )

    def _send(self, task: Task) -> None:
        if self._process is None or self._process.poll() is not None:
            self._start()
        assert self._process and self._process.stdin
        self._process.stdin.write(msgspec.json.encode(task) + b"\n")
        self._process.stdin.flush()

    def _start(self) -> None:
        root = str(catalog.root())
        code = f"import sys; sys.path.insert(0, {root!r}); from classroom.host import main; main()"
        self._seconds, self._messages = START, queue.Queue()
        self._process = subprocess.Popen(
            [sys.executable, "-c", code, self._options.isolation, *self._options.labs],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"},
            start_new_session=True,
        )
        reader = threading.Thread(
            target=_read, args=(self._process.stdout, self._messages), daemon=True
        )
        reader.start()

    def _next(self, until: float) -> Message | None:
        try:
            return self._messages.get(timeout=max(0.0, until - time.monotonic()))
        except queue.Empty:
            return None


def _read(pipe: IO[bytes], messages: queue.Queue[Message | None]) -> None:
    """Decode what a judge's process tells; None when it is gone, or says what it never would."""
    for line in pipe:
        try:
            messages.put(msgspec.json.decode(line, type=Message))
        except msgspec.MsgspecError:
            break
    messages.put(None)


def _not_judged(exercise: Exercise) -> Graded:
    note = "the judge's process told nothing of it"
    return Graded(
        step=exercise.lab.step,
        id=exercise.id,
        core=exercise.core,
        verdict=rows.NOT_JUDGED,
        note=note,
    )


def unseen(options: Options, entry: Entry) -> list[int]:
    """Seeds that the learner has not seen, as many as worlds: the first stands in for their own."""
    told = (f"{options.key}|{entry.learner}|{number}" for number in range(options.worlds))
    digests = (int(hashlib.sha256(one.encode()).hexdigest(), 16) for one in told)
    return [20_000 + digest % 70_000 for digest in digests]


def _source(entry: Entry) -> str:
    return bags.printable(entry.path.name)


def _since(began: float) -> float:
    return round(time.monotonic() - began, 1)


def version() -> str:
    """The version of the engine."""
    from importlib.metadata import version as installed

    return installed("operator-workbook")
