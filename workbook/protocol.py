"""What an answer's process may reply to a judge: decoded strictly against this schema."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta

Line = Annotated[str, Meta(max_length=2_000)]
Printed = Annotated[str, Meta(max_length=8_000)]


class Broken(Exception):
    """What came is not a reply of ours."""


class _Reply(msgspec.Struct, forbid_unknown_fields=True, tag_field="kind"):
    """`number`: that of the request which it answers."""

    number: int


class FailureSent(msgspec.Struct, forbid_unknown_fields=True):
    """An exception, as `answer.Failure` has it."""

    type: Line
    message: Line
    line: int
    source: Line
    function: Line


class OutcomeSent(msgspec.Struct, forbid_unknown_fields=True):
    """One call; `result` and the values of `evidence` are those of `plain.Wire`."""

    result: Any
    failure: FailureSent | None
    evidence: dict[str, Any]
    printed: Printed
    threads: list[Line]


class Ran(_Reply, tag="ran"):
    """A cell ran to its end, raised, or was stopped."""

    failure: FailureSent | None
    timed_out: bool


class Called(_Reply, tag="called"):
    """Calls came back."""

    outcomes: list[OutcomeSent]


class Stopped(_Reply, tag="stopped"):
    """A call was stopped at its time limit."""


Reply = Ran | Called | Stopped
_decoder: msgspec.json.Decoder[Reply] = msgspec.json.Decoder(Reply)


def decoded(message: bytes) -> Reply:
    """A reply; raises Broken for everything that is not exactly one."""
    try:
        return _decoder.decode(message)
    except (msgspec.MsgspecError, RecursionError, ValueError) as error:
        raise Broken(" ".join(str(error).split())[:200]) from None
