"""A command whose work runs in a session of its own, as an orchestrator starts each step."""

from __future__ import annotations

import sys
import time

import pytest

from fieldkit.prove import run
from fieldkit.prove.run import Settings, prove
from fieldkit.runs import command as runs
from tests.fieldkit.pipelines import PLANTED, command, state

APART = (
    "import subprocess, sys\n"
    "sys.exit(subprocess.run(sys.argv[1:], start_new_session=True).returncode)"
)


def test_it_is_stopped_for_its_copies(tmp_path, monkeypatch):
    monkeypatch.setattr(run, "kill_points", lambda ran, count, chance: [])  # copies alone
    kind, script, *_ = PLANTED["file-in-place"]
    argv = [sys.executable, "-c", APART, *command(kind, script, tmp_path)]
    settings = Settings(reruns=0, kills=2, patience=60)
    proof = prove(argv, [state(kind, tmp_path / "state")], settings=settings)
    assert proof.verdict == "REFUTED"
    assert all(kill.copied for kill in proof.counterexample.kills)


@pytest.mark.parametrize("levels", [1, 2])
def test_it_is_killed_with_the_command(tmp_path, levels, monkeypatch):
    """At once, and not only when all processes of the machine have been looked through."""
    place = tmp_path / "lines"
    place.touch()
    script = (
        f"import time\nfor n in range(4000):\n    open({str(place)!r}, 'a').write('x\\n')\n"
        "    time.sleep(0.0005)"
    )
    argv = [sys.executable, "-c", APART] * levels + [sys.executable, "-I", "-S", "-c", script]
    sizes, look_through = [], runs.end_marked

    def after_the_kill(*given, **more):
        sizes.append(place.stat().st_size)
        time.sleep(0.05)
        sizes.append(place.stat().st_size)
        return look_through(*given, **more)

    monkeypatch.setattr(runs, "end_marked", after_the_kill)
    one = runs.Command(argv, {}, f"sessions-{time.time_ns()}", [place], tmp_path / "logs")
    ran = one.run(30.0, runs.Point(writes=20))
    assert ran.killed and sizes[0] == sizes[1], "it went on after the kill"
