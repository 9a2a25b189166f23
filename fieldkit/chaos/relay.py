"""The real source behind the failing server: each request is passed on to it."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import threading
from collections.abc import Mapping
from contextlib import suppress
from urllib.parse import SplitResult, urlsplit

from fieldkit.chaos.upstream import EDITABLE, PATIENCE, Reply, Request
from fieldkit.errors import CannotRun

PART = 1 << 16  # bytes
_TEXT = re.compile(r"json|text|xml|csv|javascript")
_OWN = {"host", "connection", "keep-alive", "proxy-connection", "transfer-encoding"}
_OWN |= {"accept-encoding", "content-length", "expect", "te", "upgrade"}


class Relay:
    """Answers a request with what the source at `address` answers; one connection a thread.

    What it answers as text has its own address replaced by `seen_as`, so that a client that
    follows a link comes back here. Raises CannotRun for an invalid address.
    """

    def __init__(self, address: str) -> None:
        self.at = _split(address)
        self.seen_as = ""
        self.failure = ""
        self._local = threading.local()

    def reach(self) -> None:
        """Raise CannotRun if nothing listens there."""
        try:
            connection = self._connected()
            connection.connect()
            connection.close()
        except OSError as error:
            why = error.strerror or str(error) or type(error).__name__
            raise CannotRun(f"--upstream {self.at.geturl()}: {why}; is it running?") from None

    def __call__(self, request: Request) -> Reply:
        """Pass a request on; 502 with the reason where the source does not answer."""
        for last in (False, True):
            connection, fresh = self._connection()
            try:
                return self._asked(connection, request)
            except (OSError, http.client.HTTPException) as error:
                self._forget()
                # A connection that the source closed meanwhile says nothing about the source.
                if last or fresh or request.method not in ("GET", "HEAD", "PUT", "DELETE"):
                    self.failure = f"{self.at.geturl()}: {error or type(error).__name__}"
                    return Reply(
                        502, f"{self.failure}\n".encode(), (("Content-Type", "text/plain"),)
                    )
        raise AssertionError("unreachable")

    def _asked(self, connection: http.client.HTTPConnection, request: Request) -> Reply:
        headers = {k: v for k, v in request.headers.items() if k.lower() not in _OWN}
        headers |= {"Host": self.at.netloc.rpartition("@")[2], "Accept-Encoding": "identity"}
        body = request.body if request.body or request.method in ("POST", "PUT", "PATCH") else None
        connection.request(request.method, self._path(request.path), body, headers)
        answer = connection.getresponse()
        received = tuple((k, self._here(v)) for k, v in answer.getheaders())
        first = answer.read(EDITABLE)
        if answer.isclosed() or len(first) < EDITABLE:
            answer.close()
            return Reply(answer.status, self._text(first, dict(answer.headers)), received)
        self._local.connection = None  # it belongs to this answer until its end
        return Reply(answer.status, first, received, rest=lambda: answer.read(PART))

    def _path(self, path: str) -> str:
        if "://" in path:  # as a client asks a proxy
            split = urlsplit(path)
            path = split.path + (f"?{split.query}" if split.query else "")
        return self.at.path.rstrip("/") + (path if path.startswith("/") else f"/{path}")

    def _text(self, body: bytes, headers: Mapping[str, str]) -> bytes:
        kind = next((v for k, v in headers.items() if k.lower() == "content-type"), "")
        if not _TEXT.search(kind):
            return body
        own, here = self._own.encode(), self.seen_as.encode()
        return body.replace(own, here).replace(
            own.replace(b"/", rb"\/"), here.replace(b"/", rb"\/")
        )

    def _here(self, value: str) -> str:
        return value.replace(self._own, self.seen_as)

    @property
    def _own(self) -> str:
        return f"{self.at.scheme}://{self.at.netloc}{self.at.path.rstrip('/')}"

    def _connection(self) -> tuple[http.client.HTTPConnection, bool]:
        kept: http.client.HTTPConnection | None = getattr(self._local, "connection", None)
        if kept is not None:
            return kept, False
        made = self._local.connection = self._connected()
        return made, True

    def _connected(self) -> http.client.HTTPConnection:
        host, port = self.at.hostname or "", self.at.port
        if self.at.scheme == "https":
            context = ssl.create_default_context()
            return _Secure(host, port, timeout=PATIENCE, context=context)
        return _Plain(host, port, timeout=PATIENCE)

    def _forget(self) -> None:
        kept = getattr(self._local, "connection", None)
        self._local.connection = None
        with suppress(OSError):
            if kept is not None:
                kept.close()


class _Plain(http.client.HTTPConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class _Secure(http.client.HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _split(address: str) -> SplitResult:
    try:
        split = urlsplit(address)
        good = split.scheme in ("http", "https") and split.hostname and split.port != 0
        good = good and address.isprintable() and " " not in address
    except ValueError:
        good = False
    if not good:
        raise CannotRun(f"--upstream {address}: is not an address; write http://HOST:PORT/PATH")
    return split
