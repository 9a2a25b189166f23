"""Tells a gate and an access test to a person: why a release is refused, and who saw what."""

from __future__ import annotations

from fieldkit.govern.found import INCOMPLETE, Answered, Asked, Gated
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural

MOST = 40  # rows of a table on a terminal


def gate_report(found: Gated) -> Report:
    """The report of a gate."""
    refused = {(one.kind, one.where): one for one in found.refusals}
    kinds: dict[str, list[str]] = {}
    for one in found.refusals:
        kinds.setdefault(f"{one.kind}", []).append(f"{one.where}: {one.what}")
    advice: dict[str, dict[str, None]] = {}
    for one in found.refusals:
        advice.setdefault(one.kind, {})[one.do] = None
    cases = [
        CaseResult(group, where, "failed", one.what, 0.0, found.verdict)
        for (group, where), one in refused.items()
    ]
    bad = {one.where for one in found.refusals}
    cases += [CaseResult("undecided", one, "failed", one) for one in found.undecided]
    cases += [CaseResult(group, name) for group, name in found.checked if name not in bad]
    return Report(
        instrument="govern",
        verdict=found.verdict,
        status="bad" if found.refusals else "unsure" if found.undecided else "good",
        summary=_gate_summary(found),
        exit_code=found.exit_code,
        findings=tuple(
            Problem(kind, tuple(lines), (), tuple(advice[kind])) for kind, lines in kinds.items()
        ),
        sections=(Section("Gate", tuple(_gate_lines(found))),),
        warnings=tuple([*found.undecided, *found.warnings]),
        cases=tuple(cases),
        data={
            "state": found.database or found.paths,
            "policy": found.policy, "database": found.database, "paths": found.paths,
            "role": found.role, "checked": [list(one) for one in found.checked],
            "refusals": [vars(one) for one in found.refusals], "undecided": found.undecided,
        },
    )  # fmt: skip


def _gate_summary(found: Gated) -> str:
    groups: dict[str, int] = {}
    for group, _ in found.checked:
        groups[group] = groups.get(group, 0) + 1
    looked = " and ".join(plural(count, group) for group, count in groups.items()) or "nothing"
    if found.undecided and not found.refusals:
        return f"{looked} checked, none refused, but {found.undecided[0]}."
    if not found.refusals:
        return f"{looked} checked, none refused."
    return f"{plural(len(found.refusals), 'reason')} against it; {looked} checked."


def _gate_lines(found: Gated) -> list[str]:
    told = [("Policy", found.policy), ("Database", found.database), ("Role", found.role)]
    lines = [f"{name}: {value}" for name, value in [*told, ("Paths", found.paths)] if value]
    if found.database and not found.role:
        lines.append("Which rows a role can open is judged with --role only.")
    return lines


STATUS = {"NO LEAK": "good", "LEAKED": "bad", "USELESS": "bad"}
STOP = (
    "Read as the user who asks: pass the user's identity to the data, filter before retrieval, and "
    "keep answers and memory for one user only. A prompt that forbids it is not a permission."
)
USE = "Let the application answer what the policy permits: one that denies that is of no use."
LET_IN = (
    "Look whether the token is valid and the url right; then ask again, with one question at least "
    "that this persona may be answered."
)
FAIL = "Look why by hand, then ask again: what was not answered is not shown to be safe."


def access_report(found: Asked) -> Report:
    """The report of an access test; it holds names of canaries and probes, and no answer."""
    return Report(
        instrument="govern",
        verdict=found.verdict,
        status=STATUS.get(found.verdict, "unsure"),
        summary=_access_summary(found),
        exit_code=found.exit_code,
        findings=tuple(_access_findings(found)),
        sections=tuple(_access_sections(found)),
        warnings=tuple(found.warnings),
        cases=tuple(_access_case(one, found.shut_out) for one in found.answers),
        data={
            "state": found.target,
            "target": found.target, "application": found.application, "at": found.at,
            "canaries": found.canaries, "policy_digest": found.policy_digest,
            "answers": [{**vars(one), "outcome": one.outcome} for one in found.answers],
        },
    )  # fmt: skip


