"""Finds the line that says why a command failed, in what it wrote on stderr."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

LARGEST = 1 << 18  # bytes of a script that is looked at
LONGEST = 120  # characters of a reason: a line and a half of a report
_QUESTION = re.compile(r"\?\W*$|\[y/n\]|\(y/n\)|EOFError|EOF when reading", re.I)
_ASKS = re.compile(r"\bread\s+-\w*p|\binput\(|\b(?:confirm|prompt|getpass)\(")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07|[\x00-\x08\x0b-\x1f]")
# `sqlite3.IntegrityError: UNIQUE constraint failed`, at the start of a line
_EXCEPTION = re.compile(
    r"^(?:[A-Za-z_]\w*\.)*[A-Z]\w*(?:Error|Exception|Exit|Interrupt|Warning|Failed)\b.*"
)
_RAISED = re.compile(r"^(?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*(?::\s.*)?$")
# `2026-11-27T00:36:44Z [error    ] load    the source is locked`
_LOGGED = re.compile(r"^\W?\d{4}-\d\d-\d\d[T ]\S+\W+(?:error|critical|fatal)\b\W+(.*)", re.I)
_STRONG = re.compile(
    r"^[^\s:]*:?\s*(?:\S+ )?\W{0,2}(?:error|fatal|critical|panic|exception|abort(?:ed)?)\b", re.I
)
_WEAK = re.compile(
    r"\b(?:error|fatal|failed|failure|denied|refused|cannot|could not|unable|not found|no such|"
    r"invalid|timed out|timeout)\b",
    re.I,
)
# What tools print below the reason: links, hints, rulers of a caret, boxes, dumps of values.
_NOISE = re.compile(
    r"^\W*$|https?://\S+\W*$|^\W*(?:for more|see |hint|note|help|try |usage|run |re-?run|"
    r"background|if you|please|to (?:see|get)|more (?:info|details))|^\s|^[\[{(]|^\S+\s*=\s|"
    r"^-+\S*[ =]",
    re.I,
)


def reason(text: str) -> str:
    """The reason for a failure, in one line of at most 120 characters; "" if there is no text."""
    lines = [line.rstrip() for line in _CONTROL.sub("", text).splitlines() if line.strip()]
    found = _raised(lines) or _last(lines, _EXCEPTION) or _logged(lines) or _last(lines, _STRONG)
    found = found or _last([one for one in lines if not _NOISE.search(one)], _WEAK)
    plain = [one for one in lines if not _NOISE.search(one)] or lines
    return _short(_with_its_text(found, lines) or (plain[-1] if plain else ""))


def _with_its_text(found: str, lines: list[str]) -> str:
    """A headline that only names the error (`LockException:`), with the line below it."""
    below = lines[lines.index(found) + 1 :] if found in lines else []
    return f"{found} {below[0].strip()}" if found.endswith(":") and below else found


def _raised(lines: list[str]) -> str:
    """The exception under the last traceback: the first line below its frames.

    Below it may stand more: SQLAlchemy ends with the statement, its parameters and a link.
    """
    starts = [n for n, line in enumerate(lines) if line.startswith("Traceback (most recent")]
    for line in lines[starts[-1] + 1 :] if starts else []:
        if not line.startswith((" ", "\t")):
            return line if _RAISED.match(line) else ""
    return ""


def _logged(lines: list[str]) -> str:
    """The first of the errors that a log ends with: those below say that it failed, not why."""
    found = ""
    for line in reversed(lines):
        if not (match := _LOGGED.match(line)):
            break
        found = match[1]
    return found


def _last(lines: list[str], pattern: re.Pattern[str]) -> str:
    return next((line for line in reversed(lines) if pattern.search(line)), "")


def _short(line: str) -> str:
    text = " ".join(line.split())
    return text if len(text) <= LONGEST else text[: LONGEST - 1].rstrip() + "…"


def no_input(argv: Sequence[str], text: str) -> str:
    """An advice where a command may have waited for an answer, by what it wrote or is written in.

    A prompt is often not printed where nobody can type, so its script is looked at as well.
    """
    asks = bool(_QUESTION.search(text.strip()[-LONGEST:]))
    for word in argv:
        with suppress(OSError, ValueError):
            path = Path(word)
            if path.is_file() and path.stat().st_size < LARGEST:
                asks = asks or bool(_ASKS.search(path.read_text("utf-8", "replace")))
    return "; if it asks something: it has no input here, give the answer as an option" * asks
