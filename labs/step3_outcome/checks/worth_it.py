"""worth-it: proposals on small worlds, one question each, then ten drawn ones together.

The page's sentence -> the cases that try it
    Months are days × rate_cents ÷ (saving of a run × runs of a month) -> one proposal; an
        engineer at *; a cent, every second month; a table that lineage does not name
    a dict of each proposal's id and the months until it has paid for itself, to one decimal ->
        one proposal; half a month; a year; 33 years; two proposals for one pipeline
    Runs of a month are the mean of its six rows in runs -> months of 20 to 31 runs; a month
        without a run; read by three people, often
    planned_runs does not count -> planned daily, ran weekly; planned weekly, ran daily
    a pipeline that never ran never pays -> planned daily, never ran
    No use, no value: None where nobody reads the pipeline's table -> read by nobody;
        read by machines alone
    Readers are persons, and delivery accounts with readers -> one proposal; an extract for *
    of the table itself or of anything built on it (lineage), at any depth -> read through a view;
        read through a view on a view
    What is spent does not count -> * days spent
    Only money that stops counts: under fixed price the bill stays -> a warehouse at a fixed price
    a change that makes a run dearer, or leaves its cost, never pays -> dearer than before; as
        dear as before
    Two proposals for one pipeline are judged each alone -> two proposals for one pipeline
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import Any

from labs.dependent import Dependent
from labs.handles.kept import asked
from labs.step3_outcome.world.northlight import PERSON
from labs.step3_outcome.world.paybacks import (
    ANA,
    BEN,
    CARL,
    CRAWLER,
    EMPTY,
    ETL,
    NIGHTLY,
    ONE_READER,
    PRINCIPALS,
    TESTS,
    Setting,
    drawn,
    world,
)
from workbook import Answer, Case, Finding

ONE = "one proposal"
ROUNDED = Fraction(51, 1000)  # half a decimal, and what a float may be off
PLAIN = Setting()
VIEW, TOP = "mart.parcels_open", "mart.parcels_late"
THROUGH = ((VIEW, PLAIN.table),)
WEEKLY, DAILY = "planned daily, ran weekly", "planned weekly, ran daily"
ALONE: Sequence[tuple[str, str, Setting]] = (  # case, finding, its proposal
    ("an engineer at $400", "payback-formula", replace(PLAIN, rate=40_000)),
    ("an engineer at $1,200", "payback-formula", replace(PLAIN, rate=120_000)),
    (WEEKLY, "runs-planned", replace(PLAIN, runs=(4,) * 6)),
    (DAILY, "runs-planned", replace(PLAIN, planned=4)),
    ("months of 20 to 31 runs", "runs-mean", replace(PLAIN, runs=(31, 31, 25, 22, 21, 20))),
    ("a month without a run", "runs-mean", replace(PLAIN, runs=(30, 30, 0, 30, 30, 30))),
    ("a cent, every second month", "payback-formula",
     replace(PLAIN, before=41, runs=(1, 0, 1, 0, 1, 0))),
    ("a table that lineage does not name", "proposal-missing", replace(PLAIN, made_of="")),
    ("planned daily, never ran", "runs-none", replace(PLAIN, runs=(0,) * 6)),
    ("read by nobody", "unread-pays", replace(PLAIN, readers=())),
    ("read by machines alone", "unread-pays", replace(PLAIN, readers=(ETL, TESTS, CRAWLER))),
    ("read by three people, often", "reads-multiply",
     replace(PLAIN, readers=(ANA, BEN, CARL, ANA, BEN, TESTS))),
    ("an extract for 300", "delivery-readers", replace(PLAIN, readers=(NIGHTLY,))),
    ("an extract for one", "delivery-readers", replace(PLAIN, readers=(ONE_READER,))),
    ("an extract for nobody", "delivery-readers", replace(PLAIN, readers=(EMPTY, ETL))),
    ("read through a view", "view-missed", replace(PLAIN, read=VIEW, built=THROUGH)),
    ("read through a view on a view", "view-missed",
     replace(PLAIN, read=TOP, built=(*THROUGH, (TOP, VIEW)))),
    ("a warehouse at a fixed price", "fixed-price", replace(PLAIN, billing="fixed price")),
    ("dearer than before", "dearer-pays", replace(PLAIN, before=40, after=90)),
    ("as dear as before", "dearer-pays", replace(PLAIN, after=90)),
    ("15 days spent", "sunk-counted", replace(PLAIN, spent=15)),
    ("200 days spent", "sunk-counted", replace(PLAIN, spent=200)),
    ("half a month", "months-rounded", replace(PLAIN, days=1, before=5_100, after=100)),
    ("a year", "months-rounded", replace(PLAIN, days=9, rate=121_000, before=3_050, after=40)),
    ("33 years", "months-rounded", replace(PLAIN, days=18, before=115, after=2)),
)  # fmt: skip


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each trouble by itself, then all of them on ten proposals of a quarter."""
    made = Dependent()
    names = [ONE]

    def case(name: str, finding: str, settings: Sequence[Setting], *needs: str) -> Case:
        run = partial(_judged, answer, settings, finding)
        return made.case(name, finding, run, *needs, plain=not needs)

    yield case(ONE, "payback-formula", [PLAIN])
    for name, finding, setting in ALONE:
        needs = (ONE, WEEKLY, DAILY) if finding == "runs-mean" else (ONE,)
        names.append(name)
        yield case(name, finding, [setting], *needs)
    two = "two proposals for one pipeline"
    slow = replace(PLAIN, id="slower", days=12, after=10)
    yield case(two, "one-of-two", [PLAIN, slow], ONE)
    yield case("ten proposals of a quarter", "months-differ", drawn(seed), *names, two)


