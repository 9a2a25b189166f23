"""Servers on this machine for tests: quiet, one packet an answer, with or without TLS."""

from __future__ import annotations

import http.server
import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest


class Handler(http.server.BaseHTTPRequestHandler):
    """What every one of them is: it keeps the connection, does not wait, and says nothing."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def log_message(self, *_) -> None:
        pass

    def answer(self, body: bytes | None, headers: list[tuple[str, str]], status: int = 200):
        """Send head and body; without a body, the caller says its length and sends it."""
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        if body is not None:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body or b"")


@contextmanager
def serving(handler, context: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator:
    """Serve in a thread; gives the server."""
    with http.server.ThreadingHTTPServer((host, 0), handler) as server:
        server.daemon_threads = True
        if context:
            server.socket = context.wrap_socket(server.socket, server_side=True)
        threading.Thread(target=partial(server.serve_forever, 0.05), daemon=True).start()
        yield server
        server.shutdown()


def certificate(folder: Path) -> tuple[Path, ssl.SSLContext]:
    """A certificate of localhost that nobody trusts yet, and what a server needs to show it."""
    if not shutil.which("openssl"):
        pytest.skip("a certificate is made with openssl")
    pem, key = folder / "company.pem", folder / "key.pem"
    words = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext"
    made = ["openssl", *words.split(), "subjectAltName=DNS:localhost", "-keyout", key, "-out", pem]
    subprocess.run(made, check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, key)
    return pem, context
