"""A web source as a handle: a real server on loopback, a real session, and a virtual clock."""

from __future__ import annotations

import datetime as dt
import itertools
import random
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

from fieldkit.chaos.upstream import HUNG, Origin, Request, Served, Upstream
from labs.handles.clock import VirtualClock
from workbook import Crash, gate

if TYPE_CHECKING:
    from workbook.answer import Turn

MARK = "X-Virtual-Time"  # the header by which a client tells the server what time it is
TAKES = 0.2  # virtual seconds that a request takes
_open: dict[int, Source] = {}  # port -> the source whose requests go there


@dataclass
class Source:
    """Hands out a `requests.Session` whose time is virtual; it asks a server of the judge's.

    `url`: the server's address; `start`: when the call begins. Whoever asks more than
    `most_requests` times, or takes more than `most_seconds`, counts as dead, as does a request
    without a timeout that gets no answer.
    """

    url: str
    start: dt.datetime
    most_requests: int = 150
    most_seconds: float = 7_200.0
    _requests: int = field(default=0, init=False)
    _hung: bool = field(default=False, init=False)
    _over_limit: bool = field(default=False, init=False)

    @property
    def port(self) -> int:
        """The server's port on loopback, which a sandbox has to let through."""
        return urlsplit(self.url).port or 80

    def open(self, turn: Turn) -> requests.Session:
        """Begin virtual time and return a session."""
        self._turn, self._port = turn, self.port
        self.clock = VirtualClock(self.start, self.most_seconds)
        self._session = requests.Session()
        self._session.trust_env = False  # a proxy of this machine is not part of the world
        _open[self._port] = self
        HTTPConnectionPool.ConnectionCls = _Connection
        self._drawn = random.getstate()
        random.seed(self.start.timestamp())
        self.clock.begin()
        return self._session

    def close(self) -> None:
        """End virtual time, close the session."""
        self.clock.end()
        random.setstate(self._drawn)
        _open.pop(self._port, None)
        HTTPConnectionPool.ConnectionCls = HTTPConnection
        _unlock(self._session)
        self._session.close()

    def evidence(self) -> dict[str, Any]:
        """How often it asked, virtual seconds that passed, and how it ended, if badly.

        `hung`: a request without a timeout got no answer; `over_limit`: too many requests, or too
        long.
        """
        return {
            "requests": self._requests,
            "seconds": self.clock.passed,
            "hung": self._hung,
            "over_limit": self._over_limit or self.clock.stopped,
            "crashed": self._hung or self._over_limit or self.clock.stopped,
        }

    def asks(self) -> str:
        """Count a request, let its time pass, and return what time it is."""
        self._turn()
        if self._requests >= self.most_requests:
            self._over_limit = True
            raise Crash
        self._requests += 1
        self.clock.advance(TAKES)
        return repr(self.clock.now)

    def hangs(self, timeout: Any) -> None:
        """Nothing comes: wait as long as the client would, and raise what it would see."""
        if not isinstance(timeout, int | float):
            self._hung = True
            raise Crash
        self.clock.advance(timeout)
        raise TimeoutError("timed out")


def _unlock(session: requests.Session) -> None:
    """Release what a time limit has left locked for ever.

    It strikes anywhere, also between the moment in which a pool's queue takes its lock and the one
    from which on it would give it back; closing the session would then wait for itself.
    """
    for adapter in session.adapters.values():
        pools = getattr(getattr(adapter, "poolmanager", None), "pools", None)
        for pool in list(getattr(pools, "_container", {}).values()):
            lock = getattr(pool.pool, "mutex", None)
            if lock is not None and lock.locked():
                lock.release()


class _Connection(HTTPConnection):
    """urllib3's connection; to the server of a source that is open it is virtual in time."""

    def _new_conn(self) -> socket.socket:
        path = gate.socket_of(self.port or 0) if self.port in _open else None
        if path is None:
            return super()._new_conn()
        reached = socket.socket(socket.AF_UNIX)  # a sandbox has no network
        reached.settimeout(self.timeout if isinstance(self.timeout, int | float) else None)
        reached.connect(path)
        return reached

    def request(
        self, method: str, url: str, body: Any = None, headers: Any = None, **options: Any
    ) -> None:
        source = _open.get(self.port or 0)
        if source:
            headers = {**(headers or {}), MARK: source.asks()}
        super().request(method, url, body, headers, **options)

    def getresponse(self) -> Any:
        response = super().getresponse()
        source = _open.get(self.port or 0)
        if source and response.status == HUNG:
            source.hangs(self.timeout)
        return response


def served_by(origin: Origin) -> Upstream:
    """A server for sources: its clock is its clients', and a hang is told at once."""
    return Upstream(origin, now=_told_time(), patient=False)


def _told_time() -> Callable[[Request], float]:
    """The time that the client says; for who says none, the last one said."""
    last = [0.0]

    def now(request: Request) -> float:
        told = next((v for k, v in request.headers.items() if k.lower() == MARK.lower()), None)
        last[0] = float(told) if told else last[0]
        return last[0]

    return now


def too_early(served: list[Served]) -> tuple[Served, Served] | None:
    """The first request that came before the one ahead of it allowed it, with that one."""
    ordered = sorted(served, key=lambda one: one.number)
    for one, following in itertools.pairwise(ordered):
        if one.not_before and following.at < one.not_before - 0.001:
            return one, following
    return None
