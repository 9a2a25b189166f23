"""What arrives on 200 mornings: the day, what is wrong with its feed, and how that passes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from statistics import median
from typing import NamedTuple

from labs.step2_failure.world.days import (
    HOLIDAY,
    KINDS,
    PAST,
    PER_DAY,
    SALE,
    WEEKDAY,
    WEEKEND,
    Day,
    chance,
    day,
    days,
)
from labs.step2_failure.world.mornings import RECOVERS

PAGE = 20  # orders on a page of the API
EACH = 10  # mornings of each kind
FEW_BAD = 0.04  # bad rows of an ordinary bad day, at most
ROWS_VARY, AVERAGE_VARIES = 0.10, 0.25  # of the median; good days that vary more are rare
MIX = (WEEKDAY, WEEKEND, SALE, WEEKDAY, SALE, WEEKEND, WEEKDAY, SALE)
NEVER = math.inf
Amounts = tuple[float, ...]


@dataclass(frozen=True)
class Usual:
    """The median of the past days of one kind."""

    rows: float
    average: float


class Met(NamedTuple):
    """What a job meets. `read`: amounts as it reads them if it goes on as if nothing were.

    `sound`: those that are sound, None where nobody can say. `fails`: requests that fail before
    one succeeds; `passes`: minutes after 06:00 before which none does.
    """

    told: str
    read: Amounts
    sound: Amounts | None = None
    fails: int = 0
    passes: float = 0.0


@dataclass(frozen=True)
class Feed:
    """One morning's feed. `fault`: the policy's word for it, "" where no code notices any."""

    number: int
    kind: str
    fault: str
    day: Day
    met: Met

    @cached_property
    def true(self) -> Amounts:
        """The day's amounts as they were."""
        return amounts(self.day)


def amounts(day: Day) -> Amounts:
    """The day's amounts in dollars."""
    return tuple(order.amount for order in day.orders)


@cache
def usual(seed: int) -> dict[str, Usual]:
    """The median rows and average of the past days, by kind."""
    past = days(seed, 0, PAST, PER_DAY)
    return {kind: _middle([d for d in past if d.kind == kind]) for kind in KINDS}


def bad_rows(seed: int, past: Day) -> int:
    """How many rows of a past day were set aside."""
    most = int(len(past.orders) * FEW_BAD)
    return chance(seed, 800_000 + past.date.toordinal() % 1000, most + 1)


def _middle(past: Sequence[Day]) -> Usual:
    return Usual(median(len(d.orders) for d in past), median(d.average for d in past))


def _good(seed: int) -> Callable[[str], Day]:
    """Hands out good days of a kind, none of them further from the median than good days are."""
    numbers = {kind: itertools.count(PAST + n * 1000) for n, kind in enumerate(KINDS)}
    likes = usual(seed)

    def ordinary(found: Day) -> bool:
        like = likes[found.kind]
        rows, average = len(found.orders) / like.rows - 1, found.average / like.average - 1
        return abs(rows) <= ROWS_VARY and abs(average) <= AVERAGE_VARIES

    def next_one(kind: str) -> Day:
        tried = (day(seed, number, PER_DAY, kind) for number in numbers[kind])
        return next(filter(ordinary, tried))

    return next_one


_Make = Callable[[Day, int, int], Met]
_KINDS: dict[str, tuple[str, _Make]] = {}


def _comes(kind: str, fault: str = "") -> Callable[[_Make], _Make]:
    def keep(make: _Make) -> _Make:
        _KINDS[kind] = (fault, make)
        return make

    return keep


@cache
def feeds(seed: int) -> tuple[Feed, ...]:
    """All 200 mornings of a world: EACH of every fault, and of each sort of good day."""
    return tuple(Feed(number, *told) for number, told in enumerate(_feeds(seed), 1))


def _feeds(seed: int) -> Iterator[tuple[str, str, Day, Met]]:
    good = _good(seed)
    for kind in (WEEKDAY, WEEKEND, HOLIDAY, SALE):
        for _ in range(EACH):
            found = good(kind)
            yield f"good {kind}", "", found, Met("nothing", amounts(found))
    for number, (kind, (fault, make)) in enumerate(_KINDS.items()):
        for turn in range(EACH):
            found = good(MIX[turn % len(MIX)])
            drawn = chance(seed, 900_000 + 100 * number + turn, 1000)
            yield kind, fault, found, make(found, turn, drawn)


