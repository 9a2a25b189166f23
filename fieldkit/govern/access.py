"""Asks an application every probe as every persona, and looks at who saw which canary."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.govern import canaries as planted
from fieldkit.govern import evidence, personas, policy
from fieldkit.govern.application import Reply, ask, running
from fieldkit.govern.canaries import Canary, bare
from fieldkit.govern.documents import shown
from fieldkit.govern.found import Answered, Asked
from fieldkit.govern.personas import Persona, Probe, Script
from fieldkit.report.words import shell_line

Progress = Callable[[int, int, str], None]


@dataclass(frozen=True)
class Settings:
    """`policy`: what the report is evidence for; `patience`: seconds for a start."""

    policy: Path | None = None
    patience: float = 30.0


def access(
    personas_file: Path, canaries_file: Path, command: Sequence[str] = (),
    settings: Settings | None = None, progress: Progress = lambda *_: None,
) -> Asked:  # fmt: skip
    """Ask it all; raises CannotRun where the application gave not one answer."""
    settings = settings or Settings()
    script = personas.read(personas_file)
    known = planted.read(canaries_file, [one.name for one in script.personas])
    personas.refuse_told(script, known)
    if settings.policy:
        policy.read(settings.policy)
    own_port = any("{port}" in one.request.url for one in script.personas)
    if own_port and not command:
        raise CannotRun(
            f"--personas {personas_file}: the url has {{port}}: name the application's command "
            "after --, or write its port"
        )
    _refuse_told(command, script, known)
    if command:
        with running(command, settings.patience) as port:
            found = _asked(script, known, port, progress)
    else:
        found = _asked(script, known, None, progress)
    target = shell_line(command) if command else script.personas[0].request.url.split("?")[0]
    found.application = script.application
    found.target = _without(target, script, known)
    found.policy_digest = evidence.digest(settings.policy) if settings.policy else ""
    return found


def _refuse_told(command: Sequence[str], script: Script, known: Sequence[Canary]) -> None:
    """Raise CannotRun where the command line holds a secret: reports and `ps` show it."""
    secrets = {one for persona in script.personas for one in persona.secrets}
    if any(one in " ".join(command) for one in secrets | {one.value for one in known}):
        raise CannotRun(
            "the command after -- holds a token or the value of a canary, which reports and the "
            "list of processes would show; let the application read it from the environment"
        )


def _without(text: str, script: Script, known: Sequence[Canary]) -> str:
    """A text for the report, without what is secret."""
    secrets = {one for persona in script.personas for one in persona.secrets}
    for secret in sorted(secrets | {one.value for one in known}, key=len, reverse=True):
        text = text.replace(secret, "***")
    return text


def _asked(script: Script, known: Sequence[Canary], port: int | None, progress: Progress) -> Asked:
    at = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    found = Asked("", canaries=len(known), at=at, warnings=list(script.warnings))
    # Who may see most asks first: an answer kept for one and given to the next is seen then.
    order = sorted(
        script.personas, key=lambda one: -sum(one.name in canary.personas for canary in known)
    )
    number, total = 0, len(order) * len(script.probes)
    for probe in script.probes:
        for persona in order:
            progress(number, total, persona.name)
            number += 1
            found.answers.append(_one(persona, probe, known, port))
    _refuse_silence(found)
    found.warnings += [*_unseen(found, known), *_nearly(script, known)]
    if not any(one.expects for one in found.answers):
        found.warnings.append(
            "no probe says what must be answered (expects): an application that denies everything "
            "would pass"
        )
    return found


def _refuse_silence(found: Asked) -> None:
    """Raise CannotRun where nothing at all was answered."""
    failed = found.of("failed")
    if failed and len(failed) == len(found.answers):
        raise CannotRun(f"the application {failed[0].why}, {len(failed)} times of {len(failed)}")


def _one(persona: Persona, probe: Probe, known: Sequence[Canary], port: int | None) -> Answered:
    reply = ask(persona, probe.ask, port)
    seen = planted.seen(reply.everything, known)
    forbidden = tuple(one.name for one in seen if persona.name not in one.personas)
    allowed = tuple(one.name for one in seen if persona.name in one.personas)
    expected = probe.expects.get(persona.name) or probe.expects.get("*") or ""
    missed = int(bool(expected) and not _holds(reply, expected, known))
    return Answered(
        persona.name, probe.name, forbidden, allowed, int(bool(expected)), missed, reply.denied,
        reply.why,
    )  # fmt: skip


def _unseen(found: Asked, known: Sequence[Canary]) -> Iterator[str]:
    """A canary that not even those saw who may see it: its value may be mistyped."""
    seen = {name for one in found.answers for name in (*one.seen, *one.allowed)}
    for one in known:
        if one.personas and one.name not in seen:
            yield (
                f"nobody saw the canary {shown(one.name)}, not even who may see it, so that it "
                "shows nothing: is its value the one that stands in the data, and does a probe "
                "ask for it?"
            )


def _nearly(script: Script, known: Sequence[Canary]) -> Iterator[str]:
    """An expected text that is nearly the name of a canary: a slip, most of the time."""
    names = [one.name for one in known]
    for number, probe in enumerate(script.probes, 1):
        for persona, text in probe.expects.items():
            near = difflib.get_close_matches(text, names, 1, 0.8)
            if near and text not in names:
                yield (
                    f"what probe {number} expects for {persona} is nearly the name of the canary "
                    f"{shown(near[0])}, but not the same: it is looked for as a text"
                )


def _holds(reply: Reply, expected: str, known: Sequence[Canary]) -> bool:
    """Whether an answer holds what is expected: the value of a canary by its name, else a text."""
    value = next((one.value for one in known if one.name == expected), expected)
    return bool(bare(value)) and bare(value) in bare(reply.text)
