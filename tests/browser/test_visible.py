"""The eye of these tests is no blind one: each kind of defect is planted, and seen."""

from __future__ import annotations

import pytest

TITLE = "<title>Orders by day: two are missing</title>"
GOOD = f"""
<div style="background:#fff;color:#595959;padding:9px">
  <p>dark on light</p>
  <pre style="white-space:pre-wrap;word-break:break-all">1\n2\n</pre>
  <p style="background:#222;color:#aaa">light on dark<span style="visibility:hidden">no</span></p>
  <svg width="90" height="40">{TITLE}<defs><path d="M0 0" stroke="#fff"/></defs>
    <path d="M0 0L40 0L40 40L0 40z" fill="#123"/><text x="9" y="20" fill="#eee">in a box</text>
    <line x1="0" y1="30" x2="90" y2="30" stroke="#767676" style="fill:#fff"/></svg>
</div>"""
LINE = '<line x1="0" y1="5" x2="90" y2="5" stroke="#767676"/>'
BAD = {
    "contrast 1.": '<p style="color:#ddd">pale</p>',
    "contrast 2.": '<div style="opacity:.5"><p style="color:#555">as good as half there</p></div>',
    "contrast 4.4": '<p style="background:#0008;color:#fff">on what is half there</p>',
    "contrast 3.9": '<p style="background:#eee;color:#767676">nearly</p>',
    "contrast 1.6": f'<svg width="90" height="9">{TITLE}<text y="9" fill="#ccc">pale</text></svg>',
    "line": f'<svg width="90" height="9">{TITLE}{LINE.replace("#767676", "#bbb")}</svg>',
    "text": f'<svg width="90" height="20">{TITLE}<path d="M0 0L80 0L80 20L0 20z" fill="#555"/>'
    '<text y="14" fill="#333">in a dark box</text></svg>',
    "title": f'<svg width="90" height="9">{LINE}</svg>',
    "no plot": '<img src="data:image/png,">',
    "too wide": '<div style="width:90px;overflow:auto"><p style="width:200px">wide</p></div>',
    '"REFUTED": broken': '<table style="table-layout:fixed;width:60px"><td style="overflow-wrap:'
    'anywhere">REFUTED</td></table>',
    "within a word": '<pre style="width:90px;white-space:pre-wrap;word-break:break-all">'
    "what a cell prints in one line</pre>",
    "px too wide": '<div style="width:50px">unbreakableunbreakable</div>',
}
SHOWN = BAD["title"].replace("#", "%23").replace('"', "'")
BAD["without a title"] = (
    f'<img alt="Orders by day: two are missing" src="data:image/svg+xml,{SHOWN}">'
)
TITLED = SHOWN.replace("<line", f"{TITLE}<line")
BAD["without a text"] = f'<img src="data:image/svg+xml,{TITLED}">'
PALE = TITLED.replace("height='9'", "height='9' style='background:%23777'")
BAD["contrast 1.0"] = f'<img alt="Orders by day: two are missing" src="data:image/svg+xml,{PALE}">'


@pytest.fixture(scope="module")
def scheme():
    return "light"


def test_what_is_well_is_left_in_peace(page, seen):
    page.set_content(GOOD)
    assert seen(page.locator("body")) == {"texts": 3, "plots": 1, "complaints": []}


@pytest.mark.parametrize("what", BAD)
def test_what_is_not_is_told(page, seen, what):
    page.set_content(BAD[what])
    (told,) = seen(page.locator("body"))["complaints"]
    assert what in told
