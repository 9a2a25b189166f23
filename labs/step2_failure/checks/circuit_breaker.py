"""circuit-breaker: what is far off stays off the board, with one alert; good days get through.

The page's sentence -> the cases that try it
    "stop": something is in block, whatever the numbers -> the audit blocks the day*; the
        first sale ever, blocked
    "stale": nothing is in block, and a number is -> a third of the orders; no orders at
        all; more than twice the orders; amounts *; a fifth of the rows in quarantine
    "publish", with alert None: everything else -> a clean *; the source works again, *
    On the limit is within tolerance -> the fewest orders that may be; the most orders
        that may be; 3 of 60 in quarantine, on the limit
    fewer, more: how far rows may lie below and above -> tolerance fewer *; tolerance more
        *; one beyond the *
    average: how far it may lie from the usual, up -> tolerance average *; half as
        dear
    quarantined: the share of this day's rows -> a quarter in quarantine, 0.3 may be; a
        small day, *; tolerance quarantined *
    Usual is the median of published days of the same -> a weekday with a sale's orders;
        four old days *; fifty days in cents *; two days to compare with, *; three days to
        compare with, *
    Without such a day, rows and average decide nothing -> the first sale ever*; no sale
        was published so far
    The alert has four texts: what (the cause, without -> a third of the orders; five
        causes; yesterday *
    One alert a cause: None if the last day of history -> yesterday *; for three days *
    Another cause is a new alert -> after *
    so is the same one after a published day -> published for a day, then the same again
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import pandas as pd

from labs.step2_failure.world import reports as world
from labs.step2_failure.world.days import past_history
from labs.step2_failure.world.reports import TOLERANCE, Measured
from workbook import Answer, Case, Finding

PUBLISH, STALE, STOP = "publish", "stale", "stop"
WORDS = ("what", "since", "stale", "next")
TOLD = {PUBLISH: "published", STALE: "held back", STOP: "stopped"}
_SHAPE = "decision-shape"
_ALERT = "needless-alert"
_MIXED = {(STOP, STALE): "block-not-stopped", (STALE, STOP): "stop-for-numbers"}


@dataclass(frozen=True)
class Asked:
    """One call: the report, the days it is held to, the tolerance, and what has to come of it.

    `alerts`: whether a day that is held back needs an alert; None: either is right.
    """

    report: Measured
    past: pd.DataFrame
    wanted: str = PUBLISH
    tolerance: Any = None
    alerts: bool | None = True

    @property
    def given(self) -> dict[str, Any]:
        """The call's arguments."""
        tolerance = dict(self.tolerance or TOLERANCE)
        return {"report": dict(self.report), "history": self.past, "tolerance": tolerance}

    @property
    def told(self) -> str:
        """The report in few words, with what is usual."""
        one, kind = self.report, self.report["kind"]
        parts = [f"{one['rows']} order{'s' * (one['rows'] != 1)} on a {kind}"]
        if len(self.past[self.past["kind"] == kind]):
            parts.append(f"usual {world.usual(self.past, 'rows', kind):g}")
        parts.append(f"${one['average']:,.2f} an order")
        if one["quarantined"]:
            parts.append(f"{one['quarantined']} in quarantine")
        if one["block"]:
            parts.append(f"block {one['block']}")
        return ", ".join(parts)


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """A clean day, then one trouble at a time, days that only look wrong, then incidents."""
    past, good = past_history(seed).assign(what=""), world.clean(seed)

    def case(name: str, finding: str, report: Measured, wanted: str = PUBLISH,
             held: pd.DataFrame = past, plain: bool = False, **more: Any) -> Case:  # fmt: skip
        asked = Asked(report, held, wanted, **more)
        return Case(name, partial(_judged, answer, finding, asked), finding, plain)

    yield case("a clean weekday", "good-day-held", good, plain=True)
    for kind in world.other_kinds():
        yield case(f"a clean {kind}", "kinds-mixed", world.clean(seed, kind))
    yield from _blocks(case, good)
    yield from _numbers(case, good, past)
    yield from _tolerances(case, good, past)
    yield from _kinds(case, good, past)
    yield from _pasts(case, good, past)
    yield from _edges(case, good | {"rows": 60}, world.usual(past, "rows"))
    yield from _nothing(case, good, past)
    yield Case("five causes", partial(_causes, answer, good, past), "alert-incomplete")
    yield from _incidents(answer, good, past)


def _blocks(case: Any, good: Measured) -> Iterator[Case]:
    report = good | {"block": ["amount is not there"]}
    yield case("the audit blocks the day", "block-not-stopped", report, STOP)
    report |= {"rows": 1, "quarantined": 1}
    yield case("the audit blocks the day, one row is left", "block-not-stopped", report, STOP)


