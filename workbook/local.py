"""An answer in this process: what `lab.check` judges in the learner's own kernel."""

from __future__ import annotations

import itertools
import os
import re
import shutil
import tempfile
import weakref
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

from workbook import callee
from workbook.answer import Failure, Outcome, Step
from workbook.plain import NotPlain, Wire, memory_backed

_SURROGATE = re.compile("[\ud800-\udfff]")
_places = itertools.count(1)


class LocalAnswer:
    """Calls the answer here; databases live in attached memory."""

    def __init__(self, registered: callee.Registered, limit: float) -> None:
        self.text = registered.text if registered.text is not None else registered.source
        self.registered = registered
        self.limit = limit
        self.persisted = self.files = False
        self._folders = ""

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""
        return self._plain(callee.perform(self.registered.entry(), data, self.limit))

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments."""
        return [self.call(**data) for data in batch]

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; with `order`, players take turns at each effect in that order."""
        outcomes = callee.play(self.registered, script, order, self.limit)
        return [self._plain(outcome) for outcome in outcomes]

    def place(self) -> str:
        """Return the name of a database in memory that only this process can open."""
        self.persisted = True
        return f"memory:warehouse_{next(_places)}"

    def folder(self) -> str:
        """Return the path of a new, empty folder; it is removed when nobody holds this any more.

        It may lie in memory, where what is left stays until the machine is started anew.
        """
        self.persisted = self.files = True
        if not self._folders:
            self._folders = tempfile.mkdtemp(prefix="workbook-", dir=memory_backed())
            weakref.finalize(self, _removed, self._folders, os.getpid())
        return tempfile.mkdtemp(dir=self._folders)

    def _plain(self, outcome: Outcome) -> Outcome:
        """Return the outcome with its result as data that holds nothing of the learner's objects.

        Reading them may run code of theirs, so it has the same limit.
        """
        if _is_simple(outcome.result):
            return outcome
        with callee.quiet():
            held = [outcome.result]
            object.__setattr__(outcome, "result", None)
            try:
                result, failure = callee.called(lambda: _taken(held[0]), self.limit)
            finally:
                callee.let_go(held)
        if isinstance(result, Failure):
            result, failure = None, result
        return replace(outcome, result=result, failure=failure or outcome.failure)


def _removed(folder: str, owner: int) -> None:
    """Remove a folder, but not from a process that was forked from its owner's."""
    if os.getpid() == owner:
        shutil.rmtree(folder, ignore_errors=True)


def _taken(result: Any) -> Any:
    """The data of a result; a Failure for what is no data."""
    try:
        return _copy(result)
    except NotPlain as error:
        return callee.not_plain(error)


def _is_simple(result: Any) -> bool:
    """What crosses as it is: a folder for each number would cost more than most answers."""
    kind = type(result)
    if kind is str:
        return result.isascii() or not _SURROGATE.search(result)
    return result is None or kind in (bool, float) or (kind is int and result.bit_length() < 64)


def _copy(result: Any) -> Any:
    with ExitStack() as until:
        wire = _Wire(until)
        return wire.decode(wire.encode(result))


class _Wire(Wire):
    """Makes its folder for the first frame: most results hold none, and a folder takes longer."""

    def __init__(self, until: ExitStack) -> None:
        super().__init__(Path())
        self._until, self._made = until, False

    def _send(self, frame: Any) -> str:
        if not self._made:
            self.folder = Path(
                self._until.enter_context(tempfile.TemporaryDirectory(dir=memory_backed()))
            )
            self._made = True
        return super()._send(frame)
