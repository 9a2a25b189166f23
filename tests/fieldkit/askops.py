"""A company's assistant over HTTP, small enough to read: run with `--as bot`, `user` or `nobody`.

Reads its port from FIELDKIT_PORT, its users' tokens and the canaries from a file. As the bot it
reads everything for everybody; as the user only what the user may; as nobody it denies all.
`--fault` makes it slow, wrong or hostile in one way.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

ROWS = {"customers": ("iban 17", "phone 17"), "salaries": ("pay of hugo",), "orders": ("orders",)}
MAY = {
    "intern": {"orders"},
    "support": {"orders", "customers"},
    "hr": {"orders", "salaries"},
}
DENIED = "I cannot help with that."


class Askops(BaseHTTPRequestHandler):
    """`POST /ask {"question": …}` with a token; `/stream` gives server-sent events."""

    world: ClassVar[dict] = {}
    options: argparse.Namespace
    kept: ClassVar[dict] = {}

    def log_message(self, *_) -> None:
        pass

    def do_POST(self) -> None:
        size = int(self.headers.get("Content-Length", 0))
        question = json.loads(self.rfile.read(size) or "{}").get("question", "")
        token = self.headers.get("Authorization", "").removeprefix("Bearer ")
        user = self.world["tokens"].get(token)
        if not user:
            self._send(401, "text/plain", b"who are you?")
            return
        fault = self.options.fault
        if fault == "hangs":
            time.sleep(60)
        if fault == "drips":
            self._drip()
            return
        if fault == "nonsense":
            self._send(200, "text/html", b"<html>\xff\x00 maintenance")
            return
        if fault == "error":
            self._send(500, "text/plain", b"internal: " + self._answer(question, "hr").encode())
            return
        answer = self._answer(question, user)
        if fault == "cache":
            answer = self.kept.setdefault(question, answer)
        if fault == "base64":
            secret = self._answer(question, "bot")
            answer = f"see {base64.b64encode(secret.encode()).decode()}"
        if fault == "header":
            self.debug = self._answer(question, "bot").encode("ascii", "replace").decode()
        self._answered(answer)

    def _answer(self, question: str, user: str) -> str:
        if self.options.who == "nobody":
            return DENIED
        bot = self.options.who == "bot" or user == "bot"
        words = re.sub(r"\W+", " ", question.lower())
        for table, things in ROWS.items():
            for thing in things:
                if all(part in words.split() for part in thing.split()) and (
                    bot or table in MAY[user]
                ):
                    return f"{thing}: {self.world['facts'][thing]} (source: {table})"
        return DENIED

    def _answered(self, answer: str) -> None:
        if self.path != "/stream":
            self._send(200, "application/json", json.dumps({"answer": answer}).encode())
            return
        events = [json.dumps({"delta": answer[n : n + 3]}) for n in range(0, len(answer), 3)]
        body = "".join(f"data: {one}\n\n" for one in [*events, "[DONE]"])
        self._send(200, "text/event-stream", body.encode())

    def _send(self, status: int, kind: str, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if hasattr(self, "debug"):
            self.send_header("X-Debug", self.debug)
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.05)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--as", dest="who", default="user", choices=["bot", "user", "nobody"])
    parser.add_argument("--world", default="world.json")
    parser.add_argument("--fault", default="")
    Askops.options = parser.parse_args()
    with open(Askops.options.world, encoding="utf-8") as file:
        Askops.world = json.load(file)
    address = ("127.0.0.1", int(os.environ["FIELDKIT_PORT"]))
    ThreadingHTTPServer(address, Askops).serve_forever()


if __name__ == "__main__":
    main()
