"""call-with-retry: temporary errors are tried again in time and politely, others are raised.

The page's sentence -> the cases that try it
    It returns what fn() returns, an empty list and -> an answer at once; an answer of *
    It calls again after an HTTPError 429, 500, 502 -> status 503, then an answer;
        status 5*, then an answer; status 429, then an answer
    It calls again after no connection, a timeout, an -> no connection, *; a timeout, *; an
        answer broken off, *; a response that is not JSON, *
    If it gives up, the last exception of fn comes out -> an outage, four tries
    Every other status is raised at once: 404, 408 -> status 4*; status 5*; 503, then 401
    Every other exception is raised at once, also one -> * in your own code; 503, then
        KeyError
    At most tries calls, and no wait after the last one -> an outage, *
    After deadline seconds no try begins and no wait -> an outage, * s; tries of 10 s each,
        *
    A wait that nobody asked for takes a minute at most -> an answer at the tenth try
    It does not give up while a try is left and the next -> an answer at the tenth try; an
        answer at the last try
    No try before Retry-After allows it, whatever the -> 429, Retry-After *; 50*,
        Retry-After *; 503, Retry-After as a date; a date*; Retry-After 0 s
    If Retry-After ends behind the deadline, it raises -> Retry-After 300 s, *; the same as
        a date; Retry-After 40 s*
    Without Retry-After, four waits take a second or -> five tries at a source that is away
    Each such wait is partly random (jitter): at most -> 200 clients, one failure each; 30
        clients, nine failures each
"""

from __future__ import annotations

import itertools
import random
import statistics
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from labs.step2_failure.world.called import NEAR, Ran, Script, met, ran
from labs.step2_failure.world.endpoint import BREAKS, BUGS, Endpoint
from workbook import Answer, Case, Finding

CLIENTS = 200
SOME = 30  # clients of whom each wait is looked at, also those that a cap has cut
ALIKE = 0.75  # of them may wait as long as each other; in so small a crowd half is a matter of luck
TOGETHER = 0.1  # seconds within which clients count as coming back at once
FEW = 20  # clients whose waits are looked at
TIGHT = 1.0  # seconds that four waits come to at least, in the middle of some clients
PASSING = (503, 429, 500, 502, 504)
REFUSALS = (401, 404, 403)
# All that are registered, and those of proxies.
_KNOWN = {*range(400, 432), 444, 451, 499, *range(500, 512), *range(520, 531), 598, 599}
OTHERS = sorted(_KNOWN - {*PASSING, *REFUSALS})
SEVERAL = 12  # clients of a Retry-After: each draws its own random numbers
OWN_WAIT = 60.0  # seconds that a wait which nobody asked for lasts at most
ZONE = "America/New_York"
PLENTY = 600.0  # seconds of a deadline that no waits of five tries reach
LONGEST = 4_500  # seconds of a Retry-After: more than the hour that many limits allow
Look = Callable[[Ran], tuple[str, str] | None]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """One trouble at a time, then many clients at once, then the clock runs out."""
    drawn = random.Random(seed)
    value = {"value": [{"order_id": 1000 + drawn.randrange(9000), "amount": 25.5}]}

    def case(name: str, look: Look, *script: dict[str, Any], tries: int = 5,
             deadline: float = PLENTY, plain: bool = False, **world: Any) -> Case:  # fmt: skip
        run = partial(_judged, answer, look, script, tries, deadline, world)
        return Case(name, run, "gives-up-early", plain)

    yield case("an answer at once", _at_once, value, plain=True)
    empties: tuple[Any, ...] = ([], None)
    for empty in empties:
        yield case(f"an answer of {empty}", _no_rows, {"value": empty})
    for bug in BUGS:
        yield case(f"{bug} in your own code", _bug, {"bug": bug})
    for status in (*REFUSALS, *drawn.sample(OTHERS, len(OTHERS))):
        yield case(f"status {status}", _refused, {"status": status})
    yield case("503, then 401", _refused, {"status": 503}, {"status": 401})
    yield case("503, then KeyError", _bug, {"status": 503}, {"bug": "KeyError"})
    for passing in _passing(drawn):
        yield case(f"{met(passing)}, then an answer", _passes, passing, value)
    yield from _outages(case)
    failures = _passing(drawn)[:4]
    yield case("an answer at the last try", _late_answer, *failures, value)
    yield case("an answer at the tenth try", _patient, *[failures[0]] * 9, value, tries=10)
    yield Case("five tries at a source that is away", partial(_hurried, answer), "tight-retry")
    yield from _asked_to_wait(answer, value, drawn)
    yield Case(f"{CLIENTS} clients, one failure each", partial(_crowd, answer, value, seed),
               "gives-up-early")  # fmt: skip
    yield Case(f"{SOME} clients, nine failures each", partial(_long_crowd, answer, seed),
               "no-jitter")  # fmt: skip
    yield from _deadlines(case, value, drawn)


