"""Six mornings of an API that sends cents, as the audit of each morning measured them."""

from __future__ import annotations

import pandas as pd

from labs.step2_failure.world.days import PAST, PER_DAY, days


def incident(seed: int, count: int = 6) -> pd.DataFrame:
    """Six mornings of the payments API in cents from the second on: what each audit measured."""
    given = days(seed, PAST, count, PER_DAY)
    rows = [
        {
            "day": str(one.date),
            "kind": one.kind,
            "rows": len(one.orders),
            "average": round(one.average * (100 if 0 < n < count - 1 else 1), 2),
            "quarantined": 0,
        }
        for n, one in enumerate(given)
    ]
    return pd.DataFrame(rows)
