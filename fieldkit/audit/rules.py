"""The ten rules: what no other tool says of a model before it runs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.found import Finding
from fieldkit.audit.grain import Repeating, joins_that_repeat
from fieldkit.audit.pruning import Kept, kept
from fieldkit.audit.tree import (
    ADDED_UP,
    Node,
    Read,
    Tree,
    belongs,
    conjuncts,
    line_of,
    output_names,
    own_columns,
    sources,
)

NEEDS_PARTITIONS = "--catalog with partition columns"
NEEDS_GRAIN = "--catalog with grains"
_VOLATILE = (exp.CurrentTimestamp, exp.CurrentDate, exp.CurrentTime, exp.Rand, exp.Uuid)
_VOLATILE_NAMES = {"NOW", "RANDOM", "RAND", "UUID", "GEN_RANDOM_UUID", "GENERATE_UUID", "TODAY"}
_VOLATILE_NAMES |= {"GETDATE", "SYSDATE", "UUID_STRING", "NEWID", "CURRENT_DATE"}


@dataclass(frozen=True)
class Subject:
    """What a rule looks at: the tree of a later night and of the first, and the model's config."""

    tree: Tree
    config: Mapping[str, Any] = field(default_factory=dict)
    same_each_night: bool = False

    @property
    def incremental(self) -> bool:
        """Whether a night adds to a table; in microbatch dbt itself restricts each batch."""
        return self.config.get("materialized") == "incremental" and not self.microbatch

    @property
    def microbatch(self) -> bool:
        """Whether dbt writes the filter of each batch."""
        return self.config.get("incremental_strategy") == "microbatch"


@dataclass(frozen=True)
class Rule:
    """`says`: the defect in a sentence; `instead`: what to do; `needs`: what decides it, or ""."""

    id: str
    says: str
    instead: str
    find: Callable[[Subject], Iterable[Finding]]
    needs: str = ""
    topic: str = "cost"
    note: bool = False


def _partitioned(subject: Subject) -> Iterator[tuple[Read, Kept]]:
    """The reads of partitioned tables; dbt filters those of a microbatch model itself."""
    if subject.microbatch:
        return
    for read in subject.tree.reads:
        if read.table is not None and read.table.partition:
            yield read, kept(subject.tree, read)


def _unrestricted(subject: Subject) -> Iterator[tuple[Read, Kept]]:
    """Reads of all partitions for no other reason than that nobody restricted them."""
    found = list(_partitioned(subject))
    for read, how in found:
        if not how.some and not how.window and not _filtered_sibling(subject, read, found):
            yield read, how


def _full_scan(subject: Subject) -> Iterator[Finding]:
    if not subject.incremental:
        yield from (_scan("full-scan", *one) for one in _unrestricted(subject))


def _incremental_unfiltered(subject: Subject) -> Iterator[Finding]:
    if not subject.incremental:
        return
    found = [_scan("incremental-unfiltered", *one) for one in _unrestricted(subject)]
    yield from found
    where = any(s.expression.args.get("where") is not None for s in subject.tree.scopes)
    if not found and subject.same_each_night and not where:
        yield Finding("incremental-unfiltered", 1, "every run reads the same, first run or not")


def _scan(rule: str, read: Read, how: Kept) -> Finding:
    assert read.table is not None
    why = "has only an upper bound" if how.upper else "has no filter"
    told = f"{read.name} is read whole: its partition column {read.table.partition} {why}"
    return Finding(rule, read.line, told, bytes=read.table.bytes, files=read.table.files)


def _partition_function(subject: Subject) -> Iterator[Finding]:
    for read, how in _partitioned(subject):
        if how.wrapped:
            told = f"{how.wrapped}: some warehouses open every partition of {read.name} for it"
            yield Finding("partition-function", read.line, told)


def _unbounded_window(subject: Subject) -> Iterator[Finding]:
    for read, how in _partitioned(subject):
        if how.window:
            assert read.table is not None
            told = f"a window function sees all of {read.name} before the filter is applied"
            size = read.table.bytes
            yield Finding("unbounded-window", read.line, told, bytes=size, files=read.table.files)


def _one_sided(subject: Subject) -> Iterator[Finding]:
    found = list(_partitioned(subject))
    for read, how in found:
        other = None if how.some or how.window else _filtered_sibling(subject, read, found)
        if other is not None:
            told = (
                f"joined to a read of {other.name} (line {other.line}) that is restricted in time"
            )
            yield Finding("one-sided-filter", read.line, told)


