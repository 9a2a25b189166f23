"""What the name of a column, a key or a field says of its content."""

from __future__ import annotations

import re
from functools import lru_cache

WORDS = {
    "mail": "email mail emailaddress mailaddress correo courriel eposta",
    "phone": "phone telephone phonenumber tel mobile cell cellphone fax handy telefon telefono "
    "telefone téléphone móvil mobil whatsapp msisdn sms",
    "card": "card creditcard cardnumber pan ccnumber ccnum cc",
    "iban": "iban bankaccount",
    "ssn": "ssn socialsecurity socialsecuritynumber",
    "ip": "ip ipaddress ipaddr ipv4 ipv6 clientip remoteaddr",
    "url": "url website homepage link href",
    "name": "firstname lastname fullname surname givenname familyname vorname nachname maidenname",
    "birth": "birthdate dob birthday geburtsdatum birth birthyear",
    "address": "streetaddress homeaddress street postaladdress zipcode postcode",
    "passport": "passport passportnumber nationalid national taxid driverlicense licenseplate",
    "pay": "salary salarycents wage compensation",
}
KINDS = {word: entity for entity, words in WORDS.items() for word in words.split()}
# `email_sent` holds no mail, `phone_type` no phone, `card_id` no card.
OTHER = {
    "sent", "count", "type", "id", "status", "verified", "valid", "flag", "enabled", "opt", "optin",
    "hash", "hashed", "token", "hmac", "sha256", "md5", "at", "date", "domain", "provider", "code",
    "format", "brand", "expiry", "expires", "month", "last4", "is", "has", "length", "version",
    "template", "subject", "body", "preference", "consent", "bounced", "key",
}  # fmt: skip
PARTS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-zà-ÿ]+\d*|[a-zà-ÿ]+|\d+")
ONLY_BY_NAME = ("name", "birth", "address", "passport", "pay")


@lru_cache(maxsize=4096)
def entity_of(name: str) -> str:
    """The entity that a name promises; "" if none: `customerEmail` is mail, `email_sent` is not."""
    parts = [part.lower() for part in PARTS.findall(name[:200])]
    if {"birth", "date"} <= set(parts):
        return "birth"
    if not parts or OTHER & set(parts):
        return ""
    for size in (4, 3, 2, 1):
        for start in range(len(parts) - size + 1):
            if found := KINDS.get("".join(parts[start : start + size])):
                return found
    return ""


RELEASES = {
    "version", "versions", "ver", "release", "releases", "firmware", "build", "revision", "rev",
    "tag", "tags", "oid", "section", "chapter", "clause",
}  # fmt: skip
MACHINES = {"ip", "addr", "address", "host", "hostname", "server", "node", "agent", "from", "by"}


@lru_cache(maxsize=4096)
def of_releases(name: str) -> bool:
    """Whether numbers below this name are releases, sections or OIDs, and so no addresses.

    `release_server` holds the address of one, `server_version` does not.
    """
    parts = [part.lower() for part in PARTS.findall(name[:200])]
    return bool(RELEASES & set(parts)) and parts[-1] not in MACHINES


KEYS = {"key", "name", "attribute", "field", "property", "label", "param", "attr", "variable"}
VALUES = {"value", "val", "content", "answer", "text", "data"}


def paired(columns: list[str]) -> dict[str, str]:
    """Columns of values by the column that names each row's value: {"value": "key"}."""
    last = {name: (PARTS.findall(name.lower()) or [""])[-1] for name in columns}
    keys = [name for name, part in last.items() if part in KEYS]
    values = [name for name, part in last.items() if part in VALUES]
    return {values[0]: keys[0]} if len(keys) == len(values) == 1 else {}
