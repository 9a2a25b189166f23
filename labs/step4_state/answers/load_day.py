# %% reference
@lab.exercise("load-day")
def load_day(con, day, batch):
    """Load one day's batch; loading it again changes nothing."""
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, *
            from batch
            where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% other: delete what is superseded, insert what is missing
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        create or replace temp table newest as
        select * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    con.execute("""
        delete from fact_orders using newest
        where fact_orders.order_id = newest.order_id and fact_orders.version < newest.version
    """)
    con.execute("""
        insert into fact_orders by name
        select 'order-' || order_id as order_key, * from newest
        where order_id not in (select order_id from fact_orders)
    """)

# %% other: rebuild the table in one statement
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        create or replace table fact_orders as
        select hash(order_id)::varchar as order_key, * from (
            select * exclude (order_key) from fact_orders
            union all by name
            select * from batch
        )
        where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)

# %% other: unique index and ON CONFLICT
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("create unique index if not exists one_row_per_order on fact_orders (order_id)")
    con.execute("""
        insert into fact_orders by name
        select concat('NL-', order_id) as order_key, * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
        on conflict (order_id) do update set
            version = excluded.version, customer_id = excluded.customer_id,
            ordered_at = excluded.ordered_at, amount_cents = excluded.amount_cents,
            received_at = excluded.received_at
        where excluded.version > fact_orders.version
    """)

# %% other: pandas, written back whole
@lab.exercise("load-day")
def load_day(con, day, batch):
    import pandas as pd

    old = con.execute("select * from fact_orders").df()
    new = batch.dropna(subset=["order_id"]).assign(order_key=lambda b: "k" + b.order_id.astype(str))
    rows = pd.concat([old, new]).sort_values("version", kind="stable")
    rows = rows.drop_duplicates("order_id", keep="last")
    con.execute("delete from fact_orders")
    con.execute("insert into fact_orders by name select * from rows")

# %% other: row by row, a plain loop
@lab.exercise("load-day")
def load_day(con, day, batch):
    known = dict(con.execute("select order_id, version from fact_orders").fetchall())
    for row in batch.to_dict("records"):
        key, version = row["order_id"], row["version"]
        if key is None or key != key or str(key) == "<NA>" or known.get(key, 0) >= version:
            continue
        con.execute("delete from fact_orders where order_id = ?", [key])
        con.execute(
            "insert into fact_orders values (?, ?, ?, ?, ?, ?, ?)",
            [f"{key:010d}", key, version, row["customer_id"], row["ordered_at"],
             row["amount_cents"], row["received_at"]],
        )
        known[key] = version

# %% wrong: append -> rerun-doubles
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        insert into fact_orders by name
        select md5(order_id::varchar) as order_key, * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)

# %% wrong: merge-without-dedupe -> key-twice
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: on-conflict-without-dedupe -> wrong-winner
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("create unique index if not exists one_row_per_order on fact_orders (order_id)")
    con.execute("""
        insert into fact_orders by name
        select md5(order_id::varchar) as order_key, * from batch where order_id is not null
        on conflict (order_id) do update set
            version = excluded.version, customer_id = excluded.customer_id,
            ordered_at = excluded.ordered_at, amount_cents = excluded.amount_cents,
            received_at = excluded.received_at
        where excluded.version > fact_orders.version
    """)

# %% wrong: dedupe-keeps-the-last-line -> wrong-winner
@lab.exercise("load-day")
def load_day(con, day, batch):
    lines = batch.dropna(subset=["order_id"]).drop_duplicates("order_id", keep="last")
    con.execute("""
        merge into fact_orders t
        using (select md5(order_id::varchar) as order_key, * from lines) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: latest-received-wins -> time-is-not-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by received_at desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.received_at > t.received_at then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: last-writer-wins -> older-overwrites-newer
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: null-keys -> null-key
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: insert-by-position -> columns-swapped
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        create or replace temp table newest as
        select * from fact_orders limit 0
    """)
    con.execute("""
        insert into newest
        select md5(order_id::varchar), * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    con.execute("""
        merge into fact_orders t using newest s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: skip-a-day-that-is-there -> redelivery-skipped
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("create table if not exists days_done (day date)")
    if con.execute("select 1 from days_done where day = ?", [day]).fetchone():
        return
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    con.execute("insert into days_done values (?)", [day])

# %% wrong: replace-the-day -> correction-beside
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("delete from fact_orders where received_at::date = ?", [day])
    con.execute("""
        insert into fact_orders by name
        select md5(order_id::varchar) as order_key, * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)

# %% wrong: distinct-over-the-values -> twins-merged
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by customer_id, ordered_at order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: random-key -> key-changes
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select uuid()::varchar as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: last-four-digits -> key-shared
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select right(order_id::varchar, 4) as order_key, *
            from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: only-rows-of-the-day -> correction-dropped
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch
            where order_id is not null and ordered_at::date = ?
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """, [day])

# %% wrong: cents-become-dollars -> wrong-rows
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * replace (amount_cents / 100 as amount_cents)
            from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: begins-and-commits -> transaction-taken
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.begin()
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, *
            from batch
            where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    con.commit()

# %% wrong: update-of-the-amount-only -> half-corrected
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, amount_cents = s.amount_cents
        when not matched then insert by name
    """)

# %% wrong: compares-text -> versions-as-text
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version::varchar > t.version::varchar then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: a-list-of-days-in-python -> state-outside
days_done = {}

@lab.exercise("load-day")
def load_day(con, day, batch):
    if days_done.get(day) == len(batch):
        return
    con.execute("""
        merge into fact_orders t
        using (
            select md5(order_id::varchar) as order_key, *
            from batch
            where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            version = s.version, customer_id = s.customer_id, ordered_at = s.ordered_at,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    days_done[day] = len(batch)
