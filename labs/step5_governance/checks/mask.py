"""mask: what a value shows under each rule, judged by what two values' outputs give away.

The page's sentence -> the cases that try it
    every value becomes one and the same text -> redact: names and one letter;
        redact: empty, 0, a date
    shows the last two characters -> partial: phones and accounts; partial: whole numbers
    Nothing else, no length -> partial: phones and accounts; partial: whole numbers
    of text with an @ what follows the last @ -> partial: mail addresses
    Of three characters or fewer it shows nothing -> partial: nothing of three characters
    the calendar year (an int) -> year: dates and their texts
    None stays None under every rule -> no value
    0 and empty text are values -> 0 and empty text
    Any other rule ("clear", None) raises an error, for None, too -> a rule that there is not
    Equal values have equal tokens, in every call -> hmac: the same value again
    a value and its text (17 and "17") -> hmac: a number and its text
    Values that differ anywhere -> hmac: values that differ in one character
    A token has at least 16 characters -> hmac: how much a token holds
    Nobody can make a token without the whole key -> hmac: another key;
        hmac: a list of all phones, mails and birth dates
    nor by moving a part of the key into the value -> hmac: a part of the key in the value
    zero bytes at its end aside -> not judged: HMAC itself fills short keys with them
    Without a key (empty, or None) -> hmac: without a key
    for the value None it need not -> not judged: None without a key
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import math
import secrets
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from labs.step5_governance.world.data import northlight
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

MANY = 400_000  # customers of a middle-sized company
LEAST_BITS = 58  # of what a token holds: 64 random bits measure as 60 and more in a sample
SAMPLE = 400
KEYS = (b"northlight-2026-first-key-of-two", b"another-key-that-nobody-has-seen")
SIGNS = (":", "|", "-", "/", "_", " ", ".", ",", "\0", "\n")  # that may stand between key and value
# HMAC hashes a key of more than 64 bytes, and fills a shorter one with zeros.
KEY_SIZES = (2, 5, 16, 32, 33, 40, 64, 65, 100, 300)  # bytes
KEY_PLACES = (0, 1, 3, 7, 8, 15, 16, 20, 24, 31, 32, 48, 63, 64, 127, 128, 200, 255, 256)
MARKS = ("redact", "partial", "hmac", "year")


@dataclass(frozen=True)
class Masks:
    """The answer, asked for many values at once."""

    answer: Answer
    seed: int

    def of(self, values: Sequence[Any], rule: Any, key: Any = KEYS[0]) -> list[Any]:
        """What each value becomes; raises AnswerFailed."""
        given = [{"value": value, "rule": rule, "key": key} for value in values]
        return [outcome.value for outcome in self.answer.map(given)]

    def texts(self, values: Sequence[Any], rule: str, key: Any = KEYS[0]) -> list[str]:
        """The same for a rule that gives text."""
        found = self.of(values, rule, key)
        for value, shown in zip(values, found, strict=True):
            if not isinstance(shown, str):
                told = f"{rule} of {value!r} gave {repr(shown)[:60]}; a text is needed"
                raise AnswerFailed(Failure("TypeError", told))
        return found

    def raises(self, values: Sequence[Any], rule: Any, key: Any) -> list[bool]:
        """For each value whether it raised."""
        given = [{"value": value, "rule": rule, "key": key} for value in values]
        return [outcome.failure is not None for outcome in self.answer.map(given)]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Rule by rule, each by what it must not give away and what it has to keep."""
    people = northlight(seed, 60).rows("customers")

    def case(name: str, judged: Any, finding: str, *more: Any, plain: bool = False) -> Case:
        return Case(name, partial(judged, Masks(answer, seed), *more), finding, plain)

    def column(name: str) -> list[Any]:
        return [row[name] for row in people]

    names = [*column("name")[:8], "x", "a" * 300]
    yield case("redact: names and one letter", _redact, "redact-shows", names, plain=True)
    yield case("0 and empty text", _values, "value-lost")
    others = [names[0], "", 0, 7, dt.date(1990, 3, 5)]
    yield case("redact: empty, 0, a date", _redact, "redact-shows", others)
    yield case("partial: phones and accounts", _tails, "partial-shows",
               column("phone")[:12] + column("iban")[:12])  # fmt: skip
    yield case("partial: whole numbers", _numbers, "partial-shows")
    yield case("partial: mail addresses", _mails, "partial-mail", column("email"))
    yield case("partial: nothing of three characters", _short, "partial-short")
    yield case("hmac: the same value again", _stable, "token-changes", column("email")[:20])
    yield case("hmac: a number and its text", _as_text, "token-by-type")
    guessed = {name: column(name)[:20] for name in ("phone", "email", "birth_date")}
    yield case("hmac: a list of all phones, mails and birth dates", _dictionary, "token-guessed",
               guessed)  # fmt: skip
    yield case("hmac: another key", _other_key, "token-guessed", column("phone")[:20])
    yield case("hmac: a part of the key in the value", _moved, "token-guessed")
    yield case("hmac: values that differ in one character", _alike, "token-merges")
    yield case("hmac: how much a token holds", _wide, "token-short")
    yield case("hmac: without a key", _keyless, "key-missing")
    yield case("year: dates and their texts", _years, "year-wrong", column("birth_date"))
    yield case("no value", _nulls, "null-masked")
    yield case("a rule that there is not", _unknown, "rule-unknown")


