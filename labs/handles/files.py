"""Sees each operation on the files of one folder, whichever library does it, before it happens."""

from __future__ import annotations

import os
import shutil
import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

from workbook import AnswerFailed
from workbook.answer import Failure

_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_MOVES = {"os.rename": "rename", "os.link": "link", "os.symlink": "link"}
_CHANGES = {"os.remove": "remove", "os.mkdir": "mkdir", "os.rmdir": "rmdir"}
_CHANGES |= {"os.truncate": "truncate", "shutil.rmtree": "remove"}
MOST = 2**30  # bytes of a database that the judge opens
OPERATIONS = ("write", *_MOVES.values(), *_CHANGES.values())
_watching: list[Watcher] = []


@cache
def _listen() -> None:
    """Hear of every file operation of this process; Python has no way to stop that again."""
    sys.addaudithook(_heard)


def _heard(event: str, args: tuple[Any, ...]) -> None:
    if _watching and (event == "open" or event in _MOVES or event in _CHANGES):
        for watcher in tuple(_watching):
            watcher.heard(event, args)


class Watcher:
    """Calls `before(text)` ahead of each operation that changes a file of `folder`.

    What `before` raises keeps the operation from happening. `written`: the files that were opened
    for writing since the last call, which a kill may leave half written, each with the bytes of it
    that were there before and stay. Native code is not heard: compare `sizes` around it.
    """

    def __init__(self, folder: str, before: Callable[[str], None]) -> None:
        self._folder = os.path.realpath(folder)
        self._before = before
        self.written: dict[Path, int] = {}

    def start(self) -> None:
        """Begin to listen."""
        _listen()
        _watching.append(self)

    def stop(self) -> None:
        """Listen no more."""
        if self in _watching:
            _watching.remove(self)

    def heard(self, event: str, args: tuple[Any, ...]) -> None:
        """Take note of an operation about to happen; others' folders and reading do not count."""
        if event == "open" and not _writes(*args):
            return
        names = [self._inside(path) for path in args[: 2 if event in _MOVES else 1]]
        if not any(names):
            return
        verb = "write" if event == "open" else (_MOVES | _CHANGES)[event]
        self._before(f"{verb} {' to '.join(name or 'elsewhere' for name in names)}")
        if event == "open":
            path = Path(self._folder, names[0])
            self.written[path] = _kept(path, args[1], args[2])

    def _inside(self, path: Any) -> str:
        """The path's name within the folder, "" for one that lies elsewhere."""
        if isinstance(path, int):
            return ""
        whole = os.path.abspath(os.fsdecode(path))
        real = os.path.join(os.path.realpath(os.path.dirname(whole)), os.path.basename(whole))
        within = real.startswith(self._folder + os.sep)
        return os.path.relpath(real, self._folder) if within else ""

    def sizes(self) -> dict[Path, int]:
        """Every file of the folder with its size in bytes."""
        return {Path(path): size for path, size in _sizes(self._folder)}


def _sizes(folder: str) -> Iterator[tuple[str, int]]:
    """The files below a folder with their sizes; `Path.rglob` takes five times as long."""
    with suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _sizes(entry.path)
            elif entry.is_file():
                yield entry.path, entry.stat().st_size


def _writes(path: Any, mode: Any, flags: Any) -> bool:
    """Whether opening may change a file: not for reading, and not for a new file that is there."""
    exclusive = "x" in (mode or "") or (flags or 0) & os.O_EXCL
    if exclusive and not isinstance(path, int) and os.path.lexists(path):
        return False
    return any(letter in (mode or "") for letter in "wax+") or bool((flags or 0) & _WRITING)


def _kept(path: Path, mode: Any, flags: Any) -> int:
    """How many bytes of a file stay when it is opened for writing."""
    emptied = "w" in (mode or "") or (flags or 0) & os.O_TRUNC
    return 0 if emptied or not path.is_file() else path.stat().st_size


def halve(path: Path, kept: int = 0) -> None:
    """Leave half of what was written to a file, as a process does that dies while it writes."""
    size = path.stat().st_size if path.is_file() else 0
    if size > kept:
        os.truncate(path, kept + (size - kept) // 2)


def readable(path: Path, folder: str, most: int = 2**26) -> bool:
    """Whether a judge may read a file that an answer left: a regular one, within the folder.

    A FIFO would hold the reader for ever; a link may lead to what is not the answer's.
    """
    try:
        told = path.lstat()
    except (OSError, ValueError):
        return False
    within = path.resolve().is_relative_to(Path(folder).resolve())
    return within and stat.S_ISREG(told.st_mode) and told.st_size <= most


def refuse_other_than_files(path: Path) -> None:
    """An answer that has the file may put anything in its place: a FIFO would hold us for ever."""
    for one in (path, path.with_name(path.name + ".wal")):
        with suppress(FileNotFoundError):
            told = one.lstat()
            regular = stat.S_ISREG(told.st_mode)
            if not regular or told.st_size > MOST:
                why = "is larger than 1 GiB" if regular else "is not a regular file any more"
                raise AnswerFailed(Failure("NotADatabase", f"the database {why}"))


def removed(path: Path) -> None:
    """Remove a database, or whatever an answer put in its place."""
    with suppress(OSError):
        path.unlink(missing_ok=True)
    shutil.rmtree(path, ignore_errors=True)
