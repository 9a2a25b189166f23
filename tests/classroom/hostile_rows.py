"""What hostile answers come to as rows of `workbook grade`.

`python -m tests.classroom.hostile_rows` prints it. They are judged on a copy of the checkout, in
the sandbox, each as a learner among honest ones.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from classroom import rows
from tests.engine.hostile import ground
from tests.engine.hostile.cases import HOSTILE, Hostile
from workbook import catalog
from workbook.plain import memory_backed

DAY = catalog.find("load-day")
MOST = 100.0  # seconds of one submission, after which its judge counts as hung
HONEST = {"k98": "other", "k99": "wrong"}


@dataclass
class Came:
    """What a run came to: by name of the answer, what went wrong; `said`: on stderr."""

    gained: list[str] = field(default_factory=list)
    harmed: list[str] = field(default_factory=list)
    hung: list[str] = field(default_factory=list)
    traceback: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    odd: list[str] = field(default_factory=list)
    said: str = ""


def graded(folder: Path, cases: Sequence[Hostile], workers: int = 1) -> Came:
    """Grade these answers beside two honest ones, and look at what they did."""
    copy = ground.copy_of_the_checkout(folder)
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ground.ROOT / "classroom", copy / "classroom", ignore=ignored)
    service = ThreadingHTTPServer(("127.0.0.1", 0), ground._Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    inside, out = _handed_in(folder / "in", cases, service.server_address[1]), folder / "out"
    before = _state(copy, inside)
    ran = _ran(copy, inside, out, workers)
    service.shutdown()
    after = _state(copy, inside)
    harmed = [f"{what}: {after[what]}" for what in before if before[what] != after[what]]
    return _compared(cases, harmed, out, ran)


def _handed_in(inside: Path, cases: Sequence[Hostile], port: int) -> Path:
    """A folder for each; what an answer goes for is named where it is."""
    for number, case in enumerate(cases):
        home = inside / f"h{number:02}"
        home.mkdir(parents=True)
        text = case.text.replace('HOME.parent / "neighbour"', f"pathlib.Path({str(inside)!r})")
        text = text.replace('(HOME / "port").read_text()', repr(str(port)))
        (home / "load_day.py").write_text(text, encoding="utf-8")
        (home / "workbook.toml").write_text(f'learner = "h{number:02}"\nseed = 7\n')
    for learner, kind in HONEST.items():
        home = inside / learner
        home.mkdir()
        text = next(one.text for one in DAY.sections if one.kind == kind)
        (home / "load_day.py").write_text(text, encoding="utf-8")
        (home / "workbook.toml").write_text(f'learner = "{learner}"\nseed = 7\n')
    return inside


def _state(copy: Path, inside: Path) -> dict[str, Any]:
    """What must stay as it is."""
    left = Path(memory_backed() or "/tmp").glob("workbook-*-*")
    return {
        "checkout": ground._digest(copy),
        "submissions": ground._digest(inside),
        "service": ground._Service.called,
        "processes left": ground._sleepers(),
        "folders left": sorted(one for one in left if not _alive(one)),
    }


def _alive(exchange: Path) -> bool:
    """Whether the judge that made an exchange folder is still at work: another run's, that is."""
    owner = exchange.name.split("-")[1]
    return owner.isdecimal() and Path("/proc", owner).exists()


def _ran(copy: Path, inside: Path, out: Path, workers: int) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"}
    environment.pop("WORKBOOK_HOME", None)
    command = [sys.executable, "-c", "from workbook.cli import main; main()", "grade", str(inside)]
    options = ["--out", str(out), "--exercise", DAY.id, "--worlds", "1", "--minutes", "2"]
    isolated = ["--isolation", "bubblewrap", "--workers", str(workers)]
    return subprocess.run(
        [*command, *options, *isolated],
        cwd=copy,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def _compared(
    cases: Sequence[Hostile], harmed: list[str], out: Path, ran: subprocess.CompletedProcess[str]
) -> Came:
    came = Came(harmed=harmed, said=ran.stderr)
    known = {row.learner: row for row in rows.read_all(out)}
    for number, case in enumerate(cases):
        row = known.pop(f"h{number:02}", None)
        if row is None:
            came.missing.append(case.name)
            continue
        (one,) = row.exercises
        told = f"{case.name}: {one.verdict} {one.note}"
        came.gained += [told] * one.passed
        came.hung += [told] * (row.seconds.wall > MOST)
        verdict = "COULD NOT JUDGE" if one.verdict == rows.NOT_JUDGED else one.verdict
        came.odd += [told] * (verdict not in case.verdicts)
    honest = {name: row.exercises[0].verdict for name, row in known.items()}
    if honest != {"k98": "PASSED", "k99": "TRY AGAIN"}:
        came.harmed.append(f"honest ones: {honest}")
    if "Traceback" in ran.stderr + ran.stdout or "HOSTILE" in ran.stderr + ran.stdout:
        came.traceback.append((ran.stderr + ran.stdout)[-2000:])
    return came


def main() -> None:
    """Grade all of them, and print what they came to."""
    with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
        came = graded(Path(folder), HOSTILE)
    print(came.said[-4000:])
    for name in ("gained", "harmed", "hung", "traceback", "missing", "odd"):
        found = getattr(came, name)
        print(f"{name}: {len(found)}", *found, sep="\n  ")


if __name__ == "__main__":
    main()
