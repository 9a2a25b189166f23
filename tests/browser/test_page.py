"""A learner plays an exercise in JupyterLab with the keyboard alone, in light and in dark."""

from __future__ import annotations

import json
import os
from urllib.parse import urlsplit

import pytest

from tests.browser.learner import CELLS, FAULT, Learner
from tests.browser.server import Server
from workbook import catalog, pages
from workbook.errors import PageError

PLAYED = {  # one exercise a page, and a table of its incident
    "read-the-bill": "lab.world.rules()",
    "circuit-breaker": "fortnight.table()",
    "worth-it": 'lab.world.quarter("loudest")',
    "load-day": "night.board()",
    "mask": "bot.log()",
}
KILLED = -9 & 255
# The first cell's output is the page's style alone.
SHOWN = ".jp-OutputArea-output:not(:has(style)), .jp-MarkdownOutput:not(.jp-OutputArea *)"
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


@pytest.fixture(params=PLAYED)
def played(request):
    """The exercise that is solved."""
    return catalog.find(request.param)


@pytest.fixture
def learner(page, server, heard, played):
    """Somebody who has typed `make lab` and sees what opens, or goes on to a later page."""
    first = catalog.labs()[0].page.name
    assert first in server.url
    page.add_init_script(COUNT)
    page.goto(server.url.replace(first, played.lab.page.name))
    return Learner(page)


def test_a_learner(learner, server, heard, seen, shot, scheme, played):
    first = played.lab.page
    assert learner.arrive() == pages.read(first)["cells"][0]["source"].splitlines()[0][2:]
    assert learner.theme() == scheme
    if scheme == "dark":
        learner.close_files()
    shot("00-opened")
    learner.run_all()
    _reads(learner, seen, shot, PLAYED[played.id])
    _answers(learner, played, seen, shot)
    _saves(learner, played, server.home / first.name)
    if scheme == "light":  # the terminal's answer takes as long as a run of the page
        _is_on_record(server, played.id)
    assert learner.page.evaluate("window.clicks") == 0, "the keyboard is enough"
    assert {urlsplit(url).netloc for url in heard["asked"]} - {""} == {urlsplit(server.url).netloc}
    assert heard["errors"] == []
    _leaves(server)


def _reads(learner, seen, shot, incident):
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
    assert plots >= 2
    assert learner.go(incident).locator("tbody tr").count() >= 7


def _answers(learner, played, seen, shot):
    """The starter, a wrong answer, the reference."""
    sections = played.sections
    wrong = next(section for section in sections if section.kind == "wrong")
    told = _checked(learner, played.id, None, seen, shot)
    assert "○ NOT YET" in told
    told = _checked(learner, played.id, wrong, seen, shot)
    assert "✗ TRY AGAIN" in told and wrong.finding in told
    told = _checked(learner, played.id, sections[0], seen, shot)
    assert "✓ PASSED" in told and "✗" not in told and "Next:" in told


def _checked(learner, name, section, seen, shot):
    check = f'lab.check("{name}")'
    if section:
        learner.go(check)
        learner.step("ArrowUp")
        learner.write(section.text)
        assert not learner.run().locator(SHOWN).count(), "an answer prints nothing"
    learner.go(check)
    outputs = learner.run().locator(SHOWN)
    shot(f"check-{section.kind if section else 'starter'}")
    (told,) = (seen(place) for place in outputs.all())
    assert told["texts"] and not told["complaints"], told
    return outputs.inner_text()


def _saves(learner, played, file):
    learner.press("ControlOrMeta+S")
    learner.wait_until(lambda: played.reference.text.strip() in _answer(file, played.id))


def _answer(file, name):
    """The answer as it is saved; "" while JupyterLab is writing the file."""
    try:
        found = pages.exercises(pages.read(file))
    except PageError:
        return ""
    return next(one.source for one in found if one.exercise == name)


def _is_on_record(server, name):
    """The record and the page are what the terminal sees."""
    listed = json.loads(server.workbook("progress", "--json").stdout)
    (told,) = (one for one in listed if one["exercise"] == name)
    assert (told["verdict"], told["attempts"], told["help"]) == ("PASSED", 2, ""), told
    ran = server.workbook("check", name)
    assert ran.returncode == 0 and "✓ PASSED" in ran.stdout, ran.stdout + ran.stderr


def _leaves(server):
    names = [" ".join(process.cmdline()) for process in server.processes]
    assert sum("ipykernel" in name for name in names) == 1, names
    assert server.end() == []
    # On a busy machine JupyterLab may not end by itself in 40 s; then start.py ends it.
    assert server.code in (0, KILLED)
