"""Whether a read of a partitioned table keeps some partitions only, and by what."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.clock import of_the_run
from fieldkit.audit.meeting import kept_anyway
from fieldkit.audit.render import AS_OF
from fieldkit.audit.tree import (
    Node,
    Read,
    Tree,
    belongs,
    conjuncts,
    filters,
    one_row,
    output_names,
    own_columns,
    passed_on,
    sources,
    text_of,
)

# Only these say which partitions to open. An upper bound alone keeps all of a table that grows.
_KEEPING = (exp.EQ, exp.In, exp.Between, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.Like, exp.NullSafeEQ)
_SAME_VALUE = (exp.Paren, exp.Column, exp.Identifier)
# DATE(x) is how days of a table that is partitioned by time are chosen, and every warehouse sees
# through it; a cast to a time is not promised to be seen through.
_DATES = ("DATE", "DATE32")
# Functions that keep the order of days: below a bound stays below a bound.
_IN_ORDER = (exp.Cast, exp.DateTrunc, exp.TimestampTrunc, exp.Date, exp.TsOrDsToDate, exp.Paren)


@dataclass(frozen=True)
class Kept:
    """How a read is restricted on its partition column.

    `plain`: by the column itself; `wrapped`: only under a function, with the text; `window`: a
    filter outside of a window function, which has to see all rows first; `upper`: an upper bound
    is all there is; `since`: a day that is written in the text is the lower bound, and there is no
    other; `until`: one is the upper bound, and there is no other.
    """

    plain: bool = False
    wrapped: str = ""
    window: bool = False
    upper: bool = False
    since: str = ""
    until: str = ""

    @property
    def some(self) -> bool:
        """Whether some partitions are left out, in an engine that sees through functions."""
        return self.plain or bool(self.wrapped)


@dataclass(frozen=True)
class _Condition:
    node: Node
    wrapped: bool
    upper: bool
    behind_window: bool
    joined: bool  # compares with a column of another source


def kept(tree: Tree, read: Read) -> Kept:
    """How a read is restricted on its table's partition column."""
    assert read.table is not None
    found = [
        condition
        for column in read.table.partitions
        for condition in _conditions(tree, read.scope, read.alias, column)
    ]
    usable = [c for c in found if not c.behind_window]
    lower = [c for c in usable if not c.upper]
    moment = [c for c in found if c.behind_window and c.joined]
    wrapped = next((text_of(c.node, tree.dialect) for c in lower if c.wrapped), "")
    # Rows that a window made are picked by their moment: a history, which has to be whole.
    plain = any(not c.wrapped for c in lower) or (not lower and bool(moment))
    return Kept(
        plain, "" if plain else wrapped,
        window=not lower and not plain and any(c.behind_window and not c.upper for c in found),
        since=_fixed(tree, usable, exp.GT, exp.GTE), until=_fixed(tree, usable, exp.LT, exp.LTE),
        upper=not lower and (bool(usable) or any(c.upper for c in found)),
    )  # fmt: skip


def _fixed(tree: Tree, conditions: list[_Condition], *bound: Any) -> str:
    """The fixed day from or until which all is read. What a variable gives may be another each
    night.
    """
    bounds = [c.node.unnest() for c in conditions]
    fixed = all(isinstance(one, bound) and not _moves(tree, one.right) for one in bounds)
    return text_of(bounds[0], tree.dialect) if bounds and fixed else ""


def _moves(tree: Tree, value: Node) -> bool:
    """Whether a bound is anything but one literal, or is the value that a variable has here."""
    literals = [one.this for one in value.find_all(exp.Literal)]
    moved = {AS_OF} | tree.clock
    other = len(literals) != 1 or literals[0] in moved or of_the_run(tree, value)
    return other or value.find(exp.Column, exp.Query) is not None


