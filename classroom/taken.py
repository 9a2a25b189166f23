"""Taken to work: the reports of instruments that learners attach, read with their seals."""

from __future__ import annotations

import hashlib

from classroom import bags
from classroom.members import Bag, Unreadable, printable
from classroom.rows import Taken
from fieldkit.errors import CannotRun
from fieldkit.report import evidence

# Which step's instrument wrote a report.
STEPS = {"audit": 1, "skills": 1, "chaos": 2, "guard": 2, "value": 3, "prove": 4, "govern": 5}
CHANGED, NONE = "changed after it was written", "not a report of an instrument"


def taken(bag: Bag) -> tuple[list[Taken], list[str], list[str]]:
    """What stands in `evidence/`: reports; why others do not count; the same for the facilitator.

    The second names no file: a file's name may be somebody's.
    """
    found: dict[str, Taken] = {}
    refused, notes = [], []
    for member in bags.evidence(bag):
        name = printable(member.name)
        try:
            document = evidence.unsealed(name, member.read())
            one = _report(document)
            found.setdefault(one.seal, one)
        except CannotRun as error:
            refused.append(CHANGED if CHANGED in str(error) else NONE)
            notes.append(f"not counted: {error}")
        except Unreadable as error:
            refused.append(NONE)
            notes.append(f"not counted: {name}: {error}")
    return list(found.values()), refused, notes


def _report(document: dict[str, object]) -> Taken:
    """A report as a line of a row; raises CannotRun for an instrument that nobody knows."""
    name = str(document.get("instrument"))
    if name not in STEPS:
        raise CannotRun(f"{name[:40]!r}: is not an instrument of a step")
    seal = hashlib.sha256(repr(sorted(document.items())).encode("utf-8", "replace")).hexdigest()
    return Taken(STEPS[name], name, document.get("exit_code") == 0, seal[:16])
