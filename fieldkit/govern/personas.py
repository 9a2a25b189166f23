"""Personas: who asks an application, with which headers, what, and where its answer stands."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from fieldkit.errors import CannotRun
from fieldkit.govern.canaries import Canary, bare
from fieldkit.govern.documents import Place, parsed, read_text, shown
from fieldkit.options import seconds

REQUEST = ("url", "method", "headers", "body", "answer", "stream", "timeout")
VARIABLE = re.compile(r"\$\{(\w+)\}")
STREAMS = ("sse",)
METHODS = ("GET", "POST", "PUT")
SECRET_HEADERS = re.compile(r"authorization|cookie|token|key|secret", re.IGNORECASE)
PATH = re.compile(r"\$?\.?(?:[\w-]+|\[(?:\d+|\*)\])(?:\.[\w-]+|\[(?:\d+|\*)\])*")


@dataclass(frozen=True)
class Request:
    """How an application is asked. `answer`: where the text stands in JSON, "" for all of it."""

    url: str
    method: str = "POST"
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: Any = None
    answer: str = ""
    stream: str = ""
    timeout: float = 20.0


@dataclass(frozen=True)
class Persona:
    """Somebody who asks; `secrets`: what came from the environment, to be shown nowhere."""

    name: str
    request: Request
    secrets: frozenset[str] = field(default_factory=frozenset, repr=False)


@dataclass(frozen=True)
class Probe:
    """One question. `expects`: by persona, what the answer must hold; `*` for all of them."""

    name: str
    ask: str
    expects: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass
class Script:
    """Who asks what; `warnings`: what is not as it should be in the file.

    `application`: its name, by which the gate knows whose evidence the report is; "" without one.
    """

    personas: list[Persona]
    probes: list[Probe]
    warnings: list[str] = field(default_factory=list)
    application: str = ""


def read(path: Path) -> Script:
    """The personas and probes in a file, filled from the environment.

    Raises CannotRun, with the place, for what cannot be meant; no message holds a value.
    """
    where = f"--personas {path}"
    place = Place(where)
    parts = place.mapping(
        parsed(read_text(path, where), where) or {}, ("application", "personas", "probes")
    )
    if missing := [one for one in ("application", "personas", "probes") if not parts.get(one)]:
        raise place.refused(f"says nothing of {missing[0]}")
    shared = place.at("application").mapping(parts["application"], ("name", *REQUEST))
    name = shared.pop("name", "")
    named = place.at("personas").mapping(parts["personas"])
    script = Script([], [])
    if name:
        script.application = place.at("application").at("name").text(name)
    for name, found in named.items():
        script.personas.append(_persona(name, found, shared, place.at("personas"), script))
    listed = place.at("probes").items(parts["probes"])
    script.probes = [
        _probe(one, place.at("probes").at(f"item {n}"), list(named))
        for n, one in enumerate(listed, 1)
    ]
    return script


def _persona(
    name: str, found: Any, shared: dict[str, Any], place: Place, script: Script
) -> Persona:
    here = place.at(name)
    own = here.mapping(found or {}, REQUEST)
    both = {**shared, **own}
    headers = {
        **here.mapping(shared.get("headers") or {}), **here.mapping(own.get("headers") or {}),
    }  # fmt: skip
    secrets: set[str] = set()
    filled = {key: _filled(here.at(key).text(one), here, secrets) for key, one in headers.items()}
    for key, one in headers.items():
        if SECRET_HEADERS.search(key) and not VARIABLE.search(str(one)):
            script.warnings.append(
                f"{name}: the header {key} holds its value in the file; write ${{NAME}} and set "
                "NAME in the environment"
            )
            secrets.add(filled[key])
    for key, one in filled.items():
        if "\n" in one or "\r" in one or not one.isascii():
            raise here.refused(f"the header {shown(key)} cannot be sent; it is not plain ASCII")
    return Persona(name, _request(both, filled, here, secrets), frozenset(secrets))


def _request(
    both: dict[str, Any], headers: dict[str, str], here: Place, secrets: set[str]
) -> Request:
    url = _filled(here.at("url").text(both.get("url")), here, secrets)
    _refuse_address(url, here)
    body = _body(both.get("body"), here, secrets)
    method = str(both.get("method") or ("GET" if body is None else "POST")).upper()
    stream, answer = str(both.get("stream") or ""), str(both.get("answer") or "")
    if method not in METHODS:
        raise here.refused(f"there is no method {shown(method)}; there are: {', '.join(METHODS)}")
    if stream and stream not in STREAMS:
        raise here.refused(f"stream: there is no {shown(stream)}; there is: sse")
    if answer and not PATH.fullmatch(answer):
        raise here.refused(f"answer: {shown(answer)} is not a path; write one like choices[0].text")
    if "{probe}" not in url and "{probe}" not in str(body):
        raise here.refused("neither url nor body holds {probe}, so nothing would be asked")
    timeout = seconds(str(both.get("timeout") or "20s"), f"{here.name}: timeout")
    return Request(
        url, method, headers, body, answer.removeprefix("$").lstrip("."), stream, timeout
    )


def _refuse_address(url: str, here: Place) -> None:
    try:
        parts = urlsplit(url.replace("{port}", "1"))
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or any(char.isspace() for char in url):
        raise here.at("url").refused("is not an address; write https://host/path")


def _body(found: Any, here: Place, secrets: set[str], depth: int = 0) -> Any:
    """The template of a body: text, or what becomes JSON; filled from the environment."""
    if depth > 20:
        raise here.at("body").refused("is nested too deeply")
    if isinstance(found, dict):
        return {str(k): _body(one, here, secrets, depth + 1) for k, one in found.items()}
    if isinstance(found, list):
        return [_body(one, here, secrets, depth + 1) for one in found]
    return _filled(found, here, secrets) if isinstance(found, str) else found


def _filled(text: str, here: Place, secrets: set[str]) -> str:
    """A text with ${NAME} from the environment."""

    def value(found: re.Match[str]) -> str:
        said = os.environ.get(found[1], "")
        if not said:
            raise here.refused(f"{found[1]} is not set in the environment; export it first")
        secrets.add(said)
        return said

    return VARIABLE.sub(value, text)


def _probe(found: Any, here: Place, personas: Sequence[str]) -> Probe:
    if isinstance(found, str):
        return Probe(shown(found), found)
    parts = here.mapping(found, ("name", "ask", "expects"))
    ask = here.at("ask").text(parts.get("ask"))
    expects = here.at("expects").mapping(parts.get("expects") or {}, ("*", *personas))
    texts = {name: here.at("expects").at(name).text(one) for name, one in expects.items()}
    return Probe(shown(parts.get("name") or ask), ask, texts)


def refuse_told(script: Script, canaries: Sequence[Canary]) -> None:
    """Raise CannotRun for a probe that holds a canary: an echo would look like a leak."""
    for number, probe in enumerate(script.probes, 1):
        for one in canaries:
            if one.bare in bare(probe.ask + " " + probe.name):
                raise CannotRun(
                    f"probe {number} holds the value of the canary {shown(one.name)}; leave it out"
                )
