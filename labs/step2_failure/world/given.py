"""An answer of the page itself: its function is called here, by the morning's job."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from labs.database import MEMORY
from workbook import Outcome, perform

LIMIT = 60.0  # seconds for one morning on the page, at any size of the world
Ingest = Callable[..., Any]
_numbers = itertools.count(1)  # of databases, in this process


@dataclass
class Given:
    """The page's `ingest` as something that a job can call; a place is a database in memory."""

    ingest: Ingest
    text: str = ""

    def call(self, **data: Any) -> Outcome:
        """Call it once."""
        return perform(self.ingest, data, LIMIT)

    def place(self) -> str:
        """A new address."""
        return f"{MEMORY}morning_{next(_numbers)}"

    def folder(self) -> str:
        """A morning needs none."""
        raise NotImplementedError

    def map(self, batch: Any) -> list[Outcome]:
        """One call for each set of arguments."""
        return [self.call(**data) for data in batch]

    def play(self, script: Any, order: Sequence[str] = ()) -> list[Outcome]:
        """A morning has no script."""
        raise NotImplementedError
