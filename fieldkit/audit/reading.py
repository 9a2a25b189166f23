"""Texts that the command line names: regular files only, for another kind may never end."""

from __future__ import annotations

from pathlib import Path

from fieldkit.errors import CannotRun

DIGITS = 18  # more is not a number of bytes


def text(path: Path, what: str = "") -> str:
    """A file's text; raises CannotRun for a pipe or folder, OSError and UnicodeDecodeError."""
    if path.exists() and not path.is_file():
        raise CannotRun(f"{what}{path}: is not a regular file; name one")
    return path.read_text(encoding="utf-8-sig")


def whole(given: str) -> int | None:
    """A whole number from 0 of ASCII digits, with _ between them; None for anything else."""
    digits = given.replace("_", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS else None
