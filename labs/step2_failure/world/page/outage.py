"""What call breakers with different settings do while a source is away for 47 minutes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from labs.step2_failure.world.breakers import ASK, FAILED, STARTS, WELL, Breaker, Event
from workbook import render

AWAY = 47 * 60  # seconds for which the source is away
EVERY, UNTIL = 20, 2 * 3600  # seconds between calls, and until the last of them


def outage(limits: Sequence[tuple[int, float]]) -> render.Shown:
    """For each (fail_max, reset_after): failed calls, and when the job gets through again."""
    return render.rows([_outage(*one) for one in limits])


def _outage(fail_max: int, reset_after: float) -> dict[str, object]:
    """One breaker; a job wants to call every 20 seconds, the source is away for 47 minutes."""
    breaker = Breaker(fail_max, reset_after)
    failed, noticed = 0, "never"
    for second in range(0, UNTIL, EVERY):
        if not breaker.meets(Event(second, ASK)):
            continue
        away = second < AWAY
        breaker.meets(Event(second, FAILED if away else WELL))
        failed += away
        if not away:
            noticed = f"{STARTS + dt.timedelta(seconds=second):%H:%M:%S}"
            break
    told = {"fail_max": fail_max, "reset_after": reset_after, "failed calls": failed}
    return told | {"first call that succeeds": noticed}
