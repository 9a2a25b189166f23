"""What the page of step 2 plays with: a fortnight of mornings, and many single ones."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from labs.step2_failure.world.job import Ingest, server
from labs.step2_failure.world.mornings import MORNINGS
from labs.step2_failure.world.page.command import files
from labs.step2_failure.world.page.crowd import crowd
from labs.step2_failure.world.page.expected import expected
from labs.step2_failure.world.page.fortnight import Fortnight
from labs.step2_failure.world.page.fortnight import run as run_fortnight
from labs.step2_failure.world.page.incident import averages, incident
from labs.step2_failure.world.page.outage import outage
from labs.step2_failure.world.page.past_days import past_by_kind
from labs.step2_failure.world.page.publish_command import publish_files
from labs.step2_failure.world.page.rehearsed import rehearsal
from labs.step2_failure.world.page.review import review
from labs.step2_failure.world.page.schedules import Schedules, timeline
from labs.step2_failure.world.page.schedules import run as run_schedules
from labs.step2_failure.world.page.stock import watched
from workbook import UsageError, render


class World:
    """Northlight Supply's mornings: a job fetches yesterday's orders, a board shows them at 08:00.

    `orders_per_day`: 20 to 20,000, for the fortnight. Raises UsageError.
    """

    def __init__(self, seed: int, orders_per_day: int = 200) -> None:
        if type(orders_per_day) is not int or not 20 <= orders_per_day <= 20_000:
            told = "a whole number from 20 to 20,000 is needed"
            raise UsageError(f"orders_per_day={orders_per_day!r}: {told}")
        self._seed, self._orders_per_day = seed, orders_per_day

    def fortnight(self, ingest: Ingest) -> Fortnight:
        """Let a job run on fourteen mornings, on one board."""
        with server() as api:
            return run_fortnight(ingest, api, self._seed, self._orders_per_day)

    def schedules(self, ingest: Ingest, count: int) -> Schedules:
        """Let a job run on so many single mornings of all kinds, each on a board of its own."""
        if type(count) is not int or not 1 <= count <= 10_000:
            raise UsageError(f"count={count!r}: a whole number from 1 to 10,000 is needed")
        with server() as api:
            return run_schedules(ingest, api, self._seed, count)

    def timeline(self, ingest: Ingest, kind: str) -> render.Shown:
        """One morning, request by request."""
        if kind not in MORNINGS:
            raise UsageError(f"there is no morning {kind!r}; there are: {', '.join(MORNINGS)}")
        with server() as api:
            return timeline(ingest, api, kind, self._seed)

    def command(self, shipped: str, mine: str) -> dict[str, str]:
        """Both jobs as commands with a small API, for `lab.keep`: file name -> text."""
        return files(self._seed, self._orders_per_day, shipped, mine)

    def publish_command(self, shipped: str, mine: str) -> dict[str, str]:
        """Both ways to publish as commands, with two days to publish: for a certificate."""
        return publish_files(self._seed, shipped, mine)

    def review(self, function: Ingest) -> render.Shown:
        """What a linter says of a function's text."""
        return review(function)

    def past_by_kind(self) -> render.Shown:
        """How far the past days of each kind lay from their median."""
        return past_by_kind(self._seed)

    def rehearsal(self, text: str) -> render.Shown:
        """A policy run over 200 mornings: what the board showed, who was told."""
        return rehearsal(text, self._seed)

    def expected(self, seen: Any) -> render.Shown:
        """One line for each expectation of a Great Expectations validation result."""
        return expected(seen)

    def incident(self, mornings: int = 6) -> pd.DataFrame:
        """What audits measured on mornings of which all but the first and last were in cents."""
        return incident(self._seed, mornings)

    def averages(self, seen: pd.DataFrame) -> render.Shown:
        """That frame as a table, with whatever was added to it."""
        return averages(seen)

    def crowd(self, **waits: Callable[[random.Random], float]) -> render.Shown:
        """In which second 200 clients come back, if each of them waits `wait(rng)`."""
        return crowd(waits, self._seed)

    def watched(self, statements: Sequence[str]) -> render.Shown:
        """Statements run on a stock list, and what a reader sees after each of them."""
        return watched(statements)

    def outage(self, limits: Sequence[tuple[int, float]]) -> render.Shown:
        """What breakers with each (fail_max, reset_after) do while a source is away."""
        return outage(limits)
