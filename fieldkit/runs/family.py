"""A command's processes, in whatever session they run: found, stopped and killed together."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path


def members(pid: int) -> Iterator[int]:
    """A process and all that it started and that still have it as an ancestor (Linux)."""
    yield pid
    with suppress(OSError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            with suppress(OSError):
                for child in (task / "children").read_text(encoding="ascii").split():
                    yield from members(int(child))


def states(pid: int) -> Iterator[str]:
    """The letter that tells the state of each of their threads."""
    for one in members(pid):
        with suppress(OSError):
            for task in Path(f"/proc/{one}/task").iterdir():
                with suppress(OSError):
                    yield (
                        (task / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()[0]
                    )


def tell(pid: int, number: signal.Signals) -> None:
    """Send a signal to the group of a process, at once, and then to all that left the group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, number)
    for one in [*members(pid)][1:]:
        # Orchestrators start each step in a session of its own, which no group signal reaches.
        with suppress(ProcessLookupError, PermissionError):
            if os.getpgid(one) != pid:
                os.kill(one, number)


def kill(pid: int) -> None:
    """SIGKILL for all of them: those of other groups first, or nobody could find them any more."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(pid, signal.SIGSTOP)  # until the others are found, it must not go on
    told: set[int] = set()  # each once: one that may not be killed, or not yet, is not waited for
    while others := [one for one in members(pid) if one not in told and _runs_apart(one, pid)]:
        told |= {*others}
        for one in others:
            with suppress(ProcessLookupError, PermissionError):
                os.kill(one, signal.SIGKILL)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def _runs_apart(one: int, group: int) -> bool:
    """Whether a process of another group still runs."""
    with suppress(OSError, IndexError):
        line = Path(f"/proc/{one}/stat").read_text("utf-8", "replace")
        return os.getpgid(one) != group and line.rpartition(")")[2].split()[0] not in "ZX"
    return False
