# %% other: one recursive query from the readers upwards
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


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    makes = column(con, "pipelines", *("table", "table_name", "target", "destination", "writes", "makes", "output", "produces", "builds", "creates", "dataset"))
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    ran = column(con, "runs", "runs", "run_count", "ran", "run", "count", "times")
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
        used as (
            select name from reads where account in (select account from people)
            union
            select lineage.upstream from used join lineage on lineage.downstream = used.name
        ),
        pace as (select pipeline, avg({ran}) as a_month from runs group by pipeline)
        select id, pipeline,
            case when billing is distinct from 'fixed price'
                  and before_cents > after_cents
                  and pace.a_month > 0
                  and pipelines.{makes} in (select name from used)
            then days * rate_cents / ((before_cents - after_cents) * pace.a_month) end
        from proposals join pipelines using (pipeline) left join pace using (pipeline)
    """).fetchall()
    return {name: None if months is None else round(months, 1) for name, _, months in rows}

# %% other: Python, a walk downstream from each pipeline's table
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


def dicts(con, table):
    cursor = con.execute(f"from {table}")
    names = [one[0] for one in cursor.description]
    return [dict(zip(names, row)) for row in cursor.fetchall()]


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    makes = column(con, "pipelines", *("table", "table_name", "target", "destination", "writes", "makes", "output", "produces", "builds", "creates", "dataset")).strip('"')
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    ran = column(con, "runs", "runs", "run_count", "ran", "run", "count", "times")

    people = set()
    for mail, what, many in con.execute(f"select {account}, {kind}, {readers} from principals").fetchall():
        if what == "person" or (what != "machine" and many):
            people.add(mail.lower())

    jobs = con.execute(f"select {user}, referenced_tables, epoch_us({at}) from jobs").fetchall()
    first = max((when for _, _, when in jobs), default=0) - 180 * 24 * 3600 * 1_000_000
    read = set()
    for who, tables, when in jobs:
        if when >= first and who and who.lower() in people:
            read.update(tables or [])

    above = {}
    for down, up in con.execute("select downstream, upstream from lineage").fetchall():
        above.setdefault(up, set()).add(down)

    def is_used(table):
        """Does a person read it, or anything built on it? (a walk downstream)"""
        seen, todo = {table}, [table]
        while todo:
            one = todo.pop()
            if one in read:
                return True
            new = above.get(one, set()) - seen
            seen |= new
            todo += new
        return False

    months = {}
    for pipeline, count in con.execute(f"select pipeline, {ran} from runs").fetchall():
        months.setdefault(pipeline, []).append(count or 0)
    pipelines = {one["pipeline"]: one for one in dicts(con, "pipelines")}

    answer = {}
    for proposal in dicts(con, "proposals"):
        one = {**pipelines[proposal["pipeline"]], **proposal}
        counts = months.get(one["pipeline"], [])
        a_month = sum(counts) / len(counts) if counts else 0
        saved = (one["before_cents"] - one["after_cents"]) * a_month
        if one["billing"] == "fixed price" or saved <= 0 or not is_used(one[makes]):
            answer[one["id"]] = None
        else:
            answer[one["id"]] = round(one["days"] * one["rate_cents"] / saved, 1)
    return answer

# %% other: the audience of each pipeline counted in SQL, sum of runs over six
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


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}: each pipeline's audience is counted"""
    makes = column(con, "pipelines", *("table", "table_name", "target", "destination", "writes", "makes", "output", "produces", "builds", "creates", "dataset"))
    user = column(con, "jobs", *("user_email", "email", "account", "principal", "user", "name"))
    at = column(con, "jobs", *("creation_time", "start_time", "created", "time"))
    account = column(con, "principals", *("email", "user_email", "account", "principal", "user", "name"))
    kind = column(con, "principals", "kind", "type")
    readers = column(con, "principals", "readers", "reader")
    ran = column(con, "runs", "runs", "run_count", "ran", "run", "count", "times")
    audience = dict(con.execute(f"""
        with recursive below(pipeline, name) as (
            select pipeline, {makes} from pipelines
            union
            select below.pipeline, lineage.downstream
            from below join lineage on lineage.upstream = below.name
        ),
        span as (select max(epoch_us({at})) - 180::bigint * 24 * 3600 * 1000000 as first from jobs)
        select below.pipeline, count(distinct lower(principals.{account}))
        from below
        join jobs on list_contains(jobs.referenced_tables, below.name)
        join principals on lower(principals.{account}) = lower(jobs.{user})
        where epoch_us(jobs.{at}) >= (select first from span)
          and (principals.{kind} = 'person'
               or (principals.{kind} <> 'machine' and coalesce(principals.{readers}, 0) >= 1))
        group by below.pipeline
    """).fetchall())
    year = dict(con.execute(f"select pipeline, sum({ran}) / 6.0 from runs group by pipeline").fetchall())
    answer = dict.fromkeys(name for (name,) in con.execute("select id from proposals").fetchall())
    for name, pipeline, cost, saving, billing in con.execute("""
        select id, pipeline, days * rate_cents, before_cents - after_cents, billing
        from proposals join pipelines using (pipeline)
    """).fetchall():
        a_month = float(year.get(pipeline) or 0)
        if audience.get(pipeline, 0) and billing != "fixed price" and saving > 0 and a_month > 0:
            answer[name] = round(float(cost) / (float(saving) * a_month), 1)
    return answer

