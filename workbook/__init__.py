"""The engine of the Operator Workbook: opens a lab, judges answers, keeps progress."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbook.answer import Answer, AnswerFailed, Crash, Handle, Outcome, Step
    from workbook.callee import perform
    from workbook.errors import UsageError
    from workbook.lab import open_lab
    from workbook.results import Case, Finding

_HOMES = {
    "Answer": "answer",
    "AnswerFailed": "answer",
    "Case": "results",
    "Crash": "answer",
    "Finding": "results",
    "Handle": "answer",
    "Outcome": "answer",
    "Step": "answer",
    "UsageError": "errors",
    "open_lab": "lab",
    "perform": "callee",
}
__all__ = [
    "Answer", "AnswerFailed", "Case", "Crash", "Finding", "Handle", "Outcome", "Step",
    "UsageError", "open_lab", "perform",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'workbook' has no attribute {name!r}")
    return getattr(importlib.import_module(f"workbook.{_HOMES[name]}"), name)
