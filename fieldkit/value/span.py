"""The days that a log covers: an entry with a wrong clock neither ends it nor makes it longer."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from itertools import pairwise

from fieldkit.report.words import plural
from fieldkit.value.logs import Logs

HOLE = 30  # days without a single entry
STRAY = 100  # fewer than one entry in so many, beyond a hole, are a clock's fault and no log
# A time without a zone may lie up to 14 hours ahead of UTC, and a clock a little.
AHEAD = dt.timedelta(days=1)
DAYS = """
select creation_time::date as day, count(*) from jobs where creation_time is not null
group by day order by day
"""

Day = tuple[dt.date, int]  # and its entries


def settle(logs: Logs, now: dt.datetime | None = None) -> None:
    """Find the log's first and last day; what is dated after the last counts as of its end.

    Otherwise a single row of the year 2030 would move the window of use past all that is read.
    `now`: another time than this machine's, in UTC.
    """
    today = (now or dt.datetime.now(dt.UTC)).date()
    days = [(day, int(count)) for day, count in logs.con.execute(DAYS).fetchall()]
    if not days:
        return
    parts = _parts(_until_today(logs, days, today))
    first, last = parts[0][0][0], parts[-1][-1][0]
    _late(logs, last, today)
    _early(logs, first)
    for before, after in pairwise(parts):
        gap = (after[0][0] - before[-1][0]).days - 1
        _note(
            logs,
            f"The log has no entry between {before[-1][0]} and {after[0][0]} ({gap} days): what "
            "was read then cannot be seen, and costs a month are too low. Add these days.",
        )


def _until_today(logs: Logs, days: list[Day], today: dt.date) -> list[Day]:
    """The days without those that have not come yet; all where that is most of the log."""
    past = [one for one in days if one[0] <= today + AHEAD]
    total, known = (sum(count for _, count in some) for some in (days, past))
    if 2 * known >= total:
        return past
    _note(
        logs,
        f"Most of the log is dated after today, {today}: taken as it is. Look at the clock of "
        "this machine.",
    )
    return days


def _parts(days: Sequence[Day]) -> list[list[Day]]:
    """The log between its holes, without a few entries far before it or after it."""
    parts = [[days[0]]]
    for before, one in pairwise(days):
        if (one[0] - before[0]).days > HOLE:
            parts.append([])
        parts[-1].append(one)
    few = sum(count for _, count in days) / STRAY
    for end in (-1, 0):
        while len(parts) > 1 and sum(count for _, count in parts[end]) < few:
            del parts[end]
    return parts


def _late(logs: Logs, last: dt.date, today: dt.date) -> None:
    """Entries after the log's end keep their reads and costs, and lose their time."""
    found = logs.con.execute(
        "select count(*), arg_min(source, (source, nr)), arg_min(nr, (source, nr)), "
        "arg_min(creation_time, (source, nr)) from jobs where creation_time::date > ?",
        [last],
    ).fetchall()[0]
    if not found[0]:
        return
    logs.con.execute(
        "update jobs set creation_time = (select max(creation_time) from jobs where "
        "creation_time::date <= $last) where creation_time::date > $last",
        {"last": last},
    )
    when = "after today" if found[3].date() > today else "long after all others"
    logs.notes.append(
        f"{found[1]} row {found[2]}: is dated {found[3]:%Y-%m-%d}, {when}{_more(found[0])}; taken "
        f"as of the log's end, {last}. Look at the clock that wrote it, and for days that are "
        "missing."
    )


def _early(logs: Logs, first: dt.date) -> None:
    """Entries long before all others do not make the log longer, and a month's cost smaller."""
    found = logs.con.execute(
        "select count(*), arg_min(source, (source, nr)), arg_min(nr, (source, nr)), "
        "arg_min(creation_time, (source, nr)) from jobs where creation_time::date < ?",
        [first],
    ).fetchall()[0]
    logs.con.execute("delete from span")
    logs.con.execute(
        "insert into span select min(creation_time) from jobs where creation_time::date >= ?",
        [first],
    )
    if found[0]:
        logs.notes.append(
            f"{found[1]} row {found[2]}: is dated {found[3]:%Y-%m-%d}, long before all others"
            f"{_more(found[0])}; the log's days are counted from {first}. Look at the clock that "
            "wrote it, and for days that are missing."
        )


def _note(logs: Logs, line: str) -> None:
    """Once, however often the log is looked at: usage of a BI tool is added later."""
    if line not in logs.notes:
        logs.notes.append(line)


def _more(count: int) -> str:
    return f" ({plural(count - 1, 'more such row')})" if count > 1 else ""
