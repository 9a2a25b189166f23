"""A model's nights as dbt runs them, without dbt: rendered, measured, and brought in."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb

from fieldkit.audit import Cost, metered
from fieldkit.audit.render import Names, Rendered, Unrendered, rendered

TABLE = "mart.fct_daily"
TABLES = ("events", "customers", "session_campaigns", "campaigns")
STRATEGIES = ("delete+insert", "append", "merge")
KNOWN = (
    "materialized", "incremental_strategy", "unique_key", "pre_hook", "post_hook",
    "on_schema_change", "tags", "meta", "description", "alias", "schema", "enabled", "docs",
    "persist_docs", "contract", "group", "access",
)  # fmt: skip
SECONDS = 20.0  # for one statement


class ModelError(Exception):
    """The model cannot be run; one line says why."""


class TooLong(Exception):
    """A statement of the model did not end in its time."""


@dataclass(frozen=True)
class Night:
    """One run: the day it was for, what its SELECT read, whether it built the table anew."""

    as_of: date
    cost: Cost
    full: bool


def compiled(text: str, as_of: date, *, incremental: bool) -> Rendered:
    """A model's SQL for one night; raises ModelError."""
    names = Names(_refused, _source, TABLE)
    try:
        return rendered(
            text, incremental=incremental, variables={"as_of": as_of.isoformat()}, names=names,
            strict=True,
        )  # fmt: skip
    except Unrendered as error:
        raise ModelError(str(error)) from None


def _refused(name: str) -> str:
    raise Unrendered(
        f"ref({name!r}): there is no such model here; the tables are source('lake', …)"
    )


def _source(source: str, table: str) -> str:
    if source != "lake" or table not in TABLES:
        known = ", ".join(TABLES)
        raise Unrendered(f"source({source!r}, {table!r}): there is source('lake', …) with {known}")
    return f"lake.{table}"


def run(con: duckdb.DuckDBPyConnection, text: str, as_of: date) -> Night:
    """Run a model for one night; raises ModelError, TooLong."""
    there = _exists(con)
    config = compiled(text, as_of, incremental=False).config
    _refuse_unknown(config)
    later = there and config.get("materialized") == "incremental"
    model = compiled(text, as_of, incremental=later)
    with _limited(con):
        _hooks(con, config.get("pre_hook"), as_of, later)
        select = model.sql.strip().rstrip(";")
        cost = metered(con, f"create or replace temp table fresh as (\n{select}\n)")
        _bring_in(con, config) if later else _build(con)
        _hooks(con, config.get("post_hook"), as_of, later)
    return Night(as_of, cost, not later)


def _exists(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute("select 1 from duckdb_tables() where schema_name = 'mart'").fetchall()
    return bool(found)


def _refuse_unknown(config: Mapping[str, Any]) -> None:
    """What this check cannot run is said by its name."""
    unknown = [name for name in config if name not in KNOWN]
    if unknown:
        raise ModelError(f"config({unknown[0]}=…): this check does not run it; leave it out")
    kind = config.get("materialized", "view")
    if kind not in ("incremental", "table", "view"):
        raise ModelError(f"materialized={kind!r}: use incremental, table or view")
    strategy = config.get("incremental_strategy", STRATEGIES[0])
    if strategy not in STRATEGIES:
        raise ModelError(f"incremental_strategy={strategy!r}: use {', '.join(STRATEGIES)}")
    if strategy == "merge" and not config.get("unique_key"):
        raise ModelError("incremental_strategy='merge' needs a unique_key")


def _build(con: duckdb.DuckDBPyConnection) -> None:
    con.execute("create schema if not exists mart")
    con.execute(f"create or replace table {TABLE} as from fresh")


def _bring_in(con: duckdb.DuckDBPyConnection, config: Mapping[str, Any]) -> None:
    """What dbt does with a night's rows, by the model's strategy."""
    names = [
        name for (name,) in con.execute(f"select column_name from (describe {TABLE})").fetchall()
    ]
    columns = ", ".join(map(_quoted, names))
    keys = _keys(config)
    strategy = config.get("incremental_strategy", STRATEGIES[0])
    if strategy == "merge":
        on = " and ".join(f"fresh.{_quoted(k)} = kept.{_quoted(k)}" for k in keys)
        changed = ", ".join(f"{_quoted(n)} = fresh.{_quoted(n)}" for n in names)
        values = ", ".join(f"fresh.{_quoted(n)}" for n in names)
        con.execute(
            f"merge into {TABLE} as kept using fresh on {on} when matched then update set"
            f" {changed} when not matched then insert ({columns}) values ({values})"
        )
        return
    if strategy == STRATEGIES[0] and keys:
        on = " and ".join(f"fresh.{_quoted(k)} = kept.{_quoted(k)}" for k in keys)
        con.execute(f"delete from {TABLE} as kept using fresh where {on}")
    con.execute(f"insert into {TABLE} ({columns}) select {columns} from fresh")


def _keys(config: Mapping[str, Any]) -> Sequence[str]:
    keys = config.get("unique_key") or ()
    return [keys] if isinstance(keys, str) else [str(key) for key in keys]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _hooks(con: duckdb.DuckDBPyConnection, given: Any, as_of: date, later: bool) -> None:
    for hook in [given] if isinstance(given, str) else given or ():
        text = str(hook.get("sql", "")) if isinstance(hook, dict) else str(hook)
        sql = compiled(text, as_of, incremental=later).sql
        if sql.strip():
            con.execute(sql)


@contextmanager
def _limited(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """A statement that does not end is stopped; an error becomes one line."""
    late = threading.Event()

    def stop() -> None:
        late.set()
        con.interrupt()

    timer = threading.Timer(SECONDS, stop)
    timer.daemon = True
    timer.start()
    try:
        yield
    except duckdb.Error as error:
        if late.is_set():
            raise TooLong from None
        raise ModelError(_first_line(error)) from None
    finally:
        timer.cancel()


def _first_line(error: Exception) -> str:
    first = str(error).strip().splitlines()[0]
    return first.removeprefix("Invalid Input Error: ")
