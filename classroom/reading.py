"""Pages executed to be read: on a copy, beside the judging, in a sandbox where there is one."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from classroom.intake import Found
from workbook import catalog, outside, sandbox

_KEPT = ("PATH", "LANG", "LC_ALL", "TZ")


def executed(found: Found, scratch: Path, out: Path, isolation: str, seconds: float) -> list[str]:
    """Execute the notebooks of a submission into `out`; what went wrong, a line each."""
    notes = []
    for number, page in enumerate(sorted(set(found.answers.values()))):
        if page.suffix == ".ipynb":
            folder = scratch / f"page-{number}"
            shutil.copytree(page.parent, folder)
            ended = _ran(page.name, folder, isolation, seconds)
            made = folder / "out" / page.name
            if not (made.is_symlink() or made.parent.is_symlink()) and made.is_file():
                out.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(made, out / page.name)
            if ended:
                notes.append(f"{page.name}: executed to be read, it {ended}")
    return notes


def _ran(name: str, folder: Path, isolation: str, seconds: float) -> str:
    """Execute one page to its end; what kept it from that, or ""."""
    root = str(catalog.root())
    code = (
        f"import sys; sys.path.insert(0, {root!r}); from pathlib import Path;"
        f"from workbook.runner import run_pages; run_pages([Path({name!r})], Path('out'), {{}})"
    )
    environment = {one: os.environ[one] for one in _KEPT if one in os.environ}
    environment |= {"HOME": str(folder), "TMPDIR": str(folder), "WORKBOOK_HOME": str(folder)}
    before = []
    if isolation == outside.BUBBLEWRAP:
        environment |= {"HOME": "/tmp", "TMPDIR": "/tmp"}
        before = sandbox.command(folder, folder, environment)
    process = subprocess.Popen(
        [*before, sys.executable, "-c", code],
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        return "could not be run" if process.wait(seconds) else ""
    except subprocess.TimeoutExpired:
        return f"was stopped after {seconds / 60:g} minutes"
    finally:
        _end(process)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a run and the kernel that it started."""
    import psutil

    with contextlib.suppress(psutil.Error):
        for one in psutil.Process(process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                one.kill()
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL) if hasattr(os, "killpg") else process.kill()
    process.wait()
