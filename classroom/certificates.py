"""Certificates: what somebody has passed, judged in a sandbox, signed with their class's key."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path
from typing import Any

from classroom import signing
from classroom.cohort import KEY, Cohort
from classroom.members import printable
from classroom.rows import Row
from workbook.errors import UsageError, WorkbookError

FORM = 2  # of the file; the first was signed with what also verified it


def made(row: Row, room: Cohort, name: str) -> dict[str, Any]:
    """A signed certificate; raises UsageError where the row proves too little."""
    if not row.certified:
        raise UsageError(f"{row.learner} was judged without --certify: `workbook grade --certify`")
    if row.learner not in room.learners:
        raise UsageError(f"{row.learner} is not in the class {room.id}")
    passed = [
        {
            "step": one.step,
            "exercise": one.id,
            "help": one.help or ("hints" if one.hints else "none known"),
            "confirmed": one.confirmed or "judged in a sandbox",
        }
        for one in row.exercises
        if one.passed
    ]
    if not passed:
        raise UsageError(f"{row.learner} has passed nothing yet")
    told = {
        "certificate": FORM,
        "class": room.id,
        "learner": row.learner,
        "name": " ".join(printable(name).split()),
        "exercises": passed,
        "of": len(row.exercises),
        "engine": row.engine,
        "isolation": row.isolation,
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
    }
    if not room.key:
        raise WorkbookError(f"{room.folder.name}/{KEY} is not there: nothing can be signed")
    return told | {"signature": signing.signature(room.key, _plain(told))}


def _plain(told: dict[str, Any]) -> bytes:
    """What is signed: the certificate without its signature, however it is laid out."""
    return json.dumps(told, sort_keys=True, ensure_ascii=False).encode("utf-8", "replace")


def text(told: dict[str, Any]) -> str:
    """A certificate as a file."""
    return json.dumps(told, indent=1, ensure_ascii=False) + "\n"


def verified(path: Path, room: Cohort) -> str:
    """What a certificate says, if the class has signed it, else ""; raises WorkbookError.

    It takes the class's public class.toml and no key.
    """
    verifies = room.verifies or (signing.public(room.key) if room.key else "")
    if not verifies:
        raise WorkbookError(f"{room.folder.name} has no line `certificates` to verify with")
    try:
        told = dict(json.loads(path.read_text(encoding="utf-8")))
        given = str(told.pop("signature"))
        said = line(told)
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise WorkbookError(f"{path.name} is not a certificate") from None
    return said if signing.holds(verifies, _plain(told), given) else ""


def line(told: dict[str, Any]) -> str:
    """A certificate in a line."""
    unaided = [e for e in told["exercises"] if e["help"] != "solution seen"]
    seen = len(told["exercises"]) - len(unaided)
    who = f"{told['name']} ({told['learner']})" if told["name"] else told["learner"]
    confirmed = [e["exercise"] for e in unaided if e["confirmed"].startswith("fieldkit")]
    parts = [
        f"{who}, class {told['class']}: {', '.join(e['exercise'] for e in unaided) or 'nothing'}",
        f"{seen} after the solution was seen" if seen else "",
        f"confirmed by an instrument: {', '.join(confirmed)}" if confirmed else "",
        f"{told['date']}, engine {told['engine']}, {told['isolation']}",
    ]
    return " · ".join(filter(None, parts))
