"""The error of an instrument that cannot do its work, in one line."""

from __future__ import annotations


class CannotRun(Exception):
    """The input or the surroundings do not allow it: says what, where and what to do."""


class Stopped(BaseException):
    """A signal asked the process to end; not an Exception, so that no handler swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


_put: list[str] = []


def put_in_place(what: str) -> None:
    """Note what this process has changed for good, for its last line if it is stopped later."""
    _put.append(what)


def left_by_a_stop() -> str:
    """What a process that is stopped now leaves, in words."""
    return "; ".join(_put) or "all that it works on is as it was before"
