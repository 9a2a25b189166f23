# %% other: nested functions, one exception for all that holds the day back, bad rows into quarantine
import datetime as dt
import logging

import pandas as pd
import requests

FIELDS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board."""
    import email.utils
    import random
    import time

    day = dt.date.today() - dt.timedelta(days=1)
    start, asked = time.monotonic(), 0
    give_up, most_requests = 75 * 60, 140
    temporary = (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                 requests.exceptions.ChunkedEncodingError, requests.exceptions.ContentDecodingError)

    class Held(Exception):
        """The day is not published, and why."""

    def retry_after(response):
        value = (response.headers.get("Retry-After") or "").strip()
        try:
            return float(value)
        except ValueError:
            pass
        try:
            return email.utils.parsedate_to_datetime(value).timestamp() - time.time()
        except (TypeError, ValueError):
            return 0

    def fetch(page):
        nonlocal asked
        pause = 5
        while True:
            asked += 1
            server = 0
            try:
                response = http.get(f"{url}/orders", params={"page": page}, timeout=(5, 30))
                if response.status_code in (429, 500, 502, 503, 504):
                    why, server = f"the API answers {response.status_code}", retry_after(response)
                elif response.status_code != 200:
                    raise Held(f"the API answers {response.status_code} for page {page}, and will go on to do so")
                else:
                    return response.json()
            except temporary as error:
                why = f"page {page} did not arrive: {type(error).__name__}"
            wait = max(server, pause * random.uniform(0.8, 1.2))
            pause = min(60, pause * 2)
            if asked >= most_requests or time.monotonic() - start + wait > give_up:
                raise Held(f"{why}, after {asked} requests")
            time.sleep(wait)

    def read():
        orders, page, pages = [], 1, 1
        while page <= pages:
            body = fetch(page)
            if not isinstance(body, dict) or not {"day", "kind", "pages", "total", "orders"} <= set(body):
                raise Held("an answer has another shape than agreed")
            if str(body["day"]) != day.isoformat():
                raise Held(f"the feed is of {body['day']}, not of {day}")
            if page == 1:
                kind, pages, total = body["kind"], body["pages"], body["total"]
            elif body["total"] != total or body["pages"] != pages:
                raise Held("the number of orders changed while they were read")
            orders += body["orders"]
            page += 1
        if len(orders) != total:
            raise Held(f"{len(orders)} orders arrived, {total} were announced")
        return kind, orders

    def sort_out(orders):
        if not orders:
            raise Held("no orders at all")
        for order in orders:
            absent = [name for name in FIELDS if name not in order]
            if absent:
                raise Held(f"the contract is broken, not there: {absent}")
            if isinstance(order["amount"], str):
                raise Held("the contract is broken, amounts are text")
        good, bad = [], []
        for order in orders:
            reason = None
            if order["order_id"] is None or order["amount"] is None or order["customer_id"] is None:
                reason = "a value is missing"
            elif order["amount"] < 0:
                reason = "a negative amount"
            else:
                try:
                    if dt.datetime.fromisoformat(order["ordered_at"]).date() > day:
                        reason = "ordered after the day"
                except (TypeError, ValueError):
                    reason = "no time of order"
            if reason:
                bad.append((reason, order))
            else:
                good.append(order)
        if len({order["order_id"] for order in good}) < len(good):
            raise Held("orders are repeated")
        if len(bad) > 0.1 * len(orders):
            raise Held(f"{len(bad)} of {len(orders)} rows are bad")
        return good, bad

    def compare(kind, rows, good):
        usual_rows, usual = con.execute("""
            select median("rows"), median(average) from history where decision = 'publish' and kind = ?
        """, [kind]).fetchall()[0]
        if usual_rows and not 0.65 <= rows / usual_rows <= 1.6:
            raise Held(f"{rows} rows on a {kind}, usual are {usual_rows:g}")
        average = sum(order["amount"] for order in good) / len(good)
        if usual is None:
            usual = con.execute("select median(average) from history where decision = 'publish'").fetchall()[0][0]
        if usual and not 0.4 < average / usual < 2.5:
            raise Held(f"an average of {average:.2f} dollars, usual are {usual:.2f}")

    def store(good, bad):
        con.execute("begin")
        try:
            con.execute("delete from orders where day = ?", [day])
            con.execute("delete from quarantine where day = ?", [day])
            con.executemany("""insert into orders (day, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?)""", [[day, *(order[name] for name in FIELDS)] for order in good])
            for reason, order in bad:
                con.execute("""insert into quarantine
                    (day, reason, order_id, ordered_at, customer_id, country, amount)
                    values (?, ?, ?, ?, ?, ?, ?)""", [day, reason, *(
                        None if order[name] is None else str(order[name]) for name in FIELDS)])
            con.execute("update board set as_of = ?", [day])
            con.execute("commit")
        except BaseException:
            con.execute("rollback")
            raise

    shown = con.execute("select max(as_of) from board").fetchall()[0][0]
    try:
        kind, orders = read()
        good, bad = sort_out(orders)
        compare(kind, len(orders), good)
        store(good, bad)
    except Exception as error:
        what = str(error) if isinstance(error, Held) else f"the job failed, {type(error).__name__}: {error}"
        alert({"what": what, "since": f"the orders of {day}", "stale": f"the board shows {shown}",
               "next": "find out at the payments API, then run this job again"})
        return
    if bad:
        alert({"what": f"{len(bad)} of {len(orders)} rows are in quarantine: {bad[0][0]}",
               "since": f"the orders of {day}", "stale": f"the board shows {day} without these rows",
               "next": "look at the table quarantine, ask for a corrected delivery"})
    logging.info("%s orders of %s", len(good), day)

# %% other: class, pandas audit; any bad row holds the day back
import datetime as dt
import logging

import pandas as pd
import requests

FIELDS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board."""
    Morning(http, url, con, alert).run()


