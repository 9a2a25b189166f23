"""value-statement: each number is computed again from the ledger, the tasks and the log.

The page's sentence -> the cases that try it
    Each of the six pipelines has one statement -> six pipelines
    no pipeline has two -> statements that can be read
    it is none where nobody uses the table, and only there -> value where nobody uses it; none
        where it is used
    metric stands in metrics -> a metric that there is
    names the pipeline, has the statement's kind -> the metric of this pipeline
    kind is revenue, cost or hours -> the metric of this pipeline
    belongs to somebody outside the data team -> whose metric it is
    per_month is the mean month of the metric's margin_cents in ledger, within 1 % -> the number
    under none it is 0, or left out -> the number
    Under hours this holds instead, as ledger has no hours -> the number
    task is the one in tasks that the metric measures -> hours have a task and a rate
    rate and times are those of tasks -> hours have a task and a rate
    per_month is minutes × times × rate ÷ 60 -> the number
    A metric that several of the six claim is claimed once in all: their numbers add up to it ->
        one value once
    owner is the metric's owner -> who owns the value
    source is the metric's source -> where the number is from
    Not judged: order, further pipelines and what they claim -> not judged:
        nor quotes, nor the texts of none, nor a share
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

from labs.dependent import Dependent
from labs.step3_outcome.world.company import company
from labs.step3_outcome.world.documents import HOURS, NONE, Statement, Unreadable, statements
from labs.step3_outcome.world.northlight import TEAM, pipelines
from labs.step3_outcome.world.used import reasons
from labs.step3_outcome.world.words import dollars
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

LOG_ROWS = 10_000
ASKED = ("stock_alerts", "weekly_fill_rate", "cart_reminders", "reorder_points",
         "invoice_matching", "session_paths")  # fmt: skip
WITHIN = 0.01
Told = Sequence[Statement]
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Books:
    """What the statements are held against: by pipeline, metric and task."""

    used: Mapping[str, str]
    metrics: Mapping[str, Row]
    tasks: Mapping[str, Row]
    mean: Mapping[str, float]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Who has none, whose metric it is, what the number is, and who stands behind it."""
    yield Case("statements that can be read", partial(_readable, answer), "statement-missing",
               plain=True)  # fmt: skip
    try:
        told = [one for one in statements(answer.text) if one.pipeline in ASKED]
    except Unreadable:
        return
    made, names = Dependent(), list[str]()
    for name, finding, look in _LOOKS:
        yield made.case(name, finding, partial(look, told, _books(seed)), *names)
        # A statement without a metric of its own would fail whatever comes after, too.
        names = [*names, name] if finding in _FIRST else names


@lru_cache(maxsize=8)
def _books(seed: int) -> Books:
    con = company(seed, LOG_ROWS).cursor()

    def rows(query: str) -> list[dict[str, Any]]:
        found = con.execute(query)
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    mean = rows("select metric, avg(margin_cents) as cents from ledger group by metric")
    return Books(
        reasons(con),
        {row["name"]: row for row in rows("from metrics")},
        {row["task"]: row for row in rows("from tasks")},
        {row["metric"]: row["cents"] for row in mean},
    )


def _readable(answer: Answer) -> None:
    try:
        statements(answer.text)
    except Unreadable as error:
        raise AnswerFailed(Failure("statements", str(error))) from None


def _missing(told: Told, _: Books) -> Finding | None:
    stated = {one.pipeline for one in told}
    missing = [name for name in ASKED if name not in stated]
    if not missing:
        return None
    seen = f"{len(missing)} of {len(ASKED)} pipelines have no statement"
    return Finding("statement-missing", seen, [{"pipeline": name} for name in missing])


