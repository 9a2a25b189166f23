"""The rule about the clock: what of a run's own moment decides which rows there are."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.catalog import made_of_others
from fieldkit.audit.found import Finding
from fieldkit.audit.keys import orders
from fieldkit.audit.subject import Subject
from fieldkit.audit.tree import Node, Tree, belongs, line_of, own_columns, sources, text_of

_CLOCKS = (
    exp.CurrentTimestamp, exp.CurrentTimestampLTZ, exp.CurrentDate, exp.CurrentDatetime,
    exp.CurrentTime, exp.Localtime, exp.Localtimestamp, exp.Rand, exp.Randn, exp.Uuid,
)  # fmt: skip
_CLOCK_NAMES = {"NOW", "RANDOM", "RAND", "UUID", "GEN_RANDOM_UUID", "GENERATE_UUID", "TODAY"}
_CLOCK_NAMES |= {"GETDATE", "SYSDATE", "UUID_STRING", "NEWID", "CURRENT_DATE", "SYSTIMESTAMP"}
_CLOCK_NAMES |= {"CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "TIMEOFDAY"}
_CLOCK_NAMES |= {"GET_CURRENT_TIMESTAMP", "GET_CURRENT_TIME", "CURRENT_LOCALTIMESTAMP"}
_LITERAL = re.compile(r"'([^']*)'|\b(\d+)\b")
_PASSING = (exp.Paren, exp.Cast)
_ORDERS = (exp.LT, exp.LTE, exp.GT, exp.GTE)
_LOOKED_AT = (*_CLOCKS, exp.Anonymous, exp.Literal)
_Made = dict[int, dict[str, list[str]]]  # by the id of a step: column, what makes it another


def non_deterministic(subject: Subject) -> Iterator[Finding]:
    """One finding for each expression, however often a model repeats it."""
    tree = subject.tree
    if not of_the_run(tree, tree.root):
        return
    made = _made_by_clocks(tree)
    lines: dict[str, list[int]] = {}
    for scope in tree.scopes:
        for where, node in _deciding(subject, scope):
            for told in _clocks(tree, scope, node, made):
                lines.setdefault(f"{told} in {where}", []).append(line_of(node))
    yield from _kept_from_the_future(subject)
    for told, each in lines.items():
        often = f", {len(each)} times" if len(each) > 1 else ""
        after = "a run of an earlier night gives other rows"
        yield Finding("non-deterministic", min(each), f"{told}{often}: {after}")


def _kept_from_the_future(subject: Subject) -> Iterator[Finding]:
    """Notes of conditions that only leave out what is dated later than the run: of what has
    happened they keep all, of what is planned (a due day) another part each night.
    """
    found = (
        one
        for scope in subject.tree.scopes
        for _, node in _deciding(subject, scope)
        for one in node.find_all(*_CLOCKS, exp.Anonymous)
        if _moves(subject.tree, one) and _is_guard(one)
    )
    for one in {text_of(_compared(one), subject.tree.dialect): one for one in found}.values():
        told = text_of(_compared(one), subject.tree.dialect)
        after = "keeps out what is dated later than the run; of what has happened it keeps all"
        yield Finding("non-deterministic", line_of(one), f"{told} {after}", note=True)


def _compared(clock: Node) -> Node:
    return _outwards(clock).parent


def _is_guard(clock: Node) -> bool:
    """Whether it is the bare end of a column that has to hold: `at <= now()`. A day before today
    leaves out today, so `day < current_date` is none.
    """
    end, order = _outwards(clock), _compared(clock)
    both = (exp.LTE, exp.GTE) if isinstance(clock, exp.CurrentDate) else _ORDERS
    if not isinstance(order, both) or not any(
        larger is end and isinstance(_inwards(smaller), exp.Column)
        for smaller, larger in orders(order)
    ):
        return False
    node = order.parent
    while isinstance(node, exp.And | exp.Paren):
        node = node.parent
    return isinstance(node, exp.Where | exp.Having | exp.Qualify | exp.Join)


def of_the_run(tree: Tree, node: Node) -> bool:
    """Whether something in an expression is another in each run, such as the day of today."""
    return any(_moves(tree, one) for one in node.find_all(*_LOOKED_AT))


def literals(sql: str) -> frozenset[str]:
    """The texts and whole numbers that stand in SQL."""
    return frozenset(text or number for text, number in _LITERAL.findall(sql))


def _deciding(subject: Subject, scope: Scope) -> Iterator[tuple[str, Node]]:
    """The parts of a SELECT that decide which rows there are, and what names them."""
    select = scope.expression
    for part in ("where", "having", "qualify", "group"):
        if select.args.get(part) is not None:
            yield f"{part.upper()}{' BY' * (part == 'group')}", select.args[part]
    for join in select.args.get("joins") or ():
        if join.args.get("on") is not None:
            yield "a join", join.args["on"]
    if scope is subject.tree.outermost:
        for name in sorted(subject.unique_key | _keys_by_name(select)):
            yield from (("the key", item) for _, item in _made_of(scope, name))


def _keys_by_name(select: Node) -> set[str]:
    """The output columns whose names say that they are keys made of others."""
    names = {item.alias_or_name.lower() for item in getattr(select, "selects", ())}
    return {name for name in names if made_of_others((name,))}


def _made_of(scope: Scope, name: str) -> Iterator[tuple[Scope, Node]]:
    """What an output column is made of, and where, through the steps that only pass it on."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        for part in scope.set_operation_scopes:
            yield from _made_of(part, name)
        return
    for item in select.expressions:
        value = item.unalias()
        if item.is_star or (item.alias_or_name.lower() == name and isinstance(value, exp.Column)):
            inner = name if item.is_star else value.name.lower()
            for alias, source in sources(scope):
                if isinstance(source, Scope) and getattr(value, "table", "") in ("", alias):
                    yield from _made_of(source, inner)
        elif item.alias_or_name.lower() == name:
            yield scope, item