import random
import time
from email.utils import parsedate_to_datetime


class Problem(Exception):
    def __init__(self, what, next_step):
        super().__init__(what)
        self.next_step = next_step


class Morning:
    """Strict: the whole day, sound in each row, or yesterday's."""

    def __init__(self, http, url, con, alert):
        self.http, self.url, self.con, self.alert = http, url, con, alert
        self.day = dt.date.today() - dt.timedelta(days=1)
        self.last_try = time.monotonic() + 80 * 60
        self.requests = 0

    def run(self):
        as_of = self.con.execute("select as_of from board").fetchall()[0][0]
        try:
            kind, frame = self.load()
            self.audit(kind, frame)
            self.swap(frame)
        except Problem as problem:
            self.page(str(problem), as_of, problem.next_step)
        except Exception as error:
            self.page(f"a bug or a broken contract: {error!r}", as_of, "read the traceback, correct the job")

    def page(self, what, as_of, next_step):
        self.alert({"what": what, "since": f"{self.day} is missing", "stale": f"as of {as_of}", "next": next_step})

    def load(self):
        first = self.ask(1)
        pages = [first] + [self.ask(number) for number in range(2, first["pages"] + 1)]
        if {page["day"] for page in pages} != {self.day.isoformat()}:
            raise Problem(f"the API delivers {sorted({str(page['day']) for page in pages})}", "ask why it is another day")
        frame = pd.DataFrame([order for page in pages for order in page["orders"]])
        if len(frame) != first["total"] or len({page["total"] for page in pages}) > 1:
            raise Problem(f"{len(frame)} of {first['total']} orders arrived", "ask for the missing orders")
        return first["kind"], frame

    def ask(self, number):
        wait = 4.0
        while True:
            self.requests += 1
            least = 0.0
            try:
                answer = self.http.get(f"{self.url}/orders", params={"page": number}, timeout=20)
                answer.raise_for_status()
                return answer.json()
            except requests.HTTPError as error:
                code = error.response.status_code
                if code in (401, 403):
                    raise Problem(f"access was refused ({code})", "get a new key") from error
                if code not in (429, 500, 502, 503, 504):
                    raise Problem(f"status {code} for page {number}", "find the new address") from error
                least, what = self.allowed_in(error.response), f"status {code}"
            except (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                    requests.exceptions.ChunkedEncodingError) as error:
                what = type(error).__name__
            wait = min(wait * 2, 90.0)
            pause = max(least, random.uniform(0.7, 1.0) * wait)
            if self.requests >= 130 or time.monotonic() + pause > self.last_try:
                raise Problem(f"the API is down, last seen: {what}", "call the payments company")
            time.sleep(pause)

    @staticmethod
    def allowed_in(response):
        text = response.headers.get("Retry-After")
        if not text:
            return 0.0
        if text.strip().isdigit():
            return float(text)
        return parsedate_to_datetime(text).timestamp() - time.time() + 1

    def audit(self, kind, frame):
        if frame.empty:
            raise Problem("the feed is empty", "ask whether the shop was closed")
        lost = [name for name in FIELDS if name not in frame.columns]
        if lost:
            raise Problem(f"columns are gone: {lost}", "agree on the new contract")
        if not pd.api.types.is_numeric_dtype(frame["amount"]):
            raise Problem("amount is not a number", "agree on the new contract")
        if frame[["order_id", "ordered_at", "customer_id", "amount"]].isna().any().any():
            raise Problem("values are missing", "ask for a sound delivery")
        if (frame["amount"] < 0).any():
            raise Problem(f"{int((frame['amount'] < 0).sum())} amounts are below 0", "ask whether these are refunds")
        if frame["order_id"].duplicated().any():
            raise Problem("orders came twice", "ask for a delivery without copies")
        if (pd.to_datetime(frame["ordered_at"], format="ISO8601") >= pd.Timestamp(self.day) + pd.Timedelta(days=1)).any():
            raise Problem("orders are of the future", "look at the clocks")
        past = self.con.execute("select kind, \"rows\", average from history where decision = 'publish'").df()
        same = past[past["kind"] == kind]
        if len(same) and not same["rows"].median() * 0.6 <= len(frame) <= same["rows"].median() * 1.7:
            raise Problem(f"{len(frame)} rows are unusual for a {kind}", "count again with the source")
        usual = (same if len(same) else past)["average"].median()
        if pd.notna(usual) and not usual / 2.2 <= frame["amount"].mean() <= usual * 2.2:
            raise Problem(f"an order of {frame['amount'].mean():.0f} on average is unusual", "ask for the unit of amount")

    def swap(self, frame):
        fresh = frame[FIELDS].assign(day=self.day)
        self.con.register("fresh_day", fresh)
        self.con.execute("begin")
        try:
            self.con.execute("delete from orders where day = ?", [self.day])
            self.con.execute("delete from quarantine where day = ?", [self.day])
            self.con.execute("""
                insert into orders (day, order_id, ordered_at, customer_id, country, amount)
                select day::date, order_id::bigint, ordered_at::timestamp, customer_id::bigint, country, amount::double
                from fresh_day""")
            self.con.execute("update board set as_of = ?", [self.day])
            self.con.execute("commit")
        except BaseException:
            self.con.execute("rollback")
            raise
        self.con.unregister("fresh_day")

