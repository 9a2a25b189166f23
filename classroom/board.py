"""The live board: learners' machines send a line after each check, and the dashboard follows."""

from __future__ import annotations

import hmac
import http.server
import json
import secrets
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from classroom import cohort, dashboard, rows
from classroom.cohort import Cohort
from classroom.rows import Graded, Row
from workbook import catalog
from workbook.errors import UsageError, WorkbookError
from workbook.results import Verdict

EVENTS, CODE = "events.jsonl", "board.code"
LARGEST = 4096  # bytes of an event
WAIT = 20.0  # seconds that a page waits for news before it asks again
_LETTERS = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"  # none that is read as another
_KNOWN = {str(one) for one in Verdict}


class Event(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One check on a learner's machine: no code, no name, no data."""

    learner: str
    exercise: str
    verdict: str
    first_finding: str
    attempts: int
    hints: int
    at: str


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What arrives: the room's code, and events."""

    code: str
    events: list[Event]


class Board:
    """The events of a class, in memory and in a file that a restart reads."""

    def __init__(self, room: Cohort) -> None:
        self.room = room
        self._path = room.folder / EVENTS
        self._news = threading.Condition()
        self._known: dict[Event, None] = {}
        self.code = _code(room.folder / CODE)
        self._read()

    def _read(self) -> None:
        """Read the file; a line that was cut off when the machine went down is left out."""
        try:
            lines = self._path.read_bytes().splitlines()
        except FileNotFoundError:
            return
        except OSError as error:
            raise WorkbookError(f"{EVENTS} cannot be read: {error.strerror}") from None
        for line in lines:
            try:
                self._known.setdefault(msgspec.json.decode(line, type=Event))
            except msgspec.MsgspecError:
                continue

    def take(self, sent: Sent) -> bool:
        """Note events that are new; False where the code is not the room's. Raises UsageError."""
        if not hmac.compare_digest(sent.code.encode(), self.code.encode()):
            return False
        for event in sent.events:
            _check(event, self.room)
        with self._news:
            new = [event for event in sent.events if event not in self._known]
            if new:
                with self._path.open("ab") as file:
                    file.writelines(msgspec.json.encode(event) + b"\n" for event in new)
                self._known |= dict.fromkeys(new)
                self._news.notify_all()
        return True

    def newer_than(self, count: int, seconds: float = WAIT) -> int:
        """Wait until there are other than so many events; how many there are."""
        with self._news:
            self._news.wait_for(lambda: len(self._known) != count, seconds)
            return len(self._known)

    def page(self, nonce: str) -> str:
        """The dashboard as it stands, with a script that follows."""
        with self._news:
            graded = standing(self.room, list(self._known))
        learners = {row.learner for row in graded}
        told = dashboard.Told(
            room=f"{self.room.id} · live · code {self.code}",
            took="",
            isolation="",
            absent=sorted(set(self.room.learners) - learners),
            live=nonce,
            seen=len(self._known),
        )
        return dashboard.page(graded, told)


def _check(event: Event, room: Cohort) -> None:
    """Raises UsageError for an event that no `workbook share` of the class sends."""
    if event.learner not in room.learners:
        raise UsageError(f"{event.learner[:40]!r} is not in the class {room.id}")
    exercise = catalog.find(event.exercise)
    finding = event.first_finding
    if event.verdict not in _KNOWN or (finding and finding not in exercise.lab.findings):
        raise UsageError("a verdict or finding that nobody knows: is this the same release?")
    if not (0 <= event.attempts < 10_000 and 0 <= event.hints < 10_000 and len(event.at) < 40):
        raise UsageError("figures that no record holds")


def _code(path: Path) -> str:
    """The room's join code: the same after a restart."""
    try:
        return path.read_text(encoding="ascii").strip()
    except FileNotFoundError:
        code = "".join(secrets.choice(_LETTERS) for _ in range(6))
        rows.write_whole(path, code + "\n")
        return code


def standing(room: Cohort, events: Sequence[Event]) -> list[Row]:
    """Where everybody stands who has sent something; only labs in which something was sent."""
    newest: dict[tuple[str, str], list[Event]] = {}
    for event in sorted(events, key=lambda one: one.at):
        newest.setdefault((event.learner, event.exercise), []).append(event)
    labs = {catalog.find(exercise).lab.id for _, exercise in newest}
    shown = [e for one in catalog.labs() if one.id in labs for e in one.exercises.values()]
    return [
        Row(
            learner=learner,
            source="live",
            status=rows.JUDGED,
            exercises=[_graded(e, newest.get((learner, e.id), [])) for e in shown],
        )
        for learner in room.learners
        if any(who == learner for who, _ in newest)
    ]


def _graded(exercise: catalog.Exercise, events: Sequence[Event]) -> Graded:
    told: dict[str, Any] = {"step": exercise.lab.step, "id": exercise.id, "core": exercise.core}
    if not events:
        return Graded(verdict=rows.NOT_YET, **told)
    last, same = events[-1], 0
    for event in reversed(events):
        if event.first_finding != last.first_finding or not last.first_finding:
            break
        same += 1
    passed = any(event.verdict == rows.PASSED for event in events)
    return Graded(
        verdict=rows.PASSED if passed else last.verdict,
        first_finding="" if passed else last.first_finding,
        attempts=last.attempts,
        hints=last.hints,
        repeated=same,
        **told,
    )


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves the page to who may see it, takes events from who knows the code."""

    board: Board
    hosts: frozenset[str]
    protocol_version = "HTTP/1.1"
    timeout = 60

    def do_GET(self) -> None:
        """`/`: the page; `/news?seen=N`: the page once there is something new."""
        asked = urlsplit(self.path)
        given = parse_qs(asked.query)
        host = (self.headers.get("Host") or "").rpartition(":")[0]
        near = self.client_address[0] in ("127.0.0.1", "::1") and host in self.hosts
        if not near and given.get("code") != [self.board.code]:
            return self._answer(403, "add ?code= and the room's code\n")
        if asked.path == "/news":
            seen = given.get("seen", ["0"])[0]
            self.board.newer_than(int(seen) if seen.isdecimal() else 0)
        elif asked.path != "/":
            return self._answer(404, "there is only /\n")
        nonce = secrets.token_urlsafe(12)
        return self._answer(200, self.board.page(nonce), "text/html", nonce)

    def do_POST(self) -> None:
        """`/events`: what `workbook share` sends."""
        length = self.headers.get("Content-Length") or ""
        if self.path != "/events" or not length.isdecimal() or int(length) > LARGEST * 100:
            self.close_connection = True
            return self._answer(400, "events go to /events\n")
        try:
            sent = msgspec.json.decode(self.rfile.read(int(length)), type=Sent)
            known = self.board.take(sent)
        except (msgspec.MsgspecError, UsageError) as error:
            return self._answer(400, f"{error}\n")
        return self._answer(200, "noted\n") if known else self._answer(403, "not the code\n")

    def _answer(self, status: int, text: str, kind: str = "text/plain", nonce: str = "") -> None:
        body = text.encode("utf-8", "replace")
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        script = f"script-src 'nonce-{nonce}'; connect-src 'self'" if nonce else ""
        policy = f"default-src 'none'; style-src 'unsafe-inline'; {script}"
        self.send_header("Content-Security-Policy", policy)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Nothing on the screen."""


class Server(http.server.ThreadingHTTPServer):
    """A server whose port belongs to this board alone."""

    daemon_threads = True
    request_queue_size = 256  # a whole class may check at the same moment


def server(folder: Path, host: str, port: int) -> Server:
    """The server of a class's board; raises WorkbookError where it cannot listen."""
    board = Board(cohort.read(folder))
    hosts = frozenset({"127.0.0.1", "localhost", "[::1]", host})
    handler = type("BoardHandler", (Handler,), {"board": board, "hosts": hosts})
    try:
        return Server((host, port), handler)
    except (OSError, OverflowError) as error:
        raise WorkbookError(f"the board cannot listen on {host}:{port}: {error}") from None


def posted(sent: Sent) -> bytes:
    """Events as they travel."""
    return json.dumps(msgspec.to_builtins(sent)).encode()
