"""One standards.yml as what agents read: SKILL.md, AGENTS.md, Copilot instructions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import yaml

from fieldkit.audit.catalog import NOTHING_KNOWN, Catalog
from fieldkit.audit.found import Finding, Verdict
from fieldkit.audit.project import File, Project
from fieldkit.audit.rules import RULES
from fieldkit.audit.run import Settings, of
from fieldkit.audit.standards import (
    KEY_TESTED,
    NAME_PATTERN,
    THRESHOLDS,
    TOPICS,
    Standard,
    Standards,
    StandardsError,
)
from fieldkit.audit.story import INSTEAD, SAYS
from fieldkit.errors import CannotRun
from fieldkit.report.report import CaseResult, Report
from fieldkit.report.report import Problem as ReportProblem

MARK = "<!-- Made from standards.yml by `fieldkit skills render`: change it there. -->"
NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_NAME, LONGEST_DESCRIPTION = 64, 1024
_LANGUAGE = {NAME_PATTERN: "text", KEY_TESTED: "yaml"}
FIRST = """\
# What a team agreed on. `fieldkit audit --standards` enforces it, `fieldkit skills render` writes
# it for agents, `fieldkit skills check` tries every example.
name: sql-standards
description: Rules for SQL models (cost, rows, names, tests). Use when writing or reviewing a model.
rules:
  - id: order-by
    topic: performance
    why: a table has no order; sorting it costs, and nobody may rely on it
    bad: |
      select order_id, amount from shop.orders order by order_id
    good: |
      select order_id, amount from shop.orders
  - id: name-pattern
    topic: naming
    pattern: "^(stg|int|fct|dim|rep)_"
    why: the first word of a name says how far its rows have come
    bad: daily_final_v2
    good: fct_daily
  # The other rules of the audit hold, too. Give each its examples; a line taken out is off.
  - full-scan
  - incremental-unfiltered
  - unbounded-window
  - partition-function
  - fan-out
  - distinct-hides-fan-out
  - one-sided-filter
  - non-deterministic
  - output-star
