"""Breaks lines between words only: a path or a name stays whole, even one longer than the line."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

# A word; what a shell quotes as a path is one, with its spaces.
WORD = re.compile(r"(\s*)((?:(?<![^\s(=])'[\w.~ -]*/[^'\n;(){}\"=$<>|&]*'\S*)|\S+)")
PLACE = re.compile(r"[\w.~:-]*[/\\]\S+")
READABLE = 12  # columns in which a text beside a path can be read
LONGEST = 80  # characters of a path that a column of a table keeps whole; a longer one is data


def columns_of(text: str) -> int:
    """How many columns of a terminal a text takes."""
    wide = sum(unicodedata.east_asian_width(char) in "WF" for char in text)
    return len(text) + wide - sum(bool(unicodedata.combining(char)) for char in text)


def wrapped(text: str, width: int, used: int = 0) -> list[str]:
    """The text in lines of so many columns, of which the first has `used` some already.

    A word that is longer than a line has one of its own, and is not broken.
    """
    lines = []
    for part in text.split("\n"):
        line, free = "", width - used
        for space, word in WORD.findall(part):
            if line.strip() and columns_of(line + space + word) > free:
                lines.append(line)
                line, free = word, width
            else:
                line += space + word
        lines.append(line)
        used = 0
    return lines


def fill(text: str, width: int) -> str:
    """The text with its line breaks."""
    return "\n".join(wrapped(text, width))


def column_widths(cells: Sequence[Sequence[str]], width: int) -> list[int]:
    """Widths of a table's columns, each given by its cells, that fit into so many together.

    The widest shrink first, down to their longest words; where these do not fit together, only
    paths stay whole, and where these do not, the table is wider.
    """
    full = [
        max((columns_of(p) for one in col for p in one.split("\n")), default=0) for col in cells
    ]
    least = [max(map(columns_of, _words(column)), default=1) for column in cells]
    if sum(least) > width:
        least = _around_paths(cells, least)
    found = least
    for most in range(min(width, max(full, default=0)), 0, -1):
        found = [max(low, min(one, most)) for one, low in zip(full, least, strict=True)]
        if sum(found) <= width:
            break
    return found


def _words(cells: Sequence[str]) -> list[str]:
    return [word for cell in cells for word in cell.split()]


def _around_paths(cells: Sequence[Sequence[str]], words: Sequence[int]) -> list[int]:
    """Least widths where only paths stay whole; what is beside them can still be read."""
    found = [
        max((columns_of(one) for one in _words(column) if PLACE.match(one)), default=0)
        for column in cells
    ]
    found = [one if one <= LONGEST else 0 for one in found]
    rest = READABLE if any(found) else 1
    return [one or min(rest, word) for one, word in zip(found, words, strict=True)]
