"""Rows that a role may not have: its conditions, run on the database that it can open."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import duckdb

from fieldkit.govern.found import Gated, Refusal
from fieldkit.govern.policy import EVERY, NOTHING, Policy, folded
from fieldkit.govern.sources import Left, Source, opened_sqlite, sources
from fieldkit.govern.tables import attached, engine, relation_of
from fieldkit.report.words import plural
from fieldkit.state.fingerprints import quoted

FORBIDDEN = "Rows that the role may not have"
ALL = "true"
DO = "Leave them out where the table is built, or permit them in the policy."
Column = tuple[str, str]
Counts = tuple[int, int]  # rows, and those that the condition forbids


def columns_of(condition: str) -> list[str]:
    """The columns of its own table that a condition compares; those of a subquery are others'."""
    from sqlglot import exp

    tree = exp.condition(condition, dialect="duckdb", copy=False)
    found = (one for one in tree.find_all(exp.Column) if not one.find_ancestor(exp.Select))
    return list(dict.fromkeys(folded(one.name) for one in found))


def warnings(policy: Policy, names: Sequence[Column]) -> Iterator[str]:
    """Tables and columns that only the policy's `rows` know: a slip, most of the time."""
    there: dict[str, set[str]] = {}
    for table, column in names:
        there.setdefault(folded(table), set()).add(folded(column))
    for role, held in policy.roles.items():
        for table, condition in held.rows.items():
            if table == EVERY:
                continue
            if table not in there:
                yield f"rows of {role}: there is no table {table}"
                continue
            if unknown := [one for one in columns_of(condition) if one not in there[table]]:
                yield f"rows of {role}: {table} has no column {', '.join(unknown)}"


def judge(
    policy: Policy, database: Path, names: Sequence[Column], found: Gated, ignore: Sequence[str]
) -> None:
    """Count in each table the rows that the role's condition forbids; add them to the refusals."""
    role = found.role
    for one in sources(database, Left(), ignore):
        tables = _conditions(policy, role, one, names)
        checked = {}
        for table, condition in tables.items():
            why, masked = _cannot(policy, role, (table, condition), names)
            if masked:
                found.warnings.append(f"rows of {table} are not checked: {why}")
            elif why:
                found.undecided.append(f"rows of {table}: {why}")
            else:
                checked[table] = condition
        _count(one, checked, found)


def _conditions(policy: Policy, role: str, one: Source, names: Sequence[Column]) -> dict[str, str]:
    """The conditions of the tables of a source that permit some rows only."""
    stem = Path(one.name).name.partition(".")[0]
    known = dict.fromkeys(table for table, _ in names)
    if one.kind not in ("duckdb", "sqlite", "xlsx"):
        known = {table: None for table in known if table == stem}
    elif one.kind != "xlsx":
        known = {table: None for table in known if table in _tables(one)}
    conditions = {table: policy.role(role).condition(table) for table in known}
    return {table: text for table, text in conditions.items() if text not in (ALL, NOTHING)}


def _cannot(
    policy: Policy, role: str, at: tuple[str, str], names: Sequence[Column]
) -> tuple[str, bool]:
    """Why a condition cannot be run on a table, "" if it can; and whether the policy wants it so.

    What the role sees masked cannot be compared, and what it does not see need not be there.
    """
    table, condition = at
    there = {folded(column) for name, column in names if name == table}
    for column in columns_of(condition):
        rule = policy.rule(role, table, column)
        known = policy.tag(table, column) is not None
        if column in there and rule not in (None, "clear"):
            return f"{column} is {rule} to {role}", True
        if column not in there:
            return f"there is no column {column}, which its condition compares", (
                known and rule != "clear"
            )
    return "", False


@contextmanager
def _engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with (
        tempfile.TemporaryDirectory(prefix="fieldkit-govern-") as scratch,
        engine(Path(scratch)) as c,
    ):
        yield c


def _tables(one: Source) -> dict[str, str]:
    """Tables of a database by name, as a relation in SQL."""
    if one.kind == "sqlite":
        with opened_sqlite(one.path) as con:
            found = con.execute("select name from sqlite_master where type = 'table'").fetchall()
        return {name: quoted(name) for (name,) in found}
    with _engine() as con:
        return attached(con, one.path)


def _count(one: Source, conditions: dict[str, str], found: Gated) -> None:
    """Run the conditions; what one of them forbids is refused, what cannot be run is undecided."""
    if not conditions:
        return
    run = {"duckdb": _duckdb, "sqlite": _sqlite}.get(one.kind, _file)
    for table, condition in conditions.items():
        try:
            rows, forbidden = run(one, table, condition)
        except (duckdb.Error, sqlite3.Error, ValueError):
            # The engine quotes the data it stumbles over, which may be what nobody must see.
            found.undecided.append(f"rows of {table}: the condition {condition} cannot be run")
            continue
        found.checked.append(("condition", table))
        if forbidden:
            what = f"{forbidden:,} of {plural(rows, 'row')} do not meet {condition}"
            found.refusals.append(Refusal(FORBIDDEN, table, what, DO))


def _query(relation: str, condition: str) -> str:
    return f"select count(*), count(case when ({condition}) is not true then 1 end) from {relation}"


def _duckdb(one: Source, table: str, condition: str) -> Counts:
    with _engine() as con:
        relation = attached(con, one.path)[table]
        con.execute("use scanned")  # a subquery names the other tables as they are
        rows, forbidden = con.execute(_query(relation, condition)).fetchall()[0]
    return int(rows), int(forbidden)


def _sqlite(one: Source, table: str, condition: str) -> Counts:
    import sqlglot

    own = sqlglot.transpile(condition, read="duckdb", write="sqlite")[0]
    with opened_sqlite(one.path) as con:
        rows, forbidden = con.execute(_query(quoted(table), own)).fetchone()
    return int(rows), int(forbidden)


def _file(one: Source, table: str, condition: str) -> Counts:
    """A file of rows, with the types that the engine sees in it."""
    path = "'" + str(one.path).replace("'", "''") + "'"
    readers = {"csv": f"read_csv({path})", "parquet": relation_of(one.path, "parquet")}
    readers |= dict.fromkeys(("json", "jsonl"), f"read_json({path})")
    if one.kind not in readers:
        raise ValueError(one.kind)
    with _engine() as con:
        relation = f"(select * from {readers[one.kind]}) as {quoted(table)}"
        rows, forbidden = con.execute(_query(relation, condition)).fetchall()[0]
    return int(rows), int(forbidden)
