"""The bill: what each table cost to build, test and read, in cents that sum to the whole."""

from __future__ import annotations

from typing import Any

from fieldkit.value.allocate import split
from fieldkit.value.found import Bill
from fieldkit.value.logs import MILLION

NO_TABLE = {False: "queries that name no table", True: "queries that failed"}
# A job that writes costs the tables that it writes; one that only reads, those that it reads.
GROUPS = """
select tables, failed and len(tables) = 0 as failed, sum(micro) as micro from (
    select list_sort(case when len(writes) > 0 then writes else referenced_tables end) as tables,
        failed, micro from jobs where micro is not null)
group by all order by all
"""


def bill(con: Any) -> Bill:
    """The bill of everything loaded; each cent belongs to one table, or to a named rest."""
    first, last, jobs, failed = con.execute(
        "select coalesce(max(since), min(creation_time)), max(creation_time), count(*), "
        "count(*) filter (where failed) from jobs left join span on true"
    ).fetchall()[0]
    found = Bill(first=first, last=last, jobs=int(jobs), failed=int(failed))
    parts: dict[tuple[str, ...], int] = {}
    for tables, failed, micro in con.execute(GROUPS).fetchall():
        parts[tuple(tables) or ("", NO_TABLE[failed])] = int(micro)
    extra = "select label, tables, micro from costs where micro is not null order by all"
    for label, tables, micro in con.execute(extra).fetchall():
        key = tuple(sorted(tables)) or ("", str(label))
        parts[key] = parts.get(key, 0) + int(micro)
    found.known = bool(parts)
    for key, cents in _in_cents(parts).items():
        if key[0] == "":
            if cents:
                found.rest[key[1]] = cents
            continue
        for table, part in split(cents, dict.fromkeys(key, 1)).items():
            found.tables[table] = found.tables.get(table, 0) + part
    return found


def _in_cents(parts: dict[tuple[str, ...], int]) -> dict[tuple[str, ...], int]:
    """Millionths of cents to cents: the sum is rounded once, and shared by largest remainder."""
    found: dict[tuple[str, ...], int] = {}
    for sign in (1, -1):  # what was taken back is rounded apart
        some = {key: sign * micro for key, micro in parts.items() if sign * micro > 0}
        if some:
            total = (sum(some.values()) + MILLION // 2) // MILLION
            found |= {key: sign * cents for key, cents in split(total, some).items()}
    return found