def _redact(masks: Masks, values: Sequence[Any]) -> Finding | None:
    shown = masks.texts(values, "redact")
    other = [(v, s) for v, s in zip(values, shown, strict=True) if s != shown[0]]
    if not other:
        return None
    rows = [{"value": _cut(v), "redacted": _cut(s)} for v, s in [(values[0], shown[0]), *other[:3]]]
    return Finding("redact-shows", f"{len(set(shown))} different outputs for {len(values)} values",
                   rows)  # fmt: skip


def _values(masks: Masks) -> Finding | None:
    """What a condition easily takes for None."""
    for rule in ("redact", "partial", "hmac"):
        for value, shown in zip(("", 0), masks.of(("", 0), rule), strict=True):
            if shown is None:
                return Finding("value-lost", f"{rule} of {_cut(value)} gave None")
    return None


def _cut(value: Any) -> str:
    text = str(value) if value != "" else '""'
    return text if len(text) <= 40 else text[:39] + "…"


def _pairs(
    masks: Masks, finding: str, pairs: Sequence[tuple[Any, Any]], rule: str = "partial"
) -> Finding | None:
    """Values that end alike have to look alike, whatever stands before and however much."""
    shown = masks.texts([value for pair in pairs for value in pair], rule)
    for number, (one, two) in enumerate(pairs):
        first, second = shown[2 * number : 2 * number + 2]
        if first != second:
            rows = [{"value": _cut(v), "shows": _cut(s)} for v, s in ((one, first), (two, second))]
            told = "the two end alike, and their outputs tell them apart"
            return Finding(finding, told, rows)
    return None


def _kept(
    masks: Masks, finding: str, values: Sequence[Any], tails: Sequence[str]
) -> Finding | None:
    """What may be seen is seen."""
    for value, tail, shown in zip(values, tails, masks.texts(values, "partial"), strict=True):
        if tail not in shown:
            told = f"partial of {_cut(value)} gave {_cut(shown)}, without {tail}"
            return Finding(finding, told)
    return None


def _tails(masks: Masks, values: Sequence[str]) -> Finding | None:
    pairs = [(v, "9" * (4 + n % 7) + v[-2:]) for n, v in enumerate(values)]
    pairs += [("Anna", "Joanna"), ("xabcd", "qqcd")]
    return _pairs(masks, "partial-shows", pairs) or _kept(
        masks, "partial-hides", values, [v[-2:] for v in values]
    )


def _numbers(masks: Masks) -> Finding | None:
    pairs = [(4711, 9911), (100_042, 8_842), (1_000, 55_500)]
    return _pairs(masks, "partial-shows", pairs) or _kept(
        masks, "partial-hides", [4711, 100_042], ["11", "42"]
    )


def _mails(masks: Masks, mails: Sequence[str]) -> Finding | None:
    domains = [mail.rsplit("@", 1)[1] for mail in mails]
    odd = ['"a@b"@mail.example.org', "ada+shop@example.com", "o@sub.example.com", "Ö.B@example.net",
           "ada@localhost"]  # fmt: skip
    ends = [one.rsplit("@", 1)[1] for one in odd]
    values = [*mails[:12], *odd]
    pairs = [(v, f"zoe.{n}@{end}") for n, (v, end) in
             enumerate(zip(values, [*domains[:12], *ends], strict=True))]  # fmt: skip
    return (
        _pairs(masks, "partial-mail", pairs)
        or _kept(masks, "partial-hides", values, [*domains[:12], *ends])
        or _pairs(masks, "partial-mail", [("abc@", "zoe@"), ("a b@", "x.y@")])
    )


def _short(masks: Masks) -> Finding | None:
    values = ["", "7", "42", "abc", "XYZ", 5, 617, "@", "@b", "a@", "a@b", "@ab", "ab@"]
    shown = masks.texts(values, "partial")
    told = [(v, s) for v, s in zip(values, shown, strict=True) if s != shown[0]]
    if not told:
        return None
    rows = [{"value": _cut(v), "shows": _cut(s)} for v, s in told[:4]]
    return Finding("partial-short", f"{len(set(shown))} different outputs for short values", rows)


