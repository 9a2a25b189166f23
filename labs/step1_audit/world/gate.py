"""The review gate in CI form: twelve models, the standards, a review's waivers, one that ended."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

from fieldkit.audit import Audit, Settings
from fieldkit.audit.found import Waiver
from fieldkit.audit.project import File, Project
from fieldkit.audit.run import of
from fieldkit.audit.standards import KEY_TESTED, Standards
from labs.step1_audit.world.builds import MODEL
from labs.step1_audit.world.lake import Lake
from labs.step1_audit.world.pulls import PULLS
from labs.step1_audit.world.reviews import waivers

HERE = Path(__file__).parent / "generated"
OTHERS = ("fct_search_terms", "int_visits", "rep_referrers")


def today(lake: Lake) -> date:
    """The page's date: the morning after the lake's last day."""
    return lake.last + timedelta(days=1)


def ended(lake: Lake) -> Waiver:
    """A waiver that ended the day before."""
    return Waiver("rep_referrers", "full-scan", "Jonas (marketing)", lake.last)


def files(model: str) -> Sequence[File]:
    """The twelve models: eight pull requests, three more, and the learner's own."""
    texts = {name: pull.text for name, pull in PULLS.items()}
    texts |= {name: generated(name) for name in OTHERS}
    texts[MODEL] = model
    return [File(f"models/{name}.sql", text) for name, text in sorted(texts.items())]


def generated(name: str) -> str:
    """The text of a generated model."""
    return (HERE / f"{name}.sql").read_text(encoding="utf-8")


def gate(model: str, lake: Lake, review: str = "") -> Audit:
    """Run the gate over the twelve, with the waivers that a review gives."""
    agreed = Standards(waivers=(*waivers(review), ended(lake)))
    settings = Settings(agreed, lake.catalog, today=today(lake))
    return of(Project(tuple(files(model))), settings)


PAIRED = ("fct_sessions", "fct_first_touch", "fct_country_revenue")


def pairs(standards: Standards, lake: Lake) -> list[dict[str, str]]:
    """The same three requests, without and with the team's context, before the team's own gate.

    Beside it, what all ten rules say of the second. Requests are SQL alone: no key is asked for.
    """
    sql = tuple(rule for rule in standards.rules if rule.id != KEY_TESTED)
    own = Settings(replace(standards, rules=sql), lake.catalog, today=today(lake))
    ten = replace(own, standards=Standards())
    rows = []
    for name in PAIRED:
        first, second = PULLS[name].text, generated(f"with_{name}")
        row = {"request": name, "without the context": _said(name, first, own)}
        row["with the context"] = _said(name, second, own)
        rows.append(row | {"with it, by all ten rules": _said(name, second, ten)})
    return rows


def _said(name: str, text: str, settings: Settings) -> str:
    [model] = of(Project((File(f"models/{name}.sql", text),)), settings).models
    return ", ".join(f.rule for f in model.findings if not f.note) or "clean"


def told(audit: Audit) -> list[dict[str, str]]:
    """A line for each model, as CI prints them, and the exit code."""
    rows = []
    for model in audit.models:
        shown = [f for f in model.findings if not f.note]
        what = ", ".join(f"{f.rule} (line {f.line})" for f in shown) or "–"
        waived = next((f"waived by {f.waived}" for f in shown if f.waived), "")
        ended = next(
            (f"the waiver of {w.owner} ended on {w.until}" for w in audit.expired
             if model.path == f"models/{w.model}.sql"), "",
        )  # fmt: skip
        verdict = "FAIL" if model.verdict == "findings" else "pass"
        rows.append({"gate": verdict, "model": Path(model.path).stem, "finding": what,
                     "waiver": waived or ended or "–"})  # fmt: skip
    count = f"{len(audit.failing)} findings that count"
    last = {"gate": f"exit {audit.exit_code}", "model": f"{len(rows)} models", "finding": count}
    return [*rows, last | {"waiver": "–"}]
