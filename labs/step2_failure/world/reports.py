"""What a morning's audit reports, with known things wrong with it, and the days it is held to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from labs.step2_failure.world.days import KINDS, PAST, PER_DAY, WEEKDAY, day

TOLERANCE = {"fewer": 0.5, "more": 1.0, "average": 0.6, "quarantined": 0.05}
Measured = dict[str, Any]


def clean(seed: int, kind: str = WEEKDAY) -> Measured:
    """The report of a day without any trouble; `average`: dollars an order."""
    given = day(seed, PAST, PER_DAY, kind)
    return {
        "day": str(given.date),
        "kind": kind,
        "rows": len(given.orders),
        "average": given.average,
        "quarantined": 0,
        "block": [],
    }


def usual(told: pd.DataFrame, column: str, kind: str = WEEKDAY) -> float:
    """The median of the published days of a kind."""
    alike = told[(told["kind"] == kind) & (told["decision"] == "publish")]
    return float(alike[column].median())


def held_back(told: pd.DataFrame, last: int, decision: str = "stale", **factor: float) -> Any:
    """The same days, the last of them held back; `factor`: by how much their numbers were off."""
    changed = told.copy()
    chosen = changed.index[-last:]
    changed.loc[chosen, ["decision", "what"]] = decision, "held back"
    for column, by in factor.items():
        off = (changed.loc[chosen, column] * by).round(2)
        changed[column] = changed[column].astype(float)
        changed.loc[chosen, column] = off
    changed["rows"] = changed["rows"].astype(int)
    return changed


def with_day(told: pd.DataFrame, report: Measured, decision: str, what: str) -> pd.DataFrame:
    """The same days and one more; `what`: what its alert said, "" if it was published."""
    day = {name: report[name] for name in ("day", "kind", "rows", "average")}
    return pd.concat([told, pd.DataFrame([day | {"decision": decision, "what": what}])],
                     ignore_index=True)  # fmt: skip


def slipped_through(told: pd.DataFrame, count: int, kind: str = WEEKDAY) -> pd.DataFrame:
    """The same days; a few of a kind were published in cents, long ago, and nobody noticed."""
    changed = told.copy()
    chosen = changed.index[changed["kind"] == kind][2 : 2 + count]
    changed.loc[chosen, "average"] *= 100
    return changed


def without(told: pd.DataFrame, kind: str) -> pd.DataFrame:
    """The same days, but none of that kind."""
    return told[told["kind"] != kind].reset_index(drop=True)


def other_kinds() -> Sequence[str]:
    """The calendar's kinds of days that are no weekdays."""
    return [kind for kind in KINDS if kind != WEEKDAY]
