"""The lake: a year of events as parquet, a partition a day, and the small tables beside it."""

from __future__ import annotations

import functools
import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import duckdb

from fieldkit.audit import Catalog, Table
from labs.company import Company

DAYS = 365
EVENTS = "event_id customer_id session_id occurred_at event_type url referrer revenue_cents"
CAMPAIGNS = 12
CATALOG = (
    Table("events", "event_date", grain=("event_id",), columns=(*EVENTS.split(), "event_date")),
    Table("customers", grain=("customer_id",),
          columns=("customer_id", "country", "segment", "signed_up_at")),
    Table("session_campaigns", grain=("session_id", "campaign_id"),
          columns=("session_id", "campaign_id")),
    Table("campaigns", grain=("campaign_id",), columns=("campaign_id", "channel")),
)  # fmt: skip
# Three in ten sessions saw a campaign, and some of them two: the table is not unique by session.
_TOUCHED = f"""
    select session_id, 1 + (session_id * 7 + place * 5) % {CAMPAIGNS} as campaign_id
    from (select distinct session_id from {{events}}), range(3) as places (place)
    where session_id * 37 % 100 < [30, 12, 4][place + 1]
    order by session_id, campaign_id"""
# The row of a new customer comes a day later than the first order: some are always missing.
_CUSTOMERS = """
    select customer_id, country, segment, signed_up_at from people
    where customer_id % 31 <> 7 order by customer_id"""
_CHANNELS = f"""
    select place + 1 as campaign_id, ['mail', 'search', 'social'][1 + place % 3] as channel
    from range({CAMPAIGNS}) as places (place)"""


@dataclass(frozen=True)
class Lake:
    """Files in a folder of their own; `last`: the last day, `bytes` and `files` of the events."""

    folder: Path
    first: date
    last: date
    bytes: int
    files: int

    @property
    def pattern(self) -> str:
        """The files of the events."""
        return (self.folder / "events" / "*" / "*.parquet").as_posix()

    def open(self, threads: int = 1) -> duckdb.DuckDBPyConnection:
        """A scratch database that reads the lake and nothing else."""
        con = duckdb.connect()
        con.execute(f"set threads = {threads}")
        con.execute("create schema lake")
        where = f"read_parquet('{self.pattern}', hive_partitioning = true)"
        con.execute(f"create view lake.events as from {where}")
        for name in ("customers", "session_campaigns", "campaigns"):
            path = (self.folder / f"{name}.parquet").as_posix()
            con.execute(f"create view lake.{name} as from read_parquet('{path}')")
        confine(con, self.folder)
        return con

    @property
    def catalog(self) -> Catalog:
        """What is known of its tables."""
        events, *others = CATALOG
        told = Table(events.name, events.partition, self.bytes, self.files, *_of(events))
        return Catalog([told, *others])

    @property
    def catalog_csv(self) -> str:
        """The same as a file for `fieldkit audit --catalog`."""
        head = "table,partition,bytes,files,grain,columns"
        rows = [
            f"{t.name},{t.partition},{self.bytes if t.partition else ''},"
            f"{self.files if t.partition else ''},{' '.join(t.grain)},{' '.join(t.columns)}"
            for t in CATALOG
        ]
        return "\n".join([head, *rows]) + "\n"


def _of(table: Table) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return table.grain, table.columns


def confine(con: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """From here on a statement reaches this folder and nothing else, and cannot change that."""
    con.execute(f"set allowed_directories = ['{folder.as_posix()}']")
    # Once it is off it stays off: DuckDB turns it on again for nobody.
    con.execute("set enable_external_access = false")


def lake(seed: int, orders_per_day: int, days: int = DAYS) -> Lake:
    """The lake of a world, made once in a process and gone with it."""
    return _built(seed, orders_per_day, days)


@functools.cache
def _built(seed: int, orders_per_day: int, days: int) -> Lake:
    """One thread writes: with more, two builds differ by some bytes."""
    folder = Path(_home().name) / f"{seed}-{orders_per_day}-{days}"
    company = Company(seed, days, orders_per_day)
    with duckdb.connect() as con:
        con.execute("set threads = 1")
        company.create(con, "events", "raw")
        company.create(con, "customers", "people")
        con.execute("create view dated as select *, occurred_at::date as event_date from raw")
        write(con, folder, "dated", "event_date")
        [(first, last)] = con.execute(
            "select min(event_date), max(event_date) from dated"
        ).fetchall()
    files = list((folder / "events").rglob("*.parquet"))
    return Lake(folder, first, last, sum(f.stat().st_size for f in files), len(files))


def write(con: duckdb.DuckDBPyConnection, folder: Path, events: str, partitions: str) -> None:
    """Write events and the small tables beside them; the same bytes each time."""
    shutil.rmtree(folder, ignore_errors=True)  # what a build left that a time limit ended
    folder.mkdir(parents=True)
    con.execute(
        f"copy (from {events} order by event_id) to '{(folder / 'events').as_posix()}' (format"
        f" parquet, partition_by ({partitions}), filename_pattern 'part-', row_group_size 2048)"
    )
    small = {
        "customers": _CUSTOMERS,
        "session_campaigns": _TOUCHED.format(events=events),
        "campaigns": _CHANNELS,
    }
    for name, query in small.items():
        con.execute(f"copy ({query}) to '{(folder / name).as_posix()}.parquet' (format parquet)")


@functools.cache
def _home() -> tempfile.TemporaryDirectory[str]:
    """Where this process keeps its lakes; removed when it ends."""
    return tempfile.TemporaryDirectory(prefix="northlight-")


def home() -> Path:
    """The folder of this process's lakes."""
    return Path(_home().name)


def days_before(last: date, count: int) -> list[date]:
    """So many days up to the last one."""
    return [last - timedelta(days=n) for n in reversed(range(count))]
