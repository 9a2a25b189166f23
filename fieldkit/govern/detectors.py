"""Finds personal data in a text: mail, phone, card, IBAN, SSN, IP, URL, each as a span."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from fieldkit.govern.addresses import ips
from fieldkit.govern.phones import phones
from fieldkit.govern.spans import Span, plain

Found = Iterator[tuple[int, int]]
TOGETHER = ({"url", "mail"}, {"url", "ip"})
LONGEST = 1_000_000  # characters looked at in one piece
OVERLAP = 400

MAIL = re.compile(
    r"(?<![\w.!#$%&*+/=?^`{|}~@-])[\w!#$%&'+/=?^`{|}~-][\w.!#$%&'+/=?^`{|}~-]{0,2000}"
    r"@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+[^\W\d_]{2,24}(?![\w@-])"
)
FILES = {"png", "jpg", "jpeg", "gif", "svg", "webp", "css", "js", "html", "py", "json", "xml"}
URL = re.compile(
    r"(?<![\w.@-])(?:(?:https?|ftps?|sftp|wss?|file)://[^\s<>\"'`{}|\\^\[\]]{3,}|"
    r"www\.[\w-]+\.[^\s<>\"'`{}|\\^\[\]]{2,}|"
    r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,4}(?:com|org|net|edu|gov|info|biz|co\.uk)"
    r"(?![\w@-]|\.\w)(?:/[^\s<>\"'`{}|\\^\[\]]*)?)",
    re.IGNORECASE,
)
DOMAIN = re.compile(r"www\.|\.(?:com|org|net|edu|gov|info|biz|co\.uk)", re.IGNORECASE)
CARD = re.compile(
    r"(?<![\w.,+\-/=#])(?<!\d[ ])(?:\d{12,19}|\d{4}(?:[ -]\d{4}){2,3}(?:[ -]\d{1,4})?|"
    r"\d{4}[ -]\d{6}[ -]\d{4,5})(?![\w]|[.,\-/]\d|[ -]\d{3,})"
)
# Issuers by their first digits, and how long their numbers are (ISO/IEC 7812; luhn is not enough:
# one random number in ten passes it).
ISSUERS = (
    (re.compile(r"4"), {13, 16, 19}),
    (re.compile(r"5[1-5]|222[1-9]|22[3-9]|2[3-6]|27[01]|2720"), {16}),
    (re.compile(r"3[47]"), {15}),
    (re.compile(r"6011|64[4-9]|65"), {16, 17, 18, 19}),
    (re.compile(r"62|81"), {16, 17, 18, 19}),
    (re.compile(r"35(?:2[89]|[3-8])"), {16, 17, 18, 19}),
    (re.compile(r"2131|1800"), {15}),
    (re.compile(r"3(?:0[0-5]|[689])"), {14, 16, 17, 18, 19}),
    (re.compile(r"50(?:18|20|38)|5[6-8]|6[37]|0604"), set(range(12, 20))),
)
RARE = {12, 13}  # as long as many ids are: a word near it must say that it is a card
CARD_WORD = re.compile(r"card|visa|maestro|credit|debit|karte|tarjeta|carte|pay|\bcc\b", re.I)
IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Za-z]{2}[0-9]{2}(?:[ -]?[A-Za-z0-9]{1,4}){3,9}(?![A-Za-z0-9])"
)
SSN = re.compile(r"(?<![\w.,+\-/=#])\d{3}([ -])\d{2}\1\d{4}(?![\w]|[.,\-/]\d)")
BARE_SSN = re.compile(r"(?<![\w.,+\-/=#])\d{9}(?![\w]|[.,\-/]\d)")
SSN_WORD = re.compile(r"(?:ssn|social[ _-]?sec\w*)[^\n\d]{0,24}$", re.IGNORECASE)


def scan_text(text: str, expected: str = "") -> list[Span]:
    """The personal data in a text, in order, without overlaps.

    `expected`: the entity that the name of the text's field promises (see `names.entity_of`);
    bare digits are a phone number only where something says so.
    """
    if len(text) > LONGEST:
        return _in_pieces(text, expected)
    read, places = plain(text)
    found = _without_overlaps(_all(read, expected))
    if places is None:
        return found
    return [Span(places[one.start], _end(text, places, one.end), one.entity) for one in found]


def _end(text: str, places: list[int], end: int) -> int:
    """Behind the last character of a span: an encoded one is longer than the one it stands for."""
    last = places[end - 1]
    return places[end] if text[last] in "%&\\" else last + 1


def _in_pieces(text: str, expected: str) -> list[Span]:
    """A very long text, piece by piece; a piece reaches into the next, so that none is cut."""
    found: set[Span] = set()
    step = LONGEST - OVERLAP
    for at in range(0, len(text), step):
        for one in scan_text(text[at : at + LONGEST], expected):
            inner = at == 0 or one.start > OVERLAP // 2
            if inner and (one.end < LONGEST - OVERLAP // 4 or at + LONGEST >= len(text)):
                found.add(Span(one.start + at, one.end + at, one.entity))
    return _without_overlaps(sorted(found))


def _all(text: str, expected: str) -> Iterator[Span]:
    """All that any detector finds; the first of those that overlap is right."""
    digits = sum(map(text.count, "0123456789")) if len(text) < 200 else 7
    if "@" in text:
        yield from (Span(*at, "mail") for at in _mails(text))
    if "://" in text or DOMAIN.search(text):
        yield from (Span(*at, "url") for at in _urls(text))
    if digits >= 4 or ":" in text:
        yield from (Span(*at, "ip") for at in ips(text))
    if digits < 7:
        return
    yield from (Span(*at, "iban") for at in _ibans(text))
    yield from (Span(*at, "card") for at in _cards(text, expected == "card"))
    yield from (Span(*at, "ssn") for at in _ssns(text, expected == "ssn"))
    yield from (Span(*at, "phone") for at in phones(text, expected=expected == "phone"))


def _without_overlaps(found: Iterator[Span] | list[Span]) -> list[Span]:
    kept: list[Span] = []
    for one in found:
        inside = [k for k in kept if k.start < one.end and one.start < k.end]
        # An address in a link, and a host in one, is a finding of its own beside the link.
        if all({k.entity, one.entity} in TOGETHER for k in inside):
            kept.append(one)
    return sorted(kept)


def _mails(text: str) -> Found:
    for found in MAIL.finditer(text):
        value, start = found[0], found.start()
        local, _, domain = value.rpartition("@")
        if local.endswith(".") or ".." in local or domain.rpartition(".")[2].lower() in FILES:
            continue
        link = text[max(0, start - 200) : start].rpartition("://")
        if link[1] and not re.search(r"[\s/?&=]", link[2]):
            continue  # the password of an address such as postgres://user:password@host
        if local == "git" and text[found.end() : found.end() + 1] == ":":
            continue
        lead = len(local) - len(local.lstrip("'=&?/{|"))
        lead = max(lead, max(local.rfind(char) for char in "=&?/|") + 1)
        # What stands before it in a link is no part of it: the part before the @ has 64 at most.
        if len(local) - lead <= 64 and re.search(
            r"\w", local[lead:]
        ):  # '@host.org' in quotes has nobody before it
            yield start + lead, found.end()


def _urls(text: str) -> Found:
    for found in URL.finditer(text):
        value = found[0].rstrip(".,;:!?*_")
        while value.endswith(")") and value.count("(") < value.count(")"):
            value = value[:-1].rstrip(".,;:!?")
        if text[found.start() + len(value) : found.start() + len(value) + 1] != "@":
            yield found.start(), found.start() + len(value)


def _cards(text: str, expected: bool) -> Found:
    from stdnum import luhn

    for found in CARD.finditer(text):
        number = re.sub(r"[ -]", "", found[0])
        if len(set(number)) < 2 or not luhn.is_valid(number):
            continue
        near = text[max(0, found.start() - 40) : found.end() + 20]
        issued = any(len(number) in sizes and which.match(number) for which, sizes in ISSUERS)
        # An issuer that nobody knows, or a length that many ids have, needs a word beside it.
        if (issued and len(number) not in RARE) or expected or CARD_WORD.search(near):
            yield found.span()


def _ibans(text: str) -> Found:
    for found in IBAN.finditer(text):
        start, end = found.span()
        # Words may follow a spaced IBAN: the longest end at which the checksum fits.
        ends = [end, *(start + m.start() for m in reversed([*re.finditer(r"[ -]", found[0])]))]
        if last := next((at for at in ends if at - start > 14 and _is_iban(text[start:at])), 0):
            yield start, last


@lru_cache(maxsize=100_000)
def _is_iban(value: str) -> bool:
    from stdnum import iban

    return bool(iban.is_valid(value))


def _ssns(text: str, expected: bool) -> Found:
    from stdnum.us import ssn

    for found in SSN.finditer(text):
        if ssn.is_valid(found[0].replace(" ", "-")):
            yield found.span()
    if expected or "ssn" in text.lower() or "social" in text.lower():
        for found in BARE_SSN.finditer(text):
            said = expected or SSN_WORD.search(text[max(0, found.start() - 40) : found.start()])
            if said and ssn.is_valid(found[0]):
                yield found.span()
