# %% other: keyed BLAKE2 over a stretched key, rules in a dict
import hashlib
import re
from datetime import date


def _partial(text: str) -> str:
    if len(text) < 4:
        return "..."
    return "..." + (re.search(r"@[^@]*\Z", text) or re.search(r"(?s:..)\Z", text)).group()


def _year(value) -> int:
    return (value if isinstance(value, date) else date.fromisoformat(value)).year


@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""

    def token(v):
        if not key:
            raise ValueError("hmac needs a key")
        inner = hashlib.sha512(key).digest()  # blake2b takes at most 64 bytes
        return hashlib.blake2b(str(v).encode("utf-8", "surrogatepass"), key=inner, digest_size=20).hexdigest()

    rules = {
        "redact": lambda v: "[hidden]",
        "partial": lambda v: _partial(str(v)),
        "year": _year,
        "hmac": token,
    }
    chosen = rules[rule]  # KeyError: nobody defined this rule
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    return None if value is None else chosen(value)


# %% other: HMAC written out by hand from its two pads
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    from hashlib import sha512

    match rule, value:
        case "hmac", _ if not key:
            raise PermissionError("no key, no token")
        case ("redact" | "partial" | "year" | "hmac"), None:
            return None
        case "redact", _:
            return "REDACTED"
        case "partial", _:
            text = str(value)
            head, at, domain = text.rpartition("@")
            if len(text) <= 3:
                return "#####"
            return "#####" + (at + domain if at else text[-2:])
        case "year", datetime.date(year=year):
            return year
        case "year", str():
            return datetime.datetime.strptime(value, "%Y-%m-%d").year
        case "hmac", _:
            block = key if len(key) <= 128 else sha512(key).digest()
            block = block.ljust(128, b"\0")
            inner = sha512(bytes(b ^ 0x36 for b in block) + str(value).encode("utf-8", "surrogatepass")).digest()
            return sha512(bytes(b ^ 0x5C for b in block) + inner).hexdigest()
        case _:
            raise ValueError(f"cannot mask by {rule!r}")


# %% other: a class per rule, tokens in base64 without padding
import base64
import datetime
import hmac as _hmac


class _Rule:
    def __init__(self, key):
        self.key = key

    def __call__(self, value):
        return None if value is None else self.show(value)


class _Redact(_Rule):
    def show(self, value):
        return ""


class _Partial(_Rule):
    def show(self, value):
        text = f"{value}"
        if len(text) in (0, 1, 2, 3):
            return "***"
        if "@" in text:
            return "***@" + text.split("@")[-1]
        return "***" + text[len(text) - 2 :]


class _Year(_Rule):
    def show(self, value):
        if not isinstance(value, datetime.date):
            value = datetime.date(*map(int, value.split("-")))
        return value.year


