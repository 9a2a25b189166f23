"""publish: the board goes from one audited day to the next at once, and no row is lost.

The page's sentence -> the cases that try it
    With decision publish, orders holds the day's rows -> a clean day; two bad rows; an
        order of the last second of the day before
    board, one row, says as_of that day -> a clean day; two days, one after the other
    quarantine holds the others, as they came, with a -> two bad rows; bad rows with text
        for numbers
    How a gap looks in quarantine is yours -> not judged: None, NaN and an empty text say the same
    Columns come in any order, and there may be more -> columns *
    With any other decision nothing changes, without an -> a day held back; stopped: *
    A reader sees the old rows or the new ones, with -> a reader, all the time: *
    Killed at any statement and run again, it leaves -> a day, killed *; a day again,
        repaired, killed *
    Twice is like once, and of a day that comes again -> a day twice; a day again, *
    Other days stay, in both tables -> two bad rows, and one of the day before; an
        order_id that the day before has, too
    Rows go by number: two good rows may share an -> a good row and a bad one share an
        order_id; two good rows *; the surplus copies of two rows
    A bad row may lack any value or hold text, a good -> bad rows *; a bad row without a
        time; a good row without a country
    A row that cannot be stored and was not named -> a day again, with a row that does not
        fit; a row that nobody named has no *
    Any other error comes out, with nothing changed -> the table quarantine takes no rows
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from labs.handles.kills import kill_points, killed_at
from labs.step2_failure.world.board import Row, rows_of, yesterday
from labs.step2_failure.world.days import COLUMNS, PAST, chance
from labs.step2_failure.world.staged import (
    SMALL,
    WATCH,
    Left,
    Staged,
    Watched,
    left,
    look,
    plain,
    published,
    publishing,
    staged,
    state,
    two_bad,
)
from workbook import Answer, Case, Finding

MOST_KILLS = 16  # of one run; a run of more statements is killed at some of them
OWN = ("by-key", "day-from-order")  # they show in the rows of earlier days, too
REFUSES = """
    create or replace table quarantine (day date, reason varchar, order_id varchar,
        ordered_at varchar, customer_id varchar, country varchar,
        amount varchar check (amount = 'nothing'))
