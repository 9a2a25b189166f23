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
WIDE = 64  # columns that are looked at at once
LINE = 256 * 2**20  # bytes of the longest line of a CSV or JSON file
SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB", "threads": 2, "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}  # fmt: skip
# A cell without any of these holds nothing: the detectors need not look. RE2 reads UTF-8: \p{Cf} is
# what takes no room, FF01 to FF5E are the wide forms, then come the digits of other scripts. It is
# compiled for every column, and each \p{…} in a repetition would make that slow.
MAYBE = (
    r"@|://|www\.|(?i:\.(?:com|org|net|edu|gov|info|biz|co\.uk))|\\u00|\p{Cf}|[\x{FF01}-\x{FF5E}]"
    r"|[^\P{Nd}0-9]|(?:[0-9][^0-9A-Za-z]{0,3}){7}|[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]"
    r"|:[0-9A-Fa-f]{0,4}:|[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}"
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
        if "set lock" in why or "lock on file" in why:
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
    texts = {name: text for name, kind in columns.items() if (text := as_text(name, kind))}
    for name in columns:
        tally.name(table, name)
    for name, text in _worth_it(con, relation, texts).items():
        key = pairs.get(name)
        _column(con, relation, table, name, text, key if key in columns else None, tally)
    return int(con.execute(f"select count(*) from {relation}").fetchall()[0][0])


def _worth_it(
    con: duckdb.DuckDBPyConnection, relation: str, texts: dict[str, str]
) -> dict[str, str]:
    """The columns of a wide table that are to be read one by one: first many are, at once."""
    if len(texts) <= WIDE:
        return texts
    found: dict[str, str] = {}
    names = list(texts)
    for at in range(0, len(names), WIDE):
        some = {name: texts[name] for name in names[at : at + WIDE]}
        # A letter between two cells, so that their digits do not become one number.
        row = f"concat_ws(' x ', {', '.join(some.values())})"
        query = f"select 1 from {relation} where regexp_matches({row}, {_literal(MAYBE)}) limit 1"
        found |= some if con.execute(query).fetchall() else {}
    return found


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


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
    found = con.execute(f"{query} where regexp_matches(cell, {_literal(MAYBE)})")
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
