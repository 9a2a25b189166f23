"""What `fieldkit value` found, as data: faults of a map, use and cost of tables, a ranking."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from fieldkit.value.allocate import Allocation
from fieldkit.value.choose import Choice, Initiative
from fieldkit.value.use import Use

HOLDS, FAULTS, UNKNOWN = "HOLDS", "FAULTS", "UNKNOWN"
MONTH = 30.4375  # days of a month, on average
# Kinds of faults in the order in which they are told, each as one and as several.
KINDS: Mapping[str, tuple[str, str]] = {
    "kind": ("value without a kind", "values without a kind"),
    "metric": ("metric that does not exist", "metrics that do not exist"),
    "metric-owner": (
        "metric that nobody outside the data team owns",
        "metrics that nobody outside the data team owns",
    ),
    "not-counted": (
        "metric that is not counted for the pipeline",
        "metrics that are not counted for the pipeline",
    ),
    "number": ("number that does not hold", "numbers that do not hold"),
    "hours": ("saving in hours without task or rate", "savings in hours without task or rate"),
    "source": ("value without source", "values without source"),
    "owner": ("value without owner", "values without owner"),
    "own-owner": ("value owned by the data team", "values owned by the data team"),
    "twice": ("claimed twice", "claimed twice"),
    "other-owner": (
        "value whose owner is not its metric's",
        "values whose owners are not their metrics'",
    ),
    "table": ("table that stands in no export", "tables that stand in no export"),
    "none": ("number where the kind is none", "numbers where the kind is none"),
    "unused": ("value of tables that nobody uses", "values of tables that nobody uses"),
    "used": ("table in use that is said to bring nothing", "tables in use said to bring nothing"),
}


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong with what a map says: where it stands, what, and what to do."""

    kind: str
    pipeline: str
    where: str
    says: str
    do: str


@dataclass(frozen=True)
class Stated:
    """What a pipeline brings in a month. `cents`: as recomputed, None where nothing holds.

    `hours`: of a saving in hours; `money`: whether the cents count as money: hours do only where
    their rate has an owner.
    """

    pipeline: str
    kind: str
    stated: int | None = None
    cents: int | None = None
    hours: float = 0.0
    money: bool = True
    source: str = ""


@dataclass
class Bill:
    """What the exports say was paid, in cents. `rest`: what belongs to no table, by its name."""

    tables: dict[str, int] = field(default_factory=dict)
    rest: dict[str, int] = field(default_factory=dict)
    known: bool = False
    first: dt.datetime | None = None
    last: dt.datetime | None = None
    jobs: int = 0
    failed: int = 0

    @property
    def total(self) -> int:
        """The whole bill."""
        return sum(self.tables.values()) + sum(self.rest.values())

    @property
    def days(self) -> int:
        """Days of the calendar from the first entry to the last, both of them counted."""
        if not self.first or not self.last:
            return 1
        return (self.last.date() - self.first.date()).days + 1

    def monthly(self, cents: int) -> int:
        """An amount of the bill for an average month."""
        return round(Fraction(cents) * Fraction(str(MONTH)) / self.days)


@dataclass(frozen=True)
class AccountUse:
    """An account that nobody has classified: its jobs, how many of them write, their cents."""

    name: str
    jobs: int
    writes: int
    cents: int


@dataclass
class Observed:
    """What the exports say: the use of each table, the bill, and accounts nobody classified.

    `accounts`: those, the dearest first; `written`: tables that jobs build.
    """

    uses: dict[str, Use] = field(default_factory=dict)
    bill: Bill = field(default_factory=Bill)
    edges: set[tuple[str, str]] = field(default_factory=set)
    accounts: list[AccountUse] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    days: int = 180
    currency: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def short(self) -> bool:
        """Whether the log covers fewer days than count as use."""
        return self.bill.days < self.days

    def of(self, used: bool | None) -> list[Use]:
        """The tables with this use, the dearest first."""
        some = [one for one in self.uses.values() if one.used is used]
        return sorted(some, key=lambda one: (-self.bill.tables.get(one.table, 0), one.table))


