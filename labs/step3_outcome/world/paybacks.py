"""Small worlds for `worth-it`: proposals on pipelines, how often those run, and who reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

from labs.step3_outcome.world.draws import one
from labs.step3_outcome.world.northlight import DELIVERY, MACHINE, MONTHS, PERSON
from labs.step3_outcome.world.schema import script

ANA, BEN, CARL = (f"{name}@northlight.example" for name in ("ana", "ben", "carl"))
NIGHTLY, EMPTY = "nightly-mail@northlight.example", "old-mail@northlight.example"
ONE_READER = "board-mail@northlight.example"
ETL, TESTS, CRAWLER = (f"{name}@northlight.example" for name in ("etl", "checks", "catalog"))
PRINCIPALS = [
    *({"email": who, "kind": PERSON, "readers": 1} for who in (ANA, BEN, CARL)),
    {"email": NIGHTLY, "kind": DELIVERY, "readers": 300},
    {"email": ONE_READER, "kind": DELIVERY, "readers": 1},
    {"email": EMPTY, "kind": DELIVERY, "readers": 0},
    *({"email": who, "kind": MACHINE, "readers": 0} for who in (ETL, TESTS)),
    {"email": CRAWLER, "kind": MACHINE, "readers": 5},  # who reads its pages, and not the table
]
TABLES = ("jobs", "principals", "lineage", "pipelines", "runs", "proposals")


@dataclass(frozen=True)
class Setting:
    """A pipeline with one proposal, and everything that decides whether it pays.

    `runs`: in each of the six months; `planned`: runs of a month in the plan. `readers`: who has
    read the table `read`. `made_of`: its source in the lineage, or ""; `built`: (downstream,
    upstream) besides. Cents are those of a run.
    """

    id: str = "faster"
    pipeline: str = "parcels"
    table: str = "mart.parcels"
    days: int = 6
    rate: int = 75_000
    before: int = 90
    after: int = 40
    spent: int = 0
    runs: Sequence[int] = (30,) * 6
    planned: int = 30
    billing: str = "per run"
    readers: Sequence[str] = (ANA,)
    read: str = ""
    made_of: str = "raw.parcels"
    built: Sequence[tuple[str, str]] = field(default=())

    def months(self) -> Fraction | None:
        """How long until it has paid for itself, in full; None where it never does."""
        saved = (self.before - self.after) * Fraction(sum(self.runs), len(self.runs))
        somebody = any(reader in (ANA, BEN, CARL, NIGHTLY, ONE_READER) for reader in self.readers)
        if saved <= 0 or not somebody or self.billing == "fixed price":
            return None
        return self.days * self.rate / saved


def world(settings: Sequence[Setting]) -> str:
    """The SQL script of a world with these proposals; a pipeline may have several."""
    rows: dict[str, list[dict[str, Any]]] = {name: [] for name in TABLES}
    rows["principals"] = PRINCIPALS
    done: set[str] = set()
    for one_ in settings:
        rows["proposals"].append(
            {"id": one_.id, "pipeline": one_.pipeline, "days": one_.days, "rate_cents": one_.rate,
             "before_cents": one_.before, "after_cents": one_.after, "spent_days": one_.spent}
        )  # fmt: skip
        if one_.pipeline not in done:
            done.add(one_.pipeline)
            _add_pipeline(rows, one_)
    return script(rows, TABLES)


def _add_pipeline(rows: dict[str, list[dict[str, Any]]], one_: Setting) -> None:
    rows["pipelines"].append(
        {"pipeline": one_.pipeline, "table_name": one_.table, "planned_runs": one_.planned,
         "billing": one_.billing}
    )  # fmt: skip
    rows["runs"] += [
        {"pipeline": one_.pipeline, "month": month, "runs": runs, "cost_cents": runs * one_.before,
         "engineer_hours": 1}
        for month, runs in zip(MONTHS, one_.runs, strict=True)
    ]  # fmt: skip
    edges = [*([(one_.table, one_.made_of)] if one_.made_of else []), *one_.built]
    rows["lineage"] += [{"downstream": below, "upstream": above} for below, above in edges]
    rows["jobs"] += [_job(len(rows["jobs"]), ETL, [one_.table, "raw.parcels"], one_.table)]
    read = one_.read or one_.table
    for reader in one_.readers:
        rows["jobs"].append(_job(len(rows["jobs"]), reader, [read], ""))


def _job(number: int, who: str, refs: Sequence[str], target: str) -> dict[str, Any]:
    return {
        "job_id": f"job_{number + 1}",
        "creation_time": dt.datetime(2026, 12, 1, 9) + dt.timedelta(minutes=number),
        "user_email": who, "statement_type": "MERGE" if target else "SELECT",
        "referenced_tables": list(refs), "destination_table": target,
        "total_bytes_billed": 10_485_760, "cache_hit": False, "cost_cents": 1,
    }  # fmt: skip


_READERS: Sequence[Sequence[str]] = (
    (), (ETL, TESTS, CRAWLER), (ANA,), (ANA, BEN, ANA), (NIGHTLY,), (EMPTY, TESTS), (CARL, TESTS),
)  # fmt: skip


def drawn(seed: int, count: int = 10) -> list[Setting]:
    """So many proposals as a quarter brings them: most of them never pay."""

    def draw(name: str, n: int, below: int) -> int:
        return one(seed, f"proposal/{name}/{n}", below)

    def setting(n: int) -> Setting:
        table, view = f"mart.t{n}", f"mart.v{n}"
        before = 20 + draw("before", n, 900)
        return Setting(
            id=f"p{n}", pipeline=f"job_{n}", table=table, days=1 + draw("days", n, 30),
            rate=40_000 + 1_000 * draw("rate", n, 81), before=before,
            after=draw("after", n, before + before // 5), spent=draw("spent", n, 40),
            runs=[draw(f"runs{month}", n, 32) for month in range(6)], planned=30,
            billing="fixed price" if draw("billing", n, 6) == 0 else "per run",
            readers=_READERS[draw("readers", n, len(_READERS))],
            read=view if draw("view", n, 3) == 0 else "", built=((view, table),),
        )  # fmt: skip

    return [setting(n) for n in range(count)]
