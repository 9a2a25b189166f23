"""A generated set of short texts with personal data and decoys, labelled; the same for a seed."""

from __future__ import annotations

import random
import string
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from stdnum import iban, luhn

FIRST = ("Ada", "Bo", "Chidi", "Dana", "Elif", "Farid", "Greta", "Hugo", "Ines", "Jun", "Kira")
LAST = ("Okafor", "Lindqvist", "Moreau", "Tanaka", "Weber", "Rossi", "Novak", "Haddad", "Silva")
HOSTS = (
    "northlight.example", "mail.acme.org", "post.firma.de", "web.co.uk", "inbox.com", "uni-x.edu",
    "correo.es",
)  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """A text and its entities: (start, end, entity)."""

    text: str
    spans: tuple[tuple[int, int, str], ...]


class Draw(random.Random):
    """Values of each entity in the forms that people write, and decoys that look like them."""

    def digits(self, count: int) -> str:
        return "".join(self.choices(string.digits, k=count))

    def mail(self) -> str:
        first, last = self.choice(FIRST).lower(), self.choice(LAST).lower()
        tag = self.choice(["", "", "+orders", "+x1"])
        local = self.choice([f"{first}.{last}", f"{first[0]}{last}", f"{first}_{self.digits(2)}"])
        found = f"{local}{tag}@{self.choice(HOSTS)}"
        return found.upper() if self.random() < 0.1 else found

    def phone(self) -> str:
        area, line = f"{self.choice('2345679')}{self.digits(2)}", self.digits(4)
        area = "212" if area[1:] == "11" else area
        exchange = f"{self.choice('23456789')}{self.choice('23456789')}{self.choice('023456789')}"
        forms = [
            f"({area}) {exchange}-{line}",
            f"{area}-{exchange}-{line}",
            f"{area}.{exchange}.{line}",
            f"+1 {area} {exchange} {line}",
            f"+49 30 {self.choice('23456789')}{self.digits(6)}",
            f"+44 20 7{self.digits(3)} {self.digits(4)}",
            f"+33 6 {self.digits(2)} {self.digits(2)} {self.digits(2)} {self.digits(2)}",
            f"030 / {self.choice('23456789')}{self.digits(6)}",
            f"06 {self.digits(2)} {self.digits(2)} {self.digits(2)} {self.digits(2)}",
            f"0171 {self.choice('23456789')}{self.digits(6)}",
        ]
        return self.choice(forms)

    def card(self) -> str:
        prefix, size = self.choice(
            [("4", 16), ("4", 16), ("51", 16), ("2221", 16), ("34", 15), ("37", 15), ("6011", 16),
             ("3530", 16), ("36", 14), ("5018", 16), ("4", 19)]
        )  # fmt: skip
        body = prefix + self.digits(size - len(prefix) - 1)
        return self.grouped(body + luhn.calc_check_digit(body))

    def grouped(self, number: str) -> str:
        sign = self.choice(["", " ", "-"])
        if len(number) == 15 and sign:
            return sign.join((number[:4], number[4:10], number[10:]))
        if len(number) == 14 and sign:
            return sign.join((number[:4], number[4:10], number[10:]))
        return sign.join(number[n : n + 4] for n in range(0, len(number), 4))

    def iban(self) -> str:
        country, bban = self.choice(
            [("DE", self.digits(18)), ("GB", f"WEST{self.digits(14)}"),
             ("NL", f"ABNA{self.digits(10)}"), ("AT", self.digits(16)), ("CH", self.digits(17))]
        )  # fmt: skip
        found = country + iban.calc_check_digits(f"{country}00{bban}") + bban
        if not iban.is_valid(found):
            return self.iban()
        if self.random() < 0.4:
            found = " ".join(found[n : n + 4] for n in range(0, len(found), 4))
        return found.lower() if self.random() < 0.15 else found

    def ssn(self) -> str:
        return f"{self.randint(100, 665)}-{self.randint(10, 99)}-{self.randint(1000, 9999)}"

    def ip(self) -> str:
        if self.random() < 0.25:
            return "2001:db8:" + ":".join(f"{self.randrange(1, 65536):x}" for _ in range(6))
        return ".".join(str(self.randrange(1, 255)) for _ in range(4))

    def url(self) -> str:
        host = self.choice(["www.acme.org", "shop.northlight.example", "docs.firma.de"])
        path = self.choice(["", "/", "/orders/17", "/a?b=c&d=1", "/x#y"])
        return f"{self.choice(['https', 'http'])}://{host}{path}"

    def version(self) -> str:
        return f"{self.randint(1, 9)}.{self.randint(0, 30)}.{self.randint(0, 9)}.{self.digits(1)}"

    def decoy(self) -> str:
        body = f"4{self.digits(14)}"
        wrong = str((int(luhn.calc_check_digit(body)) + self.randint(1, 9)) % 10)
        bad = f"DE{self.randint(10, 98)}{self.digits(18)}"
        forms: list[Callable[[], str]] = [
            lambda: f"order {self.digits(3)}-{self.digits(3)}-{self.digits(4)} was shipped",
            lambda: f"order {self.digits(10)} was shipped",
            lambda: f"invoice no. 2026-{self.digits(6)}",
            lambda: f"the number {self.grouped(body + wrong)} is not valid",
            lambda: f"version {self.version()}",
            lambda: f"upgrade to v{self.version()}",
            lambda: f"on 2026-11-{self.randint(10, 28)} at 10:{self.randint(10, 59)}:00",
            lambda: f"on {self.randint(10, 28)}.11.{self.randint(2020, 2026)}",
            lambda: f"reference {bad}" if not iban.is_valid(bad) else "reference none",
            lambda: f"000-{self.randint(10, 99)}-{self.digits(4)} is a test",
            lambda: f"part 9{self.digits(2)}-{self.digits(2)}-{self.digits(4)}",
            lambda: f"sku {self.digits(8)}",
            lambda: f"a total of 7,{self.digits(3)},{self.digits(3)}.{self.digits(2)}",
            lambda: f"ask @{self.choice(FIRST).lower()} or see logo@2x.png",
            lambda: f"std::vector at 0x{self.digits(8)}",
            lambda: f"mac 0a:1b:{self.digits(2)}:{self.digits(2)}:{self.digits(2)}:ff",
            lambda: f"isbn 978-3-16-1484{self.digits(2)}-0",
            lambda: f"epoch {self.randint(1_700_000_000, 1_790_000_000)}",
            lambda: (
                f"id {self.digits(8)}-{self.digits(4)}-4{self.digits(3)}-8017-{self.digits(12)}"
            ),
        ]
        return self.choice(forms)()


