"""The rows of a grading run: one file for each learner, and the schema that it fits."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

import msgspec

from workbook.errors import WorkbookError

SCHEMA = 1
PASSED, TRY_AGAIN, NOT_YET, ERROR = "PASSED", "TRY AGAIN", "NOT YET", "ERROR"
TIMED_OUT, NOT_HANDED_IN, UNREADABLE = "TIMED OUT", "NOT HANDED IN", "UNREADABLE"
NOT_JUDGED = "NOT JUDGED"  # the fault is the judge's, not the learner's
SEEN = "solution seen"
JUDGED, NOTHING, BROKEN, ABSENT = "judged", "nothing in it", "unreadable", "not handed in"


class Graded(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one exercise of one learner came to.

    `first_finding`: the id of what a learner should mend first; `same_as`: "reference", or the
    learners with the same text, up to names and layout; `help`: as the learner's record has it;
    `claimed`: the verdict of that record; `minutes`: at work on it, pauses left out; `repeated`:
    how often the newest finding came in a row; `form`: a digest of the text without names and
    layout; `confirmed`: the instrument that confirmed a pass, where one was asked to.
    """

    step: int
    id: str
    core: bool
    verdict: str
    first_finding: str = ""
    findings: list[str] = []
    observed: str = ""
    cases: int = 0
    worlds: int = 0
    seconds: float = 0.0
    note: str = ""
    same_as: str | list[str] | None = None
    help: str = ""
    claimed: str = ""
    attempts: int = 0
    hints: int = 0
    first_at: str | None = None
    last_at: str | None = None
    passed_at: str | None = None
    minutes: float = 0.0
    repeated: int = 0
    form: str = ""
    confirmed: str = ""

    @property
    def passed(self) -> bool:
        """Whether the judge recorded a pass, with or without help."""
        return self.verdict == PASSED

    @property
    def unaided(self) -> bool:
        """Whether it passed and the solution was not seen."""
        return self.passed and not self.help

    @property
    def shown(self) -> str:
        """The verdict, and beside a pass that the solution was seen."""
        return f"{PASSED} ({self.help})" if self.passed and self.help else self.verdict


class Spent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Seconds that judging took: by the clock, and of the processors."""

    wall: float
    cpu: float


class Taken(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A report of an instrument that a learner attached: from work, with its seal whole.

    `closed`: whether the instrument found nothing left to do; `seal`: the same report, if two
    attach it.
    """

    step: int
    instrument: str
    closed: bool
    seal: str


class Row(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One learner.

    `digest`: of what was handed in and how it was judged; the same is not judged again.
    `certified`: whether passes were judged in a sandbox and confirmed where an instrument can;
    `diagnosis`: points `before` and `after` the steps, and `best`: how many there are, as the
    learner's own file says; `taken`: evidence from work; `not_evidence`: why files of that kind
    were not counted, a line for each.
    """

    schema: int = SCHEMA
    learner: str
    source: str
    status: str
    notes: list[str] = []
    world: int | None = None
    engine: str = ""
    isolation: str = ""
    seconds: Spent = Spent(0.0, 0.0)
    digest: str = ""
    certified: bool = False
    diagnosis: dict[str, int] = {}
    taken: list[Taken] = []
    not_evidence: list[str] = []
    exercises: list[Graded] = []


def read(path: Path) -> Row:
    """Read a row; raises WorkbookError where the file does not fit the schema."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Row)
    except OSError as error:
        raise WorkbookError(f"{path.name} cannot be read: {error.strerror}") from None
    except msgspec.MsgspecError as error:
        raise WorkbookError(f"{path.name} is not a row of grade: {error}") from None


def read_all(results: Path) -> list[Row]:
    """The rows of a results folder, by learner; raises WorkbookError where there are none."""
    paths = sorted((results / "rows").glob("*.json"))
    if not paths:
        raise WorkbookError(f"{results.name} holds no rows: it is made by `workbook grade`")
    return [read(path) for path in paths]


def write(results: Path, row: Row) -> None:
    """Write a learner's row; an older one stays whole until the new one is."""
    write_whole(results / "rows" / f"{row.learner}.json", encoded(row))


def encoded(row: Row) -> bytes:
    """A row as JSON, readable."""
    return msgspec.json.format(msgspec.json.encode(row), indent=1) + b"\n"


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file that is never seen half; raises WorkbookError."""
    part = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        os.replace(part, path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        raise WorkbookError(f"{path.name} cannot be written: {error.strerror}") from None


def alike(rows: Iterable[Row]) -> list[Row]:
    """Rows that say which learners handed in the same text for an exercise."""
    rows = list(rows)
    who: dict[tuple[str, str], list[str]] = {}
    for row in rows:
        for one in row.exercises:
            if one.form and one.same_as != "reference":
                who.setdefault((one.id, one.form), []).append(row.learner)
    return [_compared(row, who) for row in rows]


def _compared(row: Row, who: dict[tuple[str, str], list[str]]) -> Row:
    exercises = []
    for one in row.exercises:
        others = [k for k in who.get((one.id, one.form), ()) if k != row.learner]
        told = one.same_as if one.same_as == "reference" else others or None
        exercises.append(msgspec.structs.replace(one, same_as=told))
    return msgspec.structs.replace(row, exercises=exercises)
