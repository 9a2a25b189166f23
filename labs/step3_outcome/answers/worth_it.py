# %% reference
@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    found = con.execute("""
        with recursive used as (
            select unnest(referenced_tables) as name
            from jobs join principals on user_email = email
            where kind = 'person' or (kind = 'delivery' and readers > 0)
            union
            select upstream from used join lineage on downstream = name
        ),
        monthly as (
            select pipeline, avg(runs) as runs from runs group by pipeline
        )
        select id, case
            when billing <> 'fixed price'
            and runs > 0
            and after_cents < before_cents
            and table_name in (select name from used)
            then days * rate_cents / ((before_cents - after_cents) * runs)
        end
        from proposals join pipelines using (pipeline) join monthly using (pipeline)
    """).fetchall()
    return {name: None if months is None else round(months, 1) for name, months in found}

# %% other: plain loops over the rows, upwards from each reader
@lab.exercise("worth-it")
def worth_it(con):
    def rows(query):
        return con.execute(query).fetchall()

    readers = {email for email, kind, n in rows("select email, kind, readers from principals")
               if kind == "person" or kind == "delivery" and n}
    above = {}
    for low, high in rows("select downstream, upstream from lineage"):
        above.setdefault(low, []).append(high)
    open_ = [t for who, refs in rows("select user_email, referenced_tables from jobs")
             if who in readers for t in refs]
    used = set()
    while open_:
        table = open_.pop()
        if table not in used:
            used.add(table)
            open_ += above.get(table, [])
    counts = {}
    for name, n in rows("select pipeline, runs from runs"):
        counts.setdefault(name, []).append(n)
    about = {name: (table, billing) for name, table, billing in
             rows("select pipeline, table_name, billing from pipelines")}
    result = {}
    for one, name, days, rate, before, after in rows(
        "select id, pipeline, days, rate_cents, before_cents, after_cents from proposals"
    ):
        table, billing = about[name]
        a_month = (before - after) * sum(counts[name]) / len(counts[name])
        pays = table in used and billing == "per run" and a_month > 0
        result[one] = round(days * rate / a_month, 1) if pays else None
    return result

# %% other: frames and a graph, downwards from each table
@lab.exercise("worth-it")
def worth_it(con):
    import networkx as nx

    def frame(query):
        return con.execute(query).df()

    graph = nx.from_pandas_edgelist(
        frame("from lineage"), "upstream", "downstream", create_using=nx.DiGraph
    )
    who = frame("from principals")
    somebody = who[(who.kind == "person") | ((who.kind == "delivery") & (who.readers >= 1))].email
    jobs = frame("select user_email, unnest(referenced_tables) as name from jobs")
    read = set(jobs[jobs.user_email.isin(somebody)].name)

    def months(row):
        below = {row.table_name} | (nx.descendants(graph, row.table_name) if row.table_name in graph else set())
        saved = (row.before_cents - row.after_cents) * row.runs
        if row.billing == "fixed price" or saved <= 0 or not below & read:
            return None
        return float(f"{row.days * row.rate_cents / saved:.1f}")

    all_ = frame("""from proposals join pipelines using (pipeline)
        join (select pipeline, sum(runs)::double / count(*) as runs from runs group by 1) using (pipeline)""")
    return {row.id: months(row) for row in all_.itertuples()}

# %% other: decimals, one proposal after the other
@lab.exercise("worth-it")
def worth_it(con):
    from decimal import ROUND_HALF_UP, Decimal

    con.execute("""create temp table somebody as
        select distinct unnest(referenced_tables) as name from jobs
        where user_email in (select email from principals where kind != 'machine' and readers > 0)""")
    while True:
        more = con.execute("""select distinct upstream from lineage
            where downstream in (select name from somebody)
            and upstream not in (select name from somebody)""").fetchall()
        if not more:
            break
        con.executemany("insert into somebody values (?)", more)
    result = {}
    for (one,) in con.execute("select id from proposals order by id").fetchall():
        cost, saved, runs, seen, billing = con.execute("""
            select days * rate_cents, before_cents - after_cents,
                (select sum(runs) from runs r where r.pipeline = p.pipeline),
                (select count(*) from somebody where name = table_name), billing
            from proposals p join pipelines using (pipeline) where id = ?""", [one]).fetchall()[0]
        if not seen or saved <= 0 or not runs or billing != "per run":
            result[one] = None
            continue
        exact = Decimal(cost) * 6 / (Decimal(saved) * Decimal(int(runs)))
        result[one] = exact.quantize(Decimal("0.1"), ROUND_HALF_UP)
    return result
