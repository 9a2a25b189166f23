"""What the rows of a join are matched by: equal columns, an order, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.tree import Node, Tree, belongs, conjuncts, own_columns

_ORDERS = (exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Between, exp.NEQ)


def meets_all(scope: Scope, join: exp.Join, source: Any) -> bool:
    """Whether a join matches each row with many by nothing but an order, if by anything: CROSS
    JOIN, ON true. What UNNEST and the like give is made of each row, so it is not such a source.
    """
    told = scope.expression.args.get("where"), join.args.get("on")
    matching = (
        node
        for part in told
        for node in conjuncts(part)
        if not isinstance(node, _ORDERS) and len(list(own_columns(node))) > 1
    )
    whole = isinstance(source, exp.Table) or isinstance(source.expression, exp.Query)
    return whole and not join.args.get("using") and next(matching, None) is None


def orders(node: Node) -> Iterator[tuple[Node, Node]]:
    """(smaller, larger) of what a condition puts in order."""
    if isinstance(node, exp.Between):
        yield node.args["low"], node.this
        yield node.this, node.args["high"]
    elif isinstance(node, exp.LT | exp.LTE):
        yield node.left, node.right
    elif isinstance(node, exp.GT | exp.GTE):
        yield node.right, node.left


def pairs(
    tree: Tree, scope: Scope, join: exp.Join, alias: str, before: list[str]
) -> Iterator[tuple[str, str, str]]:
    """(left source, its column, the joined source's column) for each equality of a join."""
    for name in join.args.get("using") or ():
        yield before[0], name.name.lower(), name.name.lower()
    told = scope.expression.args.get("where") if _by_comma(join) else join.args.get("on")
    for node in conjuncts(told):
        if isinstance(node, exp.EQ | exp.NullSafeEQ):
            sides = [column_of(side) for side in (node.left, node.right)]
            if all(isinstance(side, exp.Column) for side in sides):
                yield from _pair(tree, scope, sides, alias, before)


def _by_comma(join: exp.Join) -> bool:
    """FROM a, b WHERE a.id = b.id: what joins them stands among the filters. Some dialects read a
    comma as CROSS JOIN, which means the same.
    """
    told = join.args.get("on") or join.args.get("using") or join.side
    return not told and join.kind in ("", "CROSS")


def column_of(node: Node) -> Node:
    """The column that a side of an equality fixes, also if it is cast, moved by a constant or
    written in one way.
    """
    node = node.unnest()
    if isinstance(node, exp.Cast | exp.Lower | exp.Upper | exp.Trim):
        return column_of(node.this)
    if isinstance(node, exp.Add | exp.Sub):
        for one, other in ((node.left, node.right), (node.right, node.left)):
            if not other.find(exp.Column, exp.Query):
                return column_of(one)
    return node


def _pair(
    tree: Tree, scope: Scope, sides: list[Any], alias: str, before: list[str]
) -> Iterator[tuple[str, str, str]]:
    for mine, other in (sides, sides[::-1]):
        if belongs(scope, mine, alias, tree) and mine.table.lower() != other.table.lower():
            left = next((b for b in before if belongs(scope, other, b, tree)), "")
            if left:
                yield left, other.name.lower(), mine.name.lower()
                return
