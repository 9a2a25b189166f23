"""ingest: whatever the source does, the board shows true numbers, or yesterday's and a warning."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from fieldkit.chaos.upstream import Upstream
from labs.step2_failure.world import job
from labs.step2_failure.world.board import board, yesterday
from labs.step2_failure.world.job import WORDS, Ran
from labs.step2_failure.world.mornings import (
    BENIGN,
    FRESH,
    MORNINGS,
    Morning,
    mornings,
)
from workbook import Answer, Case, Finding

COUNT = 25  # mornings in one world: every kind
MOST_ALERTS = 2
_PUBLISHED = {
    "clean": "wrong-day",
    "outage": "outage-published",
    "unauthorized": "outage-published",
    "missing": "outage-published",
    "empty": "outage-published",
    "renamed": "contract-published",
    "retyped": "contract-published",
    "cents": "cents-published",
    "duplicated-page": "repeated-published",
    "negative": "bad-rows-published",
    "future": "bad-rows-published",
    "many-negative": "bad-rows-published",
}
_ON_ERROR = "nobody-told"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """One morning a case, the simplest first; then a day that is fetched after an outage."""
    with job.server() as api:
        told: dict[str, int] = {}
        for morning in mornings(seed, COUNT):
            told[morning.kind] = told.get(morning.kind, 0) + 1
            name = morning.kind + (f" {told[morning.kind]}" if told[morning.kind] > 1 else "")
            run = partial(_judged, answer, api, morning, seed)
            yield Case(name, run, _ON_ERROR, plain=name == MORNINGS[0])
        yield Case("run again after an outage", partial(_again, answer, api, seed), _ON_ERROR)
        yield Case("a good morning twice", partial(_twice, answer, api, seed), _ON_ERROR)


def _judged(answer: Answer, api: Upstream, morning: Morning, seed: int) -> Finding | None:
    return finding(job.run(answer, api, morning, seed))


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
        return "hangs", "a request without a timeout waits for an answer that never comes"
    if seen["over_limit"]:
        asked, minutes = seen["requests"], seen["seconds"] / 60
        return "never-stops", f"after {asked} requests and {minutes:.0f} minutes it still asks"
    return None


def _wrong(ran: Ran) -> Found:
    morning, today = ran.morning, ran.today
    if morning.kind == MORNINGS[0] and ran.outcome.failure:
        ran.outcome.value  # noqa: B018  raises where the answer did
    if ran.published == "part":
        lost = [i for i in sorted(morning.bad) if not ran.quarantined[str(i)]]
        return ("rows-vanish", f"{len(lost)} bad row is on no table any more") if lost else None
    if ran.published != "wrong":
        return None
    if not ran.past_kept:
        return "past-changed", "rows of the day before are not what they were"
    day, as_of = morning.true, ran.as_of
    served = _PUBLISHED.get(morning.kind) != "outage-published"
    if (served and not today) or (as_of != day.date and ran.revenue == day.revenue):
        return (
            "as-of-lies",
            f"the board says as of {as_of}; of {day.date} it has {len(today)} orders",
        )
    seen = f"the board shows {len(today)} orders, ${ran.revenue:,.2f}"
    return _PUBLISHED.get(morning.kind, "part-published"), (
        f"{seen}; true are {len(day.orders)}, ${day.revenue:,.2f}"
    )


def _between(ran: Ran) -> Found:
    seen = ran.seen_between
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
        ended = f"the job raised {raised.type}" if raised else "the job ended green"
        what = "yesterday's numbers stay" if ran.published == "stale" else "a part is published"
        return "nobody-told", f"{what}, {ended}, and alert was not called"
    if not ran.in_time:
        return "told-late", f"the first alert came {ran.alerts[0][0] / 60:.0f} minutes after 06:00"
    for _, said in ran.alerts:
        lacking = [word for word in WORDS if not _says(said, word)]
        if lacking:
            return "alert-empty", f"the alert does not say: {', '.join(lacking)}"
    return None


def _says(said: Any, word: str) -> bool:
    return isinstance(said, dict) and bool(str(said.get(word) or "").strip())


def _cautious(ran: Ran) -> Found:
    if ran.published != "stale" or ran.morning.wanted != FRESH:
        return None
    held = "benign-held-back" if ran.morning.kind in BENIGN else "gave-up"
    return held, f"${ran.morning.true.revenue:,.2f} of true revenue are not on the board"


def _noisy(ran: Ran) -> Found:
    count, kind = len(ran.alerts), ran.morning.kind
    if ran.published == "fresh" and count and kind in (MORNINGS[0], *BENIGN):
        return "false-alarm", f"{count} alert(s) on a morning that is well"
    if count > MOST_ALERTS:
        return "too-many-alerts", f"{count} alerts for one incident"
    return None


def _rows(ran: Ran, what: str) -> list[dict[str, Any]]:
    """The first alerts or requests, where they tell it."""
    start = ran.morning.start.timestamp()
    if what in ("too-early", "asked-in-vain", "hammered", "never-stops"):
        asked = sorted(ran.served, key=lambda one: one.number)[:4]
        return [{"second": round(s.at - start, 1), "answered": s.status or "–"} for s in asked]
    return []


def _again(answer: Answer, api: Upstream, seed: int) -> Finding | None:
    """After an outage the same day is there: a later run has to publish it."""
    by_kind = {morning.kind: morning for morning in mornings(seed, COUNT)}
    outage, clean = by_kind["outage"], by_kind[MORNINGS[0]]
    with board(answer, seed) as warehouse:
        job.once(answer, api, outage, warehouse, yesterday(seed))
        ran = job.once(answer, api, clean, warehouse, yesterday(seed))
    if ran.published == "fresh":
        return None
    return Finding("stuck-stale", "a run after the outage, with a source that is well, does not "
                   f"publish; the board says as of {ran.as_of}")  # fmt: skip


def _twice(answer: Answer, api: Upstream, seed: int) -> Finding | None:
    clean = next(mornings(seed, 1))
    with board(answer, seed) as warehouse:
        job.once(answer, api, clean, warehouse, yesterday(seed))
        ran = job.once(answer, api, clean, warehouse, yesterday(seed))
    if ran.published == "fresh":
        return None
    return Finding("twice-differs", f"after a second run the board has {len(ran.today)} orders of "
                   f"{clean.true.date}; true are {len(clean.true.orders)}")  # fmt: skip
