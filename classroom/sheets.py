"""Facilitators' sheets: the question to ask where a finding is seen."""

from __future__ import annotations

import functools
import re

from workbook import catalog
from workbook.catalog import Lab

_FINDING = re.compile(r"`([a-z0-9-]+)`")


@functools.cache
def questions(lab_id: str) -> dict[str, str]:
    """The first question of a lab's sheet for each finding: its tables with a column `finding`."""
    found: dict[str, str] = {}
    for cells in _rows(catalog.load(lab_id)):
        for finding in _FINDING.findall(cells.get("finding", "")):
            found.setdefault(finding, _plain(cells.get("ask", "")))
    return found


def _rows(lab: Lab) -> list[dict[str, str]]:
    """The rows of all tables of a sheet, by column."""
    path = lab.folder / "facilitator.md"
    text = path.read_text(encoding="utf-8") if path.is_file() else ""
    found, columns = [], list[str]()
    for line in text.splitlines():
        cells = [part.strip().replace("\\|", "|") for part in re.split(r"(?<!\\)\|", line)[1:-1]]
        if not cells:
            columns = []
        elif not columns:
            columns = cells
        elif not set("".join(cells)) <= set("-: "):
            found.append(dict(zip(columns, cells, strict=False)))
    return found


def _plain(text: str) -> str:
    return text.replace("**", "").replace("`", "")


def question(exercise_id: str, finding: str) -> str:
    """What to ask where this finding is seen: as the sheet says, else where it says to look."""
    lab = catalog.find(exercise_id).lab
    asked = questions(lab.id).get(finding)
    return asked or _plain(str(lab.findings.get(finding, {}).get("look", "")))