def _stable(masks: Masks, values: Sequence[str]) -> Finding | None:
    first, again = (masks.texts(values, "hmac") for _ in range(2))
    masks.texts(list(reversed(values)), "hmac")
    third = masks.texts(values[5:], "hmac")
    joined = sum(a == b for a, b in zip(first, again, strict=True))
    if joined == len(values) and third == first[5:]:
        return None
    seen = f"of {len(values)} customers, {joined} get the same token in a second table"
    return Finding("token-changes", seen)


def _as_text(masks: Masks) -> Finding | None:
    pairs = [(17, "17"), (1_000_001, "1000001"), (dt.date(1984, 3, 14), "1984-03-14")]
    found = _pairs(masks, "token-by-type", pairs, "hmac")
    if found is None:
        return None
    told = f"{found.rows[0]['value']} as {{}} and as text get different tokens"
    kind = "a date" if "-" in str(found.rows[0]["value"]) else "a number"
    return Finding("token-by-type", told.format(kind))


def _digests(value: Any) -> Iterator[tuple[str, str]]:
    """What somebody without the key can compute for a value, with the function's name."""
    texts = {str(value), str(value).lower(), "".join(c for c in str(value) if c.isalnum())}
    for text in sorted(texts):
        data = text.encode()
        for name in ("md5", "sha1", "sha256", "sha512", "blake2b"):
            digest = hashlib.new(name, data)
            yield name, digest.hexdigest()
            yield name, base64.b64encode(digest.digest()).decode().lower()
        yield "base64", base64.b64encode(data).decode().lower()
        yield "hex", data.hex()


def _dictionary(masks: Masks, known: Mapping[str, Sequence[Any]]) -> Finding | None:
    """Whoever has a list of values hashes it and looks the tokens up."""
    for column, values in known.items():
        tokens = masks.texts(values, "hmac")
        for value, token in zip(values, tokens, strict=True):
            bare = token.lower()
            by = [name for name, digest in _digests(value) if _shares(bare, digest)]
            if by:
                told = f"a table of {by[0]} over all values of {column} gives the value back"
                return Finding("token-guessed", f"{told}: {len(values)} of {len(values)} tried")
            if str(value) in token:
                return Finding("token-guessed", f"the token of a {column} holds the value itself")
    return None


def _shares(token: str, digest: str) -> bool:
    """Whether a stretch of twelve characters stands in both, or the whole of a shorter token."""
    width = min(12, len(token))
    return width > 5 and any(token[n : n + width] in digest for n in range(len(token) - width + 1))


def _other_key(masks: Masks, values: Sequence[str]) -> Finding | None:
    """Two keys share no token; nor do keys of any length that differ in one byte, anywhere."""
    tokens = masks.texts(values, "hmac", secrets.token_bytes(32))
    shared = len(set(tokens) & set(masks.texts(values, "hmac", secrets.token_bytes(32))))
    if shared:
        told = f"{shared} of {len(values)} phones have the same token under another key"
        return Finding("token-guessed", told)
    for size in KEY_SIZES:
        base = bytes(1 + byte % 255 for byte in secrets.token_bytes(size))
        places = [at for at in KEY_PLACES if at < size - 1] + [size - 1]
        keys = [base, *(base[:at] + bytes([base[at] % 255 + 1]) + base[at + 1 :] for at in places)]
        given = [{"value": values[0], "rule": "hmac", "key": key} for key in keys]
        outcomes = masks.answer.map(given)
        if size > 64 and all(outcome.failure for outcome in outcomes):
            continue  # keyed BLAKE2 refuses such a key, which gives nothing away
        token, *others = (outcome.value for outcome in outcomes)
        if token in others:
            at = places[others.index(token)] + 1
            seen = f"two keys of {size} bytes that differ in byte {at} give a phone the same token"
            return Finding("token-guessed", seen)
    return None


def _moved(masks: Masks) -> Finding | None:
    """Key and value that are only joined: a shorter key and a longer value give the same bytes."""
    word, value = secrets.token_hex(16), "Ada Ito"
    for cut, sign in (*((cut, "") for cut in (1, 8, 16, 31)), *((16, one) for one in SIGNS)):
        first, last = word[:cut], word[cut:]
        [token] = masks.texts([value], "hmac", f"{first}{sign}{last}".encode())
        before = [f"{part}{sign}{value}" for part in (last, last.encode().hex())]
        after = [f"{value}{sign}{part}" for part in (first, first.encode().hex())]
        for place, kept, longer in (("before", first, before), ("after", last, after)):
            if token in masks.texts(longer, "hmac", kept.encode()):
                told = f"with {len(kept)} of {len(word)} characters of the key, and the others put"
                return Finding("token-guessed", f"{told} {place} the value, the token is the same")
    return None


