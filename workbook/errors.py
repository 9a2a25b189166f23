"""The errors that a user can cause, each said in one line."""

from __future__ import annotations


class WorkbookError(Exception):
    """Something the user gave cannot be used: says what, where and what to do, in one line."""

    def _render_traceback_(self) -> list[str]:
        """What IPython prints instead of a traceback."""
        return [f"{type(self).__name__}: {self}"]


class UsageError(WorkbookError):
    """A name or value that the workbook does not know: a lab, an exercise, a mode, a parameter."""


class PageError(WorkbookError):
    """A notebook file that cannot be read as one."""
