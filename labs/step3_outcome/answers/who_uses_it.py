# %% reference
@lab.exercise("who-uses-it")
def unused(con):
    """The tables that nobody uses."""
    from graphlib import TopologicalSorter

    everything, built_of = names(con, TABLES), {}
    for below, above in con.execute("select downstream, upstream from lineage").fetchall():
        built_of.setdefault(below, set()).add(above)
    TopologicalSorter(built_of).prepare()  # raises CycleError
    used = names(con, USED)
    wave = used
    while wave:
        wave = {above for table in wave for above in built_of.get(table, ())} - used
        used |= wave
    return everything - used


def names(con, sql):
    return {name for (name,) in con.execute(sql).fetchall()}


TABLES = """
    select unnest(referenced_tables) from jobs
    union select destination_table from jobs where destination_table <> ''
    union select upstream from lineage
    union select downstream from lineage
"""
USED = """
    select unnest(referenced_tables) from jobs
    join principals on lower(user_email) = lower(email)
    where creation_time >= (select max(creation_time) - interval 180 days from jobs)
        and (kind = 'person' or kind = 'delivery' and readers > 0)
    union select table_name from exposures
    union select table_name from register
"""

# %% other: one recursive query, which counts how deep it is
@lab.exercise("who-uses-it")
def unused(con):
    return {row[0] for row in con.execute("""
        with recursive
        reads as (
            select unnest(j.referenced_tables) as name from jobs j, principals p
            where lower(j.user_email) = lower(p.email)
                and (p.kind = 'person' or (p.kind = 'delivery' and p.readers > 0))
                and j.creation_time >= (select max(creation_time) from jobs) - interval 180 days
        ),
        above as (
            select distinct downstream, upstream, 1 as deep from lineage
            union
            select a.downstream, l.upstream,
                case when a.downstream = l.upstream then error('a cycle') else a.deep + 1 end
            from above a join lineage l on l.downstream = a.upstream
            where a.deep < 1000
        ),
        used as (
            select name from reads
            union all select table_name from exposures
            union all select table_name from register
        )
        select name from (
            select unnest(referenced_tables) as name from jobs
            union select destination_table from jobs where destination_table <> ''
            union select unnest([upstream, downstream]) from lineage
        )
        except (
            select name from used
            union select upstream from above where downstream in (select name from used)
        )
    """).fetchall()}

# %% other: a graph, asked table by table
import networkx as nx


@lab.exercise("who-uses-it")
def unused(con):
    people = {
        mail.lower()
        for mail, kind, readers in con.execute("select email, kind, readers from principals").fetchall()
        if kind == "person" or (kind == "delivery" and readers)
    }
    graph = nx.DiGraph(con.execute("select upstream, downstream from lineage").fetchall())
    if not nx.is_directed_acyclic_graph(graph):
        raise ValueError("the lineage has a cycle")
    jobs = con.execute(
        "select creation_time, user_email, referenced_tables, destination_table from jobs"
    ).fetchall()
    last = max(job[0] for job in jobs)
    seen = {row[0] for row in con.execute("select table_name from exposures").fetchall()}
    seen |= {row[0] for row in con.execute("select table_name from register").fetchall()}
    for at, mail, tables, target in jobs:
        graph.add_nodes_from([*tables, target])
        if mail.lower() in people and (last - at).total_seconds() <= 180 * 24 * 3600:
            seen.update(tables)
    return {
        table
        for table in graph
        if table and table not in seen and not nx.descendants(graph, table) & seen
    }

# %% other: frames, and reads handed up until nothing changes
@lab.exercise("who-uses-it")
def unused(con):
    import pandas as pd

    jobs, principals, lineage = (con.execute(f"from {t}").df() for t in ("jobs", "principals", "lineage"))
    principals["who"] = principals["email"].str.lower()
    delivers = (principals["kind"] == "delivery") & (principals["readers"].fillna(0) > 0)
    counts = principals[delivers | (principals["kind"] == "person")]
    window = jobs["creation_time"].max() - pd.Timedelta(days=180)
    reads = jobs[jobs["user_email"].str.lower().isin(counts["who"]) & (jobs["creation_time"] >= window)]
    used = set(reads["referenced_tables"].explode().dropna())
    for stated in ("exposures", "register"):
        used |= set(con.execute(f"from {stated}").df()["table_name"])

    left = lineage
    while len(left):
        ends = ~left["downstream"].isin(left["upstream"])
        if not ends.any():
            raise ValueError("the lineage has a cycle")
        now = left[ends]
        used |= set(now.loc[now["downstream"].isin(used), "upstream"])
        left = left[~ends]

    tables = set(jobs["referenced_tables"].explode().dropna()) | set(jobs["destination_table"])
    tables |= set(lineage["downstream"]) | set(lineage["upstream"])
    return tables - used - {""}

# %% other: asks downwards, and remembers
@lab.exercise("who-uses-it")
def unused(con):
    """For each table: is it read, or is anything built on it?"""
    since = con.execute("select max(creation_time) - interval 180 days from jobs").fetchone()[0]
    read = con.execute("""
        select distinct unnest(referenced_tables) from jobs
        where creation_time >= ? and lower(user_email) in (
            select lower(email) from principals
            where kind = 'person' or (kind = 'delivery' and readers >= 1))
        """, [since]).fetchall()
    direct = {table for (table,) in read}
    direct |= {table for (table,) in con.execute("select table_name from exposures").fetchall()}
    direct |= {table for (table,) in con.execute("select table_name from register").fetchall()}
    below, found, asking = {}, {}, set()
    for down, up in con.execute("select downstream, upstream from lineage").fetchall():
        below.setdefault(up, []).append(down)
        below.setdefault(down, [])
    for tables, target in con.execute(
        "select referenced_tables, destination_table from jobs"
    ).fetchall():
        for table in [*tables, target]:
            if table:
                below.setdefault(table, [])

    def used(table):
        if table in asking:
            raise ValueError(f"{table} is built on itself")
        if table not in found:
            asking.add(table)
            found[table] = any([used(one) for one in below[table]]) or table in direct
            asking.remove(table)
        return found[table]

    return {table for table in below if not used(table)}
