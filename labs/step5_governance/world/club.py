"""A club's base and policy for role databases: names, types, rules and rows Northlight lacks."""

from __future__ import annotations

import datetime as dt
import random
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any

import duckdb

MEMBERS, VISITS, GUESTS = "members", "visit log", "guests"
WHO = "who is"  # the column of VISITS that holds a member's number as text
ROLES = ("north", "counter")  # the second one has rows and no column: it adds nothing
HERE = 30  # members whom the role sees
POLICY = f"""
classes:
  members.member: person
  {VISITS}.{WHO}: person
  members.mobile: phone
  members.nick: nick
  members.place: place
  members.code: open
  members.fee: open
  members.since: open
  members.paid: open
  members.tags: open
  {VISITS}.door: open
  guests.guest: open
  guests.place: place
roles:
  north:
    rows: {{members: "place = 'north'", {VISITS}: "door <> 'cellar'", guests: "place = 'north'"}}
    show: {{person: hmac, phone: partial, nick: redact, open: clear}}
  counter:
    rows: {{"*": "true"}}
    show: {{}}
"""
CLEAR = {  # the columns that the role sees clear, with their types
    MEMBERS: {"code": "varchar", "fee": "decimal(9,2)", "since": "timestamp", "paid": "boolean",
              "tags": "varchar[]"},
    VISITS: {"door": "varchar"},
    GUESTS: {"guest": "bigint"},
}  # fmt: skip
MASKED = {MEMBERS: ("member", "mobile", "nick"), VISITS: (WHO,), GUESTS: ()}
_TOLD = (
    "create table members (code varchar, member integer, mobile varchar, nick varchar, "
    "place varchar, fee decimal(9,2), since timestamp, paid boolean, tags varchar[])",
    f'create table "{VISITS}" ("{WHO}" varchar, door varchar)',
    "create table guests (guest bigint, place varchar)",
)


@dataclass(frozen=True)
class Member:
    """A member, as the base has one."""

    code: str
    member: int
    mobile: str
    nick: str
    place: str
    fee: Decimal
    since: dt.datetime
    paid: bool
    tags: list[str]

    @property
    def clear(self) -> tuple[Any, ...]:
        """The cells that the role sees clear, in the order of CLEAR."""
        return self.code, self.fee, self.since, self.paid, self.tags


@dataclass(frozen=True)
class Club:
    """The rows of the base; a visit: the member's number or None, and the door."""

    members: list[Member]
    visits: list[tuple[int | None, str]]

    @property
    def here(self) -> list[Member]:
        """The members whom the role sees."""
        return [one for one in self.members if one.place == "north"]

    @property
    def seen(self) -> list[tuple[int | None, str]]:
        """The visits that the role sees."""
        return [one for one in self.visits if one[1] != "cellar"]


@lru_cache(maxsize=8)
def club(seed: int) -> Club:
    """The club of a seed: neither its members nor its visits lie in the order of their numbers."""
    drawn = random.Random(f"club/{seed}")
    numbers = drawn.sample(range(1_000, 10_000), HERE + 10)
    members = [_member(drawn, n, number) for n, number in enumerate(numbers)]
    drawn.shuffle(members)
    here = [one.member for one in members if one.place == "north"]
    # Each comes twice through the same door, so that two rows are equal in what the role sees.
    visits: list[tuple[int | None, str]] = [(number, "front") for number in here * 2] + [
        (None, "front")
    ] * 2
    visits += [(number, "cellar") for number in here[:5]]
    drawn.shuffle(visits)
    return Club(members, visits)


def _member(drawn: random.Random, place: int, number: int) -> Member:
    first = dt.datetime(2020, 1, 1) + dt.timedelta(seconds=drawn.randrange(10**8))
    return Member(
        code=f"c{place:02}", member=number, mobile=f"+49-30-{drawn.randrange(10**7, 10**8)}",
        nick=f"nick {number}{drawn.randrange(10**4)}", place="north" if place < HERE else "south",
        fee=Decimal(drawn.randrange(100, 99_999)) / 100, since=first, paid=drawn.random() < 0.5,
        tags=drawn.sample(["rope", "tent", "boat"], drawn.randrange(3)),
    )  # fmt: skip


def write_club(path: Path, seed: int) -> None:
    """The base file; one name in it needs quotes, and of one table the role sees no row."""
    rows = club(seed)
    with duckdb.connect(str(path), config={"threads": 1}) as con:
        for statement in _TOLD:
            con.execute(statement)
        con.execute("insert into guests values (1, 'south'), (2, null)")
        con.executemany(f'insert into "{VISITS}" values (?, ?)', rows.visits)
        con.executemany(f"insert into members values ({', '.join('?' * 9)})",
                        [[m.code, m.member, m.mobile, m.nick, m.place, m.fee, m.since, m.paid,
                          m.tags] for m in rows.members])  # fmt: skip
