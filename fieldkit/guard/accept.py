"""Publishes a held-back run by hand, and adds it to the history."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from fieldkit.errors import CannotRun
from fieldkit.guard.checks import Check, renewed
from fieldkit.guard.days import Day
from fieldkit.guard.found import PUBLISHED, GuardedRun, as_of, records_after_swap
from fieldkit.guard.history import from_json
from fieldkit.guard.policy import GuardPolicy
from fieldkit.guard.publish import Changed, content, publish
from fieldkit.guard.run import guardable_state, opened
from fieldkit.guard.shelf import Shelf, new_run
from fieldkit.runs.record import Tell
from fieldkit.state import durable
from fieldkit.state.snapshot import Signature, signature


def accept(
    path: str | Path, policy: GuardPolicy, run: str = "", *, new_normal: bool = False,
    tell: Tell = lambda _: None,
) -> GuardedRun:  # fmt: skip
    """Publish a held-back run (the last by default), and add it to the history.

    `new_normal`: for what held it back, only runs from this one on count from now on. Raises
    CannotRun where there is nothing to accept, or the state has changed since.
    """
    state = guardable_state(path)
    shelf = Shelf(state.path)
    with opened(shelf, policy, new_run(), tell) as alerts:
        place, reasons = shelf.held(run)
        if reasons.get("accepted"):
            raise CannotRun(f"{place}: was accepted already; nothing of it is held back")
        if not reasons.get("acceptable"):
            raise CannotRun(
                f"{place}: its command failed, so there is no complete state to accept; run "
                "it again"
            )
        found = _found(reasons, place)
        past = from_json({**reasons, "run": found.run, "fresh_start": ()})
        if new_normal:
            anew = tuple(sorted({mark for one in found.checks for mark in renewed(one)}))
            past = replace(past, fresh_start=anew)
            found.notes.append(f"Learned anew from this run on: {', '.join(anew)}.")
        try:
            after, base = records_after_swap(found, past), _base(reasons, state.path)
            publish(shelf, state, place / "state" / state.path.name, base, after, alerts)
        except Changed as error:
            raise CannotRun(
                f"{error}: what was held back ({place.name}) is older than it and is not published"
            ) from None
        reasons |= {"acceptable": False, "accepted": True}
        durable.write(place / "reasons.json", json.dumps(reasons, indent=2) + "\n")
        found.verdict, found.as_of, found.held = PUBLISHED, as_of(found), place
        found.warnings += alerts.deliver()
    return found


def _base(reasons: dict[str, Any], state: Path) -> Signature:
    """The state's signature before the run; today's, where nothing but times has changed since."""
    now = signature(state)
    if reasons.get("content") and content(state, now) == reasons["content"]:
        return now
    return {name: tuple(one) for name, one in reasons["base"].items()}


def _found(reasons: dict[str, Any], place: Path) -> GuardedRun:
    failed = [Check(**one) for one in reasons["failed"]]
    past = from_json(reasons)
    at = dt.datetime.fromisoformat(past.at)
    state = Path(reasons["state"])
    day, latest = Day(past.day, again=past.again), reasons.get("latest")
    found = GuardedRun(reasons["command"], state.name, state, past.run, at, day)
    found.latest = dt.datetime.fromisoformat(latest) if latest else None
    found.tables, found.checks = dict(past.tables), failed
    found.notes.append(f"Accepted by hand: {place.name}.")
    return found
