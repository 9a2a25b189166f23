"""Whether a file is evidence for a path: a sealed report of its application, under this policy."""

from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.govern.documents import shown
from fieldkit.govern.found import Answered, Asked
from fieldkit.report.evidence import SEAL, unsealed
from fieldkit.report.outputs import is_report

FIELDS = ("persona", "probe", "outcome", "seen", "allowed", "expects", "missed", "denied", "why")
NOT_OURS = "is a report, but not one of fieldkit govern access"


def why_not(file: Path, application: str, policy: Path) -> str:
    """Why a file does not show that an application keeps to a policy; "" if it does.

    Of a report all is checked that can be; of any other file, which people have signed, the time.
    """
    if not file.is_file():
        return "is not there"
    if not file.stat().st_size:
        return "is empty"
    content = file.read_bytes()
    if not (is_report(file) or _names_itself(content)):
        older = file.stat().st_mtime_ns < policy.stat().st_mtime_ns
        return "is older than the policy" if older else ""
    try:
        report = unsealed("it", content)
    except CannotRun as error:
        return str(error).removeprefix("it: ")
    return _of_report(report, application, policy)


def _names_itself(content: bytes) -> bool:
    """Whether a JSON text has a key that only our reports have, in whatever order."""
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(found, dict) and bool({SEAL, "govern"} & set(found))


def _of_report(report: dict[str, Any], application: str, policy: Path) -> str:
    held = report.get("govern")
    if report.get("instrument") != "govern" or not isinstance(held, dict) or "answers" not in held:
        return NOT_OURS
    try:
        asked = Asked("", [_answered(one) for one in held["answers"]])
    except (TypeError, ValueError, KeyError):
        return "has a form that this release does not know"
    if (report.get("verdict"), report.get("exit_code")) != (asked.verdict, asked.exit_code):
        return f"says {shown(report.get('verdict'))}, but its answers say {asked.verdict}"
    if asked.exit_code:
        return f"says {asked.verdict}"
    made_under = held.get("policy_digest")
    if made_under != digest(policy):
        return "was made under another policy" if made_under else "was made without --policy"
    return _of_another(held, application)


def _answered(row: dict[str, Any]) -> Answered:
    """A row of the report; raises ValueError where its outcome is not what it holds."""
    seen, allowed = (tuple(map(str, row[name])) for name in ("seen", "allowed"))
    one = Answered(
        str(row["persona"]), str(row["probe"]), seen, allowed, int(row["expects"]),
        int(row["missed"]), int(row["denied"]), str(row["why"]),
    )  # fmt: skip
    if set(row) != set(FIELDS) or row["outcome"] != one.outcome:
        raise ValueError
    return one


def _of_another(held: dict[str, Any], application: str) -> str:
    """Why a report is not of this application: by its name, else by a word of its command."""
    if not application:
        return "cannot be told from another's, since the path names no application"
    named, target = str(held.get("application") or ""), str(held.get("target") or "")
    if named:
        same = _words(named) == _words(application)
    else:
        same = f" {' '.join(_words(application))} " in f" {' '.join(_words(target))} "
    return "" if same else f"is of {shown(named or target)}, not of {shown(application)}"


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


def digest(policy: Path) -> str:
    """What a policy is recognised by: times do not survive a checkout, content does."""
    return hashlib.sha256(policy.read_bytes()).hexdigest()
