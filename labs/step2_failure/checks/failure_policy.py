"""failure-policy: the policy is run over 200 mornings; what counts is the board at 08:00.

The page's sentence -> the cases that try it
    At 08:00 the board shows the true day or yesterday's -> throttled; unauthorized;
        renamed; half a feed; a feed twice; rescaled; many negative
    Good days are published, sales and holidays too -> the 56 days of the table; good
        days, a little *
    A fault of ten minutes does not hold the day back -> throttled; hang; broken
        answer; unavailable; short outage
    Bad or repeated rows do not stop a day that is nine -> a few negative; repeated
    At most a tenth of the orders is missing -> many negative; repeated; renamed
    What only people can fix is asked for once -> unauthorized; missing; renamed;
        retyped
    If orders are missing, the data team is alerted by -> who is alerted; when they are
        alerted
    One morning takes at most 150 requests -> requests in an outage
    fewer, more: how far the rows that arrive may lie -> good days, a little fewer; good
        days, a little more; half a feed; a feed twice
    average: how far the average amount -> good days, a little dearer or cheaper;
        rescaled
    quarantined: the share of rows -> a few negative; many negative; the 56 days of the
        table
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

from labs.step2_failure.world.days import PAST, PER_DAY, SALE, days
from labs.step2_failure.world.failure_policy import (
    AVERAGE,
    FEWER,
    IGNORE,
    MORE,
    NOBODY,
    QUARANTINED,
    RETRY,
    STAKEHOLDERS,
    STOP,
    FailurePolicy,
    PolicyError,
    read,
)
from labs.step2_failure.world.feeds import amounts, bad_rows, usual
from labs.step2_failure.world.rehearsal import (
    ACCEPTED,
    LOOKS,
    STALE,
    WRONG,
    Board,
    beyond,
    boards,
)
from labs.step2_failure.world.words import clock, dollars
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

MOST_REQUESTS = 150  # a morning, before the API locks a client out
PASSING = ("throttled", "hang", "broken answer", "unavailable", "short outage", "outage")
REFUSED = ("unauthorized", "missing")
BROKEN = ("renamed", "retyped")
Look = Callable[[FailurePolicy, Sequence[Board]], Finding | None]
_PLAIN = "a policy that can be read"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Good days first, then one fault after the other, then who is told of all of them."""
    yield Case(_PLAIN, partial(_readable, answer), "policy-not-alerted", plain=True)
    try:
        policy = read(answer.text)
    except PolicyError:
        return
    seen = boards(policy, seed)

    def case(name: str, look: Look, kind: str = "") -> Case:
        found = [b for b in seen if b.feed.kind.startswith(kind)]
        return Case(name, lambda: look(policy, found), "policy-not-alerted")

    yield Case("the 56 days of the table", partial(_table, seed, policy), "policy-tight")
    for name, what in ((FEWER, "fewer"), (MORE, "more"), (AVERAGE, "dearer or cheaper")):
        yield case(f"good days, a little {what}", partial(_tight, seed, name), "good")
    for kind in PASSING:
        yield case(kind, _passes, kind)
    yield case("requests in an outage", _hammers, "outage")
    for kind in REFUSED:
        yield case(kind, partial(_lasts, "policy-ignores-failure"), kind)
    for kind in BROKEN:
        yield case(kind, partial(_lasts, "policy-ignores-bad-data"), kind)
    yield case("repeated", _repeated, "repeated")
    yield case("a few negative", _few_bad, "a few negative")
    yield case("many negative", partial(_published, "policy-ignores-bad-data"), "many negative")
    for kind, name in (("half a feed", FEWER), ("a feed twice", MORE), ("rescaled", AVERAGE)):
        yield case(kind, partial(_loose, name), kind)
    yield case("who is alerted", _told)
    yield case("when they are alerted", _in_time)


def _readable(answer: Answer) -> None:
    try:
        read(answer.text)
    except PolicyError as error:
        raise AnswerFailed(Failure("policy", str(error))) from None


