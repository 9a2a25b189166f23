"""The text of an answer: what a cell registers, or the text itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator


def text_of(text: str) -> str:
    """The text itself; where it is the cell that registers it, what stands in there."""
    if "lab.exercise(" not in text:
        return text
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return text
    named = {name: value for node in ast.walk(tree) for name, value in _assigned(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "exercise":
            for part in [*node.args[1:], *(keyword.value for keyword in node.keywords)]:
                found = named.get(part.id) if isinstance(part, ast.Name) else part
                if isinstance(found, ast.Constant) and isinstance(found.value, str):
                    return found.value
    return text


def _assigned(node: ast.AST) -> Iterator[tuple[str, ast.expr]]:
    if isinstance(node, ast.Assign):
        yield from ((t.id, node.value) for t in node.targets if isinstance(t, ast.Name))
