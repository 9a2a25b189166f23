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
        shown = column if rule == "clear" else f"as_{rule}({column}::varchar)"
        return f"{shown}::varchar" if column in mixed else shown

    tables = "select table_name from duckdb_tables() where database_name = 'base' and schema_name = 'main'"
    for (table,) in con.execute(tables).fetchall():
        columns = [row[0] for row in con.execute(f'describe base."{table}"').fetchall()]
        view = rules.view(roles, table, columns)
        # Clear for one role and a token for another: text for both.
        mixed = {f'"{name}"' for name, ways in view.columns.items() if len(ways) > 1}
        if view.columns:
            query = view.query(f'base."{table}"', masked)
            con.execute(f'create table target."{table}" as {query} order by all')
    con.close()

# %% other: row by row in Python, from one connection to another
import os

import duckdb

from fieldkit.govern.policy import parse


def quoted(name):
    return '"' + name.replace('"', '""') + '"'


def kinds_of(con, table, view):
    """The type of each column in the file: its own, where all who see it see it clear."""
    types = {row[0]: row[1] for row in con.execute(f"describe {quoted(table)}").fetchall()}
    rules = {name: {way.rule for way in ways} for name, ways in view.columns.items()}
    return {n: types[n] if r == {"clear"} else "integer" if r == {"year"} else "varchar" for n, r in rules.items()}


def rows_of(con, table, view, key):
    """The rows as the roles see them, in an order that they make themselves."""
    ways = [(name, way) for name, ways in view.columns.items() for way in ways]
    asked = ", ".join(f"{quoted(name)}, coalesce({way.condition}, false)" for name, way in ways)
    for row in con.execute(f"select {asked} from {quoted(table)} where {view.rows}").fetchall():
        cells = dict.fromkeys(view.columns)
        for (name, way), value, fits in reversed(list(zip(ways, row[::2], row[1::2]))):
            if fits:
                cells[name] = value if way.rule == "clear" else mask(value if value is None else str(value), way.rule, key)
        yield list(cells.values())


@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    rules = parse(policy)
    assert roles, "name a role"
    found = {}
    with duckdb.connect(base, read_only=True) as con:
        for (table,) in con.execute("select table_name from duckdb_tables() where schema_name = 'main' order by 1").fetchall():
            view = rules.view(roles, table, [row[0] for row in con.execute(f"describe {quoted(table)}").fetchall()])
            if view.columns:
                found[table] = kinds_of(con, table, view), sorted(rows_of(con, table, view, key), key=str)
    if os.path.exists(out):
        os.unlink(out)
    with duckdb.connect(out) as con:
        for table, (kinds, rows) in found.items():
            told = ", ".join(f"{quoted(name)} {kind}" for name, kind in kinds.items())
            con.execute(f"create table {quoted(table)} ({told})")
            if rows:
                marks = ", ".join(f"unnest(?::{kind}[])" for kind in kinds.values())
                con.execute(f"insert into {quoted(table)} select {marks}", [list(column) for column in zip(*rows)])

# %% other: built in memory, then copied whole to a new file
import os

import duckdb

from fieldkit.govern.policy import parse


def shown(rules, roles, table, names, key):
    """The SELECT for a table, or None if nothing of it is seen."""
    view = rules.view(roles, table, names)
    alike = {f'"{name}"' for name, (first, *more) in view.columns.items() if not more}

    def ask(rule, column):
        masked = {"clear": column, "year": f"year({column}::date)"}.get(rule, f"token({column}::varchar, '{rule}')")
        return masked if column in alike else f"({masked})::varchar"

    return view.query(f'base.main."{table}"', ask) + " order by all" if view.columns else None


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
        names = [row[0] for row in con.execute(f'describe base."{table}"').fetchall()]
        query = shown(rules, roles, table, names, key)
        if query:
            con.execute(f'create table "{table}" as {query}')
    con.execute("detach base")
    if os.path.exists(out):
        os.remove(out)
    con.execute(f"attach '{out}' as target")
    con.execute("copy from database memory to target")
    con.close()
