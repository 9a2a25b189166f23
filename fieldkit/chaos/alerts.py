"""Receives a command's alerts: in a file that it writes to, or at an address."""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path

from fieldkit.chaos.upstream import Reply, Request, Upstream
from fieldkit.errors import CannotRun

LONGEST = 500  # characters of an alert that are kept
# What differs from run to run in one and the same line: numbers, times, ids.
_VARIES = re.compile(r"\b(?=[0-9a-f-]*\d)[0-9a-f][0-9a-f-]{6,}\b|\d+", re.I)


class Alerts:
    """Listens for alerts: in `file`, or on `port` of 127.0.0.1. Use as a context manager.

    `place`: what the command is given as FIELDKIT_ALERTS. `begin` forgets what came before.
    `usual`: what clean runs write; a line that differs from one of these by numbers only alerts
    nobody.
    """

    def __init__(self, file: Path, port: int | None = None) -> None:
        self._file, self._port = file, port
        self._posted: list[str] = []
        self._before = b""
        self.usual: list[str] = []
        self._open = ExitStack()

    def __enter__(self) -> Alerts:
        if self._port is None:
            self.place = str(self._file)
        else:
            self.place = self._open.enter_context(Upstream(self._heard, self._port)).url
        self.begin()
        return self

    def __exit__(self, *_: object) -> None:
        self._open.close()

    def begin(self) -> None:
        """Alerts from now on count as new."""
        self._posted.clear()
        self._before = self._written()

    def learn(self) -> None:
        """What came since `begin` is what a clean run writes, and no alert."""
        self.usual += self.arrived()

    def arrived(self) -> list[str]:
        """The alerts since `begin`, each on one line, shortened."""
        usual = {_alike(line) for line in self.usual}
        return [line for line in self._came() if _alike(line) not in usual]

    def _came(self) -> list[str]:
        now = self._written()
        new = now[len(self._before) :] if now.startswith(self._before) else now
        lines = self._posted + new.decode("utf-8", "replace").splitlines()
        return [" ".join(one.split())[:LONGEST] for one in lines if one.strip()]

    def _heard(self, request: Request) -> Reply:
        if request.method in ("POST", "PUT"):
            self._posted.append(request.body.decode("utf-8", "replace") or "(empty)")
        return Reply(200, b"ok\n", (("Content-Type", "text/plain"),))

    def _written(self) -> bytes:
        try:
            return self._file.read_bytes() if self._port is None else b""
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise CannotRun(f"--alerts {self._file}: {error.strerror}") from None


def _alike(line: str) -> str:
    """The line without what differs from run to run."""
    return _VARIES.sub("#", line)
