"""Whether a text is a copy: the same code once names, layout and comments are taken away."""

from __future__ import annotations

import ast
import functools
import re

from workbook import pages, syntax
from workbook.catalog import Exercise
from workbook.submission import Submission, text_in


def same_as(exercise: Exercise, given: Submission) -> str:
    """ "reference" if a submission is the reference's text up to names and layout, else ""."""
    reference = exercise.reference.text
    if given.text is not None:
        theirs = text_in(reference, exercise.id) or reference
        return "reference" if _words(given.text) == _words(theirs) else ""
    return "reference" if form(given.source) == form(reference) else ""


def _words(text: str) -> str:
    """A text that is no Python, without layout."""
    return " ".join(text.split()).casefold()


@functools.lru_cache(maxsize=256)
def form(source: str) -> str:
    """What Python code says, whatever its own names are called.

    Names that the code makes (variables, parameters, functions, classes) are numbered as they
    come; those that it takes from elsewhere, and attributes, stay. Texts lose their layout.
    """
    tree = syntax.parse(source)
    if tree is None:
        return source.strip()
    made = {name for node in ast.walk(tree) for name in _made(node)}
    numbers: dict[str, str] = {}
    return ast.dump(_Renamed(made, numbers).visit(pages.bare(tree)))


def _made(node: ast.AST) -> list[str]:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return [node.name]
    if isinstance(node, ast.arg):
        return [node.arg]
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
        return [node.id]
    if isinstance(node, ast.ExceptHandler) and node.name:
        return [node.name]
    if isinstance(node, ast.Import | ast.ImportFrom):
        return [alias.asname for alias in node.names if alias.asname]
    return []


class _Renamed(ast.NodeTransformer):
    """Numbers the names that a text makes itself, in the order in which they come."""

    def __init__(self, made: set[str], numbers: dict[str, str]) -> None:
        self._made, self._numbers = made, numbers

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """Texts, SQL among them, without layout; they may name what the code names."""
        if isinstance(node.value, str):
            node.value = re.sub(r"\w+", lambda word: self._number(word[0]), _words(node.value))
        return node

    def _number(self, name: str) -> str:
        if name not in self._made:
            return name
        return self._numbers.setdefault(name, f"_{len(self._numbers)}")

    def generic_visit(self, node: ast.AST) -> ast.AST:
        """Number the node's own name, then those within it."""
        for field in ("name", "id", "arg", "asname"):
            name = getattr(node, field, None)
            if isinstance(name, str):
                setattr(node, field, self._number(name))
        return super().generic_visit(node)
