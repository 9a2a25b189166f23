"""review-pr: what each decision lets through, measured on a lake of this seed.

The page's sentence -> the cases that try it
    approve: it goes -> fct_purchases; fct_share_of_day; fct_events_by_hour
    block: it stops, and rule names the cause -> fct_sessions; fct_first_touch;
        fct_country_revenue; fct_conversion; the names of the causes
    waive: it breaks a rule and has to -> fct_sessions; rep_yearly_audit; fct_purchases;
        fct_share_of_day; fct_events_by_hour
    Then that rule, an owner, and until -> rep_yearly_audit
    either counts -> the names of the causes
    Nothing else is waived, neither harm nor good work -> fct_sessions; fct_first_touch;
        fct_country_revenue; fct_conversion; fct_purchases; fct_share_of_day; fct_events_by_hour
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import partial

from fieldkit.audit.rules import RULES
from fieldkit.audit.standards import StandardsError
from labs.step1_audit.world.bill import dollars, kilo
from labs.step1_audit.world.gate import today
from labs.step1_audit.world.lake import Lake, lake
from labs.step1_audit.world.pulls import (
    APPROVE,
    AUDIT,
    BLOCK,
    GOOD,
    HARMFUL,
    MARGIN_PERCENT,
    PULLS,
    WAIVE,
    WAIVER_DAYS,
    Pull,
    bill,
    wrong_revenue,
)
from labs.step1_audit.world.reviews import Decision, Review, read
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

ORDERS_PER_DAY = 40  # a lake a tenth as large as the page's: the words of a finding say so
SCALE = 300_000
MAY_MISNAME = 1


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """First what was let through, then what was held up, the waiver, and the names."""
    yield Case("a review that can be read", partial(_readable, answer), "pr-rule", plain=True)
    try:
        review = read(answer.text)
    except StandardsError:
        return
    here = lake(seed, ORDERS_PER_DAY)
    for pull in HARMFUL:
        yield Case(pull.model, partial(_let_through, review, pull, here), "pr-cost")
    for pull in GOOD:
        yield Case(pull.model, partial(_held_up, review, pull, here), "pr-good-blocked")
    yield Case(AUDIT, partial(_waiver, review[AUDIT], here), "pr-audit-blocked")
    yield Case("the names of the causes", partial(_named, review), "pr-rule")


def _readable(answer: Answer) -> None:
    try:
        read(answer.text)
    except StandardsError as error:
        raise AnswerFailed(Failure("review", str(error))) from None


def _let_through(review: Review, pull: Pull, here: Lake) -> Finding | None:
    decision = review[pull.model].what
    if decision == BLOCK:
        return None
    if decision == WAIVE:
        return Finding("pr-waived", f"{pull.model} may go on as it is; {_harm(pull, here)}")
    return Finding("pr-rows" if pull.rows else "pr-cost", f"{pull.model}: {_harm(pull, here)}")


def _harm(pull: Pull, here: Lake) -> str:
    if pull.rows:
        wrong = wrong_revenue(here, pull.model) * SCALE / 100
        lost = wrong * MARGIN_PERCENT / 100
        shown = f"four days of the check's small lake show {dollars(wrong)} that nobody paid"
        return f"{shown}, {dollars(lost)} at the margin"
    month = bill(here, pull.model, SCALE)
    read = f"{kilo(month.bytes)} a run of the check's small lake"
    return f"{read}, {month.runs} runs, {dollars(month.month)} a month"


def _held_up(review: Review, pull: Pull, here: Lake) -> Finding | None:
    decision = review[pull.model]
    if decision.what == APPROVE:
        return None
    if decision.what == WAIVE:
        rule = decision.rule or "no rule"
        return Finding("pr-good-waived", f"{pull.model} is waived for {rule}, and breaks none")
    month = bill(here, pull.model, SCALE)
    observed = f"{pull.model} reads {kilo(month.bytes)} a run, {dollars(month.month)} a month"
    return Finding("pr-good-blocked", f"{observed}, and its rows are right")


def _waiver(decision: Decision, here: Lake) -> Finding | None:
    if decision.what == BLOCK:
        month = bill(here, AUDIT, SCALE)
        return Finding("pr-audit-blocked", f"one run a year, {dollars(month.month)}")
    if decision.what == APPROVE or decision.until is None:
        named = "the waiver has" if decision.what == WAIVE else "nobody is named, and it has"
        return Finding("pr-audit-approved", f"{named} no day on which it ends")
    if not _names_somebody(decision.owner):
        told = f"{decision.owner!r} as its owner" if decision.owner else "no owner"
        return Finding("pr-waiver-owner", f"the waiver names {told}")
    if decision.rule not in PULLS[AUDIT].rules:
        return Finding("pr-waiver-rule", f"it waives {decision.rule or 'no rule'}")
    return _in_time(decision.until, today(here))


def _names_somebody(owner: str) -> bool:
    """Whether it can be a name: not a date, nor a word of the review itself."""
    return any(map(str.isalpha, owner)) and owner not in {*RULES, APPROVE, BLOCK, WAIVE}


def _in_time(until: date, now: date) -> Finding | None:
    if until < now:
        return Finding("pr-waiver-past", f"it ended on {until}; today is {now}")
    if until > now + timedelta(days=WAIVER_DAYS):
        return Finding("pr-waiver-long", f"until {until}: {(until - now).days} days from {now}")
    return None


def _named(review: Review) -> Finding | None:
    """One of the four may be named otherwise; of more, all are shown."""
    blocked = [pull for pull in HARMFUL if review[pull.model].what == BLOCK]
    wrong = [pull for pull in blocked if review[pull.model].rule not in pull.rules]
    if len(wrong) <= MAY_MISNAME:
        return None
    rows = [{"model": p.model, "blocked for": review[p.model].rule} for p in wrong]
    return Finding("pr-rule", f"{len(wrong)} of {len(blocked)} are blocked for another cause", rows)
