"""The ten rules: what no other tool says of a model before it runs."""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.clock import non_deterministic
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
from fieldkit.audit.tree import Node, line_of, sources

_PLAIN = (exp.Sum, exp.Count, exp.Avg, exp.Min, exp.Max, exp.CountIf)  # of any order


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
    """Whether all rows are sorted; LIMIT, OFFSET and DISTINCT ON pick rows by the order."""
    distinct = select.args.get("distinct")
    of_each = isinstance(distinct, exp.Distinct) and distinct.args.get("on")
    picks = select.args.get("limit") or select.args.get("offset") or of_each
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
    # A reader's own parts: a step that it is made of, such as the sorted one, says nothing of it.
    return not readers or any(
        any(reader.find_all(*lists))
        or any(f for f in reader.find_all(*unseen) if not isinstance(f, _PLAIN))
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
            "pass the night in, as a variable", non_deterministic, topic="quality",
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
