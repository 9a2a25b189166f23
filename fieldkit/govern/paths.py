"""Access paths: each application's way to the data, whose rights it has, and the evidence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit.govern import evidence
from fieldkit.govern.documents import Place, parsed, read_text, shown
from fieldkit.govern.found import Gated, Refusal
from fieldkit.govern.policy import Policy, folded

FIELDS = ("name", "application", "principal", "objects", "evidence", "owner", "note")
USER = "user"
PRINCIPAL = "Paths that do not have their user's rights"
OBJECTS = "Paths that do not say what they reach"
EVIDENCE = "Paths without evidence that holds"


@dataclass(frozen=True)
class AccessPath:
    """One way to the data. `principal`: whose rights count; `evidence`: a file that shows it."""

    name: str
    application: str = ""
    principal: str = ""
    objects: tuple[str, ...] = ()
    evidence: str = ""


def read(path: Path) -> list[AccessPath]:
    """The paths in a file; raises CannotRun, with the place in it, for what cannot be meant."""
    where = f"--paths {path}"
    found = parsed(read_text(path, where), where)
    place = Place(where)
    if isinstance(found, dict):
        found = place.mapping(found, ("paths",)).get("paths")
    items = place.items(found)
    if not items:
        raise place.refused("lists no path; list each application's way to the data")
    return [_one(one, number, place) for number, one in enumerate(items, 1)]


def _one(found: Any, number: int, place: Place) -> AccessPath:
    parts = place.at(f"item {number}").mapping(found, FIELDS)
    here = place.at(str(parts.get("name") or f"item {number}"))
    given = {
        name: here.at(name).text(parts[name])
        for name in ("name", "application", "principal", "evidence")
        if parts.get(name) is not None and str(parts[name]).strip()
    }
    if "name" not in given:
        raise here.refused("has no name")
    objects = parts.get("objects") or []
    listed = objects if isinstance(objects, list) else [objects]
    return AccessPath(objects=tuple(here.at("objects").text(one) for one in listed), **given)


def judge(path: Path, policy_file: Path, policy: Policy, found: Gated) -> None:
    """Add what is wrong with the paths in a file to what the gate found."""
    paths = read(path)
    found.checked += [("path", one.name) for one in paths]
    for one in paths:
        found.refusals += _principal(one, paths)
        found.refusals += _objects(one)
        found.refusals += _evidence(one, path.parent, policy_file)
        if unknown := _unknown(one, policy):
            found.warnings.append(f"{one.name}: the policy has no class of {', '.join(unknown)}")


def _principal(one: AccessPath, paths: list[AccessPath]) -> Iterator[Refusal]:
    do = "Let the application open its data as the user who asks, and write `principal: user`."
    if not one.principal:
        yield Refusal(PRINCIPAL, one.name, "names no principal", do)
    elif one.principal.lower() != USER:
        what = f"reads as {shown(one.principal)}, whoever asks"
        yield Refusal(PRINCIPAL, one.name, what, do)
    if [other.name for other in paths].count(one.name) > 1:
        yield Refusal(PRINCIPAL, one.name, "is there twice: which is true?", "Keep one of them.")


def _objects(one: AccessPath) -> Iterator[Refusal]:
    do = "List the tables (or table.column) that it reaches, each by its name."
    if not one.objects:
        yield Refusal(OBJECTS, one.name, "names no object", do)
    elif wild := [name for name in one.objects if "*" in name or "%" in name]:
        yield Refusal(OBJECTS, one.name, f"{shown(wild[0])} is a wildcard", do)


def _unknown(one: AccessPath, policy: Policy) -> list[str]:
    tables = {name.partition(".")[0] for name in policy.classes}
    return [name for name in one.objects if "*" not in name and _table(name) not in tables | {"*"}]


def _table(name: str) -> str:
    return folded(name).partition(".")[0]


def _evidence(one: AccessPath, folder: Path, policy: Path) -> Iterator[Refusal]:
    do = (
        "Ask it as each persona again: fieldkit govern access … --policy POLICY --evidence EVIDENCE"
        " (its name stands in personas.yml, application: name)"
    )
    if not one.evidence:
        yield Refusal(EVIDENCE, one.name, "names no evidence", do)
    elif why := evidence.why_not(folder / one.evidence, one.application, policy):
        yield Refusal(EVIDENCE, one.name, f"its evidence, {shown(one.evidence)}, {why}", do)
