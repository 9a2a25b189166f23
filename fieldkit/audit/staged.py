"""Models that only pass on the columns of one table: what a row of theirs is, the table says."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from sqlglot import exp
from sqlglot.optimizer.scope import Scope

from fieldkit.audit.catalog import Catalog, Table
from fieldkit.audit.tree import Tree, Unparsed, parsed, passed_on, sources

# What makes other rows, or may leave so few that other columns name a row: a WHERE, too.
_OTHER_ROWS = re.compile(
    r"\b(join|where|group|having|qualify|distinct|union|intersect|except|limit|lateral|\w*pivot"
    r"|\w*unnest\w*|\w*flatten\w*|\w*explode\w*|\w+_to_table|\w+_elements\w*|generate_\w+|stack)\b",
    re.IGNORECASE,
)


def with_staged(catalog: Catalog, models: Mapping[str, str], dialect: str) -> Catalog:
    """The catalog, and the grain of each model (name -> SQL) that passes its table's on.

    A model may read another one: each round knows those of the round before.
    """
    left = {name: sql for name, sql in models.items() if not _OTHER_ROWS.search(sql)}
    while True:
        found = list(_found(catalog, left, dialect))
        if not found:
            return catalog
        catalog = catalog.with_tables(found)
        for table in found:
            del left[table.name]


def _found(catalog: Catalog, models: Mapping[str, str], dialect: str) -> Iterator[Table]:
    looked_for = set(catalog.missed)
    for name, sql in models.items():
        try:
            tree = parsed(sql, dialect, catalog)
            grain = _grain(tree, tree.outermost)
        except (Unparsed, RecursionError):
            continue
        if grain:
            yield Table(name, grain=grain)
    catalog.missed.clear()
    catalog.missed.update(looked_for)


def _grain(tree: Tree, scope: Scope) -> tuple[str, ...]:
    """The output columns that name a row; () where that is not what the one table says."""
    read = list(sources(scope))
    if not isinstance(scope.expression, exp.Select) or len(read) != 1:
        return ()
    alias, source = read[0]
    below = _grain(tree, source) if isinstance(source, Scope) else _said(tree, source)
    names = [next(iter(passed_on(scope, alias, column, tree)), "") for column in below]
    return tuple(names) if all(names) else ()


def _said(tree: Tree, source: exp.Table) -> Iterable[str]:
    found = tree.catalog.find(".".join(part.name for part in source.parts))
    return found.grain if found is not None and not found.tested else ()
