"""Tells a scan to a person: sentences, tables, test cases, and SARIF for code hosts."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from fieldkit.govern.found import CLEAN, FOUND, Hit, Scanned, as_json
from fieldkit.govern.names import ONLY_BY_NAME
from fieldkit.govern.spans import PERSONAL
from fieldkit.govern.tally import safe
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural

WORDS = {
    "mail": "mail address", "phone": "phone number", "card": "card number", "iban": "IBAN",
    "ssn": "social security number", "ip": "IP address", "url": "URL",
    "name": "person's name", "birth": "birth date", "address": "address",
    "passport": "passport or national id", "pay": "pay",
}  # fmt: skip
ADVICE = (
    "Where the data belongs there: classify the column in policy.yml and say who sees it and how "
    "(fieldkit govern gate); else delete it, and what wrote it.",
    "To fail only for what is new from now on: --baseline govern.json, written on its first run.",
)
SHOWN = 40  # rows of a table on a terminal; JSON has all


def scan_report(found: Scanned) -> Report:
    """The report of a scan."""
    return Report(
        instrument="govern",
        verdict=found.verdict,
        status={CLEAN: "good", FOUND: "bad"}.get(found.verdict, "unsure"),
        summary=_summary(found),
        exit_code=found.exit_code,
        findings=tuple(_findings(found)),
        sections=tuple(_sections(found)),
        warnings=tuple(_warnings(found)),
        cases=tuple(_cases(found)),
        data=as_json(found),
    )


def _warnings(found: Scanned) -> list[str]:
    told = [f"{name}: {why}" for name, why in found.unread.items()]
    if len(told) > SHOWN:
        told = [*told[:SHOWN], f"and {plural(len(told) - SHOWN, 'file')} more"]
    if told:
        told.append("what holds nothing personal can be left out: --ignore NAME or '*.png'")
    return told


def _summary(found: Scanned) -> str:
    rows = sum(found.tables.values())
    sources = len({source for source, _ in found.tables})
    looked = f"{plural(rows, 'row')} of {plural(len(found.tables), 'table')}"
    if sources > 1:
        looked = f"{plural(rows, 'row')} of {plural(sources, 'file')}"
    if found.empty:
        return f"{looked} were looked at, so nothing is known; scan data as it is after a load."
    if not found.failing:
        return f"{_none(found)} in {looked}{_apart(found)}."
    counts: dict[str, int] = {}
    for one in found.failing:
        counts[one.entity] = counts.get(one.entity, 0) + 1
    what = ", ".join(f"{WORDS[kind]} in {counts[kind]}" for kind in WORDS if kind in counts)
    new = "new " if found.new is not None else ""
    return f"{new}personal data in {plural(len(found.failing), 'place')} ({what}) of {looked}."


def _none(found: Scanned) -> str:
    """What was not found: of all kinds, of those that count, or nothing new."""
    if found.new is not None:
        known = len([one for one in found.hits if not one.by_name and one.entity != "url"])
        return f"nothing new ({plural(known, 'place')} known)"
    if "any" in found.fail_on:
        return "no personal data"
    return f"no {' or '.join(WORDS[one] for one in found.fail_on if one in WORDS)}"


def _apart(found: Scanned) -> str:
    """What the verdict does not speak of: other kinds, columns by name only, what was not read."""
    told = ""
    others = [one for one in found.hits if not one.by_name and one.entity in PERSONAL]
    if others and found.new is None:
        told += f", but personal data of other kinds in {plural(len(others), 'place')}"
    named = [one for one in found.hits if one.by_name and one.entity in ONLY_BY_NAME]
    if named:
        told += (
            f"; {plural(len(named), 'column')} named like personal data, whose content is not "
            "judged"
        )
    if found.unread:
        told += f"; {plural(len(found.unread), 'file')} not read"
    return told


def _findings(found: Scanned) -> list[Problem]:
    if not found.failing:
        return []
    by_source: dict[str, list[Hit]] = {}
    for one in found.failing:
        by_source.setdefault(one.source, []).append(one)
    told = []
    left = SHOWN
    for source, hits in by_source.items():
        if left <= 0:
            break
        more = (f"and {plural(len(hits) - left, 'place')} more",) if len(hits) > left else ()
        told.append(Problem(source, more, (_table(hits[:left]),)))
        left -= len(hits)
    if len(told) < len(by_source):
        told.append(Problem(f"And {plural(len(by_source) - len(told), 'file')} more"))
    last = told.pop()
    return [*told, Problem(last.title, last.evidence, last.tables, ADVICE)]


def _table(hits: list[Hit]) -> Table:
    rows = tuple(
        (
            _where(one),
            WORDS[one.entity],
            f"{one.count:,}",
            f"{one.of:,}" if one.of else "",
            one.sample,
        )
        for one in hits
    )
    return Table(("column", "is", "cells", "of", "for example"), rows)


def _where(one: Hit) -> str:
    return one.place or f"line {one.line}"


def _sections(found: Scanned) -> list[Section]:
    sections: list[Section] = []
    failing = {one.key for one in found.failing}
    known = [one for one in found.hits if not one.by_name and one.key not in failing]
    if known:
        why = "known, or a kind that does not fail the scan (--fail-on)"
        lines = () if len(known) <= SHOWN else (f"and {plural(len(known) - SHOWN, 'place')} more",)
        sections.append(Section(f"Also there: {why}", lines, (_with_source(known[:SHOWN]),)))
    named = [one for one in found.hits if one.by_name]
    blind = [one for one in named if one.entity in ONLY_BY_NAME]
    looked = [one for one in named if one.entity not in ONLY_BY_NAME]
    sections += _named("By name only: no detector knows such content, it was not judged", blind)
    sections += _named("By name only: nothing like it was found in them", looked)
    which = ", ".join(found.fail_on)
    told = [f"It fails for {'any kind of personal data' if which == 'any' else which}."]
    if found.baseline:
        told.append(f"The baseline was {found.baseline}; {plural(found.gone, 'place')} of it gone.")
    for what, names in (
        ("Left out by --ignore", found.left.ignored),
        ("Left out, since tools make them", found.left.usual),
    ):
        if names:
            some = ", ".join(map(safe, names[:5])) + (", …" if len(names) > 5 else "")
            told.append(f"{what}: {some}.")
    return [*sections, Section("Scan", tuple(told))]


def _named(title: str, hits: list[Hit]) -> list[Section]:
    """The columns whose names alone say what they hold."""
    shown = [f"{_full(one)}: {WORDS[one.entity]}" for one in hits[:SHOWN]]
    if len(hits) > SHOWN:
        shown += [f"and {plural(len(hits) - SHOWN, 'column')} more"]
    return [Section(title, tuple(shown))] if shown else []


def _with_source(hits: list[Hit]) -> Table:
    rows = tuple((_full(one), WORDS[one.entity], f"{one.count:,}", one.sample) for one in hits)
    return Table(("column", "is", "cells", "for example"), rows)


def _full(one: Hit) -> str:
    return f"{one.source}: {_where(one)}" if _where(one) != "line 0" else one.source


def _cases(found: Scanned) -> list[CaseResult]:
    failing: dict[tuple[str, str], list[Hit]] = {}
    for one in found.failing:
        failing.setdefault((one.source, one.table), []).append(one)
    cases = [
        CaseResult("unread", name, "failed", why, 0.0, "INCOMPLETE")
        for name, why in found.unread.items()
    ]
    for source, table in dict.fromkeys([*found.tables, *failing]):
        name = f"{source}: {table}" if table else source
        hits = failing.get((source, table), [])
        said = "\n".join(f"{_where(h)}: {WORDS[h.entity]}, {h.count:,} cells" for h in hits)
        cases.append(CaseResult("scan", name, "failed" if hits else "passed", said))
    return cases


LEVELS = {"card": "error", "ssn": "error", "iban": "error", "url": "note"}


def to_sarif(report: Report) -> str:
    """SARIF 2.1.0, for code hosts that show findings beside the lines."""
    hits = [one for one in report.data.get("hits", ()) if not one["by_name"]]
    rules = sorted({one["entity"] for one in hits})
    results = [
        {
            "ruleId": one["entity"],
            "level": LEVELS.get(one["entity"], "warning"),
            "message": {
                "text": f"{WORDS[one['entity']]} in {one['count']:,} cells, such as {one['sample']}"
            },
            "locations": [_location(one)],
        }
        for one in hits
    ]
    driver = {
        "name": "fieldkit govern",
        "rules": [{"id": name, "shortDescription": {"text": WORDS[name]}} for name in rules],
    }
    schema = "https://json.schemastore.org/sarif-2.1.0.json"
    run = {"tool": {"driver": driver}, "results": results}
    told = {"$schema": schema, "version": "2.1.0", "runs": [run]}
    return json.dumps(told, indent=2, ensure_ascii=False) + "\n"


def _location(one: dict[str, Any]) -> dict[str, Any]:
    place: dict[str, Any] = {
        "physicalLocation": {
            "artifactLocation": {"uri": one["source"]},
            "region": {"startLine": max(1, one["line"])},
        }
    }
    name = ".".join(part for part in (one["table"], one["column"]) if part)
    if name:
        place["logicalLocations"] = [{"fullyQualifiedName": name, "kind": "member"}]
    return place


OWN: dict[str, Callable[[Report], str]] = {"sarif": to_sarif}
