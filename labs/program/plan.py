"""The thirty days as a plan: who does which item from when to when, in a terminal and as a page."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.options import version
from fieldkit.report.report import Header, Report, Section, Table, to_html
from labs.program import checklist
from labs.program.checklist import MARKS, Checklist, Item
from workbook import render
from workbook.errors import UsageError, WorkbookError
from workbook.terminal import say
from workbook.workspace import Workspace

FILE = "plan.json"


@dataclass(frozen=True)
class Agreed:
    """What was agreed on: the first day, and the owner of each item, by its id."""

    start: dt.date | None = None
    owners: dict[str, str] = field(default_factory=dict)

    def days(self, item: Item) -> str:
        """An item's days: dates where there is a first day, else their numbers."""
        if self.start is None:
            return f"day {item.days[0]} to {item.days[1]}"
        first, last = checklist.dates(item, self.start)
        return f"{first:%Y-%m-%d} to {last:%Y-%m-%d}"


def agreed(home: Workspace | None, start: str, owners: Sequence[str]) -> Agreed:
    """What was agreed before, with what is said now; kept beside the pages where there are any.

    Raises UsageError for a date, an item or a name that does not fit.
    """
    before = _kept(home)
    found = Agreed(_date(start) or before.start, before.owners | _owners(owners))
    if home and found != before:
        told = {"start": str(found.start or ""), "owners": found.owners}
        home.write({FILE: json.dumps(told, indent=2, ensure_ascii=False) + "\n"})
    return found


def _kept(home: Workspace | None) -> Agreed:
    path = home.folder / FILE if home else Path(FILE)
    if home is None or not path.exists():
        return Agreed()
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        known = {item.id for item in checklist.items()}
        owners = {str(k): str(v) for k, v in told["owners"].items() if k in known}
        return Agreed(_date(told["start"]), owners)
    except (OSError, ValueError, LookupError, TypeError, AttributeError, UsageError):
        raise WorkbookError(f"{path.parent.name}/{FILE} cannot be read: remove it") from None


def _date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--start {text}: is not a date; write 2026-12-01") from None


def _owners(given: Sequence[str]) -> dict[str, str]:
    known, found = [item.id for item in checklist.items()], {}
    for text in given:
        item, equals, name = (part.strip() for part in text.partition("="))
        if item not in known or not equals or not name or not name.isprintable():
            raise UsageError(f"--owner {text}: write ITEM=NAME; items: {', '.join(known)}")
        found[item] = name
    return found


def show(found: Checklist, plan: Agreed, folder: str, *, as_json: bool) -> None:
    """Print the items, the commands that are still to run, and what is not evidence."""
    if as_json:
        print(json.dumps(_data(found, plan), indent=2, ensure_ascii=False))
        return
    rows = [
        {
            "item": one.item.id,
            "step": one.item.step,
            "state": f"{MARKS[one.state]} {one.state}",
            "days": plan.days(one.item),
            "owner": plan.owners.get(one.item.id),
            "evidence": one.proof.file if one.proof else None,
        }
        for one in found.standings
    ]
    print(render.table(rows)["text/plain"])
    print(f"\n{found.done} of {len(found.standings)} done")
    for standing in found.standings:
        if standing.state == checklist.FOUND:
            say(f"  {standing.item.id}: {standing.says}")
    for title, command in checklist.commands(found, folder):
        say(f"\n{title}:")
        print(f"  {command}")
    for line in found.refused:
        say(f"\nNot evidence: {line}")


def _data(found: Checklist, plan: Agreed) -> dict[str, object]:
    told = [
        {
            "item": one.item.id, "step": one.item.step, "title": one.item.title,
            "state": one.state, "days": plan.days(one.item),
            "owner": plan.owners.get(one.item.id, ""),
            "evidence": one.proof.file if one.proof else "", "says": one.says,
        }
        for one in found.standings
    ]  # fmt: skip
    return {"done": found.done, "items": told, "not_evidence": list(found.refused)}


def page(found: Checklist, plan: Agreed) -> str:
    """The plan as one page: to print, and to go through in a meeting."""
    return to_html(report_of(found, plan, dt.datetime.now(dt.UTC)))


def report_of(found: Checklist, plan: Agreed, now: dt.datetime) -> Report:
    """The plan as a report: the items by their days, then why each is done and when it counts."""
    total = len(found.standings)
    return Report(
        instrument="checklist",
        verdict=f"{found.done} OF {total} DONE",
        status="good" if found.done == total else "unsure",
        summary="Thirty days on your own pipelines: each item is done when its evidence is there.",
        exit_code=0,
        sections=(Section("The plan", tables=(_table(found, plan),)), *_each(found)),
        warnings=found.refused,
        header=Header(
            version(), f"{now:%Y-%m-%d %H:%M} UTC", "", "", 0.0, "workbook checklist", "workbook"
        ),
    )


def _table(found: Checklist, plan: Agreed) -> Table:
    rows = tuple(
        (
            one.item.title,
            plan.days(one.item),
            plan.owners.get(one.item.id, "to be named"),
            f"{MARKS[one.state]} {one.state}",
            f"{one.proof.file}, {one.proof.date}" if one.proof else "–",
        )
        for one in found.standings
    )
    return Table(("item", "days", "owner", "state", "evidence"), rows)


def _each(found: Checklist) -> list[Section]:
    return [
        Section(
            f"Step {one.item.step}: {one.item.title}",
            (
                one.item.why,
                f"Done when: {one.item.done}",
                f"Command: {one.item.command.format(evidence='evidence')}",
                *([f"Now: {one.says}"] if one.says else []),
            ),
        )
        for one in found.standings
    ]
