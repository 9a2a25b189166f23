"""The failing sources: an HTTP source, a folder of files."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from fieldkit.chaos.faults import Exchange, Fault, Schedule
from fieldkit.chaos.relay import Relay
from fieldkit.chaos.upstream import Served, Upstream
from fieldkit.errors import CannotRun
from fieldkit.runs.landing import Landing
from fieldkit.runs.watch import Reads
from fieldkit.runs.workplace import refuse_no_room
from fieldkit.state.snapshot import size
from fieldkit.state.stores import State

EARLY = 0.05  # seconds by which a request may come before Retry-After allows it
AGAIN = 2  # times that a command may ask again for what it may not have, or is not there
NO_FAULTS = Schedule(0, ())


class FailingSource(Protocol):
    """What a trial needs of a failing source."""

    address: str
    env: Mapping[str, str]
    fills: Mapping[str, str]

    def begin(self, schedule: Schedule) -> None:
        """Prepare a run with these faults."""

    def met(self) -> bool:
        """Whether the run met a fault."""

    def again(self) -> bool:
        """Prepare a second run that belongs to the first; False if there is none."""

    def mend(self) -> None:
        """Prepare a later run, without the faults of this one."""

    def unseen(self) -> list[str]:
        """Files that no clean run was seen to read."""

    def withhold(self, names: Sequence[str]) -> None:
        """Prepare a run without these files."""

    def leave_out(self, names: Sequence[str]) -> None:
        """Nobody reads these files: no fault in them is met."""

    def exchanges(self) -> list[Exchange]:
        """The exchanges of the run that just ended."""

    def requests(self) -> int:
        """The number of its requests."""

    def answered(self) -> bool:
        """Whether the run got an answer in the end to what had met a fault."""

    def impolite(self, most: int) -> list[str]:
        """Breaches of a source's limits; `most`: requests that one fault may cause."""


class Web:
    """A real source behind a server that fails. Use as a context manager."""

    def __init__(self, address: str, port: int) -> None:
        self._relay = Relay(address)
        self._relay.reach()
        self.upstream = Upstream(self._relay, port, alike=True)
        self._relay.seen_as = self.upstream.url
        self.address = address
        self.env: Mapping[str, str] = {
            "CHAOS_URL": self.upstream.url,
            "CHAOS_PROXY": self.upstream.url,
        }
        self.fills: Mapping[str, str] = {"url": self.upstream.url}

    def __enter__(self) -> Web:
        self.upstream.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.upstream.__exit__()

    def begin(self, schedule: Schedule) -> None:
        """Count requests from 1 again."""
        self._relay.failure = ""
        self.upstream.begin(schedule)

    def met(self) -> bool:
        """Whether a request met a fault; raises CannotRun where the source itself failed."""
        if self._relay.failure:
            raise CannotRun(f"--upstream {self._relay.failure}: the source itself does not answer")
        return any(one.fault for one in self.upstream.served)

    def again(self) -> bool:
        """A web source has no second run."""
        return False

    def mend(self) -> None:
        """No faults from now on."""
        self.begin(NO_FAULTS)

    def unseen(self) -> list[str]:
        """Always empty: each request is seen."""
        return []

    def withhold(self, names: Sequence[str]) -> None:
        """Nothing: a web source has no files."""

    def leave_out(self, names: Sequence[str]) -> None:
        """Nothing: a web source has no files."""

    def exchanges(self) -> list[Exchange]:
        """By request."""
        return [one.exchange for one in _in_order(self.upstream.served)]

    def requests(self) -> int:
        """Requests that came."""
        return len(self.upstream.served)

    def answered(self) -> bool:
        """Whether the last request of each kind that met a fault got an answer."""
        last = {(one.method, one.path): one for one in _in_order(self.upstream.served)}
        struck = {(one.method, one.path) for one in self.upstream.served if one.fault}
        return all(_got_answer(last[what]) for what in struck)

    def impolite(self, most: int) -> list[str]:
        """Asked too early, too often, or again for what it may not have."""
        served = _in_order(self.upstream.served)
        return [*_too_early(served), *_too_often(served, most), *_repeated_refusals(served)]


