"""A parsed model as its scopes: which tables each reads, how it joins them, what it passes on."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import sqlglot
from sqlglot import ErrorLevel, exp
from sqlglot.dialects import Dialect, Postgres, Trino
from sqlglot.optimizer.scope import Scope, traverse_scope

from fieldkit.audit.catalog import Catalog, Table
from fieldkit.audit.places import AS_THEY_ARE, Places

Node = Any  # sqlglot's base class has another name in each of its versions
LONGEST = 100  # characters of SQL in a sentence
ADDED_UP = (exp.Sum, exp.Avg)


class _Trino(Trino):  # type: ignore[misc]
    """As it is since 2023, with 100_000."""

    NUMBERS_CAN_BE_UNDERSCORE_SEPARATED = True


class _Postgres(Postgres):  # type: ignore[misc]
    """As it is since version 16, with 100_000."""

    NUMBERS_CAN_BE_UNDERSCORE_SEPARATED = True


READ_AS: dict[str, Any] = {"trino": _Trino, "postgres": _Postgres}


class Unparsed(Exception):
    """The SQL cannot be parsed; the message says where, in one line."""


@dataclass(frozen=True, eq=False)
class Read:
    """One place where a scope reads a table of the warehouse."""

    scope: Scope
    alias: str
    name: str
    table: Table | None
    line: int


class Tree:
    """The scopes of one SELECT, innermost first; `clock`: its literals that the moment of the run
    made.
    """

    def __init__(
        self,
        root: Node,
        catalog: Catalog,
        dialect: str = "duckdb",
        clock: frozenset[str] = frozenset(),
    ) -> None:
        self.root, self.catalog, self.dialect, self.clock = root, catalog, dialect, clock
        self.scopes = list(traverse_scope(root))
        self.outermost = self.scopes[-1]
        self.memory: dict[str, Any] = {}  # what rules have found out, for other rules

    @cached_property
    def parents(self) -> dict[int, list[tuple[Scope, str]]]:
        """For each scope (by id) the scopes that read it, with the alias it has there."""
        found: dict[int, list[tuple[Scope, str]]] = {}
        for scope in self.scopes:
            for alias, source in sources(scope):
                if isinstance(source, Scope):
                    found.setdefault(id(source), []).append((scope, alias))
            for part in scope.set_operation_scopes:
                found.setdefault(id(part), []).append((scope, ""))
        return found

    @cached_property
    def reads(self) -> list[Read]:
        """Every place where a table of the warehouse is read."""
        found = []
        for scope in self.scopes:
            for alias, source in sources(scope):
                if isinstance(source, exp.Table):
                    name = ".".join(part.name for part in source.parts)
                    line = _line(source)
                    found.append(Read(scope, alias, name, self.catalog.find(name), line))
        return found


def parsed(
    sql: str,
    dialect: str,
    catalog: Catalog,
    clock: frozenset[str] = frozenset(),
    places: Places = AS_THEY_ARE,
) -> Tree:
    """Parse one SELECT; raises Unparsed. Lines are those of the file that `places` names."""
    try:
        with _silent():
            read = Dialect.get_or_raise(READ_AS.get(dialect, dialect))
            tokens = read.tokenize(sql)
            for token in tokens:
                token.line = places.line(token.start, token.line)
            statements = [one for one in read.parser().parse(tokens, sql) if one is not None]
        found = [one for one in statements if isinstance(one, exp.Query)]
        created = [one.expression for one in statements if isinstance(one, exp.Create | exp.Insert)]
        found += [one for one in created if isinstance(one, exp.Query)]
        if not found:
            raise Unparsed(_other(statements))
        return Tree(found[-1], catalog, dialect, clock)
    except sqlglot.errors.ParseError as error:
        told = error.errors[0] if error.errors else {}
        where = f"line {told['line']}: " if told.get("line") else ""
        what = str(told.get("description") or error).splitlines()[0].rstrip(".")
        what = what.partition(" but got <Token")[0]
        raise Unparsed(f"{where}{what}") from None
    except sqlglot.errors.SqlglotError as error:
        raise Unparsed(next(iter(str(error).splitlines()), "cannot be parsed")) from None
    except RecursionError:
        raise Unparsed("nested too deeply to be parsed") from None
    except Unparsed:
        raise
    except Exception as error:  # the library has defects of its own: one file must not end the gate
        raise Unparsed(f"sqlglot cannot read it ({type(error).__name__})") from None


def _other(statements: list[Any]) -> str:
    """Why statements without a query that makes rows are not judged."""
    kinds = (exp.Merge, exp.Delete, exp.Update)
    told = [type(one).__name__.upper() for one in statements if isinstance(one, kinds)]
    if not told:
        return "there is no SELECT in it"
    return f"{told[-1]} is not judged: only SELECT, and CREATE or INSERT of one, are"


@contextmanager
def _silent() -> Iterator[None]:
    """The library warns on stderr of statements that it only keeps as text; the verdict says so."""
    logger = logging.getLogger("sqlglot")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before


def text_of(node: Node, dialect: str = "duckdb") -> str:
    """A node as SQL, as its author could have written it; cut where it is long."""
    text: str = node.sql(dialect=dialect, unsupported_level=ErrorLevel.IGNORE, comments=False)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def sources(scope: Scope) -> Iterator[tuple[str, Any]]:
    """What a scope's FROM and JOINs read: alias and table or scope."""
    try:
        selected = scope.selected_sources
    except sqlglot.errors.OptimizeError:  # two have the same alias, or two have none
        names = dict.fromkeys(name for name, _ in scope.references if name in scope.sources)
        yield from ((name, scope.sources[name]) for name in names)
        return
    yield from ((alias, source) for alias, (_, source) in selected.items())


