"""The failing source as a client sees it: every fault, and what it passes on when nothing fails."""

from __future__ import annotations

import email.utils
import http.client
import json
import socket
import ssl
import threading
import time
from contextlib import contextmanager
from functools import partial

import pytest
import requests

from fieldkit.chaos.faults import KINDS, Fault, Schedule
from fieldkit.chaos.relay import Relay
from fieldkit.chaos.upstream import Reply, Upstream
from fieldkit.errors import CannotRun
from tests.servers import Handler, certificate, serving

ROWS = [{"order_id": n, "amount": 10.5 + n, "day": f"2026-11-{n:02d}"} for n in range(1, 10)]
BIG = 100_000_000


class Real(Handler):
    """A source as they come: pages, links to itself, chunks, old HTTP, bodies that are posted."""

    def do_GET(self):
        if self.path == "/prefix/chunked":
            self.answer(None, [("Transfer-Encoding", "chunked"), ("Content-Type", "text/plain")])
            self.wfile.write(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
        elif self.path == "/prefix/old":
            self.protocol_version = "HTTP/1.0"
            self.answer(None, [])
            self.wfile.write(b"old")
            self.close_connection = True
        elif self.path == "/prefix/big":
            self.answer(None, [("Content-Length", str(BIG))])
            for _ in range(BIG // 1_000_000):
                self.wfile.write(b"x" * 1_000_000)
        elif self.path == "/prefix/moved":
            self.answer(b"", [("Location", f"{self.own}/orders")], 302)
        else:
            told = {"rows": ROWS, "next": f"{self.own}/orders?page=2", "seen": dict(self.headers)}
            self.answer(json.dumps(told).encode(), [("Content-Type", "application/json")])

    def do_POST(self):
        self.answer(self.rfile.read(int(self.headers["Content-Length"])), [], 201)

    def do_HEAD(self):
        self.answer(None, [("Content-Length", "77")])

    @property
    def own(self):
        scheme = "https" if isinstance(self.connection, ssl.SSLSocket) else "http"
        return f"{scheme}://localhost:{self.server.server_port}/prefix"


@contextmanager
def relayed(address):
    relay = Relay(address)
    with Upstream(relay) as upstream:
        relay.seen_as = upstream.url
        yield upstream


@pytest.fixture(scope="module")
def real():
    with serving(Real) as server:
        yield f"http://localhost:{server.server_port}/prefix"


@pytest.fixture(scope="module")
def shared(real):
    with relayed(real) as upstream:
        yield upstream


@pytest.fixture
def upstream(shared):
    shared.begin(Schedule(0, ()))
    return shared


def orders(upstream, timeout=60, **how):
    return requests.get(f"{upstream.url}/orders", timeout=timeout, **how)


# -- what it passes on


def test_a_client_comes_back_here_when_it_follows_a_link(upstream, real):
    told = orders(upstream, headers={"X-Key": "secret"}).json()
    assert told["rows"] == ROWS
    assert told["next"] == f"{upstream.url}/orders?page=2"
    assert told["seen"]["X-Key"] == "secret"
    assert told["seen"]["Host"] == real.split("/")[2]
    moved = requests.get(f"{upstream.url}/moved", allow_redirects=False, timeout=60)
    assert (moved.status_code, moved.headers["Location"]) == (302, f"{upstream.url}/orders")
    assert [one.number for one in upstream.served] == [1, 2]
    assert upstream.served[0].exchange.columns == {
        "amount": "number", "day": "date", "order_id": "text"
    }  # fmt: skip


def test_whatever_form_an_answer_has(upstream):
    assert requests.get(f"{upstream.url}/chunked", timeout=60).content == b"abcde"
    assert requests.get(f"{upstream.url}/old", timeout=60).content == b"old"
    posted = requests.post(f"{upstream.url}/x", data=b"1" * 70_000, timeout=60)
    assert (posted.status_code, posted.content) == (201, b"1" * 70_000)
    parts = requests.post(f"{upstream.url}/x", data=iter([b"12", b"345"]), timeout=60)
    assert parts.content == b"12345"
    head = requests.head(f"{upstream.url}/x", timeout=60)
    assert (head.headers["Content-Length"], head.content) == ("77", b"")


def test_a_large_body_passes_in_parts(upstream):
    size = 0
    with requests.get(f"{upstream.url}/big", stream=True, timeout=30) as answer:
        for part in answer.iter_content(1 << 20):
            size += len(part)
    assert size == BIG


def test_a_client_that_speaks_old_http(upstream):
    with socket.create_connection(("127.0.0.1", upstream.port), timeout=60) as client:
        client.sendall(b"GET /orders HTTP/1.0\r\n\r\n")
        told = b"".join(iter(lambda: client.recv(65536), b""))
    assert told.startswith(b"HTTP/1.") and b" 200 " in told[:16]
    assert len(json.loads(told.partition(b"\r\n\r\n")[2])["rows"]) == len(ROWS)


def test_a_source_that_went_away_is_told(real):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with relayed(f"http://127.0.0.1:{port}") as upstream:
        assert orders(upstream).status_code == 502
        assert "refused" in upstream.origin.failure
    with pytest.raises(CannotRun, match="refused; is it running"):
        Relay(f"http://127.0.0.1:{port}").reach()
    Relay(real).reach()


@pytest.mark.parametrize("address", ["", "localhost:8000", "ftp://x/", "http://", "http://x:99999"])
def test_what_is_no_address(address):
    with pytest.raises(CannotRun, match="is not an address; write http://HOST:PORT/PATH"):
        Relay(address)


def test_a_port_that_is_taken(upstream):
    with pytest.raises(CannotRun, match=f"--port {upstream.port}: .*choose another"):
        Upstream(lambda request: Reply(200), upstream.port)


# -- TLS


@pytest.fixture(scope="module")
def secure(tmp_path_factory):
    pem, context = certificate(tmp_path_factory.mktemp("tls"))
    with serving(Real, context) as server:
        yield f"https://localhost:{server.server_port}/prefix", pem


def test_a_source_behind_tls_is_passed_on_in_the_clear(secure, monkeypatch):
    address, pem = secure
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    with relayed(address) as upstream:
        assert orders(upstream).json()["next"] == f"{upstream.url}/orders?page=2"
    monkeypatch.delenv("SSL_CERT_FILE")
    with pytest.raises(CannotRun, match="certificate"):
        Relay(address).reach()


@pytest.mark.parametrize("kind", ["none", "dropped", "reset", "hang", "outage"])
def test_a_tunnel_fails_without_looking_into_it(secure, upstream, kind):
    address, pem = secure
    through = {"https": upstream.url}
    get = partial(requests.get, f"{address}/orders", proxies=through, verify=str(pem))
    seconds = 1 if kind == "hang" else 60
    if kind == "none":
        assert len(get(timeout=60).json()["rows"]) == len(ROWS)
        assert upstream.served[0].exchange.tunnel
        return
    upstream.begin(Schedule(1, (Fault(kind),)))
    with pytest.raises(requests.RequestException):
        get(timeout=seconds)
    assert get(timeout=60).status_code == 200, "and then it is over"


# -- faults


def answered(upstream, fault, **how):
    upstream.begin(Schedule(1, (fault,)))
    return orders(upstream, **how)


@pytest.mark.parametrize(
    "kind, status",
    [("throttled", 429), ("unavailable", 503), ("error", 500), ("outage", 503),
     ("unauthorized", 401), ("missing", 404)],
)  # fmt: skip
def test_a_refusal(upstream, kind, status):
    answer = answered(upstream, Fault(kind, count=1))
    assert answer.status_code == status
    assert ("Retry-After" in answer.headers) == (kind in ("throttled", "unavailable"))
    assert orders(upstream).status_code == 200
    assert [one.status for one in upstream.served] == [status, 200]


def test_an_error_is_told_in_the_form_of_the_answers():
    """As most sources do: a client that never looks at the status takes it for an answer."""
    rows = Reply(200, b"[]", (("Content-Type", "application/json"),))
    with Upstream(lambda _: rows, alike=True) as upstream:
        upstream.begin(Schedule(1, (Fault("missing", 2, count=1),)))
        assert requests.get(upstream.url, timeout=10).json() == []
        answer = requests.get(upstream.url, timeout=10)
        assert answer.status_code == 404
        assert answer.json() == {"error": {"code": 404, "message": "Not Found"}}


def test_when_to_come_back_in_both_forms(upstream):
    assert answered(upstream, Fault("throttled", wait=2)).headers["Retry-After"] == "2"
    before = time.time()
    told = answered(upstream, Fault("throttled", wait=2, dated=True)).headers["Retry-After"]
    when = email.utils.parsedate_to_datetime(told).timestamp()
    assert 2 <= when - before <= 60, "never earlier than the wait"
    (one,) = upstream.served
    assert one.not_before == when, "nor a second before the date"
    answered(upstream, Fault("throttled", wait=2))
    (one,) = upstream.served
    assert one.not_before == pytest.approx(one.at + 2)


@pytest.mark.parametrize(
    "kind, error",
    [("hang", requests.ReadTimeout), ("dropped", requests.ConnectionError),
     ("reset", requests.RequestException)],
)  # fmt: skip
def test_a_connection_that_fails(upstream, kind, error):
    with pytest.raises(error):
        answered(upstream, Fault(kind), timeout=0.5 if kind == "hang" else 60)
    assert orders(upstream).status_code == 200


def test_who_hangs_is_let_go_when_the_run_is_over(upstream):
    upstream.begin(Schedule(1, (Fault("hang"),)))
    ended = []

    def ask():
        try:
            requests.get(upstream.url, timeout=300)
        except requests.RequestException as error:
            ended.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    while not upstream.served:
        time.sleep(0.01)
    upstream.begin(Schedule(0, ()))
    thread.join(timeout=60)
    assert ended


def test_content_that_is_wrong(upstream):
    html = answered(upstream, Fault("html"))
    assert html.status_code == 200 and "text/html" in html.headers["Content-Type"]
    torn = answered(upstream, Fault("truncated"))
    assert torn.status_code == 200 and len(torn.content) == int(torn.headers["Content-Length"])
    with pytest.raises(ValueError):
        torn.json()
    assert answered(upstream, Fault("empty")).json()["rows"] == []
    assert answered(upstream, Fault("repeated")).json()["rows"] == ROWS + ROWS
    upstream.begin(Schedule(1, (Fault("repeated", first=2),)))
    assert orders(upstream).json()["rows"] == orders(upstream).json()["rows"]


@pytest.mark.parametrize("kind", ["renamed", "retyped", "rescaled", "negative", "future"])
def test_data_that_is_wrong(upstream, kind):
    column = "day" if kind == "future" else "amount"
    got = answered(upstream, Fault(kind, count=0, column=column)).json()["rows"]
    assert len(got) == len(ROWS) and got != ROWS
    assert [row["order_id"] for row in got] == [row["order_id"] for row in ROWS]
    assert orders(upstream).json()["rows"] == got, "it stays"


def test_every_kind_on_the_web_was_shown():
    shown = {"throttled", "unavailable", "error", "outage", "unauthorized", "missing", "hang"}
    shown |= {"dropped", "reset", "html", "truncated", "empty", "repeated", "renamed", "retyped"}
    shown |= {"rescaled", "negative", "future"}
    assert shown == {name for name in KINDS if not name.startswith("file-")}


def test_many_clients_at_once_are_counted_once_each(upstream):
    upstream.begin(Schedule(1, (Fault("error", first=5, count=10),)))

    def ask():
        connection = http.client.HTTPConnection("127.0.0.1", upstream.port, timeout=10)
        for _ in range(10):
            connection.request("GET", "/orders")
            connection.getresponse().read()
        connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(one.number for one in upstream.served) == list(range(1, 41))
    assert sum(one.status == 500 for one in upstream.served) == 10
