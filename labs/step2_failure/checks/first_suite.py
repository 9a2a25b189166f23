"""first-suite: Great Expectations runs the suite over frames with one thing wrong each.

The page's sentence -> the cases that try it
    critical fails if there are no rows -> no rows
    critical fails if an order_id or an amount is -> one of 2,000 without *
    critical fails if an amount is below 0, even one of -> one amount is negative; one
        negative amount of *
    warning fails if an order_id stands twice -> an order_id twice, among 2,000; an order_id
        twice and a negative amount
    Nothing fails on a good frame: a sale, a free -> a clean day; a sale; a free order;
        orders a hundred times as dear
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import pandas as pd

import labs.handles.context  # noqa: F401  (suites ask for a context, here and in sessions)
from labs.step2_failure.world import received as world
from labs.step2_failure.world.days import SALE, chance
from labs.step2_failure.world.suites import SuiteError, failed, read
from workbook import Answer, Case, Finding

CRITICAL, WARNING = "critical", "warning"
MANY = 2_000  # rows among which one is bad


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Good frames, then one thing wrong at a time."""
    clean = _frame(seed)

    def case(name: str, frame: pd.DataFrame, *severities: str, plain: bool = False) -> Case:
        run = partial(_judged, answer, frame, set(severities))
        return Case(name, run, "suite-shape", plain)

    at = chance(seed, 81, len(clean))
    yield case("a clean day", clean, plain=True)
    yield case("a sale", _frame(seed, SALE))
    yield case("a free order", _with(clean, at, amount=0.0))
    yield case("orders a hundred times as dear", clean.assign(amount=clean["amount"] * 100))
    yield case("one amount is negative", _with(clean, at, amount=-0.01), CRITICAL)
    yield case(f"one negative amount of {MANY:,}", _with(_many(clean), at, amount=-5.0), CRITICAL)
    yield case("no rows", clean.iloc[:0], CRITICAL)
    for column in ("amount", "order_id"):
        lacking = _with(_many(clean), at, **{column: None})
        yield case(f"one of {MANY:,} without {column}", lacking, CRITICAL)
    among = _with(_many(clean), MANY - 1, order_id=1)
    yield case(f"an order_id twice, among {MANY:,}", among, WARNING)
    twice = _with(clean, 1, order_id=clean["order_id"][0])
    both = _with(twice, 2, amount=-1.0)
    yield case("an order_id twice and a negative amount", both, CRITICAL, WARNING)


def _frame(seed: int, kind: str = "weekday") -> pd.DataFrame:
    """A day's orders: their ids, as numbers that may be missing, and dollars."""
    frame = world.clean(seed, kind).frame[["order_id", "amount"]]
    return frame.astype({"order_id": "Int64"})


def _many(clean: pd.DataFrame) -> pd.DataFrame:
    times = -(-MANY // len(clean))
    rows = pd.concat([clean] * times, ignore_index=True).head(MANY)
    return rows.assign(order_id=pd.Series(range(1, MANY + 1), dtype="Int64"))


def _with(frame: pd.DataFrame, at: int, **values: Any) -> pd.DataFrame:
    changed = frame.copy()
    for column, value in values.items():
        changed.loc[at, column] = value
    return changed


def _judged(answer: Answer, frame: pd.DataFrame, due: set[str]) -> Finding | None:
    try:
        expectations = read(answer.call().value)
    except SuiteError as error:
        return Finding("suite-shape", str(error))
    found = failed(expectations, frame)
    # What else fails beside a critical one is the learner's, as long as it is not critical.
    needless = set(found) if not due else {CRITICAL} & set(found) - due
    if due <= set(found) and not needless:
        return None
    told = ", ".join(f"{n} {severity}" for severity, n in sorted(found.items())) or "none"
    observed = f"of {len(frame):,} rows: failed: {told}; due: {', '.join(sorted(due)) or 'none'}"
    if not due:
        return Finding("suite-good-fails", observed)
    return Finding("suite-severity" if found else "suite-bad-passes", observed)
