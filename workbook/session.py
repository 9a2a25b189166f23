"""A session: one process for all exercises of a page, in which a judge calls their answers."""

from __future__ import annotations

import contextlib
import functools
import itertools
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook import framed, keeper, launch, protocol
from workbook.answer import AnswerTimedOut, Failure, Handle, Outcome, ProtocolBroken, Step
from workbook.errors import WorkbookError
from workbook.gate import FOLDER, Gate
from workbook.plain import NotPlain, Wire, memory_backed

CELL_SECONDS = 30.0  # a cell that an answer needs may take so long
MARGIN = 10.0  # seconds beyond the other side's own limit before the judge stops waiting
START = 120.0  # seconds for a process to begin on a busy machine
BUDGET = 25.0  # all calls of one answer in one judgement may take so many times its limit
PROCESSES, MEMORY, DISK = 200, 6 * 2**30, 2 * 2**30  # what an answer may hold in all


@dataclass(frozen=True)
class Cell:
    """A cell to run before answers are called. `name`: as it is told to the learner."""

    source: str
    name: str


@dataclass(frozen=True)
class Stop:
    """A cell that did not come to its end. `late`: it was stopped; `failure`: what it raised."""

    cell: Cell
    late: bool
    failure: Failure | None = None

    def __str__(self) -> str:
        if self.failure:
            return f"{self.cell.name} raised {self.failure}"
        if self.late:
            return f"{self.cell.name} was stopped after {CELL_SECONDS:g} s"
        return f"{self.cell.name} ended its Python process"


