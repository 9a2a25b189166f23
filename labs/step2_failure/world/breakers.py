"""A call breaker as a model, and callers that ask it: events in order, with what it answers."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from labs.handles.database import Warehouse
from workbook import Answer, Outcome, Step

BREAKERS = """
    create table breakers (name varchar primary key, state varchar, failures integer,
                           opened_at double)
"""
STARTS = dt.datetime(2026, 3, 2, 6, tzinfo=dt.UTC)  # when second 0 is
ASK, WELL, FAILED = "ask", "success", "failure"
CALLERS = ("one", "two")


class Event(NamedTuple):
    """What happens to a breaker, so many seconds after the start."""

    second: int
    what: str
    name: str = "payments"


class Undecided(Exception):
    """The rules leave it open what the breaker does here."""


@dataclass
class Breaker:
    """The rules of one breaker; its times never meet the very end of `reset_after`."""

    fail_max: int
    reset_after: float
    state: str = "closed"
    failures: int = 0
    since: float = 0

    def meets(self, event: Event) -> bool | None:
        """What an event does; for ASK, whether the call may go out."""
        if event.what == ASK:
            return self._asked(event.second)
        if self.state == "open":
            return None
        if event.what == WELL:
            self.state, self.failures = "closed", 0
            return None
        self.failures += 1
        if self.state == "half-open" or self.failures >= self.fail_max:
            self.state, self.since = "open", event.second
        return None

    def _asked(self, second: int) -> bool:
        over = second >= self.since + self.reset_after
        if self.state == "half-open" and over:
            raise Undecided
        if self.state == "open" and over:
            self.state, self.since = "half-open", second
            return True
        return self.state == "closed"


@dataclass(frozen=True)
class Limits:
    """What opens a breaker, and for how long."""

    fail_max: int = 3
    reset_after: float = 30.5

    def rules(self, events: Sequence[Event]) -> list[bool | None]:
        """What the rules say to each event; raises Undecided."""
        by_name: dict[str, Breaker] = {}
        return [
            by_name.setdefault(e.name, Breaker(self.fail_max, self.reset_after)).meets(e)
            for e in events
        ]


@dataclass(frozen=True)
class Played:
    """What an answer said to each event, and what the rules say."""

    limits: Limits
    events: Sequence[Event]
    said: Sequence[Any]
    rules: Sequence[bool | None]
    open: bool

    @property
    def wrong(self) -> int | None:
        """The first event whose answer is not that of the rules."""
        for n, (event, said, rule) in enumerate(
            zip(self.events, self.said, self.rules, strict=True)
        ):
            if event.what == ASK and bool(said) != rule:
                return n
        return None

    @property
    def only_one(self) -> bool:
        """Whether what follows the wrong event is refused, as after a probe."""
        later = self.said[(self.wrong or 0) + 1 :]
        return bool(later) and not any(later)

    def told(self, last: int = 7) -> str:
        """The last events up to the wrong one, and what was said to it."""
        at = self.wrong or 0
        several = len({event.name for event in self.events}) > 1
        events = [_told(event, several) for event in self.events[: at + 1]]
        start = "… " if len(events) > last else ""
        said, rule = map(_answer, (self.said[at], self.rules[at]))
        limits = f"fail_max={self.limits.fail_max}, reset_after={self.limits.reset_after}"
        return f"{limits}: {start}{', '.join(events[-last:])}: {said}, by the rules {rule}"


def _answer(said: Any) -> str:
    return "let through" if said else "refused"


def _told(event: Event, several: bool) -> str:
    at = STARTS + dt.timedelta(seconds=event.second)
    name = f" {event.name}" if several else ""
    return f"{at:%M:%S}{name} {'asks' if event.what == ASK else event.what}"


def play(
    answer: Answer, warehouse: Warehouse, events: Sequence[Event], limits: Limits, label: str = ""
) -> Played:
    """Let the answer meet the events, each on a connection of its own; raises AnswerFailed.

    `label`: goes before each name, so that a warehouse serves several times.
    """
    steps = [_step(warehouse, event, limits, label) for event in events]
    outcomes = answer.play(steps)
    said = [outcome.value for outcome in outcomes]
    left_open = any(outcome.evidence["con"]["open"] for outcome in outcomes)
    return Played(limits, events, said, limits.rules(events), left_open)


def meet(
    answer: Answer, warehouse: Warehouse, opened: Sequence[Event], at: int, order: Sequence[str],
    label: str,
) -> list[Outcome]:  # fmt: skip
    """Two callers ask at the same second, their statements in the `order` given.

    `opened`: what happens first, one event after the other; `at`: the second of the two questions.
    """
    limits = Limits()
    answer.play([_step(warehouse, event, limits, label) for event in opened])
    asking = _step(warehouse, Event(at, ASK), limits, label)
    steps = [replace(asking, player=player, data={**asking.data, "con": warehouse.handle()})
             for player in CALLERS]  # fmt: skip
    return answer.play(steps, order)


def _step(warehouse: Warehouse, event: Event, limits: Limits, label: str) -> Step:
    now = STARTS.timestamp() + event.second
    given = {"con": warehouse.handle(), "name": label + event.name, "now": now}
    given |= {"fail_max": limits.fail_max, "reset_after": limits.reset_after}
    if event.what == ASK:
        return Step("job", "allow", given)
    return Step("job", "record", given | {"ok": event.what == WELL})


@dataclass
class Walk:
    """Callers that ask and tell at random, by the rules of the model."""

    seed: str
    length: int
    names: Sequence[str] = ("payments",)
    drawn: random.Random = field(init=False)

    def __post_init__(self) -> None:
        """Seed it."""
        self.drawn = random.Random(self.seed)

    @property
    def limits(self) -> Limits:
        """Drawn by the seed."""
        drawn = random.Random(f"{self.seed} limits")
        return Limits(drawn.randint(1, 4), drawn.choice((9.5, 30.5, 120.5)))

    def events(self) -> Iterator[Event]:
        """So many events; nobody asks long after a call whose result is not there."""
        limits, second = self.limits, 0
        models = {name: Breaker(limits.fail_max, limits.reset_after) for name in self.names}
        for _ in range(self.length):
            second += self._step(limits)
            name = self.drawn.choice(self.names)
            event = Event(second, self._what(models[name], second), name)
            models[name].meets(event)
            yield event

    def _step(self, limits: Limits) -> int:
        """Seconds to the next event: mostly few, at times as long as an open breaker waits."""
        if self.drawn.random() < 0.25:
            return int(limits.reset_after * self.drawn.choice((0.5, 0.9, 1.1)) + 0.5)
        return self.drawn.randint(0, 3)

    def _what(self, model: Breaker, second: int) -> str:
        over = second >= model.since + model.reset_after
        if model.state == "half-open" and over:
            return self.drawn.choice((WELL, FAILED))
        weights = {"closed": (3, 1, 4), "open": (6, 1, 1), "half-open": (3, 2, 2)}[model.state]
        return self.drawn.choices((ASK, WELL, FAILED), weights)[0]
