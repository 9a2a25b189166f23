"""A template for a rerun strategy, filled in from the counterexample of a proof."""

from __future__ import annotations

from fieldkit.prove.found import Proof
from fieldkit.prove.story import report_of
from fieldkit.report.differences import sentence
from fieldkit.report.report import render_template


def runbook(proof: Proof, command_line: str = "") -> str:
    """Markdown: what broke, at which point, and the five questions with suggestions.

    `command_line`: as it was typed, to prove it again.
    """
    if not command_line:
        states = " ".join(f"--state {name}" for name in proof.states)
        command_line = f"fieldkit prove {states} --seed {proof.seed} -- {proof.command}"
    found = proof.counterexample
    kinds = {delta.kind for delta in found.deltas} if found else set()
    kinds |= {one.delta.kind for one in proof.varying}
    if found and found.failure:
        kinds.add("failure")
    ends = (
        {d.table: sentence(d).removeprefix(d.table).lstrip(": ") for d in found.deltas}
        if found
        else {}
    )
    text = render_template(
        "runbook.md.jinja",
        again=command_line,
        proof=proof,
        report=report_of(proof),
        found=found,
        kinds=kinds,
        ends=ends,
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
