"""The one way out of a sandbox: to servers of the judge's that a check hands to an answer."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
from pathlib import Path

FOLDER = "WORKBOOK_GATE"  # in a sandbox's environment: where the sockets lie
AT_ONCE = 64  # connections that one gate keeps open


def socket_of(port: int) -> str | None:
    """Where a client in a sandbox reaches a port of the judge's; None outside of one."""
    folder = os.environ.get(FOLDER)
    return str(_path(Path(folder), port)) if folder else None


def _path(folder: Path, port: int) -> Path:
    return folder / f"port-{port}.sock"


class Gate:
    """Lets connections to a socket in `folder` through to a port of this machine's loopback."""

    def __init__(self, folder: Path, port: int) -> None:
        self._port = port
        self._free = threading.BoundedSemaphore(AT_ONCE)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(_path(folder, port)))
        self._listener.listen()
        threading.Thread(target=self._serve, name="gate", daemon=True).start()

    def close(self) -> None:
        """Let nobody through any more."""
        self._listener.close()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                came, _ = self._listener.accept()
                if not self._free.acquire(blocking=False):
                    came.close()
                    continue
                threading.Thread(target=self._let_through, args=(came,), daemon=True).start()

    def _let_through(self, came: socket.socket) -> None:
        try:
            with came, socket.create_connection(("127.0.0.1", self._port), 10) as on:
                on.settimeout(None)
                back = threading.Thread(target=_copy, args=(on, came), daemon=True)
                back.start()
                _copy(came, on)
                back.join()
        except OSError:
            pass
        finally:
            self._free.release()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while part := source.recv(2**16):
            target.sendall(part)
    with contextlib.suppress(OSError):
        target.shutdown(socket.SHUT_WR)