"""
Found = tuple[str, str, list[dict[str, Any]]] | None


@dataclass(frozen=True)
class Named:
    """The findings of a case: rows of orders that differ, and rows too many in quarantine."""

    orders: str = "not-on-board"
    kept: str = "quarantine-wrong"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """One day, bad rows in it, days that are held back, days that come again, readers, kills."""
    with ExitStack() as until:
        yield from _cases(answer, seed, until)


def _cases(answer: Answer, seed: int, until: ExitStack) -> Iterator[Case]:
    clean, bad = staged(seed), two_bad(seed)

    def case(name: str, orders: str, *calls: Staged, kept: str = "quarantine-wrong",
             before: str = "", plain: bool = False) -> Case:  # fmt: skip
        run = partial(_judged, answer, seed, calls, Named(orders, kept), before)
        return Case(name, run, orders, plain)

    yield case("a clean day", "not-on-board", clean, plain=True)
    yield case("a day held back", "held-published", clean.held("stale"))
    yield case("two bad rows", "not-on-board", bad)
    other = f"insert into quarantine values ('{yesterday(seed).date}', 'late', '1', '', '', '', '')"
    yield case("two bad rows, and one of the day before", "not-on-board", bad, before=other)
    yield case("a good row and a bad one share an order_id", "by-key", _twin(clean, seed))
    yield case("two good rows with one order_id", "by-key", _pair(clean))
    yield case("two good rows that are alike", "by-key", clean.with_rows(clean.rows[2]))
    yield case("the surplus copies of two rows", "by-key", _copies(clean))
    yield from _odd(case, clean, seed)
    yield from _blocked(case, clean, bad)
    following = staged(seed, PAST + 1)
    yield case("two days, one after the other", "not-on-board", bad, following)
    yield case("a day twice", "again-differs", bad, bad, kept="again-differs")
    yield case("a day again, with other rows", "again-differs", clean, _changed(clean, following))
    yield case("a day again, repaired", "again-differs", bad, clean, kept="again-differs")
    yield case("a day again, this time held back", "held-published", bad, clean.held("stale"))
    watched = partial(Watched, answer, seed, until)
    once, repaired = watched((bad,)), watched((bad, clean))
    yield _case("a day with bad rows", once)
    yield _case("the day again", watched((bad, bad)))
    yield _case("the day again, repaired", repaired)
    yield _case("a day held back", watched((clean.held("stale"),)))
    unfit = clean.change(3, bad=False, amount="n/a")
    yield Case("a day again, with a row that does not fit",
               partial(_unfit, answer, seed, bad, unfit), "unfit-published")  # fmt: skip
    for name in ("order_id", "customer_id", "amount", "ordered_at"):
        gap = clean.change(3, bad=False, **{name: None})
        yield Case(f"a row that nobody named has no {name}", partial(_gap, answer, seed, gap, name),
                   "unfit-published")  # fmt: skip
    refused = partial(_refused, answer, seed, bad)
    yield Case("the table quarantine takes no rows", refused, "unfit-published")
    yield from _kills("a day", once)
    yield from _kills("a day again, repaired", repaired)


def _twin(clean: Staged, seed: int) -> Staged:
    """A bad row with the order_id of a good one: once before it, once behind it."""
    at = 1 + chance(seed, 71, len(clean.rows) - 1)
    good = clean.rows[at]
    first = replace(clean, rows=(good._replace(amount=-good.amount), *clean.rows), bad=(0,))
    return first.with_rows(clean.rows[0]._replace(amount=-1.0), bad=True)


def _pair(clean: Staged) -> Staged:
    """A good row whose order_id an earlier good one has, too."""
    return clean.change(5, bad=False, order_id=clean.rows[2].order_id)


def _copies(clean: Staged) -> Staged:
    return clean.with_rows(clean.rows[1], clean.rows[1], clean.rows[2], bad=True)


def _changed(clean: Staged, following: Staged) -> Staged:
    """One order has gone, one is new, one has another amount."""
    new = following.rows[0]._replace(ordered_at=clean.rows[-1].ordered_at)
    dearer = clean.rows[2].amount + 5
    changed = clean.change(2, bad=False, amount=dearer)
    return replace(changed, rows=changed.rows[1:]).with_rows(new)


def _odd(case: Any, clean: Staged, seed: int) -> Iterator[Case]:
    """What a staged day may hold that a table does not expect."""
    nowhere = clean.change(4, bad=False, country=None)
    yield case("a good row without a country", "rows-vanish", nowhere)
    gone = clean.change(1, order_id=None).change(6, amount=None)
    yield case("bad rows without order_id and amount", "bad-row-stops", gone)
    text = clean.change(2, amount="12,50").change(5, order_id="A-17")
    yield case("bad rows with text for numbers", "bad-row-stops", text)
    yield case("a bad row without a time", "bad-row-stops", clean.change(4, ordered_at="soon"))
    more = replace(clean, more={"gift": "no", "day": "today"})
    yield case("columns more than the contract has", "columns-by-position", more)
    turned = replace(clean, order=COLUMNS[::-1])
    yield case("columns in another order", "columns-by-position", turned)
    before = clean.date - dt.timedelta(days=1)
    late = clean.change(0, bad=False, ordered_at=f"{before}T23:59:58")
    yield case("an order of the last second of the day before", "day-from-order", late)
    key = yesterday(seed, SMALL).orders[2].order_id
    again = clean.change(3, bad=False, order_id=key)
    yield case("an order_id that the day before has, too", "by-key", again)


def _blocked(case: Any, clean: Staged, bad: Staged) -> Iterator[Case]:
    """Frames that break the contract; nothing may happen to the board."""
    empty = replace(clean, rows=()).held("stop", "no rows")
    yield case("stopped: no row came", "held-published", empty)
    renamed = replace(bad, renamed="amount_v2").held("stop", "amount is missing")
    yield case("stopped: a column has another name", "held-published", renamed)
    text = clean
    for at, row in enumerate(clean.rows):
        text = text.change(at, bad=False, amount=f"${row.amount}")
    yield case("stopped: amounts are text", "held-published",
               text.held("stop", "amount is text"))  # fmt: skip


def _judged(
    answer: Answer, seed: int, calls: Sequence[Staged], named: Named, before: str
) -> Finding | None:
    ran = left(answer, seed, *calls, before=before)
    for one, outcome in zip(calls, ran.outcomes, strict=True):
        outcome.value  # noqa: B018  raises where the answer did
        if outcome.evidence["con"]["open"]:
            seen = f"{one.decision} of {one.date} ended inside a transaction"
            return Finding("left-open", seen)
    if before and len([row for row in ran.kept if row[0] == ran.shown.date]) != 1:
        seen = f"a row of {ran.shown.date} was in quarantine, and is not now"
        return Finding("past-changed", seen)
    return _finding(_wrong(ran, calls, named))


def _finding(found: Found) -> Finding | None:
    return Finding(*found) if found else None


def _wrong(ran: Left, calls: Sequence[Staged], named: Named) -> Found:
    """What is wrong with the tables after these calls, the worst first."""
    due = publishing(calls)
    if not ran.past_kept:
        there = ran.of(ran.shown.date)
        seen = f"{ran.shown.date} had {len(ran.shown.orders)} orders, ${ran.shown.revenue:,.2f}"
        finding = named.orders if named.orders in OWN else "past-changed"
        rows = _rows(Counter(rows_of(ran.shown)), Counter(there))
        return finding, f"{seen}; now {_told(there)}, {_differ(rows)}", rows
    for one in calls:
        if one.date not in due and ran.of(one.date):
            seen = f"the decision was {one.decision}; {one.date} has {_told(ran.of(one.date))}"
            return "held-published", seen, []
    found = next(filter(None, (_orders(ran, one, named) for one in due.values())), None)
    return found or _as_of(ran, due) or _quarantine(ran, due, calls, named)


def _told(rows: Sequence[Row]) -> str:
    return f"{len(rows)} orders, ${sum(row[5] or 0 for row in rows):,.2f}"


def _orders(ran: Left, due: Staged, named: Named) -> Found:
    want, got = Counter(due.good_rows), Counter(ran.of(due.date))
    if want == got:
        return None
    rows = _rows(want, got)
    seen = f"{due.date} has {_told(ran.of(due.date))}; the good rows are {_told(due.good_rows)}"
    finding = named.orders
    surplus = sum((got - want).values())
    several = finding in ("not-on-board", "by-key", "bad-row-stops")
    if several and due.bad and got and surplus and not want - got:
        finding = "not-on-board"
    return finding, f"{seen}, {_differ(rows)}", rows


def _rows(want: Counter[Row], got: Counter[Row]) -> list[dict[str, Any]]:
    """The first rows that differ."""
    wrong = sorted((want - got) + (got - want), key=lambda row: [str(v) for v in row[1:]])
    return [
        {"order_id": row[1], "amount": row[5], "on the board": got[row], "should be": want[row]}
        for row in wrong[:2]
    ]


def _differ(rows: Sequence[dict[str, Any]]) -> str:
    """How many of the first rows differ; totals may be the same all the same."""
    return f"at least {len(rows)} row{'s' * (len(rows) != 1)} not as it should be"


def _as_of(ran: Left, due: dict[dt.date, Staged]) -> Found:
    should = [*due, ran.shown.date][len(due) - 1 if due else 0]
    if ran.as_of == [should]:
        return None
    dates = " and ".join(map(str, ran.as_of)) or "nothing"
    return "as-of-lies", f"the board says as of {dates}; its newest orders are of {should}", []


def _quarantine(
    ran: Left, due: dict[dt.date, Staged], calls: Sequence[Staged], named: Named
) -> Found:
    for date, one in due.items():
        want, got = Counter(map(plain, one.bad_rows)), ran.quarantine(date)
        lost = sum((want - got).values())
        if lost and sum(got.values()) < len(one.bad):
            seen = f"{len(one.bad)} rows were to be kept, quarantine has {sum(got.values())}"
            return "rows-vanish", f"{seen} of {date}", _lost(want, got)
        if lost:
            return (
                "quarantine-wrong",
                f"{lost} of {len(one.bad)} rows are not as they came",
                _lost(want, got),
            )
        if got != want and all(call.decision == "publish" for call in calls):
            seen = f"quarantine has {sum(got.values())} rows of {date}; {len(one.bad)} are bad"
            return named.kept, seen, []
    blank = [row for row in ran.kept if not str(row[1] or "").strip()]
    seen = f"{len(blank)} of {len(ran.kept)} rows say no reason"
    return ("quarantine-wrong", seen, []) if blank else None


def _lost(want: Counter[tuple[str, ...]], got: Counter[tuple[str, ...]]) -> list[dict[str, Any]]:
    """The first rows that are not there, and those that are there instead."""
    sides = [(row, "came") for row in want - got] + [(row, "kept") for row in got - want]
    return [{"": side, **dict(zip(COLUMNS, row, strict=True))} for row, side in sides[:2]]


def _case(name: str, watched: Watched) -> Case:
    return Case(f"a reader, all the time: {name}", partial(_between, watched), "seen-unaudited")


def _between(watched: Watched) -> Finding | None:
    ran = watched.ran
    ran.outcomes[-1].value  # noqa: B018  raises where the answer did
    end = ran.seen[-1]
    return _finding(next(filter(None, (_neither(seen, ran.seen[0], end) for seen in ran.seen)),
                         None))  # fmt: skip


def _neither(seen: list[Row], first: list[Row], end: list[Row]) -> Found:
    """What is wrong with what a reader saw on the way from the first state to the last."""
    fitting = [state for state in (first, end) if _board(state) == _board(seen)]
    if not fitting:
        told = f"as of {seen[0][0]}, {seen[0][1]} with {seen[0][2]} orders, ${seen[0][3]:,.2f}"
        return "seen-unaudited", f"a reader saw {told if seen else 'no orders at all'}", []
    for row in seen:
        needed = min(dict(_held(state))[row[1]] for state in fitting)
        if row[5] < needed:
            told = f"a reader saw {row[1]} without {needed} bad rows, and {row[5]} in quarantine"
            return "seen-unaudited", told, []
    return None


def _board(state: list[Row]) -> list[Row]:
    return [row[:5] for row in state]


def _held(state: list[Row]) -> list[tuple[Any, int]]:
    return [(row[1], row[5]) for row in state]


def _unfit(answer: Answer, seed: int, good: Staged, unfit: Staged) -> Finding | None:
    """It raises and nothing has changed, or it keeps the row and publishes the others."""
    ran = left(answer, seed, good, unfit)
    kept = good if ran.outcomes[-1].failure else replace(unfit, bad=(3,))
    return _came_out(ran, kept, f'an amount was "{unfit.rows[3].amount}"')


def _gap(answer: Answer, seed: int, gap: Staged, name: str) -> Finding | None:
    """Stored with the gap, kept as a bad row, or an error with nothing changed: never dropped."""
    ran = left(answer, seed, gap)
    kept = replace(gap, bad=(3,)) if ran.quarantine(gap.date) else gap
    due = gap.held("stale") if ran.outcomes[-1].failure else kept
    found = _came_out(ran, due, f"a row without {name} was not named")
    there = len(ran.of(due.date)) + sum(ran.quarantine(due.date).values())
    lost = found and due is gap and there == len(gap.rows) - 1
    return replace(found, id="rows-vanish") if found and lost else found


def _refused(answer: Answer, seed: int, bad: Staged) -> Finding | None:
    """An error that is not the fault of the rows: it comes out, and nothing has changed."""
    ran = left(answer, seed, bad, before=REFUSES)
    due = bad.held("stale") if ran.outcomes[-1].failure else bad
    return _came_out(ran, due, "the table quarantine took no rows")


def _came_out(ran: Left, due: Staged, what: str) -> Finding | None:
    """What is wrong after an error; that of the last call has to come out of it."""
    found = _wrong(ran, [due], Named("unfit-published", "unfit-published"))
    if not found:
        return None
    raised = ran.outcomes[-1].failure
    ended = f"it raised {raised.type}" if raised else "no error came out"
    return Finding("unfit-published", f"{what}, {ended}; {found[1]}", found[2])


def _kills(what: str, watched: Watched) -> Iterator[Case]:
    """The last of these calls dies at each of its statements, and is run again."""
    log = watched.ran.outcomes[-1].evidence["con"]["log"]
    points = kill_points(log)
    step = -(-len(points) // MOST_KILLS)
    for point in [*points[:-1:step], points[-1]] if log else []:
        run = partial(_kill, watched, point, log)
        yield Case(f"{what}, {killed_at(point)}", run, "kill-leaves")


def _kill(watched: Watched, point: dict[str, int], log: Sequence[str]) -> Finding | None:
    answer, seed, calls = watched.answer, watched.seed, watched.calls
    first = watched.ran.seen[0]
    with watched.board() as warehouse:
        published(answer, warehouse, calls[-1:], **point)
        after = state(warehouse.rows(WATCH))
        [again] = published(answer, warehouse, calls[-1:])
        again.value  # noqa: B018  raises where the answer did
        ran = look(warehouse, yesterday(seed, SMALL), [again], first)
    found = _neither(after, first, ran.seen[-1])
    if found:
        return Finding(found[0], f"{killed_at(point, log)}; {found[1]}")
    found = _wrong(ran, calls, Named("kill-leaves", "kill-leaves"))
    return found and Finding("kill-leaves", f"{killed_at(point, log)}, run again; {found[1]}")
