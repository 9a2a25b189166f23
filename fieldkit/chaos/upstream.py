"""An HTTP server on loopback that answers like a source, and fails by schedule."""

from __future__ import annotations

import email.utils
import http
import json
import select
import socket
import struct
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from fieldkit.chaos import payload
from fieldkit.chaos.faults import Exchange, Fault, Schedule
from fieldkit.errors import CannotRun

HANG = 3600.0  # seconds after which a hanging connection is closed all the same
HUNG = 598  # the status for "no answer" where waiting is only simulated
PATIENCE = 60.0  # seconds for a source to answer
TORN = 2  # turns of the client before a tunnel is cut: the first is the handshake of TLS
EDITABLE = 16 << 20  # bytes of a body that may be looked into; larger ones pass as they are
PAGE = b"<!doctype html><html><title>Sign in</title><body>Please sign in.</body></html>"
UNSEEN = Exchange(body=False)
_BY_CONNECTION = {"connection", "keep-alive", "transfer-encoding", "content-length", "trailer"}
_BY_CONNECTION |= {"proxy-authenticate", "proxy-authorization", "te", "upgrade", "expect"}


@dataclass(frozen=True)
class Request:
    """A client's request; `path` includes the query."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True)
class Reply:
    """A source's response; `rest` gives what follows `body`, in parts, if it is large."""

    status: int
    body: bytes = b""
    headers: tuple[tuple[str, str], ...] = ()
    rest: Callable[[], bytes] | None = None

    @property
    def kind(self) -> str:
        """The content type, "" if none is given."""
        return next((value for name, value in self.headers if name.lower() == "content-type"), "")


Origin = Callable[[Request], Reply]


@dataclass(frozen=True)
class Served:
    """One request as the server saw it: when, in seconds, what was done to it, what was answered.

    `not_before`: when Retry-After allows the next one, 0 where it says nothing.
    """

    number: int
    at: float
    method: str
    path: str
    status: int
    fault: Fault | None = None
    not_before: float = 0.0
    exchange: Exchange = UNSEEN


