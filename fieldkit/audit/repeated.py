"""The rules about rows that a join repeats: added up, or hidden by DISTINCT."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.found import Finding
from fieldkit.audit.grain import Repeating, first_of_each, grouped_by, joins_that_repeat, unique_by
from fieldkit.audit.subject import Subject
from fieldkit.audit.tree import (
    ADDED_UP,
    Node,
    Tree,
    belongs,
    conjuncts,
    filters,
    line_of,
    output_names,
    own_columns,
    sources,
    surely,
    text_of,
)


def fan_out(subject: Subject) -> Iterator[Finding]:
    """A join repeats rows, and they are added up."""
    return (f for f in _repeated(subject) if f.rule == "fan-out")


def distinct_hides(subject: Subject) -> Iterator[Finding]:
    """DISTINCT hides that a join repeats rows."""
    return (f for f in _repeated(subject) if f.rule == "distinct-hides-fan-out")


def _repeated(subject: Subject) -> Iterator[Finding]:
    """The first harm of each scope whose join repeats rows, in it or further out."""
    tree = subject.tree
    if "repeated" not in tree.memory:  # two rules ask
        tree.memory["repeated"] = list(_first_harms(subject))
    yield from tree.memory["repeated"]


def _first_harms(subject: Subject) -> Iterator[Finding]:
    tree = subject.tree
    for scope in tree.scopes:
        for join in sorted(joins_that_repeat(tree, scope)[0], key=lambda one: one.tested):
            finding = _added_up(tree, scope, join) or _in_output(subject, scope, join)
            if finding:
                yield finding
                break


@dataclass(frozen=True)
class _Rows:
    """Repeated rows as a scope sees them: the names of the repeated values under an alias ("*":
    any), and what the columns of the source that repeats them are called.
    """

    scope: Scope
    alias: str
    names: frozenset[str]
    others: dict[str, str]


def _added_up(tree: Tree, scope: Scope, join: Repeating) -> Finding | None:
    found = next((f for a in sorted(join.aliases) if (f := _sums(tree, scope, a, join))), None)
    if found is not None:
        return _of_sum(tree, join, found)
    others = _others_in(tree, scope, join)
    hidden = _hidden(tree, scope, join, others)
    if hidden or _ends(scope):
        return hidden
    names = frozenset(_names_from(tree, scope, join.aliases))
    return _further_out(tree, scope, _Rows(scope, "", names, others), join)


def _further_out(tree: Tree, scope: Scope, rows: _Rows, join: Repeating) -> Finding | None:
    """The harm in the scopes that read these rows, as far as the rows get as they are."""
    for parent, alias in tree.parents.get(id(scope), []):
        there = _Rows(parent, alias, rows.names, rows.others)
        found = _sums_of(tree, there, join)
        if found is not None:
            return _of_sum(tree, join, found)
        passed = _passed(tree, there)
        hidden = _hidden(tree, parent, join, passed.others)
        if hidden is None and not _ends(parent) and passed.names:
            hidden = _further_out(tree, parent, passed, join)
        if hidden is not None:
            return hidden
    return None


def _passed(tree: Tree, rows: _Rows) -> _Rows:
    """The same rows under the names that this scope gives on."""
    if not isinstance(rows.scope.expression, exp.Select):
        return rows
    names = _names_from(tree, rows.scope, frozenset({rows.alias}))
    if "*" not in rows.names:
        starred = rows.names if "*" in names else frozenset()
        names = (names & _carrying(tree, rows)) | starred
    others: dict[str, str] = {}
    for item in rows.scope.expression.expressions:
        if item.is_star:
            others |= rows.others
        for column in own_columns(item):
            if column.name.lower() in rows.others:
                others[item.alias_or_name.lower()] = rows.others[column.name.lower()]
    return _Rows(rows.scope, rows.alias, frozenset(names), others)


def _carrying(tree: Tree, rows: _Rows) -> set[str]:
    """The output columns that hold one of the repeated values."""
    found: set[str] = set()
    for item in rows.scope.expression.expressions:
        if item.is_star:
            found |= rows.names
        if any(_is_of(tree, rows, column) for column in own_columns(item)):
            found.add(item.alias_or_name.lower())
    return found


def _is_of(tree: Tree, rows: _Rows, column: exp.Column) -> bool:
    named = "*" in rows.names or column.name.lower() in rows.names
    return named and surely(rows.scope, column, rows.alias, tree)


def _ends(scope: Scope) -> bool:
    """Whether rows come out of a scope as others than went in: grouped, or one of each kept."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return False
    aggregated = any(
        not found.find_ancestor(exp.Window)
        for item in select.expressions
        for found in item.find_all(exp.AggFunc)
    )
    return aggregated or bool(select.args.get("group")) or first_of_each(scope) is not None


