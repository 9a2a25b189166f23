"""What the other steps save, as far as this workspace's record says that they are done."""

from __future__ import annotations

from typing import Any

from workbook import render, workspace
from workbook.progress import Progress

# step, its exercise that saves, what it saves, where the number is seen
_SAVES = (
    (1, "fix-the-model", "dollars", "the month's bill, in Prove it of step 1"),
    (2, "circuit-breaker", "wrong days", "the fortnight, in Prove it of step 2"),
    (4, "run-pipeline", "hours", "the nights on call, in Prove it of step 4"),
    (5, "inherit", "risk", "the leaks, in Prove it of step 5"),
)


def other_steps() -> render.Shown:
    """The exercises of the other steps that save something, and whether they are passed."""
    home = workspace.of_page()
    known = Progress(home.progress) if home and home.progress.exists() else None
    rows: list[dict[str, Any]] = []
    for step, exercise, saves, seen in _SAVES:
        passed = known is not None and known.standing(exercise).passed
        told = seen if passed else "not yet done"
        rows.append({"step": step, "exercise": exercise, "saves": saves, "your record": told})
    return render.rows(rows)
