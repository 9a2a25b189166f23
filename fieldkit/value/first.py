"""The first run on a bare export: a draft of a map, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fieldkit.report.words import plural
from fieldkit.value import books, mapfile
from fieldkit.value.draft import Draft, draft
from fieldkit.value.found import Observed
from fieldkit.value.gather import Exports, Step, observe
from fieldkit.value.mapfile import Map
from fieldkit.value.use import rule


@dataclass(frozen=True)
class First:
    """A draft with what the exports said."""

    draft: Draft
    seen: Observed

    @property
    def text(self) -> str:
        """The map to fill in."""
        return self.draft.text


def draft_of(
    exports: Exports, principals: Path | None, register: Path | None, step: Step = lambda *_: None
) -> First:
    """Draft a map; principals.csv and register.csv are used where they lie beside the log."""
    map_, beside = Map(), exports.jobs[0].parent
    who = principals or beside / "principals.csv"
    if principals or who.is_file():
        mapfile.principals(who, map_)
    kept = register or beside / "register.csv"
    rows = books.register(kept) if register or kept.is_file() else []
    seen = observe(exports, map_, rows, step)
    return First(draft(seen, seen.currency or "USD"), seen)


def told(found: First, map_: Path | None, days: int) -> list[str]:
    """Lines after the draft: what to do with it, and what is not known yet."""
    seen, drafted = found.seen, found.draft
    lines = [f"{map_ or 'map'}: {plural(drafted.tables, 'pipeline')} to fill in."]
    if drafted.accounts:
        tables = plural(len(seen.of(None)), "table")
        lines.append(
            f"unknown: {plural(drafted.accounts, 'account')} to classify, so the use of {tables} "
            "is not known; none of them is called unused."
        )
    else:
        lines.append(
            f"nobody uses {plural(len(seen.of(False)), 'table')}. {rule(days, seen.bill.days)}"
        )
    return [*lines, *seen.notes]