def _conditions(
    tree: Tree, scope: Scope, alias: str, column: str, *, window: bool = False
) -> Iterator[_Condition]:
    """What restricts a source's column, here and in the scopes that read this one."""
    for node in _keeping(scope, alias):
        joined = _joins(tree, scope, alias, node)
        for wrapped, upper in _restricting(tree, scope, alias, column, node):
            if not (wrapped and joined):  # a function of the day as a key of a join keeps no days
                yield _Condition(node, wrapped, upper, window, joined)
        if _as_restricted_as_another(tree, scope, alias, column, node):
            yield _Condition(node, wrapped=False, upper=False, behind_window=window, joined=False)
    blocked = window or window_mixes(tree, scope, alias, column)
    yield from _after_the_rest(tree, scope, alias, column, window, blocked)
    outside = tree.parents.get(id(scope), [])
    if not outside or not _passes(tree, scope, alias, column):
        return
    each = [
        [
            condition
            for name in (_names_outside(scope, alias, column, tree) if parent_alias else [column])
            for condition in _conditions(tree, parent, parent_alias, name, window=blocked)
        ]
        for parent, parent_alias in outside
    ]
    if all(each):  # a CTE is read once for all who use it: each of them has to restrict it
        yield from (condition for conditions in each for condition in conditions)


def _keeping(scope: Scope, alias: str) -> Iterator[Node]:
    """The conditions that a source's rows have to meet: not those of an outer join that keeps its
    rows whatever they say.
    """
    select = scope.expression
    if isinstance(select, exp.Select):
        yield from conjuncts(select.args.get("where"))
        for join in select.args.get("joins") or ():
            if not kept_anyway(join, alias):
                yield from conjuncts(join.args.get("on"))


def _after_the_rest(
    tree: Tree, scope: Scope, alias: str, column: str, window: bool, blocked: bool
) -> Iterator[_Condition]:
    """What HAVING and QUALIFY say of the column itself: the one of a group's, which is as good as
    a filter, the other behind the windows.
    """
    select = scope.expression
    for part, behind in (("having", window), ("qualify", blocked)):
        for node in conjuncts(select.args.get(part)):
            if not node.find(exp.Window, exp.AggFunc):
                for name in dict.fromkeys((column, *passed_on(scope, alias, column, tree))):
                    for wrapped, upper in _restricting(tree, scope, alias, name, node):
                        yield _Condition(node, wrapped, upper, behind, joined=False)


def _as_restricted_as_another(
    tree: Tree, scope: Scope, alias: str, column: str, node: Node
) -> bool:
    """Whether a join equates the column with one that a filter of this scope restricts."""
    if not isinstance(node, exp.EQ):
        return False
    sides = [node.left, node.right]
    for mine, its in (sides, sides[::-1]):
        if not (isinstance(mine, exp.Column) and isinstance(its, exp.Column) and its.table):
            continue
        if mine.name.lower() == column.lower() and belongs(scope, mine, alias, tree):
            return its.table.lower() != alias.lower() and any(
                told == (False, False)
                for other in filters(scope)
                if other is not node and not _joins(tree, scope, its.table, other)
                for told in _restricting(tree, scope, its.table, its.name, other)
            )
    return False


def _joins(tree: Tree, scope: Scope, alias: str, node: Node) -> bool:
    """Whether a condition compares with a column of another source that has more than one row."""
    known = dict(sources(scope))
    others = {c.table for c in own_columns(node) if c.table and c.table.lower() != alias.lower()}
    return any(
        name in known and not (isinstance(known[name], Scope) and one_row(known[name]))
        for name in others
    )


def _names_outside(scope: Scope, alias: str, column: str, tree: Tree) -> list[str]:
    return passed_on(scope, alias, column, tree) if alias else [column]


def _passes(tree: Tree, scope: Scope, alias: str, column: str) -> bool:
    """Whether a filter outside may be applied inside: not past LIMIT or other groups."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return isinstance(select, exp.SetOperation)
    if select.args.get("limit") or select.args.get("offset"):
        return False
    aggregated = any(True for item in select.expressions for _ in item.find_all(exp.AggFunc))
    return bool(select.args.get("group")) or not aggregated or _only_windows(select)


def _only_windows(select: exp.Select) -> bool:
    found = [a for item in select.expressions for a in item.find_all(exp.AggFunc)]
    return all(a.find_ancestor(exp.Window) for a in found)


def window_mixes(tree: Tree, scope: Scope, alias: str, column: str) -> bool:
    """Whether a window function sees rows of several values of the column."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return False
    looked_at = [*select.expressions, *filter(None, [select.args.get("qualify")])]
    windows = [w for item in looked_at for w in item.find_all(exp.Window)]
    return any(column.lower() not in _parts(select, window) for window in windows)


