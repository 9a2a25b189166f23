"""Canaries: values that nobody can guess, who may see each, and whether an answer shows one."""

from __future__ import annotations

import base64
import binascii
import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from fieldkit.errors import CannotRun
from fieldkit.govern.documents import read_text, shown

COLUMNS = ("name", "value", "personas")
SHORTEST = 6  # letters and digits: what is shorter stands in many an answer by chance
ENCODED = re.compile(r"[A-Za-z0-9+/_-]{8,}={0,2}")
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|&#(?:x[0-9A-Fa-f]+|\d+);")


@dataclass(frozen=True)
class Canary:
    """One planted value; `personas`: who may see it. Its value is in no text that we write."""

    name: str
    value: str = field(repr=False)
    personas: frozenset[str] = frozenset()

    @cached_property
    def bare(self) -> str:
        """The value as it is compared."""
        return bare(self.value)


def bare(text: str) -> str:
    """Letters and digits only, in one form: spaces, dashes and case hide nothing."""
    text = unicodedata.normalize("NFKC", text).casefold()
    digits = (str(unicodedata.digit(c)) if unicodedata.category(c) == "Nd" else c for c in text)
    return "".join(char for char in digits if char.isalnum())


def readings(text: str) -> Iterator[str]:
    """A text as it stands, unescaped, reversed, and what is encoded in it, each in bare form."""
    yield bare(text)
    if ESCAPED.search(text):
        yield bare(ESCAPED.sub(_unescaped, text))
    yield bare(text[::-1])
    for found in ENCODED.finditer(text):
        yield from map(bare, _decoded(found[0]))


def _unescaped(found: re.Match[str]) -> str:
    said = found[0]
    number = said[2:-1] if said[0] == "&" else said[1:] if said[0] == "%" else said[2:]
    base = 10 if said[0] == "&" and number[0] not in "xX" else 16
    code = int(number.lstrip("xX"), base)
    return chr(code) if code < 0x110000 else ""


def _decoded(said: str) -> Iterator[str]:
    """What a run of letters says if it is base64 or hexadecimal."""
    told = said.rstrip("=").replace("-", "+").replace("_", "/")
    with suppress(binascii.Error, ValueError):
        yield base64.b64decode(told + "=" * (-len(told) % 4), validate=True).decode()
    with suppress(ValueError):
        yield bytes.fromhex(told).decode()


def seen(text: str, canaries: Sequence[Canary]) -> list[Canary]:
    """The canaries that a text shows, as they are or written in another way."""
    ways = list(readings(text))
    return [one for one in canaries if any(one.bare in way for way in ways)]


def read(path: Path, personas: Sequence[str]) -> list[Canary]:
    """The canaries in a CSV file with the columns name, value, personas.

    Raises CannotRun for what cannot be meant; no message holds a value.
    """
    where = f"--canaries {path}"
    rows = csv.DictReader(read_text(path, where).splitlines())
    if not set(COLUMNS) <= set(rows.fieldnames or ()):
        raise CannotRun(
            f"{where}: the first line must be {','.join(COLUMNS)}, with commas between the columns"
        )
    try:
        found = [_one(row, f"{where}, line {rows.line_num}", personas) for row in rows]
    except csv.Error:
        raise CannotRun(f"{where}: line {rows.line_num} is not CSV") from None
    if not found:
        raise CannotRun(f"{where}: holds no canary; plant some, and list them")
    if len({one.name for one in found}) < len(found):
        raise CannotRun(f"{where}: two canaries have the same name")
    return found


def _one(row: dict[str, str | None], where: str, personas: Sequence[str]) -> Canary:
    name, value = (row["name"] or "").strip(), (row["value"] or "").strip()
    named = frozenset(re.split(r"[\s;|]+", (row["personas"] or "").strip())) - {""}
    if not name:
        raise CannotRun(f"{where}: the canary has no name")
    if len(bare(value)) < SHORTEST:
        raise CannotRun(
            f"{where}: the value of {shown(name)} has fewer than {SHORTEST} letters and digits; it "
            "would be seen by chance"
        )
    if bare(value) in bare(name):
        raise CannotRun(f"{where}: the name of a canary holds its value; reports show names")
    if wrong := sorted(named - set(personas)):
        known = ", ".join(personas)
        raise CannotRun(
            f"{where}: there is no persona {shown(wrong[0])}; there are: {known} (several with "
            "spaces between them)"
        )
    return Canary(name, value, named)
