"""What an audit found, as data: every file gets a verdict."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any


class Verdict(StrEnum):
    """Of one file."""

    CLEAN = "clean"
    UNDECIDED = "undecided"  # nothing was found, and not every rule could be decided
    FINDINGS = "findings"
    WAIVED = "waived"
    UNPARSED = "unparsed"
    SKIPPED = "skipped"
    FAILED = "failed"  # a rule of the audit broke on it: not the text's fault


@dataclass(frozen=True)
class Finding:
    """One thing that one model does: `rule`, the first line that shows it, and the evidence.

    `note`: it costs nothing here and may elsewhere. `waived`: the owner and end of a waiver that
    covers it. `bytes`, `files`: what it makes a run read; `measured` or an estimate; 0: unknown.
    `instead`: what to do, where it is another thing than the rule says.
    """

    rule: str
    line: int
    evidence: str
    note: bool = False
    waived: str = ""
    bytes: int = 0
    files: int = 0
    measured: bool = False
    instead: str = ""


@dataclass(frozen=True)
class Model:
    """One file: its verdict, why it was not parsed or what failed, which rules are undecided and
    why.
    """

    path: str
    verdict: Verdict
    findings: Sequence[Finding] = ()
    why: str = ""
    unknown: dict[str, str] = field(default_factory=dict)

    def judged(self) -> Model:
        """The same with the verdict that its findings ask for."""
        if self.verdict in (Verdict.UNPARSED, Verdict.SKIPPED, Verdict.FAILED):
            return self
        if any(not f.note and not f.waived for f in self.findings):
            return replace(self, verdict=Verdict.FINDINGS)
        if any(f.waived for f in self.findings):
            return replace(self, verdict=Verdict.WAIVED)
        return replace(self, verdict=Verdict.UNDECIDED if self.unknown else Verdict.CLEAN)


@dataclass(frozen=True)
class Waiver:
    """Somebody's decision to let a rule pass for a model, until a day (that day included)."""

    model: str
    rule: str
    owner: str
    until: dt.date

    def covers(self, model: str, rule: str, today: dt.date) -> bool:
        """Whether it counts today for a model's finding."""
        return self.model == model and self.rule == rule and today <= self.until


@dataclass(frozen=True)
class Audit:
    """Everything of one run; `rules`: those that hold, `expired`: waivers that would have covered
    a finding until lately, `missed`: tables that models read and the catalog lacks, `unread`:
    files of other kinds that hold SQL, `since`: the revision that nothing has changed since,
    `may_skip`: that files which no rule can read stop nobody.
    """

    models: Sequence[Model]
    rules: Sequence[str] = ()
    expired: Sequence[Waiver] = ()
    catalog: bool = True
    notes: Sequence[str] = ()
    missed: Sequence[str] = ()
    unread: Sequence[str] = ()
    since: str = ""
    may_skip: bool = False

    @property
    def failing(self) -> list[tuple[Model, Finding]]:
        """What stops the gate: findings that are neither notes nor waived."""
        return [(m, f) for m in self.models for f in m.findings if not f.note and not f.waived]

    @property
    def unjudged(self) -> bool:
        """Whether no file could be parsed: no rule has seen anything."""
        without = self.count(Verdict.UNPARSED) + self.count(Verdict.SKIPPED)
        return without == len(self.models) and not (self.unchanged or self.passed_over)

    @property
    def all_skipped(self) -> bool:
        """Whether there are files, and none of them is SQL that a rule could read."""
        return bool(self.models) and self.count(Verdict.SKIPPED) == len(self.models)

    @property
    def passed_over(self) -> bool:
        """Whether there was nothing to judge, and whoever runs it has said that this is enough."""
        return self.all_skipped and self.may_skip

    @property
    def unchanged(self) -> bool:
        """Whether only changed files were asked for, and no model is among them."""
        return bool(self.since) and not self.models

    @property
    def decided(self) -> bool:
        """Whether every rule has seen every file: only then are there none to find."""
        if self.unjudged or self.passed_over or self.unread or self.count(Verdict.UNPARSED):
            return False
        return not any(one.unknown for one in self.models)

    @property
    def exit_code(self) -> int:
        """0 clean, 1 findings, 2 where a rule failed or no file could be parsed: nobody knows."""
        if self.count(Verdict.FAILED) or self.unjudged:
            return 2
        return 1 if self.failing else 0

    def count(self, verdict: Verdict) -> int:
        """How many files have a verdict."""
        return sum(model.verdict == verdict for model in self.models)


def as_json(audit: Audit) -> dict[str, Any]:
    """The figures for programs; the schema is in docs/audit.md."""
    return {
        "counts": {verdict.value: audit.count(verdict) for verdict in Verdict},
        "catalog": audit.catalog,
        "not_in_catalog": list(audit.missed) if audit.catalog else [],
        "unread": list(audit.unread),
        "rules": list(audit.rules),
        "expired_waivers": [
            {"model": w.model, "rule": w.rule, "owner": w.owner, "until": str(w.until)}
            for w in audit.expired
        ],
        "models": [_model(model) for model in audit.models],
    }


def _model(model: Model) -> dict[str, Any]:
    told: dict[str, Any] = {"path": model.path, "verdict": model.verdict.value}
    told |= {"why": model.why} if model.why else {}
    told |= {"unknown": model.unknown} if model.unknown else {}
    return told | {"findings": [vars(finding) for finding in model.findings]}
