"""The folder beside a guarded state: lock, staged copy, held-back runs, records."""

from __future__ import annotations

import json
import os
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.runs.command import end_marked
from fieldkit.runs.journal import Owner
from fieldkit.runs.workplace import ROOM, free_bytes, gigabytes
from fieldkit.state import durable
from fieldkit.state.snapshot import copy, size

try:
    import fcntl
except ImportError:  # Windows: the process that is written in the lock is looked at
    fcntl = None  # type: ignore[assignment]

NO_CHANGE = "nothing was run, nothing was changed"


@dataclass(frozen=True)
class Shelf:
    """The folder of one state. All that is large lies on the state's own file system."""

    state: Path

    @property
    def folder(self) -> Path:
        """The folder: the state's name with .guard."""
        return self.state.with_name(self.state.name + ".guard")

    @property
    def as_of(self) -> Path:
        """What says how old the published state is: the state's name with .as_of.json."""
        return self.state.with_name(self.state.name + ".as_of.json")

    @property
    def history(self) -> Path:
        """The profiles of published runs."""
        return self.folder / "history.jsonl"

    @property
    def alerts(self) -> Path:
        """The open incident and the undelivered alerts."""
        return self.folder / "alerts.json"

    @property
    def intent(self) -> Path:
        """The records to write after a swap; exists only during one."""
        return self.folder / "publishing.json"

    @contextmanager
    def locked(self, mark: str) -> Iterator[None]:
        """Hold the lock of this state; ends and removes what a killed run left.

        `mark`: in the environment of this run's processes. Raises CannotRun if another guard is
        at work, or the folder is not writable.
        """
        try:
            self.folder.mkdir(exist_ok=True)
            file = (self.folder / "lock").open("a+", encoding="utf-8")
        except OSError as error:
            raise CannotRun(
                f"{self.folder}: cannot be written: {error.strerror}; a state can only be swapped "
                f"in its own folder: give the right to write there ({NO_CHANGE})"
            ) from None
        with file:
            self._tidy(self._take(file))
            file.seek(0)
            file.truncate()
            file.write(json.dumps({**asdict(Owner.of(os.getpid())), "mark": mark}))
            file.flush()
            try:
                yield
            finally:
                shutil.rmtree(self.staging(mark), ignore_errors=True)
                file.truncate(0)

    def _take(self, file: Any) -> dict[str, Any]:
        """Take the lock; gives the record of the last holder, if that was killed."""
        file.seek(0)
        try:
            holder = json.loads(file.read() or "{}")
            owner = Owner(int(holder.get("pid", 0)), float(holder.get("started", 0)))
        except (ValueError, AttributeError, TypeError):
            holder, owner = {}, Owner(0, 0.0)
        try:
            if fcntl:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            elif owner.alive:
                raise BlockingIOError
        except BlockingIOError:
            raise CannotRun(
                f"{self.state}: another fieldkit guard (process {owner.pid}) is at work on it; "
                f"wait for its end ({NO_CHANGE})"
            ) from None
        return dict(holder)

    def _tidy(self, left: dict[str, Any]) -> None:
        if left.get("mark"):
            end_marked(str(left["mark"]), None)
        for folder in self.folder.glob("run-*"):
            shutil.rmtree(folder, ignore_errors=True)

    def staging(self, run: str) -> Path:
        """Where a run works."""
        return self.folder / f"run-{run}"

    def stage(self, run: str) -> Path:
        """A copy of the state for a run to work on; raises CannotRun if there is no room."""
        needed, there = int(size(self.state) * 1.1) + ROOM, free_bytes(self.folder)
        if needed > there:
            raise CannotRun(
                f"{self.folder}: {gigabytes(needed)} are needed for a copy of the state, "
                f"{gigabytes(there)} are free; make room ({NO_CHANGE})"
            )
        try:
            return copy(self.state, self.staging(run) / "state")
        except OSError as error:
            raise CannotRun(
                f"{self.folder}: the state cannot be copied: {error.strerror}; make room, or give "
                f"the right to write there ({NO_CHANGE})"
            ) from None

    # -- held back

    def hold(self, run: str, reasons: dict[str, Any], keep: int) -> Path:
        """Keep what is in a run's staging folder, with why; the oldest beyond `keep` go."""
        durable.write(self.staging(run) / "reasons.json", json.dumps(reasons, indent=2) + "\n")
        place = self.folder / "held" / run
        place.parent.mkdir(exist_ok=True)
        durable.swap(self.staging(run), place)
        for old in sorted(place.parent.iterdir())[:-keep]:
            shutil.rmtree(old, ignore_errors=True)
        return place

    def held(self, run: str = "") -> tuple[Path, dict[str, Any]]:
        """A held-back run (the last by default), and why; raises CannotRun if there is none."""
        names = sorted(one.name for one in (self.folder / "held").glob("*"))
        if not names or (run and run not in names):
            there = f"; there are: {', '.join(names)}" if names else ""
            what = run or "nothing"
            raise CannotRun(f"{self.state}: {what} is held back{there}" if not run else
                            f"{self.state}: no run {run} is held back{there}")  # fmt: skip
        place = self.folder / "held" / (run or names[-1])
        return place, durable.read_json(place / "reasons.json")


def new_run() -> str:
    """A name for a run: names in the order of time."""
    now = time.time()
    stamp = time.strftime("%Y%m%dT%H%M%S", time.gmtime(now))
    return f"{stamp}-{int(now % 1 * 1000):03d}{uuid.uuid4().hex[:4]}"
