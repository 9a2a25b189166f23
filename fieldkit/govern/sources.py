"""What there is to scan at a path: files by kind, by their content first and then by their name."""

from __future__ import annotations

import gzip
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatchcase as fnmatch
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
# Archives, documents, pictures and other forms that are no text, however few NULs they begin with.
BINARY = (
    b"PK\x03\x04", b"PK\x05\x06", b"%PDF", b"7z\xbc\xaf", b"Rar!", b"BZh", b"\xfd7zXZ",
    b"\x28\xb5\x2f\xfd", b"\x04\x22\x4d\x18", b"\xd0\xcf\x11\xe0", b"\x89PNG",
    b"\xff\xd8\xff", b"GIF8", b"ORC", b"ARROW1", b"Obj\x01", b"\x7fELF", b"\x93NUMPY", b"{\\rtf",
)  # fmt: skip
CONTROL = bytes({*range(9), *range(14, 27), *range(28, 32), 127})
BESIDE = (".wal", "-wal", "-shm", "-journal")
LOOKED_AT = 8192


@dataclass(frozen=True)
class Source:
    """A file to scan; `name`: as a report names it; `kind`: "" where nothing can read it."""

    path: Path
    name: str
    kind: str
    zipped: bool = False


@dataclass
class Left:
    """What of a place is not looked at. `unread`: a name and why it could not be; `skipped`: of no
    kind that can be read; `ignored`: left out as asked; `usual`: folders that tools make.
    """

    unread: dict[str, str] = field(default_factory=dict)
    skipped: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)
    usual: list[str] = field(default_factory=list)


def sources(target: Path, left: Left, ignore: Sequence[str] = ()) -> Iterator[Source]:
    """All files at a path, sorted; raises CannotRun where there is none.

    `ignore`: patterns of names (`*.png`) or paths to leave out. Linked folders are read as if they
    were there, each real folder once. What is not read is added to `left`.
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
        left.unread[name] = f"cannot be opened: {error.strerror}"

    seen: set[str] = set()
    for place, folders, files in os.walk(target, onerror=closed, followlinks=True):
        folders[:] = [one for one in sorted(folders) if _enters(target, place, one, left, seen)]
        for name in sorted(files):
            path = Path(place, name)
            short = path.relative_to(target).as_posix()
            if _ignored(short, ignore):
                left.ignored.append(short)
            elif path.is_file():
                if not _beside(path):
                    yield source(path, short)
            else:
                what = "a link to nothing" if path.is_symlink() else "a pipe, a socket or a device"
                left.unread[short] = f"is {what}"


def _enters(target: Path, place: str, name: str, left: Left, seen: set[str]) -> bool:
    """Whether a folder is walked through; a link leads there only if nothing else does."""
    path = Path(place, name)
    short = path.relative_to(target).as_posix()
    if name in SKIPPED:
        left.usual.append(short)
        return False
    if not path.is_symlink():
        return True
    real, whole = os.path.realpath(path), os.path.realpath(target)
    if real in seen or f"{real}/".startswith(f"{whole}/"):
        return False  # it is read where it is
    if f"{whole}/".startswith(f"{real.rstrip('/')}/"):
        left.unread[short] = "is a link to a folder around this one; scan that folder by itself"
        return False
    seen.add(real)
    return True


def _ignored(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name, one) or fnmatch(name.rpartition("/")[2], one) for one in patterns)


def _beside(path: Path) -> bool:
    """Whether it is what an engine keeps beside a database, and reads with it."""
    return any(
        path.name.endswith(end) and path.with_name(path.name.removesuffix(end)).exists()
        for end in BESIDE
    )


@contextmanager
def opened_sqlite(path: Path) -> Iterator[sqlite3.Connection]:
    """A SQLite file, read-only, with nothing written beside it where nobody else has it open.

    A database in WAL mode gets a new -shm from each reader: what has no -wal is read as a file that
    does not change, and what a process left behind with its -wal is read as a copy of both.
    """
    beside = {end for end in BESIDE if path.with_name(path.name + end).exists()}
    with tempfile.TemporaryDirectory(prefix="fieldkit-govern-") as scratch:
        place, mode = path.absolute(), "mode=ro"
        if "-wal" in beside and "-shm" not in beside:
            place = Path(scratch, "copy")
            shutil.copyfile(path, place)
            shutil.copyfile(path.with_name(f"{path.name}-wal"), f"{place}-wal")
        elif not beside and _head(path)[18:20] == b"\2\2":
            mode += "&immutable=1"
        with closing(sqlite3.connect(f"{place.as_uri()}?{mode}", uri=True)) as con:
            yield con


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
    if head.startswith(BINARY):
        return ""
    wide = head[:2] in (b"\xff\xfe", b"\xfe\xff")
    # A text may hold a NUL or two; what is full of signs that nobody writes is another thing.
    signs = len(head) - len(head.translate(None, CONTROL))
    return "" if not wide and kind != "parquet" and signs > len(head) // 20 else kind


def _head(path: Path, *, zipped: bool = False) -> bytes:
    with gzip.open(path) if zipped else path.open("rb") as file:
        return file.read(LOOKED_AT)
