"""A review as YAML: what was decided of each pull request, and the waivers that it gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from fieldkit.audit.found import Waiver
from fieldkit.audit.rules import RULES
from fieldkit.audit.standards import StandardsError, day, known, loaded, shown
from labs.answer_text import text_of
from labs.step1_audit.world.pulls import APPROVE, BLOCK, PULLS, WAIVE

KEYS = ("decision", "rule", "owner", "until", "why")


@dataclass(frozen=True)
class Decision:
    """What was decided of one pull request; `until` is None without a waiver's end."""

    what: str
    rule: str = ""
    owner: str = ""
    until: date | None = None


Review = Mapping[str, Decision]


def read(text: str) -> Review:
    """The review that a YAML text says; raises StandardsError."""
    told = loaded(text_of(text))
    if not isinstance(told, dict):
        raise StandardsError(f"the review is {shown(told)}; write a line for each pull request")
    for key in told:
        known(key, "a pull request", PULLS)
    missing = [model for model in PULLS if model not in told]
    if missing:
        raise StandardsError(f"{missing[0]} is not decided; write approve, block or waive")
    return {model: _decision(model, told[model]) for model in PULLS}


def _decision(model: str, told: Any) -> Decision:
    told = {"decision": told} if isinstance(told, str) else told
    if not isinstance(told, dict):
        raise StandardsError(f"{model} is {shown(told)}; write {{decision: block, rule: fan-out}}")
    for key in told:
        known(key, f"{model}: a key", KEYS)
    what = known(told.get("decision"), f"{model}.decision", (APPROVE, BLOCK, WAIVE))
    rule = told.get("rule") or ""
    if rule or what == BLOCK:
        known(rule, f"{model}.rule", RULES)
    until = told.get("until")
    ends = day(until, f"{model}.until") if until is not None else None
    return Decision(what, rule, str(told.get("owner") or "").strip(), ends)


def waivers(text: str) -> tuple[Waiver, ...]:
    """The waivers of a review that are whole; none where it cannot be read."""
    try:
        review = read(text)
    except StandardsError:
        return ()
    return tuple(
        Waiver(model, one.rule, one.owner, one.until)
        for model, one in review.items()
        if one.what == WAIVE and one.rule and one.owner and one.until
    )