def _hidden(tree: Tree, scope: Scope, join: Repeating, others: dict[str, str]) -> Finding | None:
    """DISTINCT over repeated rows, unless it keeps what tells them apart."""
    if not isinstance(scope.expression, exp.Select):
        return None
    apart = set(others.values()) - set(join.keys)
    items = [item for item in scope.expression.expressions if item.find(exp.Column, exp.Star)]
    a_list = len(items) == 1 and not items[0].is_star  # "which ids": DISTINCT is what is meant
    if scope.expression.args.get("distinct") is None or apart or a_list or _pairs_of(join):
        return None
    if scope is join.scope and not _one_row_each(tree, join):
        return None
    return _found("distinct-hides-fan-out", join, "DISTINCT", join.node)


def _one_row_each(tree: Tree, join: Repeating) -> bool:
    """Whether the rows would be different without the join: their key is kept. Where it is not,
    such as a region of shops, DISTINCT has to make them different anyway.
    """
    items = join.scope.expression.expressions
    if any(item.is_star for item in items):
        return True
    columns = [item.unalias() for item in items if isinstance(item.unalias(), exp.Column)]
    known = dict(sources(join.scope))
    told = [
        unique_by(
            known.get(alias),
            {c.name.lower() for c in columns if belongs(join.scope, c, alias, tree)},
            tree,
        )
        for alias in join.aliases
    ]
    return any(one is not False for one in told)


