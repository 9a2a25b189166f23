"""The texts of scan-pii: values are what they say, and what only looks like one is none."""

from __future__ import annotations

import re

from stdnum import iban, luhn

from labs.step5_governance.world import scans


def _values(notes, entity):
    return [n.text[start:end] for n in notes for start, end, kind in n.truths if kind == entity]


def test_values_pass_their_checksums_and_the_others_fail_them(seed):
    cards = scans.notes(seed, "card")
    right = [re.sub(r"\D", "", value) for value in _values(cards, "card")]
    assert {len(value) for value in right} == set(range(12, 20))
    assert all(map(luhn.is_valid, right))
    wrong = [re.sub(r"\D", "", note.text) for note in cards if not note.truths]
    assert wrong
    assert not any(map(scans.holds_card, wrong))
    accounts = scans.notes(seed, "iban")
    found = _values(accounts, "iban")
    assert {value[:2].upper() for value in found} == {"DE", "FR", "GB", "AT", "NL"}
    assert all(map(iban.is_valid, found))
    words = [re.search(r"[A-Za-z]{2}\d[\dA-Za-z ]+\d", n.text)[0] for n in accounts if not n.truths]
    assert not any(map(iban.is_valid, words))


def test_no_card_hides_in_phones_and_accounts_of_mixed_texts(seed):
    notes = scans.mixed(seed)
    for entity in ("phone", "iban"):
        values = [re.sub(r"\D", "", value) for value in _values(notes, entity)]
        assert values
        assert not any(map(scans.holds_card, values))


def test_same_seed_same_texts_other_seed_other_texts():
    assert scans.notes(7, "card") == scans.notes(7, "card")
    assert scans.notes(7, "card") != scans.notes(8, "card")


def test_a_note_knows_where_its_values_stand():
    note = scans.note("from {} to {}", ("a@b.cd", "mail"), ("1.2.3", ""))
    assert note == scans.Note("from a@b.cd to 1.2.3", ((5, 11, "mail"),))
