"""call-breaker: closed, open and half-open by the rules, whatever callers do, and across runs.

The page's sentence -> the cases that try it
    Names do not touch each other -> two names, *; names that are nearly alike
    Only what is committed in the table counts -> the same name in a second database;
        callers at random *
    Closed: all calls go out, and a name without a row -> a source that works
    fail_max failures in a row open it, and a success -> fail_max failures; failures,
        fewer than fail_max; a success between the failures; fail_max of 1
    Open: no call goes out for reset_after seconds -> open, just *; failures some time
        apart; asked again *
    A result that comes while it is open changes nothing -> a failure comes late, *; a
        success comes late, *
    Half-open: then one call goes out, and no other -> half-open, and one call is out;
        half-open, and no result comes for a while
    Of two callers at the same moment one gets True -> two callers at the same moment, *
    A success closes it with failures 0, a failure -> the one call *; closed again, *
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from labs.handles.database import Warehouse
from labs.step2_failure.world.breakers import (
    ASK,
    BREAKERS,
    CALLERS,
    FAILED,
    WELL,
    Event,
    Limits,
    Played,
    Undecided,
    Walk,
    meet,
    play,
)
from workbook import Answer, Case, Finding

WALKS = 8
SHORT, LONG = 8, 28  # events of the first walk and of the last one
RESET = 30  # seconds after which a breaker that opened at second 0 still refuses; at 31 it does not
FIRST, SECOND = CALLERS
# Not payXments: without regard to case, as a pattern, cut, with a quote as SQL has it.
ALIKE = ("payxments", "pay_ments", "%", "payXments ", "payXment", "payXments's")
ORDERS = {  # of the statements of two callers
    "statement by statement": (FIRST, SECOND) * 8,
    "the second after one statement": (FIRST, *(SECOND,) * 12),
    "the second after two statements": (FIRST, FIRST, *(SECOND,) * 12),
}
_DOWN = ((0, FAILED), (0, FAILED), (0, FAILED))
_PROBED = (*_DOWN, (31, ASK))


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each rule by itself, the simplest first; then callers at random."""

    def case(
        name: str, finding: str, *events: tuple[Any, ...], limits: Limits | None = None,
        plain: bool = False,
    ) -> Case:  # fmt: skip
        told = [Event(*event) for event in events]
        run = partial(_judged, answer, told, limits or Limits(), finding, f"{name}-{seed}-")
        return Case(name, run, finding, plain)

    yield case("a source that works", "closed-refuses", (0, ASK), (1, WELL), (2, ASK), plain=True)
    yield case("failures, fewer than fail_max", "opens-too-soon", *_DOWN[1:], (1, ASK))
    yield case("fail_max failures", "opens-never", *_DOWN, (0, ASK), (0, ASK))
    once = Limits(1)
    yield case("fail_max of 1", "opens-never", (0, FAILED), (0, ASK), limits=once)
    yield Case("the same name in a second database", partial(_second, answer, seed),
               "state-in-memory")  # fmt: skip
    between = (*_DOWN[1:], (1, WELL), (2, FAILED), (3, FAILED), (4, ASK))
    yield case("a success between the failures", "opens-too-soon", *between)
    yield case("open, just before its time is over", "half-opens-early", *_DOWN, (RESET, ASK))
    yield case("open, just after it", "half-opens-never", *_PROBED)
    apart = ((0, FAILED), (20, FAILED), (40, FAILED))
    yield case("failures some time apart", "half-opens-early", *apart, (60, ASK))
    asking = tuple((second, ASK) for second in (5, 15, 25, 31))
    yield case("asked again and again while it is open", "half-opens-never", *_DOWN, *asking)
    yield case("half-open, and one call is out", "probes-many", *_PROBED, (32, ASK), (33, ASK))
    yield case("half-open, and no result comes for a while", "probes-many", *_PROBED, (46, ASK),
               (61, ASK))  # fmt: skip
    yield from _after_the_probe(case)
    yield from _late(case)
    yield from _two_names(case)
    for name, order in ORDERS.items():
        run = partial(_together, answer, order, f"{name}-{seed}-")
        yield Case(f"two callers at the same moment, {name}", run, "probes-many")
    yield from _walks(answer, seed)


def _after_the_probe(case: Callable[..., Case]) -> Iterator[Case]:
    well = (*_PROBED, (32, WELL))
    yield case("the one call succeeds", "closes-never", *well, (33, ASK), (34, ASK), (90, ASK))
    counted = (*well, (33, FAILED), (34, FAILED), (35, ASK))
    yield case("closed again, and failures", "closes-never", *counted)
    yield case("closed again, and fail_max failures", "opens-never", *counted[:-1], (35, FAILED),
               (65, ASK))  # fmt: skip
    failed = (*_PROBED, (32, FAILED))
    yield case("the one call fails", "probe-failure-ignored", *failed, (33, ASK), (34, ASK))
    yield case("the one call fails, later", "half-opens-early", *failed, (50, ASK), (62, ASK))
    yield case("the one call fails, and the next one", "half-opens-never", *failed, (63, ASK),
               (64, FAILED), (65, ASK), (95, ASK))  # fmt: skip


