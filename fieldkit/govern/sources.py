"""What there is to scan at a path: files by kind, by their content first and then by their name."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from fieldkit.errors import CannotRun

SKIPPED = {
    ".git", ".hg", ".svn", ".venv", "venv", "node_modules", "__pycache__", ".mypy_cache",
    ".ruff_cache", ".pytest_cache", ".tox", ".ipynb_checkpoints",
}  # fmt: skip
BY_NAME = {
    ".csv": "csv", ".tsv": "csv", ".psv": "csv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".json": "json", ".ipynb": "notebook", ".parquet": "parquet", ".xlsx": "xlsx", ".xlsm": "xlsx",
}  # fmt: skip
BY_CONTENT = ((b"PAR1", "parquet"), (b"SQLite format 3\0", "sqlite"))
LOOKED_AT = 8192


@dataclass(frozen=True)
class Source:
    """A file to scan; `name`: as a report names it; `kind`: "" where nothing can read it."""

    path: Path
    name: str
    kind: str
    zipped: bool = False


def sources(target: Path, unread: dict[str, str]) -> Iterator[Source]:
    """All files at a path, sorted; raises CannotRun where there is none.

    Folders that cannot be opened are added to `unread`, with why; links to folders are left out.
    """
    if not target.exists():
        raise CannotRun(f"{target}: there is no such file or folder")
    if target.is_file():
        yield source(target, target.name)
        return
    if not target.is_dir():
        raise CannotRun(f"{target}: is neither a file nor a folder")

    def closed(error: OSError) -> None:
        name = os.path.relpath(str(error.filename), target)
        unread[name] = f"cannot be opened: {error.strerror}"

    for place, folders, files in os.walk(target, onerror=closed):
        folders[:] = sorted(name for name in folders if name not in SKIPPED)
        for name in sorted(files):
            path = Path(place, name)
            if path.is_file() and not (name.endswith((".wal", "-wal", "-shm", "-journal"))):
                yield source(path, path.relative_to(target).as_posix())


def source(path: Path, name: str) -> Source:
    """What a file is; a file that cannot be opened is text, and says so when it is read."""
    try:
        head = _head(path)
    except OSError:
        return Source(path, name, "text")
    zipped = head[:2] == b"\x1f\x8b"
    suffix = Path(name.removesuffix(".gz") if zipped else name).suffix.lower()
    if zipped:
        try:
            head = _head(path, zipped=True)
        except (OSError, EOFError):
            return Source(path, name, "text", zipped)
    if head[8:12] == b"DUCK":
        return Source(path, name, "" if zipped else "duckdb")
    for magic, kind in BY_CONTENT:
        if head.startswith(magic):
            return Source(path, name, "" if zipped else kind)
    return Source(path, name, _by_name(suffix, head, zipped=zipped), zipped)


def _by_name(suffix: str, head: bytes, *, zipped: bool) -> str:
    kind = BY_NAME.get(suffix, "text")
    if kind == "xlsx":
        return "" if zipped else kind
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    # A text may hold a NUL or two; what is full of them is a picture or a program.
    if kind == "text" and not wide and head.count(0) > len(head) // 20:
        return ""
    return kind


def _head(path: Path, *, zipped: bool = False) -> bytes:
    with gzip.open(path) if zipped else path.open("rb") as file:
        return file.read(LOOKED_AT)
