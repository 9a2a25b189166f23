"""Where to kill: after the writes that matter most, and at even and random places of the run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain, zip_longest

from fieldkit.command import Point, Ran


def points(ran: Ran, count: int, chance: random.Random) -> list[Point]:
    """So many points in a run like this measured one, every prefix of the list a fair mixture."""
    by_write = boundaries(ran)[: (count + 1) // 2]
    spread = [at for at in _even(ran.writes, count // 5 + 1) if at not in by_write]
    # Before the first write a kill leaves the state as it was: begin shortly before it.
    begin, timed = (ran.times[0] * 0.9 if ran.times else 0.0), count // 6
    times = [begin + (ran.seconds - begin) * (k + 0.5) / max(1, timed) for k in range(timed)]
    lists: list[Sequence[Point]] = [
        [Point(writes=at) for at in by_write],
        [Point(writes=at) for at in spread],
        [Point(seconds=at) for at in times],
    ]
    mixed = [one for one in chain(*zip_longest(*lists)) if one][:count]
    return mixed + [another(ran, chance) for _ in range(count - len(mixed))]


def boundaries(ran: Ran) -> list[int]:
    """Writes by how much seems to end with them: a file finished, or a long silence after it.

    A commit is followed by whatever the command does next; between the writes of one commit there
    is no time. A crash there separates what belongs together.
    """
    times = [*ran.times, ran.seconds]
    steps = set(ran.steps)
    silence = {at: times[at] - times[at - 1] for at in range(1, len(times))}
    longest = max(silence.values(), default=0.0)
    return sorted(silence, key=lambda at: (-silence[at] - longest * 0.1 * (at in steps), at))


def _even(total: int, count: int) -> list[int]:
    return sorted({max(1, round(total * (k + 0.5) / count)) for k in range(count) if total})


def another(ran: Ran, chance: random.Random) -> Point:
    """A point by chance: half by time, half after a write."""
    if ran.writes and chance.random() < 0.5:
        return Point(writes=chance.randint(1, ran.writes))
    begin = ran.times[0] * 0.8 if ran.times else 0.0
    return Point(seconds=chance.uniform(begin, ran.seconds))
