"""scan-pii: personal data is found, and only that, in texts and in whole tables.

The page's sentence -> the cases that try it
    A span (start, end) counts where it and the value share at least half of the longer one. ->
        social security numbers; mail addresses; phone numbers; cards; accounts
    In the texts no value contains another one by chance -> not judged: so they are drawn
    mail: 95% of the addresses are found -> mail addresses
    The domain has a dot and ends in letters -> mail addresses
    card: 95% are found -> cards
    12 to 19 digits, bare or grouped -> cards
    The Luhn sum decides. -> cards
    iban: 85% are found -> accounts
    accounts in DE, FR, GB, AT and NL -> accounts
    The checksum decides. -> accounts
    phone: 80% are found -> phone numbers
    Dates, versions, order ids and amounts are not phone numbers -> phone numbers
    ssn, ip: 95% found, 95% right, as given -> social security numbers; addresses of the internet
    Each of several values is found -> several values in one text
    Only columns that hold any, their cells by entity -> a table of five rows
    A cell counts once for an entity -> a table of five rows
    Every row counts, equal ones, too -> equal rows; the first row of *;
        the last row of *; one row of 50,000
    Every column counts -> a card as a number, and NULL; JSON, lists and structs;
        kind and value in two columns
    Names of columns and tables may need quotes -> names that need quotes
    NULL holds nothing, nor does an empty table -> cells that are NULL; an empty table;
        a card as a number, and NULL
    A table of numbers, dates, links and versions -> numbers, dates, links and versions
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from typing import Any

from labs.handles.database import Database
from labs.handles.kept import asked
from labs.step5_governance.world import scans
from labs.step5_governance.world.scans import Note, Truth
from workbook import Answer, AnswerFailed, Case, Finding, Outcome
from workbook.answer import Failure, Step

FEW, MANY = 300, 50_000  # rows
Run = Callable[[], Finding | None]
Cells = Mapping[str, Mapping[str, int]]  # column -> entity -> cells
LEAST = {  # of what is found, how much is right; of what there is, how much is found
    "ssn": (0.95, 0.95), "ip": (0.95, 0.95), "mail": (0.95, 0.95), "phone": (0.5, 0.8),
    "card": (0.95, 0.95), "iban": (0.95, 0.85),
}  # fmt: skip
NAMES = {
    "ssn": "social security numbers", "ip": "addresses of the internet", "mail": "mail addresses",
    "phone": "phone numbers", "card": "cards", "iban": "accounts",
}  # fmt: skip
MISSED = {"ssn": "given-lost", "ip": "given-lost", "mail": "mail-wrong", "phone": "phone-missed",
          "card": "card-missed", "iban": "iban-missed"}  # fmt: skip
FALSE = {"ssn": "given-lost", "ip": "given-lost", "mail": "mail-wrong", "phone": "phone-false",
         "card": "checksum-unused", "iban": "checksum-unused"}  # fmt: skip


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Each kind by itself, several together, then tables: they need what the texts show."""
    tried = []
    for entity, name in NAMES.items():
        run = cache(partial(_texts, answer, scans.notes(seed, entity), [entity]))
        tried.append(Case(name, run, MISSED[entity], plain=entity == "ssn"))
    yield from tried
    together = partial(_texts, answer, scans.mixed(seed), list(NAMES), several=True)
    mixed = _after(tried, "several values in one text", together, "several-lost")
    yield mixed
    for table in tables(seed):
        judged = partial(_table, answer, table)
        yield _after([*tried, mixed], table.name, judged, table.finding)


def _after(needs: Sequence[Case], name: str, run: Run, finding: str) -> Case:
    """A case that is tried only where those before it are right: one cause, one finding."""

    def needed() -> bool:
        try:
            return all(case.run() is None for case in needs)
        except AnswerFailed:
            return False

    return Case(name, cache(lambda: run() if needed() else None), finding)


# Texts


@dataclass
class Tally:
    """What was found of a kind: values, found ones, wrong ones, and examples of both."""

    there: int = 0
    found: int = 0
    false: int = 0
    missed_rows: tuple[dict[str, str], ...] = ()
    false_rows: tuple[dict[str, str], ...] = ()

    def count(self, text: str, truths: Sequence[Truth], spans: Sequence[Truth]) -> None:
        """Add a text: each value is found once, however many spans lie on it."""
        for truth in truths:
            hit = any(_alike(truth, span) for span in spans)
            self.there, self.found = self.there + 1, self.found + hit
            if not hit:
                self.missed_rows += ({"text": text, "missed": text[truth[0] : truth[1]]},)
        for span in spans:
            if not any(_alike(truth, span) for truth in truths):
                self.false += 1
                self.false_rows += ({"text": text, "false": text[span[0] : span[1]]},)

    def __str__(self) -> str:
        return f"found {self.found} of {self.there}, {self.false} false"


