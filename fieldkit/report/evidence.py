"""Evidence: a report as JSON with a seal, so that a later change by hand is seen.

The seal is a checksum and no signature: it shows an accident or a quick edit, and claims nobody's
identity.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.report.report import SCHEMA, Report, to_json

SEAL = "seal"
LARGEST = 50_000_000  # bytes; a report is far smaller


def to_evidence(report: Report) -> str:
    """The report's JSON with its seal."""
    document = json.loads(to_json(report))
    document[SEAL] = _seal(document)
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def read(path: Path) -> dict[str, Any]:
    """The report in an evidence file; raises CannotRun, in one line, for any other file."""
    if not path.is_file() or path.stat().st_size > LARGEST:
        raise CannotRun(f"{path.name}: is not a report; write it with --evidence")
    try:
        return unsealed(path.name, path.read_bytes())
    except OSError:
        raise CannotRun(f"{path.name}: cannot be read as JSON; run its command again") from None


def unsealed(name: str, content: bytes) -> dict[str, Any]:
    """The report in an evidence file's bytes; raises CannotRun, in one line with its name."""
    try:
        document = json.loads(content.decode("utf-8"))
    except (ValueError, RecursionError):
        raise CannotRun(f"{name}: cannot be read as JSON; run its command again") from None
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        raise CannotRun(f"{name}: is not a report of fieldkit; write it with --evidence")
    if SEAL not in document:
        raise CannotRun(f"{name}: has no seal; write it with --evidence instead of --json")
    if document.pop(SEAL) != _seal(document):
        raise CannotRun(f"{name}: was changed after it was written; run its command again")
    return document


def _seal(document: dict[str, Any]) -> str:
    plain = {name: value for name, value in document.items() if name != SEAL}
    text = json.dumps(plain, sort_keys=True, ensure_ascii=True)
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()
