"""When many clients come back that lost a source at the same moment."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

from workbook import render

CLIENTS = 200
BAR = 40  # characters of the longest bar


def crowd(wait: Callable[[random.Random], float], seed: int = 7) -> render.Shown:
    """How many of 200 clients come back in which second, if each of them waits `wait(rng)`."""
    back = Counter(int(wait(random.Random(f"{seed} {n}"))) for n in range(CLIENTS))
    most = max(back.values())
    return render.rows(
        [
            {"second": second, "clients": back[second], "": "█" * -(-back[second] * BAR // most)}
            for second in range(max(back) + 1)
            if back[second]
        ]
    )
