"""What dbt_project.yml and a model's YAML say of how it is built, as dbt merges it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from fieldkit.audit import macros

HOW = ("materialized", "incremental_strategy", "unique_key", "event_time", "partition_by", "tags")


def of_folders(roots: Iterable[Path], path: Path) -> dict[str, Any]:
    """What the dbt project around a file says for its folder; outside of any project nothing."""
    real = _real(path)
    around = [root for root in roots if _real(root) in real.parents]
    if not around:
        return {}
    root = max(around, key=lambda one: len(_real(one).parts))
    told = macros.project(root)
    found: dict[str, Any] = {"materialized": "view"}  # what dbt builds where nobody says
    level = _part(told.get("models"), str(told.get("name")))
    within = real.relative_to(_real(root)).with_suffix("").parts[1:]
    for name in ("", *within):
        level = _part(level, name) if name else level
        found |= how(level)
    return found


def _real(path: Path) -> Path:
    """Where a path leads; links in a loop lead nowhere, which is no error yet."""
    return Path(os.path.realpath(path))


def how(told: Any) -> dict[str, Any]:
    """The keys of a config that say how a model is built, written with or without a plus."""
    if not isinstance(told, Mapping):
        return {}
    both = ((name, told.get(f"+{name}", told.get(name))) for name in HOW)
    return {name: value for name, value in both if isinstance(value, str | list | dict) and value}


def _part(level: Any, name: str) -> Any:
    return level.get(name) if isinstance(level, Mapping) else None
