"""run-pipeline: a night killed at any statement and run again ends where it would have ended."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

from labs.handles.database import Warehouse, kill_points, killed_at
from labs.step4_state.world.deliveries import (
    REORDERED,
    Delivery,
    by_order_day,
    pick,
    plain_days,
    real_days,
    true_daily,
    true_facts,
    unseen,
)
from labs.step4_state.world.warehouse import (
    CHECKED,
    TABLES,
    WATCH,
    Wrong,
    dollars,
    snapshot,
    source,
    wrong_tables,
)
from workbook import Answer, Case, Finding, Outcome

Deliveries = Sequence[Delivery]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Reruns, new and changed input, a reader, then every statement as the last one."""
    one, two, three = plain_days(seed, 3, per_day=5)
    number = pick(seed, 5, len(one.orders))
    clean, last = (one, two), two.orders[-1]

    def case(name: str, finding: str, *nights: Deliveries) -> Case:
        return Case(name, partial(_nights, answer, nights, finding), finding)

    yield replace(case("two clean days", "wrong-night", clean), plain=True)
    second_warehouse = partial(_second_warehouse, answer, clean)
    yield Case("the same days in a second warehouse", second_warehouse, "state-outside")
    yield Case("the same night again", partial(_rerun, answer, clean), "rerun-fails")
    ragged = two.with_orders(last, last._replace(order_id=None, amount_cents=4_200))
    yield case("a repeated row and one without a key", "wrong-night", (one, ragged))
    moved = Delivery(two.day, two.orders, REORDERED)
    yield case("columns in another order", "columns-swapped", (one, moved))
    yield case("the next day arrives", "late-row-lost", clean, (*clean, three))
    late = three.with_orders(one.corrected(number, -900, at=three.orders[-1].received_at))
    yield case("the next day corrects an earlier one", "wrong-night", clean, (*clean, late))
    again = (one, two.with_orders(two.corrected(number, 1_100)))
    yield case("a day again, with a correction more", "redelivery-skipped", clean, again)
    equal = two.with_orders(last._replace(order_id=900_001, amount_cents=3_100))
    yield case("one more row of the newest time", "equal-timestamp-lost", clean, (*clean, equal))
    yield from _redelivered(case, clean, number)
    yield case("a day in between arrives late", "late-row-lost", (one, three), (*clean, three))
    same = Delivery(three.day, two.orders)
    yield case("the next day has the same rows", "late-row-lost", clean, (*clean, same))
    lone = Delivery(three.day, three.orders[:1])
    gone = lone.orders[0]._replace(version=2, ordered_at=last.ordered_at + dt.timedelta(days=9))
    away = (one, lone.replacing(gone))
    yield case("a day loses its only order to another", "daily-disagrees", (one, lone), away)
    yield Case("a reader looks before every statement",
               partial(_reader, answer, clean, again[-1], three), "reader-sees-hole")  # fmt: skip
    correcting = two.with_orders(one.corrected(number, -900, at=last.received_at))
    yield from _killed(answer, (one, correcting))
    yield Case("six real nights, each run twice", partial(_week, answer, seed), "end-state-differs")


def _redelivered(case: Callable[..., Case], clean: Deliveries, number: int) -> Iterator[Case]:
    """A day comes again: with a row replaced, as it was before, after late rows of it."""
    one, two = clean
    newer = two.corrected(number, 1_100)
    shifted = newer._replace(
        amount_cents=two.orders[number].amount_cents,
        ordered_at=newer.ordered_at + dt.timedelta(minutes=1),
    )
    skipped = "redelivery-skipped"
    yield case("a day again, a row corrected", skipped, clean, (one, two.replacing(newer)))
    yield case("a day again, amounts the same", skipped, clean, (one, two.replacing(shifted)))
    twice = two.with_orders(two.orders[0])
    yield case("a day changed, and changed back", skipped, clean, (one, twice), clean)
    late = one.orders[0]._replace(order_id=900_002, received_at=two.orders[-1].received_at)
    after = two.with_orders(late)
    corrected = one.replacing(one.corrected(number, 700))
    yield case("a day again, after late rows of it", skipped, (one, after), (corrected, after))


def _run(answer: Answer, warehouse: Warehouse, there: Deliveries, **options: Any) -> Outcome:
    return answer.call(con=warehouse.handle(**options), source=source(there))


def _nights(answer: Answer, nights: Sequence[Deliveries], finding: str) -> Finding | None:
    """Run once for each state of the source, then look at the tables."""
    with Warehouse(answer, TABLES) as warehouse:
        seen = [_run(answer, warehouse, there) for there in nights]
        for outcome in seen:
            outcome.value  # noqa: B018  raises where the answer did
        tables = snapshot(warehouse)
    wrong = wrong_tables(tables, nights[-1])
    if not wrong:
        return None
    ignored = len(nights) > 1 and not wrong_tables(tables, nights[-2])
    if any(outcome.evidence["con"]["vain_commits"] for outcome in seen):
        return _found("commit-in-vain", wrong)
    return _found(_named(finding, wrong, ignored), wrong)


