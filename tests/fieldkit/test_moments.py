"""A kill's moment follows what the command has written, not the clock: on a busy machine, too."""

from __future__ import annotations

import itertools
import os
import signal
import threading
from contextlib import contextmanager

import psutil
import pytest

from fieldkit.errors import CannotRun
from fieldkit.prove import run, story
from fieldkit.prove.run import Settings, prove
from fieldkit.report import report
from fieldkit.runs import moments
from fieldkit.runs.command import Point
from tests.fieldkit.pipelines import PLANTED, command, content, state
from tests.fieldkit.repeat_prove import loaded

FOUR = Settings(reruns=0, kills=4, patience=60)
WRONG = ("checkpoint-first", "checkpoint-after", "move-without-transaction", "file-in-place")
RIGHT = ("merge", "checkpoint-with-data", "file-renamed")


def proved(name, folder, settings=FOUR):
    kind, script, *_ = PLANTED[name]
    folder.mkdir(exist_ok=True)
    place = state(kind, folder / "state")
    before = content(place)
    try:
        return prove(command(kind, script, folder), [place], settings=settings)
    finally:
        assert content(place) == before


@pytest.fixture
def late_kills(monkeypatch):
    """Each kill comes when the command has ended, as where the machine is busy."""
    monkeypatch.setattr(run, "kill_points", lambda ran, count, chance: [])


@pytest.mark.usefixtures("late_kills")
@pytest.mark.parametrize("name", WRONG[1:])
def test_a_wrong_pipeline_is_refuted_although_every_kill_comes_too_late(tmp_path, name):
    proof = proved(name, tmp_path)
    assert proof.verdict == "REFUTED"
    (hit,) = proof.counterexample.kills
    assert hit.copied and hit.writes
    text = " ".join(report.to_text(story.report_of(proof)).split())
    assert "was stopped and its state copied, as a kill would have left it, right after" in text


@pytest.mark.usefixtures("late_kills")
def test_nothing_is_proved_by_kills_that_hit_nothing(tmp_path):
    with pytest.raises(CannotRun, match="none while the state was being written"):
        proved("merge", tmp_path)


def test_nothing_is_proved_by_who_looks_too_late(tmp_path, monkeypatch):
    count = itertools.count()
    monkeypatch.setattr(moments, "_delay", lambda: float(next(count)))
    monkeypatch.setattr(run, "LOOKS", 2)
    with pytest.raises(CannotRun, match=r"not shown: .* waited \d\.\d\d s for a processor"):
        proved("file-renamed", tmp_path)
    assert proved("file-in-place", tmp_path / "wrong").verdict == "REFUTED"


def test_nothing_is_proved_by_kills_in_one_half(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "kill_points", lambda ran, count, chance: [Point(writes=1)] * count)
    monkeypatch.setattr(run, "random_point", lambda ran, chance: Point(writes=1))
    monkeypatch.setattr(run, "wanted", lambda ran, kills, room: [])
    # Sixteen writes, so that a busy machine tells four apart; a kill that comes late by half a
    # second still hits the first half.
    days = PLANTED["file-renamed"][1].replace("(1, 2)", "range(1, 9)")
    first = "time.sleep(0.6 * (day == 1))\n    pause()"
    several = ("folder", days.replace("pause()", first, 1), "PROVED", "")
    monkeypatch.setitem(PLANTED, "file-renamed", several)
    with pytest.raises(CannotRun, match="not shown: 4 kills found nothing, but all kills hit"):
        proved("file-renamed", tmp_path)


def test_each_state_that_a_run_passes_through_is_tried_once(tmp_path):
    proof = proved("checkpoint-with-data", tmp_path, Settings(0, 3, patience=60))
    assert proof.verdict == "PROVED"
    copied = [one for one in proof.kills if any(kill.copied for kill in one.kills)]
    assert [one.left["orders"] for one in copied] == ["in part: 20 of 40 new rows"], copied
    assert len(proof.kills) == 3


@contextmanager
def stumbling():
    """Stops what runs below this process for a moment, again and again."""
    ended = threading.Event()

    def stumble():
        while not ended.wait(0.01):
            for child in psutil.Process().children(recursive=True):
                try:
                    os.kill(child.pid, signal.SIGSTOP)
                    ended.wait(0.02)
                    os.kill(child.pid, signal.SIGCONT)
                except ProcessLookupError:
                    continue

    thread = threading.Thread(target=stumble)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


@pytest.mark.parametrize("busy", [lambda: loaded(3), stumbling], ids=["busy", "stumbling"])
def test_no_false_verdict_on_a_busy_machine(tmp_path, thorough, busy):
    if not thorough and busy is not stumbling:
        pytest.skip("keeps all cores busy for minutes; with --seeds 5")
    tried = [(name, n) for n in range(4) for name in (*WRONG, *RIGHT)]
    tried = tried if thorough else [(WRONG[2], 0), (RIGHT[2], 0)]
    with busy():
        for name, number in tried:
            settings = Settings(reruns=0, kills=4, patience=60, seed=number)
            try:
                verdict = proved(name, tmp_path / f"{name}-{number}", settings).verdict
            except CannotRun as error:
                verdict = f"none: {error}"
            false = {"PROVED"} if name in WRONG else {"REFUTED"}
            assert verdict not in false, (name, number)


def test_where_one_look_saw_half_of_the_writes_a_second_one_is_taken(tmp_path, monkeypatch):
    taken, add = [], run.Stations.add
    monkeypatch.setattr(run.Stations, "add", lambda *them: (taken.append(1), add(*them)))
    monkeypatch.setattr(run.Stations, "spread", lambda *_: len(taken) > 1)
    monkeypatch.setattr(run, "FEW", 0)  # a busy machine sees several writes as one
    assert proved("merge", tmp_path).verdict == "PROVED"
    assert len(taken) == 2
