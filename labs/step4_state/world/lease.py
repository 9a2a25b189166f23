"""Two schedulers and one job: the lease's tables, the runners of a check."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from functools import cache
from typing import Any

import pandas as pd

from labs.handles.database import Database, Warehouse
from labs.step4_state.world.deliveries import pick
from workbook import Answer, Finding, Outcome, Step

EXPORTS = """
create table exports (job varchar, token bigint, day date, revenue_cents bigint);
"""
# Without the index DuckDB 2.0.0 misses some clashes: an UPDATE that only sets a column without an
# index meets neither a DELETE of its row nor an UPDATE … RETURNING, and one of the two is lost.
LEASE_TABLES = f"""
create table leases (job varchar primary key, owner varchar, token bigint, expires_at timestamp);
create index lease on leases (job, owner, token, expires_at);
{EXPORTS}"""
SUNDAY = dt.datetime(2026, 1, 4, 2, 0)
Row = tuple[dt.date, int]
JOB = "export"
NOTHING: dict[str, Any] = {"log": [], "seen": [], "written": {}, "vain_commits": 0, "open": False}
NOTHING |= {"settled": -1}  # it is not known
OWNERS = ("one", "two", "six")
ALIVE: Mapping[str, int] = {}  # no kill
NIGHT = 24  # steps of the long night
_unseen = itertools.count(1)  # jobs that this process has not seen


def start(seed: int) -> dt.datetime:
    """When a seed's night begins on the virtual clock."""
    return SUNDAY + dt.timedelta(days=pick(seed, 31, 20), seconds=pick(seed, 32, 3_000))


def rows_of(seed: int, number: int) -> tuple[Row, ...]:
    """What a run exports: the revenue of three days; another `number`, other amounts."""
    first = start(seed).date() - dt.timedelta(days=7)
    return tuple(
        (first + dt.timedelta(days=day), 100_000 + 1_000 * number + pick(seed, 40 + day, 997))
        for day in range(3)
    )


@cache
def frame_of(rows: tuple[Row, ...]) -> pd.DataFrame:
    """Rows as a frame with day and revenue_cents, typed as it arrives over the answer boundary."""
    frame = pd.DataFrame(list(rows), columns=["day", "revenue_cents"])
    return frame.astype({"day": "datetime64[us]", "revenue_cents": "Int64"})


def _placed(row: tuple[Any, ...]) -> tuple[tuple[bool, Any], ...]:
    """A row's place among others; NULL comes last."""
    return tuple((cell is None, cell) for cell in row)


class NotAToken(Exception):
    """What acquire returned is neither a whole number nor None."""


