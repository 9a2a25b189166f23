"""The journal of a run, written before the command starts, and the recovery from it."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path

import psutil

from fieldkit.errors import CannotRun
from fieldkit.runs.command import end_marked
from fieldkit.runs.landing import Landing, recovered
from fieldkit.runs.memory import folder_of
from fieldkit.state.durable import fsync_folder
from fieldkit.state.snapshot import copy, restore, sums

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def home() -> Path:
    """Where proofs keep their copies: FIELDKIT_HOME, else the user's state folder."""
    if named := os.environ.get("FIELDKIT_HOME"):
        return Path(named).expanduser().resolve() / "prove"
    state = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(state) / "fieldkit" / "prove"


@dataclass(frozen=True)
class Owner:
    """A process, by its number and its start time, as the system gives numbers out again."""

    pid: int
    started: float

    @classmethod
    def of(cls, pid: int) -> Owner:
        """The process that has this number now; started 0 if there is none."""
        with suppress(psutil.Error):
            return cls(pid, psutil.Process(pid).create_time())
        return cls(pid, 0.0)

    @property
    def alive(self) -> bool:
        """Whether this very process still runs."""
        with suppress(psutil.Error):
            process = psutil.Process(self.pid)
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
            return bool(abs(process.create_time() - self.started) < 1)
        return False


