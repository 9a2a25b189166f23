"""Finds IP addresses, and tells them from releases, section numbers and OIDs of four numbers."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from functools import lru_cache

IP4 = re.compile(r"(?<![\w.\-+])(?<![A-Za-z)]/)\d{1,3}(?:\.\d{1,3}){3}(?![\w]|\.\d|-\w)")
IP6 = re.compile(
    r"(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){1,7}(?::?[0-9A-Fa-f]{1,4}){1,7}(?![\w:])"
    r"|(?<![\w:.])::(?:[0-9A-Fa-f]{1,4}:){0,5}[0-9A-Fa-f]{1,4}(?![\w:])"
)
NEAR = 40  # characters before a number in which its word is looked for
SIGNS = r"[\s:\"'=(\[#]*"
# After these words comes a release, a section or an OID, whatever its numbers are.
NUMBERED = re.compile(
    r"(?:\w*versions?|(?<![A-Za-z])(?:v|vers?\.?|rev\.?|revisions?|firmware|releases?|builds?|tags?|"
    r"hotfix|(?:up|down)grad\w+ (?:from|to)|updat\w+ (?:from|to)|fix(?:ed|es)? in|"
    r"introduced in|changes in|deprecated since|"
    r"oids?|object identifiers?|sections?|sect?\.|chapters?|clauses?|paragraphs?|appendix|annex|"
    r"requirements?|steps?))"
    rf"{SIGNS}(?:(?:to|from|is|in|by|number|no\.){SIGNS})?(?<![A-Za-z])v?$"
    r"|§\s?$|(?:^|\n)\s*#+ +$",
    re.IGNORECASE,
)
REQUIRED = re.compile(r"[A-Za-z][\w.\-\]]*(?:[=~!<>]=|\^)v?$")  # foo>=1.2.3.4, without a space
NUMBERED_AFTER = re.compile(
    r"\s+(?:release\b(?! server)|releases\b)|\s+(?:and|to|or)\s+v(?:ersion\s+|ersions\s+)?\d|"
    r" [A-Z][^\n]*\.{4,} *\d+\s*$",
    re.IGNORECASE,
)
# After these comes either; the numbers decide.
EITHER = re.compile(
    r"(?:\b(?:since|fix(?:ed|es)?|introduced|patch|upgrade|driver|see|"
    r"(?:broken|merged|added|removed|changed|new|released|shipped|available|regressed|notes)"
    rf"\s+(?:in|to))|[=~!<>]=){SIGNS}$",
    re.IGNORECASE,
)
EITHER_AFTER = re.compile(r"\s+(?:was|is|has been) released\b")
# After these comes an address: what is a machine or somebody at one.
HOST = re.compile(
    r"(?:(?<![A-Za-z])(?:ip|ipv4|src|dst|source|dest|destination|from|at|on|ping|users?|peers?|"
    r"nodes?|agents?|gateways?|routers?|switch(?:es)?|remote|dns|proxy|targets?|by|to)|"
    r"addr|address|addresses|hosts?|hostname|servers?|clients?|network|subnet)"
    r"[\s:\"'(\[]*[=!<>~]*[\s:\"'(\[]*$",
    re.IGNORECASE,
)
PRODUCT = re.compile(r"(?<![^\s(\"'\[])[A-Z][\w+#.]* $")
VERB = re.compile(r"(?:ed|ing) $")
BETWEEN = re.compile(r"[ \t,;&/<>=~!^\"'()|-]*(?:(?:and|or|to|through|bis|und|up to)\s+)?v?")


def ips(text: str) -> Iterator[tuple[int, int]]:
    """Where the addresses of somebody stand in a text."""
    ended = -1  # of the number before, where that was none
    for found in IP4.finditer(text):
        start, end = found.span()
        after_one = ended >= 0 and BETWEEN.fullmatch(text[ended:start])
        if after_one or _is_number(text, start, end):
            ended = end
            continue
        ended = -1
        if _is_ip(found[0]):
            yield start, end
    if text.count(":") < 2:
        return
    for found in IP6.finditer(text):
        value = found[0]
        groups = [part for part in value.split(":") if part]
        # `std::add` and `a::b` are addresses by their form.
        real = len(groups) > 2 or groups[0].lower().startswith(("2", "fe8", "fd", "fc"))
        if re.search(r"\d", value) and real and _is_ip(value):
            yield found.span()


def _is_number(text: str, start: int, end: int) -> bool:
    """Whether what looks like an address is a release, a section or an OID."""
    before, after = text[max(0, start - NEAR) : start], text[end : end + 80].partition("\n")[0]
    if NUMBERED.search(before) or NUMBERED_AFTER.match(after):
        return True
    if HOST.search(before):
        return False
    if REQUIRED.search(before):
        return True
    value = text[start:end]
    if PRODUCT.search(before) and not VERB.search(before):
        return may_be_release(value, 100)
    either = EITHER.search(before) or EITHER_AFTER.match(after)
    return bool(either) and may_be_release(value, 40)


def may_be_release(value: str, most: int) -> bool:
    """Whether nobody would be surprised by such a release; not where private networks begin.

    `most`: small numbers are rare in addresses and usual in releases.
    """
    parts = [int(part) for part in value.split(".")]
    # 1.1.1.1, 8.8.8.8 and 4.2.2.2 are resolvers that everybody asks.
    if len(set(parts)) == 1 or value == "4.2.2.2" or parts[0] in (10, 172, 192):
        return False
    return max(parts) < most or (parts[1] == parts[2] == 0 and parts[0] < 150)


@lru_cache(maxsize=50_000)
def _is_ip(value: str) -> bool:
    """Whether it is an address of somebody: not this machine itself, none, nor a netmask."""
    try:
        found = ipaddress.ip_address(value)
    except ValueError:
        return False
    return not (found.is_loopback or found.is_unspecified or value.startswith("255."))
