"""Verdicts and findings: what a judged exercise comes to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workbook import render

Row = Mapping[str, Any]


class Verdict(StrEnum):
    """The five things that a check can say."""

    PASSED = "PASSED"
    TRY_AGAIN = "TRY AGAIN"
    NOT_YET = "NOT YET"
    ERROR = "ERROR"
    TIMED_OUT = "TIMED OUT"


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with an answer, seen in the smallest case that shows it.

    `observed` and every row come from this run; `expected` is a property, never the answer.
    `rows`: the rows that differ, by key, smallest first. `seed`, `case` and `message` are
    filled in by the judge.
    """

    id: str
    observed: str
    expected: str
    cost: str
    look: str
    rows: Sequence[Row] = ()
    case: str = ""
    seed: int = 0
    message: str = ""


@dataclass(frozen=True)
class Case:
    """One situation a check puts an answer in; `run` returns what it found, or None.

    `plain`: the simplest use there is; an exception of the answer's code there is an ERROR.
    Elsewhere it becomes the finding `on_error` with the exception as what was observed.
    """

    name: str
    run: Callable[[], Finding | None]
    on_error: Finding | None = None
    plain: bool = False


@dataclass(frozen=True)
class Result:
    """What `lab.check` returns. `cases`: how many situations were tried; `note`: one line or ""."""

    exercise: str
    title: str
    verdict: Verdict
    findings: Sequence[Finding] = ()
    cases: int = 0
    seeds: int = 0
    note: str = ""
    help: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the judge recorded a pass."""
        return self.verdict is Verdict.PASSED

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return render.result(self)

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]
