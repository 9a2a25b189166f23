"""A runner of take-lease that is killed at each of its statements, and whoever comes after it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from labs.handles.kills import kill_points, killed_at
from labs.step4_state.world.lease import ALIVE, Job
from workbook import Finding

Evidence = Mapping[str, Any]


def killed(takeover: bool, job: Job) -> Finding | None:
    """A killed owner, and whoever comes after; once for all kills that have left the same."""
    for after in (_successor, _restarted) if takeover else (_successor,):
        mine = job.fresh()
        old, now, whole = _dies(mine, takeover)
        if after(mine, old, now):
            return None  # what a kill adds could not be told apart
        known = {whole["settled"]: ""}
        for kill in kill_points(whole["log"]):
            mine = job.fresh()
            old, now, left = _dies(mine, takeover, kill)
            if _is_new(known, left, whole):
                known[left["settled"]] = after(mine, old, now)
            if wrong := known[left["settled"]]:
                return Finding("half-done", f"{killed_at(kill, whole['log'])}; {wrong}")
    return None


def _is_new(known: Mapping[int, str], left: Evidence, whole: Evidence) -> bool:
    """Whether no kill before has left the same: as much of the same statements was settled."""
    return left["settled"] not in known or left["log"] != whole["log"][: len(left["log"])]


def _dies(
    job: Job, takeover: bool, kill: Mapping[str, int] = ALIVE
) -> tuple[int | None, float, Evidence]:
    """Owner one acquires and is killed: the token before, when it was, and what was seen."""
    old, now = (job.acquire("zero", 0), 1.2) if takeover else (None, 0.0)
    return old, now, job.play(job.step("one", now, kill))[0].evidence["con"]


def _successor(job: Job, old: int | None, now: float) -> str:
    """What is wrong when others come after a killed owner; "": nothing."""
    token = job.acquire("two", now + 0.3)
    if token is None:
        token = job.acquire("six", now + 1.2)
    if token is None:
        return "the lease stays taken after the dead owner's time is over"
    if old is not None and token <= old:
        return f"token {old} before it, and the next owner was given {token}"
    found = job.export(token, "half-done") if now else None
    return found.observed if found else ""


def _restarted(job: Job, old: int | None, now: float) -> str:
    """What is wrong when a killed owner is started again and acquires once more."""
    token = job.acquire("one", now + 0.3)
    if token is None:
        return "started again, the same owner is refused"
    if old is not None and token <= old:
        return f"token {old} before it, and started again the owner was given {token}"
    return ""


def write_killed(job: Job) -> Finding | None:
    """A killed write, and what comes after; once for all kills that have left the same."""
    mine = job.fresh()
    token = mine.acquire("one", 0)
    whole, wrong = _killed_write(mine, token)
    if wrong := wrong or _after_write(mine, token):
        return Finding("half-done", wrong)
    known, untouched = {whole["settled"]: ""}, False
    for kill in kill_points(whole["log"]):
        if not untouched:
            mine = job.fresh()
            token = mine.acquire("one", 0)
        left, wrong = _killed_write(mine, token, kill)
        untouched = not left["settled"]
        if not wrong and _is_new(known, left, whole):
            known[left["settled"]], untouched = _after_write(mine, token), False
        if wrong := wrong or known[left["settled"]]:
            return Finding("half-done", f"{killed_at(kill, whole['log'])}; {wrong}")
    return None


def _killed_write(
    job: Job, token: int | None, kill: Mapping[str, int] = ALIVE
) -> tuple[Evidence, str]:
    """What was seen of a write that is killed, and what is wrong with what readers find."""
    seen = job.play(job.step_write(token, kill, watch=True))[0].evidence["con"]
    counts = {len(job.exported(token)), *job.seen_of(token, seen)} - {0, len(job.rows)}
    return seen, f"a reader finds {min(counts)} of {len(job.rows)} rows" if counts else ""


def _after_write(job: Job, token: int | None) -> str:
    """What is wrong with the same write again, if there are no rows, and with the next owner."""
    there = job.exported(token)
    found = None if there else job.export(token, "half-done", "the same write again: ")
    if found:
        return found.observed
    refused = job.acquire("two", 1.2) is None
    return "the next owner is refused after the lease ran out" if refused else ""