def _alike(truth: Truth, span: Truth) -> bool:
    """Whether they share at least half of the longer one."""
    shared = min(truth[1], span[1]) - max(truth[0], span[0])
    return 2 * shared >= max(truth[1] - truth[0], span[1] - span[0])


def _texts(
    answer: Answer, notes: Sequence[Note], entities: Sequence[str], *, several: bool = False
) -> Finding | None:
    spans = _scanned(answer, notes)
    for entity in entities:
        tally = Tally()
        for note, found in zip(notes, spans, strict=True):
            mine = [sorted({one for one in which if one[2] == entity})
                    for which in (note.truths, found)]  # fmt: skip
            tally.count(note.text, *mine)
        right, most = LEAST[entity]
        if tally.found < most * tally.there:
            told = f"{entity}: {tally}{_other_names(spans)}"
            finding = "several-lost" if several else MISSED[entity]
            return Finding(finding, told, tally.missed_rows[:4])
        # Beside many numbers of other kinds the half of the phones that may be wrong is none.
        alone = not several or entity != "phone"
        if alone and tally.found < right * (tally.found + tally.false):
            return Finding(FALSE[entity], f"{entity}: {tally}", tally.false_rows[:4])
    return None


def _other_names(spans: Sequence[Sequence[Truth]]) -> str:
    """A word to whoever calls an entity by another name."""
    others = sorted({one[2] for found in spans for one in found} - set(NAMES))
    return f"; it also finds {', '.join(others[:3])}" if others else ""


def _scanned(answer: Answer, notes: Sequence[Note]) -> list[list[Truth]]:
    """The spans of each text; raises AnswerFailed."""
    script = [Step("scanner", "scan_text", {"text": note.text}) for note in notes]
    outcomes = answer.play(script)
    return [_spans(o.value, note.text) for o, note in zip(outcomes, notes, strict=True)]


def _spans(value: Any, text: str) -> list[Truth]:
    """The answer's spans in a text, read as (start, end, entity)."""
    if not isinstance(value, list | tuple | set):
        raise _not_that("scan_text", value, "a list of (start, end, entity)")
    found = []
    for one in value:
        if not isinstance(one, list | tuple) or [type(part) for part in one] != [int, int, str]:
            raise _not_that("scan_text", one, "(start, end, entity)")
        if not 0 <= one[0] < one[1] <= len(text):
            raise _not_that("scan_text", one, "a part of the text")
        found.append((one[0], one[1], one[2]))
    return found


def _not_that(function: str, value: Any, wanted: str) -> AnswerFailed:
    told = f"{function} gave {repr(value)[:60]}; {wanted} is needed"
    return AnswerFailed(Failure("TypeError", told))


# Tables


@dataclass(frozen=True)
class Table:
    """A table for the scanner: the statement that makes it, and what it holds."""

    name: str
    finding: str
    setup: str
    holds: Cells
    called: str = "data"


@lru_cache(maxsize=4)
def tables(seed: int) -> Sequence[Table]:
    """Tables whose values are the plainest of their kind: it is about where they stand."""
    return tuple(_drawn(seed))


def _drawn(seed: int) -> Iterator[Table]:
    drawn = random.Random(f"scan/{seed}/tables")
    mails, phone = ([scans.mails(drawn, 3 * n) for n in range(5)], scans.phones(drawn, 3))
    iban, ssn, ip = scans.apart(drawn, 1), scans.ssns(drawn, 0), scans.ips(drawn, 0)
    card = _long_card(drawn)
    contacts = [mails[0], f"{mails[1]} or {phone}", phone, f"{mails[2]} and {mails[3]}", "none"]
    rows = ", ".join(f"({n}, 'x', '{contact}')" for n, contact in enumerate(contacts))
    yield Table("a table of five rows", "cells-miscounted",
                f"create table data as from (values {rows}) v(id, name, contact)",
                {"contact": {"mail": 3, "phone": 2}})  # fmt: skip
    alike = ", ".join([f"('{mails[0]}'), ('none')"] * 3)
    yield Table("equal rows", "cells-miscounted",
                f"create table data as from (values {alike}) v(note)",
                {"note": {"mail": 3}})  # fmt: skip
    empty = "create table data (mail varchar, note varchar)"
    some = f"{empty}; insert into data values (null, null), (null, '{ssn}')"
    yield Table("cells that are NULL", "cells-miscounted", some, {"note": {"ssn": 1}})
    yield Table("an empty table", "cells-miscounted", empty, {})
    late = MANY - 1 - drawn.randrange(5_000)
    for name, at, count in ((f"the first row of {FEW}", 0, FEW),
                            (f"the last row of {FEW}", FEW - 1, FEW),
                            (f"one row of {MANY:,}", late, MANY)):  # fmt: skip
        yield Table(name, "rows-missed", _one_row(at, count, f"ask {mails[0]}"),
                    {"body": {"mail": 1}})  # fmt: skip
    yield Table("a card as a number, and NULL", "columns-missed",
                f"create table data as from (values (1, {card}), (2, null)) v(id, paid_by)",
                {"paid_by": {"card": 1}})  # fmt: skip
    yield Table("JSON, lists and structs", "columns-missed", _nested(mails, ssn, iban),
                {"raw": {"mail": 1}, "seen": {"iban": 1, "ssn": 1},
                 "one": {"mail": 1}, "by_kind": {"mail": 1}, "either": {"mail": 1}})  # fmt: skip
    yield Table("kind and value in two columns", "columns-missed",
                f"create table data as from (values ('host', '{ip}'), ('size', 'XL'), "
                f"('mail', '{mails[4]}')) v(kind, value)",
                {"value": {"ip": 1, "mail": 1}})  # fmt: skip
    yield Table("names that need quotes", "columns-missed",
                f"create table \"order lines\" as select '{mails[0]}' as \"e-mail, main\", "
                f"'{iban}' as \"select\", '{ssn}' as \"the \"\"id\"\"\"",
                {"e-mail, main": {"mail": 1}, "select": {"iban": 1},
                 'the "id"': {"ssn": 1}}, "order lines")  # fmt: skip
    yield Table("numbers, dates, links and versions", "clean-flagged", _clean(drawn), {})


