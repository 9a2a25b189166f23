"""The rule of use: who counts as a reader, through what, and for how long."""

from __future__ import annotations

import datetime as dt

import duckdb
import pytest

from fieldkit.value import use
from fieldkit.value.lineage import rings

END = dt.datetime(2026, 6, 30, 23, 59, 59)
FIRST = END - dt.timedelta(days=180)
ACCOUNTS = (
    ("ana@shop.example", "person", 0),
    ("svc-bi@shop.example", "delivery", 300),
    ("svc-crawler@shop.example", "delivery", 1),
    ("svc-dead@shop.example", "delivery", 0),
    ("svc-etl@shop.example", "machine", 0),
    ("svc-tests@shop.example", "machine", 0),
)


def world(reads=(), lineage=(), exposures=(), register=(), accounts=ACCOUNTS):
    """Tables as the lab's world has them; reads: (table, account, time), the log ends at END."""
    con = duckdb.connect()
    con.execute("""
        create table jobs (job_id varchar, creation_time timestamp, user_email varchar,
            referenced_tables varchar[], destination_table varchar);
        create table principals (email varchar, kind varchar, readers integer);
        create table lineage (downstream varchar, upstream varchar);
        create table exposures (name varchar, "table" varchar, owner varchar, maturity varchar);
        create table register ("table" varchar, rule varchar, cadence varchar, next_due date);
        insert into jobs values ('end', ?, 'svc-etl@shop.example', ['other'], 'other_out');
        """, [END])  # fmt: skip
    for number, (table, account, at) in enumerate(reads):
        con.execute(
            "insert into jobs values (?, ?, ?, ?, '')", [f"j{number}", at, account, [table]]
        )
    for rows, name in ((accounts, "principals"), (lineage, "lineage"), (exposures, "exposures"),
                       (register, "register")):  # fmt: skip
        for row in rows:
            con.execute(f"insert into {name} values ({', '.join('?' * len(row))})", list(row))
    return con


def state(table="t", **parts):
    return use.decide(use.facts_of(world(**parts)))[table]


@pytest.mark.parametrize(
    ("account", "at", "used"),
    [
        ("ana@shop.example", END, True),
        ("ana@shop.example", FIRST, True),
        ("ana@shop.example", FIRST - dt.timedelta(seconds=1), False),
        ("Ana@Shop.Example", FIRST, True),
        ("svc-bi@shop.example", END, True),
        ("svc-crawler@shop.example", END, True),
        ("svc-dead@shop.example", END, False),
        ("svc-etl@shop.example", END, False),
        ("svc-tests@shop.example", END, False),
        ("new@shop.example", END, None),
        ("new@shop.example", FIRST - dt.timedelta(seconds=1), False),
    ],
)
def test_who_counts_and_for_how_long(account, at, used):
    assert state(reads=[("t", account, at)]).used is used


def test_through_views_a_diamond_and_a_ring():
    read = [("top", "ana@shop.example", END)]
    chain = [("top", "view"), ("view", "t")]
    assert state(reads=read, lineage=chain).used is True
    told = state(reads=read, lineage=chain).reasons[0]
    assert told.kind == "through" and told.says.startswith("top is built on it: 1 read by 1 person")
    diamond = [("left", "t"), ("right", "t"), ("top", "left"), ("top", "right")]
    found = state(reads=read, lineage=diamond)
    assert (found.used, found.people) == (True, 1), "one person on two ways is one"
    ring = [("top", "t"), ("t", "top")]
    assert state(reads=read, lineage=ring).used is True
    assert state(lineage=ring).used is False, "what only feeds itself is not used"
    assert rings([("t", "top"), ("top", "t"), ("t", "t")]) == [["t", "top"]]
    # What the table is built from is no use of it.
    assert state(reads=[("source", "ana@shop.example", END)], lineage=[("t", "source")]).used is (
        False
    )


def test_an_exposure_and_the_register_keep_a_table_that_nobody_reads():
    named = [("board", "top", "cfo@shop.example", "high")]
    assert state(exposures=named, lineage=[("top", "t")]).used is True
    due = [("t", "tax law", "annual", dt.date(2028, 1, 31))]
    found = state(register=due)
    assert found.used is True and found.reasons[0].says == "the register names it (tax law, annual)"
    above = state("base", register=due, lineage=[("t", "base")])
    assert above.used is True, "without it the regulated table could not be made again"


def test_a_table_without_use_says_what_was_seen():
    etl = [("t", "svc-etl@shop.example", END)] * 2 + [("t", "svc-dead@shop.example", END)]
    past = [("t", "ana@shop.example", FIRST - dt.timedelta(days=9))]
    told = [one.says for one in state(reads=[*etl, *past]).reasons]
    assert told == [
        "2 reads in 180 days, all by machines",
        "1 read by a delivery account without readers",
        "read last on 2025-12-23, before the window",
    ]
    assert state(lineage=[("t", "source")]).reasons[0].kind == "none"


def test_an_unknown_account_makes_what_it_reads_unknown_also_upstream():
    read = [("top", "new@shop.example", END)]
    found = use.decide(use.facts_of(world(read, lineage=[("top", "t")])))
    assert [found[name].used for name in ("t", "top", "other")] == [None, None, False]
    assert "1 account that nobody has classified" in found["t"].reasons[0].says
    assert use.unused(world(read, lineage=[("top", "t")])) == {"other", "other_out"}


def test_people_are_counted_once_and_deliveries_by_their_readers():
    reads = [
        ("t", "ana@shop.example", END),
        ("top", "ana@shop.example", END),
        ("top", "svc-bi@shop.example", END),
        ("top", "svc-etl@shop.example", END),
    ]
    found = use.decide(use.facts_of(world(reads, lineage=[("top", "t")])))
    assert (found["t"].people, found["top"].people) == (301, 301)
    assert (found["top"].reads, found["top"].machine_reads) == (2, 1)
    assert not any("@" in why.says for one in found.values() for why in one.reasons)
