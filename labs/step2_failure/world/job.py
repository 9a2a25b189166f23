"""Runs a morning's job for real: what it published or held back, alerted and requested."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fieldkit.chaos.upstream import Served, Upstream
from labs.handles.database import Warehouse
from labs.handles.source import Source, served_by, too_early
from labs.step2_failure.world.board import (
    ORDERS,
    READER,
    AlertBox,
    Row,
    board,
    read,
    rows_of,
    yesterday,
)
from labs.step2_failure.world.days import Day
from labs.step2_failure.world.mornings import BOARD, FRESH, Morning
from workbook import Answer, Outcome
from workbook.callee import Registered
from workbook.local import LocalAnswer

REFUSED, WITHIN = 60, 600.0  # requests, in seconds, before a source that is down complains
LIMIT = 60.0  # seconds for one morning on the page, at any size of the world
LONGEST = 4 * 3600.0  # seconds after which a job that still runs counts as endless
REFUSALS = (401, 403, 404)  # asked for once; a second request gets the same answer
PART, STALE = "part, alerted", "stale, alerted"
CAUTIOUS, IMPOLITE, SILENT = "OVER-CAUTIOUS", "IMPOLITE", "SILENT"
WRONG, ENDLESS = "WRONG", "NEVER ENDED"
VERDICTS = (FRESH, PART, STALE, CAUTIOUS, IMPOLITE, SILENT, WRONG, ENDLESS)
Ingest = Callable[..., Any]
WORDS = ("what", "since", "stale", "next")


@dataclass(frozen=True)
class Ran:
    """What a job left: its outcome, the tables, what a reader saw and what the server served."""

    morning: Morning
    shown: Day
    outcome: Outcome
    orders: list[Row]
    as_of: dt.date | None
    quarantined: Counter[str]
    served: list[Served]

    @property
    def alerts(self) -> list[tuple[float, Any]]:
        """Seconds after the start, and the message."""
        start = self.morning.start.timestamp()
        return [(at - start, said) for at, said in self.outcome.evidence["alert"]["told"]]

    @cached_property
    def today(self) -> list[Row]:
        """The rows of the morning's day in the orders table."""
        return [row for row in self.orders if row[0] == self.morning.true.date]

    @cached_property
    def past_kept(self) -> bool:
        """Whether the days before are as they were."""
        others = [row for row in self.orders if row[0] != self.morning.true.date]
        return Counter(others) == Counter(rows_of(self.shown))

    @cached_property
    def published(self) -> str:
        """What the board shows now: "fresh", "part", "stale", or "wrong"."""
        if not self.past_kept:
            return "wrong"
        if not self.today and self.as_of == self.shown.date:
            return "stale"
        true, today = Counter(rows_of(self.morning.true)), Counter(self.today)
        if self.as_of == self.morning.true.date and today == true:
            return "fresh"
        good = Counter({row: n for row, n in true.items() if row[1] not in self.morning.bad})
        part = self.morning.bad and self.as_of == self.morning.true.date and today == good
        return "part" if part else "wrong"

    @property
    def in_time(self) -> bool:
        """Whether an alert came before the board is looked at."""
        return bool(said_in_time(self.morning, self.outcome))

    @property
    def revenue(self) -> float:
        """Dollars on the board for the morning's day."""
        return round(sum(row[5] or 0 for row in self.today), 2)

    @property
    def seen_between(self) -> Row | None:
        """What a reader saw that is neither the state before nor the one at the end."""
        seen = [read(rows) for rows in self.outcome.evidence["con"]["seen"]]
        before, *between = seen or [[]]
        end = self._reader_now
        return next((one[0] if one else () for one in between if one not in (before, end)), None)

    @property
    def seen_unkept(self) -> int | None:
        """Rows in quarantine when a reader saw the new board without all that the end has."""
        seen = self.outcome.evidence["con"]["seen"]
        due = sum(self.quarantined.values())
        if not seen or read(seen[0]) == self._reader_now:
            return None
        kept = [
            sum(row[0] == "quarantine" for row in rows)
            for rows in seen
            if read(rows) == self._reader_now
        ]
        return next((count for count in kept if count < due), None)

    @cached_property
    def _reader_now(self) -> list[Row]:
        days: dict[dt.date, list[Row]] = {}
        for row in self.orders:
            days.setdefault(row[0], []).append(row)
        latest = sorted(days, reverse=True)[:2]
        return [
            (self.as_of, day, len(days[day]), round(sum(r[5] or 0 for r in days[day]), 2))
            for day in latest
        ]

    @property
    def verdict(self) -> str:
        """How the morning ended, in one or two words of VERDICTS, the worst that holds."""
        http = self.outcome.evidence["http"]
        if http["hung"] or http["over_limit"]:
            return ENDLESS
        if self.published == "wrong":
            return WRONG
        if self.published != "fresh" and not self.in_time:
            return SILENT
        if self.impolite():
            return IMPOLITE
        if self.published == "stale" and self.morning.wanted == FRESH:
            return CAUTIOUS
        return {"fresh": FRESH, "part": PART, "stale": STALE}[self.published]

    def impolite(self) -> tuple[str, str] | None:
        """The finding and what was seen, where the source would complain."""
        early = too_early(self.served)
        if early and early[0].fault:
            asked, came = early[0].fault.wait, early[1].at - early[0].at
            seen = (
                f"a {early[0].status} asked for {asked} s; the next request came after {came:.1f} s"
            )
            return "impolite", seen
        refusals = Counter((s.path, s.status) for s in self.served if s.status in REFUSALS)
        for (path, status), count in refusals.items():
            if count > 1:
                return "impolite", f"asked {count} times for {path}, which answers {status}"
        return self.hammered()

    def hammered(self) -> tuple[str, str] | None:
        """The finding where a source that does not serve was asked too often."""
        refused = sorted(s.at for s in self.served if s.status >= 500 or s.status == 0)
        for first, last in zip(refused, refused[REFUSED:], strict=False):
            if last - first < WITHIN:
                seen = f"{REFUSED + 1} requests in {(last - first) / 60:.1f} minutes"
                return "impolite", f"{seen} to a source that does not serve"
        return None


