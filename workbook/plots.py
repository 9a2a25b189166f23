"""Plots as deterministic SVG that reads on a light and on a dark page."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import escape

from workbook.render import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK = "#767676"  # as far from white as from the dark theme's black
WRONG, RIGHT = "#d9730d", "#3b82c4"
_STYLE: Any = {
    "svg.hashsalt": "operator-workbook",
    "svg.fonttype": "none",
    "font.family": "DejaVu Sans",
    "font.size": 9,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
}

_SHORTER = (
    # These name the library's version; a page must not change when that does.
    (r"<metadata>.*?</metadata>\s*", ""),
    (r"<\?xml.*?\?>\s*<!DOCTYPE.*?>\s*", ""),
    (r"(\d\.\d\d)\d+", r"\1"),  # a hundredth of a point is finer than any screen
    (r' transform="rotate\(-0 [^"]*"', ""),
    (r"font-size: 9px; font-family: 'DejaVu Sans'; ", ""),  # once, for all:
    (r"<svg ", """<svg style="font: 9px 'DejaVu Sans', sans-serif" """),
    (r' id="(?:text|xtick|ytick|line2d|patch|axes|figure|matplotlib\.axis)_\d+"', ""),
    (r"\n(?!\s*<)\s*", " "),  # lines within a tag
    (r"\n\s+", "\n"),
)


def figure(
    draw: Callable[[Axes], None], alt: str, *, width: float = 6.8, height: float = 2.8
) -> Shown:
    """Draw on one pair of axes; `alt` says in a sentence what there is to see. Sizes in inches."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        drawn = Figure(figsize=(width, height), layout="constrained")
        draw(drawn.add_subplot())
        target = io.StringIO()
        drawn.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    svg = target.getvalue()
    svg = svg.replace("<defs>", f"<title>{escape(alt)}</title><defs>", 1)
    for pattern, instead in _SHORTER:
        svg = re.sub(pattern, instead, svg, flags=re.S)
    return Shown({"text/plain": alt, "image/svg+xml": svg})
