"""For tests: an answer in a process of its own, of each kind that there is."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from workbook import sandbox
from workbook.process import ProcessAnswer
from workbook.session import Cell, Session

no_sandbox = pytest.mark.skipif(not sandbox.available(), reason="no bubblewrap here")
MODES = [
    pytest.param("forked", id="forked"),
    pytest.param("cold", id="cold"),
    pytest.param("isolated", id="isolated", marks=no_sandbox),
]


class Elsewhere(ProcessAnswer):
    """An answer in a session of its own; `load` puts another one in it."""

    def __init__(
        self, exercise: str, cells: Sequence[str], limit: float, *, cwd: Path, mode: str
    ) -> None:
        named = [Cell(source, f"cell {number}") for number, source in enumerate(cells, 1)]
        isolated, warm = mode == "isolated", mode == "forked"
        self.session = Session(named, cwd=cwd, isolated=isolated, warm=warm)
        super().__init__(self.session, exercise, limit, "")
        self.left = 10_000.0  # one answer for many tests

    def __enter__(self) -> Elsewhere:
        self.session.__enter__()
        return self

    def __exit__(self, *_: object) -> None:
        self.session.__exit__()

    @property
    def process_id(self) -> int:
        """The process that holds the answer."""
        return self.session.process_id

    def load(self, source: str) -> None:
        """Put another answer in the place of the last one."""
        if not self.session.running():
            self.session.start()
        self.session.load(Cell(source, "own"))
