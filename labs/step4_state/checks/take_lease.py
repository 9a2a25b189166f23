"""take-lease: one runner at a time, by the tables alone, also when runners die or come too late.

The page's sentence -> the cases that try it
    returns a token, or None if someone else holds the lease -> a free lease, and a write; a
        second owner while the lease runs
    None changes nothing -> refused, and back after it ran out; a second owner while the lease
        runs
    The lease holds until now + ttl; -> other owners after it ran out; a second owner while the
        lease runs; the old owner is back; a lease of *
    renewed by its owner, until the new end -> the owner renews; other owners after it ran out
    grows with each change of hands -> other owners after it ran out; killed anywhere in a
        takeover
    adds the frame's day and revenue_cents and returns True -> a free lease, and a write
    False, and nothing is written -> a late write, before and after the new owner's; a write for a
        job that nobody leased; a token that nobody was given
    Only what is committed counts -> a second owner while the lease runs; a free lease, and a
        write; the same job in a second database
    Both are killed at every statement -> killed anywhere in *
    Two runners take turns, statement by statement -> a race for *; a renewal and a takeover in
        turns
    After a takeover no row of an old token may appear -> a write and a takeover in turns; a late
        write*
    Losing is not an error -> a race for *; a write and a takeover in turns
    its connection still works -> a race for *; a write and a takeover in turns; a late write*
    Every other error is raised -> the table leases is not there; a frame with other columns
    Each job is on its own -> another job at the same time; a long night of three owners
    an owner may hold several -> an owner of two jobs loses one
    A token may write twice -> two writes with one token
    also an empty frame -> an export without rows
    The clock is now (datetime) -> other owners after it ran out
    ttl is a timedelta -> a lease of *
    At the very instant now + ttl both answers are right -> not judged: no case comes at that
        instant
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from labs.dependent import Dependent
from labs.handles.database import Warehouse
from labs.step4_state.world.killed import killed, write_killed
from labs.step4_state.world.lease import EXPORTS, LEASE_TABLES, Job, NotAToken, story
from labs.step4_state.world.races import free, lapsing, overtaken, race, run_out
from workbook import Answer, AnswerFailed, Case, Finding

Story = Callable[[Job], Finding | None]
ALONE, HELD = "a free lease, and a write", "a second owner while the lease runs"
OTHER_JOB, EXPIRED = "another job at the same time", "other owners after it ran out"
REFUSED, RENEWED = "refused, and back after it ran out", "the owner renews"
BACK, LATE = "the old owner is back", "a late write, before and after the new owner's"
RACE = "a race for a free lease"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Alone, then one after the other, then two jobs, kills, races, and a long night."""
    made = Dependent()

    def case(name: str, on_error: str, tell: Story, *needs: str) -> Case:
        return made.case(name, on_error, partial(_told, answer, seed, tell), *needs,
                         plain=not needs)  # fmt: skip

    yield case(ALONE, "no-token", _alone)
    yield case(HELD, "loser-raises", _held, ALONE)
    yield made.case("the same job in a second database", "state-outside",
                    partial(_second, answer, seed))  # fmt: skip
    yield case(OTHER_JOB, "jobs-mixed", _other_job, HELD)
    yield case(EXPIRED, "never-expires", _expired, HELD)
    basics = (ALONE, HELD, OTHER_JOB, EXPIRED)
    yield case(REFUSED, "loser-raises", _refused_first, *basics)
    yield case(RENEWED, "renewal-fails", _renewed, *basics, REFUSED)
    yield case(BACK, "loser-raises", _back_again, *basics)
    yield case(LATE, "loser-raises", _late, *basics)
    needs = (*basics, RENEWED, LATE)
    yield case("an owner of two jobs loses one", "jobs-mixed", _two_jobs, *needs)
    yield case("a write for a job that nobody leased", "write-misreports", _never_leased, *basics)
    yield case("a token that nobody was given", "write-misreports", _not_given, *basics)
    yield case("two writes with one token", "not-committed", _twice, *basics)
    yield case("an export without rows", "write-misreports", _empty, ALONE)
    for name, ttl in (("two days", dt.timedelta(days=2)),
                      ("half a second", dt.timedelta(milliseconds=500))):  # fmt: skip
        yield case(f"a lease of {name}", "taken-early", partial(_lasting, name, ttl), *basics)
    run = partial(_no_leases, answer, seed)
    yield made.case("the table leases is not there", "error-swallowed", run, *basics)
    yield case("a frame with other columns", "error-swallowed", _other_columns, *basics)
    for takeover in (False, True):
        name = f"killed anywhere in a {'takeover' if takeover else 'first acquire'}"
        yield case(name, "half-done", partial(killed, takeover), *basics)
    yield case("killed anywhere in a write", "half-done", write_killed, *basics)
    yield case(RACE, "loser-raises", partial(race, free), *basics)
    for name, setting in (("a race for a lease that has run out", run_out),
                          ("a renewal and a takeover in turns", lapsing)):  # fmt: skip
        yield case(name, "loser-raises", partial(race, setting), *basics, RENEWED, RACE)
    yield case("a write and a takeover in turns", "loser-raises", overtaken, *basics, LATE, RACE)
    smaller = (*basics, REFUSED, RENEWED, BACK, LATE)
    yield case("a long night of three owners", "owners-differ", story, *smaller)


