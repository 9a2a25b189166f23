"""What others wrote down: metrics and their owners, tasks, the register of regulated tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.value.written import Place, csv_of, records, shown, yaml_of


@dataclass(frozen=True)
class Metric:
    """A number that the business keeps. `per_month`: in cents, or hours where `unit` says so."""

    name: str
    place: Place
    owner: str = ""
    unit: str = "cents"
    per_month: float | None = None
    pipelines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Task:
    """Work by hand: minutes each time, and how often in a month."""

    name: str
    place: Place
    owner: str = ""
    minutes: float = 0
    times: float = 0

    @property
    def hours(self) -> float:
        """Hours a month."""
        return self.minutes * self.times / 60


@dataclass
class Books:
    """All of them; None where there is no such file."""

    metrics: Mapping[str, Metric] | None = None
    tasks: Mapping[str, Task] | None = None
    register: list[tuple[str, str, str, Place]] = field(default_factory=list)


def metrics(path: Path) -> dict[str, Metric]:
    """Read metrics.yml; raises CannotRun."""
    told = yaml_of(path, "metrics: a list of name, owner, unit, per_month, source")
    found: dict[str, Metric] = {}
    for one in records(told, "metrics"):
        name, unit = one.text("name"), one.text("unit").lower() or "cents"
        if not name or name in found:
            said = f"the metric {name} stands there twice; keep one" if name else "has no name"
            raise CannotRun(f"{one.place}: {said}")
        if unit not in ("cents", "hours"):
            raise CannotRun(f"{one.where('unit')}: unit is {shown(unit)}; write cents or hours")
        found[name] = Metric(
            name, one.place, one.text("owner"), unit, one.number("per_month"),
            one.texts("pipelines"),
        )  # fmt: skip
    return found


def tasks(path: Path) -> dict[str, Task]:
    """Read tasks.csv; raises CannotRun."""
    what = "write task,owner,minutes,times_per_month"
    found: dict[str, Task] = {}
    for one in csv_of(path, ("task", "minutes", "times_per_month"), what):
        name = one.text("task")
        if name in found:
            raise CannotRun(f"{one.place}: the task {name} stands there twice; keep one")
        minutes = one.number("minutes", least=0) or 0
        times = one.number("times_per_month", least=0) or 0
        found[name] = Task(name, one.place, one.text("owner"), minutes, times)
    return found


def register(path: Path) -> list[tuple[str, str, str, Place]]:
    """Read register.csv: table, rule, cadence, place; raises CannotRun."""
    rows = csv_of(path, ("table|table_name",), "write table,rule,cadence,next_due")
    return [
        (one.text("table", "table_name"), one.text("rule"), one.text("cadence"), one.place)
        for one in rows
        if one.text("table", "table_name")
    ]
