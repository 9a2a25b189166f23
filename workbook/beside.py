"""The answer's process: runs cells and calls answers for a judge at the other end of a socket."""

from __future__ import annotations

import asyncio
import gc
import importlib
import inspect
import json
import os
import socket
import sys
import tempfile
import types
from ast import PyCF_ALLOW_TOP_LEVEL_AWAIT
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from workbook import callee, framed, headless, lasting
from workbook.answer import AnswerTimedOut, Failure, Outcome, Step
from workbook.limits import TimedOut, run_limited
from workbook.plain import NotPlain, Wire

_PARENT_DIES, _SUBREAPER = 1, 36  # of Linux's prctl
COLLECTS = 20_000, 20, 20  # with Python's own numbers a fifth of a slow import looks for garbage
LIMITS = {  # of one process; how many there are and what they hold together, the judge watches
    "RLIMIT_AS": 12 * 2**30,
    "RLIMIT_FSIZE": 2**30,
    "RLIMIT_CORE": 0,
    "RLIMIT_NOFILE": 1024,
}


def serve(channel: socket.socket) -> None:
    """Do what the judge asks, one request after the other, until it hangs up."""
    channel.set_inheritable(False)  # what the answer starts would keep it open
    try:
        begun = json.loads(framed.receive(channel))
        worker = _Worker(begun, channel.fileno())
        while True:
            request = json.loads(framed.receive(channel))
            told = worker.run(request) if "cell" in request else worker.call(request)
            framed.send(channel, told | {"number": request["number"]})
    except framed.Gone:
        pass
    os._exit(0)  # not by `exit`: that would wait for threads that the answer left


class _Worker:
    """Holds the page's names and what was registered."""

    def __init__(self, begun: Mapping[str, Any], channel: int) -> None:
        _settle(begun, channel)
        for name in begun["modules"]:
            importlib.import_module(name)
        self._wire = Wire(Path(begun["folder"]))
        page = types.ModuleType("__main__")
        sys.modules["__main__"] = page
        self._names = page.__dict__

    def run(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Run a cell as the page would; it is stopped at its limit."""
        failure, late = None, False
        try:
            if "get_ipython" in request["cell"]:
                self._names.setdefault("get_ipython", _shell(self._names))
            code = callee.compile_answer(
                request["cell"], request["name"], flags=PyCF_ALLOW_TOP_LEVEL_AWAIT
            )
            run_limited(lambda: _run(code, self._names), request["limit"])
        except TimedOut:
            late = True
        except BaseException as error:  # also SystemExit and KeyboardInterrupt of the cell
            failure = asdict(callee.failure_of(error))
        return {"kind": "ran", "failure": failure, "timed_out": late}

    def call(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Call an answer; its outcomes as JSON."""
        try:
            with lasting.request():
                outcomes = self._outcomes(request)
            return {"kind": "called", "outcomes": [self._sent(one) for one in outcomes]}
        except (AnswerTimedOut, TimedOut):
            return {"kind": "stopped"}

    def _outcomes(self, request: Mapping[str, Any]) -> Iterator[Outcome] | list[Outcome]:
        answer = callee.REGISTERED.get(request["exercise"])
        if answer is None or not answer.entries:
            missing = f"the exercise {request['exercise']!r} is not defined"
            return [Outcome(failure=Failure("NameError", missing))] * len(request["steps"])
        steps = [Step(p, entry, self._wire.decode(data)) for p, entry, data in request["steps"]]
        if request["verb"] == "play":
            return callee.play(answer, steps, request["order"], request["limit"])
        return [callee.perform(answer.entry(), step.data, request["limit"]) for step in steps]

    def _sent(self, outcome: Outcome) -> dict[str, Any]:
        failure, result = outcome.failure, None
        try:
            result = run_limited(lambda: self._wire.encode(outcome.result), callee.ENCODING)
        except NotPlain as error:
            failure = failure or callee.not_plain(error)
        evidence = {name: self._wire.encode(seen) for name, seen in outcome.evidence.items()}
        return {
            "result": result,
            "failure": asdict(failure) if failure else None,
            "evidence": evidence,
            "printed": outcome.printed.encode("utf-8", "replace").decode(),
            "threads": list(outcome.threads),
        }


def _run(code: types.CodeType, names: dict[str, Any]) -> None:
    if code.co_flags & inspect.CO_COROUTINE:
        asyncio.run(eval(code, names))
    else:
        exec(code, names)


def _shell(names: dict[str, Any]) -> Any:
    """What `get_ipython()` gives to a cell with magics; IPython is imported for those alone."""
    from IPython.core.interactiveshell import InteractiveShell

    make: Any = InteractiveShell
    shell = make(user_ns=names, user_module=sys.modules["__main__"])
    return lambda: shell


def _settle(begun: Mapping[str, Any], channel: int) -> None:
    """Leave the judge's surroundings: its terminal, its environment, its group."""
    os.environ.clear()
    os.environ.update(begun["environment"])
    nothing = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(nothing, number)
    _let_go(channel)
    # The forked one has a standard input of its own elsewhere, which was closed just now.
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout, sys.stderr = (open(n, "w", encoding="utf-8", closefd=False) for n in (1, 2))  # noqa: SIM115
    if hasattr(os, "setsid") and os.getsid(0) != os.getpid():
        os.setsid()
    os.chdir(begun["cwd"])
    # Last: a file of the learner's that is called like a module of Python's is not meant.
    sys.path.append(begun["cwd"])
    sys.argv = ["page"]
    headless.HANDED.update(begun["handed"])
    gc.enable()  # the server that it was forked from does without
    gc.set_threshold(*COLLECTS)
    tempfile.tempdir = None  # where the judge's is, and not the answer's, if it was asked for
    if "numpy" in sys.modules:
        sys.modules["numpy"].random.seed()  # a forked one would share its parent's numbers
    _bound()


def _let_go(channel: int) -> None:
    """Close what a forked process inherits, also the way to the judge's record of semaphores."""
    from multiprocessing import get_all_start_methods, resource_tracker, set_start_method

    # As in a process that began by itself: a semaphore then leaves no name behind.
    set_start_method(get_all_start_methods()[0], force=True)

    tracker: Any = resource_tracker._resource_tracker
    tracker._fd = tracker._pid = None
    os.closerange(3, channel)
    os.closerange(channel + 1, 4096)


def _bound() -> None:
    """Limits of this process; it ends with its parent, and gets what its children leave behind."""
    if sys.platform != "linux":
        return
    import ctypes
    import resource
    import signal

    libc = ctypes.CDLL(None)
    libc.prctl(_PARENT_DIES, signal.SIGKILL, 0, 0, 0)
    libc.prctl(_SUBREAPER, 1, 0, 0, 0)
    for name, most in LIMITS.items():
        _, hard = resource.getrlimit(getattr(resource, name))
        value = most if hard == resource.RLIM_INFINITY else min(most, hard)
        resource.setrlimit(getattr(resource, name), (value, value))


def main() -> None:
    """Serve over the socket whose number is the first argument: a process that began cold."""
    serve(socket.socket(fileno=int(sys.argv[1])))
