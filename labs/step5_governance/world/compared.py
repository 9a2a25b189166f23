"""Cells of a file beside those of its base: what can be compared where values are masked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from labs.step5_governance.world.bases import HIDDEN

_ENDS = ("example.com", "example.org")  # the domains of all customers' mail


@dataclass(frozen=True)
class Compared:
    """What can be compared of a column's cells, as text: the value, its year, its end, its kind.

    `clear`: the values that some rows show clear; `rules`: those by which the column is seen.
    """

    clear: set[str]
    rules: set[str]

    def wanted(self, value: Any, rule: str) -> str:
        """Of a cell of the base, under its rule."""
        if value is None or rule == HIDDEN:
            return "NULL"
        if rule == "year":
            return str(value)[:4]
        if rule == "partial":  # how the rest is written is the answer's to choose
            return next(one for one in _ENDS if str(value).endswith(one))
        return str(value) if rule == "clear" else "a token"

    def seen(self, value: Any) -> str:
        """Of a cell of the file."""
        if value is None:
            return "NULL"
        if str(value) in self.clear or self.rules == {"clear"}:
            return str(value)
        if "partial" in self.rules:
            return next((one for one in _ENDS if str(value).endswith(one)), "nothing")
        # A token is told from the value itself; which token it is, is the answer's to choose.
        return "a token" if "hmac" in self.rules and not _plain(value) else str(value)[:99]


def _plain(value: Any) -> bool:
    return not isinstance(value, str) or len(value) < 16 or value.startswith("+")
