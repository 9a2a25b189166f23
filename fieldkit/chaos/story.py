"""Renders Trials as a Report."""

from __future__ import annotations

from decimal import Decimal

from fieldkit.chaos.found import (
    BAD,
    NO_VERDICT,
    SURVIVED,
    Trial,
    Trials,
    Verdict,
    as_json,
)
from fieldkit.report.differences import by_column, examples, sentence
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural, said
from fieldkit.state.folders import OTHER
from fieldkit.state.rows import Delta, Example

MEANING = {
    Verdict.WRONG: "published other data than a clean run",
    Verdict.SILENT: "kept the old data, and alerted nobody",
    Verdict.STUCK: "does not recover by itself",
    Verdict.NEVER: "had not ended in time",
    Verdict.IMPOLITE: "sent requests in a way that a source would block",
    Verdict.STALE: "kept the old data, and alerted somebody",
    Verdict.FRESH: "the data of a clean run, all the same",
    Verdict.UNMET: "the command did not meet the fault",
    Verdict.UNSHOWN: "nobody was alerted, and old data cannot be told from new",
}
HARM = ("lost", "twice", "numbers", "new rows", "texts", "files")  # worst first
ADVICE = {
    Verdict.WRONG: (
        "Load into a staging place, check it there against what past days were like (rows, shares "
        "of NULL, sums, columns and types), and publish in one transaction or by rename.",
        "Where a part is missing or a check fails: keep yesterday's data, say as of when it is, "
        "and alert.",
    ),
    Verdict.SILENT: (
        "Write to FIELDKIT_ALERTS here, to your pager at work: what failed, since when, what is "
        "stale, what to do; or end with an exit code that is not 0, so that your "
        "scheduler alerts somebody.",
    ),
    Verdict.STUCK: (
        "A failed run must leave nothing that stops the next one: no checkpoint ahead of its data, "
        "no lock, no half-made table.",
        "A file that comes again under its right name must not count twice: know it by its "
        "content, and its rows by their key.",
    ),
    Verdict.NEVER: (
        "Give every request a timeout, and all tries together a limit; then keep the old data and "
        "alert.",
    ),
    Verdict.IMPOLITE: (
        "Wait for as long as Retry-After says, in seconds or as a date; else double the wait, with "
        "jitter, and stop after a few tries. 401 and 404 do not become right by asking again.",
    ),
    Verdict.UNSHOWN: (
        "A clean run leaves the data as it is in --state, so a run that got nothing looks the "
        "same. Start from a state before a load: yesterday's copy, or one without the latest rows.",
    ),
}


def report_of(found: Trials) -> Report:
    """The report of trials: sentences, tables and test cases."""
    return Report(
        instrument="chaos",
        verdict=found.verdict,
        status={SURVIVED: "good", **dict.fromkeys(NO_VERDICT, "unsure")}.get(found.verdict, "bad"),
        summary=_summary(found),
        exit_code=found.exit_code,
        findings=tuple(
            _finding(found, verdict) for verdict in (*BAD, Verdict.UNSHOWN) if found.of(verdict)
        ),
        sections=tuple(_sections(found)),
        warnings=tuple(found.warnings),
        cases=tuple(_case(one) for one in found.trials),
        data=as_json(found),
    )


def _summary(found: Trials) -> str:
    tried = len(found.trials) - len(found.of(Verdict.UNMET))
    bad = [one for one in found.trials if one.bad]
    fine = f"{len(found.of(Verdict.FRESH))} fresh, {len(found.of(Verdict.STALE))} stale and alerted"
    if found.unfinished:
        known = f"{len(bad)} of {plural(tried, 'schedule')} bad" if tried else "nothing was tried"
        return f"{found.unfinished}; known so far: {known}."
    if unshown := len(found.of(Verdict.UNSHOWN)):
        fine += f", {unshown} not shown (a clean run changes nothing here)"
    if unmet := len(found.of(Verdict.UNMET)):
        fine += f", {unmet} more not met"
    if not bad:
        return f"{plural(tried, 'schedule')} of faults: {fine}."
    counts = ", ".join(f"{len(found.of(one))} {one}" for one in BAD if found.of(one))
    return f"{len(bad)} of {plural(tried, 'schedule')} of faults: {counts}; {fine}."


def _finding(found: Trials, verdict: Verdict) -> Problem:
    trials = found.of(verdict)
    one = min(trials, key=_to_show)
    others = f" ({plural(len(trials) - 1, 'other')})" if len(trials) > 1 else ""
    steps = [f"{n}. {step}" for n, step in enumerate(_steps(one), 1)] + _only(trials)
    sides = ("clean run", "later run" if verdict == Verdict.STUCK else "this run")
    tables = [table for d in _worst_first(one) for table in examples(d, sides)]
    title = f"{verdict}: {MEANING[verdict]}{others}"
    return Problem(title, (*steps, *said(one.stderr)), tuple(tables), ADVICE[verdict])


def _to_show(trial: Trial) -> tuple[int, bool, int]:
    """The worst first, and of those what is read fastest."""
    deltas = trial.deltas
    worst = min((_harm(delta) for delta in deltas), default=len(HARM))
    return worst, bool(trial.only), sum(delta.size for delta in deltas)


