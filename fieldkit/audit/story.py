"""Tells an audit to a person: from what was found to sentences, tables and test cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from urllib.parse import quote

from fieldkit.audit import elsewhere
from fieldkit.audit.found import Audit, Finding, Model, Verdict, as_json
from fieldkit.audit.lakes import RULE as OVER_BUDGET
from fieldkit.audit.rules import RULES
from fieldkit.audit.standards import KEY_TESTED, NAME_PATTERN
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural

SAYS = {rule.id: rule.says for rule in RULES.values()} | {
    NAME_PATTERN: "A model's name does not say what it is",
    KEY_TESTED: "No test says what a row is unique by",
    OVER_BUDGET: "A run reads more than the budget",
}
INSTEAD = {rule.id: rule.instead for rule in RULES.values()} | {
    NAME_PATTERN: "rename it as the standards say",
    KEY_TESTED: "add a unique test, or unique_combination_of_columns, to its YAML",
    OVER_BUDGET: "read fewer partitions or fewer columns",
}
MOST = 20  # places that are listed for one rule on a terminal
SOME = 5  # tables that are named in one sentence


def report_of(audit: Audit) -> Report:
    """The report of an audit."""
    failing, failed = audit.failing, audit.count(Verdict.FAILED)
    return Report(
        instrument="audit",
        verdict=_verdict(audit),
        status="bad" if failing or failed else "good" if audit.decided else "unsure",
        summary=_summary(audit),
        exit_code=audit.exit_code,
        findings=tuple(_finding(audit, rule) for rule in SAYS if _places(audit, rule)),
        sections=tuple(_sections(audit)),
        warnings=tuple(_warnings(audit)),
        cases=(*map(_case, audit.models), *map(_not_read, audit.unread)),
        data=as_json(audit),
    )


def _verdict(audit: Audit) -> str:
    if audit.count(Verdict.FAILED):
        return "RULE FAILED"
    if audit.failing or audit.unjudged:
        return "FINDINGS" if audit.failing else "NOT JUDGED"
    if audit.unchanged:
        return "NOTHING CHANGED"
    if audit.passed_over:
        return "NOTHING TO JUDGE"
    return "CLEAN" if audit.decided else "NO FINDINGS"


def _summary(audit: Audit) -> str:
    if audit.unchanged:
        return f"no model is other than at {audit.since}, so there is nothing to judge."
    unparsed, skipped = audit.count(Verdict.UNPARSED), audit.count(Verdict.SKIPPED)
    files = len(audit.models)
    parts = [plural(files, "file"), f"{files - unparsed - skipped} parsed"]
    parts += [f"{unparsed} unparsed"] * bool(unparsed) + [f"{skipped} skipped"] * bool(skipped)
    parts += [f"{audit.count(Verdict.UNDECIDED)} undecided"] * bool(audit.count(Verdict.UNDECIDED))
    failed = audit.count(Verdict.FAILED)
    parts += [f"a rule failed on {plural(failed, 'file')}"] * bool(failed)
    waived = sum(bool(f.waived) for m in audit.models for f in m.findings)
    parts += [plural(len(audit.failing), "finding")] + [f"{waived} waived"] * bool(waived)
    undecided = len({rule for model in audit.models for rule in model.unknown})
    parts += [f"{plural(undecided, 'rule')} undecided"] * bool(undecided)
    parts += [f"{plural(len(_off(audit)), 'rule')} off"] * bool(_off(audit))
    return ", ".join(parts) + "."


def _off(audit: Audit) -> list[str]:
    """Rules of the audit that the standards do not name: nobody looks for what they see."""
    return [rule for rule in RULES if rule not in audit.rules]


def _places(audit: Audit, rule: str) -> list[tuple[Model, Finding]]:
    return [(m, f) for m, f in audit.failing if f.rule == rule]


def _finding(audit: Audit, rule: str) -> Problem:
    places = _places(audit, rule)
    lines = [f"{m.path}:{f.line}: {f.evidence}{_size(f)}" for m, f in places[:MOST]]
    instead = dict.fromkeys(f.instead or INSTEAD[rule] for _, f in places)
    lines += [f"and {len(places) - MOST} more"] * (len(places) > MOST)
    return Problem(
        f"{rule}: {SAYS[rule]}",
        tuple(lines),
        (),
        tuple(f"{one[:1].upper()}{one[1:]}." for one in instead),
    )


def _size(finding: Finding) -> str:
    if not finding.bytes:
        return ""
    how = "measured" if finding.measured else "estimated from the catalog"
    files = f", {plural(finding.files, 'file')}" if finding.files else ""
    return f" ({mega(finding.bytes)}{files}; {how})"


def mega(size: int) -> str:
    """Bytes as people write them."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= factor:
            return f"{size / factor:,.1f} {unit}"
    return f"{size} bytes"


def _sections(audit: Audit) -> list[Section]:
    sections = []
    notes = [(m, f) for m, f in _all(audit) if f.note]
    if notes:
        lines = tuple(f"{m.path}:{f.line}: {f.rule}: {f.evidence}" for m, f in notes[:MOST])
        sections.append(Section("Notes (they fail nothing)", lines))
    waived = [(m, f) for m, f in _all(audit) if f.waived]
    if waived:
        lines = tuple(f"{m.path}:{f.line}: {f.rule}, waived by {f.waived}" for m, f in waived)
        sections.append(Section("Waived", lines))
    unread = sorted(
        (m for m in audit.models if m.why), key=lambda m: m.verdict != Verdict.FAILED
    )  # what failed comes first, so that a long table does not cut it off
    if unread:
        rows = tuple((m.path, m.verdict.value, m.why) for m in unread[:MOST])
        sections.append(Section("Not judged", (), (Table(("file", "verdict", "why"), rows),)))
    unknown = _unknown(audit)
    sections += [Section("Unknown", unknown)] if unknown else []
    if audit.unread:
        sections.append(Section("Not read", tuple(elsewhere.told(audit.unread))))
    off = "not in the standards, so nobody looks for it: " + ", ".join(_off(audit)) + "."
    return sections + ([Section("Off", (off,))] if _off(audit) else [])


