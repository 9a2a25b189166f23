"""The order of a run: read the map and what lies beside it, recompute, observe, allocate, rank."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.value import books as written_books
from fieldkit.value import mapfile
from fieldkit.value.allocate import Allocation, allocate
from fieldkit.value.books import Books
from fieldkit.value.choose import choose, ranking
from fieldkit.value.found import Checked, Fault, Line, Observed, Reported, Stated
from fieldkit.value.gather import Exports, Step, observe
from fieldkit.value.lineage import Lineage
from fieldkit.value.mapfile import Pipeline
from fieldkit.value.names import Names
from fieldkit.value.statements import Statements
from fieldkit.value.use import Use
from fieldkit.value.written import csv_of

KEYS = ("people", "reads", "equal")
BESIDE = ("metrics.yml", "tasks.csv", "principals.csv", "register.csv", "initiatives.csv")


@dataclass(frozen=True)
class Settings:
    """The exports, files that do not lie beside the map by their usual names, and the key."""

    exports: Exports = field(default_factory=Exports)
    beside: dict[str, Path] = field(default_factory=dict)
    key: str = "people"
    capacity: float | None = None


def check(map_path: Path, settings: Settings, step: Step = lambda *_: None) -> Checked:
    """Recompute every stated number; with exports, hold it against use. Raises CannotRun."""
    return _Run(map_path, settings, step).checked()


def report(map_path: Path, settings: Settings, step: Step = lambda *_: None) -> Reported:
    """The whole report; without exports it has neither use nor cost. Raises CannotRun."""
    if settings.key not in KEYS:
        raise CannotRun(f"--key {settings.key}: there is: {', '.join(KEYS)}")
    return _Run(map_path, settings, step).reported()


def beside(folder: Path, name: str, given: dict[str, Path]) -> Path | None:
    """A file of the usual name in a folder, or the one that an option names."""
    path = given.get(name, folder / name)
    if name in given and not path.is_file():
        raise CannotRun(f"--{name.partition('.')[0]} {path}: there is no such file")
    return path if path.is_file() else None


class _Run:
    """A map with what lies beside it."""

    def __init__(self, map_path: Path, settings: Settings, step: Step) -> None:
        self.settings, self.step = settings, step
        self.map = mapfile.read(map_path)
        folder = map_path.parent
        found = {name: beside(folder, name, settings.beside) for name in BESIDE}
        self.books = Books()
        if path := found["metrics.yml"]:
            self.books.metrics = written_books.metrics(path)
        if path := found["tasks.csv"]:
            self.books.tasks = written_books.tasks(path)
        if path := found["register.csv"]:
            self.books.register = written_books.register(path)
        if path := found["principals.csv"]:
            mapfile.principals(path, self.map)
        if (path := found["initiatives.csv"]) and not self.map.initiatives:
            what = "write id,days,p10,p50,p90,run,needs; money in cents"
            rows = csv_of(path, ("id", "days|effort_days"), what)
            self.map.initiatives = mapfile.initiatives(rows)

    def checked(self) -> Checked:
        """The map's faults, and what the exports say of it."""
        statements = Statements(self.map, self.books)
        statements.judge()
        found = Checked(
            self.map.path, statements.stated, statements.faults, currency=self.map.currency
        )
        if not self.map.team:
            found.notes.append(f"{self.map.path}: names no team:, so any owner counts as outside.")
        if not self.map.pipelines:
            found.notes.append(f"{self.map.path}: names no pipelines:, so there is no value in it.")
        if self.settings.exports:
            seen = observe(self.settings.exports, self.map, self.books.register, self.step)
            found.observed, found.currency = seen, self.map.currency or seen.currency
            for one in self.map.pipelines:
                found.faults += _not_logged(one, seen)
                found.faults += _against_use(one, _tables(one, seen), seen)
        found.currency = found.currency or "USD"
        return found

    def reported(self) -> Reported:
        """Costs allocated, pipelines by what they bring, initiatives under the capacity."""
        checked = self.checked()
        seen = checked.observed or Observed()
        found = Reported(checked, allocation=self._shared(seen))
        shared = found.allocation
        carried, taken = shared.by_output(), set[str]()
        for one, stated in zip(self.map.pipelines, checked.stated, strict=True):
            tables = _tables(one, seen)
            cost = sum(carried.get(table, 0) for table in tables if table not in taken)
            taken |= set(tables)
            found.lines.append(_line(stated, tables, seen, seen.bill.monthly(cost), checked))
        rest = sum(cents for table, cents in carried.items() if table not in taken)
        found.elsewhere = seen.bill.monthly(rest + sum(seen.bill.rest.values()))
        found.lines.sort(key=lambda one: (-_net(one), one.stated.pipeline))
        self._rank(found)
        return found

    def _shared(self, seen: Observed) -> Allocation:
        """Costs carried by the map's tables, and by outputs that are built on none of them.

        A view over a pipeline's table is part of that pipeline, so it is no output of its own.
        """
        lineage = Lineage(seen.edges, seen.bill.tables)
        mapped = {table for one in self.map.pipelines for table in _tables(one, seen)}
        mapped &= set(seen.uses)
        weights = {
            table: _weight(one, self.settings.key, mapped=table in mapped)
            for table, one in seen.uses.items()
        }
        ends = lineage.ends() | {table for table, weight in weights.items() if weight}
        outputs = mapped | (ends - lineage.below(mapped))
        return allocate(seen.bill.tables, seen.edges, weights, self.settings.key, outputs)

    def _rank(self, found: Reported) -> None:
        given = self.settings.capacity
        found.capacity = self.map.capacity if given is None else given
        if self.map.initiatives and found.capacity is not None:
            found.choice = choose(self.map.initiatives, found.capacity)
            found.initiatives = ranking(self.map.initiatives, found.choice)
        elif self.map.initiatives:
            found.checked.notes.append(
                f"{self.map.path}: has initiatives and no capacity_days:; write the days that the "
                "team has, or --capacity."
            )


