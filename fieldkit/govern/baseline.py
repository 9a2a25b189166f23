"""What was known before: a file that names places and kinds, never a value."""

from __future__ import annotations

import json
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.govern.found import Key, Scanned
from fieldkit.inputs import text
from fieldkit.report.outputs import refuse_unwritable
from fieldkit.report.report import write

SCHEMA = "fieldkit.govern.baseline/1"


def read(path: Path) -> set[Key] | None:
    """The keys in a baseline; None where there is none yet; raises CannotRun for another file."""
    if not path.exists():
        refuse_unwritable([path])
        return None
    try:
        found = json.loads(text(path, "--baseline "))
        if found["schema"] != SCHEMA:
            raise ValueError
        return {
            (str(one["source"]), str(one["table"]), str(one["column"]), str(one["entity"]))
            for one in found["known"]
        }
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise CannotRun(
            f"--baseline {path}: is not a baseline; name a file that is not there yet"
        ) from None


def save(path: Path, found: Scanned) -> None:
    """Write down what was found as known from now on."""
    known = [
        dict(zip(("source", "table", "column", "entity"), one.key, strict=True))
        for one in found.hits
        if not one.by_name
    ]
    write(path, json.dumps({"schema": SCHEMA, "known": known}, indent=1, ensure_ascii=False) + "\n")


def compare(path: Path | None, found: Scanned, *, update: bool = False) -> None:
    """Mark what is new since the baseline; writes one where there is none, or to bring it up."""
    if path is None:
        return
    known = read(path)
    keys = {one.key for one in found.hits if not one.by_name}
    found.baseline = "compared"
    if known is None or update:
        save(path, found)
        found.baseline = "written"
    found.new = keys - (keys if known is None else known)
    found.gone = len((known or set()) - keys)
