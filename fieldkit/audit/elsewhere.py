"""SQL in other files, which no rule reads: in strings of programs and cells of notebooks."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path, PurePath

from fieldkit.report.words import plural

PYTHON, NOTEBOOK, SHELL, OTHER = "Python file", "notebook", "shell script", "other file"
PROGRAMS = (".r", ".scala", ".java", ".kt", ".go", ".js", ".ts", ".rb", ".php", ".cs", ".pl")
KINDS = {".py": PYTHON, ".ipynb": NOTEBOOK, ".sh": SHELL, ".bash": SHELL}
KINDS |= dict.fromkeys(PROGRAMS, OTHER)
TESTS = {"tests", "test"}
LARGEST = 2_000_000  # bytes of a file that is looked into
SOME = 5  # files that are named in one sentence
# It begins as a statement does, and goes on as one: "select a row from the list" is prose.
_STATEMENT = r"""(?:\s|\\n|--[^\n]*\n)*(?:
    select\s[^;]{1,5000}?\sfrom\s+[\w"'`{.\\$%\[]+(?:\s*[,;)(]|\s*\\?["'`]|\s*$
        |\s+(?:where|join|left|inner|cross|full|group|order|limit|union|as|\w{1,2}[\s,])|\s*\n)
  | with\s+(?:recursive\s+)?\w+\s+as\s*\(
  | insert\s+(?:or\s+\w+\s+)?(?:into|overwrite)\s+\S+.{0,2000}?\b(?:select|values|with|from)\b
  | merge\s+into\s+\S+ | truncate\s+table\s+\S+
  | delete\s+from\s+\S+(?:\s+where\b|\s*;|\s*\\?["'`]|\s*$)
  | update\s+\S+\s+set\s+\S+\s*=
  | create\s+(?:or\s+replace\s+)?(?:temp\w*\s+|external\s+|materialized\s+)?(?:table|view)\s+\S+
        .{0,300}?(?:\(|\bas\b|\blike\b)
)"""
_FLAGS = re.IGNORECASE | re.VERBOSE | re.DOTALL
_WHOLE = re.compile(_STATEMENT, _FLAGS)
_QUOTED = re.compile(r"""(?:["'`]|<<-?\s*["']?\w+["']?[^\n]*\n)""" + _STATEMENT, _FLAGS)
_MAGIC = re.compile(r"^\s*%%?(?:sql|bigquery|duckdb)\b", re.MULTILINE)
_WORDS = re.compile(
    r"\b(?:select|with|insert|merge|truncate|delete|update|create)[\s\\]", re.IGNORECASE
)


def with_sql(files: Iterable[Path], root: Path) -> list[Path]:
    """Those of the files that hold SQL; tests are left out, and what cannot be read."""
    return [
        one
        for one in files
        if one.suffix.lower() in KINDS
        and not TESTS & set(one.relative_to(root).parts[:-1])
        and _holds_sql(one)
    ]


def told(paths: Sequence[str]) -> list[str]:
    """A sentence for each kind of file: how many were not read, and some of them by name."""
    kinds: dict[str, list[str]] = {kind: [] for kind in KINDS.values()}
    for path in sorted(paths):
        kinds[KINDS[PurePath(path).suffix.lower()]].append(path)
    return [
        f"{plural(len(found), kind)} with SQL in {'it was' if len(found) == 1 else 'them were'}"
        f" not read: {', '.join(found[:SOME])}"
        + f", and {len(found) - SOME:,} more" * (len(found) > SOME)
        + "."
        for kind, found in kinds.items()
        if found
    ]


def _holds_sql(path: Path) -> bool:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return False
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    if not _WORDS.search(text):
        return False
    kind = KINDS[path.suffix.lower()]
    if kind == NOTEBOOK:
        return any(_MAGIC.search(cell) or _in_python(cell) for cell in _cells(text))
    return _in_python(text) if kind == PYTHON else bool(_QUOTED.search(text))


def _cells(text: str) -> Iterator[str]:
    """The code of a notebook, cell by cell."""
    try:
        cells = json.loads(text)["cells"]
        code = [cell["source"] for cell in cells if cell["cell_type"] == "code"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return
    for source in code:
        yield source if isinstance(source, str) else "".join(map(str, source))


def _in_python(text: str) -> bool:
    """By the strings of its syntax; by quotes where it has none that this Python knows."""
    try:
        tree = ast.parse(text)
        return any(map(_WHOLE.match, _strings(tree)))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return bool(_QUOTED.search(text))


def _strings(tree: ast.AST) -> Iterator[str]:
    """Strings that are used; one that stands alone is a remark."""
    alone = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant | ast.JoinedStr | ast.BinOp) and id(node) not in alone:
            yield _text(node)


def _text(node: ast.AST) -> str:
    """What a string says, with a name where a value is put in; "" for what is none."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(_text(part) or "x" for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        left = _text(node.left)
        return left + (_text(node.right) or "x") if left else ""
    return ""
