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

    `observed` and every row come from this run. `rows`: the rows that differ, by key, smallest
    first. The judge adds the case, its seed and the words of lab.toml: `message`, the defect;
    `expected`, a property, never the answer; `cost` in production; where to `look` next; whether
    it is of the `plain` case, which others are likely to follow from.
    """

    id: str
    observed: str
    rows: Sequence[Row] = ()
    case: str = ""
    seed: int = 0
    message: str = ""
    expected: str = ""
    cost: str = ""
    look: str = ""
    plain: bool = False


@dataclass(frozen=True)
class Case:
    """One situation a check puts an answer in; `run` returns what it found, or None.

    An exception of the answer's code becomes the finding `on_error`; in a `plain` case, the
    simplest use there is, it is an ERROR.
    """

    name: str
    run: Callable[[], Finding | None]
    on_error: str
    plain: bool = False


@dataclass(frozen=True)
class Result:
    """What `lab.check` returns.

    `cases`: how many situations were tried; `note`: one line or ""; `next`: what to do after a
    pass, one line or "".
    """

    exercise: str
    title: str
    verdict: Verdict
    findings: Sequence[Finding] = ()
    cases: int = 0
    seeds: int = 0
    note: str = ""
    help: str = ""
    next: str = ""
    meta: Mapping[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether the judge recorded a pass."""
        return self.verdict is Verdict.PASSED

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return render.result(self)

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]
