"""Renders a Proof as a Report."""

from __future__ import annotations

from fieldkit.prove.found import NOT_REPEATABLE, PROVED, REFUTED, Experiment, Proof, as_data
from fieldkit.report.differences import both_runs, by_column, examples, sentence
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural
from fieldkit.state.rows import Delta
from fieldkit.state.vary import Varying

ADVICE = {
    "duplicated": "Rows came twice: write them by key (merge, or delete and insert in one "
    "transaction), so that a row written again finds its place.",
    "lost": "Rows are missing although the rerun ended well: they were marked as done too early."
    " Commit the checkpoint and its data in one transaction, or the data first.",
    "changed": "Rows hold other values: derive keys and measures from the data, not from the "
    "clock, a sequence or what the table already holds; say which row wins when a key comes twice.",
    "unexpected": "There are rows that no whole run writes: derive keys from the data. If the "
    "table is a log of runs, leave it out with --ignore-table.",
    "unreadable": "A file was left half written: write under a temporary name, then rename.",
    "columns": "The table's own shape depends on what happened before: create it once, in one "
    "transaction, and leave it alone.",
    "failure": "The rerun does not get past what the killed run left. Make every step safe to "
    "repeat (create if not exists, replace, a lock that ends with its owner), or put the steps "
    "into one transaction.",
}


def report_of(proof: Proof) -> Report:
    """The report of a proof: sentences, tables and test cases."""
    return Report(
        instrument="prove",
        verdict=proof.verdict,
        status={PROVED: "good", REFUTED: "bad", NOT_REPEATABLE: "unsure"}[proof.verdict],
        summary=_summary(proof),
        exit_code=proof.exit_code,
        findings=tuple(_findings(proof)),
        sections=tuple(_sections(proof)),
        warnings=tuple(proof.warnings),
        cases=tuple(_cases(proof)),
        data=as_data(proof),
    )


def _tried(proof: Proof) -> str:
    reruns, kills = len(proof.reruns), len(proof.kills)
    return f"{plural(kills, 'kill')} and {plural(reruns, 'rerun')}"


def _summary(proof: Proof) -> str:
    if proof.verdict == PROVED:
        untried = "" if proof.kills else " Crash safety was not tried."
        return f"no counterexample in {_tried(proof)}.{untried}"
    if proof.remembers:
        return "two clean runs from the same state leave different data."
    if proof.ended:
        return "two clean runs from the same state write different data."
    if proof.verdict == NOT_REPEATABLE:
        return f"{_what_varies(proof)}; {_tried(proof)} found nothing else."
    also = "" if proof.repeatable else f", and {NOT_REPEATABLE}: {_what_varies(proof)}"
    return f"{_how_refuted(proof)}{also}."


def _how_refuted(proof: Proof) -> str:
    found = proof.counterexamples
    how = "fails" if found[0].failure else "leaves different data than one uninterrupted run"
    if not found[0].kills:
        return f"a plain rerun, without any crash, {how}"
    among = sum(bool(one.kills) for one in found)
    return f"the rerun after a crash {how} ({among} of {plural(len(proof.kills), 'kill')})"


def _what_varies(proof: Proof) -> str:
    parts = [_columns_of(one) for one in proof.varying[:3]]
    if more := len(proof.varying) - 3 if len(proof.varying) > 3 else 0:
        parts.append(f"columns of {plural(more, 'other table')}")
    one = len(proof.varying) == 1 and len(proof.varying[0].columns) == 1
    return f"{' and '.join(parts)} {'differs' if one else 'differ'} between two clean runs"


def _columns_of(one: Varying) -> str:
    named = ", ".join(one.columns[:3])
    more = f" and {len(one.columns) - 3} more columns" if len(one.columns) > 3 else ""
    return f"{named}{more} of {one.delta.table}"


def _findings(proof: Proof) -> list[Problem]:
    if proof.remembers:
        what = "name it with another --state (a checkpoint file, a working folder, a queue)"
        return [
            Problem(
                "The command remembers something outside its state",
                (proof.remembers + ".",),
                (),
                (f"{what[0].upper()}{what[1:]}.",),
            )
        ]
    smallest = proof.counterexample
    found = [_counterexample(proof, smallest)] if smallest else []
    return found + [_varying(one) for one in proof.varying]


def _varying(one: Varying) -> Problem:
    delta = one.delta
    if delta.expected_rows != delta.observed_rows:
        why = (
            f"{delta.table}: the first clean run left {plural(delta.expected_rows, 'row')}, the "
            f"second {delta.observed_rows:,}"
        )
    elif delta.note:
        why = f"{delta.table}: {delta.note}"
    elif one.columns:
        verb = "differs" if len(one.columns) == 1 else "differ"
        why = f"{_columns_of(one)} {verb} between two clean runs"
    else:
        why = f"{delta.table}: rows differ between two clean runs"
    return Problem(why, *both_runs(one), _advice(one))


