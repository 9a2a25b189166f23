# %% reference
import datetime as dt

import pandas as pd
import requests

TOLERANCE = {"fewer": 0.5, "more": 1.0, "average": 0.6, "quarantined": 0.05}


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board: all of them and true, or none and an alert."""
    past = con.execute("select day::varchar as day, kind, rows, average, decision, what from history").df()
    shown = str(con.execute("select as_of from board").fetchone()[0])

    def fetch(page):
        def ask():
            answer = http.get(f"{url}/orders", params={"page": page}, timeout=10)
            answer.raise_for_status()
            return answer.json()

        return call_with_retry(ask, tries=50, deadline=1_500)

    try:
        first = fetch(1)
        pages = [first, *(fetch(n) for n in range(2, first["pages"] + 1))]
    except (requests.RequestException, ValueError) as error:
        alert({
            "what": "the payments API does not serve",
            "since": "this morning, 06:00",
            "stale": f"the board shows {shown}",
            "next": f"run the job again when the source is back ({error})",
        })
        return
    rows = pd.DataFrame([order for page in pages for order in page["orders"]])
    report = validate(rows, past)
    if len(rows) != first["total"]:
        report["block"].append("not all orders came")
    days = {page["day"] for page in pages}
    if days != {str(dt.date.today() - dt.timedelta(days=1))}:
        report["block"].append("the feed is of another day")
    measured = {"day": first["day"], "kind": first["kind"], "rows": len(rows)}
    measured["average"] = 0.0 if report["block"] else float(rows["amount"].mean())
    measured |= {"quarantined": len(report["quarantine"]), "block": report["block"]}
    decided = breaker(measured, past, TOLERANCE)
    if decided["alert"]:
        alert(decided["alert"])
    elif report["quarantine"]:
        alert({
            "what": "orders are in quarantine",
            "since": first["day"],
            "stale": f"nothing; the board lacks {len(report['quarantine'])} of {len(rows)} orders",
            "next": "repair them and publish the day again",
        })
    publish(con, rows, {**report, "day": first["day"], "decision": decided["decision"]})

# %% other: urllib3 retries below the session, audit in SQL, one transaction
from requests.adapters import HTTPAdapter
from urllib3.util import Retry
import time

import pandas as pd
import requests

@lab.exercise("ingest")
def ingest(http, url, con, alert):
    shown = str(con.execute("select as_of from board").fetchone()[0])

    def tell(what):
        alert({"what": what, "since": "06:00", "stale": f"board shows {shown}", "next": "look at the source, rerun"})

    http.mount("http://", HTTPAdapter(max_retries=Retry(
        total=25, backoff_factor=1, backoff_jitter=2, backoff_max=60, status_forcelist=[429, 500, 502, 503, 504],
        respect_retry_after_header=True)))

    def page(n):
        for attempt in range(4):
            try:
                got = http.get(f"{url}/orders?page={n}", timeout=20)
                got.raise_for_status()
                return got.json()
            except (requests.exceptions.ChunkedEncodingError, ValueError):
                if attempt == 3:
                    raise
                time.sleep(5)

    try:
        told = [page(1)]
        for n in range(2, told[0]["pages"] + 1):
            told.append(page(n))
    except Exception as error:
        tell(repr(error))
        raise
    rows = pd.DataFrame([o for t in told for o in t["orders"]])
    day, kind = told[0]["day"], told[0]["kind"]
    if {t["day"] for t in told} != {time.strftime("%Y-%m-%d", time.gmtime(time.time() - 86_400))}:
        return tell(f"orders of {', '.join(t['day'] for t in told)} came")
    if list(rows.columns) != ["order_id", "ordered_at", "customer_id", "country", "amount"]:
        return tell(f"columns are {list(rows.columns)}")
    if rows["amount"].dtype != float or len(rows) != told[0]["total"] or rows["order_id"].duplicated().any():
        return tell("text for numbers, repeated orders, or not all of them")
    usual, size = con.execute(
        "select median(average), median(rows) from history where kind = ? and decision = 'publish'", [kind]).fetchone()
    bad = con.execute("select count(*) from rows where amount < 0 or ordered_at::date > ?::date", [day]).fetchone()[0]
    if bad or not 0.4 < rows["amount"].mean() / usual < 2.5 or not 0.4 < len(rows) / size < 2.5:
        return tell("the numbers are not those of such a day")
    con.begin()
    con.execute("delete from orders where day = ?", [day])
    con.execute("insert into orders by name select ?::date as day, * from rows", [day])
    con.execute("update board set as_of = ?", [day])
    con.commit()

# %% other: a generator of pages with its own retries, tenacity, pages asked again while they repeat
import email.utils
import time

import pandas as pd
import requests
import tenacity


def pause(state):
    error = state.outcome.exception()
    header = getattr(getattr(error, "response", None), "headers", {}).get("Retry-After", "")
    if header.isdigit():
        return int(header) + 1
    if header:
        return max(0, email.utils.parsedate_to_datetime(header).timestamp() - time.time())
    return tenacity.wait_random_exponential(2, 90)(state)


def passing(error):
    status = getattr(getattr(error, "response", None), "status_code", 500)
    return isinstance(error, (requests.RequestException, LookupError)) and status not in (401, 403, 404)


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    def page(n, known):
        got = http.get(f"{url}/orders?page={n}", timeout=5)
        got.raise_for_status()
        told = got.json()
        fresh = [o for o in told["orders"] if o["order_id"] not in known]
        if not fresh:
            raise LookupError(f"page {n} brings nothing new")
        return told, fresh

    stopping = tenacity.stop_after_delay(1500) | tenacity.stop_after_attempt(40)
    again = tenacity.Retrying(stop=stopping, wait=pause, retry=tenacity.retry_if_exception(passing), reraise=True)
    orders, last, n = {}, 1, 0
    try:
        while n < last:
            n += 1
            told, fresh = again(page, n, set(orders))
            last = told["pages"]
            if pd.Timestamp(told["day"]).date() != pd.Timestamp.now().date() - pd.Timedelta(days=1):
                raise ValueError(f"page {n} is of {told['day']}")
            orders |= {o["order_id"]: o for o in fresh}
        rows = pd.DataFrame(list(orders.values()))
        past = con.execute("select day::varchar as day, kind, rows, average, decision, what from history").df()
        report = validate(rows, past)
        if report["block"] or len(rows) != told["total"] or len(report["quarantine"]) > 2:
            raise ValueError(f"not the data that we know: {report['block']}")
        like = past[(past.kind == told["kind"]) & (past.decision == "publish")]["rows"].median()
        if not like / 2 <= len(rows) <= like * 2:
            raise ValueError(f"{len(rows)} orders; usual are {like}")
    except Exception as error:
        return alert(dict(what=str(error) or repr(error), since="today", stale="the board", next="call the source"))
    if report["quarantine"]:
        alert(dict(what="rows in quarantine", since="today", stale="these rows", next="repair and publish again"))
    publish(con, rows, {**report, "day": told["day"], "decision": "publish"})

# %% other: twenty tries, a minute apart
import datetime as dt
import email.utils
import random
import time

import pandas as pd
import requests

TOLERANCE = {"fewer": 0.5, "more": 1.0, "average": 0.6, "quarantined": 0.05}


@lab.exercise("ingest")
def ingest(http, url, con, alert):
    """Bring yesterday's orders to the board: all of them and true, or none and an alert."""
    past = con.execute("select day::varchar as day, kind, rows, average, decision, what from history").df()
    shown = str(con.execute("select as_of from board").fetchone()[0])

    def fetch(page):
        def ask():
            answer = http.get(f"{url}/orders", params={"page": page}, timeout=10)
            answer.raise_for_status()
            return answer.json()

        for attempt in range(20):
            last = attempt == 19
            try:
                return ask()
            except requests.HTTPError as error:
                if last:
                    raise
                if error.response.status_code in (401, 403, 404):
                    raise
                asked = error.response.headers.get("Retry-After", "")
                if asked and not asked.isdigit():
                    asked = 1 + email.utils.parsedate_to_datetime(asked).timestamp() - time.time()
                time.sleep(max(0, int(asked or 60)) + random.random())
            except (requests.RequestException, ValueError):
                if last:
                    raise
                time.sleep(60 + random.random())

    try:
        first = fetch(1)
        pages = [first, *(fetch(n) for n in range(2, first["pages"] + 1))]
    except (requests.RequestException, ValueError) as error:
        alert({
            "what": "the payments API does not serve",
            "since": "this morning, 06:00",
            "stale": f"the board shows {shown}",
            "next": f"run the job again when the source is back ({error})",
        })
        return
    rows = pd.DataFrame([order for page in pages for order in page["orders"]])
    report = validate(rows, past)
    if len(rows) != first["total"]:
        report["block"].append("not all orders came")
    days = {page["day"] for page in pages}
    if days != {str(dt.date.today() - dt.timedelta(days=1))}:
        report["block"].append("the feed is of another day")
    measured = {"day": first["day"], "kind": first["kind"], "rows": len(rows)}
    measured["average"] = 0.0 if report["block"] else float(rows["amount"].mean())
    measured |= {"quarantined": len(report["quarantine"]), "block": report["block"]}
    decided = breaker(measured, past, TOLERANCE)
    if decided["alert"]:
        alert(decided["alert"])
    elif report["quarantine"]:
        alert({
            "what": "orders are in quarantine",
            "since": first["day"],
            "stale": f"nothing; the board lacks {len(report['quarantine'])} of {len(rows)} orders",
            "next": "repair them and publish the day again",
        })
    publish(con, rows, {**report, "day": first["day"], "decision": decided["decision"]})
