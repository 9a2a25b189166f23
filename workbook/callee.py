"""What runs beside the learner's code: opens handles, calls it, returns plain data."""

from __future__ import annotations

import contextlib
import io
import itertools
import linecache
import os
import re
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, is_dataclass, replace
from datetime import date, datetime, timedelta
from time import monotonic  # the real one, whatever a lab makes of time later
from types import NoneType
from typing import Any

from workbook.answer import AnswerTimedOut, Crash, Failure, Handle, Outcome, Step, Turn
from workbook.limits import GRACE, TimedOut, run_limited
from workbook.plain import NotPlain, copied
from workbook.render import printable

SPEAKING = 1.0  # seconds for an exception to say what it is
ENCODING = 30.0  # seconds for turning a result into data
LEEWAY = 1.0  # seconds beyond a step's limit until a turn that does not come back is given up
PRINTED = 4_000  # characters of an answer's output that are kept
_numbers = itertools.count(1)
# A class that says its own name may never come to its end with it.
_name_of: Callable[[type], str] = type.__dict__["__name__"].__get__
_DATA = {bool, int, float, str, bytes, list, tuple, dict, set, NoneType, date, datetime, timedelta}
_HANDLES: dict[type, bool] = dict.fromkeys(_DATA, False)  # by class, whether it is a handle's
_Printing = Callable[[io.StringIO], contextlib.AbstractContextManager[None]]


@dataclass
class Registered:
    """An answer as this process knows it: the cell's source and what it defines, or its text."""

    exercise: str
    source: str
    entries: dict[str, Any] = field(default_factory=dict)
    text: str | None = None

    def entry(self, name: str = "") -> Any:
        """Return what the exercise defines under `name`; without a name, the first definition."""
        return self.entries[name] if name else next(iter(self.entries.values()))


REGISTERED: dict[str, Registered] = {}  # exercise id -> the answer of this process


def perform(function: Callable[..., Any], data: Mapping[str, Any], limit: float) -> Outcome:
    """Call `function(**data)` with opened handles; of all errors raises only AnswerTimedOut."""
    return _perform(function, data, limit, lambda: None, _quiet)


def play(
    answer: Registered, script: Sequence[Step], order: Sequence[str], limit: float
) -> list[Outcome]:
    """Run a script's steps in sequence, or, with `order`, its players turn by turn."""
    players = {player: _Player(answer) for player in dict.fromkeys(s.player for s in script)}
    try:
        if not order:
            return [players[s.player].step(s, limit, lambda: None, _quiet) for s in script]
        return _Turns(players, script, limit).run(order)
    finally:
        left = [player.leave() for player in players.values()]
        if any(one is not None for one in left):  # to set a limit takes a while
            with quiet():
                let_go(left)


def _perform(
    function: Callable[..., Any],
    data: Mapping[str, Any],
    limit: float,
    turn: Turn,
    printing_to: _Printing,
) -> Outcome:
    handles = {name: _unused(value) for name, value in data.items() if _is_handle(value)}
    given = {name: copied(value) for name, value in data.items() if name not in handles}
    before, printed = set(threading.enumerate()), _Bounded()
    result, failure, opened = None, None, []
    try:
        for name, handle in handles.items():
            given[name] = handle.open(turn)
            opened.append(handle)
        with printing_to(printed):
            result, failure = called(lambda: _here(function, given), limit)
    except AnswerTimedOut:
        raise
    except BaseException as error:  # of a handle that could not be opened
        failure = failure_of(error)
    finally:
        for handle in opened:
            handle.close()
    evidence = {name: handle.evidence() for name, handle in handles.items()}
    left = (t.name for t in set(threading.enumerate()) - before if t.is_alive() and not t.daemon)
    return Outcome(result, failure, evidence, printed.getvalue(), threads=tuple(sorted(left)))


def called(work: Callable[[], Any], limit: float) -> tuple[Any, Failure | None]:
    """The value of `work`, or why there is none; raises AnswerTimedOut.

    An error holds the frames that it passed through, and these the learner's objects: what an
    error says of itself, and what such objects do when they go, is code that may never end, too.
    """
    errors: list[BaseException] = []
    depth = sys.getrecursionlimit()
    try:
        return run_limited(work, limit), None
    except BaseException as error:  # also SystemExit and KeyboardInterrupt of the learner's code
        errors.append(error)
    finally:
        sys.setrecursionlimit(depth)  # as low or as high as the answer left it, the judge would end
    late, crashed = (isinstance(errors[0], kind) for kind in (TimedOut, Crash))
    failure = None if late or crashed else failure_of(errors[0])
    let_go(errors)
    if late:
        raise AnswerTimedOut
    return None, failure


