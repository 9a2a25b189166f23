# %% other: the frame gets a column of numbers, SQL does the rest in one string
@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day, bad = report["day"], report["quarantine"]
    told = staged[["order_id", "ordered_at", "customer_id", "country", "amount"]].astype("string")
    told["n"] = range(len(told))
    con.execute("create or replace temporary table given as select *, list_contains(?::bigint[], n) as bad from told", [bad])
    con.execute(f"""
        begin;
        delete from orders where day = '{day}';
        insert into orders select '{day}', order_id::double, ordered_at::timestamp, customer_id::double, country, amount::double
            from given where not bad;
        delete from quarantine where day = '{day}';
        insert into quarantine select '{day}', 'row ' || n, * exclude (n, bad) from given where bad;
        update board set as_of = '{day}';
        commit;
    """)

# %% other: a cursor of its own for the transaction
@lab.exercise("publish")
def publish(con, staged, report):
    if not report["decision"] == "publish":
        return "held back"
    cur = con.cursor()
    cur.begin()
    d = report["day"]
    cur.execute("DELETE FROM orders WHERE day = CAST(? AS DATE)", [d])
    cur.execute("DELETE FROM quarantine WHERE day = CAST(? AS DATE)", [d])
    for n, row in enumerate(staged.to_dict("records")):
        values = [row[k] for k in ("order_id", "ordered_at", "customer_id", "country", "amount")]
        if n in report["quarantine"]:
            cur.execute("INSERT INTO quarantine VALUES (?, ?, ?, ?, ?, ?, ?)", [d, "quarantined", *(None if v is None or v != v else str(v) for v in values)])
        else:
            cur.execute("INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?)", [d, *values])
    cur.execute("UPDATE board SET as_of = ?", [d])
    cur.commit()
    cur.close()
    return "published"

# %% other: append by name, frames with the tables' own columns
import pandas as pd


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] == "publish":
        day = pd.Timestamp(report["day"]).date()
        names = ["order_id", "ordered_at", "customer_id", "country", "amount"]
        good = staged.drop(index=report["quarantine"])[names].assign(day=day)
        good = good.astype({"order_id": "int64", "customer_id": "int64", "amount": "float64"})
        good["ordered_at"] = pd.to_datetime(good["ordered_at"])
        kept = staged.loc[report["quarantine"], names].map(str).assign(day=day, reason="bad row")
        con.begin()
        for table, frame in (("orders", good), ("quarantine", kept)):
            con.execute(f"delete from {table} where day = ?", [day])
            con.append(table, frame[["day"] + [c for c in frame if c != "day"]], by_name=True)
        con.execute("update board set as_of = ?", [day])
        con.commit()

# %% other: reasons by looking at the row, a numpy mask
import numpy as np


def reason(row):
    if row.amount is None or row.amount != row.amount:
        return "no amount"
    if isinstance(row.amount, str):
        return "amount is text"
    return "amount below zero" if row.amount < 0 else "named in the report of the day"


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] in {"stop", "stale"}:
        return
    names = "order_id ordered_at customer_id country amount".split()
    mask = np.zeros(len(staged), dtype=bool)
    mask[report["quarantine"]] = True
    good, bad = staged[names][~mask], staged[names][mask]
    rows = [[report["day"], reason(r), *(None if v is None or v != v else f"{v}" for v in r)] for r in bad.itertuples(index=False)]
    con.execute("begin transaction")
    try:
        con.execute("delete from orders where day = $d", {"d": report["day"]})
        con.execute("insert into orders select $d, * from good", {"d": report["day"]})
        con.execute("delete from quarantine where day = $d", {"d": report["day"]})
        con.executemany("insert into quarantine values (?, ?, ?, ?, ?, ?, ?)", rows)
        con.execute("update board set as_of = $d", {"d": report["day"]})
    except Exception:
        con.execute("rollback")
        raise
    con.execute("commit")

# %% other: nothing is written where nothing has changed
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("create or replace temp table new_orders as from orders limit 0")
    con.execute("insert into new_orders by name select ?::date as day, * from good", [day])
    con.execute("create or replace temp table new_kept as from quarantine limit 0")
    con.execute("insert into new_kept by name select ?::date as day, 'bad' as reason, * from kept", [day])
    changed = False
    for new, table in (("new_orders", "orders"), ("new_kept", "quarantine")):
        for one, two in ((f"from {new}", f"from {table} where day = $d"), (f"from {table} where day = $d", f"from {new}")):
            changed |= bool(con.execute(f"select 1 from (({one}) except all ({two})) limit 1", {"d": day}).fetchone())
    if not changed and str(con.execute("select as_of from board").fetchone()[0]) == day:
        return
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders from new_orders")
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine from new_kept")
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% other: the bad rows are safe before anything else begins, and cleared with the board
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.execute("insert into quarantine by name select ?::date as day, 'just came' as reason, * from kept", [day])
    con.begin()
    con.execute("delete from quarantine where day = ?", [day])
    con.execute("insert into quarantine by name select ?::date as day, 'bad' as reason, * from kept", [day])
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from good", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% other: a row that does not fit goes to the bad ones, and the rest is published
import datetime


