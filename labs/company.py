"""Northlight Supply, the fictional company all labs share: a seed and a size become five tables."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import duckdb
import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

Ints = NDArray[np.int64]
Columns = dict[str, Ints]
START = date(2026, 1, 5)
DAY, TILE = 86_400, 1 << 16
START_SECOND = (START - date(1970, 1, 1)).days * DAY

# Curves are (per mille of the rows, value reached) points; values in between lie on straight lines.
# The shop rests around midnight so that no session, payment or receipt spills into another day.
DAY_CURVE = ((0, 1800), (110, 32400), (300, 43200), (640, 64800), (900, 79200), (1000, 84600))
CENTS_CURVE = ((0, 500), (250, 3300), (500, 6000), (750, 10500), (980, 30000), (1000, 90000))
WEEKDAY_PERCENT = (92, 90, 94, 98, 112, 118, 96)
# The last days leave little room for anything late, so these rates lie a little above the 3 % and
# 8 % that a company of about a week shows.
LATE_PER_MILLE = 34
CORRECTED_PER_MILLE = {2: 92, 3: 150}
CORRECTED_PERCENT = (50, 70, 80, 90, 95, 105, 110)
ORDERS_PER_TICKET, SESSIONS_PER_ORDER = 50, 4

STATUSES, STATUS_WEIGHTS = "completed pending cancelled returned", (92, 5, 3, 0)
NEXT_STATUS = (3, 0, 0, 0)
METHODS, METHOD_WEIGHTS = "card paypal invoice gift_card", (68, 20, 8, 4)
PAYMENT_STATUSES = "captured failed refunded"
EVENT_TYPES = "view search add_to_cart checkout purchase"
PURCHASE_WEIGHTS, BROWSE_WEIGHTS = (76, 24), (68, 19, 10, 3)
SHOP = "https://northlight.example"
PATHS = "/products/ /search?q= /cart /checkout /checkout/thanks"
SITES, SITE_WEIGHTS = f"{SHOP} https://search.example https://social.example direct", (0, 4, 2, 4)
PRODUCTS = """tent sleeping-bag headlamp stove backpack rope compass kettle hammock rain-jacket
    trail-shoes snowshoes dry-bag water-filter trekking-poles map-case"""
DOMAINS = "@example.com @example.org"
COUNTRIES, SEGMENTS = "US GB DE CA FR AU", "consumer club business"
FIRST_NAMES = """Ada Ben Carla David Elena Felix Grace Hugo Iris Jonas Kira Liam Maya Noah Olga Paul
    Quinn Rosa Samir Tara Uma Victor Wanda Xenia Yusuf Zoe Aiko Bruno Chloe Dario Emma Farid"""
LAST_NAMES = """Adler Baker Costa Dubois Evans Fischer Garcia Hansen Ito Jones Keller Lopez Martin
    Novak Olsen Patel Quist Rossi Smith Tanaka Unger Vargas Weber Young Zimmer Abbott Lee Nguyen"""
# Four prefixes a country, two digits follow: all inside ranges regulators set aside for fiction.
PREFIXES = """+1-206-555-01 +1-303-555-01 +1-512-555-01 +1-617-555-01
    +44-7700-9001 +44-7700-9003 +44-7700-9005 +44-7700-9007
    +49-30-231250 +49-30-231254 +49-40-669693 +49-69-900098
    +1-416-555-01 +1-604-555-01 +1-613-555-01 +1-902-555-01
    +33-6-3998-10 +33-6-3998-25 +33-1-9900-30 +33-1-9900-75
    +61-2-5550-11 +61-2-5550-42 +61-2-7010-05 +61-2-7010-88"""
TRAITS = {"country": (42, 18, 16, 10, 8, 6), "segment": (80, 14, 6), "prefix": (1,) * 4}
TRAITS |= {"first": (1,) * 32, "last": (1,) * 28, "domain": (1, 1), "line": (1,) * 100}
TICKETS = (
    ("delivery", "Order {order_id} still says shipped. When will the {item} arrive?"),
    ("delivery", "Nobody was in. Ring {phone} before you deliver order {order_id} again, please."),
    ("refund", "The {item} went back last week and I see no refund for order {order_id}."),
    ("refund", "Please refund order {order_id}. You can reach me at {email}. Regards, {name}"),
    ("product", "Does the {item} come in a larger size? I would change order {order_id}."),
    ("product", "A seam on the {item} is torn. Call me on {phone}, ask for {name}."),
    ("billing", "I was charged twice for order {order_id}. Two amounts, same second."),
    ("account", "I cannot sign in as {email} any more. My number is {phone}."),
)


def _word(column: str, words: str | Sequence[str]) -> str:
    words = words.split() if isinstance(words, str) else words
    return "[" + ", ".join(f"'{word}'" for word in words) + f"][{column} + 1]"


def _moment(column: str) -> str:
    return f"make_timestamp(({START_SECOND} + {column}) * 1000000)"


# numpy makes whole numbers; DuckDB turns them into words, far faster than Python strings would be.
TOPIC = _word("template", [topic for topic, _ in TICKETS])
BODY = _word("template", [body for _, body in TICKETS])
PERSON = f"""customer + 1 as customer_id,
    {_word("first", FIRST_NAMES)} || ' ' || {_word("last", LAST_NAMES)} as name,
    replace(lower(name), ' ', '.') || customer_id || {_word("domain", DOMAINS)} as email,
    {_word("(country * 4 + prefix)", PREFIXES)} || lpad(line::varchar, 2, '0') as phone"""
CHUNK = "northlight_chunk"
SELECTS = {
    "customers": f"""select {PERSON}, {_word("country", COUNTRIES)} as country,
        {_word("segment", SEGMENTS)} as segment, {_moment("signed_up")} as signed_up_at
        from {CHUNK}""",
    "orders": f"""select "order" + 1 as order_id, version::integer as version,
        customer + 1 as customer_id, {_moment("ordered")} as ordered_at, cents as amount_cents,
        {_word("country", COUNTRIES)} as country, {_word("status", STATUSES)} as status,
        {_moment("received")} as received_at from {CHUNK}""",
    "payments": f"""select ("order" + 1) * 10 + attempt as payment_id, "order" + 1 as order_id,
        customer + 1 as customer_id, {_moment("paid")} as paid_at, cents as amount_cents,
        {_word("method", METHODS)} as method, {_word("status", PAYMENT_STATUSES)} as status
        from {CHUNK}""",
    "tickets": f"""select ticket + 1 as ticket_id, order_id, customer_id,
        {_moment("opened")} as opened_at, {TOPIC} as topic,
        {BODY.replace("{", "' || ").replace("}", " || '")} as body
        from (select *, "order" + 1 as order_id, {_word("product", PRODUCTS)} as item, {PERSON}
            from {CHUNK})""",
    "events": f"""select (session + 1) * 10 + step as event_id, customer + 1 as customer_id,
        session + 1 as session_id, {_moment("occurred")} as occurred_at,
        {_word("kind", EVENT_TYPES)} as event_type,
        '{SHOP}' || {_word("kind", PATHS)}
            || case when kind < 2 then {_word("product", PRODUCTS)} else '' end as url,
        {_word("site", SITES)} as referrer,
        case when kind = 4 then cents end as revenue_cents from {CHUNK}""",
}


def _below(draw: Ints, limit: int | Ints) -> Ints:
    """Whole numbers in [0, limit) from 31-bit draws; limit is at most 2**31."""
    return draw * limit >> 31


def _pick(draw: Ints, weights: Sequence[int]) -> Ints:
    """Positions in weights, each as often as its weight says."""
    table = np.repeat(np.arange(len(weights), dtype=np.int64), weights)
    return table[_below(draw, len(table))]


def _on_curve(share: Ints, curve: Sequence[tuple[int, int]]) -> Ints:
    at = np.array([(mille << 24) // 1000 for mille, _ in curve], dtype=np.int64)
    value = np.array([value for _, value in curve], dtype=np.int64)
    k = np.searchsorted(at, share, side="right") - 1
    return value[k] + (share - at[k]) * np.diff(value)[k] // np.diff(at)[k]


def _repeat(count: Ints) -> tuple[Ints, Ints]:
    """For each of the sum(count) rows: which entry of count it belongs to, and its place there."""
    which = np.repeat(np.arange(len(count), dtype=np.int64), count)
    return which, np.arange(len(which), dtype=np.int64) - (np.cumsum(count) - count)[which]


@dataclass(frozen=True)
class Company:
    """Northlight Supply from 2026-01-05 (a Monday) on, for `days` days (1 to 1,000).

    seed (0 to 2**63 - 1) makes another company; orders_per_day (1 to 20,000,000) is the mean over a
    week. The same values come out on every system and for every chunk size. More days continue the
    same company; only receipts and corrections near the end, which always fall inside the range,
    move. Raises ValueError for a bad value.
    """

    seed: int = 7
    days: int = 6
    orders_per_day: int = 400

    def __post_init__(self) -> None:
        limits = {"seed": (0, 2**63 - 1), "days": (1, 1_000), "orders_per_day": (1, 20_000_000)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if type(value) is not int or not low <= value <= high:
                raise ValueError(f"{name} must be a whole number from {low} to {high}: {value!r}")

    def customers(self) -> pd.DataFrame:
        """One row a customer: half a day's orders at the start, a twelfth more each day."""
        return self._frame("customers")

    def orders(self) -> pd.DataFrame:
        """One row per (order_id, version), in that order; money in cents, time to the second.

        About 8 % are corrected in the next three days, 3 % arrive late, and 0.5 % are twins, equal
        to the order before them in all but order_id.
        """
        return self._frame("orders")

    def payments(self) -> pd.DataFrame:
        """One row an attempt, over the first version's amount; 4 % fail and are tried once more."""
        return self._frame("payments")

    def tickets(self) -> pd.DataFrame:
        """One row in fifty orders; some bodies hold the customer's name, e-mail or phone."""
        return self._frame("tickets")

    def events(self) -> pd.DataFrame:
        """About ten rows an order in four sessions, one of which ends in the purchase itself."""
        return self._frame("events").astype({"revenue_cents": "Int64"})

    def create(
        self, con: duckdb.DuckDBPyConnection, name: str, table: str = "", chunk_rows: int = 500_000
    ) -> int:
        """Create one of the five tables in con, as `table` or "schema.table"; returns its rows.

        About chunk_rows of them are in memory at once; no value depends on it. Raises ValueError
        for an unknown name or a bad chunk_rows, duckdb.CatalogException when the table exists.
        """
        target = (table or name).replace('"', '""').replace(".", '"."')
        con.execute("select 1").fetchall()  # register refuses while a caller's result is half read
        rows, verb = 0, f'create table "{target}" as'
        for chunk in self._chunks(name, chunk_rows):
            con.register(CHUNK, chunk)
            try:
                rows += con.execute(f"{verb} {SELECTS[name]}").fetchall()[0][0]
            finally:
                con.unregister(CHUNK)
            verb = f'insert into "{target}" by name'
        return rows

    def _frame(self, name: str) -> pd.DataFrame:
        with duckdb.connect() as con:
            self.create(con, name)
            return con.table(name).df()

    def _chunks(self, name: str, rows: int) -> Iterator[Columns]:
        if name not in SELECTS:
            raise ValueError(f"no table {name!r}: choose one of {', '.join(SELECTS)}")
        if type(rows) is not int or rows < 1:
            raise ValueError(f"chunk_rows must be a whole number from 1: {rows!r}")
        old, daily = self._sign_ups
        last = old + self.days * daily if name == "customers" else int(self._day_starts[-1])
        build, step = getattr(self, f"_{name}"), max(1, rows // 10) if name == "events" else rows
        spans = ((first, min(first + step, last)) for first in range(0, last, step))
        return (build(np.arange(*span, dtype=np.int64)) for span in spans)

    def _key(self, column: str) -> NDArray[np.uint64]:
        digest = hashlib.sha256(f"northlight/{self.seed}/{column}".encode()).digest()
        return np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)

    def _draw(self, column: str, row: Ints) -> Ints:
        """31 random bits for each row number (ascending), the same whichever rows are asked for."""
        if not len(row):
            return row
        # numpy promises raw Philox output never changes; each counter step gives four numbers.
        block = int(row[0]) // 4
        philox = np.random.Philox(key=self._key(column), counter=block)
        raw = philox.random_raw(int(row[-1]) + 1 - block * 4)
        return (raw >> np.uint64(33)).astype(np.int64)[row - block * 4]

    def _die(self, column: str, row: Ints, sides: int | Ints) -> Ints:
        return _below(self._draw(column, row), sides)

    def _trait(self, name: str, customer: Ints) -> Ints:
        """A trait of customers in any order: a tile of draws, repeated out of phase."""
        tile = self._draw(f"customers.{name}", np.arange(TILE, dtype=np.int64))
        shift = int(self._key(f"shift.{name}")[0]) % TILE
        return _pick(tile[(customer + customer // TILE * shift) % TILE], TRAITS[name])

    @cached_property
    def _day_starts(self) -> Ints:
        """Number of the first order of each day, and of all orders: days + 1 entries."""
        day = np.arange(self.days, dtype=np.int64)
        percent = np.array(WEEKDAY_PERCENT)[day % 7] * (97 + self._die("days.size", day, 7))
        return np.append(0, np.cumsum(np.maximum(1, self.orders_per_day * percent // 10_000)))

    @property
    def _sign_ups(self) -> tuple[int, int]:
        """Customers there were at the start, and how many each day adds."""
        return max(1, self.orders_per_day // 2), self.orders_per_day // 12

    def _buyer(self, column: str, row: Ints, day: Ints) -> Ints:
        """Customers known by that day; squaring favours the oldest, who come back most."""
        draw, (old, daily) = self._draw(column, row), self._sign_ups
        return _below(draw * draw >> 31, old + day * daily)

    def _person(self, customer: Ints) -> Columns:
        return {"customer": customer} | {name: self._trait(name, customer) for name in TRAITS}

    def _customers(self, customer: Ints) -> Columns:
        old, daily = self._sign_ups
        age = customer - old
        span, count = np.where(age < 0, 730 * DAY, DAY), np.where(age < 0, old, max(1, daily))
        signed_up = (age * span + self._die("customers.signed_up", customer, span)) // count
        return self._person(customer) | {"signed_up": signed_up}

    def _placed(self, order: Ints) -> Columns:
        """Orders as placed, by order number; `row` is where their draws come from."""
        starts = self._day_starts
        day = np.searchsorted(starts, order, side="right") - 1
        # Only odd places can repeat the one before, which is thus never a twin or another day's.
        odd = (order - starts[day]) % 2 == 1
        row = order - (odd & (self._die("orders.twin", order, 100) < 1))
        # Each order has its own slice of the day, so that order_id counts up with ordered_at.
        slice_start = row - starts[day] << 24
        share = (slice_start + self._die("orders.time", row, 1 << 24)) // np.diff(starts)[day]
        customer = self._buyer("orders.customer", row, day)
        placed = {"order": order, "row": row, "day": day, "customer": customer}
        return placed | {
            "ordered": day * DAY + _on_curve(share, DAY_CURVE),
            "country": self._trait("country", customer),
            "cents": _on_curve(self._die("orders.cents", row, 1 << 24), CENTS_CURVE),
            "status": _pick(self._draw("orders.status", row), STATUS_WEIGHTS),
        }

    def _first_version(self, order: Ints) -> Columns:
        new = self._placed(order)
        row, day = new["row"], new["day"]
        room = np.minimum(3, self.days - 1 - day)
        late = self._die("orders.late", row, 1000) < LATE_PER_MILLE
        lag = np.where(late, np.minimum(room, 1 + self._die("orders.lag", row, 2)), 0)
        soon = new["ordered"] + 60 + self._die("orders.minutes", row, 1500)
        # Whatever comes late comes in batches, one each quarter of an hour: receipts often tie.
        batch = (day + lag) * DAY + self._die("orders.batch", row, 96) * 900
        version, received = np.ones_like(row), np.where(lag > 0, batch, soon)
        return new | {"version": version, "room": room - lag, "lag": lag, "received": received}

    def _correction(self, before: Columns, version: int) -> Columns:
        """The next version of those orders that get one; received on a later day than before."""
        column = f"orders.version{version}."
        chosen = self._die(column + "chosen", before["row"], 1000) < CORRECTED_PER_MILLE[version]
        chosen &= before["room"] > 0
        new = {name: values[chosen] for name, values in before.items()}
        row = new["row"]
        later = 1 + self._die(column + "lag", row, new["room"])
        new["version"] += 1
        new["lag"] += later
        new["room"] -= later
        batch = self._die(column + "batch", row, 96)
        new["received"] = (new["day"] + new["lag"]) * DAY + batch * 900
        kind = self._die(column + "kind", row, 10)
        percent = np.array(CORRECTED_PERCENT)[self._die(column + "percent", row, 7)]
        new["cents"] = np.where(kind < 7, new["cents"] * percent // 100, new["cents"])
        new["status"] = np.where(kind < 6, new["status"], np.array(NEXT_STATUS)[new["status"]])
        return new

    def _versions(self, order: Ints) -> tuple[Columns, Columns, Columns]:
        first = self._first_version(order)
        second = self._correction(first, 2)
        return first, second, self._correction(second, 3)

    def _orders(self, order: Ints) -> Columns:
        versions = self._versions(order)
        joined = {name: np.concatenate([v[name] for v in versions]) for name in versions[0]}
        rank = np.argsort(joined["order"], kind="stable")
        return {name: values[rank] for name, values in joined.items()}

    def _payments(self, order: Ints) -> Columns:
        first, *later = self._versions(order)
        final, row = first["status"].copy(), first["row"]
        for version in later:
            final[version["order"] - order[0]] = version["status"]
        fails = self._die("payments.fails", row, 1000)
        which, retry = _repeat(1 + (fails < 40))
        # One in ten of the retries fails as well.
        failed = fails[which] < np.where(retry == 0, 40, 4)
        paid = first["ordered"] + 5 + self._die("payments.paid", row, 115)
        wait = 60 + self._die("payments.wait", row, 840)
        return {name: first[name][which] for name in ("order", "customer", "cents")} | {
            "attempt": retry + 1,
            "paid": paid[which] + retry * wait[which],
            "method": _pick(self._draw("payments.method", row), METHOD_WEIGHTS)[which],
            "status": np.where(failed, 1, np.where(final[which] >= 2, 2, 0)),
        }

    def _tickets(self, order: Ints) -> Columns:
        ticket, place = np.divmod(order, ORDERS_PER_TICKET)
        chosen = place == self._die("tickets.place", ticket, ORDERS_PER_TICKET)
        ticket, placed = ticket[chosen], self._placed(order[chosen])
        opened = placed["ordered"] + 600
        left = np.minimum(3 * DAY, self.days * DAY - opened)
        return self._person(placed["customer"]) | {
            "ticket": ticket,
            "order": placed["order"],
            "opened": opened + self._die("tickets.opened", ticket, left),
            "template": self._die("tickets.template", ticket, len(TICKETS)),
            "product": self._die("tickets.product", ticket, len(PRODUCTS.split())),
        }

    def _sessions(self, order: Ints) -> Columns:
        """Four a placed order: the first (session % 4 == 0) ends in it, the others only browse."""
        placed = self._placed(order)
        which, place = _repeat(np.full_like(order, SESSIONS_PER_ORDER))
        session, buys = order[which] * SESSIONS_PER_ORDER + place, place == 0
        visitor = self._buyer("sessions.customer", session, placed["day"][which])
        length = self._draw("sessions.length", session)
        earlier = self._die("sessions.earlier", session, 1000)
        return {
            "session": session,
            "customer": np.where(buys, placed["customer"][which], visitor),
            "cents": placed["cents"][which],
            "length": np.where(buys, 3 + _below(length, 5), 1 + _pick(length, (55, 25, 15, 5))),
            "end": placed["ordered"][which] - np.where(buys, 0, earlier),
            "gap": 20 + self._die("sessions.gap", session, 100),
            "site": _pick(self._draw("sessions.site", session), SITE_WEIGHTS),
        }

    def _events(self, order: Ints) -> Columns:
        sessions = self._sessions(order)
        which, step = _repeat(sessions["length"])
        each = {name: values[which] for name, values in sessions.items()}
        slot, to_go = each["session"] * 10 + step, each["length"] - 1 - step
        buys = each["session"] % SESSIONS_PER_ORDER == 0
        draw = self._draw("events.kind", slot)
        kind = np.where(buys, _pick(draw, PURCHASE_WEIGHTS), _pick(draw, BROWSE_WEIGHTS))
        pause = np.where(to_go > 0, self._die("events.pause", slot, each["gap"]), 0)
        return each | {
            "step": step,
            "occurred": each["end"] - to_go * each["gap"] + pause,
            "kind": np.where(buys & (to_go < 3), 4 - to_go, kind),
            "product": self._die("events.product", slot, len(PRODUCTS.split())),
            "site": np.where(step > 0, 0, each["site"]),
        }