def _told(answer: Answer, seed: int, tell: Story) -> Finding | None:
    """Tell a story in a new database; what is no token is a finding wherever it appears."""
    with Warehouse(answer, LEASE_TABLES) as warehouse:
        try:
            return tell(Job(answer, warehouse, seed))
        except NotAToken as error:
            return Finding("no-token", f"acquire returned {error}")


def _alone(job: Job) -> Finding | None:
    token = job.acquire("one", 0)
    if token is None:
        return Finding("no-token", "nobody held the lease, and acquire returned None")
    return job.export(token, job.named("not-committed"))


def _held(job: Job) -> Finding | None:
    token = job.acquire("one", 0)
    early = job.named("taken-early")
    if (second := job.acquire("two", 0.5)) is not None:
        held = f"one held token {token} for half its time, and two was given token {second}"
        return Finding(early, held)
    return job.export(token, "refusal-changes-lease", "after another owner was refused, ")


def _other_job(job: Job) -> Finding | None:
    """The other job is several owners ahead, so that its tokens are higher."""
    other = job.other()
    tokens = [other.acquire(owner, at) for owner, at in (("one", 0), ("two", 1.2), ("six", 2.4))]
    newest = max((token for token in tokens if token is not None), default=None)
    token = job.acquire("two", 2.5)
    if token is None:
        return Finding("jobs-mixed", "one job's lease was held, and another job's was refused")
    for mine, its in ((job, token), (other, newest)):
        if found := mine.export(its, "jobs-mixed", "two jobs were held at the same time; "):
            return found
    if job.acquire("six", 2.6) is not None:
        return Finding("jobs-mixed", "the owner of another job was given this one, which was held")
    return job.missing(token, "jobs-mixed", "after another job's write ")


def _expired(job: Job) -> Finding | None:
    """Three changes of hands, the first owner among them twice, then its own lapse."""
    before = job.acquire("one", 0)
    for owner, at in (("two", 1.2), ("one", 2.4), ("six", 3.6)):
        token = job.acquire(owner, at)
        if token is None:
            return Finding("never-expires", "the lease had run out, and the next owner was refused")
        if before is not None and token <= before:
            return Finding("token-not-grown", f"token {before}, and after the takeover {token}")
        before = token
    again = job.acquire("six", 4.8)
    if again is None:
        return Finding("never-expires", "the lease had run out, and its last owner was refused")
    lapsed = job.named("renewal-fails")
    if job.acquire("ten", 5.2) is not None:
        return Finding(lapsed, "taken again by its last owner, it was given to another one at once")
    return job.export(again, "renewal-fails", "taken again by its last owner: ")


def _refused_first(job: Job) -> Finding | None:
    job.acquire("one", 0)
    for at in (0.5, 0.9):
        job.acquire("two", at)
    if job.acquire("two", 1.2) is not None:
        return None
    return Finding("refusal-changes-lease", "refused twice, it was refused again after the end")


def _renewed(job: Job) -> Finding | None:
    job.acquire("one", 0)
    token = job.acquire("one", 0.5)
    if token is None:
        return Finding("renewal-fails", "halfway through its lease the owner got None")
    lost = job.named("renewal-fails")
    if job.acquire("two", 1.2) is not None:
        return Finding(lost, "renewed halfway, and given to another owner at the end of the first")
    if found := job.export(token, "renewal-fails", "after the renewal "):
        return found
    if job.acquire("two", 1.7) is None:
        return Finding("never-expires", "renewed once, then run out, and the next was refused")
    return None


def _back_again(job: Job) -> Finding | None:
    old, new = job.acquire("one", 0), job.acquire("two", 1.2)
    if job.acquire("one", 1.4) is not None:
        return Finding("taken-early", f"two held token {new}, and the owner of {old} took it back")
    return job.export(new, "refusal-changes-lease", "after the old owner was refused, ")


def _two_jobs(job: Job) -> Finding | None:
    """One owner holds two jobs, renews the second, and loses the first to somebody else.

    Then both have run out, and only the first one is taken: the token of the other is the newest.
    """
    other = job.other()
    old, its = job.acquire("one", 0), other.acquire("one", 0.1)
    if (renewed := other.acquire("one", 0.9)) is None:
        return Finding("jobs-mixed", f"of two jobs, one could not be renewed: {its} was its token")
    new = job.acquire("two", 1.2)
    if new is None:
        return Finding("jobs-mixed", "one of two jobs had run out, and the next owner was refused")
    if other.acquire("six", 1.4) is not None:
        return Finding("jobs-mixed", "when one of two jobs was taken over, the other one was free")
    if found := job.refuse(old, "of two jobs, one was taken over"):
        return replace(found, id="jobs-mixed")
    before = "after a takeover of the owner's other job, "
    found = job.export(new, "jobs-mixed", before) or other.export(renewed, "jobs-mixed", before)
    job.acquire("ten", 2.5)
    if found or other.write(renewed):
        return found
    told = "a job that had run out was taken, and the newest token of another one was told False"
    return Finding("jobs-mixed", told)


