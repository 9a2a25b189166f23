"""Statements of SQL: what was parsed once is kept, and whether one can change anything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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


_BEGINS, _UNDOES = ("begin", "start"), ("rollback", "abort")
_STAYS = (  # what a transaction holds back until its end
    *("insert", "update", "delete", "merge", "truncate", "create", "drop", "alter", "append"),
)


@dataclass
class Settling:
    """Counts how often statements may have changed what others find: autocommitted, or a COMMIT.

    Two runs of the same statements that were killed at the same count left the same tables. It
    counts too often rather than too seldom; sequences go on in what is rolled back, too.
    """

    times: int = 0
    _within: bool = False  # for sure in a transaction

    def about_to_run(self, text: str, *, alone: bool) -> None:
        """Take note of a statement; `alone`: there is one connection only, so that it is its."""
        word = (text.split(None, 1) or [""])[0].lower().rstrip(";")
        if alone and word in _BEGINS:
            self._within = True
        elif alone and word in _UNDOES:
            self._within = False
        elif not only_looks(text) and not (
            alone and self._within and word in _STAYS and "nextval" not in text.lower()
        ):
            self._within = False
            self.times += 1


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
