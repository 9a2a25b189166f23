"""The states of a day on its way through the DAG: the rules, and moves observed in real tables."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from labs.handles.database import MEMORY, Warehouse
from labs.step4_state.world.deliveries import Delivery, pick, plain_days
from labs.step4_state.world.warehouse import ORDER_COLUMNS

if TYPE_CHECKING:
    from workbook.answer import Turn

STATES = ("pending", "landed", "loaded", "published", "failed")
EVENTS = ("deliver", "land", "load", "publish", "fail", "retry", "backfill", "kill")
NEW = ""  # the state of a day that nobody has heard of
MOVES: dict[tuple[str, str], str] = {
    **{(state, "deliver"): "pending" for state in (NEW, *STATES)},
    ("pending", "land"): "landed",
    ("landed", "load"): "loaded",
    ("loaded", "publish"): "published",
    **{(state, "fail"): "failed" for state in ("pending", "landed", "loaded")},
    ("failed", "retry"): "pending",
    ("published", "backfill"): "pending",
    **{(state, "kill"): state for state in STATES},
}
State = dict[dt.date, str]
Event = tuple[str, dt.date]

_TABLES = f"""
create table source (day date primary key, content varchar);
create table landed (day date primary key, content varchar);
create table loaded (day date primary key, content varchar);
create table published (day date primary key, content varchar);
create table failed (day date primary key, content varchar);
create table raw_orders (day date, {ORDER_COLUMNS});
create table fact_orders ({ORDER_COLUMNS});
create table daily_revenue (day date, orders bigint, revenue_cents bigint);
"""
# What is done is told by content: a mark for other content than the source's counts for nothing.
_OBSERVED = """
select s.day, case
    when s.content = f.content then 'failed'
    when s.content = p.content then 'published'
    when s.content = o.content then 'loaded'
    when s.content = l.content then 'landed'
    else 'pending' end
from source s left join landed l using (day) left join loaded o using (day)
left join published p using (day) left join failed f using (day) order by s.day
"""
_STAGES = {
    "land": """
        delete from raw_orders where day = $day;
        insert into raw_orders by name select $day as day, * from batch""",
    "load": """
        delete from fact_orders
        where order_id in (select order_id from raw_orders where day = $day);
        insert into fact_orders by name select * exclude (day) from raw_orders where day = $day""",
    "publish": """
        delete from daily_revenue where day = $day;
        insert into daily_revenue select $day, count(*), sum(amount_cents)
        from fact_orders where ordered_at::date = $day""",
}
_MARKS = {"land": "landed", "load": "loaded", "publish": "published"}
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Move:
    """What an event did to the state of every day, as the tables showed it."""

    event: Event
    before: State
    after: State


@dataclass
class Days:
    """The state of every day, in the caller's hands: whether a call has changed it is seen."""

    days: State
    _given: State = field(default_factory=dict, init=False)

    def open(self, turn: Turn) -> State:
        """The caller's own dict."""
        self._given = dict(self.days)
        return self._given

    def close(self) -> None:
        """Nothing to release."""

    def evidence(self) -> dict[str, Any]:
        """Whether the dict is another one now, and, if it can be told, the states in it."""
        changed = self._given != self.days
        now = ", ".join(f"{_word(day)}: {_word(state)}" for day, state in self._given.items())
        return {"changed": changed, "now": f"{{{now}}}"[:120]}


def _word(part: object) -> str:
    """A day or a state as text; of anything else its kind, as its own text may not end."""
    return str(part) if type(part) in (str, dt.date) else type(part).__name__


