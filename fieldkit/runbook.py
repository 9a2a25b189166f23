"""The redesign template of a rerun strategy, filled in from the counterexample of a proof."""

from __future__ import annotations

from fieldkit.proof import Proof
from fieldkit.report import filled
from fieldkit.story import told


def runbook(proof: Proof) -> str:
    """Markdown: what broke, at which point, and the five questions with suggestions."""
    found = proof.counterexample
    kinds = {delta.kind for delta in found.deltas} if found else set()
    kinds |= {one.delta.kind for one in proof.varying}
    if found and found.failure:
        kinds.add("failure")
    ends = (
        {d.table: f"{d.observed_rows:,} rows instead of {d.expected_rows:,}" for d in found.deltas}
        if found
        else {}
    )
    text = filled(
        "runbook.md.jinja", proof=proof, report=told(proof), found=found, kinds=kinds, ends=ends
    )
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"
