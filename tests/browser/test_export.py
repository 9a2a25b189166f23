"""Every page as an HTML export, light and dark, at two widths: readable and in its place."""

from __future__ import annotations

import nbformat
import pytest
from nbconvert import HTMLExporter

from tests.notebooks.rewrite import PAGES

WIDTHS = (1280, 800)
SHOWN = ".jp-OutputArea-output, .jp-MarkdownOutput"


@pytest.fixture(params=PAGES, ids=lambda path: path.stem, scope="module")
def notebook(request):
    return request.param.stem, nbformat.read(request.param, as_version=4)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_export(page, notebook, tmp_path, seen, shot, scheme):
    name, cells = notebook
    file = tmp_path / "page.html"
    file.write_text(HTMLExporter(theme=scheme).from_notebook_node(cells)[0], encoding="utf-8")
    page.goto(file.as_uri(), wait_until="domcontentloaded")
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        plots, complaints = 0, []
        for place in page.locator(SHOWN).all():
            told = seen(place)
            plots += told["plots"]
            complaints += told["complaints"]
        assert plots >= 2 and not complaints, complaints
        shot(f"{name}-{width}")