@dataclass
class Checked:
    """A map that was checked; `observed` is None without exports."""

    map: str
    stated: list[Stated] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    observed: Observed | None = None
    currency: str = ""
    notes: list[str] = field(default_factory=list)

    @property
    def verdict(self) -> str:
        """FAULTS; UNKNOWN where nothing is stated, or an account of no known kind may matter."""
        if self.faults:
            return FAULTS
        if not self.stated:
            return UNKNOWN  # an empty map is no map that holds
        unsure = self.observed and any(one.used is None for one in self.observed.uses.values())
        return UNKNOWN if unsure else HOLDS

    @property
    def exit_code(self) -> int:
        """0 all holds; 1 something does not, or cannot be known."""
        return int(self.verdict != HOLDS)

    def counted(self) -> str:
        """The faults by kind, such as `3 values without source, 1 claimed twice`."""
        counts = {kind: sum(one.kind == kind for one in self.faults) for kind in KINDS}
        return ", ".join(f"{n} {KINDS[kind][n > 1]}" for kind, n in counts.items() if n)


@dataclass(frozen=True)
class Line:
    """One pipeline on the page: what it brings and what it costs in a month, whom it serves."""

    stated: Stated
    used: bool | None
    people: int
    cost: int
    tables: tuple[str, ...] = ()
    faults: int = 0


@dataclass
class Reported:
    """The whole report: a checked map, costs to the cent, stop candidates, the portfolio."""

    checked: Checked
    lines: list[Line] = field(default_factory=list)
    allocation: Allocation = field(default_factory=lambda: Allocation("people"))
    elsewhere: int = 0
    initiatives: list[tuple[Initiative, bool]] = field(default_factory=list)
    choice: Choice | None = None
    capacity: float | None = None

    @property
    def observed(self) -> Observed:
        """What the exports say; an empty one without exports."""
        return self.checked.observed or Observed()

    def stops(self) -> list[Use]:
        """Tables to stop: nobody uses them, and nobody is unknown who might."""
        return self.observed.of(False)


def as_json(found: Checked) -> dict[str, Any]:
    """A checked map's figures; the names are described in docs/value.md."""
    told: dict[str, Any] = {
        "map": found.map,
        "currency": found.currency,
        "faults": [vars(one) for one in found.faults],
        "pipelines": [vars(one) for one in found.stated],
    }
    return told | (observed_json(found.observed) if found.observed else {})


def observed_json(observed: Observed) -> dict[str, Any]:
    """Use and cost of every table; accounts are counted, not named."""
    bill = observed.bill
    return {
        "log": {
            "jobs": bill.jobs,
            "failed": bill.failed,
            "first": bill.first,
            "last": bill.last,
            "days": bill.days,
            "window_days": observed.days,
        },
        "bill": {"known": bill.known, "cents": bill.total, "rest": bill.rest},
        "unknown_accounts": len(observed.accounts),
        "tables": [
            {
                "table": one.table,
                "used": one.used,
                "people": one.people,
                "reads": one.reads,
                "machine_reads": one.machine_reads,
                "cents": bill.tables.get(one.table, 0) if bill.known else None,
                "reasons": [vars(why) for why in one.reasons],
            }
            for one in observed.uses.values()
        ],
    }


def report_json(found: Reported) -> dict[str, Any]:
    """The report's figures."""
    told = as_json(found.checked)
    told["allocation"] = {
        "key": found.allocation.key,
        "cents": found.allocation.total,
        "shares": [
            {"table": table, "carried_by": output, "cents": cents}
            for (table, output), cents in found.allocation.shares.items()
        ],
    }
    told["lines"] = [
        {
            "pipeline": one.stated.pipeline,
            "used": one.used,
            "people": one.people,
            "cost_cents_a_month": one.cost,
            "value_cents_a_month": one.stated.cents,
            "hours_a_month": one.stated.hours,
            "money": one.stated.money,
        }
        for one in found.lines
    ]
    told["stop"] = [one.table for one in found.stops()]
    if found.choice:
        told["portfolio"] = {
            "capacity_days": found.capacity,
            "chosen": list(found.choice.ids),
            "expected_cents": float(found.choice.value),
            "days": float(found.choice.days),
            "optimal": found.choice.optimal,
            "at_most_cents": float(found.choice.at_most),
        }
    return told
