"""Chooses kill points: after likely commits, evenly spread, and at random."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from itertools import chain, zip_longest

from fieldkit.runs.command import Point, RunResult

LATEST = 0.95  # of a run's time: by then every point is killed, found or not
CLEAR = 0.004  # seconds of silence that stand out from the time between two writes


def kill_points(ran: RunResult, count: int, chance: random.Random) -> list[Point]:
    """`count` kill points for a run like `ran`, ordered so that any prefix is a balanced sample."""
    chosen = boundaries(ran)[: (count + 1) // 2]
    pauses = [_pause(ran, at) for at in chosen[0::2] if _silence(ran, at) >= CLEAR]
    by_write = [at for at in chosen if at not in chosen[0::2] or _silence(ran, at) < CLEAR]
    spread = [at for at in even(ran.writes, count // 5 + 1) if at not in by_write]
    timed = count // 6
    times = [_writing(ran) * (k + 0.5) / max(1, timed) for k in range(timed)]
    lists: list[Sequence[Point]] = [
        pauses,
        [Point(writes=at) for at in by_write],
        [Point(writes=at) for at in spread],
        [Point(seconds=at) for at in times],
    ]
    mixed = [_by_then(one, ran) for one in chain(*zip_longest(*lists)) if one][:count]
    return mixed + [random_point(ran, chance) for _ in range(count - len(mixed))]


def _by_then(point: Point, ran: RunResult) -> Point:
    """The point with a latest time, shortly before a run like this ends."""
    return point if point.seconds else replace(point, seconds=_writing(ran) * LATEST)


def _writing(ran: RunResult) -> float:
    """Seconds from its first write to its end: before that a kill leaves the state as it was."""
    return ran.seconds - (ran.times[0] if ran.times else 0.0)


def boundaries(ran: RunResult) -> list[int]:
    """The numbers of writes, the likeliest commits first: a finished file, or a long pause after.

    A commit is followed by a pause, as the command turns to its next step; the writes within one
    commit follow each other at once. So a crash in a pause separates what belongs together.
    """
    steps = set(ran.steps)
    silence = {at: _silence(ran, at) for at in range(1, len(ran.times) + 1)}
    if silence:  # what comes after the last write is only the end of the process
        silence[len(silence)] *= 0.1
    longest = max(silence.values(), default=0.0)
    return sorted(silence, key=lambda at: (-silence[at] - longest * 0.1 * (at in steps), at))


def _silence(ran: RunResult, at: int) -> float:
    """Seconds without a write after this one."""
    times = [*ran.times[at - 1 : at + 1], ran.seconds]
    return times[1] - times[0]


def _pause(ran: RunResult, at: int) -> Point:
    """The pause after this write, identified in later runs by its number among the pauses."""
    gap = _silence(ran, at) * 0.4
    before = sum(_silence(ran, one) >= gap for one in range(1, at + 1))
    return Point(pause=before, gap=gap)


def even(total: int, count: int) -> list[int]:
    """So many numbers of writes at the same distance."""
    return sorted({max(1, round(total * (k + 0.5) / count)) for k in range(count) if total})


def random_point(ran: RunResult, chance: random.Random) -> Point:
    """A random point: half of them by time, half after a write."""
    if ran.writes and chance.random() < 0.5:
        return _by_then(Point(writes=chance.randint(1, ran.writes)), ran)
    return Point(seconds=chance.uniform(0.0, _writing(ran)))
