"""What `fieldkit govern` found, as data: personal data in places, and what a gate refuses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldkit.govern.sources import Left
from fieldkit.govern.spans import PERSONAL

CLEAN, FOUND, INCOMPLETE = "CLEAN", "FOUND", "INCOMPLETE"
PASSED, REFUSED = "PASSED", "REFUSED"
FORBIDDEN = 403  # the HTTP status for who is known, and may not
Key = tuple[str, str, str, str]


@dataclass(frozen=True)
class Hit:
    """Personal data of one kind in one column. `count`: cells (lines of a text) that hold it.

    `of`: how many cells the column has, 0 where nobody counts; `sample`: one of them, masked;
    `line`: of a text, the first line; `by_name`: only the column's name says so.
    """

    source: str
    table: str
    column: str
    entity: str
    count: int = 0
    of: int = 0
    sample: str = ""
    line: int = 0
    by_name: bool = False

    @property
    def key(self) -> Key:
        """What it is recognised by in a later scan."""
        return (self.source, self.table, self.column, self.entity)

    @property
    def place(self) -> str:
        """Where it is, for a person."""
        return ".".join(part for part in (self.table, self.column) if part)


@dataclass
class Scanned:
    """A scan. `tables`: rows by source and table; `columns`: of all tables.

    `left`: what was not looked at; `new`: keys that the baseline does not have, None without one.
    """

    target: str
    hits: list[Hit] = field(default_factory=list)
    tables: dict[tuple[str, str], int] = field(default_factory=dict)
    left: Left = field(default_factory=Left)
    columns: dict[tuple[str, str], None] = field(default_factory=dict)
    fail_on: Sequence[str] = ("any",)
    new: set[Key] | None = None
    gone: int = 0
    baseline: str = ""

    @property
    def unread(self) -> dict[str, str]:
        """What holds something that nobody could look at, and why: it may be personal data."""
        return self.left.unread | dict.fromkeys(self.left.skipped, "is of no kind that can be read")

    @property
    def empty(self) -> bool:
        """Whether there was no row to look at: that says nothing about the rows to come."""
        return not any(self.tables.values()) and all(one.by_name for one in self.hits)

    @property
    def failing(self) -> list[Hit]:
        """The hits for which the scan fails, as `fail_on` says."""
        return [one for one in self.hits if not one.by_name and self._fails(one)]

    def _fails(self, one: Hit) -> bool:
        if "new" in self.fail_on or self.new is not None:
            if self.new is None or one.key not in self.new:
                return False
            kinds = [name for name in self.fail_on if name != "new"] or ["any"]
        else:
            kinds = list(self.fail_on)
        return one.entity in kinds or ("any" in kinds and one.entity in PERSONAL)

    @property
    def verdict(self) -> str:
        """FOUND; CLEAN; INCOMPLETE where nothing was found in no row, or not all could be read."""
        if self.failing:
            return FOUND
        return INCOMPLETE if self.unread or self.empty else CLEAN

    @property
    def exit_code(self) -> int:
        """0 clean, 1 found, 2 not all could be read, or no row is there."""
        return {CLEAN: 0, FOUND: 1, INCOMPLETE: 2}[self.verdict]


@dataclass(frozen=True)
class Refusal:
    """One thing for which the gate refuses: its kind, where it is, what is wrong, what to do."""

    kind: str
    where: str
    what: str
    do: str


@dataclass
class Gated:
    """A gate: what it looked at (`checked`: group, name) and what it refuses.

    `undecided`: what it should have looked at and could not.
    """

    policy: str = ""
    database: str = ""
    paths: str = ""
    role: str = ""
    checked: list[tuple[str, str]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """REFUSED; INCOMPLETE where something could not be looked at; PASSED."""
        return REFUSED if self.refusals else INCOMPLETE if self.undecided else PASSED

    @property
    def exit_code(self) -> int:
        """0 passed, 1 refused, 2 not all could be judged."""
        return {PASSED: 0, REFUSED: 1, INCOMPLETE: 2}[self.verdict]


@dataclass(frozen=True)
class Answered:
    """What a persona was answered. `seen`: canaries it may not see but saw, by their names.

    `allowed`: those that it saw and may see; `missed`: what the probe expects in the answer and did
    not find; `denied`: the status that refused it (401, 403 or 404), or 0; `why`: it failed;
    never any text of the answer.
    """

    persona: str
    probe: str
    seen: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()
    expects: int = 0
    missed: int = 0
    denied: int = 0
    why: str = ""

    @property
    def outcome(self) -> str:
        """The word for it: leaked, failed, useless, denied or answered."""
        if self.seen:
            return "leaked"
        if self.why:
            return "failed"
        if self.missed:
            return "useless"
        return "denied" if self.denied else "answered"


def _shut_out(answers: Sequence[Answered]) -> bool:
    return all(one.denied for one in answers) and any(one.denied != FORBIDDEN for one in answers)


@dataclass
class Asked:
    """All probes by all personas. `application`: its name, where personas.yml says one."""

    target: str
    answers: list[Answered] = field(default_factory=list)
    canaries: int = 0
    warnings: list[str] = field(default_factory=list)
    policy_digest: str = ""
    at: str = ""
    application: str = ""

    def of(self, outcome: str) -> list[Answered]:
        """The answers with this outcome."""
        return [one for one in self.answers if one.outcome == outcome]

    def persona(self, name: str) -> list[Answered]:
        """The answers to a persona."""
        return [one for one in self.answers if one.persona == name]

    @property
    def shut_out(self) -> list[str]:
        """The personas that were never let in: each question was refused, so none shows a thing.

        Whoever is told 403 each time is known, and denied by the rules: that shows something.
        """
        names = dict.fromkeys(one.persona for one in self.answers)
        return [name for name in names if _shut_out(self.persona(name))]

    @property
    def verdict(self) -> str:
        """LEAKED; INCOMPLETE (an answer failed); USELESS (a permitted one is missing); NO LEAK.

        INCOMPLETE, too, where a persona was never let in, or nobody asked.
        """
        if self.of("leaked"):
            return "LEAKED"
        if self.of("failed"):
            return INCOMPLETE
        if self.of("useless"):
            return "USELESS"
        return INCOMPLETE if self.shut_out or not self.answers else "NO LEAK"

    @property
    def exit_code(self) -> int:
        """0 no leak; 1 leaked or useless; 2 not every probe was answered."""
        return {"LEAKED": 1, INCOMPLETE: 2, "USELESS": 1, "NO LEAK": 0}[self.verdict]


def as_json(found: Scanned) -> dict[str, Any]:
    """A scan's figures."""
    return {
        "state": found.target if found.target != "." else Path.cwd().name,
        "target": found.target,
        "fail_on": list(found.fail_on),
        "baseline": found.baseline,
        "tables": [
            {"source": source, "table": table, "rows": rows}
            for (source, table), rows in found.tables.items()
        ],
        "hits": [
            {**vars(one), "new": None if found.new is None else one.key in found.new}
            for one in found.hits
        ],
        "unread": found.left.unread,
        "skipped": found.left.skipped,
        "ignored": found.left.ignored,
        "usual": found.left.usual,
    }
