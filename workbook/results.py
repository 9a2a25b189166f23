"""Verdicts and findings: what a judged exercise comes to, and how it is shown."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from workbook.render import BAD, LINE, Row, badge, badge_html, escaped, row_text, table

SHOWN = 3  # findings shown at once; the rest are counted
ROWS = 2  # rows that differ, in a finding's text
ROWS_HTML = 5
NOTEBOOK, TERMINAL = "notebook", "terminal"


class Verdict(StrEnum):
    """What a check can say; COULD NOT JUDGE is about the judge, and not about the answer.

    NOT REACHED is said of a page that was run from top to bottom, whose check never came.
    """

    PASSED = "PASSED"
    TRY_AGAIN = "TRY AGAIN"
    NOT_YET = "NOT YET"
    ERROR = "ERROR"
    TIMED_OUT = "TIMED OUT"
    COULD_NOT_JUDGE = "COULD NOT JUDGE"
    NOT_REACHED = "NOT REACHED"


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
    pass, one line or ""; `same_as`: "reference" where the answer's text is that one, up to names
    and layout; `isolation`: what kept the answer's process away from the rest of the machine, ""
    in the page.
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
    same_as: str = ""
    isolation: str = ""
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
    return f"{badge(result.verdict)}{_about(result)}"


def _about(result: Result) -> str:
    seen = f" ({result.help})" if result.help else ""
    counts = (_count(result.cases, "test case"), _count(result.seeds, "data set"))
    tried = f" · {', '.join(counts)}" if result.cases else ""
    return f"{seen}  {result.exercise} · {result.title}{tried}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def mimebundle(result: Result) -> dict[str, str]:
    """The mime bundle of a result."""
    return {"text/plain": result_text(result), "text/html": _result_html(result)}


def result_text(result: Result, where: str = NOTEBOOK) -> str:
    """The heading, a note, at most three findings of eight lines, and what comes next.

    `where`: NOTEBOOK or TERMINAL, the place in which a finding's replay command has to run.
    """
    lines = [heading(result)] + ([f"  {result.note}"] if result.note else [])
    for finding in _shown(result):
        lines += ["", *finding_lines(result.exercise, finding, where)]
    lines += ["", _more(result)] if _more(result) else []
    lines += [f"  Next: {result.next}"] if result.next else []
    return "\n".join(lines)


def _shown(result: Result) -> Sequence[Finding]:
    """The first few findings; what fails in the simplest case stands alone."""
    first = result.findings[:1]
    return first if first and first[0].plain else result.findings[:SHOWN]


def _more(result: Result) -> str:
    more, first = len(result.findings) - len(_shown(result)), result.findings[:1]
    if first and first[0].plain and more:
        return f"and {more} more, which may go away with it: this is the simplest case there is"
    return f"and {more} more; fix these first" if more else ""


def finding_lines(exercise: str, finding: Finding, where: str = NOTEBOOK) -> list[str]:
    """A finding in at most eight lines."""
    rows = [f"  row       {row_text(row)}" for row in finding.rows[:ROWS]]
    return [
        f"✗ {finding.message}  [{finding.id}]",
        f"  observed  {finding.observed}",
        *rows,
        f"  expected  {finding.expected}",
        f"  costs     {finding.cost}",
        f"  look at   {finding.look}",
        f"  again     {replay(exercise, finding, where)}",
    ]


def replay(exercise: str, finding: Finding, where: str = NOTEBOOK) -> str:
    """What shows a finding's case again: a call on the page, a command in a terminal."""
    if where == TERMINAL:
        typed = ["workbook", "replay", exercise, "--seed", str(finding.seed), "--case"]
        return f"{shlex.join(typed)} {_quoted(finding.case)}"
    return f'lab.replay("{exercise}", seed={finding.seed}, case="{finding.case}")'


def _quoted(text: str) -> str:
    """In double quotes where that is enough: cmd.exe knows no others."""
    return shlex.quote(text) if set(text) & set('"$`\\!') else f'"{text}"'


def _result_html(result: Result) -> str:
    parts = [f"<div>{badge_html(result.verdict)}{escaped(_about(result))}</div>"]
    if result.note:
        parts.append(f'<div style="margin-top:6px">{escaped(result.note)}</div>')
    for number, finding in enumerate(_shown(result)):
        parts.append(_finding_html(result.exercise, finding, number == 0))
    parts += [f'<div style="margin-top:6px">{_more(result)}</div>'] if _more(result) else []
    if result.next:
        parts.append(f'<div style="margin-top:6px"><b>Next:</b> {escaped(result.next)}</div>')
    return f'<div style="padding:4px 0;max-width:62em">{"".join(parts)}</div>'


def _finding_html(exercise: str, finding: Finding, open_: bool) -> str:
    """A card: what is wrong; observed beside expected; rows; cost; where to look; replay."""
    title = f"<b>✗ {escaped(finding.message)}</b> <code>{finding.id}</code>"
    differing = table(list(finding.rows[:ROWS_HTML]))["text/html"] if finding.rows else ""
    facing = _labelled("observed", finding.observed) + _labelled("expected", finding.expected)
    # Side by side where there is room, one above the other on a narrow screen.
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(18em,1fr));gap:4px 24px"
    body = (
        f'<div style="{grid}">{facing}</div>{differing}'
        + _labelled("costs", finding.cost)
        + _labelled("look at", finding.look)
        + f'<div style="margin-top:4px"><code>{escaped(replay(exercise, finding))}</code></div>'
    )
    frame = f"border:{LINE};border-left:4px solid {BAD};border-radius:4px;padding:6px 12px"
    return (
        f'<details{" open" * open_} style="{frame};margin-top:8px"><summary>{title}</summary>'
        f'<div style="margin-top:6px">{body}</div></details>'
    )


def _labelled(label: str, text: str) -> str:
    return f'<div style="margin-top:4px"><b>{label}</b><br>{escaped(text)}</div>'
