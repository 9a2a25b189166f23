"""The answer boundary: what a check may ask of a learner's code, and what it gets back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

Turn = Callable[[], None]


class Crash(BaseException):
    """The process counts as dead from here on; not an Exception, so no handler catches it."""


@runtime_checkable
class Handle(Protocol):
    """A thing that lives only beside the learner's code: a connection, a web source, a clock.

    A handle is a dataclass whose fields are plain data, so that it can be sent to another process.
    """

    def open(self, turn: Turn) -> Any:
        """Return what the learner's code gets; call `turn()` before each of its effects."""

    def close(self) -> None:
        """Release it, also after a crash."""

    def evidence(self) -> dict[str, Any]:
        """Return what happened, as plain data."""


@dataclass(frozen=True)
class Failure:
    """An exception of the learner's code, with the learner's own line (1-based; 0 if unknown).

    `function`: the name of the function that line stands in.
    """

    type: str
    message: str
    line: int = 0
    source: str = ""
    function: str = ""

    def __str__(self) -> str:
        inside = f"in {self.function}," if self.function not in ("", "<module>") else "at"
        where = f" {inside} line {self.line}: {self.source}" if self.line else ""
        return f"{self.type}: {self.message}{where}" if self.message else f"{self.type}{where}"


class AnswerFailed(Exception):
    """The answer raised where the check needed its value."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(str(failure))
        self.failure = failure


class AnswerTimedOut(Exception):
    """The answer did not return within its time limit."""


class ProtocolBroken(Exception):
    """What holds the answer said something that nothing of ours would say."""


class CannotJudge(Exception):
    """The judge could not come to a verdict; the message is the reason."""


@dataclass(frozen=True)
class Outcome:
    """What one call of the answer left behind: plain data only.

    `crashed`: a handle's injected crash ended the call, also if the answer swallowed it.
    `died`: the process that held the answer is gone (a real kill).
    `threads`: names of threads that the answer left running.
    """

    result: Any = None
    failure: Failure | None = None
    evidence: Mapping[str, dict[str, Any]] = field(default_factory=dict)
    printed: str = ""
    died: bool = False
    threads: tuple[str, ...] = ()

    @property
    def crashed(self) -> bool:
        """Whether an injected crash or a real kill ended this call."""
        return self.died or any(seen.get("crashed") for seen in self.evidence.values())

    @property
    def value(self) -> Any:
        """The answer's return value; raises AnswerFailed where the answer raised."""
        if self.failure is not None:
            raise AnswerFailed(self.failure)
        if self.died:
            raise AnswerFailed(Failure("ProcessDied", "your code ended its Python process"))
        return self.result


@dataclass(frozen=True)
class Step:
    """One call within a script: `player` calls `entry` with `data`.

    Where the exercise is a class, the step whose entry is the class's name makes the player's
    object, and later steps call its methods.
    """

    player: str
    entry: str
    data: Mapping[str, Any] = field(default_factory=dict)


class Answer(Protocol):
    """A learner's answer, wherever it runs. Raises AnswerTimedOut when a call never ends."""

    text: str

    def call(self, **data: Any) -> Outcome:
        """Call the exercise's function once."""

    def map(self, batch: Iterable[Mapping[str, Any]]) -> list[Outcome]:
        """Call it once for each set of arguments, in one message."""

    def play(self, script: Sequence[Step], order: Sequence[str] = ()) -> list[Outcome]:
        """Run a script; with `order`, players take turns at each effect in that order."""

    def place(self) -> str:
        """Return a new address for a database: `memory:NAME` here, a file's path elsewhere."""

    def folder(self) -> str:
        """Return the path of a new, empty folder that the answer can reach."""
