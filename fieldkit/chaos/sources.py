"""The failing sources: an HTTP source, a folder of files."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol

from fieldkit.chaos.faults import Exchange, Fault, Schedule
from fieldkit.chaos.relay import Relay
from fieldkit.chaos.upstream import Served, Upstream
from fieldkit.errors import CannotRun

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
    broken = one.fault is not None and one.fault.kind in ("hang", "dropped", "reset")
    return 200 <= one.status < 300 and not broken


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


class Files:
    """A copy of a landing folder, in which files are late, torn, doubled, renamed or empty."""

    def __init__(self, folder: Path, scratch: Path) -> None:
        if not folder.is_dir():
            raise CannotRun(f"--files {folder}: is not a folder")
        self._original, self._copy = folder, scratch / folder.resolve().name
        self._names = _files(folder)
        if not self._names:
            raise CannotRun(f"--files {folder}: holds no file")
        self._schedule = NO_FAULTS
        self.address = str(folder)
        self.env: Mapping[str, str] = {"CHAOS_FILES": str(self._copy)}
        self.fills: Mapping[str, str] = {"files": str(self._copy)}

    def begin(self, schedule: Schedule) -> None:
        """Copy the folder again, with the faults in it."""
        self._schedule = schedule
        for fault in schedule.faults:
            if fault.file not in self._names:
                raise CannotRun(
                    f"--faults: {fault.file or fault.kind}: is not a file in {self.address}"
                )
        self._copy_folder()
        for fault in schedule.faults:
            _inject(self._copy / fault.file, fault)

    def _copy_folder(self) -> None:
        shutil.rmtree(self._copy, ignore_errors=True)
        shutil.copytree(self._original, self._copy)

    def met(self) -> bool:
        """True with any fault: whether a command opens a file is not observed."""
        return bool(self._schedule.faults)

    def again(self) -> bool:
        """Bring the files that are late."""
        late = [fault for fault in self._schedule.faults if fault.kind == "file-late"]
        if late:
            self._copy_folder()
        return bool(late)

    def exchanges(self) -> list[Exchange]:
        """By file."""
        return [Exchange(file=name) for name in self._names]

    def requests(self) -> int:
        """Always 0: file reads are not counted."""
        return 0

    def answered(self) -> bool:
        """True: files are there, whatever is in them."""
        return True

    def impolite(self, most: int) -> list[str]:
        """Always empty: a folder has no rate limits."""
        del most
        return []


def _files(folder: Path) -> list[str]:
    found = (path for path in folder.rglob("*") if path.is_file())
    names = (path.relative_to(folder) for path in found)
    return sorted(str(n) for n in names if not any(part.startswith(".") for part in n.parts))


def _inject(path: Path, fault: Fault) -> None:
    if fault.kind == "file-truncated":
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    elif fault.kind == "file-empty":
        path.write_bytes(b"")
    elif fault.kind == "file-duplicated":
        shutil.copy2(path, path.with_stem(f"{path.stem}_2"))
    elif fault.kind == "file-renamed":
        path.rename(path.with_name(f"new_{path.name}"))
    elif fault.kind == "file-late":
        path.unlink()
