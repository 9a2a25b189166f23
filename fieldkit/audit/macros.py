"""A dbt project's own macros, and those of its installed packages, called as dbt calls them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import yaml

from fieldkit.audit import reading
from fieldkit.errors import CannotRun

MACRO = re.compile(
    r"\{%-?\s*macro\s+(?P<name>\w+)\s*\(.*?\{%-?\s*endmacro\s*-?%\}", re.DOTALL
)  # one after another: dbt allows none inside another
ENV_VAR = re.compile(
    r"\{\{\s*env_var\(\s*(['\"])\w+\1\s*,\s*(['\"])(?P<default>[^'\"]*)\2\s*\)\s*\}\}"
)
CLOCK = r"\brun_started_at\b|\bmodules\.datetime\b"  # what in Jinja tells the time
LARGEST = 1_000_000  # bytes of one file


class Unrendered(Exception):
    """The text cannot be rendered without dbt; the message says why, in one line."""


class Returned(Exception):
    """A value that a macro returns in place of text."""

    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


@dataclass(frozen=True)
class Surroundings:
    """What a dbt project says outside of its models: macros by package ("": its own), and the
    values of its variables; `project`: whether there is one.
    """

    macros: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    variables: Mapping[str, Any] = field(default_factory=dict)
    project: bool = False

    def text(self, name: str, package: str = "") -> str | None:
        """The text of a macro: a package's, the project's own, or any installed one's."""
        wanted = [self.macros.get(package, {}), self.macros.get("", {}), *self.macros.values()]
        return next((found[name] for found in wanted if name in found), None)

    @cached_property
    def clock(self) -> re.Pattern[str]:
        """What in a model asks when the run started: dbt's names, and macros that ask."""
        names: set[str] = set()
        while True:
            asks = re.compile("|".join((CLOCK, *(rf"\b{name}\b" for name in sorted(names)))))
            found = {
                name
                for own in self.macros.values()
                for name, text in own.items()
                if name not in names and asks.search(text)
            }
            if not found:
                return asks
            names |= found

    def names(self) -> Iterator[str]:
        """Every macro that can be called without naming a package."""
        for found in self.macros.values():
            yield from found


NONE = Surroundings()


def read(roots: Iterable[Path]) -> Surroundings:
    """What the dbt projects at these folders say; what cannot be read is left out."""
    macros: dict[str, dict[str, str]] = {"": {}}
    variables: dict[str, Any] = {}
    for root in roots:
        told = project(root)
        for folder in folders(root, told):
            macros[""] |= _in_folder(folder)
        variables |= _variables(told)
        own = str(told.get("name") or "")
        macros.setdefault(own, {}).update(
            macros[""]
        )  # dbt calls a project's macros by its name, too
        for package in sorted((root / "dbt_packages").glob("*/dbt_project.yml")):
            name = str(project(package.parent).get("name") or package.parent.name)
            for folder in folders(package.parent, project(package.parent)):
                macros.setdefault(name, {}).update(_in_folder(folder))
    return Surroundings(macros, variables, project=len(macros) > 1)


def folders(root: Path, told: Mapping[str, Any] | None = None) -> list[Path]:
    """The folders in which a project keeps its macros."""
    told = project(root) if told is None else told
    given = told.get("macro-paths")
    names = given if isinstance(given, list) else ["macros"]
    return [root / str(name) for name in names]


@lru_cache(maxsize=100)
def project(root: Path) -> Mapping[str, Any]:
    """What dbt_project.yml says; nothing where it cannot be read."""
    try:
        told = yaml.safe_load(reading.text(root / "dbt_project.yml"))
    except (OSError, yaml.YAMLError, ValueError, RecursionError, CannotRun):
        return {}
    return told if isinstance(told, dict) else {}


def _variables(told: Mapping[str, Any]) -> dict[str, Any]:
    given = told.get("vars")
    if not isinstance(given, dict):
        return {}
    own = given.get(str(told.get("name")))
    both = given | (own if isinstance(own, dict) else {})
    return {str(name): _rendered(value) for name, value in both.items()}


def _rendered(value: Any) -> Any:
    """A variable whose value is env_var('NAME', 'default'): the default."""
    found = ENV_VAR.fullmatch(value.strip()) if isinstance(value, str) else None
    return found["default"] if found else value


def _in_folder(folder: Path) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*.sql")) if folder.is_dir() else ():
        try:
            if path.is_file() and path.stat().st_size <= LARGEST:
                text = path.read_text(encoding="utf-8-sig", errors="replace")
                found |= {one["name"]: one[0] for one in MACRO.finditer(text)}
        except OSError:
            continue
    return found


class Callables:
    """The macros of a project as what Jinja can call, in one model's rendering."""

    def __init__(self, surroundings: Surroundings, template: Callable[[str], Any]) -> None:
        self._told, self._template = surroundings, template
        self.space: dict[str, Any] = {}

    def fill(self, space: dict[str, Any]) -> dict[str, Any]:
        """The names that a model's Jinja knows, macros among them; dbt's own names come first."""
        own = {name: self._called(name, "") for name in self._told.names()}
        self.space = own | space
        return self.space

    def find(self, name: str, package: str = "") -> Callable[..., Any] | None:
        """A macro by its name."""
        return None if self._told.text(name, package) is None else self._called(name, package)

    def installed(self, package: str) -> bool:
        """Whether a package's macros are here."""
        return package in self._told.macros

    def _called(self, name: str, package: str) -> Callable[..., Any]:
        def call(*given: Any, **named: Any) -> Any:
            text = self._told.text(name, package) or ""
            template = self._template(text)
            # A module would hide the macros whose names begin with an underscore.
            context = template.new_context(self.space)
            for _ in template.root_render_func(context):
                pass
            try:
                return str(context.vars[name](*given, **named))
            except Returned as returned:
                return returned.value

        return call