def _second_warehouse(answer: Answer, there: Deliveries) -> Finding | None:
    """What the process remembers of the first warehouse is no excuse in the second."""
    news = unseen(*there)
    if _nights(answer, [news], "wrong-night"):
        return None
    found = _nights(answer, [news], "state-outside")
    return found and replace(found, rows=())


def _named(finding: str, wrong: Sequence[Wrong], ignored: bool) -> str:
    """The finding that names what a case showed; `ignored`: the last news changed nothing."""
    only_more = any(w.extra for w in wrong) and not any(w.lost for w in wrong)
    if finding == "state-outside":
        return "rerun-doubles" if only_more else finding
    if [w.table for w in wrong] == ["daily_revenue"]:
        return "daily-disagrees"
    if ignored or finding == "columns-swapped":
        return finding
    if only_more and finding == "redelivery-skipped":
        return "redelivery-beside"
    return "rerun-doubles" if only_more and finding != "wrong-night" else "wrong-night"


def _rerun(answer: Answer, there: Deliveries) -> Finding | None:
    with Warehouse(answer, TABLES) as warehouse:
        _run(answer, warehouse, there).value  # noqa: B018  raises where the answer did
        before = wrong_tables(snapshot(warehouse), there)
        second = _run(answer, warehouse, there)
        second.value  # noqa: B018  likewise
        wrong = wrong_tables(snapshot(warehouse), there)
    if wrong and wrong != before:
        newest = max(order.received_at for day in there for order in day.orders)
        touched = {row[-1] for w in wrong[:1] for k in w.keys for row in k.observed}
        return _found("boundary-doubled" if touched == {newest} else "rerun-doubles", wrong)
    written = second.evidence["con"]["written"]
    rows = {table: written[table] for table in CHECKED if written.get(table)}
    if not rows:
        return None
    counts = ", ".join(f"{count} rows of {table}" for table, count in rows.items())
    return Finding("rewrites-unchanged", f"nothing new had arrived, and the run wrote {counts}")


def _reader(answer: Answer, clean: Deliveries, *news: Delivery) -> Finding | None:
    """Whatever a reader sees is the state after some of the deliveries, for each table."""
    with Warehouse(answer, TABLES) as warehouse:
        _run(answer, warehouse, clean).value  # noqa: B018  raises where the answer did
        outcome = _run(answer, warehouse, (*clean, *news), watch=WATCH)
        if wrong_tables(snapshot(warehouse), (*clean, *news)):
            return None
    applied = [(*clean, *some) for n in range(len(news) + 1) for some in combinations(news, n)]
    right = {
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


def _killed(answer: Answer, there: Deliveries) -> Iterator[Case]:
    """One case for each statement, one for the moment after the last, and a sample of two kills.

    None where the night ends wrong without a kill: what a kill adds could not be told apart.
    """
    with Warehouse(answer, TABLES) as warehouse:
        log = _run(answer, warehouse, there).evidence["con"]["log"]
        if wrong_tables(snapshot(warehouse), there):
            return
    for point in kill_points(log):
        yield Case(killed_at(point), partial(_kill, answer, there, [point], log), "rerun-fails")
    for k in (len(log) // 3, len(log) - 2):
        for j in (2, 5):
            kills = [{"crash_before": k}, {"crash_before": j}]
            name = f"{killed_at(kills[0])}, then again before {j}"
            yield Case(name, partial(_kill, answer, there, kills, log), "rerun-fails")


def _kill(
    answer: Answer, there: Deliveries, kills: Sequence[dict[str, int]], log: Sequence[str]
) -> Finding | None:
    """Kill, run again, compare with the truth; says what kind of half state did it."""
    with Warehouse(answer, TABLES) as warehouse:
        for kill in kills:
            _run(answer, warehouse, there, **kill)
        left = snapshot(warehouse)
        _run(answer, warehouse, there).value  # noqa: B018  raises where the answer did
        wrong = wrong_tables(snapshot(warehouse), there)
    if not wrong:
        return None
    whole = any(not wrong_tables(left, there[:n]) for n in range(len(there) + 1))
    doubled = "checkpoint-apart" if whole else "half-a-day-committed"
    lost = any(w.lost for w in wrong)
    finding = _found("lost-after-kill" if lost else doubled, wrong)
    where = killed_at(kills[0], log)
    return replace(finding, observed=f"{where}; after the rerun {finding.observed}")


def _week(answer: Answer, seed: int) -> Finding | None:
    week = real_days(seed, 6, 8)
    with Warehouse(answer, TABLES) as warehouse:
        for day in range(1, len(week) + 1):
            for _ in range(2):
                _run(answer, warehouse, week[:day]).value  # noqa: B018  raises where it did
        wrong = wrong_tables(snapshot(warehouse), week)
    return _found("end-state-differs", wrong) if wrong else None


def _found(finding: str, wrong: Sequence[Wrong]) -> Finding:
    """The finding with what this run showed, the first wrong table in detail."""
    counts = ", ".join(f"{w.table}: {w.told}" for w in wrong)
    return Finding(finding, counts, wrong[0].rows)