def _in_order(served: Sequence[Served]) -> list[Served]:
    return sorted(served, key=lambda one: one.number)


def _got_answer(one: Served) -> bool:
    # With status 200, too, a fault withholds something: half of a body, rows, a right value.
    return 200 <= one.status < 300 and one.fault is None


def _too_early(served: Sequence[Served]) -> list[str]:
    found = []
    for one, following in pairwise(served):
        waited = following.at - one.at
        if one.not_before and following.at < one.not_before - EARLY and one.fault:
            found.append(
                f"request {following.number} came {waited:.1f} s after a {one.status} that asked "
                f"for {one.fault.wait} s"
            )
    return found[:3]


def _too_often(served: Sequence[Served], most: int) -> list[str]:
    struck = sum(one.fault is not None and not 200 <= one.status < 300 for one in served)
    return [f"{struck} requests to a source that does not serve"] if struck > most else []


def _repeated_refusals(served: Sequence[Served]) -> list[str]:
    asked: dict[tuple[str, str, int], int] = {}
    for one in served:
        if one.fault and one.status in (401, 404):
            what = (one.method, one.path, one.status)
            asked[what] = asked.get(what, 0) + 1
    return [
        f"asked {count} times for {path}, which answered {status}"
        for (_, path, status), count in asked.items()
        if count > AGAIN
    ][:3]


def landing_of(
    source: str | Path, command: Sequence[str], states: Sequence[State], *, in_place: bool
) -> Landing | None:
    """The landing folder, if that is the source; raises CannotRun where it cannot be copied.

    In place only if the command's words name no other: with {files} it works on a copy.
    """
    if not isinstance(source, Path):
        return None
    if not source.is_dir():
        raise CannotRun(f"--files {source}: is not a folder")
    in_place = in_place and not any("{files}" in word for word in command)
    folder = source.resolve()
    for state in states:
        parts = {state.path, *state.path.parents}, {folder, *folder.parents}
        if in_place and (folder in parts[0] or state.path in parts[1]):
            raise CannotRun(
                f"--files {source}: and --state {state.path} lie in each other; with --in-place "
                "they must be apart"
            )
    refuse_no_room(2, size(folder))
    return Landing(folder, in_place)


