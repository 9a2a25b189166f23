"""One standards.yml as configuration of sqlfluff and dbt-bouncer, for the rules that they have."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fieldkit.audit.standards import KEY_TESTED, NAME_PATTERN, Standards
from fieldkit.errors import CannotRun

MARK = "# Made from standards.yml by `fieldkit skills linters`: change it there."
SQLFLUFF, BOUNCER = ".sqlfluff", "dbt-bouncer.yml"


@dataclass(frozen=True)
class Cover:
    """Who else checks a rule: tool, the name it has there, and what it leaves to the audit."""

    tool: str
    name: str
    leaves: str = ""


# dbt-bouncer's check of `select *` is left out: it takes an import CTE for a star in the output.
COVERED: Mapping[str, Cover] = {
    "output-star": Cover("sqlfluff", "AM04"),
    "distinct-hides-fan-out": Cover("sqlfluff", "AM01", "only DISTINCT beside GROUP BY"),
    NAME_PATTERN: Cover("dbt-bouncer", "check_model_names"),
    KEY_TESTED: Cover("dbt-bouncer", "check_model_has_unique_test"),
}
_SQLFLUFF = {"spark": "sparksql"}  # what sqlfluff calls a dialect otherwise


def documents(standards: Standards, dialect: str, today: dt.date | None = None) -> dict[str, str]:
    """The configurations by path; a tool that has none of the rules gets no file."""
    found = {}
    rules = [COVERED[r].name for r in standards.ids if _by(r) == "sqlfluff"]
    if rules:
        lines = (
            MARK, "[sqlfluff]", f"dialect = {_SQLFLUFF.get(dialect, dialect)}", "templater = jinja",
            f"rules = {', '.join(sorted(rules))}",
        )  # fmt: skip
        found[SQLFLUFF] = "\n".join(lines) + "\n"
    checks = [_check(standards, r, today) for r in standards.ids if _by(r) == "dbt-bouncer"]
    if checks:
        text = yaml.safe_dump({"manifest_checks": checks}, sort_keys=False, width=1_000)
        found[BOUNCER] = f"{MARK}\n{text}"
    return found


def _by(rule: str) -> str:
    return COVERED[rule].tool if rule in COVERED else ""


def _check(standards: Standards, rule: str, today: dt.date | None) -> dict[str, Any]:
    """One check of dbt-bouncer; what is waived today is excluded by its path."""
    check: dict[str, Any] = {"name": COVERED[rule].name}
    if rule == NAME_PATTERN:
        pattern = standards.threshold(rule)
        if not pattern:
            raise CannotRun("name-pattern has no pattern in the standards; give it one")
        # It asks for a match from the first letter on, the audit for one anywhere.
        check["model_name_pattern"] = f".*?(?:{pattern})"
    day = today or dt.date.today()
    waived = [w.model for w in standards.waivers if w.rule == rule and day <= w.until]
    if waived:
        check["exclude"] = [rf"(^|.*/){re.escape(model)}\.sql$" for model in sorted(waived)]
    return check


def told(standards: Standards) -> list[str]:
    """A line for each rule: who else checks it, or that nobody does."""
    lines = []
    for rule in standards.ids:
        cover = COVERED.get(rule)
        if cover is None:
            lines.append(f"{rule}: fieldkit audit only")
        else:
            part = f" in part ({cover.leaves})" if cover.leaves else ""
            lines.append(f"{rule}: {cover.tool} {cover.name}{part}")
    return lines


def write(standards: Standards, folder: Path, dialect: str) -> list[str]:
    """Write the configurations; refuses to replace one that a person wrote. Raises CannotRun."""
    found = documents(standards, dialect)
    for name in found:
        path = folder / name
        if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
            raise CannotRun(f"{path}: somebody wrote this by hand; move it away, or use --to")
    for name, text in found.items():
        (folder / name).write_text(text, encoding="utf-8")
    return list(found)
