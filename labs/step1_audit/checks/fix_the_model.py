"""fix-the-model: nights are run as dbt runs them, on lakes with files that come late.

The page's sentence -> the cases that try it
    it has the columns and rows of the model that shipped -> *: the first night
    none lost, none twice, no value changed -> *: the first night; *: the night after
    the first build reads everything -> *: the first night
    each later night at most twice the bytes that its four days hold -> *: the night
        after; *: two nights on; *: after a night that did not run
    an event that comes up to three days late counts on the night it arrives -> *: the night
        after; *: two nights on; *: after a night that did not run
    a night touches four days -> *: the night after; *: two nights on
    the same night again changes nothing -> *: the same night again
    nor do days before the four -> *: the night after; *: two nights on; *: after a night that
        did not run
    a single night that did not run is made good by the next one -> *: after a night that did
        not run
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

from fieldkit.audit import metered
from labs.step1_audit.world import nights
from labs.step1_audit.world.bill import kilo
from labs.step1_audit.world.expected import differences, missing_columns
from labs.step1_audit.world.nightly import TABLE, ModelError, Night, TooLong, run
from workbook import Answer, AnswerFailed, Case, Finding
from workbook.answer import AnswerTimedOut, Failure

SLACK = 2  # times the bytes of the night's four days
AGAIN = "the same night again"
NIGHTS = {  # name -> the number of the night; the night 23 does not run
    "the first night": 20,
    "the night after": 21,
    "two nights on": 22,
    "after a night that did not run": 24,
    AGAIN: 24,
}
MISSED = 23
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True)
class Played:
    """One night of one lake: how it ran, which rows were wrong after it, what it may read."""

    night: Night
    lacks: Sequence[str]
    wrong: Rows
    before: date
    budget: int


def cases(answer: Answer, seed: int) -> Iterator[Case]:
    """Night after night, first in one lake, then in the other."""
    text = answer.text
    for lake, beginning in nights.BEGINNINGS.items():
        for name in NIGHTS:
            look = partial(_look, text, seed, beginning, name)
            plain = name == "the first night" and lake == next(iter(nights.BEGINNINGS))
            yield Case(f"{lake}: {name}", look, "values-differ", plain=plain)


def _look(text: str, seed: int, beginning: date, name: str) -> Finding | None:
    played = _played(text, seed, beginning)[list(NIGHTS).index(name)]
    if isinstance(played, ModelError) and name == "the first night":
        raise AnswerFailed(Failure("model", str(played)))
    if isinstance(played, ModelError):
        return Finding("model-fails", str(played))
    if isinstance(played, TooLong):
        raise AnswerTimedOut
    return _first_build(played) if name == "the first night" else _later(played)


@functools.lru_cache(maxsize=8)
def _played(text: str, seed: int, beginning: date) -> list[Played | ModelError | TooLong]:
    """All nights of one lake; after a night that cannot run there is nothing more to see."""
    files = nights.files(seed, beginning)
    played: list[Played | ModelError | TooLong] = []
    known: set[tuple[Any, ...]] = set()
    with files.open() as con:
        for number in NIGHTS.values():
            try:
                night = _night(con, text, files, number, known)
            except (ModelError, TooLong) as error:
                return [*played, *[error] * (len(NIGHTS) - len(played))]
            known |= {_key(row) for row in night.wrong}
            played.append(night)
    return played


def _night(
    con: Any, text: str, files: nights.Files, number: int, known: set[tuple[Any, ...]]
) -> Played:
    """One night; rows that were wrong before it are not told again."""
    night, but = files.days[number], _left_out(files, number)
    nights.show(con, files.until(night, but))
    ran = run(con, text, night)
    lacks = missing_columns(con, TABLE)
    wrong = [] if lacks else differences(con, TABLE, nights.truth(files, night, but))
    budget = metered(con, _days_of(files, number)).bytes
    fresh = [row for row in wrong if _key(row) not in known]
    return Played(ran, lacks, fresh, night - timedelta(days=nights.LATE), SLACK * budget)


def _key(row: dict[str, Any]) -> tuple[Any, ...]:
    return row["event_date"], row["customer_id"]


def _left_out(files: nights.Files, number: int) -> tuple[str, ...]:
    """What came in the missed night for the day that the next night does not look at any more."""
    if number < MISSED:
        return ()
    gone = f"landed={files.days[MISSED]}/event_date={files.days[MISSED - nights.LATE]}/"
    return tuple(path for _, path in files.landed if gone in path)


def _days_of(files: nights.Files, number: int) -> str:
    """A night's four days, and one more after a night that did not run."""
    first = files.days[number - nights.LATE - (number - 1 == MISSED)]
    return (
        f"select * from lake.events where event_date between '{first}' and '{files.days[number]}'"
    )


def _first_build(played: Played) -> Finding | None:
    if played.lacks:
        return Finding("model-columns", f"the table lacks {', '.join(played.lacks)}")
    wrong = played.wrong
    for finding, is_meant, told in _KINDS:
        meant = [row for row in wrong if row["times"] is not None and is_meant(row)]
        if meant:
            return Finding(finding, f"{len(wrong)} rows differ; {told}", _shown(meant))
    return None


def _lost(row: dict[str, Any]) -> bool:
    return bool(row["times"] < row["true_times"])


def _doubled(row: dict[str, Any]) -> bool:
    more = row.get("column") == "revenue_cents" and row["is"] is not None
    return bool(row["times"] > row["true_times"] or (more and row["is"] > row["true"]))


_KINDS: Sequence[tuple[str, Callable[[dict[str, Any]], bool], str]] = (
    ("rows-lost", _lost, "some are not there"),
    ("fan-out", _doubled, "some stand twice, or their revenue is too high"),
    ("values-differ", lambda row: True, "the first of them:"),
)


def _later(played: Played) -> Finding | None:
    """Which rows are wrong says why: twice, of the night itself, of late events, or older."""
    wrong, night = [r for r in played.wrong if r["times"] is not None], played.night.as_of
    twice = [r for r in wrong if r["times"] > max(1, r["true_times"])]
    older = [r for r in wrong if r["event_date"] < played.before]
    own = [r for r in wrong if r["event_date"] == night]
    count = f"{len(played.wrong)} rows differ after the night of {night}"
    for finding, meant in (("rows-twice", twice), ("history-lost", older), ("day-missing", own),
                           ("late-missed", wrong)):  # fmt: skip
        if meant:
            return Finding(finding, count, _shown(meant))
    read = played.night.cost
    if read.bytes > played.budget:
        observed = f"{kilo(read.bytes)} and {read.files} files; twice its days is"
        return Finding("reads-too-much", f"{observed} {kilo(played.budget)}")
    return None


def _shown(rows: Rows) -> Rows:
    """The row's key, how often it stands there, and the first column that differs."""
    return [
        {"event_date": row["event_date"], "customer_id": row["customer_id"]}
        | ({row["column"]: row["is"], "should be": row["true"]} if "column" in row
           and row["times"] == row["true_times"]
           else {"rows": row["times"], "should be": row["true_times"]})
        for row in rows[:5]
    ]  # fmt: skip
