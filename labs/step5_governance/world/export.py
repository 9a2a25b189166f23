"""An export whose phone numbers are hashed without a key, and how far that hides them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from typing import Any

from workbook import UsageError, render

WIDTH = 24  # characters of a hash that the table shows: enough to know it by
UNKNOWN = 6  # digits of a number that the export does not show
Rows = Sequence[dict[str, Any]]


def hashed(phone: str) -> str:
    """SHA-256 of a number, as hexadecimal digits."""
    return hashlib.sha256(phone.encode()).hexdigest()


def exported(customers: Rows) -> render.Shown:
    """The first customers as the partner got them; of each hash the beginning."""
    return render.rows(
        [
            {
                "segment": row["segment"],
                "area": _area(row["phone"]).replace("-", "‑"),  # a number never breaks
                "phone_hash": f"{hashed(row['phone'])[:WIDTH]}…",
            }
            for row in customers[:4]
        ]
    )


def _area(phone: str) -> str:
    """A number without its last digits, up to a hyphen within them."""
    seen = re.match(rf"(.*?)(?:\d-*){{{UNKNOWN}}}$", phone)
    return (seen[1] if seen else "") + "…"


def reversed_hash(customers: Rows, phone_hash: str) -> render.Shown:
    """Try every number of the area; raises UsageError for a hash that is not in the export."""
    phone_hash = phone_hash.strip("… ")
    long_enough = len(phone_hash) >= WIDTH
    known = [row["phone"] for row in customers if long_enough]
    found = [phone for phone in known if hashed(phone).startswith(phone_hash)]
    if not found:
        raise UsageError("this is no phone_hash of the export: take one from the table above")
    phone, every = found[0], 10**UNKNOWN
    stem, form = _area(phone)[:-1], re.sub(r"\d", "{}", phone[len(_area(phone)) - 1 :])
    for number in range(every):
        tried = stem + form.format(*f"{number:0{UNKNOWN}}")
        if hashed(tried).startswith(phone_hash):
            return render.text(f"found: {tried}, after {number + 1:,} of {every:,} tries")
    return render.text(f"not found in {every:,} tries")
