"""ingest: whatever the source does, the board shows true numbers, or yesterday's and an alert.

The page's sentence -> the cases that try it
    Each request has a timeout -> hang
    A second run changes no table -> a good morning twice; a morning with * twice
    Different causes (refusals are outages) have a different what -> three causes
    A new cause on the next day is alerted, too -> another cause on the next day
    The board shows the true day, or its good rows -> clean; negative; future;
        outage; rescaled; one empty page of twelve
    No page of another day than yesterday is published -> other day; one page of another day;
        a feed of *
    If it is not the whole day, one or two alerts came -> outage; many negative; late;
        future; HTML from the third request on
    Failures and ten minutes of outage are survived -> throttled; error; reset;
        short outage
    A sale, a holiday and a new country are published -> sale; holiday; new
        country
    Retry-After is respected, and 401, 403 and 404 are -> throttled; unavailable; asked to
        wait for minutes; asked to wait for minutes, by a date; unauthorized; forbidden; missing
    A source that is down gets at most 60 requests in -> outage; short outage
    A reader sees the old state or the final one -> clean; negative
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from fieldkit.chaos.upstream import Upstream
from labs.handles.database import Warehouse
from labs.step2_failure.world import job
from labs.step2_failure.world.board import board, yesterday
from labs.step2_failure.world.days import PAST
from labs.step2_failure.world.job import WORDS, Ran
from labs.step2_failure.world.mornings import (
    BENIGN,
    FRESH,
    MORNINGS,
    STALE,
    Morning,
    long_wait,
    morning,
    mornings,
    never_json,
    one_of_many,
    other_days,
    stray_page,
)
from workbook import Answer, Case, Finding

MOST_ALERTS = 2
CAUSES = ("outage", "renamed", "rescaled")  # what three alerts have to tell apart
_PUBLISHED = {
    "clean": "wrong-day",
    "renamed": "bad-data-published",
    "retyped": "bad-data-published",
    "rescaled": "bad-data-published",
    "repeated": "bad-data-published",
    "other day": "bad-data-published",
    "negative": "bad-data-published",
    "future": "bad-data-published",
    "many negative": "bad-data-published",
}
_ON_ERROR = "nobody-alerted"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """One morning a case, the simplest first; then second runs, and three causes side by side."""
    with job.server() as api, ExitStack() as open_boards:
        all_boards = Boards(answer, api, seed, open_boards)
        for one in mornings(seed, len(MORNINGS)):
            run = partial(_judged, all_boards, one)
            yield Case(one.kind, run, _ON_ERROR, plain=one.kind == MORNINGS[0])
        for told, other in (
            ("one page of another day", stray_page(seed)),
            *other_days(seed),
            ("one empty page of twelve", one_of_many(seed)),
            ("HTML from the third request on", never_json(seed)),
            ("asked to wait for minutes", long_wait(seed, dated=False)),
            ("asked to wait for minutes, by a date", long_wait(seed, dated=True)),
        ):
            alone = partial(_judged, Boards(answer, api, seed, open_boards), other)
            yield Case(told, alone, _ON_ERROR)
        for told, run_again in _SECOND_RUNS.items():
            yield Case(told, partial(run_again, all_boards), _ON_ERROR)
        yield Case("three causes", partial(_causes, all_boards), _ON_ERROR)


@dataclass
class Boards:
    """The first run of each morning, each on a board of its own, when it is first needed.

    A board on which another run follows stays open until the last case: the second run is not
    the price of two.
    """

    answer: Answer
    api: Upstream
    seed: int
    until: ExitStack
    ran: dict[str, Ran] = field(default_factory=dict)
    kept: dict[str, Warehouse] = field(default_factory=dict)

    def first(self, one: Morning) -> Ran:
        """What the first run left; raises AnswerTimedOut."""
        if one.kind not in self.ran:
            with ExitStack() as stack:
                warehouse = stack.enter_context(board(self.answer, self.seed))
                self.ran[one.kind] = self._once(one, warehouse)
                if one.kind in FOLLOWED:
                    self.kept[one.kind] = warehouse
                    self.until.push(stack.pop_all())
        return self.ran[one.kind]

    def second(self, before: Morning, one: Morning, what: str | None = None) -> Ran:
        """The run that follows on the board of another; `what`: becomes a line of history."""
        self.first(before)
        warehouse = self.kept[before.kind]
        if what is not None:
            job.remember(warehouse, before.true, STALE, what)
        return self._once(one, warehouse)

    def _once(self, one: Morning, warehouse: Warehouse) -> Ran:
        return job.once(self.answer, self.api, one, warehouse, yesterday(self.seed))


def _judged(boards: Boards, one: Morning) -> Finding | None:
    return finding(boards.first(one))


def finding(ran: Ran) -> Finding | None:
    """What is wrong with a morning, the worst first."""
    for look in (_endless, _wrong, _between, _impolite, _untold, _cautious, _noisy):
        found = look(ran)
        if found:
            return Finding(found[0], f"{ran.morning.told}: {found[1]}", _rows(ran, found[0]))
    if ran.morning.kind == MORNINGS[0]:
        ran.outcome.value  # noqa: B018  raises where the answer did
    return None


Found = tuple[str, str] | None


def _endless(ran: Ran) -> Found:
    seen = ran.outcome.evidence["http"]
    if seen["hung"]:
        return "never-stops", "a request without a timeout waits for an answer that never comes"
    if seen["over_limit"]:
        hammered = ran.hammered()  # its pace is the cause; whether it would end nobody knows
        if hammered:
            return hammered
        asked, minutes = seen["requests"], seen["seconds"] / 60
        return "never-stops", f"after {asked} requests and {minutes:.0f} minutes it still asks"
    return None


def _wrong(ran: Ran) -> Found:
    morning, today = ran.morning, ran.today
    if morning.kind == MORNINGS[0] and ran.outcome.failure:
        ran.outcome.value  # noqa: B018  raises where the answer did
    if ran.published == "part":
        lost = [i for i in sorted(morning.bad) if not ran.quarantined[str(i)]]
        told = f"{len(lost)} bad row{'s' * (len(lost) != 1)} in neither orders nor quarantine"
        return ("rows-vanish", told) if lost else None
    if ran.published != "wrong":
        return None
    if not ran.past_kept and morning.kind != "other day":
        return "past-changed", "rows of the day before are not what they were"
    day, as_of = morning.true, ran.as_of
    served = morning.kind not in ("outage", "unauthorized", "forbidden", "missing", "empty")
    dates = [row[2].date() for row in ran.orders if row[2]]
    strange = len(dates) - sum(date in (day.date, ran.shown.date) for date in dates)
    if morning.kind == "other day" and strange:
        found = f"the board has {strange} orders that are not of {day.date}, for which it ran"
        return "bad-data-published", found
    if (served and not today) or (as_of != day.date and ran.revenue == day.revenue):
        return (
            "as-of-lies",
            f"the board says as of {as_of}; of {day.date} it has {len(today)} orders",
        )
    seen = f"the board shows {len(today)} orders, ${ran.revenue:,.2f}"
    named = _PUBLISHED.get(morning.kind, "part-published")
    if morning.kind == "repeated" and len({row[1] for row in today}) == len(today):
        named = "part-published"  # nothing stands twice: what lacks is the comparison with total
    return named, f"{seen}; true are {len(day.orders)}, ${day.revenue:,.2f}"


def _between(ran: Ran) -> Found:
    seen, kept = ran.seen_between, ran.seen_unkept
    if kept is not None:
        told = f"the day without {sum(ran.quarantined.values())} bad rows, and {kept} in quarantine"
        return "seen-unaudited", f"while the job ran, a reader saw {told}"
    if seen is None:
        return None
    told = f"as of {seen[0]}, {seen[1]} with {seen[2]} orders" if seen else "no orders at all"
    return "seen-unaudited", f"while the job ran, a reader saw {told}"


def _impolite(ran: Ran) -> Found:
    return ran.impolite()


def _untold(ran: Ran) -> Found:
    if ran.published == "fresh":
        return None
    if not ran.alerts:
        raised = ran.outcome.failure
        ended = f"the job raised {raised}" if raised else "the job ended green"
        what = "yesterday's numbers stay" if ran.published == "stale" else "a part is published"
        return "nobody-alerted", f"{what}, {ended}, and alert was not called"
    if not ran.in_time:
        return (
            "nobody-alerted",
            f"the first alert came {ran.alerts[0][0] / 60:.0f} minutes after 06:00",
        )
    for _, said in ran.alerts:
        lacking = [word for word in WORDS if not _said(said, word)]
        if lacking:
            return "alert-incomplete", f"the alert does not say: {', '.join(lacking)}"
        texts = [_said(said, word) for word in WORDS]
        if len(set(texts)) < len(texts):
            return "alert-incomplete", f"two of the four texts are the same: {texts}"
    return None


def _said(said: Any, word: str) -> str:
    return str(said.get(word) or "").strip() if isinstance(said, dict) else ""


def _cautious(ran: Ran) -> Found:
    if ran.published != "stale" or ran.morning.wanted != FRESH:
        return None
    return "over-cautious", f"${ran.morning.true.revenue:,.2f} of true revenue are not on the board"


def _noisy(ran: Ran) -> Found:
    count, kind = len(ran.alerts), ran.morning.kind
    if ran.published == "fresh" and count and kind in (MORNINGS[0], *BENIGN):
        return "needless-alert", f"{count} alert(s) on a morning that is well"
    if count > MOST_ALERTS:
        return "needless-alert", f"{count} alerts for one incident"
    return None


def _rows(ran: Ran, what: str) -> list[dict[str, Any]]:
    """The first alerts or requests, where they tell it."""
    start = ran.morning.start.timestamp()
    if what in ("impolite", "never-stops"):
        asked = sorted(ran.served, key=lambda one: one.number)[:4]
        return [{"second": round(s.at - start, 1), "answered": s.status or "–"} for s in asked]
    return []


def _again(boards: Boards) -> Finding | None:
    """After an outage the same day is there: a later run has to publish it."""
    outage, clean = (morning(kind, boards.seed) for kind in ("outage", MORNINGS[0]))
    ran = boards.second(outage, clean)
    if ran.published == "fresh":
        return None
    return Finding("stuck-stale", "a run after the outage, with a source that works, does not "
                   f"publish; the board says as of {ran.as_of}")  # fmt: skip


def _twice(kind: str, boards: Boards) -> Finding | None:
    """The second run leaves what the first one left, in orders, board and quarantine."""
    same = morning(kind, boards.seed)
    first, ran = boards.first(same), boards.second(same, same)
    if (first.orders, first.as_of, first.quarantined) == (ran.orders, ran.as_of, ran.quarantined):
        return None
    rows = f"orders {len(first.today)} and {len(ran.today)}"
    kept = f"quarantine {sum(first.quarantined.values())} and {sum(ran.quarantined.values())}"
    return Finding("again-differs", f"rows after the first run and the second: {rows}, {kept}")


def _next_day(boards: Boards) -> Finding | None:
    """The history says that the day before was held back; what is wrong now is something else."""
    refused = morning("unauthorized", boards.seed)
    before, cents = boards.first(refused), morning("rescaled", boards.seed, PAST + 1)
    if before.published != STALE:
        return None
    what = next((_said(said, "what") for _, said in before.alerts), "")
    found = finding(boards.second(refused, cents, what))
    if not found:
        return None
    return replace(found, observed=f"the morning after {refused.told}: {found.observed}")


_SECOND_RUNS: dict[str, Callable[[Boards], Finding | None]] = {
    "run again after an outage": _again,
    "a good morning twice": partial(_twice, MORNINGS[0]),
    "a morning with a bad row twice": partial(_twice, "negative"),
    "a morning with many bad rows twice": partial(_twice, "many negative"),
    "another cause on the next day": _next_day,
}
FOLLOWED = (
    MORNINGS[0],
    "negative",
    "many negative",
    "outage",
    "unauthorized",
)  # kinds with a second run


def _causes(boards: Boards) -> Finding | None:
    """Different causes read differently: `what` names them."""
    told: dict[str, str] = {}
    for kind in CAUSES:
        ran = boards.first(morning(kind, boards.seed))
        for _, said in ran.alerts[:1]:
            what = _said(said, "what")
            if what in told:
                observed = f"{told[what]} and {kind} read alike: {what:.60}"
                return Finding("alert-incomplete", observed)
            told[what] = kind
    return None
