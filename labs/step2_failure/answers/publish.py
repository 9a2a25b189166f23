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

# %% wrong: the shipped code: all rows at once, whatever the report says -> held-published
@lab.exercise("publish")
def publish(con, staged, report):
    """All rows, whatever the report says."""
    day, rows = report["day"], staged.assign(day=report["day"])
    con.execute("update board set as_of = ?", [day])
    con.execute("delete from orders where day = ?", [day])
    con.execute("""
        insert into orders select day::date, order_id::bigint, ordered_at::timestamp,
            customer_id::bigint, country, amount::double from rows
    """)

# %% wrong: everything runs, and nothing is committed -> left-open
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])

# %% wrong: begin comes before the decision is read -> left-open
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    con.begin()
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: nothing is published at all -> not-on-board
@lab.exercise("publish")
def publish(con, staged, report):
    return None

# %% wrong: stale is published, only stop is not -> held-published
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["block"] or report["decision"] == "stop":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: a day held back takes down what was published of it -> held-published
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    day = report["day"]
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    if report["decision"] == "publish":
        bad = staged.index.isin(report["quarantine"])
        good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
        con.execute("insert into orders by name select ?::date as day, * from good", [day])
        con.execute("delete from quarantine where day = ?", [day])
        con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
        con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the board's date goes on although the day is held back -> as-of-lies
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    day = report["day"]
    con.begin()
    if report["decision"] == "publish":
        bad = staged.index.isin(report["quarantine"])
        good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
        con.execute("delete from orders where day = ?", [day])
        con.execute("insert into orders by name select ?::date as day, * from good", [day])
        con.execute("delete from quarantine where day = ?", [day])
        con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the board's date is forgotten -> as-of-lies
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.commit()

# %% wrong: the board gets a second row -> as-of-lies
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("insert into board values (?)", [day])
    con.commit()

# %% wrong: the table is emptied first -> past-changed
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders")
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: a frame on its index: the first row is never bad -> bad-on-board
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    numbers = [n for n in report["quarantine"] if n]
    bad = staged.index.isin(numbers)
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[report["quarantine"], COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the bad rows are kept, and published as well -> bad-on-board
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    rows, kept = staged[COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from rows", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: bad rows are dropped without a trace -> rows-vanish
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    good = staged.drop(index=report["quarantine"])[COLUMNS]
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: copies go into quarantine once -> rows-vanish
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select distinct ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the rows in quarantine are found by their key -> by-key
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    keys = staged.loc[report["quarantine"], "order_id"]
    bad = staged["order_id"].isin(keys)
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[report["quarantine"], COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: types are made for all rows first -> bad-row-stops
@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    rows = staged[["order_id", "ordered_at", "customer_id", "country", "amount"]].astype({"order_id": "int64", "amount": float})
    good = rows.drop(index=report["quarantine"])
    kept = rows.loc[report["quarantine"]].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: quarantine gets numbers, and nothing where there were none -> raw-lost
import pandas as pd

COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].copy()
    kept["amount"] = pd.to_numeric(kept["amount"], errors="coerce")
    kept["order_id"] = pd.to_numeric(kept["order_id"], errors="coerce")
    kept = kept.astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: only the key of a bad row is kept -> raw-lost
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, ["order_id"]].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: every row of a day with a bad one is kept -> good-in-quarantine
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged[COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    if bad.any():
        con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: no reason is told -> no-reason
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: quarantine holds one day only -> others-quarantine
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("create or replace table quarantine as select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: all columns of the frame, by position -> columns-by-position
@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged[~bad], staged[bad].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders select ?::date, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine select ?::date, 'bad', * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the columns are put in order and named anew -> columns-by-position
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    staged = staged.iloc[:, :5].set_axis(COLUMNS, axis=1)
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: the day of an order is the date of its time -> day-from-order
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ordered_at::timestamp::date as day, * from good")
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: rows are added, whatever is there -> twice-differs
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: quarantine is appended to -> quarantine-doubles
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: quarantine is only touched if something is bad -> quarantine-stays
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    if len(kept):
        con.execute("delete from quarantine where day = ?", [day])
        con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: an upsert by key leaves what has gone -> old-rows-stay
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ? and order_id in (select order_id from good)", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: a day that is there is left alone -> again-ignored
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    if con.execute("select 1 from orders where day = ?", [day]).fetchone():
        return
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: no transaction, each statement by itself -> seen-unaudited
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("update board set as_of = ?", [day])

# %% wrong: the date follows in a commit of its own -> seen-unaudited
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.commit()
    con.execute("update board set as_of = ?", [day])

# %% wrong: published first, audited on the board -> seen-unaudited
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    rows = staged[COLUMNS].astype("string").assign(number=range(len(staged)))
    bad = [int(n) for n in report["quarantine"]]
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("""insert into orders by name select ?::date as day, try_cast(order_id as double)::bigint as order_id,
        try_cast(ordered_at as timestamp) as ordered_at, customer_id::bigint as customer_id, country,
        try_cast(amount as double) as amount from rows""", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * exclude (number) from rows where number in (select unnest(?::int[]))", [day, bad])
    con.execute("""insert into orders by name select ?::date as day, * exclude (number)
        from rows where not number in (select unnest(?::int[]))""", [day, bad])
    con.commit()

# %% wrong: quarantine follows the commit -> kept-too-late
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()
    con.begin()
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.commit()

# %% wrong: what is no number becomes nothing -> unfit-published
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("""insert into orders by name select ?::date as day, * replace (
        try_cast(amount as double) as amount) from good""", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: an error is caught, and what was done before it committed -> unfit-published
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    names = ", ".join(COLUMNS)
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    for row in good.itertuples(index=False):
        try:
            values = int(row.order_id), str(row.ordered_at), int(row.customer_id), row.country, float(row.amount)
            con.execute(f"insert into orders (day, {names}) values (?, ?, ?, ?, ?, ?)", [day, *values])
        except ValueError:
            pass
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% wrong: a staging table that a killed run leaves behind -> kill-leaves
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("create table staging as select ?::date as day, * from good", [day])
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select * from staging")
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()
    con.execute("drop table staging")

# %% wrong: what a killed run staged is added again -> kill-leaves
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("create table if not exists staging as from orders limit 0")
    con.execute("insert into staging by name select ?::date as day, * from good", [day])
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select * from staging where day = ?", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()
    con.execute("delete from staging")

# %% wrong: a held day is counted before its decision is read -> held-raises
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]

@lab.exercise("publish")
def publish(con, staged, report):
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    if report["decision"] != "publish":
        return
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()
