"""Renders a Proof as a Report."""

from __future__ import annotations

import re

from fieldkit.prove import causes
from fieldkit.prove.found import (
    HALF_PUBLISHED,
    LITTER_LEFT,
    NOT_FINISHED,
    NOT_REPEATABLE,
    NOT_TRIED,
    PROVED,
    REFUTED,
    Experiment,
    KillHit,
    Proof,
    as_data,
)
from fieldkit.prove.tried import trials
from fieldkit.report.differences import both_runs, by_column, examples, sentence
from fieldkit.report.report import CaseResult, Problem, Report, Section, Table
from fieldkit.report.words import plural, said
from fieldkit.runs.reason import reason
from fieldkit.runs.record import TableInfo
from fieldkit.state.folders import OTHER
from fieldkit.state.litter import Litter
from fieldkit.state.litter import summary as litter_summary
from fieldkit.state.vary import Varying


def report_of(proof: Proof) -> Report:
    """The report of a proof: sentences, tables and test cases."""
    return Report(
        instrument="prove",
        verdict=proof.verdict,
        status={PROVED: "good", REFUTED: "bad", HALF_PUBLISHED: "bad"}.get(proof.verdict, "unsure"),
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
    if proof.verdict in (NOT_FINISHED, NOT_TRIED):
        return _so_far(proof) if proof.unfinished else _not_tried(proof)
    if proof.verdict == PROVED:
        return f"no counterexample in {_tried(proof)}."
    if proof.verdict == NOT_REPEATABLE:
        return _not_repeatable(proof)
    if proof.verdict == HALF_PUBLISHED:
        return (
            f"reruns leave the same data, but after {len(proof.half_published)} of "
            f"{plural(len(proof.kills), 'kill')} a reader finds a half-published state."
        )
    if proof.verdict == LITTER_LEFT:
        return (
            f"the data is the same in {_tried(proof)}, but {len(proof.littered)} of them left "
            f"temporary files or tables: {litter_summary(_all_litter(proof))}."
        )
    also = "" if proof.repeatable else f", and {NOT_REPEATABLE}: {_what_varies(proof)}"
    return f"{_how_refuted(proof)}{also}."


def _not_tried(proof: Proof) -> str:
    reruns = plural(len(proof.reruns), "rerun")
    known = f"{reruns} left the same data, but " if proof.reruns else ""
    return f"{known}no kill was tried, so crash safety is unknown; give --kills a number above 0."


def _not_repeatable(proof: Proof) -> str:
    if proof.remembers:
        return f"{proof.remembers}."
    if proof.ended:
        return "two clean runs from the same state write different data."
    return f"{_what_varies(proof)}; {_tried(proof)} found nothing else."


def _so_far(proof: Proof) -> str:
    """What is known of a proof that was not finished."""
    if proof.counterexample:
        known = f"known so far: {_how_refuted(proof)}"
    elif proof.experiments:
        known = f"known so far: no counterexample in {_tried(proof)}"
    else:
        known = "nothing was tried before"
    of = f" of {plural(proof.planned_kills, 'planned kill')}" if proof.kills else ""
    return f"{proof.unfinished}; {known}{of}."


def _all_litter(proof: Proof) -> set[Litter]:
    return {litter for one in proof.littered for litter in one.litter}


def _how_refuted(proof: Proof) -> str:
    found = proof.counterexamples
    how = "fails" if found[0].failure else f"leaves {_what_else(found)} than one uninterrupted run"
    if not found[0].kills:
        return f"a plain rerun, without any crash, {how}"
    # The same numbers as below: the kills whose rerun failed, and those that left other data.
    alike = sum(bool(one.kills) and bool(one.failure) == bool(found[0].failure) for one in found)
    rest = sum(bool(one.kills) for one in found) - alike
    other = "left different data" if found[0].failure else "failed"
    more = f"; {rest} {other}" if rest else ""
    return f"the rerun after a crash {how} ({alike} of {plural(len(proof.kills), 'kill')}{more})"


def _what_else(found: list[Experiment]) -> str:
    tables = {delta.table for one in found for delta in one.deltas}
    if all(table.endswith(OTHER) for table in tables):
        return "the same data, but other files that are not data,"
    return "different data"


def _what_varies(proof: Proof) -> str:
    parts = [_columns_of(one) for one in proof.varying[:3]]
    if more := len(proof.varying) - 3 if len(proof.varying) > 3 else 0:
        parts.append(f"columns of {plural(more, 'other table')}")
    one = len(proof.varying) == 1 and len(proof.varying[0].columns) == 1
    return f"{' and '.join(parts)} {'differs' if one else 'differ'} between two clean runs"


def _columns_of(one: Varying) -> str:
    if one.delta.table.endswith(OTHER):
        return f"the content of {plural(one.delta.size, 'file')} in {one.delta.table}"
    named = ", ".join(one.columns[:3])
    more = f" and {len(one.columns) - 3} more columns" if len(one.columns) > 3 else ""
    return f"{named}{more} of {one.delta.table}"


def _findings(proof: Proof) -> list[Problem]:
    if proof.remembers:
        return [
            Problem(
                "The command remembers something outside its state",
                (f"{proof.remembers[0].upper()}{proof.remembers[1:]}.",),
                (),
                (
                    "Name it with another --state: a working folder, a database, or the folder of "
                    "a checkpoint file (one of its own). Then it is put back between runs, too. "
                    "Where paths stand in the script: with --in-place.",
                ),
            )
        ]
    smallest = proof.counterexample
    found = [_counterexample(proof, smallest)] if smallest else []
    found += [_varying(one) for one in proof.varying]
    return found + ([_left_over(proof)] if proof.littered else [])


def _left_over(proof: Proof) -> Problem:
    most = max(proof.littered, key=lambda one: len(one.litter))
    lines = [one.description for one in sorted(most.litter, key=lambda one: one.name)[:10]]
    if len(most.litter) > 10:
        lines.append(f"and {len(most.litter) - 10} more")
    kills = f": {'; '.join(kill.description for kill in most.kills)}" if most.kills else ""
    return Problem(
        "Temporary files or tables that are left",
        (f"After {most.name}{kills}, and the end of the rerun:", *lines),
        (),
        (
            "No data is wrong. Remove at the start of a run what earlier ones left, by its name "
            "or its age, or write under one fixed temporary name. --strict makes it exit code 1.",
        ),
    )


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
            "a sample, or a limit without an order. What the command remembers elsewhere (a "
            "checkpoint, a queue) must be named with --state.",
        )
    if one.delta.table.endswith(OTHER):
        return (
            "If these are a tool's own notes (caches, times of its runs) and no data: "
            f'--ignore-table "{OTHER}".',
            "If they say what is done: they must not hold when or where it ran, or name them apart "
            "with --state.",
        )
    names = one.columns or ("COLUMN",)
    elsewhere = "If it follows from what the command remembers elsewhere (a checkpoint): --state."
    return (
        *([] if one.paired else [elsewhere]),
        "If it is a key or a measure (from uuid, now, random or a sequence): derive it from the "
        "data.",
        "If it is load metadata, which may differ: "
        + " ".join(f"--ignore {name}" for name in names[:4]),
    )