def _tight(seed: int, name: str, policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """A threshold holds back days with which nothing is wrong."""
    held = [b for b in found if b.held == name]
    if not held:
        return None
    rows = [_beside_usual(b, seed, name) for b in sorted(held, key=_revenue)]
    limit = f"{name} {getattr(policy, name):g}"
    return Finding("policy-tight", f"{limit}: {_not_shown(held, found)}", rows)


def _table(seed: int, policy: FailurePolicy) -> Finding | None:
    """The days that the page shows: none is beyond a threshold, and none has too many bad rows."""
    likes = usual(seed)
    for day in days(seed, 0, PAST, PER_DAY):
        sound = amounts(day)[: len(day.orders) - bad_rows(seed, day)]
        why = beyond(policy, len(day.orders), sound, likes[day.kind])
        if why:
            limit = f"{why} {getattr(policy, why):g}"
            return Finding("policy-tight", f"{limit}: {day.date}, a good {day.kind} of the table "
                           f"with {len(day.orders)} orders, is held back")  # fmt: skip
    return None


def _beside_usual(board: Board, seed: int, name: str) -> dict[str, Any]:
    """A good day beside the median of its kind."""
    day, like = board.feed.day, usual(seed)[board.feed.day.kind]
    told: dict[str, Any] = {"morning": board.feed.number, "day": day.kind}
    if name == AVERAGE:
        off = abs(day.average / like.average - 1)
        return told | {"average": f"${day.average:.2f}", "median": f"${like.average:.2f}",
                       "off": f"{off:.1%}"}  # fmt: skip
    off = abs(len(day.orders) / like.rows - 1)
    return told | {"rows": len(day.orders), "median": f"{like.rows:g}", "off": f"{off:.1%}"}


def _passes(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """A failure that is over when asked again, or later, or not before 08:00."""
    wrong = [b for b in found if b.shows == WRONG]
    if wrong:
        fault = found[0].feed.fault
        observed = f"{fault}: {policy.action(fault)}: {_wrong_by(wrong, found)}"
        return Finding("policy-ignores-failure", observed, _rows(wrong))
    stale = [b for b in found if b.shows == STALE and b.feed.met.passes < LOOKS]
    if policy.action(found[0].feed.fault) != RETRY:
        return _stale("policy-gives-up", stale, found)
    late = [b for b in stale if b.held == RETRY and b.decided > LOOKS]
    if late:
        return Finding("policy-retry-late", f"{_budget(policy)}: {_not_shown(late, found)}",
                       _rows(late))  # fmt: skip
    short = [b for b in stale if b.held == RETRY]
    if not short:
        return None
    observed = f"{_budget(policy)}: {_not_shown(short, found)}"
    return Finding("policy-retry-short", observed, _rows(short))


def _hammers(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    asked = max(b.requests for b in found)
    if asked <= MOST_REQUESTS:
        return None
    return Finding("policy-hammers", f"{_budget(policy)}: {asked:,} requests in one morning")


def _lasts(ignored: str, policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """A fault that no request mends."""
    asked = max(b.requests for b in found)
    if asked > 1:
        last = max(b.decided for b in found)
        observed = f"{len(found)} of {len(found)} mornings: asked {asked:,} times"
        return Finding("policy-asks-again", f"{observed}, until {clock(last)}", _rows(found))
    return _published(ignored, policy, found)


def _published(ignored: str, policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """What is wrong is on the board: nobody looked, or too much was set aside."""
    wrong = [b for b in found if b.shows == WRONG]
    if not wrong:
        return None
    fault = found[0].feed.fault
    if policy.action(fault) == IGNORE:
        return Finding(ignored, f"{fault}: ignore: {_wrong_by(wrong, found)}", _rows(wrong))
    share = max(b.aside / len(b.feed.met.read) for b in wrong)
    observed = f"{policy.quarantined:g} lets {share:.0%} be set aside: {_wrong_by(wrong, found)}"
    return Finding("policy-loose", observed, _rows(wrong))


def _repeated(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """Rows that came before: set aside or asked for again, but no reason to stop the day."""
    wrong = _published("policy-ignores-bad-data", policy, found)
    if wrong or policy.action("repeated") != STOP:
        return wrong
    sound = [b for b in found if len(b.feed.met.sound or ()) >= (1 - ACCEPTED) * len(b.feed.true)]
    return _stale("policy-holds-all", sound, found)


def _few_bad(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    wrong = [b for b in found if b.shows == WRONG]
    if wrong:
        return Finding("policy-ignores-bad-data", _wrong_by(wrong, found), _rows(wrong))
    tight = [b for b in found if b.held == QUARANTINED]
    if tight:
        observed = f"{QUARANTINED} {policy.quarantined:g}: {_not_shown(tight, found)}"
        return Finding("policy-tight", observed, _rows(tight))
    whole = [b for b in found if b.held == policy.action("negative")]
    return _stale("policy-holds-all", whole, found)


def _loose(name: str, policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    """No error and no bad row: only a threshold can see it."""
    wrong = [b for b in found if b.shows == WRONG]
    if not wrong:
        return None
    observed = f"{name} {getattr(policy, name):g}: {_wrong_by(wrong, found)}"
    return Finding("policy-loose", observed, _rows(wrong))


def _told(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    untold = [b for b in found if b.to_tell]
    if not untold or policy.who not in (NOBODY, STAKEHOLDERS):
        return None
    stale = sum(b.shows == STALE for b in untold)
    observed = f"{stale} stale mornings, {len(untold) - stale} with rows set aside"
    return Finding("policy-not-alerted", f"{observed}; alerted: {policy.who}", _rows(untold))


def _in_time(policy: FailurePolicy, found: Sequence[Board]) -> Finding | None:
    late = [b for b in found if b.told is not None and b.told > LOOKS]
    if not late:
        return None
    forced = [b for b in late if b.decided > LOOKS]
    finding, why = ("policy-retry-late", _budget(policy)) if forced else (
        "policy-alerted-late", f"by {clock(policy.by)}")  # fmt: skip
    among = forced or late
    last = clock(max(b.told or 0 for b in among))
    observed = f"{why}: on {len(among)} mornings the data team was alerted at {last}"
    return Finding(finding, observed, _rows(among))


def _stale(finding: str, stale: Sequence[Board], found: Sequence[Board]) -> Finding | None:
    return Finding(finding, _not_shown(stale, found), _rows(stale)) if stale else None


def _budget(policy: FailurePolicy) -> str:
    tries = "1 try" if policy.tries == 1 else f"{policy.tries:,} tries"
    return f"{tries} in {policy.minutes:g} minutes"


def _not_shown(held: Sequence[Board], found: Sequence[Board]) -> str:
    """How many good days were held back, and what that is in dollars."""
    sales = sorted((b for b in held if b.feed.day.kind == SALE), key=_revenue)
    among = f", a sale's {dollars(_revenue(sales[-1]))} among them" if sales else ""
    total = dollars(sum(map(_revenue, held)))
    return f"{len(held)} of {len(found)} mornings held back, {total}{among}"


def _wrong_by(wrong: Sequence[Board], found: Sequence[Board]) -> str:
    """How often the board was wrong, and by how much."""
    more = sum(b.off for b in wrong if b.off > 0)
    less = -sum(b.off for b in wrong if b.off < 0)
    parts = [f"{dollars(more)} too much"] * (more > 0) + [f"{dollars(less)} too little"] * (
        less > 0
    )
    return f"{len(wrong)} of {len(found)} mornings, the board showed {' and '.join(parts)}"


def _revenue(board: Board) -> float:
    return sum(board.feed.true)


def _rows(found: Sequence[Board]) -> list[dict[str, Any]]:
    """The mornings with the fewest orders first, with what was met and shown."""
    first = sorted(found, key=lambda b: (len(b.feed.true), b.feed.number))[:2]
    return [_row(board) for board in first]


def _row(board: Board) -> dict[str, Any]:
    feed, true = board.feed, _revenue(board)
    told: dict[str, Any] = {"morning": feed.number, "day": feed.day.kind, "met": feed.met.told}
    if board.held:
        return told | {"held back": dollars(true), "at": clock(board.decided)}
    return told | {"board": dollars(true + board.off), "true": dollars(true)}
