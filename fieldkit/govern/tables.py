"""Scans whole tables with DuckDB: SQL finds the cells that may hold something, detectors decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern.names import paired
from fieldkit.govern.tally import Tally
from fieldkit.state.fingerprints import quoted

BATCH = 5_000
LINE = 256 * 2**20  # bytes of the longest line of a CSV or JSON file
SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB", "threads": 2, "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}  # fmt: skip
# A cell without any of these holds nothing: the detectors need not look. RE2 reads UTF-8, so that
# \p{Nd} are the digits of all scripts, \p{Cf} what takes no room, FF01 to FF5E the wide forms.
MAYBE = (
    r"@|://|www\.|(?i:\.(?:com|org|net|edu|gov|info|biz|co\.uk))|\\u00|\p{Cf}|[\x{FF01}-\x{FF5E}]"
    r"|(?:\p{Nd}[^\p{L}\p{Nd}]{0,3}){7}|\p{Nd}\.\p{Nd}{1,3}\.\p{Nd}{1,3}\.\p{Nd}"
    r"|:[0-9A-Fa-f]{0,4}:|[A-Za-z]{2}\p{Nd}{2}[ -]?[A-Za-z0-9]{4}"
)
WHOLE = re.compile(r"U?(?:BIGINT|HUGEINT|INTEGER)|DECIMAL\(\d+,0\)|BIGNUM|VARINT")
FLOAT = re.compile(r"DOUBLE|FLOAT|REAL|DECIMAL")
NESTED = re.compile(r".*\]$|STRUCT|MAP|UNION|VARIANT|LIST", re.DOTALL)
NEVER = re.compile(r"BOOLEAN|DATE|TIME|INTERVAL|UUID|U?(?:TINY|SMALL)INT|BIT\b|GEOMETRY")


@contextmanager
def engine(scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """DuckDB in bounded memory; what does not fit goes to `scratch`."""
    con = duckdb.connect(config={**SETTINGS, "temp_directory": str(scratch)})
    try:
        con.execute("set enable_progress_bar = false")
        yield con
    finally:
        con.close()


def attached(con: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """The tables of a DuckDB file, read-only: name -> relation in SQL. Raises CannotRun."""
    text = str(path).replace("'", "''")
    try:
        con.execute(f"attach '{text}' as scanned (read_only)")
        rows = con.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'scanned' "
            "and not internal order by all"
        ).fetchall()
    except duckdb.Error as error:
        why = first_line(error)
        if "lock" in why.lower():
            raise CannotRun(f"{path}: is locked by another process; end it or wait") from None
        raise CannotRun(f"{path}: cannot be read as a database; it is damaged or newer") from None
    return {
        table if schema == "main" else f"{schema}.{table}": ".".join(
            map(quoted, ("scanned", schema, table))
        )
        for schema, table in rows
    }


def scan_relation(con: duckdb.DuckDBPyConnection, relation: str, table: str, tally: Tally) -> int:
    """Scan every column of a table, view or table function; gives its rows."""
    columns = {
        row[0]: row[1] for row in con.execute(f"describe select * from {relation}").fetchall()
    }
    pairs = paired(list(columns))
    for name, kind in columns.items():
        tally.name(table, name)
        if text := as_text(name, kind):
            key = pairs.get(name)
            _column(con, relation, table, name, text, key if key in columns else None, tally)
    return int(con.execute(f"select count(*) from {relation}").fetchall()[0][0])


def as_text(name: str, kind: str) -> str:
    """A column as text in SQL; "" for a type that holds nothing personal, such as a date."""
    column = quoted(name)
    if NESTED.match(kind):
        return f"to_json({column})::varchar"
    if NEVER.match(kind):
        return ""
    if WHOLE.fullmatch(kind):
        return f"case when abs({column}::hugeint) >= 1000000 then {column}::varchar end"
    if FLOAT.match(kind):  # a number of a card with a NULL beside it, after pandas
        inside = f"abs({column}) between 1e6 and 1e19 and {column} = floor({column})"
        return f"case when {inside} then {column}::hugeint::varchar end"
    return f"{column}::varchar"


def _column(
    con: duckdb.DuckDBPyConnection, relation: str, table: str, name: str, text: str,
    key: str | None, tally: Tally,
) -> None:  # fmt: skip
    named = f"{quoted(key)}::varchar" if key else "null"
    query = f"select cell, named from (select {text} as cell, {named} as named from {relation})"
    maybe = MAYBE.replace("'", "''")
    found = con.execute(f"{query} where regexp_matches(cell, '{maybe}')")
    while rows := found.fetchmany(BATCH):
        for cell, said in rows:
            tally.cell(table, f"{name}[{said}]" if _names(said) else name, cell, said or "")


def _names(said: str | None) -> bool:
    """Whether the name beside a value is one of a few words: else it is data, not a name."""
    return bool(said) and len(said or "") <= 40


def first_line(error: Exception) -> str:
    """What an engine says, without what it quotes of the data below."""
    return " ".join(str(error).splitlines()[0].split())[:200]


def relation_of(path: Path, kind: str) -> str:
    """A file of data as a table function in SQL."""
    text = "'" + str(path).replace("'", "''") + "'"
    if kind == "parquet":
        return f"read_parquet({text})"
    if kind in ("jsonl", "json"):
        form = "newline_delimited" if kind == "jsonl" else "auto"
        return (
            f"(select json as \"$\" from read_json_objects({text}, format='{form}', "
            f"maximum_object_size={LINE}))"
        )
    return (
        f"read_csv({text}, all_varchar=true, header=true, null_padding=true, "
        f"strict_mode=false, max_line_size={LINE // 8}, buffer_size={LINE // 4})"
    )