class Upstream:
    """Serves an origin on 127.0.0.1, with the faults of `schedule`. Use as a context manager.

    `now`: the time of a request, in seconds since the epoch; what is served is in `served`, in the
    order of the requests. A new schedule begins with `begin`. `patient`: really hang; if
    False, answer at once with status HUNG (for clients on a virtual clock). `alike`: errors come in
    the form of the answers, as those of most sources do. Raises CannotRun if the
    port is taken.
    """

    def __init__(
        self,
        origin: Origin,
        port: int = 0,
        *,
        now: Callable[[Request], float] = lambda _: time.time(),
        patient: bool = True,
        alike: bool = False,
    ) -> None:
        self.origin, self.now, self.patient = origin, now, patient
        self.alike, self.speaks = alike, ""
        self.schedule = Schedule(0, ())
        self.served: list[Served] = []
        self.over = threading.Event()
        self._lock = threading.Lock()
        self._asked = 0
        self._last: payload.Rows = []
        handler = type("Handler", (_Handler,), {"upstream": self})
        try:
            self._server = _Server(("127.0.0.1", port), handler)
        except OSError as error:
            raise CannotRun(f"--port {port}: {error.strerror}; choose another, or 0") from None
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    def __enter__(self) -> Upstream:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def begin(self, schedule: Schedule) -> None:
        """Count requests from 1 again, by this schedule; hanging connections are closed."""
        self.over.set()  # before the lock: threads that hang wait for it
        with self._lock:
            self.schedule, self.served, self._asked, self._last = schedule, [], 0, []
            self.over = threading.Event()

    def next_fault(self) -> tuple[int, Fault | None, threading.Event]:
        """The number of a request that just came, its fault, and what ends a wait."""
        with self._lock:
            self._asked += 1
            return self._asked, self.schedule.at(self._asked), self.over

    def remember(self, served: Served) -> None:
        """Note what was served."""
        with self._lock:
            self.served.append(served)

    def changed(self, reply: Reply, fault: Fault | None) -> tuple[Reply, Exchange]:
        """The reply with the fault in its content, and what decides which faults apply to it."""
        small = reply.rest is None and 200 <= reply.status < 300
        if self.alike and 200 <= reply.status < 300:
            self.speaks = reply.kind
        # Parsed without a fault, too: `repeated` needs the rows before, and the plan the columns.
        found = payload.parse(reply.body, reply.kind) if small and reply.body else None
        before, rows = self._last, found.rows if found else []
        if found:
            self._last = rows
        exchange = Exchange(bool(reply.body), found.columns if found else None)
        if fault is None or not small:
            return reply, exchange
        if fault.kind in payload.CHANGES and found:
            rows = payload.CHANGES[fault.kind](rows, fault.column)
        elif fault.kind == "empty" and found:
            rows = []
        elif fault.kind == "repeated" and found:
            rows = before or rows + rows
        elif fault.kind == "truncated":
            return _replaced(reply, reply.body[: len(reply.body) // 2]), exchange
        elif fault.kind == "html":
            return Reply(200, PAGE, (("Content-Type", "text/html; charset=utf-8"),)), exchange
        return _replaced(reply, found.write(rows)) if found else reply, exchange


def _replaced(reply: Reply, body: bytes) -> Reply:
    return Reply(reply.status, body, reply.headers)


def refusal(fault: Fault, at: float, kind: str = "") -> Reply | None:
    """The error response of a fault at a time; None for a fault of another kind.

    `kind`: the content type that the source speaks; one of JSON says its errors in JSON, which a
    client that never looks at the status takes for an answer without rows.
    """
    statuses = {"throttled": 429, "unavailable": 503, "error": 500, "outage": 503}
    status = (statuses | {"unauthorized": 401, "missing": 404}).get(fault.kind)
    if status is None:
        return None
    said = http.HTTPStatus(status).phrase
    body = f"{status} {said}\n"
    headers = [("Content-Type", "text/plain; charset=utf-8")]
    if "json" in kind:
        body = json.dumps({"error": {"code": status, "message": said}}) + "\n"
        headers = [("Content-Type", "application/json")]
    if fault.kind in ("throttled", "unavailable"):
        date = email.utils.formatdate(_allowed(at, fault), usegmt=True)
        headers.append(("Retry-After", date if fault.dated else str(fault.wait)))
    return Reply(status, body.encode(), tuple(headers))


def _allowed(at: float, fault: Fault) -> float:
    """When Retry-After lets the next request come; a date has whole seconds, the next full one."""
    return int(at) + fault.wait + 1 if fault.dated else at + fault.wait


class _Server(ThreadingHTTPServer):
    daemon_threads = True  # a thread in a hang must not keep the process alive
    request_queue_size = 128  # the default of 5 refuses a client that opens many connections

    def handle_error(self, *_: Any) -> None:
        """Nothing: a client that goes away is not an error."""


class _Handler(BaseHTTPRequestHandler):
    """One connection."""

    upstream: Upstream
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    # Buffered, so that headers and body leave in one packet although Nagle's algorithm is off.
    wbufsize = -1

    def log_message(self, *_: Any) -> None:
        """Nothing: requests are recorded in `served`."""

    def _serve(self) -> None:
        request = Request(self.command, self.path, dict(self.headers.items()), self._body())
        at = self.upstream.now(request)
        number, fault, over = self.upstream.next_fault()
        reply = refusal(fault, at, self.upstream.speaks) if fault else None
        exchange = UNSEEN
        if reply is None and fault and fault.kind in ("hang", "dropped"):
            self._note(number, at, 0, fault)
            if fault.kind == "hang":
                self._hang(over)
            self.close_connection = True
            return
        if reply is None:
            reply, exchange = self.upstream.changed(self.upstream.origin(request), fault)
        self._note(number, at, reply.status, fault, exchange)
        with suppress(ConnectionError, TimeoutError):
            self._send(reply, cut=fault is not None and fault.kind == "reset")

    def do_CONNECT(self) -> None:
        """Carry encrypted bytes, as a proxy does for TLS."""
        at = self.upstream.now(Request(self.command, self.path))
        number, fault, over = self.upstream.next_fault()
        self.close_connection = True
        refused = fault is not None and fault.kind not in ("hang", "dropped", "reset")
        self._note(number, at, 503 if refused else 200, fault, Exchange(tunnel=True))
        if refused:
            self.send_response_only(503)
            self.end_headers()
        elif fault and fault.kind == "hang":
            self._wait(over)
        elif not fault or fault.kind == "reset":
            self._tunnel(over, cut=TORN if fault else 0)

    def _tunnel(self, over: threading.Event, cut: int) -> None:
        host, _, port = self.path.rpartition(":")
        try:
            there = socket.create_connection((host.strip("[]"), int(port)), timeout=PATIENCE)
        except (OSError, ValueError) as error:
            self.send_error(502, str(error).replace("\n", " "))
            return
        self.wfile.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        self.wfile.flush()
        with there:
            if tunnel_bytes(self.connection, there, over, cut):
                self._reset()

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve

    def _body(self) -> bytes:
        if "chunked" in self.headers.get("Transfer-Encoding", "").lower():
            return b"".join(iter(self._chunk, b""))
        return self.rfile.read(int(self.headers.get("Content-Length") or 0))

    def _chunk(self) -> bytes:
        size = int(self.rfile.readline().split(b";")[0].strip() or b"0", 16)
        data = self.rfile.read(size)
        self.rfile.readline()
        return data

    def _note(
        self, number: int, at: float, status: int, fault: Fault | None, exchange: Exchange = UNSEEN
    ) -> None:
        waits = status in (429, 503) and fault is not None and fault.kind != "outage"
        not_before = _allowed(at, fault) if waits and fault else 0.0
        self.upstream.remember(
            Served(number, at, self.command, self.path, status, fault, not_before, exchange)
        )

    def _hang(self, over: threading.Event) -> None:
        if self.upstream.patient:
            self._wait(over)
        else:
            with suppress(ConnectionError, TimeoutError):
                self._send(Reply(HUNG), cut=False)

    def _wait(self, over: threading.Event) -> None:
        """Hold the connection until the client goes away or the run is over."""
        self.connection.settimeout(0.1)  # so that the end of the run is seen, too
        until = time.monotonic() + HANG
        while time.monotonic() < until and not over.is_set():
            try:
                # Peeked, not read: a client may send its next request while it waits (pipelining).
                if not self.connection.recv(1, socket.MSG_PEEK):
                    return
                over.wait(0.1)
            except TimeoutError:
                continue
            except OSError:
                return

    def _send(self, reply: Reply, *, cut: bool) -> None:
        bodyless = self.command == "HEAD" or reply.status in (204, 304) or reply.status < 200
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            if name.lower() not in _BY_CONNECTION:
                self.send_header(name, value)
        if reply.rest is not None:
            # The length is unknown to us: the end of the connection is the end of the body.
            self.send_header("Connection", "close")
            self.close_connection = True
        elif not bodyless or self.command == "HEAD":
            length = len(reply.body) or self._head_length(reply)
            self.send_header("Content-Length", str(length))
        self.end_headers()
        if not bodyless:
            self.wfile.write(reply.body[: len(reply.body) // 2] if cut else reply.body)
            while not cut and reply.rest is not None and (part := reply.rest()):
                self.wfile.write(part)
        self.wfile.flush()
        if cut:  # after the full Content-Length was promised, so that a client can notice
            self._reset()

    def _head_length(self, reply: Reply) -> int:
        lengths = (value for name, value in reply.headers if name.lower() == "content-length")
        return int(next(lengths, 0)) if self.command == "HEAD" else 0

    def _reset(self) -> None:
        """End the connection by RST, as a crashed server's machine does."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        socket.close(self.connection.detach())


def tunnel_bytes(
    client: socket.socket, there: socket.socket, over: threading.Event, cut: int = 0
) -> bool:
    """Carry bytes both ways until a side closes; True if the tunnel is to be cut.

    It is cut when the server answers the client's turn number `cut`.
    """
    turns, last = 0, there
    other = {client: there, there: client}
    while not over.is_set():
        for ready in select.select(list(other), (), (), 0.2)[0]:
            try:
                data = ready.recv(1 << 16)
                turns += ready is client and last is there
                last = ready
                if not data:
                    return False
                if ready is there and cut and turns >= cut:
                    return True
                other[ready].sendall(data)
            except OSError:
                return False
    return False
