"""A judge's process: it imports engine and checks once, and judges each submission in a fork.

Started by the pool, in a Python of its own or beside a server to fork from (`main_beside`). A line
of JSON on its input is a task; each line of its output is a message. It never runs a learner's code
itself: that is the session's process, which is another one again.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from types import ModuleType
from typing import IO

import msgspec

from classroom.judging import Ended, Message, Task, judge
from workbook import catalog, entering, launch, needed, outside, pages, submission
from workbook.session import Cell

CORE, FILE = 0, 4 * 2**30  # bytes: a core file, and the largest file that a judge may write
LOOK = 0.02  # seconds between two looks at a fork


def main() -> None:
    """Serve tasks until the input ends."""
    _serve(*_away_from_answers(), sys.argv[1:])


def main_beside(server: socket.socket) -> None:
    """The same beside a server to fork from, with which it has imported what both need.

    That was started with a clean environment; ours comes first on the input, now that it has
    parted from us.
    """
    tasks, told = _away_from_answers()
    os.environ.clear()
    os.environ.update(json.loads(tasks.readline()))
    # What Python itself makes of them as it begins.
    sys.dont_write_bytecode = bool(os.environ.get("PYTHONDONTWRITEBYTECODE"))
    sys.path[1:1] = filter(None, os.environ.get("PYTHONPATH", "").split(os.pathsep))
    entering.adopt(launch.HASH_SEEDS[0], sys.argv[1].split(), server)
    _serve(tasks, told, sys.argv[2:])


def _serve(tasks: IO[bytes], told: IO[bytes], asked: Sequence[str]) -> None:
    isolation, *labs = asked
    servers = entering if isolation == outside.BUBBLEWRAP else launch
    _warm_up(servers, labs)
    _prepare(labs)
    for line in tasks:
        task = msgspec.json.decode(line, type=Task)
        if labs:
            _warm_up_for(servers, task)
        ended = _forked(task, told) if hasattr(os, "fork") else _here(task, told)
        _tell(told, ended)


def _away_from_answers() -> tuple[IO[bytes], IO[bytes]]:
    """Our input and output under numbers that no other process inherits; 0, 1 and 2 lead nowhere.

    What an answer's process prints can then never be taken for a message.
    """
    tasks, told = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nowhere, number)
    return tasks, told


def _prepare(labs: Sequence[str]) -> None:
    """Import checks and worlds before any answer runs."""
    for lab in labs:
        for exercise in catalog.load(lab).exercises.values():
            exercise.prepare()


def _warm_up(servers: ModuleType, labs: Sequence[str]) -> None:
    """Begin the servers while checks are imported, where it is known what they are to import.

    Without labs it is a single submission, for which the fork does the rest.
    """
    known = [catalog.load(lab) for lab in labs]
    if servers is entering or not any(needed.imports(_shipped(lab), lab.preload) for lab in known):
        for hash_seed in launch.HASH_SEEDS:
            servers.warm_up(hash_seed)


def _shipped(lab: catalog.Lab) -> list[Cell]:
    """The answers' cells as they shipped."""
    return [Cell(found.source, name) for name, found in pages.starters(lab.page).items()]


def _warm_up_for(servers: ModuleType, task: Task) -> None:
    """Begin the servers that its answers' processes are forked from; all later forks share them."""
    for _, ids in task.answers:
        starters = [(catalog.find(one), submission.starter(catalog.find(one))) for one in ids]
        code = [(e, [Cell(found.source, e.id)]) for e, found in starters if found.names]
        for hash_seed in launch.HASH_SEEDS if code else ():
            servers.warm_up(hash_seed, outside.slow_imports(code))


def _tell(told: IO[bytes], message: Message) -> None:
    told.write(msgspec.json.encode(message) + b"\n")
    told.flush()


def _here(task: Task, told: IO[bytes]) -> Ended:
    """Judge in this process, where the system has no fork; the pool ends it when it is late."""
    began = os.times()
    try:
        judge(task, lambda message: _tell(told, message))
    except Exception as error:
        return Ended("died", f"{type(error).__name__}: {error}"[:300])
    now = os.times()
    return Ended("whole", cpu=round(now.user + now.system - began.user - began.system, 2))


def _forked(task: Task, told: IO[bytes]) -> Ended:
    """Judge in a fork, with limits; it is ended with its group when its time is over."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(ours)
        _child(task, told, theirs)
    os.close(theirs)
    late, used = _waited(child, task.seconds)
    with os.fdopen(ours, "rb") as pipe:
        why = pipe.read(1000).decode("utf-8", "replace")
    how = "late" if late else "whole" if why == "whole" else "died"
    return Ended(how, "" if how == "whole" else why, used)


def _child(task: Task, told: IO[bytes], done: int) -> None:
    """What the fork does; it never returns."""
    code = 1
    try:
        os.setsid()
        _limit()
        judge(task, lambda message: _tell(told, message))
        os.write(done, b"whole")
        code = 0
    except BaseException as error:
        os.write(done, f"{type(error).__name__}: {error}"[:900].encode("utf-8", "replace"))
    finally:
        os._exit(code)


def _limit() -> None:
    import resource

    for what, most in ((resource.RLIMIT_CORE, CORE), (resource.RLIMIT_FSIZE, FILE)):
        hard = resource.getrlimit(what)[1]
        soft = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(what, (soft, hard))


def _waited(child: int, seconds: float) -> tuple[bool, float]:
    """Wait for a fork at most so long: whether it was late, and what it used."""
    until, late, asked = time.monotonic() + seconds, False, os.getppid()
    while True:
        ended, _, used = os.wait4(child, os.WNOHANG)
        if ended:
            return late, round(used.ru_utime + used.ru_stime, 2)
        if time.monotonic() > until and not late:
            late = True
            os.killpg(child, signal.SIGKILL)
        if os.getppid() != asked:  # whoever asked is gone, killed perhaps: nobody reads the rest
            os.killpg(child, signal.SIGKILL)
            os._exit(1)
        time.sleep(LOOK)
