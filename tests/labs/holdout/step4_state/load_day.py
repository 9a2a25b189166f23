# %% other: row-by-row in Python, executemany for what is left
@lab.exercise("load-day")
def load_day(con, day, batch):
    import hashlib

    newest = {}
    for row in batch.to_dict("records"):
        if row["order_id"] is None or row["order_id"] != row["order_id"] or str(row["order_id"]) == "<NA>":
            continue
        key = int(row["order_id"])
        if key not in newest or row["version"] > newest[key]["version"]:
            newest[key] = row
    there = dict(con.execute("select order_id, version from fact_orders").fetchall())
    inserts, updates = [], []
    for key, row in newest.items():
        values = [int(row["version"]), row["customer_id"], row["ordered_at"].to_pydatetime(),
                  row["amount_cents"], row["received_at"].to_pydatetime()]
        if key not in there:
            inserts.append([hashlib.sha1(f"order:{key}".encode()).hexdigest(), key, *values])
        elif there[key] < values[0]:
            updates.append([*values, key])
    if inserts:
        con.executemany("insert into fact_orders values (?, ?, ?, ?, ?, ?, ?)", inserts)
    if updates:
        con.executemany(
            "update fact_orders set version = ?, customer_id = ?, ordered_at = ?, amount_cents = ?,"
            " received_at = ? where order_id = ?", updates)

# %% other: pandas merge, delete what is older, append what is missing
@lab.exercise("load-day")
def load_day(con, day, batch):
    import pandas as pd

    fresh = batch[batch["order_id"].notna()].sort_values("version").drop_duplicates("order_id", keep="last")
    have = con.execute("select order_id, version as have_version from fact_orders").df()
    both = fresh.merge(have, on="order_id", how="left")
    todo = both[both["have_version"].isna() | (both["version"] > both["have_version"])].copy()
    if todo.empty:
        return
    todo["order_key"] = "order-" + todo["order_id"].astype("int64").astype(str)
    todo = todo.drop(columns="have_version")
    con.execute("delete from fact_orders where order_id in (select order_id from todo)")
    con.append("fact_orders", todo, by_name=True)

# %% other: arg_max over a struct, temporary table, anti join and update
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        create or replace temp table incoming as
        select order_id, max_by(b, version) as r from batch b where order_id is not null group by order_id
    """)
    con.execute("""
        update fact_orders set version = r.version, customer_id = r.customer_id, ordered_at = r.ordered_at,
               amount_cents = r.amount_cents, received_at = r.received_at
        from incoming i where i.order_id = fact_orders.order_id and i.r.version > fact_orders.version
    """)
    con.execute("""
        insert into fact_orders (order_id, order_key, version, customer_id, ordered_at, amount_cents, received_at)
        select i.order_id, md5('northlight/' || i.order_id), i.r.version, i.r.customer_id, i.r.ordered_at,
               i.r.amount_cents, i.r.received_at
        from incoming i anti join fact_orders f on f.order_id = i.order_id
    """)
    con.execute("drop table incoming")

# %% other: one statement replaces the whole table
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        create or replace table fact_orders as
        with every as (
            select * exclude (order_key) from fact_orders
            union all by name
            select * from batch where order_id is not null
        )
        select ('N' || lpad(order_id::varchar, 12, '0'))::varchar as order_key, order_id, version::integer as version,
               customer_id, ordered_at::timestamp as ordered_at, amount_cents, received_at::timestamp as received_at
        from every qualify row_number() over (partition by order_id order by version desc) = 1
    """)

# %% other: unique index and insert on conflict
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("create unique index if not exists one_row_per_order on fact_orders (order_id)")
    con.execute("""
        insert into fact_orders by name
        select distinct on (order_id) order_id::varchar as order_key, *
        from batch where order_id is not null order by order_id, version desc
        on conflict (order_id) do update set
            version = excluded.version, customer_id = excluded.customer_id, ordered_at = excluded.ordered_at,
            amount_cents = excluded.amount_cents, received_at = excluded.received_at
        where excluded.version > fact_orders.version
    """)

# %% other: relations only
@lab.exercise("load-day")
def load_day(con, day, batch):
    names = "order_id, version, customer_id, ordered_at, amount_cents, received_at"
    best = con.sql(
        f"select {names} from batch where order_id is not null "
        "qualify row_number() over (partition by order_id order by version desc) = 1"
    ).df()
    have = con.table("fact_orders").project("order_id, version as known").df()
    joined = best.merge(have, how="left", on="order_id")
    stale = joined[joined["known"] < joined["version"]]
    if len(stale):
        con.execute("delete from fact_orders where order_id = any(?)", [[int(i) for i in stale["order_id"]]])
    new = joined[joined["known"].isna() | (joined["known"] < joined["version"])]
    con.sql(f"select 'k' || order_id, {names} from new").insert_into("fact_orders")