def line_of(node: Node) -> int:
    """The first line, from 1, on which something of a node stands."""
    return _line(node)


def _line(node: Node) -> int:
    lines = [n.meta["line"] for n in node.walk() if n.meta.get("line")]
    return min(lines, default=1)


def one_row(scope: Scope) -> bool:
    """Whether a SELECT gives one row at most: it has no source, adds up all, or has LIMIT 1."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return False
    limit = select.args.get("limit")
    if limit is not None and getattr(limit.expression, "name", "") == "1":
        return True
    aggregates = [a for item in select.expressions for a in item.find_all(exp.AggFunc)]
    total = any(not a.find_ancestor(exp.Window) for a in aggregates)
    return not select.args.get("group") and (total or not list(sources(scope)))


def conjuncts(node: Node | None) -> Iterator[Node]:
    """The parts of a condition that all have to hold."""
    if isinstance(node, exp.Where | exp.Having | exp.Qualify | exp.Paren):
        yield from conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from conjuncts(node.left)
        yield from conjuncts(node.right)
    elif node is not None:
        yield node


def filters(scope: Scope) -> Iterator[Node]:
    """What a scope keeps rows by: WHERE, and the ON of its joins."""
    select = scope.expression
    if isinstance(select, exp.Select):
        yield from conjuncts(select.args.get("where"))
        for join in select.args.get("joins") or ():
            yield from conjuncts(join.args.get("on"))


def own_columns(node: Node) -> Iterator[exp.Column]:
    """Columns of an expression, not those of subqueries in it."""
    if isinstance(node, exp.Column):
        yield node
    elif not isinstance(node, exp.Query | exp.Subquery):
        for child in node.iter_expressions():
            yield from own_columns(child)


def belongs(scope: Scope, column: exp.Column, alias: str, tree: Tree) -> bool:
    """Whether a column is one of a source's; without a qualifier it is if no other can have it."""
    if column.table:
        return bool(column.table.lower() == alias.lower())
    others = [one for name, one in sources(scope) if name != alias]
    return not any(_may_have(one, column.name.lower(), tree) for one in others)


def surely(scope: Scope, column: exp.Column, alias: str, tree: Tree) -> bool:
    """Whether nobody can doubt that a column is one of a source's: by its qualifier, or because
    all columns of this source, or of all others, are known.
    """
    known = dict(sources(scope))
    if column.table or len(known) == 1:
        return belongs(scope, column, alias, tree)
    name = column.name.lower()
    if all_known(known.get(alias), tree):
        mine = name in (output_names(known[alias], tree) or ())
        return mine and belongs(scope, column, alias, tree)
    others = [one for other, one in known.items() if other != alias]
    return all(all_known(one, tree) for one in others) and belongs(scope, column, alias, tree)


def all_known(source: Any, tree: Tree) -> bool:
    """Whether every column that a table or scope gives is known."""
    if isinstance(source, exp.Table):
        table = tree.catalog.find(".".join(part.name for part in source.parts))
        return table is not None and bool(table.columns)
    if not isinstance(source, Scope) or not isinstance(source.expression, exp.Select):
        return False
    starred = any(item.is_star for item in source.expression.expressions)
    return not starred or all(all_known(one, tree) for _, one in sources(source))


def _may_have(source: Any, name: str, tree: Tree) -> bool:
    names = output_names(source, tree)
    return name in names if names is not None else False


def output_names(source: Any, tree: Tree) -> set[str] | None:
    """The columns that a table or scope gives; None where that is not known."""
    if isinstance(source, exp.Table):
        table = tree.catalog.find(".".join(part.name for part in source.parts))
        if table is None or not (table.columns or table.grain or table.partition):
            return None
        return {*table.columns, *table.grain, *table.partitions}
    if not isinstance(source, Scope) or not isinstance(source.expression, exp.Select):
        return None
    names: set[str] = set()
    for item in source.expression.expressions:
        if item.is_star:
            within = [output_names(one, tree) for _, one in sources(source)]
            names |= set().union(*(one or set() for one in within))
        else:
            names.add(item.alias_or_name.lower())
    return names


def passed_on(scope: Scope, alias: str, column: str, tree: Tree) -> list[str]:
    """The names under which a scope gives a source's column on, unchanged."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return []
    names = []
    for item in select.expressions:
        value = item.unalias()
        if isinstance(value, exp.Column) and isinstance(value.this, exp.Star):
            names += [column] * (value.table.lower() == alias.lower())
        elif isinstance(value, exp.Star):
            names.append(column)
        elif (
            isinstance(value, exp.Column)
            and value.name.lower() == column.lower()
            and (belongs(scope, value, alias, tree) or _in_using(scope, column))
        ):
            names.append(item.alias_or_name.lower())
    return names


def _in_using(scope: Scope, column: str) -> bool:
    joins = scope.expression.args.get("joins") or ()
    return any(column == one.name.lower() for j in joins for one in j.args.get("using") or ())
