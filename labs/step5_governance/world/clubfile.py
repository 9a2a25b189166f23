"""What is wrong with the file that an answer built of the club's base."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from labs.step5_governance.world import club
from labs.step5_governance.world.bases import Content
from labs.step5_governance.world.club import CLEAR, MASKED, MEMBERS, VISITS, WHO
from workbook import Finding


def _rows(found: Content, seed: int) -> Finding | None:
    """Tables, columns, types, and each cell but for tokens."""
    return next((Finding("content-wrong", told) for told in _wrong(found, seed) if told), None)


def _wrong(found: Content, seed: int) -> Sequence[str]:
    more = sorted(set(found.columns) ^ set(CLEAR))
    if more:
        there = "is" if more[0] in found.columns else "is not"
        return [f"the table {more[0]} {there} in the file"]
    told = [_columns(found, table) for table in CLEAR]
    return told if any(told) else [_members(found, seed), _visits(found, seed), _guests(found)]


def _columns(found: Content, table: str) -> str:
    kinds = {name: kind.lower() for name, kind in found.columns[table]}
    seen = {*CLEAR[table], *MASKED[table]}
    if set(kinds) != seen:
        return f"of {table} it has {', '.join(kinds)}; seen are {', '.join(sorted(seen))}"
    other = [name for name, kind in CLEAR[table].items() if kinds[name] != kind]
    return f"{table}.{other[0]} is {kinds[other[0]]}, not {CLEAR[table][other[0]]}" if other else ""


def _cells(found: Content, table: str, names: Sequence[str]) -> list[tuple[Any, ...]]:
    """The rows, of these columns only, as stored."""
    at = [[name for name, _ in found.columns[table]].index(name) for name in names]
    return [tuple(row[n] for n in at) for row in found.rows[table]]


def _members(found: Content, seed: int) -> str:
    here = {one.code: one for one in club.club(seed).here}
    rows = _cells(found, MEMBERS, [*CLEAR[MEMBERS], "mobile", "nick"])
    if len(rows) != len(here):
        return f"members has {len(rows)} rows; the role sees {len(here)}"
    for *clear, mobile, nick in rows:
        true = here.get(clear[0])
        if true is None or tuple(clear) != true.clear:
            return "a clear cell of members differs from the base"
        if not str(mobile).endswith(true.mobile[-2:]) or true.mobile[:-2] in str(mobile):
            return f"partial of {true.mobile} is {mobile}"
        if true.nick in str(nick):
            return "redact shows the value"
    return ""


def _visits(found: Content, seed: int) -> str:
    seen = club.club(seed).seen
    rows = _cells(found, VISITS, [WHO, "door"])
    if len(rows) != len(seen):
        return f"{VISITS} has {len(rows)} rows; the role sees {len(seen)}, some of them alike"
    nobody = [sum(who is None for who, _ in visits) for visits in (rows, seen)]
    return f"{VISITS}: {nobody[0]} cells are NULL, not {nobody[1]}" if len(set(nobody)) > 1 else ""


def _guests(found: Content) -> str:
    return f"guests has {len(found.rows['guests'])} rows; the role sees none" * bool(
        found.rows["guests"]
    )


def _numbers(found: Content, seed: int) -> dict[str, int]:
    """The member's number behind each token, as members tells it."""
    by_code = {one.code: one.member for one in club.club(seed).here}
    return {token: by_code[code] for token, code in _cells(found, MEMBERS, ["member", "code"])
            if code in by_code}  # fmt: skip


def _tokens(found: Content, seed: int) -> Finding | None:
    """The number of a member has another column's name in the visits, and is text there."""
    if _rows(found, seed):
        return None
    known = _numbers(found, seed)
    tokens = [who for who, _ in _cells(found, VISITS, [WHO, "door"]) if who is not None]
    lost = [token for token in tokens if token not in known]
    if not lost:
        return None
    return Finding("tokens-differ", f"{len(lost)} of {len(tokens)} visits find no member")


def _order(found: Content, seed: int) -> Finding | None:
    """Rows in the order of what stands behind a token: that is seen in every one of them."""
    if _rows(found, seed) or _tokens(found, seed):
        return None
    known = _numbers(found, seed)
    for table, name in ((MEMBERS, "member"), (VISITS, WHO)):
        cells = _cells(found, table, [name])
        numbers = [known[token] for (token,) in cells if token is not None]
        if numbers in (sorted(numbers), sorted(numbers, reverse=True)):
            told = f"the rows of {table} lie in the order of the numbers behind the tokens"
            return Finding("secret-shows", told)
    return None


Judged = Callable[[Content, int], Finding | None]
CLUB_CASES: tuple[tuple[str, Judged, str], ...] = (
    ("its rows", _rows, "content-wrong"),
    ("its tokens", _tokens, "tokens-differ"),
    ("the order of its rows", _order, "secret-shows"),
)
