"""The error of an instrument that cannot do its work, in one line."""

from __future__ import annotations


class CannotRun(Exception):
    """The input or the surroundings do not allow it: says what, where and what to do."""