def _long_card(drawn: random.Random) -> int:
    """A card of 19 digits; what a float keeps of them is not one by chance."""
    while True:
        card = int(scans.cards(drawn, 3))
        if not scans.holds_card("".join(filter(str.isdigit, str(float(card))))):
            return card


def _one_row(at: int, count: int, body: str) -> str:
    """A table in which one row holds something."""
    return (
        f"create table data as select case i when {at} then '{body}' "
        f"else ['It is late.', 'Torn seam.', 'Thank you.'][i % 3 + 1] end as body "
        f"from range({count}) r(i)"
    )


def _nested(mails: Sequence[str], ssn: str, iban: str) -> str:
    return (
        f'create table data as select \'{{"by": {{"contact": "{mails[0]}"}}}}\'::json as raw, '
        f"['none', '{ssn}', '{iban}'] as seen, "
        f"{{'name': 'Ada', 'contact': '{mails[1]}'}} as one, "
        f"map {{'contact': '{mails[2]}'}} as by_kind, "
        f"'{mails[3]}'::enum('{mails[3]}', 'none') as either"
    )


def _clean(drawn: random.Random) -> str:
    """Forty rows that hold nothing, although they hold digits, dots and links."""
    rows = ", ".join(
        f"({drawn.randrange(10**6)}, {drawn.randrange(10**5) / 100}, "
        f"{scans.cards(drawn, 100 + 3 * drawn.randrange(50) + 2, valid=False).replace('-', '')}, "
        f"date '2026-02-{1 + n % 28:02}', 'https://example.com/orders/{n}?page={n % 7}', "
        f"'v{n % 9}.2.3.{n}', 'version 1.{n}.3.4')"
        for n in range(40)
    )
    return f"create table data as from (values {rows}) v(id, amount, reference, day, link, v, said)"


def _table(answer: Answer, table: Table) -> Finding | None:
    def scanned(con: Database) -> Outcome:
        given = {"con": con, "table": table.called}
        return answer.play([Step("scanner", "scan_table", given)])[0]

    outcome = asked(answer, table.setup, scanned)
    found = _counts(outcome.value)
    if bare := [column for column, kinds in outcome.value.items() if not any(kinds.values())]:
        told = f"column {bare[0]} is in the answer, and no cell of it holds anything"
        return Finding("cells-miscounted" if table.holds else table.finding, told)
    for column, kinds in table.holds.items():
        for entity, right in kinds.items():
            seen = found.get(column, {}).get(entity, 0)
            if seen != right:
                told = f"column {column}: cells with {entity}: {seen}; there are {right}"
                return Finding(table.finding, told)
    for column, kinds in found.items():
        # Half of the phone numbers may be wrong: only a table without anything has to stay clean.
        more = sorted(
            set(kinds) - set(table.holds.get(column, ())) - ({"phone"} if table.holds else set())
        )
        if more:
            told = f"column {column}: cells with {more[0]}: {kinds[more[0]]}; there are none"
            return Finding(table.finding, told)
    return None


def _counts(value: Any) -> Cells:
    """The answer's counts without those that are zero."""
    wanted = "{column: {entity: cells}}"
    if not isinstance(value, dict):
        raise _not_that("scan_table", value, wanted)
    for kinds in value.values():
        if not isinstance(kinds, dict) or any(type(n) is not int for n in kinds.values()):
            raise _not_that("scan_table", kinds, wanted)
    return {column: {e: n for e, n in kinds.items() if n and e in NAMES}
            for column, kinds in value.items()}  # fmt: skip
