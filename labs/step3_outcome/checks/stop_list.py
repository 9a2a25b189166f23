"""stop-list: the plan is executed in DuckDB, and everything that is kept runs after each step.

The page's sentence -> the cases that try it
    Everything that nobody uses is stopped, tables and views -> all that nobody uses
    nothing that is used -> nothing that is used
    nor what the register names -> nothing that the register names
    view gives the columns and rows that the table gave -> what stands in
    After each step every kept query gives what it gave -> everything still runs
    every view that still stands can be read -> everything still runs
    so can the sources of every table that is still refreshed -> everything still runs
    a table is refreshed until its shim -> everything still runs
    Readers are warned today or later -> no warning in the past
    at least 14 days before shim -> the warning
    shim is at least 30 days before drop -> the view
    restore_until at least 90 days after drop -> the way back
    saves_per_month is the mean month of the stopped pipelines in runs, within 1 % -> the money
    what goes on running is not counted -> the money
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from functools import lru_cache, partial

from labs.dependent import Dependent
from labs.step3_outcome.world.company import company
from labs.step3_outcome.world.documents import Plan, Unreadable, plan
from labs.step3_outcome.world.northlight import TODAY
from labs.step3_outcome.world.retire import Event, NotAView, Step, TooLong, executed
from labs.step3_outcome.world.used import reasons
from labs.step3_outcome.world.words import dollars
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import AnswerTimedOut, Failure

LOG_ROWS = 10_000  # what machines leave in it, and a few reads of everybody
WARNED, STOOD, RESTORED = 14, 30, 90  # days
WITHIN = 0.01  # of the money that is saved
READ, USED = "a plan that can be read", "nothing that is used"
REGISTER = "nothing that the register names"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """What is stopped, its dates, then the execution, and the money."""
    yield Case(READ, partial(_readable, answer, seed), "unused-kept", plain=True)
    try:
        told = plan(answer.text)
    except Unreadable:
        return
    made = Dependent()
    yield made.case(REGISTER, "regulated-stopped", partial(_regulated, told, seed))
    yield made.case(USED, "used-stopped", partial(_used, told, seed))
    yield made.case("all that nobody uses", "unused-kept", partial(_kept, told, seed))
    yield made.case("no warning in the past", "warned-late", partial(_past, told))
    for name, finding, first, second, days in (
        ("the warning", "warned-late", "warn", "shim", WARNED),
        ("the view", "dropped-early", "shim", "drop", STOOD),
        ("the way back", "no-way-back", "drop", "restore_until", RESTORED),
    ):
        look = partial(_days, told, finding, first, second, days)
        yield made.case(name, finding, look)
    right = (USED, REGISTER)
    yield made.case("what stands in", "view-differs", partial(_stands_in, told, seed), *right)
    runs = "everything still runs"
    yield made.case(runs, "view-broken", partial(_runs, told, seed), *right, "what stands in")
    yield made.case("the money", "saved-more", partial(_saved, told, seed), *right)


def _readable(answer: Answer, seed: int) -> None:
    try:
        _events(plan(answer.text).steps, seed)
    except (Unreadable, NotAView) as error:
        raise AnswerFailed(Failure("plan", str(error))) from None
    except TooLong:
        raise AnswerTimedOut("a view of the plan was stopped after 5 s") from None


def _events(steps: Sequence[Step], seed: int) -> tuple[Event, ...]:
    return _executed(tuple(steps), seed)


@lru_cache(maxsize=8)
def _executed(steps: tuple[Step, ...], seed: int) -> tuple[Event, ...]:
    return tuple(executed(steps, seed))


@lru_cache(maxsize=8)
def _why(seed: int) -> dict[str, str]:
    return reasons(company(seed, LOG_ROWS).cursor())


def _regulated(told: Plan, seed: int) -> Finding | None:
    rules = dict(
        company(seed, LOG_ROWS).cursor().execute("select table_name, rule from register").fetchall()
    )
    stopped = [step.table for step in told.steps if step.table in rules]
    if not stopped:
        return None
    rows = [{"table": table, "rule": rules[table]} for table in stopped]
    return Finding("regulated-stopped", f"{_count(stopped)} in the register is stopped", rows)


def _used(told: Plan, seed: int) -> Finding | None:
    why = {table: reason for table, reason in _why(seed).items() if reason}
    stopped = [step.table for step in told.steps if step.table in why]
    if not stopped:
        return None
    rows = [{"table": table, "used": why[table]} for table in stopped]
    return Finding("used-stopped", f"{_count(stopped)} in use is stopped", rows)


def _kept(told: Plan, seed: int) -> Finding | None:
    stopped = {step.table for step in told.steps}
    unused = sorted(table for table, reason in _why(seed).items() if not reason)
    missing = [table for table in unused if table not in stopped]
    if not missing:
        return None
    seen = f"{len(missing)} of {len(unused)} that nobody uses go on"
    return Finding("unused-kept", seen, [{"table": table} for table in missing])


def _past(told: Plan) -> Finding | None:
    past = [step for step in told.steps if step.warn < TODAY]
    if not past:
        return None
    rows = [{"table": step.table, "warn": str(step.warn)} for step in past]
    seen = f"{len(past)} of {len(told.steps)} steps warn on a day before today, {TODAY}"
    return Finding("warned-late", seen, rows)


def _days(told: Plan, finding: str, first: str, second: str, least: int) -> Finding | None:
    def between(step: Step) -> int:
        span: dt.timedelta = getattr(step, second) - getattr(step, first)
        return span.days

    short = [step for step in told.steps if between(step) < least]
    if not short:
        return None
    rows = [
        {"table": s.table, first: str(getattr(s, first)), second: str(getattr(s, second)),
         "days between": between(s)}
        for s in short
    ]  # fmt: skip
    return Finding(finding, f"{len(short)} of {len(told.steps)} steps are too short", rows)


def _stands_in(told: Plan, seed: int) -> Finding | None:
    wrong = [event for event in _events(told.steps, seed) if event.differs]
    if not wrong:
        return None
    rows = [{"table": event.table, "view": event.differs} for event in wrong]
    return Finding("view-differs", f"{_count(wrong)} is not what it was behind its view", rows)


def _runs(told: Plan, seed: int) -> Finding | None:
    for event in _events(told.steps, seed):
        for name, why in event.broken.items():
            finding = "refresh-broken" if name.startswith("the refresh") else "view-broken"
            seen = f"on {event.day}, after the {event.what} of {event.table}, {name} fails"
            return Finding(finding, seen, [{"DuckDB says": why}])
    return None


def _saved(told: Plan, seed: int) -> Finding | None:
    stopped = [step.table for step in told.steps]
    found = company(seed, LOG_ROWS).cursor()
    costs = found.execute(
        """select pipeline, sum(cost_cents) / count(distinct month) as cents
        from runs join pipelines using (pipeline) where list_contains(?, table_name)
        group by all order by all""",
        [stopped],
    ).fetchall()
    true = sum(cents for _, cents in costs)
    if abs(told.saves - true) <= WITHIN * true:
        return None
    rows = [{"pipeline": name, "a month": dollars(cents)} for name, cents in costs]
    seen = f"the plan says {dollars(told.saves)} a month; its pipelines cost {dollars(true)}"
    return Finding("saved-more" if told.saves > true else "saved-less", seen, rows)


def _count(what: list[str] | list[Event]) -> str:
    return f"{len(what)} table" + "s" * (len(what) != 1)