class Job:
    """One job, leased on the virtual clock; times are given in leases, 0.5 is halfway through.

    `name`: an unseen one unless given. `number`: which amounts its runs export.
    """

    def __init__(
        self, answer: Answer, warehouse: Warehouse, seed: int, name: str = "", number: int = 0
    ) -> None:
        self.name = name or f"{JOB}_{next(_unseen)}"
        self.rows = rows_of(seed, number)
        self._answer, self._warehouse, self.seed, self._number = answer, warehouse, seed, number
        self._start = start(seed)
        self._ttl = dt.timedelta(seconds=20 * (15 + pick(seed, 33, 40)))
        self._last: dict[str, Any] = {}

    def fresh(self, ttl: dt.timedelta | None = None) -> Job:
        """Another job like this one, never leased before; `ttl`: another length of its leases."""
        job = Job(self._answer, self._warehouse, self.seed, "", self._number)
        job._ttl = ttl or self._ttl
        return job

    def other(self) -> Job:
        """Another job beside this one, with other amounts."""
        return Job(self._answer, self._warehouse, self.seed, "", self._number + 1)

    def step(
        self, owner: str, at: float, kill: Mapping[str, int] = ALIVE, *, watch: bool = False
    ) -> Step:
        """A call of acquire, killed as Database says."""
        now = self._start + self._ttl * at
        data = {"con": self._handle(watch, kill), "job": self.name, "owner": owner, "now": now}
        return Step(owner, "acquire", data | {"ttl": self._ttl})

    def step_write(
        self,
        token: int | None,
        kill: Mapping[str, int] = ALIVE,
        *,
        rows: tuple[Row, ...] | None = None,
        watch: bool = False,
        other_columns: bool = False,
    ) -> Step:
        """A call of write, by owner one; `other_columns`: not those of exports."""
        given = frame_of(self.rows if rows is None else rows)
        if other_columns:
            # One misnamed and one too many: inserts by name and by position fail, both.
            given = given.rename(columns={"revenue_cents": "cents"}).assign(partner="north")
        data = {"con": self._handle(watch, kill), "job": self.name, "token": token, "rows": given}
        return Step("one", "write", data)

    def _handle(self, watch: bool, kill: Mapping[str, int]) -> Database:
        query = f"select token from exports where job = '{self.name}'"
        return self._warehouse.handle(**{"watch": query if watch else "", **kill})

    def play(self, *steps: Step, order: Sequence[int] = ()) -> list[Outcome]:
        """Run steps one after the other, or two in turns: so many of the first, of the second."""
        turns = [
            step.player for step, count in zip(steps, order, strict=False) for _ in range(count)
        ]
        return [self._unnamed(outcome) for outcome in self._answer.play(steps, turns)]

    def _unnamed(self, outcome: Outcome) -> Outcome:
        """Without the job's name, which is another one each time, in what people will read."""
        con, failure = dict(outcome.evidence.get("con", {})), outcome.failure
        con["log"] = [text.replace(self.name, JOB) for text in con.get("log", ())]
        if failure:
            message, source = (t.replace(self.name, JOB) for t in (failure.message, failure.source))
            failure = replace(failure, message=message, source=source)
        return replace(outcome, failure=failure, evidence={"con": NOTHING | con})

    def token(self, outcome: Outcome) -> int | None:
        """The token that acquire returned; raises NotAToken, and AnswerFailed where it raised."""
        value = outcome.value
        whole = type(value) in (int, float, Decimal) and value % 1 == 0
        if value is not None and not whole:
            raise NotAToken(repr(value)[:60])
        return None if value is None else int(value)

    def acquire(self, owner: str, at: float) -> int | None:
        """Acquire, and return the token or None; raises as `token` does."""
        outcome = self.play(self.step(owner, at))[0]
        self._last = dict(outcome.evidence["con"]) | {"owner": owner}
        return self.token(outcome)

    def named(self, finding: str) -> str:
        """The finding, unless the last acquire explains it: what it wrote was not committed."""
        if self._last["vain_commits"]:
            return "error-swallowed"
        mine = f"from leases where job = '{self.name}' and owner = '{self._last['owner']}'"
        wrote = self._last["written"].get("leases")
        return "not-committed" if wrote and not self._warehouse.rows(mine) else finding

    def write(self, token: int | None, rows: tuple[Row, ...] | None = None) -> bool:
        """Write, and return what was told; raises AnswerFailed where the answer raised."""
        return bool(self.play(self.step_write(token, rows=rows))[0].value)

    def exported(self, token: int | None) -> list[Row]:
        """The rows of a token in exports, as a reader finds them."""
        return self.exported_by([token])[token]

    def exported_by(self, tokens: Sequence[int | None]) -> dict[int | None, list[Row]]:
        """The same for several tokens, from one look."""
        query = f"select token, day, revenue_cents from exports where job = '{self.name}'"
        # Sorted here, and counted where it is watched: a plain query takes DuckDB half the time.
        found = sorted(self._warehouse.rows(query), key=_placed)
        return {
            token: [(day, cents) for its, day, cents in found if its == token] for token in tokens
        }

    def seen_of(self, token: int | None, evidence: dict[str, Any]) -> list[int]:
        """How many rows of a token a reader found each time that it looked."""
        return [sum(its == token for (its,) in picture) for picture in evidence["seen"]]

    def export(self, token: int | None, finding: str, before: str = "") -> Finding | None:
        """Write with the newest token; a finding unless it was told, and the rows are there."""
        outcome = self.play(self.step_write(token))[0]
        told, missing = bool(outcome.value), self.missing(token, finding, before)
        if outcome.evidence["con"]["vain_commits"] and missing:
            return replace(missing, id="error-swallowed")
        if missing and not told:
            return replace(missing, observed=f"{before}write with the newest token was refused")
        if not missing and not told:
            what = f"{before}write returned {outcome.value!r}, and the rows are there"
            return Finding("write-misreports", what)
        return missing

    def missing(self, token: int | None, finding: str, before: str) -> Finding | None:
        """A finding where the rows of a token are not as written."""
        there = self.exported(token)
        if there == list(self.rows):
            return None
        right = len(set(there) & set(self.rows))
        what = f"exports holds {len(there)} rows of the token, {right} of {len(self.rows)} right"
        return Finding(finding, before + what)

    def refuse(self, token: int | None, when: str, *, settled: bool = False) -> Finding | None:
        """Write with an old token; a finding if a row of it was ever there, or True was told.

        `settled`: also if a transaction is still open afterwards.
        """
        outcome = self.play(self.step_write(token, watch=True))[0]
        there = len(self.exported(token))
        seen = max([there, *self.seen_of(token, outcome.evidence["con"])])
        when = when and f"{when}: "
        if seen:
            passing = "" if there else " for a while"
            return Finding(
                "old-token-written", f"{when}{seen} rows of the old token are there{passing}"
            )
        if outcome.value:
            said = f"{when}an old token, nothing written, and write returned {outcome.value!r}"
            return Finding("write-misreports", said)
        if settled and outcome.evidence["con"]["open"]:
            told = "a transaction is still open on its connection"
            return Finding("loser-raises", f"{when}write returned {outcome.value!r}, and {told}")
        return None