def _outages(case: Callable[..., Case]) -> Iterator[Case]:
    away = {"breaks": "no connection"}
    yield case("an outage, one try", _gave_up, away, tries=1)
    yield case("an outage, two tries", _gave_up, away, tries=2)
    changing = ({"status": 503}, away, {"breaks": "a timeout"}, {"status": 502})
    yield case("an outage, four tries", _gave_up, *changing, tries=4)


def _asked_to_wait(answer: Answer, value: dict[str, Any], drawn: random.Random) -> Iterator[Case]:
    """Retry-After, short and long, in both forms; each case has clients that draw differently."""
    short, long = 20 + drawn.randrange(20), 120 + drawn.randrange(60)
    clients = itertools.count(0, SEVERAL)

    def case(name: str, finding: str, asked: dict[str, Any], zone: str = "") -> Case:
        first = next(clients)  # each case has its own, who draw other random numbers
        given = [Endpoint((asked, value), client=first + n, zone=zone) for n in range(SEVERAL)]
        return Case(name, partial(_polite, answer, finding, given), finding)

    for status in (429, 503, 500, 502, 504):
        plain = {"status": status, "after": short}
        yield case(f"{status}, Retry-After {short} s", "retry-after-ignored", plain)
    for seconds in (long, LONGEST):
        plain = {"status": 503, "after": seconds}
        yield case(f"503, Retry-After {seconds} s", "retry-after-ignored", plain)
    dated = {"status": 503, "after": short, "dated": True}
    yield case("503, Retry-After as a date", "date-misread", dated)
    yield case("a date, read in New York", "date-misread", dated, ZONE)
    past = {"status": 503, "after": -60, "dated": True}
    yield case("a date that has passed", "date-misread", past)
    yield case("Retry-After 0 s", "date-misread", {"status": 503, "after": 0})


def _deadlines(
    case: Callable[..., Case], value: dict[str, Any], drawn: random.Random
) -> Iterator[Case]:
    away, slow = {"status": 503}, {"breaks": "a timeout"}
    limit = 20 + drawn.randrange(10)
    yield case(f"an outage, {limit} s", _in_time, away, tries=100, deadline=limit)
    yield case(
        f"tries of 10 s each, {limit} s", _counted, slow, tries=100, deadline=limit, takes=10
    )
    asked = {"status": 503, "after": 300}
    yield case("Retry-After 300 s, 60 s left", _hopeless, asked, value, deadline=60)
    asked = {"status": 429, "after": 300, "dated": True}
    yield case("the same as a date", _hopeless, asked, value, deadline=60)
    asked = {"status": 503, "after": 40}
    yield case("Retry-After 40 s, twice within 60 s", _hopeless, asked, asked, value, deadline=60)
    second = {"status": 503, "after": 20}
    yield case("Retry-After 40 s and 20 s, within 100 s", _late_answer, asked, second, value,
               deadline=100)  # fmt: skip


def _passing(drawn: random.Random) -> list[dict[str, Any]]:
    """Failures that pass, the plainest first."""
    others: list[dict[str, Any]] = [{"status": status} for status in PASSING[1:]]
    others += [{"breaks": kind} for kind in BREAKS]
    return [{"status": PASSING[0]}, *drawn.sample(others, len(others))]


def _judged(
    answer: Answer, look: Look, script: Script, tries: int, deadline: float, world: dict[str, Any]
) -> Finding | None:
    given = {"fn": Endpoint(script, **world), "tries": tries, "deadline": deadline}
    seen = ran(given, answer.call(**given))
    if look is _at_once:
        seen.outcome.value  # noqa: B018  raises where the answer did
    found = look(seen)
    return Finding(found[0], found[1], seen.rows) if found else None


def _at_once(ran: Ran) -> tuple[str, str] | None:
    if len(ran.tries) != 1:
        return "value-lost", f"fn was called {len(ran.tries)} times"
    if ran.outcome.result != ran.script[0]["value"]:
        return "value-lost", f"fn gave {ran.script[0]['value']}; {ran.told}"
    return None


def _no_rows(ran: Ran) -> tuple[str, str] | None:
    given = ran.script[0]["value"]
    if len(ran.tries) == 1 and ran.outcome.failure is None and ran.outcome.result == given:
        return None
    return "value-lost", f"fn gave {given}; {_count(ran)}, {ran.told}"


