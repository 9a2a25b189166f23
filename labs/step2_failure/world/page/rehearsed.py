"""A policy run over 200 mornings, as a table of what happened, kind by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labs.step2_failure.world.failure_policy import (
    NOBODY,
    THRESHOLDS,
    FailurePolicy,
    PolicyError,
    read,
)
from labs.step2_failure.world.rehearsal import FRESH, STALE, WRONG, Board, boards
from labs.step2_failure.world.words import clock, dollars
from workbook import render

PART = "part"


def rehearsal(text: str, seed: int = 7) -> render.Shown:
    """What a policy does to a few hundred mornings, kind by kind; one line if it is none."""
    try:
        policy = read(text)
    except PolicyError as error:
        return render.text(f"not a policy yet: {error}")
    kinds: dict[str, list[Board]] = {}
    for one in boards(policy, seed):
        kinds.setdefault(one.feed.kind, []).append(one)
    return render.rows([_row(policy, kind, found) for kind, found in kinds.items()])


def _row(policy: FailurePolicy, kind: str, found: Sequence[Board]) -> dict[str, Any]:
    shown = {word: sum(_end(b) == word for b in found) for word in (FRESH, PART, STALE, WRONG)}
    limits = sorted({b.held for b in found} & set(THRESHOLDS))
    wrong = sum(abs(b.off) for b in found if b.shows == WRONG)
    fault = found[0].feed.fault
    row: dict[str, Any] = {"what happens": kind, "policy": policy.action(fault) if fault else None}
    off = {"limit": ", ".join(limits) or None, "off by": dollars(wrong) if shown[WRONG] else None}
    return row | shown | off | {"alerted": _told(policy, found)}


def _end(board: Board) -> str:
    """How the morning ended; sound rows without the others are a part."""
    return PART if board.shows == FRESH and board.aside else board.shows


def _told(policy: FailurePolicy, found: Sequence[Board]) -> str | None:
    needed = [b for b in found if b.to_tell]
    if not needed:
        return "nobody" if any(b.shows == WRONG for b in found) else None
    last = max((b.told or 0 for b in needed), default=0)
    return f"{policy.who}, {clock(last)}" if last else NOBODY