class Session:
    """Runs cells in a process of its own and hands out an answer for each exercise.

    Files that both sides need lie in an exchange folder. A process that died is started again,
    with the cells, at the next call; a cell that ended or blocked it is left out then. Use as a
    context manager. `stops`: the cells that did not come to their end. `folder`: another session's
    exchange folder, to share it. Raises WorkbookError if no process starts.
    """

    def __init__(
        self,
        cells: Sequence[Cell],
        *,
        cwd: Path,
        isolated: bool = False,
        warm: bool = True,
        hash_seed: str = launch.HASH_SEEDS[0],
        handed: Mapping[str, str] | None = None,
        shares: Session | None = None,
    ) -> None:
        self.cells, self.cwd, self.stops = list(cells), cwd, list[Stop]()
        self.isolated, self.hash_seed = isolated, hash_seed
        self._warm = warm and not isolated and launch.can_fork()
        self._handed = dict(handed or {})
        self._shares = shares
        self._numbers = itertools.count(1)
        self._places = itertools.count(1)
        self._channel: Any = None
        self._process: Any = None
        self._gates: dict[int, Gate] = shares._gates if shares else {}
        self.exchange = Path()
        self._looked = 0.0

    def __enter__(self) -> Session:
        self._folder = Path(tempfile.mkdtemp(prefix="workbook-", dir=memory_backed()))
        self.exchange = self._shares.exchange if self._shares else self._folder
        self._wire = Wire(self.exchange, judging=True)
        try:
            self._keeper = subprocess.Popen(
                [sys.executable, "-I", "-S", keeper.__file__, str(self._folder)],
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,
            )
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._hang_up()
        for gate in () if self._shares else self._gates.values():
            gate.close()
        kept = getattr(self, "_keeper", None)
        if kept is None:
            return keeper.remove(self._folder)
        with contextlib.suppress(OSError):
            kept.stdin.close()
        kept.wait()
        if self._process is not None:
            self._ended()
        return None

    @property
    def process_id(self) -> int:
        """The process that holds the answers (in a sandbox: the one that made it)."""
        return int(self._process.pid)

    def answer(self, exercise: str, limit: float, text: str = "") -> ProcessAnswer:
        """The answer to an exercise, each of whose calls may take `limit` seconds."""
        return ProcessAnswer(self, exercise, limit, text)

    def load(self, cell: Cell) -> Stop | None:
        """Run one more cell, which takes the place of the last one: another answer."""
        self.cells[-1:] = [cell]
        self.stops = [stop for stop in self.stops if stop.cell in self.cells]
        return self._run(cell)

    def start(self) -> None:
        """Start a process and run the cells, but for those that ended an earlier one."""
        self._launch()
        # One that raises is tried again: it may set up half of what others need.
        self.stops = [stop for stop in self.stops if stop.failure is None]
        left_out = [stop.cell for stop in self.stops]
        for cell in self.cells:
            if cell not in left_out:
                self._run(cell)
            if not self.running():
                self._launch()

    def running(self) -> bool:
        """Whether there is a process to ask."""
        return self._channel is not None

    def ask(self, request: dict[str, Any], seconds: float) -> protocol.Reply | None:
        """Send a request and wait for its reply; None where the process ended instead.

        Raises AnswerTimedOut, the process then gone, and ProtocolBroken for any other reply.
        """
        number = next(self._numbers)
        try:
            framed.send(self._channel, request | {"number": number}, seconds)
            message = framed.receive(self._channel, seconds, self._look)
            reply = protocol.decoded(message)
        except framed.Gone:
            self.stop()
            return None
        except framed.Late:
            self.stop()
            raise AnswerTimedOut from None
        except _TooMuch as error:
            self.stop()
            raise AnswerTimedOut(f"your code was stopped: it holds {error}") from None
        except (framed.TooLong, protocol.Broken) as error:
            self.stop()
            raise ProtocolBroken(str(error)) from None
        if reply.number != number:
            self.stop()
            raise ProtocolBroken("a reply to another request")
        return reply

    def stop(self) -> None:
        """End the process and what it started."""
        self._hang_up()
        if self._process is not None:
            keeper.end([self._process.pid], str(self._folder))
            self._ended()

    def place(self) -> Path:
        """The path of a database file that does not exist yet."""
        return self.exchange / f"warehouse_{next(self._places)}.duckdb"

    @property
    def wire(self) -> Wire:
        """Encodes what goes to the answers, decodes what comes back."""
        return self._wire

    def let_through(self, data: Mapping[str, Any]) -> None:
        """Open a way out of the sandbox to the server of a handle that has one (its `port`)."""
        for value in data.values() if self.isolated else ():
            port = getattr(value, "port", None) if isinstance(value, Handle) else None
            if isinstance(port, int) and port not in self._gates:
                self._gates[port] = Gate(self.exchange, port)

    def _run(self, cell: Cell) -> Stop | None:
        request = {"cell": cell.source, "name": cell.name, "limit": CELL_SECONDS}
        try:
            reply = self.ask(request, CELL_SECONDS + MARGIN)
        except AnswerTimedOut:
            return self._stopped(Stop(cell, late=True))
        if reply is None:
            return self._stopped(Stop(cell, late=False))
        if not isinstance(reply, protocol.Ran):
            self.stop()
            raise ProtocolBroken("a reply to another request")
        if reply.timed_out or reply.failure:
            return self._stopped(Stop(cell, reply.timed_out, failure_of(reply.failure)))
        return None

    def _stopped(self, stop: Stop) -> Stop:
        self.stops.append(stop)
        return stop

    def _launch(self) -> None:
        token, channel = str(self._folder), None
        if self.isolated:
            self._process, channel = launch.isolated(self.hash_seed, token, self.exchange, self.cwd)
        elif self._warm:
            self._process, channel = launch.forked(self.hash_seed)
        else:
            self._process, channel = launch.cold(self.hash_seed, token)
        self._channel = channel
        with contextlib.suppress(OSError):
            self._keeper.stdin.write(f"{self._process.pid}\n".encode())  # type: ignore[union-attr]
            self._keeper.stdin.flush()  # type: ignore[union-attr]
        home = (
            {"HOME": "/tmp", "TMPDIR": "/tmp", FOLDER: str(self.exchange)} if self.isolated else {}
        )
        begun = {
            "folder": str(self.exchange),
            "cwd": str(self.cwd),
            "handed": self._handed,
            "environment": launch.environment(token, self.hash_seed, **home),
        }
        try:
            framed.send(channel, begun, START)
            reply = self.ask({"cell": "", "name": "begin", "limit": 1.0}, START)
        except (framed.Gone, framed.Late, AnswerTimedOut):
            reply = None
        if reply is None:
            self.stop()
            raise WorkbookError("no process for the answers started: see `workbook doctor`")

    def _look(self) -> None:
        """While an answer runs: does it hold more than it may?"""
        now = time.monotonic()
        if now - self._looked < 2 * framed.LOOK:
            return
        self._looked = now
        held = keeper.descendants([self._process.pid]) | {self._process.pid}
        memory = sum(map(_resident, held))
        disk = sum(entry.stat().st_size for entry in _files(self.exchange))
        if len(held) > PROCESSES:
            raise _TooMuch(f"more than {PROCESSES} processes")
        if memory > MEMORY or disk > DISK:
            what, most = ("memory", MEMORY) if memory > MEMORY else ("disk", DISK)
            raise _TooMuch(f"more than {most >> 30} GiB of {what}")

    def _hang_up(self) -> None:
        if self._channel is not None:
            self._channel.close()
            self._channel = None

    def _ended(self) -> None:
        """Take note that the process is gone, so that it is no zombie of ours."""
        process, self._process = self._process, None
        if isinstance(process, subprocess.Popen):
            process.wait()
        else:
            process.join(MARGIN)
            process.close()