@dataclass
class Journal:
    """What recovery needs to restore every original; kept in `folder`/journal.json.

    `stage`: "copying" until the snapshot is whole (the originals were not touched yet), then
    "running". `landing`: whether the last of the originals is a landing folder ("" if not), on
    which the command works ("in place") or not ("copied").
    """

    folder: Path
    originals: list[Path]
    in_place: bool
    owner: Owner
    stage: str = "copying"
    sums: list[dict[str, str]] = field(default_factory=list)
    group: Owner | None = None
    landing: str = ""

    @property
    def mark(self) -> str:
        """What the command's processes carry in FIELDKIT_RUN."""
        return self.folder.name

    def snapshot(self, number: int) -> Path:
        """Where the copy of an original lies, under its own name."""
        return self.folder / "snapshot" / str(number) / self.originals[number].name

    def write(self) -> None:
        """Write it atomically and flushed: after a power loss it is the old one or the new one."""
        document = asdict(self) | {"originals": [str(path) for path in self.originals]}
        document = {name: one for name, one in document.items() if name not in ("folder", "group")}
        partial = self.folder / "journal.part"
        with partial.open("w", encoding="utf-8") as file:
            json.dump(document, file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(self.folder / "journal.json")
        fsync_folder(self.folder)

    def started(self, pid: int) -> None:
        """Note the command's process, in a file of its own: no fsync for every run."""
        partial = self.folder / "group.part"
        partial.write_text(json.dumps(asdict(Owner.of(pid))), encoding="utf-8")
        partial.replace(self.folder / "group.json")

    @classmethod
    def read(cls, folder: Path) -> Journal | None:
        """The journal in a folder; None where there is none that can be read."""
        try:
            document = json.loads((folder / "journal.json").read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return None
        document["folder"] = folder
        document["originals"] = [Path(path) for path in document["originals"]]
        document["owner"] = Owner(**document["owner"])
        # Without it nothing is lost: its processes carry the mark and are found by that.
        with suppress(OSError, ValueError, TypeError):
            group = (folder / "group.json").read_text(encoding="utf-8")
            document["group"] = Owner(**json.loads(group))
        return cls(**document)

    def take(self) -> None:
        """Copy the originals; once it returns they can be restored."""
        for number, original in enumerate(self.originals):
            copy(original, self.snapshot(number).parent, durable=True)
            self.sums.append(sums(self.snapshot(number)))
        for place, _, _ in os.walk(self.folder / "snapshot"):
            fsync_folder(Path(place))
        self.stage = "running"
        self.write()

    def close(self) -> None:
        """The originals are as they were: remove the run's folder."""
        (self.folder / "journal.json").unlink(missing_ok=True)
        _remove(self.folder)


def _remove(folder: Path) -> None:
    """Remove a run's folder, and its working copies in memory."""
    shutil.rmtree(folder_of(folder), ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Hold the lock on the journals: one process at a time reads and changes them."""
    place.mkdir(parents=True, exist_ok=True)
    with (place / "lock").open("w") as file:
        if fcntl:
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _found(place: Path) -> list[tuple[Path, Journal | None]]:
    folders = sorted(one for one in place.glob("run-*") if one.is_dir())
    return [(folder, Journal.read(folder)) for folder in folders]


def begin(originals: Sequence[Path], *, in_place: bool, landing: Landing | None = None) -> Journal:
    """Start a journal for these states; raises CannotRun if another run still has one of them."""
    place = home()
    everything = [*originals, *([landing.folder] if landing else [])]
    read = ("in place" if landing.in_place else "copied") if landing else ""
    with _alone(place):
        for _, other in _found(place):
            if other and not other.owner.alive:
                # Memory of a killed run; what can be put back lies on disk.
                shutil.rmtree(folder_of(other.folder), ignore_errors=True)
            if other:
                _refuse_shared(everything, other, in_place=in_place or read == "in place")
        folder = place / f"run-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        folder.mkdir(mode=0o700)
        journal = Journal(folder, everything, in_place, Owner.of(os.getpid()), landing=read)
        journal.write()
    return journal


def _refuse_shared(originals: Sequence[Path], other: Journal, *, in_place: bool) -> None:
    if other.owner.alive and not (in_place or other.in_place or other.landing == "in place"):
        return  # both work on copies of their own
    for one in originals:
        for theirs in other.originals:
            if one == theirs or one in theirs.parents or theirs in one.parents:
                if other.owner.alive:
                    raise CannotRun(
                        f"{one}: another fieldkit prove (process {other.owner.pid}) is at work on "
                        "it; wait for its end"
                    )
                raise CannotRun(
                    f"{one}: an earlier fieldkit was killed and has not put it back; run "
                    "fieldkit prove --recover (fieldkit chaos --recover does the same)"
                )


def recover() -> Iterator[str]:
    """Restore what killed runs left; yields a line for each state.

    Raises CannotRun at the end for what could not be put back; nothing of that was changed.
    """
    place, alive, failed, done = home(), [], [], 0
    if place.is_dir():
        with _alone(place):
            for folder, journal in _found(place):
                if journal and journal.owner.alive:
                    alive.append(journal)
                    continue
                try:
                    lines = _recovered(folder, journal)
                    done += len(lines)
                    yield from lines
                except CannotRun as error:
                    failed.append(str(error))
    if failed:
        raise CannotRun("; ".join(failed))
    if alive and not done:
        raise CannotRun(
            f"{alive[0].originals[0]}: fieldkit (process {alive[0].owner.pid}) is still at "
            "work and restores it at its end; nothing was done"
        )
    if not done:
        yield "Nothing to recover."


def _recovered(folder: Path, journal: Journal | None) -> list[str]:
    if journal is None:
        if (folder / "journal.json").exists() and (folder / "snapshot").exists():
            raise CannotRun(
                f"{folder}: its journal cannot be read, so nothing was done; the copies are in "
                f"{folder / 'snapshot'}: compare them with the originals, then remove the folder"
            )
        _remove(folder)
        return []
    end_marked(journal.mark, journal.group.pid if journal.group and journal.group.alive else None)
    lines = []
    if journal.stage == "running":
        for number, original in enumerate(journal.originals):
            _refuse_worse(journal, number, original)
        for number, original in enumerate(journal.originals):
            lines.append(_put_back(journal, number, original))
    journal.close()
    return lines or [f"{journal.originals[0]}: was not touched yet; the copies are removed."]


def _refuse_worse(journal: Journal, number: int, original: Path) -> None:
    """Raise CannotRun unless the snapshot is whole and its place is there, before any write."""
    # A restore from half a snapshot would make a torn state look like a good one.
    source = journal.snapshot(number)
    if not original.parent.is_dir():
        raise CannotRun(
            f"{original}: its folder is gone, so it was not put back; mount or make "
            f"{original.parent}, then run fieldkit prove --recover again"
        )
    if not source.parent.is_dir() or sums(source) != journal.sums[number]:
        raise CannotRun(
            f"{original}: was not put back, as its snapshot is no longer whole; compare it with "
            f"what is left in {source.parent}, then remove {journal.folder}"
        )


def _put_back(journal: Journal, number: int, original: Path) -> str:
    source = journal.snapshot(number)
    kept = journal.folder.parent / f"kept-{int(time.time())}-{journal.mark}" / str(number)
    if journal.landing and number == len(journal.originals) - 1:
        how = recovered(source, original, kept, in_place=journal.landing == "in place")
        return f"{original}: {how}."
    now = sums(original)
    if not journal.in_place and now != journal.sums[number]:
        # The command had a copy, so this may be somebody's work of after the kill: keep it.
        copy(original, kept)
        restore(source, original)
        return f"{original}: restored; what stood there is kept in {kept}."
    restore(source, original)
    same = now == journal.sums[number]
    return f"{original}: {'is as it was' if same else 'restored byte for byte'}."