def _worst_first(trial: Trial) -> list[Delta]:
    return sorted(trial.deltas, key=_harm)


def _harm(delta: Delta) -> int:
    """Rows lost, rows twice, other numbers, new rows, other texts; then files that are no table."""
    if delta.table.endswith(OTHER):
        return HARM.index("files")
    found = {
        "lost": delta.kind == "lost" or delta.note or delta.lost > delta.other_values,
        "twice": delta.duplicated,
        "numbers": any(_other_number(one) for one in delta.examples),
        "new rows": delta.unexpected > delta.other_values,
    }
    return next((HARM.index(name) for name in HARM if found.get(name)), HARM.index("texts"))


def _other_number(one: Example) -> bool:
    """Whether a number differs in a row that is there in both."""
    pairs = zip(one.expected, one.observed, strict=False)
    return any(
        value != right.get(name)
        and any(isinstance(v, int | float | Decimal) for v in (value, right.get(name)))
        for left, right in pairs
        for name, value in left.items()
    )


def _only(trials: list[Trial]) -> list[str]:
    """The columns that alone differ where a file was whole, by trials: they may be no data."""
    lines = []
    for names in dict.fromkeys(one.only for one in trials if one.only):
        alike = [str(one.schedule.number) for one in trials if one.only == names]
        ignored = " ".join(f"--ignore {name}" for name in names)
        lines.append(
            f"In {'schedule' if len(alike) == 1 else 'schedules'} {', '.join(alike)} only "
            f"{', '.join(names)} {'differs' if len(names) == 1 else 'differ'}: it holds the name "
            "of the file. All rows and other values are right, after a later run, too: if readers "
            f"do not use it as data, run this again with {ignored}."
        )
    return lines


def _steps(one: Trial) -> list[str]:
    steps = [f"Schedule {one.schedule.number}: {one.schedule.description}."]
    requests = f" after {plural(one.requests, 'request')}" if one.requests else ""
    end = _end(one, requests)
    steps.append(f"While it was missing: {end[0].lower()}{end[1:]}" if one.after else end)
    steps += [
        f"It {what}." if what.startswith("asked") else f"{_capitalized(what)}."
        for what in one.impolite
    ]
    late = one.verdict == Verdict.STUCK  # then this is what the later run left
    told = [f"{sentence(delta)}." for delta in _worst_first(one)]
    if not late:
        steps += told
    elif not one.alerted:  # what is stale has alerted
        steps.append("So far the data is that of a clean run.")
    if one.alerts:
        steps.append(f"It alerted: {one.alerts[0]}")
    elif one.alerted:
        steps.append("The exit code alerts whoever runs it.")
    elif one.verdict in (Verdict.WRONG, Verdict.SILENT, Verdict.UNSHOWN):
        steps.append("It alerted nobody.")
    if one.after:
        left = "left the data of a clean one" if one.after == Verdict.FRESH else one.after
        steps.append(f"When it had come, a second run {left}.")
    steps += [f"{_capitalized(one.stuck)}."] if one.stuck else []
    return steps + (told if late else [])


def _end(one: Trial, requests: str) -> str:
    if one.ended.startswith("the state"):
        return f"{_capitalized(one.ended)}."
    if one.ended:
        return f"The command {one.ended}{requests}."
    return f"The command ended{requests} with exit code 0, as if nothing had failed."


def _capitalized(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}"


def _sections(found: Trials) -> list[Section]:
    columns: tuple[str, ...] = ("schedule", "fault", "verdict", "requests", "alerted")
    rows = tuple(_row(one) for one in found.trials)
    if not found.clean_requests:  # files are not asked for
        columns, rows = columns[:3] + columns[4:], tuple(row[:3] + row[4:] for row in rows)
    bad = frozenset(n for n, one in enumerate(found.trials) if one.bad)
    lines = [
        f"Command: {found.command}",
        f"Source: {found.source}; listened for {found.listens}.",
        f"The faults follow from --seed {found.seed}. {' and '.join(found.states)}: as before.",
    ]
    if found.clean_alerts:
        shown = list(dict.fromkeys(found.clean_alerts))
        lines.append(f"Clean runs write as well, so it alerts nobody: {shown[0]}{_more(shown)}")
    sections = [
        Section("Schedules", (), (Table(columns, rows, bad=bad),)),
        Section("How", tuple(lines)),
    ]
    if found.left_out:
        sections.append(Section("Left out", tuple(by_column(found.left_out))))
    return sections


def _more(lines: list[str]) -> str:
    return f" (and {plural(len(lines) - 1, 'line')} more)" if len(lines) > 1 else ""


def _row(one: Trial) -> tuple[str, ...]:
    asked = str(one.requests) if one.requests else ""
    return (
        str(one.schedule.number),
        one.schedule.description,
        one.verdict,
        asked,
        one.alerted or "nobody",
    )


def _case(one: Trial) -> CaseResult:
    group = "-".join(dict.fromkeys(fault.kind for fault in one.schedule.faults))
    status, message = "passed", ""
    if one.bad:
        status, message = "failed", "\n".join(_steps(one))
    elif one.verdict in (Verdict.UNMET, Verdict.UNSHOWN):
        status, message = "skipped", MEANING[one.verdict]
    return CaseResult(group, one.schedule.description, status, message, one.seconds, one.verdict)
