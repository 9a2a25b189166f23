"""Phone numbers in text: told from order ids, dates and versions by phonenumbers and by context."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "AU", "IN", "CH", "BE", "SE", "PL", "BR")
CANDIDATE = re.compile(
    r"(?<![\w#/@+\-])(?<!\d[.,:])"
    r"(?:\+|00[ \-.]?(?=[1-9]))?(?:\(\+?\d{1,4}\)|\d)(?:[ ().\-/]{0,3}\d){5,14}"
    r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?(?![\w@%€$£]|[.,\-/:]\d)",
    re.IGNORECASE,
)
SAYS = re.compile(
    r"\b(?:\w*phone|tele?fono?|telefone|téléphone|tel|call(?:ed)?|mobile?|móvil|cell|fax|whatsapp|sms|"
    r"handy|dial|ring|reach(?:ed)?|contact|messages? to|hotline|voicemail|answer\w*|"
    r"registered|desk|office)"
    r"[^\n\d]{0,24}$",
    re.IGNORECASE,
)
DENIES = re.compile(
    r"(?:order|invoice|bestell\w*|rechnung\w*|ref(?:erence)?|ticket|case|sku|tracking|parcel|"
    r"account|acct|version|isbn|ean|serial|build|id|batch|part|item|article|customer|po|rfc|"
    r"timestamp|epoch|ssn|zip|lot|flight|policy|contract|commit|hash|page|chapter|amount|total|"
    r"price|card|iban|eur|usd|gbp|upc|imei|licen[sc]e|passport|plate|member|bank)"
    r"(?:[ ._\-]*(?:number|no|nr|num|id|code))?(?:[ ](?:is|was))?[\s.:#=\"'(\-]{0,4}$",
    re.IGNORECASE,
)
FOLLOWS = re.compile(
    r"[ \-]{0,2}\(?(?:office|fax|mobile|cell|home|work|tel|phone)\b", re.IGNORECASE
)
DATE = re.compile(
    r"\(?(?:(?:19|20)\d\d[-/. ](?:0?[1-9]|1[0-2])[-/. ](?:0?[1-9]|[12]\d|3[01])(?:[ ].*)?|"
    r"(?:0?[1-9]|[12]\d|3[01])[-/. ](?:0?[1-9]|[12]\d|3[01])[-/. ](?:19|20)\d\d(?:[ ].*)?)"
)
AMERICAN = re.compile(
    r"(?:\+?1[ .\-]?|001[ .\-])?(?:\(\d{3}\)[ .\-]?\d{3}[ .\-]|\d{3}([ .\-])\d{3}\1)\d{4}"
    r"(?:[ ]?(?:x|ext).*)?",
    re.IGNORECASE,
)
POSTCODE = re.compile(r"\d{5}-\d{4}")
TRUNK = re.compile(r"\(?0[1-9]")  # 0.99 is a version, 00 is another country
HAS_DATE = re.compile(r"(?:19|20)\d\d[-./]\d{1,2}[-./]\d{1,2}")
SPLIT = re.compile(r"[ ().\-/]+")


def phones(text: str, *, expected: bool = False) -> Iterator[tuple[int, int]]:
    """Where phone numbers stand in a plain text; `expected`: the field's name promises one."""
    for found in CANDIDATE.finditer(text):
        start, end = found.span()
        before = text[max(0, start - 40) : start]
        said = expected or bool(FOLLOWS.match(text, end))
        if is_phone(found[0], before, expected=said):
            yield start, end


def is_phone(value: str, before: str = "", *, expected: bool = False) -> bool:
    """Whether digits with separators are a phone number, after these words."""
    if value.startswith(("+", "(+")):
        return _possible(value.replace("(", " ").replace(")", " ").strip(), "")
    american, trunk = AMERICAN.fullmatch(value), value.startswith(("0", "(0"))
    said = expected or bool(SAYS.search(before))
    # In the order of what it costs: most runs of digits are none at the first look.
    if not (american or trunk or said):
        return False
    if not expected and (DATE.fullmatch(value) or DENIES.search(before)):
        return False
    if american:
        return _possible(value.removeprefix("00"), "US")
    if value.startswith("00"):
        return _valid(f"+{value[2:].lstrip(' -.')}", "")
    return _told(value) if said else _national(value)


def _told(value: str) -> bool:
    """Whether it may be one where a word says so."""
    digits = sum(char.isdigit() for char in value)
    return digits >= 7 and any(_possible(value, region) for region in REGIONS[:4])


def _national(value: str) -> bool:
    """Whether it is one by its form alone: 030 12345678, but not a run of digits."""
    parts = SPLIT.split(value.strip("()"))
    if len(parts) < 2 or (len({len(part) for part in parts}) == 1 and len(parts[0]) == 4):
        return False  # a run of digits, or groups of four: an id or a card
    if (
        POSTCODE.fullmatch(value)
        or not TRUNK.match(value)
        or HAS_DATE.search(value)
        or sum(map(len, parts)) < 9
    ):
        return False
    return any(_valid(value, region) for region in REGIONS)


@lru_cache(maxsize=100_000)
def _possible(value: str, region: str) -> bool:
    return _asked(value, region, "is_possible_number")


@lru_cache(maxsize=100_000)
def _valid(value: str, region: str) -> bool:
    return _asked(value, region, "is_valid_number")


def _asked(value: str, region: str, question: str) -> bool:
    import phonenumbers

    try:
        number = phonenumbers.parse(value, region or None)
    except phonenumbers.NumberParseException:
        return False
    return bool(getattr(phonenumbers, question)(number))