def _weight(one: Use, key: str, *, mapped: bool) -> int:
    """What an output's share of a cost is proportional to; people of a pipeline are all of it."""
    people = one.people if mapped else one.own_people
    return {"people": people, "reads": one.reads, "equal": int(bool(people))}[key]


def _net(one: Line) -> int:
    return (one.stated.cents or 0) * one.stated.money - one.cost


def _tables(one: Pipeline, seen: Observed) -> tuple[str, ...]:
    """The known tables of a pipeline; without any named, the table of its own name."""
    names = Names(seen.uses)
    found = [name for table in one.tables or (one.name,) for name in names.find(table)]
    return tuple(dict.fromkeys(found))


def _line(
    stated: Stated, tables: tuple[str, ...], seen: Observed, cost: int, checked: Checked
) -> Line:
    uses = [seen.uses[table] for table in tables if table in seen.uses]
    faults = sum(fault.pipeline == stated.pipeline for fault in checked.faults)
    held = replace(stated, cents=None) if faults else stated
    people = max((one.people for one in uses), default=0)
    return Line(held, _state(uses), people, cost, tables, faults)


def _state(uses: list[Use]) -> bool | None:
    """Used if one table is; unused only if none is, and none is unknown."""
    states = {one.used for one in uses}
    return True if True in states else None if None in states or not uses else False


def _not_logged(one: Pipeline, seen: Observed) -> list[Fault]:
    """A table of a pipeline that no export names: its use and cost would be those of nothing."""
    names, found = Names(seen.uses), []
    for table in one.tables or (one.name,):
        if set(names.find(table)) & set(seen.uses):
            continue
        near = names.nearest(table)
        meant = f"; did you mean {near}?" if near else ""
        said = f"its table {table} stands in no export{meant}"
        if not one.tables:
            said = f"names no table:, and no export has one that is called {table}{meant}"
        do = f"Write table: {near}." if near else "Write table: as the log spells it."
        found.append(Fault("table", one.name, str(one.place), said, do))
    return found


def _by_duty(use: Use) -> bool:
    """Whether the register alone keeps a table: it need not bring anything."""
    return all(reason.kind == "register" for reason in use.reasons)


def _against_use(one: Pipeline, tables: tuple[str, ...], seen: Observed) -> list[Fault]:
    """A value without use, and use where the map says that there is nothing to lose."""
    uses = [seen.uses[table] for table in tables if table in seen.uses]
    if not uses:
        return []
    state = _state(uses)
    if state is False and one.kind in ("revenue", "cost", "hours"):
        why = next(iter(uses[0].reasons)).says
        said = f"claims value, and nobody uses {uses[0].table}: {why}"
        do = "Say none and stop it, or name who uses it: accounts, exposures, register.csv."
        return [Fault("unused", one.name, str(one.place), said, do)]
    used = next((use for use in uses if use.used and not _by_duty(use)), None)
    if used and one.kind == "none":
        said = f"says that it brings nothing, and {used.table} is used: {used.reasons[0].says}"
        do = "Ask its readers what it is worth to them before anybody stops it."
        return [Fault("used", one.name, str(one.place), said, do)]
    return []