def _advice(one: Varying) -> tuple[str, ...]:
    if one.delta.expected_rows != one.delta.observed_rows:
        return (
            "Which rows come must follow from the state and the source alone, not from the time, "
            "a sample, or a limit without an order.",
        )
    names = one.columns or ("COLUMN",)
    return (
        "If it is a key or a measure (from uuid, now, random or a sequence): derive it from the "
        "data.",
        "If it is load metadata, which may differ: "
        + " ".join(f"--ignore {name}" for name in names[:4]),
    )


def _counterexample(proof: Proof, found: Experiment) -> Problem:
    steps = _steps(proof, found)
    tables = [
        table
        for delta in _causes_first(found)
        for table in examples(delta, ("uninterrupted run", "after the rerun"))
    ]
    kinds = ["failure"] if found.failure else [delta.kind for delta in _causes_first(found)]
    advice = tuple(dict.fromkeys(ADVICE[kind] for kind in kinds if _own_cause(kind, kinds)))
    others = len(proof.counterexamples) - 1
    title = (
        f"The smallest counterexample ({plural(others, 'other')})"
        if others
        else "The counterexample"
    )
    return Problem(
        title, tuple(f"{n}. {step}" for n, step in enumerate(steps, 1)), tuple(tables), advice
    )


def _causes_first(found: Experiment) -> list[Delta]:
    """Tables with changed values come last: most of them are sums over the others."""
    return sorted(found.deltas, key=lambda delta: delta.kind == "changed")


def _own_cause(kind: str, kinds: list[str]) -> bool:
    """False for changed values beside lost or duplicated rows: they follow from those."""
    return kind != "changed" or not {"duplicated", "lost"} & set(kinds)


def _steps(proof: Proof, found: Experiment) -> list[str]:
    steps = []
    if not found.kills:
        number = found.name.removeprefix("rerun ")
        steps.append(f"The command ran to its end, then again ({found.name}), without any kill.")
        if number != "1":
            steps[-1] = f"The command ran to its end, then again {number} times, without any kill."
    for at, kill in enumerate(found.kills):
        what = "The rerun was killed, too," if at else "The command was killed (SIGKILL)"
        steps.append(f"{what} {kill.description}.")
    if found.left:
        left = "; ".join(f"{table} {remains}" for table, remains in found.left.items())
        steps.append(f"The kill left: {left}.")
        steps += _ahead(found)
    if found.failure:
        return [*steps, f"{found.failure[0].upper()}{found.failure[1:]}"]
    if found.kills:
        steps.append("The rerun ended with exit code 0, as if nothing had failed.")
    steps += [f"{sentence(delta)}." for delta in _causes_first(found)]
    return steps + ([] if _ahead(found) else _said_done(proof, found))


def _said_done(proof: Proof, found: Experiment) -> list[str]:
    """Tables that ended complete or stayed empty, as the likely cause of those that did not."""
    kinds = {delta.kind for delta in found.deltas}
    wrong = {delta.table for delta in found.deltas}
    right = [t for t, left in found.left.items() if t not in wrong and "as before" not in left]
    if right and "lost" in kinds:
        return [f"{' and '.join(right)} ended complete all the same: it was marked done too early."]
    empty = [t.name for t in proof.tables if t.before == t.after == 0]
    if empty and "duplicated" in kinds:
        what = f"{' and '.join(empty[:3])} stayed empty"
        return [f"{what}: if the command should record there what is done, it does not."]
    return []


def _ahead(found: Experiment) -> list[str]:
    """Which table was ahead of which at the kill: it explains most counterexamples."""
    ranks = ("as before", "in part", "complete")
    rank = {
        table: n for table, left in found.left.items() for n, s in enumerate(ranks) if s in left
    }
    lines = []
    for delta in found.deltas:
        here = rank.get(delta.table)
        if here is None or delta.kind not in ("lost", "duplicated"):
            continue
        ahead = [t for t, n in rank.items() if (n > here if delta.kind == "lost" else n < here)]
        if ahead and delta.kind == "lost":
            lines.append(
                f"So {' and '.join(ahead)} was ahead of {delta.table}: "
                "it was marked done too early."
            )
        elif ahead:
            lines.append(f"So {delta.table} was ahead of {' and '.join(ahead)}: it is done again.")
    return lines


