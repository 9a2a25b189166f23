# %% reference
@lab.exercise("run-pipeline")
def run(con, source):
    """Run the night; killed anywhere and run again, it ends in the same state."""
    for day, content_hash in source.deliveries():
        seen = con.execute("select content_hash from load_state where day = ?", [day]).fetchone()
        if seen == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: the whole night in one transaction
@lab.exercise("run-pipeline")
def run(con, source):
    done = dict(con.execute("select day, content_hash from load_state").fetchall())
    news = [(day, h) for day, h in source.deliveries() if done.get(day) != h]
    if not news:
        return
    con.execute("begin transaction")
    for day, content_hash in news:
        batch = source.fetch(day)
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select cast(? as date) as day, * from batch", [day])
        moved = """select distinct ordered_at::date from fact_orders
                   where order_id in (select order_id from batch)"""
        touched = con.execute(moved).fetchall()
        load_day(con, day, batch)
        touched = sorted({t for t, in touched + con.execute(moved).fetchall()})
        con.execute("delete from daily_revenue where list_contains(?, day)", [touched])
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders
            where list_contains(?, ordered_at::date) group by 1
        """, [touched])
        con.execute("delete from load_state where day = ?", [day])
        con.execute("insert into load_state values (?, ?)", [day, content_hash])
    con.execute("commit")

# %% other: no transaction, every statement idempotent, the checkpoint last
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select 1 from load_state where (day, content_hash) = (?, ?)",
                       [day, content_hash]).fetchone():
            continue
        batch = source.fetch(day)
        con.execute("""
            create or replace table raw_orders as
            select * from raw_orders where day <> ?
            union all by name select ?::date as day, * from batch
        """, [day, day])
        load_day(con, day, batch)
        con.execute("""
            create or replace table daily_revenue as
            select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents
            from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])

# %% other: raw first, then facts from raw and from the facts that are there
@lab.exercise("run-pipeline")
def run(con, source):
    import pandas as pd

    there = pd.DataFrame(source.deliveries(), columns=["day", "content_hash"])
    news = con.execute("""
        select t.day::date, t.content_hash from there t
        anti join load_state s on s.day = t.day::date and s.content_hash = t.content_hash
    """).fetchall()
    if not news:
        return
    con.begin()
    for day, content_hash in news:
        rows = source.fetch(day).assign(day=pd.Timestamp(day))
        con.execute("delete from raw_orders where day = ?", [day])
        con.append("raw_orders", rows, by_name=True)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
    con.execute("""
        create or replace table fact_orders as
        select 'K' || order_id as order_key, * from (
            select * exclude (order_key) from fact_orders
            union all by name
            select * exclude (day) from raw_orders
        )
        where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    con.execute("truncate daily_revenue")
    con.execute("""insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1""")
    con.commit()
