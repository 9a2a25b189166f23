"""The learner's record, read from a copy: what was tried, with which help, and how long it took."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from workbook.progress import Attempt, Progress
from workbook.results import Verdict
from workbook.standing import minutes_of


class OddRecord(Exception):
    """A record that no workbook has written."""


def opened(copy: Path | None) -> Progress | None:
    """A copy of a record, opened; None without one. Raises OddRecord."""
    if copy is None:
        return None
    _plain(copy)
    record = Progress(copy)
    if record.notice:
        raise OddRecord(record.notice)
    return record


def _plain(copy: Path) -> None:
    """Views and triggers run when a table is read: a record of ours has none."""
    try:
        con = sqlite3.connect(copy)
        kinds = con.execute("select type, sql from sqlite_master").fetchall()
        con.close()
    except sqlite3.Error as error:
        raise OddRecord(f"it is not a SQLite file that can be read: {error}") from None
    for kind, sql in kinds:
        if kind not in ("table", "index") or "virtual" in str(sql).lower().split():
            raise OddRecord(f"it holds a {kind} that no workbook has made")


def told(record: Progress | None, exercise: str) -> dict[str, Any]:
    """What a record says of an exercise, as fields of a row; {} where it says nothing."""
    if record is None:
        return {}
    tries = record.attempts(exercise)
    standing = record.standing(exercise)
    if not tries:
        return {"hints": standing.hints, "help": standing.helped}
    passed = [one.at for one in tries if one.verdict == Verdict.PASSED]
    return {
        "claimed": str(Verdict.PASSED if standing.passed else standing.last),
        "attempts": standing.honest,
        "hints": standing.hints,
        "help": standing.helped,
        "first_at": tries[0].at,
        "last_at": tries[-1].at,
        "passed_at": passed[0] if passed else None,
        "minutes": round(minutes_of(tries), 1),
        "repeated": _repeated(tries),
    }


def _repeated(tries: Sequence[Attempt]) -> int:
    """How many of the last different attempts have the newest one's first finding."""
    newest, count, before = tries[-1].finding, 0, ""
    for one in reversed(tries):
        if one.finding != newest or not newest:
            break
        count += one.digest != before
        before = one.digest
    return count
