@lab.exercise("load-day")
def load_day(con, day, batch):
    """Load one day's batch; loading it again changes nothing."""
    con.execute("""
        update fact_orders t set customer_id = s.customer_id, amount_cents = s.amount_cents,
            version = s.version, ordered_at = s.ordered_at, received_at = s.received_at
        from (select distinct on (order_id) * from batch where order_id is not null
              order by order_id, version desc) s
        where t.order_id = s.order_id and t.version < s.version
    """)
    con.execute("""
        insert into fact_orders by name
        with ranked as (
            select order_id::bigint as order_id, max_by(struct_pack(
                customer_id := customer_id, amount_cents := amount_cents, version := version,
                ordered_at := ordered_at, received_at := received_at), version) as newest
            from batch where order_id is not null group by 1
        )
        select 'o-' || order_id as order_key, order_id, newest.customer_id, newest.amount_cents, newest.version,
            newest.ordered_at, newest.received_at
        from ranked anti join fact_orders using (order_id)
    """)
