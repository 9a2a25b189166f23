"""Small query logs: one for each way to misjudge who uses a table; what is unused is by hand."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

from labs.step3_outcome.world.northlight import DELIVERY, MACHINE, PERSON, people
from labs.step3_outcome.world.schema import Rows, script

DAYS = 180
DAY, SECOND = dt.timedelta(days=1), dt.timedelta(seconds=1)
WINDOW = DAYS * DAY
MERGE, MAKE, EXPORT = "MERGE", "CREATE_TABLE_AS_SELECT", "EXPORT_DATA"
_SCHEMAS = ("raw", "core", "mart", "fin")
_WORDS = (
    *("orders", "carts", "refunds", "stores", "routes", "prices", "visits", "tickets", "parcels"),
    *("offers", "budgets", "members", "margins", "returns", "stock", "shifts", "claims", "calls"),
    *("invoices", "balances", "pickups", "badges", "audits", "leads"),
)


class Job(NamedTuple):
    """One job: `who` is a key of the accounts, `ago` the time before the log's last entry."""

    who: str
    reads: Sequence[str] = ()
    ago: dt.timedelta = 3 * DAY
    writes: str = ""
    statement: str = "SELECT"
    cached: bool = False


class Account(NamedTuple):
    """Who an account is; `mail`: its name before the @ (drawn for a person without one)."""

    kind: str
    readers: int | None = 0
    mail: str = ""
    in_log: str = ""  # how the log writes it, where that differs


ACCOUNTS: Mapping[str, Account] = {
    "ana": Account(PERSON, 1),
    "etl": Account(MACHINE, mail="svc-etl"),
    "tests": Account(MACHINE, mail="svc-tests"),
    "catalog": Account(MACHINE, mail="svc-catalog"),
    "backup": Account(MACHINE, mail="svc-backup"),
    "bi": Account(DELIVERY, 300, mail="svc-bi"),
}
# In each log `kept` and what it is built on are read by a person, `idle` and what that is built on
# by machines. The last entry is a machine's, so that the log ends later than people do.
_JOBS = (
    Job("ana", ["kept"], 10 * DAY),
    Job("ana", ["source"], 50 * DAY),
    Job("etl", ["source"], DAY, "kept", MAKE),
    Job("tests", ["idle"], DAY),
    Job("etl", ["ground"], dt.timedelta(), "idle", MAKE),
)
_EDGES = ("kept < source", "idle < ground")


@dataclass(frozen=True)
class SmallLog:
    """A log's tables, and which of its tables are unused; `cycle`: its lineage has one."""

    rows: Mapping[str, Rows]
    unused: frozenset[str]
    cycle: bool
    accounts: Mapping[str, str]  # as the log writes them -> what they are

    @cached_property
    def script(self) -> str:
        """SQL that makes the log's tables and fills them."""
        return script(self.rows, ("jobs", "principals", "lineage", "exposures", "register"))

    def reads(self, table: str) -> list[dict[str, Any]]:
        """Who has read a table itself: people and deliveries first, then the last first."""
        jobs = [job for job in self.rows["jobs"] if table in job["referenced_tables"]]
        jobs.sort(key=lambda job: job["creation_time"], reverse=True)
        jobs.sort(key=lambda job: self.accounts[job["user_email"]] == f"a {MACHINE}")
        ends = max(job["creation_time"] for job in self.rows["jobs"])
        return [
            {
                "read by": f"{job['user_email']}, {self.accounts[job['user_email']]}",
                "in": job["statement_type"] + (", cached" if job["cache_hit"] else ""),
                "at": f"{job['creation_time']:%Y-%m-%d %H:%M:%S}",
                "log ends": f"{ends:%Y-%m-%d %H:%M:%S}",
            }
            for job in jobs
        ]