def _without_last_page(found: Day) -> Amounts:
    """The orders without the last page, which is often a short one."""
    return amounts(found)[: (len(found.orders) - 1) // PAGE * PAGE]


def _once_more(found: Day, told: str, fails: int) -> Met:
    return Met(told, _without_last_page(found), None, fails, 0.0)


@_comes("throttled", "throttled")
def _throttled(found: Day, turn: int, drawn: int) -> Met:
    return _once_more(found, "the last page answers 429, at first", 1 + turn % 2)


@_comes("hang", "hang")
def _hang(found: Day, turn: int, drawn: int) -> Met:
    return _once_more(found, "the last page does not answer, at first", 1)


@_comes("broken answer", "broken_answer")
def _broken(found: Day, turn: int, drawn: int) -> Met:
    what = ("is HTML", "is cut off")[turn % 2]
    return _once_more(found, f"the last page {what}, at first", 1)


@_comes("unavailable", "unavailable")
def _unavailable(found: Day, turn: int, drawn: int) -> Met:
    return _once_more(found, "the last page answers 503, at first", 1 + turn % 2)


@_comes("short outage", "unavailable")
def _short_outage(found: Day, turn: int, drawn: int) -> Met:
    minutes = RECOVERS // 60
    return Met(f"503 for {minutes} minutes", (), None, 1, float(minutes))


@_comes("outage", "unavailable")
def _outage(found: Day, turn: int, drawn: int) -> Met:
    return Met("503 all morning", (), None, 0, NEVER)


@_comes("unauthorized", "unauthorized")
def _unauthorized(found: Day, turn: int, drawn: int) -> Met:
    return Met("401 at the last page", _without_last_page(found), None, 0, NEVER)


@_comes("missing", "missing")
def _missing(found: Day, turn: int, drawn: int) -> Met:
    return Met("404 at the last page", _without_last_page(found), None, 0, NEVER)


def _unread(found: Day, turn: int, told: str) -> Met:
    """From some page on the amounts cannot be read; lazy code takes them for 0."""
    true = amounts(found)
    half = true[: len(true) // PAGE // 2 * PAGE]
    sound = (_without_last_page(found), _without_last_page(found), half, ())[turn % 4]
    where = "on all pages" if not sound else f"from row {len(sound) + 1} on"
    zeros = (0.0,) * (len(true) - len(sound))
    return Met(f"{told} {where}", sound + zeros, sound, 0, NEVER)


@_comes("renamed", "renamed")
def _renamed(found: Day, turn: int, drawn: int) -> Met:
    return _unread(found, turn, "amount is called amount_v2")


@_comes("retyped", "retyped")
def _retyped(found: Day, turn: int, drawn: int) -> Met:
    return _unread(found, turn, "amounts are text like $12.50")


@_comes("repeated", "repeated")
def _repeated(found: Day, turn: int, drawn: int) -> Met:
    """A page comes again in place of the last one; every other time asking again brings that."""
    sound = _without_last_page(found)
    lost = len(found.orders) - len(sound)
    passes = NEVER if turn % 2 else 0.0
    return Met("the last page holds old rows", sound + sound[:lost], sound, 1, passes)


def _spoiled(found: Day, count: int, drawn: int) -> Met:
    """So many amounts are negative."""
    true, step = amounts(found), max(1, len(found.orders) // count)
    bad = {(drawn + n * step) % len(true) for n in range(count)}
    read = tuple(-a if n in bad else a for n, a in enumerate(true))
    sound = tuple(a for n, a in enumerate(true) if n not in bad)
    return Met(f"{len(bad)} of {len(true)} amounts are negative", read, sound, 0, NEVER)


@_comes("a few negative", "negative")
def _few_bad(found: Day, turn: int, drawn: int) -> Met:
    return _spoiled(found, max(1, int(len(found.orders) * FEW_BAD)), drawn)


@_comes("many negative", "negative")
def _many_bad(found: Day, turn: int, drawn: int) -> Met:
    return _spoiled(found, int(len(found.orders) * (0.15, 0.2, 0.33)[turn % 3]) + 1, drawn)


@_comes("half a feed")
def _half(found: Day, turn: int, drawn: int) -> Met:
    true = amounts(found)
    there = round(len(true) * (0.5, 0.3, 0.5, 0)[turn % 4])
    return Met(f"{there} of {len(true)} orders, and no error", true[:there], None, 0, NEVER)


@_comes("a feed twice")
def _twice(found: Day, turn: int, drawn: int) -> Met:
    return Met("every order comes twice, with a new id", amounts(found) * 2, None, 0, NEVER)


@_comes("rescaled")
def _rescaled(found: Day, turn: int, drawn: int) -> Met:
    true = amounts(found)
    first = len(true) if turn % 2 else len(true) // 2
    read = tuple(round(a * 100, 2) for a in true[:first]) + true[first:]
    where = "all" if turn % 2 else "half of the"
    return Met(f"{where} amounts in cents", read, None, 0, NEVER)
