"""Edits of Python by its syntax tree, and of the SQL that stands in its texts."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import TypeVar

from tests.mutants import sql
from tests.mutants.edits import Edit, dropped, numbers

_N = TypeVar("_N")
_SIGNS = {
    **{ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">")},
    **{ast.Eq: ("==", "!="), ast.NotEq: ("!=", "=="), ast.In: ("in", "not in")},
    **{ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.NotIn: ("not in", "in")},
}
_NAMES = {"max": "min", "min": "max", "any": "all", "all": "any", "first": "last", "last": "first"}
_LITERAL = re.compile(r"""(?P<kind>[rRbBuUfF]*)(?P<quote>\"{3}|'{3}|"|')""")
Simple = (
    *(ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Expr, ast.Return, ast.Raise, ast.Delete),
    *(ast.Continue, ast.Break, ast.Assert),
)


def edits(text: str) -> Iterator[Edit]:
    """Every edit of a module's text that leaves Python which compiles."""
    source = Source(text)
    for edit in _all(source):
        try:
            new = ast.dump(ast.parse(edit.applied(text)))
        except (SyntaxError, ValueError):
            continue
        if new != source.dumped:
            yield edit


class Source:
    """A module's text with its tree, and where each node stands in it."""

    def __init__(self, text: str) -> None:
        self.text, self.tree = text, ast.parse(text)
        self.dumped = ast.dump(self.tree)
        self._lines = [0]
        for line in text.splitlines(keepends=True):
            self._lines.append(self._lines[-1] + len(line))
        self._bytes = [line.encode() for line in text.splitlines(keepends=True)]

    def _at(self, line: int, column: int) -> int:
        """A tree counts columns in bytes."""
        return self._lines[line - 1] + len(self._bytes[line - 1][:column].decode())

    def span(self, node: ast.AST) -> tuple[int, int]:
        """Where a node begins and ends, its decorators left out."""
        return self._at(node.lineno, node.col_offset), self._at(
            node.end_lineno, node.end_col_offset
        )

    def of(self, node: ast.AST) -> str:
        """A node's text."""
        start, end = self.span(node)
        return self.text[start:end]

    def nodes(self, kind: type[_N]) -> Iterator[_N]:
        """All nodes of a kind."""
        return (node for node in ast.walk(self.tree) if isinstance(node, kind))


def _all(source: Source) -> Iterator[Edit]:
    for block in _blocks(source):
        yield from _dropped(source, block)
        yield from _swapped(source, block)
    yield from _conditions(source)
    yield from _comparisons(source)
    yield from _excepts(source)
    yield from _names(source)
    yield from _numbers(source)
    yield from _texts(source)


def _blocks(source: Source) -> Iterator[list[ast.stmt]]:
    """The bodies of functions and of what stands in them, the module's own too."""
    for node in ast.walk(source.tree):
        for name in ("body", "orelse", "finalbody"):
            block = getattr(node, name, None)
            if isinstance(block, list) and block:
                yield block


def _is_text(statement: ast.stmt) -> bool:
    """A docstring, or a text that is registered: the latter has edits of its own."""
    value = statement.value if isinstance(statement, ast.Expr) else None
    return isinstance(value, ast.Constant)


def _told(source: Source, statement: ast.stmt) -> str:
    return source.of(statement).split("\n")[0].strip()[:60]


def _dropped(source: Source, block: list[ast.stmt]) -> Iterator[Edit]:
    """Drop a statement, or a loop; a branch is dropped by a condition that is always False."""
    for statement in block:
        start, end = source.span(statement)
        what = f"drops: {_told(source, statement)}"
        kept = isinstance(statement, (*Simple, ast.For, ast.While))
        if not kept or _is_text(statement):
            continue
        if len(block) == 1:
            yield Edit(what, start, end, "pass")
        else:
            yield dropped(source.text, start, end, what)


def _swapped(source: Source, block: list[ast.stmt]) -> Iterator[Edit]:
    """Swap two neighbours of which one is more than a name for a value.

    Where the second reads what the first makes, a swap is only an error of names.
    """
    for one, two in pairwise(block):
        if not isinstance(one, Simple) or not isinstance(two, Simple):
            continue
        if _is_text(one) or not {type(one), type(two)} & {ast.Expr, ast.AugAssign, ast.Delete}:
            continue
        if _made(one) & _read(two):
            continue
        (start, stop), (begin, end) = source.span(one), source.span(two)
        text = source.text
        new = text[begin:end] + text[stop:begin] + text[start:stop]
        yield Edit(f"swaps: {_told(source, one)}", start, end, new)


def _made(node: ast.AST) -> set[str]:
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Store)}


def _read(node: ast.AST) -> set[str]:
    names = (n for n in ast.walk(node) if isinstance(n, ast.Name))
    return {n.id for n in names if isinstance(n.ctx, ast.Load)}


def _conditions(source: Source) -> Iterator[Edit]:
    """Drop a condition, or one part of it; a `not`; `and` for `or`."""
    for node in ast.walk(source.tree):
        if isinstance(node, ast.If | ast.IfExp):
            for value in ("True", "False"):
                what = f"{source.of(node.test)[:60]} is always {value}"
                yield Edit(what, *source.span(node.test), value)
        if isinstance(node, ast.comprehension):
            for test in node.ifs:
                what = f"drops the condition {source.of(test)[:60]}"
                yield Edit(what, *source.span(test), "True")
    for node in source.nodes(ast.BoolOp):
        yield from _parts(source, node)
    for node in source.nodes(ast.UnaryOp):
        if isinstance(node.op, ast.Not):
            yield Edit("drops not", *source.span(node), f"({source.of(node.operand)})")


