"""take-lease: one runner at a time, by the tables alone, also when runners die or come too late."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache, partial
from typing import Any

from labs.handles.database import Warehouse, kill_points, killed_at
from labs.step4_state.world.lease import ALIVE, LEASE_TABLES, Job, NotAToken, orders, paused, story
from workbook import Answer, AnswerFailed, Case, Finding, Outcome, Step

Story = Callable[[Job], Finding | None]
SOME = 3  # interleavings in which both stop halfway; all of those in which one of them does


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Alone, then one after the other, then killed, then in turns, then a long night."""

    told = cache(partial(_told, answer, seed))

    def right(tell: Story) -> bool:
        try:
            return told(tell) is None
        except AnswerFailed:
            return False

    def case(name: str, on_error: str, tell: Story, *needs: Story) -> Case:
        """One story; told only where those that it needs go well, which are cases of their own."""
        return Case(name, lambda: told(tell) if all(map(right, needs)) else None, on_error)

    basics = (_alone, _held, _other_job, _expired)
    yield replace(case("a free lease, and a write", "no-token", _alone), plain=True)
    yield case("a second owner while the lease runs", "loser-raises", _held, _alone)
    yield Case("the same job in a second database", partial(_second, answer, seed), "own-memory")
    yield case("another job at the same time", "jobs-mixed", _other_job, _alone, _held)
    yield case("other owners after it ran out", "never-expires", _expired, _alone)
    yield case("refused, and back after it ran out", "loser-raises", _refused_first, *basics)
    yield case("the owner renews", "renewal-refused", _renewed, *basics, _refused_first)
    yield case("the old owner is back after a takeover", "loser-raises", _back_again, *basics)
    yield case("a late write, before and after the new owner's", "loser-raises", _late, *basics)
    yield case("an export without rows", "empty-refused", _empty, _alone)
    for takeover in (False, True):
        name = f"killed anywhere in a {'takeover' if takeover else 'first acquire'}"
        yield case(name, "half-a-lease", partial(_killed, takeover), *basics)
    yield case("killed anywhere in a write", "half-written", _write_killed, *basics)
    for name, setting in (("free", _free), ("run out", _run_out)):
        race = partial(_race, setting)
        yield case(f"two runners in turns, the lease {name}", "loser-raises", race, *basics)
    race = partial(_race, _lapsing)
    yield case("a renewal and a takeover in turns", "loser-raises", race, *basics, _renewed)
    yield case("a write and a takeover in turns", "loser-raises", _overtaken, *basics, _late)
    smaller = (*basics, _refused_first, _renewed, _back_again, _late)
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
    return job.export(token, job.named("rows-not-written"))


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
    lapsed = job.named("renewal-not-extended")
    if job.acquire("ten", 5.2) is not None:
        return Finding(lapsed, "taken again by its last owner, it was given to another one at once")
    return job.export(again, "renewal-refused", "taken again by its last owner: ")


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
        return Finding("renewal-refused", "halfway through its lease the owner got None")
    lost = job.named("renewal-not-extended")
    if job.acquire("two", 1.2) is not None:
        return Finding(lost, "renewed halfway, and given to another owner at the end of the first")
    if found := job.export(token, "renewal-refused", "after the renewal "):
        return found
    if job.acquire("two", 1.7) is None:
        return Finding("never-expires", "renewed once, then run out, and the next was refused")
    return None


def _back_again(job: Job) -> Finding | None:
    old, new = job.acquire("one", 0), job.acquire("two", 1.2)
    if job.acquire("one", 1.4) is not None:
        return Finding("taken-early", f"two held token {new}, and the owner of {old} took it back")
    return job.export(new, "refusal-changes-lease", "after the old owner was refused, ")


def _late(job: Job) -> Finding | None:
    old, new = job.acquire("one", 0), job.acquire("two", 1.2)
    for when in ("before the new owner has written", "after the new owner has written"):
        if found := job.refuse(old, when):
            return found
        if when.startswith("before") and (found := job.export(new, "rows-not-written")):
            return found
    return None


def _empty(job: Job) -> Finding | None:
    old = job.acquire("one", 0)
    if not job.write(old, rows=()):
        return Finding("empty-refused", "the holder wrote an empty frame, and was told False")
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
        found = Finding("own-memory", "a job leased in one database is not free in a new one")
    return None


def _whole(job: Job, owner: str, other: str) -> bool:
    """Whether something is wrong with a lease taken, held and written under."""
    try:
        token = job.acquire(owner, 0)
        if token is None or job.acquire(other, 0.5) is not None:
            return True
        return job.export(token, "own-memory") is not None
    except (AnswerFailed, NotAToken):
        return True


def _killed(takeover: bool, job: Job) -> Finding | None:
    for after in (_successor, _restarted) if takeover else (_successor,):
        whole, log = after(job.fresh(), takeover)
        if whole:
            return None  # what a kill adds could not be told apart
        for kill in kill_points(log):
            wrong, _ = after(job.fresh(), takeover, kill)
            if wrong:
                return Finding("half-a-lease", f"{killed_at(kill, log)}; {wrong}")
    return None


def _dies(job: Job, takeover: bool, kill: Mapping[str, int]) -> tuple[int | None, float, list[str]]:
    """Owner one acquires and is killed: the token before, when it was, and the statements."""
    old, now = (job.acquire("zero", 0), 1.2) if takeover else (None, 0.0)
    killed = job.play(job.step("one", now, kill))[0]
    return old, now, killed.evidence["con"]["log"]


