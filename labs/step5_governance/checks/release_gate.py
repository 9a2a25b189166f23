"""release-gate: the inventory says what the warehouse's own log has seen, with evidence that holds.

The page's sentence -> the cases that try it
    Each application and principal of the log has an entry; -> every path of the log is listed
    an application with two principals has two -> the principal is the one of the log
    What the log has not seen is not listed -> nothing is listed that nobody has seen
    principal is user where the log has a person under on behalf of ->
        the principal is the one of the log
    objects are the tables -> the tables are those of the log
    a wildcard is not a name -> each table by its name
    evidence is a file that there is -> the evidence is there; the evidence shows this application;
        the evidence is newer than the policy
    one may serve two entries -> not judged: a right list has one that does
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.govern.paths import AccessPath, read
from labs.step5_governance.world.connections import (
    EVIDENCE,
    POLICY_MADE,
    USER,
    log,
    observed,
)
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Every path, its principal, its tables and its evidence, each by itself."""
    yield Case("a list of paths", partial(_readable, answer), "path-missing", plain=True)
    try:
        paths = _read(answer.text)
    except CannotRun:
        return

    def case(name: str, judged: Any, finding: str) -> Case:
        return Case(name, partial(judged, paths, observed(log(seed))), finding)

    yield case("every path of the log is listed", _missing, "path-missing")
    yield case("the principal is the one of the log", _principals, "principal-untrue")
    yield case("nothing is listed that nobody has seen", _unseen, "path-unseen")
    yield case("each table by its name", _wildcards, "objects-wildcard")
    yield case("the tables are those of the log", _objects, "objects-untrue")
    yield case("the evidence is there", _there, "evidence-missing")
    yield case("the evidence shows this application", _fitting, "evidence-other")
    yield case("the evidence is newer than the policy", _newer, "evidence-old")


def _read(text: str) -> list[AccessPath]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "paths.yml"
        path.write_text(text, encoding="utf-8")
        try:
            return read(path)
        except CannotRun as error:
            raise CannotRun(str(error).replace(str(path), "paths.yml")) from None


def _readable(answer: Answer) -> None:
    try:
        _read(answer.text)
    except CannotRun as error:
        raise AnswerFailed(Failure("paths", str(error))) from None


Seen = dict[tuple[str, str], set[str]]


def _principal(one: AccessPath) -> str:
    return USER if one.principal.lower() == USER else one.principal


def _missing(paths: Sequence[AccessPath], seen: Seen) -> Finding | None:
    listed = {one.application for one in paths}
    missing = sorted({application for application, _ in seen} - listed)
    if not missing:
        return None
    told = f"{len(missing)} of {len({a for a, _ in seen})} applications of the log are not listed"
    return Finding("path-missing", told, [{"application": name} for name in missing])


def _principals(paths: Sequence[AccessPath], seen: Seen) -> Finding | None:
    listed = {(one.application, _principal(one)) for one in paths}
    for application in dict.fromkeys(one.application for one in paths):
        true = {principal for name, principal in seen if name == application}
        mine = {principal for name, principal in listed if name == application}
        if true and mine != true:
            told = f"{application} is listed as {_and(mine)}; the log has it as {_and(true)}"
            return Finding("principal-untrue", told)
    return None


def _and(names: set[str]) -> str:
    return " and ".join(sorted(name or "nobody" for name in names))


def _unseen(paths: Sequence[AccessPath], seen: Seen) -> Finding | None:
    known = {application for application, _ in seen}
    unseen = sorted({one.application or one.name for one in paths if one.application not in known})
    if not unseen:
        return None
    return Finding("path-unseen", f"{', '.join(unseen)}: the log has no such application")


def _wildcards(paths: Sequence[AccessPath], _: Seen) -> Finding | None:
    for one in paths:
        if not one.objects or any("*" in name or "%" in name for name in one.objects):
            told = ", ".join(one.objects) or "nothing"
            return Finding("objects-wildcard", f"the objects of {one.name} are: {told}")
    return None


def _objects(paths: Sequence[AccessPath], seen: Seen) -> Finding | None:
    listed: Seen = {}
    for one in paths:
        tables = {name.lower().split(".")[0] for name in one.objects}
        listed.setdefault((one.application, _principal(one)), set()).update(tables)
    for key, true in seen.items():
        mine = listed.get(key, true)
        if mine != true:
            told = f"{key[0]} as {key[1]} lists {_and(mine)}; the log has {_and(true)}"
            return Finding("objects-untrue", told)
    return None


def _there(paths: Sequence[AccessPath], _: Seen) -> Finding | None:
    for one in paths:
        if one.evidence not in EVIDENCE:
            told = f"the evidence of {one.name} is {one.evidence or 'not named'}"
            return Finding("evidence-missing", f"{told}, and there is no such file")
    return None


def _fitting(paths: Sequence[AccessPath], _: Seen) -> Finding | None:
    for one in paths:
        shows = EVIDENCE.get(one.evidence, (one.application,))[0]
        if shows != one.application:
            told = f"the evidence of {one.name} is {one.evidence}, which shows {shows}"
            return Finding("evidence-other", told)
    return None


def _newer(paths: Sequence[AccessPath], _: Seen) -> Finding | None:
    for one in paths:
        made = EVIDENCE.get(one.evidence, ("", POLICY_MADE))[1]
        if made < POLICY_MADE:
            age = (POLICY_MADE - made).total_seconds()
            told = f"the evidence of {one.name} is {age:,.0f} s older than the policy"
            return Finding("evidence-old", told)
    return None
