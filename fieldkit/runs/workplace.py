"""The places where a command runs: copies of its states, restored before each run."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.runs import journal, memory
from fieldkit.runs.command import Command, Point, RunResult, refuse_missing
from fieldkit.runs.instead import hint
from fieldkit.runs.landing import Landing
from fieldkit.runs.moments import Moments, room
from fieldkit.state.snapshot import Signature, copy, restore, signature, size
from fieldkit.state.stores import State

try:
    import fcntl
except (
    ImportError
):  # Windows: a locked file cannot be copied there, and the copy fails with its own message
    fcntl = None  # type: ignore[assignment]

ROOM = 64 << 20  # bytes that a run may add on top of the copies before the disk counts as full
SKIPPED = {
    ".git", ".venv", "__pycache__", "node_modules", ".pytest_cache", ".mypy_cache", ".ruff_cache",
    ".hypothesis", ".tox",
}  # fmt: skip
MOST_FILES = 20_000


def free_bytes(folder: Path) -> int:
    """Free space on the disk of a folder that may not exist yet."""
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def gigabytes(count: float) -> str:
    """Bytes for a person."""
    return f"{count / 1e9:.1f} GB" if count >= 1e9 else f"{max(count / 1e6, 0.1):.1f} MB"


def refuse_full_disk(states: Sequence[State], *, in_place: bool) -> None:
    """Raise CannotRun unless the copies fit: snapshot and end state, and one to work on."""
    # The snapshot and the end state; without --in-place one more to work on.
    refuse_no_room(2 if in_place else 3, sum(size(state.path) for state in states))


def refuse_no_room(copies: int, total: int) -> None:
    """Raise CannotRun unless so many copies of so many bytes fit."""
    needed, there = int(copies * total * 1.1) + ROOM, free_bytes(journal.home())
    if needed > there:
        raise CannotRun(
            f"{journal.home()}: {gigabytes(needed)} are needed for {copies} copies of "
            f"{gigabytes(total)}, {gigabytes(there)} are free; make room, or set FIELDKIT_HOME to "
            "a folder on a larger disk"
        )


def refuse_locked(state: State) -> None:
    """Raise CannotRun if another process has the database open for writing."""
    if fcntl is None or state.kind == "folder":
        return
    # SQLite in WAL mode locks the -shm file, not the database; DuckDB locks the file itself.
    for name in (state.path, state.path.with_name(state.path.name + "-shm")):
        if name.exists():
            with name.open("rb") as file:
                try:
                    fcntl.lockf(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
                except OSError:
                    raise CannotRun(
                        f"{state.path}: is locked by another process{_holder(name)}; end it or "
                        "wait for it"
                    ) from None


def _holder(path: Path) -> str:
    """The process that holds the lock, as " (123)"; "" where the system does not say."""
    try:
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except OSError:
        return ""
    found = path.stat()
    place = f"{os.major(found.st_dev):02x}:{os.minor(found.st_dev):02x}:{found.st_ino}"
    held = [line.split() for line in lines if place in line and "->" not in line]
    return f" ({held[0][4]})" if held else ""


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Defer SIGINT, SIGTERM and SIGHUP until everything is restored."""
    if not hasattr(signal, "pthread_sigmask"):
        yield  # Windows has no signal mask: a Ctrl-C here needs --recover
        return
    before = signal.pthread_sigmask(
        signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP}
    )
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def with_places(
    argv: Sequence[str], places: Sequence[Path], fills: Mapping[str, str] | None = None
) -> tuple[list[str], dict[str, str]]:
    """The command with paths for {state}, {state2} …; and the same as FIELDKIT_STATE …

    `fills`: values of further `{name}`s in it.
    """
    named = {str(n + 1) if n else "": str(place) for n, place in enumerate(places)}
    values = {f"state{suffix}": place for suffix, place in named.items()} | {**(fills or {})}
    words = list(argv)
    for name, value in values.items():
        words = [one.replace("{" + name + "}", value) for one in words]
    return words, {f"FIELDKIT_STATE{suffix}": place for suffix, place in named.items()}