def _counterexample(proof: Proof, found: Experiment) -> Problem:
    steps = _steps(proof, found)
    tables = [
        table
        for delta in causes.causes_first(found)
        for table in examples(delta, ("uninterrupted run", "after the rerun"))
    ]
    others = len(proof.counterexamples) - 1
    title = (
        f"The smallest counterexample ({plural(others, 'other')})"
        if others
        else "The counterexample"
    )
    lines = [f"{n}. {step}" for n, step in enumerate(steps, 1)]
    return Problem(title, (*lines, *said(found.stderr)), tuple(tables), causes.advice(proof, found))


def _steps(proof: Proof, found: Experiment) -> list[str]:
    steps = []
    if not found.kills:
        number = found.name.removeprefix("rerun ")
        steps.append(f"The command ran to its end, then again ({found.name}), without any kill.")
        if number != "1":
            steps[-1] = f"The command ran to its end, then again {number} times, without any kill."
    for at, kill in enumerate(found.kills):
        what = "The rerun was killed, too," if at else "The command was killed (SIGKILL)"
        if kill.copied:
            what = "The command was stopped and its state copied, as a kill would have left it,"
        steps.append(f"{what} {kill.description}.")
    if found.left:
        left = "; ".join(f"{table} {remains}" for table, remains in found.left.items())
        steps.append(f"The kill left: {left}.")
        steps += causes.out_of_step(proof, found)
    if found.failure:
        return [*steps, f"{found.failure[0].upper()}{found.failure[1:]}."]
    if found.kills:
        wrote = f", though it wrote: {reason(found.stderr)}" if found.stderr else ""
        steps.append(f"The rerun ended with exit code 0, as if nothing had failed{wrote}.")
    steps += [f"{sentence(delta)}." for delta in causes.causes_first(found)]
    if found.only:
        names = ", ".join(found.only)
        steps.append(
            f"Only {names} {'differs' if len(found.only) == 1 else 'differ'}: if nothing refers to "
            f"that, {' '.join(f'--ignore {name}' for name in found.only)}."
        )
    return steps + ([] if causes.out_of_step(proof, found) else causes.marked_as_done(proof, found))


