"""run-pipeline: a night killed at any statement and run again ends where it would have ended.

The page's sentence -> the cases that try it
    the day's rows as delivered -> two clean days; a repeated row and one without a key; columns
        in another order
    Repeated rows and rows without a key stay in -> a repeated row and one without a key
    They replace what that day delivered before, even if the new delivery is empty -> a day again,
        *; a day changed, and changed back
    with your load_day -> two clean days; the next day corrects an earlier one
    An order once delivered stays, even if its day comes again without it -> a day again, with a
        row less; a day again, empty
    by day of ordered_at, and no other day -> a day loses its only order to another; the next day
        corrects an earlier one
    your notes about what is done -> not judged: any note will do
    It is killed before every single statement and run again -> a day again, killed *; a new day,
        killed *; the first night, killed *
    In each of the first three tables, a reader always finds -> a reader looks before every
        statement
    A run that finds nothing new writes nothing -> the same night again
    How much it rewrites for a change is your choice -> not judged: right answers rewrite a day, a
        table, or all
    What is done is noted in the database, not in Python -> the same days in a second warehouse
    Data and note in one commit is the simple way -> not judged: right answers have others
    if a kill between the two leaves the same end state -> a day again, killed *; a new day,
        killed *; the first night, killed *
    If a delivery cannot be read, the error is raised -> a delivery cannot be read, then it can
    the next run makes up for it -> a delivery cannot be read, then it can
    each delivery that is new or changed, of whatever day -> the next day *; a day in between
        arrives late; one more row of the newest time; six real days *
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

from labs.dependent import Dependent, Run
from labs.handles.kills import kill_points, killed_at
from labs.step4_state.world.deliveries import (
    REORDERED,
    Delivery,
    by_day,
    by_order_day,
    pick,
    plain_days,
    real_days,
    true_daily,
    true_facts,
    true_raw,
    unseen,
)
from labs.step4_state.world.nights import Nights, day_again, new_day, settled
from labs.step4_state.world.warehouse import CHECKED, WATCH, Wrong, dollars, wrong_tables
from workbook import Answer, AnswerFailed, Case, Finding, Outcome

Deliveries = tuple[Delivery, ...]
Known = dict[tuple[int, ...], Finding | None]  # what reruns came to, by what kills had settled
ONCE, RERUN, NEXT = "two clean days", "the same night again", "the next day arrives"
CORRECTED = "a day again, a row corrected"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Reruns, new and changed input, a reader, then every statement as the last one."""
    one, two, three, four, five = plain_days(seed, 5, per_day=5)
    made, number = Dependent(), pick(seed, 5, len(one.orders))
    clean, correcting = (one, two), new_day(five, 1, one.orders[number])
    with Nights(answer, clean) as nights:

        def case(
            name: str, finding: str, *night: Deliveries, facts: str = "", plain: bool = False
        ) -> Case:
            needs = () if plain else (ONCE,)
            run = _alone(nights, partial(_nights, nights, night, finding, facts or finding, plain))
            return made.case(name, facts or finding, run, *needs, plain=plain)

        yield case(ONCE, "wrong-night", plain=True)
        run: Run = partial(_second_warehouse, answer, clean)
        yield made.case("the same days in a second warehouse", "state-outside", run, ONCE)
        yield made.case(RERUN, "rerun-fails", _alone(nights, partial(_rerun, nights)), ONCE)
        yield case(NEXT, "news-lost", (four,))
        yield case("the next day corrects an earlier one", "wrong-night", (correcting,))
        yield from _odd_days(case, five)
        yield from _redelivered(case, two, number)
        yield case("a day in between arrives late", "news-lost", (four,), (three,))
        same = new_day(five, 3)
        yield case(
            "the next day has the same rows", "news-lost", (replace(same, orders=one.orders),)
        )
        yield case("the next day is empty", "news-lost", (Delivery(new_day(same, 1).day, ()),))
        yield from _lone(case, five)
        run = _alone(nights, partial(_unreadable, nights, two, three))
        yield made.case("a delivery cannot be read, then it can", "rerun-fails", run, RERUN)
        run = _alone(nights, partial(_reader, nights, two, new_day(three, 7, one.orders[0])))
        yield made.case("a reader looks before every statement", "reader-sees-hole", run, RERUN)
        yield from _killed(made, answer, nights, clean)
    run = partial(_week, answer, seed)
    yield made.case("six real days in three nights, each run twice", "end-state-differs", run, NEXT)


