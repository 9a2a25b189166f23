"""A team's standards, read from YAML: which rules hold, their examples, who may break one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml

from fieldkit.audit import reading
from fieldkit.audit.found import Waiver
from fieldkit.audit.rules import RULES
from fieldkit.errors import CannotRun

TOPICS = ("cost", "quality", "naming", "testing", "performance")
NAME_PATTERN, KEY_TESTED = "name-pattern", "key-tested"
THRESHOLDS: Mapping[str, tuple[str, type]] = {
    "full-scan": ("over_bytes", int),
    "incremental-unfiltered": ("over_bytes", int),
    NAME_PATTERN: ("pattern", str),
}
KNOWN = (*RULES, NAME_PATTERN, KEY_TESTED)
PARTS = ("name", "description", "rules", "waivers", "today")
RULE_PARTS = ("id", "topic", "why", "bad", "good", "over_bytes", "pattern")
WAIVER_PARTS = ("model", "rule", "owner", "until")


class StandardsError(CannotRun):
    """The text is not usable as standards; says what, where and what to do."""


@dataclass(frozen=True)
class Standard:
    """One rule of a team: which rule of the audit enforces it, why, and two examples in SQL."""

    id: str
    topic: str = ""
    why: str = ""
    bad: str = ""
    good: str = ""
    threshold: int | str | None = None


@dataclass(frozen=True)
class Standards:
    """What a team agreed on; without a file all rules hold, and nothing is waived."""

    name: str = ""
    description: str = ""
    rules: tuple[Standard, ...] = tuple(Standard(rule) for rule in RULES)
    waivers: tuple[Waiver, ...] = ()

    @property
    def ids(self) -> list[str]:
        """The rules that hold."""
        return [rule.id for rule in self.rules]

    def threshold(self, rule: str) -> Any:
        """A rule's threshold; None where it has none."""
        return next((r.threshold for r in self.rules if r.id == rule), None)


def read(path: Path) -> Standards:
    """Read standards.yml; raises StandardsError."""
    try:
        text = reading.text(path, "--standards ")
    except OSError as error:
        raise StandardsError(
            f"{path}: {error.strerror}; `fieldkit skills init` makes one"
        ) from None
    return parsed(text, str(path))


