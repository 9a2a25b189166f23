"""A guard's policy from YAML: what is judged, the calendar, and who is alerted."""

from __future__ import annotations

import datetime as dt
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fieldkit.errors import CannotRun
from fieldkit.inputs import yaml_of
from fieldkit.state.fingerprints import quoted

DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
MEASURES = {
    "rows", "added", "kept", "duplicates", "age", "nulls", "mean", "low", "middle", "high",
    "negative", "zero", "text", "mix", "broken",
}  # fmt: skip
OF_TABLE = {"rows", "added", "kept", "duplicates", "age"}
RULE = re.compile(r"(>=|<=|<>|!=|=|>|<)\s*([^\s<>=!].*)", re.S)
SHELL = re.compile(r"^([|&;<>]|>>|\d>|\$\()|^(\|\||&&)$")
NEAR = 3  # folders above a state in which its policy may lie
Limit = tuple[float | None, float | None]


@dataclass(frozen=True)
class Rule:
    """A condition on a column for every row; `kept` is the condition in SQL."""

    column: str
    text: str
    kept: str

    @property
    def not_null(self) -> bool:
        """Whether it says that there is a value."""
        return self.text.lower() == "not null"


@dataclass(frozen=True)
class TablePolicy:
    """What is judged of a table beside the learned thresholds.

    `fresh`: a column of dates or times; `limits`: lowest and highest value of a measure, fixed;
    `ignore`: measures without a learned threshold (* allowed).
    """

    key: tuple[str, ...] = ()
    fresh: str = ""
    limits: Mapping[str, Limit] = field(default_factory=dict)
    rules: tuple[Rule, ...] = ()
    ignore: tuple[str, ...] = ()

    @property
    def never_null(self) -> set[str]:
        """The shares of NULLs of which a rule allows none, so that there is nothing to learn."""
        strict = {one.column for one in self.rules if one.not_null}
        return {f"{one}.nulls" for one in strict if f"{one}.broken" not in self.limits}


@dataclass(frozen=True)
class NamedDay:
    """A special day: the range of its volume, in multiples of a usual day's."""

    name: str
    times: tuple[float, float] = (0.5, 2.0)


@dataclass(frozen=True)
class Calendar:
    """Which days are comparable. `behind`: days between the data's day and the run's."""

    weekend: tuple[str, ...] = ("saturday", "sunday")
    behind: int = 0
    days: Mapping[str, NamedDay] = field(default_factory=dict)

    def day(self, at: dt.datetime) -> dt.date:
        """The day whose data a run at this time brings."""
        return at.date() - dt.timedelta(days=self.behind)

    def usual(self, day: dt.date) -> str:
        """weekend or weekday."""
        return "weekend" if DAYS[day.weekday()] in self.weekend else "weekday"

    def named(self, day: dt.date) -> NamedDay | None:
        """The named day that it is, by date or by its month and day."""
        return self.days.get(day.isoformat()) or self.days.get(day.isoformat()[5:])


@dataclass(frozen=True)
class Channel:
    """Where alerts go: `kind` is webhook, file or command."""

    kind: str
    to: str

    @property
    def name(self) -> str:
        """Its key in the list of deliveries."""
        return f"{self.kind} {self.to}"

    @property
    def shown(self) -> str:
        """For reports, without what may be secret in an address."""
        place = urlsplit(self.to).hostname if self.kind == "webhook" else self.to
        return f"{self.kind} {place}"

    @property
    def argv(self) -> list[str]:
        """The words of a command."""
        return shlex.split(self.to)


@dataclass(frozen=True)
class GuardPolicy:
    """A policy. `false_alarms`: chance for a run in which nothing is wrong; `learn`: runs before a
    threshold is learned; `history`: the last runs that are looked at; `keep`: held-back states.
    """

    false_alarms: float = 0.01
    learn: int = 7
    history: int = 40
    keep: int = 5
    calendar: Calendar = field(default_factory=Calendar)
    alerts: tuple[Channel, ...] = ()
    tables: Mapping[str, TablePolicy] = field(default_factory=dict)


