"""expectations: what corrupts blocks the day, bad rows go by number, what is new is in warn.

The page's sentence -> the cases that try it
    a column of the five is missing -> amount is now called amount_v2; customer_id is not
        there; * is not there
    amount is text -> amounts are text like 12.50
    there are no rows -> no rows at all
    the average is ten times the usual one or more, or -> the average is twelve times *; the
        average is a twelfth *; one page of four *; exactly ten times *; exactly a tenth *
    an order_id stands twice (or put the surplus copies -> page * holds the rows of page
        *; an order twice, with two amounts
    Each bad row is listed once, by its number -> one amount is negative; bad rows: *
    0 is good, and so is the day's last second -> bad rows: good rows beside them
    A good row may share its order_id with a bad one -> bad rows: good rows beside them;
        bad rows: the day is not blocked
    Keys and average are those of the rows that remain -> bad rows: the day is not blocked
    Half and double the usual average, a sale and a -> orders twice as dear as usual;
        orders half as dear as usual; three times *; a quarter *
    Usual is the median of days with decision publish -> the last 30 days were held back;
        ten old days were published in cents
    Warn of a further column, and of countries besides -> a column that is new; orders
        from a country that is new
    On a clean day all lists are empty, whatever came -> a clean day; the clean day, after
        a bad row; the last 30 days were held back; yesterday was *
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from labs.step2_failure.world import received as world
from labs.step2_failure.world.days import past_history
from labs.step2_failure.world.received import Received
from labs.step2_failure.world.words import dollars
from workbook import Answer, Case, Finding, Outcome

_PARTS = ("block", "quarantine", "warn")
# Usual average and that of the day, in numbers that are whole in binary, too.
EXACT = (
    ("exactly ten times the usual average", 64.0, 640.0),
    ("exactly a tenth of the usual average", 640.0, 64.0),
)


@dataclass(frozen=True)
class Validated:
    """What the answer returned, if it has the shape it should have."""

    block: list[str]
    quarantine: list[Any]
    warn: list[str]

    @property
    def told(self) -> str:
        """What it says, in few words."""
        rows = self.quarantine if len(self.quarantine) < 4 else f"{len(self.quarantine)} rows"
        told = {"block": self.block[:2], "quarantine": rows, "warn": self.warn[:2]}
        return _short(", ".join(f"{name} {value or 'nothing'}" for name, value in told.items()))


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """A clean day, then each trouble by itself, days that only look wrong, all bad rows at once."""
    given, past = world.clean(seed), past_history(seed)
    asked = partial(Once, answer, past)
    frame, one = given.frame, Once(answer, past, world.negative(given, [0]).frame)

    def case(name: str, finding: str, judged: Callable[..., Finding | None], *more: Any) -> Case:
        return Case(name, partial(judged, finding, *more), finding)

    yield Case("a clean day", partial(_clean, asked(frame)), "clean-day-held", True)
    yield case("the clean day, after a bad row", "clean-day-held", _again, one, asked(frame))
    for name, broken in _contract(seed, frame):
        yield case(name, "contract-passes", _blocked, asked(broken))
    for name, wrong in _averages(seed, given):
        yield case(name, "average-unchecked", _blocked, asked(wrong.frame))
    for name, usual, average in EXACT:
        once = Once(answer, world.even_past(seed, usual), world.all_cost(given, average).frame)
        yield case(name, "average-unchecked", _blocked, once)
    for name, copies in _copies(seed, given):
        yield case(name, "copies-wrong", _no_copies, copies, asked(copies.frame))
    third = world.negative(world.negative(given, [0]), range(2, len(given.rows), 3))
    yield case("one amount is negative", "bad-row-passes", _one, given, one, third,
               asked(third.frame))  # fmt: skip
    yield from _bad_rows(case, world.mixed(seed), asked)
    for name, other in world.unusual(seed):
        yield case(name, "unusual-day-held", _published, asked(other.frame))
    for name, factor in (("twice as dear", 2), ("half as dear", 0.5)):
        once = Once(answer, world.even_past(seed, 64.0), world.all_cost(given, 64 * factor).frame)
        yield case(f"orders {name} as usual", "unusual-day-held", _published, once)
    yield from _news(case, given, asked)
    for name, spoiled in world.spoiled(seed):
        yield case(name, "history-spoiled", _unspoiled, Once(answer, spoiled, frame))


@dataclass
class Once:
    """One call of the answer, made when it is first needed; several cases look at its report."""

    answer: Answer
    past: pd.DataFrame
    frame: pd.DataFrame
    _outcome: Outcome | None = None

    def report(self) -> Validated | Finding:
        """What it returned, or what is wrong with its shape; raises AnswerFailed."""
        if self._outcome is None:
            self._outcome = self.answer.call(rows=self.frame, history=self.past)
        return _report(self._outcome)


_Maker = Callable[..., Case]


def _contract(seed: int, frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Frames that are not what was agreed."""
    yield "amount is now called amount_v2", frame.rename(columns={"amount": "amount_v2"})
    for name in ("customer_id", ("order_id", "ordered_at", "country")[seed % 3]):
        yield f"{name} is not there", frame.drop(columns=name)
    texts = [f"{amount:.2f}" for amount in frame["amount"]]
    yield "amounts are text like 12.50", frame.assign(amount=texts)
    yield "no rows at all", frame.iloc[:0]


