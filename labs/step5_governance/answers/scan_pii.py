# %% reference
import re

FORMS = {
    "ssn": r"\b\d{3}-\d{2}-\d{4}\b",
    "ip": r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b",
    "mail": r"[\w.+%-]+@(?:[\w-]+\.)+[A-Za-z]{2,}\b",
    "card": r"(?<!\d)\d(?:[ -]?\d){11,18}(?!\d)",
    "iban": r"\b[A-Za-z]{2}\d{2}(?: ?[A-Za-z\d]{1,4}){3,8}\b",
    "phone": r"(?<![\w.-])(?:\+\d(?:[ -]?\d){9,12}|\(\d{3}\) \d{3}-\d{4}|\d{3}([.-])\d{3}\1\d{4})(?!\d)",
}


def luhn(number):
    """Whether the Luhn sum of the digits ends in 0."""
    digits = [int(c) for c in number if c.isdigit()]
    return sum(digits[-1::-2] + [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]) % 10 == 0


def account(text):
    """Whether the IBAN's checksum is right."""
    bare = text.replace(" ", "").upper()
    return len(bare) > 14 and int("".join(str(int(c, 36)) for c in bare[4:] + bare[:4])) % 97 == 1


@lab.exercise("scan-pii")
def scan_text(text):
    """The personal data in a text: a list of (start, end, entity)."""
    found = []
    for entity, form in FORMS.items():
        for match in re.finditer(form, text):
            start, end = match.span()
            if entity == "card" and not luhn(match[0]):
                continue
            if entity == "iban":  # words may follow: the longest part whose checksum is right
                while end > start and not account(text[start:end]):
                    end = text.rfind(" ", start, end)
            if end > start:
                found.append((start, end, entity))
    return found


@lab.exercise("scan-pii")
def scan_table(con, table):
    """The cells with personal data: {column: {entity: cells}}."""
    rows = con.execute(f'from "{table}"').fetchall()
    names = [column[0] for column in con.description]
    found = {}
    for row in rows:
        for name, value in zip(names, row):
            if value is None:
                continue
            for entity in {entity for _, _, entity in scan_text(str(value))}:
                kinds = found.setdefault(name, {})
                kinds[entity] = kinds.get(entity, 0) + 1
    return found

# %% other: python-stdnum and phonenumbers, columns one by one as text in SQL
import re
from collections import Counter

import phonenumbers
from stdnum import iban, luhn


def checked(form, text, right):
    """Matches that are right, or whose beginning is, up to a space; the next one is sought behind it."""
    at = 0
    while match := re.compile(form).search(text, at):
        at = match.start() + 4
        parts = re.split(r"(?<=\S)(?= )", match[0])
        for count in range(len(parts), 0, -1):
            value = "".join(parts[:count])
            if right(value):
                at = match.start() + len(value)
                yield match.start(), at
                break


def is_card(value):
    number = re.sub(r"\D", "", value)
    return 12 <= len(number) <= 19 and luhn.is_valid(number)


@lab.exercise("scan-pii")
def scan_text(text):
    found = [(m.start(), m.end(), "mail") for m in re.finditer(r"[^\s@<>()=:;,]+@[\w.-]+\.[a-z]{2,}", text, re.I)]
    found += [(m.start(), m.end(), "ssn") for m in re.finditer(r"\b\d{3}-\d{2}-\d{4}\b", text)]
    found += [(m.start(), m.end(), "ip") for m in re.finditer(r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b", text)]
    if any(c.isdigit() for c in text):
        found += [(*at, "card") for at in checked(r"(?<!\d)\d[\d -]{10,}\d(?!\d)", text, is_card)]
        found += [(*at, "iban") for at in checked(r"\b[A-Za-z]{2}\d\d[A-Za-z\d ]{11,}", text, iban.is_valid)]
        found += [(m.start, m.end, "phone") for m in phonenumbers.PhoneNumberMatcher(text, "US")]
    return found


@lab.exercise("scan-pii")
def scan_table(con, table):
    described = con.execute(f'describe "{table}"').fetchall()
    found = {}
    for name, *_ in described:
        column = '"' + name.replace('"', '""') + '"'
        seen = con.execute(f'select {column}::varchar, count(*) from "{table}" where {column} is not null group by 1').fetchall()
        kinds = Counter()
        for value, cells in seen:
            kinds.update(dict.fromkeys({one[2] for one in scan_text(value)}, cells))
        if kinds:
            found[name] = dict(kinds)
    return found

# %% other: tables first, rows in portions, a state for each character and no patterns for numbers
import re


@lab.exercise("scan-pii")
def scan_table(con, table):
    counts = {}
    con.execute(f'select * from "{table}"')
    names = [d[0] for d in con.description]
    while rows := con.fetchmany(1000):
        for row in rows:
            for name, value in zip(names, row):
                for entity in set(kind for *_, kind in scan_text("" if value is None else f"{value}")):
                    counts[name, entity] = counts.get((name, entity), 0) + 1
    return {n: {e: c for (m, e), c in counts.items() if m == n} for n, _ in counts}


def runs(text, allowed):
    """Stretches of allowed characters, without spaces and the like around them."""
    start = None
    for at, char in enumerate(text + "\0"):
        if char in allowed and start is None:
            start = at
        elif char not in allowed and start is not None:
            value = text[start:at]
            lead = len(value) - len(value.lstrip(" -."))
            if value.strip(" -."):
                yield start + lead, value.strip(" -.")
            start = None


def luhn_ok(digits):
    total = 0
    for n, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + n % 2)
        total += value - 9 if value > 9 else value
    return not total % 10


def iban_ok(value):
    rest = 0
    for char in value[4:] + value[:4]:
        number = int(char, 36)
        rest = (rest * (100 if number > 9 else 10) + number) % 97
    return rest == 1


LENGTHS = {"DE": 22, "FR": 27, "GB": 22, "AT": 20, "NL": 18}


@lab.exercise("scan-pii")
def scan_text(text):
    found = []
    for form, kind in ((r"\b\d{3}-\d{2}-\d{4}\b", "ssn"), (r"(?<![\w.])(?<!version )\d+(?:\.\d+){3}\b", "ip")):
        found += [(*m.span(), kind) for m in re.finditer(form, text)]
    for m in re.finditer(r"(?<=@)[\w.-]*[a-zA-Z]{2}\b", text):
        start = m.start() - 1
        while start and (text[start - 1].isalnum() or text[start - 1] in "._+-"):
            start -= 1
        if "." in m[0] and start < m.start() - 1:
            found.append((start, m.end(), "mail"))
    for start, value in runs(text, "0123456789 -"):
        digits = value.replace(" ", "").replace("-", "")
        if 12 <= len(digits) <= 19 and luhn_ok(digits):
            found.append((start, start + len(value), "card"))
    for start, value in runs(text, "0123456789+() .-"):
        digits = [c for c in value if c.isdigit()]
        groups = re.split(r"\D+", value.strip("( "))
        if (value[0] == "+" or "+" in value[:3]) and 10 <= len(digits) <= 14 or [*map(len, groups)][:3] == [3, 3, 4]:
            found.append((start, start + len(value), "phone"))
    for m in re.finditer(r"(?i)\b(?:DE|FR|GB|AT|NL)\d\d", text):
        left, end = LENGTHS[m[0][:2].upper()], m.start()
        while left and end < len(text) and (text[end].isalnum() or text[end] == " "):
            left, end = left - text[end].isalnum(), end + 1
        if not left and iban_ok(text[m.start():end].replace(" ", "")):
            found.append((m.start(), end, "iban"))
    return found
