"""expectations: what corrupts blocks the day, bad rows go by number, what is new is told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import pandas as pd

from labs.step2_failure.world import received as world
from labs.step2_failure.world.days import Order, past_history
from labs.step2_failure.world.received import Received
from workbook import Answer, Case, Finding, Outcome

_PARTS = ("block", "quarantine", "warn")
Asked = tuple[pd.DataFrame, pd.DataFrame]


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
    frame = given.frame

    def case(name: str, finding: str, judged: Callable[..., Finding | None], *more: Any) -> Case:
        return Case(name, partial(judged, answer, past, finding, *more), finding)

    yield Case("a clean day", partial(_clean, answer, past, given), "clean-day-held", True)
    yield case("a bad row, repaired and put back", "repaired-refused", _repaired, given)
    renamed = frame.rename(columns={"amount": "amount_v2"})
    yield case("amount is now called amount_v2", "missing-column-passes", _blocked, renamed)
    missing = frame.drop(columns="customer_id")
    yield case("customer_id is not there", "missing-column-passes", _blocked, missing)
    for sign in ("$", ""):
        amounts = frame.assign(amount=[f"{sign}{row.amount:.2f}" for row in given.rows])
        yield case(f"amounts are text like {sign}12.50", "text-passes", _blocked, amounts)
    yield case("no rows at all", "empty-passes", _blocked, frame.iloc[:0])
    yield from _averages(case, seed, given)
    yield from _copies(case, seed, given)
    yield from _bad_rows(case, seed, given)
    yield from _benign(case, seed, given)
    spoiled = partial(_spoiled, answer, world.spoiled_past(seed), given)
    yield Case(f"the last {world.HELD_BACK} days were held back", spoiled, "history-spoiled")
    yield case("every kind of bad row, in any order", "rows-shifted", _rows, world.mixed(seed))


_Maker = Callable[..., Case]


def _averages(case: _Maker, seed: int, given: Received) -> Iterator[Case]:
    """Amounts in another unit; of a page in cents only the average of all rows tells."""
    page = range(len(given.rows) // world.PAGES)
    off = {
        "amounts are in cents": given.every(_times(100)),
        "one page of four is in cents": given.every(_times(100), page),
        "amounts are a hundredth": given.every(_times(0.01)),
    }
    for name, wrong in off.items():
        yield case(name, "average-unchecked", _blocked, wrong.frame)


def _times(factor: float) -> Callable[[Order], Order]:
    return lambda row: row._replace(amount=round(row.amount * factor, 4))


def _bad_rows(case: _Maker, seed: int, given: Received) -> Iterator[Case]:
    """One kind of bad row each; all others have to stay."""
    n = world.places(seed, 6, len(given.rows))
    tomorrow = world.date(seed) + dt.timedelta(days=1)
    one = world.negative(given, [0])
    third = world.negative(one, range(2, len(given.rows), 3))
    yield case("one amount is negative", "bad-row-passes", _one, one, third)
    large = given.with_bad(n[1], "amount below zero", amount=-40_000.0)
    yield case("one amount is -$40,000", "bad-row-passes", _rows, large)
    later = world.of_tomorrow(given, n[2], tomorrow)
    yield case("an order of tomorrow", "future-passes", _rows, later)
    later = world.of_tomorrow(later, n[3], tomorrow, 1)
    yield case("orders of tomorrow and of next year", "future-passes", _rows, later)
    unpaid = given.with_bad(n[4], "no amount", amount=None)
    yield case("a row without amount", "missing-value-passes", _rows, unpaid)
    keyless = given.with_bad(n[4], "no order_id", order_id=None)
    keyless = keyless.with_bad(n[5], "no order_id", order_id=None)
    yield case("two rows without order_id", "missing-value-passes", _rows, keyless)
    shared = world.shared_keys(given, n[:2])
    yield case("bad rows that share their keys with good ones", "bad-row-passes", _rows, shared)
    twice = world.of_tomorrow(world.negative(given, n[:1]), n[0], tomorrow)
    yield case("a row that is bad in two ways", "bad-row-passes", _rows, twice)
    free = given.changed(n[0], amount=0.0)
    free = free.changed(len(free.rows) - 1, ordered_at=f"{world.date(seed)}T23:59:59")
    yield case("a free order, and one of the last second", "good-row-taken", _rows, free)


def _copies(case: _Maker, seed: int, given: Received) -> Iterator[Case]:
    """Keys that stand twice among good rows."""
    page = 2 + seed % (world.PAGES - 1)
    told = f"page {page} holds the rows of page {page - 1}"
    yield case(told, "copies-pass", _no_copies, world.page_twice(given, page))
    again = world.two_amounts(given, seed % len(given.rows))
    yield case("an order twice, with two amounts", "copies-pass", _no_copies, again)


def _benign(case: _Maker, seed: int, given: Received) -> Iterator[Case]:
    """What has to be published, and where somebody has to hear of it."""
    for name, other in world.other_kinds(seed):
        yield case(name, "benign-day-held", _published, other.frame)
    new = given.every(lambda row: row._replace(country="NZ"), range(2, len(given.rows), 5))
    yield case("orders from a country that is new", "news-held", _news, new.frame)
    more = given.frame.assign(channel="web")
    yield case("a column that is new", "news-held", _news, more)


def _asked(answer: Answer, *given: Asked) -> list[Validated | Finding]:
    """One call each, all in one message; raises AnswerFailed."""
    outcomes = answer.map([{"rows": rows, "history": past} for rows, past in given])
    return [_report(outcome) for outcome in outcomes]


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


def _clean(answer: Answer, past: pd.DataFrame, given: Received) -> Finding | None:
    [report] = _asked(answer, (given.frame, past))
    if isinstance(report, Finding):
        return report
    if report.block or report.quarantine:
        return Finding("clean-day-held", report.told)
    return Finding("warns-always", report.told) if report.warn else None


def _repaired(answer: Answer, past: pd.DataFrame, finding: str, given: Received) -> Finding | None:
    """Only the second call is judged: the day as it is once its bad row was mended."""
    bad = world.negative(given, [len(given.rows) // 2])
    report = _asked(answer, (bad.frame, past), (given.frame, past))[1]
    if isinstance(report, Finding):
        return report
    held = report.block or report.quarantine
    return Finding(finding, f"with the row repaired: {report.told}") if held else None


def _blocked(
    answer: Answer, past: pd.DataFrame, finding: str, frame: pd.DataFrame
) -> Finding | None:
    [report] = _asked(answer, (frame, past))
    if isinstance(report, Finding):
        return report
    return None if report.block else Finding(finding, f"of {len(frame)} rows: {report.told}")


def _published(
    answer: Answer, past: pd.DataFrame, finding: str, frame: pd.DataFrame
) -> Finding | None:
    [report] = _asked(answer, (frame, past))
    if isinstance(report, Finding):
        return report
    held = report.block or report.quarantine
    return Finding(finding, f"of {len(frame)} rows: {report.told}") if held else None


def _news(answer: Answer, past: pd.DataFrame, finding: str, frame: pd.DataFrame) -> Finding | None:
    [report] = _asked(answer, (frame, past))
    if isinstance(report, Finding):
        return report
    if report.block or report.quarantine:
        return Finding(finding, f"of {len(frame)} rows: {report.told}")
    return None if report.warn else Finding("news-untold", report.told)


def _spoiled(answer: Answer, past: pd.DataFrame, given: Received) -> Finding | None:
    """The good day passes and the wrong one does not, whatever was held back before."""
    cents = given.every(_times(100))
    good, wrong = _asked(answer, (given.frame, past), (cents.frame, past))
    for report in (good, wrong):
        if isinstance(report, Finding):
            return report
    if isinstance(good, Validated) and (good.block or good.quarantine):
        return Finding("history-spoiled", f"a clean day: {good.told}")
    if isinstance(wrong, Validated) and not wrong.block:
        return Finding("history-spoiled", f"amounts in cents: {wrong.told}")
    return None


def _one(
    answer: Answer, past: pd.DataFrame, finding: str, one: Received, many: Received
) -> Finding | None:
    """A single bad row; if it passes only as long as few are bad, a share is the gate."""
    [report] = _asked(answer, (one.frame, past))
    found = report if isinstance(report, Finding) else _named(one, report, finding)
    if found is None or found.id != finding:
        return found
    [other] = _asked(answer, (many.frame, past))
    if isinstance(other, Validated) and (other.block or set(one.bad) & set(other.quarantine)):
        seen = f"1 bad row of {len(one.rows)} passes, {len(many.bad)} of {len(many.rows)} do not"
        return replace(found, id="share-as-gate", observed=seen)
    return found


def _rows(answer: Answer, past: pd.DataFrame, finding: str, given: Received) -> Finding | None:
    [report] = _asked(answer, (given.frame, past))
    return report if isinstance(report, Finding) else _named(given, report, finding)


def _named(given: Received, report: Validated, finding: str) -> Finding | None:
    """What is wrong with a quarantine, and with a block where only rows are bad."""
    named, bad = report.quarantine, given.bad
    if report.block:
        held = "bad-row-blocks" if bad else finding
        return Finding(held, f"{len(bad)} bad of {len(given.rows)} rows: {report.told}")
    if not _numbers(named, len(given.rows)):
        return Finding("ids-not-rows", report.told)
    missing, taken = sorted(bad.keys() - set(named)), sorted(set(named) - bad.keys())
    if not missing and not taken:
        twice = len(named) - len(bad)
        seen = f"{len(named)} entries for {len(bad)} bad rows: {named[:4]}"
        return Finding("row-listed-twice", seen) if twice else None
    told = [f"missing {len(missing)} bad" if missing else "", f"{len(taken)} good" if taken else ""]
    seen = f"{len(set(named))} rows in quarantine: {', '.join(filter(None, told))}"
    return Finding(_which(given, missing, taken, finding), seen, _shown(given, missing, taken))


def _numbers(named: Sequence[Any], count: int) -> bool:
    """Whether all entries are row numbers."""
    whole = (isinstance(n, int | float) and not isinstance(n, bool) and n == int(n) for n in named)
    return all(whole) and all(0 <= n < count for n in named)


def _which(given: Received, missing: Sequence[int], taken: Sequence[int], finding: str) -> str:
    """The finding that names what the case showed, where several defects can show in it."""
    if missing:
        return (
            finding
            if len(missing) == len(taken) or finding != "rows-shifted"
            else _kind(given.bad[missing[0]])
        )
    shared = {given.rows[n].order_id for n in given.bad} - {None}
    by_key = any(given.rows[n].order_id in shared for n in taken)
    return "key-quarantined" if by_key else "good-row-taken"


def _kind(told: str) -> str:
    """The finding of a kind of bad row."""
    if told.startswith("no "):
        return "missing-value-passes"
    return "future-passes" if told == "of a later day" else "bad-row-passes"


def _shown(given: Received, missing: Sequence[int], taken: Sequence[int]) -> list[dict[str, Any]]:
    told = [(n, given.bad[n]) for n in missing[:2]] + [(n, "good") for n in taken[:2]]
    return [
        {"row": n, "order_id": given.rows[n].order_id,
         "ordered_at": given.rows[n].ordered_at, "amount": _dollars(given.rows[n].amount),
         "is": what}
        for n, what in told
    ]  # fmt: skip


def _dollars(amount: float | None) -> str | None:
    return None if amount is None else f"{'-' if amount < 0 else ''}${abs(amount):,.2f}"


def _no_copies(answer: Answer, past: pd.DataFrame, finding: str, given: Received) -> Finding | None:
    """Blocked, or each order is left exactly once."""
    [report] = _asked(answer, (given.frame, past))
    if isinstance(report, Finding) or report.block:
        return report if isinstance(report, Finding) else None
    if not _numbers(report.quarantine, len(given.rows)):
        return Finding("ids-not-rows", report.told)
    gone = set(report.quarantine)
    left = [row.order_id for n, row in enumerate(given.rows) if n not in gone]
    lost = {row.order_id for row in given.rows} - set(left)
    copies = len(left) - len(set(left))
    seen = f"left are {len(left)} rows of {len(set(left))} orders; {len(lost)} orders are lost"
    if copies:
        return Finding(finding, seen)
    return Finding("copies-all-taken", seen) if lost else None
