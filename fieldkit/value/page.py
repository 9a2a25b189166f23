"""Tells a report to a leadership meeting: what it brings and costs, what to stop, what to do."""

from __future__ import annotations

from fieldkit.report.report import Figure, Report, Section, Table
from fieldkit.report.words import plural
from fieldkit.value.found import MONTH, UNKNOWN, Line, Observed, Reported, report_json
from fieldkit.value.plots import Bar, Dot, bars, plane
from fieldkit.value.story import STATUS, cases, hours_line, hours_of, notes, problems, unknown
from fieldkit.value.use import rule, short_log
from fieldkit.value.words import USED, cost_of, hours, money, priced, why

SHOWN = 20
UPSTREAM = (
    "Costs include what is upstream: each pipeline's share of all that it is built on. What a "
    "table costs by itself stands below."
)
KEY = {
    "people": "the people that each output serves",
    "reads": "reads of each output by people and deliveries",
    "equal": "equal parts for outputs in use",
}


def value_report(found: Reported) -> Report:
    """The report of `fieldkit value report`."""
    checked = found.checked
    return Report(
        instrument="value",
        verdict=checked.verdict,
        status=STATUS[checked.verdict],
        summary=_summary(found),
        exit_code=checked.exit_code,
        findings=tuple(problems(checked)),
        sections=tuple(_sections(found)),
        warnings=tuple(notes(checked)),
        cases=tuple(cases(checked)),
        data=report_json(found),
    )


def _summary(found: Reported) -> str:
    checked, seen = found.checked, found.observed
    parts = []
    if checked.faults:
        parts.append(checked.counted())
    money_value = sum(o.stated.cents or 0 for o in found.lines if o.stated.money)
    parts.append(f"{priced(money_value, checked.currency)} a month of stated value holds")
    if seen.bill.known:
        spent = seen.bill.monthly(seen.bill.total)
        parts.append(f"{priced(spent, checked.currency)} a month are spent")
    stops = found.stops()
    if stops:
        span = f" in {plural(seen.bill.days, 'day')} of log" if seen.short else ""
        parts.append(f"nobody uses {plural(len(stops), 'table')}{span}")
    if not found.lines:
        parts.append("the map names no pipelines")
    elif checked.verdict == UNKNOWN:
        parts.append("not every account is classified")
    return "; ".join(parts) + "."


def _sections(found: Reported) -> list[Section]:
    return [
        *_brings(found),
        *_apart(found),
        *_stop(found),
        *unknown(found.checked.observed),
        *_portfolio(found),
        *_costs(found),
        _how(found),
    ]


def _brings(found: Reported) -> list[Section]:
    if not found.lines:
        return []
    currency, known = found.checked.currency, found.observed.bill.known
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            one.stated.pipeline,
            _brought(one),
            _cost(one, found),
            f"{one.people:,}",
            USED[one.used],
        )
        for one in found.lines
    )
    columns: tuple[str, ...] = ("pipeline", "brings", "costs", "people", "use")
    if not found.checked.observed:  # nothing is known of the rest
        rows, columns = tuple(row[:2] for row in rows), columns[:2]
    bad = frozenset(n for n, one in enumerate(found.lines) if one.faults or _idle(one))
    lines = []
    if known:
        lines.append(UPSTREAM)
    if any(one.faults for one in found.lines):
        lines.append("Where a number does not hold, what the pipeline brings is left open (–).")
    if found.elsewhere and known:
        rest = priced(found.elsewhere, currency)
        lines.append(f"{rest} a month of cost belong to no pipeline of the map.")
    title = f"What each pipeline brings and costs, {currency} a month"
    table = Table(columns, rows, "", bad)
    return [Section(title, tuple(lines), (table,), figures=(_worth_figure(found),))]


def _brought(one: Line) -> str:
    if one.stated.kind == "none":
        return "none"
    if one.stated.hours and one.stated.cents is not None and not one.stated.money:
        return f"{hours(one.stated.hours)} h"
    return "–" if one.stated.cents is None or not one.stated.money else money(one.stated.cents)


