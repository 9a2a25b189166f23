"""Where two reads of one model meet in a join, and whether they are joined on their partitions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.tree import Node, Read, Tree, belongs, conjuncts, own_columns, passed_on

_DAYS = (exp.Cast, exp.DateTrunc, exp.TimestampTrunc, exp.Date, exp.TsOrDsToDate)


@dataclass(frozen=True, eq=False)
class Home:
    """A scope that a read's rows reach: the alias they have there, their partition column, and
    the days that were `made` of it, which are as restricted as it is.
    """

    scope: Scope
    alias: str
    names: frozenset[str]
    made: frozenset[str] = frozenset()


def homes(tree: Tree, read: Read) -> list[Home]:
    """The scope of a read, and those that read it, further and further out."""
    columns = read.table.partitions if read.table else ()
    found = [Home(read.scope, read.alias, frozenset(columns))]
    seen = {(id(read.scope), read.alias)}
    for home in found:  # grows while it is walked
        for parent, alias in tree.parents.get(id(home.scope), []):
            if (id(parent), alias) not in seen:
                seen.add((id(parent), alias))
                found.append(Home(parent, alias, _further_out(tree, home), _made(tree, home)))
    return found


def _further_out(tree: Tree, home: Home) -> frozenset[str]:
    """The names of the partition column in the scopes that read this one."""
    if not home.alias:  # a part of a set operation keeps its names
        return home.names
    told = (passed_on(home.scope, home.alias, name, tree) for name in home.names)
    return frozenset(name for names in told for name in names)


def _made(tree: Tree, home: Home) -> frozenset[str]:
    """The names of days made of the partition column, such as `cast(at as date) as day`."""
    if not home.alias:
        return home.made
    names = [n for one in home.made for n in passed_on(home.scope, home.alias, one, tree)]
    select = home.scope.expression
    for item in select.expressions if isinstance(select, exp.Select) else ():
        value = inner = item.unalias()
        while isinstance(inner, _DAYS):
            inner = inner.this
        if value is inner or not isinstance(inner, exp.Column):
            continue
        if inner.name.lower() in home.names and belongs(home.scope, inner, home.alias, tree):
            names.append(item.alias_or_name.lower())
    return frozenset(names)


def meetings(mine: list[Home], theirs: list[Home]) -> Iterator[tuple[Home, Home]]:
    """The scopes in which two reads stand beside each other, under aliases of their own.

    Where they share an alias they were united or joined before.
    """
    for one in mine:
        for other in theirs:
            if one.scope is other.scope and not _shared(mine, theirs, one.scope):
                yield one, other


def _shared(mine: list[Home], theirs: list[Home], scope: Scope) -> bool:
    aliases = [{h.alias for h in one if h.scope is scope} for one in (mine, theirs)]
    return bool(aliases[0] & aliases[1])


def compared(one: Home, other: Home) -> bool:
    """Whether rows are matched at all, and not each with a total that stands in one row."""
    joins = one.scope.expression.args.get("joins") or ()
    mine = [join for join in joins if join.alias_or_name in (one.alias, other.alias)]
    crossed = [j for j in mine if not (j.args.get("on") or j.args.get("using"))]
    where = one.scope.expression.args.get("where")
    return not crossed or any(
        {one.alias.lower(), other.alias.lower()} <= {c.table.lower() for c in own_columns(node)}
        for node in conjuncts(where)
    )


def joined_on_time(tree: Tree, one: Home, other: Home) -> bool:
    """Whether a join of their scope equates their partition columns, so that rows of `one` are
    restricted by what restricts `other`: not the rows that an outer join keeps anyway.
    """
    for join in one.scope.expression.args.get("joins") or ():
        if kept_anyway(join, one.alias):
            continue
        using = {name.name.lower() for name in join.args.get("using") or ()}
        if using & one.names & (other.names | other.made):
            return True
        if any(_equates(tree, node, one, other) for node in conjuncts(join.args.get("on"))):
            return True
    where = one.scope.expression.args.get("where")
    return any(_equates(tree, node, one, other) for node in conjuncts(where))


def matched_by_time(one: Home, tree: Tree) -> bool:
    """Whether the rows of `one` are matched by their partition column, in equality or a range."""
    select = one.scope.expression
    told = [join.args.get("on") for join in select.args.get("joins") or ()]
    using = {
        n.name.lower() for j in select.args.get("joins") or () for n in j.args.get("using") or ()
    }
    return bool(using & one.names) or any(
        _is_of(tree, column, one, one.names)
        for part in (*told, select.args.get("where"))
        for node in conjuncts(part)
        for column in own_columns(node)
    )


def kept_anyway(join: Node, alias: str) -> bool:
    """Whether a join keeps a source's rows whatever its ON says."""
    joined = join.alias_or_name == alias
    if join.kind in ("SEMI", "ANTI"):
        return join.kind == "ANTI" and not joined
    return join.side in ("FULL", "RIGHT" if joined else "LEFT")


def _equates(tree: Tree, node: Node, one: Home, other: Home) -> bool:
    if isinstance(node, exp.Paren):
        node = node.unnest()
    if isinstance(node, exp.Or):  # each way in which rows meet has to be on the same day
        sides = [list(conjuncts(side)) for side in (node.left, node.right)]
        return all(any(_equates(tree, part, one, other) for part in side) for side in sides)
    if not isinstance(node, exp.EQ | exp.NullSafeEQ):
        return False
    sides = [list(own_columns(side)) for side in (node.left, node.right)]
    return any(
        _is_of(tree, mine, one, one.names) and _is_of(tree, theirs, other, other.names | other.made)
        for a, b in (sides, sides[::-1])
        for mine in a
        for theirs in b
    )


def _is_of(tree: Tree, column: exp.Column, home: Home, names: frozenset[str]) -> bool:
    return column.name.lower() in names and belongs(home.scope, column, home.alias, tree)
