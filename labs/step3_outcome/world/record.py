"""What the other steps save, as far as the record of this workspace has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from workbook import render

OURS = "step3_outcome"


class Saving(Protocol):
    """What a page has proved: a figure before and after, in dollars, hours or risk."""

    what: str
    kind: str
    before: float
    after: float


def other_steps(savings: Mapping[str, Sequence[Saving]]) -> render.Shown:
    """A row for each figure of another step; a step without one is not yet done."""
    rows: list[dict[str, Any]] = []
    for lab in sorted(savings):
        if lab != OURS:
            step = lab.removeprefix("step").replace("_", " ", 1)
            rows += [_row(step, saving) for saving in savings[lab]] or [_row(step, None)]
    return render.rows(rows)


def _row(step: str, saving: Saving | None) -> dict[str, Any]:
    if saving is None or saving.before <= saving.after:
        why = "not yet done" if saving is None else "nothing is saved yet"
        return {"step": step, "figure": why, "kind": "", "before": None, "now": None}
    return {
        "step": step, "figure": saving.what, "kind": saving.kind,
        "before": _amount(saving.before), "now": _amount(saving.after),
    }  # fmt: skip


def _amount(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")
