"""Whether a join repeats rows: what a source is unique by, and what it is joined on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlglot import ErrorLevel, exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.catalog import Table
from fieldkit.audit.keys import column_of, meets_all, orders, pairs
from fieldkit.audit.tree import Node, Tree, belongs, conjuncts, filters, own_columns, sources

_KEEPS_LEFT = ("SEMI", "ANTI")


@dataclass(frozen=True)
class Repeating:
    """A join that repeats the rows of `aliases`, because `other` is not unique by `keys`.

    `source`: the table or scope behind `other`; `scope`: where it is joined; `both`: the two sides
    repeat each other; `tested`: what a row of `other` is, only a test or a merge key says.
    """

    aliases: frozenset[str]
    other: str
    keys: tuple[str, ...]
    node: Node
    source: Any
    scope: Scope
    both: bool = False
    tested: bool = False


def joins_that_repeat(tree: Tree, scope: Scope) -> tuple[list[Repeating], list[str]]:
    """The joins of a scope that repeat rows, and the sources whose grain nobody has said."""
    known = f"joins {id(scope)}"
    if known not in tree.memory:  # steps that read each other ask for the same again and again
        tree.memory[known] = _joins_that_repeat(tree, scope)
    found: tuple[list[Repeating], list[str]] = tree.memory[known]
    return found


def _joins_that_repeat(tree: Tree, scope: Scope) -> tuple[list[Repeating], list[str]]:
    select, found, unsaid = scope.expression, [], []
    if not isinstance(select, exp.Select):
        return [], []
    known = dict(sources(scope))
    before: list[str] = [_first(select)]
    for join in select.args.get("joins") or ():
        alias = join.alias_or_name
        equal = list(pairs(tree, scope, join, alias, before))
        keyed = bool(equal) or (alias in known and meets_all(scope, join, known[alias]))
        if alias in known and keyed and not _keeps_one_side(scope, tree, join):
            repeats = []
            for one, others, keys in _sides(scope, tree, alias, equal, before):
                fixed = _grouped(scope, one, tree) | _named(scope, join, one, tree)
                unique = unique_by(known.get(one), keys | fixed, tree)
                unique = None if _read_along(scope, one, keys | fixed, tree) else unique
                if unique is False and not _at_its_moment(scope, tree, join, one):
                    names = tuple(sorted(keys))
                    told = (frozenset(others), one, names, join, known[one], scope)
                    repeats.append(Repeating(*told, tested=_is_tested(known[one], tree)))
                unsaid += [one] * (unique is None and bool(equal))
            found += [replace(one, both=len(repeats) == 2) for one in repeats]
        before.append(alias)
    return found, unsaid


def _is_tested(source: Any, tree: Tree) -> bool:
    """Whether only a test says what a row of a table is, or of one that a step picks from."""
    if isinstance(source, exp.Table):
        table = tree.catalog.find(".".join(part.name for part in source.parts))
        return table is not None and table.tested
    if _grain(source, tree) is not None:
        return False
    first = dict(sources(source)).get(_first(source.expression))
    return first is not None and _is_tested(first, tree)


def _keeps_one_side(scope: Scope, tree: Tree, join: exp.Join) -> bool:
    """Whether rows only meet to be kept or left out: SEMI, ANTI, and the rows that a LEFT JOIN
    finds no partner for, which it cannot repeat.
    """
    if join.kind in _KEEPS_LEFT:
        return True
    return join.side == "LEFT" and any(
        isinstance(node, exp.Is)
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Null)
        and belongs(scope, node.this, join.alias_or_name, tree)
        for node in conjuncts(scope.expression.args.get("where"))
    )


def _read_along(scope: Scope, alias: str, keys: set[str], tree: Tree) -> bool:
    """Whether a group that the keys leave open is read beside them: then it goes with the keys,
    as decimals go with a token. Nobody reads one that was forgotten.
    """
    source = dict(sources(scope)).get(alias)
    if not isinstance(source, Scope) or not isinstance(source.expression, exp.Select):
        return False
    if source.expression.args.get("group") is None:
        return False
    left_open = (_grain(source, tree) or set()) - keys
    return any(
        column.name.lower() in left_open and belongs(scope, column, alias, tree)
        for item in scope.expression.expressions
        for column in own_columns(item)
    )


def _at_its_moment(scope: Scope, tree: Tree, join: exp.Join, alias: str) -> bool:
    """A history joined by valid from and valid to: at each moment it has one row of a key."""
    conditions = [*conjuncts(join.args.get("on")), *conjuncts(scope.expression.args.get("where"))]
    ordered = [order for node in conditions for order in orders(node)]
    since = {(n, _key(large)) for small, large in ordered for n in _mine(scope, tree, small, alias)}
    until = {(n, _key(small)) for small, large in ordered for n in _mine(scope, tree, large, alias)}
    return any(a != b and one == other for a, one in since for b, other in until)


def _mine(scope: Scope, tree: Tree, node: Node, alias: str) -> set[str]:
    return {c.name.lower() for c in own_columns(node) if belongs(scope, c, alias, tree)}


def _sides(
    scope: Scope, tree: Tree, alias: str, equal: list[tuple[str, str, str]], before: list[str]
) -> Iterator[tuple[str, list[str], set[str]]]:
    """(who may repeat, whose rows, its keys): the joined source, and what it is joined to. Without
    an equality each row meets many.
    """
    yield alias, before, {right for _, _, right in equal}
    lefts = {left for left, _, _ in equal} if equal else set(before)
    if len(lefts) == 1:
        yield next(iter(lefts)), [alias], {name for _, name, _ in equal}


def _first(select: Node) -> str:
    start = select.args.get("from_") or select.args.get("from")
    return str(start.this.alias_or_name) if start is not None else ""


def _grouped(scope: Scope, alias: str, tree: Tree) -> set[str]:
    """Within a group its columns are fixed, so they count as keys."""
    names = grouped_by(scope.expression)
    return {c.name.lower() for c in names or () if belongs(scope, c, alias, tree)}


def _named(scope: Scope, join: exp.Join, alias: str, tree: Tree) -> set[str]:
    """Columns that a condition sets equal to one value: a label, or what another row says."""
    conditions = [*conjuncts(join.args.get("on")), *conjuncts(scope.expression.args.get("where"))]
    pairs = [(n.left, n.right) for n in conditions if isinstance(n, exp.EQ)]
    return {
        mine.name.lower()
        for one, other in pairs
        for mine, value in ((one, other), (other, one))
        if isinstance(mine, exp.Column) and not value.find(exp.Query)
        if belongs(scope, mine, alias, tree) and not _mine(scope, tree, value, alias)
    }


def grouped_by(select: Node) -> list[exp.Column] | None:
    """The columns of GROUP BY, ordinals and ALL resolved; None without one."""
    group = select.args.get("group")
    if group is None:
        return None
    items = select.expressions
    if group.args.get("all"):
        found = [item.unalias() for item in items if not item.find(exp.AggFunc)]
    else:
        found = [_by_place(one, items) for one in group.expressions]
    return [one for one in found if isinstance(one, exp.Column)]


def _by_place(node: Node, items: list[Any]) -> Node:
    if isinstance(node, exp.Literal) and node.is_int and 0 < int(node.this) <= len(items):
        return items[int(node.this) - 1].unalias()
    named = [item for item in items if item.alias and item.alias == node.name]
    return named[0].unalias() if named and not named[0].find(exp.AggFunc) else node


def unique_by(source: Any, columns: set[str], tree: Tree) -> bool | None:
    """Whether no two rows of a table or scope agree on these columns; None if nobody has said."""
    if isinstance(source, exp.Table):
        table = tree.catalog.find(".".join(part.name for part in source.parts))
        return None if table is None or not table.grain else _unique_table(table, columns)
    if not isinstance(source, Scope):
        return None
    known = f"unique {id(source)} {sorted(columns)}"
    if known not in tree.memory:
        tree.memory[known] = _unique_scope(source, columns, tree)
    found: bool | None = tree.memory[known]
    return found


def _unique_scope(source: Scope, columns: set[str], tree: Tree) -> bool | None:
    if isinstance(source.expression, exp.Union):
        return _unique_union(source, columns, tree)
    if not isinstance(source.expression, exp.Select):
        return None
    grain = _grain(source, tree)
    if grain is None:
        return _as_its_source(source, columns, tree)
    if grain <= columns:
        return True
    # Of DISTINCT or grouped rows some of the columns may be enough: a name that goes with an id.
    # Where only one is missing from the join's keys it is one that somebody has forgotten. A key
    # that is no group, such as the newest id of each, may well be unique.
    distinct = source.expression.args.get("distinct") is not None
    unsure = distinct or len(grain - columns) > 1 or not columns <= grain
    return None if unsure else False


def _unique_union(source: Scope, columns: set[str], tree: Tree) -> bool | None:
    """Rows of several parts repeat what one of them repeats; otherwise nobody knows."""
    parts = source.set_operation_scopes
    names = [set(getattr(part.expression, "named_selects", ())) for part in parts]
    if not all(columns <= {name.lower() for name in own} for own in names):
        return None  # the parts have other names: which column is which is not looked into
    return False if False in [unique_by(part, columns, tree) for part in parts] else None


def _unique_table(table: Table, columns: set[str]) -> bool | None:
    """Of other columns a tested key says nothing: they may be a second key. Of several columns that
    are tested together one may well be enough, but somebody thought that it is not.
    """
    grain = set(table.grain)
    if grain <= columns:
        return True
    left_open = grain - columns - set(table.partitions)
    return None if table.tested and not (left_open and columns < grain) else False


def _grain(scope: Scope, tree: Tree) -> set[str] | None:
    """The output columns that a SELECT is unique by because of what it does itself."""
    known = f"grain {id(scope)}"
    if known not in tree.memory:
        tree.memory[known] = _own_grain(scope, tree)
    found: set[str] | None = tree.memory[known]
    return found


def _own_grain(scope: Scope, tree: Tree) -> set[str] | None:
    select = scope.expression
    names = {_key(item.unalias()): item.alias_or_name.lower() for item in select.expressions}
    limit = select.args.get("limit")
    if limit is not None and limit.expression is not None and limit.expression.name == "1":
        return set()
    if select.args.get("group") is not None:
        grouped = _needed(scope, grouped_by(select) or [], tree)
        fixed = _one_value(select)
        named = {names.get(_key(one), one.name.lower()): one for one in grouped}
        return {name for name, one in named.items() if not fixed & {name, one.name.lower()}}
    aggregates = [a for item in select.expressions for a in item.find_all(exp.AggFunc)]
    if any(not a.find_ancestor(exp.Window) for a in aggregates):
        return set()
    if select.args.get("distinct") is not None:
        return set(names.values())
    return first_of_each(scope)


def _needed(scope: Scope, grouped: list[exp.Column], tree: Tree) -> list[exp.Column]:
    """A group without the columns that go with its others: a name beside the id, the last block of
    a day beside the day.
    """
    needed = list(grouped)
    for one in reversed(grouped):
        others = [column for column in needed if column is not one]
        if others and any(
            _goes_with(scope, one, others, alias, tree) for alias, _ in sources(scope)
        ):
            needed = others
    return needed


def _goes_with(
    scope: Scope, column: exp.Column, others: list[exp.Column], alias: str, tree: Tree
) -> bool:
    """Whether a column is one of a source that is unique by the others."""
    if not _names_in(scope, column, alias, tree):
        return False
    names = set().union(*(_names_in(scope, one, alias, tree) for one in others))
    return unique_by(dict(sources(scope))[alias], names, tree) is True


def _names_in(scope: Scope, column: exp.Column, alias: str, tree: Tree) -> set[str]:
    """What a column is called in a source: its own name, or that of one that is equal to it."""
    if belongs(scope, column, alias, tree):
        return {column.name.lower()}
    pairs = [(n.left, n.right) for n in filters(scope) if isinstance(n, exp.EQ)]
    return {
        its.name.lower()
        for mine, its in (*pairs, *((b, a) for a, b in pairs))
        if mine == column and isinstance(its, exp.Column) and its.table
        if belongs(scope, its, alias, tree)
    }


def _one_value(select: Node) -> set[str]:
    """The columns of a group that a condition sets to one constant."""
    conditions = [*conjuncts(select.args.get("where")), *conjuncts(select.args.get("having"))]
    return {
        node.left.name.lower()
        for node in conditions
        if isinstance(node, exp.EQ) and isinstance(node.left, exp.Column)
        if not node.right.find(exp.Column, exp.Query)
    }


def _key(node: Node) -> str:
    return str(node.sql(unsupported_level=ErrorLevel.IGNORE)).lower()


def first_of_each(scope: Scope) -> set[str] | None:
    """What the rows are unique by: row 1 of each partition of row_number() is kept."""
    select = scope.expression
    ranked = {
        item.alias.lower(): window
        for part in (select, *(s.expression for _, s in sources(scope) if isinstance(s, Scope)))
        if isinstance(part, exp.Select)
        for item in part.expressions
        for window in item.find_all(exp.Window)
        if isinstance(window.this, exp.RowNumber)
    }
    where = (*conjuncts(select.args.get("qualify")), *conjuncts(select.args.get("where")))
    for node in where:
        if isinstance(node, exp.EQ) and node.right.name == "1":
            direct = node.left if isinstance(node.left, exp.Window) else None
            window = direct or ranked.get(node.left.name.lower())
            if window is not None:
                return {p.name.lower() for p in window.args.get("partition_by") or ()}
    return None


def _as_its_source(scope: Scope, columns: set[str], tree: Tree) -> bool | None:
    """A SELECT that only picks rows and columns is unique by what its source is unique by."""
    known = dict(sources(scope))
    first = _first(scope.expression)
    if first not in known:
        return None
    repeating, unsaid = joins_that_repeat(tree, scope)
    crossed = [j for j in scope.expression.args.get("joins") or () if not _has_keys(j)]
    if crossed or unsaid:
        return None
    if any(first in one.aliases for one in repeating):
        return False
    inside, made = set(), False
    for item in scope.expression.expressions:
        value = column_of(item.unalias())
        if item.is_star:
            inside |= columns
        elif item.alias_or_name.lower() in columns:
            made = made or not isinstance(value, exp.Column)
            inside |= {value.name.lower()} if isinstance(value, exp.Column) else set()
    unique = unique_by(known[first], inside | _picked(scope, first, tree), tree)
    # A key that is made here, of a column of each of two sources, may name a row all the same.
    return None if made and not unique else unique


def _picked(scope: Scope, alias: str, tree: Tree) -> set[str]:
    """Columns of which a SELECT keeps one value."""
    return {
        mine.name.lower()
        for node in conjuncts(scope.expression.args.get("where"))
        if isinstance(node, exp.EQ)
        for mine, value in ((node.left, node.right), (node.right, node.left))
        if isinstance(mine, exp.Column) and not value.find(exp.Column, exp.Query)
        if belongs(scope, mine, alias, tree)
    }


def _has_keys(join: exp.Join) -> bool:
    return bool(join.args.get("on") or join.args.get("using"))