def _all(audit: Audit) -> list[tuple[Model, Finding]]:
    return [(m, f) for m in audit.models for f in m.findings]


def _unknown(audit: Audit) -> tuple[str, ...]:
    """What could not be decided; it is not the same as clean."""
    files = _undecided(audit)
    if not audit.catalog:
        rules = {rule for m in audit.models for rule in m.unknown}
        which = ", ".join(rule for rule in RULES if rule in rules)
        needs = f"unknown: {len(rules)} rules need --catalog: {which}."
        return (needs,) * bool(rules) + files
    found = [f"{m.path}: {rule}: {why}" for m in audit.models for rule, why in m.unknown.items()]
    more = f", and {len(audit.missed) - SOME} more" * (len(audit.missed) > SOME)
    names = ", ".join(audit.missed[:SOME]) + more
    lacks = f"not in the catalog, so neither partition nor grain is known: {names}."
    return (*found[:MOST], *(lacks,) * bool(audit.missed), *files)


def _undecided(audit: Audit) -> tuple[str, ...]:
    """The files of which nobody knows whether they are clean, some of them by name."""
    names = [model.path for model in audit.models if model.verdict == Verdict.UNDECIDED]
    more = f", and {len(names) - SOME:,} more" * (len(names) > SOME)
    told = f"{plural(len(names), 'file')} undecided, in which nothing was found: "
    return (f"{told}{', '.join(names[:SOME])}{more}.",) * bool(names)


def _warnings(audit: Audit) -> list[str]:
    ended = [
        f"The waiver of {w.owner} for {w.model} ({w.rule}) ended on {w.until}: the finding counts."
        for w in audit.expired
    ]
    broken = sorted({part for m in audit.models if m.verdict == "failed" for part in [m.why]})
    failed = [f"{why}: a defect of fieldkit; what it would say is not known." for why in broken]
    return [*failed, *[_UNJUDGED] * (audit.all_skipped and audit.unjudged), *ended, *audit.notes]


_UNJUDGED = (
    "No rule can read any of these files, which is the fault of none of them: have a person look"
    " at them. --allow-skipped lets such a run pass, and says so."
)


def _case(model: Model) -> CaseResult:
    failing = [f for f in model.findings if not f.note and not f.waived]
    message = "\n".join(f"{f.rule}, line {f.line}: {f.evidence}" for f in failing)
    status = "failed" if failing else "passed"
    if model.verdict in (Verdict.UNPARSED, Verdict.SKIPPED):
        status, message = "skipped", f"{model.verdict}: {model.why}"
    if model.verdict == Verdict.UNDECIDED:
        why = "; ".join(f"{rule}: {why}" for rule, why in model.unknown.items())
        status, message = "skipped", f"{model.verdict}: {why}"
    if model.verdict == Verdict.FAILED:
        status, message = "failed", "\n".join(filter(None, (model.why, message)))
    return CaseResult("models", model.path, status, message, verdict=model.verdict.value)


def _not_read(path: str) -> CaseResult:
    told = "not read: it holds SQL that no rule has seen"
    return CaseResult("unread", path, "skipped", told, verdict="not read")


def to_sarif(report: Report) -> str:
    """SARIF 2.1.0, for code hosts: one result a finding, notes and waived ones marked as such."""
    results = [
        {
            "ruleId": finding["rule"],
            "level": "note" if finding["note"] else "error",
            "message": {"text": finding["evidence"]},
            "locations": [_place(model["path"], finding["line"])],
        }
        | ({"suppressions": [{"kind": "external", "justification": finding["waived"]}]}
           if finding["waived"] else {})
        for model in report.data["models"]
        for finding in model["findings"]
    ]  # fmt: skip
    rules = [{"id": rule, "shortDescription": {"text": SAYS[rule]}} for rule in SAYS]
    driver = {"name": "fieldkit audit", "rules": rules}
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver}, "results": results}],
    }
    return json.dumps(log, indent=2, ensure_ascii=False) + "\n"


def _place(path: str, line: int) -> dict[str, object]:
    region = {"startLine": max(1, line)}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(path)}, "region": region}}


def github_lines(audit: Audit) -> list[str]:
    """Lines that GitHub Actions shows beside the code."""
    lines = [f"::error title=not judged::{_UNJUDGED}"] * (audit.all_skipped and audit.unjudged)
    for model, finding in _all(audit):
        if not finding.waived:
            kind = "notice" if finding.note else "error"
            text = f"{SAYS[finding.rule]}: {finding.evidence}".replace("%", "%25")
            text = text.replace("\r", "%0D").replace("\n", "%0A")
            path = model.path.replace("%", "%25").replace(",", "%2C").replace(":", "%3A")
            lines.append(f"::{kind} file={path},line={finding.line},title={finding.rule}::{text}")
    return lines


OWN: dict[str, Callable[[Report], str]] = {"sarif": to_sarif}
