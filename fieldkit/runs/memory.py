"""Working copies in memory: for commands that spend their time waiting for the disk.

Every commit of a database waits until the disk has it. A kill shows nothing about that, as what a
killed process has written survives; so a command of many small commits is tried in memory.
"""

from __future__ import annotations

import os
from pathlib import Path

import psutil

from fieldkit.runs.command import RunResult

PLACE = Path("/dev/shm")  # Linux: a file system in memory that is always there
WORTH_IT = 2.0  # seconds of a run below which there is nothing to win
WAITING = 3  # times as long as its processor seconds: then it waits
ROOM = 1 << 30  # bytes that must be free, in the file system and in the machine
TIMES = 8  # and so many times what the states take


def folder_of(journal: Path) -> Path:
    """Where the working copies of this run's journal lie if they are in memory."""
    return PLACE / f"fieldkit-{journal.name}"


def waits(ran: RunResult) -> bool:
    """Whether a run spent most of its time waiting, perhaps for the disk."""
    return ran.seconds >= WORTH_IT and 0 < ran.cpu * WAITING < ran.seconds


def has_room(size: int) -> bool:
    """Whether states of this size may be copied into memory.

    Not where FIELDKIT_HOME names the place of all copies.
    """
    if os.environ.get("FIELDKIT_HOME") or not os.access(PLACE, os.W_OK | os.X_OK):
        return False
    there = os.statvfs(PLACE)
    free = min(there.f_bavail * there.f_frsize, psutil.virtual_memory().available)
    return bool(free > max(ROOM, TIMES * size))
