"""Answers in a session's process, as a check sees them: one process, or two that take turns."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from workbook import protocol, session
from workbook.answer import AnswerTimedOut, Handle, Outcome, ProtocolBroken, Step
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


class Alternating:
    """One answer in several sessions, whose processes have different hash seeds, call by call.

    What an answer keeps in its process, or makes of Python's salted `hash`, is not there on the
    next call, as it would not be in the next night's run. `apart`: the exercise has functions
    only, so that the steps of a script may run in different processes; a class's objects may not.
    """

    def __init__(self, answers: Sequence[ProcessAnswer], *, apart: bool) -> None:
        self.text, self._apart = answers[0].text, apart
        self._answers, self._calls = list(answers), [0] * len(answers)
        self._last: tuple[int, int] | None = None  # whose turn it was, and its calls before

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._next().call(**data)

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it for each set of arguments; those that share a handle's world, one by one."""
        given = list(batch)
        if any(isinstance(value, Handle) for data in given for value in data.values()):
            return [self.call(**data) for data in given]
        return self._next().map(given)

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; players that take turns are in one process."""
        if order or not self._apart:
            return self._next().play(script, order)
        return [self._next().play([step])[0] for step in script]

    def place(self) -> str:
        """Return the path of a database file that does not exist yet: another world begins."""
        self._last = None
        return self._answers[0].place()

    def folder(self) -> str:
        """Return the path of a new, empty folder inside the exchange folder."""
        self._last = None
        return self._answers[0].folder()

    def _next(self) -> ProcessAnswer:
        """Another one than the last; if there is a choice, one that was called as often before.

        What it counts by itself then comes to the number that is there already.
        """
        last, before = self._last or (None, None)

        def fit(one: int) -> tuple[bool, bool, int]:
            calls = self._calls[one]
            meets = self._calls.count(calls) > 1 if last is None else calls == before
            return one != last, meets, -calls

        chosen = max(range(len(self._answers)), key=fit)
        self._last = chosen, self._calls[chosen]
        self._calls[chosen] += 1
        return self._answers[chosen]


def _unopened(handle: Any) -> dict[str, Any]:
    """The evidence of a handle that saw nothing: its parts; {} where it tells none unopened."""
    try:
        return dict(replace(handle).evidence())
    except Exception:  # a handle of a lab's, which may need to be opened first
        return {}


def _kinds(evidence: Mapping[str, Any]) -> dict[str, type]:
    return {name: type(value) for name, value in evidence.items()}
