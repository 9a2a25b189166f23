"""What is built on what: tables as a graph, also where the graph goes round in a ring."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import Any

Edge = tuple[str, str]


class Lineage:
    """Edges (upstream, downstream) as a graph; a table that reads itself has no edge for it."""

    def __init__(self, edges: Iterable[Edge], tables: Iterable[str] = ()) -> None:
        import networkx as nx

        self.graph: Any = nx.DiGraph()
        self.graph.add_nodes_from(sorted(tables))
        self.graph.add_edges_from(sorted({(up, down) for up, down in edges if up != down}))

    @cached_property
    def _groups(self) -> Any:
        """The graph of its groups: tables that are built from each other are one."""
        import networkx as nx

        return nx.condensation(self.graph)

    @cached_property
    def _order(self) -> list[int]:
        """Groups in such an order that what is built on one stands before it."""
        import networkx as nx

        return list(reversed(list(nx.topological_sort(self._groups))))

    def rings(self) -> list[list[str]]:
        """Groups of tables that are built from each other; none where there is no cycle."""
        members = (self._groups.nodes[group]["members"] for group in self._groups)
        return sorted(sorted(some) for some in members if len(some) > 1)

    def ends(self) -> set[str]:
        """Tables that nothing is built on; a ring at an end is one as a whole."""
        groups = self._groups
        last = [group for group in groups if not groups.out_degree(group)]
        return {table for group in last for table in groups.nodes[group]["members"]}

    def reached(self, own: Mapping[str, int]) -> dict[str, int]:
        """For each table its own bits, and those of everything that is built on it.

        Bits are a set as one whole number: of accounts that read, of outputs that carry a cost.
        What reaches a table on two ways is in it once, and tables in a ring all have the same.
        """
        bits: dict[int, int] = {}
        for group in self._order:
            found = 0
            for table in self._groups.nodes[group]["members"]:
                found |= own.get(table, 0)
            for below in self._groups.successors(group):
                found |= bits[below]
            bits[group] = found
        mapping = self._groups.graph["mapping"]
        alone = {table: known for table, known in own.items() if table not in mapping}
        return {table: bits[group] for table, group in mapping.items()} | alone

    def below(self, tables: Iterable[str]) -> set[str]:
        """Everything that is built on one of these tables, without the tables themselves."""
        given = set(tables)
        found: set[str] = set()
        todo = [table for table in given if table in self.graph]
        while todo:
            fresh = set(self.graph.successors(todo.pop())) - found
            found |= fresh
            todo += sorted(fresh)
        return found - given

    def nearest(self, targets: Iterable[str]) -> dict[str, str]:
        """For each table the nearest target built on it; of equals the first by name."""
        found = {table: table for table in sorted(targets)}
        level = [table for table in found if table in self.graph]
        while level:
            above: dict[str, str] = {}
            for table in level:
                for up in self.graph.predecessors(table):
                    if up not in found:
                        above[up] = min(found[table], above.get(up, found[table]))
            found |= above
            level = sorted(above)
        return found


def rings(edges: Iterable[Edge]) -> list[list[str]]:
    """Groups of tables that are built from each other; none where the lineage has no cycle."""
    return Lineage(edges).rings()
