"""An answer in a session's process, as a check sees it."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbook import protocol, session
from workbook.answer import AnswerTimedOut, Outcome, ProtocolBroken, Step
from workbook.limits import TimedOut, run_limited
from workbook.plain import NotPlain

BUDGET = 25.0  # all calls of one answer in one judgement may take so many times its limit


class ProcessAnswer:
    """An answer in a session's process. Databases are files in the exchange folder.

    Raises AnswerTimedOut when a call never ends, or all calls together take too long, and
    ProtocolBroken where the process says what no answer of ours would.
    """

    def __init__(self, held: session.Session, exercise: str, limit: float, text: str) -> None:
        self.text = text
        self.persisted = self.files = False
        self.left = limit * BUDGET
        self._session, self._exercise, self._limit = held, exercise, limit

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._ask("call", [("", "", data)])[0]

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments, in one message."""
        steps = [("", "", data) for data in batch]
        return self._ask("map", steps) if steps else []

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; with `order`, players take turns at each effect in that order."""
        return self._ask("play", [(s.player, s.entry, s.data) for s in script], order)

    def place(self) -> str:
        """Return the path of a database file that does not exist yet."""
        self.persisted = True
        return str(self._session.place())

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        self.persisted = self.files = True
        return tempfile.mkdtemp(dir=self._session.exchange)

    def _ask(
        self, verb: str, steps: list[tuple[str, str, Mapping[str, Any]]], order: Sequence[str] = ()
    ) -> list[Outcome]:
        began = time.monotonic()
        if not self._session.running():
            self._session.start()
        wire = self._session.wire
        for data in (data for _, _, data in steps):
            self._session.let_through(data)
        request = {
            "verb": verb,
            "exercise": self._exercise,
            "limit": self._limit,
            "order": list(order),
            "steps": [(p, e, wire.encode(dict(data))) for p, e, data in steps],
        }
        reply = self._session.ask(request, self._limit * (len(steps) + 1) + session.MARGIN)
        self.left -= time.monotonic() - began
        if reply is None:
            return [Outcome(died=True)] * len(steps)
        if isinstance(reply, protocol.Stopped):
            raise AnswerTimedOut
        if self.left < 0:
            spent = self._limit * BUDGET
            raise AnswerTimedOut(f"your code was stopped: its calls took {spent:g} s in all")
        if not isinstance(reply, protocol.Called) or len(reply.outcomes) != len(steps):
            raise ProtocolBroken("a reply to another request")
        sent = [data for _, _, data in steps]
        told = list(zip(reply.outcomes, sent, strict=True))
        try:  # a few bytes may take for ever to read: keys of a dict that all have one hash
            return list(run_limited(lambda: [self._outcome(*one) for one in told], session.MARGIN))
        except TimedOut:
            raise ProtocolBroken("a reply that takes too long to read") from None

    def _outcome(self, told: protocol.OutcomeSent, data: Mapping[str, Any]) -> Outcome:
        wire = self._session.wire
        try:
            result = wire.decode(told.result)
            evidence = {name: wire.decode(seen) for name, seen in told.evidence.items()}
        except NotPlain as error:
            raise ProtocolBroken(str(error)) from None
        for name, seen in evidence.items():
            if name not in data or not isinstance(seen, dict):
                raise ProtocolBroken(f"evidence of {name[:40]!r}, which is not asked for")
            if _kinds(seen) != (_kinds(_unopened(data[name])) or _kinds(seen)):
                raise ProtocolBroken(f"evidence of {name[:40]!r} that has other parts")
        return Outcome(
            result=result,
            failure=session.failure_of(told.failure),
            evidence=evidence,
            printed=told.printed,
            threads=tuple(map(session.printable, told.threads)),
        )


def _unopened(handle: Any) -> dict[str, Any]:
    """The evidence of a handle that saw nothing: its parts; {} where it tells none unopened."""
    try:
        return dict(replace(handle).evidence())
    except Exception:  # a handle of a lab's, which may need to be opened first
        return {}


def _kinds(evidence: Mapping[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in evidence.items()}
