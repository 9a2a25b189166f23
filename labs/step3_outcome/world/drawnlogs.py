"""A log of twenty tables with every trouble at once; which are unused is drawn first."""

from __future__ import annotations

import datetime as dt
import random

from labs.step3_outcome.world.northlight import DELIVERY, MACHINE, PERSON
from labs.step3_outcome.world.smalllogs import (
    DAY,
    MERGE,
    SECOND,
    WINDOW,
    Account,
    Job,
    Sketch,
)

COUNT = 20
ACCOUNTS = {
    "bob": Account(PERSON, 1, in_log="upper"),
    "cleo": Account(PERSON, None, "svc-cleo"),
    "mailing": Account(DELIVERY, 1, "svc-mailing"),
    "export": Account(DELIVERY, 0, "svc-export"),
    "lint": Account(MACHINE, 9, "svc-lint"),
}
_PEOPLE, _EMPTY = ("ana", "bob", "cleo", "bi", "mailing"), ("tests", "catalog", "export", "lint")


def twenty_tables(seed: int) -> Sketch:
    """A used table is read, named, or has a used one built on it; an unused one has none of it.

    Tables are built on those that come before them, so the last used one is read or named.
    """
    rng = random.Random(f"{seed}/twenty tables")
    used = [rng.random() < 0.55 for _ in range(COUNT)]
    edges: set[str] = set()
    jobs: list[Job] = []
    exposures: list[tuple[str, str]] = []
    register: list[tuple[str, dt.timedelta]] = []
    for number in reversed(range(COUNT)):
        table = f"t{number}"
        jobs.append(Job("etl", [table], rng.randint(1, 90) * DAY, table, MERGE))
        jobs += [_machine(rng, table) for _ in range(rng.randint(0, 3))]
        later = [f"t{n}" for n in range(number + 1, COUNT) if used[n]]
        if not used[number]:
            jobs += [_too_old(rng, table)] * rng.randint(0, 1)
        elif later and rng.random() < 0.5:
            edges.add(f"{rng.choice(later)} < {table}")
        else:
            how = rng.choice(("read", "read", "exposure", "register"))
            jobs += [_somebody(rng, table)] if how == "read" else []
            exposures += [(table, "medium")] if how == "exposure" else []
            register += [(table, 90 * DAY)] if how == "register" else []
    edges |= _others(rng, used)
    unused = " ".join(f"t{number}" for number in range(COUNT) if not used[number])
    return Sketch(jobs, unused, sorted(edges), ACCOUNTS, exposures, register)


def _machine(rng: random.Random, table: str) -> Job:
    return Job(rng.choice(_EMPTY), [table], rng.randint(0, 180) * DAY)


def _somebody(rng: random.Random, table: str) -> Job:
    ago = rng.choice((0, rng.randint(1, 179), 180)) * DAY
    return Job(rng.choice(_PEOPLE), ["kept", table], ago, cached=rng.random() < 0.3)


def _too_old(rng: random.Random, table: str) -> Job:
    return Job(rng.choice(_PEOPLE), [table], WINDOW + rng.choice((SECOND, DAY, 30 * DAY)))


def _others(rng: random.Random, used: list[bool]) -> set[str]:
    """More edges: from an unused table to any, from a used one to used ones."""
    found = set()
    for _ in range(COUNT):
        above, below = sorted(rng.sample(range(COUNT), 2))
        if used[above] or not used[below]:
            found.add(f"t{below} < t{above}")
    return found
