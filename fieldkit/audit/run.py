"""The order of an audit: read files, render and parse each, try the rules, apply the waivers."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from fieldkit.audit import elsewhere, lakes, manifest, narrow, places, project, render
from fieldkit.audit.catalog import NOTHING_KNOWN, Catalog, Table, made_of_others
from fieldkit.audit.clock import literals
from fieldkit.audit.found import Audit, Finding, Model, Verdict, Waiver
from fieldkit.audit.grain import joins_that_repeat
from fieldkit.audit.lakes import Lake
from fieldkit.audit.partitions import may_be_a_list
from fieldkit.audit.project import File
from fieldkit.audit.rules import RULES
from fieldkit.audit.staged import with_staged
from fieldkit.audit.standards import KEY_TESTED, NAME_PATTERN, Standards
from fieldkit.audit.subject import NEEDS_GRAIN, Rule, Subject
from fieldkit.audit.tree import Unparsed, parsed, sources
from fieldkit.errors import CannotRun

OF_DBT = ("dbt_ref.", "dbt_this.")  # what is built here: a catalog need not know it


@dataclass(frozen=True)
class Settings:
    """How to audit: `today` decides which waivers still count."""

    standards: Standards = field(default_factory=Standards)
    catalog: Catalog = NOTHING_KNOWN
    dialect: str = "duckdb"
    today: dt.date = field(default_factory=dt.date.today)
    manifest: Path | None = None
    changed_since: str = ""
    baseline: Path | None = None
    billed: Mapping[str, int] = field(default_factory=dict)
    lake: Lake | None = None
    may_skip: bool = False


def audit(path: Path, settings: Settings) -> Audit:
    """Audit a dbt project, a folder of SQL or one file; raises CannotRun."""
    found = project.read(path)
    if settings.manifest is not None:
        found = manifest.applied(found, manifest.read(settings.manifest))
    if settings.changed_since:
        root = path if path.is_dir() else path.parent
        found = narrow.changed_since(found, root, settings.changed_since)
    elif not found.files:
        others = "".join(f". {one[:-1]}" for one in elsewhere.told(found.unread))
        raise CannotRun(f"{path}: holds no model; give a dbt project or a folder of SQL{others}")
    audited = narrow.as_billed(of(found, settings), settings.billed)
    return narrow.against_baseline(audited, settings.baseline)


def of(found: project.Project, settings: Settings) -> Audit:
    """Audit files that were read already."""
    rendered = [_rendered(file, found, settings.dialect) for file in found.files]
    told = (*found.tables, *_declared(rendered))
    catalog = settings.catalog.with_tables(told)
    if catalog.known:
        catalog = with_staged(catalog, dict(_views(rendered)), settings.dialect)
    settings = replace(settings, catalog=catalog)
    models = [_judged(one, found, settings) for one in rendered]
    expired = tuple(w for w in settings.standards.waivers if _was_needed(w, models, settings.today))
    missed = tuple(sorted(name for name in catalog.missed if not name.startswith(OF_DBT)))
    return Audit(
        models, settings.standards.ids, expired, catalog.known, found.notes, missed,
        found.unread, settings.changed_since, settings.may_skip,
    )  # fmt: skip


@dataclass(frozen=True)
class _Rendered:
    """A file's SQL on a later night, and on the first one."""

    file: File
    later: render.Rendered | None = None
    first: render.Rendered | None = None
    why: str = ""
    clock: frozenset[str] = frozenset()  # the literals that Jinja made of the moment of the run


def _rendered(file: File, found: project.Project, dialect: str) -> _Rendered:
    if file.why:
        return _Rendered(file, why=file.why)
    if file.compiled:
        at = places.of_compiled(file.compiled, file.text)
        told = render.Rendered(file.compiled, file.config, places=at)
        return _Rendered(file, told, told)
    given: dict[str, Any] = {"surroundings": found.surroundings, "dialect": dialect}
    try:
        first = _with(file, render.rendered(file.text, **given))
        later, grows = first, first.config.get("materialized") == "incremental"
        if grows:
            later = _with(file, render.rendered(file.text, incremental=True, **given))
        clock: frozenset[str] = frozenset()
        if found.surroundings.clock.search(file.text):
            given["moment"] = render.ANOTHER
            other = render.rendered(file.text, incremental=grows, **given)
            clock = literals(later.sql) - literals(other.sql)
        return _Rendered(file, later, first, clock=clock)
    except render.Unrendered as error:
        return _Rendered(file, why=str(error))


def _with(file: File, told: render.Rendered) -> render.Rendered:
    """What the model says of itself goes before what is said of it elsewhere."""
    return replace(told, config={**file.config, **told.config})


def _declared(rendered: Iterable[_Rendered]) -> Iterable[Table]:
    """Models that say themselves what they are unique by."""
    for one in rendered:
        if one.later is not None and one.later.config.get("unique_key"):
            keys = one.later.config["unique_key"]
            given = (keys,) if isinstance(keys, str) else tuple(map(str, keys))
            grain = tuple(key.lower() for key in given)
            if not made_of_others(grain):
                yield Table(one.file.name, grain=grain, tested=True)


