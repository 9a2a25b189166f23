"""Texts with addresses of four numbers, and with releases, sections and OIDs that look like them.

Written before the rule that tells them apart; the same for a seed. `SAYS_AN_ADDRESS` has the words
that also stand before releases. `python -m tests.fieldkit.version_set` shows what is wrong.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from fieldkit.govern.detectors import scan_text
from tests.fieldkit.pii_set import Sample

SAYS_AN_ADDRESS = (
    "since {} answered, all is well", "since {} is down, nothing comes in", "fixed address {}",
    "the printer has a fixed address: {}", "fixed {} after the outage", "we patched {} last night",
    "introduced {} to the cluster", "released {} back to the pool", "DHCP release of {} from eth0",
    "upgrade {} tonight, it runs an old kernel", "the build agent {} is idle", "build on {} failed",
    "driver for the printer at {}", "firmware of {} is from 2019", "version 2 runs on {} now",
    "version 2.1 is deployed to {}", "tagged host {} for removal", "the release server is {}",
    "client_ip == {}", "src!={} or drop", 'WHERE remote_addr = "{}"', "if (ip >= {}) return",
    "revision control lives at {}", "section B, rack 4: {}", "the chapter's server {} was moved",
)  # fmt: skip
PLAIN = (
    "from {} port 22 ssh2", "Failed password for root from {} port 4022",
    '{} - - [26/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 200 512', "X-Forwarded-For: {}",
    "http://{}:8080/health", "inet {}/24 brd", "ping {}", "Server {} is down", "Host: {}",
    "User {} logged in", "Client {} closed the connection", "Blocked {} after five tries",
    "listening on {}:5432", "nameserver {}", "allow {};", "{} api.internal", "Peer {} timed out",
    "Redis at {}", "Postgres on {} refused it", "Connected to {}", "From {} at night",
    '{{"ip": "{}"}}', "dst={};proto=tcp", "Gateway {}", "[{}]", "{}", "Address {} is in use",
    "Nov 26 10:00:00 web sshd[17]: Accepted publickey for ada from {} port 50022 ssh2",
    "connect() failed while connecting to upstream, client: {}, server: shop",
    "Node {} joined, node {} left", "{},2026-11-26,login", "Router {} and Switch {} were replaced",
)  # fmt: skip
RELEASES = (
    "Git {} Release Notes", "Fixes since v{}", "as of Git {}", "Git {} and {} were tagged",
    "{} release notes", "Oracle Database {} is installed", "runs on WebLogic {}",
    "Flash Player {} and earlier", "version {}", "Version: {}", "versions {} to {}", "v{}",
    'version = "{}"', "version='{}'", "ver. {}", "release {}", "Release {} fixes a crash",
    "tag {}", "tags {}, {} and {}", "revision {}", "build {}", "firmware {}", "firmware version {}",
    "upgraded from {} to {}", "update to {}", "downgrade to {}", "fixed in {}", "fixed in {}, {}",
    "introduced in {}", "since {}, this has changed", "deprecated since {}", "driver version {}",
    "patch {}", "requires foo>={}", "foo=={}", "foo~={}", "foo>={},<{}", "Chrome/{} Safari/537",
    "changed between {} and version {}", "FortiOS {}", "OpenSSL {} or later", "Apache Struts {}",
    '{{"version": "{}"}}', "the {} release", "{} was released on Monday", "Changes in {}",
    "GIT {}", "JUnit {} is out", "maintenance release {}", "hotfix {}", "(v{})", "version-{}",
)  # fmt: skip
NUMBERED = (
    "section {}", "see section {} below", "Section {}: Overview", "sections {} and {}", "§ {}",
    "§{}", "chapter {}", "clause {} applies", "paragraph {}", "appendix {}", "### {} Overview",
    "OID {}", "oid: {}", "urn:oid:{}", "object identifier {}", "the OIDs {} and {}", "Annex {}",
    "{} Overview of the design ........ 12", "requirement {} is met", "step {} of the manual",
)  # fmt: skip
KNOWN = ("8.8.8.8", "1.1.1.1", "9.9.9.9", "4.2.2.2", "10.0.0.1", "192.168.1.1", "10.1.2.3")


def _address(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.15:
        return draw.choice(KNOWN)
    if kind < 0.5:
        start = draw.choice(("10.{}", "192.168", "172.{}"))
        start = start.format(draw.randint(16, 31) if start[0:3] == "172" else draw.randint(0, 255))
        return f"{start}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"
    first = draw.choice([n for n in range(1, 224) if n not in (10, 127)])
    return f"{first}.{draw.randint(0, 255)}.{draw.randint(0, 255)}.{draw.randint(1, 254)}"


def _release(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.15:  # browsers, and databases by year
        return f"{draw.choice((11, 12, 19, 21, 32, 91, 120))}.0.0.{draw.choice((0, 0, 1, 101, 45))}"
    if kind < 0.25:  # a tenth release is a release, though 10 also begins private addresses
        return f"10.{draw.randint(0, 5)}.{draw.randint(0, 9)}.{draw.randint(0, 12)}"
    return f"{draw.randint(0, 9)}.{draw.randint(0, 30)}.{draw.randint(0, 15)}.{draw.randint(0, 9)}"


def _number(draw: random.Random) -> str:
    if draw.random() < 0.3:
        return draw.choice(("1.3.6.1", "2.5.29.15", "2.5.4.3", "1.0.9.1"))
    return ".".join(str(draw.randint(1, 12)) for _ in range(4))


def labelled(seed: int = 3, times: int = 6) -> Iterator[Sample]:
    """Each pattern so many times; only addresses are labelled."""
    draw = random.Random(seed)
    for _ in range(times):
        for patterns, value, entity in (
            (SAYS_AN_ADDRESS, _address, "ip"), (PLAIN, _address, "ip"),
            (RELEASES, _release, ""), (NUMBERED, _number, ""),
        ):  # fmt: skip
            for pattern in patterns:
                yield _filled(pattern, [value(draw) for _ in range(3)], entity)


def _filled(pattern: str, values: list[str], entity: str) -> Sample:
    parts = pattern.replace("{{", "\0").replace("}}", "\1").split("{}")
    text, spans = "", []
    for part, value in zip(parts, [*values, ""], strict=False):
        text += part.replace("\0", "{").replace("\1", "}")
        if len(spans) < len(parts) - 1:
            spans.append((len(text), len(text) + len(value), entity))
            text += value
    return Sample(text, tuple(spans) if entity else ())


def wrong(samples: list[Sample]) -> tuple[list[str], list[str]]:
    """Texts with a release that is taken for an address, and with an address that is missed."""
    false, missed = [], []
    for one in samples:
        found = [(s.start, s.end) for s in scan_text(one.text) if s.entity == "ip"]
        real = [(start, end) for start, end, _ in one.spans]
        false += [one.text] * any(span not in real for span in found)
        missed += [one.text] * any(span not in found for span in real)
    return false, missed


if __name__ == "__main__":
    given = list(labelled())
    for name, texts in zip(("FALSE ", "MISSED"), wrong(given), strict=True):
        print(f"{name} {len(texts)} of {len(given)}", *sorted(set(texts)), sep="\n  ")
