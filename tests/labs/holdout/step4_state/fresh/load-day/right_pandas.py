@lab.exercise("load-day")
def load_day(con, day, batch):
    """Load one day's batch; loading it again changes nothing."""
    import uuid
    known = dict(con.execute("select order_id, version from fact_orders").fetchall())
    columns = ["customer_id", "amount_cents", "version", "ordered_at", "received_at"]
    best = batch[batch["order_id"].notna()].sort_values("version", kind="stable").drop_duplicates("order_id", keep="last")
    if best.empty:
        return
    best = best[["order_id", *columns]]
    # by way of SQL, so that types and NULLs stay what they are
    rows = con.execute(f"select order_id::bigint, {', '.join(columns)} from best").fetchall()
    for order_id, *values in rows:
        if order_id not in known:
            key = str(uuid.uuid5(uuid.NAMESPACE_URL, f"northlight/order/{order_id}"))
            con.execute(f"insert into fact_orders (order_key, order_id, {', '.join(columns)})"
                        f" values (?, ?, {', '.join('?' * len(columns))})", [key, order_id, *values])
        elif values[2] > known[order_id]:
            con.execute(f"update fact_orders set {', '.join(c + ' = ?' for c in columns)} where order_id = ?",
                        [*values, order_id])
