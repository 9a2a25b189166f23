"""The published runs, one JSON line each with a checksum, in a file that stays small."""

from __future__ import annotations

import json
import shutil
import zlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from fieldkit.guard.days import Past
from fieldkit.guard.profiles import Profile
from fieldkit.state import durable

MOST = 400  # runs that are kept


@dataclass
class History:
    """The runs in a file, oldest first; `damaged`: numbers of lines that cannot be read."""

    path: Path
    runs: list[Past] = field(default_factory=list)
    damaged: list[int] = field(default_factory=list)

    @classmethod
    def read(cls, path: Path) -> History:
        """Read the file; a line whose checksum does not fit is left out."""
        found = cls(path)
        lines = path.read_bytes().split(b"\n") if path.exists() else []
        for number, line in enumerate(lines, 1):
            if not line.strip():
                continue
            try:
                found.runs.append(_past(line))
            except (ValueError, KeyError, TypeError):
                found.damaged.append(number)
        return found

    def add(self, past: Past) -> None:
        """Add a run and write the file atomically; does nothing if the run is there already."""
        if any(one.run == past.run for one in self.runs):
            return
        if self.damaged:  # unreadable lines are kept beside it, for inspection
            shutil.copyfile(self.path, self.path.with_suffix(".damaged"))
            self.damaged = []
        self.runs = [*self.runs, past][-MOST:]
        durable.write(self.path, "".join(_line(one) for one in self.runs))


def as_json(past: Past) -> dict[str, object]:
    """A run as data."""
    return asdict(past)


def from_json(data: dict[str, object]) -> Past:
    """A run from data; raises ValueError, KeyError or TypeError for anything else."""
    tables = data["tables"]
    if not isinstance(tables, dict):
        raise TypeError("tables")
    profiles = {str(name): Profile(**one) for name, one in tables.items()}
    start = data.get("fresh_start") or ()
    if not isinstance(start, Sequence):
        raise TypeError("fresh_start")
    return Past(
        str(data["run"]), str(data["at"]), str(data["day"]), profiles, tuple(map(str, start)),
        bool(data.get("again")),
    )  # fmt: skip


def _line(past: Past) -> str:
    text = json.dumps(as_json(past), ensure_ascii=False, separators=(",", ":"))
    return f"{zlib.crc32(text.encode('utf-8', 'surrogatepass')):08x} {text}\n"


def _past(line: bytes) -> Past:
    sum_, _, text = line.partition(b" ")
    if int(sum_, 16) != zlib.crc32(text):
        raise ValueError("checksum")
    return from_json(json.loads(text))
