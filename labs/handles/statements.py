"""Statements of SQL: what was parsed once is kept, and whether one can change anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import duckdb

from labs.handles import settings

_PARSED: dict[str, list[Any]] = {}  # text -> its statements
MOST_PARSED = 512
_LOOKS = re.compile(r"[\s(]*(?:select|from|with|values|describe|summarize)\b", re.I)
_MAY_CHANGE = re.compile(
    r"\b(?:insert|update|delete|merge|truncate|create|drop|alter|attach|detach|copy|set|reset"
    r"|pragma|call|nextval|install|load|use|into|import|export)\b",
    re.I,
)


def only_looks(text: str) -> bool:
    """Whether a statement surely changes nothing; of some that change nothing this says no."""
    return bool(_LOOKS.match(text)) and not _MAY_CHANGE.search(text)


def parsed(cursor: duckdb.DuckDBPyConnection, text: str) -> Sequence[Any]:
    """The statements of a text; raises duckdb.ParserException.

    Who loads twenty days says the same twenty times, and to parse it takes DuckDB up to a third of
    what running it does. How it is parsed may depend on what an answer has set.
    """
    if settings.changed():
        return cursor.extract_statements(text)
    statements = _PARSED.pop(text, None) or cursor.extract_statements(text)
    _PARSED[text] = statements  # as the last one: the oldest goes first
    if len(_PARSED) > MOST_PARSED:
        _PARSED.pop(next(iter(_PARSED)))
    return statements


def run(cursor: duckdb.DuckDBPyConnection, text: str) -> duckdb.DuckDBPyConnection:
    """Execute the judge's own statements, as DuckDB does, but for parsing them again."""
    for statement in parsed(cursor, text):
        cursor.execute(statement)
    return cursor