def orders(first: int, second: int, some: int, seed: int) -> list[tuple[int, int]]:
    """How many turns the first player gets, then the second; then the first goes to its end.

    A player's first turn leads it to its first statement. The second player runs to its end
    (with some turns more, as it may try again), or stops somewhere, too:
    `some` of those, not the same for each seed.
    """
    whole = [(turns, second + 6) for turns in range(1, first + 1)]
    parts = [(i, j) for i in range(2, first + 1) for j in range(2, second + 1)]
    step = -(-len(parts) // some) if some else 0
    return whole + (parts[seed % step :: step] if step else [])


def paused(steps: Sequence[Step], order: Sequence[int], done: Sequence[Outcome]) -> str:
    """An interleaving in words."""
    logs = [outcome.evidence["con"]["log"] for outcome in done]
    (one, two), (i, j) = (f"{step.entry} of {step.player}" for step in steps), order
    text = f"{one} stopped before statement {i} ({''.join(logs[0][i - 1 : i])[:40]}), "
    if j > len(logs[1]):
        return f"{text}{two} ran"
    return f"{text}{two} before {j} ({''.join(logs[1][j - 1 : j])[:40]}), each went on"


def story(job: Job) -> Finding | None:
    """A long night of three owners and two jobs, against a model of what each must be told."""
    seed, now = job.seed, 0
    nights = [_Night(job), _Night(job.other())]
    for number in range(NIGHT):
        now += 1 + pick(seed, 600 + number, 9)
        night, dice = nights[pick(seed, 700 + number, 3) // 2], pick(seed, 800 + number, 10)
        now += any(now == each.until for each in nights)
        wrong = night.writes(dice) if dice < 4 else night.acquires(OWNERS[dice % 3], now)
        if wrong:
            return Finding("owners-differ", f"step {number + 1} of the night: {wrong}")
    wrong = next(filter(None, (night.ends() for night in nights)), "")
    return Finding("owners-differ", f"at the end of the night {wrong}") if wrong else None


class _Night:
    """What one job's lease must be; times in twentieths of a lease."""

    def __init__(self, job: Job) -> None:
        self._job, self._owner, self.until = job, "", 0
        self._token: int | None = None
        self._old: list[int | None] = []
        self._written: list[int | None] = []

    def acquires(self, owner: str, now: int) -> str:
        """Acquire; what is wrong with the answer, or ""."""
        free = owner == self._owner or now >= self.until
        token = self._job.acquire(owner, now / 20)
        if (token is not None) != free:
            return f"acquire returned {token}, and the lease was {'free' if free else 'held'}"
        if token is None:
            return ""
        if owner != self._owner and self._token is not None:
            if token <= self._token:
                return f"token {self._token}, and after the takeover {token}"
            self._old.append(self._token)
        self._owner, self.until, self._token = owner, now + 20, token
        return ""

    def writes(self, dice: int) -> str:
        """Write with an old token or, once for each, with the newest."""
        if self._old and dice < 2:
            old = self._old[dice % len(self._old)]
            return "an old token was told True" if self._job.write(old) else ""
        if self._token is None or self._token in self._written:
            return ""
        self._written.append(self._token)
        return "" if self._job.write(self._token) else "the newest token was told False"

    def ends(self) -> str:
        """What is wrong with exports, or ""."""
        there = self._job.exported_by([*self._old, self._token])
        right = {token: list(self._job.rows) if token in self._written else [] for token in there}
        wrong = [token for token in there if there[token] != right[token]]
        return (
            f"the rows of {len(wrong)} of {len(there)} tokens are not as written" if wrong else ""
        )
