"""Renders a GuardedRun as a Report."""

from __future__ import annotations

from typing import Any

from fieldkit.guard.alerting import NOT_DELIVERED
from fieldkit.guard.checks import Check
from fieldkit.guard.found import PUBLISHED, GuardedRun, next_steps, readable, sentence, short
from fieldkit.guard.profiles import MOST_KINDS
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import duration, plural

ORDER = ("failed", "learning", "open", "passed")


def report_of(found: GuardedRun, learn: int) -> Report:
    """The report of a run; `learn`: runs before a threshold is learned."""
    notes = [*found.notes, *_learning(found, learn), *_open(found), *_many(found), *_day(found)]
    return Report(
        instrument="guard",
        verdict=found.verdict,
        status="good" if found.verdict == PUBLISHED else "bad",
        summary=_summary(found),
        exit_code=found.exit_code,
        findings=tuple(_findings(found)) if found.verdict != PUBLISHED else (),
        sections=tuple(_sections(found, notes)),
        warnings=(*found.warnings, *_new_columns(found)),
        cases=tuple(_case(one) for one in found.causes + found.checks),
        data=as_json(found, notes),
    )


def _summary(found: GuardedRun) -> str:
    if found.verdict == PUBLISHED:
        judged = sum(one.status == "passed" for one in found.checks)
        over = f"; the incident since {_short(found.ended_incident)} is over"
        what = f"{plural(judged, 'check')} passed" if judged else "accepted by hand"
        wide = sum(one.wide for one in found.checks)
        what += f", {wide} of them with a wide band as yet" if wide else ""
        return f"{found.state} as of {_short(found.as_of['as_of'])}; {what}" + (
            over if found.ended_incident else ""
        ) + "."  # fmt: skip
    first = found.failed[0]
    more = f", and {plural(len(found.failed) - 1, 'other')}" if len(found.failed) > 1 else ""
    stays = f"{found.state} stays as of {_short(found.as_of['as_of'])}"
    return f"{first.table}: {short(first)}{more}. {stays}."


def _short(moment: str) -> str:
    return moment[:16].replace("T", " ")


def _findings(found: GuardedRun) -> list[Problem]:
    groups: dict[str, list[Check]] = {}
    for one in found.failed:
        groups.setdefault(one.incident, []).append(one)
    problems = [
        Problem(name, tuple(sentence(one) for one in checks), (), ())
        for name, checks in groups.items()
    ]
    last = problems.pop()
    return [*problems, Problem(last.title, last.evidence, (), tuple(_advice(found)))]


def _advice(found: GuardedRun) -> list[str]:
    steps = [f"{one[0].upper()}{one[1:]}." for one in next_steps(found)]
    for name, count in found.quarantined.items():
        steps.append(f"{plural(count, 'row')} of {name} that break a rule: quarantine-{name}.csv.")
    return steps


def _learning(found: GuardedRun, learn: int) -> list[str]:
    few = [one for one in found.checks if one.status == "learning"]
    if not few:
        return []
    least = min(one.runs for one in few)
    where = f"{', '.join(sorted({one.table for one in few}))}"
    return [
        f"Learning ({least} of {learn} {found.day.kind} runs): {plural(len(few), 'threshold')} of "
        f"{where}; judged there are schema, emptiness and the policy's own limits."
    ]


def _open(found: GuardedRun) -> list[str]:
    names = [f"{one.table}: {one.measure}" for one in found.checks if one.status == "open"]
    if not names:
        return []
    first = ", ".join(names[:5]) + " …" * (len(names) > 5)
    count = "counts" if len(names) == 1 else "count"
    return [
        f"{plural(len(names), 'threshold')} would let everything through as yet and {count} for "
        f"nothing: {first}."
    ]


def _many(found: GuardedRun) -> list[str]:
    names = [f"{name}.{one}" for name, table in found.tables.items() for one in table.many]
    if not names:
        return []
    first = ", ".join(names[:5]) + " …" * (len(names) > 5)
    return [f"More than {MOST_KINDS} different texts, so no mix to judge: {first}."]


