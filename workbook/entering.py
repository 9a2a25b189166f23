"""An answer's process in a sandbox, forked from a server that has imported what it needs.

The sandbox is bubblewrap's, one for each process: a program that waits holds it open. Where a
process cannot enter it, whatever the reason, the caller begins one cold in a sandbox instead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import socket
import subprocess
import sys
import sysconfig
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from workbook import catalog, keeper, launch, sandbox

START = 120.0  # seconds for a server to import on a busy machine
HOLDS = "cat"  # runs in the sandbox until its input ends
_servers: list[_Server] = []
_lost: set[str] = set()  # hash seeds whose server brought a process nowhere: none is begun again
_beginning = threading.Lock()


class _Server:
    """A server to fork from, which lives as long as somebody holds our end of its socket."""

    def __init__(
        self,
        hash_seed: str,
        modules: Sequence[str],
        control: socket.socket,
        process: subprocess.Popen[bytes] | None = None,
    ) -> None:
        self.hash_seed, self.modules, self._control = hash_seed, list(modules), control
        self._process = process  # kept, so that it is no zombie of ours

    def imports(self, modules: Sequence[str]) -> bool:
        """Have it import modules, before it forks again; whether it is still there."""
        more = [name for name in modules if name not in self.modules]
        try:
            self._control.sendall(" ".join(more).encode())
        except OSError:
            return False
        self.modules += more
        return True

    def fork(self, channel: socket.socket, holder: int) -> None:
        """Have a process forked into the sandbox of `holder`; it serves at `channel`."""
        files = [os.open(f"/proc/{holder}/ns/{kind}", os.O_RDONLY) for kind in sandbox.SPACES]
        try:
            socket.send_fds(self._control, [b"."], [channel.fileno(), *files])
        finally:
            for file in files:
                os.close(file)


def _begun(hash_seed: str, modules: Sequence[str]) -> _Server:
    """A server that begins now; raises OSError where there can be none."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    start = "from workbook.inside import main; main()"
    with theirs, clean_python(start, hash_seed) as (argv, options):
        options["pass_fds"] += (theirs.fileno(),)
        told = [*argv, str(theirs.fileno()), *modules]
        process = launch.started(told, stdin=subprocess.DEVNULL, **options)
    return _Server(hash_seed, modules, ours, process)


@contextlib.contextmanager
def clean_python(start: str, hash_seed: str) -> Iterator[tuple[list[str], dict[str, Any]]]:
    """How to start what answers' processes will be forked from: a command, and options of Popen.

    `start`: Python to run. It has none of our environment, and runs a copy of Python that nobody
    can change. Raises OSError where a kernel makes no such copy.
    """
    program, told = _copy_of_python(), launch.environment("", hash_seed)
    if sysconfig.get_config_var("Py_ENABLE_SHARED"):  # which is looked for beside the program
        told["LD_LIBRARY_PATH"] = str(sysconfig.get_config_var("LIBDIR"))
    path = f"import sys; sys.path.insert(0, {str(catalog.root())!r})"
    with os.fdopen(program):
        yield (
            [sys.executable, "-P", "-c", f"{path}; {start}"],
            {"executable": f"/proc/self/fd/{program}", "env": told, "pass_fds": (program,)},
        )


def adopt(hash_seed: str, modules: Sequence[str], control: socket.socket) -> None:
    """Fork from a server that has these modules and listens at the other end of `control`."""
    with _beginning:
        _servers.append(_Server(hash_seed, modules, control))


def _copy_of_python() -> int:
    """A copy of Python that nobody can change, for a server to run.

    A process in a sandbox reaches the file that it runs, whatever else it sees: the one on the disk
    could be written to, or be made one that nobody may run.
    """
    number = os.memfd_create("python", os.MFD_ALLOW_SEALING)
    with os.fdopen(os.dup(number), "wb") as copy:
        copy.write(Path(sys.executable).read_bytes())
    seals = fcntl.F_SEAL_SEAL | fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
    fcntl.fcntl(number, fcntl.F_ADD_SEALS, seals)
    return number


