"""Where to kill: after the writes that matter most, and at even and random places of the run."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import chain, zip_longest

from fieldkit.runs.command import Point, RunResult

CLEAR = 0.004  # seconds of silence that stand out from the time between two writes


def kill_points(ran: RunResult, count: int, chance: random.Random) -> list[Point]:
    """So many points in a run like this measured one, every prefix of the list a fair mixture."""
    chosen = boundaries(ran)[: (count + 1) // 2]
    pauses = [_pause(ran, at) for at in chosen[0::2] if _silence(ran, at) >= CLEAR]
    by_write = [at for at in chosen if at not in chosen[0::2] or _silence(ran, at) < CLEAR]
    spread = [at for at in _even(ran.writes, count // 5 + 1) if at not in by_write]
    # Before the first write a kill leaves the state as it was: begin shortly before it.
    begin, timed = (ran.times[0] * 0.9 if ran.times else 0.0), count // 6
    times = [begin + (ran.seconds - begin) * (k + 0.5) / max(1, timed) for k in range(timed)]
    lists: list[Sequence[Point]] = [
        pauses,
        [Point(writes=at) for at in by_write],
        [Point(writes=at) for at in spread],
        [Point(seconds=at) for at in times],
    ]
    mixed = [one for one in chain(*zip_longest(*lists)) if one][:count]
    return mixed + [random_point(ran, chance) for _ in range(count - len(mixed))]


def boundaries(ran: RunResult) -> list[int]:
    """Writes by how much seems to end with them: a file finished, or a long silence after it.

    A commit is followed by whatever the command does next; between the writes of one commit there
    is no time. A crash there separates what belongs together.
    """
    steps = set(ran.steps)
    silence = {at: _silence(ran, at) for at in range(1, len(ran.times) + 1)}
    if silence:  # what comes after the last write is only the end of the process
        silence[len(silence)] *= 0.1
    longest = max(silence.values(), default=0.0)
    return sorted(silence, key=lambda at: (-silence[at] - longest * 0.1 * (at in steps), at))


def _silence(ran: RunResult, at: int) -> float:
    """How long nothing was written after this write."""
    times = [*ran.times[at - 1 : at + 1], ran.seconds]
    return times[1] - times[0]


def _pause(ran: RunResult, at: int) -> Point:
    """The silence after this write, found again by how many like it come before."""
    gap = _silence(ran, at) * 0.4
    before = sum(_silence(ran, one) >= gap for one in range(1, at + 1))
    return Point(pause=before, gap=gap)


def _even(total: int, count: int) -> list[int]:
    return sorted({max(1, round(total * (k + 0.5) / count)) for k in range(count) if total})


def random_point(ran: RunResult, chance: random.Random) -> Point:
    """A point by chance: half by time, half after a write."""
    if ran.writes and chance.random() < 0.5:
        return Point(writes=chance.randint(1, ran.writes))
    begin = ran.times[0] * 0.8 if ran.times else 0.0
    return Point(seconds=chance.uniform(begin, ran.seconds))
