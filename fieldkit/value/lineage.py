"""What is built on what: tables as a graph, also where the graph goes round in a ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

Edge = tuple[str, str]


def graph_of(edges: Iterable[Edge]) -> Any:
    """A networkx graph of (upstream, downstream); a table that reads itself has no edge for it."""
    import networkx as nx

    graph: Any = nx.DiGraph()
    graph.add_edges_from(sorted({(up, down) for up, down in edges if up != down}))
    return graph


def rings(edges: Iterable[Edge]) -> list[list[str]]:
    """Groups of tables that are built from each other; none where the lineage has no cycle."""
    import networkx as nx

    groups = nx.strongly_connected_components(graph_of(edges))
    return sorted(sorted(group) for group in groups if len(group) > 1)


def reached(edges: Iterable[Edge], own: Mapping[str, int]) -> dict[str, int]:
    """For each table its own bits, and those of everything that is built on it.

    Bits are a set as one whole number: of accounts that read, of outputs that carry a cost.
    What reaches a table on two ways is in it once, and tables in a ring all have the same.
    """
    import networkx as nx

    graph = graph_of(edges)
    graph.add_nodes_from(own)
    whole = nx.condensation(graph)
    bits: dict[int, int] = {}
    for group in reversed(list(nx.topological_sort(whole))):
        found = 0
        for table in whole.nodes[group]["members"]:
            found |= own.get(table, 0)
        for below in whole.successors(group):
            found |= bits[below]
        bits[group] = found
    return {table: bits[group] for table, group in whole.graph["mapping"].items()}


def nearest(edges: Iterable[Edge], targets: Iterable[str]) -> dict[str, str]:
    """For each table the nearest target that is built on it; of equals the first by name."""
    graph = graph_of(edges)
    found = {table: table for table in sorted(targets)}
    level = [table for table in found if table in graph]
    while level:
        above: dict[str, str] = {}
        for table in level:
            for up in graph.predecessors(table):
                if up not in found:
                    above[up] = min(found[table], above.get(up, found[table]))
        found |= above
        level = sorted(above)
    return found
