"""run-pipeline: a night killed at any statement and run again ends where it would have ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import combinations
from typing import Any

from labs.database import Warehouse
from labs.step4_state.world.deliveries import (
    Delivery,
    by_order_day,
    pick,
    plain_days,
    real_days,
    true_daily,
    true_facts,
)
from labs.step4_state.world.warehouse import (
    TABLES,
    WATCH,
    Wrong,
    dollars,
    source,
    wrong_tables,
)
from workbook import Answer, Case, Finding, Outcome

Deliveries = Sequence[Delivery]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Reruns, new and changed input, a reader, then every statement as the last one."""
    one, two, three = plain_days(seed, 3, per_day=5)
    number = pick(seed, 5, len(one.orders))
    late = three.with_orders(one.corrected(number, -900, at=three.orders[-1].received_at))
    correcting = two.with_orders(one.corrected(number, -900, at=two.orders[-1].received_at))
    again = two.with_orders(two.corrected(number, 1_100))
    equal = two.orders[-1]._replace(order_id=900_001, amount_cents=3_100)

    def case(name: str, finding: Finding, *nights: Deliveries) -> Case:
        return Case(name, lambda: _nights(answer, nights, finding), finding)

    clean = (one, two)
    yield replace(case("two clean days", WRONG_NIGHT, clean), plain=True)
    yield Case("the same night again", lambda: _rerun(answer, clean), RERUN)
    yield case("the next day arrives", LATE_ROW, clean, (*clean, three))
    yield case("the next day corrects an earlier one", WRONG_NIGHT, clean, (*clean, late))
    yield case("a day is delivered again, corrected", REDELIVERY, clean, (*clean, again))
    one_more = two.with_orders(equal)
    yield case("one more row with the newest timestamp", EQUAL_TIME, clean, (*clean, one_more))
    yield Case(
        "a reader looks before every statement", lambda: _reader(answer, clean, again, three), HOLE
    )
    yield from _killed(answer, (one, correcting))
    yield Case("six real nights, each run twice", lambda: _week(answer, seed), WRONG_WEEK)


def _run(answer: Answer, warehouse: Warehouse, there: Deliveries, **options: Any) -> Outcome:
    return answer.call(con=warehouse.handle(**options), source=source(there))


def _nights(answer: Answer, nights: Sequence[Deliveries], finding: Finding) -> Finding | None:
    """Run once for each state of the source, then look at the tables."""
    with Warehouse(answer, TABLES) as warehouse:
        seen = [_run(answer, warehouse, there) for there in nights]
        for outcome in seen:
            outcome.value  # noqa: B018  raises where the answer did
        wrong = wrong_tables(warehouse, nights[-1])
    if not wrong:
        return None
    if any(outcome.evidence["con"]["vain_commits"] for outcome in seen):
        finding = IN_VAIN
    elif [w.table for w in wrong] == ["daily_revenue"]:
        finding = DISAGREES
    elif len(nights) > 1 and any(w.extra for w in wrong) and not any(w.lost for w in wrong):
        finding = RERUN
    return _found(finding, wrong)


def _rerun(answer: Answer, there: Deliveries) -> Finding | None:
    with Warehouse(answer, TABLES) as warehouse:
        _run(answer, warehouse, there).value  # noqa: B018  raises where the answer did
        before = wrong_tables(warehouse, there)
        second = _run(answer, warehouse, there)
        second.value  # noqa: B018  likewise
        wrong = wrong_tables(warehouse, there)
    if wrong and wrong != before:
        newest = max(order.received_at for day in there for order in day.orders)
        touched = {row[-1] for w in wrong[:1] for k in w.keys for row in k.observed}
        return _found(BOUNDARY if touched == {newest} else RERUN, wrong)
    written = second.evidence["con"]["written"]
    if written > len(there):
        return _with(REWRITES, f"nothing new had arrived, and the run wrote {written} rows")
    return None


def _reader(answer: Answer, clean: Deliveries, *news: Delivery) -> Finding | None:
    """Whatever a reader sees is the state after some of the deliveries, for each table."""
    with Warehouse(answer, TABLES) as warehouse:
        _run(answer, warehouse, clean).value  # noqa: B018  raises where the answer did
        outcome = _run(answer, warehouse, (*clean, *news), watch=WATCH)
        if wrong_tables(warehouse, (*clean, *news)):
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
    return _with(HOLE, shows + before_text)


