"""A source that fails as its script says, as a handle: a function without arguments."""

from __future__ import annotations

import datetime as dt
import email.utils
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import requests

from labs.handles.clock import VirtualClock
from workbook import Crash

if TYPE_CHECKING:
    from workbook.answer import Turn

OPENS = dt.datetime(2026, 2, 3, 6, tzinfo=dt.UTC)
MOST_CALLS = 150
MOST_SECONDS = 7_200.0
URL = "https://api.payments.example/orders?page=1"
BUGS: dict[str, tuple[type[Exception], str]] = {
    "TypeError": (TypeError, "unsupported operand type(s) for +: 'int' and 'str'"),
    "KeyError": (KeyError, "amount"),
    "AttributeError": (AttributeError, "'list' object has no attribute 'get'"),
    "IndexError": (IndexError, "list index out of range"),
    "ValueError": (ValueError, "invalid literal for int() with base 10: 'A-17'"),
    "FileNotFoundError": (FileNotFoundError, "no such file: 'token.txt'"),
    "InvalidURL": (requests.exceptions.InvalidURL, "no host supplied"),
    "TooManyRedirects": (requests.TooManyRedirects, "exceeded 30 redirects"),
}
TORN = "a response that is not JSON"
_BREAKS: dict[str, tuple[type[Exception], str]] = {
    "no connection": (requests.ConnectionError, "connection refused"),
    "a timeout": (requests.ReadTimeout, "read timed out"),
    "no connection in time": (requests.ConnectTimeout, "connect timed out"),
    "an answer broken off": (requests.exceptions.ChunkedEncodingError, "connection broken"),
}
BREAKS = (*_BREAKS, TORN)


@dataclass(frozen=True)
class Try:
    """One call of the function: when it began and ended, in virtual seconds from the start.

    `not_before`: when Retry-After allows the next one, 0 where it says nothing.
    """

    began: float
    ended: float
    not_before: float


@dataclass
class Endpoint:
    """Hands out `fn()`, which does what `script` says, call by call; its last entry goes on.

    An entry is `{"value": …}`, `{"bug": "KeyError"}`, `{"breaks": "a timeout"}` or
    `{"status": 503}`, the latter with `after` (seconds for Retry-After) and `dated` if it is to
    be told as a date. A call takes `takes` virtual seconds. `client` makes its random numbers its
    own, and always the same; `zone` is the time zone of its machine.
    """

    script: Sequence[dict[str, Any]]
    takes: float = 0.2
    client: int = 0
    zone: str = ""
    start: dt.datetime = OPENS
    _tries: list[Try] = field(default_factory=list, init=False)
    _over_limit: bool = field(default=False, init=False)

    def open(self, turn: Turn) -> Callable[[], Any]:
        """Begin virtual time and return the function."""
        self._turn = turn
        start = self.start.astimezone(ZoneInfo(self.zone)) if self.zone else self.start
        self.clock = VirtualClock(start, MOST_SECONDS)
        self._drawn = random.getstate()
        random.seed(self.client)
        self.clock.begin()
        return self._call

    def close(self) -> None:
        """End virtual time; random numbers go on where they were."""
        self.clock.end()
        random.setstate(self._drawn)

    def evidence(self) -> dict[str, Any]:
        """The tries, virtual seconds that passed, and whether it went on for ever."""
        over_limit = self._over_limit or self.clock.stopped
        return {
            "tries": [[t.began, t.ended, t.not_before] for t in self._tries],
            "seconds": self.clock.passed,
            "crashed": over_limit,
        }

    def _call(self) -> Any:
        self._turn()
        if len(self._tries) >= MOST_CALLS:
            self._over_limit = True
            raise Crash
        number, began = len(self._tries), self.clock.passed
        now = self.script[min(number, len(self.script) - 1)]
        self.clock.advance(self.takes)
        header, not_before = self._retry_after(now)
        self._tries.append(Try(began, self.clock.passed, not_before))
        if "value" in now:
            return now["value"]
        raise self.failure(now, number + 1, header)

    def _retry_after(self, now: dict[str, Any]) -> tuple[str, float]:
        """The header, and the virtual second it stands for."""
        if "after" not in now:
            return "", 0.0
        if not now.get("dated"):
            return str(now["after"]), self.clock.passed + now["after"]
        # A date has whole seconds: the next full one after the wait.
        date = int(self.clock.now) + now["after"] + 1
        return email.utils.formatdate(date, usegmt=True), date - self.start.timestamp()

    def failure(self, now: dict[str, Any], number: int, header: str = "") -> Exception:
        """The error of a try; its message names the try, so that few are like another."""
        if "bug" in now:
            kind, said = BUGS[now["bug"]]
            return kind(said)
        if now.get("breaks") in _BREAKS:
            kind, said = _BREAKS[now["breaks"]]
            return kind(f"{said} (try {number})")
        if now.get("breaks") == TORN:
            return _torn()
        return _refused(now["status"], header, number)


def _refused(status: int, header: str, number: int) -> requests.HTTPError:
    response = _response(status, f"{status}\n".encode())
    if header:
        response.headers["Retry-After"] = header
    message = f"{status} Server Error for url: {URL} (try {number})"
    return requests.HTTPError(message, response=response, request=response.request)


def _torn() -> Exception:
    """What `response.json()` raises of a response that is not JSON."""
    try:
        _response(200, b"<html>Please sign in.</html>").json()
    except requests.exceptions.JSONDecodeError as error:
        return error
    raise AssertionError("this is not JSON")


def _response(status: int, body: bytes) -> requests.Response:
    response = requests.Response()
    response.status_code, response._content, response.url = status, body, URL
    response.request = _request().copy()  # its own: an answer may change it
    return response


@cache
def _request() -> requests.PreparedRequest:
    return requests.Request("GET", URL).prepare()
