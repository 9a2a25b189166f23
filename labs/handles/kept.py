"""Worlds that answers only look at: made once a process, handed out again while unchanged."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from labs.handles.database import MEMORY, Database, Warehouse
from workbook import Answer, Outcome

MOST_KEPT = 160  # the two seeds of a check, a few dozen small worlds each: some 40 MB
_numbers = itertools.count(1)
_kept: dict[str, Warehouse] = {}  # setup -> the database in memory that it made


def asked(answer: Answer, setup: str, ask: Callable[[Database], Outcome]) -> Outcome:
    """What an answer says of a world; `ask` calls it, with a handle to what the setup made.

    To make a few tables takes longer than most answers take to read them. A world in which a
    statement ran that may have changed it is not handed out again.
    """
    place = answer.place()
    if place.startswith(MEMORY):
        # A name that no other answer's database gets, in memory or in a file, while this is kept.
        place = f"{MEMORY}kept_{next(_numbers)}"
    warehouse = _kept.pop(setup, None) if place.startswith(MEMORY) else None
    if warehouse is None:
        warehouse = Warehouse(place=place)
        # In a transaction of its own each statement would take more than twice as long.
        warehouse.execute(f"begin; {setup}; commit")
    unchanged = False
    try:
        outcome = ask(warehouse.handle())
        unchanged = outcome.evidence.get("con", {}).get("only_looked", False)
    finally:
        if unchanged and warehouse.place.startswith(MEMORY):
            _keep(setup, warehouse)
        else:
            warehouse.__exit__()
    return outcome


def _keep(setup: str, warehouse: Warehouse) -> None:
    _kept[setup] = warehouse  # as the last one: the oldest goes first
    if len(_kept) > MOST_KEPT:
        _kept.pop(next(iter(_kept))).__exit__()