def _unused(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        if not books.used[pipelines()[one.pipeline].table]:
            worth = dollars(one.per_month or 0)
            seen = f"{one.pipeline} is worth {worth} a month, and nobody uses its table"
            return Finding("value-unused", seen)
    return None


def _none(told: Told, books: Books) -> Finding | None:
    none = [one.pipeline for one in told if one.kind == NONE]
    used = {name: books.used[pipelines()[name].table] for name in none}
    rows = [{"pipeline": name, "used": why} for name, why in used.items() if why]
    if not rows:
        return None
    return Finding("none-used", f"{len(rows)} of {len(none)} with none are used", rows)


def _valued(told: Told) -> list[Statement]:
    return [one for one in told if one.kind != NONE]


def _metric(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        if one.metric not in books.metrics:
            named = one.metric or "nothing"
            return Finding("metric-unknown", f"{one.pipeline} names {named}: not in metrics")
    return None


def _whose(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        if books.metrics[one.metric]["owner"] == TEAM:
            return Finding("metric-own", f"{one.metric}, of {one.pipeline}, belongs to {TEAM}")
    return None


def _fits(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        metric = books.metrics[one.metric]
        if one.pipeline not in metric["pipelines"] or one.kind != metric["kind"]:
            named = ", ".join(metric["pipelines"])
            row = {"metric": one.metric, "kind": metric["kind"], "pipelines": named}
            return Finding("metric-other", f"{one.pipeline} claims it as {one.kind}", [row])
    return None


def _hours(told: Told, books: Books) -> Finding | None:
    for one in told:
        if one.kind != HOURS:
            continue
        task = books.tasks.get(one.task)
        measures = books.metrics[one.metric]["measures"]
        if task is None or one.task not in measures:
            seen = f"{one.pipeline}: the task is {one.task or 'not named'}; measured is {measures}"
        elif one.rate != task["rate_cents"]:
            seen = (
                f"{one.pipeline}: the rate is {one.rate or 'missing'}; {task['owner']} has another"
            )
        elif one.times != task["times_per_month"]:
            seen = f"{one.pipeline}: times is {one.times or 'missing'}; {task['owner']} has another"
        else:
            continue
        return Finding("hours-bare", seen)
    return None


def _true(one: Statement, books: Books) -> float:
    """A metric's month, in cents."""
    task = books.tasks.get(one.task)
    if one.kind == HOURS and task:
        return float(task["minutes"] * task["times_per_month"] * task["rate_cents"] / 60)
    return float(books.mean.get(one.metric, 0))


def _claims(told: Told) -> Mapping[str, list[Statement]]:
    """The statements by metric; of hours, each task is a value of its own."""
    claims: dict[str, list[Statement]] = {}
    for one in _valued(told):
        claims.setdefault(f"{one.metric} {one.task if one.kind == HOURS else ''}", []).append(one)
    return claims


def _number(told: Told, books: Books, *, several: bool) -> Finding | None:
    """Whether the numbers of a metric add up to it; none has no number."""
    for one in told:
        if one.kind == NONE and one.per_month and not several:
            seen = f"{one.pipeline} is none, and {dollars(one.per_month)} a month are stated"
            return Finding("number-off", seen)
    for claims in _claims(told).values():
        if (len(claims) > 1) is not several:
            continue
        stated, true = sum(one.per_month or 0 for one in claims), _true(claims[0], books)
        if abs(stated - true) > WITHIN * true:
            metric = claims[0].metric
            seen = (
                f"{metric}: {dollars(stated)} a month is stated; its mean month is {dollars(true)}"
            )
            rows = [{"pipeline": c.pipeline, "stated": dollars(c.per_month or 0)} for c in claims]
            return Finding("claimed-twice" if several else "number-off", seen, rows)
    return None


def _owner(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        true = books.metrics[one.metric]["owner"]
        if one.owner.lower() != true:
            seen = f"{one.pipeline} is owned by {one.owner or 'nobody'}; its metric by {true}"
            return Finding("owner-other", seen)
    return None


def _source(told: Told, books: Books) -> Finding | None:
    for one in _valued(told):
        true = books.metrics[one.metric]["source"]
        if one.source != true:
            named = one.source or "nothing"
            seen = f"{one.pipeline} names {named}; the metric's owner keeps it in {true}"
            return Finding("source-other", seen)
    return None


_FIRST = ("metric-unknown", "metric-own", "metric-other", "hours-bare")
_LOOKS: Sequence[tuple[str, str, Callable[[Told, Books], Finding | None]]] = (
    ("six pipelines", "statement-missing", _missing),
    ("none where it is used", "none-used", _none),
    ("value where nobody uses it", "value-unused", _unused),
    ("a metric that there is", "metric-unknown", _metric),
    ("whose metric it is", "metric-own", _whose),
    ("the metric of this pipeline", "metric-other", _fits),
    ("hours have a task and a rate", "hours-bare", _hours),
    ("the number", "number-off", partial(_number, several=False)),
    ("one value once", "claimed-twice", partial(_number, several=True)),
    ("who owns the value", "owner-other", _owner),
    ("where the number is from", "source-other", _source),
)
