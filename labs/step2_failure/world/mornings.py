"""Mornings: a day's orders behind an API that fails by schedule, and what may come of it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import parse_qs, urlsplit

from fieldkit.chaos.faults import Fault, Schedule
from fieldkit.chaos.upstream import Reply, Request
from labs.handles.source import MARK
from labs.step2_failure.world.days import HOLIDAY, PAST, SALE, WEEKDAY, Day, chance, day

PAGES = 4
OPENS, BOARD = dt.time(6), dt.time(8)  # when the job starts, when the CFO looks
RECOVERS = 10 * 60  # seconds after which a source that recovers does so
LATE_UNTIL = 75 * 60  # seconds after which late orders are there
_JSON = (("Content-Type", "application/json"),)

FRESH, EITHER, STALE = "fresh", "either", "stale"


@dataclass(frozen=True)
class Morning:
    """One morning. `kind`: what happens; `wanted`: what may come of it.

    FRESH: today's orders have to be published, anything else is over-cautious. STALE: today's
    orders cannot be had, yesterday's stay and an alert is sent. EITHER: both are right, and where
    `bad` rows can be recognized one by one, publishing the good ones and keeping those is, too.
    `sent`: the day as the API tells it; `true`: as it was. `part`: how much of it is there before
    LATE_UNTIL; `closed`: seconds for which the API does not serve; `refuses`: the status of each
    answer, 0 for the usual ones; `stray`: the day of the last page, if it is of another one.
    """

    kind: str
    true: Day
    sent: Day
    wanted: str
    faults: tuple[Fault, ...] = ()
    part: float = 1.0
    closed: int = 0
    refuses: int = 0
    told: str = ""
    pages: int = PAGES
    stray: Day | None = None

    @property
    def bad(self) -> frozenset[int]:
        """Ids of the orders that the API tells wrongly, one by one."""
        same_day = self.sent.date == self.true.date
        if not same_day or len(self.sent.orders) != len(self.true.orders):
            return frozenset()
        pairs = zip(self.sent.orders, self.true.orders, strict=True)
        return frozenset(true.order_id for sent, true in pairs if sent != true)

    @property
    def start(self) -> dt.datetime:
        """When the job starts: the morning after the day."""
        after = self.true.date + dt.timedelta(days=1)
        return dt.datetime.combine(after, OPENS, tzinfo=dt.UTC)

    @property
    def schedule(self) -> Schedule:
        """The faults as the server takes them."""
        return Schedule(1, self.faults)

    def seconds(self, request: Request) -> float:
        """How long after the start a request comes."""
        told = next((v for k, v in request.headers.items() if k.lower() == MARK.lower()), None)
        return float(told) - self.start.timestamp() if told else 0.0

    def answers(self, request: Request) -> Reply:
        """What the API answers where no fault of the schedule strikes."""
        passed = self.seconds(request)
        if passed < self.closed:
            return Reply(503, b"closed\n", (("Content-Type", "text/plain"),))
        if self.refuses:
            return Reply(self.refuses, b"refused\n", (("Content-Type", "text/plain"),))
        query = parse_qs(urlsplit(request.path).query)
        if not urlsplit(request.path).path.endswith("/orders"):
            return Reply(404, b'{"error": "there is /orders?page=1"}', _JSON)
        there = len(self.sent.orders)
        if passed < LATE_UNTIL:
            there = round(there * self.part)
        number = int((query.get("page") or ["1"])[0])
        stray = self.stray if number == self.pages else None
        return _page(stray or self.sent, there, number, self.pages)


def _page(sent: Day, there: int, number: int, pages: int) -> Reply:
    size = max(1, -(-there // pages))
    rows = [order._asdict() for order in sent.orders[:there][(number - 1) * size : number * size]]
    told = {"day": str(sent.date), "kind": sent.kind, "page": number, "pages": pages}
    return Reply(200, json.dumps(told | {"total": there, "orders": rows}).encode(), _JSON)


@dataclass(frozen=True)
class Making:
    """What a kind of morning is made of: the seed, the day's number, orders a day."""

    seed: int
    number: int
    per_day: int
    salt: int = 0

    def day(self, kind: str = "") -> Day:
        """The true day; an ordinary weekday unless told otherwise."""
        return day(self.seed, self.number, self.per_day, kind or WEEKDAY)

    def pick(self, what: int, below: int) -> int:
        """A number from 0 to `below`."""
        return chance(self.seed, 1000 * self.salt + 10 * self.number + what, below)

    def plain(self, kind: str, wanted: str, told: str, *faults: Fault) -> Morning:
        """A morning whose day is as it was; only the server has faults."""
        true = self.day()
        return Morning(kind, true, true, wanted, faults, told=told)

    @property
    def page(self) -> int:
        """The request that meets the fault: one of the pages."""
        return 1 + self.pick(1, PAGES)


