"""What an instrument says, in one line, when it cannot do its work."""

from __future__ import annotations


class CannotRun(Exception):
    """Something outside the instrument is in the way: says what, where and what to do."""
