"""What an entry of a folder holds, read as data: a folder, a zip or one file, within limits."""

from __future__ import annotations

import io
import os
import stat
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

PAGE = 100 * 2**20  # bytes of one notebook; outputs can be large
OTHER = 2**20  # of any other file that is read
REPORT = 5 * 2**20  # of an instrument's report
RECORD = 50 * 2**20  # of a learner's record
TOTAL = 400 * 2**20  # of all that is read from one entry
FILES, DEPTH = 5000, 8
SKIPPED = ("backup", "runs", "kept", "drills", "__MACOSX", "__pycache__", "node_modules")
TEXTS = (".py", ".sql", ".yml", ".md")
RECORDS = ("progress.db", "progress.db-wal", "progress.db-shm")
MARK, DIAGNOSIS = "workbook.toml", "diagnosis.json"
EVIDENCE = "evidence"  # the folder of reports from work
CLASS_FILES = ("class.toml", "roster.csv", "class.key", "start", "events.jsonl", "board.code")


class Unreadable(Exception):
    """A file that cannot be read; says why, in half a line."""


@dataclass(frozen=True)
class Member:
    """A file of an entry. `name`: its path within; `changed`: seconds; `read`: its bytes."""

    name: str
    size: int
    changed: float
    read: Callable[[], bytes]

    @property
    def path(self) -> PurePosixPath:
        """Its path within the entry."""
        return PurePosixPath(self.name)


@dataclass
class Bag:
    """The files of an entry that can matter to a judge, and what is odd about the others."""

    members: list[Member] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def opened(path: Path, leave_out: Path | None = None) -> Bag:
    """Look into an entry; raises Unreadable where it is none of a folder, a zip and a file."""
    bag = Bag()
    kind = os.lstat(path).st_mode
    if stat.S_ISLNK(kind):
        raise Unreadable("it is a link, which is not followed")
    if stat.S_ISDIR(kind):
        _walk(bag, path, PurePosixPath(), leave_out)
    elif not stat.S_ISREG(kind):
        raise Unreadable("it is not a regular file")
    elif path.suffix.lower() == ".zip":
        _unzip(bag, lambda: _bytes(path, TOTAL), "")
    elif _wanted(path.name):
        bag.members.append(_member(path, path.name))
    else:
        raise Unreadable("no answer is in a file of this kind: .ipynb, .py, .sql, .yml, .md, .zip")
    return _within(bag)


def _within(bag: Bag) -> Bag:
    """Drop what is more than an entry may hold."""
    kept: list[Member] = []
    total = 0
    for member in sorted(bag.members, key=lambda m: (len(m.path.parts), m.name)):
        total += min(member.size, PAGE)
        if total > TOTAL or len(kept) >= FILES:
            bag.notes.append(f"more than {FILES} files or {TOTAL >> 20} MB: the rest was not read")
            break
        kept.append(member)
    bag.members = kept
    return bag


def most(name: str) -> int:
    """How many bytes of a file are read at most."""
    if name.rpartition("/")[2] in RECORDS:
        return RECORD
    if _is_report(name):
        return REPORT
    return PAGE if name.lower().endswith(".ipynb") else OTHER


def printable(name: str) -> str:
    """A name on one line, at most 80 characters, without control characters."""
    told = "".join(letter if letter.isprintable() else "?" for letter in name)
    return told if len(told) <= 80 else f"{told[:77]}…"


def _wanted(path: str) -> bool:
    known = path.rpartition("/")[2] in (MARK, DIAGNOSIS, *RECORDS) or _is_report(path)
    return known or path.lower().endswith((".ipynb", *TEXTS))


def _is_report(path: str) -> bool:
    return path.lower().endswith(".json") and PurePosixPath(path).parent.name == EVIDENCE


