"""The kept list of mutants that are right answers, too: one line each, with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HOLDOUT = Path(__file__).resolve().parents[1] / "labs" / "holdout"
NAME = "equivalents.txt"


@dataclass(frozen=True)
class Equivalent:
    """A mutant by its key, with the answer it is of and why nobody can tell it from that one."""

    key: str
    exercise: str
    section: str
    what: str
    reason: str


def kept(lab: str) -> list[Equivalent]:
    """The list of a lab: `key | exercise | section | what | reason`, one to a line."""
    path = HOLDOUT / lab / NAME
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines()
    return [_row(line) for line in lines if line and not line.startswith("#")]


def _row(line: str) -> Equivalent:
    """What an edit does may hold the divider itself."""
    key, exercise, section, rest = line.split(" | ", 3)
    what, reason = rest.rsplit(" | ", 1)
    return Equivalent(key, exercise, section, what, reason)
