"""How cells register answers: `lab.exercise("…")`, also under a name that a cell gave to it."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from workbook.syntax import parse

ANY = ""  # a name for `lab.exercise` itself, which is still to be told the exercise
TEXT = "="  # before a text that a name stands for; it may be the exercise
Known = Mapping[str, str]  # a name -> the exercise that it registers for, ANY, or TEXT and a text
_TEXTS = re.compile(r"""^(\w+)[ ]*(?::[^=\n]*)?=[ ]*(["'])([a-z-]+)\2[ ]*$""", re.M)


def in_cell(source: str, known: Known | None = None) -> list[tuple[str, tuple[str, ...]]]:
    """The exercises that a cell answers, each with the names that it registers for it.

    `known`: what other cells gave names to.
    """
    if "exercise" not in source and not known:  # most cells; to read them all takes a while
        return []
    return list(_answered(source, tuple((known or {}).items())))


@functools.lru_cache(maxsize=512)  # a page is read for each of its exercises: the same cells
def _answered(
    source: str, named: tuple[tuple[str, str], ...]
) -> tuple[tuple[str, tuple[str, ...]], ...]:
    tree, known = parse(source), dict(named)
    known |= _names(tree, known)
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
    return tuple((exercise, tuple(names)) for exercise, names in found.items())


def names(source: str, known: Known | None = None) -> dict[str, str]:
    """The names that a cell gives to `lab.exercise`, to what that returns, or to a short text."""
    return dict(_named(source, tuple((known or {}).items())))


@functools.lru_cache(maxsize=512)
def _named(source: str, known: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    texts = {name: TEXT + text for name, _, text in _TEXTS.findall(source)}
    told = _names(parse(source), dict(known)) if "exercise" in source else {}
    return tuple((texts | told).items())


def of_others(source: str, others: Iterable[str]) -> tuple[dict[str, str], Sequence[str]]:
    """What a cell's decorators may mean by names that other cells bound, and those cells."""
    used = None
    for other in others:
        bound = names(other)
        if bound and used is None:
            tree = parse(source) or ast.Module([], [])
            used = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
            used -= names(source).keys()
            asked = set(_asked(tree))
        if bound and used:
            bound = {n: told for n, told in bound.items() if told[:1] != TEXT or n in asked}
            if used & bound.keys():
                return bound, [other]
    return {}, []


def _asked(tree: ast.Module) -> Iterator[str]:
    """The names by which a cell tells `lab.exercise` its exercise."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _registers(node.func):
            yield from (one.id for one in ast.walk(node) if isinstance(one, ast.Name))


def _names(tree: ast.Module | None, known: Known) -> dict[str, str]:
    found: dict[str, str] = {}
    for node in ast.walk(tree) if tree else ():
        if isinstance(node, ast.Assign | ast.AnnAssign | ast.NamedExpr) and node.value:
            told = _bound(node.value, {**known, **found})
            bound = node.targets if isinstance(node, ast.Assign) else [node.target]
            targets = [t.id for t in bound if isinstance(t, ast.Name)]
            found |= dict.fromkeys(targets, told) if told is not None else {}
    return found


def _bound(value: ast.expr, known: Known) -> str | None:
    """The exercise for which a value registers, ANY, a text, or None for any other value."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        return TEXT + value.value
    if _registers(value):
        return ANY
    if isinstance(value, ast.Name):
        return known.get(value.id)
    return _exercise_id(value, known) if _arguments(value) == 1 else None


def _registers(node: ast.expr) -> bool:
    """Whether it is `lab.exercise`, or `getattr(lab, "exercise")`."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "getattr":
        return len(node.args) > 1 and _text(node.args[1], {}) == "exercise"
    return isinstance(node, ast.Attribute) and node.attr == "exercise"


def _arguments(node: ast.AST) -> int:
    return len(node.args) + len(node.keywords) if isinstance(node, ast.Call) else 0


def _exercise_id(node: ast.AST, known: Known) -> str | None:
    """The exercise that `lab.exercise("…")` names, or that a name stands for."""
    if isinstance(node, ast.NamedExpr):
        return _exercise_id(node.value, known)
    if isinstance(node, ast.Name):
        told = known.get(node.id, "")
        return None if told.startswith(TEXT) else told or None
    if not isinstance(node, ast.Call):
        return None
    if not (
        _registers(node.func)
        or (isinstance(node.func, ast.Name) and known.get(node.func.id) == ANY)
    ):
        return None
    keywords = [k.value for k in node.keywords if k.arg == "exercise_id"]
    return _text(next(iter([*node.args, *keywords]), None), known)


def _text(given: ast.expr | None, known: Known) -> str | None:
    """The text that an argument is, as far as it stands there or a name was given to it."""
    if isinstance(given, ast.Name):
        told = known.get(given.id, "")
        return told.removeprefix(TEXT) if told.startswith(TEXT) else None
    if isinstance(given, ast.JoinedStr):
        parts = [part.value for part in given.values if isinstance(part, ast.Constant)]
        return "".join(map(str, parts)) if len(parts) == len(given.values) else None
    return str(given.value) if isinstance(given, ast.Constant) else None
