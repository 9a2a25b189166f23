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