def _killed(answer: Answer, there: Deliveries) -> Iterator[Case]:
    """One case for each statement, one for the moment after the last, and a sample of two kills.

    None where the night ends wrong without a kill: what a kill adds could not be told apart.
    """
    with Warehouse(answer, TABLES) as warehouse:
        log = _run(answer, warehouse, there).evidence["con"]["log"]
        if wrong_tables(warehouse, there):
            return
    points = [{"crash_before": k} for k in range(1, len(log) + 1)] + [{"crash_after": len(log)}]
    for point in points:
        name = _point(point)
        yield Case(name, partial(_kill, answer, there, [point], log), FAILS)
    for k in range(2, len(log) + 1, max(2, len(log) // 3)):
        for j in (1, 3, 6):
            kills = [{"crash_before": k}, {"crash_before": j}]
            name = f"{_point(kills[0])}, then again before {j}"
            yield Case(name, partial(_kill, answer, there, kills, log), FAILS)


def _point(point: dict[str, int]) -> str:
    when, number = next(iter(point.items()))
    return f"killed {when.removeprefix('crash_')} statement {number}"


def _kill(
    answer: Answer, there: Deliveries, kills: Sequence[dict[str, int]], log: Sequence[str]
) -> Finding | None:
    """Kill, run again, compare with the truth; says what kind of half state did it."""
    with Warehouse(answer, TABLES) as warehouse:
        for kill in kills:
            _run(answer, warehouse, there, **kill)
        whole = any(not wrong_tables(warehouse, there[:n]) for n in range(len(there) + 1))
        _run(answer, warehouse, there).value  # noqa: B018  raises where the answer did
        wrong = wrong_tables(warehouse, there)
    if not wrong:
        return None
    lost = sum(w.lost for w in wrong[:2])
    finding = _found(LOST if lost else APART if whole else HALF_DAY, wrong)
    when, number = next(iter(kills[0].items()))
    statement = f"{when.removeprefix('crash_')} statement {number} ({log[number - 1][:40]})"
    return replace(finding, observed=f"killed {statement}; after the rerun {finding.observed}")


def _week(answer: Answer, seed: int) -> Finding | None:
    week = real_days(seed, 6, 8)
    with Warehouse(answer, TABLES) as warehouse:
        for day in range(1, len(week) + 1):
            for _ in range(2):
                _run(answer, warehouse, week[:day]).value  # noqa: B018  raises where it did
        wrong = wrong_tables(warehouse, week)
    return _found(WRONG_WEEK, wrong) if wrong else None


def _found(finding: Finding, wrong: Sequence[Wrong]) -> Finding:
    """The finding with what this run showed, the first wrong table in detail."""
    counts = ", ".join(f"{w.table}: {w.told}" for w in wrong)
    return replace(finding, observed=counts, rows=wrong[0].rows)


def _with(finding: Finding, observed: str) -> Finding:
    return replace(finding, observed=observed)


def _says(finding_id: str, expected: str, cost: str, look: str) -> Finding:
    return Finding(finding_id, "", expected, cost, look)


WRONG_NIGHT = _says(
    "wrong-night",
    "raw_orders as delivered, fact_orders with the newest versions, daily_revenue to match",
    "the board is wrong on an ordinary morning",
    "the rows above: which of your statements writes that table?",
)
RERUN = _says(
    "rerun-doubles",
    "a rerun over the same deliveries changes no table",
    "whoever presses rerun at night doubles the board and spends the morning on repairs",
    "how does your run know that a delivery has been loaded?",
)
BOUNDARY = _says(
    "boundary-doubled",
    "the rows at the watermark are loaded once, however often they are read",
    "a few orders at the edge of each night count twice: too few for anyone to notice",
    "what is read again when you ask for rows `since` the newest one you have?",
)
REWRITES = _says(
    "rewrites-unchanged",
    "a delivery that did not change is not written again",
    "each rerun costs as much as the first run; with years of history, a night is too short",
    "what could load_state tell you before you touch a table?",
)
LATE_ROW = _says(
    "late-row-lost",
    "what arrives after a run is loaded by the next one",
    "each row between the source's clock and yours is lost for ever, without an error",
    "whose clock does your watermark come from?",
)
REDELIVERY = _says(
    "redelivery-skipped",
    "a day whose content changed is loaded again",
    "the source repaired its file, and your board keeps the mistake",
    "two deliveries of one day: what tells them apart?",
)
EQUAL_TIME = _says(
    "equal-timestamp-lost",
    "a row is loaded also if another one with its timestamp was loaded before",
    "one order in a busy second is lost for ever",
    "what does your comparison say about a time that is equal to the watermark?",
)
DISAGREES = _says(
    "daily-disagrees",
    "daily_revenue is what fact_orders adds up to, for every day",
    "the board and the ledger differ, and the board is what the CFO reads",
    "a delivery can change orders of earlier days: which days of daily_revenue do you touch?",
)
IN_VAIN = _says(
    "commit-in-vain",
    "an error is either raised or handled before anything is committed",
    "COMMIT after a swallowed error raises nothing and saves nothing; the job is green",
    "which of your statements failed, and who heard about it?",
)
HOLE = _says(
    "reader-sees-hole",
    "at every moment a reader sees a table before or after a delivery, nothing between",
    "the 08:00 refresh lands between two statements and shows the board without its revenue",
    "what is in the table between your DELETE and your INSERT?",
)
LOST = _says(
    "lost-after-kill",
    "the same tables as if the run had never been killed",
    "a day is marked as done and has no rows; no rerun ever looks at it again",
    "which comes first, the data or the mark that says it is there?",
)
APART = _says(
    "checkpoint-apart",
    "the same tables as if the run had never been killed",
    "a kill between two commits loads a whole day twice",
    "the data was committed, its checkpoint was not: can they be one commit?",
)
HALF_DAY = _says(
    "half-a-day-committed",
    "the same tables as if the run had never been killed",
    "a kill in the middle of a day leaves some of its tables written and others not",
    "where does your transaction begin, and where does it end?",
)
FAILS = _says(
    "rerun-fails",
    "after a kill a plain rerun works",
    "on-call has to repair the database by hand before the rerun can even start",
    "what did the dead run leave behind that the next one trips over?",
)
WRONG_WEEK = _says(
    "end-state-differs",
    "the tables that the week's deliveries add up to",
    "the board depends on the history of your nights",
    "late rows, corrections, a key twice, no key, columns moved: which one is in the rows above?",
)
