"""How results, hints and progress look: text the same everywhere, HTML for light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.results import Finding, Result, Row

MARKS = {"PASSED": "✓", "TRY AGAIN": "✗", "NOT YET": "○", "ERROR": "!", "TIMED OUT": "◷"}
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


def result(result: Result) -> dict[str, str]:
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


def row_text(row: Row) -> str:
    """One row as `name value · name value`."""
    return " · ".join(f"{name} {cell(value)}" for name, value in row.items())


def cell(value: Any) -> str:
    """One value as people write it; a missing one is a dash."""
    return "–" if value is None else str(value)


def table(rows: Sequence[Row], columns: Sequence[str] = ()) -> dict[str, str]:
    """The mime bundle of a table; numbers are set to the right."""
    names = list(columns) or list(rows[0] if rows else ())
    texts = [[cell(row.get(name)) for name in names] for row in rows]
    right = [all(_numeric(row.get(name)) for row in rows) for name in names]
    return {
        "text/plain": _table_text(names, texts, right),
        "text/html": _table_html(names, texts, right),
    }


def _escaped(text: str) -> str:
    """Text for HTML; two dollar signs in one run of text would be typeset as mathematics."""
    return html.escape(text).replace("$", "<span>$</span>")


def _numeric(value: Any) -> bool:
    text = cell(value).lstrip("+-−$")
    return (
        value is None or text.replace(",", "").replace(".", "").rstrip("%").isdigit() or text == "–"
    )


def _table_text(names: list[str], rows: list[list[str]], right: list[bool]) -> str:
    widths = [max(map(len, column)) for column in zip(names, *rows, strict=True)]

    def line(cells: Iterable[str]) -> str:
        parts = (
            c.rjust(w) if r else c.ljust(w) for c, w, r in zip(cells, widths, right, strict=True)
        )
        return "  ".join(parts).rstrip()

    rule = "  ".join("─" * width for width in widths)
    return "\n".join([line(names), rule, *map(line, rows)])


def _table_html(names: list[str], rows: list[list[str]], right: list[bool]) -> str:
    sides = ["right" if r else "left" for r in right]

    def line(tag: str, cells: list[str]) -> str:
        inner = (
            f'<{tag} style="text-align:{s}">{_escaped(c)}</{tag}>'
            for c, s in zip(cells, sides, strict=True)
        )
        return f"<tr>{''.join(inner)}</tr>"

    body = "".join(line("td", row) for row in rows)
    border = "border-bottom:1px solid var(--jp-border-color2, #8884)"
    return (
        '<table cellpadding="4" style="border-collapse:collapse;margin:4px 0">'
        f'<thead style="{border}">{line("th", names)}</thead><tbody>{body}</tbody></table>'
    )


def _result_html(result: Result) -> str:
    colour = _COLOURS[result.verdict]
    parts = [f'<div style="font-weight:600">{_escaped(heading(result))}</div>']
    if result.note:
        parts.append(f"<div>{_escaped(result.note)}</div>")
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
        f'<td style="text-align:left;padding:1px 0">{_escaped(text)}</td></tr>'
        for name, text in told.items()
    )
    title = f'<div style="margin-top:8px;font-weight:600">✗ {_escaped(finding.message)}'
    mark = f' <span style="opacity:.65;font-weight:400">[{finding.id}]</span></div>'
    body = f'<table style="border-collapse:collapse;margin:2px 0">{rows}</table>'
    differing = table(list(finding.rows[:ROWS_HTML]))["text/html"] if finding.rows else ""
    return title + mark + body + differing


class Shown:
    """Something to look at: a mime bundle whose text form is also its repr."""

    def __init__(self, bundle: dict[str, str]) -> None:
        self._bundle = bundle

    def _repr_mimebundle_(self, **_: object) -> dict[str, str]:
        return self._bundle

    def __repr__(self) -> str:
        return self._bundle["text/plain"]


def markdown(text: str) -> Shown:
    """Markdown that a notebook renders and a terminal shows as it is."""
    return Shown({"text/plain": text, "text/markdown": text})


def rows(rows: Sequence[Row], columns: Sequence[str] = ()) -> Shown:
    """A table to end a cell with."""
    return Shown(table(rows, columns))


def code(source: str) -> Shown:
    """Python code as a notebook shows it."""
    return Shown({"text/plain": source, "text/markdown": f"```python\n{source}\n```"})


def text(line: str) -> Shown:
    """One line."""
    return Shown({"text/plain": line, "text/html": f"<div>{_escaped(line)}</div>"})
