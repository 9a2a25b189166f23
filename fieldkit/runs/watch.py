"""Watches a state's files while a command runs: when they change, and how."""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import select
import struct
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from fieldkit.state.snapshot import entries

IN_ACCESS, IN_MODIFY, IN_CLOSE_WRITE, IN_MOVED_TO = 0x1, 0x2, 0x8, 0x80
IN_CREATE, IN_DELETE, IN_ISDIR = 0x100, 0x200, 0x40000000
IN_NONBLOCK, IN_CLOEXEC = 0o4000, 0o2000000
# Reads and opens are left out: a command that only looks has written nothing.
MASK = IN_MODIFY | IN_CLOSE_WRITE | IN_MOVED_TO | IN_CREATE | IN_DELETE
HEAD = struct.Struct("iIII")
MOST_HELD = 200  # open files: a process may have 256 on some systems
STEP, WRITE = True, False  # a file came, went or was finished; bytes were written


class Watch:
    """Polls sizes and modification times: works on every system, misses short-lived changes."""

    fileno: int | None = None

    def __init__(self, places: Sequence[Path]) -> None:
        self._places = places
        self._seen = self._look()

    def _look(self) -> dict[str, tuple[int, int]]:
        return {
            f"{number}/{name}": (one.st_size, one.st_mtime_ns)
            for number, place in enumerate(self._places)
            for name, one in entries(place).items()
        }

    def drain(self) -> list[bool]:
        """What happened since the last call: STEP or WRITE, in order."""
        before, self._seen = self._seen, self._look()
        names = before.keys() | self._seen.keys()
        return [
            (name in before) != (name in self._seen)
            for name in names
            if before.get(name) != self._seen.get(name)
        ]

    def close(self) -> None:
        """Stop watching."""


class Inotify(Watch):
    """inotify: reports each write as it happens (Linux)."""

    def __init__(self, places: Sequence[Path]) -> None:
        # Through ctypes: the standard library has no inotify, and a package for it would be one
        # more dependency of every user.
        self._library = ctypes.CDLL(ctypes.util.find_library("c") or None, use_errno=True)
        self.fileno = self._library.inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
        if self.fileno < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._folders: dict[int, tuple[Path, str]] = {}
        for place in places:
            if place.is_dir():
                self._add_tree(place)
            else:
                # The folder, not the file: its log beside it counts, and a rename replaces it.
                self._add(place.parent, place.name)

    def _add(self, folder: Path, prefix: str) -> None:
        number = self._library.inotify_add_watch(self.fileno, os.fsencode(folder), MASK)
        if number < 0:
            raise OSError(ctypes.get_errno(), "inotify")
        self._folders[number] = (folder, prefix)

    def _add_tree(self, folder: Path) -> None:
        self._add(folder, "")
        for place, names, _ in os.walk(folder):
            for name in names:
                self._add(Path(place) / name, "")

    def drain(self) -> list[bool]:  # noqa: D102
        found = []
        for number, mask, name in _events(self.fileno or 0):
            folder, prefix = self._folders.get(number, (None, ""))
            if folder is None or not name.startswith(prefix):
                continue
            if mask & IN_ISDIR and mask & (IN_CREATE | IN_MOVED_TO):
                # A watch does not cover new subfolders. The folder may be gone again already.
                with suppress(OSError):
                    self._add_tree(folder / name)
            found.append(WRITE if mask & IN_MODIFY else STEP)
        return found

    def close(self) -> None:  # noqa: D102
        if self.fileno is not None:
            os.close(self.fileno)
            self.fileno = None


class Reads:
    """Which of some files are read before they are written to, as a checkpoint is (Linux)."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._files: dict[int, Path] = {}
        self._fileno = -1
        if not (files and sys.platform == "linux"):
            return
        with suppress(OSError, AttributeError):
            library = ctypes.CDLL(ctypes.util.find_library("c") or None, use_errno=True)
            self._fileno = library.inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
            for file in files if self._fileno >= 0 else ():
                mask = IN_ACCESS | IN_MODIFY
                number = library.inotify_add_watch(self._fileno, os.fsencode(file), mask)
                if number >= 0:
                    self._files[number] = file

    def first(self) -> list[Path] | None:
        """The files whose first event was a read; None where that cannot be known."""
        if self._fileno < 0:
            return None
        first: dict[int, int] = {}
        for number, mask, _ in _events(self._fileno):
            if mask & (IN_ACCESS | IN_MODIFY):
                first.setdefault(number, mask)
        return [self._files[n] for n, mask in first.items() if mask & IN_ACCESS]

    def close(self) -> None:
        """Stop watching."""
        if self._fileno >= 0:
            os.close(self._fileno)


class Arrivals:
    """Holds open each file that comes into a folder (Linux): who takes it away does not lose it."""

    def __init__(self, folder: Path) -> None:
        self.held: dict[str, BinaryIO] = {}
        self._folder, self._fileno, self._over = folder, -1, threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)
        if sys.platform == "linux":
            with suppress(OSError, AttributeError):
                library = ctypes.CDLL(ctypes.util.find_library("c") or None, use_errno=True)
                self._fileno = library.inotify_init1(IN_NONBLOCK | IN_CLOEXEC)
                mask = IN_CREATE | IN_MOVED_TO
                if library.inotify_add_watch(self._fileno, os.fsencode(folder), mask) >= 0:
                    self._thread.start()

    def _follow(self) -> None:
        poller = select.poll()
        poller.register(self._fileno, select.POLLIN)
        while not self._over.is_set():
            poller.poll(50)
            self._hold()

    def _hold(self) -> None:
        for _, mask, name in _events(self._fileno):
            path = self._folder / name
            # Not a FIFO: to open one would wait for somebody to write to it.
            with suppress(OSError):
                if not mask & IN_ISDIR and path.is_file() and len(self.held) < MOST_HELD:
                    before, self.held[name] = self.held.get(name), path.open("rb")
                    if before:
                        before.close()

    def close(self) -> None:
        """Stop watching; what is held stays open."""
        self._over.set()
        if self._thread.ident:
            self._thread.join()
        if self._fileno >= 0:
            os.close(self._fileno)
            self._fileno = -1


def _events(fileno: int) -> Iterator[tuple[int, int, str]]:
    """What is in the queue of inotify: the watch's number, the mask, and a name."""
    data, at = b"", 0
    # Read until it would block: an event of the queue that stays there would look like a later
    # write, and the kill would land in the wrong place.
    with suppress(BlockingIOError):
        while more := os.read(fileno, 1 << 16):
            data += more
    while at < len(data):
        number, mask, _, length = HEAD.unpack_from(data, at)
        name = os.fsdecode(data[at + HEAD.size : at + HEAD.size + length].rstrip(b"\0"))
        at += HEAD.size + length
        yield number, mask, name


def watch(places: Sequence[Path]) -> Watch:
    """inotify where there is one, else polling."""
    if sys.platform == "linux":
        # OSError: no inotify instances or watches left for this user (fs.inotify.max_user_*).
        with suppress(OSError, AttributeError):
            return Inotify(places)
    return Watch(places)