def of_page(ingest: Ingest) -> Answer:
    """The page's own function as an answer that a job can call."""
    return LocalAnswer(Registered("ingest", "", {"ingest": ingest}), LIMIT)


@contextmanager
def server() -> Iterator[Upstream]:
    """The API's server, on the judge's side."""
    with served_by(_nothing) as upstream:
        yield upstream


def _nothing(_: Any) -> Any:
    raise AssertionError("no morning has begun")


def run(answer: Answer, api: Upstream, morning: Morning, seed: int) -> Ran:
    """Let the answer do one morning's job on a board that shows yesterday."""
    with board(answer, seed) as warehouse:
        return once(answer, api, morning, warehouse, yesterday(seed))


def called(answer: Answer, api: Upstream, morning: Morning, warehouse: Warehouse) -> Outcome:
    """Let the job run once, on whatever the warehouse shows."""
    api.origin = morning.answers
    api.begin(morning.schedule)
    return answer.call(
        http=Source(api.url, morning.start, most_seconds=LONGEST),
        url=api.url,
        con=warehouse.handle(watch=READER),
        alert=AlertBox(),
    )


def remember(
    warehouse: Warehouse, day: Day, decision: str, what: str, measured: tuple[int, float] = (0, 0.0)
) -> None:
    """A morning becomes a line of the history, as somebody's bookkeeping would write it.

    `what`: what the alert said, of this morning or of the one that goes on; "" if published.
    `measured`: rows, and dollars an order.
    """
    rows, average = measured
    said = what.replace("'", "''")
    told = f"('{day.date}', '{day.kind}', {rows}, {average:.2f}, '{decision}', '{said}')"
    warehouse.execute(f"insert into history values {told}")


def said_in_time(morning: Morning, outcome: Outcome) -> list[str]:
    """What the alerts said that came before the board was looked at."""
    looked_at = dt.datetime.combine(morning.start.date(), BOARD, tzinfo=dt.UTC).timestamp()
    told = [said for at, said in outcome.evidence["alert"]["told"] if at <= looked_at]
    return [str(said.get("what") if isinstance(said, dict) else said) for said in told]


def once(answer: Answer, api: Upstream, morning: Morning, warehouse: Warehouse, shown: Day) -> Ran:
    """One run of the job, in a warehouse that shows `shown`."""
    outcome = called(answer, api, morning, warehouse)
    orders, as_of, kept = warehouse.answers(
        [ORDERS, "select as_of from board", "select order_id from quarantine"]
    )
    return Ran(
        morning,
        shown,
        outcome,
        orders,
        as_of[0][0] if as_of else None,
        Counter(str(row[0]) for row in kept),
        list(api.served),
    )
