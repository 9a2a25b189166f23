# %% other: one recursive query, graphlib for the circle
import json
from graphlib import TopologicalSorter


def column(con, table, *words):
    """The column of a table that is called like this: exactly, or with the word in its name."""
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    for word in words:
        if word in names:
            return f'"{word}"'
    for word in words:
        for name in names:
            if word in name.lower():
                return f'"{name}"'
    raise KeyError(f"{table} has {names}, and none of {words}")


def words(value):
    """Each text in a cell: itself, the elements of a list, a list written as JSON."""
    if isinstance(value, str):
        if value.startswith("["):
            yield from words(json.loads(value))
        else:
            yield value
    elif isinstance(value, dict):
        yield from words(list(value.values()))
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from words(one)


def named(con, table):
    return {word for row in con.execute(f"from {table}").fetchall() for word in words(row)}


@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses"""
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    writes = column(con, "jobs", "destination_table", "destination", "writes", "target")
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    graph = {}
    for down, up in con.execute("select downstream, upstream from lineage").fetchall():
        graph.setdefault(down, set()).add(up)
    TopologicalSorter(graph).prepare()  # raises CycleError, read or not

    stated = sorted(named(con, "exposures") | named(con, "register"))
    rows = con.execute(f"""
        with recursive people as (
            select lower({account}) as account from principals
            where {kind} = 'person' or ({kind} <> 'machine' and coalesce({readers}, 0) > 0)
        ),
        reads as (
            select lower({user}) as account, unnest(referenced_tables) as name
            from jobs
            where epoch_us({at}) >= (select max(epoch_us({at})) from jobs) - 15552000000000
        ),
        seed as (
            select name from reads where account in (select account from people)
            union
            select unnest(?::varchar[])
        ),
        used as (
            select name from seed
            union
            select lineage.upstream from used join lineage on lineage.downstream = used.name
        ),
        everything as (
            select unnest(referenced_tables) as name from jobs
            union select {writes} from jobs where {writes} <> ''
            union select downstream from lineage
            union select upstream from lineage
        )
        select name from everything where name is not null and name not in (select name from used)
    """, [stated]).fetchall()
    return {table for (table,) in rows}

# %% other: sets and a walk in Python, the circle by counting down
import json


def column(con, table, *words):
    """The column of a table that is called like this: exactly, or with the word in its name."""
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    for word in words:
        if word in names:
            return f'"{word}"'
    for word in words:
        for name in names:
            if word in name.lower():
                return f'"{name}"'
    raise KeyError(f"{table} has {names}, and none of {words}")


def words(value):
    """Each text in a cell: itself, the elements of a list, a list written as JSON."""
    if isinstance(value, str):
        if value.startswith("["):
            yield from words(json.loads(value))
        else:
            yield value
    elif isinstance(value, dict):
        yield from words(list(value.values()))
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from words(one)


def named(con, table):
    return {word for row in con.execute(f"from {table}").fetchall() for word in words(row)}


@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses"""
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    writes = column(con, "jobs", "destination_table", "destination", "writes", "target")
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    people = {
        mail.lower()
        for mail, what, many in con.execute(f"select {account}, {kind}, {readers} from principals").fetchall()
        if what == "person" or (what != "machine" and many)
    }
    edges = set(con.execute("select downstream, upstream from lineage").fetchall())
    jobs = con.execute(f"select {user}, referenced_tables, {writes}, epoch_us({at}) from jobs").fetchall()

    tables = {name for edge in edges for name in edge}
    for _, read, written, _ in jobs:
        tables.update(read or [])
        if written:
            tables.add(written)

    below = {name: set() for name in tables}  # what is built on it
    above = {name: set() for name in tables}  # what it is made of
    for down, up in edges:
        below[up].add(down)
        above[down].add(up)

    # a circle: take away what has nothing built on it, until nothing goes any more
    left = {name: len(below[name]) for name in tables}
    free = [name for name in tables if left[name] == 0]
    gone = 0
    while free:
        gone += 1
        for up in above[free.pop()]:
            left[up] -= 1
            if left[up] == 0:
                free.append(up)
    if gone < len(tables):
        raise ValueError("lineage goes in a circle")

    first = max((when for *_, when in jobs), default=0) - 180 * 24 * 3600 * 1_000_000
    used = set()
    for who, read, _, when in jobs:
        if when >= first and who and who.lower() in people:
            used.update(read or [])
    used |= (named(con, "exposures") | named(con, "register")) & tables
    todo = list(used)
    while todo:
        for up in above.get(todo.pop(), ()):
            if up not in used:
                used.add(up)
                todo.append(up)
    return tables - used

