"""The application that is asked: started on a free port if it is ours to start, asked over HTTP."""

from __future__ import annotations

import codecs
import http.client
import json
import os
import re
import socket
import subprocess
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

import psutil

from fieldkit.errors import CannotRun
from fieldkit.govern.personas import Persona, Request
from fieldkit.runs.command import MARK, end_marked, refuse_missing

PORT = "FIELDKIT_PORT"
LOCAL = "127.0.0.1"
MOST = 4 * 2**20  # bytes of an answer
PIECE = 65_536
CLOCK = 1.0  # seconds by which the start of a process may be told too early


@dataclass(frozen=True)
class Reply:
    """What came back. `everything`: headers and body; `text`: the answer; `why`: why not, or "".

    `denied`: the HTTP status that refused the question (401, 403 or 404), or 0.
    """

    everything: str = field(default="", repr=False)
    text: str = field(default="", repr=False)
    denied: int = 0
    why: str = ""


@contextmanager
def running(argv: Sequence[str], patience: float) -> Iterator[int]:
    """Start an application, wait until its port answers, end it with all that it started."""
    refuse_missing(argv)
    mark, port = uuid.uuid4().hex, _free_port()
    env = {**os.environ, PORT: str(port), MARK: mark, "PYTHONUNBUFFERED": "1"}
    words, begun = [one.replace("{port}", str(port)) for one in argv], time.time()
    with tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, env=env,
                start_new_session=True,
            )  # fmt: skip
        except OSError as error:
            raise CannotRun(f"{argv[0]}: cannot be started: {error.strerror}") from None
        try:
            _wait(process, port, patience, argv[0])
            _refuse_strangers(port, begun)
            yield port
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(3)
            end_marked(mark, process.pid)
            process.wait()


def _free_port() -> int:
    with socket.create_server((LOCAL, 0)) as free:
        return int(free.getsockname()[1])


def _wait(process: subprocess.Popen[bytes], port: int, patience: float, name: str) -> None:
    """Until the port answers; raises CannotRun where it never does.

    What the application says on stderr is not shown: nobody knows what it holds.
    """
    until = time.monotonic() + patience
    while time.monotonic() < until:
        if process.poll() is not None:
            raise CannotRun(
                f"{name}: ended with exit code {process.returncode} before it answered on port "
                f"{port} ({PORT}); start it by hand with {PORT}={port} to see why: what it says is "
                "not shown here, since nobody knows what it holds"
            )
        with suppress(OSError), socket.create_connection((LOCAL, port), timeout=0.5) as made:
            # Linux may draw the port itself as the other end: nobody listens then.
            if made.getsockname() != made.getpeername():
                return
        time.sleep(0.05)
    raise CannotRun(
        f"{name}: does not listen on {LOCAL}, port {port}, after {patience:.0f} s; let it read "
        f"the port from the variable {PORT}, or write {{port}} in its command"
    )


def _refuse_strangers(port: int, begun: float) -> None:
    """Raise CannotRun where who listens was there before us: it took the port meanwhile.

    It would be asked with somebody's tokens, and may never answer. Where the system does not say
    who listens, the application is believed.
    """
    with suppress(psutil.Error, OSError):
        pids = {
            one.pid for one in psutil.net_connections("tcp")
            if one.pid and one.status == psutil.CONN_LISTEN
            and getattr(one.laddr, "port", 0) == port
        }  # fmt: skip
        if pids and all(psutil.Process(pid).create_time() < begun - CLOCK for pid in pids):
            raise CannotRun(
                f"port {port} was free and another program took it before the application did; run "
                "it again"
            )


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect leads to a page for people who have to log in; it is not an answer."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


def ask(persona: Persona, question: str, port: int | None) -> Reply:
    """Ask one question as one persona; what goes wrong is in the reply, without any value."""
    request = persona.request
    fills = {"{port}": str(port or ""), "{persona}": persona.name, "{probe}": question}
    url = request.url
    for name, value in fills.items():
        url = url.replace(name, quote(value, safe=""))
    headers = {key: one.replace("{persona}", persona.name) for key, one in request.headers.items()}
    data = None
    if request.body is not None:
        body = _with(request.body, fills)
        data = (body if isinstance(body, str) else json.dumps(body)).encode()
        if not any(key.lower() == "content-type" for key in headers):
            headers["Content-Type"] = "application/json"
    told = urllib.request.Request(url, data, headers, method=request.method)
    until = time.monotonic() + request.timeout
    return _within(lambda: _asked(request, told, until), request)


def _asked(request: Request, told: urllib.request.Request, until: float) -> Reply:
    try:
        with _opener(told.full_url).open(told, timeout=request.timeout) as answer:
            return _read(request, answer, until)
    except urllib.error.HTTPError as error:
        with error:
            return _refused(request, error, until)
    except (OSError, ValueError, http.client.HTTPException) as error:
        return Reply(why=_why(error, request.timeout))


