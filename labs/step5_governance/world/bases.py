"""Base files for role databases, alike but for what a role may not see, and what files hold."""

from __future__ import annotations

import datetime as dt
import hashlib
import random
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import duckdb

from fieldkit.govern.policy import Policy, parse
from labs.step5_governance.world.club import write_club
from labs.step5_governance.world.data import TABLES, Northlight, Row, insert, northlight
from labs.step5_governance.world.wanted import as_yaml

HIDDEN = "-"
ALIKE, SECRETS = "alike", "secrets"  # how a second world differs from the first
EXTRAS = "extras"  # a world with what nobody has a rule for
MIXED = "mixed"  # both
EXTRA = 5  # hidden rows more, where secrets differ
Tables = Mapping[str, Sequence[Row]]
Rules = Mapping[str, Sequence[Sequence[str]]]  # by table and row, the rule of each cell


def rules_of(policy: Policy, roles: Sequence[str], tables: Tables) -> Rules:
    """By table and row, the rule of each cell for these roles, or HIDDEN."""
    found: dict[str, list[list[str]]] = {}
    with duckdb.connect(config={"threads": 1}) as con:
        for table, kinds in TABLES.items():
            columns = list(kinds)
            con.execute(f"create table {table} ({_told(table)})")
            insert(con, table, tables[table])
            rules = [[HIDDEN] * len(columns) for _ in tables[table]]
            view = policy.view(roles, table, columns)
            if view.columns:
                query = view.query(table, lambda rule, _: f"'{rule}'")
                query = query.replace("select ", "select rowid, ", 1)
                for place, *shown in con.execute(query).fetchall():
                    for name, rule in zip(view.columns, shown, strict=True):
                        rules[place][columns.index(name)] = rule or HIDDEN
            found[table] = rules
    return found


def _told(table: str) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in TABLES[table].items())


def with_other_secrets(company: Northlight, rules: Rules) -> Tables:
    """Rows that give roles with these `rules` the same: other values in what they do not see.

    There are more rows that they do not see, and all rows come in another order.
    """
    tables = {}
    for table, rows in company.tables.items():
        names = list(TABLES[table])
        tables[table] = [
            tuple(_other(v, rule, name) for v, rule, name in zip(row, cells, names, strict=True))
            for row, cells in zip(rows, rules[table], strict=True)
        ]
        hidden = [row for row, cells in zip(tables[table], rules[table], strict=True)
                  if set(cells) == {HIDDEN}]  # fmt: skip
        tables[table] += hidden[:EXTRA]
        random.Random(f"order/{table}").shuffle(tables[table])
    return tables


def _other(value: Any, rule: str, name: str) -> Any:
    """Another value that looks the same under the rule; countries decide about rows and stay."""
    if rule in ("clear", "hmac") or name == "country" or value is None:
        return value
    digest = hashlib.sha256(f"other/{value}".encode()).hexdigest()
    if rule == "partial":
        return f"{digest[:12]}{value[value.index('@') :]}" if "@" in value else digest + value[-2:]
    if isinstance(value, dt.date):
        day = int(digest[:6], 16) % 360
        return dt.date(value.year if rule == "year" else 1931, 1, 1) + dt.timedelta(days=day)
    return value + 7_000_000 if isinstance(value, int) else f"+{digest[:14]}"


def write_base(path: Path, tables: Tables, *, extras: bool = False) -> None:
    """A base file; `extras`: with what nobody has a rule for, in every place that there is."""
    path.unlink(missing_ok=True)
    with duckdb.connect(str(path), config={"threads": 1}) as con:
        # As text is stored compressed, an old value would not be seen in the bytes.
        con.execute("set force_compression = 'uncompressed'")
        for table in TABLES:
            con.execute(f"create table {table} ({_told(table)})")
            insert(con, table, tables[table])
        for statement in _MORE if extras else ():
            con.execute(statement)


_MORE = (
    "alter table customers add column national_id varchar default 'QNATIONAL000'",
    "create table invoices as select customer_id, iban, country from customers",
    "create view every_iban as select iban from customers",
    "create macro bank_of(c) as (select any_value(iban) from customers where customer_id = c)",
    "create type reasons as enum ('QENUM0000000', 'other')",
    "comment on table orders is 'QCOMMENT0000, ask Grace'",
    "comment on column orders.country is 'QCOMMENT0000'",
    "create schema hr",
    "create table hr.orders as select order_id + 1 as order_id, customer_id, amount_cents, country "
    "from orders",
    "create table hr.warnings as select employee, 'QSCHEMA00000' as why from salaries",
    "create sequence next_customer start 4711",
)
MARK = re.compile(rb"Q[0-9A-F]{11}")
ORDERS = 60  # a day


def write_large(path: Path, count: int, canary: str) -> set[bytes]:
    """A base with one table of `count` customers; returns what the reader of it may not see.

    That is all accounts and, of customers in the US, all of the row.
    """
    path.unlink(missing_ok=True)
    marks = [f"'Q' || upper(substr(md5('{canary}/{name}' || n), 1, 11))" for name in ("a", "n")]
    with duckdb.connect(str(path), config={"threads": 1}) as con:
        con.execute("set force_compression = 'uncompressed'")
        con.execute(
            f"create table customers as select n::integer as customer_id, {marks[0]} as iban, "
            f"{marks[1]} as note, case when n % 10 = 0 then 'DE' else 'US' end as country "
            f"from range({count}) t(n)"
        )
        found = con.execute(
            "select iban from customers union all select note from customers where country = 'US'"
        ).fetchall()
    return {row[0].encode() for row in found}


