# %% other: classes and helpers below the function; COPY FROM DATABASE into a file elsewhere, copied to its place
@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    """Write a DuckDB file that holds what these roles see, and nothing else."""
    import os
    import shutil
    import tempfile

    import duckdb
    from fieldkit.govern.policy import parse

    for stale in (str(out), f"{out}.wal"):
        if os.path.lexists(stale):
            os.unlink(stale)
    seen_by = _Sight(policy, roles)
    parsed = parse(policy)
    with tempfile.TemporaryDirectory() as elsewhere, duckdb.connect() as con:
        for rule in ("partial", "hmac", "year", "redact"):
            con.create_function(rule, _masking(rule, key), ["VARCHAR"], "INTEGER" if rule == "year" else "VARCHAR",
                                null_handling="special")
        con.execute("attach '" + str(base).replace("'", "''") + "' as base (read_only)")
        con.execute("attach ':memory:' as fresh")
        names = con.execute("select table_name, list(column_name order by column_index) from duckdb_columns()"
                            " where database_name = 'base' and schema_name = 'main' and table_name in (select table_name"
                            " from duckdb_tables() where database_name = 'base' and schema_name = 'main')"
                            " group by all order by all").fetchall()
        con.execute("use base")
        for table, columns in names:
            visible = set(parsed.view(roles, table, columns).columns)
            query = seen_by.query(table, [column for column in columns if column in visible])
            if query:
                con.execute(f"create table fresh.main.{_q(table)} as {query}")
        built = os.path.join(elsewhere, "built.duckdb")
        con.execute(f"attach '{built}' as built")
        con.execute("copy from database fresh to built")
        con.execute("use memory")
        con.execute("detach built")
        shutil.copyfile(built, out)


def _q(name):
    return '"' + name.replace('"', '""') + '"'


def _masking(rule, key):
    return lambda text: mask(text, rule, key)


class _Sight:
    """What roles see, as queries; each role is a layer, the clearest layer wins."""
    ORDER = ("clear", "partial", "hmac", "year", "redact")

    def __init__(self, policy, roles):
        import yaml
        self.policy = yaml.safe_load(policy)
        missing = set(roles) - self.policy["roles"].keys()
        if missing or not roles:
            raise LookupError(f"roles: {sorted(missing) or 'none'}")
        self.roles = [self.policy["roles"][role] for role in sorted(set(roles))]

    def rule(self, role, table, column):
        classes, show = self.policy["classes"], role.get("show") or {}
        return show.get(classes.get(f"{table}.{column}", classes.get("*")), show.get("*"))

    def query(self, table, columns):
        layers = [(rows.get(table, rows.get("*")), role) for role in self.roles for rows in [role.get("rows") or {}]]
        layers = [(where, role) for where, role in layers
                  if where and any(self.rule(role, table, column) for column in columns)]
        if not layers:
            return None
        flags = ", ".join(f"coalesce(({where}), false) as _sees_{i}" for i, (where, _) in enumerate(layers))
        cells = []
        for column in columns:
            ways = {i: self.rule(role, table, column) for i, (_, role) in enumerate(layers)}
            ways = {i: rule for i, rule in ways.items() if rule}
            if not ways:
                continue
            text = len({"clear" if r == "clear" else r == "year" for r in ways.values()}) > 1
            cell = "null"
            for i, rule in sorted(ways.items(), key=lambda way: -self.ORDER.index(way[1])):
                shown = _q(column) if rule == "clear" else f"{rule}({_q(column)}::varchar)"
                cell = f"if(_sees_{i}, {shown}{'::varchar' if text else ''}, {cell})"
            cells.append(f"{cell} as {_q(column)}")
        any_flag = " or ".join(f"_sees_{i}" for i in range(len(layers)))
        return (f"with flagged as (select *, {flags} from {_q(table)})"
                f" select {', '.join(cells)} from flagged where {any_flag} order by all")


# %% other: in-memory connection, base and out attached, masks as functions, CASE by role, ORDER BY ALL
@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    """Write a DuckDB file that holds what these roles see, and nothing else."""
    import os
    import shutil

    import duckdb
    import yaml

    for path in (f"{out}", f"{out}.wal"):
        if os.path.isdir(path):
            shutil.rmtree(path)
        elif os.path.lexists(path):
            os.remove(path)
    rules = yaml.safe_load(policy)
    unknown = [role for role in roles or [] if role not in rules["roles"]]
    if not roles or unknown:
        raise ValueError(f"no role, or unknown ones: {unknown}")
    order = ["clear", "partial", "hmac", "year", "redact"]

    def quoted(name):
        return '"' + str(name).replace('"', '""') + '"'

    def literal(text):
        return "'" + str(text).replace("'", "''") + "'"

    def rule_of(role, table, column):
        tag = rules["classes"].get(f"{table}.{column}", rules["classes"].get("*"))
        show = rules["roles"][role].get("show") or {}
        return show.get(tag, show.get("*"))

    def condition(role, table):
        rows = rules["roles"][role].get("rows") or {}
        return rows.get(table, rows.get("*"))

    def masking(rule):
        return lambda text: mask(text, rule, key)

    con = duckdb.connect()
    try:
        for rule in order[1:]:
            con.create_function(f"mask_{rule}", masking(rule), ["VARCHAR"],
                                "INTEGER" if rule == "year" else "VARCHAR", null_handling="special")
        con.execute(f"attach {literal(base)} as source (read_only)")
        con.execute(f"attach {literal(out)} as target")
        con.execute("use source")
        tables = con.execute("select table_name from duckdb_tables() where database_name = 'source'"
                             " and schema_name = 'main' order by 1").fetchall()
        for (table,) in tables:
            names = [row[0] for row in con.execute(f"describe source.main.{quoted(table)}").fetchall()]
            sees = {}  # role: {column: rule}
            for role in dict.fromkeys(roles):
                columns = {name: rule_of(role, table, name) for name in names}
                columns = {name: rule for name, rule in columns.items() if rule}
                if columns and condition(role, table):
                    sees[role] = columns
            fields = []
            for name in names:
                ways = sorted(((columns[name], role) for role, columns in sees.items() if name in columns),
                              key=lambda way: order.index(way[0]))
                if not ways:
                    continue
                mixed = len({"clear" if rule == "clear" else "year" if rule == "year" else "text"
                             for rule, _ in ways}) > 1
                cases = ""
                for rule, role in ways:
                    shown = quoted(name) if rule == "clear" else f"mask_{rule}({quoted(name)}::varchar)"
                    cases += f" when ({condition(role, table)}) then {shown + '::varchar' if mixed else shown}"
                fields.append(f"case{cases} end as {quoted(name)}")
            if fields:
                seen = " or ".join(f"coalesce(({condition(role, table)}), false)" for role in sees)
                con.execute(f"create table target.main.{quoted(table)} as select {', '.join(fields)}"
                            f" from source.main.{quoted(table)} where {seen} order by all")
        con.execute("use memory")
        con.execute("detach target")
    except BaseException:
        con.close()
        for path in (f"{out}", f"{out}.wal"):
            if os.path.exists(path):
                os.remove(path)
        raise
    con.close()


