"""The rows in a body of JSON, lines of JSON or CSV: found, changed, and written back."""

from __future__ import annotations

import codecs
import csv
import datetime as dt
import io
import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

Rows = list[dict[str, Any]]
LATER = 36_525  # days by which a date is put into the future: a hundred years
DELIMITERS = ",;\t|"
SOME = 3  # every third row has the fault, where only some have
_DATE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d)?")
_NUMBER = re.compile(
    r"-?\d+(?:\.\d+|,(?!\d{3}$)\d+)?"
)  # 1,50 is a decimal, 1,500 may be a thousand
_CHARSET = re.compile(r"charset=\"?([\w.-]+)", re.I)
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


_Read = Callable[[str, str], Payload | None]  # a text and its encoding


def parse(body: bytes, kind: str) -> Payload | None:
    """Find the rows in a body, by its content type; None if there are none."""
    read = next((one for mark, one in _READERS.items() if mark in kind.lower()), _json)
    for encoding in _encodings(body, kind, read):
        with suppress(UnicodeError, LookupError):
            text = body.decode(encoding)
            try:
                return read(text, encoding)
            except (ValueError, csv.Error, RecursionError):
                return None
    return None


def _encodings(body: bytes, kind: str, read: _Read) -> list[str]:
    """What a body may be written in: by its mark, by its content type, by custom."""
    utf8 = "utf-8-sig" if body.startswith(codecs.BOM_UTF8) else "utf-8"
    named = _CHARSET.search(kind)
    # Files that offices export are in cp1252; JSON never is. Latin-1 takes whatever is left.
    customs = ["cp1252", "latin-1"] if read in (_csv, _any) and b"\0" not in body else []
    return [*([named[1]] if named and utf8 == "utf-8" else []), utf8, *customs]


def _json(text: str, encoding: str) -> Payload | None:
    document = json.loads(text)
    found = _longest(document, ())
    if found is None:
        return None
    path, rows = found

    def write(changed: Rows) -> bytes:
        return json.dumps(_put(document, path, changed)).encode(encoding)

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


def _lines(text: str, encoding: str) -> Payload | None:
    rows = [json.loads(line) for line in text.splitlines() if line.strip()]
    if not rows or not all(isinstance(row, dict) for row in rows):
        return None
    return Payload(
        rows, lambda changed: "".join(json.dumps(r) + "\n" for r in changed).encode(encoding)
    )


def _csv(text: str, encoding: str) -> Payload | None:
    tables = [(mark, *_table(text, mark)) for mark in DELIMITERS]
    mark, names, rows = max(tables, key=lambda table: len(table[1]))  # the first of equals: a comma
    head = text.lstrip("\r\n").partition("\n")[0]
    if not rows or (len(names) == 1 and set(head) & set(DELIMITERS)):
        return None
    style: dict[str, Any] = {
        "delimiter": mark,
        "lineterminator": "\r\n" if "\r\n" in text else "\n",
        "quoting": csv.QUOTE_ALL if head.count('"') == 2 * len(names) else csv.QUOTE_MINIMAL,
    }

    def write(changed: Rows) -> bytes:
        out = io.StringIO()
        writer = csv.DictWriter(out, list(changed[0]) if changed else names, **style)
        writer.writeheader()
        writer.writerows(changed)
        return out.getvalue().encode(encoding)

    return Payload(rows, write)


def _table(text: str, delimiter: str) -> tuple[list[str], Rows]:
    """The names and rows of a CSV with this delimiter; none unless all rows are of one length."""
    reader = csv.DictReader(io.StringIO(text), strict=True, delimiter=delimiter)
    try:
        rows: Rows = list(reader)
    except csv.Error:
        return [], []
    if not rows or any(None in row or None in row.values() for row in rows):
        return [], []
    return list(reader.fieldnames or []), rows


def _any(text: str, encoding: str) -> Payload | None:
    """Text of no declared form: JSON, or a CSV of more than one column."""
    with suppress(ValueError, RecursionError):
        return _json(text, encoding)
    found = _csv(text, encoding)
    return found if found and len(found.rows[0]) > 1 else None


_READERS: Mapping[str, _Read] = {
    "ndjson": _lines,
    "jsonl": _lines,
    "csv": _csv,
    "tab-separated": _csv,
    "text/plain": _any,
    "octet-stream": _any,
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
    return _changed(rows, column, lambda value: f"${_number(value):,.2f}")


def rescaled(rows: Rows, column: str) -> Rows:
    """Dollars have become cents; still numbers, so that only their size tells."""
    return _changed(rows, column, lambda value: _like(value, _number(value) * 100))


def negative(rows: Rows, column: str) -> Rows:
    """Some values have the wrong sign."""
    return _changed(rows, column, lambda value: _like(value, -abs(_number(value)) or -1.0), SOME)


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


def _number(value: Any) -> float:
    return float(value.replace(",", ".")) if isinstance(value, str) else float(value)


def _like(value: Any, number: float) -> Any:
    """A number in the form of another one."""
    if isinstance(value, str):
        text = f"{number:.2f}" if "." in value or "," in value else f"{number:.0f}"
        return text.replace(".", ",") if "," in value else text
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