def _walk(bag: Bag, folder: Path, within: PurePosixPath, leave_out: Path | None) -> None:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError as error:
        bag.notes.append(f"{printable(str(within))} cannot be read: {error.strerror}")
        return
    for entry in entries:
        if len(bag.members) > FILES:
            return
        inner = within / entry.name
        if entry.is_dir(follow_symlinks=False):
            skipped = entry.name.startswith(".") or entry.name in SKIPPED
            if not skipped and Path(entry.path) != leave_out and len(inner.parts) < DEPTH:
                _walk(bag, Path(entry.path), inner, leave_out)
        else:
            _file(bag, entry, str(inner))


def _file(bag: Bag, entry: os.DirEntry[str], name: str) -> None:
    zipped = entry.name.lower().endswith(".zip")
    if entry.name.startswith(".") or not (zipped or _wanted(name)):
        return
    if entry.is_symlink():
        bag.notes.append(f"{printable(name)} is a link, which is not followed")
    elif not entry.is_file(follow_symlinks=False):
        bag.notes.append(f"{printable(name)} is not a regular file")
    elif zipped:
        try:
            _unzip(bag, lambda: _bytes(Path(entry.path), TOTAL), f"{name}/")
        except Unreadable as error:
            bag.notes.append(f"{printable(name)}: {error}")
    else:
        bag.members.append(_member(Path(entry.path), name))


def _member(path: Path, name: str) -> Member:
    told = path.lstat()
    return Member(name, told.st_size, told.st_mtime, lambda: _bytes(path, most(name)))


def _bytes(path: Path, limit: int) -> bytes:
    """The bytes of a regular file; raises Unreadable for any other, and for a larger one."""
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    flags |= getattr(os, "O_BINARY", 0)
    try:
        with os.fdopen(os.open(path, flags), "rb") as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise Unreadable("it is not a regular file")
            content = file.read(limit + 1)
    except OSError as error:
        raise Unreadable(f"it cannot be read: {error.strerror}") from None
    return _at_most(content, limit)


def _at_most(content: bytes, limit: int) -> bytes:
    if len(content) > limit:
        raise Unreadable(f"it is larger than {limit / 2**20:g} MB")
    return content


def _unzip(bag: Bag, read: Callable[[], bytes], before: str) -> None:
    """List a zip's files; nothing is unpacked, each is read when it is asked for."""
    try:
        archive = zipfile.ZipFile(io.BytesIO(read()))
        listed = archive.infolist()
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Unreadable(f"it is not a zip that can be read: {printable(str(error))}") from None
    for one in listed[: FILES + 1]:
        name = one.filename.replace("\\", "/")
        parts = PurePosixPath(name).parts
        if one.is_dir() or not parts or not _wanted(name):
            continue
        if name.startswith("/") or ".." in parts or ":" in parts[0]:
            bag.notes.append(f"{printable(name)} leads out of the zip: left out")
        elif stat.S_ISLNK(one.external_attr >> 16):
            bag.notes.append(f"{printable(name)} is a link, which is not followed")
        elif not any(part.startswith(".") or part in SKIPPED for part in parts):
            bag.members.append(_zipped(archive, one, before + name))
    if len(listed) > FILES:
        bag.notes.append(f"more than {FILES} files: the rest was not read")


def _zipped(archive: zipfile.ZipFile, one: zipfile.ZipInfo, name: str) -> Member:
    limit = most(name)

    def read() -> bytes:
        try:
            with archive.open(one) as file:
                return _at_most(file.read(limit + 1), limit)
        except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError) as bad:
            raise Unreadable(f"it cannot be unpacked: {printable(str(bad))}") from None

    try:
        changed = time.mktime((*one.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        changed = 0.0
    return Member(name, one.file_size, changed, read)


def entries(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    """The entries of a folder that learners handed in, by name: one for each learner."""
    of_class = CLASS_FILES if (folder / CLASS_FILES[0]).is_file() else ()
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith((".", "~$")) or path.name in SKIPPED
        if not (hidden or path.name in of_class or path == leave_out):
            yield path


def evidence(bag: Bag) -> list[Member]:
    """The reports from work."""
    return [member for member in bag.members if _is_report(member.name)]


def only(bag: Bag, *suffixes: str) -> list[Member]:
    """The files of an entry with one of these endings."""
    return [m for m in bag.members if m.name.lower().endswith(suffixes)]
