"""What a learner's machine tells the board: a line for each check, seen before it is sent."""

from __future__ import annotations

import contextlib
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

from classroom import rows
from classroom.board import Event, Sent, posted
from workbook import catalog
from workbook.errors import UsageError, WorkbookError
from workbook.progress import Progress
from workbook.workspace import Workspace

MARK = ".shared"  # beside the record: what the board has
LOOK, SECONDS = 0.5, 5.0  # between two looks; for one request
MOST = 50  # events in one request


def events(home: Workspace) -> list[Event]:
    """What the record holds, check by check, the oldest first."""
    learner = str(home.started.get("learner", ""))
    with contextlib.closing(Progress(home.progress)) as record:
        found = [
            event
            for lab in catalog.labs()
            for exercise in lab.exercises.values()
            for event in _of(record, learner, exercise.id)
        ]
    return sorted(found, key=lambda event: (event.at, event.exercise))


def _of(record: Progress, learner: str, exercise: str) -> Iterator[Event]:
    hints, seen, before = record.standing(exercise).hints, 0, ""
    for one in record.attempts(exercise):
        seen += one.digest != before and one.verdict != rows.NOT_YET
        before = one.digest
        yield Event(learner, exercise, one.verdict, one.finding, seen, hints, one.at)


def line(event: Event) -> str:
    """An event as the learner reads it before it goes."""
    parts = [event.learner, event.exercise, event.verdict, event.first_finding]
    counts = f"{event.attempts} tries, {event.hints} hints"
    return " · ".join(filter(None, [*parts, counts, event.at[11:16]]))


class Link:
    """A board that may be away: what it has not taken is sent again."""

    def __init__(self, url: str, code: str, home: Workspace) -> None:
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            raise UsageError(f"--to {url}: the board's address, such as http://127.0.0.1:8800")
        self._url, self._code = url.rstrip("/"), code.strip().upper()
        self._mark: Path = home.folder / MARK
        near = urlsplit(url).hostname in ("127.0.0.1", "localhost", "::1")
        proxies = urllib.request.ProxyHandler({} if near else None)
        self._open = urllib.request.build_opener(proxies).open

    def taken(self) -> str:
        """The time of the newest event that the board has."""
        with contextlib.suppress(OSError, UnicodeDecodeError):
            address, at = self._mark.read_text(encoding="utf-8").split("\n")[:2]
            if address == f"{self._url} {self._code}":
                return at
        return ""

    def send(self, waiting: list[Event]) -> bool:
        """Send events; False where the board is away. Raises WorkbookError where it says no."""
        for start in range(0, len(waiting), MOST):
            part = waiting[start : start + MOST]
            request = urllib.request.Request(
                f"{self._url}/events", data=posted(Sent(self._code, part)), method="POST"
            )
            try:
                with self._open(request, timeout=SECONDS) as reply:
                    reply.read(100)
            except urllib.error.HTTPError as error:
                why = " ".join(error.read(300).decode("utf-8", "replace").split())
                raise WorkbookError(f"the board says no: {why}") from None
            except (OSError, ValueError):
                return False
            rows.write_whole(self._mark, f"{self._url} {self._code}\n{part[-1].at}\n")
        return True


def shared(home: Workspace, link: Link, pause: float, once: bool) -> None:
    """Tell the board of each check until Ctrl-C; a line is shown `pause` seconds before it goes."""
    shown, away = "", False
    while True:
        waiting = [event for event in events(home) if event.at > link.taken()]
        for event in waiting:
            if event.at > shown:
                print(line(event), flush=True)
        shown = max([shown, *(event.at for event in waiting)])
        if waiting:
            time.sleep(pause)
            reached = link.send(waiting)
            if not reached and not away:
                print("the board is away: what is above goes when it is back", flush=True)
            away = not reached
        if once:
            return
        time.sleep(LOOK)