class _Hmac(_Rule):
    def __init__(self, key):
        if key is None or len(key) == 0:
            raise ValueError("a token needs a key")
        super().__init__(key)

    def show(self, value):
        digest = _hmac.digest(self.key, f"{value}".encode("utf-16-le", "surrogatepass"), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    kinds = {"redact": _Redact, "partial": _Partial, "year": _Year, "hmac": _Hmac}
    if rule not in kinds:
        raise LookupError(f"unknown rule {rule}")
    return kinds[rule](key)(value)


# %% other: SHA-3 over length-prefixed key and value, single dispatch on the type
import datetime
import functools
import hashlib


@functools.singledispatch
def _text(value) -> str:
    raise TypeError(f"cannot mask a {type(value).__name__}")


@_text.register
def _(value: str) -> str:
    return value


@_text.register
def _(value: int) -> str:
    return str(value)


@_text.register
def _(value: datetime.date) -> str:
    return value.isoformat()


@lab.exercise("mask")
def mask(value: "str | int | datetime.date | None", rule: str, key: "bytes | None") -> "str | int | None":
    """What a value shows under a rule: redact, partial, hmac or year."""
    if rule not in {"redact", "partial", "year", "hmac"}:
        raise NotImplementedError(rule)
    if rule == "hmac":
        if not key:
            raise ValueError("key")
        if value is None:
            return None
        state = hashlib.sha3_256(len(key).to_bytes(8, "big"))
        state.update(key)
        state.update(_text(value).encode("utf-8", "surrogatepass"))
        return "t_" + state.hexdigest()
    if value is None:
        return None
    if rule == "redact":
        return "xxx"
    text = _text(value)
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    tail = text[text.rindex("@") + 1 :] if "@" in text else text[-2:]
    return "xxx" if len(text) <= 3 else "xxx " + tail


# %% other: token in base 36, everything by exceptions and early returns
def _base36(number):
    digits = ""
    while number:
        number, rest = divmod(number, 36)
        digits += "0123456789abcdefghijklmnopqrstuvwxyz"[rest]
    return digits


def _token(text, key):
    import hmac

    assert_key = memoryview(key)  # TypeError for None
    if assert_key.nbytes == 0:
        raise ValueError("empty key")
    mac = hmac.new(key, digestmod="sha384")
    for character in text:
        mac.update(ord(character).to_bytes(4, "big"))
    return _base36(int.from_bytes(b"\1" + mac.digest(), "big"))


@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    if rule == "hmac":
        token = _token(str(value), key)
        return token if value is not None else None
    if rule == "year":
        return None if value is None else int(getattr(value, "year", None) or str(value).split("-")[0])
    if rule == "partial":
        if value is None:
            return None
        text = str(value)
        kept = text[-2:]
        for position, character in enumerate(text):
            if character == "@":
                kept = text[position:]
        return "\u2022\u2022\u2022" + kept * (len(text) > 3)
    if rule == "redact":
        return value and "\u2022\u2022\u2022" if value is None else "\u2022\u2022\u2022"
    raise ValueError(f"no such rule: {rule!r}")


# %% wrong: remembers a token by its value alone so a second key gets the first key's token -> token-guessed
_tokens = {}


@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    if text not in _tokens:
        _tokens[text] = hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    return _tokens[text]


# %% wrong: accepts an empty key and refuses only None -> key-missing
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and key is None:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: uses only the first 16 bytes of the key -> token-guessed
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key[:16], text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: normalises Unicode before the token so composed and decomposed letters collide -> token-merges
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac
    import unicodedata

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: cuts the token to 8 characters and repeats them to reach 16 -> token-short
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    short = hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:8]
    return short + short


# %% wrong: returns None for None before it looks at the rule so an unknown rule passes -> rule-unknown
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if value is None and rule != "hmac":
        return None
    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: shows a mail address from the first @ on -> partial-mail
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.split("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: shows the last two of a value of exactly three characters -> partial-short
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) < 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: takes 0 and empty text for None -> value-lost
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if not value:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: gives the year of the ISO week instead of the calendar year -> year-wrong
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).isocalendar().year
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: gives a date another token than its text -> token-by-type
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    data = value.strftime("%d.%m.%Y") if isinstance(value, datetime.date) else text
    return hmac.new(key, data.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()


# %% wrong: glues key and value together and hashes them so part of the key can move into the value -> token-guessed
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "year", "hmac"):
        raise ValueError(f"unknown rule {rule!r}")
    if rule == "hmac" and not key:
        raise ValueError("hmac needs a key")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rsplit("@", 1)[1]
        return "***" + text[-2:]
    if rule == "year":
        return datetime.date.fromisoformat(text).year
    return hashlib.sha256(key + text.encode("utf-8", "surrogatepass")).hexdigest()


# %% other: match, helper class below the function, HMAC-SHA512 written out, one regular expression
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    match rule:
        case "redact":
            return _Masker.constant(value)
        case "partial":
            return _Masker.tail(value)
        case "year":
            return _Masker.year(value)
        case "hmac":
            return _Masker(key).token(value)
        case _:
            raise KeyError(f"no rule {rule!r}")


