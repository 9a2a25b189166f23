"""Runs a pipeline's command: in a group of its own, measured, watched, and killed at a point."""

from __future__ import annotations

import math
import os
import re
import select
import shutil
import signal
import subprocess
import time
from array import array
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from fieldkit.errors import CannotRun
from fieldkit.runs import family
from fieldkit.runs.moments import Moments
from fieldkit.runs.reason import reason
from fieldkit.runs.watch import Watch, watch

# {State}, $FIELDKIT_STATE: slips for {state}; in a shell's own text the second is right.
_UNFILLED = re.compile(
    r"\{(?!(?:state\d*|url|files|alerts)\})((?i:state\d*|url|files|alerts))\}"
    r"|\$\{?((?:FIELDKIT|CHAOS)_(?:STATE\d*|URL|FILES|ALERTS))\}?"
)
MARK = "FIELDKIT_RUN"  # in the environment of every process of a run
GRACE = 1.0  # seconds in which helpers of an ended command may end by themselves
MOST_TEXT = 1 << 16  # bytes of stderr that are kept: a long traceback
MOST_EVENTS = 200_000  # whose times are kept; more are only counted


@dataclass(frozen=True)
class Point:
    """Where to kill: right after a number of writes, in a pause between them, or at a time.

    `pause`: the number of a pause, which is `gap` seconds or more without a write. Pauses have the
    same number in every run; writes do not, as inotify merges equal events. So `seconds` beside
    them is the latest time: a run in which the point is not found is killed then, not wasted.
    `seconds` count from the first write: how long a command takes to start says nothing.
    """

    writes: int = 0
    seconds: float = 0.0
    pause: int = 0
    gap: float = 0.0

    @property
    def description(self) -> str:
        """In words, for a report."""
        if self.writes:
            return f"right after write {self.writes} to the state"
        if self.pause:
            return f"in pause {self.pause} of {self.gap * 1000:.0f} ms or more between writes"
        return f"{self.seconds:.2f} s after the first write"


@dataclass
class RunResult:
    """One run: exit code (None: killed by us), seconds, writes seen, and the end of its stderr.

    `cpu`: processor seconds of its processes, as far as the system tells.
    """

    code: int | None
    seconds: float
    writes: int = 0
    times: array[float] = field(default_factory=lambda: array("d"))
    steps: list[int] = field(default_factory=list)
    stderr: str = ""
    killed: bool = False
    endless: bool = False
    left: list[str] = field(default_factory=list)
    cpu: float = 0.0

    @property
    def failed(self) -> bool:
        """Whether it ended by itself, and not well."""
        return not self.killed and self.code != 0

    @property
    def reason(self) -> str:
        """The line of stderr that says why it failed, shortened; "" if it said nothing."""
        return reason(self.stderr)

    @property
    def how(self) -> str:
        """How it ended, for a person."""
        if self.endless:
            return f"had not ended after {self.seconds:.0f} s and was killed"
        said = f": {self.reason}" if self.reason else " and said nothing on stderr"
        if self.code is not None and self.code < 0:
            return f"was ended by signal {-self.code}{said}"
        return f"ended with exit code {self.code}{said}"


@dataclass
class Command:
    """A command with the paths of its states; `on_start` gets the process id of every run."""

    argv: Sequence[str]
    env: Mapping[str, str]
    mark: str
    places: Sequence[Path]
    logs: Path
    on_start: Callable[[int], None] = lambda _: None

    def run(
        self, limit: float, kill: Point | None = None, moments: Moments | None = None
    ) -> RunResult:
        """Run to the end, to the kill, or to the limit in seconds; no process of it is left.

        `moments`: takes copies of the state on the way.
        """
        self.logs.mkdir(parents=True, exist_ok=True)
        seen, grace, before = watch(self.places), 0.0, _children()
        try:
            with (self.logs / "out").open("wb") as out, (self.logs / "err").open("wb") as err:
                process = self._started(out.fileno(), err.fileno())
                self.on_start(process.pid)
                aim = kill or Point(seconds=limit * 2)
                ran = _Following(process, seen, limit, aim, moments).follow()
                grace = 0.0 if ran.killed or ran.endless else GRACE
        finally:
            ended = end_marked(self.mark, None, grace=grace)
            seen.close()
        ran.cpu = _children() - before
        if not ran.killed and not ran.endless:
            ran.left = ended
        # Some tools write their errors to stdout.
        ran.stderr = _tail(self.logs / "err") or _tail(self.logs / "out")
        return ran

    def _started(self, out: int, err: int) -> subprocess.Popen[bytes]:
        try:
            return subprocess.Popen(
                list(self.argv),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                env={**os.environ, **self.env, MARK: self.mark},
                start_new_session=True,  # a group of its own, so that one signal ends all of it
            )
        except FileNotFoundError:
            raise CannotRun(f"{self.argv[0]}: no such command; give its path") from None
        except OSError as error:
            raise CannotRun(f"{self.argv[0]}: cannot be started: {error.strerror}") from None


