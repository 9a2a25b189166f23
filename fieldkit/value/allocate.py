"""Cost to the cent: each table's cost is carried by the outputs that are built on it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from fieldkit.value.lineage import Edge, Lineage

Name = TypeVar("Name", str, tuple[str, ...])


@dataclass(frozen=True)
class Allocation:
    """Who carries what, in cents. `key`: what the shares are proportional to, in words."""

    key: str
    shares: dict[tuple[str, str], int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        """The sum of all shares: the bill, to the cent."""
        return sum(self.shares.values())

    def by_output(self) -> dict[str, int]:
        """Cents that each output carries."""
        found: dict[str, int] = {}
        for (_, output), cents in self.shares.items():
            found[output] = found.get(output, 0) + cents
        return found


def split(cents: int, weights: Mapping[Name, int]) -> dict[Name, int]:
    """An amount in parts that follow whole-number weights and sum to it, by largest remainder.

    Equal parts where all weights are 0; of equal remainders the first names get the odd cents.
    Raises ValueError for a negative weight or without anybody to carry it.
    """
    if not weights or min(weights.values()) < 0:
        raise ValueError("weights are whole numbers from 0, and there is at least one")
    total = sum(weights.values())
    if not total:
        weights, total = dict.fromkeys(weights, 1), len(weights)
    size, sign = abs(cents), -1 if cents < 0 else 1
    parts = {name: size * weight // total for name, weight in weights.items()}
    over = size - sum(parts.values())
    # The remainders as whole numbers: no float decides who gets a cent.
    order = sorted(parts, key=lambda name: (-(size * weights[name] % total), name))
    for name in order[:over]:
        parts[name] += 1
    return {name: sign * part for name, part in parts.items()}


def allocate(
    costs: Mapping[str, int],
    edges: Iterable[Edge],
    weights: Mapping[str, int],
    key: str = "reads",
    outputs: Collection[str] | None = None,
) -> Allocation:
    """Share each table's cents among all outputs that are built on it, by their weights.

    `edges`: (upstream, downstream). An output that is reached on two ways (a diamond) counts
    once. Outputs, unless given, are the tables with a weight and those that nothing is built on.
    A table that reaches no output carries its own cost. The shares sum to the costs.
    """
    lineage = Lineage(edges, costs)
    if outputs is None:
        outputs = lineage.ends() | {name for name, weight in weights.items() if weight > 0}
    carriers = sorted(outputs)
    own = {name: 1 << number for number, name in enumerate(carriers)}
    found = lineage.reached(own)
    by_bits: dict[int, dict[str, int]] = {0: {}}
    shares: dict[tuple[str, str], int] = {}
    for table in sorted(costs):
        bits = found[table]
        if bits not in by_bits:
            by_bits[bits] = {n: weights.get(n, 0) for n in carriers if bits & own[n]}
        for output, cents in split(costs[table], by_bits[bits] or {table: 1}).items():
            if cents or output == table:
                shares[table, output] = cents
    return Allocation(key, shares)