_MAKERS: dict[str, Callable[[Making], Morning]] = {}


def _makes(make: Callable[[Making], Morning]) -> Callable[[Making], Morning]:
    _MAKERS[make.__name__.strip("_").replace("_", " ")] = make
    return make


@_makes
def _clean(m: Making) -> Morning:
    return m.plain("clean", FRESH, "nothing happens")


@_makes
def _throttled(m: Making) -> Morning:
    wait = 5 + m.pick(2, 20)
    fault = Fault("throttled", m.page, 1 + m.pick(3, 2), wait=wait)
    return m.plain("throttled", FRESH, f"429, Retry-After {wait} s", fault)


@_makes
def _unavailable(m: Making) -> Morning:
    wait = 5 + m.pick(2, 20)
    fault = Fault("unavailable", m.page, 1, wait=wait, dated=True)
    return m.plain("unavailable", FRESH, f"503, Retry-After a date in {wait} s", fault)


@_makes
def _error(m: Making) -> Morning:
    return m.plain("error", FRESH, "500, twice", Fault("error", m.page, 2))


@_makes
def _hang(m: Making) -> Morning:
    return m.plain("hang", FRESH, "no answer, once", Fault("hang", m.page, 1))


@_makes
def _reset(m: Making) -> Morning:
    told = "the connection breaks in the middle of an answer"
    return m.plain("reset", FRESH, told, Fault("reset", m.page, 1))


@_makes
def _truncated(m: Making) -> Morning:
    return m.plain("truncated", FRESH, "half of an answer", Fault("truncated", m.page, 1))


@_makes
def _html(m: Making) -> Morning:
    told = "a page of HTML with status 200, once"
    return m.plain("html", FRESH, told, Fault("html", m.page, 1))


@_makes
def _short_outage(m: Making) -> Morning:
    true = m.day()
    told = f"503 for {RECOVERS // 60} minutes, then well"
    return Morning("short outage", true, true, FRESH, closed=RECOVERS, told=told)


@_makes
def _outage(m: Making) -> Morning:
    return m.plain("outage", STALE, "503 all morning", Fault("outage", m.page, 0))


@_makes
def _unauthorized(m: Making) -> Morning:
    return m.plain("unauthorized", STALE, "401: the key was revoked", Fault("unauthorized", 1, 0))


@_makes
def _forbidden(m: Making) -> Morning:
    true, told = m.day(), "403: the key may not read orders"
    return Morning("forbidden", true, true, STALE, refuses=403, told=told)


@_makes
def _missing(m: Making) -> Morning:
    return m.plain("missing", STALE, "404: the address has moved", Fault("missing", 1, 0))


@_makes
def _renamed(m: Making) -> Morning:
    told = "the column amount is called amount_v2"
    return m.plain("renamed", STALE, told, Fault("renamed", 1, 0, column="amount"))


@_makes
def _retyped(m: Making) -> Morning:
    told = "amounts are text like $12.50"
    return m.plain("retyped", STALE, told, Fault("retyped", 1, 0, column="amount"))


@_makes
def _rescaled(m: Making) -> Morning:
    told = "amounts are in cents"
    return m.plain("rescaled", STALE, told, Fault("rescaled", 1, 0, column="amount"))


@_makes
def _repeated(m: Making) -> Morning:
    """A page comes twice, and as many rows do not come at all."""
    page = 2 + m.pick(2, PAGES - 2)
    told = f"page {page} holds the rows of page {page - 1}"
    return m.plain("repeated", EITHER, told, Fault("repeated", page, 1))


@_makes
def _empty_page(m: Making) -> Morning:
    told = f"page {m.page} holds no rows"
    return m.plain("empty page", EITHER, told, Fault("empty", m.page, 1))


@_makes
def _empty(m: Making) -> Morning:
    return m.plain("empty", STALE, "no page holds a row", Fault("empty", 1, 0))


@_makes
def _other_day(m: Making) -> Morning:
    """What comes is sound, and of a day two days before the one that was asked for."""
    sent = day(m.seed, m.number - 2, m.per_day, WEEKDAY)
    told = f"the feed is of {sent.date}"
    return Morning("other day", m.day(), sent, STALE, told=told)


@_makes
def _negative(m: Making) -> Morning:
    true = m.day()
    at = m.pick(4, len(true.orders))
    orders = [o._replace(amount=-o.amount) if n == at else o for n, o in enumerate(true.orders)]
    told = "one amount is negative"
    return Morning("negative", true, true.with_orders(orders), EITHER, told=told)


