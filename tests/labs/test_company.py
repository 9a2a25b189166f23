"""Northlight Supply: the same values everywhere, tables that fit together, planted shapes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import FrozenInstanceError

import duckdb
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from labs.company import Company

SCHEMAS = {
    "customers": "customer_id BIGINT, name VARCHAR, email VARCHAR, phone VARCHAR, "
    "country VARCHAR, segment VARCHAR, signed_up_at TIMESTAMP",
    "orders": "order_id BIGINT, version INTEGER, customer_id BIGINT, ordered_at TIMESTAMP, "
    "amount_cents BIGINT, country VARCHAR, status VARCHAR, received_at TIMESTAMP",
    "payments": "payment_id BIGINT, order_id BIGINT, customer_id BIGINT, paid_at TIMESTAMP, "
    "amount_cents BIGINT, method VARCHAR, status VARCHAR",
    "tickets": "ticket_id BIGINT, order_id BIGINT, customer_id BIGINT, opened_at TIMESTAMP, "
    "topic VARCHAR, body VARCHAR",
    "events": "event_id BIGINT, customer_id BIGINT, session_id BIGINT, occurred_at TIMESTAMP, "
    "event_type VARCHAR, url VARCHAR, referrer VARCHAR, revenue_cents BIGINT",
}
KEYS = {
    "customers": "customer_id",
    "orders": "order_id, version",
    "payments": "payment_id",
    "tickets": "ticket_id",
    "events": "event_id",
}
MOMENTS = {
    "orders": ("ordered_at", "received_at"),
    "payments": ("paid_at",),
    "tickets": ("opened_at",),
    "events": ("occurred_at",),
}
# Values change only with a decision to give every lab new data.
GOLDEN = {
    "customers": (398, 259417454920449047),
    "orders": (2615, 92420723682112938),
    "payments": (2521, 636500691304699569),
    "tickets": (49, 363169596037043241),
    "events": (24503, 708211409533097208),
}


def checksum(con: duckdb.DuckDBPyConnection, table: str) -> int:
    """A whole number that depends on every value of the table but not on the order of its rows."""
    columns = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    texts = ", ".join(f"coalesce({column}::varchar, '~')" for column in columns)
    total = f"sum(md5_number_lower(concat_ws('|', {texts}))::hugeint)"
    return one(con, f"select ({total} % 1000000007000000011)::bigint from {table}")


def one(con: duckdb.DuckDBPyConnection, query: str) -> int:
    """The single number a query gives."""
    rows: list[tuple[int]] = con.execute(query).fetchall()
    return rows[0][0]


def filled(company: Company, chunk_rows: int = 500_000) -> duckdb.DuckDBPyConnection:
    """A database that holds the five tables."""
    con = duckdb.connect(config={"threads": 1})
    for name in SCHEMAS:
        company.create(con, name, chunk_rows=chunk_rows)
    return con


@pytest.fixture(scope="module")
def con() -> Iterator[duckdb.DuckDBPyConnection]:
    """The company most labs use."""
    with filled(Company(seed=7, days=6, orders_per_day=400)) as con:
        yield con


@pytest.fixture(scope="module")
def fortnight() -> Iterator[duckdb.DuckDBPyConnection]:
    """A company large enough for its shares to be near what was asked for."""
    with filled(Company(seed=11, days=14, orders_per_day=900)) as con:
        yield con


@pytest.mark.parametrize("name", SCHEMAS)
def test_columns_and_types(con: duckdb.DuckDBPyConnection, name: str) -> None:
    found = con.execute(f"describe {name}").fetchall()
    assert ", ".join(f"{row[0]} {row[1]}" for row in found) == SCHEMAS[name]


@pytest.mark.parametrize("name", SCHEMAS)
def test_values_of_seed_7_never_change(con: duckdb.DuckDBPyConnection, name: str) -> None:
    assert (one(con, f"select count(*) from {name}"), checksum(con, name)) == GOLDEN[name]


def test_checksum_sees_one_changed_value(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create or replace temp table changed as from orders")
    assert checksum(con, "changed") == checksum(con, "orders")
    con.execute("update changed set amount_cents = amount_cents + 1 where order_id = 99")
    assert checksum(con, "changed") != checksum(con, "orders")


@pytest.mark.parametrize("chunk_rows", [97, 1000])
@pytest.mark.parametrize("name", SCHEMAS)
def test_chunk_size_changes_neither_values_nor_row_order(name: str, chunk_rows: int) -> None:
    company = Company(seed=5, days=4, orders_per_day=150)
    with duckdb.connect(config={"threads": 1}) as con:
        rows = [company.create(con, name, t, n) for t, n in (("a", 500_000), ("b", chunk_rows))]
        assert rows[0] == rows[1] == one(con, "select count(*) from a")
        assert con.execute("from a").fetchall() == con.execute("from b").fetchall()


def test_orders_one_by_one_equal_orders_at_once() -> None:
    company = Company(seed=5, days=3, orders_per_day=12)
    with duckdb.connect(config={"threads": 1}) as con:
        company.create(con, "orders", "one_by_one", chunk_rows=1)
        company.create(con, "orders")
        assert con.execute("from one_by_one").fetchall() == con.execute("from orders").fetchall()


@pytest.mark.parametrize("name", SCHEMAS)
def test_another_seed_is_another_company(con: duckdb.DuckDBPyConnection, name: str) -> None:
    with filled(Company(seed=8)) as other:
        assert checksum(other, name) != checksum(con, name)


def test_more_days_continue_the_same_company() -> None:
    columns = ["order_id", "customer_id", "ordered_at", "amount_cents", "country", "status"]
    short, long = (Company(seed=3, days=days, orders_per_day=60).orders() for days in (3, 9))
    short, long = (frame[frame["version"] == 1][columns] for frame in (short, long))
    pd.testing.assert_frame_equal(
        short.reset_index(drop=True), long.head(len(short)).reset_index(drop=True)
    )


@pytest.mark.parametrize("name", SCHEMAS)
def test_keys_are_unique_and_nothing_is_missing(con: duckdb.DuckDBPyConnection, name: str) -> None:
    columns = [c.split()[0] for c in SCHEMAS[name].split(", ") if "revenue" not in c]
    assert one(con, f"select count(*) - count(distinct ({KEYS[name]})) from {name}") == 0
    assert one(con, f"select count(*) from {name} where ({' || '.join(columns)}) is null") == 0


@pytest.mark.parametrize("name", ["orders", "payments", "tickets", "events"])
def test_customers_exist_and_signed_up_before(con: duckdb.DuckDBPyConnection, name: str) -> None:
    strangers = f"select count(*) from {name} anti join customers using (customer_id)"
    early = f"""select count(*) from {name} join customers using (customer_id)
        where {MOMENTS[name][0]} <= signed_up_at"""
    assert (one(con, strangers), one(con, early)) == (0, 0)


@pytest.mark.parametrize("name", ["payments", "tickets"])
def test_they_belong_to_an_order_of_that_customer(
    con: duckdb.DuckDBPyConnection, name: str
) -> None:
    assert one(con, f"select count(*) from {name} anti join orders using (order_id)") == 0
    wrong = f"""select count(*) from {name} t join orders o using (order_id)
        where t.customer_id != o.customer_id or t.{MOMENTS[name][0]} <= o.ordered_at"""
    assert one(con, wrong) == 0


@pytest.mark.parametrize("name", MOMENTS)
def test_everything_happens_inside_the_range(con: duckdb.DuckDBPyConnection, name: str) -> None:
    for column in MOMENTS[name]:
        days = con.execute(f"select distinct {column}::date::varchar from {name}").fetchall()
        assert {day for (day,) in days} <= {f"2026-01-{day:02}" for day in range(5, 11)}


def test_order_ids_count_up_with_ordered_at(con: duckdb.DuckDBPyConnection) -> None:
    back = """select count(*) from (select ordered_at < lag(ordered_at) over (order by order_id)
        as back from orders where version = 1) where back"""
    assert one(con, back) == 0
    assert one(con, "select max(order_id) - count(distinct order_id) from orders") == 0


def test_versions_run_without_gaps_and_keep_what_must_stay(con: duckdb.DuckDBPyConnection) -> None:
    gaps = """select count(*) from (select count(*) n, max(version) last, min(version) first_one
        from orders group by order_id) where last != n or first_one != 1"""
    broken = """select count(*) from orders a join orders b
        on a.order_id = b.order_id and a.version + 1 = b.version
        where a.ordered_at != b.ordered_at or a.customer_id != b.customer_id
        or a.country != b.country or b.received_at::date <= a.received_at::date
        or b.received_at::date > b.ordered_at::date + 3
        or (a.amount_cents = b.amount_cents and a.status = b.status)"""
    assert (one(con, gaps), one(con, broken)) == (0, 0)
    assert one(con, "select max(version) from orders") == 3


def test_twins_are_equal_in_all_but_the_id(con: duckdb.DuckDBPyConnection) -> None:
    ids = """select max(order_id) as twin from orders where version = 1
        group by customer_id, ordered_at, amount_cents having count(*) = 2"""
    apart = f"""select count(*) from (select twin - 1 as order_id, version, country, status,
        received_at from orders join ({ids}) on order_id = twin) anti join orders
        using (order_id, version, country, status, received_at)"""
    assert one(con, f"select count(*) from ({ids})") >= 5
    assert one(con, apart) == 0


def test_some_receipts_tie_without_being_twins(con: duckdb.DuckDBPyConnection) -> None:
    ties = """select count(*) from (select received_at from orders group by received_at
        having count(distinct customer_id) > 1)"""
    assert one(con, ties) > 10


SHARES = {
    "corrected": ("avg((n > 1)::int)", "versions", 0.07, 0.105),
    "corrected twice": ("avg((n > 2)::int)", "versions", 0.003, 0.02),
    "late": ("avg((received_at::date > ordered_at::date)::int)", "firsts", 0.022, 0.042),
    "twins": ("1 - count(distinct (customer_id, ordered_at)) / count(*)", "firsts", 0.003, 0.0085),
    "failed payments": ("avg((status = 'failed')::int)", "payments", 0.025, 0.06),
    "refunded": ("avg((status = 'refunded')::int)", "payments", 0.02, 0.1),
    "tickets": ("count(*) / (select count(*) from firsts)", "tickets", 0.018, 0.022),
    "events": ("count(*) / (select count(*) from firsts)", "events", 9, 11),
    "payments": ("count(*) / (select count(*) from firsts)", "payments", 1.02, 1.06),
    "median amount": ("median(amount_cents)", "firsts", 5_500, 6_500),
    "mean amount": ("avg(amount_cents)", "firsts", 8_000, 12_000),
    "lowest amount": ("min(amount_cents)", "firsts", 500, 600),
    "highest amount": ("max(amount_cents)", "firsts", 60_000, 90_000),
    "US": ("avg((country = 'US')::int)", "firsts", 0.3, 0.55),
    "smallest country": ("min(n) / sum(n)", "countries", 0.02, 0.12),
    "weekend over Tuesday": ("avg(n) filter (d = 6) / avg(n) filter (d = 2)", "per_day", 1.2, 1.45),
    "top fifth of customers": ("sum(n) filter (place <= 0.2) / sum(n)", "per_customer", 0.35, 0.7),
    "bodies with personal data": ("avg((said)::int)", "personal", 0.3, 0.7),
}


@pytest.mark.parametrize("share", SHARES)
def test_shares(fortnight: duckdb.DuckDBPyConnection, share: str) -> None:
    value, table, low, high = SHARES[share]
    fortnight.execute("""
        create or replace temp view firsts as from orders where version = 1;
        create or replace temp view versions as
            select count(*) as n from orders group by order_id;
        create or replace temp view countries as
            select count(*) as n from customers group by country;
        create or replace temp view per_day as
            select dayofweek(ordered_at) as d, count(*) as n from firsts
            group by d, ordered_at::date;
        create or replace temp view per_customer as
            select count(*) as n, percent_rank() over (order by count(*) desc) as place
            from firsts group by customer_id;
        create or replace temp view personal as
            select contains(body, name) or contains(body, email) or contains(body, phone) as said
            from tickets join customers using (customer_id)""")
    assert low <= one(fortnight, f"select {value} from {table}") <= high


def test_every_kind_of_personal_data_is_in_some_body(fortnight: duckdb.DuckDBPyConnection) -> None:
    for column in ("name", "email", "phone"):
        said = f"""select count(*) from tickets join customers using (customer_id)
            where contains(body, {column})"""
        assert one(fortnight, said) > 10
    assert one(fortnight, "select count(*) from tickets where body like '%{%'") == 0


def test_people_can_only_be_reached_in_fiction(fortnight: duckdb.DuckDBPyConnection) -> None:
    mail = r"^[a-z]+\.[a-z]+\d+@example\.(com|org)$"
    phone = (
        r"^\+(1-\d{3}-555-01\d\d|44-7700-900\d{3}|49-(30-23125|40-66969|69-90009)\d{3}"
        r"|33-(6-3998|1-9900)-\d{4}|61-2-(5550|7010)-\d{4})$"
    )
    for column, pattern in (("email", mail), ("phone", phone)):
        query = f"select count(*) from customers where not regexp_matches({column}, '{pattern}')"
        assert one(fortnight, query) == 0
    assert one(fortnight, "select count(*) - count(distinct email) from customers") == 0


def test_money_agrees_between_tables(con: duckdb.DuckDBPyConnection) -> None:
    charged = """select count(*) from payments p join orders o
        on o.order_id = p.order_id and o.version = 1 where p.amount_cents != o.amount_cents"""
    assert one(con, charged) == 0
    sold = one(con, "select sum(amount_cents)::bigint from orders where version = 1")
    assert one(con, "select sum(revenue_cents)::bigint from events") == sold
    misplaced = "(event_type = 'purchase') != (revenue_cents is not null)"
    assert one(con, f"select count(*) from events where {misplaced}") == 0


def test_failed_payments_are_retried_and_nobody_pays_twice(con: duckdb.DuckDBPyConnection) -> None:
    attempts = """select count(*) from (select order_id, list(status order by paid_at) as s
        from payments group by order_id) where len(s) != (case s[1] when 'failed' then 2 else 1 end)
        or (len(s) = 2 and s[2] is null)"""
    assert one(con, attempts) == 0
    final = """select count(*) from payments join (select order_id, arg_max(status, version) as last
        from orders group by order_id) using (order_id)
        where status != 'failed' and (last in ('cancelled', 'returned')) != (status = 'refunded')"""
    assert one(con, final) == 0


def test_sessions_stay_with_one_customer_and_one_day(con: duckdb.DuckDBPyConnection) -> None:
    torn = """select count(*) from (select session_id from events group by session_id
        having count(distinct customer_id) > 1 or count(distinct occurred_at::date) > 1
        or count(*) filter (event_type = 'purchase') > 1)"""
    back = """select count(*) from (select occurred_at <= lag(occurred_at)
        over (partition by session_id order by event_id) as back from events) where back"""
    assert (one(con, torn), one(con, back)) == (0, 0)


def test_frames_hold_the_tables(con: duckdb.DuckDBPyConnection) -> None:
    company = Company()
    frames = {name: getattr(company, name)() for name in SCHEMAS}
    for name, frame in frames.items():
        assert list(frame) == [column.split()[0] for column in SCHEMAS[name].split(", ")]
        con.register("frame", frame)
        assert checksum(con, "frame") == checksum(con, name)
    assert str(frames["events"]["revenue_cents"].dtype) == "Int64"
    assert frames["orders"]["amount_cents"].dtype == np.int64


def test_a_table_goes_where_it_is_sent() -> None:
    with duckdb.connect() as con:
        con.execute("create schema raw")
        rows = Company(days=1, orders_per_day=20).create(con, "orders", table="raw.landed orders")
        assert one(con, 'select count(*) from raw."landed orders"') == rows
        assert con.execute("show all tables").fetchdf()["name"].tolist() == ["landed orders"]
        assert con.execute("from range(9)").fetchone() == (0,)
        with pytest.raises(duckdb.CatalogException):
            Company(days=1, orders_per_day=20).create(con, "orders", table="raw.landed orders")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"seed": -1}, "seed must be a whole number from 0 to 9223372036854775807: -1"),
        ({"days": 0}, "days must be a whole number from 1 to 1000: 0"),
        ({"days": 2.5}, "days must be a whole number from 1 to 1000: 2.5"),
        ({"days": True}, "days must be a whole number from 1 to 1000: True"),
        (
            {"orders_per_day": 20_000_001},
            "orders_per_day must be a whole number from 1 to 20000000: 20000001",
        ),
        (
            {"orders_per_day": "many"},
            "orders_per_day must be a whole number from 1 to 20000000: 'many'",
        ),
    ],
)
def test_bad_sizes_are_refused(arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match="must be") as caught:
        Company(**arguments)
    assert str(caught.value) == message


def test_bad_requests_are_refused_and_leave_nothing_behind() -> None:
    with duckdb.connect() as con:
        with pytest.raises(
            ValueError, match=r"^no table 'order': choose one of customers, orders,"
        ):
            Company().create(con, "order")
        with pytest.raises(ValueError, match=r"^chunk_rows must be a whole number from 1: 0$"):
            Company().create(con, "orders", chunk_rows=0)
        assert con.execute("show all tables").fetchall() == []


def test_a_company_cannot_be_changed() -> None:
    with pytest.raises(FrozenInstanceError):
        Company().days = 7  # type: ignore[misc]


@settings(max_examples=12, deadline=None, derandomize=True, database=None)
@given(
    seed=st.integers(0, 2**63 - 1),
    days=st.integers(1, 8),
    orders_per_day=st.integers(1, 60),
    chunk_rows=st.integers(1, 40).map(lambda n: n * 20),
)
def test_every_small_company_holds_together(
    seed: int, days: int, orders_per_day: int, chunk_rows: int
) -> None:
    company = Company(seed, days, orders_per_day)
    with filled(company) as con:
        # Every day has orders, every order its first version.
        assert one(con, "select count(distinct ordered_at::date) from orders") == days
        assert one(con, "select max(order_id) - count(*) from orders where version = 1") == 0
        last_day = f"date '2026-01-05' + {days - 1}"
        for name, columns in MOMENTS.items():
            assert (
                one(con, f"select count(*) from {name} anti join customers using (customer_id)")
                == 0
            )
            for column in columns:
                outside = f"{column}::date not between date '2026-01-05' and {last_day}"
                assert one(con, f"select count(*) from {name} where {outside}") == 0
        company.create(con, "orders", "again", chunk_rows)
        assert con.execute("from again").fetchall() == con.execute("from orders").fetchall()