def let_go(held: list[Any]) -> None:
    """Empty a list of what may be the learner's objects: within a limit, for they may object."""
    with contextlib.suppress(TimedOut):
        run_limited(held.clear, SPEAKING)


def _here(function: Callable[..., Any], given: Mapping[str, Any]) -> Any:
    """Call it. A fork of this process ends here: it would go on as a second one of the same."""
    process = os.getpid()
    try:
        return _as_it_is(function(**given))
    finally:
        if os.getpid() != process:
            os._exit(0)


def _as_it_is(result: Any) -> Any:
    """A copy: the answer may go on changing what it gave. What holds itself is refused later."""
    with contextlib.suppress(RecursionError):
        return copied(result)
    return result


def _is_handle(value: Any) -> bool:
    """Whether its class has what a handle has; to look for that takes a while."""
    kind = type(value)
    if kind not in _HANDLES:
        _HANDLES[kind] = issubclass(kind, Handle)
    return _HANDLES[kind]


def _unused(handle: Any) -> Any:
    """A copy that was never opened, as another process would get."""
    return replace(handle) if is_dataclass(handle) and not isinstance(handle, type) else handle


def quiet() -> contextlib.AbstractContextManager[None]:
    """What is printed and warned of meanwhile is dropped."""
    return _quiet(_Bounded())


@contextlib.contextmanager
def _quiet(printed: io.StringIO) -> Iterator[None]:
    """Neither what the answer prints nor its warnings reach the page."""
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(action="ignore"),
    ):
        yield


def failure_of(error: BaseException) -> Failure:
    """Describe an exception by its first line and the learner's own line nearest to it."""
    try:
        described: Failure = run_limited(lambda: _described(error), 3 * SPEAKING)
    except BaseException:  # also the time limit: there may be a million frames
        return Failure(_cut(_name_of(type(error)), 100), "")
    return described


def _described(error: BaseException) -> Failure:
    message = next(iter(_words(error).strip().splitlines()), "")
    message = re.sub(r" at 0x[0-9a-f]+", "", message)  # differs each time
    line, source, function = _own_line(error)
    kind = _cut(_name_of(type(error)), 100)
    return Failure(kind, _cut(message, 300), line, _cut(source, 120), _cut(function, 100))


def _own_line(error: BaseException) -> tuple[int, str, str]:
    """The last line of the learner's own that an error passed: number, text, function."""
    for frame, number in reversed(list(traceback.walk_tb(error.__traceback__))):
        code = frame.f_code
        if not os.path.exists(code.co_filename) and not code.co_filename.startswith("<frozen"):
            text = linecache.getline(code.co_filename, number, frame.f_globals)
            return number, text.strip(), code.co_name
    return 0, "", ""


def _words(error: BaseException) -> str:
    """An exception's text; that of a class of the learner's may raise, or never end."""
    try:
        words: str = run_limited(lambda: str.__str__(str(error)), SPEAKING)
    except BaseException:  # also the time limit, and what the text's own code raises
        return ""
    return words


def _cut(text: str, length: int) -> str:
    text = printable(text)
    return text if len(text) <= length else text[: length - 1] + "…"


def compile_answer(source: str, name: str, flags: int = 0) -> Any:
    """Compile an answer's text so that tracebacks can show its lines; raises SyntaxError."""
    filename = f"<answer {name} {next(_numbers)}>"
    linecache.cache[filename] = (len(source), None, source.splitlines(keepends=True), filename)
    return compile(source, filename, "exec", flags, dont_inherit=True)


def not_plain(error: NotPlain) -> Failure:
    """What a check sees where the answer returned something that is not data."""
    return Failure("NotPlain", f"your code returned something that is not plain data: {error}")


class _Bounded(io.StringIO):
    """Keeps the first characters of what is written, so that a flood costs nothing."""

    def close(self) -> None:
        """Stay open: an answer may close what it takes for its terminal."""

    def write(self, text: str) -> int:
        room = PRINTED - self.tell()
        if room > 0:
            super().write(text[:room])
        return len(text)