def fitting(row):
    try:
        return int(row[0]), datetime.datetime.fromisoformat(row[1]), int(row[2]), str(row[3]), float(row[4])
    except (TypeError, ValueError):
        return None


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day, good, kept = report["day"], [], []
    columns = [staged[c].tolist() for c in ("order_id", "ordered_at", "customer_id", "country", "amount")]
    for n, row in enumerate(zip(*columns)):
        values = None if n in set(report["quarantine"]) else fitting(row)
        if values:
            good.append((day, *values))
        else:
            kept.append((day, "in the report" if n in report["quarantine"] else "does not fit", *(str(v) for v in row)))
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("delete from quarantine where day = ?", [day])
    for table, rows in (("orders", good), ("quarantine", kept)):
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            con.executemany(f"insert into {table} values ({marks})", rows)
    con.execute("delete from board")
    con.execute("insert into board values (?)", [day])
    con.commit()

# %% other: whole tables built beside, then replaced
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    day = report["day"]
    bad = staged.index.isin(report["quarantine"])
    good, kept = staged.loc[~bad, COLUMNS], staged.loc[bad, COLUMNS].astype("string")
    con.begin()
    con.execute("create or replace table next_orders as from orders where day != ?::date", [day])
    con.execute("insert into next_orders by name select ?::date as day, * from good", [day])
    con.execute("create or replace table next_quarantine as from quarantine where day != ?::date", [day])
    con.execute("insert into next_quarantine by name select ?::date as day, 'why: see report' as reason, * from kept", [day])
    con.execute("create or replace table orders as from next_orders")
    con.execute("create or replace table quarantine as from next_quarantine")
    con.execute("drop table next_orders")
    con.execute("drop table next_quarantine")
    con.execute("update board set as_of = ?::date", [day])
    con.commit()

# %% other: a staging table that stays, emptied at the start of each run
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    if report["decision"] != "publish":
        return
    con.execute("create table if not exists staging (n bigint, order_id varchar, ordered_at varchar, customer_id varchar, country varchar, amount varchar)")
    con.execute("delete from staging")
    told = staged[COLUMNS].astype("string").reset_index(names="n")
    con.execute("insert into staging by name from told")
    bad = f"n in (select unnest({list(map(int, report['quarantine']))}::bigint[]))"
    con.begin()
    con.execute("delete from orders where day = ?", [report["day"]])
    con.execute(f"insert into orders select ?, order_id::double::bigint, ordered_at::timestamp, customer_id::double::bigint, country, amount::double from staging where not {bad}", [report["day"]])
    con.execute("delete from quarantine where day = ?", [report["day"]])
    con.execute(f"insert into quarantine select ?, 'bad', * exclude (n) from staging where {bad}", [report["day"]])
    con.execute("update board set as_of = ?", [report["day"]])
    con.commit()

# %% other: frames cut by number, one transaction, by name
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
    con.commit()

# %% wrong: an error is printed, the tables stay -> unfit-published
COLUMNS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("publish")
def publish(con, staged, report):
    try:
        if report["decision"] != "publish":
            return {"published": False}
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
        return {"published": True}
    except Exception as error:
        con.rollback()
        print(error)
        return {"published": False, "error": str(error)}

# %% other: typed in Python, executemany in one transaction
@lab.exercise("publish")
def publish(con, staged, report):
    """Bring the day's rows to the board."""
    import pandas as pd

    if report["decision"] != "publish":
        return
    day, bad = report["day"], {int(number) for number in report["quarantine"]}
    names = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    good_rows, bad_rows = [], []
    for number, values in enumerate(staged[names].astype(object).itertuples(index=False, name=None)):
        values = [None if pd.isna(value) else value for value in values]
        if number in bad:
            bad_rows.append([day, "set aside by the audit", *(None if v is None else str(v) for v in values)])
            continue
        order_id, ordered_at, customer_id, country, amount = values
        if int(order_id) != order_id or int(customer_id) != customer_id:
            raise ValueError(f"row {number} has no whole numbers: {values}")
        good_rows.append([day, int(order_id), pd.Timestamp(ordered_at).to_pydatetime(), int(customer_id),
                          country, float(amount)])

    con.execute("begin")
    try:
        con.execute("delete from orders where day = ?", [day])
        con.execute("delete from quarantine where day = ?", [day])
        if good_rows:
            con.executemany("""insert into orders (day, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?)""", good_rows)
        if bad_rows:
            con.executemany("""insert into quarantine
                (day, reason, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?, ?)""", bad_rows)
        con.execute("update board set as_of = ?", [day])
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise

# %% other: everything as text in a registered frame, casts in SQL, audit inside the transaction
@lab.exercise("publish")
def publish(con, staged, report):
    """Bring the day's rows to the board."""
    import pandas as pd

    if report["decision"] != "publish":
        return
    names = ["order_id", "ordered_at", "customer_id", "country", "amount"]

    def text(value):
        return None if pd.isna(value) else str(value)

    delivery = pd.DataFrame({name: pd.Series([text(value) for value in staged[name]], dtype="object")
                             for name in names})
    delivery["bad"] = [number in set(report["quarantine"]) for number in range(len(staged))]
    con.register("delivery_of_the_day", delivery)
    con.execute("begin transaction")
    try:
        con.execute("delete from orders where day = ?", [report["day"]])
        con.execute("""
            insert into orders (day, order_id, ordered_at, customer_id, country, amount)
            select ?::date, order_id::double::bigint, ordered_at::timestamp, customer_id::double::bigint,
                country, amount::double
            from delivery_of_the_day where not bad""", [report["day"]])
        lacking = con.execute("""select count(*) from orders where day = ? and
            (order_id is null or ordered_at is null or customer_id is null or amount is null)
            """, [report["day"]]).fetchall()[0][0]
        if lacking:
            raise ValueError(f"{lacking} rows lack a value, and nobody set them aside")
        con.execute("delete from quarantine where day = ?", [report["day"]])
        con.execute("""
            insert into quarantine (day, reason, order_id, ordered_at, customer_id, country, amount)
            select ?::date, 'bad row', order_id, ordered_at, customer_id, country, amount
            from delivery_of_the_day where bad""", [report["day"]])
        con.execute("update board set as_of = ?", [report["day"]])
    except BaseException:
        con.execute("rollback")
        raise
    else:
        con.execute("commit")
    finally:
        con.unregister("delivery_of_the_day")

# %% other: context manager, rows that cannot be stored go into quarantine too
@lab.exercise("publish")
def publish(con, staged, report):
    """Bring the day's rows to the board."""
    if report["decision"] == "publish":
        orders, quarantine = split(staged, set(report["quarantine"]))
        with transaction(con):
            replace_day(con, "orders", report["day"], orders)
            replace_day(con, "quarantine", report["day"], quarantine)
            con.execute("update board set as_of = cast(? as date)", [report["day"]])


import contextlib
import datetime as dt
import math


FIVE = ("order_id", "ordered_at", "customer_id", "country", "amount")


@contextlib.contextmanager
def transaction(con):
    con.execute("begin")
    done = False
    try:
        yield
        con.execute("commit")
        done = True
    finally:
        if not done:
            con.execute("rollback")


def absent(value):
    return value is None or value != value or str(value) in ("NaT", "<NA>")


def split(staged, named):
    """The rows for orders, and those for quarantine: also what cannot be stored."""
    good, bad = [], []
    for number, row in enumerate(zip(*(staged[name].tolist() for name in FIVE))):
        reason = "set aside by the audit" if number in named else ""
        if not reason:
            try:
                good.append(typed(*row))
                continue
            except (TypeError, ValueError, OverflowError) as error:
                reason = f"cannot be stored: {error}"
        bad.append({"reason": reason, **{
            name: None if absent(value) else str(value) for name, value in zip(FIVE, row)}})
    return good, bad


def typed(order_id, ordered_at, customer_id, country, amount):
    for value in (order_id, customer_id):
        if absent(value) or int(value) != float(value) or abs(int(value)) >= 2 ** 63:
            raise ValueError(f"{value} is not a whole number")
    if absent(amount) or not math.isfinite(float(amount)):
        raise ValueError(f"{amount} is not an amount")
    return {"order_id": int(order_id), "ordered_at": dt.datetime.fromisoformat(str(ordered_at)),
            "customer_id": int(customer_id), "country": None if absent(country) else str(country),
            "amount": float(amount)}