def read(path: Path, state: Path | None = None) -> GuardPolicy:
    """Read a policy file; raises CannotRun, with the place in it, for invalid values.

    `state`: where it is not there, it may lie near the state.
    """
    try:
        found = yaml_of(path, "--policy ")
    except FileNotFoundError:
        raise CannotRun(
            f"--policy {path}: there is no such file; {_where_it_is(path, state)}"
        ) from None
    except OSError as error:
        raise CannotRun(f"--policy {path}: cannot be read: {error.strerror}") from None
    return _Reading(str(path), path.absolute().parent).policy(found or {})


def refuse_unknown(name: str, policy: TablePolicy, there: Mapping[str, set[str]]) -> None:
    """Raise CannotRun for a table or column of the policy that the state does not have."""
    if name not in there:
        raise CannotRun(
            f"policy: tables: {name}: there is no such table; there are: "
            f"{', '.join(sorted(there)) or 'none'}"
        )
    columns = {*policy.key, *([policy.fresh] if policy.fresh else [])}
    columns |= {rule.column for rule in policy.rules}
    columns |= {one.rpartition(".")[0] for one in policy.limits if "." in one}
    if unknown := sorted(columns - there[name]):
        raise CannotRun(
            f"policy: tables: {name}: there is no column {unknown[0]}; there are: "
            f"{', '.join(sorted(there[name]))}"
        )


def _where_it_is(path: Path, state: Path | None) -> str:
    near = state.expanduser().absolute().parents[:NEAR] if state else ()
    for folder in near:
        if (folder / path.name).is_file():
            return f"is it --policy {folder / path.name}?"
    return "`fieldkit guard init` writes a first one"