def _numbers(case: Any, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """One number off at a time, and as far off as it may be."""
    rows, average = world.usual(past, "rows"), world.usual(past, "average")
    few = good | {"rows": round(rows * 0.35)}
    yield case("a third of the orders", "beyond-published", few, STALE)
    none = good | {"rows": 0, "average": 0.0}
    yield case("no orders at all", "beyond-published", none, STALE)
    many = good | {"rows": round(rows * 2.4)}
    yield case("more than twice the orders", "beyond-published", many, STALE)
    for factor, told in ((100, "amounts in cents"), (0.01, "amounts a hundredth")):
        off = good | {"average": round(average * factor, 2)}
        yield case(told, "beyond-published", off, STALE)
    bad = good | {"quarantined": max(4, good["rows"] // 5)}
    yield case("a fifth of the rows in quarantine", "beyond-published", bad, STALE)
    yield case("one row in quarantine", "within-held", good | {"quarantined": 1})
    fewer = good | {"rows": round(rows * 0.6)}
    yield case("six tenths of the orders", "within-held", fewer)
    more = good | {"rows": round(rows * 1.8), "average": round(average * 1.5, 2)}
    yield case("1.8 times the orders, 1.5 times as dear", "within-held", more)
    cheap = good | {"average": round(average * 0.5, 2)}
    yield case("half as dear", "within-held", cheap)


def _edges(case: Any, good: Measured, rows: float) -> Iterator[Case]:
    """On the limit and one beyond it: whole numbers, so that no rounding decides."""
    fewest, most = math.ceil(rows * 0.5), math.floor(rows * 2)
    for told, at, beyond in (("fewest", fewest, fewest - 1), ("most", most, most + 1)):
        yield case(f"the {told} orders that may be", "within-held", good | {"rows": at})
        yield case(f"one beyond the {told}", "beyond-published", good | {"rows": beyond}, STALE)
    yield case("3 of 60 in quarantine, on the limit", "within-held", good | {"quarantined": 3})
    above = good | {"quarantined": 4}
    yield case("4 of 60 in quarantine", "beyond-published", above, STALE)


def _tolerances(case: Any, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """The same numbers under another tolerance."""
    rows, average = world.usual(past, "rows"), world.usual(past, "average")
    strict = {"fewer": 0.2, "more": 0.3, "average": 0.25, "quarantined": 0.01}
    tried = {
        "fewer": good | {"rows": round(rows * 0.7)},
        "more": good | {"rows": round(rows * 1.6)},
        "average": good | {"average": round(average * 1.4, 2)},
        "average ": good | {"average": round(average * 0.6, 2)},
        "quarantined": good | {"quarantined": 2},
    }
    for name, report in tried.items():
        key = name.strip()
        only = TOLERANCE | {key: strict[key]}
        told = f"tolerance {key} {strict[key]}" + (", cheaper" if name != key else "")
        yield case(told, "tolerance-ignored", report, STALE, tolerance=only)
    wide = {"fewer": 0.9, "more": 4.0, "average": 3.0, "quarantined": 0.5}
    report = good | {"rows": round(rows * 3.5), "average": round(average * 2.5, 2)}
    report |= {"quarantined": good["rows"] // 5}
    yield case("a tolerance that is wide", "tolerance-ignored", report, tolerance=wide)
    yield from _shares(case, good, round(rows * 0.6))


def _nothing(case: Any, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """A tolerance of 0: the usual number is on the limit, anything else is beyond it."""
    rows, average = world.usual(past, "rows"), world.usual(past, "average")
    usual = good | {"rows": round(rows), "average": round(average, 2)}
    off: dict[str, Measured] = {
        "fewer": {"rows": math.ceil(rows) - 1},
        "more": {"rows": math.floor(rows) + 1},
        "average": {"average": round(average, 2) + 1},
        "quarantined": {"quarantined": 1},
    }
    for name, change in off.items():
        told, none = f"tolerance {name} 0, and it differs", TOLERANCE | {name: 0.0}
        yield case(told, "tolerance-ignored", usual | change, STALE, tolerance=none)


def _shares(case: Any, good: Measured, few: int) -> Iterator[Case]:
    """What the quarantine is a share of."""
    told, may = "a quarter in quarantine, 0.3 may be", TOLERANCE | {"quarantined": 0.3}
    report = good | {"quarantined": good["rows"] // 4}
    yield case(told, "within-held", report, tolerance=may)
    told, may = "a small day, a quarter in quarantine, 0.2 may be", TOLERANCE | {"quarantined": 0.2}
    report = good | {"rows": few, "quarantined": few // 4}
    yield case(told, "beyond-published", report, STALE, tolerance=may)
    told, may = "none in quarantine, and none may be", TOLERANCE | {"quarantined": 0.0}
    yield case(told, "within-held", good, tolerance=may)


def _kinds(case: Any, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """Like with like."""
    sale = world.usual(past, "rows", "sale")
    seen = good | {"rows": round(sale)}
    yield case("a weekday with a sale's orders", "kinds-mixed", seen, STALE)
    holiday = good | {"rows": round(world.usual(past, "rows", "holiday"))}
    yield case("a weekday with a holiday's orders", "kinds-mixed", holiday, STALE)
    as_sale = good | {"kind": "sale"}
    yield case("a sale with a weekday's orders", "kinds-mixed", as_sale, STALE)
    first = world.without(past, "sale")
    report = good | {"kind": "sale", "rows": round(sale)}
    yield case("the first sale ever", "first-of-kind", report, held=first)
    dirty = report | {"quarantined": report["rows"] // 5}
    told = "the first sale ever, a fifth in quarantine"
    yield case(told, "beyond-published", dirty, STALE, held=first)
    untold = past.copy()
    untold.loc[untold["kind"] == "sale", ["decision", "what"]] = STALE, "new"
    yield case("no sale was published so far", "first-of-kind", report, held=untold)
    report |= {"block": ["no country"]}
    yield case("the first sale ever, blocked", "block-not-stopped", report, STOP, held=first)


def _pasts(case: Any, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """A past in which not everything was true."""
    for decision in (STOP, STALE):
        over = world.held_back(past, 3, decision)
        told = f"the source works again, {TOLD[decision]} before"
        yield case(told, "stays-open", good, held=over)
    two = past[past["kind"] == good["kind"]].tail(2).assign(rows=[40, 80])
    for rows in (31, 119):  # half and double of 60, but neither of 80 nor of 40
        told = f"two days to compare with, and {rows} orders"
        yield case(told, "usual-wrong", good | {"rows": rows}, held=two)
    three = past[past["kind"] == good["kind"]].tail(3).assign(rows=[100, 40, 60])
    for rows, wanted in ((119, PUBLISH), (29, STALE)):  # near double of 60, and below its half
        told = f"three days to compare with, and {rows} orders"
        yield case(told, "usual-wrong", good | {"rows": rows}, wanted, held=three)
    slipped = world.slipped_through(past, 4)
    yield case("four old days were published in cents", "usual-wrong", good, held=slipped)
    small = past.copy()
    small.loc[small.index[small["kind"] == good["kind"]][-1], "rows"] = round(good["rows"] * 0.45)
    yield case("one weekday had half the orders", "usual-wrong", good, held=small)
    for decision in (STALE, STOP):
        spoiled = world.held_back(past, 50, decision, average=100.0)
        told = f"fifty days in cents were {TOLD[decision]}"
        yield case(told, "usual-wrong", good, held=spoiled)
    cents = good | {"average": round(good["average"] * 100, 2)}
    yield case("the day after them, still in cents", "usual-wrong", cents, STALE,
               held=spoiled, alerts=None)  # fmt: skip
    double = good | {"rows": round(world.usual(past, "rows") * 2)}
    yield case("exactly twice the orders", "within-held", double)


def _incidents(answer: Answer, good: Measured, past: pd.DataFrame) -> Iterator[Case]:
    """A cause that goes on, another one, and the same one after a day that was published."""

    def case(name: str, finding: str, *days: Trouble | None) -> Case:
        return Case(name, partial(_incident, answer, past, days, good), finding)

    causes = _troubles(good)
    names = list(causes)
    for before, cause in zip(names, [*names[1:], names[0]], strict=True):
        first, following = causes[before], causes[cause]
        yield case(f"yesterday {before}, and today", "needless-alert", first, first)
        yield case(f"after {before}: {cause}", "not-alerted", first, following)
    few, cents = causes["too few orders"], causes["amounts in cents"]
    lasting = "for three days too few orders, and today"
    yield case(lasting, "needless-alert", few, few, few, few)
    yield case("after too few orders and cents: too few orders", "not-alerted", few, cents, few)
    yield case("published for a day, then the same again", "not-alerted", few, None, few)


Trouble = tuple[str, dict[str, Any], dict[str, Any]]


def _troubles(good: Measured) -> dict[str, Trouble]:
    """Five causes: what is decided, what the report says on a first day, and on later ones."""
    rows, cents = good["rows"], round(good["average"] * 100, 2)
    return {
        "too few orders": (STALE, {"rows": rows // 4}, {"rows": rows // 5}),
        "amounts in cents": (STALE, {"average": cents}, {"average": cents + 500}),
        "too many bad rows": (STALE, {"quarantined": rows // 4}, {"quarantined": rows // 5}),
        "no amount": (STOP, {"block": ["amount is not there"]}, {"rows": rows + 2}),
        "a key twice": (STOP, {"block": ["order_id is repeated"]}, {"rows": rows + 3}),
    }


def _incident(
    answer: Answer, past: pd.DataFrame, days: Sequence[Trouble | None], good: Measured
) -> Finding | None:
    """Days in a row, None a good one; of each the history keeps what was decided and said."""
    held = past.iloc[: -len(days)].reset_index(drop=True)
    known: Trouble | None = None
    for number, trouble in enumerate(days):
        report = good | {"day": past["day"].iloc[number - len(days)]}
        wanted, first, later = trouble or (PUBLISH, {}, {})
        report |= first | (later if trouble in days[:number] else {})
        asked = Asked(report, held, wanted, alerts=trouble != known)
        told = _decided(answer, asked)
        if isinstance(told, Finding):
            return told
        off = "stays-open" if wanted == PUBLISH else "beyond-published"
        found = _other(asked, told, off) or _right(asked, told)
        if found:
            return found
        said = _said(told["alert"] or {}, "what") or held["what"].iloc[-1]
        held = world.with_day(held, report, wanted, said if trouble else "")
        known = trouble
    return None


def _decided(answer: Answer, asked: Asked) -> dict[str, Any] | Finding:
    """What the answer returned, if it has the shape it should have; raises AnswerFailed."""
    told = answer.call(**asked.given).value
    if not isinstance(told, dict) or "alert" not in told or str(told.get("decision")) not in TOLD:
        return Finding(_SHAPE, f"it returned {told!r:.80}")
    alert = told["alert"]
    if alert is not None and not (isinstance(alert, dict) and alert):
        return Finding(_SHAPE, f"alert is {alert!r:.80}")
    return told


def _judged(answer: Answer, finding: str, asked: Asked) -> Finding | None:
    told = _decided(answer, asked)
    if isinstance(told, Finding):
        return told
    return _other(asked, told, finding) or _right(asked, told)


def _other(asked: Asked, told: dict[str, Any], finding: str) -> Finding | None:
    """Something else was decided than should be."""
    if told["decision"] == asked.wanted:
        return None
    named = _MIXED.get((asked.wanted, told["decision"]), finding)
    return Finding(named, f"{asked.told}: {TOLD[told['decision']]}")


def _right(asked: Asked, told: dict[str, Any]) -> Finding | None:
    """What is wrong with the alert of a day about which the right thing was decided."""
    alert = told["alert"]
    if asked.wanted == PUBLISH:
        return Finding(_ALERT, f"{asked.told}: published, and alerted") if alert else None
    if asked.alerts is None:
        return None
    if not asked.alerts and alert:
        known, again = asked.past["what"].iloc[-1], _said(alert, "what")
        observed = f'the day before was held back for "{known:.60}"; alerted again: "{again:.60}"'
        return Finding(_ALERT, observed)
    return _alert(asked, alert) if asked.alerts else None


def _alert(asked: Asked, alert: Any) -> Finding | None:
    """What is wrong with the alert of an incident that begins."""
    published = asked.past.loc[asked.past["decision"] == PUBLISH, "day"]
    today, last, before = asked.report["day"], published.iloc[-1], asked.past["what"].iloc[-1]
    if not alert:
        known = f'the day before was held back for "{before:.40}"; ' if before else ""
        observed = f"{known}{asked.told}: {TOLD[asked.wanted]}, and alert is {alert!r}"
        return Finding("not-alerted", observed)
    lacking = [word for word in WORDS if not _said(alert, word)]
    if lacking:
        return Finding("alert-incomplete", f"the alert does not say: {', '.join(lacking)}")
    if today not in _said(alert, "since"):
        return Finding(
            "alert-incomplete", f"the trouble began with {today}; since: {alert['since']}"
        )
    if last not in _said(alert, "stale"):
        return Finding("alert-incomplete", f"the board shows {last}; stale: {alert['stale']}")
    return None


def _said(alert: Any, word: str) -> str:
    """The alert's text for a word, "" where there is none."""
    value = alert.get(word)
    return "" if value is None else str(value).strip()


def _causes(answer: Answer, good: Measured, past: pd.DataFrame) -> Finding | None:
    """Different causes have to read differently."""
    seen: dict[str, str] = {}
    for wanted, trouble, _ in _troubles(good).values():
        told = _decided(answer, Asked(good | trouble, past, wanted))
        if isinstance(told, Finding):
            return told
        what, cause = _said(told["alert"] or {}, "what"), f"{trouble}"
        if what in seen:
            return Finding("alert-incomplete", f"{seen[what]} and {cause} read alike: {what:.60}")
        seen[what] = cause
    return None
