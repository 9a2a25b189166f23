"""read-the-bill: the bet beside what the judge measures on a lake of this seed.

The page's sentence -> the cases that try it
    dearest: who runs the query that reads most bytes -> the dearest
    files: how many files of the lake each of them opens -> support; sales; finance; marketing;
        product; numbers of files
    (a day is a file) -> numbers of files
    Nothing else is judged -> not judged: order of the keys, quotes, other keys, one line or many
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from fieldkit.audit import Cost
from fieldkit.audit.standards import StandardsError, known, loaded, shown
from labs.answer_text import text_of
from labs.step1_audit.world.bets import WHO, dearest, measured
from labs.step1_audit.world.bill import kilo
from labs.step1_audit.world.lake import lake
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import Failure

ORDERS_PER_DAY = 40  # files do not depend on the size of the lake, nor does which is the dearest
Bet = tuple[str, Mapping[str, int]]


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """The bet can be read; then its numbers, and who runs the dearest."""
    yield Case("a bet that can be read", partial(_readable, answer), "bill-not-files", plain=True)
    try:
        who, files = read(answer.text)
    except StandardsError:
        return
    here = lake(seed, ORDERS_PER_DAY)
    costs = measured(seed, here)
    yield Case("numbers of files", lambda: _not_files(files, here.files), "bill-not-files")
    for name in WHO:
        yield Case(name, partial(_opened, name, files, costs), f"bill-{name}")
    yield Case("the dearest", lambda: _dearest(who, costs), "bill-dearest")


def read(text: str) -> Bet:
    """The bet that a YAML text says; raises StandardsError."""
    told = loaded(text_of(text))
    if not isinstance(told, dict) or not isinstance(told.get("files"), dict):
        raise StandardsError(f"the bet is {shown(told)}; write the keys dearest and files")
    who = known(told.get("dearest"), "dearest", WHO)
    files = told["files"]
    for key in files:
        known(key, "files: a key", WHO)
    return who, {name: _whole(files.get(name), f"files.{name}") for name in WHO}


def _whole(given: Any, where: str) -> int:
    """A number, with quotes or without."""
    text = given if isinstance(given, str) else str(given)
    if isinstance(given, bool) or not re.fullmatch(r"-?[0-9]{1,9}", text.strip()):
        raise StandardsError(f"{where} is {shown(given)}; write a whole number")
    return int(text)


def _readable(answer: Answer) -> None:
    try:
        read(answer.text)
    except StandardsError as error:
        raise AnswerFailed(Failure("bet", str(error))) from None


def _not_files(files: Mapping[str, int], most: int) -> Finding | None:
    wrong = {who: count for who, count in files.items() if not 0 <= count <= most}
    if not wrong:
        return None
    rows: list[dict[str, Any]] = [{"who": who, "your bet": n} for who, n in wrong.items()]
    return Finding("bill-not-files", f"the lake has {most} files of events", rows)


def _opened(who: str, files: Mapping[str, int], costs: Mapping[str, Cost]) -> Finding | None:
    bet, true = files[who], costs[who].files
    if bet == true:
        return None
    return Finding(f"bill-{who}", f"your bet is {bet}, its scan says {true} files")


def _dearest(who: str, costs: Mapping[str, Cost]) -> Finding | None:
    true = dearest(costs)
    if who == true:
        return None
    order = sorted(costs, key=lambda name: -costs[name].bytes)
    rows = [{"who": name, "reads": kilo(costs[name].bytes)} for name in order]
    return Finding("bill-dearest", f"{who} reads {kilo(costs[who].bytes)}", rows)
