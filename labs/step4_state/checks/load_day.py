"""load-day: a day loaded once, twice, late or shuffled leaves the same facts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

from fieldkit.state.fingerprints import Difference, differences
from labs.handles.database import Warehouse
from labs.step4_state.world.deliveries import (
    REORDERED,
    Delivery,
    Order,
    pick,
    plain_days,
    real_days,
    true_facts,
    unseen,
)
from labs.step4_state.world.warehouse import FACTS, KEYS, TABLES, dollars, order_row
from workbook import Answer, Case, Finding

RERUNS = 100
MANY = 600  # orders in a large batch: enough for keys cut short to meet


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
    early = newer._replace(received_at=old.received_at - dt.timedelta(hours=1))
    keyless = first.with_orders(old._replace(order_id=None, amount_cents=4_200))
    versions = [
        first.replacing(
            old._replace(version=v, received_at=old.received_at + dt.timedelta(hours=v))
        )
        for v in (9, 10)
    ]

    def case(name: str, finding: str, *loads: Delivery, plain: bool = False) -> Case:
        return Case(name, partial(_judged, answer, loads, finding), finding, plain)

    yield case("one clean day", "wrong-rows", first, plain=True)
    second_warehouse = partial(_second_warehouse, answer, first)
    yield Case("the same day in a second warehouse", second_warehouse, "state-outside")
    yield case("the same day twice", "rerun-doubles", first, first)
    yield case("a key twice in one batch", "key-twice", first.with_orders(newer, old))
    newer_first = Delivery(first.day, (newer, *first.orders))
    yield case("a key twice, the newer one first", "wrong-winner", newer_first)
    yield case("three versions in one batch, in any order", "wrong-winner", _three_versions(first))
    yield case("the day again, now corrected", "redelivery-skipped", first, first.replacing(newer))
    earlier = Delivery(first.day, (early, *first.orders))
    yield case("a newer version received earlier", "time-is-not-version", earlier)
    yield case("version 10 after version 9", "versions-as-text", *versions)
    moved = newer._replace(
        customer_id=old.customer_id + 1, ordered_at=old.ordered_at + dt.timedelta(minutes=5)
    )
    correcting = second.with_orders(moved)
    yield case("a correction of an earlier day", "correction-beside", first, correcting)
    late = (first.replacing(newer), first)
    yield case("an old file after a newer one", "older-overwrites-newer", *late)
    before = (first.replacing(early), first)
    yield case("the newer version came before", "time-is-not-version", *before)
    yield case("a row without a key, loaded twice", "null-key", keyless, keyless)
    swapped = Delivery(first.day, first.orders, REORDERED)
    yield case("columns in another order", "columns-swapped", swapped)
    twin = first.with_orders(old._replace(order_id=900_001))
    yield case("two orders alike but for their id", "twins-merged", twin)
    yield Case("other warehouses, other order of loads", partial(_keys, answer, first, correcting),
               "key-changes")  # fmt: skip
    yield Case(f"{MANY} orders in one batch", partial(_many, answer, first), "key-shared")
    yield Case("called inside a transaction", partial(_inside, answer, first), "transaction-taken")
    week = real_days(seed, 6, 10)
    mixed = [day.shuffled(seed + n) for n, day in enumerate(week[::2] + week[1::2])]
    yield case("six real days, shuffled, in any order", "end-state-differs", *mixed)
    often = (*week[:2], *[week[1]] * RERUNS)
    yield case(f"a real day loaded {RERUNS} times", "end-state-differs", *often)


def _three_versions(day: Delivery) -> Delivery:
    """Three versions of six orders in one batch, each order in another sequence."""
    orders: list[Order] = []
    for number, sequence in enumerate(permutations((1, 2, 3))):
        order = day.orders[number % len(day.orders)]._replace(order_id=800_000 + number)
        for v in sequence:
            at = order.received_at + dt.timedelta(minutes=v)
            orders.append(order._replace(version=v, amount_cents=1_000 * v, received_at=at))
    return Delivery(day.day, tuple(orders))


def load(answer: Answer, *deliveries: Delivery, **options: Any) -> Facts:
    """Load deliveries into a new warehouse, one call each; raises AnswerFailed."""
    with Warehouse(answer, TABLES) as warehouse:
        calls = [
            {"con": warehouse.handle(**options), "day": day.day, "batch": day.frame}
            for day in deliveries
        ]
        for outcome in answer.map(calls):
            outcome.value  # noqa: B018  raises where the answer did
        return Facts(warehouse.rows(FACTS), warehouse.rows(KEYS))


def _judged(answer: Answer, loads: Sequence[Delivery], finding: str) -> Finding | None:
    wrong = load(answer, *loads).differences(loads)
    if not wrong:
        return None
    off = sum(_cents(d.observed) - _cents(d.expected) for d in wrong)
    many = "1 order is" if len(wrong) == 1 else f"{len(wrong)} orders are"
    seen = f"{many} wrong in fact_orders; its revenue is off by {dollars(off)}"
    return Finding(
        _named(finding, wrong),
        seen,
        [order_row(d, "fact_orders has", "should have") for d in wrong[:5]],
    )


def _second_warehouse(answer: Answer, day: Delivery) -> Finding | None:
    """What the process remembers of the first warehouse is no excuse in the second."""
    news = unseen(day)
    if load(answer, *news).differences(news):
        return None
    found = _judged(answer, news, "state-outside")
    return found and replace(found, rows=())


def _named(finding: str, wrong: Sequence[Difference]) -> str:
    """The finding that names what the case showed, where several defects can show in it."""
    doubled = any(len(d.observed) > 1 for d in wrong if d.expected)
    if any(_half_corrected(d) for d in wrong) and finding != "columns-swapped":
        return "half-corrected"
    if doubled:
        instead = {"wrong-winner": "key-twice", "time-is-not-version": "key-twice"}
        instead |= {"older-overwrites-newer": "correction-beside", "state-outside": "rerun-doubles"}
        instead |= {"redelivery-skipped": "correction-beside", "null-key": "rerun-doubles"}
    else:
        instead = {"key-twice": "wrong-winner", "correction-beside": "correction-dropped"}
        lost = all(not d.observed for d in wrong)
        instead |= {"rerun-doubles": "state-outside"} if lost else {}
    return instead.get(finding, finding)


def _half_corrected(difference: Difference) -> bool:
    """Whether a row has the right version, above 1, and other values in other columns."""
    sides = (*difference.observed, *difference.expected)
    return len(difference.observed) == 1 and len(sides) == 2 and sides[0][1] == sides[1][1] > 1


def _cents(rows: Sequence[tuple[Any, ...]]) -> int:
    return sum(row[4] or 0 for row in rows)


def _keys(answer: Answer, first: Delivery, second: Delivery) -> Finding | None:
    """order_key is one per order, and the same however the warehouse was filled."""
    keys = dict(load(answer, first).keys)
    for others in ((first, second), (second, first)):
        again = dict(load(answer, *others).keys)
        changed = sorted(order for order in keys if keys[order] != again.get(order))
        if changed:
            # The keys may be random; a page shows the same text in each run.
            seen = f"{len(changed)} of {len(keys)} orders have another key after other loads;"
            return Finding("key-changes", f"{seen} order {changed[0]} is the first of them")
    return None


def _many(answer: Answer, day: Delivery) -> Finding | None:
    """A key cut short, or made of something that orders share, meets itself in a large batch."""
    order = day.orders[0]
    orders = [order._replace(order_id=10**10 * (n % 2) + 7_000 + n // 2) for n in range(MANY)]
    keys = [key for _, key in load(answer, Delivery(day.day, tuple(orders))).keys]
    different = len({key for key in keys if key is not None})
    if different == len(keys):
        return None
    return Finding("key-shared", f"{len(keys)} orders have {different} different keys")


def _inside(answer: Answer, day: Delivery) -> Finding | None:
    """A caller has begun a transaction and then decides against it."""
    rows = load(answer, day, begin=True).rows
    if not rows:
        return None
    seen = f"the caller rolled back, and fact_orders keeps {len(rows)} rows"
    return Finding("transaction-taken", seen)
