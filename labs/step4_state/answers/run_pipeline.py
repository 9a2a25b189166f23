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

# %% other: raw is the truth, everything after it is rebuilt from raw
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
        select 'K' || order_id as order_key, * exclude (day) from raw_orders
        where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    con.execute("truncate daily_revenue")
    con.execute("""insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1""")
    con.commit()

# %% wrong: append -> rerun-doubles
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        batch = source.fetch(day)
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)

# %% wrong: atomic-but-not-idempotent -> rerun-doubles
@lab.exercise("run-pipeline")
def run(con, source):
    con.begin()
    for day, content_hash in source.deliveries():
        batch = source.fetch(day)
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
    con.execute("delete from daily_revenue")
    con.execute("""
        insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
    """)
    con.commit()

# %% wrong: checkpoint-before-the-data -> lost-after-kill
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        seen = con.execute("select content_hash from load_state where day = ?", [day]).fetchone()
        if seen == (content_hash,):
            continue
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
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
        con.commit()

# %% wrong: watermark-later-than -> equal-timestamp-lost
@lab.exercise("run-pipeline")
def run(con, source):
    last = con.execute("select max(received_at) from raw_orders").fetchone()[0]
    rows = source.read(last)
    if last is not None:
        rows = rows[rows.received_at > last]
    if rows.empty:
        return
    con.begin()
    con.execute("insert into raw_orders by name select * from rows")
    load_day(con, None, rows.drop(columns="day"))
    con.execute("delete from daily_revenue")
    con.execute("""
        insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
    """)
    con.commit()

# %% wrong: watermark-from-on-with-append -> boundary-doubled
@lab.exercise("run-pipeline")
def run(con, source):
    last = con.execute("select max(received_at) from raw_orders").fetchone()[0]
    rows = source.read(last)
    con.begin()
    con.execute("insert into raw_orders by name select * from rows")
    load_day(con, None, rows.drop(columns="day"))
    con.execute("delete from daily_revenue")
    con.execute("""
        insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
    """)
    con.commit()

# %% wrong: watermark-from-the-wall-clock -> late-row-lost
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create table if not exists last_run (finished_at timestamp)")
    last = con.execute("select max(finished_at) from last_run").fetchone()[0]
    rows = source.read(last)
    con.begin()
    if not rows.empty:
        con.execute("insert into raw_orders by name select * from rows")
        load_day(con, None, rows.drop(columns="day"))
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
    con.execute("insert into last_run values (now()::timestamp)")
    con.commit()
