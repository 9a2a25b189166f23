"""What a column holds, by its type: numbers, categories; and the time that a value is."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

NUMBERS = re.compile(
    r"(U?(TINY|SMALL|MEDIUM|BIG|HUGE)?INT(EGER)?\d*|DEC(IMAL)?|NUMERIC|REAL|DOUBLE|FLOAT\d*)\b",
    re.I,
)
TEXTS = re.compile(r"(N?(VAR)?CHAR|TEXT|CLOB|STRING|ENUM|BOOL(EAN)?)\b", re.I)
PLAIN = ("isfinite({}::double)", "typeof({}) in ('integer', 'real')")  # DuckDB, SQLite


def is_number(kind: str) -> bool:
    """Whether a column of this type holds numbers."""
    return bool(NUMBERS.match(kind)) and "[" not in kind


def is_text(kind: str) -> bool:
    """Whether a column of this type may hold categories."""
    return bool(TEXTS.match(kind)) and not kind.endswith("]")


def moment(value: Any) -> dt.datetime | None:
    """A date or time from the database, UTC if it has no zone; None if it is not one."""
    if isinstance(value, str):
        try:
            value = dt.datetime.fromisoformat(value.strip().removesuffix(" UTC"))
        except ValueError:
            return None
    if isinstance(value, dt.datetime):
        return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day, tzinfo=dt.UTC)
    return None
