"""Where a run can be killed, and how people are told of it."""

from __future__ import annotations

from collections.abc import Sequence


def kill_points(log: Sequence[str]) -> list[dict[str, int]]:
    """Options of Database: a kill before each statement of a run, and one after the last."""
    return [*({"crash_before": k} for k in range(1, len(log) + 1)), {"crash_after": len(log)}]


def killed_at(point: dict[str, int], log: Sequence[str] = ()) -> str:
    """Where a kill was, for people; with the run's `log`, also what stood there."""
    when, number = next(iter(point.items()))
    what = f" ({shorten(log[number - 1], 40)})" if log else ""
    return f"killed {when.removeprefix('crash_')} statement {number}{what}"


def shorten(statement: str, length: int = 60) -> str:
    """A statement on one line, cut where it is longer."""
    line = " ".join(statement.split())
    return line if len(line) <= length else line[: length - 1] + "…"