waivers: []
"""


@dataclass(frozen=True)
class Problem:
    """What is wrong with a standards file; `rule`: "" for all of it, `kind`: one word."""

    rule: str
    kind: str
    says: str


def documents(standards: Standards) -> dict[str, str]:
    """The documents by path; every rule stands in each of them."""
    return {
        f"{standards.name}/SKILL.md": skill(standards),
        "AGENTS.md": f"{MARK}\n\n# SQL standards\n\n{_body(standards)}",
        ".github/copilot-instructions.md": f"{MARK}\n\n# SQL standards\n\n{_body(standards)}",
    }


def skill(standards: Standards) -> str:
    """SKILL.md in the format of the Agent Skills specification."""
    head = {"name": standards.name, "description": " ".join(standards.description.split())}
    front = yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1_000_000)
    return f"---\n{front}---\n\n{MARK}\n\n# {standards.name}\n\n{_body(standards)}"


def _body(standards: Standards) -> str:
    needs = any(rule.id in RULES and RULES[rule.id].needs for rule in standards.rules)
    parts = [
        "Before you hand a model over, run `fieldkit audit PATH --standards standards.yml"
        f"{' --catalog catalog.csv' * needs}`; a finding is fixed, or waived by a person with an"
        " owner and an end."
    ]
    for topic in (*TOPICS, ""):
        rules = [rule for rule in standards.rules if rule.topic == topic]
        parts += [f"## {topic.capitalize() or 'Other'}"] * bool(rules)
        parts += [_rule(rule) for rule in rules]
    return "\n\n".join(parts) + "\n"


def _rule(rule: Standard) -> str:
    lines = [f"### {rule.id}", f"{SAYS[rule.id]}: {INSTEAD[rule.id]}."]
    if rule.why:
        lines.append(f"Why: {' '.join(rule.why.split())}")
    if rule.threshold is not None:
        lines.append(f"{THRESHOLDS[rule.id][0]}: `{rule.threshold}`")
    for title, text in (("Bad", rule.bad), ("Good", rule.good)):
        if text.strip():
            fence = "`" * (2 + max((len(t) for t in re.findall("`+", text)), default=1))
            language = _LANGUAGE.get(rule.id, "sql")
            lines.append(f"{title}:\n\n{fence}{language}\n{text.strip()}\n{fence}")
    return "\n\n".join(lines)


def without_examples(standards: Standards) -> list[str]:
    """The rules of which only the id is written: they hold, and nobody has shown them yet."""
    return [rule.id for rule in standards.rules if not (rule.why or rule.bad or rule.good)]


def problems(
    standards: Standards, catalog: Catalog = NOTHING_KNOWN, more: Sequence[str] = ()
) -> list[Problem]:
    """What is wrong with the format, and which examples do not show what they should.

    `more`: further rules that good examples are held to, also where the team leaves them out.
    """
    found = [Problem("", "format", why) for why in _format(standards)]
    others = tuple(Standard(rule) for rule in more if rule not in standards.ids)
    wider = replace(standards, rules=(*standards.rules, *others))
    for rule in standards.rules:
        bad = _tried(standards, rule, rule.bad, catalog)
        found += [*_bad(rule, bad), *_good(rule, _tried(wider, rule, rule.good, catalog))]
        if rule.id in THRESHOLDS and rule.threshold is None:
            found.append(Problem(rule.id, "threshold", f"{THRESHOLDS[rule.id][0]} is not given"))
    return found


def check_report(file: Path, standards: Standards, found: Sequence[Problem]) -> Report:
    """What `skills check` has tried, as a report: a case for each rule, and one for the form."""
    names = ["", *standards.ids]
    return Report(
        instrument="skills",
        verdict="DOES NOT HOLD" if found else "HOLDS",
        status="bad" if found else "good",
        summary=f"{len(standards.rules)} rules, {len(found)} problems",
        exit_code=1 if found else 0,
        findings=tuple(ReportProblem(f"{one.rule or file.name}: {one.says}") for one in found),
        cases=tuple(_case(name, [one.says for one in found if one.rule == name]) for name in names),
        data={"state": str(file), "rules": sorted(standards.ids)},
    )


def _case(rule: str, says: Sequence[str]) -> CaseResult:
    status = "failed" if says else "passed"
    return CaseResult("rules" if rule else "form", rule or "the file", status, "; ".join(says))


def _format(standards: Standards) -> Iterator[str]:
    """The limits of the Agent Skills specification."""
    name, words = standards.name, standards.description.strip()
    if not NAME.fullmatch(name) or len(name) > LONGEST_NAME:
        yield (
            f"name is {name[:70]!r}: 1 to {LONGEST_NAME} small letters, digits and single hyphens"
        )
    if not 1 <= len(words) <= LONGEST_DESCRIPTION:
        yield f"description has {len(words):,} characters: 1 to {LONGEST_DESCRIPTION:,}"


def _bad(rule: Standard, bad: Sequence[Finding] | str) -> Iterator[Problem]:
    if isinstance(bad, str):
        yield Problem(rule.id, "bad-unread", f"the bad example {bad}")
    elif not any(f.rule == rule.id for f in bad):
        yield Problem(rule.id, "bad-clean", f"the bad example does not trigger {rule.id}")
    elif others := sorted({f.rule for f in bad} - {rule.id}):
        yield Problem(rule.id, "bad-other", f"the bad example triggers {', '.join(others)}, too")


def _good(rule: Standard, good: Sequence[Finding] | str) -> Iterator[Problem]:
    if isinstance(good, str):
        yield Problem(rule.id, "good-empty", f"the good example {good}")
    elif good:
        first = {f.rule: f for f in reversed(good)}
        told = ", ".join(f"{name} (line {first[name].line}: {first[name].evidence})"
                         for name in sorted(first))  # fmt: skip
        yield Problem(rule.id, "good-bad", f"the good example triggers {told}")
    elif apart := _other_tables(rule):
        yield Problem(rule.id, "good-other", apart)


def _tried(
    standards: Standards, rule: Standard, text: str, catalog: Catalog
) -> Sequence[Finding] | str:
    """What the gate says of an example; a text where it cannot say anything.

    An example of a name is a name; one of a test is the YAML of a model.
    """
    if not text.strip():
        return "is empty"
    if rule.id == NAME_PATTERN:
        matched = rule.threshold is None or re.search(str(rule.threshold), text.strip())
        return [] if matched else [Finding(rule.id, 1, text.strip())]
    if rule.id == KEY_TESTED:
        return _tested(text)
    only_sql = tuple(r for r in standards.rules if r.id not in (NAME_PATTERN, KEY_TESTED))
    settings = Settings(Standards(rules=only_sql), catalog)
    [model] = of(Project((File("models/example.sql", text),)), settings).models
    if model.verdict in (Verdict.UNPARSED, Verdict.SKIPPED):
        return f"cannot be read: {model.why}"
    return model.findings


def _tested(text: str) -> Sequence[Finding] | str:
    from fieldkit.audit.project import keys_in

    try:
        told = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError):
        return "cannot be read: it is not YAML"
    models = told.get("models") if isinstance(told, dict) else None
    if not isinstance(models, list) or not models:
        return "cannot be read: it has no models"
    return [] if list(keys_in(models)) else [Finding(KEY_TESTED, 1, "no key is tested")]


def _other_tables(rule: Standard) -> str:
    """A good example shows the same work as the bad one, so it reads a table of the bad one."""
    if rule.id in (NAME_PATTERN, KEY_TESTED):
        return ""
    from fieldkit.audit.render import Unrendered, rendered
    from fieldkit.audit.tree import Unparsed, parsed

    try:
        bad, good = (
            {read.name for read in parsed(rendered(t).sql, "duckdb", NOTHING_KNOWN).reads}
            for t in (rule.bad, rule.good)
        )
    except (Unrendered, Unparsed):
        return ""
    return "" if bad & good or not bad else "the good example reads none of the bad one's tables"


def write(standards: Standards, folder: Path) -> list[str]:
    """Write the documents; refuses to replace one that a person wrote. Raises CannotRun."""
    wrong = list(_format(standards))
    if wrong:
        raise StandardsError(f"{wrong[0]}; fix it in standards.yml")
    found = documents(standards)
    for name in found:
        path = folder / name
        if path.exists() and MARK not in path.read_text(encoding="utf-8", errors="replace"):
            raise CannotRun(f"{path}: somebody wrote this by hand; move it away, or use --to")
    for name, text in found.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    return list(found)
