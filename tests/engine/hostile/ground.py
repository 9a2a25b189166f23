"""The ground on which hostile answers are judged: a copy of the checkout, and what must stay whole.

`python -m tests.engine.hostile.ground bubblewrap|none NAME…` prints a JSON line for each answer.
"""

from __future__ import annotations

import compileall
import contextlib
import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import islice
from pathlib import Path
from typing import Any

PARTS = ("workbook", "labs", "fieldkit", "notebooks", "tests")
IMPORTED = ("workbook", "labs", "fieldkit", "tests/engine/hostile")
SECONDS = 1.5  # for one call of a hostile answer
CASES = 6  # of the check: the base answer is wrong in the second
HUNG = 120.0  # seconds after which a judge counts as hung
ROOT = Path(__file__).resolve().parents[3]
_LEFT = ("611", "612", "613")  # what the answers' sleeping children sleep


def copy_of_the_checkout(folder: Path) -> Path:
    """A checkout to be judged in, with a history of its own in which the references stand."""
    copy = folder / "checkout"
    for part in PARTS:
        ignored = shutil.ignore_patterns("__pycache__", ".pytest_cache")
        shutil.copytree(ROOT / part, copy / part, ignore=ignored)
    for command in ("init -q", "add labs", "-c user.name=x -c user.email=x commit -qm x"):
        subprocess.run(["git", "-C", str(copy), *command.split()], check=True)
    for part in IMPORTED:  # once, and not in each judge again: none may write here
        compileall.compile_dir(copy / part, quiet=2)
    return copy


def judged_in(copy: Path, isolation: str, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Judge answers in a Python of their own that knows only the copy."""
    environment = os.environ | {"PYTHONPATH": str(copy), "MY_SECRET": "seen"}
    # What the judge itself would write into the checkout is no harm that an answer did.
    environment["PYTHONDONTWRITEBYTECODE"] = "1"
    environment.pop("WORKBOOK_HOME", None)
    command = [sys.executable, "-m", "tests.engine.hostile.ground", isolation, *names]
    with subprocess.Popen(
        command, cwd=copy, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    ) as judge:  # fmt: skip
        out, err = judge.communicate(timeout=HUNG * max(1, len(names)))
    for line in out.splitlines():
        told = json.loads(line) if line.startswith("{") else {"stray": line}
        yield told | {"stderr": err[-2000:]}


class _Service(BaseHTTPRequestHandler):
    """A service of the machine that no answer has any business with."""

    called = 0

    def do_GET(self) -> None:
        type(self).called += 1
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


def _digest(folder: Path) -> str:
    """What stands in a folder's files; bytecode counts, since Python runs it."""
    whole = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and ".git" not in path.parts:
            whole.update(str(path).encode() + path.read_bytes())
    return whole.hexdigest()


def _made(folder: Path, port: int) -> tuple[Path, Path]:
    """A learner's folder and a neighbour's."""
    from workbook.progress import Progress

    home, neighbour = folder / "learner", folder / "neighbour"
    for one in (home, neighbour):
        one.mkdir(parents=True)
    Progress(home / "progress.db").close()
    (home / "port").write_text(str(port))
    (neighbour / "answer.py").write_text("# a neighbour's work\n")
    return home, neighbour


def _of_this_judge(number: str) -> str:
    """What a sleeping child sleeps here: another judge may look at the same time."""
    return f"{os.getpid()}{number}"


def _sleepers(numbers: Sequence[str] = _LEFT) -> list[int]:
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = entry.read_bytes().split(b"\0")
            if words[:1] == [b"sleep"] and words[1].decode() in numbers:
                found.append(int(entry.parent.name))
    return found


def _exchanges() -> set[Path]:
    from workbook.plain import memory_backed

    return set(Path(memory_backed() or "/tmp").glob(f"workbook-{os.getpid()}-*"))


def judge_one(name: str, isolation: str, folder: Path, port: int) -> dict[str, Any]:
    """Judge one answer, and look at what it did."""
    from tests.engine.hostile.cases import HOSTILE
    from workbook import catalog, outside, submission

    case = next(one for one in HOSTILE if one.name == name)
    home, neighbour = _made(folder, port)
    page = home / "answer.py"
    text = case.text
    for number in _LEFT:
        text = text.replace(number, _of_this_judge(number))
    page.write_text(text)
    exercise = replace(catalog.find("load-day"), seconds=SECONDS)
    whole = catalog.root()
    before = _digest(whole), _digest(home), _digest(neighbour), _Service.called
    began = time.monotonic()
    given = submission.read(exercise, page, None, 7)
    try:
        (result,) = outside.judged({exercise.id: (exercise, given)}, isolation, worlds=1)
        verdict, note, trace = str(result.verdict), result.note, ""
    except Exception as error:
        verdict, note, trace = "", "", f"{type(error).__name__}: {error}"
    after = _digest(whole), _digest(home), _digest(neighbour), _Service.called
    hurt = ["checkout", "workspace", "neighbour", "service"]
    harmed = [what for what, one, two in zip(hurt, before, after, strict=True) if one != two]
    left = _sleepers([*map(_of_this_judge, _LEFT)])
    for process in left:
        os.kill(process, 9)
    return {
        "name": name, "verdict": verdict, "note": note, "trace": trace, "harmed": harmed,
        "left": len(left), "seconds": round(time.monotonic() - began, 1),
    }  # fmt: skip


def main(isolation: str, names: Sequence[str]) -> None:
    """Judge answers by name, one after the other, in this process."""
    import tempfile

    from workbook import catalog, session

    session.CELL_SECONDS, session.MARGIN = 4.0, 2.0
    every = catalog.Exercise.cases
    catalog.Exercise.cases = lambda *asked: islice(every(*asked), CASES)  # type: ignore[method-assign]
    sys.dont_write_bytecode = True
    service = ThreadingHTTPServer(("127.0.0.1", 0), _Service)
    threading.Thread(target=service.serve_forever, daemon=True).start()
    exchanges = _exchanges()
    for name in names:
        with tempfile.TemporaryDirectory(dir="/var/tmp") as folder:
            told = judge_one(name, isolation, Path(folder), service.server_address[1])
        told["folders"] = len(_exchanges() - exchanges)
        print(json.dumps(told), flush=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
