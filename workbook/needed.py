"""The cells that a page's answers need: set-up, and whatever binds a name that they use.

Of a cell that only imports what is used the import alone is needed: beside it may stand seconds of
work, or another exercise's imports.
"""

from __future__ import annotations

import ast
import functools
import itertools
import symtable
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from workbook import pages, syntax
from workbook.session import Cell

_FUNCTION = ast.FunctionDef | ast.AsyncFunctionDef
# Of Python's own: a call changes nothing that another cell could find in them.
_STATELESS = {
    "collections", "dataclasses", "datetime", "enum", "functools", "itertools", "json", "math",
    "operator", "pathlib", "re", "statistics", "string", "textwrap", "typing",
}  # fmt: skip
_CHANGED = ast.Attribute | ast.Subscript  # `x.y = …`, `x[y] = …`, `x.append(…)`


@dataclass(frozen=True)
class Read:
    """A code cell as Python. `number`: the cell's place among all cells, from 1 on.

    `uses`: names that it takes from the page; `binds`: names that it gives to it; `makes`: those of
    them that are not only imported; `changes`: names whose objects it changes; `continues`:
    exercises for which it lets the reference stand in; `opens`: whether it sets up, and runs in
    any case; `settles`: names that it binds before it uses them; `imports`: names that it imports
    first of all and leaves as they are, each with its statement.
    """

    number: int
    source: str
    uses: frozenset[str] = frozenset()
    binds: frozenset[str] = frozenset()
    makes: frozenset[str] = frozenset()
    changes: frozenset[str] = frozenset()
    continues: frozenset[str] = frozenset()
    opens: bool = False
    settles: frozenset[str] = frozenset()
    imports: Mapping[str, str] = field(default_factory=dict)


def read(page: pages.Page) -> list[Read]:
    """Every code cell of a page that reads as Python, magics included."""
    found = []
    for number, cell in enumerate(page["cells"], 1):
        if cell["cell_type"] == "code":
            tagged = "parameters" in pages.tags(cell) or "open_lab(" in cell["source"]
            found += [one for one in [cell_read(number, cell["source"], tagged)] if one]
    return found


@functools.lru_cache(maxsize=512)  # a page is read for each of its exercises: the same cells
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
        frozenset(_settled(tree)),
        {n: told for n, told in _imported(tree).items() if n not in makes | changes},
    )


def _settled(tree: ast.Module) -> Iterator[str]:
    """Names whose first mention in a cell binds them, by a statement that runs in any case."""
    seen: set[str] = set()
    for node in tree.body:
        bound: list[str] = []
        if isinstance(node, ast.Import | ast.ImportFrom):
            bound = list(map(_alias, node.names))
        elif isinstance(node, ast.Assign):
            bound = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            bound = [node.name]
        mentioned = {n.id for n in ast.walk(node) if isinstance(n, ast.Name) and not _stored(n)}
        yield from (name for name in bound if name not in seen | mentioned)
        seen |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
        seen |= set(bound)


def _stored(node: ast.Name) -> bool:
    return isinstance(node.ctx, ast.Store)


