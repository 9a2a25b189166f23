"""What an entry of a folder holds, read as data within limits: a folder, an archive, one file."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from classroom import archives, members
from classroom.members import FILES, PAGE, TOTAL, Bag, Member, Unreadable, at_most, printable

DEPTH = 8
CLASS_FILES = ("class.toml", "roster.csv", "class.key", "start", "events.jsonl", "board.code")


def opened(path: Path, leave_out: Path | None = None) -> Bag:
    """Look into an entry; raises Unreadable where it is none of a folder, an archive and a file."""
    bag = Bag()
    kind = os.lstat(path).st_mode
    if stat.S_ISLNK(kind):
        raise Unreadable("it is a link, which is not followed")
    if stat.S_ISDIR(kind):
        _walk(bag, path, PurePosixPath(), leave_out)
    elif not stat.S_ISREG(kind):
        raise Unreadable("it is not a regular file")
    elif archives.is_one(path.name):
        archives.listed(bag, path.name, _bytes(path, TOTAL))
    elif members.is_wanted(path.name):
        bag.members.append(_member(path, path.name))
    else:
        kinds = "no answer is in a file of this kind: .ipynb, .py, .sql, .yml, .md, .zip"
        raise Unreadable(members.why_not(path.name) or kinds)
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
        if not entry.is_dir(follow_symlinks=False):
            _file(bag, entry, str(inner))
        elif members.is_skipped(entry.name) or Path(entry.path) == leave_out:
            continue
        elif len(inner.parts) >= DEPTH:
            bag.notes.append(f"{printable(str(inner))} lies too deep: not looked into")
        else:
            _walk(bag, Path(entry.path), inner, leave_out)


def _file(bag: Bag, entry: os.DirEntry[str], name: str) -> None:
    packed, shown = archives.is_one(entry.name), printable(name)
    if entry.name.startswith("."):
        return
    if not (packed or members.is_wanted(name)):
        if why := members.why_not(name):
            bag.instead.append(f"{shown}: {why}")
    elif entry.is_symlink():
        bag.notes.append(f"{shown} is a link, which is not followed")
    elif not entry.is_file(follow_symlinks=False):
        bag.notes.append(f"{shown} is not a regular file")
    elif packed:
        try:
            archives.listed(bag, name, _bytes(Path(entry.path), TOTAL), f"{name}/")
        except Unreadable as error:
            bag.notes.append(f"{shown}: {error}")
    else:
        bag.members.append(_member(Path(entry.path), name))


def _member(path: Path, name: str) -> Member:
    told = path.lstat()
    return Member(name, told.st_size, told.st_mtime, lambda: _bytes(path, members.most(name)))


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
    return at_most(content, limit)


def entries(folder: Path, leave_out: Path | None) -> Iterator[Path]:
    """The entries of a folder that learners handed in, by name: one for each learner."""
    of_class = CLASS_FILES if (folder / CLASS_FILES[0]).is_file() else ()
    for path in sorted(folder.iterdir()):
        hidden = members.is_skipped(path.name) or path.name.startswith("~$")
        if not (hidden or path.name in of_class or path == leave_out):
            yield path


def evidence(bag: Bag) -> list[Member]:
    """The reports from work."""
    return [member for member in bag.members if members.is_report(member.name)]


def only(bag: Bag, *suffixes: str) -> list[Member]:
    """The files of an entry with one of these endings."""
    return [m for m in bag.members if m.name.lower().endswith(suffixes)]
