"""Who uses which table: the rule of use, with the reason for each table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from fieldkit.report.words import plural
from fieldkit.value.lineage import Edge, Lineage

DAYS = 180
PERSON, DELIVERY, MACHINE = "person", "delivery", "machine"
KINDS = (PERSON, DELIVERY, MACHINE)
RULE = (
    "A table is used if a person, or a delivery account with readers, has read it or anything "
    "built on it in the {days} days before the log's last entry, if an exposure names it or "
    "anything built on it, or if the register does."
)


def rule(days: int, covered: int) -> str:
    """The rule in words; where the log is shorter than the window, it says so."""
    short = f" {short_log(covered, days)}" if covered < days else ""
    return RULE.format(days=days) + short


def short_log(covered: int, days: int) -> str:
    """What a log that is shorter than the window cannot show."""
    return (
        f"The log covers {covered} of the {days} days that count: what is read less often cannot "
        "be seen in it."
    )


@dataclass(frozen=True)
class Account:
    """Who an account is. `readers`: how many people a delivery account serves."""

    kind: str
    readers: int = 0

    @property
    def people(self) -> int:
        """The people behind a read by this account."""
        return {PERSON: 1, DELIVERY: max(0, self.readers)}.get(self.kind, 0)


@dataclass(frozen=True)
class Reading:
    """All reads of a table by one account. `reads`: those in the window; `last`: the last ever."""

    table: str
    account: str
    reads: int
    last: dt.datetime | None = None


@dataclass(frozen=True)
class Reason:
    """Why a table is used, or is not: a kind, and a sentence that names no account."""

    kind: str
    says: str


@dataclass(frozen=True)
class Use:
    """One table. `used`: None where an account that nobody has classified reads it.

    `people`: distinct people that it serves, directly or by what is built on it; `own_people`:
    directly. `reads`: by people and deliveries, `machine_reads`: by machines, of this table alone.
    """

    table: str
    used: bool | None
    reasons: tuple[Reason, ...]
    people: int = 0
    own_people: int = 0
    reads: int = 0
    machine_reads: int = 0


@dataclass
class Facts:
    """What use is decided by: reads, accounts by lower-case name, and what names a table.

    `days`: of the window; `seen`: how many of them the log covers.
    """

    tables: set[str] = field(default_factory=set)
    readings: list[Reading] = field(default_factory=list)
    accounts: dict[str, Account] = field(default_factory=dict)
    edges: set[Edge] = field(default_factory=set)
    exposures: dict[str, list[str]] = field(default_factory=dict)
    register: dict[str, str] = field(default_factory=dict)
    viewers: dict[str, int] = field(default_factory=dict)
    days: int = DAYS
    seen: int = DAYS


def decide(facts: Facts) -> dict[str, Use]:
    """Every table's use, by name. Tables that are built from each other share their use."""
    return _Decision(facts).uses()


