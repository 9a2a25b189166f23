"""A policy run over 200 mornings: what the board shows at 08:00, who was told and when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean

from labs.step2_failure.world.failure_policy import (
    AVERAGE,
    DEGRADE,
    FEWER,
    MORE,
    NOBODY,
    QUARANTINED,
    RETRY,
    STOP,
    FailurePolicy,
)
from labs.step2_failure.world.feeds import Amounts, Feed, Usual, feeds, usual
from labs.step2_failure.world.mornings import BOARD, OPENS

FRESH, STALE, WRONG = "fresh", "stale", "WRONG"
ACCEPTED = 0.10  # of a day's orders that may lack on the board, if they are set aside and told
START = OPENS.hour * 60  # minutes after midnight
LOOKS = BOARD.hour * 60
FOR_EVER = 10.0 * 24 * 60  # minutes
NEAR = 1e-6


@dataclass(frozen=True)
class Board:
    """One morning under a policy. `shows`: what the board shows at 08:00.

    `off`: dollars that it shows too much; of a stale one: the day's revenue that it does not show.
    `held`: the action or threshold that kept the day back, "" if it is published. `decided` and
    `told`: minutes after midnight; `told` is None if nobody is.
    """

    feed: Feed
    shows: str
    off: float
    decided: float
    told: float | None
    requests: int = 1
    held: str = ""
    aside: int = 0

    @property
    def to_tell(self) -> bool:
        """Whether there is something that somebody has to know before 08:00."""
        return bool(self.held or self.aside)


@lru_cache(maxsize=32)
def boards(policy: FailurePolicy, seed: int) -> tuple[Board, ...]:
    """Every morning of a world under a policy."""
    likes = usual(seed)
    return tuple(board(policy, feed, likes[feed.day.kind]) for feed in feeds(seed))


def board(policy: FailurePolicy, feed: Feed, like: Usual) -> Board:
    """One morning under a policy."""
    action = policy.action(feed.fault)
    if action == RETRY:
        return _retried(policy, feed, like)
    if action == STOP or (action == DEGRADE and feed.met.sound is None):
        return _held(policy, feed, action)
    if action == DEGRADE:
        return _published(policy, feed, like, feed.met.sound or ())
    return _published(policy, feed, like, feed.met.read)


def _retried(policy: FailurePolicy, feed: Feed, like: Usual) -> Board:
    """Ask again: the tries are spread evenly over the minutes."""
    minutes = min(policy.minutes, FOR_EVER) if policy.tries > 1 else 0.0
    step = minutes / max(1, policy.tries - 1)
    needed = feed.met.fails + 1
    if step > 0:
        passed = min(feed.met.passes / step, policy.tries)
        needed = max(needed, 1 + math.ceil(passed - NEAR))
    at = (needed - 1) * step
    if needed > policy.tries or at < feed.met.passes - NEAR:
        return _held(policy, feed, RETRY, minutes, policy.tries)
    if START + at > LOOKS:
        return _held(policy, feed, RETRY, at, needed)
    return _published(policy, feed, like, feed.true, at, needed)


def _held(
    policy: FailurePolicy, feed: Feed, why: str, after: float = 0.0, requests: int = 1
) -> Board:
    """Yesterday's numbers stay."""
    decided = START + after
    told = None if policy.who == NOBODY else max(decided, policy.by)
    return Board(feed, STALE, -sum(feed.true), decided, told, requests, why)


def _published(
    policy: FailurePolicy,
    feed: Feed,
    like: Usual,
    rows: Amounts,
    after: float = 0.0,
    requests: int = 1,
) -> Board:
    """The rows go on the board, unless a threshold holds them back."""
    arrived = feed.true if rows is feed.true else feed.met.read
    aside = len(arrived) - len(rows)
    why = beyond(policy, len(arrived), rows, like)
    if why:
        return _held(policy, feed, why, after, requests)
    off = sum(rows) - sum(feed.true)
    right = rows == feed.true or (aside > 0 and len(rows) >= (1 - ACCEPTED) * len(feed.true))
    tells = aside > 0 and policy.who != NOBODY
    at = max(START + after, policy.by) if tells else None
    return Board(feed, FRESH if right else WRONG, off, START + after, at, requests, "", aside)


def beyond(policy: FailurePolicy, arrived: int, rows: Amounts, like: Usual) -> str:
    """The first threshold that a day goes beyond, or ""."""
    share = (arrived - len(rows)) / arrived if arrived else 0.0
    average = fmean(rows) if rows else 0.0
    measured = {
        FEWER: 1 - arrived / like.rows,
        MORE: arrived / like.rows - 1,
        QUARANTINED: share,
        AVERAGE: abs(average / like.average - 1),
    }
    return next(
        (name for name, seen in measured.items() if seen > getattr(policy, name) + NEAR), ""
    )
