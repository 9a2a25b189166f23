"""How tables, badges, code and hints look: text the same everywhere, HTML for light and dark."""

from __future__ import annotations

import html
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]

MARKS = {
    "PASSED": "✓",
    "TRY AGAIN": "✗",
    "NOT YET": "○",
    "ERROR": "!",
    "TIMED OUT": "◷",
    "NOT REACHED": "·",
    "COULD NOT JUDGE": "?",
}
# White text on these has a contrast of 5 or more, whatever the theme around the badge is.
GOOD, BAD, UNSURE, SOFT = "#116329", "#a40e26", "#7d4e00", "#57606a"
_FILLS = {"PASSED": GOOD, "TRY AGAIN": BAD, "ERROR": BAD, "TIMED OUT": UNSURE}
_ANSI = {GOOD: "32", BAD: "31", UNSURE: "33", SOFT: "2"}
# Notebooks let every line that a cell prints, and code in a card, break within a word.
_WRAPPING = "<style>.jp-Cell pre{word-break:normal}</style>"
LINE = "1px solid var(--jp-border-color1, #8888)"
MANY = 6  # columns, from which on cells stand closer: half a screen shows all of them
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
# Neither a terminal nor a page's file can take these as they are; lines and tabs stay.
_ODD = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_NAMING = re.compile(r"(^|[_ ])(ids?|key|year|seed|version|line|run|day)$")


def dress() -> None:
    """Have what is printed on this page wrap between words; outside of a notebook nothing."""
    if "IPython" not in sys.modules:
        return
    from IPython import get_ipython

    shell: Any = get_ipython()
    if hasattr(shell, "kernel"):
        shell.display_pub.publish({"text/html": _WRAPPING})


def badge(verdict: str) -> str:
    """A verdict's mark and word."""
    return f"{MARKS[verdict]} {verdict}"


def coloured(verdict: str, line: str) -> str:
    """`line` with its badge, at its beginning, in bold colour for a terminal."""
    shown, code = badge(verdict), _ANSI[_FILLS.get(verdict, SOFT)]
    return line.replace(shown, f"\x1b[1;{code}m{shown}\x1b[0m", 1)


def printable(text: str) -> str:
    """Text that came from an answer: control characters and half letters as their escapes."""
    return _ODD.sub(lambda odd: ascii(odd[0])[1:-1], text)


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


def _breakable(text: str) -> str:
    """A name of several words may go on in the next line."""
    return escaped(text).replace("_", "_<wbr>")


def _table_html(names: list[str], rows: list[list[str]], right: list[bool]) -> str:
    # Numbers and dates never break; heads do, so that a narrow screen has room for all columns.
    close = ";padding:.4em" * (len(names) >= MANY)
    sides = [f"text-align:{'right' if r else 'left'}{close}" for r in right]
    whole = [r or any(_DATE.fullmatch(row[n]) for row in rows) for n, r in enumerate(right)]
    styles = [s + ";white-space:nowrap" * w for s, w in zip(sides, whole, strict=True)]

    def line(tag: str, cells: list[str], styles: list[str]) -> str:
        inner = (
            f'<{tag} style="{s}">{_breakable(c) if close else escaped(c)}</{tag}>'
            for c, s in zip(cells, styles, strict=True)
        )
        # Notebooks paint every second row; that cuts one row's cells apart from the next.
        return f'<tr style="background:none;border-bottom:{LINE}">{"".join(inner)}</tr>'

    body = "".join(line("td", row, styles) for row in rows)
    head = line("th", names, [f"{side};vertical-align:bottom" for side in sides])
    style = "border-collapse:collapse;margin:4px 0;font-variant-numeric:tabular-nums"
    return (
        f'<div style="overflow-x:auto"><table cellpadding="4" style="{style}">'
        f"<thead>{head}</thead><tbody>{body}</tbody></table></div>"
    )


def badge_html(verdict: str) -> str:
    """A verdict as a filled badge: mark and word, white on a colour of its own."""
    style = f"background:{_FILLS.get(verdict, SOFT)};color:#fff;font-weight:600;white-space:nowrap"
    return f'<span style="{style};border-radius:4px;padding:2px 8px">{badge(verdict)}</span>'


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
    return Shown({"text/plain": text, "text/markdown": _monospaced(text)})


def _monospaced(text: str) -> str:
    """Blocks of code say their font: HTML exports give outputs that of the text around them."""
    around = r'<div style="font-family: monospace; padding-bottom: .6em">\n\n\g<0>\n\n</div>'
    return re.sub(r"^(```+)\w*\n.*?^\1$", around, text, flags=re.M | re.S)


def rows(rows: Sequence[Row], columns: Sequence[str] = ()) -> Shown:
    """A table to end a cell with."""
    return Shown(table(rows, columns))


def code(source: str) -> Shown:
    """Python code as a notebook shows it."""
    return Shown({"text/plain": source, "text/markdown": _monospaced(f"```python\n{source}\n```")})


def text(line: str) -> Shown:
    """One line."""
    return Shown({"text/plain": line, "text/html": f"<div>{escaped(line)}</div>"})
