"""CSV files as DuckDB reads them: the dialect from the header line, not from what lies below.

DuckDB's own sniffing looks at many rows: of a file that a kill has cut off it takes another
delimiter, and one column where there were three.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

DELIMITERS = ",;\t|"
LONGEST = 1 << 16  # bytes of a header line


def source(files: Iterable[Path], hive: str) -> str:
    """A query over these files with all columns as text; "" where no file has a whole header."""
    groups: dict[str, list[Path]] = {}
    for file in files:
        if header := _header(file):
            groups.setdefault(_delimiter(header), []).append(file)
    return " union all by name ".join(
        f"select * from read_csv([{', '.join(map(_text, group))}], delim = {_text(mark)}, "
        # Not strict and padded, so that a last line that is cut off is a row with NULLs; that and
        # line breaks in quotes are not to be had with several threads.
        "quote = '\"', escape = '\"', strict_mode = false, null_padding = true, parallel = false, "
        f"union_by_name = true, all_varchar = true, header = true, {hive})"
        for mark, group in sorted(groups.items())
    )


def _header(file: Path) -> str:
    """The first line; "" where it is cut off, as then nobody knows the columns."""
    opening = gzip.open if file.suffix == ".gz" else open
    with suppress(OSError, EOFError), opening(file, "rb") as opened:
        line: bytes = opened.readline(LONGEST)
        if line.endswith(b"\n"):
            return line.decode("utf-8", "replace")
    return ""


def _delimiter(header: str) -> str:
    outside = "".join(header.split('"')[::2])  # a quoted name may hold any of them
    return max(DELIMITERS, key=outside.count)


def _text(value: str | Path) -> str:
    return "'" + str(value).replace("'", "''") + "'"
