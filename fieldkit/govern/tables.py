"""Scans whole tables with DuckDB: SQL finds the cells that may hold something, detectors decide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb

from fieldkit.errors import CannotRun
from fieldkit.govern.detectors import FILES
from fieldkit.govern.names import entity_of, paired
from fieldkit.govern.tally import JSON, MOST_PATHS, Tally, safe
from fieldkit.state.fingerprints import quoted

BATCH = 5_000
WIDE = 64  # columns that are looked at at once
LINE = 256 * 2**20  # bytes of the longest line of a CSV file, or of a JSON file that is one text
OBJECT = 64 * 2**20  # of a line of JSON: the engine takes two of them for each thread at once
SETTINGS: dict[str, Any] = {
    "memory_limit": "1GB", "threads": 2, "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}  # fmt: skip
# A cell without any of MAYBE holds nothing: the detectors need not look. RE2 reads UTF-8: \p{Cf} is
# what takes no room, FF01 to FF5E are the wide forms, then come the digits of other scripts. It is
# compiled for every column, and each \p{…} in a repetition would make that slow.
SIGNS = (
    r"@|://|www\.|(?i:\.(?:com|org|net|edu|gov|info|biz|co\.uk))|\\u00|\p{Cf}|[\x{FF01}-\x{FF5E}]"
    r"|[^\P{Nd}0-9]|[0-9]\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]|:[0-9A-Fa-f]{0,4}:"
    r"|[A-Za-z]{2}[0-9]{2}[ -]?[A-Za-z0-9]{4}|%(?:25)*(?:40|2[Bb][0-9])|&#(?:64|[xX]40);|&commat;"
)
DIGITS = r"(?:[0-9][^0-9A-Za-z]{0,3}){7}"
MAYBE = f"{SIGNS}|{DIGITS}"
# A bare run of seven to eleven digits is something only where a word says so.
SAID = (
    r"[0-9]{12}|\+[0-9(]|[0-9][^0-9A-Za-z]{1,3}[0-9]|(?i:phone|fono?|tel|call|mobi|móvil|cell|fax|"
    r"what|sms|handy|dial|ring|reach|contact|message|line|mail|answer|regist|desk|office|msisdn|"
    r"home|work|ssn|social)"
)
# Cells that are wholly a time, a decimal number or a UUID: many, and nothing personal.
PLAINLY = (
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[ T][0-9:.]+(?:Z| ?[+-][0-9:]+)?)?|-?[0-9]*\.[0-9]+"
    r"|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
)
# Cells that are wholly a plain mail address: the engine counts them, as the detector would.
MAIL = r"[A-Za-z0-9]+(?:[._+-][A-Za-z0-9]+)*@[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*\.[A-Za-z]{2,24}"
NO_MAIL = rf"\.(?i:{'|'.join(sorted(FILES))})"
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
    texts = {
        name: text
        for name, kind in columns.items()
        if (text := as_text(name, kind, pairs.get(name)))
    }
    for name in columns:
        tally.name(table, name)
    for name, text in _worth_it(con, relation, texts).items():
        key = pairs.get(name)
        _column(con, relation, table, name, text, key if key in columns else None, tally)
    return int(con.execute(f"select count(*) from {relation}").fetchall()[0][0])


def name_keys(con: duckdb.DuckDBPyConnection, relation: str, tally: Tally) -> None:
    """The keys of JSON objects are the columns of their file, unless there are too many."""
    query = f'select distinct unnest(json_keys("{JSON}")) as key from {relation} order by key'
    keys = con.execute(f"{query} limit {MOST_PATHS + 1}").fetchall()
    for (key,) in keys if len(keys) <= MOST_PATHS else ():
        tally.name("", key)


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


def as_text(name: str, kind: str, key: str | None = None) -> str:
    """A column as text in SQL; "" for a type that holds nothing personal, such as a date.

    `key`: the column that names its values, if there is one.
    """
    column = quoted(name)
    if NESTED.match(kind):
        return f"to_json({column})::varchar"
    if NEVER.match(kind):
        return ""
    # Without a name that says so, only a card's many digits count.
    least = 10**6 if entity_of(name) in ("phone", "ssn", "card") or key else 10**11
    if WHOLE.fullmatch(kind):
        return f"case when abs({column}::hugeint) >= {least} then {column}::varchar end"
    if FLOAT.match(kind):  # a number of a card with a NULL beside it, after pandas
        inside = f"abs({column}) between {least} and 1e19 and {column} = floor({column})"
        return f"case when {inside} then {column}::hugeint::varchar end"
    return f"{column}::varchar"


def _column(
    con: duckdb.DuckDBPyConnection, relation: str, table: str, name: str, text: str,
    key: str | None, tally: Tally,
) -> None:  # fmt: skip
    named = f"{quoted(key)}::varchar" if key else "null"
    cells = f"(select {text} as cell, {named} as named from {relation})"
    digits = f"regexp_matches(cell, {_literal(DIGITS)})"
    if not key and entity_of(name) not in ("phone", "ssn", "card"):
        digits += f" and regexp_matches(cell, {_literal(SAID)})"
    plain = f"(regexp_full_match(cell, {_literal(MAIL)}) and not contains(lower(cell), 'www.'))"
    if not key:
        _mails(con, f"{cells} where {plain}", table, name, tally)
    found = con.execute(
        f"select cell, named from {cells} where (regexp_matches(cell, {_literal(SIGNS)}) or "
        f"{digits}) and not regexp_full_match(cell, {_literal(PLAINLY)})"
        + ("" if key else f" and not {plain}")
    )
    while rows := found.fetchmany(BATCH):
        for cell, said in rows:
            tally.cell(table, f"{name}[{said}]" if _names(said) else name, cell, said or "")


def _mails(con: duckdb.DuckDBPyConnection, cells: str, table: str, name: str, tally: Tally) -> None:
    """Count the cells that are a mail address and nothing else, where they are."""
    sample = "left(cell, 1) || '***@***.' || regexp_extract(cell, '[A-Za-z]+$')"
    count, first = con.execute(
        f"select count(*), min({sample}) from {cells} and not regexp_matches(cell, "
        f"{_literal(NO_MAIL + '$')})"
    ).fetchall()[0]
    if count:
        tally.add(table, safe(name), "mail", count, first)


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
        form, most = ("newline_delimited", OBJECT) if kind == "jsonl" else ("auto", LINE)
        return (
            f"(select json as \"{JSON}\" from read_json_objects({text}, format='{form}', "
            f"maximum_object_size={most}))"
        )
    return (
        f"read_csv({text}, all_varchar=true, header=true, null_padding=true, "
        f"strict_mode=false, max_line_size={LINE // 8}, buffer_size={LINE // 4})"
    )