@cache
def policy() -> Policy:
    """Northlight's policy, as answers get it."""
    return parse(as_yaml())


@lru_cache(maxsize=64)
def rules(seed: int, roles: tuple[str, ...]) -> Rules:
    """By table and row of the first world, the rule of each cell for these roles."""
    return rules_of(policy(), roles, northlight(seed, ORDERS).tables)


@lru_cache(maxsize=8)
def file(seed: int, roles: tuple[str, ...], how: str) -> bytes:
    """A base file of a world as bytes: written once, copied for every answer."""
    company = northlight(seed, ORDERS)
    other = how in (SECRETS, MIXED)
    tables = with_other_secrets(company, rules(seed, roles)) if other else company.tables
    return _written(lambda path: write_base(path, tables, extras=how in (EXTRAS, MIXED)))


@lru_cache(maxsize=8)
def club_file(seed: int) -> bytes:
    """The base of the club, as bytes."""
    return _written(lambda path: write_club(path, seed))


@lru_cache(maxsize=2)
def large_file(count: int) -> tuple[bytes, set[bytes]]:
    """The base with many rows, and what is hidden in it, which no answer can know ahead."""
    hidden: set[bytes] = set()
    canary = secrets.token_hex(4)
    data = _written(lambda path: hidden.update(write_large(path, count, canary)))
    return data, hidden


def _written(write: Callable[[Path], None]) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "base.duckdb"
        write(path)
        return path.read_bytes()


@dataclass(frozen=True)
class Content:
    """The tables of a database file. `rows`: by table, as stored."""

    columns: Mapping[str, Sequence[tuple[str, str]]]
    rows: Mapping[str, Sequence[Row]]


_OBJECTS = (
    "select 'view', schema_name, view_name, sql from duckdb_views() where {ours}",
    "select 'macro', schema_name, function_name, macro_definition from duckdb_functions() "
    "where {ours}",
    "select 'type', schema_name, type_name, labels::varchar from duckdb_types() where {ours}",
    "select 'sequence', schema_name, sequence_name, start_value::varchar from duckdb_sequences() "
    "where database_name = 'held'",
    "select 'schema', schema_name, comment, '' from duckdb_schemas() "
    "where {ours} and schema_name <> 'main'",
    "select 'comment', schema_name, table_name, comment from duckdb_tables() "
    "where {ours} and comment is not null",
    "select 'comment', table_name, column_name, comment from duckdb_columns() "
    "where {ours} and comment is not null",
    "select 'default', table_name, column_name, column_default from duckdb_columns() "
    "where {ours} and column_default is not null",
    "select 'table', schema_name, table_name, '' from duckdb_tables() "
    "where {ours} and schema_name <> 'main'",
)


@cache
def _desk() -> tuple[duckdb.DuckDBPyConnection, tempfile.TemporaryDirectory[str]]:
    """A DuckDB that can open nothing outside of its folder: attaching takes it a millisecond,
    opening a database sixteen."""
    folder = tempfile.TemporaryDirectory(prefix="workbook-")
    con = duckdb.connect(config={"threads": 1})
    con.execute(f"set allowed_directories = ['{folder.name}']")
    con.execute("set enable_external_access = false")
    return con, folder


@contextmanager
def _held(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file alone: a copy is opened, read-only. Raises duckdb.Error, OSError."""
    con, folder = _desk()
    copy = Path(folder.name) / "role.duckdb"
    shutil.copyfile(path, copy)
    con.execute(f"attach or replace '{copy}' as held (read_only)")
    try:
        yield con
    except duckdb.FatalException:  # of a broken file; nothing more can be asked of this DuckDB
        _desk.cache_clear()
        raise
    finally:
        with suppress(duckdb.Error):
            con.execute("detach held")


def content(path: Path) -> Content:
    """The tables that a file holds, rows as they lie there; raises duckdb.Error, OSError."""
    with _held(path) as con:
        tables = con.execute(
            "select table_name from duckdb_tables() "
            "where database_name = 'held' and schema_name = 'main' order by 1"
        ).fetchall()
        names = {table: f'held.main."{table}"' for (table,) in tables}
        columns = {t: [(n, k) for n, k, *_ in con.execute(f"describe {name}").fetchall()]
                   for t, name in names.items()}  # fmt: skip
        rows = {t: con.execute(f"from {name}").fetchall()
                for t, name in names.items()}  # fmt: skip
    return Content(columns, rows)


def objects(path: Path) -> list[Row]:
    """What a file holds beside the tables of main; to list macros takes DuckDB a while."""
    ours = "database_name = 'held' and not internal"
    with _held(path) as con:
        found = [con.execute(query.format(ours=ours)).fetchall() for query in _OBJECTS]
    return [row for rows in found for row in sorted(rows, key=str)]
