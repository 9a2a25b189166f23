"""A piece of personal data in a text: what it is, where it stands, and how a report may show it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

ENTITIES = ("mail", "phone", "card", "iban", "ssn", "ip", "url")
PERSONAL = ENTITIES[:-1]  # an address of a page says nothing of a person by itself
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060-\u2064\ufeff\u202a-\u202e]")
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2015\u2212\ufe58\ufe63\uff0d"
SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u3000"


@dataclass(frozen=True, order=True)
class Span:
    """Characters from `start` to before `end` of a text are this entity."""

    start: int
    end: int
    entity: str


@cache
def _plain_characters() -> dict[int, str]:
    """Every digit of every script as 0 to 9, full-width forms as ASCII, one dash, one space."""
    import unicodedata

    found = {0xFF01 + n: chr(0x21 + n) for n in range(94)}
    found |= dict.fromkeys(map(ord, SPACES), " ") | dict.fromkeys(map(ord, DASHES), "-")
    for code in range(0x80, 0x20000):  # beyond are no digits
        if unicodedata.category(chr(code)) == "Nd":
            found[code] = str(unicodedata.digit(chr(code)))
    return found


def plain(text: str) -> tuple[str, list[int] | None]:
    """The text as detectors read it, and where each of its characters stood (None: at its place).

    Digits of all scripts become 0 to 9; what takes no room on a screen is left out.
    """
    if text.isascii():
        return text, None
    changed = text.translate(_plain_characters())
    if not INVISIBLE.search(changed):
        return changed, None
    places = [n for n, char in enumerate(changed) if not INVISIBLE.match(char)]
    return "".join(changed[n] for n in places), [*places, len(text)]


def masked(entity: str, value: str) -> str:
    """A value as a report shows it: its kind can be recognised, the person cannot."""
    value = plain(value)[0]
    if entity == "mail":
        return f"{value[:1]}***@***.{value.rpartition('.')[2]}"
    if entity == "ip":
        return re.sub(r"[0-9a-fA-F]+", "*", value)
    if entity == "url":
        scheme, there, _ = value.partition("://")
        return f"{scheme}://***" if there else "***"
    return _last_digits(value, value[:2].upper() if entity == "iban" else "")


def _last_digits(value: str, begins: str) -> str:
    """All characters but separators as stars, except for the last two."""
    last = [n for n, char in enumerate(value) if char.isalnum()][-2:]
    stars = "".join(
        char if n in last or not char.isalnum() else "*" for n, char in enumerate(value)
    )
    return begins + stars[len(begins) :]
