"""The files of an entry that can matter to a judge: which, and how many bytes of each are read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

PAGE = 100 * 2**20  # bytes of one notebook; outputs can be large
OTHER = 2**20  # of any other file that is read
REPORT = 5 * 2**20  # of an instrument's report
RECORD = 50 * 2**20  # of a learner's record
TOTAL = 400 * 2**20  # of all that is read from one entry
FILES = 5000
SKIPPED = ("backup", "runs", "kept", "drills", "__MACOSX", "__pycache__", "node_modules")
PAGES = (".ipynb", ".ipynb.txt", ".ipynb.json")  # browsers and mail programs add the second ending
TEXTS = (".py", ".sql", ".yml", ".md")
RECORDS = ("progress.db", "progress.db-wal", "progress.db-shm")
MARK, DIAGNOSIS = "workbook.toml", "diagnosis.json"
EVIDENCE = "evidence"  # the folder of reports from work
CLOSED = (".rar", ".7z", ".tar.bz2", ".tar.xz", ".tar.zst")
EXPORTS = (".pdf", ".html", ".htm", ".docx", ".odt", ".dbc")


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
    """The files of an entry that can matter to a judge, and what is odd about the others.

    `instead`: of files that were perhaps handed in instead of a page, why they are not one.
    """

    members: list[Member] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    instead: list[str] = field(default_factory=list)


def most(name: str) -> int:
    """How many bytes of a file are read at most."""
    if name.rpartition("/")[2] in RECORDS:
        return RECORD
    if is_report(name):
        return REPORT
    return PAGE if name.lower().endswith(PAGES) else OTHER


def at_most(content: bytes, limit: int) -> bytes:
    """The content; raises Unreadable where it is larger."""
    if len(content) > limit:
        raise Unreadable(f"it is larger than {limit / 2**20:g} MB")
    return content


def printable(name: str) -> str:
    """A name on one line, at most 80 characters, without control characters."""
    told = "".join(letter if letter.isprintable() else "?" for letter in name)
    return told if len(told) <= 80 else f"{told[:77]}…"


def is_wanted(path: str) -> bool:
    """Whether a file can matter: pages, answers, the mark, the record, reports from work."""
    known = path.rpartition("/")[2] in (MARK, DIAGNOSIS, *RECORDS) or is_report(path)
    return known or path.lower().endswith((*PAGES, *TEXTS))


def is_report(path: str) -> bool:
    """Whether it lies where reports from work do."""
    return path.lower().endswith(".json") and PurePosixPath(path).parent.name == EVIDENCE


def is_skipped(part: str) -> bool:
    """Whether a file or folder of this name is somebody else's: hidden, a backup, macOS's notes."""
    return part.startswith(".") or part in SKIPPED


def why_not(name: str) -> str:
    """Why a file is not a page, where it was perhaps handed in as one; else ""."""
    if name.lower().endswith(CLOSED):
        return "an archive of this kind is not opened: hand in a .zip"
    if name.lower().endswith(EXPORTS):
        return "it is an export for reading: hand in the page itself, the .ipynb"
    return ""