@dataclass(frozen=True)
class Sketch:
    """A log before its names and its days are drawn: what comes to the two tables of each log.

    `edges`: "table < what it is built on"; `unused`: those besides `idle` and `ground`; `ends`: the
    year in which the log ends, drawn without one; `names`: of tables that need a special one.
    """

    jobs: Sequence[Job] = ()
    unused: str = ""
    edges: Sequence[str] = ()
    accounts: Mapping[str, Account] = field(default_factory=dict)
    exposures: Sequence[tuple[str, str]] = ()  # table, maturity
    register: Sequence[tuple[str, dt.timedelta]] = ()  # table, time to its next day
    ends: int = 0
    names: Mapping[str, str] = field(default_factory=dict)
    cycle: bool = False

    def drawn(self, seed: int, case: str) -> SmallLog:
        """The log of a seed: other names, days and order of rows, the same use."""
        rng = random.Random(f"{seed}/{case}")
        names = self._names(rng)
        accounts = {**ACCOUNTS, **self.accounts}
        mails = _mails(rng, accounts)
        ends = self._end(rng)
        jobs = [_job(job, names, mails, ends) for job in (*_JOBS, *self.jobs)]
        edges = [edge.split(" < ") for edge in (*_EDGES, *self.edges)]
        rows: dict[str, Rows] = {
            "jobs": _numbered(rng.sample(jobs, len(jobs))),
            "principals": _principals(rng, accounts, mails),
            "lineage": [{"downstream": names[a], "upstream": names[b]} for a, b in edges],
            "exposures": [_exposure(names[table], level) for table, level in self.exposures],
            "register": [_rule(names[table], ends + due) for table, due in self.register],
        }
        unused = frozenset(names[table] for table in ("idle", "ground", *self.unused.split()))
        kinds = {mails[who][1]: _kind(account) for who, account in accounts.items()}
        return SmallLog(rows, unused, self.cycle, kinds)

    def _names(self, rng: random.Random) -> dict[str, str]:
        """A name for each table, in the order in which they are first named."""
        told = [t for edge in (*_EDGES, *self.edges) for t in edge.split(" < ")]
        told += [t for job in self.jobs for t in (*job.reads, job.writes) if t]
        told += [table for table, _ in (*self.exposures, *self.register)]
        tables = list(dict.fromkeys(told))
        words = rng.sample(_WORDS, len(tables))
        drawn = {t: f"{rng.choice(_SCHEMAS)}.{w}" for t, w in zip(tables, words, strict=True)}
        return drawn | dict(self.names)

    def _end(self, rng: random.Random) -> dt.datetime:
        """An evening in January: half a year before, clocks were an hour ahead in Europe.

        The log ends years from now where it is not told when: what measures from today then fails
        where the window ends, and not everywhere.
        """
        year = self.ends or rng.randint(2041, 2049)
        second = rng.randint(60_000, 80_000)
        return dt.datetime(year, 1, rng.randint(5, 25)) + second * SECOND


def _mails(rng: random.Random, accounts: Mapping[str, Account]) -> Mapping[str, tuple[str, str]]:
    """who -> how the principals and how the log write the account."""
    drawn = rng.sample(people(), len(accounts))
    found = {}
    for (who, one), somebody in zip(accounts.items(), drawn, strict=True):
        mail = f"{one.mail}@northlight.example" if one.mail else somebody
        found[who] = (mail.upper(), mail) if one.in_log == "lower" else (mail, mail)
        if one.in_log == "upper":
            found[who] = (mail, mail.title())
    return found


def _job(
    job: Job, names: Mapping[str, str], mails: Mapping[str, tuple[str, str]], ends: dt.datetime
) -> dict[str, Any]:  # fmt: skip
    return {
        "creation_time": ends - job.ago,
        "user_email": mails[job.who][1],
        "statement_type": job.statement,
        "referenced_tables": [names[table] for table in job.reads],
        "destination_table": names[job.writes] if job.writes else "",
        "total_bytes_billed": 0 if job.cached else 10 * 2**20,
        "cache_hit": job.cached,
        "cost_cents": 0 if job.cached else 1,
    }


def _numbered(jobs: Sequence[dict[str, Any]]) -> Rows:
    return [{"job_id": f"job_{number:04d}"} | job for number, job in enumerate(jobs, 1)]


def _principals(
    rng: random.Random, accounts: Mapping[str, Account], mails: Mapping[str, tuple[str, str]]
) -> Rows:  # fmt: skip
    rows = [
        {"email": mails[who][0], "kind": one.kind, "readers": one.readers}
        for who, one in accounts.items()
    ]
    return rng.sample(rows, len(rows))


def _kind(account: Account) -> str:
    if account.kind != DELIVERY:
        return f"a {account.kind}"
    return f"a {DELIVERY} account with {account.readers} readers"


def _exposure(table: str, maturity: str) -> dict[str, Any]:
    name = f"board_{table.rsplit('.', 1)[1]}"
    owner = "finance@northlight.example"
    return {"name": name, "table_name": table, "owner": owner, "maturity": maturity}


def _rule(table: str, due: dt.datetime) -> dict[str, Any]:
    return {"table_name": table, "rule": "tax code", "cadence": "yearly", "next_due": due.date()}