# %% other: relations that name each other
@lab.exercise("load-day")
def load_day(con, day, batch):
    usable = con.sql("select * from batch where order_id is not null")
    newest = con.sql("""
        select order_id::varchar as order_key, * from usable
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    con.execute("""
        merge into fact_orders t using newest s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% other: relation joined with a relation
@lab.exercise("load-day")
def load_day(con, day, batch):
    newest = con.sql("""
        select 'o' || order_id as order_key, order_id, version, customer_id, ordered_at, amount_cents, received_at
        from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
    kept = con.table("fact_orders").project("order_id as known_id, version as known_version")
    older = newest.join(kept, "order_id = known_id and version > known_version")
    ids = [row[1] for row in older.fetchall()]
    con.execute("delete from fact_orders where list_contains(?, order_id)", [ids])
    missing = newest.join(kept, "order_id = known_id", how="anti")
    missing.insert_into("fact_orders")

# %% other: the frame registered under a name, one text of several statements
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.register("incoming_orders", batch)
    try:
        con.execute("""
            create or replace temp table latest as
              select * from (select *, row_number() over () as place from incoming_orders)
              where order_id is not null
              qualify rank() over (partition by order_id order by version desc, place) = 1;
            delete from fact_orders using latest l
              where fact_orders.order_id = l.order_id and fact_orders.version < l.version;
            insert into fact_orders by name
              select sha256(l.order_id::varchar) as order_key, l.* exclude (place)
              from latest l where l.order_id not in (select order_id from fact_orders);
            drop table latest;
        """)
    finally:
        con.unregister("incoming_orders")

# %% other: a class does the work, a generator feeds it
class _Loader:
    FIELDS = ("order_id", "version", "customer_id", "ordered_at", "amount_cents", "received_at")

    def __init__(self, con):
        self.con = con

    def rows(self, batch):
        for row in batch[list(self.FIELDS)].itertuples(index=False):
            if str(row.order_id) not in ("<NA>", "nan", "None"):
                yield tuple(self.plain(v) for v in row)

    def plain(self, value):
        if str(value) in ("<NA>", "nan", "None"):
            return None
        return value.to_pydatetime() if hasattr(value, "to_pydatetime") else int(value)

    def put(self, row):
        found = self.con.execute("select max(version) from fact_orders where order_id = $id", {"id": row[0]}).fetchone()[0]
        if found is None:
            self.con.execute("insert into fact_orders values (printf('%010d', ?), ?, ?, ?, ?, ?, ?)", [row[0], *row])
        elif row[1] > found:
            self.con.execute(
                "update fact_orders set version = ?, customer_id = ?, ordered_at = ?, amount_cents = ?, received_at = ?"
                " where order_id = ?", [*row[1:], row[0]])


@lab.exercise("load-day")
def load_day(con, day, batch):
    loader = _Loader(con)
    for row in loader.rows(batch):
        loader.put(row)

# %% other: recursion over versions, smallest first
@lab.exercise("load-day")
def load_day(con, day, batch):
    def load(versions):
        if not versions:
            return
        part = batch[(batch["version"] == versions[0]) & batch["order_id"].notna()].drop_duplicates("order_id")
        con.execute("""
            merge into fact_orders as f using part as p on f.order_id = p.order_id
            when matched and p.version > f.version then update by name
            when not matched then insert (order_key, order_id, version, customer_id, ordered_at, amount_cents, received_at)
              values ('id' || p.order_id, p.order_id, p.version, p.customer_id, p.ordered_at, p.amount_cents, p.received_at)
        """)
        load(versions[1:])

    load(sorted(int(v) for v in batch["version"].unique()))

# %% other: a transaction of its own only when the caller has none
@lab.exercise("load-day")
def load_day(con, day, batch):
    import warnings

    first = con.execute("select txid_current()").fetchone()
    inside = con.execute("select txid_current()").fetchone() == first
    warnings.warn(f"loading {day}: {len(batch)} rows")
    print("in the caller's transaction" if inside else "in a transaction of its own")
    if not inside:
        con.execute("START TRANSACTION")
    try:
        con.execute("""
            create temp table w as select * from batch where order_id is not null
            union all by name select * exclude (order_key) from fact_orders
            where order_id in (select order_id from batch)
        """)
        con.execute("delete from fact_orders where order_id in (select order_id from w)")
        con.execute("""
            insert into fact_orders by name
            select distinct on (order_id) 'O-' || order_id as order_key, * from w order by order_id, version desc
        """)
        con.execute("drop table w")
    except Exception:
        if not inside:
            con.execute("rollback")
        raise
    if not inside:
        con.execute("commit")

# %% other: keys by uuid5, the batch prepared on a connection of its own
@lab.exercise("load-day")
def load_day(con, day, batch):
    import uuid

    with con.cursor() as side:
        best = side.execute(
            "select * from batch b where order_id is not null and version = "
            "(select max(version) from batch c where c.order_id = b.order_id)"
        ).df().drop_duplicates("order_id")
    best["order_key"] = [str(uuid.uuid5(uuid.NAMESPACE_URL, f"order/{i}")) for i in best["order_id"]]
    con.execute("""
        merge into fact_orders t using best s using (order_id)
        when matched and s.version > t.version then update by name
        when not matched then insert by name
    """)

# %% other: its own log of loads, counted in a column named Count
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("create table if not exists load_log (day date, orders bigint, loaded_at timestamp)")
    known = con.execute('select order_id as "Count" from fact_orders order by 1').df()
    known = set(int(i) for i in known["Count"])
    fresh = batch.dropna(subset=["order_id"]).sort_values(["order_id", "version"]).groupby("order_id").tail(1)
    new = fresh[~fresh["order_id"].isin(list(known))]
    old = fresh[fresh["order_id"].isin(list(known))]
    con.execute("insert into fact_orders by name select order_id::varchar as order_key, * from new")
    con.execute("""
        update fact_orders set version = o.version, customer_id = o.customer_id, ordered_at = o.ordered_at,
            amount_cents = o.amount_cents, received_at = o.received_at
        from old o where o.order_id = fact_orders.order_id and o.version > fact_orders.version
    """)
    con.execute("insert into load_log values (?, ?, now()::timestamp)", [day, len(new)])

# %% other: read back through pandas, values handed over as lists
@lab.exercise("load-day")
def load_day(con, day, batch):
    best = batch[batch.order_id.notnull()].copy()
    best = best.loc[best.groupby("order_id")["version"].transform("max") == best["version"]]
    best = best.drop_duplicates(subset=["order_id"])
    columns = {name: [None if str(v) == "<NA>" or v != v else v.isoformat() if hasattr(v, "isoformat") else int(v) for v in best[name]] for name in best.columns}
    con.execute("""
        merge into fact_orders t using (
            select unnest($order_id::bigint[]) as order_id, unnest($version::int[]) as version,
                   unnest($customer_id::bigint[]) as customer_id, unnest($ordered_at::timestamp[]) as ordered_at,
                   unnest($amount_cents::bigint[]) as amount_cents, unnest($received_at::timestamp[]) as received_at
        ) s on s.order_id = t.order_id
        when matched and t.version < s.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert (order_key, order_id, version, customer_id, ordered_at, amount_cents, received_at)
            values (hash(s.order_id)::varchar, s.order_id, s.version, s.customer_id, s.ordered_at, s.amount_cents, s.received_at)
    """, columns)

# %% other: a scalar function of Python makes the key
@lab.exercise("load-day")
def load_day(con, day, batch):
    def ticket(order_id: int) -> str:
        return f"T{order_id:08d}"

    con.create_function("ticket", ticket)
    try:
        con.execute("""
            merge into fact_orders t using (
                select ticket(order_id) as order_key, * from batch where order_id is not null
                qualify row_number() over (partition by order_id order by version desc) = 1
            ) s on t.order_id = s.order_id
            when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
                ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
            when not matched then insert by name
        """)
    finally:
        con.remove_function("ticket")

# %% other: relation from the frame
@lab.exercise("load-day")
def load_day(con, day, batch):
    best = (
        con.from_df(batch).filter("order_id is not null")
        .project("*, row_number() over (partition by order_id order by version desc) as place")
        .filter("place = 1").df().drop(columns="place")
    )
    con.execute("""
        merge into fact_orders t using (select order_id::varchar as order_key, * from best) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% other: a window, then MERGE with a condition on the version
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
            customer_id = s.customer_id, amount_cents = s.amount_cents, version = s.version,
            ordered_at = s.ordered_at, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: the row of the batch that was received last -> wrong-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by received_at desc, version) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: received later counts as newer -> wrong-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.received_at > t.received_at then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: update sets only version and amount -> half-corrected
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, amount_cents = s.amount_cents
        when not matched then insert by name
    """)

# %% wrong: update forgets the day of the order -> half-corrected
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: customer of the first version stays -> half-corrected
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: the day of delivery is part of the key -> wrong-key
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select strftime(?::date, '%Y%m%d') || '-' || order_id as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """, [day])