class _Decision:
    """One run of the rule: direct reasons first, then what they mean for tables upstream."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.readings: dict[str, list[tuple[Reading, Account | None]]] = {}
        for one in facts.readings:
            who = facts.accounts.get(one.account.lower())
            self.readings.setdefault(one.table, []).append((one, who))
        self.days = plural(min(facts.days, facts.seen), "day")
        self.lineage = Lineage(facts.edges)
        self.tables = sorted(
            facts.tables
            | set(self.readings)
            | {table for edge in facts.edges for table in edge}
            | set(facts.exposures)
            | set(facts.register)
            | set(facts.viewers)
        )

    def uses(self) -> dict[str, Use]:
        """Every table's use."""
        direct = {table: self._direct(table) for table in self.tables}
        asked = {table: self._unknown(table) for table in self.tables}
        used = self.lineage.nearest([table for table, why in direct.items() if why])
        unsure = self.lineage.nearest([table for table, why in asked.items() if why])
        people = self._people()
        found = {}
        for table in self.tables:
            reads = self._reads(table, PERSON, DELIVERY)
            machines = self._reads(table, MACHINE)
            if table in used:
                via = used[table]
                reasons = direct[table] or (_through(via, direct[via]),)
                state: bool | None = True
            elif table in unsure:
                via = unsure[table]
                reasons = asked[table] or (_through(via, asked[via]),)
                state = None
            else:
                reasons, state = self._without(table), False
            found[table] = Use(table, state, tuple(reasons), *people[table], reads, machines)
        return found

    def _of(self, table: str, *kinds: str) -> list[tuple[Reading, Account]]:
        known = self.readings.get(table, ())
        return [(one, who) for one, who in known if who and who.kind in kinds]

    def _reads(self, table: str, *kinds: str) -> int:
        return sum(one.reads for one, who in self._of(table, *kinds))

    def _direct(self, table: str) -> list[Reason]:
        """What makes a table used by itself."""
        reasons = []
        people = [one for one, _ in self._of(table, PERSON) if one.reads]
        if people:
            reads = plural(sum(one.reads for one in people), "read")
            told = f"{reads} by {people_of(len(people))}{_last(people)}"
            reasons.append(Reason(PERSON, told))
        for one, by in self._of(table, DELIVERY):
            if one.reads and by.people:
                served = f"a delivery account that serves {people_of(by.people)}"
                reasons.append(Reason(DELIVERY, f"{plural(one.reads, 'read')} by {served}"))
        if viewers := self.facts.viewers.get(table, 0):
            reasons.append(Reason("viewers", f"seen by {people_of(viewers)} in the BI tool"))
        named = sorted(set(self.facts.exposures.get(table, ())))
        reasons += [Reason("exposure", f"the exposure {name} names it") for name in named]
        if table in self.facts.register:
            rule = self.facts.register[table]
            reasons.append(Reason("register", f"the register names it ({rule or 'no rule'})"))
        return reasons

    def _unknown(self, table: str) -> list[Reason]:
        """Reads by accounts of which nobody has said what they are."""
        open_ = [one for one, who in self.readings.get(table, ()) if one.reads and not who]
        if not open_:
            return []
        who = plural(len({one.account.lower() for one in open_}), "account")
        reads = plural(sum(one.reads for one in open_), "read")
        return [Reason("unknown", f"{reads} by {who} that nobody has classified")]

    def _without(self, table: str) -> list[Reason]:
        """What was seen of a table that nobody uses."""
        reasons = []
        if machines := self._reads(table, MACHINE):
            told = plural(machines, "read")
            reasons.append(Reason(MACHINE, f"{told} in {self.days}, all by machines"))
        empty = [one for one, who in self._of(table, DELIVERY) if one.reads and not who.people]
        if empty:
            reads = plural(sum(one.reads for one in empty), "read")
            reasons.append(Reason(DELIVERY, f"{reads} by a delivery account without readers"))
        past = [one for one, who in self._of(table, PERSON, DELIVERY) if not one.reads]
        if past and any(one.last for one in past):
            when = max(one.last for one in past if one.last)
            reasons.append(Reason("past", f"read last on {when:%Y-%m-%d}, before the window"))
        return reasons or [Reason("none", f"nobody and nothing read it in {self.days}")]

    def _people(self) -> dict[str, tuple[int, int]]:
        """Distinct people by table: with what is built on it, and of the table alone."""
        accounts = self.facts.accounts
        names = sorted({one.account.lower() for one in self.facts.readings if one.reads})
        bit = {name: 1 << number for number, name in enumerate(names)}
        own: dict[str, int] = dict.fromkeys(self.tables, 0)
        for table, known in self.readings.items():
            for one, who in known:
                if one.reads and who and who.people:
                    own[table] |= bit[one.account.lower()]
        served = {bit[name]: accounts[name].people for name in names if name in accounts}
        many = {mask: people for mask, people in served.items() if people > 1}
        alone = self.facts.viewers
        shown = _most_viewers(self.lineage, alone)
        seen = self.lineage.reached(own)
        return {
            table: (
                max(_people_in(seen[table], many), shown.get(table, 0)),
                max(_people_in(own[table], many), alone.get(table, 0)),
            )
            for table in self.tables
        }


