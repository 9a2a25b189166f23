"""Reads what people write, YAML and CSV, as text with its place; numbers are digits only."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from fieldkit.errors import CannotRun
from fieldkit.inputs import text

NUMBER = re.compile(r"[+-]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?")
# YAML 1.1 makes other things of these: `no` is false, `1:30` is 90, `0123` is 83. Here all is text.
EMPTY = {"", "~", "null", "-"}


@dataclass(frozen=True)
class Place:
    """Where something stands: file and line (or row), and what it is called there."""

    file: str
    line: int
    name: str = ""
    unit: str = "line"

    def __str__(self) -> str:
        called = f" ({self.name})" if self.name else ""
        return f"{self.file} {self.unit} {self.line}{called}"


@dataclass(frozen=True)
class Record:
    """One entry: its fields as text or lists of text, each with the line it stands on."""

    place: Place
    fields: Mapping[str, Any]
    lines: Mapping[str, int]

    def where(self, name: str) -> Place:
        """The place of a field."""
        line = self.lines.get(name, self.place.line)
        return Place(self.place.file, line, self.place.name, self.place.unit)

    def text(self, *names: str) -> str:
        """The first of these fields that says something; raises CannotRun where it is no text."""
        for name in names:
            given = self.fields.get(name, "")
            if not isinstance(given, str | None):
                raise CannotRun(f"{self.where(name)}: {name} is a list; write one text")
            given = given or ""  # a CSV row may end early
            if given.strip().lower() not in EMPTY:
                return str(given.strip())
        return ""

    def texts(self, *names: str) -> tuple[str, ...]:
        """A field that may be one text, a list, or in a CSV a list between semicolons."""
        for name in names:
            given = self.fields.get(name, "")
            if isinstance(given, Record):
                raise CannotRun(f"{self.where(name)}: {name} is a mapping; write a list")
            if isinstance(given, str):
                given = re.split(r"[;,\s]\s*", given.strip().strip("[]").replace('"', ""))
            found = [str(one).strip() for one in given if str(one).strip().lower() not in EMPTY]
            if found:
                return tuple(found)
        return ()

    def number(self, *names: str, least: float | None = None) -> float | None:
        """A plain number; None where nothing is written; raises CannotRun for anything else."""
        for name in names:
            text = self.text(name)
            if not text:
                continue
            if not NUMBER.fullmatch(text):
                raise CannotRun(
                    f"{self.where(name)}: {name} is {shown(text)}, which is not a plain number; "
                    "write digits only, such as 128400"
                )
            if least is not None and float(text) < least:
                raise CannotRun(f"{self.where(name)}: {name} is {text}; write {least:g} or more")
            return float(text)
        return None

    def whole(self, *names: str, least: int | None = None) -> int | None:
        """A whole number, such as cents; raises CannotRun for a fraction."""
        found = self.number(*names, least=least)
        if found is not None and found != int(found):
            name = next(one for one in names if self.text(one))
            raise CannotRun(
                f"{self.where(name)}: {name} is {self.text(name)}; write whole cents, so 1284000 "
                "for 12,840.00"
            )
        return None if found is None else int(found)

    def only(self, known: Sequence[str]) -> None:
        """Raise CannotRun for a field that is not one of these, with the nearest."""
        for name in self.fields:
            if name not in known and name.isdigit():
                raise CannotRun(
                    f"{self.where(name)}: {name} stands alone: a number breaks at its comma here; "
                    "write digits only, such as 1284000"
                )
            if name not in known:
                near = get_close_matches(name.lower(), known, 1, 0.6)
                meant = f"did you mean {near[0]}?" if near else f"there is: {', '.join(known)}"
                raise CannotRun(f"{self.where(name)}: {shown(name)} is not known here; {meant}")


def shown(text: str) -> str:
    """A text in a message, cut short."""
    text = " ".join(str(text).split())
    return repr(text if len(text) <= 40 else text[:39] + "…")


def text_of(path: Path, what: str) -> str:
    """A file's text; raises CannotRun, `what` says which file it should be."""
    try:
        return text(path)
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise CannotRun(f"{path} line {line}: is not text in UTF-8; save it as UTF-8") from None
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}; {what}") from None