def _new_columns(found: GuardedRun) -> list[str]:
    new = [one for one in found.checks if one.measure == "columns" and ", new: " in one.now]
    published = ", published" * (found.verdict == PUBLISHED)
    return [
        f"{one.table}: new columns{published}: {one.now.partition(', new: ')[2]}" for one in new
    ]


def _day(found: GuardedRun) -> list[str]:
    lines = []
    if found.day.named:
        low, high = found.day.named.times
        lines.append(
            f"The day is {found.day.named.name}: volume may be {low:g} to {high:g} times that of a "
            f"{found.day.kind}, amounts half to double; mixes of categories are not judged."
        )
    if found.day.backfill:
        lines.append(
            "It counts for a time before the last published run: it may find nothing new to add, "
            "and data of later days is there."
        )
    elif found.day.again:
        lines.append(
            "It comes soon after a published run, so it may find nothing new to add, and what that "
            "one left."
        )
    if found.day.late > 1:
        lines.append(
            f"By the usual rhythm {plural(found.day.late - 1, 'run')} did not publish: volume may "
            f"be up to {found.day.late} times as much."
        )
    return lines


def _sections(found: GuardedRun, notes: list[str]) -> list[Section]:
    rows = tuple(
        (name, f"{one.values['rows']:,.0f}", f"{one.batch:,}", *_counts(found, name))
        for name, one in found.tables.items()
    )
    columns = ("table", "rows", "new rows", "passed", "failed", "learning")
    bad = frozenset(n for n, row in enumerate(rows) if row[4] != "0")
    sections = [Section("Tables", (), (Table(columns, rows, bad=bad),))] if rows else []
    shown = sorted(found.checks, key=lambda one: ORDER.index(one.status))
    table = Table(
        ("table", "measure", "verdict", "now", "allowed", "after"),
        tuple((c.table, readable(c.measure), c.status, c.now, c.allowed, c.source) for c in shown),
        bad=frozenset(n for n, one in enumerate(shown) if one.status == "failed"),
    )
    lines = [*notes, f"Command: {found.command}", _when(found)]
    if found.alerted:
        late = any(NOT_DELIVERED in one for one in found.warnings)
        lines.append("An alert waits." if late else "An alert is sent.")
    elif found.untold:
        lines.append(f"No alert is sent: {found.untold}.")
    if found.left_out:
        lines.append(f"Not in the policy, not judged: {', '.join(found.left_out)}.")
    sections.append(Section("Run", tuple(lines)))
    return sections + ([Section("Checks", (), (table,), detail=True)] if shown else [])


def _when(found: GuardedRun) -> str:
    took = f"; the command took {duration(found.command_seconds)}" if found.command_seconds else ""
    return f"Run {found.run}, {_short(found.at.isoformat())}, a {found.day.name} run{took}."


def _counts(found: GuardedRun, name: str) -> list[str]:
    own = [one.status for one in found.checks if one.table == name]
    counts = {status: own.count(status) for status in ORDER}
    return [str(counts[s]) for s in ("passed", "failed")] + [
        str(counts["learning"] + counts["open"])
    ]


def _case(one: Check) -> CaseResult:
    status = {"learning": "skipped", "open": "skipped"}.get(one.status, one.status)
    message = {
        "failed": sentence(one),
        "learning": f"learning ({one.runs} runs)",
        "open": f"everything is allowed as yet ({one.allowed})",
    }
    return CaseResult(one.table, one.measure, status, message.get(one.status, ""), 0.0, one.cause)


def as_json(found: GuardedRun, notes: list[str]) -> dict[str, Any]:
    """The run's figures."""
    return {
        "command": found.command,
        "state": found.state,
        "run": found.run,
        "at": found.at.isoformat(),
        "day": found.day.name,
        "seconds": round(found.seconds, 3),
        "command_seconds": round(found.command_seconds, 3),
        "as_of": found.as_of,
        "held": str(found.held) if found.held else None,
        "quarantined": found.quarantined,
        "alerted": found.alerted,
        "channels": list(found.channels),
        "notes": notes,
        "left_out": found.left_out,
        "checks": [vars(one) for one in found.causes + found.checks],
        "tables": {
            name: {"rows": one.values["rows"], "new_rows": one.batch}
            for name, one in found.tables.items()
        },
    }
