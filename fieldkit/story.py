"""Tells a proof to a person: from what was found to sentences, tables and test cases."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from fieldkit.compare import Delta, Example
from fieldkit.proof import NOT_REPEATABLE, PROVED, REFUTED, Experiment, Proof, Varying, plural
from fieldkit.report import Case, Finding, Report, Section, Table

ADVICE = {
    "duplicated": "Rows came twice: write them by key (merge, or delete and insert in one "
    "transaction), so that a row written again finds its place.",
    "lost": "Rows are missing although the rerun ended well: something said that they were done "
    "before they were. Commit the checkpoint and its data in one transaction, or the data first.",
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
SEVERAL = 5


def told(proof: Proof) -> Report:
    """The report of a proof."""
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
        data=_data(proof),
    )


def _tried(proof: Proof) -> str:
    reruns, kills = len(proof.reruns), len(proof.kills)
    return f"{plural(kills, 'kill')} and {plural(reruns, 'rerun')}"


def _summary(proof: Proof) -> str:
    if proof.verdict == PROVED:
        untried = "" if proof.kills else " Crash safety was not tried."
        return f"no counterexample in {_tried(proof)}.{untried}"
    if proof.remembers:
        return "two clean runs from the same state do not end the same."
    if proof.verdict == NOT_REPEATABLE:
        return "two clean runs from the same state write different data."
    found = proof.counterexamples
    how = "fails" if found[0].failure else "ends in another state than one whole run"
    if not found[0].kills:
        return f"a plain rerun, without any crash, {how}."
    among = sum(bool(one.kills) for one in found)
    return f"the rerun after a crash {how} ({among} of {plural(len(proof.kills), 'kill')})."


def _findings(proof: Proof) -> list[Finding]:
    if proof.remembers:
        what = "name it with another --state (a checkpoint file, a working folder, a queue)"
        return [
            Finding(
                "It remembers", (proof.remembers + ".",), (), (f"{what[0].upper()}{what[1:]}.",)
            )
        ]
    if proof.varying:
        return [_varying(one) for one in proof.varying]
    smallest = proof.counterexample
    return [_counterexample(proof, smallest)] if smallest else []


def _varying(one: Varying) -> Finding:
    delta, columns = one.delta, ", ".join(one.columns)
    if delta.expected_rows != delta.observed_rows:
        why = (
            f"{delta.table}: the first clean run left {plural(delta.expected_rows, 'row')}, the "
            f"second {delta.observed_rows:,}"
        )
    elif delta.note:
        why = f"{delta.table}: {delta.note}"
    else:
        why = f"{delta.table}: {columns or 'rows'} differ{'' if len(one.columns) > 1 else 's'}"
    names = one.columns or ("COLUMN",)
    advice = (
        f"If it is load metadata: {' '.join(f'--ignore {name}' for name in names[:4])}",
        "A key or measure from uuid, now, random or a sequence: derive it from the data.",
    )
    tables = tuple(_examples(delta, ("first clean run", "second clean run")))
    return Finding(why, (), tables, advice)


def _counterexample(proof: Proof, found: Experiment) -> Finding:
    steps = _steps(proof, found)
    tables = [
        table
        for delta in found.deltas
        for table in _examples(delta, ("uninterrupted run", "after the rerun"))
    ]
    kinds = ["failure"] if found.failure else [delta.kind for delta in found.deltas]
    advice = tuple(dict.fromkeys(ADVICE[kind] for kind in kinds))
    others = len(proof.counterexamples) - 1
    title = (
        f"The smallest counterexample ({plural(others, 'other')})"
        if others
        else "The counterexample"
    )
    return Finding(
        title, tuple(f"{n}. {step}" for n, step in enumerate(steps, 1)), tuple(tables), advice
    )


def _steps(proof: Proof, found: Experiment) -> list[str]:
    steps = []
    if not found.kills:
        number = found.name.removeprefix("rerun ")
        steps.append(f"The command ran to its end, then again ({found.name}), without any kill.")
        if number != "1":
            steps[-1] = f"The command ran to its end, then again {number} times, without any kill."
    for at, kill in enumerate(found.kills):
        what = "The rerun was killed, too," if at else "The command was killed (SIGKILL)"
        steps.append(f"{what} {kill.told}.")
    if found.left:
        left = "; ".join(f"{table} {remains}" for table, remains in found.left.items())
        steps.append(f"The kill left: {left}.")
        steps += _ahead(found)
    if found.failure:
        return [*steps, f"{found.failure[0].upper()}{found.failure[1:]}"]
    if found.kills:
        steps.append("The rerun ended with exit code 0, as if all were well.")
    return [*steps, *(f"{_sentence(delta)}." for delta in found.deltas)]


def _ahead(found: Experiment) -> list[str]:
    """What was out of step at the kill: it explains most counterexamples."""
    ranks = ("as before", "in part", "complete")
    rank = {
        table: n for table, told in found.left.items() for n, s in enumerate(ranks) if s in told
    }
    lines = []
    for delta in found.deltas:
        here = rank.get(delta.table)
        if here is None or delta.kind not in ("lost", "duplicated"):
            continue
        ahead = [t for t, n in rank.items() if (n > here if delta.kind == "lost" else n < here)]
        if ahead and delta.kind == "lost":
            lines.append(
                f"So {' and '.join(ahead)} was ahead of {delta.table}: it says done too soon."
            )
        elif ahead:
            lines.append(f"So {delta.table} was ahead of {' and '.join(ahead)}: it is done again.")
    return lines


def _sentence(delta: Delta) -> str:
    rows = f"{delta.table} now has {delta.observed_rows:,} rows instead of {delta.expected_rows:,}"
    if delta.expected_rows == delta.observed_rows:
        rows = f"{delta.table} has its {plural(delta.expected_rows, 'row')}"
    if delta.note:
        return f"{delta.table}: {delta.note}"
    return f"{rows}: {_counts(delta)}"


def _counts(delta: Delta) -> str:
    told = [
        f"{getattr(delta, kind):,} {kind}"
        for kind in ("duplicated", "lost", "changed", "unexpected")
        if getattr(delta, kind)
    ]
    return ", ".join([*told, f"{delta.same:,} same"])


def _examples(delta: Delta, sides: tuple[str, str]) -> list[Table]:
    if not delta.examples:
        return []
    names = tuple(delta.examples[0].key)
    rows = tuple(
        (*(_cell(one.key[name]) for name in names), *_sides(one), one.kind)
        for one in delta.examples
    )
    title = f"{delta.table}, {len(rows)} of {plural(delta.size, 'row')}"
    return [Table((*names, *sides, "difference"), rows, title)]


def _sides(example: Example) -> tuple[str, str]:
    left, right = example.expected, example.observed
    columns = _interesting(example)
    return _side(left, columns), _side(right, columns)


def _interesting(example: Example) -> list[str]:
    first = (example.expected or example.observed)[0]
    others = [name for name in first if name not in example.key]
    if example.kind == "changed" and example.expected and example.observed:
        changed = [
            name
            for name in others
            if {repr(row[name]) for row in example.expected}
            != {repr(row[name]) for row in example.observed}
        ]
        others = changed or others
    return others[: 4 if len(example.key) else SEVERAL]


def _side(rows: tuple[dict[str, Any], ...], columns: list[str]) -> str:
    if not rows:
        return "no row"
    values = ", ".join(f"{name}={_cell(rows[0][name])}" for name in columns) or "1 row"
    if len(rows) == 1:
        return values
    alike = all(repr(row) == repr(rows[0]) for row in rows)
    more = " or more" if len(rows) > 2 else ""
    return f"{len(rows)}{more} rows{', each ' if alike else ', first '}{values}"


def _cell(value: Any) -> str:
    text = "NULL" if value is None else str(value)
    return text if len(text) <= 40 else text[:37] + "…"


def _sections(proof: Proof) -> list[Section]:
    sections = []
    rows = [
        (t.name, _rows(t.before), _rows(t.after), t.note or _standing(proof, t.name))
        for t in proof.tables
    ]
    columns = ("table", "rows before", "after a run", "end state")
    # A hundred tables that nothing touches would hide the one that matters.
    short = sorted(rows, key=lambda row: row[3].startswith("the run does"))[:20]
    more = (f"and {len(rows) - 20} more",) if len(rows) > 20 else ()
    sections.append(Section("Tables", more, (Table(columns, tuple(short)),)))
    if proof.left_out:
        sections.append(Section("Left out of the comparison", tuple(_left_out(proof.left_out))))
    sections.append(Section("What was tried", tuple(_trials(proof))))
    if proof.experiments:
        table = Table(
            ("", "where", "what the kill left", "end state"),
            tuple(_row(one) for one in proof.experiments),
        )
        sections.append(Section("Every experiment", (), (table,), detail=True))
    return sections


def _left_out(names: list[str]) -> list[str]:
    """Columns of the same name in one line, as a tool writes its own into every table."""
    columns: dict[str, list[str]] = {}
    for name in names:
        if name.startswith("column "):
            table, _, column = name.removeprefix("column ").rpartition(".")
            columns.setdefault(column, []).append(table)
    lines = [name for name in names if not name.startswith("column ")]
    return lines + [f"column {column} of {', '.join(of)}" for column, of in columns.items()]


def _rows(count: int | None) -> str:
    return "none" if count is None else f"{count:,}"


def _standing(proof: Proof, name: str) -> str:
    if any(one.delta.table == name for one in proof.varying):
        return "differs between two clean runs"
    differs = sum(any(d.table == name for d in one.deltas) for one in proof.experiments)
    if differs:
        return f"differs in {differs} of {len(proof.experiments)}"
    return (
        f"same in {len(proof.experiments)} of {len(proof.experiments)}"
        if proof.experiments
        else "same"
    )


def _trials(proof: Proof) -> list[str]:
    where = "in place, on its own path" if proof.in_place else "on a copy"
    lines = [f"Command: {proof.command} ({where})"]
    if not proof.experiments:
        return [*lines, "2 clean runs from one state; neither reruns nor kills, as they differ."]
    lines.append(f"Reruns after a whole run: {len(proof.reruns)}, {_bad(proof.reruns)}.")
    if proof.kills:
        during = sum(any(kill.writes for kill in one.kills) for one in proof.kills)
        twice = sum(len(one.kills) > 1 for one in proof.kills)
        too = f", {twice} of them again in the rerun" if twice else ""
        lines.append(
            f"Kills: {len(proof.kills)} landed, {during} after a write to the state{too}; "
            f"{_bad(proof.kills)}."
        )
        if len(proof.kills) < proof.planned_kills:
            lines.append(f"{proof.planned_kills} were planned; the others hit no running command.")
    if proof.rounded:
        lines.append(
            f"Floating-point values of {', '.join(sorted(proof.rounded))} differ in their last "
            "digits from run to run (sums in another order); what is equal to twelve digits counts "
            "as the same."
        )
    lines.append(f"Seed {proof.seed}. All states are as they were before.")
    return lines


def _bad(experiments: list[Experiment]) -> str:
    bad = sum(one.refutes for one in experiments)
    return f"{bad} ended otherwise" if bad else "all ended the same"


def _row(one: Experiment) -> tuple[str, ...]:
    where = "; then ".join(kill.told for kill in one.kills) or "after a whole run"
    left = "; ".join(f"{table}: {remains}" for table, remains in one.left.items())
    end = one.failure or "; ".join(_sentence(delta) for delta in one.deltas) or "same"
    return (one.name, where, left, end)


def _cases(proof: Proof) -> list[Case]:
    cases = [_clean_case(proof)]
    for one in proof.experiments:
        differ = {delta.table: delta for delta in one.deltas}
        group = one.name.replace(" ", "-")
        if one.failure:
            cases.append(Case(group, "the rerun ends well", "failed", one.failure, one.seconds))
            continue
        names = [t.name for t in proof.tables] + [n for n in differ if n not in _known(proof)]
        for number, name in enumerate(names):
            status = "failed" if name in differ else "passed"
            message = _sentence(differ[name]) if name in differ else ""
            cases.append(Case(group, name, status, message, 0.0 if number else one.seconds))
    return cases


def _known(proof: Proof) -> set[str]:
    return {table.name for table in proof.tables}


def _clean_case(proof: Proof) -> Case:
    name = "two clean runs end in the same state"
    seconds = 2 * proof.clean_seconds
    if proof.verdict != NOT_REPEATABLE:
        return Case("clean-runs", name, seconds=seconds)
    why = proof.remembers or "\n".join(_varying(one).title for one in proof.varying)
    return Case("clean-runs", name, "failed", why, seconds)


def _data(proof: Proof) -> dict[str, Any]:
    return {
        "command": proof.command,
        "states": list(proof.states),
        "in_place": proof.in_place,
        "seed": proof.seed,
        "seconds": round(proof.seconds, 3),
        "clean_run": {"seconds": round(proof.clean_seconds, 3), "writes": proof.clean_writes},
        "planned": {"reruns": proof.planned_reruns, "kills": proof.planned_kills},
        "landed": {"reruns": len(proof.reruns), "kills": len(proof.kills)},
        "tables": [asdict(table) for table in proof.tables],
        "left_out": proof.left_out,
        "rounded": sorted(proof.rounded),
        "varying": [
            {
                "table": v.delta.table,
                "columns": list(v.columns),
                "example": _json_example(v.example),
            }
            for v in proof.varying
        ],
        "counterexamples": [one.name for one in proof.counterexamples],
        "experiments": [_json_experiment(one) for one in proof.experiments],
    }


def _json_example(example: Example | None) -> dict[str, Any] | None:
    return asdict(example) if example else None


def _json_experiment(one: Experiment) -> dict[str, Any]:
    return {
        "name": one.name,
        "refutes": one.refutes,
        "kills": [
            {"aimed": kill.aim.told, "after_writes": kill.writes, "seconds": round(kill.seconds, 3)}
            for kill in one.kills
        ],
        "left": dict(one.left),
        "failure": one.failure,
        "tables": [
            asdict(delta) | {"same": delta.same, "kind": delta.kind} for delta in one.deltas
        ],
        "seconds": round(one.seconds, 3),
    }
