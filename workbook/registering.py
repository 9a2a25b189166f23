"""How cells register answers: `lab.exercise("…")`, also under a name that a cell gave to it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence

from workbook.syntax import parse

ANY = ""  # a name for `lab.exercise` itself, which is still to be told the exercise
Known = Mapping[str, str]  # a name -> the exercise that it registers for, or ANY


def in_cell(source: str, known: Known | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """The exercises that a cell answers, each with the names that it registers for it.

    `known`: what other cells gave names to.
    """
    if "exercise" not in source and not known:  # most cells; to read them all takes a while
        return []
    tree = parse(source)
    known = {**(known or {}), **_names(tree, known or {})}
    found: dict[str, list[str]] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            for decorator in node.decorator_list:
                if exercise := _exercise_id(decorator, known):
                    found.setdefault(exercise, []).append(node.name)
        elif isinstance(node, ast.Call) and (exercise := _exercise_id(node.func, known)):
            given = (arg.id for arg in node.args if isinstance(arg, ast.Name))
            found.setdefault(exercise, []).extend(given)
        elif _arguments(node) > 1 and (exercise := _exercise_id(node, known)):
            found.setdefault(exercise, [])
    return [(exercise, tuple(names)) for exercise, names in found.items()]


def names(source: str, known: Known | None = None) -> dict[str, str]:
    """The names that a cell gives to `lab.exercise`, or to what that returns for an exercise."""
    return _names(parse(source), known or {}) if "exercise" in source else {}


def of_others(source: str, others: Iterable[str]) -> tuple[dict[str, str], Sequence[str]]:
    """What a cell's decorators may mean by names that other cells bound, and those cells."""
    used = None
    for other in others:
        bound = names(other)
        if bound and used is None:
            tree = parse(source) or ast.Module([], [])
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            used -= names(source).keys()
        if bound and used and used & bound.keys():
            return bound, [other]
    return {}, []


def _names(tree: ast.Module | None, known: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assign):
            told = _bound(node.value, {**known, **found})
            targets = [t.id for t in node.targets if isinstance(t, ast.Name)]
            found |= dict.fromkeys(targets, told) if told is not None else {}
    return found


def _bound(value: ast.expr, known: Known) -> str | None:
    """The exercise for which a value registers, ANY, or None for any other value."""
    if isinstance(value, ast.Attribute) and value.attr == "exercise":
        return ANY
    if isinstance(value, ast.Name):
        return known.get(value.id)
    return _exercise_id(value, known) if _arguments(value) == 1 else None


def _arguments(node: ast.AST) -> int:
    return len(node.args) + len(node.keywords) if isinstance(node, ast.Call) else 0


def _exercise_id(node: ast.AST, known: Known) -> str | None:
    """The exercise that `lab.exercise("…")` names, or that a name stands for."""
    if isinstance(node, ast.Name):
        return known.get(node.id) or None
    if not isinstance(node, ast.Call):
        return None
    asked = isinstance(node.func, ast.Attribute) and node.func.attr == "exercise"
    if not (asked or (isinstance(node.func, ast.Name) and known.get(node.func.id) == ANY)):
        return None
    keywords = [k.value for k in node.keywords if k.arg == "exercise_id"]
    first = next(iter([*node.args, *keywords]), None)
    return str(first.value) if isinstance(first, ast.Constant) else None