def _odd_days(case: Callable[..., Case], like: Delivery) -> Iterator[Case]:
    """Days that come as files do."""
    odd = new_day(like, 2)
    last = odd.orders[-1]
    ragged = odd.with_orders(odd.orders[0], last._replace(order_id=None, amount_cents=4_200))
    yield case("a repeated row and one without a key", "wrong-night", (ragged,))
    moved = replace(new_day(like, 3), columns=REORDERED)
    yield case("columns in another order", "columns-swapped", (moved,))


def _redelivered(case: Callable[..., Case], two: Delivery, number: int) -> Iterator[Case]:
    """A day comes again; facts that are wrong then tell another defect than raw rows."""
    newer = two.corrected(number, 1_100)
    shifted = newer._replace(
        version=newer.version + 1,
        ordered_at=newer.ordered_at + dt.timedelta(minutes=1),
    )
    beside, skipped = "redelivery-beside", "redelivery-skipped"
    replaced = two.replacing(newer)
    yield case(CORRECTED, beside, (replaced,), facts=skipped)
    again = two.replacing(shifted)
    yield case("a day again, amounts unchanged", beside, (again,), facts=skipped)
    twice = again.with_orders(again.orders[0])
    yield case("a day changed, and changed back", skipped, (twice,), (again,))
    newest = max(order.received_at for order in again.orders)
    equal = again.orders[-1]._replace(order_id=900_001, amount_cents=3_100, received_at=newest)
    more = again.with_orders(equal)
    yield case("one more row of the newest time", "news-lost", (more,))
    fewer, empty = replace(more, orders=more.orders[1:]), replace(two, orders=())
    yield case("a day again, with a row less", beside, (fewer,), facts="order-dropped")
    yield case("a day again, empty", beside, (empty,), facts="order-dropped")


def _lone(case: Callable[..., Case], like: Delivery) -> Iterator[Case]:
    """A day whose only order is free, and is moved to another day by a correction."""
    lone = new_day(like, 20)
    lone = replace(lone, orders=(lone.orders[0]._replace(amount_cents=0),))
    moved = lone.orders[0]._replace(
        version=2, ordered_at=lone.orders[0].ordered_at + dt.timedelta(9)
    )
    away = lone.replacing(moved)
    yield case("a day loses its only order to another", "redelivery-skipped", (lone,), (away,))


def _nights(
    nights: Nights, night: Sequence[Deliveries], raw: str, facts: str, first: bool
) -> Finding | None:
    """Run once for each group of news, then look at the tables.

    `facts`, `raw`: what it shows if these are wrong; daily_revenue alone has a finding of its own.
    """
    if first:
        nights.spoiled()
        night = (nights.before,)
        nights.begin()
    elif not nights.ready():
        return None
    try:
        for news in night:
            nights.run(*news)
        wrong = nights.wrong()
    except AnswerFailed:
        nights.spoiled()
        raise
    if not wrong:
        nights.restored()
        return None
    nights.spoiled()
    if any(outcome.evidence["con"]["vain_commits"] for outcome in nights.outcomes):
        return _found("error-swallowed", wrong)  # an aborted transaction explains every row
    tables = [w.table for w in wrong]
    if tables == ["daily_revenue"]:
        return _found("daily-disagrees", wrong)
    return _found(facts if "fact_orders" in tables else raw, wrong)


def _alone(nights: Nights, run: Run) -> Run:
    """What a case finds is told as it shows in a warehouse without the cases before it.

    They share one to save time; `replay`, which runs one case, has to show the same.
    """

    def tried() -> Finding | None:
        fresh, found, error = nights.fresh, None, None
        try:
            found = run()
        except AnswerFailed as raised:
            error = raised
        if (found or error) and not fresh:
            nights.spoiled()
            found = run() or found
        if error and not found:
            raise error
        return found

    return tried