@dataclass
class Workplace:
    """The states' snapshot, the places where the command works, and the end state to compare with.

    `env`: further variables of its environment; `fills`: values of further `{name}`s in it;
    `landing`: the folder that it reads from, put back like the states, but not compared.
    Use as a context manager: on exit the originals are as they were, and no copy is left.
    """

    argv: Sequence[str]
    states: Sequence[State]
    in_place: bool
    env: Mapping[str, str] = field(default_factory=dict)
    fills: Mapping[str, str] = field(default_factory=dict)
    landing: Landing | None = None
    work: list[Path] = field(default_factory=list)
    _clean: list[Signature] = field(default_factory=list)
    _at: str = ""

    def __enter__(self) -> Workplace:
        refuse_missing(self.argv)
        originals = [state.path for state in self.states]
        self.journal = journal.begin(originals, in_place=self.in_place, landing=self.landing)
        self.folder = self.journal.folder
        try:
            # Before the copy: a write during the copy must show as a change, too.
            self._guards = [signature(path) for path in originals]
            self.journal.take()
            if self.landing:
                self.landing.begin(self.journal.snapshot(len(originals)), self._kept / "files")
            self._work_in(originals if self.in_place else self._places(self.folder / "work"))
        except BaseException:  # Ctrl-C, too: nothing has run yet, so the journal may go
            self.journal.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with signals_deferred():
            if self.in_place:
                for number, state in enumerate(self.states):
                    restore(self.journal.snapshot(number), state.path)
            else:
                self._touched()
            if self.landing:
                self.landing.put_back()
                self.landing.taken()
            self.journal.close()

    def _places(self, folder: Path) -> list[Path]:
        return [folder / str(n) / state.path.name for n, state in enumerate(self.states)]

    def _work_in(self, places: list[Path]) -> None:
        for place in places:
            place.parent.mkdir(parents=True, exist_ok=True)
        self.work, self._at = places, ""
        self.command = self._command()

    @property
    def in_memory(self) -> bool:
        """Whether the working copies lie in memory now."""
        return memory.folder_of(self.folder) in self.work[0].parents

    def to_memory(self) -> bool:
        """Work on copies in memory from now on; False where that is not to be had."""
        needed = sum(map(size, [*self.before, *self.work]))
        if self.in_place or not memory.has_room(needed):
            return False
        place = memory.folder_of(self.folder)
        place.mkdir(mode=0o700)
        self._work_in(self._places(place))
        return True

    def to_disk(self) -> None:
        """Work on copies on disk again."""
        shutil.rmtree(memory.folder_of(self.folder), ignore_errors=True)
        self._work_in(self._places(self.folder / "work"))

    @property
    def before(self) -> list[Path]:
        """The states as they were before anything ran."""
        return [self.journal.snapshot(number) for number in range(len(self.states))]

    @property
    def finished(self) -> list[Path]:
        """The states as the first uninterrupted run left them, once they are kept."""
        return [self.folder / "finished" / str(n) / s.path.name for n, s in enumerate(self.states)]

    @property
    def scratch(self) -> Path:
        """A folder for the comparison's own files."""
        return self.folder / "scratch"

    def keep_finished(self) -> None:
        """Keep the present states as the ones to compare with."""
        for place, kept in zip(self.work, self.finished, strict=True):
            copy(place, kept.parent)

    def reset(self, to: Sequence[Path]) -> None:
        """Restore the working copies to `before` or `finished`; unchanged files are left alone."""
        for number, place in enumerate(self.work):
            right: list[str] = []
            # Signatures hold ctime, which no program can set: equal means untouched. Only valid
            # if the last restore was from the same source.
            if self._at == str(to[0]):
                now, clean = signature(place), self._clean[number]
                right = [name for name, found in now.items() if clean.get(name) == found]
            restore(to[number], place, unchanged=right)
        self._clean, self._at = [signature(place) for place in self.work], str(to[0])

    @property
    def touched(self) -> bool:
        """Whether anything was written to the working copies since the last reset."""
        # Not the count of events: opening a file for writing and closing it is one, too.
        return [signature(place) for place in self.work] != self._clean

    def moments(self, due: Sequence[int], most: float) -> Moments:
        """Copies that the next run shall take, after these numbers of writes, in `most` seconds."""
        folder = self.folder / "moments"
        number = len(list(folder.iterdir())) if folder.exists() else 0
        into = folder / str(number)
        into.mkdir(parents=True)
        return Moments(self.work, into, sorted(due), most)

    def moments_fit(self, wanted: int) -> int:
        """How many of these copies there is room for."""
        largest = max(sum(map(size, places)) for places in (self.before, self.finished))
        return min(room(largest, wanted), free_bytes(self.folder) // 4 // max(1, largest))

    def run(
        self, limit: float, kill: Point | None = None, moments: Moments | None = None
    ) -> RunResult:
        """Run the command once; raises CannotRun if it wrote to the original or left a process."""
        try:
            ran = self.command.run(limit, kill, moments)
        finally:
            touched = self._touched()
            taken = self.landing.taken() if self.landing else ""
        if taken and self.landing:
            raise CannotRun(
                f"{self.landing.folder}: {taken} moved or changed there while the command had a "
                "copy of the folder; put back: "
                f"{hint(self.argv, self.landing.folder, 'CHAOS_FILES')}, or use --in-place"
            )
        if touched:
            raise CannotRun(
                f"{touched}: was written to while the command had a copy of it. It is restored; "
                f"what was written is kept in {self._kept}: {self._instead(touched)}, "
                "or use --in-place"
            )
        if ran.failed and self.in_memory and free_bytes(memory.PLACE) < ROOM:
            raise CannotRun(
                f"{memory.PLACE}: is full, and the copies lie there; set FIELDKIT_HOME to a folder "
                "on a disk with room"
            )
        if ran.left:
            raise CannotRun(
                f"{self.argv[0]}: ended but left {', '.join(ran.left[:3])} running in the "
                "background (ended now): run it in the foreground"
            )
        return ran

    def _touched(self) -> Path | None:
        """Restore an original that the command wrote to although it has a copy; gives its path."""
        if self.in_place:
            return None
        for number, state in enumerate(self.states):
            if signature(state.path) != self._guards[number]:
                # Most likely the command; if it was somebody else, nothing of theirs is lost.
                copy(state.path, self._kept / str(number))
                restore(self.journal.snapshot(number), state.path)
                self._guards[number] = signature(state.path)
                return state.path
        return None

    def _instead(self, place: Path) -> str:
        number = [one.path for one in self.states].index(place) + 1
        return hint(self.argv, place, f"FIELDKIT_STATE{number if number > 1 else ''}")

    @property
    def _kept(self) -> Path:
        return self.folder.parent / f"kept-{self.journal.mark}"

    def _command(self) -> Command:
        argv, env = with_places(self.argv, self.work, self.fills)
        env |= self.env
        return Command(argv, env, self.journal.mark, self.work, self.folder / "logs", self._started)

    def _started(self, pid: int) -> None:
        self.journal.started(pid)

    def surroundings(self) -> dict[str, tuple[int, ...]] | None:
        """Files under the working directory outside the states; None if there are too many."""
        found: dict[str, tuple[int, ...]] = {}
        own = tuple({str(p) for p in (*self.work, *(s.path for s in self.states), self.folder)})
        passed = {*own, *([str(self.landing.folder)] if self.landing else [])}
        for place, folders, files in os.walk("."):
            here = os.path.realpath(place)
            folders[:] = [
                f for f in folders if f not in SKIPPED and os.path.join(here, f) not in passed
            ]
            for name in files:
                path = os.path.join(here, name)
                if len(found) >= MOST_FILES:  # somebody's home folder: a walk would take minutes
                    return None
                with suppress(OSError):
                    if not path.startswith(own):
                        stat = os.stat(path)
                        name = os.path.join(place, name)[2:]  # noqa: PLW2901
                        found[name] = (stat.st_size, stat.st_mtime_ns, stat.st_ino)
        return found
