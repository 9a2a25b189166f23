"""A session: one process for all exercises of a page, in which a judge calls them."""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbook import entering, framed, keeper, launch, protocol
from workbook.answer import AnswerTimedOut, Failure, Handle, ProtocolBroken
from workbook.errors import WorkbookError
from workbook.gate import FOLDER, Gate
from workbook.plain import Wire, memory_backed

CELL_SECONDS = 30.0  # a cell that an answer needs may take so long
MARGIN = 10.0  # seconds beyond the other side's own limit before the judge stops waiting
HANDLES = "labs.handles."  # modules that a process imports before it runs a cell
ENDS = 1.0  # seconds for a process in a sandbox to end by itself
START = 120.0  # seconds for a process to begin on a busy machine
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
    context manager. `ran`: the cells that its process ran; `stops`: those that did not come to
    their end. `modules`: what a process is to have imported already, where it can be forked from
    one that has; `beside`: the same for a second one. `shares`: another session, whose exchange
    folder this one shares. Raises WorkbookError if no process starts.
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
        modules: Sequence[str] = (),
    ) -> None:
        self.cells, self.cwd, self.stops = list(cells), cwd, list[Stop]()
        self.ran, self.modules, self.beside = list[Cell](), tuple(modules), tuple(modules)
        self.isolated, self.hash_seed = isolated, hash_seed
        self._warm = warm and not isolated and launch.can_fork()
        self._handed = dict(handed or {})
        self._shares = shares
        self._numbers = itertools.count(1)
        self._places = itertools.count(1)
        self._channel: Any = None
        self._process: Any = None
        self._inner = 0  # the number of a process in a sandbox
        self._keeper: subprocess.Popen[bytes] | None = None
        self._gates: dict[int, Gate] = shares._gates if shares else {}
        self.exchange = Path()
        self._looked = 0.0

    def __enter__(self) -> Session:
        self._folder = Path(
            tempfile.mkdtemp(prefix=f"workbook-{os.getpid()}-", dir=memory_backed())
        )
        self.exchange = self._shares.exchange if self._shares else self._folder
        self._wire = Wire(self.exchange, judging=True)
        try:
            self._keeper = launch.started(
                [sys.executable, "-I", "-S", keeper.__file__, str(self._folder)],
                stdin=subprocess.PIPE,
            )
            self.start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def leave(self) -> None:
        """Begin to end: the keeper is told, or the process in its sandbox; `__exit__` waits."""
        if self.isolated:  # nothing outlives it, and only what ends by itself has its time counted
            self._hang_up(ending=True)
        else:
            self._told_keeper()

    def __exit__(self, *_: object) -> None:
        self.leave()
        if self.isolated and self._process is not None:
            self._let_end()
        for gate in () if self._shares else self._gates.values():
            gate.close()
        self._told_keeper()
        if self._keeper is None:
            keeper.remove(self._folder)
        else:
            self._keeper.wait()
        # Only now: a process that ends by itself lets go of what it started, before it is found.
        self._hang_up()
        if self._process is not None:
            self._ended()

    def _let_end(self) -> None:
        """Wait until the process in its sandbox has ended, and the program that holds it open."""
        self._drain()
        if self._process.stdin is not None:
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(ENDS)

    def _drain(self) -> None:
        """Wait until the other end of the channel is closed; what still comes may have no end."""
        until = time.monotonic() + ENDS
        with contextlib.suppress(OSError):
            while self._channel is not None and time.monotonic() < until:
                self._channel.settimeout(ENDS)
                if not self._channel.recv(2**16):
                    break

    def _told_keeper(self) -> None:
        if self._keeper is not None:
            with contextlib.suppress(OSError):
                self._keeper.stdin.close()  # type: ignore[union-attr]

    @property
    def process_id(self) -> int:
        """The process that holds the answers (in a sandbox: the one that made it)."""
        return int(self._process.pid)

    def load(self, cell: Cell) -> Stop | None:
        """Run one more cell, which takes the place of the last one: another answer."""
        self.cells[-1:] = [cell]
        self.stops = [stop for stop in self.stops if stop.cell in self.cells]
        return self._run(cell)

    def need(self, cells: Sequence[Cell]) -> None:
        """Have these cells run: those that have not been, and these alone where it begins anew.

        So a cell that takes seconds, such as an import, is run for the answers that need it.
        """
        self.cells = list(cells)
        if self.running():
            self._catch_up()
        else:
            self.start()

    def start(self) -> None:
        """Start a process and run the cells, but for those that ended an earlier one."""
        self._launch()
        # One that raises is tried again: it may set up half of what others need.
        self.stops = [stop for stop in self.stops if stop.failure is None]
        self.ran = [stop.cell for stop in self.stops]
        self._catch_up()

    def _catch_up(self) -> None:
        for cell in [one for one in self.cells if one not in self.ran]:
            self.ran.append(cell)
            self._run(cell)
            if not self.running():  # each time with a cell less
                return self.start()
        return None

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
        except BaseException:  # what comes next on this channel would answer another question
            self.stop()
            raise
        if reply.number != number:
            self.stop()
            raise ProtocolBroken("a reply to another request")
        return reply

    def stop(self) -> None:
        """End the process and what it started."""
        if self._process is not None:
            keeper.end([self._process.pid], str(self._folder))
        if self.isolated:
            self._drain()
        self._hang_up()
        if self._process is not None:
            self._ended()

    def place(self) -> Path:
        """The path of a database file that does not exist yet."""
        if not self._shares:  # what is stored will be asked of a second process
            if self._warm:
                launch.warm_up(launch.HASH_SEEDS[1], self.beside)
            elif self.isolated:
                entering.warm_up(launch.HASH_SEEDS[1], self.beside)
        return self.exchange / f"warehouse_{next(self._places)}.duckdb"

    @property
    def wire(self) -> Wire:
        """Encodes what goes to the answers, decodes what comes back."""
        return self._wire

    def let_through(self, data: Mapping[str, Any]) -> None:
        """Open a way out of the sandbox to the server of a handle that has one (its `port`)."""
        for value in data.values() if self.isolated else ():
            port = getattr(value, "port", None)
            if isinstance(port, int) and port not in self._gates and isinstance(value, Handle):
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
            self._process, channel, self._inner = entering.isolated(
                self.hash_seed, token, self.exchange, self.cwd, self.modules
            )
        elif self._warm:
            self._process, channel = launch.forked(self.hash_seed, self.modules)
        else:
            self._process, channel = launch.cold(self.hash_seed, token)
        self._channel = channel
        with contextlib.suppress(OSError, ValueError):  # it may have been told that it is over
            self._keeper.stdin.write(f"{self._process.pid}\n".encode())  # type: ignore[union-attr]
            self._keeper.stdin.flush()  # type: ignore[union-attr]
        home = (
            {"HOME": "/tmp", "TMPDIR": "/tmp", FOLDER: str(self.exchange)} if self.isolated else {}
        )
        begun = {
            "folder": str(self.exchange),
            "cwd": str(self.cwd),
            "handed": self._handed,
            # As on the page: who imports `sleep` by name gets the one that knows virtual time.
            "modules": sorted(name for name in sys.modules if name.startswith(HANDLES)),
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
        own = {self._process.pid, self._inner or self._process.pid}
        held = keeper.descendants(own) | own
        memory = sum(map(_resident, held))
        disk = sum(map(_size, _files(self.exchange)))
        if len(held) > PROCESSES:
            raise _TooMuch(f"more than {PROCESSES} processes")
        if memory > MEMORY or disk > DISK:
            what, most = ("memory", MEMORY) if memory > MEMORY else ("disk", DISK)
            raise _TooMuch(f"more than {most >> 30} GiB of {what}")

    def _hang_up(self, *, ending: bool = False) -> None:
        """Close the channel; `ending`: our side alone, so that we see when theirs is closed."""
        if self._channel is not None and ending:
            with contextlib.suppress(OSError):
                self._channel.shutdown(socket.SHUT_WR)
        elif self._channel is not None:
            self._channel.close()
            self._channel = None

    def _ended(self) -> None:
        """Take note that the process is gone, so that it is no zombie of ours."""
        process, self._process = self._process, None
        if isinstance(process, subprocess.Popen):
            entering.ended(process)
        else:
            process.join(MARGIN)
            process.close()


class _TooMuch(Exception):
    """An answer holds more processes, memory or disk than it may."""


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


def _size(entry: os.DirEntry[str]) -> int:
    """Bytes of a file; it may be gone since it was listed."""
    try:
        return entry.stat(follow_symlinks=False).st_size
    except OSError:
        return 0


def _files(folder: Path) -> Iterator[os.DirEntry[str]]:
    """The files of a folder and those below, as deep as a path may be long."""
    waiting = [str(folder)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for entry in found:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                elif entry.is_file(follow_symlinks=False):
                    yield entry
