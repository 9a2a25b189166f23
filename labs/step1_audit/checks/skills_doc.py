"""skills-doc: each example of the standards is put before the gate, with the lake's catalog.

The page's sentence -> the cases that try it
    each of cost, quality, naming, testing, performance has a rule -> topics
    naming is name-pattern, testing is key-tested -> topics
    its bad example triggers it, and no other of yours -> bad: *
    its good example triggers none of yours or of the ten -> good: *
    if SQL, it reads a table of the bad one -> good: *
    together they stop fct_daily as it shipped -> the pull request
    The examples of name-pattern are names -> names
    a threshold is said -> thresholds
    1 to 64 small letters, digits, single hyphens between them -> the format
    description (1 to 1,024 characters) in the format of Agent Skills -> the format
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial

from fieldkit.audit import Catalog, Settings, Table
from fieldkit.audit.project import File, Project
from fieldkit.audit.rules import RULES
from fieldkit.audit.run import of
from fieldkit.audit.skills import Problem, problems
from fieldkit.audit.standards import (
    KEY_TESTED,
    NAME_PATTERN,
    TOPICS,
    Standards,
    StandardsError,
    parsed,
    shown,
)
from labs.answer_text import text_of
from labs.step1_audit.world.builds import MODEL
from labs.step1_audit.world.gate import generated
from labs.step1_audit.world.lake import CATALOG, DAYS
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

LAKE_BYTES = 26_000_000  # of the events: a threshold above it lets everything through
MEANT = {"naming": NAME_PATTERN, "testing": KEY_TESTED}
FINDINGS = {
    "format": "skill-format",
    "bad-unread": "bad-unread",
    "bad-clean": "bad-clean",
    "bad-other": "bad-other",
    "good-bad": "good-bad",
    "good-empty": "good-empty",
    "good-other": "good-other",
    "threshold": "no-threshold",
}


def catalog() -> Catalog:
    """The lake's tables, of a size that no seed changes."""
    events, *others = CATALOG
    full = Table(events.name, events.partition, LAKE_BYTES, DAYS, events.grain, events.columns)
    return Catalog([full, *others])


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """The file can be read; then its topics, its format, and example by example."""
    yield Case("standards that can be read", partial(_readable, answer), "bad-unread", plain=True)
    try:
        standards = parsed(text_of(answer.text))
    except StandardsError:
        return
    found = problems(standards, catalog(), more=tuple(RULES))
    yield Case("topics", partial(_topics, standards), "topic-missing")
    yield Case("the format", partial(_first, found, "", ("format",)), "skill-format")
    yield Case("thresholds", partial(_first, found, None, ("threshold",)), "no-threshold")
    yield Case("names", partial(_names, standards), "bad-unread")
    for rule in standards.ids:
        bad = partial(_first, found, rule, ("bad-unread", "bad-clean", "bad-other"))
        yield Case(f"bad: {rule}", bad, "bad-unread")
        good = partial(_first, found, rule, ("good-empty", "good-bad", "good-other"))
        yield Case(f"good: {rule}", good, "good-empty")
    yield Case("the pull request", partial(_stops, standards), "incident-passes")


def _readable(answer: Answer) -> None:
    try:
        parsed(text_of(answer.text))
    except StandardsError as error:
        told = str(error).removeprefix("standards: ")  # the failure's name says it, too
        raise AnswerFailed(Failure("standards", told)) from None


def _topics(standards: Standards) -> Finding | None:
    for topic in TOPICS:
        rules = [rule.id for rule in standards.rules if rule.topic == topic]
        if not rules:
            return Finding("topic-missing", f"no rule has the topic {topic}")
        if topic in MEANT and MEANT[topic] not in rules:
            return Finding("topic-missing", f"{topic} has {rules[0]}, which says nothing of it")
    without = [rule.id for rule in standards.rules if not rule.topic]
    return Finding("topic-missing", f"{without[0]} has no topic") if without else None


def _stops(standards: Standards) -> Finding | None:
    """The pull request that was approved on the page, before the rules about SQL."""
    rules = tuple(rule for rule in standards.rules if rule.id in RULES)
    settings = Settings(replace(standards, rules=rules), catalog())
    shipped = File(f"models/{MODEL}.sql", generated("shipped"))
    [model] = of(Project((shipped,)), settings).models
    if any(not found.note and not found.waived for found in model.findings):
        return None
    told = f"{MODEL}, as it shipped, breaks none of your {len(standards.rules)} rules"
    return Finding("incident-passes", told)


def _names(standards: Standards) -> Finding | None:
    """The examples of a naming rule are names, not sentences or patterns."""
    for rule in standards.rules:
        if rule.id == NAME_PATTERN:
            for finding, which, text in (
                ("bad-unread", "bad", rule.bad),
                ("good-empty", "good", rule.good),
            ):
                if text.strip() and not re.fullmatch(r"[\w.-]+", text.strip()):
                    return Finding(finding, f"{rule.id}: {which} is {shown(text.strip())}, no name")
    return None


def _first(found: Sequence[Problem], rule: str | None, kinds: Sequence[str]) -> Finding | None:
    """The first problem of these kinds, of this rule or (None) of any."""
    meant = [one for one in found if one.kind in kinds and rule in (None, one.rule)]
    if not meant:
        return None
    one = meant[0]
    of_house = one.kind == "bad-clean" and one.rule in MEANT.values()
    return Finding(
        "bad-passes" if of_house else FINDINGS[one.kind],
        f"{one.rule}: {one.says}" if one.rule else one.says,
    )
