"""Kinds of fault of a source, and seeded schedules that cover every kind."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.inputs import yaml_of

ALWAYS = 0  # a fault's count: it goes on to the end of the run


@dataclass(frozen=True)
class Kind:
    """One kind of fault. `needs`: what an exchange must have for it to apply.

    `passes`: the numbers of requests that it may last; ALWAYS: to the end of the run.
    """

    name: str
    description: str
    passes: tuple[int, ...] = (1, 2)
    needs: str = ""


_KINDS = (
    Kind("throttled", "429, Retry-After {wait}", (1, 2)),
    Kind("unavailable", "503, Retry-After {wait}", (1, 2)),
    Kind("error", "500", (1, 2)),
    Kind("hang", "no answer", (1,)),
    Kind("dropped", "the connection is closed without an answer", (1, 2)),
    Kind("reset", "the connection is reset in the middle of the body", (1, 2), "body"),
    Kind("truncated", "half of the body, with status 200 and a matching length", (1, 2), "body"),
    Kind("html", "a page of HTML, with status 200", (1, 2), "body"),
    Kind("unauthorized", "401", (ALWAYS,)),
    Kind("missing", "404", (ALWAYS,)),
    Kind("outage", "503 to the end", (ALWAYS,)),
    Kind("empty", "no rows, with status 200", (1, ALWAYS), "rows"),
    Kind("repeated", "the rows of the answer before it", (1,), "rows"),
    Kind("renamed", "column {column} has another name", (ALWAYS,), "rows"),
    Kind("retyped", "column {column} is text", (ALWAYS,), "number"),
    Kind("rescaled", "column {column} is a hundred times as much", (ALWAYS,), "number"),
    Kind("negative", "some values of {column} are negative", (ALWAYS,), "number"),
    Kind("future", "some values of {column} lie in the future", (ALWAYS,), "date"),
    Kind("file-truncated", "half of it", (ALWAYS,), "file"),
    Kind("file-empty", "nothing in it", (ALWAYS,), "file"),
    Kind("file-duplicated", "there twice, under two names", (ALWAYS,), "file"),
    Kind("file-renamed", "under another name", (ALWAYS,), "file"),
    Kind("file-late", "comes only before the second run", (ALWAYS,), "file"),
)
KINDS = {kind.name: kind for kind in _KINDS}
TUNNEL = ("hang", "dropped", "reset", "outage")  # where what is carried cannot be seen


@dataclass(frozen=True)
class Fault:
    """One fault: from request `first` on (the first is 1), `count` times, 0: to the end.

    `wait`: the seconds that Retry-After asks for, as a number or, with `dated`, as a date.
    `column`: which one, for kinds that change one; `file`: which one, for kinds of files.
    """

    kind: str
    first: int = 1
    count: int = 1
    wait: int = 1
    dated: bool = False
    column: str = ""
    file: str = ""

    def strikes(self, request: int) -> bool:
        """Whether this request meets the fault."""
        return request >= self.first and (not self.count or request < self.first + self.count)

    @property
    def description(self) -> str:
        """In words, for a report."""
        if self.file:
            return f"{self.file}: {KINDS[self.kind].description}"
        last = self.first + self.count - 1
        span = f"request {self.first}" if last == self.first else f"requests {self.first} to {last}"
        when = span if self.count else f"from request {self.first} on"
        wait = f"{self.wait} s" + " (as a date)" * self.dated
        return (
            f"{when}: {KINDS[self.kind].description.format(wait=wait, column=self.column or '?')}"
        )


@dataclass(frozen=True)
class Exchange:
    """A request of a clean run, or a file that it reads: what decides which faults apply.

    `columns`: of its rows: name -> "number", "date" or "text"; none where it has no rows.
    `tunnel`: it was encrypted, so its content is unknown. `file`: its name, where it is one.
    """

    body: bool = True
    columns: Mapping[str, str] | None = None
    tunnel: bool = False
    file: str = ""

    def suits(self, kind: Kind) -> bool:
        """Whether a kind of fault applies here."""
        if self.tunnel or self.file:
            return kind.name in TUNNEL if self.tunnel else kind.needs == "file"
        if kind.needs in ("", "body"):
            return self.body or not kind.needs
        return kind.needs != "file" and bool(self.choices(kind))

    def choices(self, kind: Kind) -> list[str]:
        """The columns that a kind of fault can change."""
        columns = self.columns or {}
        if kind.needs == "rows":
            return sorted(columns)
        return sorted(name for name, what in columns.items() if what == kind.needs)


@dataclass(frozen=True)
class Schedule:
    """The faults of one run, by number."""

    number: int
    faults: tuple[Fault, ...]

    @property
    def name(self) -> str:
        """For reports."""
        return f"{self.number} {' + '.join(fault.kind for fault in self.faults)}"

    @property
    def description(self) -> str:
        """In words, for a report."""
        return "; ".join(fault.description for fault in self.faults)

    def at(self, request: int) -> Fault | None:
        """The fault that this request meets; the first one listed wins."""
        return next((fault for fault in self.faults if fault.strikes(request)), None)

    def only(self, faults: Sequence[Fault]) -> Schedule:
        """The same with fewer faults."""
        return Schedule(self.number, tuple(faults))


def known(names: Sequence[str], where: str = "--faults") -> list[Kind]:
    """The kinds with these names, all if none is named; raises CannotRun for an unknown name."""
    for name in names:
        if name not in KINDS:
            meant = get_close_matches(name, KINDS, 1) or [", ".join(KINDS)]
            raise CannotRun(f"{where}: there is no fault {name!r}; there is: {meant[0]}")
    return [KINDS[name] for name in names] or list(KINDS.values())


def planned(
    seed: int, count: int, exchanges: Sequence[Exchange], kinds: Sequence[Kind]
) -> list[Schedule]:
    """Schedules of one fault each; every kind that applies occurs equally often, within one.

    `exchanges`: those of a clean run, so that every fault meets a request.
    """
    chance = random.Random(seed)
    places = {kind.name: [n for n, e in enumerate(exchanges) if e.suits(kind)] for kind in kinds}
    fitting = [kind for kind in kinds if places[kind.name]]
    made: list[Schedule] = []
    while fitting and len(made) < count:
        for kind in chance.sample(fitting, len(fitting))[: count - len(made)]:
            where = chance.choice(places[kind.name])
            made.append(Schedule(len(made) + 1, (_drawn(chance, kind, where, exchanges[where]),)))
    return made


def _drawn(chance: random.Random, kind: Kind, where: int, exchange: Exchange) -> Fault:
    columns = exchange.choices(kind) if kind.needs in ("rows", "number", "date") else []
    names = "{column}" in kind.description
    return Fault(
        kind.name,
        first=where + 1,
        count=chance.choice(kind.passes),
        wait=chance.choice((1, 2)),
        dated=chance.random() < 0.5 and "{wait}" in kind.description,
        column=chance.choice(columns) if names and columns else "",
        file=exchange.file,
    )


def left_out(exchanges: Sequence[Exchange], kinds: Sequence[Kind]) -> list[str]:
    """The kinds that apply to nothing in this clean run, though they do to such a source."""
    files = any(one.file for one in exchanges)
    here = [kind for kind in kinds if (kind.needs == "file") == files]
    return [kind.name for kind in here if not any(one.suits(kind) for one in exchanges)]


def read(path: Path) -> tuple[list[Kind], list[Schedule]]:
    """Kinds to draw from, or schedules as written, from a YAML or JSON file; raises CannotRun.

    `kinds: [throttled, hang]`, or `schedules:` with a list of lists of faults.
    """
    try:
        document = yaml_of(path, "--faults ")
    except OSError as error:
        raise CannotRun(f"{path}: {error.strerror}") from None
    if not isinstance(document, dict) or not ({"kinds", "schedules"} & document.keys()):
        raise CannotRun(f"{path}: holds neither `kinds: [throttled, …]` nor `schedules:`")
    for name in ("kinds", "schedules"):
        if name in document and document[name] in (None, []):
            raise CannotRun(f"{path}: {name}: is empty; fill it, or leave it out to try all kinds")
    kinds = known(_listed(path, document.get("kinds", [])), str(path))
    schedules = [
        Schedule(number, _given(path, number, faults))
        for number, faults in enumerate(_listed(path, document.get("schedules", [])), 1)
    ]
    return kinds, schedules


def _given(path: Path, number: int, faults: Any) -> tuple[Fault, ...]:
    listed = _listed(path, faults)
    if not listed:  # a run without a fault would be reported as survived
        raise CannotRun(f"{path}, schedule {number}: holds no fault; write one, or remove it")
    return tuple(_fault(path, number, one) for one in listed)


def _listed(path: Path, value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise CannotRun(
            f"{path}: {str(value)[:40]!r} should be a list; a schedule is a list of faults: "
            "schedules: [[{kind: hang, first: 1}]]"
        )
    return value


def _fault(path: Path, number: int, item: Any) -> Fault:
    where = f"{path}, schedule {number}"
    if not isinstance(item, dict) or not isinstance(item.get("kind"), str):
        raise CannotRun(f"{where}: a fault is written {{kind: throttled, first: 2, count: 3}}")
    known([item["kind"]], where)
    kinds = {one.name: type(one.default) for one in fields(Fault) if one.name != "kind"}
    for name, value in item.items():
        if name != "kind" and (name not in kinds or type(value) is not kinds[name]):
            wanted = f"; {name} is {kinds[name].__name__}" if name in kinds else ""
            raise CannotRun(f"{where}: {name}: {value!r} is not understood{wanted}")
    return Fault(**item)


def as_data(schedule: Schedule) -> list[dict[str, Any]]:
    """A schedule as `read` takes it."""
    return [asdict(fault) for fault in schedule.faults]