class _TooMuch(Exception):
    """An answer holds more processes, memory or disk than it may."""


class ProcessAnswer:
    """An answer in a session's process. Databases are files in the exchange folder.

    Raises AnswerTimedOut when a call never ends, or all calls together take too long, and
    ProtocolBroken where the process says what no answer of ours would.
    """

    def __init__(self, session: Session, exercise: str, limit: float, text: str) -> None:
        self.text = text
        self.persisted = False
        self.left = limit * BUDGET
        self._session, self._exercise, self._limit = session, exercise, limit

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._ask("call", [("", "", data)])[0]

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments, in one message."""
        steps = [("", "", data) for data in batch]
        return self._ask("map", steps) if steps else []

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; with `order`, players take turns at each effect in that order."""
        return self._ask("play", [(s.player, s.entry, s.data) for s in script], order)

    def place(self) -> str:
        """Return the path of a database file that does not exist yet."""
        self.persisted = True
        return str(self._session.place())

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        self.persisted = True
        return tempfile.mkdtemp(dir=self._session.exchange)

    def _ask(
        self, verb: str, steps: list[tuple[str, str, Mapping[str, Any]]], order: Sequence[str] = ()
    ) -> list[Outcome]:
        began = time.monotonic()
        if not self._session.running():
            self._session.start()
        wire = self._session.wire
        for data in (data for _, _, data in steps):
            self._session.let_through(data)
        request = {
            "verb": verb,
            "exercise": self._exercise,
            "limit": self._limit,
            "order": list(order),
            "steps": [(p, e, wire.encode(dict(data))) for p, e, data in steps],
        }
        reply = self._session.ask(request, self._limit * (len(steps) + 1) + MARGIN)
        self.left -= time.monotonic() - began
        if reply is None:
            return [Outcome(died=True)] * len(steps)
        if isinstance(reply, protocol.Stopped):
            raise AnswerTimedOut
        if self.left < 0:
            spent = self._limit * BUDGET
            raise AnswerTimedOut(f"your code was stopped: its calls took {spent:g} s in all")
        if not isinstance(reply, protocol.Called) or len(reply.outcomes) != len(steps):
            raise ProtocolBroken("a reply to another request")
        sent = [data for _, _, data in steps]
        return [self._outcome(told, data) for told, data in zip(reply.outcomes, sent, strict=True)]

    def _outcome(self, told: protocol.OutcomeSent, data: Mapping[str, Any]) -> Outcome:
        wire = self._session.wire
        try:
            result = wire.decode(told.result)
            evidence = {name: wire.decode(seen) for name, seen in told.evidence.items()}
        except NotPlain as error:
            raise ProtocolBroken(str(error)) from None
        for name, seen in evidence.items():
            if name not in data or not isinstance(seen, dict):
                raise ProtocolBroken(f"evidence of {name[:40]!r}, which is not asked for")
        return Outcome(
            result=result,
            failure=failure_of(told.failure),
            evidence=evidence,
            printed=told.printed,
            threads=tuple(map(printable, told.threads)),
        )


class Alternating:
    """An answer in two sessions, whose processes have different hash seeds, call by call in turn.

    What an answer keeps in its process, or makes of Python's salted `hash`, is not there on the
    next call, as it would not be in the next night's run. The second session begins at the first
    call that can meet something an earlier one stored.
    """

    def __init__(self, first: ProcessAnswer, second: Callable[[], ProcessAnswer]) -> None:
        self.text = first.text
        self._first, self._second = first, functools.cache(second)
        self._turns = itertools.count()

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._next().call(**data)

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments, in one message."""
        return self._next().map(batch)

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script in one process."""
        return self._next().play(script, order)

    def place(self) -> str:
        """Return the path of a database file that does not exist yet."""
        return self._first.place()

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        return self._first.folder()

    def _next(self) -> ProcessAnswer:
        if not self._first.persisted or next(self._turns) % 2 == 0:
            return self._first
        return self._second()


def failure_of(told: protocol.FailureSent | None) -> Failure | None:
    """A failure as it came, without what would act on a terminal."""
    if told is None:
        return None
    kind, message, source, function = map(
        printable, (told.type, told.message, told.source, told.function)
    )
    return Failure(kind, message, told.line, source, function)


def printable(text: str) -> str:
    """Text without control characters."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _resident(process: int) -> int:
    """Bytes of memory that a process holds; 0 where the system does not tell."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[1]
        return int(pages) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, IndexError, ValueError):
        return 0


def _files(folder: Path) -> Iterable[os.DirEntry[str]]:
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.is_dir(follow_symlinks=False):
                yield from _files(Path(entry.path))
            elif entry.is_file(follow_symlinks=False):
                yield entry
