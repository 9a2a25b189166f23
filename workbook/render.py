"""How tables, code, hints and lines look: text the same everywhere, HTML for light and dark."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

MARKS = {"PASSED": "✓", "TRY AGAIN": "✗", "NOT YET": "○", "ERROR": "!", "TIMED OUT": "◷"}


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


def escaped(text: str) -> str:
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
            f'<{tag} style="text-align:{s}">{escaped(c)}</{tag}>'
            for c, s in zip(cells, sides, strict=True)
        )
        return f"<tr>{''.join(inner)}</tr>"

    body = "".join(line("td", row) for row in rows)
    border = "border-bottom:1px solid var(--jp-border-color2, #8884)"
    return (
        '<table cellpadding="4" style="border-collapse:collapse;margin:4px 0">'
        f'<thead style="{border}">{line("th", names)}</thead><tbody>{body}</tbody></table>'
    )


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
    return Shown({"text/plain": line, "text/html": f"<div>{escaped(line)}</div>"})
