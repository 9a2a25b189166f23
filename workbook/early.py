"""Begins what `workbook check` waits for most; the command line imports this before all else.

A server to fork answers' processes from imports pandas and DuckDB, on another processor, while the
command itself is still being imported.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Sequence
from pathlib import Path

# An answer that is a text (SQL, YAML, Markdown) is judged without a process.
_DEFINES = re.compile(r"^(@|def |class )", re.M)


def needs_server(argv: Sequence[str], root: Path) -> bool:
    """Whether a command will judge Python in processes that are forked, as far as its words say."""
    if list(argv[:1]) != ["check"] or any(re.match("--isol|--help|-h", word) for word in argv):
        return False
    named = [word.replace("-", "_") for word in argv[1:] if re.fullmatch("[a-z0-9-]+", word)]
    answers = (path for name in named for path in root.glob(f"labs/*/answers/{name}.py"))
    return any(_DEFINES.search(path.read_text(encoding="utf-8")) for path in answers)


if needs_server(sys.argv[1:], Path(__file__).resolve().parents[1]):
    from workbook import launch

    launch.warm_up()
