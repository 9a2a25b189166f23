"""What the command line of the audit names: texts and whole numbers."""

from __future__ import annotations

from fieldkit.inputs import text

__all__ = ["text", "whole"]
DIGITS = 18  # more is not a number of bytes


def whole(given: str) -> int | None:
    """A whole number from 0 of ASCII digits, with _ between them; None for anything else."""
    digits = given.replace("_", "")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= DIGITS else None
