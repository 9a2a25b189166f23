"""Tells a checked map to a person: what does not hold, where it stands, and what to do."""

from __future__ import annotations

from collections.abc import Sequence

from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural
from fieldkit.value.found import FAULTS, HOLDS, KINDS, UNKNOWN, Checked, Fault, Observed, as_json
from fieldkit.value.words import cost_of, hours, money, why

STATUS = {HOLDS: "good", FAULTS: "bad", UNKNOWN: "unsure"}
SHOWN = 20  # rows of a table on a terminal and on the page; JSON has all


def check_report(found: Checked) -> Report:
    """The report of `fieldkit value check`."""
    return Report(
        instrument="value",
        verdict=found.verdict,
        status=STATUS[found.verdict],
        summary=_summary(found),
        exit_code=found.exit_code,
        findings=tuple(problems(found)),
        sections=tuple([*_stated(found), *unknown(found.observed)]),
        warnings=tuple(notes(found)),
        cases=tuple(cases(found)),
        data=as_json(found),
    )


def _summary(found: Checked) -> str:
    stated = plural(len(found.stated), "pipeline")
    if found.faults:
        return f"{found.counted()}; {stated} checked."
    if not found.stated:
        return "the map names no pipelines, so nothing was checked."
    held = sum(one.cents is not None and one.kind != "none" for one in found.stated)
    told = f"{stated}, every stated number holds ({held} recomputed)"
    if found.verdict == UNKNOWN and found.observed:
        return f"{told}; who uses what is not known of all accounts."
    return f"{told}."


def problems(found: Checked) -> list[Problem]:
    """One problem for each kind of fault; what to do stands below, each advice once."""
    told = []
    for kind, (one, several) in KINDS.items():
        some = [fault for fault in found.faults if fault.kind == kind]
        if some:
            title = f"{len(some)} {several if len(some) > 1 else one}"
            lines = tuple(_sentence(f"{fault.where}: {fault.says}") for fault in some)
            told.append(Problem(title, lines, (), tuple(_advice(some))))
    return told


def _sentence(text: str) -> str:
    return text if text.endswith("?") else f"{text}."


def _advice(faults: Sequence[Fault]) -> list[str]:
    """Advice for several pipelines names each; the same for all stands once."""
    if len({fault.do for fault in faults}) == 1:
        return [faults[0].do]
    return [f"{fault.pipeline}: {fault.do}" for fault in faults]


def _stated(found: Checked) -> list[Section]:
    rows = tuple(
        (one.pipeline, one.kind or "–", money(one.stated), money(one.cents))
        for one in found.stated
        if one.kind != "none"
    )
    none = [one.pipeline for one in found.stated if one.kind == "none"]
    lines: tuple[str, ...] = (f"None, for the stop-list: {', '.join(none)}.",) if none else ()
    if apart := hours_of(found):
        lines += (hours_line(apart),)
    if not rows and not lines:
        return []
    columns = ("pipeline", "kind", "states", "recomputed")
    table = (Table(columns, rows),) if rows else ()
    return [Section(f"{found.currency} a month", lines, table)]


def unknown(seen: Observed | None) -> list[Section]:
    """What cannot be decided: accounts are counted here, and named by `fieldkit value init`."""
    if not seen or not seen.accounts:
        return []
    tables = seen.of(None)
    accounts = plural(len(seen.accounts), "account")
    verb = "is" if len(seen.accounts) == 1 else "are"
    line = (
        f"{accounts} {verb} not classified, so the use of {plural(len(tables), 'table')} is not "
        "known; none of them is called unused. `fieldkit value init` lists the accounts; classify "
        "them in accounts: or principals.csv."
    )
    rows = tuple((o.table, money(cost_of(seen, o.table)), why(o, 1)) for o in tables[:SHOWN])
    table = (Table(("table", "a month", "seen"), rows),) if rows else ()
    return [Section("Unknown", (line,), table)]


def notes(found: Checked) -> list[str]:
    """Warnings of the map and of the exports."""
    return [*found.notes, *(found.observed.notes if found.observed else ())]


def cases(found: Checked) -> list[CaseResult]:
    """One case a pipeline, for CI; one a table where exports were read."""
    told = []
    for one in found.stated:
        faults = [fault for fault in found.faults if fault.pipeline == one.pipeline]
        said = "\n".join(f"{fault.where}: {fault.says}" for fault in faults)
        verdict = FAULTS if faults else HOLDS
        status = "failed" if faults else "passed"
        told.append(CaseResult("pipelines", one.pipeline, status, said, verdict=verdict))
    for use in found.observed.uses.values() if found.observed else ():
        if use.used is None:
            told.append(CaseResult("tables", use.table, "skipped", why(use), verdict=UNKNOWN))
    return told


def hours_of(found: Checked) -> float:
    """Hours a month that are no money: nobody owns their rate."""
    return sum(one.hours for one in found.stated if not one.money and one.cents is not None)


def hours_line(count: float) -> str:
    """Why hours stand apart."""
    return (
        f"{hours(count)} hours a month stand apart: a saved hour is not money until somebody "
        "outside the data team owns its rate (rate_owner:)."
    )