@dataclass
class _Following:
    """One process on its way, and what it wrote until now."""

    process: subprocess.Popen[bytes]
    seen: Watch
    limit: float
    kill: Point
    moments: Moments | None = None
    last: float = 0.0
    counted: int = 0
    pauses: int = 0

    def follow(self) -> RunResult:
        begun = time.perf_counter()
        ran, sleep = RunResult(None, 0.0), _sleeper(self.process.pid, self.seen.fileno)
        due = self.kill.seconds or self.limit * 2
        try:
            while True:
                ran.seconds = time.perf_counter() - begun
                self._count(ran)
                begun += self._looked(ran)
                if self._reached(ran):
                    break
                if ran.seconds >= min(self._latest(ran, due), self.limit):
                    break
                if self.process.poll() is not None:
                    break
                silent = self.last + self.kill.gap if ran.writes > self.counted else self.limit
                until = min(self._latest(ran, due), self.limit)
                until = min(until, silent) if self.kill.pause else until
                sleep(max(0.0, until - ran.seconds))
        finally:
            sleep(-1)
            _kill_group(self.process)
        ran.code = self.process.returncode
        ran.endless = ran.seconds >= self.limit
        ran.killed = ran.code == -signal.SIGKILL and not ran.endless and self._was_due(ran, due)
        return ran

    def _latest(self, ran: RunResult, due: float) -> float:
        """When to kill at the latest: never before the first write.

        A start that takes longer than the measured one would waste every kill.
        """
        return ran.times[0] + due if ran.times else self.limit * 2

    def _was_due(self, ran: RunResult, due: float) -> bool:
        return self._reached(ran) or ran.seconds >= self._latest(ran, due)

    def _looked(self, ran: RunResult) -> float:
        """Copy the state if that is wanted now; seconds in which the command stood still."""
        if not (self.moments and self.moments.are_due(ran.writes)):
            return 0.0
        before = self.moments.spent
        with self.moments.stopped(self.process.pid) as late:
            self._count(ran)  # what it wrote until it stood still
            if late is not None:
                self.moments.take(ran.writes, ran.seconds, late)
        # Where some of it went on, so did the clock.
        return 0.0 if late is None else self.moments.spent - before

    def _reached(self, ran: RunResult) -> bool:
        if self.kill.writes:
            return ran.writes >= self.kill.writes
        if not self.kill.pause:
            return False
        if ran.writes > self.counted and ran.seconds - self.last >= self.kill.gap:
            self.counted, self.pauses = ran.writes, self.pauses + 1
        return self.pauses >= self.kill.pause

    def _count(self, ran: RunResult) -> None:
        for step in self.seen.drain():
            ran.writes, self.last = ran.writes + 1, ran.seconds
            if ran.writes <= MOST_EVENTS:
                ran.times.append(ran.seconds)
                if step:
                    ran.steps.append(ran.writes)


def _children() -> float:
    """Processor seconds of all ended children of this process until now."""
    times = os.times()
    return times.children_user + times.children_system


def _sleeper(pid: int, fileno: int | None) -> Callable[[float], None]:
    """A wait for a write, the end of the process or a time, whichever is first; -1 closes it."""
    if fileno is None or not hasattr(os, "pidfd_open"):
        return lambda seconds: time.sleep(max(0.0, min(seconds, 0.002)))
    ended = os.pidfd_open(pid)
    poller = select.poll()
    poller.register(fileno, select.POLLIN)
    poller.register(ended, select.POLLIN)

    def sleep(seconds: float) -> None:
        if seconds < 0:
            os.close(ended)
        else:
            poller.poll(math.ceil(seconds * 1000))

    return sleep


def _kill_group(process: subprocess.Popen[bytes]) -> None:
    """SIGKILL for all its processes if the command still runs; its exit code is then known."""
    if process.poll() is None:
        if hasattr(os, "killpg"):
            family.kill(process.pid)
        else:
            process.kill()
    process.wait()


def marked(mark: str) -> list[psutil.Process]:
    """Every process that carries the mark, in whatever group or session it runs."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid != os.getpid() and process.environ().get(MARK) == mark:
                found.append(process)
    return found


def end_marked(mark: str, group: int | None, *, grace: float = 0.0) -> list[str]:
    """Kill what still carries the mark after `grace` seconds; gives the names of those."""
    if group is not None and hasattr(os, "killpg"):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)
    patience, ended = time.monotonic() + grace, []
    while found := [one for one in marked(mark) if one.is_running()]:
        if time.monotonic() < patience:
            time.sleep(0.02)
            continue
        for process in found:
            with suppress(psutil.Error):
                ended.append(f"{process.name()} (process {process.pid})")
                process.kill()
        psutil.wait_procs(found, timeout=5)
    return ended


def _tail(path: Path) -> str:
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - MOST_TEXT))
        return file.read().decode("utf-8", "replace").strip()


def refuse_missing(argv: Sequence[str]) -> Sequence[str]:
    """The command, if it can be found; raises CannotRun if not."""
    if not argv:
        raise CannotRun("no command: write it after --, as in: fieldkit prove --state F -- CMD")
    for before, word in zip(["", *argv], argv, strict=False):
        if meant := _UNFILLED.fullmatch(word):
            name = (meant[1] or meant[2].partition("_")[2]).lower()
            raise CannotRun(
                f"{word}: nothing replaces this; write {{{name}}}"
                + f", or sh -c '… \"{word}\"'" * bool(meant[2])
            )
        if before == "-c":
            break  # what follows is a shell's or a language's own
    if shutil.which(argv[0]) is None:
        place, words = Path(argv[0]), argv[0].split()
        if len(argv) == 1 and len(words) > 1 and shutil.which(words[0]):
            raise CannotRun(
                f"{argv[0]}: no command has this name; write it without the quotes: -- {argv[0]};"
                f" or: sh -c '{argv[0]}'"
            )
        why = "is not executable; chmod +x it" if place.is_file() else "no such command"
        raise CannotRun(f"{argv[0]}: {why}, or give the full path")
    return argv
