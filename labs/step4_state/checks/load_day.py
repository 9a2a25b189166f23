"""load-day: a day loaded once, twice, late or shuffled leaves the same facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from fieldkit.state import Difference, differences
from labs.database import Warehouse
from labs.step4_state.world.deliveries import (
    REORDERED,
    Delivery,
    pick,
    plain_days,
    real_days,
    true_facts,
)
from labs.step4_state.world.warehouse import FACTS, KEYS, TABLES, dollars, told
from workbook import Answer, Case, Finding

RERUNS = 100


@dataclass(frozen=True)
class Facts:
    """fact_orders after some loads: its rows, and the surrogate keys of each order."""

    rows: list[tuple[Any, ...]]
    keys: list[tuple[int, Any]]

    def differences(self, deliveries: Sequence[Delivery]) -> list[Difference]:
        """Where the rows are not the newest version of each order delivered."""
        return differences(true_facts(deliveries), self.rows, lambda row: row[0])


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each trouble by itself, then all of them on six real days."""
    first, second = plain_days(seed)
    number = pick(seed, 3, len(first.orders))
    old, newer = first.orders[number], first.corrected(number, 1_500)
    twin = old._replace(order_id=900_001)

    def case(name: str, finding: Finding, *loads: Delivery, plain: bool = False) -> Case:
        return Case(name, lambda: _judged(answer, loads, finding), finding, plain)

    yield case("one clean day", WRONG_ROWS, first, plain=True)
    yield case("the same day twice", RERUN, first, first)
    yield case("a key twice in one batch", KEY_TWICE, first.with_orders(newer, old))
    yield case("a key twice, the newer one first", WINNER, Delivery(first.day, (newer, *first.orders)))
    early = newer._replace(received_at=old.received_at - dt.timedelta(hours=1))
    yield case("the day again, now corrected", REDELIVERY, first, first.replacing(newer))
    yield case("a newer version that was received earlier", TIME, first, first.replacing(early))
    yield case("a correction of an earlier day", CORRECTION, first, second.with_orders(newer))
    yield case("an old file after a newer one", LATE, first.replacing(newer), first)
    keyless = second.with_orders(old._replace(order_id=None, amount_cents=4_200))
    yield case("a row without a key, loaded twice", NULL_KEY, keyless, keyless)
    swapped = Delivery(first.day, first.orders, REORDERED)
    yield case("columns in another order", COLUMNS_MOVED, swapped)
    yield case("two orders alike but for their id", TWINS, first.with_orders(twin))
    yield Case(
        "the same orders in a new warehouse", lambda: _keys(answer, first, second), KEY_CHANGES
    )
    week = real_days(seed, 6, 10)
    mixed = [day.shuffled(seed + n) for n, day in enumerate(week[::2] + week[1::2])]
    yield case("six real days, shuffled, in any order", END_STATE, *mixed)
    yield case(f"a real day loaded {RERUNS} times", END_STATE, *week[:2], *[week[1]] * RERUNS)


def load(answer: Answer, *deliveries: Delivery) -> Facts:
    """Load deliveries into a new warehouse, one call each; raises AnswerFailed."""
    with Warehouse(answer, TABLES) as warehouse:
        given = [(warehouse.handle(), day.day, day.frame) for day in deliveries]
        calls = [{"con": con, "day": day, "batch": batch} for con, day, batch in given]
        for outcome in answer.map(calls):
            outcome.value  # noqa: B018  raises where the answer did
        return Facts(warehouse.rows(FACTS), warehouse.rows(KEYS))


def _judged(answer: Answer, loads: Sequence[Delivery], finding: Finding) -> Finding | None:
    wrong = load(answer, *loads).differences(loads)
    if not wrong:
        return None
    return _found(_named(finding, wrong), wrong)


def _named(finding: Finding, wrong: Sequence[Difference]) -> Finding:
    """The finding that names what the case showed, where several defects can show in it."""
    doubled = any(len(d.observed) > 1 for d in wrong if d.key is not None)
    if finding is KEY_TWICE and not doubled:
        return WINNER
    if finding in (REDELIVERY, LATE) and doubled:
        return CORRECTION
    if finding is CORRECTION and not doubled:
        return DROPPED
    if finding is NULL_KEY and all(d.key is not None for d in wrong):
        return RERUN
    return finding


def _found(finding: Finding, wrong: Sequence[Difference]) -> Finding:
    """The finding with what this run showed."""
    rows = [
        {
            "order_id": str(d.key),
            "fact_orders has": told(d.observed),
            "should have": told(d.expected),
        }
        for d in wrong
    ]
    off = sum(_cents(d.observed) - _cents(d.expected) for d in wrong)
    many = "1 order is" if len(wrong) == 1 else f"{len(wrong)} orders are"
    seen = f"{many} wrong in fact_orders; its revenue is off by {dollars(off)}"
    return Finding(finding.id, seen, finding.expected, finding.cost, finding.look, rows[:5])


