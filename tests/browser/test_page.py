"""A learner plays an exercise in JupyterLab with the keyboard alone, in light and in dark."""

from __future__ import annotations

import json
import os
from urllib.parse import urlsplit

import pytest

from tests.browser.learner import CELLS, FAULT, Learner
from tests.browser.server import Server
from workbook import catalog, pages

ID = "load-day"
ANSWER, CHECK = f'@lab.exercise("{ID}")', f'lab.check("{ID}")'
INCIDENT = "night.board()"
KILLED = -9 & 255
SHOWN = ".jp-OutputArea-output, .jp-MarkdownOutput:not(.jp-OutputArea *)"
pytestmark = pytest.mark.skipif(os.name == "nt", reason="ends JupyterLab by a POSIX signal")
COUNT = "window.clicks = 0; addEventListener('pointerdown', () => { window.clicks += 1 }, true)"


@pytest.fixture(params=["light", "dark"])
def scheme(request):
    return request.param


@pytest.fixture
def server(tmp_path, scheme):
    started = Server(tmp_path / "a home", f"JupyterLab {scheme.title()}")
    yield started
    started.end()


@pytest.fixture
def learner(page, server, heard):
    """Somebody who has typed `make lab` and sees what opens."""
    page.add_init_script(COUNT)
    page.goto(server.url)
    return Learner(page)


def test_a_learner(learner, server, heard, seen, shot, scheme):
    first = catalog.find(ID).lab.page
    assert learner.arrive() == pages.read(first)["cells"][0]["source"].splitlines()[0][2:]
    assert learner.theme() == scheme
    shot("00-opened")
    learner.run_all()
    _reads(learner, seen, shot)
    _answers(learner, seen, shot)
    _saves(learner, server.home / first.name)
    if scheme == "light":  # the terminal's answer takes as long as a run of the page
        _is_on_record(server)
    assert learner.page.evaluate("window.clicks") == 0, "the keyboard is enough"
    assert {urlsplit(url).netloc for url in heard["asked"]} - {""} == {urlsplit(server.url).netloc}
    assert heard["errors"] == []
    _leaves(server)


def _reads(learner, seen, shot):
    """From the last cell up to the first: everything is there, and can be seen."""
    plots, last = 0, learner.page.locator(CELLS).count()
    for number in range(last, 0, -1):
        shown = learner.in_view().locator(SHOWN)
        assert not learner.cell.locator(FAULT).count(), shown.all_inner_texts()
        for place in shown.all():
            told = seen(place)
            assert told["texts"] + told["plots"] and not told["complaints"], (number, told)
            plots += told["plots"]
        shot(f"{number:02}")
        learner.step(*["ArrowUp"] * (number > 1))
    assert plots >= 3
    assert learner.go(INCIDENT).locator("tbody tr").count() >= 7


def _answers(learner, seen, shot):
    """The starter, a wrong answer, the reference."""
    sections = catalog.find(ID).sections
    wrong = next(section for section in sections if section.kind == "wrong")
    told = _checked(learner, None, seen, shot)
    assert "○ NOT YET" in told
    told = _checked(learner, wrong, seen, shot)
    assert "✗ TRY AGAIN" in told and f"[{wrong.finding}]" in told
    told = _checked(learner, sections[0], seen, shot)
    assert "✓ PASSED" in told and "✗" not in told


def _checked(learner, section, seen, shot):
    if section:
        learner.go(ANSWER)
        learner.write(section.text)
        assert not learner.run().locator(SHOWN).count(), "an answer prints nothing"
    learner.go(CHECK)
    outputs = learner.run().locator(SHOWN)
    shot(f"check-{section.kind if section else 'starter'}")
    (told,) = (seen(place) for place in outputs.all())
    assert told["texts"] and not told["complaints"], told
    return outputs.inner_text()


def _saves(learner, file):
    learner.press("ControlOrMeta+S")
    learner.wait_until(lambda: catalog.find(ID).reference.text.strip() in _answer(file))


def _answer(file):
    return next(found.source for found in pages.exercises(pages.read(file)) if found.exercise == ID)


def _is_on_record(server):
    """The record and the page are what the terminal sees."""
    listed = json.loads(server.workbook("progress", "--json").stdout)
    (told,) = (one for one in listed if one["exercise"] == ID)
    assert (told["verdict"], told["attempts"], told["help"]) == ("PASSED", 2, ""), told
    ran = server.workbook("check", ID)
    assert ran.returncode == 0 and "✓ PASSED" in ran.stdout, ran.stdout + ran.stderr


def _leaves(server):
    names = [" ".join(process.cmdline()) for process in server.processes]
    assert sum("ipykernel" in name for name in names) == 1, names
    assert server.end() == []
    # On a busy machine JupyterLab may not end by itself in 40 s; then start.py ends it.
    assert server.code in (0, KILLED)
