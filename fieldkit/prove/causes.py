"""The likely cause of a counterexample, and what to do about it."""

from __future__ import annotations

from fieldkit.prove.found import Experiment, Proof
from fieldkit.state.compare import Picture
from fieldkit.state.folders import OTHER
from fieldkit.state.rows import Delta

ADVICE = {
    "duplicated": "Rows came twice: write them by key (merge, or delete and insert in one "
    "transaction), so that a row written again finds its place.",
    "lost": "Rows are missing although the rerun ended well: they were marked as done too early. "
    "Commit the checkpoint and its data in one transaction, or the data first.",
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
    "skipped": "Rows are missing although the rerun ended well, and no other table was ahead: it "
    "begins at a time (yesterday) or after the latest row that is there, or takes a half-written "
    "file for a done one. Let it begin at what is missing, rename files when they are whole, or "
    "write all of it in one transaction.",
    "files": "Files that are not data are others than after a whole run. If they are a tool's own "
    f'notes (caches, times of its runs): --ignore-table "{OTHER}". If they say what is done: write '
    "them together with the data, or after it.",
    "leftover": "Empty the loading table at the start of each run, in the transaction that fills "
    "it, or load into a table of the run's own.",
}
SWALLOWED = (
    "The rerun wrote of an error and ended with exit code 0: end with another one, so that "
    "somebody is alerted."
)
WITHOUT_A_KILL = {
    "lost": "A second run removes rows or does not write them again: it must leave what is already "
    "loaded, or write all of it anew.",
    "unreadable": "A second run leaves a file that cannot be read: write under a temporary name, "
    "then rename.",
    "failure": "The command cannot run twice on the same state. Make every step safe to repeat: "
    "create if not exists, insert or replace, remove before rename.",
}
RANKS = ("as before", "in part", "complete")


def sources(before: Picture, after: Picture) -> dict[str, frozenset[str]]:
    """By table, those that it may be made from: they share columns and hold as many rows as it got.

    A mark of what is done has few rows, or a key alone.
    """
    got = {name: after[name].rows - (before[name].rows if name in before else 0) for name in after}
    return {
        name: frozenset(
            other
            for other, there in after.items()
            if other != name
            and there.rows >= got[name]
            and len(there.shape.columns.keys() & seen.shape.columns.keys()) > 1
        )
        for name, seen in after.items()
    }


def advice(proof: Proof, found: Experiment) -> tuple[str, ...]:
    """What to do, from what happened: a plain rerun needs other advice than one after a kill."""
    if found.failure or found.stderr:  # an error that it swallowed is the cause, whatever is wrong
        swallowed = (SWALLOWED,) if found.stderr and not found.failure else ()
        return (*swallowed, (ADVICE if found.kills else ADVICE | WITHOUT_A_KILL)["failure"])
    kinds = [_kind(delta) for delta in causes_first(found)]
    texts = ADVICE if found.kills else ADVICE | WITHOUT_A_KILL
    kinds = [kind for kind in kinds if _own_cause(kind, kinds)]
    if leftovers(found):
        kinds.insert(0, "leftover")
    if found.kills and not (out_of_step(proof, found) or marked_as_done(proof, found)):
        kinds = ["skipped" if kind == "lost" else kind for kind in kinds]
    return tuple(dict.fromkeys(texts[kind] for kind in kinds))


def _kind(delta: Delta) -> str:
    return "files" if delta.table.endswith(OTHER) else delta.kind


def causes_first(found: Experiment) -> list[Delta]:
    """Tables with changed values come last: most of them are sums over the others."""
    return sorted(found.deltas, key=lambda delta: delta.kind == "changed")


def _own_cause(kind: str, kinds: list[str]) -> bool:
    """False for changed values beside lost or duplicated rows: they follow from those."""
    return kind != "changed" or not {"duplicated", "lost"} & set(kinds)


def leftovers(found: Experiment) -> list[str]:
    """Loading tables in which the kill left rows that a whole run removes again."""
    too_many = any(delta.kind in ("duplicated", "unexpected", "changed") for delta in found.deltas)
    return [table for table, left in found.left.items() if too_many and "left-over" in left]


def out_of_step(proof: Proof, found: Experiment) -> list[str]:
    """Which table was ahead of which at the kill: it explains most counterexamples."""
    if rest := leftovers(found):
        return [f"So the rerun found {found.left[rest[0]]} in {rest[0]} and loaded them, too."]
    rank = {t: n for t, left in found.left.items() for n, s in enumerate(RANKS) if s in left}
    if found.failure:
        return _out_of_step_failure(rank)
    lines, wrong = [], {delta.table for delta in found.deltas}
    for delta in found.deltas:
        here = rank.get(delta.table, -1 if delta.table in found.left else None)
        fewer = delta.kind == "lost" or delta.observed_rows < delta.expected_rows
        if here is None or not (fewer or delta.kind == "duplicated"):
            continue
        ahead = [t for t, n in rank.items() if (n > here if fewer else n < here)]
        ahead = [t for t in ahead if t not in proof.sources.get(delta.table, ())]
        # A mark of what is done is right in the end; a table that differs follows from the rest.
        ahead = [t for t in ahead if t not in wrong] or ahead
        if ahead and fewer:
            lines.append(
                f"So {' and '.join(ahead)} was ahead of {delta.table}: "
                "it was marked done too early."
            )
        elif ahead:
            lines.append(f"So {delta.table} was ahead of {' and '.join(ahead)}: it is done again.")
    return lines


def _out_of_step_failure(rank: dict[str, int]) -> list[str]:
    done = [table for table, n in rank.items() if n == len(RANKS) - 1]
    behind = [table for table, n in rank.items() if n < len(RANKS) - 1]
    if not (done and behind):
        return []
    return [f"So {' and '.join(done)} was ahead of {' and '.join(behind)}."]


def marked_as_done(proof: Proof, found: Experiment) -> list[str]:
    """Tables that ended complete or stayed empty, as the likely cause of those that did not."""
    kinds = {delta.kind for delta in found.deltas}
    wrong = {delta.table for delta in found.deltas}
    made_from = set().union(*(proof.sources.get(table, ()) for table in wrong))
    right = [
        t
        for t, left in found.left.items()
        if t not in wrong | made_from and "as before" not in left
    ]
    if right and "lost" in kinds:
        return [f"{' and '.join(right)} ended complete all the same: it was marked done too early."]
    empty = [t.name for t in proof.tables if t.before == t.after == 0]
    if empty and "duplicated" in kinds:
        what = f"{' and '.join(empty[:3])} stayed empty"
        return [f"{what}: if the command should record there what is done, it does not."]
    return []