def _pairs_of(join: Repeating) -> bool:
    """Whether a table is joined to itself by what is different: pairs are looked for, and who is in
    one is what DISTINCT is to say.
    """
    own = [s for a, s in sources(join.scope) if a in join.aliases]
    itself = any(_same(one, join.source) for one in own)
    told = (exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
    return itself and any(isinstance(n, told) for n in conjuncts(join.node.args.get("on")))


def _same(one: Any, other: Any) -> bool:
    if isinstance(one, exp.Table) and isinstance(other, exp.Table):
        return [p.name.lower() for p in one.parts] == [p.name.lower() for p in other.parts]
    return one is other


def _others_in(tree: Tree, scope: Scope, join: Repeating) -> dict[str, str]:
    """The output columns that come from the source that repeats, and their names in it."""
    found: dict[str, str] = {}
    for item in scope.expression.expressions:
        if item.is_star and (not isinstance(item, exp.Column) or item.table == join.other):
            given = output_names(dict(sources(scope)).get(join.other), tree) or {"*"}
            found |= {name: name for name in given}
        for column in own_columns(item):
            name = _theirs(tree, scope, join, column)
            if name:
                found[item.alias_or_name.lower()] = name
    return found


def _theirs(tree: Tree, scope: Scope, join: Repeating, column: exp.Column) -> str:
    """The name of a column in the source that repeats: its own, or one that is equal to it."""
    if column.is_star:
        return ""
    if belongs(scope, column, join.other, tree):
        return column.name.lower()
    pairs = [(n.left, n.right) for n in filters(scope) if isinstance(n, exp.EQ)]
    return next(
        (
            its.name.lower()
            for mine, its in (*pairs, *((b, a) for a, b in pairs))
            if isinstance(its, exp.Column) and mine == column
            if its.table and belongs(scope, its, join.other, tree)
        ),
        "",
    )


def _of_sum(tree: Tree, join: Repeating, found: Node) -> Finding:
    hidden = isinstance(found.this, exp.Distinct)
    return _found(
        "distinct-hides-fan-out" if hidden else "fan-out", join, text_of(found, tree.dialect), found
    )


def _found(rule: str, join: Repeating, what: str, node: Node) -> Finding:
    keys = ", ".join(join.keys)
    those = " and ".join(sorted(join.aliases))
    many = f"is not unique by {keys}" if keys else "has many rows, matched by no equal column"
    told = f"{join.other} {many}: the join repeats {those}"
    after = ", and DISTINCT hides it" if what == "DISTINCT" else f", and {what} is wrong by it"
    if join.tested:
        return Finding(
            rule, line_of(node), f"{told}{after}, if its test names no column too many", True
        )
    return Finding(rule, line_of(node), told + after)


def _sums(tree: Tree, scope: Scope, alias: str, join: Repeating) -> Node | None:
    """What adds up a repeated source's columns in the scope of the join itself."""
    return _first_sum(tree, _Rows(scope, alias, frozenset({"*"}), {}), join)


def _sums_of(tree: Tree, rows: _Rows, join: Repeating) -> Node | None:
    """What adds up repeated values further out: in groups that keep apart what repeated them, a
    value is in each group once.
    """
    grouped = {c.name.lower() for c in grouped_by(rows.scope.expression) or ()}
    keys = set(join.keys) | {col for name, col in rows.others.items() if name in grouped}
    if grouped and unique_by(join.source, keys, tree):
        return None
    return _first_sum(tree, rows, join)


def _first_sum(tree: Tree, rows: _Rows, join: Repeating) -> Node | None:
    select = rows.scope.expression
    if not isinstance(select, exp.Select):
        return None
    for item in (*select.expressions, *conjuncts(select.args.get("having"))):
        for found in item.find_all(*ADDED_UP):
            values = list(_values(found.this))
            mixed = any(_is_others(tree, rows, join, column) for column in values)
            if not mixed and any(_is_of(tree, rows, column) for column in values):
                return found
        for found in item.find_all(exp.Count) if join.both else ():
            if not isinstance(found.this, exp.Distinct) and _counts(tree, rows, found):
                return found
    return None


def _is_others(tree: Tree, rows: _Rows, join: Repeating, column: exp.Column) -> bool:
    """Whether a value is of the source that repeats: price times quantity is right a line."""
    if rows.others and column.name.lower() in rows.others:
        return True
    return rows.scope is join.scope and belongs(rows.scope, column, join.other, tree)


def _values(node: Node) -> Iterator[exp.Column]:
    """The columns whose values are added: of a CASE what it gives, not what it asks."""
    if isinstance(node, exp.Case | exp.If):
        branches = node.args.get("ifs") or [node]
        given = [branch.args.get("true") for branch in branches]
        for one in (*given, node.args.get("default"), node.args.get("false")):
            if one is not None:
                yield from _values(one)
    elif isinstance(node, exp.Column):
        yield node
    elif not isinstance(node, exp.Query | exp.Subquery):
        for child in node.iter_expressions():
            yield from _values(child)


def _counts(tree: Tree, rows: _Rows, count: exp.Count) -> bool:
    """Rows, or the values of one of the two sides that repeat each other."""
    columns = [c for c in own_columns(count) if not isinstance(c.this, exp.Star)]
    return not columns or any(_is_of(tree, rows, column) for column in columns)


def _names_from(tree: Tree, scope: Scope, aliases: frozenset[str]) -> set[str]:
    """The output columns that come from these sources; "*" where nobody knows which."""
    names: set[str] = set()
    known = dict(sources(scope))
    for item in scope.expression.expressions:
        if item.is_star:
            starred = [item.table] if isinstance(item, exp.Column) else list(known)
            for alias in aliases & set(starred):
                names |= output_names(known.get(alias), tree) or {"*"}
        for column in own_columns(item):
            if any(belongs(scope, column, alias, tree) for alias in aliases):
                names.add(item.alias_or_name.lower())
    return names


def _in_output(subject: Subject, scope: Scope, join: Repeating) -> Finding | None:
    """Rows of the model itself that are repeated against its declared unique_key."""
    if scope is not subject.tree.outermost or scope.expression.args.get("group") is not None:
        return None
    wanted = subject.unique_key
    if wanted and wanted <= _names_from(subject.tree, scope, join.aliases):
        return _found("fan-out", join, f"unique_key {', '.join(sorted(wanted))}", join.node)
    return None
