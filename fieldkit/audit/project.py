"""The files of a dbt project or a folder of SQL, and what their YAML says of keys."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from fieldkit.audit import configured, elsewhere, macros, reading
from fieldkit.audit.catalog import Table, made_of_others
from fieldkit.audit.macros import NONE, Surroundings
from fieldkit.errors import CannotRun

LEFT_OUT = {"target", "dbt_packages", "dbt_modules", "node_modules", ".git", ".venv", "logs"}
NOT_MODELS = {"macros", "tests", "analyses", "snapshots", "seeds"}
# A value that variables decide is left alone: whoever uses the package sets them.
_DISABLED = re.compile(r"\bconfig\s*\([^)]*?\benabled['\"]?\s*[=:]\s*false\b", re.IGNORECASE)
LARGEST = 2_000_000  # bytes: a model that long is generated, and parsing it takes minutes


@dataclass(frozen=True)
class File:
    """One file that is a model; `why`: it has no text to judge, and why.

    `compiled`: what dbt made of it, where there is a manifest. `config`: what is said of it
    outside of its text.
    """

    path: str
    text: str = ""
    why: str = ""
    compiled: str = ""
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The model's name."""
        return Path(self.path).stem


@dataclass(frozen=True)
class Project:
    """Files in order of their paths; `tables`: what YAML says models are unique by.

    `tested`: the models with a test of their key; None where no YAML was read. `unread`: paths of
    files of other kinds that hold SQL.
    """

    files: tuple[File, ...]
    tables: tuple[Table, ...] = ()
    tested: frozenset[str] = frozenset()
    notes: tuple[str, ...] = field(default=())
    surroundings: Surroundings = NONE
    unread: tuple[str, ...] = ()


def read(path: Path) -> Project:
    """Read a project, a folder or one file; raises CannotRun where there is none."""
    if not path.exists():
        raise CannotRun(f"{path}: is not there; give a dbt project or a folder of SQL")
    root = path if path.is_dir() else path.parent
    found = sorted(_walk(path)) if path.is_dir() else [path]
    roots = [f.parent for f in found if f.name == "dbt_project.yml"] if path.is_dir() else []
    apart = {folder.resolve() for one in roots for folder in macros.folders(one)}
    models = [
        f for f in found if f.suffix.lower() in (".sql", ".py") and _is_model(f, roots, apart)
    ]
    others = elsewhere.with_sql(found, root) if path.is_dir() else []
    told = [_yaml(f, root) for f in found if f.suffix.lower() in (".yml", ".yaml")]
    keys = [key for one, _ in told for key in keys_in(one)]
    tables = (Table(name, grain=key, tested=True) for name, key in keys if not made_of_others(key))
    own = {name: config for one, _ in told for name, config in _configs_in(one)}
    roots = roots or _around(root)
    files = (replace(_file(f, root), config=configured.of_folders(roots, f)) for f in models)
    return Project(
        tuple(replace(file, config={**file.config, **own.get(file.name, {})}) for file in files),
        tuple(tables), frozenset(name for name, _ in keys),
        tuple(note for _, notes in told for note in notes), macros.read(roots),
        tuple(sorted(_named(one, root) for one in others)),
    )  # fmt: skip


def _walk(folder: Path) -> Iterator[Path]:
    """Files below a folder; no link to a folder is followed, so none leads in a circle."""
    for here, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(f for f in folders if f not in LEFT_OUT)
        yield from (Path(here) / name for name in files)


def _around(folder: Path) -> list[Path]:
    """The dbt project that a folder or file is in, for its macros."""
    above = (folder.absolute(), *folder.absolute().parents)
    return [one for one in above if (one / "dbt_project.yml").is_file()][:1]


def _is_model(path: Path, roots: list[Path], apart: set[Path]) -> bool:
    """In a dbt project tests, macros and the like are no models; Python files only there are."""
    if apart & {folder.resolve() for folder in path.parents}:
        return False
    root = max((r for r in roots if r in path.parents), key=lambda r: len(r.parts), default=None)
    parts = path.relative_to(root).parts[:-1] if root else ()
    if NOT_MODELS & set(parts):
        return False
    return path.suffix.lower() == ".sql" or "models" in parts


def _file(path: Path, root: Path) -> File:
    name = _named(path, root)
    if path.suffix.lower() == ".py":
        return File(name, why="a Python model: no rule reads it")
    try:
        if path.exists() and not path.is_file():
            return File(name, why="cannot be read: it is not a regular file")
        if path.stat().st_size > LARGEST:
            return File(name, why=f"larger than {LARGEST // 1_000_000} MB; split it")
        raw = path.read_bytes()
    except OSError as error:
        return File(name, why=f"cannot be read: {error.strerror}")
    return _of_text(name, _decoded(raw))


def _of_text(name: str, text: str) -> File:
    if not text.strip():
        return File(name, why="is empty")
    if _DISABLED.search(text):
        return File(name, why="is not enabled, as its config says: dbt does not build it")
    return File(name, text)


def _named(path: Path, root: Path) -> str:
    """The path in a report: a name that is not UTF-8 could stand in none."""
    return path.relative_to(root).as_posix().encode("utf-8", "replace").decode()


def _decoded(raw: bytes) -> str:
    """UTF-8 or UTF-16 by its mark, or what Latin-1 makes of it, which never fails."""
    utf_16 = raw.startswith((b"\xff\xfe", b"\xfe\xff"))
    try:
        return raw.decode("utf-16" if utf_16 else "utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _yaml(path: Path, root: Path) -> tuple[list[Any], list[str]]:
    """The models that one file describes, and what could not be read."""
    name = path.relative_to(root).as_posix()
    try:
        told = yaml.safe_load(reading.text(path))
    except (yaml.YAMLError, OSError, ValueError, RecursionError, CannotRun) as error:
        first = next(iter(str(error).splitlines()), "")
        return [], [f"{name}: its YAML cannot be read ({first}); its tests are not known"]
    models = told.get("models") if isinstance(told, dict) else None
    return _listed(models), []


def _configs_in(models: Iterable[Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    for model in models:
        if isinstance(model, dict) and isinstance(model.get("name"), str):
            yield model["name"], configured.how(model.get("config"))


def keys_in(models: Iterable[Any]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """(model, what a test says that it is unique by) for each model of a YAML file that has one."""
    for model in models:
        if isinstance(model, dict) and isinstance(model.get("name"), str):
            key = next(_tested_keys(model), None)
            if key is not None:
                yield model["name"], key


def _tested_keys(model: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for test in _tests(model):
        for name, told in test.items():
            if str(name).endswith("unique_combination_of_columns") and isinstance(told, dict):
                given = told.get("arguments", told)
                columns = given.get("combination_of_columns") if isinstance(given, dict) else None
                if isinstance(columns, list) and columns:
                    yield tuple(str(c).lower() for c in columns)
    for column in _listed(model.get("columns")):
        if isinstance(column, dict) and any("unique" in test for test in _tests(column)):
            yield (str(column.get("name", "")).lower(),)


def _tests(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key in ("tests", "data_tests"):
        for test in _listed(node.get(key)):
            yield test if isinstance(test, dict) else {str(test): {}}


def _listed(given: Any) -> list[Any]:
    """YAML may say anything: what is not a list has no parts."""
    return given if isinstance(given, list) else []