def _never_leased(job: Job) -> Finding | None:
    """A token of another job, and one that nobody was given."""
    token = job.other().acquire("one", 0)
    for given in (token, 1):
        if found := job.refuse(given, "nobody leased this job"):
            return Finding("write-misreports", found.observed)
    return None


def _not_given(job: Job) -> Finding | None:
    """Tokens above the newest: a typing error, or another database's."""
    token = job.acquire("one", 0) or 0
    for given in (token + 1, token + 1_000):
        if found := job.refuse(given, ""):
            seen = found.observed.replace("the old token", "a token that nobody was given")
            return Finding("write-misreports", seen.replace("an old", "an unknown"))
    return None


def _lasting(name: str, ttl: dt.timedelta, job: Job) -> Finding | None:
    """Long and short leases: the whole length counts."""
    mine = job.fresh(ttl)
    mine.acquire("one", 0)
    early = mine.named("taken-early")
    if mine.acquire("two", 0.9) is not None:
        return Finding(early, f"a lease of {name} was given to another owner before its end")
    if mine.acquire("two", 1.2) is None:
        return Finding("never-expires", f"a lease of {name} was over, and the next was refused")
    return None


def _twice(job: Job) -> Finding | None:
    """A token may write more than once: rows are added, none is replaced, alike or not."""
    token, more = job.acquire("one", 0), (*job.other().rows, job.other().rows[0])
    if not job.write(token) or not job.write(token, rows=more):
        return Finding("write-misreports", "two writes with the newest token, and one said False")
    there, written = len(job.exported(token)), len(job.rows) + len(more)
    if there != written:
        seen = f"{len(job.rows)} rows were written, then {len(more)} more: exports holds {there}"
        return Finding("not-committed", seen)
    job.write(job.acquire("two", 1.2))
    there = len(job.exported(token))
    if there == written:
        return None
    seen = f"{written} rows were written; after the next owner's write exports holds {there}"
    return Finding("not-committed", seen)


def _no_leases(answer: Answer, seed: int) -> Finding | None:
    """An error that is no lost race: None would be the wrong answer to it."""
    with Warehouse(answer, EXPORTS) as warehouse:
        job = Job(answer, warehouse, seed)
        if job.play(job.step("one", 0))[0].failure:
            return None
    return Finding("error-swallowed", "the table leases was missing, and acquire did not raise")


def _other_columns(job: Job) -> Finding | None:
    """A frame that does not fit exports: False would say that the token is old."""
    token = job.acquire("one", 0)
    outcome = job.play(job.step_write(token, other_columns=True))[0]
    if job.exported(token):
        return Finding("error-swallowed", "a frame with other columns, and its rows are there")
    if outcome.failure:
        return None
    what = f"a frame with other columns, and write returned {outcome.value!r}"
    return Finding("error-swallowed", what)


def _late(job: Job) -> Finding | None:
    old, new = job.acquire("one", 0), job.acquire("two", 1.2)
    for when in ("before the new owner has written", "after the new owner has written"):
        if found := job.refuse(old, when, settled=True):
            return found
        if when.startswith("before") and (found := job.export(new, "not-committed")):
            return found
    return None


def _empty(job: Job) -> Finding | None:
    old = job.acquire("one", 0)
    if not job.write(old, rows=()):
        return Finding("write-misreports", "the holder wrote an empty frame, and was told False")
    if job.acquire("two", 1.2) is None or job.refuse(old, "") or not job.write(old, rows=()):
        return None
    return Finding("write-misreports", "an old token, an empty frame, and the answer was True")


def _second(answer: Answer, seed: int) -> Finding | None:
    """What the process remembers of the first database is no excuse in the next ones."""
    found, name = None, ""
    for owners in (("one", "two"), ("two", "one"), ("one", "two")):
        with Warehouse(answer, LEASE_TABLES) as warehouse:
            job = Job(answer, warehouse, seed, name)
            if _whole(job, *owners):
                return found
            name = job.name
        found = Finding("state-outside", "a job leased in one database is not free in a new one")
    return None


def _whole(job: Job, owner: str, other: str) -> bool:
    """Whether something is wrong with a lease taken, held and written under."""
    try:
        token = job.acquire(owner, 0)
        if token is None or job.acquire(other, 0.5) is not None:
            return True
        return job.export(token, "state-outside") is not None
    except (AnswerFailed, NotAToken):
        return True
