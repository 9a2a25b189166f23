"""What processes take: wall seconds, CPU seconds of the whole tree, peak memory."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.bench.rows import NotMeasured

ROOT = Path(__file__).resolve().parents[2]
DRIVERS = Path(__file__).with_name("drivers")
CPU, WALL = "CPU s", "wall s"
ORPHANS = 30.0  # seconds for what a contender left to come to its end
# What would make one environment meet another, slow its imports down, or meet a learner's work.
LEFT_OUT = (
    "PYTHONDONTWRITEBYTECODE", "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV",
    "WORKBOOK_HOME", "WORKBOOK_JUDGED",
)  # fmt: skip


def environment(python: str = sys.executable, **more: str) -> dict[str, str]:
    """The variables for a process of that interpreter, whose tools come first on PATH."""
    kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    # Not resolved: in a virtual environment the link is what says where its tools are.
    path = f"{Path(python).parent}{os.pathsep}{kept.get('PATH', '')}"
    return kept | {"PATH": path, "JUPYTER_PREFER_ENV_PATH": "1"} | more


def processors() -> int:
    """How many processors are ours to use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not every system tells which are ours
        return os.cpu_count() or 1


def run(
    argv: Sequence[str], cwd: Path = ROOT, env: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end; raises NotMeasured where it fails, its words on our stderr."""
    done = subprocess.run(
        argv, cwd=cwd, env=env or environment(), capture_output=True, text=True, check=False
    )
    if done.returncode:
        print(done.stdout[-2000:], done.stderr[-2000:], sep="\n", file=sys.stderr)
        tool = " ".join(Path(part).name for part in argv[:3])
        raise NotMeasured(f"`{tool}` ended with exit code {done.returncode}")
    return done


def cost(work: Callable[[], object]) -> dict[str, float]:
    """Wall seconds of `work`, and CPU seconds, user and system, of the processes it starts.

    Counted is a process that somebody waited for: an orphan, such as a server to fork from, comes
    to us (on Linux), and we wait for it.
    """
    _adopts()
    ours = _living()
    began, before = time.perf_counter(), _children()
    work()
    wall = time.perf_counter() - began
    _await(ours)
    return {WALL: wall, CPU: _children() - before}


def _adopts() -> None:
    """Let processes that lost their parent become our children."""
    if sys.platform == "linux":
        import ctypes

        subreaper = 36
        ctypes.CDLL(None).prctl(subreaper, 1, 0, 0, 0)


def _living() -> set[int]:
    import psutil

    return {child.pid for child in psutil.Process().children()}


def _await(known: set[int]) -> None:
    """Wait until no child is left that was not there before; raises NotMeasured."""
    until = time.monotonic() + ORPHANS
    while left := _living() - known:
        if time.monotonic() > until:
            raise NotMeasured("a process that it started did not end")
        for process in left:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(process, os.WNOHANG)
        time.sleep(0.01)


def _children() -> float:
    import resource

    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def peak_mib() -> float:
    """Peak resident memory of this process so far, in MiB."""
    status = Path("/proc/self/status")
    if status.exists():
        # Unlike getrusage, this does not count what the parent held before the exec.
        line = next(x for x in status.read_text().splitlines() if x.startswith("VmHWM"))
        return int(line.split()[1]) / 1024
    import resource

    # Bytes here: the systems without /proc that have getrusage are the BSD family's.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