class Dag:
    """The DAG at work in a warehouse of its own: each stage and its mark in one commit."""

    def __init__(self) -> None:
        self._warehouse = Warehouse(place=f"{MEMORY}dag_{next(_numbers)}", setup=_TABLES)
        self._con = self._warehouse.handle().open(lambda: None)
        self._delivered: dict[dt.date, Delivery] = {}
        self.moves: list[Move] = []

    def state(self) -> State:
        """Each day's state, read from the tables."""
        return dict(self._warehouse.rows(_OBSERVED))

    def deliver(self, delivery: Delivery) -> None:
        """The source has new or changed content for a day."""
        self._delivered[delivery.day] = delivery
        with self._observed("deliver", delivery.day):
            row = [delivery.day, delivery.content_hash]
            self._con.execute("insert or replace into source values (?, ?)", row)

    def stage(self, name: str, day: dt.date, *, killed: bool = False) -> None:
        """Run a stage for a day; killed, its transaction is gone and the event is a kill."""
        with self._observed("kill" if killed else name, day):
            batch = self._delivered[day].frame  # noqa: F841  named in the stage's SQL
            self._con.begin()
            for statement in _STAGES[name].split(";"):
                self._con.execute(statement.replace("$day", f"date '{day}'"))
            self._mark(_MARKS[name], day)
            self._con.execute("rollback" if killed else "commit")

    def fail(self, day: dt.date) -> None:
        """A stage gave up on a day."""
        with self._observed("fail", day):
            self._mark("failed", day)

    def again(self, event: str, day: dt.date) -> None:
        """Someone retries a failed day, or fills a published one again: its marks go."""
        with self._observed(event, day):
            for table in ("landed", "loaded", "published", "failed"):
                self._con.execute(f"delete from {table} where day = ?", [day])

    def close(self) -> None:
        """Drop the warehouse."""
        self._warehouse.__exit__()

    def _mark(self, table: str, day: dt.date) -> None:
        row = [day, self._delivered[day].content_hash]
        self._con.execute(f"insert or replace into {table} values (?, ?)", row)

    def _observed(self, event: str, day: dt.date) -> _Observation:
        return _Observation(self, (event, day))


class _Observation:
    """Notes what the tables say before and after an event."""

    def __init__(self, dag: Dag, event: Event) -> None:
        self._dag, self._event = dag, event

    def __enter__(self) -> None:
        self._before = self._dag.state()

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self._dag.moves.append(Move(self._event, self._before, self._dag.state()))


@lru_cache(maxsize=4)
def observed_night(seed: int) -> tuple[Move, ...]:
    """A night of three days with kills, a failure, a changed delivery and a backfill."""
    dag = Dag()
    days = plain_days(seed, 3, per_day=4)
    for delivery in days:
        dag.deliver(delivery)
    for number, delivery in enumerate(days):
        _through(dag, delivery.day, kill_in=pick(seed, 20 + number, 3))
    _trouble(dag, days, seed)
    dag.close()
    return tuple(dag.moves)


def _through(dag: Dag, day: dt.date, kill_in: int) -> None:
    """One day through all stages; one of them is killed the first time."""
    for number, name in enumerate(_STAGES):
        if number == kill_in:
            dag.stage(name, day, killed=True)
        dag.stage(name, day)


def _trouble(dag: Dag, days: list[Delivery], seed: int) -> None:
    """A day is filled again, another one delivered again; it fails once on its way."""
    first = pick(seed, 30, 3)
    again, changed = days[first].day, days[(first + 1) % 3]
    dag.again("backfill", again)
    dag.stage("land", again)
    dag.deliver(changed.replacing(changed.corrected(pick(seed, 31, 4), 900)))
    dag.stage("land", changed.day)
    dag.fail(changed.day)
    dag.again("retry", changed.day)
    _through(dag, changed.day, kill_in=9)
    dag.deliver(days[first].with_orders(days[first].orders[0]))
    _through(dag, again, kill_in=9)


def pairs() -> Iterator[tuple[str, str, str | None]]:
    """Every state and event with the state that follows, None where the event is illegal."""
    for state in (NEW, *STATES):
        for event in EVENTS:
            yield state, event, MOVES.get((state, event))
