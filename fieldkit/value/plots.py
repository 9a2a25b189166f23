"""Plots as small SVG that follow the page: light and dark, print, and a phone's width."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from math import sqrt

from fieldkit.report.report import Figure

WIDE, LEFT, TEXT = 480, 4, 13
BAR = 11
MOST = 12  # rows of a plot; the table beside it has them all


@dataclass(frozen=True)
class Bar:
    """One row: two amounts side by side. `told`: their texts, "" for a bar that
    is left out; `mark`: a word after the name."""

    name: str
    first: float
    second: float
    told: tuple[str, str]
    mark: str = ""


@dataclass(frozen=True)
class Dot:
    """One thing in the plane; `bad` is a cross instead of a circle, `name` is written beside it."""

    x: float
    y: float
    bad: bool = False
    name: str = ""


def _svg(height: float, body: str, alt: str) -> str:
    return (
        f'<svg role="img" aria-label="{escape(alt)}" viewBox="0 0 {WIDE} {height:.0f}" '
        f'style="max-width: 34rem" font-family="inherit" font-size="{TEXT}" fill="currentColor">'
        f"<title>{escape(alt)}</title>{body}</svg>"
    )


HALO = ' style="paint-order: stroke; stroke: var(--page); stroke-width: 4px"'


def _text(
    x: float, y: float, text: str, *, end: bool = False, soft: bool = False, halo: bool = False
) -> str:
    anchor = ' text-anchor="end"' if end else ""
    look = HALO if halo else ' style="fill: var(--soft)"' if soft else ""
    return f'<text x="{x:.1f}" y="{y:.1f}"{anchor}{look}>{escape(text)}</text>'


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


def bars(rows: Sequence[Bar], legend: tuple[str, str], alt: str) -> Figure:
    """Two bars a row, filled and outlined; numbers at their ends, names above them."""
    rows = list(rows)[:MOST]
    most = max((abs(v) for row in rows for v in (row.first, row.second)), default=0) or 1
    room = WIDE - LEFT - 16 - 7.4 * max((len(told) for row in rows for told in row.told), default=0)
    body, top = _legend(legend), 34
    for row in rows:
        name = _short(row.name, 46) + (f" · {row.mark}" if row.mark else "")
        body += _text(LEFT, top + 10, name)
        y = top + 15
        for second, (value, told) in enumerate(zip((row.first, row.second), row.told, strict=True)):
            if told:
                length = max(1.0, room * abs(value) / most) if value else 0.0
                body += _bar(LEFT, y, length, outlined=bool(second))
                body += _text(LEFT + length + 5, y + BAR - 1, told, soft=bool(second))
                y += BAR + 3
        top = y + 6
    return Figure(_svg(top + 4, body, alt), alt)


def _legend(legend: tuple[str, str]) -> str:
    second = LEFT + 34 + 7.2 * len(legend[0])
    return (
        _bar(LEFT, 6, 18, outlined=False)
        + _text(LEFT + 24, 16, legend[0])
        + _bar(second, 6, 18, outlined=True)
        + _text(second + 24, 16, legend[1])
    )


def _bar(x: float, y: float, length: float, *, outlined: bool) -> str:
    if not length:
        return ""
    look = "fill: none; stroke: var(--soft); stroke-width: 1.5" if outlined else "fill: var(--good)"
    return (
        f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{BAR}" rx="1.5" style="{look}"/>'
    )


def plane(dots: Sequence[Dot], axes: tuple[str, str], units: tuple[str, str], alt: str) -> Figure:
    """Things by two amounts, on square-root axes: small and large are both seen, and zero is."""
    high, left, top, low = 300, 46, 26, 250
    most_x = max((dot.x for dot in dots), default=0) or 1
    most_y = max((dot.y for dot in dots), default=0) or 1

    def place(dot: Dot) -> tuple[float, float]:
        x = left + 14 + (WIDE - left - 40) * sqrt(max(0.0, dot.x) / most_x)
        return x, low - 8 - (low - top - 20) * sqrt(max(0.0, dot.y) / most_y)

    body = _frame(left, top, low, axes)
    for part in (0.0, 0.25, 1.0):
        x, y = place(Dot(part * most_x, part * most_y))
        body += _text(x, low + 16, f"{part * most_x:,.0f}{units[0]}", end=part == 1, soft=True)
        body += _text(left - 5, y + 4, f"{part * most_y:,.0f}{units[1]}", end=True, soft=True)
    for dot in sorted(dots, key=lambda one: one.bad):
        body += _dot(*place(dot), bad=dot.bad)
    body += _names([(*place(dot), dot.name) for dot in dots if dot.name], low)
    return Figure(_svg(high, body, alt), alt)


def _frame(left: int, top: int, low: int, axes: tuple[str, str]) -> str:
    line = 'style="stroke: var(--line); stroke-width: 1"'
    return (
        f'<path d="M{left} {top} V{low} H{WIDE - 4}" fill="none" {line}/>'
        + _text(LEFT, 14, axes[1])
        + _text(WIDE - 4, low + 34, axes[0], end=True)
    )


def _dot(x: float, y: float, *, bad: bool) -> str:
    if bad:
        return (
            f'<path d="M{x - 5:.1f} {y - 5:.1f} l10 10 m0 -10 l-10 10" fill="none" '
            'style="stroke: var(--bad); stroke-width: 2.5"/>'
        )
    return (
        f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4.5" fill="none" '
        'style="stroke: var(--good); stroke-width: 2"/>'
    )


def _names(places: Sequence[tuple[float, float, str]], low: float) -> str:
    """Names beside their points, moved apart where they would lie on each other."""
    body, taken = "", list[tuple[float, float, float, float]]()
    for x, start, name in sorted(places, key=lambda one: (one[1], one[0], one[2])):
        y, text = start, _short(name, 26)
        width = 7.0 * len(text)
        end = x + 10 + width > WIDE
        first = x - 10 - width if end else x + 10
        while any(first < b and first + width > a and abs(y - d) < TEXT for a, b, _, d in taken):
            y += TEXT + 1
        if y < low:
            taken.append((first, first + width, x, y))
            body += _text(x - 10 if end else x + 10, y + 4, text, end=end, halo=True)
    return body
