"""Eight pull requests that a machine wrote in an afternoon: four do harm, all tests are green."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from fieldkit.audit import Cost, metered
from labs.step1_audit.world.bill import HOURLY, NIGHTLY, Bill
from labs.step1_audit.world.draws import shuffled
from labs.step1_audit.world.lake import Lake
from labs.step1_audit.world.nightly import compiled

APPROVE, BLOCK, WAIVE = "approve", "block", "waive"
MARGIN_PERCENT = 30  # of revenue: what a decision on wrong revenue can cost
WAIVER_DAYS = 90
RUNS = {"hourly": HOURLY, "nightly": NIGHTLY, "yearly": 1}


@dataclass(frozen=True)
class Pull:
    """One pull request; `rules`: each of them names what is wrong with it, none if it is good."""

    model: str
    schedule: str
    rules: tuple[str, ...] = ()
    rows: bool = False

    @property
    def text(self) -> str:
        """The model's SQL."""
        return (Path(__file__).parent / "pulls" / f"{self.model}.sql").read_text(encoding="utf-8")


PULLS: Mapping[str, Pull] = {
    pull.model: pull
    for pull in (
        Pull("fct_sessions", "hourly", ("full-scan",)),
        Pull("fct_first_touch", "hourly", ("unbounded-window",)),
        Pull("fct_country_revenue", "nightly", ("fan-out",), rows=True),
        # It reads all days because one side has no filter: both names say what to mend.
        Pull("fct_conversion", "hourly", ("one-sided-filter", "full-scan")),
        Pull("fct_purchases", "hourly"),
        Pull("fct_share_of_day", "nightly"),
        Pull("fct_events_by_hour", "nightly"),
        Pull("rep_yearly_audit", "yearly", ("full-scan",)),
    )
}
AUDIT = "rep_yearly_audit"
HARMFUL = [p for p in PULLS.values() if p.rules and p.model != AUDIT]
GOOD = [p for p in PULLS.values() if not p.rules]


def in_order(seed: int) -> Sequence[Pull]:
    """The order in which they lie on the desk."""
    return shuffled(seed, "pulls", list(PULLS.values()))


@functools.lru_cache(maxsize=64)
def cost(lake: Lake, model: str) -> Cost:
    """What one later run of a pull request reads; dbt restricts a microbatch to its days."""
    sql = compiled(PULLS[model].text, lake.last, incremental=True).sql
    if "microbatch" in PULLS[model].text:
        first = lake.last - timedelta(days=3)
        days = f"(select * from lake.events where event_date >= date '{first}')"
        sql = sql.replace("lake.events", f"{days} as events")
    with lake.open() as con:
        return metered(con, sql)


def bill(lake: Lake, model: str, scale: int) -> Bill:
    """A month of a pull request's runs."""
    read = cost(lake, model)
    return Bill(read.bytes, read.files, RUNS[PULLS[model].schedule], scale)


@functools.lru_cache(maxsize=16)
def wrong_revenue(lake: Lake, model: str) -> float:
    """Dollars of revenue that a model shows and nobody earned, in the days of one run."""
    sql = compiled(PULLS[model].text, lake.last, incremental=True).sql
    first = lake.last - timedelta(days=3)
    true = f"select sum(revenue_cents) from lake.events where event_date >= date '{first}'"
    with lake.open() as con:
        [(shown,)] = con.execute(f"select sum(revenue_cents) from ({sql})").fetchall()
        [(earned,)] = con.execute(true).fetchall()
    return float(shown - earned) / 100
