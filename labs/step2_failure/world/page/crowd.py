"""In which second clients reconnect after all lost the source at once."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping

from workbook import render

CLIENTS = 200
Wait = Callable[[random.Random], float]


def crowd(waits: Mapping[str, Wait], seed: int = 7) -> render.Shown:
    """How many of 200 clients come back in which second, for each `wait(rng)`."""
    back = {name: _back(wait, seed) for name, wait in waits.items()}
    last = max(second for found in back.values() for second in found)
    rows = []
    for second in range(last + 1):
        found = {name: counted[second] for name, counted in back.items()}
        if any(found.values()):
            rows.append({"second": second, **found})
    return render.rows(rows)


def _back(wait: Wait, seed: int) -> Counter[int]:
    return Counter(int(wait(random.Random(f"{seed} {n}"))) for n in range(CLIENTS))
