"""How step 3 writes money and months."""

from __future__ import annotations


def dollars(cents: float) -> str:
    """Cents as whole dollars, with a true minus."""
    rounded = round(cents / 100)
    return f"−${-rounded:,}" if rounded < 0 else f"${rounded:,}"


def exact(cents: float) -> str:
    """Cents as dollars and cents."""
    return f"−${-cents / 100:,.2f}" if cents < 0 else f"${cents / 100:,.2f}"
