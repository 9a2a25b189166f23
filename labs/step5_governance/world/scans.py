"""Texts with personal data and with what only looks like it, for scanners to be tried on."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_uppercase

from stdnum import luhn

from labs.company import PREFIXES
from labs.step5_governance.world.data import ACCOUNTS, account

Truth = tuple[int, int, str]  # start, end, entity
PEOPLE = ("ada.ito", "bo_lind", "c.weiss42", "dina-moreau", "Edo.Rossi", "f.clarke", "gus",
          "hana.vogel", "m")  # fmt: skip
DOMAINS = ("example.com", "example.org", "shop.example.net", "mail.uk.example.com", "EXAMPLE.org")
AROUND = (
    "Please use {}, thank you.", "I wrote it down: {}.", "Is {} still right?", "{}",
    "The old one was ({}).", "Ours is {}; it has not changed.", "Customer gave {} on Monday.",
    "note: {}\nNothing else.", "Two of them:\n{}\n",
    "As I told your colleague on Tuesday, everything goes to {} from now on, and nowhere else.",
)  # fmt: skip
OTHERS = ("+49", "+33", "+61")  # Britain's numbers for films are none to a library of numbers
# Issuers that there are: first digits by length, since an answer may know them, too.
ISSUERS = {12: "5018", 13: "4", 14: "36", 15: "37", 16: "4 51 6011", 17: "62", 18: "62", 19: "62 4"}
GROUPS = {12: (4, 4, 4), 13: (13,), 14: (4, 6, 4), 15: (4, 6, 5), 16: (4, 4, 4, 4), 17: (17,),
          18: (18,), 19: (4, 4, 4, 4, 3)}  # fmt: skip
NO_MAIL = ("ada@", "@northlight", "bo @ work", "tent@1.3.0", "hana@localhost", "stove@2.0.1")


@dataclass(frozen=True)
class Note:
    """A text, and where in it personal data of which kind stands."""

    text: str
    truths: tuple[Truth, ...] = ()


def note(template: str, *values: tuple[str, str]) -> Note:
    """A text with (value, entity) in place of each {}; entity "": it only looks like one."""
    text, truths = "", []
    for part, (value, entity) in zip(template.split("{}"), [*values, ("", "")], strict=True):
        start = len(text) + len(part)
        text += part + value
        truths += [(start, start + len(value), entity)] if entity else []
    return Note(text, tuple(truths))


@lru_cache(maxsize=24)
def notes(seed: int, entity: str) -> Sequence[Note]:
    """Texts with one value of that kind each, and texts with what only looks like one."""
    drawn = random.Random(f"scan/{seed}/{entity}")
    right, wrong = KINDS[entity]
    values = [(right(drawn, n), entity) for n in range(42)]
    values += [(value, "") for value in wrong(drawn)]
    # A scanner may ask for the word before it believes twelve digits.
    word = "card {}" if entity == "card" else "{}"
    around = [one.replace("{}", word) for one in AROUND]
    found = [note(around[n % len(around)], one) for n, one in enumerate(values)]
    if entity == "iban":  # a word of four letters looks like one more group
        behind = ("{} from June on", "{} from June on", "{} says Zoe")
        found += [note(behind[n % 3], (ibans(drawn, 2 * n), entity)) for n in range(12)]
    drawn.shuffle(found)
    return tuple(found)


@lru_cache(maxsize=4)
def mixed(seed: int) -> Sequence[Note]:
    """Texts with several values each, of one kind and of several."""
    drawn = random.Random(f"scan/{seed}/mixed")
    found = []
    for n in range(8):
        mail, other = ((mails(drawn, n + k), "mail") for k in (0, 3))
        # At home only: which countries an answer knows is asked where phones stand alone.
        phone, second = ((phones(drawn, (1, 3, 4, 5)[(n + k) % 4]), "phone") for k in (0, 1))
        card, iban = (cards(drawn, 16 + 100 * n), "card"), (apart(drawn, n), "iban")
        ssn, ip = (ssns(drawn, n), "ssn"), (ips(drawn, n), "ip")
        others = [(cards(drawn, 16 + 100 * n), "card"), (apart(drawn, n + 1), "iban"),
                  (ssns(drawn, n + 1), "ssn"), (ips(drawn, n + 1), "ip")]  # fmt: skip
        found += [
            note("Mail {} or {}, or ring {}.", mail, other, phone),
            note("Charged to {}, refund to {}, receipt to {}.", card, iban, mail),
            note("Paid by {} and {}; to {} and {}.", card, others[0], iban, others[1]),
            note("First {}, then {}; from {}, later from {}.", ssn, others[2], ip, others[3]),
            note("Seen from {}: SSN {}, then a call from {} and one from {}.",
                 ip, ssn, phone, second),
        ]  # fmt: skip
    return tuple(found)


def mails(drawn: random.Random, number: int) -> str:
    """A mail address; every third one has a plus sign."""
    person, domain = PEOPLE[number % len(PEOPLE)], DOMAINS[number % len(DOMAINS)]
    return f"{person}{'+shop' if number % 3 == 1 else ''}@{domain}"


def phones(drawn: random.Random, number: int) -> str:
    """A phone number of the company's people in one of six forms."""
    abroad = number % 2 == 0 and number % 6 < 3
    prefixes = [one for one in PREFIXES.split() if one.startswith(OTHERS if abroad else "+1-")]
    while holds_card("".join(filter(str.isdigit, full := _number(drawn, prefixes)))):
        pass
    local = full.removeprefix("+1-").split("-")
    forms: Sequence[Callable[[], str]] = (
        lambda: full,
        lambda: full.replace("-", " "),
        lambda: full.replace("-", ""),
        lambda: f"({local[0]}) {local[1]}-{local[2]}",
        lambda: "-".join(local),
        lambda: ".".join(local),
    )
    return forms[number % 6]()


