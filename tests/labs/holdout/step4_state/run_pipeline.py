# %% other: one transaction for the whole night
@lab.exercise("run-pipeline")
def run(con, source):
    done = dict(con.execute("select day, content_hash from load_state").fetchall())
    todo = [(d, h) for d, h in source.deliveries() if done.get(d) != h]
    if not todo:
        return
    con.execute("START TRANSACTION")
    for day, content_hash in todo:
        batch = source.fetch(day)
        con.execute("delete from raw_orders where day = $day", {"day": day})
        con.execute("insert into raw_orders by name select cast($day as date) as day, * from batch", {"day": day})
        load_day(con, day, batch)
        con.execute("delete from load_state where day = ?", [day])
        con.execute("insert into load_state values (?, ?)", [day, content_hash])
    con.execute("truncate daily_revenue")
    con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
    con.execute("COMMIT")

# %% other: newest delivery first, each in one text of statements
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in reversed(source.deliveries()):
        if con.execute("select count(*) from load_state where day = ? and content_hash = ?", [day, content_hash]).fetchone()[0]:
            continue
        batch = source.fetch(day)
        con.execute(f"""
            begin transaction;
            delete from raw_orders where day = date '{day}';
            insert into raw_orders by name select date '{day}' as day, * from batch;
            insert or replace into load_state values (date '{day}', '{content_hash}');
        """)
        load_day(con, day, batch)
        con.execute("""
            delete from daily_revenue;
            insert into daily_revenue (orders, day, revenue_cents)
                select count(*), ordered_at::date, sum(amount_cents) from fact_orders group by all;
            commit;
        """)

# %% other: the checkpoint in a table of its own, load_state stays empty
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create table if not exists finished (day date, content_hash varchar, unique (day))")
    for day, content_hash in source.deliveries():
        if (day, content_hash) in con.execute("select * from finished").fetchall():
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("create or replace temp table sums as select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents from fact_orders group by 1")
        con.execute("delete from daily_revenue where day not in (select day from sums)")
        con.execute("""
            merge into daily_revenue t using sums s on t.day = s.day
            when matched and (t.orders, t.revenue_cents) is distinct from (s.orders, s.revenue_cents)
                then update set orders = s.orders, revenue_cents = s.revenue_cents
            when not matched then insert by name
        """)
        con.execute("insert into finished values (?, ?) on conflict (day) do update set content_hash = excluded.content_hash", [day, content_hash])
        con.commit()

# %% other: only the days that change are added up again
@lab.exercise("run-pipeline")
def run(con, source):
    known = con.execute("from load_state").df()
    for day, content_hash in source.deliveries():
        same = known[(known["content_hash"] == content_hash) & (known["day"].astype(str) == str(day))]
        if len(same):
            continue
        batch = source.fetch(day)
        con.begin()
        try:
            con.execute("""
                create or replace temp table touched as
                select distinct ordered_at::date as day from batch where order_id is not null
                union select ordered_at::date from fact_orders where order_id in (select order_id from batch)
            """)
            con.execute("delete from raw_orders where day = ?", [day])
            con.append("raw_orders", batch.assign(day=day), by_name=True)
            load_day(con, day, batch)
            con.execute("delete from daily_revenue where day in (from touched)")
            con.execute("""
                insert into daily_revenue by name
                select ordered_at::date as day, count(*) as orders, sum(amount_cents) as revenue_cents
                from fact_orders where ordered_at::date in (from touched) group by 1
            """)
            con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        except Exception:
            con.rollback()
            raise
        con.commit()

# %% other: no hash at all, the rows themselves are compared
@lab.exercise("run-pipeline")
def run(con, source):
    for day, _ in source.deliveries():
        batch = source.fetch(day)
        columns = ", ".join(batch.columns)
        differ = con.execute(f"""
            select count(*) from (
                (select {columns} from batch except all select {columns} from raw_orders where day = $d)
                union all
                (select {columns} from raw_orders where day = $d except all select {columns} from batch)
            )
        """, {"d": day}).fetchone()[0]
        if not differ:
            continue
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute(f"insert into raw_orders (day, {columns}) select ?, {columns} from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select date_trunc('day', ordered_at)::date, count(order_id), sum(amount_cents) from fact_orders group by 1")
        con.commit()

# %% other: a heartbeat in a table of its own on each run
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create table if not exists heartbeat (at_ timestamptz, what varchar)")
    con.execute("insert into heartbeat values (now(), 'started')")
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
    con.execute("insert into heartbeat values (now(), 'ended')")

