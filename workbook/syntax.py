"""Cells as Python: what a cell runs on its page, and its syntax tree."""

from __future__ import annotations

import ast
import contextlib
from typing import Any

# Cell magics whose text is not the page's Python; all others run it.
_ELSEWHERE = (
    "!", "!!", "sx", "system", "bash", "sh", "script", "cmd", "html", "HTML", "javascript", "js",
    "latex", "markdown", "svg", "writefile", "file", "perl", "ruby", "python", "python2",
    "python3", "pypy", "sql",
)  # fmt: skip


def parse(source: str) -> ast.Module | None:
    """The syntax tree of a cell, magics allowed; None if it does not parse."""
    try:
        return ast.parse(code(source))
    except (SyntaxError, ValueError, RecursionError, MemoryError):  # the last: nested too deeply
        return None


def code(source: str) -> str:
    """What a cell runs on its page, as Python, line by line.

    Magics become calls; `%%time` and the like leave an empty line; what `%%bash` and the like run
    is not Python of the page.
    """
    lines = source.split("\n")
    at = next((n for n, line in enumerate(lines) if line.strip()), len(lines))
    while at < len(lines) and lines[at].lstrip().startswith("%%"):
        if "".join(lines[at].lstrip()[2:].split()[:1]) in _ELSEWHERE:
            return ""
        lines[at] = ""
        at += 1
    return transformed("\n".join(lines))


def transformed(source: str) -> str:
    """A cell as Python: magics become calls, by IPython's own transformer."""
    if not any(
        line.lstrip().startswith(("%", "!")) or line.rstrip().endswith("?")
        for line in source.splitlines()
    ):
        return source
    with contextlib.suppress(SyntaxError, ValueError, RecursionError, MemoryError):
        ast.parse(source)  # a question in a comment; to import IPython takes longer than this
        return source
    from IPython.core.inputtransformer2 import TransformerManager

    manager: Any = TransformerManager
    try:
        return str(manager().transform_cell(source))
    except SyntaxError:
        return source
