"""Step 1's optional assistant, against a stub on this machine: off by default, one line if not."""

from __future__ import annotations

import json

import pytest

from labs.step1_audit.world import World, assistant
from labs.step1_audit.world.assistant import KEY, MODEL, URL, written
from tests.servers import Handler, serving
from workbook import UsageError

SQL = "select count(*) as n from lake.events where event_date = date '2026-03-01'"


def chat(text):
    """A reply as chat completions give it."""
    return json.dumps({"choices": [{"message": {"role": "assistant", "content": text}}]}).encode()


@pytest.fixture
def stub():
    """An endpoint on the loopback; `reply` and `status` say how it answers, `seen` what came."""

    class Stub(Handler):
        reply, status, headers_out, seen = chat(f"Sure:\n```sql\n{SQL}\n```\nDone."), 200, [], []

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            Stub.seen.append((self.path, self.headers.get("Authorization"), json.loads(body)))
            self.answer(Stub.reply, Stub.headers_out, Stub.status)

    with serving(Stub) as server:
        Stub.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
        yield Stub


def test_it_is_off_unless_an_address_is_set(monkeypatch):
    monkeypatch.delenv(URL, raising=False)
    monkeypatch.setattr(assistant, "_reply", lambda *_: pytest.fail("asked"))
    with pytest.raises(UsageError, match="no assistant is set"):
        written("count the events", "", {})


def test_it_gets_the_task_and_the_context_and_its_block_of_sql_is_taken(stub):
    told = written("count", "Tables: x", {URL: stub.url, MODEL: "small", KEY: "k-1"})
    assert told == SQL
    [(path, key, body)] = stub.seen[-1:]
    assert (path, key, body["model"]) == ("/v1/chat/completions", "Bearer k-1", "small")
    assert [m["role"] for m in body["messages"]] == ["system", "user"]
    assert "Tables: x" in body["messages"][0]["content"]


def test_without_a_key_none_is_sent_and_bare_sql_is_taken(stub):
    stub.reply = chat(f"  {SQL}  ")
    assert written("count", "", {URL: stub.url + "/"}) == SQL
    assert stub.seen[-1][1] is None


@pytest.mark.parametrize(
    "reply",
    [b"", b"not json", b"[]", b'{"choices": []}', b'{"choices": [{"message": {}}]}', chat(" "),
     b'{"choices": [{"message": {"content": 7}}]}', b"[" * 100_000],
)  # fmt: skip
def test_another_reply_is_one_line(stub, reply):
    stub.reply = reply
    with pytest.raises(UsageError, match="not that of chat completions"):
        written("count", "", {URL: stub.url})


def test_an_error_names_its_number_and_no_key(stub):
    stub.status = 401
    with pytest.raises(UsageError, match="401") as raised:
        written("count", "", {URL: stub.url, KEY: "secret-key"})
    assert "secret-key" not in str(raised.value)


def test_a_redirect_takes_the_key_nowhere(stub):
    stub.status, stub.headers_out = 302, [("Location", f"{stub.url}/elsewhere")]
    before = len(stub.seen)
    with pytest.raises(UsageError, match="302"):
        written("count", "", {URL: stub.url, KEY: "k"})
    assert len(stub.seen) == before + 1


def test_a_reply_without_end_is_cut(stub, monkeypatch):
    monkeypatch.setattr(assistant, "LARGEST", 10)
    with pytest.raises(UsageError, match="longer than"):
        written("count", "", {URL: stub.url})


@pytest.mark.parametrize("url", ["file:///etc/passwd", "nowhere", "http://", "http://127.0.0.1:1"])
def test_an_address_that_is_none_or_closed_is_one_line(url):
    with pytest.raises(UsageError) as raised:
        written("count", "", {URL: url})
    assert len(str(raised.value).splitlines()) == 1


def test_the_page_runs_what_it_wrote_through_the_gate(stub, monkeypatch):
    monkeypatch.setenv(URL, stub.url)
    stub.reply = chat("```sql\nselect count(*) as n from lake.events\n```")
    shown = repr(World(7, 40).ask("How many events?"))
    assert "full-scan" in shown
    stub.reply = chat("```sql\ndrop table lake.events\n```")
    with pytest.raises(UsageError):
        World(7, 40).ask("Drop it")