SAYS = {
    "mail": ["Write to {}.", "{} asked for it", "Bitte an {} senden", "<{}>", "contact={};"],
    "phone": ["Call me at {} please", "Tel. {}", "{} is where you reach me", "My number: {}", "{}"],
    "card": ["Paid with card {}.", "{}", "The card {} was declined", "Karte {}"],
    "iban": ["IBAN {}", "Please send it to {} today", "Konto {}", "{}"],
    "ssn": ["SSN {}", "{}", "social security number {} was given"],
    "ip": ["from {} at night", "client={}", "{} is blocked", "[{}]"],
    "url": ["see {}", "({})", "it is at {} now"],
}
PLAIN = ["Thanks!", "The parcel is late.", "Ça va très bien.", "Überweisung folgt.", "どうも", "ok"]


def samples(seed: int = 7, count: int = 1_500) -> Iterator[Sample]:
    """So many texts: of ten, six hold one entity, one two, three only decoys."""
    draw = Draw(seed)
    for number in range(count):
        kinds = [list(SAYS)[number % 7]] if number % 10 < 7 else []
        if number % 10 == 6:
            kinds.append(draw.choice(list(SAYS)))
        parts = [_said(draw, kind) for kind in kinds]
        parts += [(draw.decoy(), "") for _ in range(1 if kinds else 3)]
        parts.append((draw.choice(PLAIN), ""))
        draw.shuffle(parts)
        yield _joined(parts)


def _said(draw: Draw, kind: str) -> tuple[str, str]:
    return draw.choice(SAYS[kind]).replace("{}", f"\0{getattr(draw, kind)()}\1"), kind


def _joined(parts: list[tuple[str, str]]) -> Sample:
    text, spans = "", []
    for part, kind in parts:
        before, mark, rest = part.partition("\0")
        text += before
        if mark:
            value, _, after = rest.partition("\1")
            spans.append((len(text), len(text) + len(value), kind))
            text += value + after
        text += "\n"
    return Sample(text, tuple(spans))
