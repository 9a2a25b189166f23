"""Durations, counts and commands as a report writes them."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence


def duration(seconds: float) -> str:
    """A duration in seconds, minutes or hours, for a reader."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def shell_line(command: Sequence[str]) -> str:
    """The command as typed in a shell; placeholders such as {state} are not quoted."""
    return re.sub(r"'(\{\w+\})'", r"\1", shlex.join(command))


def plural(count: int, what: str) -> str:
    """A count with its noun."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def said(stderr: str, most: int = 12) -> tuple[str, ...]:
    """What a command wrote on stderr, as evidence: the last lines; the JSON report has them all."""
    lines = [line.rstrip() for line in stderr.splitlines() if line.strip()]
    if len(lines) < 2:
        return ()
    cut = f" (the last {most} of {len(lines):,} lines)" if len(lines) > most else ""
    return (f"It wrote on stderr{cut}:", *lines[-most:])
