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
    # What follows names the library's version; a page must not change when that does.
    svg = re.sub(r"<metadata>.*?</metadata>\s*", "", svg, flags=re.S)
    svg = re.sub(r"<\?xml.*?\?>\s*<!DOCTYPE.*?>\s*", "", svg, flags=re.S)
    svg = svg.replace("<defs>", f"<title>{escape(alt)}</title><defs>", 1)
    return Shown({"text/plain": alt, "image/svg+xml": svg})
