"""The rows in a body of JSON, lines of JSON or CSV: found, changed, and written back."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]
LATER = 36_525  # days by which a date is put into the future: a hundred years
SOME = 3  # every third row has the fault, where only some have
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?")
_NUMBER = re.compile(r"-?\d+(?:\.\d+)?")
_KEY = re.compile(r"(?i)(^|_)(id|key|no|nr|number|code|page|year|zip|version)$|Id$")


@dataclass(frozen=True)
class Payload:
    """The rows of a body, and a function that writes the body with other rows."""

    rows: Rows
    write: Callable[[Rows], bytes]

    @property
    def columns(self) -> dict[str, str]:
        """Columns that every row has: name -> number, date or text, by name and values.

        A number that names a thing, such as an id, counts as text.
        """
        if not self.rows:
            return {}
        shared = set.intersection(*(set(row) for row in self.rows))
        return {name: _what(name, [row[name] for row in self.rows]) for name in sorted(shared)}


def parse(body: bytes, kind: str) -> Payload | None:
    """Find the rows in a body, by its content type; None if there are none."""
    reader = next((read for mark, read in _READERS.items() if mark in kind.lower()), _json)
    try:
        return reader(body.decode("utf-8"))
    except (ValueError, csv.Error, RecursionError):
        return None


def _json(text: str) -> Payload | None:
    document = json.loads(text)
    found = _longest(document, ())
    if found is None:
        return None
    path, rows = found

    def write(changed: Rows) -> bytes:
        return json.dumps(_put(document, path, changed)).encode()

    return Payload(rows, write)


def _longest(value: Any, path: tuple[str, ...]) -> tuple[tuple[str, ...], Rows] | None:
    """The longest list of objects in a document, and where it stands."""
    if isinstance(value, list):
        rows = value if value and all(isinstance(one, dict) for one in value) else None
        return (path, rows) if rows else None
    if not isinstance(value, dict) or len(path) > 3:
        return None
    inside = (_longest(one, (*path, name)) for name, one in value.items())
    return max((one for one in inside if one), key=lambda one: len(one[1]), default=None)


def _put(document: Any, path: tuple[str, ...], rows: Rows) -> Any:
    if not path:
        return rows
    return {**document, path[0]: _put(document[path[0]], path[1:], rows)}


def _lines(text: str) -> Payload | None:
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    return Payload(rows, lambda changed: b"".join(json.dumps(r).encode() + b"\n" for r in changed))


def _csv(text: str) -> Payload | None:
    reader = csv.DictReader(io.StringIO(text), strict=True)
    rows = list(reader)
    names = list(reader.fieldnames or [])
    if not rows or any(None in row or None in row.values() for row in rows):
        return None

    def write(changed: Rows) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(changed[0]) if changed else names, lineterminator="\n")
        writer.writeheader()
        writer.writerows(changed)
        return out.getvalue().encode()

    return Payload(rows, write)


_READERS: Mapping[str, Callable[[str], Payload | None]] = {
    "ndjson": _lines,
    "jsonl": _lines,
    "csv": _csv,
}


def _what(name: str, values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    if known and all(_is_number(value) for value in known):
        return "text" if _KEY.search(name) else "number"
    dates = (isinstance(value, str) and _DATE.match(value) for value in known)
    return "date" if known and all(dates) else "text"


def _is_number(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_NUMBER.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool)


def renamed(rows: Rows, column: str) -> Rows:
    """The column has another name, in the same place."""
    return [{f"{k}_v2" if k == column else k: v for k, v in row.items()} for row in rows]


def retyped(rows: Rows, column: str) -> Rows:
    """A number is written for a person to read."""
    return _changed(rows, column, lambda value: f"${float(value):,.2f}")


def rescaled(rows: Rows, column: str) -> Rows:
    """Dollars have become cents; still numbers, so that only their size tells."""
    return _changed(rows, column, lambda value: _like(value, float(value) * 100))


def negative(rows: Rows, column: str) -> Rows:
    """Some values have the wrong sign."""
    return _changed(rows, column, lambda value: _like(value, -abs(float(value)) or -1.0), SOME)


def future(rows: Rows, column: str) -> Rows:
    """Some dates have not come yet."""
    return _changed(rows, column, _later, SOME)


def _changed(rows: Rows, column: str, change: Callable[[Any], Any], every: int = 1) -> Rows:
    return [
        {**row, column: change(row[column])}
        if number % every == 0 and row.get(column) is not None
        else row
        for number, row in enumerate(rows)
    ]


def _like(value: Any, number: float) -> Any:
    """A number in the form of another one."""
    if isinstance(value, str):
        return f"{number:.2f}" if "." in value else f"{number:.0f}"
    return type(value)(round(number, 6))


def _later(value: str) -> str:
    day = dt.date.fromisoformat(value[:10]) + dt.timedelta(days=LATER)
    return day.isoformat() + value[10:]


CHANGES: Mapping[str, Callable[[Rows, str], Rows]] = {
    "renamed": renamed,
    "retyped": retyped,
    "rescaled": rescaled,
    "negative": negative,
    "future": future,
}
