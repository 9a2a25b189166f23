"""The days before the first morning, as the page shows them: by kind."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from labs.step2_failure.world.days import KINDS, PAST, PER_DAY, Day
from labs.step2_failure.world.days import days as days_of
from labs.step2_failure.world.feeds import Usual, bad_rows, usual
from workbook import render


def past_by_kind(seed: int) -> render.Shown:
    """How far the past days of each kind lay from their median; all of them were good days."""
    past, likes = days_of(seed, 0, PAST, PER_DAY), usual(seed)
    return render.rows([_row(seed, [d for d in past if d.kind == k], likes[k]) for k in KINDS])


def _row(seed: int, past: Sequence[Day], like: Usual) -> dict[str, Any]:
    rows = [0.0, *(len(d.orders) / like.rows - 1 for d in past)]
    average = [0.0, *(d.average / like.average - 1 for d in past)]
    bad = max(bad_rows(seed, d) / len(d.orders) for d in past)
    return {
        "kind": past[0].kind,
        "days": len(past),
        "rows, median": f"{like.rows:g}",
        "they lie within": _within(rows),
        "average, median": f"${like.average:.2f}",
        "it lies within": _within(average),
        "bad rows": f"up to {bad:.1%}" if bad else "0%",
    }


def _within(shares: Sequence[float]) -> str:
    return f"{_signed(min(shares))} to {_signed(max(shares))}"


def _signed(share: float) -> str:
    percent = round(share * 100)
    return f"{percent:+d}%".replace("-", "−") if percent else "0%"
