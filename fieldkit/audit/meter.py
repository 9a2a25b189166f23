"""What a query reads, measured by DuckDB while it runs: bytes, files and partitions."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import duckdb

_PARTITION = re.compile(r"([^/\\=]+)=([^/\\]+)[/\\]")


@dataclass(frozen=True)
class Cost:
    """What one run of a statement read: bytes (footers included), and files of parquet scans.

    `scans`: the files of each scan, most first.

    The figures repeat exactly, on any number of threads, except with LIMIT or a top-N; data in
    native tables counts as 0 once it is in the buffer cache, so lakes have to be files.
    """

    bytes: int
    files: int
    scans: tuple[int, ...] = ()


def metered(con: duckdb.DuckDBPyConnection, query: str) -> Cost:
    """Run a SELECT and say what it read; raises duckdb.Error.

    EXPLAIN ANALYZE executes: give it a connection to a scratch copy.
    """
    _exact(con)
    [(_, told)] = con.execute(f"explain (analyze, format json) {query}").fetchall()
    plan = json.loads(told)
    scans = sorted(
        (int(info["Total Files Read"]) for info in _scans(plan["operator"])), reverse=True
    )
    return Cost(int(plan["io"]["total_bytes_read"]), sum(scans), tuple(scans))


def _exact(con: duckdb.DuckDBPyConnection) -> None:
    """Read the columns that are asked for and nothing between them.

    By itself DuckDB reads over a gap where its clock says that this is faster: the bytes of two
    runs then differ by a tenth. Versions without the setting do not do so.
    """
    with contextlib.suppress(Exception):
        con.execute("set parquet_prefetch_column_gap = 0")


def _scans(nodes: Any) -> Iterator[dict[str, str]]:
    """The scans of files in a plan; a plan is one node or a list of them."""
    for node in [nodes] if isinstance(nodes, dict) else nodes:
        info = node.get("extra_info")
        if isinstance(info, dict) and "Total Files Read" in info:
            yield info
        yield from _scans(node.get("children", []))


def measured(con: duckdb.DuckDBPyConnection, query: str) -> tuple[Cost, set[str]]:
    """The same, and the values of the hive partitions whose rows it opened, as text."""
    con.execute("call enable_logging('FileSystem')")
    try:
        cost = metered(con, query)
        # The schema is taken from the first file of a lake: one read of a footer, not of rows.
        read = con.execute(
            "select path from duckdb_logs_parsed('FileSystem') where op = 'READ' and bytes > 0"
            " group by path having count(*) > 1 or max(pos) = 0"
        ).fetchall()
    finally:
        con.execute("call disable_logging()")
        con.execute("call truncate_duckdb_logs()")
    return cost, {found[-1][1] for (path,) in read if (found := _PARTITION.findall(path))}
