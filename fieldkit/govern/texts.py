"""Scans what DuckDB does not: text and logs, odd CSV, notebooks, workbooks, SQLite."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

from fieldkit.errors import CannotRun
from fieldkit.govern.names import paired
from fieldkit.govern.sources import Source, opened_sqlite
from fieldkit.govern.tally import Tally
from fieldkit.state.fingerprints import quoted

PIECE = 1_000_000  # characters of a line that are read at once
# The same as `tables.MAYBE`, for Python: what has none of these holds nothing.
MAYBE = re.compile(
    r"@|://|www\.|\.(?:com|org|net|edu|gov|info|biz|co\.uk)|\\u00|[\uff01-\uff5e]|"
    r"[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u202a-\u202e]|(?:\d[\W_]{0,3}){7}|"
    r"\d\.\d{1,3}\.\d{1,3}\.\d|:[0-9A-Fa-f]{0,4}:|[A-Za-z]{2}\d{2}[ -]?[A-Za-z0-9]{4}|"
    r"%(?:25)*(?:40|2B\d)|&#(?:64|x40);|&commat;",
    re.IGNORECASE,
)


def _opened(one: Source) -> TextIO:
    """A text in UTF-8, in UTF-16 where a mark says so, else in Latin-1, which knows every byte."""
    raw: Any = gzip.open(one.path) if one.zipped else one.path.open("rb")  # noqa: SIM115
    head = raw.read(1 << 20)
    raw.seek(0)
    encoding = "utf-8-sig"
    if head[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encoding = "utf-16"
    else:
        try:
            head.decode("utf-8")
        except UnicodeDecodeError as error:
            encoding = "utf-8-sig" if error.start > len(head) - 4 else "latin-1"
    return io.TextIOWrapper(raw, encoding, errors="replace", newline=None)


def scan_text_file(one: Source, tally: Tally) -> int:
    """Line by line; gives the number of lines."""
    number = 0
    with _opened(one) as file:
        while line := file.readline(PIECE):
            number += 1
            while not line.endswith("\n") and (more := file.readline(PIECE)):
                # What is cut may be in the middle of an address: the pieces overlap.
                if MAYBE.search(line):
                    tally.cell("", "", line, line=number)
                line = line[-400:] + more
            if MAYBE.search(line):
                tally.cell("", "", line.rstrip("\n"), line=number)
    return number


def scan_rows(rows: Iterable[Iterable[Any]], columns: list[str], table: str, tally: Tally) -> int:
    """Rows of cells as Python has them; gives how many there are."""
    for name in columns:
        tally.name(table, name)
    pairs = {columns.index(value): columns.index(key) for value, key in paired(columns).items()}
    count = 0
    for count, row in enumerate(rows, 1):  # noqa: B007
        cells = list(row)
        for number, cell in enumerate(cells):
            text = _as_text(cell)
            if text and MAYBE.search(text):
                name = columns[number] if number < len(columns) else f"column {number + 1}"
                said = str(cells[pairs[number]] or "") if number in pairs else ""
                tally.cell(table, f"{name}[{said}]" if 0 < len(said) <= 40 else name, text, said)
    return count


def _as_text(cell: Any) -> str:
    if isinstance(cell, str):
        return cell
    if isinstance(cell, bytes):
        return cell.decode("utf-8", "replace")
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e19:
        return str(int(cell))
    return str(cell) if isinstance(cell, int) and not isinstance(cell, bool) else ""


def scan_csv(one: Source, tally: Tally) -> int:
    """A CSV file that DuckDB cannot read, with Python's reader, which reads nearly everything."""
    csv.field_size_limit(2**31 - 1)
    with _opened(one) as file:
        sample = file.read(64_000)
        file.seek(0)
        try:
            dialect: Any = csv.Sniffer().sniff(sample, ",;\t|")
        except csv.Error:
            dialect = csv.excel
        rows = csv.reader((line.replace("\0", "") for line in file), dialect)
        return scan_rows(rows, next(rows, []), "", tally)


def scan_notebook(one: Source, tally: Tally) -> int:
    """Sources, outputs and metadata of a notebook's cells; gives the number of cells."""
    with _opened(one) as file:
        try:
            cells = json.load(file)["cells"]
            parts = [(n, kind, text) for n, cell in enumerate(cells, 1) for kind, text in _of(cell)]
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise CannotRun(f"{one.name}: is not a notebook, or it is damaged") from None
    for number, kind, text in parts:
        for line in text.splitlines():
            if MAYBE.search(line):
                tally.cell(f"cell {number}", kind, line)
    return len(cells)


def _of(cell: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """The texts of one cell, with what they are."""
    yield cell.get("cell_type", "cell"), _joined(cell.get("source"))
    for output in cell.get("outputs") or ():
        yield "output", _joined(output.get("text"))
        yield "output", _joined(output.get("evalue"))
        yield "output", _joined(output.get("traceback"))
        for kind, value in (output.get("data") or {}).items():
            if kind.startswith("text/") or "json" in kind:
                yield "output", value if isinstance(value, str) else _joined(value)
    yield "attachments", "\n".join(cell.get("attachments") or ())


def _joined(found: Any) -> str:
    if isinstance(found, list):
        return "".join(map(str, found))
    return "" if found is None else found if isinstance(found, str) else json.dumps(found)


def scan_workbook(one: Source, tally: Tally, sheets: dict[str, int]) -> None:
    """All sheets of an xlsx file, hidden ones too; fills in rows by sheet."""
    import openpyxl

    try:
        book = openpyxl.load_workbook(one.path, read_only=True, data_only=True)
    except Exception as error:  # a damaged file makes it raise anything at all
        raise CannotRun(
            f"{one.name}: cannot be read as a workbook ({type(error).__name__}); save it as .xlsx"
        ) from None
    try:
        for sheet in book.worksheets:
            sheet.reset_dimensions()  # what the file says of its size may be wrong
            rows = sheet.iter_rows(values_only=True)
            names = [str(cell) if cell is not None else "" for cell in next(rows, ())]
            sheets[sheet.title] = scan_rows(rows, names, sheet.title, tally)
    finally:
        book.close()


def scan_sqlite(one: Source, tally: Tally, tables: dict[str, int]) -> None:
    """All tables of a SQLite file, with no change to it; fills in rows by table."""
    try:
        with opened_sqlite(one.path) as con:
            con.text_factory = lambda raw: raw.decode("utf-8", "replace")
            names = con.execute(
                "select name from sqlite_master where type = 'table' and name not like "
                "'sqlite\\_%' escape '\\' order by name"
            ).fetchall()
            for (name,) in names:
                rows = con.execute(f"select * from {quoted(name)}")
                columns = [column[0] for column in rows.description]
                tables[name] = scan_rows(rows, columns, name, tally)
    except sqlite3.Error as error:
        raise CannotRun(f"{one.name}: cannot be read as a database: {error}") from None
