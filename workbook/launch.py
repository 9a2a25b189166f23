"""Starts an answer's process: forked from one that has pandas and DuckDB, or cold."""

from __future__ import annotations

import contextlib
import errno
import multiprocessing
import os
import socket
import subprocess
import sys
import threading
import time
import types
from collections.abc import Iterator, Sequence
from multiprocessing import forkserver
from typing import Any

from workbook import catalog, keeper

PRELOADED = ["workbook.stock"]
LAST = ["workbook.frozen"]
HASH_SEEDS = ("1", "2")  # warm and cold alike, so that sets have one order everywhere
_KEPT = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TZ",
    "TMPDIR",
    "TEMP",
    "TMP",
    "SYSTEMROOT",
    "USERPROFILE",
)
# Short of processes or memory; a busy virtual kernel was also seen to say "Bad address" once.
_PASSING = (errno.EAGAIN, errno.ENOMEM, errno.EFAULT)
_PAUSES = (0.05, 0.2, 1.0)  # seconds before it is asked again
_starting = threading.Lock()


def environment(token: str, hash_seed: str = HASH_SEEDS[0], **more: str) -> dict[str, str]:
    """What an answer's process has for an environment: nothing secret of the judge's."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return (
        kept
        | {
            "WORKBOOK_JUDGED": "1",
            keeper.TOKEN: token,
            "PYTHONHASHSEED": hash_seed,
            "OPENBLAS_NUM_THREADS": "1",
            "MPLBACKEND": "agg",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        | more
    )


def can_fork() -> bool:
    """Whether there is a server to fork from; on macOS its libraries do not bear it."""
    return sys.platform == "linux" and "forkserver" in multiprocessing.get_all_start_methods()


class _Server(forkserver.ForkServer):
    """A server that also those can use who were forked from the process that started it."""

    def ensure_running(self) -> None:
        """Start it, unless it runs."""
        with contextlib.suppress(ChildProcessError):  # it is our parent's child, and lives with it
            super().ensure_running()


_servers: dict[tuple[str, tuple[str, ...]], Any] = {}


def _server(hash_seed: str, modules: Sequence[str]) -> Any:
    """A server to fork from; its hash seed, and what it has imported, is that of its processes.

    One that has imported more will do, if it is there.
    """
    wanted = hash_seed, tuple(modules)
    if wanted not in _servers:
        more = [one for one in _servers if one[0] == hash_seed and set(modules) <= set(one[1])]
        _servers[wanted] = _servers[more[0]] if more else _begun(*wanted)
    return _servers[wanted]


def _begun(hash_seed: str, modules: Sequence[str]) -> Any:
    server = _Server()
    server.set_forkserver_preload([*PRELOADED, *modules, *LAST])
    with _starting, _as_server(hash_seed):
        server.ensure_running()
    return server


def warm_up(hash_seed: str = HASH_SEEDS[0], modules: Sequence[str] = ()) -> None:
    """Begin to start a server to fork from, so that it imports while the judge does its work."""
    if can_fork():
        _server(hash_seed, modules)


def forked(hash_seed: str, modules: Sequence[str] = ()) -> tuple[Any, socket.socket]:
    """A process forked from a server, and the judge's end of its socket."""
    from workbook import beside  # not before the server: it takes as long as all else here

    server = _server(hash_seed, modules)
    ours, theirs = socket.socketpair()
    with _starting, _as_server(hash_seed), theirs:
        context = multiprocessing.get_context("forkserver")
        process = context.Process(target=beside.serve, args=(theirs,), daemon=True)
        # The standard library has one server a process, and we have one for each hash seed.
        ordinary = forkserver.connect_to_new_process
        forkserver.connect_to_new_process = server.connect_to_new_process
        try:
            process.start()
        finally:
            forkserver.connect_to_new_process = ordinary
    return process, ours


def cold(hash_seed: str, token: str) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A Python of its own."""
    return spawned([], environment(token, hash_seed))


def spawned(
    before: Sequence[str], told: dict[str, str]
) -> tuple[subprocess.Popen[bytes], socket.socket]:
    """A Python with this environment, `before` its command what makes a sandbox."""
    ours, theirs = socket.socketpair()
    root = str(catalog.root())
    start = f"import sys; sys.path.insert(0, {root!r}); from workbook.beside import main; main()"
    with theirs:
        process = started(
            [*before, sys.executable, "-P", "-c", start, str(theirs.fileno())],
            env=told,
            pass_fds=(theirs.fileno(),),
            stdin=subprocess.DEVNULL,
        )
    return process, ours


def started(argv: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """A silent process in a session of its own; a machine that cannot just now is asked again."""
    silent = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    told: dict[str, Any] = silent | options
    for pause in _PAUSES:
        try:
            return subprocess.Popen(argv, start_new_session=True, **told)
        except OSError as error:
            if error.errno not in _PASSING:
                raise
            time.sleep(pause)
    return subprocess.Popen(argv, start_new_session=True, **told)


@contextlib.contextmanager
def _as_server(hash_seed: str) -> Iterator[None]:
    """What a forked process inherits: our hash seed, and no `__main__` of ours to run again."""
    told = {"PYTHONHASHSEED": hash_seed, "OPENBLAS_NUM_THREADS": "1", "MPLBACKEND": "agg"}
    told["PYTHONSAFEPATH"] = "1"  # a duckdb.py where the command was typed is not meant
    before = {name: os.environ.get(name) for name in told}
    main = sys.modules["__main__"]
    os.environ.update(told)
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
