"""Draws that follow from a seed, the same on every system."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")


def draw(seed: int, name: str, below: int) -> int:
    """A whole number from 0 to below - 1."""
    digest = hashlib.sha256(f"step1/{seed}/{name}".encode()).digest()
    return int.from_bytes(digest[:8], "big") % below


def shuffled(seed: int, name: str, items: Sequence[T]) -> list[T]:
    """The items in another order."""
    places = {n: draw(seed, f"{name}/{n}", 2**32) for n in range(len(items))}
    return [items[n] for n in sorted(places, key=lambda n: (places[n], n))]
