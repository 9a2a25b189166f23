"""The part of the report on a proof that says what was tried."""

from __future__ import annotations

from fieldkit.prove.found import Experiment, Proof
from fieldkit.report.words import duration


def trials(proof: Proof) -> list[str]:
    """How it was run, how often, and what came of it, a line each."""
    where = "in place, on its own path" if proof.in_place else "on a copy"
    lines = [f"Command: {proof.command} ({where})"]
    if proof.on_disk:
        lines.append(
            f"A run on disk took {duration(proof.on_disk)}, most of it waiting; with the copy in "
            f"memory it takes {duration(proof.clean_seconds)}, so that is where it was tried."
        )
    if not proof.experiments:
        if proof.unfinished:
            return [*lines, "The states are as they were before."]
        why = ", as they differ" if proof.ended else ", as was asked for"
        return [*lines, f"2 clean runs from one state; neither reruns nor kills{why}."]
    if proof.reruns:
        lines.append(f"Reruns after a whole run: {len(proof.reruns)}; {_bad(proof.reruns)}.")
    lines += _kill_lines(proof) if proof.kills else []
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


def _kill_lines(proof: Proof) -> list[str]:
    copied = sum(kill.copied for one in proof.kills for kill in one.kills)
    twice = sum(len(one.kills) > 1 for one in proof.kills)
    too = f", and {twice} hit the rerun as well" if twice else ""
    lines = [
        f"Kills: {len(proof.kills)} hit the running command after it had begun to "
        f"write{too}; {_bad(proof.kills)}."
    ]
    if copied:
        asked = proof.planned_kills - proof.more_kills
        more = f" Half of --kills {asked} are real ones all the same." if proof.more_kills else ""
        lines.append(
            f"{copied} of them began at copies of states that a run passes through: the "
            f"command was stopped there for a moment, so no kill could come too late.{more}"
        )
    if len(proof.kills) < proof.planned_kills:
        lines.append(f"{proof.planned_kills} were planned; the others hit no running command.")
    return lines


def _bad(experiments: list[Experiment]) -> str:
    failed = sum(bool(one.failure) for one in experiments)
    other = sum(one.refutes for one in experiments) - failed
    counts = [f"{other} left different data"] * bool(other) + [f"{failed} failed"] * bool(failed)
    return " and ".join(counts) or "all left the same data"
