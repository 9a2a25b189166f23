# %% reference
import datetime as dt
import hashlib
import hmac


@lab.exercise("mask")
def mask(value, rule, key):
    """What a value shows under a rule: redact, partial, hmac or year."""
    if rule not in ("redact", "partial", "hmac", "year"):
        raise ValueError(f"there is no rule {rule!r}")
    if value is None:
        return None
    text = str(value)
    if rule == "redact":
        return "***"
    if rule == "partial":
        if len(text) <= 3:
            return "***"
        return "***" + (text[text.rindex("@"):] if "@" in text else text[-2:])
    if rule == "year":
        return dt.date.fromisoformat(text[:10]).year
    if not key:
        raise ValueError("hmac needs a key")
    return hmac.new(key, text.encode(), hashlib.sha256).hexdigest()

# %% other: a table of functions, keyed BLAKE2, base32
import base64
import hashlib


def partial(text, key):
    if len(text) < 4:
        return "…"
    local, at, domain = text.rpartition("@")
    return at + domain if at else "…" + text[-2:]


def token(text, key):
    if not key:
        raise KeyError("NORTHLIGHT_MASK_KEY")
    return base64.b32encode(hashlib.blake2b(text.encode(), key=key, digest_size=20).digest()).decode()


RULES = {
    "redact": lambda text, key: "(redacted)",
    "partial": partial,
    "hmac": token,
    "year": lambda text, key: int(text[:4]),
}


@lab.exercise("mask")
def mask(value, rule, key):
    masked = RULES[rule]
    return None if value is None else masked(str(value), key)

# %% other: match, HMAC-SHA1 cut to 16 characters of base64, an empty text for what is hidden
import base64
import hmac


@lab.exercise("mask")
def mask(value, rule, key):
    if value is None and rule in ("redact", "partial", "hmac", "year"):
        return None
    text = str(value)
    match rule:
        case "redact":
            return ""
        case "partial" if len(text) <= 3:
            return ""
        case "partial" if "@" in text:
            return text.split("@")[-1]
        case "partial":
            return text[-2:]
        case "year":
            return int(text.split("-")[0])
        case "hmac" if key:
            return base64.b64encode(hmac.digest(key, text.encode(), "sha1")).decode()[:16]
    raise ValueError(rule)

# %% other: DuckDB does the year, a prefix says what a token is
import hmac

import duckdb


@lab.exercise("mask")
def mask(value, rule, key):
    assert rule in {"redact", "partial", "hmac", "year"}, rule
    if value is None:
        return value
    if rule == "year":
        return duckdb.execute("select year(?::date)", [str(value)]).fetchone()[0]
    if rule == "hmac":
        assert key, "no key"
        return "tok_" + hmac.new(key, str(value).encode("utf-8"), "sha512").hexdigest()[:32]
    text = str(value)
    shown = "" if rule == "redact" or len(text) < 4 else text[-2:]
    if shown and "@" in text:
        shown = text[text.rfind("@") + 1:]
    return f"[{'hidden' if not shown else 'ends in'}]{shown}"