def _bug(ran: Ran) -> tuple[str, str] | None:
    return _once(ran, "bug-retried")


def _refused(ran: Ran) -> tuple[str, str] | None:
    return _once(ran, "refusal-retried")


def _once(ran: Ran, again: str) -> tuple[str, str] | None:
    """The script's last failure is met once, and raised."""
    if len(ran.tries) > len(ran.script):
        return again, f"{met(ran.script[-1])}: {_count(ran)}, {ran.told}"
    if len(ran.tries) < len(ran.script):
        return "not-retried", f"{met(ran.script[0])}: {_count(ran)}, {ran.told}"
    return _cause(ran)


def _cause(ran: Ran) -> tuple[str, str] | None:
    """The last failure has to come through as it is."""
    last = ran.script[min(len(ran.tries), len(ran.script)) - 1]
    if ran.outcome.failure is None:
        return "cause-lost", f"the last try met {met(last)}; {ran.told}"
    wanted = _raised(ran, last)
    got = (ran.outcome.failure.type, ran.outcome.failure.message)
    if got == wanted:
        return None
    told = f"{wanted[0]}: {wanted[1]:.50}; {got[0]}: {got[1]:.50} came out"
    return "cause-lost", f"the last try raised {told}"


def _raised(ran: Ran, step: dict[str, Any]) -> tuple[str, str]:
    """Type and message of the failure that the last try met."""
    error = Endpoint([step]).failure(step, len(ran.tries))
    return type(error).__name__, str(error).splitlines()[0]


def _passes(ran: Ran) -> tuple[str, str] | None:
    return _answered(ran, "not-retried")


def _late_answer(ran: Ran) -> tuple[str, str] | None:
    return _answered(ran, "gives-up-early")


def _answered(ran: Ran, finding: str) -> tuple[str, str] | None:
    """The script's last entry is an answer, and there is time for it."""
    if ran.early:
        return "retry-after-ignored", _early(ran)
    if ran.outcome.failure is None and ran.outcome.result == ran.script[-1]["value"]:
        return None
    return (
        finding,
        f"{_count(ran)} of {ran.most}, {ran.seconds:.0f} s of {ran.deadline:.0f}; {ran.told}",
    )


def _gave_up(ran: Ran) -> tuple[str, str] | None:
    if ran.outcome.crashed:
        return (
            "tries-exceeded",
            f"after {_count(ran)} and {ran.seconds / 60:.0f} minutes it goes on",
        )
    if len(ran.tries) > ran.most:
        return "tries-exceeded", f"tries={ran.most}; {_count(ran)}"
    if len(ran.tries) < ran.most:
        return "gives-up-early", f"tries={ran.most}; {_count(ran)}, {ran.told}"
    found = _cause(ran)
    if not found and ran.idle > NEAR:
        return (
            "waits-for-nothing",
            f"{ran.idle:.1f} s of waiting after try {len(ran.tries)}, the last",
        )
    return found


def _hurried(answer: Answer) -> Finding | None:
    """How long some clients wait in all; one may draw short waits."""
    script = [{"breaks": "no connection"}]
    given = [{"fn": Endpoint(script, client=n), "tries": 5, "deadline": PLENTY} for n in range(FEW)]
    seen = [ran(g, o) for g, o in zip(given, answer.map(given), strict=True)]
    waited = statistics.median(one.waited for one in seen)
    if waited >= TIGHT:
        return None
    return Finding("tight-retry", f"five tries, and {waited:.1f} s of waiting in all", seen[0].rows)


def _polite(answer: Answer, finding: str, clients: Sequence[Endpoint]) -> Finding | None:
    """Each of some clients comes back, and not before Retry-After allows it."""
    script, deadline = clients[0].script, PLENTY + LONGEST
    given = [{"fn": client, "tries": 5, "deadline": deadline} for client in clients]
    seen = [ran(g, o) for g, o in zip(given, answer.map(given), strict=True)]
    early = [one for one in seen if one.early]
    if early:
        asked, came = early[0].early or (0.0, 0.0)
        # Less than a second early is a wait that was rounded, not a date that was misread.
        named = "retry-after-ignored" if asked - came < 1 else finding
        observed = f"{len(early)} of {SEVERAL} clients came too early: {_early(early[0])}"
        return Finding(named, observed, early[0].rows)
    for one in seen:
        if one.outcome.failure or one.outcome.result != script[-1]["value"]:
            failure = one.outcome.failure
            told = f"{failure.type}: {failure.message:.50}" if failure else one.told
            observed = f"{_count(one)}, {one.seconds:.0f} s of {one.deadline:.0f}; {told}"
            return Finding(finding, observed, one.rows)
    return None