def _number(drawn: random.Random, prefixes: Sequence[str]) -> str:
    return f"{drawn.choice(prefixes)}{drawn.randrange(100):02}"


def cards(drawn: random.Random, number: int, *, valid: bool = True) -> str:
    """A card number of 12 to 19 digits: bare, with spaces or with dashes.

    Without `valid` no 12 to 19 digits of it in a row pass the Luhn check.
    """
    length = 12 + (number + 4) % 8 if number < 100 else 16
    start = drawn.choice(ISSUERS[length].split())
    while True:
        body = start + "".join(str(drawn.randrange(10)) for _ in range(length - len(start) - 1))
        digits = body + (luhn.calc_check_digit(body) if valid else str(drawn.randrange(10)))
        if valid or not holds_card(digits):
            return _grouped(digits, GROUPS[length], ("", " ", "-")[number % 3])


def _no_length_of_a_card(drawn: random.Random, length: int) -> str:
    """Digits that pass the Luhn check, one too few or one too many for a card."""
    while True:
        body = "4" + "".join(str(drawn.randrange(10)) for _ in range(length - 2))
        digits = body + luhn.calc_check_digit(body)
        if not holds_card(digits):
            return digits


def holds_card(digits: str) -> bool:
    """Whether 12 to 19 of the digits, in a row, pass the Luhn check."""
    return any(
        luhn.is_valid(digits[at : at + length])
        for length in range(12, 20)
        for at in range(len(digits) - length + 1)
    )


def _grouped(text: str, sizes: Sequence[int], mark: str) -> str:
    parts, at = [], 0
    for size in sizes:
        parts.append(text[at : at + size])
        at += size
    return mark.join(parts)


def ibans(drawn: random.Random, number: int, *, valid: bool = True) -> str:
    """An account of one of five countries: bare, in groups of four or in lower case."""
    bare = account(drawn, sorted(ACCOUNTS)[number % len(ACCOUNTS)], ascii_uppercase)
    if not valid:  # one digit more makes the sum wrong, whichever it was
        bare = bare[:-1] + str((int(bare[-1]) + 1) % 10)
    form = number % 4
    if form in (0, 3):
        bare = " ".join(bare[at : at + 4] for at in range(0, len(bare), 4))
    return bare.lower() if form in (2, 3) and number % 3 else bare


def apart(drawn: random.Random, number: int) -> str:
    """An account in whose digits no card number hides by chance."""
    while True:
        bare = account(drawn, ("GB", "NL")[number % 2])
        if not holds_card("".join(filter(str.isdigit, bare))):
            return bare


def ssns(drawn: random.Random, number: int) -> str:
    """A social security number as it could be given out."""
    area = drawn.choice([n for n in range(101, 660) if n != 555])
    return f"{area}-{drawn.randrange(11, 99)}-{drawn.randrange(1001, 9999)}"


def ips(drawn: random.Random, number: int) -> str:
    """An address of the internet, in the company's networks."""
    network = ("192.0.2", "198.51.100", "203.0.113", "10.20.30")[number % 4]
    return f"{network}.{drawn.randrange(1, 255)}"


def _no_mails(drawn: random.Random) -> list[str]:
    return [*NO_MAIL * 3, *(f"@{name}" for name in PEOPLE)]


def _no_phones(drawn: random.Random) -> list[str]:
    """Order ids, dates, versions and the like; a bare number of ten digits is rare."""
    found = []
    for n in range(7):
        day, digits = f"{1 + 4 * n:02}", [drawn.randrange(10**6, 10**7) for _ in range(6)]
        found += [
            f"order NL-2026-{digits[0]}", f"order {digits[1]}", f"2026-02-{day}", f"{day}.02.2026",
            f"2026-02-{day} 09:15:0{n}", f"version 12.4.{digits[2] % 9999}.{n}",
            f"invoice 2026-{digits[3]}", f"batch 202602{day}-{digits[4]}",
            f"USD 1,{digits[5] % 900 + 100},331.50", f"SKU 4711-0815-{n}2-{digits[0] % 900 + 100}",
        ]  # fmt: skip
    return [*found, *(f"id 10{drawn.randrange(10**7, 10**8)}" for _ in range(4))]


def _no_cards(drawn: random.Random) -> list[str]:
    others = [_no_length_of_a_card(drawn, length) for length in (11, 20) for _ in range(3)]
    return [cards(drawn, n, valid=False) for n in range(32)] + others


def _no_ibans(drawn: random.Random) -> list[str]:
    wrong = [ibans(drawn, n, valid=False) for n in range(24)]
    # What begins like an account: shelves of a warehouse.
    shelves = [f"{code}{drawn.randrange(10, 99)}" for code in sorted(ACCOUNTS) * 4]
    return [*wrong, *(", ".join(shelves[n : n + 6]) + " and DE 75" for n in range(4))]


def _no_ssns(drawn: random.Random) -> list[str]:
    return [f"{drawn.randrange(100, 999)}-{n + 10}-{n:05}" for n in range(10)]


def _no_ips(drawn: random.Random) -> list[str]:
    return [f"{word}1.{n}.3.{n + 4}" for n in range(6) for word in ("v", "version ")]


# By entity, what makes a value and what makes those that only look like one.
KINDS: dict[str, tuple[Callable[[random.Random, int], str],
                       Callable[[random.Random], list[str]]]] = {
    "mail": (mails, _no_mails), "phone": (phones, _no_phones), "card": (cards, _no_cards),
    "iban": (ibans, _no_ibans), "ssn": (ssns, _no_ssns), "ip": (ips, _no_ips),
}  # fmt: skip