def _sections(proof: Proof) -> list[Section]:
    sections = []
    rows = [
        (t.name, _rows(t.before), _rows(t.after), t.note or _standing(proof, t.name))
        for t in proof.tables
    ]
    columns = ("table", "rows before", "after a run", "end state")
    # Unchanged tables last: a hundred of them would hide the one that matters.
    short = sorted(rows, key=lambda row: row[3].startswith("the run does"))[:20]
    more = (f"and {len(rows) - 20} more",) if len(rows) > 20 else ()
    sections.append(Section("Tables", more, (Table(columns, tuple(short)),)))
    if proof.left_out:
        sections.append(Section("Left out of the comparison", tuple(by_column(proof.left_out))))
    sections.append(Section("What was tried", tuple(_trials(proof))))
    if proof.experiments:
        table = Table(
            ("", "where", "what the kill left", "end state"),
            tuple(_row(one) for one in proof.experiments),
        )
        sections.append(Section("Every experiment", (), (table,), detail=True))
    return sections


def _rows(count: int | None) -> str:
    return "none" if count is None else f"{count:,}"


def _standing(proof: Proof, name: str) -> str:
    varies = [one for one in proof.varying if one.delta.table == name]
    if varies and (proof.ended or not proof.experiments):
        return "differs between two clean runs"
    differs, of = sum(_differs(one, name) for one in proof.experiments), len(proof.experiments)
    standing = f"differs in {differs} of {of}" if differs else f"same in {of} of {of}"
    if varies:
        few = varies[0].columns[0] if len(varies[0].columns) == 1 else "some columns"
        return f"{few} aside: {standing}"
    return standing if of else "same"


def _differs(one: Experiment, name: str) -> bool:
    return any(delta.table == name for delta in one.deltas)


def _trials(proof: Proof) -> list[str]:
    where = "in place, on its own path" if proof.in_place else "on a copy"
    lines = [f"Command: {proof.command} ({where})"]
    if not proof.experiments:
        why = ", as they differ" if proof.ended else ", as was asked for"
        return [*lines, f"2 clean runs from one state; neither reruns nor kills{why}."]
    if proof.reruns:
        lines.append(f"Reruns after a whole run: {len(proof.reruns)}; {_bad(proof.reruns)}.")
    if proof.kills:
        during = sum(any(kill.writes for kill in one.kills) for one in proof.kills)
        twice = sum(len(one.kills) > 1 for one in proof.kills)
        too = f", and {twice} hit the rerun as well" if twice else ""
        lines.append(
            f"Kills: {len(proof.kills)} hit the running command, {during} of them after it had "
            f"begun to write{too}; {_bad(proof.kills)}."
        )
        if len(proof.kills) < proof.planned_kills:
            lines.append(f"{proof.planned_kills} were planned; the others hit no running command.")
    if proof.rounded:
        lines.append(
            f"Floating-point values of {', '.join(sorted(proof.rounded))} differ in their last "
            "digits from run to run (sums in another order); what is equal to twelve digits counts "
            "as the same."
        )
    are = "is as it was" if len(proof.states) == 1 else "are as they were"
    lines.append(f"The kill points follow from --seed {proof.seed}.")
    lines.append(f"{' and '.join(proof.states)} {are} before.")
    return lines


def _bad(experiments: list[Experiment]) -> str:
    bad = sum(one.refutes for one in experiments)
    return f"{bad} ended in another state" if bad else "all ended in the same state"


def _row(one: Experiment) -> tuple[str, ...]:
    where = "; then ".join(kill.description for kill in one.kills) or "after a whole run"
    left = "; ".join(f"{table}: {remains}" for table, remains in one.left.items())
    end = one.failure or "; ".join(sentence(delta) for delta in one.deltas) or "same"
    return (one.name, where, left, end)


def _cases(proof: Proof) -> list[CaseResult]:
    cases = [_clean_case(proof)]
    for one in proof.experiments:
        differ = {delta.table: delta for delta in one.deltas}
        group = one.name.replace(" ", "-")
        if one.failure:
            cases.append(
                CaseResult(
                    group, "the rerun ends with exit code 0", "failed", one.failure, one.seconds
                )
            )
            continue
        names = [t.name for t in proof.tables] + [n for n in differ if n not in _known(proof)]
        for number, name in enumerate(names):
            status = "failed" if name in differ else "passed"
            message = sentence(differ[name]) if name in differ else ""
            cases.append(CaseResult(group, name, status, message, 0.0 if number else one.seconds))
    return cases


def _known(proof: Proof) -> set[str]:
    return {table.name for table in proof.tables}


def _clean_case(proof: Proof) -> CaseResult:
    name = "two clean runs end in the same state"
    seconds = 2 * proof.clean_seconds
    if proof.repeatable:
        return CaseResult("clean-runs", name, seconds=seconds)
    why = proof.remembers or "\n".join(_varying(one).title for one in proof.varying)
    return CaseResult("clean-runs", name, "failed", why, seconds, NOT_REPEATABLE)
