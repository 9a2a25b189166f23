"""load-day: a day loaded once, twice, late or shuffled leaves the same facts.

The page's sentence -> the cases that try it
    One row for each order_id -> a key twice in one batch; two orders alike but for their id; one
        clean day
    with all columns from the highest version -> in one batch, *; a correction that changes every
        column; in one batch, corrections that change every column; version 10 after version 9
    in whichever order rows and files come -> an old file after a newer one*; a newer file with a
        row received earlier; six real days, shuffled, in any order
    An empty value (NULL) in the highest version counts -> newer versions with empty values; newer
        versions with empty values, in one batch
    Loading a day again changes nothing -> the same day twice; a real day loaded 10 times
    A day may come again changed -> the day again, now corrected; the day again, its amounts
        unchanged; the day again, with one row more; a correction of an earlier day
    an order once loaded stays -> the day again, with one row less; the day again, empty
    Leave out rows without order_id -> a row without a key, loaded twice
    Match columns by name -> columns in another order
    one for each order, the same after a correction and in a rebuilt warehouse -> other
        warehouses, other order of loads; 600 orders in one batch; the same day in a second
        warehouse
    The caller begins and commits the transaction -> called inside a transaction
    Raise errors -> fact_orders is not there
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import permutations
from typing import Any

from fieldkit.state.fingerprints import Difference, differences
from labs.dependent import Dependent
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
from workbook import Answer, AnswerFailed, Case, Finding

Loads = tuple[Delivery, ...]
Differs = Callable[[Sequence[Difference]], bool]
RERUNS = 10  # of a real day; more show no more, and twenty-five cost a third of the check
MANY = 600  # orders in a large batch: enough for keys cut short to meet
ONCE, TWICE, DOUBLE = "one clean day", "the same day twice", "a key twice in one batch"
CORRECTS, AGAIN = "a correction of an earlier day", "the day again, now corrected"


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
    made, number = Dependent(), pick(seed, 3, len(first.orders))
    old, newer = first.orders[number], first.corrected(number, 1_500)

    def case(name: str, finding: str, loads: Loads, *needs: str, differs: Differs = bool) -> Case:
        run = partial(_judged, answer, loads, finding, differs)
        return made.case(name, finding, run, *needs, plain=not needs)

    yield case(ONCE, "wrong-rows", (first,))
    run = partial(_second_warehouse, answer, first)
    yield made.case("the same day in a second warehouse", "state-outside", run, ONCE)
    yield case(TWICE, "rerun-doubles", (first, first), ONCE)
    twice = first.with_orders(newer, old, first.orders[number - 1])
    yield case(DOUBLE, "key-twice", (twice,), ONCE, differs=_doubled)
    twin = first.with_orders(old._replace(order_id=900_001))
    yield case("two orders alike but for their id", "twins-merged", (twin,), ONCE)
    yield from _within_one_batch(case, first, number)
    correcting = second.with_orders(_moved(newer))
    loads = (first, correcting)
    yield case(CORRECTS, "correction-misplaced", loads, ONCE, differs=_other_version)
    yield case("a correction that changes every column", "half-corrected", loads, CORRECTS)
    both = first.with_orders(_moved(newer), _moved(first.corrected(number + 1, -300), -1))
    told = "in one batch, corrections that change every column"
    yield case(told, "half-corrected", (both,), DOUBLE)
    yield from _emptied(case, first, second, number)
    yield from _again(case, first, newer)
    yield from _late(case, first, number)
    keyless = first.with_orders(old._replace(order_id=None, amount_cents=4_200))
    yield case("a row without a key, loaded twice", "null-key", (keyless, keyless), TWICE)
    swapped = Delivery(first.day, first.orders, REORDERED)
    yield case("columns in another order", "columns-swapped", (swapped,), ONCE)
    run = partial(_keys, answer, first, correcting)
    yield made.case("other warehouses, other order of loads", "wrong-key", run, ONCE)
    run = partial(_many, answer, first)
    yield made.case(f"{MANY} orders in one batch", "wrong-key", run, ONCE)
    run = partial(_inside, answer, first)
    yield made.case("called inside a transaction", "transaction-taken", run, ONCE)
    run = partial(_without_table, answer, first)
    yield made.case("fact_orders is not there", "error-swallowed", run, ONCE)
    week = real_days(seed, 6, 10)
    mixed = tuple(day.shuffled(seed + n) for n, day in enumerate(week[::2] + week[1::2]))
    yield case("six real days, shuffled, in any order", "end-state-differs", mixed, ONCE)
    often = (*week[:2], *[week[1]] * RERUNS)
    yield case(f"a real day loaded {RERUNS} times", "end-state-differs", often, TWICE, DOUBLE)


def _within_one_batch(case: Callable[..., Case], first: Delivery, number: int) -> Iterator[Case]:
    """Several versions of an order in one batch: neither place nor time decides."""
    old, newer = first.orders[number], first.corrected(number, 1_500)
    early = newer._replace(received_at=old.received_at - dt.timedelta(hours=1))
    for name, batch in (
        ("the newer version stands first", Delivery(first.day, (newer, *first.orders))),
        ("the newer version stands last", first.with_orders(newer)),
        ("three versions, in any order", _three_versions(first)),
        ("the newer version was received earlier", first.with_orders(early)),
        ("version 10 beside version 9", first.with_orders(*_nine_and_ten(old))),
    ):
        yield case(f"in one batch, {name}", "wrong-version", (batch,), DOUBLE)


def _nine_and_ten(order: Order) -> tuple[Order, Order]:
    nine, ten = (order._replace(version=v, amount_cents=1_000 * v) for v in (9, 10))
    return nine, ten


def _three_versions(day: Delivery) -> Delivery:
    """Three versions of six orders in one batch, each order in another sequence."""
    orders: list[Order] = []
    for number, sequence in enumerate(permutations((1, 2, 3))):
        order = day.orders[number % len(day.orders)]._replace(order_id=800_000 + number)
        for v in sequence:
            at = order.received_at + dt.timedelta(minutes=v)
            orders.append(order._replace(version=v, amount_cents=1_000 * v, received_at=at))
    return Delivery(day.day, tuple(orders))


def _moved(order: Order, by: int = 1) -> Order:
    """A correction that moves an order to another customer and to the day before, or after."""
    at = order.ordered_at - by * dt.timedelta(days=1, minutes=5)
    return order._replace(customer_id=order.customer_id + by, ordered_at=at)


def _emptied(
    case: Callable[..., Case], first: Delivery, second: Delivery, number: int
) -> Iterator[Case]:
    """A newer version may know less: its empty values count, too."""
    nothing: Any = None
    empty = [
        first.corrected(number + n, 900)._replace(**{name: nothing})
        for n, name in enumerate(("customer_id", "amount_cents", "ordered_at", "received_at"))
    ]
    loads, batch = (first, second.with_orders(*empty)), (first.with_orders(*empty),)
    yield case("newer versions with empty values", "half-corrected", loads, CORRECTS)
    name = "newer versions with empty values, in one batch"
    yield case(name, "half-corrected", batch, DOUBLE)


def _again(case: Callable[..., Case], first: Delivery, newer: Order) -> Iterator[Case]:
    """The day comes again, and is not what it was."""
    skipped, needs = "redelivery-skipped", (TWICE, CORRECTS)
    yield case(AGAIN, skipped, (first, first.replacing(newer)), *needs)
    alike = _moved(newer)._replace(amount_cents=newer.amount_cents - 1_500)
    yield case("the day again, its amounts unchanged", skipped, (first, first.replacing(alike)),
               *needs)  # fmt: skip
    more = first.with_orders(first.orders[0]._replace(order_id=900_001, amount_cents=3_100))
    yield case("the day again, with one row more", skipped, (first, more), *needs)
    fewer, empty = replace(first, orders=first.orders[1:]), replace(first, orders=())
    yield case("the day again, with one row less", "order-dropped", (first, fewer), *needs)
    yield case("the day again, empty", "order-dropped", (first, empty), *needs)


def _late(case: Callable[..., Case], first: Delivery, number: int) -> Iterator[Case]:
    """The newer version is not always the later file."""
    old, newer = first.orders[number], first.corrected(number, 1_500)
    early = newer._replace(received_at=old.received_at - dt.timedelta(hours=1))
    nine, ten = (first.replacing(order) for order in _nine_and_ten(old))
    for name, loads in (
        ("an old file after a newer one", (first.replacing(newer), first)),
        ("an old file after a newer one, received earlier", (first.replacing(early), first)),
        ("a newer file with a row received earlier", (first, first.replacing(early))),
        ("version 10 after version 9", (nine, ten)),
    ):
        yield case(name, "wrong-version", loads, AGAIN)


def load(answer: Answer, *deliveries: Delivery, **options: Any) -> Facts:
    """Load deliveries into a new warehouse, one call each; raises AnswerFailed."""
    with Warehouse(answer, TABLES) as warehouse:
        calls = [
            {"con": warehouse.handle(**options), "day": day.day, "batch": day.frame}
            for day in deliveries
        ]
        for outcome in answer.map(calls):
            outcome.value  # noqa: B018  raises where the answer did
        return Facts(*warehouse.answers([FACTS, KEYS]))


def _judged(answer: Answer, loads: Loads, finding: str, differs: Differs) -> Finding | None:
    wrong = load(answer, *loads).differences(loads)
    if not differs(wrong):
        return None
    if finding == "half-corrected" and _other_version(wrong):
        finding = "wrong-version"  # whole, but not the one that counts
    off = sum(_cents(d.observed) - _cents(d.expected) for d in wrong)
    many = "1 order is" if len(wrong) == 1 else f"{len(wrong)} orders are"
    seen = f"{many} wrong in fact_orders; its revenue is off by {dollars(off)}"
    rows = [order_row(d, "fact_orders has", "should have") for d in wrong[:5]]
    return Finding(finding, seen, rows)


def _doubled(wrong: Sequence[Difference]) -> bool:
    return any(len(d.observed) > 1 for d in wrong if d.expected)


def _other_version(wrong: Sequence[Difference]) -> bool:
    """Whether an order is missing, stands there twice, or not in its highest version."""
    return any([r[1] for r in d.observed] != [r[1] for r in d.expected] for d in wrong)


def _second_warehouse(answer: Answer, day: Delivery) -> Finding | None:
    """What the process remembers of the first warehouse is no excuse in the second."""
    news = tuple(unseen(day))
    if load(answer, *news).differences(news):
        return None
    found = _judged(answer, news, "state-outside", bool)
    return found and replace(found, rows=())


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
            return Finding("wrong-key", f"{seen} order {changed[0]} is the first of them")
    return None


def _many(answer: Answer, day: Delivery) -> Finding | None:
    """A key cut short, or made of something that orders share, meets itself in a large batch."""
    order = day.orders[0]
    orders = [order._replace(order_id=10**10 * (n % 2) + 7_000 + n // 2) for n in range(MANY)]
    keys = [key for _, key in load(answer, Delivery(day.day, tuple(orders))).keys]
    different = len({key for key in keys if key is not None})
    if different == len(keys):
        return None
    return Finding("wrong-key", f"{len(keys)} orders have {different} different keys")


def _inside(answer: Answer, day: Delivery) -> Finding | None:
    """A caller has begun a transaction and then decides against it."""
    rows = load(answer, day, begin=True).rows
    if not rows:
        return None
    seen = f"the caller rolled back, and fact_orders keeps {len(rows)} rows"
    return Finding("transaction-taken", seen)


def _without_table(answer: Answer, day: Delivery) -> Finding | None:
    """An error that nobody can handle here: it has to reach the caller.

    Dropping the table is an error on every way to write to it; whoever makes it anew is right.
    """
    with Warehouse(answer, f"{TABLES} drop table fact_orders;") as warehouse:
        outcome = answer.call(con=warehouse.handle(), day=day.day, batch=day.frame)
        try:
            outcome.value  # noqa: B018  raises where the answer did
        except AnswerFailed:
            return None
        there = warehouse.has("fact_orders")
    if there:
        return None
    seen = "the table fact_orders was missing, and load_day returned without an error"
    return Finding("error-swallowed", seen)