def _averages(seed: int, given: Received) -> Iterator[tuple[str, Received]]:
    """Amounts in another unit; of a page in cents only the average of all rows shows it.

    Well beyond ten times: who takes the mean of the past for the usual is told that elsewhere.
    """
    page = range(len(given.rows) // world.PAGES)
    yield "the average is twelve times the usual one", world.average_times(seed, given, 12)
    yield "one page of four is in cents", given.every(world.times(100), page)
    yield "the average is a twelfth of the usual one", world.average_times(seed, given, 1 / 12)


def _copies(seed: int, given: Received) -> Iterator[tuple[str, Received]]:
    """Keys that stand twice among good rows."""
    page = 2 + seed % (world.PAGES - 1)
    yield f"page {page} holds the rows of page {page - 1}", world.page_twice(given, page)
    yield "an order twice, with two amounts", world.two_amounts(given, seed % len(given.rows))


def _bad_rows(case: _Maker, mixed: Received, asked: Callable[..., Once]) -> Iterator[Case]:
    """Every kind of bad row in one frame, in any order, among rows that only look bad."""
    once = asked(mixed.frame)
    yield case("bad rows: the day is not blocked", "bad-row-blocks", _rows, mixed, once, "block")
    yield case("bad rows: the numbers", "rows-shifted", _rows, mixed, once, "numbers")
    for kind in sorted(set(mixed.bad.values())):
        yield case(f"bad rows: {kind}", "bad-row-passes", _rows, mixed, once, kind)
    yield case("bad rows: each of them once", "row-listed-twice", _rows, mixed, once, "twice")
    told = "bad rows: good rows beside them"
    yield case(told, "good-row-taken", _rows, mixed, once, "good")


def _news(case: _Maker, given: Received, asked: Callable[..., Once]) -> Iterator[Case]:
    """What has to be published, and where somebody has to hear of it."""
    new = given.every(lambda row: row._replace(country="NZ"), range(2, len(given.rows), 5))
    yield case("orders from a country that is new", "unusual-day-held", _new, asked(new.frame))
    more = asked(given.frame.assign(channel="web"))
    yield case("a column that is new", "unusual-day-held", _new, more)


def _report(outcome: Outcome) -> Validated | Finding:
    told = outcome.value
    if not isinstance(told, dict) or not set(_PARTS) <= told.keys():
        return Finding("report-shape", f"it returned {_short(repr(told))}")
    lists = {name: _listed(told[name]) for name in _PARTS}
    for name, items in lists.items():
        texts = name == "quarantine" or all(isinstance(item, str) and item for item in items or ())
        if items is None or not texts:
            return Finding("report-shape", f"{name} is {_short(repr(told[name]))}")
    return Validated(**{name: items or [] for name, items in lists.items()})


def _listed(value: Any) -> list[Any] | None:
    """The items of any collection, as plain values; None if it is none."""
    value = value.tolist() if hasattr(value, "tolist") else value
    if not isinstance(value, list | tuple | set | frozenset):
        return None
    items = [item.item() if hasattr(item, "item") else item for item in value]
    return sorted(items, key=repr) if isinstance(value, set | frozenset) else items


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= 110 else text[:109] + "…"


def _clean(once: Once) -> Finding | None:
    report = once.report()
    if isinstance(report, Finding):
        return report
    held = report.block or report.quarantine or report.warn
    return Finding("clean-day-held", report.told) if held else None


def _again(finding: str, bad: Once, clean: Once) -> Finding | None:
    """Only the second call is judged: the day as it is once its bad row was repaired."""
    bad.report()
    report = clean.report()
    if isinstance(report, Finding):
        return report
    held = report.block or report.quarantine or report.warn
    return Finding(finding, f"with the row repaired: {report.told}") if held else None


def _blocked(finding: str, once: Once) -> Finding | None:
    report = once.report()
    if isinstance(report, Finding):
        return report
    return None if report.block else Finding(finding, f"of {len(once.frame)} rows: {report.told}")


def _published(finding: str, once: Once) -> Finding | None:
    report = once.report()
    if isinstance(report, Finding):
        return report
    held = report.block or report.quarantine
    return Finding(finding, f"of {len(once.frame)} rows: {report.told}") if held else None


def _unspoiled(finding: str, once: Once) -> Finding | None:
    """A clean day, whatever became of those before: what it says tells what it learned from them.

    Rows in quarantine without an average that blocks are of a later day, as it seems.
    """
    report = once.report()
    if isinstance(report, Finding) or not (report.block or report.quarantine or report.warn):
        return report if isinstance(report, Finding) else None
    learned = "good-row-taken" if report.quarantine else finding if report.block else ""
    return Finding(learned or "clean-day-held", f"of {len(once.frame)} rows: {report.told}")


def _new(finding: str, once: Once) -> Finding | None:
    report, held = once.report(), _published(finding, once)
    if isinstance(report, Finding) or held:
        return held
    return None if report.warn else Finding("news-unsaid", report.told)


def _one(finding: str, given: Received, one: Once, third: Received, many: Once) -> Finding | None:
    """A single bad row; if it passes only as long as few are bad, a share is the gate."""
    report = one.report()
    if isinstance(report, Finding):
        return report
    if report.block:
        return Finding("bad-row-blocks", f"one bad of {len(given.rows)} rows: {report.told}")
    if not _numbers(report.quarantine, len(given.rows)):
        return Finding("report-shape", report.told)
    if 0 in report.quarantine:
        return None
    other, seen = many.report(), f"one bad row of {len(given.rows)}: {report.told}"
    if isinstance(other, Validated) and (other.block or 0 in other.quarantine):
        told = f"one bad row of {len(given.rows)} passes, {len(third.bad)} do not"
        return Finding("share-as-gate", told)
    return Finding(finding, seen)


def _rows(finding: str, given: Received, once: Once, what: str) -> Finding | None:
    """One look at the report of the frame with all bad rows."""
    report = once.report()
    if isinstance(report, Finding):
        return report
    named, bad = report.quarantine, given.bad
    if report.block:
        return Finding("bad-row-blocks", f"{len(bad)} bad of {len(given.rows)} rows: {report.told}")
    if not _numbers(named, len(given.rows)):
        return Finding("report-shape", report.told)
    return _look(finding, given, named, what)


def _look(finding: str, given: Received, named: Sequence[int], what: str) -> Finding | None:
    """What is wrong with a quarantine, from one side: a kind of bad row, the numbers, good rows."""
    bad = given.bad
    missing, taken = sorted(bad.keys() - set(named)), sorted(set(named) - bad.keys())
    if what == "twice":
        seen = f"{len(named)} entries for {len(bad)} bad rows: {list(named)[:4]}"
        return Finding(finding, seen) if len(named) != len(set(named)) else None
    if what == "numbers" and len(missing) != len(taken):
        return None  # only as many good rows as bad ones look like a shift
    if what == "good":
        missing = []
    elif what != "numbers":
        missing, taken = [n for n in missing if bad[n] == what], []
    return _wrong(finding, given, missing, taken) if missing or taken else None


def _wrong(finding: str, given: Received, missing: Sequence[int], taken: Sequence[int]) -> Finding:
    """Bad rows that are missing in the quarantine, and good ones that are in it."""
    kinds = ", ".join(sorted({given.bad[n] for n in missing}))
    told = [f"missing: {len(missing)} bad ({kinds})" if missing else ""]
    told.append(f"{len(taken)} good rows in quarantine" if taken else "")
    return Finding(finding, "; ".join(filter(None, told)), _shown(given, missing, taken))


def _numbers(named: Sequence[Any], count: int) -> bool:
    """Whether all entries are row numbers."""
    whole = (isinstance(n, int | float) and not isinstance(n, bool) and n == int(n) for n in named)
    return all(whole) and all(0 <= n < count for n in named)


def _shown(given: Received, missing: Sequence[int], taken: Sequence[int]) -> list[dict[str, Any]]:
    told = [(n, given.bad[n]) for n in missing[:2]] + [(n, "good") for n in taken[:2]]
    return [
        {"row": n, "order_id": given.rows[n].order_id,
         "ordered_at": given.rows[n].ordered_at, "amount": _dollars(given.rows[n].amount),
         "is": what}
        for n, what in told
    ]  # fmt: skip


def _dollars(amount: float | None) -> str | None:
    return None if amount is None else dollars(amount, cents=True)


def _no_copies(finding: str, given: Received, once: Once) -> Finding | None:
    """Blocked, or each order is left exactly once."""
    report = once.report()
    if isinstance(report, Finding) or report.block:
        return report if isinstance(report, Finding) else None
    if not _numbers(report.quarantine, len(given.rows)):
        return Finding("report-shape", report.told)
    gone = set(report.quarantine)
    left = [row.order_id for n, row in enumerate(given.rows) if n not in gone]
    lost = {row.order_id for row in given.rows} - set(left)
    seen = f"left are {len(left)} rows of {len(set(left))} orders; {len(lost)} orders are lost"
    return Finding(finding, seen) if lost or len(left) > len(set(left)) else None
