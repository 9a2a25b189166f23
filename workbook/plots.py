"""Plots as deterministic SVG that reads on a light and on a dark page."""

from __future__ import annotations

import io
import itertools
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from workbook.render import Shown

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# What a plot is drawn in; the picture itself says what each is in the light and in the dark.
INK, RIGHT, WRONG, UNSURE = "#57606a", "#116329", "#a40e26", "#7d4e00"
_DARK = {INK: "#9198a1", RIGHT: "#56d364", WRONG: "#ff8b84", UNSURE: "#e3b341"}
_PAPER, _DARK_PAPER = "#ffffff", "#0d1117"
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
_SPACES = {"": "http://www.w3.org/2000/svg", "xlink": "http://www.w3.org/1999/xlink"}
_QUOTE = {'"': "&quot;"}
_SAFE = " /:=;,.'()!*+@?&-_~|^[]{}"  # what may stand in a data address as it is
_G, _USE = (f"{{{_SPACES['']}}}{name}" for name in ("g", "use"))
_SHORTER = (
    # These name the library's version; a page must not change when that does.
    (r"<metadata>.*?</metadata>\s*", ""),
    (r"<\?xml.*?\?>\s*<!DOCTYPE.*?>\s*", ""),
    (r"(\d\.\d\d)\d+", r"\1"),  # a hundredth of a point is finer than any screen
    (r' transform="rotate\(-0 [^"]*"', ""),
    (r"font-size: 9px; font-family: 'DejaVu Sans'; ", ""),  # once, for all:
    (r"'DejaVu Sans'", "DejaVu Sans"),  # the image's address is in these quotes
    (r"<svg ", f"""<svg style="font: 9px DejaVu Sans, sans-serif; fill: {INK}" """),
    (rf'(<text style="[^"]*?)(?:; )?fill: {INK}"', r'\1"'),
    (r'<text style=""', "<text"),
    (r' id="(?:text|xtick|ytick|line2d|patch|axes|figure|matplotlib\.axis)_\d+"', ""),
    (r"\n(?!\s*<)\s*", " "),  # lines within a tag
    (r"\n\s+", "\n"),
    (r" ?([MLCz]) +(?=[-\d\"])", r"\1"),  # within a path
)


def figure(
    draw: Callable[[Axes], None], alt: str, *, width: float = 6.8, height: float = 2.8
) -> Plot:
    """Draw on one pair of axes; `alt` says in a sentence what there is to see. Sizes in inches."""
    import matplotlib as mpl
    from matplotlib.figure import Figure

    with mpl.rc_context(_STYLE):
        drawn = Figure(figsize=(width, height), layout="constrained")
        axes = drawn.add_subplot()
        draw(axes)
        axes.minorticks_off()
        target = io.StringIO()
        drawn.savefig(target, format="svg", transparent=True, metadata={"Date": None})
    svg = target.getvalue()
    svg = svg.replace("<defs>", f"<title>{escape(alt)}</title><defs>", 1)
    for pattern, instead in _SHORTER:
        svg = re.sub(pattern, instead, svg, flags=re.S)
    return Plot(_in_both_themes(_lighter(svg)), alt)


class Plot(Shown):
    """A plot as an image that shrinks with the page and has a text in its place."""

    def __init__(self, svg: str, alt: str) -> None:
        self.svg = svg
        # As an image in HTML and not as image/svg+xml: notebooks and exports give the latter no
        # text in its place, and leave it as wide as it is.
        source = "data:image/svg+xml," + quote(svg.replace('"', "'"), safe=_SAFE)
        style = "width:100%;max-width:650px;height:auto"
        image = f'<img alt="{escape(alt, _QUOTE)}" style="{style}" src="{escape(source, _QUOTE)}">'
        super().__init__({"text/plain": alt, "text/html": image})


def _in_both_themes(svg: str) -> str:
    """Colours by name, said once for each theme, on a ground of the picture's own.

    A picture in a page hears what the reader's system prefers, not which theme the notebook has
    put on: with a ground of its own it can be read wherever the two differ.
    """
    names = {INK: "ink", RIGHT: "right", WRONG: "wrong", UNSURE: "unsure"}
    for colour, name in names.items():
        svg = svg.replace(colour, f"var(--{name})")
    light = _declared({name: colour for colour, name in names.items()}, _PAPER)
    dark = _declared({name: _DARK[colour] for colour, name in names.items()}, _DARK_PAPER)
    style = f"svg{{{light}}}@media(prefers-color-scheme:dark){{svg{{{dark}}}}}"
    return re.sub(r"(<svg [^>]*>)", rf"\1<style>{style}</style>", svg, count=1)


def _declared(colours: dict[str, str], paper: str) -> str:
    return "".join(f"--{n}:{c};" for n, c in colours.items()) + f"background:{paper}"


def _lighter(svg: str) -> str:
    """The same picture with fewer words: no groups that say nothing, a common style said once."""
    for prefix, space in _SPACES.items():
        ElementTree.register_namespace(prefix, space)
    root = ElementTree.fromstring(svg)
    _unwrap(root)
    return ElementTree.tostring(root, encoding="unicode")


def _unwrap(element: ElementTree.Element) -> None:
    kept: list[ElementTree.Element] = []
    for child in element:
        _unwrap(child)
        kept += child if child.tag == _G and not child.attrib else [child]
    element[:] = [
        one
        for style, alike in itertools.groupby(kept, lambda c: c.tag == _USE and c.get("style"))
        for one in _styled_once(str(style), list(alike))
    ]


def _styled_once(style: str, alike: list[ElementTree.Element]) -> list[ElementTree.Element]:
    if len(alike) < 3 or alike[0].tag != _USE:
        return alike
    for one in alike:
        one.attrib.pop("style", None)
        one.tail = "\n"
    group = ElementTree.Element(_G, {"style": style})
    group[:], group.tail = alike, "\n"
    return [group]