def _people_in(bits: int, many: Mapping[int, int]) -> int:
    """One for each account; `many`: accounts behind which there are more."""
    return bits.bit_count() + sum(people - 1 for mask, people in many.items() if bits & mask)


def people_of(count: int) -> str:
    """A count of people in words."""
    return "1 person" if count == 1 else f"{count:,} people"


def _last(readings: Iterable[Reading]) -> str:
    times = [one.last for one in readings if one.last]
    return f", last on {max(times):%Y-%m-%d}" if times else ""


def _through(table: str, reasons: Iterable[Reason]) -> Reason:
    why = next(iter(reasons))
    return Reason("through", f"{table} is built on it: {why.says}")


def _most_viewers(lineage: Lineage, viewers: Mapping[str, int]) -> dict[str, int]:
    """The most viewers of any one thing built on a table: they may be the same people."""
    if not viewers:
        return {}
    names = sorted(viewers)
    own = {name: 1 << number for number, name in enumerate(names)}
    return {
        table: max((viewers[name] for name in names if bits & own[name]), default=0)
        for table, bits in lineage.reached(own).items()
    }


READS = """
with ended as (select max(creation_time) as at from jobs),
reads as (
    select unnest(list_distinct(referenced_tables)) as name,
        coalesce(nullif(lower(user_email), ''), '(no account)') as account,
        creation_time as at, {times} as times
    from jobs where {counted})
select name, account, coalesce(sum(times) filter (
    where reads.at >= ended.at - to_days({days})), 0)::bigint, max(reads.at)
from reads, ended where name <> '' group by all order by all
"""


def facts_of(con: Any, days: int = DAYS) -> Facts:
    """The facts in a DuckDB connection that holds jobs, principals, lineage, exposures, register.

    `jobs`: creation_time (UTC), user_email, referenced_tables (a list), destination_table, and
    `times` if a row stands for several jobs, `failed` if it was not answered and so is no use;
    `lineage`: upstream, downstream. Columns that the rule does not need may be there or not.
    """
    columns = {row[0] for row in con.execute("describe jobs").fetchall()}
    query = READS.format(
        days=int(days),
        times="times" if "times" in columns else "1",
        counted="not failed" if "failed" in columns else "true",
    )
    facts = Facts(days=days, seen=_days_of(con, days))
    facts.readings = [Reading(*row) for row in con.execute(query).fetchall()]
    facts.accounts = {
        mail.lower(): Account(kind, readers or 0)
        for mail, kind, readers in _rows(con, "email, kind, readers", "principals")
        if mail and kind in KINDS
    }
    facts.edges = {(up, down) for up, down in _rows(con, "upstream, downstream", "lineage")}
    for table, name in _rows(con, _table(con, "exposures") + ", name", "exposures"):
        facts.exposures.setdefault(table, []).append(name)
    facts.register = {
        table: ", ".join(part for part in (rule, cadence) if part)
        for table, rule, cadence in _rows(
            con, _table(con, "register") + ", rule, cadence", "register"
        )
    }
    facts.tables = {row[0] for row in _rows(con, "distinct destination_table", "jobs") if row[0]}
    return facts


def _days_of(con: Any, most: int) -> int:
    """Days of the window that the log covers: of a log of ten days nothing is said of 180."""
    first, last = con.execute("select min(creation_time), max(creation_time) from jobs").fetchall()[
        0
    ]
    return min(most, (last.date() - first.date()).days + 1) if first and last else most


def _table(con: Any, name: str) -> str:
    """The column that names the table: `table` is a reserved word, and some avoid it."""
    columns = [row[0] for row in con.execute(f"describe {name}").fetchall()]
    return "table_name" if "table_name" in columns else '"table"'


def _rows(con: Any, columns: str, table: str) -> list[tuple[Any, ...]]:
    return list(con.execute(f"select {columns} from {table} order by all").fetchall())


def unused(con: Any, days: int = DAYS) -> set[str]:
    """The tables that nobody uses; those of which nobody can say are not among them."""
    uses = decide(facts_of(con, days))
    return {table for table, one in uses.items() if one.used is False}