def _late(case: Callable[..., Case]) -> Iterator[Case]:
    """Results of calls that went out before it opened."""
    failed = (*_DOWN, (20, FAILED), (21, ASK), (31, ASK))
    yield case("a failure comes late, while it is open", "late-result-counts", *failed)
    well = (*_DOWN, (20, WELL), (21, ASK), (31, ASK), (32, ASK))
    yield case("a success comes late, while it is open", "late-result-counts", *well)


def _judged(
    answer: Answer, events: Sequence[Event], limits: Limits, finding: str, label: str
) -> Finding | None:
    return _found(_played(answer, events, limits, label), finding)


def _played(answer: Answer, events: Sequence[Event], limits: Limits, label: str) -> Played:
    with Warehouse(answer, BREAKERS) as warehouse:
        return play(answer, warehouse, events, limits, label)


def _found(played: Played, finding: str) -> Finding | None:
    if played.open:
        return Finding("state-uncommitted", "allow or record returned inside a transaction")
    if played.wrong is None:
        return None
    if finding == "probe-failure-ignored" and played.only_one:
        finding = "half-opens-early"
    return Finding(finding, played.told())


def _together(answer: Answer, order: Sequence[str], label: str) -> Finding | None:
    """One of them gets True; the other one False, or an error of the database."""
    opened = [Event(*event) for event in _DOWN]
    with Warehouse(answer, BREAKERS) as warehouse:
        outcomes = meet(answer, warehouse, opened, RESET + 1, order, label)
    through = sum(outcome.failure is None and bool(outcome.result) for outcome in outcomes)
    if through == 1:
        return None
    named = "probes-many" if through else "half-opens-never"
    return Finding(named, f"its time is over and two callers ask: {through} of them let through")


def _second(answer: Answer, seed: int) -> Finding | None:
    """What the process remembers of the first database is no excuse in the second."""
    down, label = [Event(*event) for event in _DOWN], f"second-{seed}-"
    first = _played(answer, [*down, Event(1, ASK)], Limits(), label)
    again = [Event(2, ASK), Event(3, FAILED), Event(4, ASK)]
    second = _played(answer, again, Limits(), label)
    if first.wrong is not None or second.wrong is None:
        return None
    return Finding(
        "state-in-memory",
        "open in one database; in a new, empty one it refused, after one failure at most",
    )


def _two_names(case: Callable[..., Case]) -> Iterator[Case]:
    """One is open while the other is well; then both are open, since different times."""
    pay, stock = "payments", "stock"
    one = ((0, FAILED, pay), (0, FAILED, pay), (0, FAILED, stock), (1, FAILED, pay), (2, ASK, pay),
           (2, ASK, stock), (3, FAILED, stock), (4, ASK, stock), (5, WELL, stock), (6, ASK, pay),
           (32, ASK, pay), (33, ASK, stock), (33, ASK, pay))  # fmt: skip
    yield case("two names, one of them open", "names-mixed", *one)
    both = [(second, FAILED, name) for second, name in ((0, pay), (10, stock)) for _ in range(3)]
    probed = ((31, ASK, pay), (32, WELL, pay), (39, ASK, stock), (41, ASK, stock), (42, ASK, pay))
    yield case("two names, both of them open", "names-mixed", *both, *probed)
    over = ((45, ASK, pay), (46, ASK, stock), (47, WELL, pay), (48, ASK, pay), (49, ASK, stock))
    yield case("two names, both of them half-open", "names-mixed", *both, *over)
    alike = [(1 + n, ASK, name) for n, name in enumerate(ALIKE)]
    well = [(9, FAILED, ALIKE[0]), (10, WELL, ALIKE[0])]
    yield case("names that are nearly alike", "names-mixed", *((0, FAILED, "payXments"),) * 3,
               *alike, *well, (11, ASK, "payXments"))  # fmt: skip


def _walks(answer: Answer, seed: int) -> Iterator[Case]:
    """Callers at random; after the first walk that shows something, no other is made smaller."""
    shown: list[Finding] = []

    def walk(number: int) -> Finding | None:
        found = None if shown else _walk(answer, seed, number)
        shown.extend([found] if found else [])
        return found

    for number in range(WALKS):
        yield Case(f"callers at random {number + 1}", partial(walk, number), "walk-differs")


def _walk(answer: Answer, seed: int, number: int) -> Finding | None:
    """One random walk; where it shows something, the fewest of its events that show it."""
    length = SHORT + (LONG - SHORT) * number // WALKS
    names = ("payments", "stock") if number % 3 == 2 else ("payments",)
    walk = Walk(f"{seed} {number}", length, names)
    played = _played(answer, list(walk.events()), walk.limits, f"walk-{seed}-{number}-")
    if played.wrong is None:
        return _found(played, "walk-differs")
    return _found(_fewest(answer, played, f"fewer-{seed}-{number}-"), "walk-differs")


def _fewest(answer: Answer, played: Played, label: str) -> Played:
    """Leave out events as long as the rest still shows something wrong."""
    tried, at = 0, 0
    while at < len(played.events):
        assert played.wrong is not None
        events = list(played.events[: played.wrong + 1])
        if at >= len(events):
            break
        tried += 1
        try:
            fewer = _played(
                answer, events[:at] + events[at + 1 :], played.limits, f"{label}{tried}-"
            )
        except Undecided:
            at += 1
            continue
        if fewer.wrong is None:
            at += 1
        else:
            played = fewer
    return played