def _cost(one: Line, found: Reported) -> str:
    """What a pipeline costs; a dash where no export has its tables, or no export has costs."""
    seen = found.observed
    if not seen.bill.known or not set(one.tables) & set(seen.uses):
        return "–"
    return money(one.cost)


def _worth_figure(found: Reported) -> Figure:
    currency, known = found.checked.currency, found.observed.bill.known
    rows = [
        Bar(
            one.stated.pipeline, float((one.stated.cents or 0) * one.stated.money), float(one.cost),
            (_brought(one), _cost(one, found) if known else ""), _mark(one),
        )
        for one in found.lines
    ]  # fmt: skip
    ahead = sum((one.stated.cents or 0) * one.stated.money > one.cost for one in found.lines)
    best, count = found.lines[0], plural(len(found.lines), "pipeline")
    told = f"{ahead} of {count} bring more money than they cost" if known else (
        f"{count} by what they bring"
    )  # fmt: skip
    if ahead:
        cost = f" against {_cost(best, found)}" if known else ""
        told += f"; first is {best.stated.pipeline}: {_brought(best)}{cost} {currency} a month"
    return bars(rows, ("brings", "costs"), told + ".")


def _mark(one: Line) -> str:
    if one.faults:
        return "does not hold"
    return "nobody uses it" if _idle(one) else ""


def _idle(one: Line) -> bool:
    """A value that nobody uses; where the map says none, that is what it says."""
    return one.used is False and one.stated.kind != "none"


def _apart(found: Reported) -> list[Section]:
    lines = [o for o in found.lines if o.stated.hours and o.stated.cents is not None]
    apart = [one for one in lines if not one.stated.money]
    if not apart:
        return []
    rows = tuple((o.stated.pipeline, hours(o.stated.hours), o.stated.source) for o in apart)
    table = Table(("pipeline", "hours", "source"), rows)
    return [Section("Hours saved a month", (hours_line(hours_of(found.checked)),), (table,))]


def _stop(found: Reported) -> list[Section]:
    stops, seen = found.stops(), found.observed
    if not stops:
        return []
    currency, known = found.checked.currency, seen.bill.known
    rows = tuple((one.table, money(cost_of(seen, one.table)), why(one)) for one in stops[:SHOWN])
    saved = sum(cost_of(seen, one.table) or 0 for one in stops)
    line = (
        f"{plural(len(stops), 'table')} that nobody uses; stopping all of them saves "
        f"{priced(saved, currency)} a month ({MONTH} days of this log). What they share with "
        "tables in use is not in it: this is what each costs by itself."
        if known
        else f"{plural(len(stops), 'table')} that nobody uses; what they cost is not known."
    )
    if seen.short:
        line += f" {short_log(seen.bill.days, seen.days)} Ask before you stop one."
    more = (f"and {len(stops) - SHOWN} more; the JSON report has all.",) * (len(stops) > SHOWN)
    columns = ("table", f"{currency} a month", "why it counts as unused")
    return [
        Section(
            "Candidates to stop", (line, *more), (Table(columns, rows),),
            figures=(_plane(found),) if known else (),
        )
    ]  # fmt: skip


def _plane(found: Reported) -> Figure:
    seen, currency = found.observed, found.checked.currency
    costs = {table: cost_of(seen, table) or 0 for table in seen.uses}
    paid = [one for one in seen.uses.values() if costs[one.table]]
    idle = [one for one in paid if one.used is False]
    dearest = sorted(idle, key=lambda one: (-costs[one.table], one.table))
    served = sorted(paid, key=lambda one: (-one.people, one.table))
    named = {one.table for one in [*dearest[:3], *served[:2]]}
    dots = [
        Dot(
            one.people, costs[one.table] / 100, one.used is False,
            _end(one.table) if one.table in named else "",
        )
        for one in paid
    ]  # fmt: skip
    told = f"{plural(len(paid), 'table')} by what they cost and how many people they serve"
    if dearest:
        cost = priced(costs[dearest[0].table], currency)
        told += (
            f". Crosses serve nobody ({len(idle)}); the dearest of these, {dearest[0].table}, "
            f"costs {cost} a month"
        )
    return plane(dots, ("people served", f"{currency} a month"), ("", ""), told + ".")