def _second_warehouse(answer: Answer, there: Deliveries) -> Finding | None:
    """What the process remembers of the first warehouse is no excuse in the second."""
    news = tuple(unseen(*there))
    with Nights(answer, news) as nights:
        if not nights.ready():
            return None
    with Nights(answer, news) as second:
        if second.ready():
            return None
        seen = ", ".join(f"{w.table}: {w.told}" for w in second.wrong())
        return Finding("state-outside", seen)


def _rerun(nights: Nights) -> Finding | None:
    if not nights.ready():
        return None
    try:
        second = nights.run()
    except AnswerFailed:
        nights.spoiled()
        raise
    wrong = nights.wrong()
    if wrong:
        nights.spoiled()
        found = _found("rerun-doubles", wrong)
        newest = max(order.received_at for day in nights.shown for order in day.orders)
        touched = {row[-1] for w in wrong[:1] for k in w.keys for row in k.observed}
        edge = "; they are those received last" if touched == {newest} else ""
        return replace(found, observed=found.observed + edge)
    written = second.evidence["con"]["written"]
    rows = {table: written[table] for table in CHECKED if written.get(table)}
    if not rows:
        return None
    counts = ", ".join(f"{count} rows of {table}" for table, count in rows.items())
    return Finding("rewrites-unchanged", f"nothing new had arrived, and the run wrote {counts}")


def _unreadable(nights: Nights, two: Delivery, like: Delivery) -> Finding | None:
    """The source fails for one of two new deliveries: that is raised, and made up for."""
    if not nights.ready():
        return None
    news = new_day(like, 5, two.orders[0]), new_day(like, 6, two.orders[1])
    nights.spoiled()  # which of the two is loaded by now is the answer's choice
    failed = nights.attempt(*news, unreadable=news[0].day)
    if failed.failure is None:
        told = f"the delivery of {news[0].day} could not be read, and run ended without an error"
        return Finding("error-swallowed", told)
    nights.run()
    wrong = nights.wrong()
    if not wrong:
        return None
    daily = [w.table for w in wrong] == ["daily_revenue"]
    found = _found("daily-disagrees" if daily else "news-lost", wrong)
    told = f"{news[0].day} could not be read; once it could, and after a rerun, {found.observed}"
    return replace(found, observed=told)


def _reader(nights: Nights, two: Delivery, fresh: Delivery) -> Finding | None:
    """Whatever a reader sees is the state after some of the deliveries, for each table."""
    if not nights.ready():
        return None
    before, news = list(nights.shown), (day_again(two, 40), fresh)
    outcome = nights.run(*news, watch=WATCH)
    if nights.wrong():
        nights.spoiled()
        return None  # told by an earlier case
    applied = [(*before, *some) for n in range(len(news) + 1) for some in combinations(news, n)]
    right = {
        "raw_orders": [by_day((row[0], row[5]) for row in true_raw(some)) for some in applied],
        "fact_orders": [by_order_day(true_facts(some)) for some in applied],
        "daily_revenue": [true_daily(some) for some in applied],
    }
    for picture in outcome.evidence["con"]["seen"]:
        for table, allowed in right.items():
            rows = sorted(tuple(row[1:]) for row in picture if row[0] == table)
            if rows not in allowed:
                return _hole(table, rows, allowed[0])
    return None


def _hole(table: str, rows: list[Any], before: list[Any]) -> Finding:
    seen, was = ({row[0]: row for row in side} for side in (rows, before))
    day = min(d for d in {**seen, **was} if seen.get(d) != was.get(d))
    text = f"{seen[day][1]} orders, {dollars(seen[day][2])}" if day in seen else "nothing"
    shows = f"in the middle of the run {table} shows {text} for {day}"
    before_text = f"; before it, {was[day][1]} orders" if day in was else ""
    return Finding("reader-sees-hole", shows + before_text)


