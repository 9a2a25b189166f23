"""The thirty days: six items, and how each stands by the evidence that the instruments left."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.report import evidence

FILE = Path(__file__).with_name("checklist.toml")
OPEN, FOUND, DONE = "OPEN", "AT WORK", "DONE"
MARKS = {OPEN: "○", FOUND: "!", DONE: "✓"}
ENOUGH = 3  # initiatives that the map has to tie to something of WORTH
WORTH = ("revenue", "cost", "hours")

Document = Mapping[str, Any]


@dataclass(frozen=True)
class Item:
    """One item: what is done, why, when it counts as done, and the command that shows it."""

    id: str
    step: int
    days: tuple[int, int]
    title: str
    why: str
    done: str
    command: str
    instruments: tuple[str, ...]


@dataclass(frozen=True)
class Proof:
    """One evidence file: its name, when it was written, its report, and what it shows."""

    file: str
    date: str
    document: Document = field(repr=False)
    says: str = ""


@dataclass(frozen=True)
class Standing:
    """How an item stands: OPEN, AT WORK or DONE; `proof`: the newest evidence that decides."""

    item: Item
    state: str
    proof: Proof | None = None
    says: str = ""


@dataclass(frozen=True)
class Checklist:
    """All items, and a line for each file that is no evidence."""

    standings: tuple[Standing, ...]
    refused: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """How many items are done."""
        return sum(one.state == DONE for one in self.standings)


def items() -> list[Item]:
    """The six items, in the order of their days."""
    told = tomllib.loads(FILE.read_text(encoding="utf-8"))["item"]
    return [
        Item(**{**one, "days": tuple(one["days"]), "instruments": tuple(one["instruments"])})
        for one in told
    ]


def read(folder: Path) -> Checklist:
    """Look through a folder of evidence files; a folder that is not there has none."""
    proofs, refused = [], []
    for path in sorted(folder.glob("*.json")) if folder.is_dir() else ():
        try:
            proofs.append(_proof(path))
        except CannotRun as error:
            refused.append(str(error))
    proofs.sort(key=lambda one: (one.date, one.file))
    return Checklist(tuple(_standing(item, proofs) for item in items()), tuple(refused))


def _proof(path: Path) -> Proof:
    document = evidence.read(path)
    header = document.get("header") or {}
    date = str(header.get("date", ""))
    return Proof(path.name, date, document, f"{document.get('verdict')}: {document.get('summary')}")


def _standing(item: Item, proofs: Sequence[Proof]) -> Standing:
    """The newest proof decides; one that shows it done is not undone by another object's."""
    own = [one for one in proofs if one.document.get("instrument") in item.instruments]
    if not own:
        return Standing(item, OPEN)
    judged = [(one, _missing(item, one.document)) for one in own]
    done = [one for one, missing in judged if not missing]
    if done and _still(done[-1], judged):
        return Standing(item, DONE, done[-1], done[-1].says)
    newest, missing = judged[-1]
    return Standing(item, FOUND, newest, missing or newest.says)


def _missing(item: Item, document: Document) -> str:
    """Why a report does not count yet; "" where it does. Other releases may have other forms."""
    try:
        return RULES[item.id](document)
    except (TypeError, ValueError, AttributeError):
        return "the report has a form that this release does not know: run its command again"


def _still(done: Proof, judged: Sequence[tuple[Proof, str]]) -> bool:
    """Whether no later report on the same thing says otherwise."""
    later = [one for one, missing in judged if missing and one.date > done.date]
    return all(_about(one) != _about(done) for one in later)


def _about(proof: Proof) -> tuple[str, str]:
    header = proof.document.get("header") or {}
    return str(proof.document.get("instrument")), str(header.get("state") or header.get("again"))


def _audit(document: Document) -> str:
    """Why an audit does not count yet; "" where it does."""
    counts = _own(document).get("counts") or {}
    read = sum(int(v) for k, v in counts.items() if str(k).lower() not in ("skipped", "unparsed"))
    if not read:
        return "no model was read: give it the project's folder, or a manifest"
    return "" if document.get("exit_code") == 0 else f"to fix or waive: {document.get('summary')}"


def _skills(document: Document) -> str:
    return "" if document.get("exit_code") == 0 else f"to mend: {document.get('summary')}"


def _guard(document: Document) -> str:
    if not _own(document).get("channels"):
        return "the policy names no alerts: add `alerts:`, as in `- file: alerts.jsonl`"
    return ""


def _value(document: Document) -> str:
    stated = _own(document).get("pipelines") or []
    count = sum(one.get("kind") in WORTH for one in stated if isinstance(one, Mapping))
    if document.get("exit_code") != 0:
        return f"to mend: {document.get('summary')}"
    return "" if count >= ENOUGH else f"{count} of {ENOUGH} initiatives have a value"


def _prove(document: Document) -> str:
    tried = _own(document).get("experiments") or []
    if document.get("exit_code") != 0:
        return f"to redesign: {document.get('verdict')}: {document.get('summary')}"
    kills = any(bool(one.get("kills")) for one in tried if isinstance(one, Mapping))
    return "" if kills else "no kill was tried: leave out --kills 0"


def _govern(document: Document) -> str:
    own = _own(document)
    if document.get("exit_code") != 0:
        return f"to close: {document.get('verdict')}: {document.get('summary')}"
    asked = bool(own.get("answers")) or bool(own.get("paths"))
    return "" if asked else "a scan alone says nothing about paths: run access, or gate --paths"


def _own(document: Document) -> Document:
    found = document.get(str(document.get("instrument")))
    return found if isinstance(found, Mapping) else {}


RULES: dict[str, Callable[[Document], str]] = {
    "audit": _audit,
    "skills": _skills,
    "guard": _guard,
    "value": _value,
    "prove": _prove,
    "govern": _govern,
}


def dates(item: Item, start: dt.date) -> tuple[dt.date, dt.date]:
    """The first and the last day of an item in a plan that begins on `start`."""
    first, last = (start + dt.timedelta(days=day - 1) for day in item.days)
    return first, last


def commands(found: Checklist, folder: str) -> Iterator[tuple[str, str]]:
    """The items that are not done, each with its command as it is typed."""
    for one in found.standings:
        if one.state != DONE:
            yield one.item.title, one.item.command.format(evidence=folder)