class _ByThread(io.StringIO):
    """Sends what a player prints to the player's own record; what others print is dropped."""

    def __init__(self) -> None:
        super().__init__()
        self._records: dict[int, io.StringIO] = {}

    @contextlib.contextmanager
    def catch(self, printed: io.StringIO) -> Iterator[None]:
        """Let what this thread prints go to `printed`."""
        self._records[threading.get_ident()] = printed
        yield

    def write(self, text: str) -> int:
        record = self._records.get(threading.get_ident())
        return record.write(text) if record else len(text)


class _Player:
    """One runner of a script: holds the object it made, if the exercise is a class."""

    def __init__(self, answer: Registered) -> None:
        self._answer = answer
        self._object: Any = None

    def leave(self) -> Any:
        """Give up the object."""
        given, self._object = self._object, None
        return given

    def step(self, step: Step, limit: float, turn: Turn, printing_to: _Printing) -> Outcome:
        """Make the object, call its method, or call the function that the exercise defines."""
        target = self._answer.entries.get(step.entry)
        if target is None and self._object is not None:
            target = getattr(self._object, step.entry, None)
        if target is None:
            missing = f"this exercise needs {step.entry!r} too, in the same cell"
            return Outcome(failure=Failure("AttributeError", missing))
        outcome = _perform(target, step.data, limit, turn, printing_to)
        if isinstance(target, type):
            self._object = outcome.result
            return Outcome(None, outcome.failure, outcome.evidence, outcome.printed)
        return outcome


class _Turns:
    """Players in threads of their own; exactly one runs at any moment, up to its next effect."""

    def __init__(self, players: dict[str, _Player], script: Sequence[Step], limit: float) -> None:
        self._players, self._script, self._limit = players, script, limit
        self._turn = threading.Condition()
        self._running: str | None = None
        self._finished: set[str] = set()
        self._since: dict[str, float] = {}  # when each player's step began
        self._outcomes: dict[int, Outcome] = {}
        self._late = False
        self._printed = _ByThread()

    def run(self, order: Sequence[str]) -> list[Outcome]:
        """Give turns in `order`, then let each player run to its end, in their first order."""
        threads = [
            threading.Thread(target=self._live, args=(name,), name=name, daemon=True)
            for name in self._players
        ]
        # Redirected once for all: players that did it themselves would undo it out of turn.
        with _quiet(self._printed):
            for thread in threads:
                thread.start()
            try:
                for name in order:
                    self._give(name)
                for name in self._players:
                    while name not in self._finished:
                        self._give(name)
            finally:
                for thread in threads:
                    thread.join(GRACE)
        return [self._outcomes[i] for i in range(len(self._script))]

    def _live(self, name: str) -> None:
        self._wait_for(name)
        for number, step in enumerate(self._script):
            if step.player == name and not self._late:
                self._since[name] = monotonic()
                try:
                    outcome = self._players[name].step(
                        step, self._limit, lambda: self._yield(name), self._printed.catch
                    )
                except AnswerTimedOut:
                    self._late = True
                else:
                    self._outcomes[number] = outcome
        with self._turn:
            self._finished.add(name)
            self._running = None
            self._turn.notify_all()

    def _yield(self, name: str) -> None:
        """Called before each effect: hand back the turn and wait for the next one."""
        with self._turn:
            self._running = None
            self._turn.notify_all()
        self._wait_for(name)
        if self._late:
            raise Crash

    def _wait_for(self, name: str) -> None:
        with self._turn:
            self._turn.wait_for(lambda: self._running == name or self._late)

    def _give(self, name: str) -> None:
        with self._turn:
            if name in self._finished:
                return
            self._running = name
            self._turn.notify_all()
            self._since.setdefault(name, monotonic())
            if not self._returned(name):
                self._late = True  # else it stays as it is: the player may have set it
            self._turn.notify_all()
        if self._late:
            raise AnswerTimedOut

    def _returned(self, name: str) -> bool:
        """Wait for the turn. What its own limit does not end, nothing ends from within."""
        while self._running is not None:
            left = self._since[name] + self._limit + LEEWAY - monotonic()
            if left <= 0:
                return False
            self._turn.wait_for(lambda: self._running is None, left)
        return True
