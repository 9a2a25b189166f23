"""How results, hints and progress look: text the same everywhere, HTML for light and dark."""

from __future__ import annotations

import html
import re
import shlex
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.results import Finding, Result, Row

MARKS = {
    "PASSED": "✓",
    "TRY AGAIN": "✗",
    "NOT YET": "○",
    "ERROR": "!",
    "TIMED OUT": "◷",
    "NOT REACHED": "–",
    "COULD NOT JUDGE": "?",
}
# White text on these has a contrast of 5 or more, whatever the theme around the badge is.
GOOD, BAD, UNSURE, SOFT = "#116329", "#a40e26", "#7d4e00", "#57606a"
_FILLS = {"PASSED": GOOD, "TRY AGAIN": BAD, "ERROR": BAD, "TIMED OUT": UNSURE, "NOT YET": SOFT}
_ANSI = {GOOD: "32", BAD: "31", UNSURE: "33", SOFT: "2"}
_LINE = "1px solid var(--jp-border-color1, #8888)"
SHOWN = 3  # findings shown at once; the rest are counted
ROWS = 2  # rows that differ, in a finding's text
ROWS_HTML = 5
_NAMING = re.compile(r"(^|[_ ])(ids?|key|year|seed|version|line|run|day)$")
NOTEBOOK, TERMINAL = "notebook", "terminal"


def heading(result: Result) -> str:
    """The first line: mark, verdict, exercise, what was tried."""
    return f"{badge(result.verdict)}{_about(result)}"


def badge(verdict: str) -> str:
    """A verdict's mark and word."""
    return f"{MARKS[verdict]} {verdict}"


def coloured(verdict: str, line: str) -> str:
    """`line` with its badge, at its beginning, in bold colour for a terminal."""
    shown, code = badge(verdict), _ANSI[_FILLS.get(verdict, SOFT)]
    return line.replace(shown, f"\x1b[1;{code}m{shown}\x1b[0m", 1)


def _about(result: Result) -> str:
    seen = f" ({result.help})" if result.help else ""
    counts = (_count(result.cases, "test case"), _count(result.seeds, "data set"))
    tried = f" · {', '.join(counts)}" if result.cases else ""
    return f"{seen}  {result.exercise} · {result.title}{tried}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"


def result(result: Result) -> dict[str, str]:
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


def row_text(row: Row) -> str:
    """One row as `name value · name value`."""
    return " · ".join(f"{name} {cell(value, name)}" for name, value in row.items())


def cell(value: Any, name: str = "") -> str:
    """One value as people write it: thousands separated, a true minus, a dash if missing.

    What a column's `name` says to be an identifier or a year is no quantity and stays as it is.
    """
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool) and not _NAMING.search(name):
        return f"{value:,}".replace("-", "−")
    return str(value)


def table(rows: Sequence[Row], columns: Sequence[str] = ()) -> dict[str, str]:
    """The mime bundle of a table; numbers are set to the right."""
    names = list(columns) or list(rows[0] if rows else ())
    texts = [[cell(row.get(name), name) for name in names] for row in rows]
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
    numbers = "text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap"
    styles = [numbers if r else "text-align:left" for r in right]

    def line(tag: str, cells: list[str], more: str) -> str:
        inner = (
            f'<{tag} style="{s}{more}">{_escaped(c)}</{tag}>'
            for c, s in zip(cells, styles, strict=True)
        )
        # Notebooks paint every second row; that cuts one row's cells apart from the next.
        return f'<tr style="background:none;border-bottom:{_LINE}">{"".join(inner)}</tr>'

    body = "".join(line("td", row, "") for row in rows)
    head = line("th", names, ";vertical-align:bottom")
    return (
        '<div style="overflow-x:auto"><table cellpadding="4" '
        f'style="border-collapse:collapse;margin:4px 0"><thead>{head}</thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def badge_html(verdict: str) -> str:
    """A verdict as a filled badge: mark and word, white on a colour of its own."""
    style = f"background:{_FILLS.get(verdict, SOFT)};color:#fff;font-weight:600;white-space:nowrap"
    return f'<span style="{style};border-radius:4px;padding:2px 8px">{badge(verdict)}</span>'


def _result_html(result: Result) -> str:
    parts = [f"<div>{badge_html(result.verdict)}{_escaped(_about(result))}</div>"]
    if result.note:
        parts.append(f'<div style="margin-top:6px">{_escaped(result.note)}</div>')
    for number, finding in enumerate(_shown(result)):
        parts.append(_finding_html(result.exercise, finding, number == 0))
    parts += [f'<div style="margin-top:6px">{_more(result)}</div>'] if _more(result) else []
    if result.next:
        parts.append(f'<div style="margin-top:6px"><b>Next:</b> {_escaped(result.next)}</div>')
    return f'<div style="padding:4px 0;max-width:62em">{"".join(parts)}</div>'


def _finding_html(exercise: str, finding: Finding, open_: bool) -> str:
    """A card: what is wrong; observed beside expected; rows; cost; where to look; replay."""
    title = f"<b>✗ {_escaped(finding.message)}</b> <code>{finding.id}</code>"
    differing = table(list(finding.rows[:ROWS_HTML]))["text/html"] if finding.rows else ""
    facing = _labelled("observed", finding.observed) + _labelled("expected", finding.expected)
    # Side by side where there is room, one above the other on a narrow screen.
    grid = "display:grid;grid-template-columns:repeat(auto-fit,minmax(18em,1fr));gap:4px 24px"
    body = (
        f'<div style="{grid}">{facing}</div>{differing}'
        + _labelled("costs", finding.cost)
        + _labelled("look at", finding.look)
        + f'<div style="margin-top:4px"><code>{_escaped(replay(exercise, finding))}</code></div>'
    )
    frame = f"border:{_LINE};border-left:4px solid {BAD};border-radius:4px;padding:6px 12px"
    return (
        f'<details{" open" * open_} style="{frame};margin-top:8px"><summary>{title}</summary>'
        f'<div style="margin-top:6px">{body}</div></details>'
    )


def _labelled(label: str, text: str) -> str:
    return f'<div style="margin-top:4px"><b>{label}</b><br>{_escaped(text)}</div>'


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
