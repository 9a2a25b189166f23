"""The cells that a page's answers need: set-up, and whatever binds a name that they use."""

from __future__ import annotations

import ast
import symtable
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from workbook import pages, syntax
from workbook.session import Cell

_CHANGED = ast.Attribute | ast.Subscript  # `x.y = …`, `x[y] = …`, `x.append(…)`


@dataclass(frozen=True)
class Read:
    """A code cell as Python. `number`: the cell's place among all cells, from 1 on.

    `uses`: names that it takes from the page; `binds`: names that it gives to it; `makes`: those of
    them that are not only imported; `changes`: names whose objects it changes; `continues`:
    exercises for which it lets the reference stand in; `opens`: whether it sets up, and runs in
    any case.
    """

    number: int
    source: str
    uses: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    makes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    continues: frozenset[str] = frozenset()
    opens: bool = False


def read(page: pages.Page) -> list[Read]:
    """Every code cell of a page that reads as Python, magics included."""
    found = []
    for number, cell in enumerate(page["cells"], 1):
        if cell["cell_type"] == "code":
            tagged = "parameters" in pages.tags(cell) or "open_lab(" in cell["source"]
            found += [one for one in [cell_read(number, cell["source"], tagged)] if one]
    return found


def cell_read(number: int, source: str, opens: bool = False) -> Read | None:
    """What one cell takes and gives; None if it does not parse."""
    tree = syntax.parse(source)
    if tree is None:
        return None
    try:
        uses, binds, makes = _names(ast.unparse(tree))
    except (SyntaxError, ValueError, RecursionError):
        return None
    # `from x import *` binds what nobody can know from here: it is set-up.
    starred = any(
        alias.name == "*"
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    )
    changes = frozenset(_changed(tree))
    return Read(
        number,
        syntax.code(source),
        uses | changes,  # also `x += 1`, which to Python is no use of x
        binds,
        makes,
        changes - {"lab"},
        frozenset(_continued(tree)),
        opens or starred,
    )


def _names(source: str) -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """The names that a module takes from its globals, sets there, and does not only import."""
    uses: set[str] = set()
    binds: set[str] = set()
    makes: set[str] = set()

    def look(table: symtable.SymbolTable) -> None:
        top = table.get_type() == "module"
        for symbol in table.get_symbols():
            if top or symbol.is_global():
                uses.update([symbol.get_name()] * symbol.is_referenced())
                made = symbol.is_assigned() or symbol.is_namespace()
                makes.update([symbol.get_name()] * (made and not symbol.is_imported()))
                binds.update([symbol.get_name()] * (made or symbol.is_imported()))
        for child in table.get_children():
            look(child)

    look(symtable.symtable(source, "cell", "exec"))
    return frozenset(uses), frozenset(binds), frozenset(makes)


def _changed(tree: ast.Module) -> Iterator[str]:
    """Names whose objects a cell's own statements change: by a target, or by a call on them."""
    for node in _own(tree.body):
        targets: list[ast.expr] = []
        if isinstance(node, ast.Assign | ast.Delete):
            targets = node.targets
        elif isinstance(node, ast.AugAssign):
            targets = [node.target]
            yield from [node.target.id] if isinstance(node.target, ast.Name) else []
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
            targets = [node.value.func]
        yield from (root for root in map(_root, targets) if root)


def _own(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """A cell's statements, also within loops and conditions, but not those of its functions."""
    for node in body:
        yield node
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield from _own([n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)])


def _root(node: ast.expr) -> str:
    """`x` of `x.y[0].z`; "" for a plain name."""
    inner = node
    while isinstance(inner, _CHANGED):
        inner = inner.value
    return inner.id if isinstance(inner, ast.Name) and inner is not node else ""


def _continued(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == "continue_from"
            and node.args
            and isinstance(node.args[0], ast.Constant)
        ):
            yield str(node.args[0].value)


def cells(
    found: Sequence[Read], answers: Iterable[int], given: Callable[[str], Iterable[str]]
) -> list[Read]:
    """The cells that the answers in the cells `answers` (by number) need, in the page's order.

    `given`: the names that an exercise's reference brings where a cell continues from it.
    """
    by_number = {one.number: one for one in found}
    bringing = {
        one.number: one.binds | {name for e in one.continues for name in given(e)} for one in found
    }
    wanted = {one.number for one in found if one.opens}
    waiting = sorted(wanted | (set(answers) & set(by_number)))
    while waiting:
        number = waiting.pop()
        wanted.add(number)
        for name in by_number[number].uses:
            new = _bringing(name, number, found, bringing) - wanted
            wanted |= new
            waiting += new
    return [one for one in found if one.number in wanted]


def _bringing(
    name: str, number: int, found: Sequence[Read], bringing: Mapping[int, frozenset[str]]
) -> set[int]:
    """The cell that binds a name last before a cell uses it, else first after it.

    With it come the cells in between that change what it bound.
    """
    binding = [one.number for one in found if name in bringing[one.number]]
    before = [n for n in binding if n < number]
    if number in binding and not before:
        return set()
    chosen = before[-1:] or [n for n in binding if n > number][:1]
    changing = {
        one.number
        for n in chosen
        for one in found
        if n < one.number < number and name in one.changes
    }
    return set(chosen) | changing


def clashing(own: Iterable[Cell], others: Iterable[Cell]) -> bool:
    """Whether other cells bind a name that an answer's own cells use or bind, imports apart.

    On the page the answer was checked before they ran.
    """
    mine = {name for one in _told(own) for name in one.uses | one.binds}
    theirs = {name for one in _told(others) for name in one.makes}
    return bool(mine & theirs)


def _told(given: Iterable[Cell]) -> Iterator[Read]:
    return (one for cell in given if (one := cell_read(0, cell.source)))


def as_cells(chosen: Iterable[Read]) -> list[Cell]:
    """Cells to run, named as the learner counts them."""
    return [Cell(one.source, f"cell {one.number}") for one in chosen]