def _server(hash_seed: str, modules: Sequence[str]) -> _Server | None:
    """A server with this hash seed that has imported these modules, perhaps more; None if lost.

    One that has imported some of them and nothing else imports the rest.
    """
    wanted = set(modules)
    with _beginning:
        own = [one for one in _servers if one.hash_seed == hash_seed]
        for one in own:
            if wanted <= set(one.modules):
                return one
        for one in own:
            if set(one.modules) < wanted and one.imports(modules):
                return one
        if sys.platform != "linux" or hash_seed in _lost:
            return None
        try:
            _servers.append(_begun(hash_seed, modules))
        except OSError:  # a kernel that makes no such copy
            _lost.add(hash_seed)
            return None
        return _servers[-1]


def warm_up(hash_seed: str = launch.HASH_SEEDS[0], modules: Sequence[str] = ()) -> None:
    """Begin to start a server, so that it imports while the judge does its work."""
    _server(hash_seed, modules)


def isolated(
    hash_seed: str, token: str, folder: Path, cwd: Path, modules: Sequence[str] = ()
) -> tuple[subprocess.Popen[bytes], socket.socket, int]:
    """bubblewrap, and a process within it; raises sandbox.NoSandbox where there is none.

    It is forked from a server where it can enter the sandbox, else a Python of its own. Its number
    comes last: who looks for what it holds may not find it among what descends from bubblewrap.
    """
    told = launch.environment(token, hash_seed, HOME="/tmp", TMPDIR="/tmp")
    command = sandbox.command(folder, cwd, told)
    inside = entered(command, hash_seed, modules)
    if inside is not None:
        return inside
    process, channel = launch.spawned(command, told)
    return process, channel, process.pid


def entered(
    command: Sequence[str], hash_seed: str, modules: Sequence[str] = ()
) -> tuple[subprocess.Popen[bytes], socket.socket, int] | None:
    """A process in the sandbox that `command` makes, the judge's end of its socket, its number.

    None where it did not get there; nothing is left of it then.
    """
    server = _server(hash_seed, modules)
    if server is None:
        return None
    holder = launch.started(
        [*command, HOLDS], env={}, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    ours, theirs = socket.socketpair()
    asked = False
    try:
        with theirs:
            server.fork(theirs, _held(holder))
        asked = True
        ours.settimeout(START)
        said = ours.recv(9, socket.MSG_WAITALL)
        if said[:1] == sandbox.INSIDE:
            return holder, ours, int.from_bytes(said[1:], "big")
    except OSError:
        pass
    except BaseException:
        _let_go(holder, ours)
        raise
    _let_go(holder, ours)
    with _beginning:
        _lost.update([hash_seed] * asked)
        _servers[:] = [one for one in _servers if one is not server]
    return None


def _held(holder: subprocess.Popen[bytes]) -> int:
    """The program that holds a sandbox open, as we count processes; raises OSError without one."""
    assert holder.stdin and holder.stdout
    holder.stdin.write(b"\n")
    if holder.stdout.read(1) != b"\n":
        raise OSError("no sandbox")
    children = keeper.descendants([holder.pid])
    inner = [one for one in children if keeper.descendants([one]) == set()]
    if len(children) != 2 or len(inner) != 1:  # bubblewrap's own first process, and the program
        raise OSError("not the sandbox that was asked for")
    return inner[0]


def _let_go(holder: subprocess.Popen[bytes], channel: socket.socket) -> None:
    keeper.end([holder.pid], f"{holder.pid}")
    channel.close()
    ended(holder)


def ended(holder: subprocess.Popen[bytes]) -> None:
    """Take note that a sandbox is gone: it is no zombie of ours, and its pipes are closed."""
    for pipe in (holder.stdin, holder.stdout):
        if pipe is not None:
            with contextlib.suppress(OSError):
                pipe.close()
    holder.wait()
