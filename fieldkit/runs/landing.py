"""A landing folder: others deliver to it while a command reads it, so nothing may be lost."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.runs.watch import Arrivals
from fieldkit.state.snapshot import Signature, restore, signature

MIB = 1 << 20


@dataclass
class Landing:
    """A landing folder; `in_place`: the command works on it, else on a copy of its own.

    `snapshot`: as it was before anything ran; `kept`: where what appeared there meanwhile is kept.
    `own`: checksums of the files that were laid there for a run; of them nothing is kept.
    """

    folder: Path
    in_place: bool
    snapshot: Path = field(init=False)
    kept: Path = field(init=False)
    own: set[str] = field(default_factory=set)
    appeared: list[str] = field(default_factory=list)
    _arrivals: Arrivals | None = None

    def begin(self, snapshot: Path, kept: Path) -> None:
        """The copies are made: from now on it can be put back."""
        self.snapshot, self.kept = snapshot, kept
        self._guard: Signature = {}
        self.own = {*checksums(snapshot)}

    def watch(self) -> None:
        """Hold from now on what comes into the folder in use: the command may take it away."""
        if self.in_place and not self._arrivals:
            self._arrivals = Arrivals(self.folder)

    def put_back(self) -> None:
        """Make it as it was; what somebody else has put there meanwhile is kept elsewhere."""
        if self.in_place:
            for name in [*self._caught(), *keep_others(self.folder, self.own, self.kept)]:
                self.appeared += [] if name in self.appeared else [name]
            restore(self.snapshot, self.folder)

    def _caught(self) -> list[str]:
        """Keep what came since the watch began; the names."""
        found = []
        if self._arrivals:
            self._arrivals.close()
            for name, file in self._arrivals.held.items():
                with file:
                    data = file.read()
                if data and hashlib.sha256(data).hexdigest() not in self.own:
                    _kept_apart(self.kept / name, data)
                    found.append(name)
            self._arrivals = None
        return found

    def taken(self) -> str:
        """What the command moved or changed here although it has a copy: now put back; or ""."""
        if self.in_place or signature(self.folder) == self._guard:
            return ""
        names = put_back_missing(self.snapshot, self.folder, self.kept)
        self._guard = signature(self.folder)
        return some(names)

    def whole(self, name: str) -> Path:
        """A file as it was; of a link what it leads to from the folder itself."""
        path = self.snapshot / name
        return (self.folder / name).parent / os.readlink(path) if path.is_symlink() else path

    def lay(self, path: Path) -> None:
        """Note a file that was laid there for a run."""
        if path.is_file():
            self.own.add(checksum(path))

    @property
    def warnings(self) -> list[str]:
        """What appeared there while it was in use, as a warning."""
        if not self.appeared:
            return []
        return [
            f"appeared in {self.folder} meanwhile: {some(self.appeared)}; kept in {self.kept}: "
            "move back what somebody delivered, and leave what the command wrote"
        ]


def some(names: Sequence[str]) -> str:
    """The first three names, and how many more there are."""
    more = f" and {len(names) - 3} more" if len(names) > 3 else ""
    return ", ".join(names[:3]) + more


def checksum(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def checksums(folder: Path) -> Iterator[str]:
    """Those of all files below a folder."""
    return (checksum(folder / name) for name in _names(folder))


def keep_others(folder: Path, own: Collection[str], kept: Path) -> list[str]:
    """Copy the files that are not one's own, by checksum, to `kept`; their names."""
    found = []
    for name in _names(folder):
        path = folder / name
        if path.stat().st_size and checksum(path) not in own:
            _kept_apart(kept / name, path.read_bytes())
            found.append(name)
    return found


def _kept_apart(place: Path, data: bytes) -> None:
    """Write to a place; beside it, under another name, if something else is there."""
    if place.exists() and place.read_bytes() != data:
        place = place.with_name(f"{hashlib.sha256(data).hexdigest()[:8]}-{place.name}")
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data)


def put_back_missing(snapshot: Path, folder: Path, kept: Path) -> list[str]:
    """Put back the files that are gone or changed, a changed one is kept; new ones stay."""
    found = []
    for name in _names(snapshot):
        source, target = snapshot / name, folder / name
        if target.is_file() and _goes_on(source, target):
            continue  # what somebody still writes is longer now, and that is not lost
        if target.exists():
            (kept / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.move(target, kept / name)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)
        found.append(name)
    return found


def recovered(snapshot: Path, folder: Path, kept: Path, *, in_place: bool) -> str:
    """Put back what a killed run left of a landing folder; what was done, in words."""
    if in_place:
        names = keep_others(folder, {*checksums(snapshot)}, kept) if folder.is_dir() else []
        restore(snapshot, folder)
        return f"put back{f'; {some(names)} of meanwhile is kept in {kept}' if names else ''}"
    names = put_back_missing(snapshot, folder, kept)
    return f"{some(names)} put back" if names else "is as it was"


def _goes_on(source: Path, target: Path) -> bool:
    """Whether a file begins with all that another one holds."""
    if target.stat().st_size < source.stat().st_size:
        return False
    with source.open("rb") as one, target.open("rb") as other:
        while part := one.read(MIB):
            if other.read(len(part)) != part:
                return False
    return True


def _names(folder: Path) -> list[str]:
    """The regular files below a folder, by their paths in it."""
    found = (Path(place) / name for place, _, names in os.walk(folder) for name in names)
    return sorted(str(p.relative_to(folder)) for p in found if p.is_file() and not p.is_symlink())