def _successor(job: Job, takeover: bool, kill: Mapping[str, int] = ALIVE) -> tuple[str, list[str]]:
    """What is wrong when others come after a killed owner ("": nothing), and its statements."""
    old, now, log = _dies(job, takeover, kill)
    token = job.acquire("two", now + 0.3)
    if token is None:
        token = job.acquire("six", now + 1.2)
    if token is None:
        return "the lease stays taken after the dead owner's time is over", log
    if old is not None and token <= old:
        return f"token {old} before it, and the next owner was given {token}", log
    found = job.export(token, "half-a-lease") if takeover else None
    return (found.observed if found else ""), log


def _restarted(job: Job, takeover: bool, kill: Mapping[str, int] = ALIVE) -> tuple[str, list[str]]:
    """What is wrong when a killed owner is started again and acquires once more."""
    old, now, log = _dies(job, takeover, kill)
    token = job.acquire("one", now + 0.3)
    if token is None:
        return "started again, the same owner is refused", log
    if old is not None and token <= old:
        return f"token {old} before it, and started again the owner was given {token}", log
    return "", log


def _write_killed(job: Job) -> Finding | None:
    whole, log = _after_write_killed(job.fresh())
    if whole:
        return Finding("half-written", whole)
    for kill in kill_points(log):
        wrong, _ = _after_write_killed(job.fresh(), kill)
        if wrong:
            return Finding("half-written", f"{killed_at(kill, log)}; {wrong}")
    return None


def _after_write_killed(job: Job, kill: Mapping[str, int] = ALIVE) -> tuple[str, list[str]]:
    token = job.acquire("one", 0)
    seen = job.play(job.step_write(token, kill, watch=True))[0].evidence["con"]
    there, found = job.exported(token), None
    counts = {len(there), *job.seen_of(token, seen)} - {0, len(job.rows)}
    if counts:
        return f"a reader finds {min(counts)} of {len(job.rows)} rows", seen["log"]
    if not there:
        found = job.export(token, "half-written", "the same write again: ")
    if not found and job.acquire("two", 1.2) is None:
        return "the next owner is refused after the lease ran out", seen["log"]
    return (found.observed if found else ""), seen["log"]


def _free(job: Job) -> tuple[Step, Step]:
    return job.step("one", 0), job.step("two", 0)


def _run_out(job: Job) -> tuple[Step, Step]:
    job.acquire("zero", -1.2)
    return _free(job)


def _lapsing(job: Job) -> tuple[Step, Step]:
    """The owner renews on a clock just before the end, another one comes just after it."""
    job.acquire("one", -0.9)
    return job.step("one", 0), job.step("two", 0.2)


def _race(setting: Callable[[Job], tuple[Step, Step]], job: Job) -> Finding | None:
    """Two runners that acquire in turns: never two who hold it, never none for ever."""
    logs = []
    for turned in (False, True):
        mine = job.fresh()
        done = mine.play(*setting(mine)[:: -1 if turned else 1])
        if any(o.failure for o in done) or _holding(mine, done, 0.4):
            return None  # wrong one after the other, too: told by an earlier case
        logs.append(max(len(o.evidence["con"]["log"]) for o in done))
    alike = setting is not _lapsing
    for turned, order in itertools.product(
        (False,) if alike else (False, True), orders(logs[0], logs[1], SOME * alike, job.seed)
    ):
        mine = job.fresh()
        steps = setting(mine)[:: -1 if turned else 1]
        done = mine.play(*steps, order=order)
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
            return Finding("connection-unusable", f"it returned {outcome.value!r}, and {told}")
    return None


def _holding(job: Job, done: Sequence[Outcome], later: float) -> Finding | None:
    """Who holds the lease after a race, as far as the tables let them; None: exactly as told."""
    tokens = [token for o in done if (token := job.token(o)) is not None]
    if len(tokens) > 1:
        vain = any(o.evidence["con"]["vain_commits"] for o in done)
        what = f"both hold the lease, with tokens {tokens[0]} and {tokens[1]}"
        return Finding("commit-in-vain" if vain else "two-holders", what)
    if tokens:
        return job.export(tokens[0], "nobody-holds", "the winner: ")
    if job.acquire("six", later) is None:
        return Finding("nobody-holds", "both were refused, and so is whoever comes next")
    return None


def _overtaken(job: Job) -> Finding | None:
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
        found = replace(found, id="commit-in-vain")
    where = f"{paused(steps, order, done)}; " if order else ""
    return both, found and replace(found, observed=where + found.observed)


def _fenced(job: Job, old: int | None, write: Outcome, takeover: Outcome) -> Finding | None:
    """Rows of the old token stand there only if they did before the takeover was committed."""
    there, new = len(job.exported(old)), job.token(takeover)
    looks: list[Any] = [outcome.evidence["con"] for outcome in (write, takeover)]
    before = max(job.seen_of(old, looks[1]), default=0)
    passing = {*job.seen_of(old, looks[0]), before, there} - {0, there}
    if new is not None and there and not before:
        return Finding("fence-races", f"{there} rows of token {old} appear after token {new}")
    if passing:
        return Finding("half-written", f"a reader finds {min(passing)} rows, in the end {there}")
    if bool(write.value) != bool(there):
        what = f"write returned {write.value!r}, and {there} rows are there"
        return Finding("write-misreports", what)
    newest = new if new is not None else job.acquire("six", 1.4)
    if newest is None:
        return Finding("nobody-holds", "the takeover was refused, and so is whoever comes next")
    if old is not None and newest <= old:
        return Finding("token-not-grown", f"token {old}, and after the takeover {newest}")
    return job.export(newest, "fence-races", "the new owner: ")