# %% other: tables are built beside and swapped
@lab.exercise("run-pipeline")
def run(con, source):
    def swap(table, select, given=None):
        con.execute(f"create table {table}_next as from {table} limit 0")
        con.execute(f"insert into {table}_next {select}", given)
        con.execute(f"drop table {table}")
        con.execute(f"alter table {table}_next rename to {table}")

    for day, content_hash in source.deliveries():
        if con.execute("select 1 from load_state where (day, content_hash) = (?, ?)", [day, content_hash]).fetchall():
            continue
        batch = source.fetch(day)
        con.begin()
        swap("raw_orders", "by name select * from raw_orders where day <> $d union all by name select $d::date as day, * from batch", {"d": day})
        load_day(con, day, batch)
        swap("daily_revenue", "select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: writes on a second connection, reads the checkpoint on the first
@lab.exercise("run-pipeline")
def run(con, source):
    with con.cursor() as work:
        for day, content_hash in source.deliveries():
            done = con.sql("select content_hash from load_state where day = ?", params=[day]).fetchall()
            if done == [(content_hash,)]:
                continue
            batch = source.fetch(day)
            work.begin()
            work.execute("delete from raw_orders where day = ?", [day])
            work.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
            load_day(work, day, batch)
            work.execute("delete from daily_revenue")
            work.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
            work.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
            work.commit()

# %% other: recursion, a class and a transaction as a context
import contextlib
import warnings


class _Night:
    def __init__(self, con, source):
        self.con, self.source = con, source

    @contextlib.contextmanager
    def together(self):
        self.con.begin()
        try:
            yield self.con
        except BaseException:
            with contextlib.suppress(BaseException):
                self.con.rollback()
            raise
        else:
            self.con.commit()

    def todo(self):
        for day, content_hash in self.source.deliveries():
            row = self.con.execute("select any_value(content_hash) from load_state where day = ?", [day]).fetchone()
            if row != (content_hash,):
                yield day, content_hash

    def all(self):
        first = next(self.todo(), None)
        if first is not None:
            self.one(*first)
            self.all()

    def one(self, day, content_hash):
        warnings.warn(f"{day} is new or changed")
        batch = self.source.fetch(day)
        with self.together() as con:
            # the checkpoint first: in one commit the order of the statements does not matter
            con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
            con.execute("delete from daily_revenue")
            con.execute("delete from raw_orders where day = ?", [day])
            con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
            load_day(con, day, batch)
            con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")


@lab.exercise("run-pipeline")
def run(con, source):
    _Night(con, source).all()
    print("night done")

# %% other: checkpoint in a later commit, every step before it may be repeated
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        con.commit()
        con.begin()
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.commit()
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])

