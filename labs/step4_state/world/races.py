"""Two runners of take-lease whose statements alternate: what a race may come to, and what not."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from labs.step4_state.world.lease import Job, orders, paused
from workbook import Finding, Outcome, Step
from workbook.answer import AnswerTimedOut

Setting = Callable[[Job], tuple[Step, Step]]
SOME = 3  # interleavings in which both stop halfway; all of those in which one of them does
WAITS = (
    "one runner waits for the other for ever, outside of the database: "
    "a lock in Python holds up one process and is not seen by another"
)


def free(job: Job) -> tuple[Step, Step]:
    """Nobody has held the lease yet."""
    return job.step("one", 0), job.step("two", 0)


def run_out(job: Job) -> tuple[Step, Step]:
    """A third owner's lease has run out."""
    job.acquire("zero", -1.2)
    return free(job)


def lapsing(job: Job) -> tuple[Step, Step]:
    """The owner renews on a clock just before the end, another one comes just after it."""
    job.acquire("one", -0.9)
    return job.step("one", 0), job.step("two", 0.2)


def race(setting: Setting, job: Job) -> Finding | None:
    """Two runners that acquire in turns: never two who hold it, never none for ever."""
    logs = []
    alike = setting is not lapsing
    ways = (False,) if alike else (False, True)
    for turned in ways:
        mine = job.fresh()
        done = mine.play(*setting(mine)[:: -1 if turned else 1])
        if any(o.failure for o in done) or _holding(mine, done, 0.4):
            return None  # wrong one after the other, too: told by an earlier case
        logs.append(max(len(o.evidence["con"]["log"]) for o in done))
    for turned, order in itertools.product(ways, orders(logs[0], logs[-1], SOME * alike, job.seed)):
        mine = job.fresh()
        steps = setting(mine)[:: -1 if turned else 1]
        try:
            done = mine.play(*steps, order=order)
        except AnswerTimedOut:
            return Finding("state-outside", WAITS)
        if found := _raised(done) or _holding(mine, done, 0.4) or _left_open(done):
            return replace(found, observed=f"{paused(steps, order, done)}; {found.observed}")
    return None


def _raised(done: Sequence[Outcome]) -> Finding | None:
    for outcome in done:
        if outcome.failure:
            return Finding("loser-raises", f"it raised {outcome.failure}")
    return None


def _left_open(done: Sequence[Outcome]) -> Finding | None:
    for outcome in done:
        if outcome.evidence["con"]["open"]:
            told = "a transaction is still open on its connection"
            return Finding("loser-raises", f"it returned {outcome.value!r}, and {told}")
    return None


def _holding(job: Job, done: Sequence[Outcome], later: float) -> Finding | None:
    """Who holds the lease after a race, as far as the tables let them; None: exactly as told."""
    tokens = [token for o in done if (token := job.token(o)) is not None]
    if len(tokens) > 1:
        vain = any(o.evidence["con"]["vain_commits"] for o in done)
        what = f"both hold the lease, with tokens {tokens[0]} and {tokens[1]}"
        return Finding("error-swallowed" if vain else "race-broken", what)
    if tokens:
        return job.export(tokens[0], "race-broken", "the winner: ")
    if job.acquire("six", later) is None:
        return Finding("race-broken", "both were refused, and so is whoever comes next")
    return None


def overtaken(job: Job) -> Finding | None:
    """A write with the old token and a takeover, in turns."""
    logs = []
    for turned in (False, True):
        done, found = _meet(job.fresh(), turned, ())
        if found:
            return None  # wrong one after the other, too: told by an earlier case
        logs.append([len(o.evidence["con"]["log"]) for o in done])
    for turned in (False, True):
        lengths = [max(pair) for pair in zip(*logs, strict=True)][:: -1 if turned else 1]
        for order in orders(lengths[0], lengths[1], SOME // 2, job.seed):
            if found := _meet(job.fresh(), turned, order)[1]:
                return found
    return None


def _meet(job: Job, turned: bool, order: Sequence[int]) -> tuple[Sequence[Outcome], Finding | None]:
    """One meeting; outcomes of the write and of the takeover, and what is wrong."""
    old = job.acquire("one", 0)
    pair = job.step_write(old, watch=True), job.step("two", 1.2, watch=True)
    steps = pair[:: -1 if turned else 1]
    done = job.play(*steps, order=order)
    both = done[:: -1 if turned else 1]
    found = _raised(done) or _fenced(job, old, *both) or _left_open(done)
    if found and any(outcome.evidence["con"]["vain_commits"] for outcome in done):
        found = replace(found, id="error-swallowed")
    where = f"{paused(steps, order, done)}; " if order else ""
    return both, found and replace(found, observed=where + found.observed)


def _fenced(job: Job, old: int | None, write: Outcome, takeover: Outcome) -> Finding | None:
    """Rows of the old token stand there only if they did before the takeover was committed."""
    there, new = len(job.exported(old)), job.token(takeover)
    looks: list[Any] = [outcome.evidence["con"] for outcome in (write, takeover)]
    before = max(job.seen_of(old, looks[1]), default=0)
    passing = {*job.seen_of(old, looks[0]), before, there} - {0, there}
    if new is not None and there and not before:
        return Finding("old-token-written", f"{there} rows of token {old} appear after token {new}")
    if passing:
        return Finding("half-done", f"a reader finds {min(passing)} rows, in the end {there}")
    if bool(write.value) != bool(there):
        what = f"write returned {write.value!r}, and {there} rows are there"
        return Finding("write-misreports", what)
    newest = new if new is not None else job.acquire("six", 1.4)
    if newest is None:
        return Finding("race-broken", "the takeover was refused, and so is whoever comes next")
    if old is not None and newest <= old:
        return Finding("token-not-grown", f"token {old}, and after the takeover {newest}")
    return job.export(newest, "old-token-written", "the new owner: ")