def _judged(answer: Answer, settings: Sequence[Setting], finding: str) -> Finding | None:
    told = asked(answer, world(settings), lambda con: answer.call(con=con)).value
    if not isinstance(told, dict):
        return Finding("proposal-missing", f"it returns {_shown(told)}, not a dict")
    ids = {one.id for one in settings}
    if len(settings) == 1 and (missing := ids - set(told)):
        return Finding("proposal-missing", f"{missing.pop()} is not among its keys: {_keys(told)}")
    if len(settings) == 1 and set(told) != ids:
        return Finding("proposal-missing", f"its keys are {_keys(told)}")
    wrong = [one for one in settings if not _right(told.get(one.id, ""), one.months())]
    more = sorted(map(str, set(told) - ids))
    if not wrong and not more:
        return None
    rows = [_row(told, one) for one in wrong[:5]]
    seen = f"{len(wrong)} of {len(settings)} proposals differ" if wrong else f"also {more[0]}"
    if len(settings) == 1:
        nan = " (nan is not None)" if told[PLAIN.id] != told[PLAIN.id] else ""
        seen = f"{_shown(told[PLAIN.id])} months; they are {rows[0]['true']}{nan}"
        rows = [_special(settings[0])]
    return Finding(finding, seen, rows)


def _special(setting: Setting) -> dict[str, Any]:
    """What decides about a proposal; what every other one has as well is left out."""
    runs = sorted(set(setting.runs))
    told = {
        "days": setting.days, "rate_cents": setting.rate, "spent": setting.spent,
        "cents a run": f"{setting.before} → {setting.after}",
        "runs a month": " to ".join(map(str, runs[:1] + runs[-1:] * (len(runs) > 1))),
        "planned": setting.planned, "billing": setting.billing,
        "read by": ", ".join(map(_who, setting.readers)) or "nobody",
        "what is read": setting.read or setting.table,
    }  # fmt: skip
    usual = {
        "rate_cents": PLAIN.rate, "spent": 0, "planned": PLAIN.planned, "billing": PLAIN.billing,
        "what is read": PLAIN.table,
    }  # fmt: skip
    return {name: value for name, value in told.items() if value != usual.get(name)}


def _who(email: str) -> str:
    """An account as `principals` has it; of a person the name is enough."""
    name = email.partition("@")[0]
    told = next(one for one in PRINCIPALS if one["email"] == email)
    if told["kind"] == PERSON:
        return name
    return f"{name} ({told['kind']}, {told['readers']} readers)"


def _keys(told: dict[Any, Any]) -> str:
    return _shown(", ".join(sorted(map(str, told))) or "none")


def _right(told: Any, true: Fraction | None) -> bool:
    """Any way of rounding to one decimal will do; more decimals will not."""
    if true is None or told is None:
        return told is None and true is None
    if isinstance(told, bool) or not isinstance(told, int | float | Decimal):
        return False
    try:
        exact = Fraction(told)
    except (ValueError, OverflowError):  # not a number, or infinite
        return False
    return abs(exact - true) <= ROUNDED and round(float(exact), 1) == float(exact)


def _row(told: dict[Any, Any], one: Setting) -> dict[str, Any]:
    true = one.months()
    return {
        "proposal": one.id, "months": _shown(told.get(one.id, "nothing")),
        "true": "None" if true is None else f"{float(true):,.1f}",
    }  # fmt: skip


def _shown(told: Any) -> str:
    text = told if isinstance(told, str) else repr(told)
    return text if len(text) <= 40 else text[:39] + "…"