# %% other: no transaction, every single statement leaves the tables fit for the rerun
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create table if not exists staged (day date, content_hash varchar)")
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.execute("create or replace table raw_orders as select * from raw_orders where day <> $d union all by name select $d::date as day, * from batch", {"d": day})
        load_day(con, day, batch)
        con.execute("create or replace table daily_revenue as select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])

# %% other: daily_revenue becomes a view
@lab.exercise("run-pipeline")
def run(con, source):
    kind = con.execute("select table_type from information_schema.tables where table_name = 'daily_revenue' and table_catalog = current_catalog()").fetchone()[0]
    if kind != "VIEW":
        con.begin()
        con.execute("drop table daily_revenue")
        con.execute("create view daily_revenue as select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents from fact_orders group by 1")
        con.commit()
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: all sums in pandas, tables appended as frames
@lab.exercise("run-pipeline")
def run(con, source):
    import pandas as pd

    state = {pd.Timestamp(d).date(): h for d, h in con.execute("select day, content_hash from load_state").fetchmany(10_000)}
    for day, content_hash in source.deliveries():
        if state.get(day) == content_hash:
            continue
        batch = source.fetch(day)
        raw = batch.copy()
        raw.insert(0, "day", pd.Timestamp(day))
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.append("raw_orders", raw, by_name=True)
        load_day(con, day, batch)
        facts = con.table("fact_orders").df()
        sums = facts.groupby(facts["ordered_at"].dt.normalize()).agg(orders=("order_id", "count"), revenue_cents=("amount_cents", "sum"))
        sums = sums.rename_axis("day").reset_index()
        con.execute("delete from daily_revenue")
        con.sql("select day::date, orders, revenue_cents from sums").insert_into("daily_revenue")
        con.execute("delete from load_state where day = ?", [day])
        con.append("load_state", pd.DataFrame({"day": [day], "content_hash": [content_hash]}))
        con.commit()

# %% other: relations that name each other, length of a relation
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        done = con.table("load_state").filter(f"day = '{day}' and content_hash = '{content_hash}'")
        if len(done):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        sums = con.sql("select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents from fact_orders group by 1")
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue by name from sums")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: the whole source read at once, days grouped in Python
@lab.exercise("run-pipeline")
def run(con, source):
    hashes = dict(source.deliveries())
    done = {day for day, h in con.execute("select day, content_hash from load_state").fetchall() if hashes.get(day) == h}
    if done == set(hashes):
        return
    rows = source.read()
    con.begin()
    for day in sorted(set(hashes) - done):
        part = rows[rows["day"].dt.date == day]
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select * replace (day::date as day) from part")
        load_day(con, day, part.drop(columns="day"))
        con.execute("insert or replace into load_state values (?, ?)", [day, hashes[day]])
    con.execute("create or replace table daily_revenue as select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents from fact_orders group by 1")
    con.commit()

# %% other: days first, the board always compared and mended at the end
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
    con.execute("""
        merge into daily_revenue t
        using (select ordered_at::date as day, count(*) as orders, sum(amount_cents) as revenue_cents from fact_orders group by 1) s
        on t.day = s.day
        when matched and (s.orders <> t.orders or s.revenue_cents <> t.revenue_cents)
            then update set orders = s.orders, revenue_cents = s.revenue_cents
        when not matched then insert by name
        when not matched by source then delete
    """)

# %% other: a column named Count is read
@lab.exercise("run-pipeline")
def run(con, source):
    def finished(day, content_hash):
        seen = con.execute("select count(*) as Count from load_state where day = ? and content_hash = ?", [day, content_hash]).df()
        return int(seen["Count"].sum()) == 1

    for day, content_hash in source.deliveries():
        if finished(day, content_hash):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: the log of what was loaded keeps every hash, the latest one counts
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create sequence if not exists loads")
    con.execute("create table if not exists load_history (n bigint default nextval('loads'), day date, content_hash varchar)")
    for day, content_hash in source.deliveries():
        last = con.execute("select arg_max(content_hash, n) from load_history where day = ?", [day]).fetchone()[0]
        if last == content_hash:
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("insert into load_history (day, content_hash) values (?, ?)", [day, content_hash])
        con.execute("delete from raw_orders where day = ?", [day])
        con.executemany(
            f"insert into raw_orders (day, {', '.join(batch.columns)}) values (?, ?, ?, ?, ?, ?, ?)",
            [[day, *(None if str(v) == "<NA>" else v.to_pydatetime() if hasattr(v, "to_pydatetime") else int(v) for v in row)]
             for row in batch.itertuples(index=False)])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.commit()

# %% other: a log row for each delivery it looks at and one for the run
@lab.exercise("run-pipeline")
def run(con, source):
    con.execute("create table if not exists run_log (logged_at timestamptz default now(), day date, what varchar)")
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            con.execute("insert into run_log (day, what) values (?, 'known')", [day])
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.execute("insert into run_log (day, what) values (?, 'loaded')", [day])
        con.commit()
    con.execute("insert into run_log (what) values ('ended')")

# %% other: the delivery is compared in a temporary table before anything is written
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        batch = source.fetch(day)
        con.execute("create or replace temp table incoming as select $d::date as day, * from batch", {"d": day})
        con.execute("create or replace temp table there as select * from raw_orders where day = ?", [day])
        new, = con.execute("select count(*) from (select day, order_id, version, customer_id, ordered_at, amount_cents, received_at from incoming except all from there)").fetchone()
        gone, = con.execute("select count(*) from (from there except all select day, order_id, version, customer_id, ordered_at, amount_cents, received_at from incoming)").fetchone()
        if not new and not gone:
            continue
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name from incoming")
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("insert into daily_revenue select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1")
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: the whole night in one transaction, a context manager below the function
@lab.exercise("run-pipeline")
def run(con, source):
    """Run the night; killed anywhere and run again, it ends in the same state."""
    notes = dict(con.execute("select day, content_hash from load_state").fetchall())
    todo = [(day, mark) for day, mark in source.deliveries() if notes.get(day) != mark]
    if not todo:
        return
    with _transaction(con):
        for day, mark in todo:
            batch = source.fetch(day)
            con.execute("delete from raw_orders where day = ?", [day])
            con.execute("insert into raw_orders by name select cast(? as date) as day, batch.* from batch", [day])
            load_day(con, day, batch)
            con.execute("delete from load_state where day = ?", [day])
            con.execute("insert into load_state (day, content_hash) values (?, ?)", [day, mark])
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue (day, orders, revenue_cents)
            select cast(ordered_at as date), count(*), sum(amount_cents) from fact_orders group by all
        """)


class _transaction:
    def __init__(self, con):
        self.con = con

    def __enter__(self):
        self.con.execute("begin")

    def __exit__(self, kind, *_):
        self.con.execute("commit" if kind is None else "rollback")

# %% wrong: only the days named in the batch are added up again -> daily-disagrees
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue where day in (select ordered_at::date from batch)")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders
            where ordered_at::date in (select ordered_at::date from batch) group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% wrong: days that lost their last order stay on the board -> daily-disagrees
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("""
            merge into daily_revenue t
            using (select ordered_at::date as day, count(*) as orders, sum(amount_cents) as revenue_cents
                   from fact_orders group by 1) s
            on t.day = s.day
            when matched then update set orders = s.orders, revenue_cents = s.revenue_cents
            when not matched then insert by name
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% wrong: only what raw_orders does not have yet is added -> redelivery-beside
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("""
            insert into raw_orders by name
            select ?::date as day, b.* from batch b
            where not exists (from raw_orders r where r.day = ? and r.order_id = b.order_id and r.version = b.version)
        """, [day, day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% wrong: the board at the end, and only if a day was loaded -> kill-changes-end
@lab.exercise("run-pipeline")
def run(con, source):
    changed = False
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
        changed = True
    if changed:
        con.begin()
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.commit()

# %% wrong: the board is emptied in a commit of its own -> reader-sees-hole
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)

# %% wrong: the board is rebuilt after the commit -> kill-changes-end
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
        con.begin()
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.commit()

# %% wrong: done days are remembered in the process -> state-outside
_done = {}


@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if _done.get(day) == content_hash:
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
        _done[day] = content_hash
        con.commit()

# %% wrong: the checkpoint is the sum of the amounts -> redelivery-skipped
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        batch = source.fetch(day)
        total = f"{len(batch)}:{batch['amount_cents'].sum()}"
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (total,):
            continue
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, total])
        con.commit()