def _views(rendered: Iterable[_Rendered]) -> Iterable[tuple[str, str]]:
    """Models that are made anew each time: what an incremental one holds, other runs decided."""
    for one in rendered:
        if one.later is not None and one.later.config.get("materialized") != "incremental":
            yield one.file.name, one.later.sql


def _judged(one: _Rendered, found: project.Project, settings: Settings) -> Model:
    path = one.file.path
    if one.later is None or one.first is None:
        skipped = one.why.startswith(("is empty", "a Python", "is not enabled"))
        return Model(path, Verdict.SKIPPED if skipped else Verdict.UNPARSED, why=one.why)
    if not one.later.sql.strip():
        return Model(path, Verdict.SKIPPED, why="holds no SQL of its own")
    try:
        at = one.later.places
        tree = parsed(one.later.sql, settings.dialect, settings.catalog, one.clock, at)
        # Of a compiled model nobody knows which of its two nights it is.
        same = not one.file.compiled and one.later.sql.split() == one.first.sql.split()
        subject = Subject(tree, one.later.config, same)
        findings, unknown, failed = _tried(subject, settings)
    except Unparsed as error:
        return Model(path, Verdict.UNPARSED, why=one.later.missing or str(error))
    except RecursionError:
        return Model(path, Verdict.UNPARSED, why="nested too deeply to be looked at")
    findings += _of_house(one.file, found, settings.standards)
    if settings.lake is not None:
        over, why = settings.lake.measure(one.file.text, one.file.compiled)
        findings += over
        unknown |= {lakes.RULE: why} if why else {}
    waived = [_waived(f, one.file, settings) for f in findings]
    verdict = Verdict.FAILED if failed else Verdict.CLEAN
    return Model(path, verdict, waived, "; ".join(failed), unknown).judged()


def _tried(subject: Subject, settings: Settings) -> tuple[list[Finding], dict[str, str], list[str]]:
    """Findings, what is unknown and why, and the rules that broke: no rule ends another."""
    findings: list[Finding] = []
    unknown: dict[str, str] = {}
    failed: list[str] = []
    for rule in RULES.values():
        if rule.id not in settings.standards.ids:
            continue
        try:
            found, why = _asked(rule, subject, settings)
        except RecursionError:
            raise
        except Exception as error:  # SQL has more forms than we know: one must not end the gate
            failed.append(f"rule failed: {rule.id} ({type(error).__name__})")
            continue
        findings += found
        unknown |= {rule.id: why} if why else {}
    return findings, unknown, failed


def _asked(rule: Rule, subject: Subject, settings: Settings) -> tuple[list[Finding], str]:
    """What one rule says, and why it could not be decided."""
    if rule.needs and not settings.catalog.known:
        return [f for f in rule.find(subject) if not f.bytes], rule.needs
    over = settings.standards.threshold(rule.id) or 0
    found = [f for f in rule.find(subject) if not f.bytes or f.bytes >= over]
    why = "" if found else _undecided(rule, subject)
    return [replace(f, note=f.note or rule.note) for f in found], why


def _undecided(rule: Rule, subject: Subject) -> str:
    """Why a rule could not be decided for this model although there is a catalog."""
    if rule.id == "one-sided-filter":
        return may_be_a_list(subject)
    if rule.needs == NEEDS_GRAIN:
        for scope in subject.tree.scopes:
            for alias in joins_that_repeat(subject.tree, scope)[1]:
                return f"the grain of {_called(scope, alias)} is not in the catalog"
    return ""


def _called(scope: Any, alias: str) -> str:
    """A table by its own name, not by the letter that a query gives it."""
    source = dict(sources(scope)).get(alias)
    parts = getattr(source, "parts", ())
    name = ".".join(part.name for part in parts)
    return next((name.removeprefix(of) for of in OF_DBT if name.startswith(of)), name) or alias


def _of_house(file: File, found: project.Project, standards: Standards) -> list[Finding]:
    """Naming and testing: two small rules of our own."""
    findings = []
    pattern = standards.threshold(NAME_PATTERN)
    if pattern and not re.search(pattern, file.name):
        findings.append(Finding(NAME_PATTERN, 1, f"{file.name} does not match {pattern}"))
    if KEY_TESTED in standards.ids and file.name not in found.tested:
        findings.append(Finding(KEY_TESTED, 1, "no test says what a row is unique by"))
    return findings


def _waived(finding: Finding, file: File, settings: Settings) -> Finding:
    for waiver in settings.standards.waivers:
        if waiver.covers(file.name, finding.rule, settings.today):
            return replace(finding, waived=f"{waiver.owner}, until {waiver.until}")
    return finding


def _was_needed(waiver: Waiver, models: list[Model], today: dt.date) -> bool:
    """Whether it has ended, and the model still does what it was for."""
    return waiver.until < today and any(
        Path(model.path).stem == waiver.model and any(f.rule == waiver.rule for f in model.findings)
        for model in models
    )
