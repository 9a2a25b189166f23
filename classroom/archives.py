"""Archives read as data: a zip, a zip in a zip, a tar; nothing is ever unpacked to a disk."""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import time
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from classroom import members
from classroom.members import FILES, TOTAL, Bag, Member, Unreadable, at_most, printable

ZIP, TARS = ".zip", (".tar", ".tar.gz", ".tgz")
INNER = 50 * 2**20  # bytes of an archive in an archive
NESTED, SEVERAL = 1, 5  # archives in archives: how deep, and how many in one
_LOCKED = 0x1  # a zip's flag: the file is encrypted
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, OSError, ValueError)


class _Part(NamedTuple):
    """A file of an archive. `read`: its bytes, one more than the limit where there are more."""

    name: str
    size: int
    changed: float
    regular: bool
    read: Callable[[int], bytes]


def is_one(name: str) -> bool:
    """Whether a file is an archive that can be opened, by its name."""
    return name.lower().endswith((ZIP, *TARS))


def listed(bag: Bag, name: str, content: bytes, before: str = "", depth: int = 0) -> None:
    """Put an archive's files into a bag, their names behind `before`; raises Unreadable."""
    inner = 0
    for number, part in enumerate(_parts(name, content)):
        if number >= FILES:
            bag.notes.append(f"more than {FILES} files: the rest was not read")
            return
        inner += is_one(part.name)
        _take(bag, part, before, depth if inner <= SEVERAL else NESTED)


def _parts(name: str, content: bytes) -> Iterator[_Part]:
    kind = "zip" if name.lower().endswith(ZIP) else "tar"
    try:
        yield from (_of_zip if kind == "zip" else _of_tar)(name, content)
    except (*_BROKEN, RuntimeError) as error:
        why = printable(str(error))
        raise Unreadable(f"it is not a {kind} that can be read: {why}") from None


def _of_zip(name: str, content: bytes) -> Iterator[_Part]:
    archive = zipfile.ZipFile(io.BytesIO(content))
    for one in archive.infolist():
        if not one.is_dir():
            regular = not stat.S_ISLNK(one.external_attr >> 16)
            yield _Part(one.filename, one.file_size, _time(one), regular, _reader(archive, one))


def _time(one: zipfile.ZipInfo) -> float:
    try:
        return time.mktime((*one.date_time, 0, 0, -1))
    except (ValueError, OverflowError):
        return 0.0


def _reader(archive: zipfile.ZipFile, one: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if one.flag_bits & _LOCKED:
            raise Unreadable("it is locked with a password: pack it again without one")
        try:
            with archive.open(one) as file:
                return file.read(limit + 1)
        except (*_BROKEN, RuntimeError) as bad:
            raise Unreadable(f"it cannot be unpacked: {printable(str(bad))}") from None

    return read


def _of_tar(name: str, content: bytes) -> Iterator[_Part]:
    """The files of a tar; its content is unpacked in memory first, up to a limit."""
    if not name.lower().endswith(".tar"):
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as packed:
            content = at_most(packed.read(TOTAL + 1), TOTAL)
    with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
        for one in archive:
            if one.isdir():
                continue
            kept = b""
            if one.isreg() and (members.is_wanted(one.name) or is_one(one.name)):
                file = archive.extractfile(one)
                kept = file.read(max(members.most(one.name), INNER) + 1) if file else b""
            yield _Part(one.name, one.size, one.mtime, one.isreg(), _kept(kept))


def _kept(content: bytes) -> Callable[[int], bytes]:
    return lambda _: content


def _take(bag: Bag, part: _Part, before: str, depth: int) -> None:
    """Put one file of an archive into the bag, or say what is odd about it."""
    name = part.name.replace("\\", "/")
    parts = PurePosixPath(name).parts
    shown, inner = printable(name), is_one(name)
    skipped = any(members.is_skipped(part) for part in parts if part != "..")
    if not parts or not (inner or members.is_wanted(name)):
        why = "" if skipped else members.why_not(name)
        bag.instead += [f"{shown}: {why}"] * bool(why)
    elif name.startswith("/") or ".." in parts or ":" in parts[0]:
        bag.notes.append(f"{shown} leads out of the archive: left out")
    elif not part.regular:
        bag.notes.append(f"{shown} is a link, which is not followed")
    elif inner and not skipped:
        _nested(bag, part, before + name, depth)
    elif not skipped:
        limit = members.most(name)
        bag.members.append(
            Member(before + name, part.size, part.changed, lambda: at_most(part.read(limit), limit))
        )


def _nested(bag: Bag, part: _Part, name: str, depth: int) -> None:
    shown = printable(name)
    if depth >= NESTED:
        bag.notes.append(f"{shown} is an archive too many in another: not opened")
        return
    try:
        listed(bag, name, at_most(part.read(INNER), INNER), f"{name}/", depth + 1)
    except Unreadable as error:
        bag.notes.append(f"{shown}: {error}")
