"""What a later run, without faults, makes of what a run with a fault left."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from fieldkit.chaos.faults import Schedule
from fieldkit.chaos.found import Verdict
from fieldkit.chaos.sources import FailingSource, Files, other_name
from fieldkit.runs.baseline import Baseline, first_line
from fieldkit.runs.workplace import Workplace
from fieldkit.state.compare import Picture
from fieldkit.state.folders import OTHER
from fieldkit.state.rows import Delta
from fieldkit.state.snapshot import copy
from fieldkit.state.stores import BROKEN

SETTLED = (Verdict.NEVER, Verdict.UNSHOWN)
RENAMES = {"file-duplicated", "file-renamed"}  # the whole file is there, under another name


@dataclass(frozen=True)
class Reached:
    """What a later run reached: why that is not the state of a clean one, or ""; and the tables."""

    why: str = ""
    deltas: tuple[Delta, ...] = ()


@dataclass
class Later:
    """Later runs of one command; `timeout`: seconds for each.

    `usual`: the state that a run leaves after a clean one, without any fault: a job that adds its
    rows at each run leaves more, and no fault is the cause of that.
    """

    place: Workplace
    base: Baseline
    source: FailingSource
    timeout: float
    usual: Picture | None = None
    usual_places: list[Path] = field(default_factory=list)

    def learn(self) -> None:
        """Run once more where a clean run has just ended, if later runs are needed for fresh data.

        Data that is fresh in all that is compared may differ in what a later run goes by: the
        names of files, or what --ignore leaves out.
        """
        given = self.base.given
        if not (isinstance(self.source, Files) or given.ignore or given.ignore_tables):
            return
        self.source.mend()
        ran = self.place.run(self.timeout)
        self.source.met()
        if ran.endless:
            return
        try:
            self.usual = self.base.comparison.look(self.place.work)
        except BROKEN:
            return
        self.usual_places = self.place.finished
        if self.usual != self.base.after:
            folder = self.place.folder / "usual"
            self.usual_places = [copy(p, folder / str(n)) for n, p in enumerate(self.place.work)]

    def after(self, verdict: Verdict, schedule: Schedule) -> Reached:
        """Run later, after a trial with this verdict, where that can tell something."""
        if verdict in SETTLED:
            return Reached()
        if verdict != Verdict.FRESH:
            return self._after_other_data()
        # A late file has come before a second run, which was a later one.
        late = any(fault.kind == "file-late" for fault in schedule.faults)
        return Reached() if late or self.usual is None else self._after_fresh_data(self.usual)

    def _after_other_data(self) -> Reached:
        self.source.mend()
        ran = self.place.run(self.timeout)
        self.source.met()
        if ran.endless or ran.failed:
            return Reached(f"a later run without faults {ran.how}")
        try:
            deltas = self.base.deltas(self.base.comparison.look(self.place.work))
        except BROKEN as error:
            return Reached(f"the state cannot be read: {first_line(error)}")
        return _reached(deltas)

    def _after_fresh_data(self, usual: Picture) -> Reached:
        """Only its data counts: a job may refuse with an error what it has loaded already."""
        self.source.mend()
        ran = self.place.run(self.timeout)
        self.source.met()
        if ran.endless:
            return Reached(f"a later run without faults {ran.how}")
        try:
            now = self.base.comparison.look(self.place.work)
        except BROKEN as error:
            return Reached(f"the state cannot be read: {first_line(error)}")
        places = self.usual_places, self.place.work
        found, _ = self.base.comparison.apart_from_litter(*places, usual, now)
        return _reached([delta for delta in found if delta.differs])

    def lineage(self, deltas: Sequence[Delta], schedule: Schedule) -> tuple[str, ...]:
        """The columns that explain all that differs, if they hold the file's other name.

        Numbers, hashes and whole files do not: to leave them out would hide other data.
        """
        faults = schedule.faults
        if not all(f.kind in RENAMES for f in faults) or any(_other(one) for one in deltas):
            return ()
        names = [other_name(Path(f.file), f.kind).stem.casefold() for f in faults]
        found = self.base.only_columns(deltas)
        return found if all(_holds(one, found, names) for one in deltas) else ()

    def harmless(self, only: tuple[str, ...], reached: Reached) -> bool:
        """Whether a later run leaves the data of a clean one, but for these columns."""
        if not reached.why:
            return True
        return bool(reached.deltas) and {*self.base.only_columns(reached.deltas)} == {*only}


def _reached(deltas: Sequence[Delta]) -> Reached:
    if not deltas:
        return Reached()
    tables = ", ".join(delta.table for delta in deltas)
    return Reached(f"a later run without faults leaves other data in {tables}", tuple(deltas))


def _other(delta: Delta) -> bool:
    return delta.table.endswith(OTHER)


def _holds(delta: Delta, columns: Sequence[str], names: Sequence[str]) -> bool:
    """Whether the columns of this table that differ hold one of the names in all examples."""
    rows = [(one.expected, row) for one in delta.examples for row in one.observed]
    values = [
        str(row[name]).casefold()
        for expected, row in rows
        for name in columns
        if name in row and not (expected and expected[0].get(name) == row[name])
    ]
    return bool(values) and all(any(name in value for name in names) for value in values)