def _alike(masks: Masks) -> Finding | None:
    """Customers who differ in one character are two customers, wherever it stands."""
    long = "customer/" + "northlight" * 20
    pairs = {
        "in case": ("Ada.Ito@example.com", "ada.ito@example.com"),
        "in a space at the end": ("Ada Ito", "Ada Ito "),
        "in a space at the beginning": ("Ada Ito", " Ada Ito"),
        "in the first character": ("1" + long, "2" + long),
        "in the middle": (long + "1" + long, long + "2" + long),
        "in the last character": (long + "1", long + "2"),
        "in an accent": ("Zoe", "Zoë"),
        "in how an accent is written": ("Zo\u00eb", "Zoe\u0308"),
        "in how wide a digit is": ("17", "\uff11\uff17"),
        "in how a double s is written": ("Strasse 5", "Straße 5"),
        "in which space it is": ("Ada Ito", "Ada\u00a0Ito"),
        "in how many spaces there are": ("Ada Ito", "Ada  Ito"),
        "in a zero at the beginning": ("17", "017"),
        "in a dot": ("ada.ito", "adaito"),
        "in a sign": (-5, 5),
        "in being empty": ("", " "),
    }
    for name, pair in pairs.items():
        one, two = masks.texts(pair, "hmac")
        if one == two:
            return Finding("token-merges", f"two values that differ only {name} get one token")
    return None


def _wide(masks: Masks) -> Finding | None:
    """Bits that a token holds, position by position; copies and fixed characters hold none."""
    values = [f"customer-{masks.seed}-{n}" for n in range(SAMPLE)]
    tokens = masks.texts(values, "hmac")
    if len(set(tokens)) < SAMPLE:
        seen = f"{SAMPLE} customers have {len(set(tokens))} different tokens"
        return Finding("token-short", seen)
    bits = _bits(tokens)
    short = [t for t in tokens if len(t) < 16]
    if bits >= LEAST_BITS and not short:
        return None
    merged = min(MANY, math.comb(MANY, 2) / 2 ** min(bits, 200))
    told = f"a token holds about {bits:.0f} bits in {min(map(len, tokens))} characters"
    return Finding("token-short", f"{told}; of {MANY:,} customers about {merged:,.0f} pairs merge"
                   if merged >= 0.5 else told)  # fmt: skip


def _bits(tokens: Sequence[str]) -> float:
    """Sum of the entropies of positions that no earlier position decides."""
    length = min(map(len, tokens))
    columns = [[token[n] for token in tokens] for n in range(length)]
    free: list[list[str]] = []
    for column in columns:
        if len(set(column)) > 1 and not any(_decides(one, column) for one in free):
            free.append(column)
    return sum(_entropy(column) for column in free)


def _decides(one: Sequence[str], other: Sequence[str]) -> bool:
    return len(set(zip(one, other, strict=True))) == len(set(one))


def _entropy(column: Sequence[str]) -> float:
    shares = [count / len(column) for count in Counter(column).values()]
    return -sum(share * math.log2(share) for share in shares)


def _keyless(masks: Masks) -> Finding | None:
    for name, key in (("an empty key", b""), ("no key", None)):
        if not all(masks.raises(["Ada Ito", "17"], "hmac", key)):
            return Finding("key-missing", f"with {name} it made tokens, which anybody can make")
    return None


def _years(masks: Masks, born: Sequence[dt.date]) -> Finding | None:
    edges = [dt.date(y, m, d) for y in (1999, 2000, 2021, 2027) for m, d in ((1, 1), (1, 31),
             (12, 31))]  # fmt: skip
    dates = [*edges, *born[:8], dt.date(1948, 2, 29)]
    values = [v for d in dates for v in (d, d.isoformat())]
    found = masks.of(values, "year")
    for value, year in zip(values, found, strict=True):
        true = int(str(value)[:4])
        if type(year) is not int or year != true:
            told = f"year of {value!r} gave {repr(year)[:60]}".replace("datetime.", "")
            return Finding("year-wrong", told)
    return None


def _nulls(masks: Masks) -> Finding | None:
    for rule in MARKS:
        [shown] = masks.of([None], rule)
        if shown is not None:
            return Finding("null-masked", f"{rule} of None gave {_cut(shown)}")
    return None


def _unknown(masks: Masks) -> Finding | None:
    rules = ["clear", None, "", "hmca", "mask"]
    for rule in rules:
        values = ["Ada Ito", 17, "", None]
        for value, raised in zip(values, masks.raises(values, rule, KEYS[0]), strict=True):
            if not raised:
                told = f"the rule {rule!r} gave no error for the value {_cut(value)}"
                return Finding("rule-unknown", told)
    return None
