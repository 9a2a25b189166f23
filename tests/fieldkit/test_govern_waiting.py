"""`fieldkit govern access` waits for nobody for ever: headers in drops, ports of somebody else."""

from __future__ import annotations

import socket
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest

from fieldkit.errors import CannotRun
from fieldkit.govern import application
from fieldkit.govern.application import ask, running
from fieldkit.govern.personas import Persona, Request


@contextmanager
def dripping(first):
    """A server whose answer begins like this, and then comes byte by byte without an end."""
    stop = threading.Event()

    def serve(server):
        connection, _ = server.accept()
        with connection:
            try:
                connection.sendall(first)
                while not stop.wait(0.05):
                    connection.sendall(b"a")
            except OSError:
                return

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, args=(server,), daemon=True)
        thread.start()
        try:
            yield server.getsockname()[1]
        finally:
            stop.set()
            thread.join(5)


@pytest.mark.parametrize("first", [b"H", b"HTTP/1.1 200 OK\r\nX-A: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_an_answer_in_drops_ends_in_time(first):
    with dripping(first) as port:
        begun = time.monotonic()
        request = Request(f"http://127.0.0.1:{port}/", timeout=0.5)
        reply = ask(Persona("intern", request), "?", port)
        assert reply.why and time.monotonic() - begun < 30


def test_a_port_that_somebody_else_took_is_not_asked(monkeypatch):
    """Between the look for a free port and the application's start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(application, "_free_port", lambda: port)
        argv = [sys.executable, "-c", "import time; time.sleep(60)"]
        age = time.time() - psutil.Process().create_time()
        time.sleep(max(0.0, application.CLOCK - age + 0.1))  # who listens is older than the start
        with (
            pytest.raises(CannotRun, match=f"port {port} was free and another program took it"),
            running(argv, 20),
        ):
            pass
