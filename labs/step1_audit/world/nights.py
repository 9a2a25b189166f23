"""Twenty-six nights of a small lake: which file landed when, some events three days late."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from labs.company import START, Company
from labs.step1_audit.world.expected import EXPECTED, expect
from labs.step1_audit.world.lake import confine, home, write

DAYS, ORDERS = 26, 20
FIRST = 20  # the night, counted from 0, on which the table is built for the first time
LATE = 3  # days
# Beginnings far apart: a new year and a leap day are among the nights, and no clock on the wall
# shows a date between them.
BEGINNINGS = {"around a new year": date(2019, 12, 13), "around a leap day": date(2032, 2, 10)}


@dataclass(frozen=True)
class Files:
    """The files of one lake, each with the night it landed; `days` from the first to the last."""

    folder: Path
    landed: tuple[tuple[date, str], ...]
    days: tuple[date, ...]

    def until(self, night: date, but: Sequence[str] = ()) -> list[str]:
        """What is there on a night."""
        return [path for at, path in self.landed if at <= night and path not in but]

    def open(self) -> duckdb.DuckDBPyConnection:
        """A scratch database with the small tables in memory; its events have to be `shown`."""
        con = duckdb.connect()
        con.execute("set threads = 1")
        con.execute("create schema lake")
        for name in ("customers", "session_campaigns", "campaigns"):
            path = (self.folder / f"{name}.parquet").as_posix()
            con.execute(f"create table lake.{name} as from read_parquet('{path}')")
        confine(con, self.folder)
        return con


def show(con: duckdb.DuckDBPyConnection, files: Sequence[str]) -> None:
    """Let `lake.events` be these files."""
    listed = ", ".join(f"'{path}'" for path in files)
    con.execute(
        "create or replace view lake.events as select * exclude (landed) from"
        f" read_parquet([{listed}], hive_partitioning = true)"
    )


def truth(of: Files, night: date, but: Sequence[str] = ()) -> str:
    """The rows that a full rebuild gives on a night, as a file beside the lake; made once."""
    path = of.folder / f"expected-{night}-{len(but)}.parquet"
    if not path.exists():
        with of.open() as con:
            show(con, of.until(night, but))
            expect(con)
            con.execute(f"copy {EXPECTED} to '{path.as_posix()}' (format parquet)")
    return path.as_posix()


@functools.cache
def files(seed: int, beginning: date) -> Files:
    """The lake of a world that begins on a day, written once in a process.

    One session in eight lands one to three days late. On the tenth day the shop was closed.
    """
    folder = home() / f"nights-{seed}-{beginning}"
    company = Company(seed, DAYS, ORDERS)
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        company.create(con, "events", "made")
        company.create(con, "customers", "people")
        con.execute(_LANDED.format(shift=(beginning - START).days, late=LATE, first=FIRST))
        write(con, folder, "landed", "landed, event_date")
    found = []
    for path in sorted((folder / "events").rglob("*.parquet")):
        at = date.fromisoformat(path.parent.parent.name.partition("=")[2])
        found.append((at, path.as_posix()))
    days = tuple(beginning + timedelta(days=n) for n in range(DAYS))
    return Files(folder, tuple(found), days)


# The nights after the first have events of every lateness; before it lateness shows nothing.
_LANDED = """
    create table landed as
    select event_id, customer_id, session_id, occurred_at, event_type, url, referrer,
        revenue_cents, event_date, event_date + late::int as landed
    from (
        select * exclude (occurred_at), occurred_at + interval ({shift}) day as occurred_at,
            (occurred_at + interval ({shift}) day)::date as event_date,
            case when session_id * 53 % 8 = 0 then 1 + session_id // 8 % {late} else 0 end as late
        from made
    )
    where (occurred_at::date - (select min(occurred_at)::date from made)) <> 9 + {shift}
"""
