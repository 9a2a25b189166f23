"""Texts that a command line names: regular files only, for another kind may never end."""

from __future__ import annotations

from pathlib import Path

from fieldkit.errors import CannotRun


def text(path: Path, what: str = "") -> str:
    """A file's text, after `what` in an error; raises CannotRun for a pipe or a device.

    OSError and UnicodeDecodeError are the caller's.
    """
    if path.exists() and not (path.is_file() or path.is_dir()):
        raise CannotRun(f"{what}{path}: is not a regular file; name one")
    return path.read_text(encoding="utf-8-sig")
