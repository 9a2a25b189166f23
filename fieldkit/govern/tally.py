"""Counts what is found: cell by cell, in nested JSON key by key, and judges a column as a whole."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

from fieldkit.govern.addresses import may_be_release
from fieldkit.govern.detectors import scan_text
from fieldkit.govern.found import Hit, Key
from fieldkit.govern.names import entity_of, of_releases
from fieldkit.govern.spans import masked, plain

DEEPEST = 40
MOST_PATHS = 2_000  # of keys in one table: keys that are data themselves would have no end
JSON = "$"  # the column of a file of JSON objects: their keys are the columns
LONG_NUMBER = re.compile(r"\s*\d(?:[ -]?\d){11,18}\s*")
BY_CHANCE = ("card", "phone")  # what an id of many digits may look like
NOISE = 0.3  # of a column's long numbers pass as cards, by chance one in ten
ENOUGH = 20
SHORT = {"v", "vs", "vsn", "sw", "fw"}  # a version, or something else: the numbers decide
SQL_FLOAT = re.compile(r"\.0$")


@dataclass
class _Count:
    cells: int = 0
    sample: str = ""
    line: int = 0
    whole: int = 0  # cells that are this number and nothing else


@dataclass
class Tally:
    """What one source holds, by table, column and entity."""

    source: str
    counts: dict[tuple[str, str, str], _Count] = field(default_factory=dict)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)
    names: dict[tuple[str, str, str], None] = field(default_factory=dict)
    columns: dict[tuple[str, str], None] = field(default_factory=dict)
    paths: dict[tuple[str, str], set[str]] = field(default_factory=dict)

    def cell(self, table: str, column: str, text: str, hint: str = "", line: int = 0) -> None:
        """One cell; `hint`: what names its content, where that is not the column."""
        leaves = nested(text) if text[:1] in "{[" or text[:60].lstrip()[:1] in ("{", "[") else None
        if leaves is None:
            self._text(table, column, text, hint or column, line)
            return
        for path, leaf in leaves:
            self._text(table, self._path(table, column, path), leaf, path or column, line)

    def _path(self, table: str, column: str, path: str) -> str:
        """The name of a key within a column, until there are too many to be a schema."""
        known = self.paths.setdefault((table, column), set())
        if path not in known and len(known) >= MOST_PATHS:
            return f"{column}…"
        known.add(path)
        return f"{column}.{path}" if path and column not in ("", JSON) else path or column

    def _text(self, table: str, column: str, text: str, named: str, line: int) -> None:
        last = named.rpartition(".")[2]
        whole = LONG_NUMBER.fullmatch(plain(text)[0]) if len(text) < 40 else None
        if whole:
            self.numbers[table, column] = self.numbers.get((table, column), 0) + 1
        for entity, value in _values(text, entity_of(last)):
            if entity == "ip" and _is_release(last, value):
                continue
            self.add(table, column, entity, 1, masked(entity, value), line)
            if whole and entity in BY_CHANCE:
                self.counts[table, column, entity].whole += 1

    def add(
        self, table: str, column: str, entity: str, cells: int, sample: str, line: int = 0
    ) -> None:
        """So many cells hold this entity; of all samples the first in the alphabet is kept."""
        count = self.counts.setdefault((table, column, entity), _Count())
        count.cells += cells
        count.sample = min(count.sample or sample, sample)
        count.line = min(count.line or line, line)

    def file(self, name: str) -> None:
        """A file is there: its name, without its ending, may be a mail address itself."""
        for entity, value in _values(name, ""):
            if entity == "mail":
                self.add("", "(file name)", entity, 1, masked(entity, value))

    def name(self, table: str, column: str) -> None:
        """A column is there: its name may promise something, or be personal data itself."""
        if column == JSON:
            return
        self.columns[table, safe(column)] = None
        if entity := entity_of(column):
            self.names[table, column, entity] = None
        for entity, value in _values(column, ""):
            if entity != "url":
                self.add(table, "(column names)", entity, 1, masked(entity, value))

    def hits(self) -> list[Hit]:
        """All of it, in the order of names."""
        found = [
            Hit(self.source, safe(table), safe(name), entity, one.cells, 0, one.sample, one.line)
            for (table, name, entity), one in self.counts.items()
            if not self._noise(table, name, entity, one)
        ]
        seen = {(one.table, one.column.partition(".")[0], one.entity) for one in found}
        seen |= {(one.table, one.column, one.entity) for one in found}
        found += [
            Hit(self.source, safe(table), column, entity, by_name=True)
            for table, column, entity in self.names
            if (safe(table), column, entity) not in seen
        ]
        return sorted(_merged(found), key=lambda one: one.key)

    def _noise(self, table: str, column: str, entity: str, one: _Count) -> bool:
        numbers = self.numbers.get((table, column), 0)
        only = entity in BY_CHANCE and one.whole == one.cells and entity_of(column) != entity
        return only and numbers >= ENOUGH and one.whole / numbers < NOISE


def _is_release(name: str, value: str) -> bool:
    """Whether what looks like an address is a release, by the name of its field."""
    return of_releases(name) or (name.lower() in SHORT and may_be_release(value, 40))


def _merged(found: list[Hit]) -> list[Hit]:
    """Tables and columns that have one name once it is safe to show are one."""
    by_key: dict[Key, Hit] = {}
    for one in found:
        if other := by_key.get(one.key):
            lines = [line for line in (one.line, other.line) if line]
            one = replace(  # noqa: PLW2901
                other, count=one.count + other.count, line=min(lines, default=0)
            )
        by_key[one.key] = one
    return list(by_key.values())


@lru_cache(maxsize=4096)
def safe(name: str) -> str:
    """The name of a column or key as a report shows it: one that is personal data is masked."""
    for span in reversed(scan_text(name)):
        if span.entity != "url":
            value = masked(span.entity, name[span.start : span.end])
            name = name[: span.start] + value + name[span.end :]
    return name if len(name) <= 120 else f"{name[:119]}…"


def _values(text: str, expected: str) -> Iterator[tuple[str, str]]:
    """The entities of a text, each with its first value."""
    first: dict[str, str] = {}
    for span in scan_text(text, expected):
        first.setdefault(span.entity, text[span.start : span.end])
    yield from first.items()


def nested(text: str) -> list[tuple[str, str]] | None:
    """The texts and numbers in a JSON text by the path of their keys; None if it is not JSON."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return list(_leaves(found, "", 0)) if isinstance(found, dict | list) else None


