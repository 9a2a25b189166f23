"""Copies of a state's files, and putting them back byte for byte, mode and time included."""

from __future__ import annotations

import errno
import filecmp
import hashlib
import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

try:
    import fcntl
except ImportError:  # Windows: copies without a shortcut, and no lock test
    fcntl = None  # type: ignore[assignment]

TAILS = (".wal", "-wal", "-shm", "-journal")
FICLONE = 0x40049409  # ioctl of Linux that shares blocks; not in the standard library
MIB = 1 << 20
Signature = Mapping[str, tuple[int, ...]]


def siblings(path: Path) -> list[Path]:
    """A database file and what its engine keeps beside it, the file itself first."""
    beside = sorted(
        one
        for one in path.parent.iterdir()
        if one.name.startswith(path.name)
        and one.name[len(path.name) :].startswith((*TAILS, ".checkpoint", ".tmp"))
    )
    return ([path] if path.exists() else []) + beside


def entries(path: Path) -> dict[str, os.stat_result]:
    """Everything that belongs to a state, by its path relative to the state's own folder."""
    found = {}
    for top in [path] if path.is_dir() else siblings(path):
        for one in _walk(top):
            with suppress(FileNotFoundError):
                found[one.relative_to(path.parent).as_posix()] = one.lstat()
    return found


def _walk(top: Path) -> Iterator[Path]:
    yield top
    if top.is_dir() and not top.is_symlink():
        for place, folders, files in os.walk(top):
            yield from (Path(place) / name for name in sorted(folders) + sorted(files))


def size(path: Path) -> int:
    """How many bytes a state takes."""
    return sum(found.st_size for found in entries(path).values() if stat.S_ISREG(found.st_mode))


def signature(path: Path) -> Signature:
    """Cheap to take; changes with every write, as no program can set ctime."""
    return {
        name: (found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        for name, found in entries(path).items()
    }


def sums(path: Path) -> dict[str, str]:
    """A checksum for every file of a state."""
    found = {}
    for name, one in entries(path).items():
        if stat.S_ISREG(one.st_mode):
            with (path.parent / name).open("rb") as file:
                found[name] = hashlib.file_digest(file, "sha256").hexdigest()
    return found


def copy(path: Path, into: Path, *, durable: bool = False) -> Path:
    """Copy a state into a folder under its own name; `durable`: it survives a power loss."""
    into.mkdir(parents=True, exist_ok=True)
    restore(path, into / path.name, durable=durable)
    return into / path.name


def restore(
    source: Path, target: Path, *, unchanged: Iterable[str] = (), durable: bool = False
) -> None:
    """Make `target` equal to `source`, byte for byte; safe to kill and run again.

    `unchanged`: files known to be right already. The others are compared before they are written,
    and written in place, so that links to them and their owner stay.
    """
    filecmp.clear_cache()  # it trusts times, which a pipeline may have set
    wanted, present = entries(source), entries(target)
    _remove(target.parent, [name for name in present if _misplaced(name, wanted, present)])
    known = set(unchanged)
    for name, one in wanted.items():
        if name not in known:
            _place(source.parent / name, target.parent / name, one, durable)
    for name in sorted(wanted, reverse=True):  # folders last: writing into one changes its time
        if stat.S_ISDIR(wanted[name].st_mode):
            shutil.copystat(source.parent / name, target.parent / name)


def _misplaced(
    name: str, wanted: Mapping[str, os.stat_result], present: Mapping[str, os.stat_result]
) -> bool:
    return name not in wanted or stat.S_IFMT(wanted[name].st_mode) != stat.S_IFMT(
        present[name].st_mode
    )


def _remove(parent: Path, names: list[str]) -> None:
    for name in sorted(names, reverse=True):
        one = parent / name
        if one.is_dir() and not one.is_symlink():
            shutil.rmtree(one)
        else:
            one.unlink(missing_ok=True)


def _place(source: Path, target: Path, found: os.stat_result, durable: bool) -> None:
    if stat.S_ISDIR(found.st_mode):
        target.mkdir(exist_ok=True)
        target.chmod(stat.S_IMODE(found.st_mode) | stat.S_IRWXU)
    elif stat.S_ISLNK(found.st_mode):
        target.unlink(missing_ok=True)
        target.symlink_to(os.readlink(source))
        shutil.copystat(source, target, follow_symlinks=False)
    elif stat.S_ISREG(found.st_mode):
        if not (target.exists() and filecmp.cmp(source, target, shallow=False)):
            _write(source, target, durable)
        _copystat(source, target)


def _copystat(source: Path, target: Path) -> None:
    shutil.copystat(source, target)
    there, here = source.stat(), target.stat()
    if hasattr(os, "chown") and (there.st_uid, there.st_gid) != (here.st_uid, here.st_gid):
        with suppress(PermissionError):
            os.chown(target, there.st_uid, there.st_gid)


def _write(source: Path, target: Path, durable: bool) -> None:
    if target.exists():
        target.chmod(stat.S_IMODE(target.stat().st_mode) | stat.S_IWUSR)
    with source.open("rb") as read, target.open("wb") as written:
        if not _cloned(read.fileno(), written.fileno()):
            _copied(read.fileno(), written.fileno())
        if durable:
            os.fsync(written.fileno())


def _cloned(read: int, written: int) -> bool:
    """Share the blocks where the file system can (reflink): a copy of 20 GB takes no time."""
    if fcntl is None:
        return False
    try:
        fcntl.ioctl(written, FICLONE, read)
    except OSError:
        return False
    return True


def _copied(read: int, written: int) -> None:
    """Copy inside the kernel where possible, else through this process."""
    try:
        while hasattr(os, "copy_file_range") and os.copy_file_range(read, written, 64 * MIB):
            pass
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO):
            raise
    while block := os.read(read, MIB):
        view = memoryview(block)
        while view:
            view = view[os.write(written, view) :]
