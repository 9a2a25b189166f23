"""CSV files as DuckDB reads them: the dialect from the header line, not from what lies below.

DuckDB's own sniffing looks at many rows: of a file that a kill has cut off it takes another
delimiter, and one column where there were three.
"""

from __future__ import annotations

import csv
import gzip
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from fieldkit.state.fingerprints import literal

DELIMITERS = ",;\t|"
LONGEST = 1 << 16  # bytes of a header line


def source(files: Iterable[Path], hive: str) -> str:
    """A query over these files with all columns as text; "" where no file has a whole header."""
    groups: dict[str, list[Path]] = {}
    for file in files:
        if header := _header(file):
            groups.setdefault(header, []).append(file)
    # By header: with columns that are given, nothing is left for DuckDB to sniff.
    return " union all by name ".join(
        _group(header, group, hive) for header, group in sorted(groups.items())
    )


def _group(header: str, files: list[Path], hive: str) -> str:
    mark = _delimiter(header)
    columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _names(header, mark))
    # Not strict and padded, so that a last line that is cut off is a row with NULLs; that and line
    # breaks in quotes are not to be had with several threads.
    return (
        f"select * from read_csv([{', '.join(map(literal, files))}], auto_detect = false, "
        f"columns = {{{columns}}}, header = true, delim = {literal(mark)}, quote = '\"', "
        "escape = '\"', strict_mode = false, null_padding = true, parallel = false"
        f"{', ' if hive else ''}{hive})"
    )


def _names(header: str, mark: str) -> list[str]:
    """The columns' names, made unique as SQL needs it."""
    found: list[str] = []
    for number, name in enumerate(next(csv.reader([header], delimiter=mark))):
        text = name.strip() or f"column{number}"
        while text.lower() in map(str.lower, found):
            text += "_1"
        found.append(text)
    return found


def _header(file: Path) -> str:
    """The first line; "" where it is cut off, as then nobody knows the columns."""
    opening = gzip.open if file.suffix == ".gz" else open
    with suppress(OSError, EOFError), opening(file, "rb") as opened:
        line: bytes = opened.readline(LONGEST)
        if line.endswith(b"\n"):
            return line.decode("utf-8-sig", "replace").rstrip("\r\n")
    return ""


def _delimiter(header: str) -> str:
    outside = "".join(header.split('"')[::2])  # a quoted name may hold any of them
    return max(DELIMITERS, key=outside.count)