class Files:
    """A landing folder, in which files are late, torn, doubled, renamed or empty.

    The faults are laid into a copy of it, or into the folder itself where the command knows no
    other (`landing.in_place`).
    """

    def __init__(self, landing: Landing, scratch: Path) -> None:
        folder = landing.folder
        self._names = _files(folder)
        if not self._names:
            raise CannotRun(f"--files {folder}: holds no file")
        if landing.in_place and not os.access(folder, os.W_OK):
            raise CannotRun(
                f"--files {folder}: cannot be written to, as --in-place needs; give the command "
                "{files}, a copy, as its folder"
            )
        self._landing = landing
        self._folder = folder if landing.in_place else scratch / folder.name
        self._schedule = NO_FAULTS
        self._reads: Reads | None = None
        self._seen: set[str] | None = None  # names that the first clean run was seen to read
        self._nobody: set[str] = set()  # names that nobody reads
        self._came: set[str] = set()  # names that came whole in this trial, after a fault
        self.address = str(folder)
        self.env: Mapping[str, str] = {"CHAOS_FILES": str(self._folder)}
        self.fills: Mapping[str, str] = {"files": str(self._folder)}

    @property
    def in_place(self) -> bool:
        """Whether the faults lie in the real folder."""
        return self._landing.in_place

    def begin(self, schedule: Schedule) -> None:
        """Lay the folder anew, with the faults in it."""
        self._schedule, self._came = schedule, set()
        for fault in schedule.faults:
            if fault.file not in self._names:
                raise CannotRun(
                    f"--faults: {fault.file or fault.kind}: is not a file in {self.address}"
                )
        self._lay()
        for fault in schedule.faults:
            for path in _inject(self._folder / fault.file, fault):
                self._landing.lay(path)
        self._landing.watch()
        if self._seen is None and self._reads is None:
            self._reads = Reads([self._folder / name for name in self._names])

    def _lay(self) -> None:
        if self._landing.in_place:
            self._landing.put_back()
        else:
            shutil.rmtree(self._folder, ignore_errors=True)
            shutil.copytree(self._landing.snapshot, self._folder, symlinks=True)
            for link in [path for path in self._folder.rglob("*") if path.is_symlink()]:
                self._follow(link)

    def _follow(self, link: Path) -> None:
        """What a link leads to in its place: from the copy it may lead elsewhere."""
        there = self._landing.folder / link.relative_to(self._folder)
        if there.exists():
            link.unlink()
            (shutil.copytree if there.is_dir() else shutil.copy2)(there, link)

    def met(self) -> bool:
        """Whether a file with a fault is one that is read."""
        if self._reads:
            read = self._reads.first() or []
            self._seen = {str(path.relative_to(self._folder)) for path in read}
            self._reads.close()
            self._reads = None
        return any(fault.file not in self._nobody for fault in self._schedule.faults)

    def unseen(self) -> list[str]:
        """Files that the first clean run was not seen to read: not at all, or in another way."""
        gone = (self._seen or set()) | self._nobody
        return [name for name in self._names if name not in gone]

    def withhold(self, names: Sequence[str]) -> None:
        """Lay the folder without these files."""
        self._lay()
        for name in names:
            (self._folder / name).unlink()
        self._landing.watch()

    def leave_out(self, names: Sequence[str]) -> None:
        """Nobody reads these: no fault in them is met."""
        self._nobody |= {*names}

    def again(self) -> bool:
        """Bring the files that are late, into the folder as the first run left it."""
        late = [fault.file for fault in self._schedule.faults if fault.kind == "file-late"]
        self._deliver(late)
        return bool(late)

    def mend(self) -> None:
        """Deliver the files with a fault again, whole, into the folder as the run left it."""
        for fault in self._schedule.faults:
            if fault.kind in ("file-duplicated", "file-renamed"):
                other_name(self._folder / fault.file, fault.kind).unlink(missing_ok=True)
        self._deliver([one.file for one in self._schedule.faults if one.kind in _TO_DELIVER])

    def _deliver(self, names: Sequence[str]) -> None:
        for name in names:
            (self._folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._landing.whole(name), self._folder / name)
        self._came |= {*names}

    def exchanges(self) -> list[Exchange]:
        """By file that is read."""
        return [Exchange(file=name) for name in self._names if name not in self._nobody]

    def requests(self) -> int:
        """Always 0: file reads are not counted."""
        return 0

    def answered(self) -> bool:
        """Whether all files are there, and whole."""
        struck = {fault.file for fault in self._schedule.faults if fault.kind in _WITHHELD}
        return not struck - self._came

    def impolite(self, most: int) -> list[str]:
        """Always empty: a folder has no rate limits."""
        del most
        return []


_WITHHELD = ("file-truncated", "file-empty", "file-late")
_TO_DELIVER = ("file-truncated", "file-empty", "file-renamed", "file-late")


def _files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(folder) for path in found)
    return sorted(str(n) for n in names if not any(part.startswith(".") for part in n.parts))


def other_name(path: Path, kind: str) -> Path:
    """The name under which a file is there once more, or instead."""
    if kind == "file-duplicated":
        return path.with_stem(f"{path.stem}_2")
    return path.with_name(f"new_{path.name}")


def _inject(path: Path, fault: Fault) -> list[Path]:
    """Do to a file what the fault says; the files that it makes."""
    if fault.kind in ("file-truncated", "file-empty"):
        data = path.read_bytes() if fault.kind == "file-truncated" else b""
        path.unlink()  # a link's other end is somebody's file, and stays whole
        path.write_bytes(data[: len(data) // 2])
    elif fault.kind == "file-duplicated":
        shutil.copy2(path, other_name(path, fault.kind))
    elif fault.kind == "file-renamed":
        path.rename(other_name(path, fault.kind))
    elif fault.kind == "file-late":
        path.unlink()
    return [path]
