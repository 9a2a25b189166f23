# %% reference
import os

import duckdb

from fieldkit.govern.policy import parse


@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    """Write a DuckDB file that holds what these roles see, and nothing else."""
    rules = parse(policy)
    if not roles:
        raise ValueError("no role, no file")
    for role in roles:
        rules.role(role)  # raises for one that there is not
    if os.path.exists(out):
        os.remove(out)
    con = duckdb.connect()
    con.create_function("as_partial", lambda value: mask(value, "partial", key), ["VARCHAR"], "VARCHAR")
    con.create_function("as_hmac", lambda value: mask(value, "hmac", key), ["VARCHAR"], "VARCHAR")
    con.create_function("as_redact", lambda value: mask(value, "redact", key), ["VARCHAR"], "VARCHAR")
    con.create_function("as_year", lambda value: mask(value, "year", key), ["VARCHAR"], "BIGINT")
    con.execute(f"attach '{base}' as base (read_only)")
    con.execute(f"attach '{out}' as target")

    def masked(rule, column):
        return column if rule == "clear" else f"as_{rule}({column}::varchar)"

    tables = "select table_name from duckdb_tables() where database_name = 'base' and schema_name = 'main'"
    for (table,) in con.execute(tables).fetchall():
        columns = [row[0] for row in con.execute(f'describe base."{table}"').fetchall()]
        view = rules.view(roles, table, columns)
        if view.columns:
            con.execute(f'create table target."{table}" as {view.query(f"base.{table}", masked)}')
    con.close()

# %% other: row by row in Python, from one connection to another
import os

import duckdb

from fieldkit.govern.policy import parse


@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    rules = parse(policy)
    assert roles, "name a role"
    views = {}
    with duckdb.connect(base, read_only=True) as con:
        for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'main' order by 1").fetchall():
            kinds = {row[0]: row[1] for row in con.execute(f"describe {table}").fetchall()}
            view = rules.view(roles, table, kinds)
            if view.columns:
                shown = ", ".join(view.columns)
                rows = con.execute(f"select {shown} from {table} where {view.rows}").fetchall()
                how = [view.columns[name][0].rule for name in view.columns]
                views[table] = (kinds, list(view.columns), how, rows)
    if os.path.exists(out):
        os.unlink(out)
    with duckdb.connect(out) as con:
        for table, (kinds, names, how, rows) in views.items():
            types = {"clear": None, "year": "integer"}
            told = ", ".join(f"{n} {types.get(r, 'varchar') or kinds[n]}" for n, r in zip(names, how))
            con.execute(f"create table {table} ({told})")
            shown = [[v if r == "clear" else mask(v, r, key) for v, r in zip(row, how)] for row in rows]
            if shown:
                marks = ", ".join(f"unnest(?::{types.get(r, 'varchar') or kinds[n]}[])" for n, r in zip(names, how))
                con.execute(f"insert into {table} select {marks}", [list(column) for column in zip(*shown)])

# %% other: built in memory, then copied whole to a new file
import os

import duckdb

from fieldkit.govern.policy import parse


def shown(rules, roles, table, names, key):
    """The SELECT for a table, or None if nothing of it is seen."""
    view = rules.view(roles, table, names)
    ask = lambda rule, column: {"clear": column, "year": f"year({column}::date)"}.get(rule, f"token({column}::varchar, '{rule}')")
    return view.query(f"base.main.{table}", ask) if view.columns else None


@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    rules = parse(policy)
    if not list(roles):
        raise LookupError("which role?")
    [rules.role(role) for role in roles]
    con = duckdb.connect(config={"threads": 1})
    con.create_function("token", lambda value, rule: mask(value, rule, key), ["VARCHAR", "VARCHAR"], "VARCHAR")
    con.execute(f"attach '{base}' as base (read_only)")
    for (table,) in con.execute("select table_name from information_schema.tables where table_catalog = 'base' and table_schema = 'main' and table_type = 'BASE TABLE'").fetchall():
        names = [row[0] for row in con.execute(f"describe base.{table}").fetchall()]
        query = shown(rules, roles, table, names, key)
        if query:
            con.execute(f"create table {table} as {query}")
    con.execute("detach base")
    if os.path.exists(out):
        os.remove(out)
    con.execute(f"attach '{out}' as target")
    con.execute("copy from database memory to target")
    con.close()
