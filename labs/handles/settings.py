"""DuckDB's settings belong to the process, which every world shares: an answer's are taken back."""

from __future__ import annotations

import re
from contextlib import suppress

import duckdb

THREADS = 1  # as many as the worlds of a process have
OPTIMIZERS = (  # without these a join of two tables, or a page's larger world, may take for ever
    *("filter_pushdown", "filter_pullup", "join_order", "build_side_probe_side", "deliminator"),
    *("unnest_rewriter", "in_clause", "unused_columns", "limit_pushdown", "top_n"),
    *("expression_rewriter", "cte_inlining"),
)
_SETS = re.compile(r"\s*(?:set|reset|pragma)\b", re.I)
_FOR_GOOD = re.compile(r"\b(lock_configuration|enable_external_access|allow_\w+)\b", re.I)
_PLANS = ("disabled_optimizers", "enable_optimizer")
_THREADS = ("threads", "worker_threads")
_before: dict[str, str] = {}  # what was set before an answer set something


def plain_plans(con: duckdb.DuckDBPyConnection) -> duckdb.DuckDBPyConnection:
    """Leave out most optimizers: for a few rows, to look for a better plan takes longer."""
    names = [name for (name,) in con.execute("from duckdb_optimizers()").fetchall()]
    left = ",".join(name for name in names if name not in OPTIMIZERS)
    return con.execute(f"pragma enable_optimizer; set global disabled_optimizers = '{left}'")


def about_to_run(statement: str, cursor: duckdb.DuckDBPyConnection) -> None:
    """Remember what is set now, if a statement sets something; refuse what nobody can take back."""
    if not _SETS.match(statement):
        return
    if found := _FOR_GOOD.search(statement):
        raise duckdb.InvalidInputException(
            f"{found[1]} would hold for every check in this process, and cannot be taken back: "
            "leave it out here"
        )
    _before.update(_settings(cursor) if not _before else {})


def changed() -> bool:
    """Whether an answer has set something that was not put back yet."""
    return bool(_before)


def put_back(instance: duckdb.DuckDBPyConnection) -> None:
    """Set what an answer changed as it was before."""
    if not _before:
        return
    before = dict(_before)
    _before.clear()
    instance.execute("reset global memory_limit")  # first: to look takes memory, too
    for name, value in _settings(instance).items():
        if before.get(name) != value:
            with suppress(duckdb.Error):  # it holds for one connection only, which is closed
                if name in _PLANS:
                    plain_plans(instance)
                    continue
                instance.execute(
                    f"set global threads = {THREADS}"
                    if name in _THREADS
                    else f"reset global {name}"
                )


def _settings(cursor: duckdb.DuckDBPyConnection) -> dict[str, str]:
    own = cursor.cursor()  # the result that the answer is reading stays
    with own:
        return dict(own.execute("select name, value from duckdb_settings()").fetchall())