# %% wrong: the key carries the version -> wrong-key
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select order_id || '-v' || version as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set order_key = s.order_key, version = s.version,
            customer_id = s.customer_id, ordered_at = s.ordered_at, amount_cents = s.amount_cents,
            received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: short key -> wrong-key
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar)[:4] as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: salted hash of Python -> wrong-key
# only two processes show it
@lab.exercise("load-day")
def load_day(con, day, batch):
    best = batch.dropna(subset=["order_id"]).sort_values("version").drop_duplicates("order_id", keep="last").copy()
    best["order_key"] = [f"{hash(str(i)) & 0xFFFFFFFFFFFFFFFF:016x}" for i in best["order_id"]]
    con.execute("""
        merge into fact_orders t using best s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: keys remembered in the process -> wrong-key
# only two processes show it
import functools
import uuid


@functools.cache
def _key(order_id):
    return uuid.uuid4().hex


@lab.exercise("load-day")
def load_day(con, day, batch):
    best = batch.dropna(subset=["order_id"]).sort_values("version").drop_duplicates("order_id", keep="last").copy()
    best["order_key"] = [_key(int(i)) for i in best["order_id"]]
    con.execute("""
        merge into fact_orders t using best s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: new rows first, then update from the undeduplicated batch -> wrong-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        insert into fact_orders by name
        select md5(order_id::varchar) as order_key, * from batch
        where order_id is not null and order_id not in (select order_id from fact_orders)
        qualify row_number() over (partition by order_id) = 1
    """)
    con.execute("""
        update fact_orders set version = b.version, customer_id = b.customer_id, ordered_at = b.ordered_at,
            amount_cents = b.amount_cents, received_at = b.received_at
        from batch b where b.order_id = fact_orders.order_id and b.version > fact_orders.version
    """)

# %% wrong: the keyless row gets number 0 -> null-key
@lab.exercise("load-day")
def load_day(con, day, batch):
    clean = batch.fillna({"order_id": 0}).sort_values("version").drop_duplicates("order_id", keep="last")
    con.execute("""
        merge into fact_orders t using (select md5(order_id::varchar) as order_key, * from clean) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: drops rows alike in all but the id -> twins-merged
@lab.exercise("load-day")
def load_day(con, day, batch):
    clean = batch.dropna(subset=["order_id"]).sort_values("version")
    clean = clean.drop_duplicates(["customer_id", "ordered_at", "amount_cents"], keep="last")
    clean = clean.drop_duplicates("order_id", keep="last")
    con.execute("""
        merge into fact_orders t using (select md5(order_id::varchar) as order_key, * from clean) s
        on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: writes on a connection of its own -> transaction-taken
@lab.exercise("load-day")
def load_day(con, day, batch):
    with con.cursor() as mine:
        mine.execute("""
            merge into fact_orders t using (
                select md5(order_id::varchar) as order_key, * from batch where order_id is not null
                qualify row_number() over (partition by order_id order by version desc) = 1
            ) s on t.order_id = s.order_id
            when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
                ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
            when not matched then insert by name
        """)

# %% wrong: always begins a transaction -> transaction-taken
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.begin()
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    con.commit()

# %% wrong: commits what the caller began -> transaction-taken
@lab.exercise("load-day")
def load_day(con, day, batch):
    import contextlib

    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    with contextlib.suppress(Exception):
        con.commit()

# %% wrong: tries to begin and goes on if it cannot -> transaction-taken
@lab.exercise("load-day")
def load_day(con, day, batch):
    try:
        con.begin()
        mine = True
    except Exception:
        mine = False
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    if mine:
        con.commit()

# %% wrong: versions compared as text -> wrong-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version::varchar > t.version::varchar then update set version = s.version,
            customer_id = s.customer_id, ordered_at = s.ordered_at, amount_cents = s.amount_cents,
            received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: a day once loaded is remembered in the process -> state-outside
_loaded = set()


@lab.exercise("load-day")
def load_day(con, day, batch):
    if day in _loaded:
        return
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from batch where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)
    _loaded.add(day)

# %% wrong: columns renamed by position -> columns-swapped
@lab.exercise("load-day")
def load_day(con, day, batch):
    clean = batch.copy()
    clean.columns = ["order_id", "version", "customer_id", "ordered_at", "amount_cents", "received_at"]
    con.execute("""
        merge into fact_orders t using (
            select md5(order_id::varchar) as order_key, * from clean where order_id is not null
            qualify row_number() over (partition by order_id order by version desc) = 1
        ) s on t.order_id = s.order_id
        when matched and s.version > t.version then update set version = s.version, customer_id = s.customer_id,
            ordered_at = s.ordered_at, amount_cents = s.amount_cents, received_at = s.received_at
        when not matched then insert by name
    """)

# %% wrong: deletes the orders of the batch and brings back the batch -> wrong-version
@lab.exercise("load-day")
def load_day(con, day, batch):
    con.execute("delete from fact_orders where order_id in (select order_id from batch)")
    con.execute("""
        insert into fact_orders by name
        select md5(order_id::varchar) as order_key, * from batch where order_id is not null
        qualify row_number() over (partition by order_id order by version desc) = 1
    """)
