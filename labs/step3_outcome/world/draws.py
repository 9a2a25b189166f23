"""Draws that follow from a seed, the same on every system."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


def whole(seed: int, name: str, count: int, below: int) -> Ints:
    """`count` whole numbers from 0 to below - 1; below is at most 2**31."""
    digest = hashlib.sha256(f"step3/{seed}/{name}".encode()).digest()
    key = np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)
    # numpy promises that raw Philox output never changes.
    raw = np.random.Philox(key=key).random_raw(count)
    return (raw >> np.uint64(33)).astype(np.int64) * below >> 31


def one(seed: int, name: str, below: int) -> int:
    """A whole number from 0 to below - 1."""
    return int(whole(seed, name, 1, below)[0])


def near(seed: int, name: str, value: int, percent: int = 10) -> int:
    """A whole number within so many percent of a value."""
    return value * (100 - percent + one(seed, name, 2 * percent + 1)) // 100


def parts(seed: int, name: str, total: int, count: int) -> list[int]:
    """`count` whole numbers, each within 10 % of the mean, that add up to the total."""
    drawn = [near(seed, f"{name}/{n}", total // count) for n in range(count - 1)]
    return [*drawn, total - sum(drawn)]