def replace_day(con, table, day, rows):
    con.execute(f"delete from {table} where day = cast(? as date)", [day])
    for row in rows:
        names, marks = ", ".join(["day", *row]), ", ".join("?" * (len(row) + 1))
        con.execute(f"insert into {table} ({names}) values ({marks})", [day, *row.values()])

# %% other: every value converted in Python, executemany in one transaction
import pandas as pd

FIVE = ["order_id", "ordered_at", "customer_id", "country", "amount"]


def value(cell):
    """A cell as Python has it; None where there is none."""
    if isinstance(cell, str):
        return cell
    if cell is None or cell is pd.NaT or cell is pd.NA or cell != cell:
        return None
    return cell.item() if hasattr(cell, "item") else cell


def whole(cell):
    if cell is None:
        return None
    number = int(cell)
    if isinstance(cell, str) or number != cell:
        raise ValueError(f"not a whole number: {cell!r}")
    return number


def amount(cell):
    if isinstance(cell, str):
        raise ValueError(f"not a number: {cell!r}")
    return None if cell is None else float(cell)


def moment(cell):
    if cell is None:
        return None
    return pd.Timestamp(cell).to_pydatetime()


@lab.exercise("publish")
def publish(con, staged, report):
    """Bring the day's rows to the board: all in Python first, then one transaction."""
    if report["decision"] != "publish":
        return
    day, out = report["day"], set(report["quarantine"])
    good, bad = [], []
    cells = zip(*(map(value, staged[name].tolist()) for name in FIVE))
    for number, row in enumerate(cells):
        if number in out:
            bad.append([day, "the audit set it aside", *(None if cell is None else str(cell) for cell in row)])
        else:
            key, at, customer, country, paid = row
            good.append([day, whole(key), moment(at), whole(customer), country, amount(paid)])
    con.begin()
    try:
        con.execute("delete from orders where day = ?", [day])
        if good:
            con.executemany("""
                insert into orders (day, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?)""", good)
        con.execute("delete from quarantine where day = ?", [day])
        if bad:
            con.executemany("""
                insert into quarantine (day, reason, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?, ?)""", bad)
        con.execute("update board set as_of = ?", [day])
        con.commit()
    except BaseException:
        con.rollback()
        raise

# %% wrong: two good rows with one order_id become one -> by-key
import pandas as pd


def as_text(column):
    """Every value as text, a missing one as None."""
    return [None if cell is None or cell is pd.NA or cell is pd.NaT or cell != cell else str(cell) for cell in column]


@lab.exercise("publish")
def publish(con, staged, report):
    """Everything comes as text; DuckDB casts it, and what it cannot cast goes into quarantine."""
    if report["decision"] != "publish":
        return
    names = ["order_id", "ordered_at", "customer_id", "country", "amount"]
    delivery = pd.DataFrame({name: pd.Series(as_text(staged[name].tolist()), dtype=object) for name in names})
    delivery["n"] = range(len(delivery))
    named = [int(number) for number in report["quarantine"]]
    con.execute("begin transaction")
    try:
        con.execute("""
            create or replace temp table publishing as
            select *, case when list_contains(?::bigint[], n) then 'named by the audit'
                when order_id is not null and (id is null or id <> try_cast(order_id as double))
                    or customer_id is not null and (customer is null or customer <> try_cast(customer_id as double))
                    or ordered_at is not null and moment is null
                    or amount is not null and paid is null then 'it cannot be stored' end as reason
            from (
                select n, order_id::varchar as order_id, ordered_at::varchar as ordered_at,
                    customer_id::varchar as customer_id, country::varchar as country, amount::varchar as amount,
                    try_cast(order_id::varchar as bigint) as id, try_cast(customer_id::varchar as bigint) as customer,
                    try_cast(ordered_at::varchar as timestamp) as moment, try_cast(amount::varchar as double) as paid
                from delivery
            )
        """, [named])
        con.execute("delete from orders where day = ?", [report["day"]])
        con.execute("""
            insert into orders by name
            select ?::date as day, id as order_id, moment as ordered_at, customer as customer_id, country, paid as amount
            from publishing where reason is null
            qualify row_number() over (partition by order_id order by n) = 1 order by n
        """, [report["day"]])
        con.execute("delete from quarantine where day = ?", [report["day"]])
        con.execute("""
            insert into quarantine by name
            select ?::date as day, reason, order_id, ordered_at, customer_id, country, amount
            from publishing where reason is not null order by n
        """, [report["day"]])
        con.execute("drop table publishing")
        con.execute("update board set as_of = ?::date", [report["day"]])
        con.execute("commit")
    except BaseException:
        con.execute("rollback")
        raise
