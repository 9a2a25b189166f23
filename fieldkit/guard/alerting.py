"""Alerting: one message when an incident opens, one when it closes, queued until delivered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fieldkit.guard.policy import Channel
from fieldkit.state import durable

MOST = 50  # alerts that wait
NOT_DELIVERED = "alert not delivered"
PATIENCE = 5.0  # seconds for a webhook
LONGEST = 30.0  # seconds for a command


@dataclass
class AlertQueue:
    """The alerts of one state: `path` holds the open incident and the undelivered messages."""

    path: Path
    channels: Sequence[Channel]

    def _book(self) -> dict[str, Any]:
        return {"incident": {}, "letters": [], **durable.read_json(self.path)}

    def _write(self, book: dict[str, Any]) -> None:
        durable.write(self.path, json.dumps(book, ensure_ascii=False))

    @property
    def incident(self) -> dict[str, Any]:
        """The open incident: since, causes; empty if there is none."""
        return dict(self._book()["incident"])

    @property
    def waiting(self) -> int:
        """The number of messages that are not delivered to all yet."""
        return len(self._book()["letters"])

    def held(
        self, alert: Mapping[str, Any], causes: Sequence[str], checks: Sequence[Sequence[str]] = ()
    ) -> bool:
        """Queue an alert for a held-back run, unless all of its causes were reported already.

        `causes`: names of incidents; `checks`: what has to be judged as right before they are over.
        Gives whether there was a new one.
        """
        book = self._book()
        incident = book["incident"] or {"since": alert["at"], "causes": []}
        # What nobody was there to hear is told to those who are there now.
        known = incident["causes"] if incident.get("told", True) or not self.channels else []
        new = [one for one in causes if one not in known]
        if new:
            self._queue(book, {**alert, "since": incident["since"], "new": new})
            told = {"causes": [*known, *new], "told": bool(self.channels)}
            incident = {**incident, **told}
        book["incident"] = {**incident, "checks": [list(one) for one in checks]}
        self._write(book)
        return bool(new)

    def recovered(self, alert: Mapping[str, Any]) -> bool:
        """Queue the end of the incident, if there is one; gives whether there is."""
        book = self._book()
        incident = book["incident"]
        if incident:
            ended = {**alert, "since": incident["since"], "causes": incident["causes"]}
            if incident.get("told", True):
                self._queue(book, ended)
            self._write({**book, "incident": {}})
        return bool(incident)

    def _queue(self, book: dict[str, Any], alert: Mapping[str, Any]) -> None:
        if self.channels:
            book["letters"].append({"alert": alert, "told": []})

    def deliver(self) -> list[str]:
        """Deliver the queue to the channels that do not have it yet; gives the failures in words.

        Delivery is at least once: after a kill a message may come twice, with the same `run`.
        """
        book, problems = self._book(), dict[str, str]()
        if len(book["letters"]) > MOST:
            problems["old"] = f"more than {MOST} alerts are waiting: the oldest are dropped"
        book["letters"] = book["letters"][-MOST:]
        for letter in list(book["letters"]):
            for channel in self.channels:
                self._deliver(book, letter, channel, problems)
            if all(one.name in letter["told"] for one in self.channels):
                book["letters"].remove(letter)
                self._write(book)
        count = len(book["letters"])
        return [f"{why}; {count} waiting, sent at the next run" for why in problems.values()]

    def _deliver(
        self, book: dict[str, Any], letter: dict[str, Any], to: Channel, problems: dict[str, str]
    ) -> None:
        if to.name in letter["told"] or to.name in problems:
            return
        try:
            SENDERS[to.kind](to, letter["alert"])
        except (OSError, ValueError, subprocess.SubprocessError) as error:
            problems[to.name] = f"{NOT_DELIVERED} to {to.shown}: {_why(error)}"
        else:
            letter["told"].append(to.name)
            self._write(book)


def _why(error: object) -> str:
    if isinstance(error, urllib.error.HTTPError):
        return f"it answered {error.code}"
    if isinstance(error, urllib.error.URLError):
        return _why(error.reason)
    return (error.strerror if isinstance(error, OSError) else "") or str(error) or "no answer"


def text(alert: Mapping[str, Any]) -> str:
    """The alert as plain text."""
    lines = [alert["summary"], ""]
    for title, key in (("What", "what"), ("Stale", "stale"), ("What next", "next")):
        if found := alert.get(key):
            lines += [f"{title}:", *(f"  - {one}" for one in found)]
    return "\n".join([*lines, f"Since: {alert['since']}", f"Run: {alert['run']}"]) + "\n"


def _to_webhook(channel: Channel, alert: Mapping[str, Any]) -> None:
    body = json.dumps({**alert, "text": text(alert)}).encode()
    request = urllib.request.Request(
        channel.to, body, {"Content-Type": "application/json", "User-Agent": "fieldkit-guard"}
    )
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        answer.read(1024)


def _to_file(channel: Channel, alert: Mapping[str, Any]) -> None:
    with Path(channel.to).open("a", encoding="utf-8") as file:
        file.write(json.dumps(alert, ensure_ascii=False) + "\n")
        file.flush()
        os.fsync(file.fileno())


def _to_command(channel: Channel, alert: Mapping[str, Any]) -> None:
    process = subprocess.Popen(
        channel.argv, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    try:
        _, said = process.communicate(text(alert), timeout=LONGEST)
    except subprocess.TimeoutExpired:
        with suppress(ProcessLookupError, AttributeError):  # Windows has no groups to kill
            os.killpg(process.pid, signal.SIGKILL)
        process.kill()
        process.wait()
        raise OSError(f"it had not ended after {LONGEST:.0f} s") from None
    if process.returncode:
        last = (said.strip().splitlines() or ["nothing on stderr"])[-1]
        raise OSError(f"it ended with exit code {process.returncode}: {last}")


SENDERS = {"webhook": _to_webhook, "file": _to_file, "command": _to_command}
