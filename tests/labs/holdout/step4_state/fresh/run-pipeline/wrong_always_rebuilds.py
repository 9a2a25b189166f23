@lab.exercise("run-pipeline")
def run(con, source):
    """Run the night; killed anywhere and run again, it ends in the same state."""
    con.execute("""
        insert or replace into daily_revenue by name
        select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents
        from fact_orders group by 1
    """)
    for day, content_hash in source.deliveries():
        done = con.execute("select content_hash from load_state where day = ?", [day]).fetchone()
        if done == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        try:
            con.execute("delete from raw_orders where day = ?", [day])
            con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
            load_day(con, day, batch)
            con.execute("""
                delete from daily_revenue where day not in
                (select ordered_at::date from fact_orders where ordered_at is not null)
            """)
            con.execute("""
                insert or replace into daily_revenue by name
                select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents
                from fact_orders group by 1
            """)
            con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
            con.commit()
        except BaseException:
            con.rollback()
            raise
