"""The night as a process of its own, so that it can really be killed: by signal, not by exception.

Run with requests in JSON: where the warehouse is, which world, when to die, the load's text. Where
Python can fork, one process imports what they need and each night is a child of it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from labs.handles.database import KILL, Warehouse
from labs.step4_state.world.deliveries import company_days
from labs.step4_state.world.warehouse import source
from workbook import UsageError, launch, perform, registering

KILLED = "killed by the system"
AT_ONCE = 2  # processes beside each other
LIMIT = 120.0  # seconds for one of them


@dataclass(frozen=True)
class Request:
    """One run of the night. `crash_before`: SIGKILL before that statement; 0: runs to its end."""

    place: str
    seed: int
    days: int
    orders_per_day: int
    text: str
    crash_before: int = 0


def load_of(text: str) -> Callable[..., Any]:
    """The last function that a text registers as an answer; raises UsageError if it has none."""
    caught: list[Callable[..., Any]] = []

    class Page:
        """Stands in for `lab` while the text runs."""

        def exercise(self, _: str) -> Callable[[Any], Any]:
            """Remember what is registered."""

            def catch(entry: Any) -> Any:
                caught.append(entry)
                return entry

            return catch

    exec(compile(text, "<night>", "exec"), {"lab": Page(), "__name__": "__night__"})
    if not caught:
        raise UsageError("this text registers no answer: it needs a line @lab.exercise(…)")
    return caught[-1]


def registered(text: str) -> str:
    """The name of that function. The text is not run: it may be somebody's who is judged."""
    names: list[str] = [name for _, found in registering.in_cell(text) for name in found]
    if not names:
        raise UsageError("this text registers no answer: it needs a line @lab.exercise(…)")
    return names[-1]


def run_all(requests: Sequence[Request]) -> list[str]:
    """Run each in a process of its own; how each one ended."""
    if not launch.can_fork():
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(_run_alone, requests))
    ran = _python(requests)
    if ran.returncode:
        return [_told(ran.returncode, ran.stderr)] * len(requests)
    return [_told(*ended) for ended in json.loads(ran.stdout)]


def _run_alone(request: Request) -> str:
    ran = _python([request])
    return _told(ran.returncode, ran.stderr)


def _python(requests: Sequence[Request]) -> subprocess.CompletedProcess[str]:
    root = str(Path(__file__).parents[4])
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    command = [sys.executable, "-m", "labs.step4_state.world.page.process"]
    # A fork takes over one thread only: the library that numpy counts with is to have no others.
    env = os.environ | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        start_new_session=True,  # so that its children end with it
    ) as python:
        try:
            told = json.dumps([asdict(request) for request in requests])
            out, errors = python.communicate(told, timeout=LIMIT * len(requests))
        except BaseException:  # the limit, or who waits has had enough
            _ended_with_children(python)
            raise
    return subprocess.CompletedProcess(command, python.returncode, out, errors)


def _ended_with_children(python: subprocess.Popen[str]) -> None:
    if hasattr(os, "killpg"):
        with suppress(ProcessLookupError):
            os.killpg(python.pid, KILL)
    else:
        python.kill()


def _told(code: int, errors: str) -> str:
    """How a process ended; the last line that it wrote is told if it raised."""
    if code in (-KILL, KILL):
        return KILLED
    return "ended well" if code == 0 else errors.strip().splitlines()[-1]


def main() -> None:
    """Run the nights that standard input asks for."""
    requests = [Request(**told) for told in json.load(sys.stdin)]
    if launch.can_fork():
        print(json.dumps(_forked(requests)))
    else:
        for request in requests:
            _night(request)


def _forked(requests: Sequence[Request]) -> list[tuple[int, str]]:
    """Run each in a child of this process, some beside each other: its exit code and errors."""
    ended: dict[int, int] = {}
    with tempfile.TemporaryDirectory() as folder:
        errors = [Path(folder, str(number)) for number in range(len(requests))]
        children: dict[int, int] = {}
        for number, request in enumerate(requests):
            while len(children) - len(ended) >= AT_ONCE:
                _waited(ended)
            children[_child(request, errors[number])] = number
        while len(ended) < len(children):
            _waited(ended)
        codes = {number: ended[child] for child, number in children.items()}
        return [(codes[n], errors[n].read_text("utf-8", "replace")) for n in range(len(requests))]


def _waited(ended: dict[int, int]) -> None:
    child, status = os.wait()
    ended[child] = os.waitstatus_to_exitcode(status)


def _child(request: Request, errors: Path) -> int:
    """Begin a child that runs one night; its process id."""
    child = os.fork()
    if child:
        return child
    code = 1
    try:
        with errors.open("wb") as file:
            for stream in (1, 2):  # what the load prints is in nobody's way
                os.dup2(file.fileno(), stream)
        _night(request)
        code = 0
    except BaseException as error:
        print(error if isinstance(error, SystemExit) else repr(error), file=sys.stderr)
    finally:
        sys.stderr.flush()
        os._exit(code)  # what it has taken over from its parent is not its own to end


def _night(request: Request) -> None:
    """Run one; ends this process with a line where the load fails."""
    days = company_days(request.seed, request.days, request.orders_per_day)
    con = Warehouse(place=request.place).handle(crash_before=request.crash_before, kill=True)
    outcome = perform(load_of(request.text), {"con": con, "source": source(days)}, LIMIT)
    if outcome.failure:
        sys.exit(f"the run raised {outcome.failure}")


if __name__ == "__main__":
    main()
