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


# An address in the query of a link, in a page or in escaped JSON; %2540 is encoded twice.
ENCODED = re.compile(
    r"%(?:25)*40|%(?:25)*2[Bb](?=\d)|&#(?:64|[xX]40);|&commat;|\\u00(?:40|2[Bb](?=\d))"
)
CHARACTER = re.compile(
    r"%(?:25)*(?P<percent>[2-7][0-9A-Fa-f])|&#(?P<number>\d{2,3});|&#[xX](?P<hex>[2-7][0-9A-Fa-f]);|"
    r"&(?P<name>commat|period|plus|lowbar|nbsp);|\\u00(?P<unicode>[2-7][0-9A-Fa-f])"
)
NAMED = {"commat": "@", "period": ".", "plus": "+", "lowbar": "_", "nbsp": " "}


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

    Digits of all scripts become 0 to 9, an encoded `@` and what is encoded beside it are read;
    what takes no room on a screen is left out.
    """
    read, places = _decoded(text) if ENCODED.search(text) else (text, None)
    if read.isascii():
        return read, places
    changed = read.translate(_plain_characters())
    if not INVISIBLE.search(changed):
        return changed, places
    kept = [n for n, char in enumerate(changed) if not INVISIBLE.match(char)]
    at = places or [*range(len(text) + 1)]
    return "".join(changed[n] for n in kept), [*(at[n] for n in kept), len(text)]


def _decoded(text: str) -> tuple[str, list[int]]:
    """A text in which characters are encoded, read; and where each of them began."""
    read: list[str] = []
    places: list[int] = []
    at = 0
    for found in CHARACTER.finditer(text):
        char = _character(found)
        if not char.isprintable():
            continue
        read += [text[at : found.start()], char]
        places += [*range(at, found.start() + 1)]
        at = found.end()
    return "".join([*read, text[at:]]), [*places, *range(at, len(text) + 1)]


def _character(found: re.Match[str]) -> str:
    if name := found["name"]:
        return NAMED[name]
    if number := found["number"]:
        return chr(int(number))
    return chr(int(found["percent"] or found["hex"] or found["unicode"], 16))


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
