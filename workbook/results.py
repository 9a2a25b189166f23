"""Verdicts and findings: what a judged exercise comes to, and how it is shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workbook.render import MARKS, Row, escaped, row_text, table

_COLOURS = {
    "PASSED": "var(--jp-success-color1, #2e7d32)",
    "TRY AGAIN": "var(--jp-warn-color1, #b26a00)",
    "NOT YET": "var(--jp-border-color1, #888)",
    "ERROR": "var(--jp-error-color1, #c62828)",
    "TIMED OUT": "var(--jp-error-color1, #c62828)",
}
_LABEL = "text-align:left;vertical-align:top;padding:1px 12px 1px 0;opacity:.75"
SHOWN = 3  # findings shown at once; the rest are counted
ROWS = 2  # rows that differ, in a finding's text
ROWS_HTML = 5


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
        return mimebundle(self)

    def __repr__(self) -> str:
        return self._repr_mimebundle_()["text/plain"]


def heading(result: Result) -> str:
    """The first line: mark, verdict, exercise, what was tried."""
    seen = f" ({result.help})" if result.help else ""
    counts = (_count(result.cases, "case"), _count(result.seeds, "world"))
    tried = f" · {' on '.join(counts)}" if result.cases else ""
    return (
        f"{MARKS[result.verdict]} {result.verdict}{seen}  {result.exercise} · {result.title}{tried}"
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def mimebundle(result: Result) -> dict[str, str]:
    """The mime bundle of a result."""
    return {"text/plain": result_text(result), "text/html": _result_html(result)}


def result_text(result: Result) -> str:
    """A result for a terminal: the heading, a note, at most three findings of eight lines."""
    lines = [heading(result)] + ([f"  {result.note}"] if result.note else [])
    shown = _shown(result)
    for finding in shown:
        lines += ["", *finding_lines(result.exercise, finding)]
    lines += ["", _more(result)] if _more(result) else []
    return "\n".join(lines)


def _shown(result: Result) -> Sequence[Finding]:
    """The first few findings; what fails in the simplest case stands alone."""
    first = result.findings[:1]
    return first if first and first[0].plain else result.findings[:SHOWN]


def _more(result: Result) -> str:
    more, first = len(result.findings) - len(_shown(result)), result.findings[:1]
    if first and first[0].plain and more:
        return f"and {more} more, which may go away with it: this is the simplest case there is"
    return f"and {more} more; mend these first" if more else ""


def finding_lines(exercise: str, finding: Finding) -> list[str]:
    """A finding in at most eight lines."""
    rows = [f"  row       {row_text(row)}" for row in finding.rows[:ROWS]]
    return [
        f"✗ {finding.message}  [{finding.id}]",
        f"  case      {replay(exercise, finding)}",
        f"  observed  {finding.observed}",
        *rows,
        f"  expected  {finding.expected}",
        f"  costs     {finding.cost}",
        f"  look at   {finding.look}",
    ]


def replay(exercise: str, finding: Finding) -> str:
    """The call that shows a finding's case again."""
    return f'lab.replay("{exercise}", seed={finding.seed}, case="{finding.case}")'


def _result_html(result: Result) -> str:
    colour = _COLOURS[result.verdict]
    parts = [f'<div style="font-weight:600">{escaped(heading(result))}</div>']
    if result.note:
        parts.append(f"<div>{escaped(result.note)}</div>")
    parts += [_finding_html(result.exercise, finding) for finding in _shown(result)]
    parts += [f"<div>{_more(result)}</div>"] if _more(result) else []
    style = f"border-left:4px solid {colour};padding:4px 0 4px 12px;max-width:62em"
    return f'<div style="{style}">{"".join(parts)}</div>'


def _finding_html(exercise: str, finding: Finding) -> str:
    told: Mapping[str, str] = {
        "case": replay(exercise, finding),
        "observed": finding.observed,
        "expected": finding.expected,
        "costs": finding.cost,
        "look at": finding.look,
    }
    rows = "".join(
        f'<tr><td style="{_LABEL}">{name}</td>'
        f'<td style="text-align:left;padding:1px 0">{escaped(text)}</td></tr>'
        for name, text in told.items()
    )
    title = f'<div style="margin-top:8px;font-weight:600">✗ {escaped(finding.message)}'
    mark = f' <span style="opacity:.65;font-weight:400">[{finding.id}]</span></div>'
    body = f'<table style="border-collapse:collapse;margin:2px 0">{rows}</table>'
    differing = table(list(finding.rows[:ROWS_HTML]))["text/html"] if finding.rows else ""
    return title + mark + body + differing
