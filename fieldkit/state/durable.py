"""Atomic file writes that survive a kill and a power loss."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any


def write(path: Path, text: str) -> None:
    """Write a file atomically: a reader, also after a crash, sees the old text or the new."""
    partial = path.with_name(f".{path.name}.part")
    with partial.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    swap(partial, path)


def swap(source: Path, target: Path) -> None:
    """Rename a file over another, durably; both are on the same file system."""
    os.replace(source, target)
    fsync_folder(target.parent)


def fsync_folder(folder: Path) -> None:
    """fsync the folder so that renames in it survive a power loss; best effort."""
    with suppress(OSError):  # Windows cannot open a folder; some network drives refuse fsync
        number = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(number)
        finally:
            os.close(number)


def read_json(path: Path) -> dict[str, Any]:
    """The object in a file; an empty one where there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