# %% other: tables of value and token, one sub-query a role, joined by rowid
@lab.exercise("role-database")
def build_role_db(base, roles, policy, key, out):
    """Write a DuckDB file that holds what these roles see, and nothing else."""
    import pathlib

    import duckdb
    import pandas as pd
    import yaml

    target = pathlib.Path(out)
    wal = pathlib.Path(f"{out}.wal")
    target.unlink(missing_ok=True)
    wal.unlink(missing_ok=True)
    rules = yaml.safe_load(policy)
    if not list(roles):
        raise ValueError("no roles")
    chosen = {role: rules["roles"][role] for role in roles}  # KeyError: no such role
    clearest = ("clear", "partial", "hmac", "year", "redact")
    q = lambda name: '"' + name.replace('"', '""') + '"'

    def sights(table, columns):
        for role in chosen.values():
            rows, show = role.get("rows") or {}, role.get("show") or {}
            where = rows.get(table, rows.get("*"))
            tags = {c: rules["classes"].get(f"{table}.{c}", rules["classes"].get("*")) for c in columns}
            seen = {c: show.get(t, show.get("*")) for c, t in tags.items()}
            seen = {c: rule for c, rule in seen.items() if rule}
            if where and seen:
                yield where, seen

    def masked(con, table, column, where, rule):
        """A temporary table: each different value as text, and what it shows."""
        values = con.execute(f"select distinct {q(column)}::varchar from {q(table)}"
                             f" where ({where}) and {q(column)} is not null").fetchall()
        pairs = pd.DataFrame({"plain": [v for v, in values], "shown": [str(mask(v, rule, key)) for v, in values]},
                             dtype="str")
        name = f"map_{masked.count}"
        masked.count += 1
        con.execute(f"create temp table {name} as select plain::varchar as plain, shown::varchar as shown from pairs")
        return name

    masked.count = 0
    # a copy of what is seen is made in memory; the file is written in one go at the end
    con = duckdb.connect()
    results = {}
    try:
        con.execute(f"attach '{str(base).replace(chr(39), chr(39) * 2)}' as plain (read_only)")
        con.execute("use plain")
        tables = [t for t, in con.execute("select table_name from information_schema.tables where table_schema = 'main'"
                                          " and table_type = 'BASE TABLE' and table_catalog = current_database()"
                                          " order by table_name").fetchall()]
        for table in tables:
            types = {row[0]: row[1] for row in con.execute(f"describe {q(table)}").fetchall()}
            parts = []
            for where, seen in sights(table, types):
                fields, joins = [f"t.rowid as id"], ""
                for column, rule in seen.items():
                    if rule == "clear":
                        fields.append(f"t.{q(column)} as {q(column)}")
                    else:
                        m = masked(con, table, column, where, rule)
                        joins += f" left join {m} on {m}.plain = t.{q(column)}::varchar"
                        fields.append(f"{m}.shown{'::integer' if rule == 'year' else ''} as {q(column)}")
                parts.append((seen, f"(select {', '.join(fields)} from (select *, rowid from {q(table)} where {where}) t{joins})"))
            columns = [c for c in types if any(c in seen for seen, _ in parts)]
            if not columns:
                continue
            ids = " union ".join(f"select id from {part}" for _, part in parts)
            fields = []
            for c in columns:
                ways = sorted((clearest.index(seen[c]), i) for i, (seen, _) in enumerate(parts) if c in seen)
                kinds = {"year" if w == 3 else "clear" if w == 0 else "text" for w, _ in ways}
                cast = "::varchar" if len(kinds) > 1 else ""
                fields.append("coalesce(" + ", ".join(f"p{i}.{q(c)}{cast}" for _, i in ways) + f") as {q(c)}")
            joins = "".join(f" left join {part} p{i} on p{i}.id = ids.id" for i, (_, part) in enumerate(parts))
            results[table] = f"select {', '.join(fields)} from ({ids}) ids{joins} order by all"
        con.execute(f"attach '{str(target).replace(chr(39), chr(39) * 2)}' as result")
        for table, query in results.items():
            con.execute(f"create table result.main.{q(table)} as {query}")
        con.execute("detach result")
    except BaseException:
        con.close()
        target.unlink(missing_ok=True)
        wal.unlink(missing_ok=True)
        raise
    con.close()