@dataclass(frozen=True)
class _Reading:
    """Parses one policy file; `file` begins every error."""

    file: str
    folder: Path

    def _refuse(self, where: str, why: str) -> CannotRun:
        return CannotRun(f"--policy {self.file}: {where}: {why}")

    def _map(self, found: Any, where: str, known: Sequence[str] = ()) -> dict[str, Any]:
        if not isinstance(found, dict):
            raise self._refuse(where, "write `name: value` lines below it")
        for name in found:
            if known and name not in known:
                raise self._refuse(
                    where, f"there is no {name}; there are: {', '.join(sorted(known))}"
                )
        return {str(name): value for name, value in found.items()}

    def policy(self, found: Any) -> GuardPolicy:
        parts = self._map(found, "policy", tuple(GuardPolicy.__dataclass_fields__))
        given: dict[str, Any] = {}
        if "false_alarms" in parts:
            given["false_alarms"] = self._number(parts, "false_alarms", 1e-6, 0.5)
        for name, least in (("learn", 3), ("history", 7), ("keep", 1)):
            if name in parts:
                given[name] = int(self._number(parts, name, least, 1000))
        if "calendar" in parts:
            given["calendar"] = self._calendar(parts["calendar"])
        channels = parts.get("alerts") or []
        if not isinstance(channels, list):
            raise self._refuse("alerts", "write a list, as in `- file: alerts.jsonl`")
        given["alerts"] = tuple(self._channel(one) for one in channels)
        tables = self._map(parts.get("tables") or {}, "tables")
        given["tables"] = {name: self._table(name, one or {}) for name, one in tables.items()}
        return GuardPolicy(**given)

    def _number(self, parts: dict[str, Any], name: str, least: float, most: float) -> float:
        value = parts[name]
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._refuse(name, f"{value} is not a number")
        if not least <= value <= most:
            raise self._refuse(name, f"{value} is not between {least:g} and {most:g}")
        return float(value)

    def _calendar(self, found: Any) -> Calendar:
        parts = self._map(found, "calendar", ("weekend", "behind", "days"))
        weekend = tuple(str(one).lower() for one in parts.get("weekend", Calendar.weekend) or ())
        if wrong := [one for one in weekend if one not in DAYS]:
            raise self._refuse("calendar: weekend", f"{wrong[0]} is none of {', '.join(DAYS)}")
        behind = int(self._number({"behind": 0} | parts, "behind", 0, 31))
        days = self._map(parts.get("days") or {}, "calendar: days")
        return Calendar(weekend, behind, {day: self._day(day, one) for day, one in days.items()})

    def _day(self, day: str, found: Any) -> NamedDay:
        where = f"calendar: days: {day}"
        try:
            dt.date.fromisoformat(day if len(day) > 5 else f"2024-{day}")
        except ValueError:
            raise self._refuse(
                where, "is not a day; write 2026-11-27, or 12-25 for every year"
            ) from None
        if isinstance(found, str):
            return NamedDay(found)
        parts = self._map(found, where, ("name", "times"))
        low, high = self._limit(parts.get("times", NamedDay("").times), f"{where}: times")
        return NamedDay(
            str(parts.get("name", day)), (low or 0.0, float("inf") if high is None else high)
        )

    def _channel(self, found: Any) -> Channel:
        parts = self._map(found, "alerts", ("webhook", "file", "command"))
        if len(parts) != 1:
            raise self._refuse("alerts", "one of webhook, file, command in each item of the list")
        ((kind, to),) = parts.items()
        to = shlex.join(map(str, to)) if isinstance(to, list) else str(to or "")
        if not to:
            raise self._refuse(f"alerts: {kind}", "is empty")
        if kind == "webhook":
            self._address(to)
        if kind == "command" and (odd := [w for w in shlex.split(to) if SHELL.match(w)]):
            raise self._refuse(
                "alerts: command", f"{odd[0]} needs a shell: write sh -c '{to}', or `file:`"
            )
        if kind == "file":
            to = str(self.folder / Path(to).expanduser())
        return Channel(kind, to)

    def _address(self, to: str) -> None:
        try:
            parts = urlsplit(to)
            usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            usable = False
        if not usable or any(char.isspace() for char in to):
            raise self._refuse(
                "alerts: webhook", f"{to} is not an address; write https://host/path"
            )

    def _table(self, name: str, found: Any) -> TablePolicy:
        where = f"tables: {name}"
        parts = self._map(found, where, tuple(TablePolicy.__dataclass_fields__))
        limits = self._map(parts.get("limits") or {}, f"{where}: limits")
        rules = self._map(parts.get("rules") or {}, f"{where}: rules")
        return TablePolicy(
            _names(parts.get("key")),
            str(parts.get("fresh") or ""),
            {one: self._measure_limit(where, one, limit) for one, limit in limits.items()},
            tuple(self._rule(where, column, text) for column, text in rules.items()),
            _names(parts.get("ignore")),
        )

    def _measure_limit(self, where: str, measure: str, found: Any) -> Limit:
        column, _, kind = measure.rpartition(".")
        if kind not in MEASURES or bool(column) == (kind in OF_TABLE) or kind == "mix":
            known = ", ".join(sorted(OF_TABLE))
            of_column = ", ".join(f"COLUMN.{one}" for one in sorted(MEASURES - OF_TABLE - {"mix"}))
            raise self._refuse(
                f"{where}: limits", f"there is no {measure}; there are: {known}, {of_column}"
            )
        return self._limit(found, f"{where}: limits: {measure}")

    def _limit(self, found: Any, where: str) -> Limit:
        pair = list(found) if isinstance(found, list | tuple) else []
        numbers = [one for one in pair if one is not None]
        if len(pair) != 2 or any(
            isinstance(one, bool) or not isinstance(one, int | float) for one in numbers
        ):
            raise self._refuse(where, "write [lowest, highest], with null for an open end")
        if len(numbers) == 2 and numbers[0] > numbers[1]:
            raise self._refuse(where, f"{numbers[0]:g} is more than {numbers[1]:g}")
        return (pair[0], pair[1])

    def _rule(self, where: str, column: str, text: Any) -> Rule:
        rule, name = " ".join(str(text).split()), quoted(column)
        if rule.lower() == "not null":
            return Rule(column, rule, f"{name} is not null")
        if rule.lower().startswith("in "):
            values = ", ".join(_literal(one.strip()) for one in rule[3:].strip("() ").split(","))
            return Rule(column, rule, f"({name} is null or {name} in ({values}))")
        if not (found := RULE.fullmatch(rule)):
            raise self._refuse(
                f"{where}: rules: {column}",
                f'{rule}: write "not null", ">= 0" or "in a, b"',
            )
        return Rule(column, rule, f"({name} is null or {name} {found[1]} {_literal(found[2])})")


def _names(found: Any) -> tuple[str, ...]:
    if isinstance(found, list):
        return tuple(map(str, found))
    return tuple(one.strip() for one in str(found).split(",")) if found else ()


def _literal(text: str) -> str:
    """A value as a SQL literal: a number, else text."""
    if re.fullmatch(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        return text
    bare = text[1:-1] if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"" else text
    return "'" + bare.replace("'", "''") + "'"
