"""The two YAML texts of step 3 as data: value statements, and the plan of a stop-list."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fieldkit.audit.standards import StandardsError, day, known, loaded, shown
from labs.answer_text import text_of
from labs.step3_outcome.world.contents import MADE, VIEWS_MADE
from labs.step3_outcome.world.northlight import pipelines
from labs.step3_outcome.world.retire import Step

REVENUE, COST, HOURS, NONE = "revenue", "cost", "hours", "none"
KINDS = (REVENUE, COST, HOURS, NONE)
_STEP = ("table", "warn", "shim", "view", "drop", "restore_until")
_TEXTS = ("metric", "owner", "source", "task")
_NUMBERS = ("per_month", "rate", "times", "share")  # a share says how a number came about
_STATEMENT = ("pipeline", "kind", *_TEXTS, *_NUMBERS)


class Unreadable(Exception):
    """The text cannot be read; one line says what, where, and what to do."""


@dataclass(frozen=True)
class Statement:
    """What one pipeline is worth a month, in cents, and who says so. A number not given is None."""

    pipeline: str
    kind: str
    metric: str = ""
    owner: str = ""
    source: str = ""
    task: str = ""
    per_month: float | None = None
    rate: float | None = None
    times: float | None = None


@dataclass(frozen=True)
class Plan:
    """A stop-list: what it saves a month, in cents, and its steps in the order of the list."""

    saves: float
    steps: Sequence[Step]


def statements(text: str) -> list[Statement]:
    """The value statements of a YAML text; raises Unreadable."""
    try:
        told = loaded(text_of(text))
        if not isinstance(told, list):
            raise StandardsError(f"this is {shown(told)}; write a list, an item for each pipeline")
        found = [_statement(one, f"item {number}") for number, one in enumerate(told, 1)]
        _once([one.pipeline for one in found], "the pipeline")
    except StandardsError as error:
        raise Unreadable(str(error)) from None
    return found


def _statement(told: Any, where: str) -> Statement:
    told = _mapping(told, where, _STATEMENT)
    name = known(told.get("pipeline"), f"{where}: pipeline", pipelines())
    kind = known(told.get("kind"), f"{name}: kind", KINDS)
    metric, owner, source, task = (_text(told.get(key), f"{name}: {key}") for key in _TEXTS)
    per_month, rate, times, _ = (number(told.get(key), f"{name}: {key}") for key in _NUMBERS)
    return Statement(name, kind, metric, owner, source, task, per_month, rate, times)


def plan(text: str) -> Plan:
    """The stop-list that a YAML text says; raises Unreadable."""
    try:
        told = _mapping(loaded(text_of(text)), "the plan", ("saves_per_month", "steps"))
        saves = number(told.get("saves_per_month"), "saves_per_month")
        steps = told.get("steps")
        if not isinstance(steps, list):
            raise StandardsError(f"steps is {shown(steps)}; write a list, an item for each table")
        found = [_step(one, f"steps[{number_}]") for number_, one in enumerate(steps, 1)]
        _once([one.table for one in found], "the table")
    except StandardsError as error:
        raise Unreadable(str(error)) from None
    return Plan(saves or 0, found)


def _step(told: Any, where: str) -> Step:
    told = _mapping(told, where, _STEP)
    table = known(told.get("table"), f"{where}: table", (*MADE, *VIEWS_MADE, *_RAW))
    dates = {
        key: day(told.get(key), f"{table}: {key}")
        for key in ("warn", "shim", "drop", "restore_until")
    }
    view = _text(told.get("view"), f"{table}: view")
    if not view:
        raise StandardsError(f"{table} has no view; write the SELECT that stands in for it")
    return Step(table=table, view=view, **dates)


_RAW = ("raw.orders", "raw.events", "raw.payments", "raw.customers", "raw.tickets")


def _mapping(told: Any, where: str, keys: Sequence[str]) -> Mapping[str, Any]:
    if not isinstance(told, dict):
        raise StandardsError(f"{where} is {shown(told)}; write the keys {', '.join(keys)}")
    for key in told:
        known(key, f"{where}: a key", keys)
    return told


def _once(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise StandardsError(f"{what} {name} stands there twice; keep one of them")


def _text(given: Any, where: str) -> str:
    if given is None:
        return ""
    if not isinstance(given, str):
        raise StandardsError(f"{where} is {shown(given)}; write text")
    return given.strip()


def number(given: Any, where: str) -> float | None:
    """A plain number; YAML reads 1:30 as 90, 0123 as 83 and 1,200 as text. None stays None."""
    if given is None:
        return None
    plain = isinstance(given, int | float) and not isinstance(given, bool)
    if not plain or not math.isfinite(given):
        raise StandardsError(f"{where} is {shown(given)}; write a plain number like 128000")
    return float(given)
