"""Six mornings of an API that sends cents, as the audit of each morning measured them."""

from __future__ import annotations

import pandas as pd

from labs.step2_failure.world.days import PAST, PER_DAY, days
from labs.step2_failure.world.words import dollars
from workbook import render


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


def averages(seen: pd.DataFrame) -> render.Shown:
    """The same frame, with whatever was added to it; numbers with a fraction are dollars."""
    return render.rows(
        [
            {k: dollars(v, cents=True) if isinstance(v, float) else v for k, v in row.items()}
            for row in seen.to_dict("records")
        ]
    )
