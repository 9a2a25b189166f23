"""The live board: fifty learners, a restart, the code, what is sent and what is not."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

import msgspec
import pytest

from classroom import board, cohort, sharing
from classroom.board import Event, Sent
from tests.classroom import handed_in
from tests.classroom.conftest import ROOT
from tests.classroom.handed_in import MASK
from workbook.errors import WorkbookError
from workbook.workspace import Workspace

WITHIN = 20.0  # seconds, on a busy machine; alone it is a fraction of one


@pytest.fixture
def room(tmp_path):
    folder = tmp_path / "may"
    folder.mkdir()
    learners = {learner: 100 + n for n, learner in enumerate(cohort.ids(1, 50))}
    made = cohort.Cohort(folder, "may", learners, dealt=50)
    (folder / cohort.FILE).write_text(cohort.written(made))
    return made


@pytest.fixture
def served(room):
    with board.server(room.folder, "127.0.0.1", 0) as serving:
        thread = threading.Thread(target=serving.serve_forever, args=(0.05,), daemon=True)
        thread.start()
        yield serving
        serving.shutdown()


def address(served):
    return f"http://127.0.0.1:{served.server_address[1]}"


def event(learner, **more):
    told = {
        "learner": learner,
        "exercise": "mask",
        "verdict": "TRY AGAIN",
        "first_finding": "redact-shows",
        "attempts": 1,
        "hints": 0,
        "at": "2026-11-26T10:00:00+00:00",
    }
    return Event(**(told | more))


def post(served, *events, code=None):
    sent = Sent(code or served.RequestHandlerClass.board.code, list(events))
    request = urllib.request.Request(f"{address(served)}/events", data=board.posted(sent))
    return urllib.request.urlopen(request, timeout=WITHIN).status


def page(served, path="/", **headers):
    request = urllib.request.Request(address(served) + path, headers=headers)
    return urllib.request.urlopen(request, timeout=WITHIN).read().decode()


def test_fifty_learners_are_seen_at_once(served, room):
    with ThreadPoolExecutor(25) as pool:
        states = list(pool.map(lambda learner: post(served, event(learner)), room.learners))
    assert states == [200] * 50
    shown = page(served)
    assert "50 at work" in shown
    assert "50 of 50" in shown, "all have the same finding first"


def test_what_to_look_at_is_one_line_for_what_is_alike(served):
    for exercise in ("mask", "inherit"):
        post(served, event("k01", exercise=exercise, verdict="TIMED OUT", first_finding=""))
    assert "<b>k01</b> mask, inherit: TIMED OUT</li>" in page(served)


def test_the_page_follows_when_something_arrives(served):
    seen = {}

    def follow():
        seen["page"] = page(served, "/news?seen=0")
        seen["at"] = time.monotonic()

    thread = threading.Thread(target=follow)
    thread.start()
    time.sleep(0.3)
    assert not seen, "it waits for news"
    sent = time.monotonic()
    post(served, event("k07"))
    thread.join(WITHIN)
    assert 'data-seen="1"' in seen["page"]
    assert seen["at"] - sent < WITHIN / 2


def test_a_restart_goes_on_with_what_it_knows(served, room):
    post(served, event("k01"), event("k02"))
    post(served, event("k01"))  # sent twice: it counts once
    with (room.folder / board.EVENTS).open("ab") as file:
        file.write(b'{"learner": "k0')  # the machine went down
    again = board.Board(room)
    assert again.code == served.RequestHandlerClass.board.code
    assert [row.learner for row in board.standing(room, list(again._known))] == ["k01", "k02"]


def test_three_times_the_same_finding_is_stuck(room):
    tries = [event("k03", attempts=n, at=f"2026-11-26T10:0{n}:00+00:00") for n in (1, 2, 3)]
    (row,) = board.standing(room, tries)
    assert next(one for one in row.exercises if one.id == "mask").repeated == 3


@pytest.mark.parametrize(
    ("more", "code", "status"),
    [
        ({}, "WRONG1", 403),
        ({"learner": "k99"}, None, 400),
        ({"exercise": "no-such"}, None, 400),
        ({"verdict": "<b>"}, None, 400),
        ({"first_finding": "<script>"}, None, 400),
        ({"attempts": -1}, None, 400),
    ],
)
def test_what_does_not_fit_is_not_taken(served, more, code, status):
    with pytest.raises(urllib.error.HTTPError) as refused:
        post(served, event("k01", **more) if "learner" not in more else event(**more), code=code)
    assert refused.value.code == status
    assert "0 at work" in page(served)


def test_garbage_is_not_taken(served):
    for body in (b"[1", b"{}", b'{"code": "x", "events": [], "more": 1}'):
        with pytest.raises(urllib.error.HTTPError):
            urllib.request.urlopen(f"{address(served)}/events", data=body, timeout=WITHIN)


def test_who_comes_by_another_name_needs_the_code(served):
    with pytest.raises(urllib.error.HTTPError):
        page(served, Host="evil.example:80")
    code = served.RequestHandlerClass.board.code
    assert "at work" in page(served, f"/?code={code}", Host="evil.example:80")


class TestShare:
    def home(self, tmp_path):
        home = handed_in.home(tmp_path / "work", "k07", {MASK.id: handed_in.wrong(MASK)})
        handed_in.recorded(home, MASK, ["TRY AGAIN", "TRY AGAIN"], ["redact-shows"])
        return Workspace(home)

    def test_a_line_is_shown_and_sent_and_holds_no_code_and_no_data(
        self, workbook, served, room, tmp_path
    ):
        home = self.home(tmp_path)
        code = served.RequestHandlerClass.board.code
        given = ["share", "--to", address(served), "--code", code, "--once", "--pause", "0"]
        ran = workbook(*given, WORKBOOK_HOME=str(home.folder))
        assert ran.code == 0, ran.err
        assert "k07 · mask · TRY AGAIN · redact-shows · 2 tries, 0 hints" in ran.out
        lines = (room.folder / board.EVENTS).read_bytes().splitlines()
        told = [msgspec.json.decode(line, type=Event) for line in lines]
        assert [one.attempts for one in told] == [1, 2]
        assert workbook(*given, WORKBOOK_HOME=str(home.folder)).out.count("k07") == 0, "sent once"

    def test_without_a_board_it_waits_and_catches_up(self, served, room, tmp_path, capsys):
        home = self.home(tmp_path)
        code = served.RequestHandlerClass.board.code
        away = sharing.Link("http://127.0.0.1:9", code, home)
        sharing.shared(home, away, 0, once=True)
        assert "the board is away" in capsys.readouterr().out
        sharing.shared(home, sharing.Link(address(served), code, home), 0, once=True)
        assert "k07" in page(served)

    def test_a_board_that_says_no_is_one_line(self, served, tmp_path):
        home = self.home(tmp_path)
        with pytest.raises(WorkbookError, match="the board says no: not the code"):
            sharing.shared(home, sharing.Link(address(served), "WRONG1", home), 0, once=True)
        with pytest.raises(WorkbookError, match="such as http"):
            sharing.Link("file:///etc/passwd", "X", home)


def test_the_command_prints_its_code_and_binds_this_machine(room):
    command = [sys.executable, "-c", "from workbook.cli import main; main()"]
    with subprocess.Popen(
        [*command, "board", str(room.folder), "--port", "0"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    ) as running:
        told = running.stdout.readline()
        running.terminate()
    assert re.fullmatch(r"board  http://127\.0\.0\.1:\d+/   join code [A-Z0-9]{6}\n", told)
