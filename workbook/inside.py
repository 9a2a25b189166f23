"""A server that has imported what answers need, and forks each one's process into its sandbox.

It is outside of every sandbox, reads nothing of a learner's and runs none of their code: a process
that is forked from it enters its sandbox, gives up its rights, looks whether that is so, and only
then hears its judge. A judge that needs the same modules can have imported them together with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import gc
import importlib
import os
import socket
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from workbook import beside, sandbox

_APART = ("mnt", "ipc", "net", "pid")  # a sandbox has its own, whatever the machine
_OWNER = 0xB701  # ioctl: the user namespace that a namespace belongs to
_DUMPABLE, _DROP, _NO_NEW, _AMBIENT, _CLEAR = 4, 24, 38, 47, 4  # of prctl
_CAPABILITIES = 0x20080522  # the version of capset's structures
_MOST, _MESSAGE = 2**20, 2**16  # file numbers, bytes


def main() -> NoReturn:
    """Be a server, from the start."""
    control = socket.socket(fileno=int(sys.argv[1]))
    _close_all_but(control.fileno())
    _import(["workbook.stock", *sys.argv[2:]])
    _serve_judge(control)


def parted(modules: Sequence[str]) -> socket.socket:
    """Import modules, and leave a server behind that has them and will have nothing of ours.

    Returns our end of its socket. To be called before this process, which becomes a judge's, has
    read or imported anything that is no business of an answer's.
    """
    os.closerange(3, _MOST)
    _import(["workbook.stock", *modules])
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        os.setsid()
        nowhere = os.open(os.devnull, os.O_RDWR)
        for number in (0, 1, 2):  # the judge's way to whoever asks it
            os.dup2(nowhere, number)
        _close_all_but(theirs.fileno())
        _serve_judge(theirs)
    theirs.close()
    gc.enable()
    return ours


def _serve_judge(control: socket.socket) -> NoReturn:
    """Fork whenever the judge sends a socket and a sandbox's namespaces; end when it is gone."""
    while True:
        told, files, _, _ = socket.recv_fds(control, _MESSAGE, 1 + len(sandbox.SPACES))
        if not told:
            os._exit(0)
        if not files:
            _import(told.decode().split())
            continue
        _forget_ended()
        if os.fork() == 0:
            _go_in(files)
        for file in files:
            os.close(file)


def _import(names: Sequence[str]) -> None:
    """Import modules; a lab may name one that is not here: whoever imports it is told so."""
    for name in names:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    gc.freeze()  # nobody looks for garbage in what is imported


def _forget_ended() -> None:
    with contextlib.suppress(ChildProcessError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def _go_in(files: Sequence[int]) -> NoReturn:
    """Enter a sandbox, and fork: who entered is not among its processes, whom it forks is."""
    try:
        channel, spaces = files[0], dict(zip(sandbox.SPACES, files[1:], strict=True))
        _enter(spaces)
        told, tells = os.pipe()
        process = os.fork()
        if process == 0:
            _serve(channel, spaces, tells)
        os.close(tells)
        if os.read(told, 1) == sandbox.INSIDE:
            socket.socket(fileno=channel).sendall(sandbox.INSIDE + process.to_bytes(8, "big"))
        os.closerange(3, _MOST)
        os.waitpid(process, 0)  # it ends with its parent, and so its parent stays
    finally:
        os._exit(1)


def _serve(channel: int, spaces: dict[str, int], tells: int) -> NoReturn:
    """Serve the judge without any right, or end."""
    try:
        _give_up_rights()
        _look(spaces)
        os.write(tells, sandbox.INSIDE)
        _close_all_but(channel)
        beside.serve(socket.socket(fileno=channel))
    finally:
        os._exit(1)


def _enter(spaces: dict[str, int]) -> None:
    """Enter namespaces; a process that is forked then is in all of them, and has root's rights."""
    libc = ctypes.CDLL(None, use_errno=True)
    # bubblewrap may have made another one of users for the program than for the rest.
    wanted = [("user", fcntl.ioctl(spaces["mnt"], _OWNER)), *spaces.items()]
    # Asked for beforehand: the sandbox's /proc does not know this process.
    there = {kind: os.stat(f"/proc/self/ns/{kind}").st_ino for kind in spaces}
    if any(os.fstat(spaces[kind]).st_ino == there[kind] for kind in _APART):
        raise OSError("that is not a sandbox")
    for kind, space in wanted:
        entered = os.fstat(space).st_ino
        if entered != there[kind] and libc.setns(space, sandbox.SPACES[kind]):
            raise OSError(ctypes.get_errno(), kind)
        there[kind] = entered


def _give_up_rights() -> None:
    """No right of root's within the sandbox, now or by any program that it starts."""
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW, 1, 0, 0, 0)
    for number in range(64):
        libc.prctl(_DROP, number, 0, 0, 0)
    libc.prctl(_AMBIENT, _CLEAR, 0, 0, 0)
    libc.capset(struct.pack("=Ii", _CAPABILITIES, 0), bytes(24))
    libc.prctl(_DUMPABLE, 1, 0, 0, 0)  # as any program is; entering had taken that


def _look(spaces: dict[str, int]) -> None:
    """Raises OSError unless it is inside, without rights: nothing of a learner's runs then."""
    for kind, space in spaces.items():
        if os.stat(f"/proc/self/ns/{kind}").st_ino != os.fstat(space).st_ino:
            raise OSError(f"still in another namespace: {kind}")
    told = dict(
        line.split(":\t", 1)
        for line in Path("/proc/self/status").read_text(encoding="utf-8").splitlines()
    )
    rights = [int(told[f"Cap{name}"], 16) for name in ("Inh", "Prm", "Eff", "Bnd", "Amb")]
    if any(rights) or told["NoNewPrivs"].strip() != "1":
        raise OSError("it still has rights")


def _close_all_but(number: int) -> None:
    """Close every file but the standard ones and this."""
    os.closerange(3, number)
    os.closerange(number + 1, _MOST)
