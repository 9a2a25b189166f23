@lab.exercise("run-pipeline")
def run(con, source):
    """Run the night; killed anywhere and run again, it ends in the same state."""
    def changed():
        for day, mark in source.deliveries():
            if not con.execute("select 1 from load_state where day = $d and content_hash = $h",
                               {"d": day, "h": mark}).fetchall():
                yield day, mark

    for day, mark in list(changed()):
        con.begin()
        try:
            batch = source.fetch(day)
            names = ", ".join(f'"{name}"' for name in batch.columns)
            con.execute("delete from raw_orders where day = ?", [day])
            if len(batch):
                con.execute(f"insert into raw_orders (day, {names}) select ?, {names} from batch", [day])
            load_day(con, day, batch)
            con.execute("""
                with truth as (
                    select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents
                    from fact_orders group by 1
                )
                merge into daily_revenue t using truth s on t.day = s.day
                when matched and (t.orders, t.revenue_cents) is distinct from (s.orders, s.revenue_cents)
                    then update set orders = s.orders, revenue_cents = s.revenue_cents
                when not matched then insert by name
                when not matched by source then delete
            """)
            con.execute("""
                merge into load_state t using (select ?::date as day, ? as content_hash) s on t.day = s.day
                when matched then update set content_hash = s.content_hash
                when not matched then insert by name
            """, [day, mark])
        except BaseException:
            con.rollback()
            raise
        con.commit()