class _Loader(yaml.SafeLoader):
    """Takes no key twice; the library's own loader keeps the last one and says nothing."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        names = [key.value for key, _ in node.value]
        for number, name in enumerate(names):
            if name in names[:number]:
                line = node.value[number][0].start_mark.line + 1
                raise StandardsError(f"line {line}: {name} stands there twice; keep one of them")
        return super().construct_mapping(node, deep)


def loaded(text: str) -> Any:
    """A YAML text as plain values; raises StandardsError with the line."""
    try:
        return yaml.load(text, _Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + 1}: " if mark else ""
        said = error.problem or "it does not parse"
        raise StandardsError(f"{where}not YAML ({said}); look at colons, quotes, indents") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise StandardsError(f"not YAML: {str(error).splitlines()[0]}") from None


def parsed(text: str, where: str = "standards") -> Standards:
    """The standards that a YAML text says; raises StandardsError."""
    try:
        told = loaded(text)
    except StandardsError as error:
        raise StandardsError(f"{where}: {error}") from None
    if not isinstance(told, dict):
        raise StandardsError(f"{where}: write the keys {', '.join(PARTS[:4])}, one a line")
    _only(told, PARTS, where)
    rules = told.get("rules", list(RULES))
    if not isinstance(rules, list):
        raise StandardsError(
            f"{where}: rules is {shown(rules)}; write a list, each with an id, or leave the key"
            " out: then all hold"
        )
    found = tuple(_standard(rule, f"{where}: rules[{n}]") for n, rule in enumerate(rules, 1))
    ids = [rule.id for rule in found]
    twice = next((i for i in ids if ids.count(i) > 1), "")
    if twice:
        raise StandardsError(f"{where}: the rule {twice} stands there twice; keep one of them")
    given = told.get("waivers") or []
    if not isinstance(given, list):
        raise StandardsError(f"{where}: waivers is {shown(given)}; write a list of them")
    waivers = tuple(waiver(one, f"{where}: waivers[{n}]") for n, one in enumerate(given, 1))
    return Standards(
        _text(told.get("name", ""), f"{where}: name"),
        _text(told.get("description", ""), f"{where}: description"), found, waivers,
    )  # fmt: skip


def _standard(told: Any, where: str) -> Standard:
    told = {"id": told} if isinstance(told, str) else told
    if not isinstance(told, dict) or "id" not in told:
        raise StandardsError(f"{where} is {shown(told)}; write at least an id: {KNOWN[0]}")
    rule = known(told["id"], f"{where}.id", KNOWN)
    _only(told, RULE_PARTS, f"{where} ({rule})")
    topic = told.get("topic", "")
    if topic:
        known(topic, f"{where}.topic ({rule})", TOPICS)
    texts = {n: _text(told.get(n, ""), f"{where}.{n} ({rule})") for n in ("why", "bad", "good")}
    return Standard(rule, topic, threshold=_threshold(rule, told, where), **texts)


def _threshold(rule: str, told: Mapping[str, Any], where: str) -> int | str | None:
    name, kind = THRESHOLDS.get(rule, ("", str))
    given = told.get(name) if name else None
    if given is None:
        return None
    if kind is int and (isinstance(given, bool) or not isinstance(given, int) or given <= 0):
        example = "a whole number of bytes from 1, like 1000000"
        raise StandardsError(f"{where}.{name} ({rule}) is {shown(given)}; write {example}")
    if kind is str and not (isinstance(given, str) and _compiles(given)):
        example = "a regular expression in quotes, like '^(stg|fct|dim)_'"
        raise StandardsError(f"{where}.{name} ({rule}) is {shown(given)}; write {example}")
    return given  # type: ignore[no-any-return]


def _compiles(pattern: str) -> bool:
    import re

    try:
        return bool(pattern) and bool(re.compile(pattern))
    except (re.error, OverflowError, RecursionError):
        return False


def waiver(told: Any, where: str) -> Waiver:
    """One waiver; raises StandardsError unless it names model, rule, owner and a day."""
    if not isinstance(told, dict):
        raise StandardsError(f"{where} is {shown(told)}; write {', '.join(WAIVER_PARTS)}")
    _only(told, WAIVER_PARTS, where)
    missing = [name for name in WAIVER_PARTS if not told.get(name)]
    if missing:
        raise StandardsError(f"{where} lacks {', '.join(missing)}; a waiver needs all four")
    known(told["rule"], f"{where}.rule", KNOWN)
    model = str(told["model"])
    return Waiver(model, told["rule"], str(told["owner"]), day(told["until"], f"{where}.until"))


def day(given: Any, where: str) -> dt.date:
    """A date, as YAML reads it or as text; raises StandardsError."""
    if isinstance(given, dt.datetime):
        return given.date()
    if isinstance(given, dt.date):
        return given
    try:
        return dt.date.fromisoformat(str(given).strip())
    except ValueError:
        raise StandardsError(f"{where} is {shown(given)}; write a day like 2027-03-31") from None


def known(given: Any, where: str, names: Iterable[str]) -> str:
    """One of these words; raises StandardsError, with the nearest one."""
    names = tuple(names)
    if isinstance(given, str) and given in names:
        return given
    near = get_close_matches(str(given).lower(), names, 1, 0.6)
    meant = f"did you mean {near[0]}?" if near else f"there is: {', '.join(names)}"
    raise StandardsError(f"{where} is {shown(given)}, which is not known; {meant}")


def _only(told: Mapping[Any, Any], names: tuple[str, ...], where: str) -> None:
    for key in told:
        known(key, f"{where}: a key", names)


def _text(given: Any, where: str) -> str:
    if not isinstance(given, str):
        raise StandardsError(f"{where} is {shown(given)}; write text")
    return given


def shown(given: Any) -> str:
    """A value in a message, cut short."""
    text = "empty" if given is None else repr(given)
    return text if len(text) <= 40 else text[:39] + "…"
