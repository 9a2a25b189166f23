"""The results of a proof as plain data: experiments, counterexample, verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from fieldkit.runs.command import Point
from fieldkit.runs.record import Record
from fieldkit.state.folders import OTHER
from fieldkit.state.litter import Litter
from fieldkit.state.rows import Delta

PROVED, REFUTED, NOT_REPEATABLE = "PROVED", "REFUTED", "NOT REPEATABLE"
LITTER_LEFT, NOT_FINISHED = "LITTER LEFT", "NOT FINISHED"
HALF_PUBLISHED, NOT_TRIED = "HALF PUBLISHED", "NOT TRIED"


@dataclass(frozen=True)
class KillHit:
    """A kill that hit the running command: the point it aimed at, and where it hit.

    `copied`: the command was stopped there and its state copied, instead.
    """

    aim: Point
    writes: int
    seconds: float
    copied: bool = False

    @property
    def description(self) -> str:
        """In words, for a report."""
        if self.aim.pause:
            return f"in the pause after write {self.writes} to the state, at {self.seconds:.2f} s"
        if self.aim.writes and self.writes >= self.aim.writes:
            return f"right after write {self.writes} to the state, at {self.seconds:.2f} s"
        return f"at {self.seconds:.2f} s, after {self.writes} writes to the state"


@dataclass(frozen=True)
class Experiment:
    """A rerun, or one or two kills and the rerun to the end; `left`: what the last kill left;
    `litter`: temporary files and tables that are there at the end;
    `stderr`: what a rerun that failed wrote there, or one that told of an error and ended well;
    `only`: the columns that explain all that differs."""

    name: str
    kills: tuple[KillHit, ...]
    seconds: float
    left: Mapping[str, str] = field(default_factory=dict)
    deltas: tuple[Delta, ...] = ()
    failure: str = ""
    litter: tuple[Litter, ...] = ()
    stderr: str = ""
    only: tuple[str, ...] = ()

    @property
    def refutes(self) -> bool:
        """Whether its end state is not that of an uninterrupted run."""
        return bool(self.deltas or self.failure)

    @property
    def half_published(self) -> dict[str, str]:
        """Tables that the kill left neither as before nor as after a run, for a reader to find."""
        if not self.kills:
            return {}
        quiet = ("complete", "as before the run")
        # Nobody reads a loading table, or files that are not data.
        return {
            table: left
            for table, left in self.left.items()
            if not left.startswith(quiet) and "left-over" not in left and not table.endswith(OTHER)
        }

    @property
    def weight(self) -> tuple[int, bool, int, float]:
        """Counterexamples in order: fewest kills, fewest differing rows, earliest."""
        rows = sum(delta.size for delta in self.deltas)
        return (len(self.kills), bool(self.failure), rows, sum(k.seconds for k in self.kills))


@dataclass
class Proof(Record):
    """The verdict and everything that it stands on.

    `ended`: two clean runs differ in more than columns, so no rerun could be compared with them;
    `strict`: litter counts; `readers`: half-published states between kill and rerun count;
    `on_disk`: seconds of a clean run on disk, where the copies were moved to memory; else 0;
    `more_kills`: how many of the planned ones are more than was asked for, as states were copied;
    `sources`: by table, the tables that it may be made from, so that none of them marks it as done.
    """

    in_place: bool = False
    on_disk: float = 0.0
    clean_writes: int = 0
    planned_kills: int = 0
    more_kills: int = 0
    planned_reruns: int = 0
    ended: bool = False
    strict: bool = False
    readers: bool = False
    experiments: list[Experiment] = field(default_factory=list)
    sources: dict[str, frozenset[str]] = field(default_factory=dict)

    @property
    def verdict(self) -> str:
        """The worst that was found; NOT TRIED: nothing was, but no kill was tried either."""
        if self.unfinished:
            return NOT_FINISHED
        if self.counterexamples:
            return REFUTED
        if not self.repeatable:
            return NOT_REPEATABLE
        if self.readers and self.half_published:
            return HALF_PUBLISHED
        if not self.kills:
            return NOT_TRIED
        return LITTER_LEFT if self.littered else PROVED

    @property
    def half_published(self) -> list[Experiment]:
        """The kills after which a reader would have found a state that no whole run leaves."""
        return [one for one in self.experiments if one.half_published]

    @property
    def littered(self) -> list[Experiment]:
        """The experiments that left temporary files or tables."""
        return [one for one in self.experiments if one.litter]

    @property
    def repeatable(self) -> bool:
        """Whether two clean runs from one state leave one state; a refuted one need not be."""
        return not (self.varying or self.remembers)

    @property
    def exit_code(self) -> int:
        """0 proved, 1 not, 2 no verdict; litter counts only if `strict`."""
        if self.verdict in (NOT_FINISHED, NOT_TRIED):
            return 2
        proved = (PROVED,) if self.strict else (PROVED, LITTER_LEFT)
        return 0 if self.verdict in proved else 1

    @property
    def counterexamples(self) -> list[Experiment]:
        """The smallest first."""
        return sorted((one for one in self.experiments if one.refutes), key=lambda e: e.weight)

    @property
    def counterexample(self) -> Experiment | None:
        """The smallest."""
        return next(iter(self.counterexamples), None)

    @property
    def kills(self) -> list[Experiment]:
        """The experiments with a kill in them."""
        return [one for one in self.experiments if one.kills]

    @property
    def reruns(self) -> list[Experiment]:
        """The experiments without one."""
        return [one for one in self.experiments if not one.kills]


def as_data(proof: Proof) -> dict[str, Any]:
    """The figures of the JSON report."""
    return {
        "command": proof.command,
        "states": list(proof.states),
        "in_place": proof.in_place,
        "in_memory": bool(proof.on_disk),
        "seed": proof.seed,
        "seconds": round(proof.seconds, 3),
        "clean_run": {"seconds": round(proof.clean_seconds, 3), "writes": proof.clean_writes},
        "planned": {"reruns": proof.planned_reruns, "kills": proof.planned_kills},
        "landed": {"reruns": len(proof.reruns), "kills": len(proof.kills)},
        "tables": [asdict(table) for table in proof.tables],
        "left_out": proof.left_out,
        "rounded": sorted(proof.rounded),
        "varying": [
            {
                "table": v.delta.table,
                "columns": list(v.columns),
                "example": _json_example(v.example),
            }
            for v in proof.varying
        ],
        "counterexamples": [one.name for one in proof.counterexamples],
        "experiments": [_json_experiment(one) for one in proof.experiments],
    }


def _json_example(example: Any) -> dict[str, Any] | None:
    return asdict(example) if example else None


def _json_experiment(one: Experiment) -> dict[str, Any]:
    return {
        "name": one.name,
        "refutes": one.refutes,
        "kills": [
            {
                "aimed": kill.aim.description,
                "after_writes": kill.writes,
                "seconds": round(kill.seconds, 3),
                "copied": kill.copied,
            }
            for kill in one.kills
        ],
        "left": dict(one.left),
        "failure": one.failure,
        "stderr": one.stderr,
        "only_columns": list(one.only),
        "half_published": one.half_published,
        "litter": [asdict(litter) for litter in one.litter],
        "tables": [
            asdict(delta) | {"same": delta.same, "kind": delta.kind} for delta in one.deltas
        ],
        "seconds": round(one.seconds, 3),
    }