def yaml_of(path: Path, what: str) -> Record:
    """A YAML file as one record; lists of mappings are lists of records. Raises CannotRun."""
    return yaml_text(text_of(path, what), str(path))


def yaml_text(text: str, file: str) -> Record:
    """The same of a text; `file` names it in messages."""
    try:
        node = yaml.compose(text, yaml.BaseLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = f" line {mark.line + 1}" if mark else ""
        raise CannotRun(
            f"{file}{line}: is not YAML ({error.problem}); look at colons, quotes and indents"
        ) from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise CannotRun(f"{file}: is not YAML: {str(error).splitlines()[0]}") from None
    if not isinstance(node, yaml.MappingNode):
        raise CannotRun(f"{file} line 1: is not a mapping; write its keys, one a line")
    try:
        return _Reader(file).record(node, whole=True)
    except RecursionError:
        raise CannotRun(f"{file}: an alias holds itself; write it out") from None


class _Reader:
    """Turns nodes into records; each node once, however many aliases name it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.known: dict[int, Any] = {}

    def value(self, node: Any) -> Any:
        """Text, a list, or a record."""
        if id(node) not in self.known:
            if isinstance(node, yaml.ScalarNode):
                self.known[id(node)] = node.value
            elif isinstance(node, yaml.SequenceNode):
                self.known[id(node)] = [self.value(one) for one in node.value]
            else:
                self.known[id(node)] = self.record(node)
        return self.known[id(node)]

    def record(self, node: Any, *, whole: bool = False) -> Record:
        """A mapping as a record, called by its first text unless it is the `whole` file.

        Raises CannotRun for a key that stands there twice.
        """
        fields: dict[str, Any] = {}
        lines: dict[str, int] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if not isinstance(key, yaml.ScalarNode):
                raise CannotRun(f"{self.file} line {line}: a key is a list; write a name")
            if key.value in fields:
                raise CannotRun(
                    f"{self.file} line {line}: {shown(key.value)} stands there twice; keep one"
                )
            fields[key.value], lines[key.value] = self.value(value), line
        first = next((v for v in fields.values() if isinstance(v, str)), "")
        place = Place(self.file, node.start_mark.line + 1, "" if whole else first[:60])
        return Record(place, fields, lines)


def records(of: Record, name: str) -> list[Record]:
    """A field that is a list of mappings; raises CannotRun for anything else."""
    given = of.fields.get(name, [])
    if isinstance(given, str) and given.strip().lower() in EMPTY | {"[]"}:
        return []
    if not isinstance(given, list) or not all(isinstance(one, Record) for one in given):
        raise CannotRun(f"{of.where(name)}: {name} is not a list of entries; begin each with '- '")
    return given


def csv_of(path: Path, needs: Sequence[str], what: str) -> list[Record]:
    """The rows of a small CSV with a header; raises CannotRun, with the row."""
    text = text_of(path, what)
    first = text.partition("\n")[0]
    mark = max(",;\t", key=first.count)
    rows = csv.reader(io.StringIO(text), delimiter=mark)
    header = [name.strip().lower() for name in next(rows, [])]
    if missing := [name for name in needs if not set(name.split("|")) & set(header)]:
        has = ", ".join(header) or "nothing"
        wanted = missing[0].replace("|", " or ")
        raise CannotRun(f"{path} row 1: has no column {wanted}, only {has}; {what}")
    found = []
    for number, cells in enumerate(rows, 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) > len(header):
            raise CannotRun(
                f"{path} row {number}: has {len(cells)} cells, the header {len(header)}; put text "
                "that holds a comma between quotes"
            )
        fields = dict(zip(header, cells, strict=False))
        name = next((cell.strip() for cell in cells if cell.strip()), "")
        found.append(Record(Place(str(path), number, name[:60], "row"), fields, {}))
    return found