def _within(work: Callable[[], Reply], request: Request) -> Reply:
    """The reply of this work, or one that says that there was none in time.

    A timeout of a socket is for one piece: headers that come byte by byte would never be over.
    """
    found: list[Reply] = []
    thread = threading.Thread(target=lambda: found.append(work()), daemon=True)
    thread.start()
    thread.join(2 * request.timeout)  # the last piece of a body may begin when time is up
    why = f"did not answer within {request.timeout:.0f} s"
    return found[0] if found else Reply(why=why)


def _with(body: Any, fills: dict[str, str]) -> Any:
    if isinstance(body, dict):
        return {key: _with(one, fills) for key, one in body.items()}
    if isinstance(body, list):
        return [_with(one, fills) for one in body]
    if isinstance(body, str):
        # At once: a question that holds {persona} stays as it is.
        return re.sub(r"\{(?:port|persona|probe)\}", lambda found: fills[found[0]], body)
    return body


def _opener(url: str) -> urllib.request.OpenerDirector:
    """Through a company's proxy, but never to this machine itself."""
    local = urlsplit(url).hostname in (LOCAL, "localhost", "::1")
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if local:
        handlers.append(urllib.request.ProxyHandler({}))
    return urllib.request.build_opener(*handlers)


def _all_of(answer: Any, request: Request, until: float) -> tuple[str, str]:
    """Headers and body, and why not all of it; one byte a second does not hold us for long."""
    body, why = b"", ""
    try:
        while piece := answer.read1(PIECE):
            body += piece
            if len(body) > MOST:
                why = f"answered more than {MOST // 2**20} MB"
            elif time.monotonic() > until:
                why = f"did not end its answer within {request.timeout:.0f} s"
            if why or (request.stream and b"[DONE]" in body[-64:]):
                break
    except (OSError, http.client.HTTPException, ValueError) as error:
        why = _why(error, request.timeout)
    text = body.decode(_charset(answer), "replace")
    return "".join(f"{key}: {value}\n" for key, value in answer.headers.items()) + "\n" + text, why


def _charset(answer: Any) -> str:
    """What the answer says it is written in, if that is a charset."""
    said = answer.headers.get_content_charset() or "utf-8"
    try:
        codecs.lookup(said)
    except LookupError:
        return "utf-8"
    return str(said)


def _read(request: Request, answer: Any, until: float) -> Reply:
    everything, why = _all_of(answer, request, until)
    if why:
        return Reply(everything, why=why)
    body = everything.partition("\n\n")[2]
    try:
        if request.stream:
            events = list(_events(body))
            path = request.answer
            text = "".join(_at(json.loads(one), path) if path else one for one in events)
            # A stream cuts words anywhere: what it shows is the whole.
            return Reply(everything + "\n" + text, text, why="" if events else "sent no event")
        text = _at(json.loads(body), request.answer) if request.answer else body
    except (ValueError, RecursionError):
        return Reply(everything, why="did not answer with JSON")
    except LookupError:
        return Reply(everything, why=f"has no {request.answer} in its answer")
    # JSON may write every letter as \u0061: the text is looked at as it is read.
    return Reply(f"{everything}\n{text}\n{_unescaped(body)}", text)


def _unescaped(body: str) -> str:
    with suppress(ValueError, RecursionError):
        return json.dumps(json.loads(body), ensure_ascii=False)
    return ""


def _events(body: str) -> Iterator[str]:
    """The data of server-sent events."""
    for block in body.replace("\r\n", "\n").split("\n\n"):
        lines = [line[5:].removeprefix(" ") for line in block.split("\n") if line[:5] == "data:"]
        if lines and (data := "\n".join(lines)) != "[DONE]":
            yield data


def _at(found: Any, path: str) -> str:
    """What stands at a path in JSON, as text; raises LookupError where nothing does."""
    for name in path.replace("]", "").replace("[", ".").split("."):
        if name == "*":
            found = found if isinstance(found, list) else [found]
        elif isinstance(found, list):
            found = found[int(name)] if name.isdigit() else [one[name] for one in found]
        elif isinstance(found, dict):
            found = found[name]
        else:
            raise LookupError
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


def _refused(request: Request, error: urllib.error.HTTPError, until: float) -> Reply:
    """401, 403 and 404 deny; the rest is a failure. What comes with them may leak all the same."""
    everything, _ = _all_of(error, request, until)
    if error.code in (401, 403, 404):
        return Reply(everything, denied=error.code)
    return Reply(everything, why=f"answered with HTTP {error.code}")


def _why(error: Exception, timeout: float) -> str:
    reason = getattr(error, "reason", error)
    if isinstance(reason, TimeoutError):
        return f"did not answer within {timeout:.0f} s"
    if isinstance(reason, ConnectionRefusedError):
        return "cannot be reached: nobody listens there"
    if isinstance(reason, socket.gaierror):
        return "cannot be reached: there is no such host"
    return f"did not answer in HTTP ({type(reason).__name__})"
