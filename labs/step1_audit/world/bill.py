"""From bytes to dollars: prices with their source, and a month of runs."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

TIB = 2**40
HOURLY, NIGHTLY = 720, 30  # runs in a month of thirty days


@functools.cache
def prices() -> Mapping[str, Mapping[str, Any]]:
    """The price cards: dollars, unit, source and date."""
    text = Path(__file__).with_name("prices.yml").read_text(encoding="utf-8")
    return yaml.safe_load(text)  # type: ignore[no-any-return]


@dataclass(frozen=True)
class Bill:
    """What a model costs in a month: bytes of one run, times scale, runs and price."""

    bytes: int
    files: int
    runs: int
    scale: int

    @property
    def a_run(self) -> float:
        """Dollars for one run."""
        return self.bytes * self.scale / TIB * float(prices()["on-demand"]["dollars"])

    @property
    def month(self) -> float:
        """Dollars for a month."""
        return self.a_run * self.runs


def kilo(size: int) -> str:
    """Bytes in kB."""
    return f"{size / 1000:,.0f} kB"


def dollars(amount: float) -> str:
    """Whole dollars."""
    return f"${amount:,.0f}"
