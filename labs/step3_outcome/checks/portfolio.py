"""portfolio: small quarters, one for each rule that chooses wrongly, and twenty drawn ones.

The page's sentence -> the cases that try it
    The plan is a list of ids, each once -> one initiative, and days enough; one that enables
        two; twenty drawn quarters
    in any order -> not judged: a plan is what it holds
    It takes at most capacity days -> one day more than there is; what it needs does not fit;
        no days; days for exactly two; twenty drawn quarters
    It holds all that its initiatives need -> one that only enables the best; one that needs two;
        twenty drawn quarters
    and what these need -> a chain of three; one that needs two, of which one needs more
    A year of an initiative is worth 0.3 p10 + 0.4 p50 + 0.3 p90 -> a rule of its own: *;
        a large bet *
    less its run cost -> dear to run, *
    a plan is worth their sum -> one that enables two; one that costs, and enables the best;
        one that costs more than it enables
    at least 90 % of the best that fits: in the check's small quarters -> one of three loses;
        one large against three small; one short against one long; days for exactly two;
        the first does not fit
    the median of twenty drawn ones -> twenty drawn quarters
    It is empty where everything loses -> each of three loses
    Votes and spent_days change nothing -> the loudest is worth least; the same initiatives,
        other *; three that are alike, other *
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from labs.dependent import Dependent
from labs.step3_outcome.world import quarters
from labs.step3_outcome.world.initiatives import (
    best,
    capacity_for,
    days_of,
    drawn,
    lacking,
    regret,
    worth,
    worth_of,
)
from labs.step3_outcome.world.quarters import Quarter, Sketch
from workbook import Answer, Case, Finding

DRAWN = 20
MOST = 0.10  # of the best plan's worth may be lost
SETS = (
    ("value-rule", quarters.BETS),
    ("run-cost", quarters.RUN_COSTS),
    ("loss-taken", quarters.LOSSES),
    ("worth-per-day", quarters.DAYS),
    ("bundle-misjudged", quarters.CHAINS),
    ("bundle-misjudged", quarters.NEEDS),
    ("value-left", quarters.OVER),
    ("value-left", quarters.FITS),
)
NEW = "the same initiatives, other "
SAME = "three that are alike, other "
RANDOM = "twenty drawn quarters"


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Who asks, what it is worth, what it needs, what fits; then quarters of fourteen."""
    made, names = Dependent(), list[str]()

    def case(name: str, run: Callable[[], Finding | None], finding: str) -> Case:
        needs = names[:1]
        names.append(name)
        return made.case(name, finding, run, *needs, plain=not needs)

    def small(name: str, sketch: Sketch, finding: str) -> Case:
        return case(name, partial(_small, answer, sketch.drawn(seed, name), finding), finding)

    yield small("one initiative, and days enough", quarters.ONE, "value-left")
    yield small("the loudest is worth least", quarters.LOUD, "by-votes")
    for key, what, values, finding in (
        ("votes", "votes", quarters.VOTES, "by-votes"),
        ("spent", "days spent", quarters.SPENT, "by-spent"),
    ):
        turns = [s.drawn(seed, key) for s in quarters.dealt(key, values)]
        yield case(NEW + what, partial(_dealt, answer, turns, what, finding), finding)
        turns = [s.drawn(seed, key) for s in quarters.dealt(key, values, quarters.ALIKE)]
        yield case(SAME + what, partial(_same, answer, turns, what, finding), finding)
    for name, sketch in quarters.RULES.items():
        yield small(f"a rule of its own: {name}", sketch, "value-rule")
    for finding, sketches in SETS:
        for name, sketch in sketches.items():
            yield small(name, sketch, finding)
    # The net is cast only where each small quarter is right, or one cause would show twice.
    yield made.case(RANDOM, "far-from-best", partial(_drawn, answer, seed), *names)


def _plan(quarter: Quarter, told: Any) -> tuple[list[str], Finding | None]:
    """The ids of a plan, and what keeps it from being one that can be carried out."""
    known = [one["id"] for one in quarter.initiatives]
    if not isinstance(told, list | tuple | set):
        return [], Finding("plan-ids", f"it returned {repr(told)[:60]} where a list is needed")
    ids = list(told)
    for one in ids:
        if one not in known:
            return [], Finding("plan-ids", f"{repr(one)[:60]} is not an id of this quarter")
    twice = sorted({one for one in ids if ids.count(one) > 1})
    if twice:
        return [], Finding("plan-ids", f"{twice[0]} stands in the plan {ids.count(twice[0])} times")
    return ids, _too_long(quarter, ids) or _lacking(quarter, ids)


def _too_long(quarter: Quarter, ids: Sequence[str]) -> Finding | None:
    days = days_of(quarter.initiatives, ids)
    if days <= quarter.capacity:
        return None
    rows = [
        {"id": one["id"], "days": one["effort_days"]}
        for one in quarter.initiatives
        if one["id"] in ids
    ]
    return Finding("plan-over", f"it takes {days} days; there are {quarter.capacity}", rows)


