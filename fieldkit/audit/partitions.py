"""The rules about partitions: what a run opens, and whether both sides of a join are restricted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sqlglot import exp

from fieldkit.audit.found import Finding
from fieldkit.audit.meeting import Home, compared, homes, joined_on_time, matched_by_time, meetings
from fieldkit.audit.pruning import Kept, kept, window_mixes
from fieldkit.audit.subject import Subject
from fieldkit.audit.tree import Read, passed_on

_RANKS = (exp.RowNumber, exp.Rank, exp.DenseRank)
_ONE_OF_EACH = (
    "where a view keeps one row of each, put the partition column into PARTITION BY (or DISTINCT "
    "ON) if all copies of a row share it; else build the model incrementally, as a table"
)
SMALL = 20  # times smaller than what it is joined to: a list of things, not of what happened


@dataclass(frozen=True, eq=False)
class _Partitioned:
    """A read of a partitioned table, how it is restricted, and the scopes that its rows reach."""

    read: Read
    how: Kept
    homes: list[Home]

    def beside(self, all_reads: list[_Partitioned]) -> Iterator[tuple[_Partitioned, Home, Home]]:
        """The restricted reads that this one is joined to, and where they meet."""
        for other in all_reads:
            if other is not self and other.how.plain:
                for mine, theirs in meetings(self.homes, other.homes):
                    yield other, mine, theirs


def _partitioned(subject: Subject) -> list[_Partitioned]:
    """The reads of partitioned tables; dbt filters those of a microbatch model itself."""
    if subject.microbatch:
        return []
    tree = subject.tree
    if "partitioned" not in tree.memory:  # four rules ask
        tree.memory["partitioned"] = [
            _Partitioned(read, kept(tree, read), homes(tree, read))
            for read in tree.reads
            if read.table is not None and read.table.partition
        ]
    found: list[_Partitioned] = tree.memory["partitioned"]
    return found


def _open(subject: Subject) -> Iterator[tuple[_Partitioned, Read | None]]:
    """Reads that nobody restricted, each with a restricted one that it is joined to, if any.

    Joined on the partition column it is restricted as well. What is joined otherwise and may be a
    list of things is left out: see `may_be_a_list`.
    """
    for one, beside in _unrestricted(subject):
        if not _unknown(subject, one, beside):
            likes = (o.read for o, *met in beside if compared(*met) and _like(one, o))
            yield one, next(likes, None)


_Beside = list[tuple[_Partitioned, Home, Home]]


def _unrestricted(subject: Subject) -> Iterator[tuple[_Partitioned, _Beside]]:
    found = _partitioned(subject)
    for one in found:
        if not one.how.some and not one.how.window:
            beside = list(one.beside(found))
            if not any(joined_on_time(subject.tree, mine, its) for _, mine, its in beside):
                yield one, beside


def _unknown(subject: Subject, one: _Partitioned, beside: _Beside) -> bool:
    """Whether rows are matched with restricted ones by something else than time, and nobody has
    said what one of them is.
    """
    if one.read.table is None or one.read.table.grain:
        return False
    met = [(mine, its) for _, mine, its in beside if compared(mine, its)]
    return bool(met) and not any(matched_by_time(mine, subject.tree) for mine, _ in met)


def may_be_a_list(subject: Subject) -> str:
    """Why nobody knows whether one side of a join should be restricted as the other is: a list of
    things, such as shops, has to be whole, and what happened has not.
    """
    for one, beside in _unrestricted(subject):
        if _unknown(subject, one, beside):
            other = next(other for other, *met in beside if compared(*met))
            return (
                f"{one.read.name} is read whole beside {other.read.name}: a list of things, or what"
                " happened? Its grain is not in the catalog"
            )
    return ""


def _like(one: _Partitioned, other: _Partitioned) -> bool:
    """Whether it is known that both hold what happened, and not one of them a list of things, such
    as shops, which has to be whole: by what a row is, and by size.
    """
    mine, its = one.read.table, other.read.table
    if mine is None or its is None or not mine.grain:
        return False
    return not (mine.bytes and its.bytes) or mine.bytes * SMALL >= its.bytes


def full_scan(subject: Subject) -> Iterator[Finding]:
    """A partitioned table is read whole."""
    if not subject.incremental:
        for one, beside in _open(subject):
            if beside is None:
                found = replace(_scan("full-scan", one), note=subject.built_once)
                yield _of_a_view(subject, one, found) if subject.only_passes_on else found


def _of_a_view(subject: Subject, one: _Partitioned, found: Finding) -> Finding:
    """A note where a reader's filter on the partition column is moved into the view; where the
    view picks one row of each, a filter of its own would lose rows.
    """
    kept_out = any(_keeps_out(subject, home) for home in one.homes)
    if not kept_out and (_shown(subject, one) or not _drops_copies(subject)):
        return replace(found, note=True)
    if not kept_out or not all(isinstance(window.this, _RANKS) for window in subject.windows):
        return found
    told = f"{found.evidence}, and a reader's filter cannot pass what picks one row"
    return replace(found, evidence=told, instead=_ONE_OF_EACH)


def _drops_copies(subject: Subject) -> bool:
    return bool(subject.windows) or any(
        scope.expression.args.get("distinct") for scope in subject.tree.scopes
    )


def _shown(subject: Subject, one: _Partitioned) -> bool:
    """Whether the partition column is in the output, so that a reader can filter on it."""
    outermost = [home for home in one.homes if home.scope is subject.tree.outermost]
    return any(
        passed_on(home.scope, home.alias, name, subject.tree) if home.alias else name
        for home in outermost
        for name in home.names
    )


def _keeps_out(subject: Subject, home: Home) -> bool:
    """Whether a filter outside would have to wait for what this scope makes of all its rows."""
    select = home.scope.expression
    distinct = select.args.get("distinct")
    on = distinct.args.get("on") if isinstance(distinct, exp.Distinct) else None
    if on is not None and not home.names & {c.name.lower() for c in on.find_all(exp.Column)}:
        return True
    names = home.names or {""}
    return all(window_mixes(subject.tree, home.scope, home.alias, name) for name in names)


def incremental_unfiltered(subject: Subject) -> Iterator[Finding]:
    """An incremental model reads everything each night."""
    if not subject.incremental:
        return
    # What lies before a fixed day is the same each night: it does not grow.
    whole = [one for one, beside in _open(subject) if beside is None and not one.how.until]
    found = [_scan("incremental-unfiltered", one) for one in whole]
    yield from (replace(one, note=subject.built_once) for one in found)
    if subject.same_each_night:
        yield from _since_a_day(subject)
    where = any(s.expression.args.get("where") is not None for s in subject.tree.scopes)
    # What reads no table, such as the answer of an API, has no rows to leave out.
    if not found and subject.same_each_night and subject.tree.reads and not where:
        yield Finding("incremental-unfiltered", 1, "every run reads the same, first run or not")


def _since_a_day(subject: Subject) -> Iterator[Finding]:
    """Reads whose only bound is a day in the text: each night there is more to read."""
    for one in _partitioned(subject):
        table = one.read.table
        if one.how.since and table is not None:
            told = f"every run reads all of {one.read.name} with {one.how.since}, first run or not"
            size, files = table.bytes, table.files
            yield Finding("incremental-unfiltered", one.read.line, told, bytes=size, files=files)


def _scan(rule: str, one: _Partitioned) -> Finding:
    table = one.read.table
    assert table is not None
    column = " or ".join(table.partitions)
    why = "has only an upper bound" if one.how.upper else "has no filter"
    told = f"{one.read.name} is read whole: its partition column {column} {why}"
    return Finding(rule, one.read.line, told, bytes=table.bytes, files=table.files)


def partition_function(subject: Subject) -> Iterator[Finding]:
    """The filter on the partition column is inside a function."""
    for one in _partitioned(subject):
        if one.how.wrapped:
            told = f"{one.how.wrapped}: some warehouses open every partition of {one.read.name}"
            yield Finding("partition-function", one.read.line, f"{told} for it")


def unbounded_window(subject: Subject) -> Iterator[Finding]:
    """A window function needs all rows before the filter."""
    for one in _partitioned(subject):
        if one.how.window:
            table = one.read.table
            assert table is not None
            told = f"a window function sees all of {one.read.name} before the filter is applied"
            size, files = table.bytes, table.files
            yield Finding("unbounded-window", one.read.line, told, bytes=size, files=files)


def one_sided(subject: Subject) -> Iterator[Finding]:
    """Only one side of a join is restricted in time."""
    for one, beside in _open(subject):
        if beside is not None:
            told = f"{one.read.name} is read whole, and joined to a read of {beside.name}"
            where = f"(line {beside.line}) that is restricted in time"
            yield Finding("one-sided-filter", one.read.line, f"{told} {where}")
