"""Puts all exports together: use of each table with its reason, the bill, what is not known."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.value import bi, costs, exposures, graphs, load, span
from fieldkit.value.exports import engine
from fieldkit.value.found import AccountUse, Observed
from fieldkit.value.lineage import rings
from fieldkit.value.logs import MILLION, Logs
from fieldkit.value.mapfile import Map
from fieldkit.value.names import Names, clean
from fieldkit.value.use import DAYS, PERSON, Account, Facts, decide, facts_of, short_log
from fieldkit.value.written import Place

Step = Callable[[int, int, str], None]
ACCOUNT = "coalesce(nullif(lower(user_email), ''), '(no account)')"
EXTRA = """
create table viewers (account varchar);
create table principals (email varchar, kind varchar, readers integer);
create table lineage (upstream varchar, downstream varchar);
create table exposures (name varchar, table_name varchar);
create table register (table_name varchar, rule varchar, cadence varchar);
"""


@dataclass(frozen=True)
class Exports:
    """The files of a run. `bi_columns`: what columns of BI usage are called; `days`: of use."""

    jobs: Sequence[Path] = ()
    lineage: Sequence[Path] = ()
    exposures: Sequence[Path] = ()
    bi_usage: Sequence[Path] = ()
    bi_columns: dict[str, str] = field(default_factory=dict)
    prices: dict[str, float] = field(default_factory=dict)
    days: int = DAYS

    def __bool__(self) -> bool:
        return bool(self.jobs)


def observe(
    exports: Exports, map_: Map, register: Iterable[tuple[str, str, str, Place]] = (),
    step: Step = lambda *_: None,
) -> Observed:  # fmt: skip
    """Load everything and decide use and cost; raises CannotRun with file, row, what to do."""
    with tempfile.TemporaryDirectory(prefix="fieldkit-value-") as scratch:
        con = engine(Path(scratch))
        try:
            logs = Logs(con, {**map_.prices, **exports.prices}, map_.currency)
            con.execute(EXTRA)
            return _Gathering(exports, map_, logs, step).observed(list(register))
        finally:
            con.close()


class _Gathering:
    """One run over the exports: each file loaded, names made one, then the rule of use."""

    def __init__(self, exports: Exports, map_: Map, logs: Logs, step: Step) -> None:
        self.exports, self.map, self.logs, self.step = exports, map_, logs, step
        self.con, self.notes = logs.con, logs.notes
        self.viewers: dict[str, int] = {}
        self.exposed: list[exposures.Exposure] = []

    def observed(self, register: list[tuple[str, str, str, Place]]) -> Observed:
        """Everything that the exports say."""
        self._load()
        names = self._one_name_each()
        self._named_outside(names, register)
        open_accounts = self._classify()
        self.con.execute("insert into lineage select distinct upstream, downstream from edges")
        facts, bill = facts_of(self.con, self.exports.days), costs.bill(self.con)
        facts.seen = min(facts.days, bill.days)
        facts.tables |= {
            str(row[0]) for row in self._rows("select distinct unnest(writes) from jobs")
        }
        facts.viewers = self._viewers(names)
        self._rings(facts)
        found = Observed(
            decide(facts), bill, facts.edges, self._accounts(open_accounts),
            self._written(), self.exports.days, self.logs.currency, self.notes,
        )  # fmt: skip
        self._short_log(found)
        return found

    def _rows(self, query: str) -> list[tuple[object, ...]]:
        return list(self.con.execute(query).fetchall())

    def _load(self) -> None:
        files = [*self.exports.jobs, *self.exports.lineage, *self.exports.bi_usage]
        for number, path in enumerate(self.exports.jobs):
            self.step(number, len(files), path.name)
            load.add(self.logs, path)
        for number, path in enumerate(self.exports.lineage, len(self.exports.jobs)):
            self.step(number, len(files), path.name)
            graphs.add(self.logs, path)
        load.finish(self.logs)
        span.settle(self.logs)
        if not self._rows("select 1 from jobs limit 1"):
            raise CannotRun(
                f"{self.exports.jobs[0]}: says nothing of who read what; add the log of queries: "
                "BigQuery JOBS, Snowflake ACCESS_HISTORY or Databricks table_lineage"
            )
        for path in self.exports.exposures:
            self.exposed += exposures.read(path, self.notes)
        columns = {**self.map.bi_columns, **self.exports.bi_columns}
        by_name: dict[str, list[str]] = {}
        for one in self.exposed:
            by_name.setdefault(one.name.lower(), []).extend(clean(t) for t in one.tables)
        for number, path in enumerate(self.exports.bi_usage, len(files)):
            self.step(number, len(files), path.name)
            for table, count in bi.load(self.logs, path, columns, by_name).items():
                self.viewers[table] = max(count, self.viewers.get(table, 0))
        if self.exports.bi_usage:  # its clock may be another one
            span.settle(self.logs)

    def _one_name_each(self) -> Names:
        """Lineage and BI usage may leave out the project: their names become the log's."""
        logged = self._rows(
            "select distinct unnest(list_concat(referenced_tables, writes)) from jobs where "
            "job_id is not null or len(writes) > 0"
        )
        names = Names(str(row[0]) for row in logged)
        other = self._rows(
            "select distinct unnest([upstream, downstream]) from edges union "
            "select distinct unnest(referenced_tables) from jobs where job_id is null"
        )
        renamed = [
            (str(row[0]), meant[0])
            for row in other
            if (meant := names.find(str(row[0]))) != [row[0]]
        ]
        if renamed:
            self.con.execute("create temp table renamed (old varchar, new varchar)")
            self.con.executemany("insert into renamed values (?, ?)", renamed)
            for column in ("upstream", "downstream"):
                self.con.execute(
                    f"update edges set {column} = new from renamed where old = {column}"
                )
            self.con.execute(
                "update jobs set referenced_tables = [new] from renamed "
                "where job_id is null and referenced_tables = [old]"
            )
        both = self._rows("select distinct unnest([upstream, downstream]) from edges")
        return Names(names.known | {str(row[0]) for row in both})

    def _named_outside(self, names: Names, register: list[tuple[str, str, str, Place]]) -> None:
        """Exposures and the register name tables in their own way."""
        for one in self.exposed:
            for table in one.tables:
                meant = self._find(names, table, one.where)
                rows = [(one.name, name) for name in meant]
                self.con.executemany("insert into exposures values (?, ?)", rows)
        for table, rule, cadence, place in register:
            rows3 = [(name, rule, cadence) for name in self._find(names, table, str(place))]
            self.con.executemany("insert into register values (?, ?, ?)", rows3)

    def _find(self, names: Names, table: str, where: str) -> list[str]:
        meant = names.find(table)
        if len(meant) > 1:
            self.notes.append(
                f"{where}: {table} may be {' or '.join(meant[:3])}; taken as all of them. Write "
                "the schema, too."
            )
        elif meant[0] not in names.known:
            self.notes.append(f"{where}: {table} stands in no log and no lineage; is it spelt so?")
        return meant

    def _classify(self) -> list[str]:
        """Write down who each account is, by its name or the first pattern that fits."""
        viewers = {row[0] for row in self._rows("select account from viewers")}
        found, open_ = [], []
        for (name,) in self._rows(f"select distinct {ACCOUNT} as name from jobs order by name"):
            who = self._who(str(name))
            if who is None and name in viewers:
                who = Account(PERSON)  # who looks at a dashboard is one, unless it is said
            if who:
                found.append((name, who.kind, who.readers))
            else:
                open_.append(str(name))
        columns = [list(column) for column in zip(*found, strict=True)] or [[], [], []]
        # One statement for all: thousands of single inserts take seconds.
        self.con.execute(
            "insert into principals select unnest(?::varchar[]), unnest(?::varchar[]), "
            "unnest(?::integer[])",
            columns,
        )
        return open_

    def _accounts(self, names: list[str]) -> list[AccountUse]:
        """What is known of the accounts that nobody classified, the dearest first."""
        rows = self._rows(
            f"select {ACCOUNT} as name, count(*), count(*) filter (where len(writes) > 0), "
            "coalesce(sum(micro), 0) from jobs group by name"
        )
        open_ = set(names)
        found = [
            AccountUse(str(name), int(str(jobs)), int(str(writes)), int(str(micro)) // MILLION)
            for name, jobs, writes, micro in rows
            if name in open_
        ]
        return sorted(found, key=lambda one: (-one.cents, -one.jobs, one.name))

    def _written(self) -> list[str]:
        rows = self._rows("select distinct unnest(writes) as name from jobs order by name")
        return [str(row[0]) for row in rows]

    def _who(self, name: str) -> Account | None:
        known = self.map.accounts
        if name in known:
            return known[name]
        patterns = (one for one in known if "*" in one or "?" in one)
        return next((known[one] for one in patterns if fnmatchcase(name, one)), None)

    def _viewers(self, names: Names) -> dict[str, int]:
        found: dict[str, int] = {}
        for table, count in self.viewers.items():
            for name in names.find(table):
                found[name] = max(count, found.get(name, 0))
        return found

    def _rings(self, facts: Facts) -> None:
        for ring in rings(facts.edges):
            row = self.con.execute(
                "select source, nr from edges where upstream in (select unnest($ring)) and "
                "downstream in (select unnest($ring)) and source <> '' order by all limit 1",
                {"ring": ring},
            ).fetchall()
            where = f"{row[0][0]} line {row[0][1]}" if row else f"{self.exports.jobs[0]}"
            told = ", ".join(ring[:4]) + (", …" if len(ring) > 4 else "")
            self.notes.append(
                f"{where}: {len(ring)} tables are built from each other ({told}); each counts as "
                "built on the others. Take out the edge that is not meant."
            )

    def _short_log(self, found: Observed) -> None:
        if found.short and found.of(False):
            self.notes.append(
                f"{short_log(found.bill.days, self.exports.days)} Export more, or ask before "
                "stopping."
            )