def _sections(proof: Proof) -> list[Section]:
    sections = []
    rows = [
        (t.name, _rows(t.before), _rows(t.after), _note(proof, t) or _standing(proof, t.name))
        for t in proof.tables
    ]
    # Tables that only a kill or a rerun leaves.
    also = {delta.table for one in proof.experiments for delta in one.deltas} - _known(proof)
    rows += [(name, "none", "none", _standing(proof, name)) for name in sorted(also)]
    columns = ("table", "rows before", "after a run", "end state")
    # Unchanged tables last: a hundred of them would hide the one that matters.
    short = sorted(rows, key=lambda row: row[3].startswith("the run does"))[:20]
    bad = frozenset(n for n, row in enumerate(short) if re.search(r"differs in|failed", row[3]))
    more = (f"and {len(rows) - 20} more",) if len(rows) > 20 else ()
    sections.append(Section("Tables", more, (Table(columns, tuple(short), bad=bad),)))
    if proof.left_out:
        sections.append(Section("Left out of the comparison", tuple(by_column(proof.left_out))))
    if halves := proof.half_published:
        sections.append(Section("Between kill and rerun", tuple(_readers_view(proof, halves))))
    sections.append(Section("What was tried", tuple(trials(proof))))
    if proof.experiments:
        table = Table(
            ("", "where", "what the kill left", "end state"),
            tuple(_row(one) for one in proof.experiments),
            bad=frozenset(n for n, one in enumerate(proof.experiments) if one.refutes),
        )
        sections.append(Section("Every experiment", (), (table,), detail=True))
    return sections


def _readers_view(proof: Proof, halves: list[Experiment]) -> list[str]:
    """What a reader would find after a kill and before the rerun: neither the old nor the new."""
    shown = [
        f"{table} {left} ({one.name})"
        for one in halves[:3]
        for table, left in one.half_published.items()
    ]
    first = (
        f"After {len(halves)} of {plural(len(proof.kills), 'kill')} a reader would have found a "
        "state that no whole run leaves:"
    )
    counts = "This counts, as --readers is given." if proof.readers else "--readers makes it count."
    return [first, *shown[:6], counts]


def _rows(count: int | None) -> str:
    return "none" if count is None else f"{count:,}"


def _note(proof: Proof, table: TableInfo) -> str:
    """Why the end state of a table says nothing; not where a kill left something in it."""
    used = any(table.name in one.left for one in proof.experiments)
    return "" if used or any(_differs(one, table.name) for one in proof.experiments) else table.note


def _standing(proof: Proof, name: str) -> str:
    varies = [one for one in proof.varying if one.delta.table == name]
    if varies and (proof.ended or not proof.experiments):
        return "differs between two clean runs"
    differs, of = sum(_differs(one, name) for one in proof.experiments), len(proof.experiments)
    failed = sum(bool(one.failure) for one in proof.experiments)
    standing = f"differs in {differs} of {of}" if differs else f"same in {of - failed} of {of}"
    standing += f", {failed} failed" if failed else ""
    if varies:
        few = varies[0].columns[0] if len(varies[0].columns) == 1 else "some columns"
        return f"{few} aside: {standing}"
    return standing if of else "same"


def _differs(one: Experiment, name: str) -> bool:
    return any(delta.table == name for delta in one.deltas)


def _row(one: Experiment) -> tuple[str, ...]:
    where = "; then ".join(_where(kill) for kill in one.kills) or "after a whole run"
    left = "; ".join(f"{table}: {remains}" for table, remains in one.left.items())
    end = one.failure or "; ".join(sentence(delta) for delta in one.deltas) or _same_but(one)
    return (one.name, where, left, end)


def _where(kill: KillHit) -> str:
    return kill.description + (" (a copy)" if kill.copied else "")


def _same_but(one: Experiment) -> str:
    return f"same; left {litter_summary(one.litter)}" if one.litter else "same"


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