def _parts(select: exp.Select, window: exp.Window) -> list[str]:
    """The columns of PARTITION BY, also those of a window that is named further down."""
    named = [w for w in select.args.get("windows") or () if w.name == window.alias]
    return [p.name.lower() for w in (window, *named) for p in w.args.get("partition_by") or ()]


def _restricting(
    tree: Tree, scope: Scope, alias: str, column: str, node: Node
) -> list[tuple[bool, bool]]:
    """(wrapped, upper) of a condition that restricts the column; [] of any other."""
    if isinstance(node, exp.Paren):
        inner = [_restricting(tree, scope, alias, column, n) for n in conjuncts(node.this)]
        return [told for one in inner for told in one]
    if isinstance(node, exp.Or):
        sides = [_restricting(tree, scope, alias, column, n) for n in (node.left, node.right)]
        return [sides[0][0]] if all(sides) else []
    if isinstance(node, exp.And):
        sides = [_restricting(tree, scope, alias, column, n) for n in (node.left, node.right)]
        return sides[0] + sides[1]
    if not isinstance(node, _KEEPING):
        return []
    mine = [
        c for c in own_columns(node)
        if c.name.lower() == column.lower() and belongs(scope, c, alias, tree)
    ]  # fmt: skip
    if not mine or _compares_with_a_table(node, mine) or _keeps_all(tree, scope, alias, node, mine):
        return []
    return [(_is_wrapped(mine[0], node), _is_upper(mine[0], node))]


def _compares_with_a_table(node: Node, mine: list[exp.Column]) -> bool:
    """`a.event_date = b.event_date`: restricts a no more than b."""
    others = [c for c in own_columns(node) if not any(c is one for one in mine)]
    return any(c.name.lower() == mine[0].name.lower() for c in others)


def _keeps_all(tree: Tree, scope: Scope, alias: str, node: Node, mine: list[exp.Column]) -> bool:
    """Whether it compares with the same row's other columns, or with each day of a whole table,
    such as a calendar.
    """
    sides = [list(own_columns(side)) for side in node.iter_expressions()]
    others = [c for side in sides if not any(c is mine[0] for c in side) for c in side]
    if not others or node.find(exp.Query):
        return False
    own = output_names(dict(sources(scope)).get(alias), tree) or set()
    known = all(c.table or c.name.lower() in own for c in others)
    if known and all(belongs(scope, c, alias, tree) for c in others):
        return True
    return isinstance(node, exp.EQ) and len(others) == 1 and _of_all_days(tree, scope, others[0])


def _of_all_days(tree: Tree, scope: Scope, day: exp.Column) -> bool:
    """Whether a column is the day of a table of days of which nothing is left out here."""
    days = dict(sources(scope)).get(day.table)
    left_out = any({c.table for c in own_columns(other)} == {day.table} for other in filters(scope))
    return isinstance(days, exp.Table) and _a_row_a_day(days, day, tree) and not left_out


def _a_row_a_day(table: exp.Table, column: exp.Column, tree: Tree) -> bool:
    """Whether a row of a table is one day, as the catalog says."""
    found = tree.catalog.find(".".join(part.name for part in table.parts))
    return found is not None and found.grain == (column.name.lower(),) and not found.tested


def _is_wrapped(column: Node, top: Node) -> bool:
    node = column.parent
    while node is not None and node is not top:
        dated = isinstance(node, exp.Cast) and node.to.this.name in _DATES
        if not isinstance(node, _SAME_VALUE) and not dated:
            return True
        node = node.parent
    return False


def _is_upper(column: Node, node: Node) -> bool:
    if not isinstance(node, exp.LT | exp.LTE | exp.GT | exp.GTE):
        return False
    left = any(c is column for c in own_columns(node.left))
    over = column.parent
    while over is not node:
        if not isinstance(over, _IN_ORDER):
            return False  # days_between(column, today) < 7 is a lower bound
        over = over.parent
    return left == isinstance(node, exp.LT | exp.LTE)
