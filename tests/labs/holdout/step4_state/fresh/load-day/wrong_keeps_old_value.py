@lab.exercise("load-day")
def load_day(con, day, batch):
    """Load one day's batch; loading it again changes nothing."""
    con.execute("""
        merge into fact_orders t
        using (
            select md5('order ' || order_id::bigint::varchar) as order_key, order_id::bigint as order_id,
                customer_id, amount_cents, version, ordered_at, received_at
            from batch
            where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set
            customer_id = s.customer_id, amount_cents = coalesce(s.amount_cents, t.amount_cents), version = s.version,
            ordered_at = s.ordered_at, received_at = s.received_at
        when not matched then insert by name
    """)