def _filtered_sibling(subject: Subject, read: Read, found: list[tuple[Read, Kept]]) -> Read | None:
    """A restricted read that this one is joined to, in one scope or one scope further out."""
    homes = _homes(subject.tree, read.scope, read.alias)
    for other, how in found:
        if other is not read and how.plain:
            theirs = _homes(subject.tree, other.scope, other.alias)
            met = {home for home, _ in homes} & {home for home, _ in theirs}
            apart = not set(homes) & set(theirs)
            if met and apart and not _joined_on_time(subject, read, other):
                return other
    return None


def _homes(tree: Tree, scope: Scope, alias: str) -> list[tuple[int, str]]:
    """The scopes that a read reaches, with the alias it has there."""
    found, seen = [(id(scope), alias)], {id(scope)}
    reached = [scope]
    while reached:
        for parent, name in tree.parents.get(id(reached.pop()), []):
            found.append((id(parent), name))
            if id(parent) not in seen:
                seen.add(id(parent))
                reached.append(parent)
    return found


def _joined_on_time(subject: Subject, one: Read, other: Read) -> bool:
    """Joined on the partition column, or united rather than joined."""
    columns = {
        one.table.partition if one.table else "",
        other.table.partition if other.table else "",
    }
    for scope in subject.tree.scopes:
        select = scope.expression
        if isinstance(select, exp.SetOperation):
            return True
        for join in select.args.get("joins") or ():
            using = {name.name.lower() for name in join.args.get("using") or ()}
            named = {
                c.name.lower()
                for node in conjuncts(join.args.get("on"))
                if isinstance(node, exp.EQ)
                for c in own_columns(node)
            }
            if columns & (using | named):
                return True
    return False


def _fan_out(subject: Subject) -> Iterator[Finding]:
    return (f for f in _repeated(subject) if f.rule == "fan-out")


def _distinct(subject: Subject) -> Iterator[Finding]:
    return (f for f in _repeated(subject) if f.rule == "distinct-hides-fan-out")


def _repeated(subject: Subject) -> Iterator[Finding]:
    """Values added up over rows that a join repeats, here or in the scopes that read this one."""
    tree = subject.tree
    for scope in tree.scopes:
        for join in joins_that_repeat(tree, scope)[0]:
            finding = _added_up(tree, scope, join) or _in_output(subject, scope, join)
            if finding:
                yield finding
                break


def _added_up(tree: Tree, scope: Scope, join: Repeating) -> Finding | None:
    select = scope.expression
    if select.args.get("distinct") is not None:
        return _found("distinct-hides-fan-out", join, "DISTINCT", join.node)
    for alias in sorted(join.aliases):
        found = _sums(tree, scope, alias, None)
        if found is not None:
            return _of_sum(join, found)
    if select.args.get("group") is None:
        for parent, alias in tree.parents.get(id(scope), []):
            if parent.expression.args.get("distinct") is not None:
                return _found("distinct-hides-fan-out", join, "DISTINCT", join.node)
            names = _names_from(tree, scope, join.aliases)
            found = _sums(tree, parent, alias, names)
            if found is not None:
                return _of_sum(join, found)
    return None


def _of_sum(join: Repeating, found: Node) -> Finding:
    hidden = isinstance(found.this, exp.Distinct)
    return _found("distinct-hides-fan-out" if hidden else "fan-out", join, found.sql(), found)


def _found(rule: str, join: Repeating, what: str, node: Node) -> Finding:
    keys = ", ".join(join.keys)
    told = f"{join.other} is not unique by {keys}: the join repeats {_those(join)}"
    after = ", and DISTINCT hides it" if what == "DISTINCT" else f", and {what} is wrong by it"
    return Finding(rule, line_of(node), told + after)


def _those(join: Repeating) -> str:
    return " and ".join(sorted(join.aliases))


def _sums(tree: Tree, scope: Scope, alias: str, names: set[str] | None) -> Node | None:
    """A sum or average over a source's columns (of these names, if given)."""
    select = scope.expression
    if not isinstance(select, exp.Select):
        return None
    for item in select.expressions:
        for found in item.find_all(*ADDED_UP):
            mine = [c for c in own_columns(found) if belongs(scope, c, alias, tree)]
            if any(names is None or names & {"*", c.name.lower()} for c in mine):
                return found
    return None


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
    keys = subject.config.get("unique_key") or ()
    wanted = {key.lower() for key in ([keys] if isinstance(keys, str) else list(keys))}
    if wanted and wanted <= _names_from(subject.tree, scope, join.aliases):
        return _found("fan-out", join, f"unique_key {', '.join(sorted(wanted))}", join.node)
    return None


