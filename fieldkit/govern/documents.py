"""Reads YAML strictly: one clear line for what is unknown, doubled or of the wrong kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from fieldkit.errors import CannotRun
from fieldkit.inputs import text

MOST_BYTES = 4_000_000  # a policy is written by people; what is larger is another file


class _Strict(yaml.SafeLoader):
    """YAML's own loader takes the last of two equal keys, in silence: a hole in a policy."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        seen: set[str] = set()
        for key, _ in node.value:
            name = str(key.value) if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                raise yaml.MarkedYAMLError(
                    problem=f"{name} is there twice", problem_mark=key.start_mark
                )
            seen.add(name)
        return super().construct_mapping(node, deep)


def parsed(text: str, where: str) -> Any:
    """The content of a YAML text; raises CannotRun that begins with `where`, and names the line."""
    try:
        return yaml.load(text, Loader=_Strict)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        line = f", line {mark.line + 1}" if mark else ""
        why = getattr(error, "problem", "") or "it cannot be understood"
        raise CannotRun(f"{where}: is not valid YAML{line}: {why}") from None


def read_text(path: Path, where: str) -> str:
    """A small text file; raises CannotRun where it is missing, too large or not UTF-8."""
    try:
        if path.is_file() and path.stat().st_size > MOST_BYTES:
            raise CannotRun(f"{where}: has more than {MOST_BYTES // 10**6} MB; name another file")
        return text(path)
    except FileNotFoundError:
        raise CannotRun(f"{where}: there is no such file") from None
    except UnicodeDecodeError:
        raise CannotRun(f"{where}: is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise CannotRun(f"{where}: cannot be read: {error.strerror or error}") from None


@dataclass(frozen=True)
class Place:
    """A place in a document, by name: begins every complaint about what stands there."""

    name: str

    def at(self, part: str) -> Place:
        """The place of a part of it."""
        return Place(f"{self.name}: {shown(part)}")

    def refused(self, why: str) -> CannotRun:
        """The error to raise."""
        return CannotRun(f"{self.name}: {why}")

    def mapping(self, found: Any, known: Sequence[str] = ()) -> dict[str, Any]:
        """`name: value` lines; `known`: the only names that may stand there."""
        if not isinstance(found, dict):
            raise self.refused("write `name: value` lines below it")
        for name in found:
            if known and name not in known:
                raise self.refused(f"there is no {shown(name)}; there are: {', '.join(known)}")
        return {self.at(str(name)).text(name): value for name, value in found.items()}

    def items(self, found: Any) -> list[Any]:
        """A list."""
        if not isinstance(found, list):
            raise self.refused("write a list, an item a line, each after `- `")
        return found

    def text(self, found: Any) -> str:
        """A text that is not empty; numbers and booleans count as what they look like."""
        if isinstance(found, bool):
            return str(found).lower()
        if isinstance(found, int | float):
            return str(found)
        if not isinstance(found, str):
            raise self.refused("write a text")
        if not found.strip():
            raise self.refused("says nothing")
        return found.strip()


def shown(value: object) -> str:
    """A name from a file in a message: on one line, and short."""
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:59] + "…"