def _parts(source: Source, node: ast.BoolOp) -> Iterator[Edit]:
    """Each part is enclosed again: what the tree knows, parentheses around a part are lost."""
    start, end = source.span(node)
    word, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
    parts = [f"({source.of(value)})" for value in node.values]
    yield Edit(f"{word} becomes {other}", start, end, f"({f' {other} '.join(parts)})")
    for number, part in enumerate(parts):
        left = f" {word} ".join(parts[:number] + parts[number + 1 :])
        yield Edit(f"drops the condition {part[:60]}", start, end, f"({left})")


def _comparisons(source: Source) -> Iterator[Edit]:
    """Turn one sign of a comparison."""
    for node in source.nodes(ast.Compare):
        left = node.left
        for operator, right in zip(node.ops, node.comparators, strict=True):
            begin, end = source.span(left)[1], source.span(right)[0]
            sign, other = _SIGNS[type(operator)]
            between = source.text[begin:end]
            new = re.sub(
                re.escape(sign).replace(r"\ ", r"\s+"), lambda _, o=other: o, between, count=1
            )
            yield Edit(f"{sign} becomes {other}", begin, end, new)
            left = right


def _excepts(source: Source) -> Iterator[Edit]:
    """Widen an `except`, or catch one kind less."""
    for node in source.nodes(ast.ExceptHandler):
        if node.type is None:
            continue
        caught, span = source.of(node.type), source.span(node.type)
        wider = "BaseException" if caught == "Exception" else "Exception"
        if caught != "BaseException":
            yield Edit(f"except {caught[:50]} becomes {wider}", *span, wider)
        if isinstance(node.type, ast.Tuple) and len(node.type.elts) > 1:
            kinds = [source.of(kind) for kind in node.type.elts]
            for number, kind in enumerate(kinds):
                left = ", ".join(kinds[:number] + kinds[number + 1 :])
                yield Edit(f"does not catch {kind}", *span, f"({left},)")


def _names(source: Source) -> Iterator[Edit]:
    """max for min and the like, called by name or as a method; True for False."""
    for node in source.nodes(ast.Call):
        name = node.func
        if isinstance(name, ast.Name) and name.id in _NAMES:
            yield Edit(f"{name.id} becomes {_NAMES[name.id]}", *source.span(name), _NAMES[name.id])
        elif isinstance(name, ast.Attribute) and name.attr in _NAMES:
            end = source.span(name)[1]
            other = _NAMES[name.attr]
            yield Edit(f"{name.attr} becomes {other}", end - len(name.attr), end, other)
    for node in source.nodes(ast.Constant):
        if isinstance(node.value, bool):
            other = str(not node.value)
            yield Edit(f"{node.value} becomes {other}", *source.span(node), other)


def _numbers(source: Source) -> Iterator[Edit]:
    for node in source.nodes(ast.Constant):
        if type(node.value) in (int, float) and source.text[source.span(node)[0]].isdigit():
            written = source.of(node)
            try:
                others = [*numbers(written.replace("_", ""))]
            except ValueError:  # hexadecimal and the like
                continue
            for other in others:
                new = f"({other})" if other.startswith("-") else other
                yield Edit(f"{written} becomes {other}", *source.span(node), new)


def _texts(source: Source) -> Iterator[Edit]:
    """The edits of every text that is SQL, also of one in several pieces or with names in it."""
    inside = {id(part) for node in source.nodes(ast.JoinedStr) for part in ast.walk(node)}
    for node in ast.walk(source.tree):
        whole = isinstance(node, ast.JoinedStr) or (
            isinstance(node, ast.Constant) and isinstance(node.value, str)
        )
        if whole and (isinstance(node, ast.JoinedStr) or id(node) not in inside):
            start, _ = source.span(node)
            yield from (edit.moved(start) for edit in sql_edits(source.of(node)))


def sql_edits(literal: str) -> Iterator[Edit]:
    """The edits of the SQL in a Python literal, in places of that literal.

    What is not SQL (quotes between pieces) counts as blank, what is put in as a name.
    """
    seen, inside = masked(literal)
    if not sql.is_sql(seen):
        return
    for edit in sql.edits(seen):
        outside = (c for n, c in enumerate(literal) if edit.start <= n < edit.end and not inside[n])
        kept = "".join(outside)
        if not kept.strip():
            yield edit
        elif not edit.new:
            yield Edit(edit.what, edit.start, edit.end, kept)


def masked(literal: str) -> tuple[str, list[bool]]:
    """A literal's SQL, each character in its place, and which characters are SQL."""
    seen, inside, at = [" "] * len(literal), [False] * len(literal), 0
    while opened := _LITERAL.search(literal, at):
        quote = opened["quote"]
        closed = re.compile(rf"(?<!\\){quote}").search(literal, opened.end())
        if not closed:
            break
        body = literal[opened.end() : closed.start()]
        if "f" in opened["kind"].lower():
            body = re.sub(r"\{[^{}]*\}", lambda m: "x" * len(m[0]), body)
        seen[opened.end() : closed.start()] = body
        inside[opened.end() : closed.start()] = [True] * len(body)
        at = closed.end()
    return "".join(seen), inside