def _non_deterministic(subject: Subject) -> Iterator[Finding]:
    for scope in subject.tree.scopes:
        for where, node in _deciding(subject, scope):
            for found in node.find_all(*_VOLATILE, exp.Anonymous):
                if not isinstance(found, exp.Anonymous) or found.name.upper() in _VOLATILE_NAMES:
                    told = f"{found.sql()} in {where}: a run of an earlier night gives other rows"
                    yield Finding("non-deterministic", line_of(node), told)


def _deciding(subject: Subject, scope: Scope) -> Iterator[tuple[str, Node]]:
    """The parts of a SELECT that decide which rows there are, and what names them."""
    select = scope.expression
    for part in ("where", "having", "qualify", "group"):
        if select.args.get(part) is not None:
            yield f"{part.upper()}{' BY' * (part == 'group')}", select.args[part]
    for join in select.args.get("joins") or ():
        if join.args.get("on") is not None:
            yield "a join", join.args["on"]
    keys = subject.config.get("unique_key") or ()
    wanted = [keys] if isinstance(keys, str) else list(keys)
    if scope is subject.tree.outermost and isinstance(select, exp.Select):
        yield from (("the key", i) for i in select.expressions if i.alias_or_name in wanted)


def _output_star(subject: Subject) -> Iterator[Finding]:
    found = _star(subject.tree.outermost, set())
    if found is not None:
        told = "the output has whatever columns its source has today"
        yield Finding("output-star", line_of(found), told)


def _star(scope: Scope, seen: set[int]) -> Node | None:
    """A star that lets columns of a table through to the output."""
    if id(scope) in seen:
        return None
    seen.add(id(scope))
    select = scope.expression
    if isinstance(select, exp.SetOperation):
        return next(filter(None, (_star(p, seen) for p in scope.set_operation_scopes)), None)
    for item in select.expressions if isinstance(select, exp.Select) else ():
        if item.is_star:
            wanted = item.table if isinstance(item, exp.Column) else ""
            for alias, source in sources(scope):
                if wanted in ("", alias):
                    found = item if isinstance(source, exp.Table) else _star(source, seen)
                    if found is not None:
                        return found
    return None


def _order_by(subject: Subject) -> Iterator[Finding]:
    root = subject.tree.root
    if root.args.get("order") is not None and root.args.get("limit") is None:
        told = "sorts all rows of a table that has no order"
        yield Finding("order-by", line_of(root.args["order"]), told)


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "full-scan", "A partitioned table is read whole",
            "filter on the partition column, or ask for a waiver", _full_scan, NEEDS_PARTITIONS,
        ),
        Rule(
            "incremental-unfiltered", "An incremental model reads everything each night",
            "filter on the partition column inside is_incremental()", _incremental_unfiltered,
            NEEDS_PARTITIONS,
        ),
        Rule(
            "unbounded-window", "A window function needs all rows before the filter",
            "filter first, or put the partition column into PARTITION BY", _unbounded_window,
            NEEDS_PARTITIONS, "performance",
        ),
        Rule(
            "partition-function", "The filter on the partition column is inside a function",
            "compare the column itself with a range", _partition_function, NEEDS_PARTITIONS,
            "cost", note=True,
        ),
        Rule(
            "fan-out", "A join repeats rows, and they are added up",
            "aggregate the other side to the join's keys first", _fan_out, NEEDS_GRAIN, "quality",
        ),
        Rule(
            "distinct-hides-fan-out", "DISTINCT hides that a join repeats rows",
            "aggregate the other side to the join's keys first", _distinct, NEEDS_GRAIN,
            "quality",
        ),
        Rule(
            "one-sided-filter", "Only one side of a join is restricted in time",
            "restrict both sides to the same days", _one_sided, NEEDS_PARTITIONS, "quality",
        ),
        Rule(
            "non-deterministic", "Which rows there are depends on when it runs",
            "pass the night in, as a variable", _non_deterministic, topic="quality",
        ),
        Rule(
            "output-star", "The output has whatever columns its source has",
            "list the columns", _output_star, topic="quality",
        ),
        Rule(
            "order-by", "A model sorts its rows", "sort where the rows are read", _order_by,
            topic="performance",
        ),
    )
}  # fmt: skip