# %% wrong: the board is written again on every run -> rewrites-unchanged
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()
    con.begin()
    con.execute("delete from daily_revenue")
    con.execute("""
        insert into daily_revenue
        select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
    """)
    con.commit()

# %% other: the whole night anew if any delivery changed
@lab.exercise("run-pipeline")
def run(con, source):
    if sorted(con.execute("select day, content_hash from load_state").fetchall()) == source.deliveries():
        return
    for day, content_hash in source.deliveries():
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

# %% wrong: facts emptied and built again from raw, commit by commit -> order-dropped
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        con.commit()
        con.execute("delete from fact_orders")
        con.begin()
        every = con.execute("select * exclude (day) from raw_orders").df()
        load_day(con, day, every)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% wrong: an insert that fails on a known day means done -> redelivery-skipped
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        batch = source.fetch(day)
        con.begin()
        try:
            con.execute("insert into load_state values (?, ?)", [day, content_hash])
        except Exception:
            con.rollback()
            continue
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        load_day(con, day, batch)
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.commit()

# %% wrong: facts before the transaction begins, the board after -> reader-sees-hole
@lab.exercise("run-pipeline")
def run(con, source):
    for day, content_hash in source.deliveries():
        if con.execute("select content_hash from load_state where day = ?", [day]).fetchone() == (content_hash,):
            continue
        batch = source.fetch(day)
        con.execute("delete from fact_orders f using batch b where f.order_id = b.order_id and f.version <= b.version")
        load_day(con, day, batch)
        con.begin()
        con.execute("delete from raw_orders where day = ?", [day])
        con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
        con.execute("delete from daily_revenue")
        con.execute("""
            insert into daily_revenue
            select ordered_at::date, count(*), sum(amount_cents) from fact_orders group by 1
        """)
        con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
        con.commit()

# %% other: one commit for each delivery, note inside; revenue made anew
@lab.exercise("run-pipeline")
def run(con, source):
    """Run the night; killed anywhere and run again, it ends in the same state."""
    done = dict(con.execute("select day, content_hash from load_state").fetchall())
    for day, content_hash in source.deliveries():
        if done.get(day) == content_hash:
            continue
        batch = source.fetch(day)
        con.begin()
        try:
            con.execute("delete from raw_orders where day = ?", [day])
            con.execute("insert into raw_orders by name select ?::date as day, * from batch", [day])
            load_day(con, day, batch)
            con.execute("delete from daily_revenue")
            con.execute("""
                insert into daily_revenue by name
                select ordered_at::date as day, count(*) as orders, sum(amount_cents)::bigint as revenue_cents
                from fact_orders group by 1
            """)
            con.execute("insert or replace into load_state values (?, ?)", [day, content_hash])
            con.commit()
        except BaseException:
            con.rollback()
            raise
