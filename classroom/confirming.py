"""A pass confirmed by an instrument: the answer as a command, nothing of ours in its process."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

from workbook import catalog, pages, sandbox
from workbook.catalog import Exercise
from workbook.errors import WorkbookError
from workbook.submission import Submission

REFUTED = 1  # an instrument's exit code, of which the first line says why
_DRIVER = """
import json, socket, subprocess, sys, time
root, told = sys.argv[1], json.loads(sys.argv[2])
if told["first"]:
    subprocess.run([sys.executable, *told["first"]], check=True, stdout=2)
beside = told["beside"] and subprocess.Popen([sys.executable, *told["beside"]], stdout=2)
for _ in range(100 if beside else 0):
    with socket.socket() as probe:
        if not probe.connect_ex(("127.0.0.1", int(told["beside"][1]))):
            break
    time.sleep(0.1)
start = f"import sys; sys.path.insert(0, {root!r}); from fieldkit.cli import main; main()"
ran = subprocess.run([sys.executable, "-P", "-c", start, *told["by"]])
if beside:
    beside.kill()
sys.exit(ran.returncode)
"""

# Cells of the page that the answer needs may also show something: here there is no page.
_NO_PAGE = """
class Nothing:
    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *_, **__):
        return self

    def __getitem__(self, _):
        return self

    def __iter__(self):
        return iter(())

    def __format__(self, _):
        return ""


class NoPage(Nothing):
    def exercise(self, *_):
        return lambda function: function


lab = NoPage()
"""


def refuted(exercise: Exercise, given: Submission, seconds: float) -> str:
    """Run the instrument in the sandbox: "" where it confirms the pass, else what it says."""
    told = exercise.confirm
    try:
        files = _written_out(exercise, given)
    except WorkbookError as error:
        return f"it cannot be written out as a command: {error}"
    with tempfile.TemporaryDirectory(prefix="workbook-confirm-") as scratch:
        for name, content in files.items():
            path = Path(scratch, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return _ran(told, Path(scratch), seconds)


def _written_out(exercise: Exercise, given: Submission) -> dict[str, str | bytes]:
    """The answer and the code that shipped, as commands, by the lab's own world.

    The world puts the answer's text into a file and never runs it: this process is the judge's.
    """
    shipped = pages.starters(exercise.lab.page)
    starter = "\n\n".join(shipped[one].source for one in (*exercise.uses, exercise.id))
    cells = [cell.source for cell in given.cells if "open_lab(" not in cell.source]
    continued = [catalog.find(one).reference.text for one in sorted(given.continues)]
    own = "\n\n".join([_NO_PAGE, *continued, *cells])
    write = getattr(exercise.lab.world(given.seed), exercise.confirm["files"])
    return dict(write(starter, own))


def _ran(told: Mapping[str, str], scratch: Path, seconds: float) -> str:
    steps = {name: shlex.split(told.get(name, "")) for name in ("first", "beside", "by")}
    folder = scratch / told.get("folder", "")
    environment = {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": "/tmp",
        "TMPDIR": "/tmp",
        "LANG": "C.UTF-8",
    }
    root = str(Path(pages.__file__).resolve().parents[1])
    driver = [sys.executable, "-P", "-c", _DRIVER, root, json.dumps(steps)]
    command = [*sandbox.command(scratch, folder, environment), *driver]
    try:
        ran = subprocess.run(
            command,
            capture_output=True,
            check=False,
            stdin=subprocess.DEVNULL,
            timeout=seconds,
        )
    except subprocess.TimeoutExpired:
        return f"it did not end within {seconds:.0f} s"
    except OSError as error:
        raise WorkbookError(f"the sandbox cannot be started: {error.strerror}") from None
    if ran.returncode == 0:
        return ""
    return f"exit code {ran.returncode}: {_said(ran.stdout, ran.stderr, ran.returncode)}"[:300]


def _said(out: bytes, err: bytes, code: int) -> str:
    """A verdict's first line; where there is none, the last line of what went wrong."""
    verdict, wrong = (text.decode("utf-8", "replace").strip().splitlines() for text in (out, err))
    if code == REFUTED and verdict:
        return verdict[0]
    return (wrong or verdict or ["it says nothing"])[-1]