def _cents(rows: Sequence[tuple[Any, ...]]) -> int:
    return sum(row[4] or 0 for row in rows)


def _keys(answer: Answer, *days: Delivery) -> Finding | None:
    """order_key is one per order, and the same in a warehouse that was rebuilt."""
    keys, again = (load(answer, *days).keys for _ in range(2))
    if any(key is None for _, key in keys) or len({key for _, key in keys}) < len(keys):
        shared = len(keys) - len({key for _, key in keys if key is not None})
        return _with(KEY_SHARED, f"{len(keys)} orders have {len(keys) - shared} different keys")
    changed = sorted(set(keys) - set(again))
    if not changed:
        return None
    order = changed[0][0]  # the keys themselves may be random; a page shows the same in each run
    seen = f"{len(changed)} of {len(keys)} orders have another key in a second warehouse loaded"
    seen += f" with the same days; order {order} is the first of them"
    return _with(KEY_CHANGES, seen)


def _with(finding: Finding, observed: str) -> Finding:
    return Finding(finding.id, observed, finding.expected, finding.cost, finding.look)


def _says(finding_id: str, expected: str, cost: str, look: str) -> Finding:
    return Finding(finding_id, "", expected, cost, look)


WRONG_ROWS = _says(
    "wrong-rows",
    "one row for each order of the batch, as delivered",
    "the board shows numbers that were never sold",
    "the simplest day there is: what does fact_orders hold after it?",
)
RERUN = _says(
    "rerun-doubles",
    "after the second load the same rows as after the first",
    "every rerun adds a day's revenue that nobody earned; someone deletes rows by hand at night",
    "what does your INSERT do with an order that is already there?",
)
KEY_TWICE = _says(
    "key-twice",
    "one row for an order, also if its batch holds it three times",
    "MERGE inserts both on day one and raises on day two: it passes review and fails at night",
    "how many rows of the batch may match one row of the table?",
)
WINNER = _says(
    "wrong-winner",
    "the highest version wins, wherever in the batch it stands",
    "a refund is on the board or not, depending on the order of lines in a file",
    "which of two rows with one key does your statement take, and who decides that?",
)
TIME = _says(
    "time-is-not-version",
    "the highest version wins, whenever it was received",
    "queues deliver out of order: a correction that overtook its order is lost",
    "by which column do you decide that one row is newer than another?",
)
REDELIVERY = _says(
    "redelivery-skipped",
    "a day that comes again with a correction is corrected",
    "the source repaired its file, and your board keeps the mistake",
    "what makes your code believe that a day is done?",
)
CORRECTION = _says(
    "correction-beside",
    "the correction takes the place of the older version",
    "corrected orders count twice until someone notices",
    "how do you find the row that a correction corrects: by its day, or by its key?",
)
DROPPED = _says(
    "correction-dropped",
    "what a batch says about orders of earlier days is loaded, too",
    "refunds and late orders never reach the board; the more of them, the better it looks",
    "which rows of a batch does your code look at: all, or those of its day?",
)
LATE = _says(
    "older-overwrites-newer",
    "an older version never replaces a newer one, whichever file comes last",
    "a replayed file silently undoes last week's corrections",
    "under which condition may a matched row be updated?",
)
NULL_KEY = _says(
    "null-key",
    "a row without order_id does not reach fact_orders",
    "NULL equals nothing, not even NULL: each rerun adds such a row again",
    "what does `on target.order_id = source.order_id` say about NULL?",
)
COLUMNS_MOVED = _says(
    "columns-swapped",
    "each value in the column of its name, whatever order the file has",
    "customer numbers are added up as cents; no error, only a strange board",
    "does your INSERT go by position or by name?",
)
TWINS = _says(
    "twins-merged",
    "two orders are two orders, also if customer, time and amount are the same",
    "real revenue disappears in the name of removing duplicates",
    "what makes two rows the same order: their values, or their key?",
)
KEY_CHANGES = _says(
    "key-changes",
    "order_key is the same for an order in every load, also in a rebuilt warehouse",
    "support tickets quote order_key: after a restore they point at nothing",
    "from what could the key be computed, so that nothing random or counted goes in?",
)
KEY_SHARED = _says(
    "key-shared",
    "every order has an order_key of its own",
    "a ticket for one customer opens another customer's order",
    "what is different in two orders of one customer?",
)
END_STATE = _says(
    "end-state-differs",
    "the newest version of every order, whatever the order of files, rows and reruns",
    "the board depends on the history of your nights",
    "which two rows of these would you expect to meet, and in which order did they come?",
)
