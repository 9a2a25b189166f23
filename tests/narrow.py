"""What of a report is wider than a terminal."""

from __future__ import annotations

import shlex

COLUMNS = 80


def too_wide(text: str) -> list[str]:
    """The lines that are longer than 80 columns and could be broken: all but a path alone."""
    return [line for line in text.splitlines() if len(line) > COLUMNS and not _path(line)]


def _path(line: str) -> bool:
    try:
        words = shlex.split(line)
    except ValueError:
        return False
    return len(words) == 1 and "/" in words[0]
