"""The ten rules: what no other tool says of a model before it runs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.catalog import made_of_others
from fieldkit.audit.found import Finding
from fieldkit.audit.partitions import (
    full_scan,
    incremental_unfiltered,
    one_sided,
    partition_function,
    unbounded_window,
)
from fieldkit.audit.repeated import distinct_hides, fan_out
from fieldkit.audit.subject import NEEDS_GRAIN, NEEDS_PARTITIONS, Rule, Subject
from fieldkit.audit.tree import Node, line_of, sources, text_of

_VOLATILE = (
    exp.CurrentTimestamp, exp.CurrentTimestampLTZ, exp.CurrentDate, exp.CurrentDatetime,
    exp.CurrentTime, exp.Localtime, exp.Localtimestamp, exp.Rand, exp.Randn, exp.Uuid,
)  # fmt: skip
_PLAIN = (exp.Sum, exp.Count, exp.Avg, exp.Min, exp.Max, exp.CountIf)  # of any order
_VOLATILE_NAMES = {"NOW", "RANDOM", "RAND", "UUID", "GEN_RANDOM_UUID", "GENERATE_UUID", "TODAY"}
_VOLATILE_NAMES |= {"GETDATE", "SYSDATE", "UUID_STRING", "NEWID", "CURRENT_DATE", "SYSTIMESTAMP"}
_VOLATILE_NAMES |= {"CLOCK_TIMESTAMP", "STATEMENT_TIMESTAMP", "TRANSACTION_TIMESTAMP", "TIMEOFDAY"}
_VOLATILE_NAMES |= {"GET_CURRENT_TIMESTAMP", "GET_CURRENT_TIME", "CURRENT_LOCALTIMESTAMP"}


def _non_deterministic(subject: Subject) -> Iterator[Finding]:
    """One finding for each expression, however often a model repeats it."""
    lines: dict[str, list[int]] = {}
    for scope in subject.tree.scopes:
        for where, node in _deciding(subject, scope):
            for found in node.find_all(*_VOLATILE, exp.Anonymous):
                if _volatile(found):
                    told = f"{text_of(found, subject.tree.dialect)} in {where}"
                    lines.setdefault(told, []).append(line_of(node))
    for told, each in lines.items():
        often = f", {len(each)} times" if len(each) > 1 else ""
        after = "a run of an earlier night gives other rows"
        yield Finding("non-deterministic", min(each), f"{told}{often}: {after}")


def _volatile(node: Node) -> bool:
    """Whether it is another in each run; a UUID that is made of a name is not."""
    if isinstance(node, exp.Anonymous):
        return node.name.upper() in _VOLATILE_NAMES and not (
            "UUID" in node.name.upper() and node.expressions
        )
    return not (isinstance(node, exp.Uuid) and (node.args.get("this") or node.args.get("name")))


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
            yield from (("the key", node) for node in _made_of(scope, name))


def _keys_by_name(select: Node) -> set[str]:
    """The output columns whose names say that they are keys made of others."""
    names = {item.alias_or_name.lower() for item in getattr(select, "selects", ())}
    return {name for name in names if made_of_others((name,))}


def _made_of(scope: Scope, name: str) -> Iterator[Node]:
    """The expressions that an output column is made of, through the steps that only pass it on."""
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
            yield item


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
    if _sorts(root):
        told = "sorts all rows of a table that has no order"
        yield Finding("order-by", line_of(root.args["order"]), told)
    for scope in subject.tree.scopes[:-1]:
        if _sorts(scope.expression) and not _order_is_read(subject, scope):
            told = "sorts the rows of a step, and what reads them keeps no order"
            yield Finding("order-by", line_of(scope.expression.args["order"]), told)


def _sorts(select: Node) -> bool:
    """Whether all rows are sorted; LIMIT and DISTINCT ON pick rows by the order."""
    distinct = select.args.get("distinct")
    picks = select.args.get("limit") or (
        isinstance(distinct, exp.Distinct) and distinct.args.get("on")
    )
    return select.args.get("order") is not None and not picks


def _order_is_read(subject: Subject, scope: Scope) -> bool:
    """Whether a sorted step is made into a list, or nobody is seen who reads it."""
    readers = subject.tree.parents.get(id(scope), [])
    lists = (
        exp.ArrayAgg,
        exp.GroupConcat,
        exp.First,
        exp.Last,
        exp.AnyValue,
        exp.Limit,
        exp.Window,
    )
    unseen = (exp.AggFunc, exp.Anonymous)
    return not readers or any(
        reader.expression.find(*lists)
        or any(f for f in reader.expression.find_all(*unseen) if not isinstance(f, _PLAIN))
        for reader, _ in readers
    )


RULES: dict[str, Rule] = {
    rule.id: rule
    for rule in (
        Rule(
            "full-scan", "A partitioned table is read whole",
            "filter on the partition column, or ask for a waiver", full_scan, NEEDS_PARTITIONS,
        ),
        Rule(
            "incremental-unfiltered", "An incremental model reads everything each night",
            "filter on the partition column inside is_incremental()", incremental_unfiltered,
            NEEDS_PARTITIONS,
        ),
        Rule(
            "unbounded-window", "A window function needs all rows before the filter",
            "filter first, or put the partition column into PARTITION BY", unbounded_window,
            NEEDS_PARTITIONS, "performance",
        ),
        Rule(
            "partition-function", "The filter on the partition column is inside a function",
            "compare the column itself with a range", partition_function, NEEDS_PARTITIONS,
            "cost", note=True,
        ),
        Rule(
            "fan-out", "A join repeats rows, and they are added up",
            "aggregate the other side to the join's keys first", fan_out, NEEDS_GRAIN, "quality",
        ),
        Rule(
            "distinct-hides-fan-out", "DISTINCT hides that a join repeats rows",
            "aggregate the other side to the join's keys first", distinct_hides, NEEDS_GRAIN,
            "quality",
        ),
        Rule(
            "one-sided-filter", "Only one side of a join is restricted in time",
            "restrict both sides to the same days", one_sided, NEEDS_PARTITIONS, "quality",
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