def _leaves(found: Any, path: str, depth: int) -> Iterator[tuple[str, str]]:
    if depth > DEEPEST:
        yield path, json.dumps(found, ensure_ascii=False)
    elif isinstance(found, dict):
        named = _pair(found)
        for key, value in found.items():
            below = f"{path}.{safe(str(key))}" if path else safe(str(key))
            yield below, str(key)  # a key may be a mail address itself
            yield from _leaves(value, named if named and not _deep(value) else below, depth + 1)
    elif isinstance(found, list):
        for value in found:
            yield from _leaves(value, path, depth + 1)
    elif isinstance(found, str) and found[:1] in ("{", "[") and (inner := nested(found)):
        yield from ((f"{path}.{below}", leaf) for below, leaf in inner)
    elif isinstance(found, str | int | float) and not isinstance(found, bool):
        yield path, SQL_FLOAT.sub("", str(found)) if isinstance(found, float) else str(found)


def _pair(found: dict[str, Any]) -> str:
    """{"name": "phone", "value": "…"} names its value; "" for any other object."""
    if len(found) == 2 and "value" in found:
        key = next(iter(found.keys() - {"value"}))
        return found[key] if isinstance(found[key], str) and entity_of(found[key]) else ""
    return ""


def _deep(value: Any) -> bool:
    return isinstance(value, dict | list)