def _made_by_clocks(tree: Tree) -> _Made:
    """For each step the output columns that are others in each run, and by what."""
    made: _Made = {}
    for scope in tree.scopes:  # innermost first
        own = made[id(scope)] = {}
        for part in scope.set_operation_scopes:
            own.update(made.get(id(part), {}))
        for item in getattr(scope.expression, "selects", ()) if not own else ():
            if item.is_star:
                wanted = item.table if isinstance(item, exp.Column) else ""
                for alias, source in sources(scope):
                    own.update(made.get(id(source), {}) if wanted in ("", alias) else {})
            elif not _is_filled(item.unalias()):
                told = list(_clocks(tree, scope, item, made))
                own.update({item.alias_or_name.lower(): told} if told else {})
    return made


def _clocks(tree: Tree, scope: Scope, node: Node, made: _Made) -> Iterator[str]:
    """What in a condition is another in each run: in itself, or in a step that it reads."""
    for found in node.find_all(*_LOOKED_AT):
        if _moves(tree, found) and not _closes(found) and not _is_guard(found):
            of_jinja = isinstance(found, exp.Literal) and found.this in tree.clock
            yield "what Jinja makes of its clock" if of_jinja else text_of(found, tree.dialect)
    for where, column in _columns(tree, scope, node) if any(made.values()) else ():
        for alias, source in sources(where):
            told = made.get(id(source), {}).get(column.name.lower(), [])
            if told and belongs(where, column, alias, tree):
                yield from (t if ", as " in t else f"{t}, as {column.name}," for t in told)


def _columns(tree: Tree, scope: Scope, node: Node) -> Iterator[tuple[Scope, exp.Column]]:
    """The columns of a condition, and those that its subqueries give, each with its scope."""
    yield from ((scope, column) for column in own_columns(node))
    for query in node.find_all(exp.Select):
        where = next((one for one in tree.scopes if one.expression is query), None)
        for item in query.expressions if where is not None else ():
            yield from ((where, column) for column in own_columns(item) if where is not None)


def _moves(tree: Tree, node: Node) -> bool:
    """Whether it is another in each run; a UUID that is made of a name is not."""
    if isinstance(node, exp.Literal):
        return node.this in tree.clock or _is_named_moment(node)
    if isinstance(node, exp.Anonymous):
        if node.name.upper() == "AGE":  # of one moment: up to now
            return len(node.expressions) == 1
        return node.name.upper() in _CLOCK_NAMES and not (
            "UUID" in node.name.upper() and node.expressions
        )
    return not (isinstance(node, exp.Uuid) and (node.args.get("this") or node.args.get("name")))


def _is_named_moment(node: exp.Literal) -> bool:
    """Postgres and its like: 'now'::timestamp, date 'today'."""
    cast = node.parent
    return (
        node.is_string
        and node.this.strip().lower() in ("now", "today", "yesterday", "tomorrow")
        and isinstance(cast, exp.Cast)
        and cast.to.this in exp.DataType.TEMPORAL_TYPES
    )


def _closes(clock: Node) -> bool:
    """Whether it only closes an open end: at < coalesce(valid_to, now()) holds for all that has
    happened, whenever it runs.
    """
    filled = _outwards(clock).parent
    if not _is_filled(filled):
        return False
    end = _outwards(filled)
    return any(
        larger is end and any(True for _ in own_columns(smaller)) and not smaller.find(*_CLOCKS)
        for smaller, larger in orders(end.parent)
    )


def _outwards(node: Node) -> Node:
    while isinstance(node.parent, _PASSING):
        node = node.parent
    return node


def _inwards(node: Node) -> Node:
    while isinstance(node, _PASSING):
        node = node.this
    return node


def _is_filled(node: Node | None) -> bool:
    """Whether a column, or the next row's, has the clock only where it says nothing."""
    node = _inwards(node)
    if isinstance(node, exp.Window):
        return isinstance(node.this, exp.Lead)
    return isinstance(node, exp.Coalesce) and any(True for _ in own_columns(node.this))
