"""The warehouse's connection log of a week, and the evidence there is."""

from __future__ import annotations

import datetime as dt
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from workbook import render

POLICY_MADE = dt.datetime(2026, 2, 2, 9, 0, 0)
USER = "user"


@dataclass(frozen=True)
class Connection:
    """One line of the log. `on_behalf_of`: whose rights counted, "" for the account's own."""

    application: str
    account: str
    on_behalf_of: str
    table: str

    @property
    def principal(self) -> str:
        """`user` where a person's rights counted, else the account."""
        return USER if self.on_behalf_of else self.account


# application, account, whether on behalf of people, tables
_PATHS = (
    ("askops-chat", "svc-askops", True, ("customers", "orders", "salaries", "tickets")),
    ("askops-slack", "svc-askops", False, ("customers", "tickets")),
    ("bi-board", "svc-bi", True, ("customers", "orders")),
    ("finance-export", "svc-export", False, ("orders",)),
    ("support-desk", "svc-desk", True, ("customers", "tickets")),
    ("data-api", "svc-api", True, ("customers", "orders")),
    ("data-api", "svc-api", False, ("orders",)),
)
PEOPLE = ("ana", "uli", "hugo", "ida")
_OLD = {"askops-chat": -86_400 * 4, "bi-board": -1, "support-desk": -3_600}  # seconds
_NEW = {"askops-chat": 1, "bi-board": 7_200}
EVIDENCE = {
    f"evidence/{application}-{made:%m-%d}{letter}.json": (application, made)
    for letter, ages in (("a", _OLD), ("b", _NEW))
    for application, made in (
        (name, POLICY_MADE + dt.timedelta(seconds=ages.get(name, 86_400 if letter == "b" else 0)))
        for name in dict.fromkeys(path[0] for path in _PATHS)
    )
    if letter == "b" or application in _OLD
}


def log(seed: int) -> list[Connection]:
    """A week of connections: every path of the company, in some order, each of them often."""
    drawn = random.Random(f"connections/{seed}")
    lines = [
        Connection(application, account, drawn.choice(PEOPLE) if people else "", table)
        for application, account, people, tables in _PATHS
        for table in tables
        for _ in range(drawn.randrange(2, 9))
    ]
    drawn.shuffle(lines)
    return lines


def observed(lines: Sequence[Connection]) -> dict[tuple[str, str], set[str]]:
    """The tables that each (application, principal) has read."""
    found: dict[tuple[str, str], set[str]] = {}
    for line in lines:
        found.setdefault((line.application, line.principal), set()).add(line.table)
    return found


def connection_table(seed: int) -> render.Shown:
    """The log, counted: one line for each application, account, whether for people, and table."""
    counted = Counter(
        (one.application, one.account, "a person" if one.on_behalf_of else "–", one.table)
        for one in log(seed)
    )
    names = ("application", "account", "on behalf of", "table")
    return render.rows(
        [dict(zip(names, key, strict=True)) | {"times": n} for key, n in sorted(counted.items())]
    )


def evidence() -> list[list[str]]:
    """The reports of the page's table, with the second in which each was made."""
    rows = [["policy.yml", "–", str(POLICY_MADE)]]
    return rows + [[file, shows, str(made)] for file, (shows, made) in sorted(EVIDENCE.items())]