def _end(table: str) -> str:
    """A table's schema and name, without its project."""
    return ".".join(table.split(".")[-2:])


def _portfolio(found: Reported) -> list[Section]:
    choice = found.choice
    if not choice:
        return []
    currency = found.checked.currency
    rows = tuple(
        (one.id, "yes" if chosen else "no", f"{float(one.days):g}", money(float(one.expected)),
         ", ".join(one.needs))
        for one, chosen in found.initiatives
    )  # fmt: skip
    lines = [
        f"{len(choice.ids)} of {plural(len(rows), 'initiative')} in {float(choice.days):g} of "
        f"{found.capacity:g} days bring {priced(float(choice.value), currency)}, as expected: "
        ".3 p10 + .4 p50 + .3 p90, less what they cost to run.",
        "No other choice within these days is worth more."
        if choice.optimal
        else "The search was ended: the best choice may be worth up to "
        f"{priced(float(choice.at_most), currency)}.",
    ]
    columns = ("initiative", "do it", "days", f"{currency} expected", "needs")
    table = Table(columns, rows)
    return [Section("What to do next", tuple(lines), (table,), figures=(_ranked(found),))]


def _ranked(found: Reported) -> Figure:
    rows = []
    for one, chosen in found.initiatives:
        told = f"{money(float(one.expected))} · {float(one.days):g} days"
        value = float(one.expected)
        rows.append(
            Bar(one.id, value * chosen, value * (not chosen), (told, "") if chosen else ("", told))
        )
    done = [one.id for one, chosen in found.initiatives if chosen]
    left = len(rows) - len(done)
    alt = f"Do: {', '.join(done[:8]) or 'nothing'}; left out: {plural(left, 'initiative')}."
    return bars(rows, ("do", "leave"), alt)


def _costs(found: Reported) -> list[Section]:
    if not found.observed.bill.known:
        return []
    seen, currency = found.observed, found.checked.currency
    carried = sorted(found.allocation.by_output().items(), key=lambda one: (-one[1], one[0]))
    rows = tuple(
        (table, money(seen.bill.monthly(seen.bill.tables.get(table, 0))),
         money(seen.bill.monthly(cents)), USED[seen.uses[table].used])
        for table, cents in carried[:SHOWN]
    )  # fmt: skip
    total, whole = found.allocation.total, seen.bill.total
    lines = [
        f"The exports hold {currency} {whole / 100:,.2f} for {plural(seen.bill.days, 'day')}.",
        "Each table's cost is carried by the outputs that are built on it, by "
        f"{KEY[found.allocation.key]}; the shares sum to {currency} {total / 100:,.2f}.",
    ]
    lines += [
        f"{currency} {cents / 100:,.2f} belong to no table: {label}."
        for label, cents in sorted(seen.bill.rest.items())
    ]
    more = len(carried) - SHOWN
    lines += [f"The {SHOWN} dearest of {len(carried)} outputs:"] * (more > 0)
    columns = ("output", "own cost", "with upstream", "use")
    title = f"Where the cost goes, {currency} a month"
    tables = (Table(columns, rows),) if rows else ()
    return [Section(title, tuple(lines), tables)]


def _how(found: Reported) -> Section:
    seen = found.observed
    if not found.checked.observed:
        line = "No log was given (--jobs), so what is used and what it costs is not known."
        return Section("How it was counted", (line,))
    first, last = seen.bill.first, seen.bill.last
    span = f" from {first:%Y-%m-%d} to {last:%Y-%m-%d}" if first and last else ""
    return Section(
        "How it was counted",
        (
            rule(seen.days, seen.bill.days),
            f"{plural(seen.bill.jobs, 'job')}{span} (UTC){_failed(seen)}. A month is {MONTH} days "
            "of this log. People are counted, not named.",
        ),
    )


def _failed(seen: Observed) -> str:
    failed = seen.bill.failed
    return f", of which {failed:,} failed: these cost, and are not use" if failed else ""