@_makes
def _future(m: Making) -> Morning:
    true = m.day()
    count = len(true.orders)
    chosen = {(m.pick(4, count) + n * (count // 4)) % count for n in range(4)}
    year = str(true.date.year + 1)
    orders = [
        o._replace(ordered_at=year + o.ordered_at[4:]) if n in chosen else o
        for n, o in enumerate(true.orders)
    ]
    told = "four orders are of next year"
    return Morning("future", true, true.with_orders(orders), EITHER, told=told)


@_makes
def _many_negative(m: Making) -> Morning:
    told = "a third of the amounts are negative"
    return m.plain("many negative", STALE, told, Fault("negative", 1, 0, column="amount"))


@_makes
def _late(m: Making) -> Morning:
    true = m.day()
    told = f"a third of the orders comes only after {LATE_UNTIL // 60} minutes"
    return Morning("late", true, true, EITHER, part=0.3, told=told)


@_makes
def _sale(m: Making) -> Morning:
    true = m.day(SALE)
    return Morning("sale", true, true, FRESH, told="three times the orders: a sale")


@_makes
def _holiday(m: Making) -> Morning:
    true = m.day(HOLIDAY)
    told = "a quarter of the orders, on two pages: a holiday"
    return Morning("holiday", true, true, FRESH, told=told, pages=2)


@_makes
def _new_country(m: Making) -> Morning:
    true = m.day()
    orders = [o._replace(country="NZ") if n % 5 == 2 else o for n, o in enumerate(true.orders)]
    true = true.with_orders(orders)
    told = "the shop sells to a new country, on five pages"
    return Morning("new country", true, true, FRESH, told=told, pages=5)


MORNINGS = tuple(_MAKERS)
TRANSIENT = ("throttled", "unavailable", "error", "hang", "reset", "truncated", "html")
BENIGN = ("sale", "holiday", "new country")


def morning(kind: str, seed: int, number: int = PAST, per_day: int = 60, salt: int = 0) -> Morning:
    """One morning of a kind; `number`: its day, the first after the history unless told."""
    return _MAKERS[kind](Making(seed, number, per_day, salt))


def stray_page(seed: int) -> Morning:
    """Its last page is of two days before, and as long as it should be; no kind of its own."""
    stray = day(seed, PAST - 2, 100, WEEKDAY)  # more orders than the day has, for any seed
    told = f"the last page is of {stray.date}"
    return replace(morning("clean", seed), kind="other day", wanted=STALE, stray=stray, told=told)


def other_days(seed: int) -> Iterator[tuple[str, Morning]]:
    """Feeds of the day that the board shows already, and of the one that has only begun."""
    one = morning("other day", seed)
    for name, number in (("the day on the board", PAST - 1), ("the next day", PAST + 1)):
        sent = day(seed, number, 60, WEEKDAY)
        yield f"a feed of {name}", replace(one, sent=sent, told=f"the feed is of {sent.date}")


def one_of_many(seed: int) -> Morning:
    """One of twelve pages is empty once: few enough for a tolerance, and not the whole day."""
    told = "one page of twelve is empty"
    return replace(morning("empty page", seed), pages=12, told=told)


def never_json(seed: int) -> Morning:
    """From the third request on all answers are HTML with status 200; an outage of a sort."""
    told = "HTML with status 200 from the third request on, all morning"
    return replace(morning("clean", seed), kind="outage", wanted=STALE, told=told,
                   faults=(Fault("html", 3, 0),))  # fmt: skip


def long_wait(seed: int, *, dated: bool) -> Morning:
    """Asked for by name, a wait is longer than what anybody would wait by himself."""
    wait = 130 + chance(seed, 61 + dated, 120)
    what = f"a date in {wait} s" if dated else f"{wait} s"
    kind, status = ("unavailable", 503) if dated else ("throttled", 429)
    fault = Fault(kind, 1 + chance(seed, 63 + dated, PAGES), 1, wait=wait, dated=dated)
    return replace(morning("clean", seed), kind=kind, faults=(fault,),
                   told=f"{status}, Retry-After {what}")  # fmt: skip


def mornings(seed: int, count: int, per_day: int = 60) -> Iterator[Morning]:
    """So many mornings, every kind as often as any other, the simplest first."""
    for number in range(count):
        kind = MORNINGS[number % len(MORNINGS)]
        yield morning(kind, seed, PAST, per_day, number // len(MORNINGS))


def fortnight(seed: int, per_day: int) -> Sequence[Morning]:
    """Fourteen mornings in a row: most of them well, some with a fault of each sort."""
    kinds = {1: "throttled", 3: "renamed", 5: "empty page", 6: "rescaled", 7: "rescaled"}
    kinds |= {9: "sale", 10: "outage", 12: "negative"}
    return [morning(kinds.get(n, "clean"), seed, PAST + n, per_day) for n in range(14)]
