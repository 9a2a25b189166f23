"""Nights of run-pipeline in one warehouse, one after the other, and what is wrong after each."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any

from labs.handles.database import Warehouse
from labs.step4_state.world.deliveries import Delivery, Order, later
from labs.step4_state.world.warehouse import TABLES, Wrong, snapshot, source, wrong_tables
from workbook import Answer, AnswerFailed, Outcome

STEP = 1_000  # by which the order ids of one new day differ from those of the next


class Nights:
    """One warehouse for many cases, each a night or two with little news: a third of the cost.

    What the answer loaded first is copied where a new one is needed.

    After a case that found something the warehouse is `spoiled`, and `ready` begins a new one, so
    that one defect does not show in every later case. Use as a context manager.
    """

    def __init__(self, answer: Answer, before: Sequence[Delivery]) -> None:
        self._answer, self.before = answer, tuple(before)
        self._warehouse: Warehouse | None = None
        self._loaded: Warehouse | None = None  # a copy of it with `before`, as the answer loaded it
        self._usable = False
        self._as_loaded = False  # nothing was settled since then
        self.shown: list[Delivery] = []
        self.outcomes: list[Outcome] = []

    def ready(self) -> bool:
        """Whether there is a warehouse that is as it should be; a new one is made if need be.

        From the second time on it is a copy of the first one.
        """
        if not self._usable:
            copy = self._loaded.copied(self._answer) if self._loaded else None
            self.begin(copy)
            if copy:
                self.shown, self._usable = list(self.before), True
            else:
                self._load()
            self._as_loaded = self._usable
        return self._usable

    def _load(self) -> None:
        try:
            self.run(*self.before)
            self._usable = not self.wrong()
        except AnswerFailed:
            self._usable = False
        if self._usable and self._loaded is None:
            assert self._warehouse is not None
            self._loaded = self._warehouse.copied(self._answer)

    def ready_alone(self) -> bool:
        """The same with a warehouse in which nothing was settled since `before` was loaded."""
        if self._as_loaded:
            self.shown, self.outcomes = list(self.before), []
        self._usable = self._usable and self._as_loaded
        return self.ready()

    @property
    def fresh(self) -> bool:
        """Whether the next case meets nothing of the cases before it."""
        return not self._usable or self.shown == list(self.before)

    def spoiled(self) -> None:
        """What was found stays in this warehouse: the next case needs another one."""
        self._usable = False

    def restored(self) -> None:
        """It was looked at and is right: later cases may go on in this warehouse."""
        self._usable = True

    def run(self, *news: Delivery, **options: Any) -> Outcome:
        """A night after new deliveries; raises where the answer did. `options`: see Database."""
        outcome = self.attempt(*news, **options)
        outcome.value  # noqa: B018  raises where the answer did
        return outcome

    def attempt(
        self, *news: Delivery, unreadable: dt.date | None = None, **options: Any
    ) -> Outcome:
        """The same, raising nothing; `unreadable`: a day whose delivery cannot be fetched."""
        if self._warehouse is None:
            self.begin()
        assert self._warehouse is not None
        self.shown += news
        given = source(self.shown, unreadable)
        outcome = self._answer.call(con=self._warehouse.handle(**options), source=given)
        self.outcomes.append(outcome)
        self._as_loaded = self._as_loaded and not settled(outcome)
        return outcome

    def tables(self) -> list[list[tuple[Any, ...]]]:
        """The rows of the three tables as a reader finds them now."""
        assert self._warehouse is not None
        return snapshot(self._warehouse)

    def wrong(self) -> list[Wrong]:
        """Which tables are not what the deliveries shown so far add up to."""
        return wrong_tables(self.tables(), self.shown)

    def begin(self, warehouse: Warehouse | None = None) -> None:
        """An empty warehouse, or this one; nothing was delivered."""
        self._drop()
        self._warehouse = warehouse or Warehouse(self._answer, TABLES)
        self.shown, self.outcomes, self._as_loaded = [], [], False

    def __enter__(self) -> Nights:
        return self

    def __exit__(self, *_: object) -> None:
        self._drop()
        if self._loaded:
            self._loaded.__exit__()
            self._loaded = None

    def _drop(self) -> None:
        if self._warehouse:
            self._warehouse.__exit__()
            self._warehouse = None


def settled(outcome: Outcome) -> int:
    """How often a night may have changed what others find; a night without evidence, once."""
    return int(outcome.evidence.get("con", {}).get("settled", 1))


def new_day(like: Delivery, number: int, *earlier: Order) -> Delivery:
    """A day that was not there before: other orders, and corrections of earlier ones."""
    day = later(like, number)
    orders = tuple(o._replace(order_id=(o.order_id or 0) + STEP * number) for o in day.orders)
    at = orders[-1].received_at
    corrections = (_corrected(o, number)._replace(received_at=at) for o in earlier)
    return Delivery(day.day, (*orders, *corrections))


def day_again(like: Delivery, number: int) -> Delivery:
    """The same day with one of its orders corrected, and another one gone."""
    _, first, *others = like.orders
    return Delivery(like.day, (_corrected(first, number), *others))


def _corrected(order: Order, number: int) -> Order:
    """A correction with an amount of its own that moves the order to the day before."""
    at = order.ordered_at - dt.timedelta(days=number % 3)
    version, cents = order.version + number, order.amount_cents + 10 * number
    return order._replace(version=version, ordered_at=at, amount_cents=cents)
