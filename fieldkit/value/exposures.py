"""dbt's exposures, from YAML or manifest.json: what outside depends on which table."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.value import graphs
from fieldkit.value.written import Record, records, text_of, yaml_text

CALL = re.compile(r"^\s*(ref|source|metric)\s*\((.*)\)\s*$", re.DOTALL)
QUOTED = re.compile(r"['\"]([^'\"]+)['\"]")


@dataclass(frozen=True)
class Exposure:
    """A dashboard, notebook or application; `tables`: as they are named there."""

    name: str
    tables: tuple[str, ...]
    owner: str = ""
    where: str = ""


def read(path: Path, notes: list[str]) -> list[Exposure]:
    """All exposures of a file; raises CannotRun. One without an owner is noted."""
    text = text_of(path, "name dbt's exposures.yml or manifest.json")
    manifest = graphs.manifest_of(path, text[: 2**16]) if text.lstrip().startswith("{") else {}
    found = _of_manifest(path, manifest) if manifest else _of_yaml(path, text, notes)
    for one in found:
        if not one.owner:
            notes.append(
                f"{one.where}: has no owner; add owner: {{name: …, email: …}}, so that somebody "
                "can be asked."
            )
    return found


def _of_yaml(path: Path, text: str, notes: list[str]) -> list[Exposure]:
    told = yaml_text(text, str(path))
    if "exposures" not in told.fields:
        raise CannotRun(f"{path} line 1: has no exposures:; name dbt's exposures.yml")
    return [_exposure(one, notes) for one in records(told, "exposures")]


def _exposure(one: Record, notes: list[str]) -> Exposure:
    name = one.text("name")
    if not name:
        raise CannotRun(f"{one.place}: an exposure has no name; write name: …")
    owner = one.fields.get("owner", "")
    if isinstance(owner, Record):
        owner = "; ".join(owner.texts("email")) or owner.text("name")
    given = one.fields.get("depends_on", [])
    given = [given] if isinstance(given, str) and given else given
    tables = [table for call in given or () if (table := _table(call, one, notes))]
    return Exposure(name, tuple(tables), str(owner).strip(), str(one.place))


def _table(call: Any, one: Record, notes: list[str]) -> str:
    found = CALL.match(str(call))
    words = QUOTED.findall(re.sub(r"\b(v|version)\s*=.*", "", found[2])) if found else []
    if not found or not words:
        raise CannotRun(
            f"{one.where('depends_on')}: depends_on has {str(call)[:40]!r}; write ref('model') or "
            "source('schema', 'table')"
        )
    if found[1] == "metric":
        notes.append(f"{one.where('depends_on')}: metric {words[0]} names no table; left out.")
        return ""
    return ".".join(words) if found[1] == "source" else words[-1]


def _of_manifest(path: Path, manifest: dict[str, Any]) -> list[Exposure]:
    tables = graphs.relations(manifest)
    found = []
    for one in (manifest.get("exposures") or {}).values():
        owner = one.get("owner") or {}
        mail = owner.get("email") or owner.get("name") or ""
        needs = (one.get("depends_on") or {}).get("nodes") or ()
        named = tuple(tables[key] for key in needs if key in tables)
        place = f"{path} ({one.get('name')})"
        found.append(Exposure(str(one.get("name")), named, str(mail), place))
    return found
