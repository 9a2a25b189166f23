"""For the page: what travellers see while a ferry's sign changes, and a breaker in an outage."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import duckdb

from labs.step2_failure.world.breakers import ASK, FAILED, STARTS, WELL, Breaker, Event
from workbook import render

FERRY = """
    create table departures (time varchar, berth integer);
    insert into departures values ('06:20', 2), ('08:00', 2), ('11:30', 1);
    create table sign (valid varchar);
    insert into sign values ('Monday')
"""
LOOK = "select (select valid from sign), string_agg(time, ' ' order by time) from departures"
AWAY = 47 * 60  # seconds for which the source is away
EVERY, UNTIL = 20, 2 * 3600  # seconds between calls, and until the last of them


def watched(statements: Sequence[str]) -> render.Shown:
    """Run statements on a ferry's tables; after each of them a traveller looks at the sign."""
    with duckdb.connect(config={"threads": 1}) as con:
        con.execute(FERRY)
        seen = []
        for statement in ["", *statements]:
            if statement:
                con.execute(statement)
            valid, times = con.cursor().execute(LOOK).fetchall()[0]
            seen.append({"after": statement or "(before)", "sign": valid, "times": times or "none"})
    return render.rows(seen)


def outage(limits: Sequence[tuple[int, float]]) -> render.Shown:
    """For each (fail_max, reset_after): calls to a source that is away, and who notices when."""
    return render.rows([_outage(*one) for one in limits])


def _outage(fail_max: int, reset_after: float) -> dict[str, object]:
    """One breaker; a job wants to call every 20 seconds, the source is away for 47 minutes."""
    breaker = Breaker(fail_max, reset_after)
    vain, noticed = 0, "never"
    for second in range(0, UNTIL, EVERY):
        if not breaker.meets(Event(second, ASK)):
            continue
        away = second < AWAY
        breaker.meets(Event(second, FAILED if away else WELL))
        vain += away
        if not away:
            noticed = f"{STARTS + dt.timedelta(seconds=second):%H:%M:%S}"
            break
    told = {"fail_max": fail_max, "reset_after": reset_after, "calls in vain": vain}
    return told | {"back, as the job sees it": noticed}
