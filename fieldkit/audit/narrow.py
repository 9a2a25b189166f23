"""Which findings count: of changed files, new since a baseline, and as they were billed."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from fieldkit.audit import reading
from fieldkit.audit.found import Audit, Finding, Model
from fieldkit.audit.project import Project
from fieldkit.errors import CannotRun
from fieldkit.report.outputs import refuse_unwritable
from fieldkit.report.report import write
from fieldkit.report.words import plural

SCHEMA = "fieldkit.audit.baseline/1"
Key = tuple[str, str, str]


def changed_since(found: Project, root: Path, revision: str) -> Project:
    """Only the files that git says are other than at a revision, new ones included."""
    # After --end-of-options, so that `--output=FILE` is no option that writes one.
    changed = ("diff", "--name-only", "--relative", "--end-of-options", revision, "--", ".")
    named = _git(root, *changed, revision=revision)
    named |= _git(root, "ls-files", "--others", "--exclude-standard", "--", ".")
    return replace(
        found,
        files=tuple(file for file in found.files if file.path in named),
        unread=tuple(path for path in found.unread if path in named),
    )


def _git(root: Path, *words: str, revision: str = "") -> set[str]:
    """The lines that git answers; `revision`: what it was asked for."""
    try:
        ran = subprocess.run(
            ["git", "-C", str(root), "-c", "core.quotepath=off", *words],
            capture_output=True, text=True, encoding="utf-8", check=False,
            env={**os.environ, "LC_ALL": "C"},  # its reasons are told apart by their words
        )  # fmt: skip
    except OSError:
        raise CannotRun("--changed-since needs git; install it, or leave the option out") from None
    if ran.returncode:
        why = next(iter(ran.stderr.strip().splitlines()), "")
        if "not a git repository" in why.lower():
            raise CannotRun(f"--changed-since: {root.absolute()} is not in a git repository")
        if "revision" in why or "Invalid object" in why or "bad object" in why:
            fetch = "check its name, or fetch it first (in CI: fetch-depth: 0)"
            raise CannotRun(f"--changed-since {revision}: git knows no such revision; {fetch}")
        raise CannotRun(f"--changed-since: git says: {why or 'nothing'}")
    return set(ran.stdout.splitlines())


def key(model: Model, finding: Finding) -> Key:
    """What names a finding from run to run: not its line, which moves."""
    digest = hashlib.sha256(finding.evidence.encode()).hexdigest()[:16]
    return model.path, finding.rule, digest


def against_baseline(audit: Audit, path: Path | None) -> Audit:
    """Findings that a baseline knows are waived by it; writes one where there is none."""
    if path is None:
        return audit
    known = _read(path)
    if known is None:
        known = {key(m, f) for m, f in audit.failing}
        told = [dict(zip(("path", "rule", "evidence"), one, strict=True)) for one in sorted(known)]
        write(path, json.dumps({"schema": SCHEMA, "known": told}, indent=1) + "\n")
        new = f"--baseline: {path} was written with {plural(len(told), 'finding')}; commit it."
        audit = replace(audit, notes=(*audit.notes, new))
    models = [
        replace(model, findings=[_known(model, finding, known) for finding in model.findings])
        for model in audit.models
    ]
    return replace(audit, models=[model.judged() for model in models])


def _known(model: Model, finding: Finding, known: set[Key]) -> Finding:
    if finding.waived or key(model, finding) not in known:
        return finding
    return replace(finding, waived="the baseline")


def _read(path: Path) -> set[Key] | None:
    if not path.exists():
        refuse_unwritable([path])
        return None
    try:
        found = json.loads(reading.text(path, "--baseline "))
        if found["schema"] != SCHEMA:
            raise ValueError
        return {(str(o["path"]), str(o["rule"]), str(o["evidence"])) for o in found["known"]}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        raise CannotRun(
            f"--baseline {path}: is not a baseline; name a file that is not there yet"
        ) from None


def jobs(path: Path) -> Mapping[str, int]:
    """Billed bytes of one run by model, the largest of its rows; raises CannotRun."""
    try:
        text = reading.text(path, "--jobs ")
    except OSError:
        raise CannotRun(f"--jobs {path}: cannot be read; give a CSV: model,bytes") from None
    try:
        return _billed(path, csv.DictReader(io.StringIO(text)))
    except csv.Error as error:
        raise CannotRun(f"--jobs {path}: is not CSV: {error}") from None


def _billed(path: Path, rows: csv.DictReader[str]) -> Mapping[str, int]:
    if not {"model", "bytes"} <= set(rows.fieldnames or ()):
        raise CannotRun(f"--jobs {path} line 1: write the columns model,bytes")
    billed: dict[str, int] = {}
    for row in rows:
        name, size = (row["model"] or "").strip(), (row["bytes"] or "").strip()
        found = reading.whole(size)
        if not name or found is None:
            raise CannotRun(f"--jobs {path} line {rows.line_num}: write a model and whole bytes")
        billed[name] = max(found, billed.get(name, 0))
    return billed


def as_billed(audit: Audit, billed: Mapping[str, int]) -> Audit:
    """What a warehouse billed in the place of what the catalog estimates."""
    models = []
    for model in audit.models:
        size = billed.get(Path(model.path).stem, 0)
        found = [
            replace(f, bytes=size, files=0, measured=True) if size and f.bytes else f
            for f in model.findings
        ]
        models.append(replace(model, findings=found))
    return replace(audit, models=models)