# %% other: sets in Python, from each table downwards
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    account = column(con, "principals", "principal", "user_email", "email", "account", "name")
    by = column(con, "jobs", "user_email", "principal", "account", "email")
    ran = column(con, "runs", "runs", "run_count", "n", "times")

    people = {name.lower() for name, kind, readers in con.execute(
        f"select {account}, kind, readers from principals").fetchall()
        if kind == "person" or (kind == "delivery" and (readers or 0) > 0)}
    read = {table for tables, who in con.execute(f"select referenced_tables, {by} from jobs").fetchall()
            if who and who.lower() in people for table in tables or []}
    built_on = {}
    for downstream, upstream in con.execute("select downstream, upstream from lineage").fetchall():
        built_on.setdefault(upstream, set()).add(downstream)

    def used(table):
        seen, todo = set(), [table]
        while todo:
            table = todo.pop()
            if table in read:
                return True
            if table not in seen:
                seen.add(table)
                todo += built_on.get(table, ())
        return False

    runs = dict(con.execute(f"select pipeline, avg({ran}) from runs group by pipeline").fetchall())
    tables = dict(con.execute("select pipeline, table_name from pipelines").fetchall())
    answer = {}
    for name, pipeline, days, rate, before, after, billing in con.execute("""
            select id, pipeline, days, rate_cents, before_cents, after_cents, billing
            from proposals join pipelines using (pipeline)""").fetchall():
        a_month = (before - after) * (runs.get(pipeline) or 0)
        pays = a_month > 0 and billing != "fixed price" and used(tables[pipeline])
        answer[name] = round(float(days * rate / a_month), 1) if pays else None
    return answer

# %% other: one SQL statement, use flows upwards in a recursive CTE
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    account = column(con, "principals", "principal", "user_email", "email", "account", "name")
    by = column(con, "jobs", "user_email", "principal", "account", "email")
    ran = column(con, "runs", "runs", "run_count", "n", "times")
    return dict(con.execute(f"""
        with recursive readers_of as (
            select distinct j.name as name
            from (select {by} as who, unnest(referenced_tables) as name from jobs) as j
            join principals as p on lower(p.{account}) = lower(j.who)
            where p.kind = 'person' or p.kind = 'delivery' and p.readers > 0
        ),
        used as (
            select name from readers_of
            union
            select l.upstream from used join lineage as l on l.downstream = used.name
        ),
        monthly as (
            select pipeline, avg({ran}) as runs from runs group by pipeline
        ),
        judged as (
            select id, days * rate_cents as cost,
                case
                    when billing = 'fixed price' then 0
                    when table_name not in (select name from used where name is not null) then 0
                    else (before_cents - after_cents) * coalesce(monthly.runs, 0)
                end as saving
            from proposals join pipelines using (pipeline) left join monthly using (pipeline)
        )
        select id, case when saving > 0 then round(cost::double / saving::double, 1) end from judged
    """).fetchall())

# %% other: frames of pandas in a class, upwards until nothing new comes
def column(con, table, *names):
    """The first of these names that the table has."""
    there = [row[0] for row in con.execute(f"describe {table}").fetchall()]
    return next(name for name in names if name in there)


import pandas as pd


class Company:
    """What the tables say, as frames."""

    def __init__(self, con):
        for name in ("proposals", "pipelines", "runs", "jobs", "principals", "lineage"):
            setattr(self, name, con.execute(f"select * from {name}").df())
        self.account = column(con, "principals", "principal", "user_email", "email", "account", "name")
        self.by = column(con, "jobs", "user_email", "principal", "account", "email")
        self.ran = column(con, "runs", "runs", "run_count", "n", "times")

    def used(self):
        who = self.principals
        humans = who[(who["kind"] == "person") | ((who["kind"] == "delivery") & (who["readers"].fillna(0) > 0))]
        known = set(humans[self.account].str.lower())
        jobs = self.jobs[self.jobs[self.by].str.lower().isin(known)]
        used = {table for tables in jobs["referenced_tables"] if tables is not None for table in tables}
        before = -1
        while len(used) > before:  # upwards, until nothing new comes
            before = len(used)
            used |= set(self.lineage.loc[self.lineage["downstream"].isin(used), "upstream"])
        return used

    def proposal(self, one, used):
        [pipeline] = self.pipelines[self.pipelines["pipeline"] == one["pipeline"]].to_dict("records")
        billing = {**pipeline, **one}["billing"]
        runs = self.runs.loc[self.runs["pipeline"] == one["pipeline"], self.ran]
        saved = float(one["before_cents"] - one["after_cents"]) * (float(runs.mean()) if len(runs) else 0.0)
        if billing == "fixed price" or pipeline["table_name"] not in used or not saved > 0:
            return None
        return round(float(one["days"] * one["rate_cents"]) / saved, 1)


@lab.exercise("worth-it")
def worth_it(con):
    """{proposal: months until it has paid for itself, or None}"""
    company = Company(con)
    used = company.used()
    return {one["id"]: company.proposal(one, used) for one in company.proposals.to_dict("records")}
