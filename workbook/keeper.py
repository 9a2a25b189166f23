"""Ends an answer's processes and removes its folder when its judge is gone, however it went.

Started as a script of its own: it outlives a judge that is killed. Standard library only.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import stat
import sys
import time
from collections.abc import Iterable
from pathlib import Path

TOKEN = "WORKBOOK_SESSION"  # in the environment of every process that the answer starts
ROUNDS = 20  # looks until nothing is left
_KILL = getattr(signal, "SIGKILL", signal.SIGTERM)


def main(folder: str) -> None:
    """Read process ids, one a line; at the end of the input end them and remove the folder."""
    for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
        signal.signal(number, signal.SIG_IGN)
    known: set[int] = set()
    for line in sys.stdin:
        known = {int(line)}  # an earlier one was ended by the judge itself
    end(known, folder)
    remove(Path(folder))


def end(processes: Iterable[int], token: str) -> None:
    """End processes, their groups, what descends from them and whatever carries the token."""
    roots = set(processes)
    for _ in range(ROUNDS):
        left = {p for p in roots if alive(p)} | descendants(roots) | _marked(token)
        left.discard(os.getpid())
        if not left:
            return
        roots |= left
        for process in left:
            _kill(process)
        time.sleep(0.005)


def _kill(process: int) -> None:
    for kill in (os.kill, os.killpg if hasattr(os, "killpg") else os.kill):
        try:
            if kill is os.kill or os.getpgid(process) == process:
                kill(process, _KILL)
        except OSError:
            pass


def alive(process: int) -> bool:
    """Whether it still runs; one that ended and waits for its parent does not."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        if sys.platform == "linux":
            return False
        try:
            os.kill(process, 0)
        except OSError:
            return False
        return True
    return told.rpartition(")")[2].split()[0] not in "ZX"


def descendants(roots: Iterable[int]) -> set[int]:
    """What descends from processes, itself not included (where the system has /proc)."""
    children: dict[int, list[int]] = {}
    for process, parent in _parents():
        children.setdefault(parent, []).append(process)
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        new = set(children.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return found


def _parents() -> list[tuple[int, int]]:
    pairs = []
    try:
        there = os.listdir("/proc")
    except OSError:  # not every system has it
        return []
    for process in filter(str.isdecimal, there):
        try:  # no Path: a judge looks many times a second, and most of it would be theirs
            with open(f"/proc/{process}/stat", "rb") as entry:
                told = entry.read().rpartition(b")")[2].split()
        except OSError:
            continue
        if told[0] not in b"ZX":
            pairs.append((int(process), int(told[1])))
    return pairs


def _marked(token: str) -> set[int]:
    """Processes that carry the token: a child that left its session and its parent still does."""
    mark, found = f"{TOKEN}={token}".encode(), set()
    for entry in Path("/proc").glob("[0-9]*/environ"):
        try:
            if mark in entry.read_bytes().split(b"\0"):
                found.add(int(entry.parent.name))
        except OSError:
            continue
    return {process for process in found if alive(process)}


def remove(folder: Path) -> None:
    """Remove a folder whatever lies in it, however deep; what cannot be removed stays.

    What lies in its folders is moved up, level by level: Python's own ways call themselves for each
    level, and an answer can make thousands.
    """
    if folder.is_symlink():  # what it leads to is not ours
        return folder.unlink()
    _opened(folder)
    for level in itertools.count():
        inner = [one.path for one in _entries(folder) if one.is_dir(follow_symlinks=False)]
        if not sum(_dissolved(path, f"{folder}/{level}-{n}") for n, path in enumerate(inner)):
            break
    return shutil.rmtree(folder, ignore_errors=True)


def _dissolved(folder: str, name: str) -> bool:
    """Remove a folder; those in it are called `name` and a number from now on."""
    _opened(folder)
    with contextlib.suppress(OSError):
        for number, one in enumerate(_entries(folder)):
            if one.is_dir(follow_symlinks=False):
                os.rename(one.path, f"{name}-{number}")
            else:
                os.unlink(one.path)
        os.rmdir(folder)
        return True
    return False


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        return list(found)
    return []


def _opened(folder: str | Path) -> None:
    with contextlib.suppress(OSError):
        os.chmod(folder, stat.S_IRWXU)


if __name__ == "__main__":
    main(sys.argv[1])
