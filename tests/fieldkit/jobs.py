"""Jobs that read orders from a source and publish them: good ones, and those that are written."""

from __future__ import annotations

import json
import sqlite3
from contextlib import contextmanager
from urllib.parse import parse_qs, urlsplit

from tests.servers import Handler, serving

ROWS = [
    {"order_id": n, "amount": round(20 + n * 1.37 % 40, 2), "day": f"2026-11-{1 + n % 20:02d}"}
    for n in range(1, 31)
]
PAGE = 10
HEAD = """
import email.utils, json, os, random, sqlite3, sys, time, urllib.error, urllib.request
url, state = sys.argv[1:3]

def get(page, timeout=1.0):
    with urllib.request.urlopen(page, timeout=timeout) as answer:
        return json.load(answer)

def alert(told):
    with open(os.environ["FIELDKIT_ALERTS"], "a") as file:
        file.write(told + "\\n")

def publish(rows):
    con = sqlite3.connect(state)
    with con:
        con.execute("delete from orders")
        values = [(r["order_id"], r["amount"], r["day"]) for r in rows]
        con.executemany("insert into orders values (?, ?, ?)", values)

def pages(get):
    rows, page = [], url + "/orders?page=1"
    while page:
        told = get(page)
        rows, page = rows + told["orders"], told["next"]
    return rows

def wait_of(error, tries):
    after = getattr(error, "headers", None) and error.headers.get("Retry-After")
    if not after:
        return 0.05 * 2 ** tries * random.uniform(0.5, 1)
    if after.isdigit():
        return int(after)
    return email.utils.parsedate_to_datetime(after).timestamp() - time.time()

def patient(page):
    for tries in range(4):
        try:
            return get(page)
        except urllib.error.HTTPError as error:
            last = error
            if error.code in (401, 404):
                break
        except (OSError, ValueError) as error:
            last = error
        time.sleep(max(0.0, wait_of(last, tries)))
    raise SystemExit(last)

def sound(rows):
    amounts = [row.get("amount") for row in rows]
    return (
        len({row["order_id"] for row in rows}) == len(rows) > 20
        and all(isinstance(one, float) and 0 < one < 100 for one in amounts)
        and all("2026-01-01" <= row.get("day", "") < "2027-01-01" for row in rows)
    )
"""
GOOD = """
try:
    rows = pages(patient)
except SystemExit as failed:
    alert(f"orders: stale since yesterday: {failed}")
else:
    if sound(rows):
        publish(rows)
    else:
        alert("orders: stale since yesterday: the source sent what orders never were")
"""
JOBS = {
    "good": GOOD,
    "tells by its exit code": """
rows = pages(patient)
assert sound(rows), "the source sent what orders never were"
publish(rows)
""",
    "lazy": """
rows, page = [], url + "/orders?page=1"
while page:
    try:
        told = get(page)
        rows, page = rows + told["orders"], told["next"]
    except Exception as error:
        print("warning:", error)
        page = None
publish([{"order_id": 0, "amount": 0, "day": "", **row} for row in rows])
""",
    "silent": """
try:
    rows = pages(patient)
    assert sound(rows)
    publish(rows)
except BaseException as error:
    print("could not load:", error)
""",
    "page by page": """
con = sqlite3.connect(state)
con.execute("delete from orders")
con.commit()
page = url + "/orders?page=1"
while page:
    told = patient(page)
    for row in told["orders"]:
        con.execute("insert into orders values (?, ?, ?)", tuple(row.values()))
    con.commit()
    page = told["next"]
""",
    "no timeout": "publish(pages(lambda page: get(page, timeout=None)))",
    "tight retry": """
def hasty(page):
    for _ in range(100):
        try:
            return get(page)
        except (OSError, ValueError) as error:
            last = error
    raise SystemExit(f"gave up: {last}")

rows = pages(hasty)
assert sound(rows)
publish(rows)
""",
    "leaves a lock": """
lock = sqlite3.connect(state)
with lock:
    assert lock.execute("update lock set held = 1 where held = 0").rowcount == 1, "locked"
publish(pages(patient))
with lock:
    lock.execute("update lock set held = 0")
""",
}


class _Orders(Handler):
    def do_GET(self):
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        rows = ROWS[(page - 1) * PAGE : page * PAGE]
        here = f"http://127.0.0.1:{self.server.server_port}"
        more = f"{here}/orders?page={page + 1}" if page * PAGE < len(ROWS) else None
        body = json.dumps({"orders": rows, "next": more}).encode()
        self.answer(body, [("Content-Type", "application/json")])


@contextmanager
def source():
    """Three pages of orders; gives the address."""
    with serving(_Orders) as server:
        yield f"http://127.0.0.1:{server.server_port}"


def lay_out(folder):
    """The jobs as scripts, and a state that holds yesterday's orders."""
    for name, text in JOBS.items():
        (folder / f"{name}.py").write_text(HEAD + text)
    con = sqlite3.connect(folder / "board.db")
    con.execute("create table orders(order_id integer, amount real, day text)")
    con.execute("create table lock(held integer)")
    con.execute("insert into lock values (0)")
    con.executemany("insert into orders values (?, ?, '2026-10-31')", [(1, 9.5), (2, 8.5)])
    con.commit()
    con.close()
    return folder / "board.db"