def _patient(ran: Ran) -> tuple[str, str] | None:
    """Ten tries have time if no wait that nobody asked for is longer than a minute."""
    longest = max((b.began - a.ended for a, b in itertools.pairwise(ran.tries)), default=0.0)
    if longest > OWN_WAIT + NEAR:
        return "gives-up-early", f"before try {len(ran.tries)} it waited {longest:.0f} s unasked"
    return _answered(ran, "gives-up-early")


def _crowd(answer: Answer, value: dict[str, Any], seed: int) -> Finding | None:
    """All clients lose the same source at the same moment; when do they come back?"""
    script = [{"status": 503}, value]
    given = [
        {"fn": Endpoint(script, client=CLIENTS * seed + n), "tries": 5, "deadline": PLENTY}
        for n in range(CLIENTS)
    ]
    seen = [ran(g, o) for g, o in zip(given, answer.map(given), strict=True)]
    back = [one.tries[1].began for one in seen if len(one.tries) > 1]
    if len(back) < CLIENTS:
        return Finding("gives-up-early", f"{CLIENTS - len(back)} of {CLIENTS} did not come back")
    most, at = _together(back)
    if most <= CLIENTS // 2:
        return None
    return Finding("no-jitter", f"{most} of {CLIENTS} clients come back within "
                   f"{TOGETHER} s, {at:.1f} s after their first try")  # fmt: skip


def _together(seconds: Sequence[float]) -> tuple[int, float]:
    """How many lie within TOGETHER at most, and from when on."""
    ordered = sorted(seconds)
    most, at = max((sum(b <= a + TOGETHER for b in ordered[n:]), -a) for n, a in enumerate(ordered))
    return most, -at


def _long_crowd(answer: Answer, seed: int) -> Finding | None:
    """Each wait of some clients: a cap that cuts the random part lets them meet again."""
    script = [{"status": 503}]
    given = [
        {"fn": Endpoint(script, client=SOME * seed + n), "tries": 10, "deadline": PLENTY}
        for n in range(SOME)
    ]
    seen = [ran(g, o) for g, o in zip(given, answer.map(given), strict=True)]
    for number in range(1, 10):
        pairs = [one.tries[number - 1 : number + 1] for one in seen if len(one.tries) > number]
        waits = [after.began - before.ended for before, after in pairs]
        most, at = _together(waits) if waits else (0, 0.0)
        if most > ALIKE * SOME:
            told = (
                f"{most} of {SOME} clients wait {at:.1f} s after try {number}, within {TOGETHER} s"
            )
            return Finding("no-jitter", told)
    return None


def _in_time(ran: Ran) -> tuple[str, str] | None:
    return _ended(ran, "deadline-passed")


def _counted(ran: Ran) -> tuple[str, str] | None:
    return _ended(ran, "deadline-passed")


def _ended(ran: Ran, finding: str) -> tuple[str, str] | None:
    """No try begins after the deadline, and nothing sleeps past it."""
    late = [t.began for t in ran.tries if t.began > ran.deadline + NEAR]
    if ran.outcome.crashed and not late:
        return "tight-retry", f"{_count(ran)} within {ran.seconds:.0f} s"
    if late:
        return finding, f"deadline={ran.deadline:g}; a try began after {late[0]:.1f} s"
    if ran.idle > NEAR and ran.seconds > ran.deadline + NEAR:
        return finding, f"deadline={ran.deadline:g}; it slept until {ran.seconds:.1f} s"
    return _cause(ran)


def _hopeless(ran: Ran) -> tuple[str, str] | None:
    """Retry-After goes beyond the deadline: nothing is left to do but raise."""
    if ran.early:
        return "retry-after-ignored", _early(ran)
    if ran.idle > NEAR or any(t.began > ran.deadline for t in ran.tries):
        return (
            "waits-for-nothing",
            f"deadline={ran.deadline:g}; it came to its end after {ran.seconds:.1f} s",
        )
    if len(ran.tries) < 1 + (ran.script[0]["after"] < ran.deadline):
        return "gives-up-early", f"{_count(ran)}, {ran.told}"
    return _cause(ran)


def _early(ran: Ran) -> str:
    asked, came = ran.early or (0.0, 0.0)
    return f"Retry-After asked for {asked:.1f} s; the next try came after {came:.1f} s"


def _count(ran: Ran) -> str:
    return "1 try" if len(ran.tries) == 1 else f"{len(ran.tries)} tries"