def _lacking(quarter: Quarter, ids: Sequence[str]) -> Finding | None:
    lacks = lacking(quarter.initiatives, ids)
    if not lacks:
        return None
    one, need = lacks[0]
    return Finding("plan-lacks", f"{one} is in the plan and needs {need}, which is not")


def _asked(answer: Answer, quarter: Quarter) -> dict[str, Any]:
    return {"initiatives": [dict(one) for one in quarter.initiatives],
            "capacity": quarter.capacity}  # fmt: skip


def _small(answer: Answer, quarter: Quarter, finding: str) -> Finding | None:
    told = answer.call(**_asked(answer, quarter)).value
    ids, broken = _plan(quarter, told)
    return broken or _less(quarter, ids, finding)


def _less(quarter: Quarter, ids: Sequence[str], finding: str) -> Finding | None:
    """A plan that loses more than a tenth of what the best one is worth."""
    if regret(quarter.initiatives, quarter.capacity, ids) <= MOST:
        return None
    right = best(quarter.initiatives, quarter.capacity)
    mine, most = (worth_of(quarter.initiatives, plan) for plan in (ids, right))
    seen = f"your plan is worth {dollars(mine)} a year, another one {dollars(most)}"
    return Finding(finding, seen + _tempted(quarter, ids), _rows(quarter, ids, right))


def _tempted(quarter: Quarter, ids: Sequence[str]) -> str:
    """Which other rule the plan follows, where this quarter was made to tell."""
    if quarter.tempts is None:
        return ""
    name, weights = quarter.tempts
    other = [_revalued(one, weights) for one in quarter.initiatives]
    follows = worth_of(other, ids) == worth_of(other, best(other, quarter.capacity))
    return f"; it is the one that {name} prefers" if follows else ""


def _revalued(one: Mapping[str, Any], weights: Sequence[float]) -> dict[str, Any]:
    """The initiative with all three values at what other weights say that it is worth."""
    values = [one[f"{p}_cents"] for p in quarters.WEIGHTS]
    mean = sum(w * value for w, value in zip(weights, values, strict=True)) / sum(weights)
    return {**one, **{f"{p}_cents": round(mean) for p in quarters.WEIGHTS}}


def _rows(quarter: Quarter, ids: Sequence[str], right: Sequence[str]) -> list[dict[str, Any]]:
    """What stands in one of the two plans only."""
    return [
        {
            "id": one["id"],
            "worth": dollars(worth(one)),
            "days": one["effort_days"],
            "in your plan": "yes" if one["id"] in ids else "no",
        }
        for one in sorted(quarter.initiatives, key=lambda one: -abs(worth(one)))
        if (one["id"] in ids) != (one["id"] in right)
    ]


def _dealt(answer: Answer, turns: Sequence[Quarter], what: str, finding: str) -> Finding | None:
    """One quarter, in which only votes or days spent go round: the plan stays as good."""
    outcomes = answer.map([_asked(answer, quarter) for quarter in turns])
    found = []
    for quarter, outcome in zip(turns, outcomes, strict=True):
        ids, broken = _plan(quarter, outcome.value)
        found.append(broken or _less(quarter, ids, finding))
    wrong = [one for one in found if one]
    if not wrong:
        return None
    if wrong[0].id == "plan-ids":
        return wrong[0]
    # The initiatives are the same each time: what makes a plan too long here is what was dealt.
    seen = f"with {what} dealt out anew {len(wrong)} of {len(found)} plans are wrong: "
    return Finding(finding, seen + wrong[0].observed, wrong[0].rows)


def _same(answer: Answer, turns: Sequence[Quarter], what: str, finding: str) -> Finding | None:
    """Where several plans are the best, what changes nothing does not choose among them either.

    Asked for the first quarter twice: an answer that draws its plan may draw another one.
    """
    outcomes = answer.map([_asked(answer, quarter) for quarter in (*turns, turns[0])])
    plans = []
    for quarter, outcome in zip((*turns, turns[0]), outcomes, strict=True):
        ids, broken = _plan(quarter, outcome.value)
        if broken:
            return broken
        plans.append(sorted(ids))
    if plans[0] != plans[-1] or all(plan == plans[0] for plan in plans):
        return None
    seen = f"{what} dealt out anew among three that are alike, and two others are in the plan"
    return Finding(finding, seen)


def _drawn(answer: Answer, seed: int) -> Finding | None:
    """The median of many quarters: no plan has to be the best in each."""
    made = [drawn(seed * 1_000 + number) for number in range(DRAWN)]
    chosen = [Quarter(initiatives, capacity_for(initiatives)) for initiatives in made]
    outcomes = answer.map([_asked(answer, quarter) for quarter in chosen])
    lost = []
    for quarter, outcome in zip(chosen, outcomes, strict=True):
        ids, broken = _plan(quarter, outcome.value)
        if broken:
            return broken
        lost.append(regret(quarter.initiatives, quarter.capacity, ids))
    if median(lost) <= MOST:
        return None
    seen = f"the middle one of {len(lost)} plans loses {median(lost):.0%} of what the best is worth"
    return Finding("far-from-best", seen)


def dollars(tenths: int) -> str:
    """Tenths of a cent as whole dollars."""
    return f"{'−' if tenths < 0 else ''}${abs(tenths) // 1000:,}"