# %% other: tenacity, write-audit-publish with a temp table, audit in SQL
import datetime as dt
import logging

import pandas as pd
import requests

FIELDS = ["order_id", "ordered_at", "customer_id", "country", "amount"]


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board."""
    import tenacity
    from email.utils import parsedate_to_datetime
    from time import time as wall_clock

    day = dt.date.today() - dt.timedelta(days=1)
    before = con.execute("select as_of from board").fetchall()[0][0]

    def call(what, stale, then):
        alert({"what": what, "since": f"since the delivery for {day}", "stale": stale, "next": then})

    def hold(what, then="look at the source, then start the job again"):
        call(what, f"board and orders are still of {before}", then)

    def pause(state):
        own = 45 + 15 * tenacity.wait_random(0, 1)(state) if state.attempt_number > 2 else \
            tenacity.wait_random(2, 6)(state)
        response = getattr(state.outcome.exception(), "response", None)
        text = None if response is None else response.headers.get("Retry-After")
        if not text:
            return own
        try:
            return max(own, float(text))
        except ValueError:
            try:
                return max(own, parsedate_to_datetime(text).timestamp() - wall_clock() + 1)
            except (TypeError, ValueError):
                return own

    def passes_by(error):
        if isinstance(error, requests.HTTPError):
            return error.response.status_code in {429, 500, 502, 503, 504}
        return isinstance(error, (requests.ConnectionError, requests.Timeout, requests.JSONDecodeError,
                                  requests.exceptions.ChunkedEncodingError))

    def download():
        """All pages; where one fails, they are asked for from this one on."""
        while len(got) < (got[0]["pages"] if got else 1):
            response = http.get(f"{url}/orders", params={"page": len(got) + 1}, timeout=15)
            response.raise_for_status()
            got.append(response.json())

    got = []
    try:
        tenacity.Retrying(
            retry=tenacity.retry_if_exception(passes_by), wait=pause, reraise=True,
            stop=lambda state: state.attempt_number >= 60
            or state.seconds_since_start + state.upcoming_sleep > 70 * 60,
        )(download)
    except requests.HTTPError as error:
        return hold(f"HTTP {error.response.status_code}", "ask the payments company, or get a new key")
    except requests.RequestException as error:
        return hold(f"no answer that can be read: {type(error).__name__}", "ask the payments company")
    except (LookupError, TypeError, AttributeError) as error:
        return hold(f"the answer is built otherwise: {error!r}")

    try:
        if any(str(page["day"]) != str(day) for page in got):
            return hold(f"a feed of {got[0]['day']}, expected was {day}")
        orders = [order for page in got for order in page["orders"]]
        total, kind = got[0]["total"], got[0]["kind"]
    except LookupError as error:
        return hold(f"the answer lacks {error}")
    if not orders or any(page["total"] != len(orders) for page in got):
        return hold(f"not all orders arrived: {len(orders)} of {total}")
    if any(name not in order for order in orders for name in FIELDS):
        return hold("a field of the contract is not there")
    if any(not isinstance(order["amount"], (int, float, type(None))) for order in orders):
        return hold("amounts are no numbers")

    text = pd.DataFrame([[None if order[name] is None else str(order[name]) for name in FIELDS]
                         for order in orders], columns=FIELDS, dtype="object")
    con.register("delivered", text)
    con.execute("""
        create or replace temp table draft as
        select *, case
            when try_cast(order_id as bigint) is null then 'no order_id'
            when try_cast(customer_id as bigint) is null then 'no customer_id'
            when try_cast(amount as double) is null then 'no amount'
            when try_cast(amount as double) < 0 then 'an amount below 0'
            when try_cast(ordered_at as timestamp) is null then 'no time'
            when try_cast(ordered_at as timestamp) >= ?::date + interval 1 day then 'ordered too late'
            end as reason
        from delivered""", [day])
    con.unregister("delivered")
    rows, bad, keys, average, reasons = con.execute("""
        select count(*), count(reason), count(distinct order_id) filter (reason is null),
            avg(amount::double) filter (reason is null), string_agg(distinct reason, ', ')
        from draft""").fetchall()[0]
    usual_rows, usual_average, any_average = con.execute("""
        select median("rows") filter (kind = $1), median(average) filter (kind = $1), median(average)
        from history where decision = 'publish'""", [kind]).fetchall()[0]
    if bad * 10 > rows:
        return hold(f"{bad} bad rows of {rows}: {reasons}")
    if keys < rows - bad:
        return hold(f"{rows - bad - keys} rows came twice")
    if usual_rows and (rows < usual_rows * 0.62 or rows > usual_rows * 1.65):
        return hold(f"{rows} rows, but {usual_rows:g} is usual for {kind}")
    usual = usual_average or any_average
    if usual and not 0.35 * usual <= average <= 2.1 * usual:
        return hold(f"${average:,.2f} an order, but ${usual:,.2f} is usual for {kind}")

    con.execute("begin")
    try:
        con.execute("delete from orders where day = ?", [day])
        con.execute("""insert into orders (day, order_id, ordered_at, customer_id, country, amount)
            select ?::date, order_id::bigint, ordered_at::timestamp, customer_id::bigint, country, amount::double
            from draft where reason is null""", [day])
        con.execute("delete from quarantine where day = ?", [day])
        con.execute("""insert into quarantine (day, reason, order_id, ordered_at, customer_id, country, amount)
            select ?::date, reason, order_id, ordered_at, customer_id, country, amount
            from draft where reason is not null""", [day])
        con.execute("update board set as_of = ?", [day])
        con.execute("commit")
    except BaseException as error:
        con.execute("rollback")
        if isinstance(error, Exception):
            hold(f"the database: {error}", "look at the database")
        raise
    con.execute("drop table draft")
    if bad:
        call(f"{bad} rows were set aside: {reasons}", f"{bad} of {rows} orders are not on the board",
             "correct the rows in quarantine at the source")

# %% other: a loop with a clock, Python audits, one transaction at the end
import datetime as dt
import logging
import random
import time
from email.utils import parsedate_to_datetime
from statistics import fmean, median

import pandas as pd
import requests

FIELDS = ["order_id", "ordered_at", "customer_id", "country", "amount"]
AGAIN = {429, 500, 502, 503, 504}
PATIENCE = 75 * 60  # seconds: from 06:00 to 07:15


class Held(Exception):
    """The day is not published; the text says why, without numbers of this day."""


def wait_asked(answer):
    """Seconds until Retry-After allows the next request, or None."""
    asked = answer.headers.get("Retry-After")
    if asked is None:
        return None
    try:
        return max(0.0, float(asked))
    except ValueError:
        pass
    try:
        moment = parsedate_to_datetime(asked)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=dt.timezone.utc)
    return max(0.0, moment.timestamp() - time.time()) + 1  # a date has no fractions of a second


def fetch(http, url, page, end):
    """The JSON of one page; tried again, politely, while time is left."""
    number = 0
    while True:
        number += 1
        asked = None
        try:
            answer = http.get(f"{url}/orders", params={"page": page}, timeout=30)
            if answer.status_code in AGAIN:
                asked, cause = wait_asked(answer), f"the payments API answers with status {answer.status_code}"
            elif answer.status_code != 200:
                raise Held(f"the payments API refuses with status {answer.status_code}")
            else:
                return answer.json()
        except requests.exceptions.JSONDecodeError:
            cause = "the payments API answers with something that is not JSON"
        except requests.exceptions.Timeout:
            cause = "the payments API does not answer in time"
        except (requests.exceptions.ConnectionError, requests.exceptions.ChunkedEncodingError,
                requests.exceptions.ContentDecodingError):
            cause = "the connection to the payments API breaks"
        pause = min(60, 4 * 2 ** min(number, 5)) * random.uniform(0.6, 1)
        pause = pause if asked is None else max(asked, 0.5) + random.uniform(0, 1)
        if time.monotonic() + pause > end:
            raise Held(f"{cause}, also when asked again")
        logging.info("%s; again in %.0f s", cause, pause)
        time.sleep(pause)


def whole_day(http, url, day):
    """All orders of the day, and its kind; or Held."""
    end = time.monotonic() + PATIENCE
    orders, page, first = [], 1, None
    while first is None or page <= first["pages"]:
        body = fetch(http, url, page, end)
        try:
            head = {name: body[name] for name in ("day", "kind", "pages", "total")}
            new = [dict(order) for order in body["orders"]]
            same_page = body.get("page", page) == page
        except (KeyError, TypeError, ValueError):
            raise Held("the payments API has changed the form of its answer") from None
        if head["day"] != day.isoformat():
            raise Held("the payments API brings another day than yesterday")
        first = first or head
        if head != first or not same_page:
            raise Held("the pages of the payments API do not belong together")
        orders += new
        page += 1
    return orders, first


def whole(value):
    return isinstance(value, int) and not isinstance(value, bool) or isinstance(value, float) and value.is_integer()


def number(value):
    return isinstance(value, (int, float)) and not isinstance(value, bool) and value == value


def fault(order, day, seen):
    """Why an order cannot be published, or None."""
    if not whole(order.get("order_id")):
        return "no order_id"
    if not number(order.get("amount")):
        return "no amount"
    if order["amount"] < 0:
        return "the amount is negative"
    if order.get("customer_id") is not None and not whole(order["customer_id"]):
        return "customer_id is not a number"
    try:
        moment = order.get("ordered_at")
        if moment is not None and dt.datetime.fromisoformat(moment).date() > day:
            return "ordered after the day"
    except (TypeError, ValueError):
        return "ordered_at is not a time"
    if order["order_id"] in seen:
        return "the order_id stands twice"
    return None


def audit(orders, total, day):
    """The sound orders and the others with their reasons; or Held."""
    if not orders:
        raise Held("there are no orders")
    for name in FIELDS:
        if not any(name in order for order in orders):
            raise Held(f"the column {name} is not there")
    if any(isinstance(order.get("amount"), str) for order in orders):
        raise Held("the amounts are text")
    good, bad, seen = [], [], set()
    for order in orders:
        reason = fault(order, day, seen)
        if reason:
            bad.append((reason, order))
        else:
            seen.add(order["order_id"])
            good.append(order)
    distinct = len(orders) - sum(reason == "the order_id stands twice" for reason, _ in bad)
    if distinct != total:
        raise Held("the number of orders is not the total that the payments API says")
    if len(bad) > 0.1 * len(orders) or not good:
        raise Held(f"too many rows are bad: {sorted({reason for reason, _ in bad})}")
    return good, bad


def compare(con, kind, rows, average):
    """Whether the day is like published ones; Held, if it is not."""
    past = con.execute("select kind, rows, average from history where decision = 'publish' order by day").fetchall()
    alike = [row for row in past if row[0] == kind]
    if alike:
        usual = median(row[1] for row in alike)
        if not 0.6 * usual <= rows <= 1.6 * usual:
            raise Held("far fewer or more orders than usual")
    if past:
        usual = median(row[2] for row in alike or past)
        if not usual / 3 <= average <= 3 * usual:
            raise Held("the average order is far from the usual one")


def publish(con, day, good, bad):
    """Everything that a reader sees, in one transaction."""
    con.begin()
    try:
        con.execute("delete from orders where day = ?", [day])
        con.executemany("""
            insert into orders (day, order_id, ordered_at, customer_id, country, amount)
            values (?, ?, ?, ?, ?, ?)""", [[day, *(order.get(name) for name in FIELDS)] for order in good])
        con.execute("delete from quarantine where day = ?", [day])
        if bad:
            con.executemany("""
                insert into quarantine (day, reason, order_id, ordered_at, customer_id, country, amount)
                values (?, ?, ?, ?, ?, ?, ?)""",
                [[day, reason, *(None if order.get(name) is None else str(order[name]) for name in FIELDS)]
                 for reason, order in bad])
        con.execute("update board set as_of = ?", [day])
        con.commit()
    except BaseException:
        con.rollback()
        raise


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board, or leave it as it is and say so."""
    day = dt.date.today() - dt.timedelta(days=1)

    def tell(what, stale, following):
        alert({"what": what, "since": f"since {day}", "stale": stale, "next": following})

    try:
        orders, head = whole_day(http, url, day)
        good, bad = audit(orders, head["total"], day)
        compare(con, head["kind"], len(orders), fmean(order["amount"] for order in good))
        publish(con, day, good, bad)
    except Exception as error:
        what = str(error) if isinstance(error, Held) else f"the job failed: {type(error).__name__}"
        shown = con.execute("select max(as_of) from board").fetchone()[0]
        tell(what, f"the board stays as of {shown}", "find the cause, then run the job again")
        if not isinstance(error, Held):
            raise
        return
    if bad:
        tell(f"rows are set aside: {'; '.join(sorted({reason for reason, _ in bad}))}",
             f"the board of {day} lacks these rows", "look at the table quarantine, and ask the payments company")
