"""Environments of other graders: one each, outside the checkout, pinned, kept for next time."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.bench.processes import ROOT, run
from tests.bench.rows import NotMeasured

LOCK = ROOT / "constraints.txt"
_DONE = "installed.json"  # written last: an environment without it is made again


def python_of(*requirements: str) -> str:
    """The interpreter of an environment that has these; raises NotMeasured where none can be had.

    What they depend on has the versions of our own lock, so that only the graders differ.
    """
    folder = _cache() / _named(*requirements)
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    if not (folder / _DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        _install(folder, str(python), requirements)
    return str(python)


def _cache() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "operator-workbook" / "bench"


def _named(*requirements: str) -> str:
    """Another lock or Python means another environment."""
    lock = hashlib.sha256(LOCK.read_bytes()).hexdigest()[:8]
    return "-".join((*requirements, platform.python_version(), lock)).replace("==", "-")


def _install(folder: Path, python: str, requirements: Sequence[str]) -> None:
    uv = [sys.executable, "-m", "uv"]
    what = " ".join(requirements)
    print(f"installing {what} (a minute, once)", file=sys.stderr, flush=True)
    options = ["-q", "--compile-bytecode", "--constraint", str(LOCK)]
    try:
        run([*uv, "venv", "-q", "--python", sys.executable, str(folder)])
        run([*uv, "pip", "install", *options, "--python", python, *requirements])
    except NotMeasured:
        raise NotMeasured(f"`uv pip install {what}` failed") from None
    (folder / _DONE).write_text(json.dumps(requirements))
