"""Five queries that five people run: what each opens is a bet first, and then measured."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import date, timedelta

from fieldkit.audit import Cost, metered
from labs.step1_audit.world.draws import draw, shuffled
from labs.step1_audit.world.lake import Lake

WHO = ("support", "sales", "finance", "marketing", "product")
_LONG_MONTHS = (3, 5, 7, 8, 10)  # of 31 days, so that a bet on a month is one number


def queries(seed: int, first: date) -> Mapping[str, str]:
    """The queries by who runs them, in the order of this world's page; its days are drawn."""
    day = first + timedelta(days=40 + draw(seed, "day", 250))
    week = first + timedelta(days=40 + draw(seed, "week", 250))
    month = date(first.year, _LONG_MONTHS[draw(seed, "month", len(_LONG_MONTHS))], 1)
    last = first + timedelta(days=60 + draw(seed, "last", 280))
    texts = {
        "support": f"""select count(distinct customer_id) from lake.events
where occurred_at >= timestamp '{day}' and occurred_at < timestamp '{day + timedelta(days=1)}'""",
        "sales": f"""select sum(revenue_cents) from lake.events
where event_date between date '{week}' and date '{week + timedelta(days=6)}'""",
        "finance": f"""select sum(revenue_cents) from lake.events
where date_trunc('month', event_date) = date '{month}'""",
        "marketing": """select referrer, count(*) from lake.events
group by referrer""",
        "product": f"""select url, place from (
    select *, row_number() over (partition by customer_id order by occurred_at) as place
    from lake.events
) where event_date = date '{last}'""",
    }
    return {who: texts[who] for who in shuffled(seed, "bets", WHO)}


@functools.lru_cache(maxsize=8)
def measured(seed: int, lake: Lake) -> Mapping[str, Cost]:
    """What each of them reads."""
    with lake.open(threads=2) as con:  # the figures are the same for any number
        return {who: metered(con, query) for who, query in queries(seed, lake.first).items()}


def dearest(costs: Mapping[str, Cost]) -> str:
    """Who runs the query that reads most."""
    return max(costs, key=lambda who: costs[who].bytes)