def _imported(tree: ast.Module) -> dict[str, str]:
    """The imports at a cell's beginning, name -> statement, of packages that it leaves as they are.

    Whatever a cell does with a package as it runs may change what others find there.
    """
    leading = [*itertools.takewhile(_imports_or_tells, tree.body)]
    found: dict[str, str] = {}
    packages: dict[str, set[str]] = {}
    unsure = set(_handed(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = _alias(alias)
                if node not in leading:  # and perhaps in one of two ways
                    unsure.add(name)
                told = found.get(name, "")
                found[name] = "\n".join(filter(None, [told, ast.unparse(node)]))
                source = (node.module or "") if isinstance(node, ast.ImportFrom) else alias.name
                packages.setdefault(name, set()).add(source.partition(".")[0])
    used = {one for name in _used_at_once(tree) for one in packages.get(name, ())} - _STATELESS
    return {n: told for n, told in found.items() if n not in unsure and not packages[n] & used}


def _handed(tree: ast.Module) -> Iterator[str]:
    """Names that a cell passes as they are: whoever gets a module may change it."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            given = [*node.args, *(keyword.value for keyword in node.keywords)]
            yield from (part.id for part in given if isinstance(part, ast.Name))


def _used_at_once(tree: ast.Module) -> set[str]:
    """Names that a cell uses as it runs, also within those of its functions that it mentions."""
    functions = {n.name: n for n in tree.body if isinstance(n, _FUNCTION)}
    waiting: list[ast.AST] = []
    for node in tree.body:
        if isinstance(node, _FUNCTION):
            defaults = [one for one in node.args.kw_defaults if one]
            waiting += [*node.decorator_list, *node.args.defaults, *defaults]
        else:
            waiting.append(node)
    used: set[str] = set()
    while waiting:
        names = {one.id for one in ast.walk(waiting.pop()) if isinstance(one, ast.Name)} - used
        used |= names
        waiting += [functions[name] for name in names & functions.keys()]
    return used


def _alias(alias: ast.alias) -> str:
    return alias.asname or alias.name.partition(".")[0]


def _imports_or_tells(node: ast.stmt) -> bool:
    told = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return told or isinstance(node, ast.Import | ast.ImportFrom)


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
    imported: dict[int, set[str]] = {}  # cells of which only imports are needed, and which
    waiting = sorted(wanted | (set(answers) & set(by_number)))
    while waiting:
        number = waiting.pop()
        wanted.add(number)
        one = by_number[number]
        for name in one.uses:
            new = _bringing(name, number, found, bringing) - wanted
            for other in [n for n in new if name in by_number[n].imports]:
                new.remove(other)
                if name not in one.settles:
                    imported.setdefault(other, set()).add(name)
            if name not in one.settles or name in _only_imported(one):
                wanted |= new
                waiting += new
    return [
        one if one.number in wanted else _import_of(one, imported[one.number])
        for one in found
        if one.number in wanted or one.number in imported
    ]


def of_last(texts: Sequence[str]) -> list[str]:
    """What the last of some texts needs of those above it; all where one is not Python."""
    tried = [cell_read(number, text) for number, text in enumerate(texts)]
    found = [one for one in tried if one]
    if len(found) < len(texts):
        return list(texts)
    chosen = cells(found, [len(texts) - 1], lambda _: ())
    return [texts[one.number] if one in found else one.source for one in chosen]


def _only_imported(one: Read) -> frozenset[str]:
    """A module is one object for all cells: what another cell did to it counts."""
    return one.binds - one.makes


def _import_of(one: Read, names: Iterable[str]) -> Read:
    told = {name: one.imports[name] for name in sorted(names)}
    source = "\n".join(dict.fromkeys(told.values()))
    nothing: frozenset[str] = frozenset()
    return replace(
        one, source=source, uses=nothing, binds=frozenset(told), makes=nothing, changes=nothing,
        continues=nothing, opens=False, settles=frozenset(told), imports=told,
    )  # fmt: skip


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


def can_follow(cells: Sequence[Cell], ran: Sequence[Cell]) -> bool:
    """Whether cells mean the same in a process where others ran, for exercises judged before.

    Those that ran already must neither bind anew what these use or bind, nor stand on the page
    behind one that is still to run and binds what they use.
    """
    strangers = [one for one in ran if one not in cells]
    there = [one for one in cells if one in ran]
    late = cells[: cells.index(there[-1])] if there else []
    behind = [one for one in late if one not in ran]
    return not (clashing(cells, strangers) or clashing(there, behind))


def clashing(own: Iterable[Cell], others: Iterable[Cell]) -> bool:
    """Whether other cells bind a name that an answer's own cells use or bind, imports apart."""
    mine = {name for one in _told(own) for name in one.uses | one.binds}
    theirs = {name for one in _told(others) for name in one.makes}
    return bool(mine & theirs)


def _told(given: Iterable[Cell]) -> Iterator[Read]:
    return (one for cell in given if (one := cell_read(0, cell.source)))


def imports(given: Iterable[Cell], known: Sequence[str]) -> list[str]:
    """Which of the known modules the cells import: what they name, or a part of it."""
    named = {name for cell in given for name in _packages(cell.source)}
    return [module for module in known if module.partition(".")[0] in named]


@functools.lru_cache(maxsize=512)  # asked again for each of a page's exercises
def _packages(source: str) -> frozenset[str]:
    tree = syntax.parse(source) or ast.Module([], [])
    return frozenset(n.partition(".")[0] for node in ast.walk(tree) for n in _modules(node))


def _modules(node: ast.AST) -> list[str]:
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return [alias.name for alias in node.names] if isinstance(node, ast.Import) else []


def as_cells(chosen: Iterable[Read]) -> list[Cell]:
    """Cells to run, named as the learner counts them."""
    return [Cell(one.source, f"cell {one.number}") for one in chosen]
