# %% reference
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    """Write, audit, publish: the day's good rows go to the board, all of them at once."""
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    why = "failed validation"
    con.execute(
        "insert into quarantine by name select ?::date as day, ? as reason, * from kept", [day, why]
    )
    con.execute("update board set as_of = ?", [day])
    count = "select count(*) from orders where day = ?"
    if con.execute(count, [day]).fetchone()[0] != len(good):
        con.rollback()
        raise ValueError(f"{day}: not all rows were stored")
    con.commit()

# %% other: row numbers in SQL, everything cast by hand
import pandas as pd


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] == "publish":
        numbered = staged.astype(object).where(staged.notna(), None).astype("string").reset_index(names="_row")
        bad = pd.DataFrame({"_row": pd.Series(list(report["quarantine"]), dtype="int64")})
        day = report["day"]
        con.execute("create or replace temp table incoming as select n.*, b._row is not null as bad from numbered n left join bad b using (_row)")
        con.execute("begin")
        con.execute("delete from quarantine where day = ?", [day])
        con.execute("""insert into quarantine
            select ?, 'row ' || _row || ' was not valid', order_id, ordered_at, customer_id, country, amount
            from incoming where bad""", [day])
        con.execute("delete from orders where day = ?", [day])
        con.execute("""insert into orders
            select ?, order_id::double::bigint, ordered_at::timestamp, customer_id::double::bigint, country, amount::double
            from incoming where not bad""", [day])
        con.execute("delete from board")
        con.execute("insert into board values (?)", [day])
        con.execute("commit")

# %% other: plain tuples, quarantine first and by itself
@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] in ("stale", "stop"):
        return None
    names = ("order_id", "ordered_at", "customer_id", "country", "amount")
    day, bad = report["day"], set(report["quarantine"])
    rows = list(zip(*(staged[name].tolist() for name in names)))
    good = [row for n, row in enumerate(rows) if n not in bad]
    kept = [(day, "bad", *map(str, row)) for n, row in enumerate(rows) if n in bad]
    audited = sum(row[4] for row in good)
    try:
        con.begin()
        con.execute("delete from orders where day = ?", [day])
        con.execute("delete from quarantine where day = ?", [day])
        if kept:
            con.executemany("insert into quarantine values (?, ?, ?, ?, ?, ?, ?)", kept)
        con.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", [(day, *row) for row in good])
        stored = con.execute("select sum(amount) from orders where day = ?", [day]).fetchone()[0]
        assert abs(stored - audited) < 0.01
        con.execute("update board set as_of = ?", [day])
        con.commit()
    except Exception:
        con.rollback()
        raise

# %% other: new tables that are swapped in
@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    rows = staged[["order_id", "ordered_at", "customer_id", "country", "amount"]]
    kept = rows.take(sorted(report["quarantine"])).astype(str)
    good = rows.drop(report["quarantine"]).astype({"order_id": int, "customer_id": int, "amount": float})
    con.begin()
    con.execute("create table orders_new as from orders where day <> ?::date", [report["day"]])
    con.execute("""insert into orders_new
        select ?, order_id, ordered_at, customer_id, country, amount from good""", [report["day"]])
    con.execute("drop table orders")
    con.execute("alter table orders_new rename to orders")
    con.execute("create or replace table board as select ?::date as as_of", [report["day"]])
    con.execute("delete from quarantine where day = ?", [report["day"]])
    con.execute("insert into quarantine select ?, 'see the report of the day', * from kept", [report["day"]])
    con.commit()