# %% other: one pass in the reverse topological order
import json
from graphlib import TopologicalSorter


def column(con, table, *words):
    """The column of a table that is called like this: exactly, or with the word in its name."""
    names = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    for word in words:
        if word in names:
            return f'"{word}"'
    for word in words:
        for name in names:
            if word in name.lower():
                return f'"{name}"'
    raise KeyError(f"{table} has {names}, and none of {words}")


def words(value):
    """Each text in a cell: itself, the elements of a list, a list written as JSON."""
    if isinstance(value, str):
        if value.startswith("["):
            yield from words(json.loads(value))
        else:
            yield value
    elif isinstance(value, dict):
        yield from words(list(value.values()))
    elif isinstance(value, (list, tuple, set)):
        for one in value:
            yield from words(one)


def named(con, table):
    return {word for row in con.execute(f"from {table}").fetchall() for word in words(row)}


@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses: in the order of the lineage, from its end to its beginning"""
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    writes = column(con, "jobs", "destination_table", "destination", "writes", "target")
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    order = TopologicalSorter()
    built_from = {}
    for down, up in con.execute("select downstream, upstream from lineage").fetchall():
        order.add(down, up)
        built_from.setdefault(down, set()).add(up)
    names = list(order.static_order())  # sources first; CycleError if there is a circle

    used = {table for (table,) in con.execute(f"""
        select distinct seen.name
        from (select lower({user}) as who, {at} as moment, unnest(referenced_tables) as name from jobs) as seen
        join principals on lower(principals.{account}) = seen.who
        where (principals.{kind} = 'person'
               or (principals.{kind} <> 'machine' and coalesce(principals.{readers}, 0) >= 1))
          and epoch_us(seen.moment) between (select max(epoch_us({at})) from jobs) - 180::bigint * 24 * 3600 * 1000000
                                    and (select max(epoch_us({at})) from jobs)
    """).fetchall()}
    used |= named(con, "exposures") | named(con, "register")
    for name in reversed(names):  # whoever is built on it comes before it
        if name in used:
            used |= built_from.get(name, set())

    everything = set(names)
    for read, written in con.execute(f"select referenced_tables, {writes} from jobs").fetchall():
        everything.update(read or [])
        if written:
            everything.add(written)
    return everything - used

# %% other: sets and graphlib, use handed upwards in reversed order
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


def named(con, table, known):
    """The tables that an exposure or the register names, in whatever column."""
    for row in con.execute(f"from {table}").fetchall():
        for value in row:
            for name in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(name, str) and name in known:
                    yield name


from graphlib import TopologicalSorter


@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses."""
    account = column(con, "principals", "principal", "user_email", "email", "account", "name")
    by = column(con, "jobs", "user_email", "principal", "account", "email")
    at = column(con, "jobs", "creation_time", "start_time", "created_at", "at")
    edges = con.execute("select downstream, upstream from lineage").fetchall()
    sources = {}
    for downstream, upstream in edges:
        sources.setdefault(downstream, set()).add(upstream)
    order = list(TopologicalSorter(sources).static_order())  # CycleError, if there is a circle

    known = {name for edge in edges for name in edge}
    known |= {name for (name,) in con.execute("select unnest(referenced_tables) from jobs").fetchall()}
    known |= {name for (name,) in con.execute("select destination_table from jobs").fetchall()}
    known -= {None, ""}

    people = {name.lower() for name, kind, readers in con.execute(
        f"select {account}, kind, readers from principals").fetchall()
        if kind == "person" or (kind == "delivery" and (readers or 0) > 0)}
    used = {name for who, name in con.execute(f"""
        select lower({by}), unnest(referenced_tables) from jobs
        where {at} >= (select max({at}) from jobs) - interval 4320 hours
    """).fetchall() if who in people}
    used |= set(named(con, "exposures", known)) | set(named(con, "register", known))
    for name in reversed(order):  # readers before what they are made of
        if name in used:
            used |= sources.get(name, set())
    return known - used