def _access_summary(found: Asked) -> str:
    asked = f"{plural(len(found.answers), 'question')} by {_personas(found)}"
    leaks = {(one.persona, name) for one in found.answers for name in one.seen}
    useful = _useful(found.answers)
    if leaks:
        people = plural(len({persona for persona, _ in leaks}), "persona")
        names = _canaries(len({name for _, name in leaks}))
        return f"{people} saw {names} that they may not see; {asked}; {useful}."
    if failed := found.of("failed"):
        return f"{len(failed)} of {asked} failed, so nothing can be said of them."
    nothing = not any(one.allowed for one in found.answers)
    if nothing and len(found.of("useless")) == sum(one.expects for one in found.answers) > 0:
        return f"it denies everything: {useful}; {asked}, and no canary was seen."
    if found.verdict == INCOMPLETE and found.shut_out:
        who, one = ", ".join(found.shut_out), len(found.shut_out) == 1
        was = "was never let in, so nothing is shown of it" if one else "were never let in"
        return f"{who} {was}; {asked}; {useful}."
    return f"{_canaries(found.canaries)}; {asked}; {useful}."


def _canaries(count: int) -> str:
    return f"{count:,} {'canary' if count == 1 else 'canaries'}"


def _personas(found: Asked) -> str:
    return plural(len({one.persona for one in found.answers}), "persona")


def _useful(answers: list[Answered]) -> str:
    expected = sum(one.expects for one in answers)
    right = expected - sum(one.missed for one in answers)
    return f"{right} of {plural(expected, 'permitted question')} answered"


def _access_findings(found: Asked) -> list[Problem]:
    told = []
    if leaked := found.of("leaked"):
        rows = tuple((one.persona, name, one.probe) for one in leaked for name in one.seen)
        table = Table(("persona", "saw", "when asking"), rows[:MOST])
        told.append(Problem("LEAKED: who saw what they may not", (), (table,), (STOP,)))
    if useless := [one for one in found.answers if one.missed]:
        missed = tuple((one.persona, one.probe) for one in useless)
        table = Table(("persona", "permitted, but not answered"), missed[:MOST])
        told.append(
            Problem("USELESS: permitted questions without their answer", (), (table,), (USE,))
        )
    if found.shut_out:
        counts = tuple((name, str(len(found.persona(name)))) for name in found.shut_out)
        table = Table(("persona", "denied, of as many questions"), counts[:MOST])
        told.append(Problem("NEVER LET IN: every question was denied", (), (table,), (LET_IN,)))
    if failed := found.of("failed"):
        rows = tuple((one.persona, one.probe, one.why) for one in failed)
        table = Table(("persona", "when asking", "the application"), rows[:MOST])
        told.append(Problem("FAILED: no answer to judge", (), (table,), (FAIL,)))
    return told


def _access_sections(found: Asked) -> list[Section]:
    rows = []
    for name in dict.fromkeys(one.persona for one in found.answers):
        own = found.persona(name)
        expected = sum(one.expects for one in own)
        right = f"{expected - sum(one.missed for one in own)} of {expected}" if expected else "-"
        leaks = len({canary for one in own for canary in one.seen})
        denied = sum(one.denied > 0 for one in own)
        held = str(len({canary for one in own for canary in one.allowed}))
        mark = f"◆ LEAK {leaks}" if leaks else "none"
        rows.append((name, str(len(own)), mark, held, right, str(denied)))
    columns = (
        "persona", "asked", "canaries forbidden, seen", "permitted, seen", "permitted answered",
        "denied (4xx)",
    )  # fmt: skip
    lines = (
        f"Application: {found.target}",
        f"Asked at {found.at}, by who may see most first; {_canaries(found.canaries)} looked for "
        "in headers and bodies, in other spellings and encodings too.",
        "No leak is said of these questions, not of all.",
    )
    return [
        Section("Who saw what", (), (Table(columns, tuple(rows)),)), Section("Access", lines),
    ]  # fmt: skip


def _access_case(one: Answered, shut_out: list[str]) -> CaseResult:
    if one.outcome == "denied" and one.persona in shut_out:
        return CaseResult(one.persona, one.probe, "failed", "never let in", 0.0, INCOMPLETE)
    if one.outcome in ("answered", "denied"):
        return CaseResult(one.persona, one.probe)
    said = (
        f"saw {', '.join(one.seen)}" if one.seen else one.why or "the permitted answer is missing"
    )
    return CaseResult(one.persona, one.probe, "failed", said, 0.0, one.outcome.upper())
