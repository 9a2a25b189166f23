"""Money and use as the reports write them."""

from __future__ import annotations

from fieldkit.value.found import Observed
from fieldkit.value.use import Use

USED = {True: "used", False: "unused", None: "unknown"}


def money(cents: int | float | None) -> str:
    """An amount in the currency's unit, without its name: 12,840 or 0.37; a dash for unknown."""
    if cents is None:
        return "–"
    whole = round(cents)
    if whole < 0:
        return "−" + money(-whole)
    if abs(whole) < 10_000 and whole % 100:
        return f"{whole / 100:,.2f}"
    return f"{round(whole / 100):,}"


def priced(cents: int | float | None, currency: str) -> str:
    """An amount with its currency."""
    return "unknown" if cents is None else f"{currency} {money(cents)}"


def hours(count: float) -> str:
    """Hours of a month."""
    return f"{count:,.1f}".removesuffix(".0")


def why(one: Use, most: int = 2) -> str:
    """Why a table is used or not, in a line; no account is named."""
    return "; ".join(reason.says for reason in one.reasons[:most])


def cost_of(seen: Observed, table: str) -> int | None:
    """What a table costs in a month; None where the exports do not say."""
    return seen.bill.monthly(seen.bill.tables.get(table, 0)) if seen.bill.known else None
