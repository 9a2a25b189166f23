"""The error of an instrument that cannot do its work, in one line."""

from __future__ import annotations


class CannotRun(Exception):
    """The input or the surroundings do not allow it: says what, where and what to do."""


class Stopped(BaseException):
    """A signal asked the process to end; not an Exception, so that no handler swallows it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number