class _Masker:
    HIDDEN = "x"

    def __init__(self, key):
        if key is None or len(key) == 0:
            raise ValueError("no key, no token")
        self.key = key

    @classmethod
    def constant(cls, value):
        return value if value is None else cls.HIDDEN

    @classmethod
    def tail(cls, value):
        import re
        if value is None:
            return None
        found = re.fullmatch(r"(?s)(?=.{4}).*@([^@]*)|(?=.{4})[^@]*([^@]{2})", str(value))
        return cls.HIDDEN * 3 + ((found[1] or found[2] or "") if found else "")

    @staticmethod
    def year(value):
        return None if value is None else int(str(value).partition("-")[0])

    def token(self, value):
        """HMAC-SHA512 by hand (RFC 2104)."""
        from hashlib import sha512
        if value is None:
            return None
        key = self.key if len(self.key) <= 128 else sha512(self.key).digest()
        key = key.ljust(128, b"\0")
        inner = sha512(bytes(b ^ 0x36 for b in key) + f"{value}".encode("utf-8", "surrogatepass")).digest()
        return "t" + sha512(bytes(b ^ 0x5C for b in key) + inner).hexdigest()[:40]


# %% other: if chain, HMAC-SHA256 in hex
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import hashlib
    import hmac
    if rule not in ("redact", "partial", "hmac", "year"):
        raise ValueError(f"unknown rule: {rule!r}")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***" + text.rpartition("@")[2]
        return "***" + text[-2:]
    if rule == "year":
        return value.year if hasattr(value, "year") else int(text[:4])
    if not key:
        raise ValueError("hmac needs a key")
    return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()

# %% other: if by if, hmac of the standard library, the @ is shown
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import datetime as dt
    import hashlib
    import hmac

    if rule not in ("redact", "partial", "hmac", "year"):
        raise ValueError(f"no such rule: {rule!r}")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        if "@" in text:
            return "***@" + text.rpartition("@")[2]
        return "***" + text[-2:]
    if rule == "hmac":
        if not key:
            raise ValueError("a token needs a key")
        return hmac.new(key, text.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
    if isinstance(value, dt.date):
        return value.year
    return dt.date.fromisoformat(text).year

# %% other: a dict of functions, keyed blake2b, the @ is not shown
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import hashlib
    import re

    def redact(value):
        return "hidden"

    def partial(value):
        text = str(value)
        if len(text) <= 3:
            return "…"
        before, at, domain = text.rpartition("@")
        return "…" + (domain if at else text[-2:])

    def token(value):
        if key is None or len(key) == 0:
            raise ValueError("a token needs a key")
        secret = hashlib.sha512(bytes(key)).digest()  # blake2b takes 64 bytes, a key may have more
        text = str(value).encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=secret, digest_size=20).hexdigest()

    def year(value):
        if not isinstance(value, str):
            return value.year
        found = re.fullmatch(r"([0-9]{4})-[0-9]{2}-[0-9]{2}", value)
        if not found:
            raise ValueError("not a date")
        return int(found[1])

    rules = {"redact": redact, "partial": partial, "hmac": token, "year": year}
    chosen = rules[rule]  # any other rule: KeyError, also where there is no value
    return None if value is None else chosen(value)

# %% other: match statement, SHA-3 with the key's length before it, base32
@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    import base64
    import datetime as dt
    import hashlib

    match (rule, value):
        case ("hmac", _) if not key:
            raise ValueError("a token needs a key, whatever the value")
        case ("redact" | "partial" | "hmac" | "year", None):
            return None
        case ("redact", _):
            return "(redacted)"
        case ("partial", _):
            text = str(value)
            at = text.rfind("@")
            shown = "" if len(text) < 4 else text[at:] if at >= 0 else text[-2:]
            return f"*{shown}"
        case ("hmac", _):
            text = str(value).encode("utf-8", "surrogatepass")
            # SHA-3 cannot be prolonged, and the length says where the key ends
            digest = hashlib.sha3_256(len(key).to_bytes(8, "big") + bytes(key) + text).digest()
            return base64.b32encode(digest).decode().rstrip("=")
        case ("year", dt.date()):
            return value.year
        case ("year", str()):
            return dt.datetime.strptime(value, "%Y-%m-%d").year
    raise ValueError(f"no rule {rule!r} for such a value")
