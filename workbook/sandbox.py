"""The sandbox of an answer's process: bubblewrap, which shows it what it needs and no more."""

from __future__ import annotations

import functools
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from workbook import catalog
from workbook.errors import WorkbookError

SCRATCH = 256 * 2**20  # bytes of /tmp within
_SYSTEM = ("/usr", "/lib", "/lib64", "/lib32", "/bin", "/sbin")
_SETTINGS = ("ld.so.cache", "localtime", "timezone", "fonts", "alternatives")
_APART = ["--unshare-all", "--die-with-parent", "--cap-drop", "ALL"]
_APART += ["--proc", "/proc", "--dev", "/dev", "--size", str(SCRATCH), "--tmpfs", "/tmp"]


class NoSandbox(WorkbookError):
    """There is no sandbox on this machine; the message says why."""


@functools.cache
def available() -> bool:
    """Whether bubblewrap is here and may make its namespaces."""
    try:
        program()
    except NoSandbox:
        return False
    return True


@functools.cache
def program() -> str:
    """The program that makes sandboxes; raises NoSandbox."""
    program = shutil.which("bwrap")
    if program is None:
        raise NoSandbox("there is no sandbox here: bubblewrap (bwrap) is not installed")
    # With every mount that is made later: within a container it may be /proc that cannot be had.
    tried = subprocess.run(
        [program, "--ro-bind", "/", "/", *_APART, "true"], capture_output=True, check=False
    )
    if tried.returncode:
        why = " ".join(tried.stderr.decode("utf-8", "replace").split())
        raise NoSandbox(f"bubblewrap cannot make a sandbox here: {why}")
    return program


def command(folder: Path, cwd: Path, environment: Mapping[str, str]) -> list[str]:
    """What to put before a command so that it runs in the sandbox.

    It sees the system and the checkout without its answers, both read-only, the learner's folder
    read-only without records, and one `folder` that it may write; no network, no other process.
    """
    told = [program(), *_APART]
    for path in _seen(cwd):
        told += ["--ro-bind-try", str(path), str(path)]
    for hidden in _hidden():
        told += ["--tmpfs", str(hidden), "--remount-ro", str(hidden)]
    told += ["--bind", str(folder), str(folder)]
    told += ["--dir", str(cwd), "--chdir", str(cwd), "--clearenv"]
    for name, value in environment.items():
        told += ["--setenv", name, value]
    return told


def _seen(cwd: Path) -> Iterator[Path]:
    root = catalog.root()
    yield from map(Path, _SYSTEM)
    yield from (Path("/etc", name) for name in _SETTINGS)
    # A learner's modules may lie beside the page; the record and the runs there are their own,
    # but an answer has no business with them.
    yield from (path for path in sorted(cwd.glob("*.py")) if not path.is_symlink())
    yield from dict.fromkeys(Path(p) for p in (sys.base_prefix, sys.prefix) if p != "/usr")
    yield from (root / name for name in ("workbook", "labs", "fieldkit", "notebooks"))


def _hidden() -> Iterator[Path]:
    yield from sorted(catalog.root().glob("labs/*/answers"))
