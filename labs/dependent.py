"""Cases of a check that build on each other, so that one cause is one finding."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from workbook import AnswerFailed, Case, Finding

Run = Callable[[], Finding | None]


class Dependent:
    """Makes cases by name; a case is tried only where the cases that it needs are right.

    Without that, a load that appends rows would fail every later case as well, under other names.
    """

    def __init__(self) -> None:
        self._right: dict[str, Callable[[], bool]] = {}

    def case(self, name: str, on_error: str, run: Run, *needs: str, plain: bool = False) -> Case:
        """The case; `needs`: names of cases made before it."""
        once = cache(run)

        def needed() -> bool:
            return all(self._right[need]() for need in needs)

        def right() -> bool:
            try:
                return needed() and once() is None
            except AnswerFailed:
                return False

        self._right[name] = cache(right)
        return Case(name, lambda: once() if needed() else None, on_error, plain)