def _killed(made: Dependent, answer: Answer, nights: Nights, clean: Deliveries) -> Iterator[Case]:
    """One case for each statement of a day's load and for the moment after the last."""
    yield from _each_kill(made, nights, "a day again", day_again(clean[-1], 1))
    with Nights(answer, clean[-1:]) as fresh:
        # What was never loaded takes other ways than what comes again: no mark says it is there.
        yield from _each_kill(made, fresh, "a new day", new_day(clean[-1], 1))
    with Nights(answer, ()) as first:
        log, known = _log(first, *clean), Known()
        for k in range(2, len(log) + 1, 4):
            kills = [{"crash_before": k}, {"crash_before": (k + 3) // 2}]
            again = f"then again before {kills[1]['crash_before']}"
            run = partial(_kill, first, clean, kills, log, known)
            name = f"the first night, {killed_at(kills[0])}, {again}"
            yield made.case(name, "rerun-fails", run, RERUN)


def _each_kill(made: Dependent, nights: Nights, what: str, news: Delivery) -> Iterator[Case]:
    """None where it ends wrong without a kill: what a kill adds could not be told apart."""
    log, known = _log(nights, news), Known()
    for point in kill_points(log) if log else ():
        run = partial(_kill, nights, (news,), [point], log, known)
        yield made.case(f"{what}, {killed_at(point)}", "rerun-fails", run, RERUN)


def _log(nights: Nights, *news: Delivery) -> list[str]:
    """The statements of a night that is not killed; none where it ends wrong."""
    if not nights.ready_alone():
        return []
    outcome = nights.attempt(*news)
    if outcome.failure or nights.wrong():
        nights.spoiled()
        return []
    log: list[str] = outcome.evidence["con"]["log"]
    return log


def _kill(
    nights: Nights,
    news: Deliveries,
    kills: Sequence[dict[str, Any]],
    log: Sequence[str],
    known: Known,
) -> Finding | None:
    """Kill, run again, compare with the truth; says what kind of half state did it.

    Where earlier kills have left the same tables, what the rerun came to is known: a kill within a
    transaction leaves nothing of it.
    """
    if not nights.ready_alone():
        return None
    nights.shown += news
    killed = [nights.attempt(**kill) for kill in kills]
    left = tuple(settled(outcome) for outcome in killed)
    if left not in known or not _alike(killed, log):
        known[left] = _after_kill(nights, nights.shown[: -len(news)])
    found = known[left]
    where = killed_at(kills[0], log)
    return found and replace(found, observed=f"{where}; {found.observed}")


def _alike(killed: Sequence[Outcome], log: Sequence[str]) -> bool:
    """Whether the first of the killed runs came to the statements of the whole one."""
    mine = killed[0].evidence.get("con", {}).get("log")
    return mine is not None and mine == log[: len(mine)]


def _after_kill(nights: Nights, before: Sequence[Delivery]) -> Finding | None:
    """What is wrong after a killed night, and one more, in these tables."""
    left = nights.tables()
    nights.spoiled()
    nights.run()
    wrong = nights.wrong()
    if not wrong:
        return None
    found = _found("kill-changes-end", wrong)
    whole = not wrong_tables(left, nights.shown) or not wrong_tables(left, before)
    kind = "no mark said so" if whole else "only in part"
    why = "" if any(w.lost for w in wrong) else f"; what the kill had left was there, {kind}"
    return replace(found, observed=f"after the rerun {found.observed}{why}")


def _week(answer: Answer, seed: int) -> Finding | None:
    week = real_days(seed, 6, 8)
    with Nights(answer, ()) as nights:
        for first in range(0, len(week), 2):
            nights.run(*week[first : first + 2])
            nights.run()
        wrong = nights.wrong()
    return _found("end-state-differs", wrong) if wrong else None


def _found(finding: str, wrong: Sequence[Wrong]) -> Finding:
    """The finding with what this run showed, the first wrong table in detail."""
    counts = ", ".join(f"{w.table}: {w.told}" for w in wrong)
    return Finding(finding, counts, wrong[0].rows)
