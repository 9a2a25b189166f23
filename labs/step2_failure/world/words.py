"""How amounts and times are written, on the page and in findings."""

from __future__ import annotations


def dollars(amount: float, cents: bool = False) -> str:
    """An amount with its sign before the dollar sign, without cents unless asked for."""
    return f"{'−' if amount < 0 else ''}${abs(amount):,.{2 if cents else 0}f}"


def clock(minutes: float) -> str:
    """A time of day from minutes after midnight; what is not over by midnight is never."""
    return f"{int(minutes) // 60:02}:{int(minutes) % 60:02}" if minutes < 24 * 60 else "never"