# %% other: recursive SQL; circles found by reachability; the window in microseconds
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


def named(con, table, known):
    """The tables that an exposure or the register names, in whatever column."""
    for row in con.execute(f"from {table}").fetchall():
        for value in row:
            for name in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(name, str) and name in known:
                    yield name



@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses, by SQL."""
    account = column(con, "principals", "principal", "user_email", "email", "account", "name")
    by = column(con, "jobs", "user_email", "principal", "account", "email")
    at = column(con, "jobs", "creation_time", "start_time", "created_at", "at")
    circles = con.execute("""
        with recursive reach as (
            select upstream as a, downstream as b from lineage
            union
            select reach.a, lineage.downstream from reach join lineage on lineage.upstream = reach.b
        )
        select a from reach where a = b
    """).fetchall()
    if circles:
        raise ValueError(f"a circle in the lineage: {sorted(circles)}")
    known = {name for (name,) in con.execute("""
        select distinct name from (
            select unnest(referenced_tables) as name from jobs
            union all select destination_table from jobs
            union all select upstream from lineage
            union all select downstream from lineage
        ) where name <> ''
    """).fetchall()}
    said = sorted({*named(con, "exposures", known), *named(con, "register", known)})
    used = con.execute(f"""
        with recursive read as (
            select who, unnest(referenced_tables) as name from (
                select lower({by}) as who, referenced_tables from jobs
                where epoch_us({at}) >= (select max(epoch_us({at})) from jobs) - 180 * 24 * 3600 * 1000000::bigint
            )
        ),
        used as (
            select name from read where who in (
                select lower({account}) from principals
                where kind = 'person' or (kind = 'delivery' and readers >= 1)
            )
            union
            select unnest(?::varchar[])
            union
            select lineage.upstream from used join lineage on lineage.downstream = used.name
        )
        select name from used
    """, [said]).fetchall()
    return known - {name for (name,) in used}

# %% other: the log once in Python, then Kahn's algorithm from the leaves
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


def named(con, table, known):
    """The tables that an exposure or the register names, in whatever column."""
    for row in con.execute(f"from {table}").fetchall():
        for value in row:
            for name in value if isinstance(value, (list, tuple)) else [value]:
                if isinstance(name, str) and name in known:
                    yield name


from collections import Counter, deque
from datetime import timedelta


@lab.exercise("who-uses-it")
def unused(con):
    """The tables and views that nobody uses: the log once, then the lineage, leaves first."""
    account = column(con, "principals", "principal", "user_email", "email", "account", "name")
    by = column(con, "jobs", "user_email", "principal", "account", "email")
    at = column(con, "jobs", "creation_time", "start_time", "created_at", "at")
    log = con.execute(f"select {at}::timestamp, {by}, referenced_tables, destination_table from jobs").fetchall()
    who = {name.lower(): (kind, readers) for name, kind, readers in
           con.execute(f"select {account}, kind, readers from principals").fetchall()}
    edges = set(con.execute("select downstream, upstream from lineage").fetchall())

    def reads_for_somebody(name):
        kind, readers = who.get((name or "").lower(), ("machine", 0))
        return kind == "person" or kind == "delivery" and bool(readers)

    use = {}
    for _, _, tables, target in log:
        for name in [*(tables or []), target]:
            if name:
                use[name] = False
    for edge in edges:
        for name in edge:
            use[name] = False
    begin = max((moment for moment, *_ in log), default=None)
    for moment, name, tables, _ in log:
        if moment >= begin - timedelta(hours=180 * 24) and reads_for_somebody(name):
            use.update(dict.fromkeys(tables or [], True))
    for table in ("exposures", "register"):
        use.update(dict.fromkeys(named(con, table, use.keys()), True))

    waits = Counter(upstream for _, upstream in edges)  # how much is built on it
    ready = deque(name for name in use if not waits[name])
    seen = 0
    while ready:
        name = ready.popleft()
        seen += 1
        for downstream, upstream in edges:
            if downstream == name:
                use[upstream] = use[upstream] or use[name]
                waits[upstream] -= 1
                if not waits[upstream]:
                    ready.append(upstream)
    if seen < len(use):
        raise ValueError("the lineage has a circle")
    return {name for name, yes in use.items() if not yes}
