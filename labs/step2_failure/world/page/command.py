"""The morning's job as a command of its own, with its API: something to point an instrument at."""

from __future__ import annotations

import json

from labs.step2_failure.world.board import TABLES, past
from labs.step2_failure.world.days import PAST, WEEKDAY, day

_JOB = '''"""The morning's job as a command.

    python {name}.py --create board.duckdb   a board with 56 past days
    python {name}.py URL board.duckdb        yesterday's orders, from the payments API at URL
"""

import datetime as dt
import json
import os
import sys
from pathlib import Path

import duckdb
import requests

TABLES = """{tables}"""


class Page:
    """Stands in for the page that the job was written on."""

    def exercise(self, name, *_):
        return lambda function: function


lab = Page()

{text}


def alert(message):
    """Tell the data team: a line in the file that FIELDKIT_ALERTS names, or on the screen."""
    line = json.dumps(message, default=str)
    if os.environ.get("FIELDKIT_ALERTS"):
        with open(os.environ["FIELDKIT_ALERTS"], "a") as file:
            file.write(line + "\\n")
    print("alert:", line)


def create(con):
    """Fill a new board; its days end with the day before yesterday, whenever that is."""
    con.execute(TABLES)
    past = json.loads((Path(__file__).parent / "past.json").read_text())
    last = dt.date.today() - dt.timedelta(days=2)
    for ago, (kind, orders) in enumerate(reversed(past)):
        day = last - dt.timedelta(days=ago)
        rows = [(day, n, f"{{day}}T{{time}}", *rest) for n, time, *rest in orders]
        each = ", ".join(["(?, ?, ?, ?, ?, ?)"] * len(rows))  # row by row it waits for the disk
        con.execute("insert into orders values " + each, [value for row in rows for value in row])
        told = [day, kind, len(rows), sum(row[-1] for row in rows) / len(rows), "publish", ""]
        con.execute("insert into history values (?, ?, ?, ?, ?, ?)", told)
    con.execute("insert into board values (?)", [last])


if __name__ == "__main__":
    with duckdb.connect(sys.argv[-1]) as con:
        if "--create" in sys.argv:
            create(con)
        else:
            ingest(requests.Session(), sys.argv[-2], con, alert)
'''

_API = '''"""The payments API, as small as it can be: yesterday's orders on four pages.

    python payments.py 8765             until Ctrl-C, or until its terminal is closed
    python payments.py 8765 --cents     the morning on which amounts are in cents
"""

import datetime as dt
import http.server
import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

KIND, ORDERS = json.loads((Path(__file__).parent / "yesterday.json").read_text())
NAMES = ["order_id", "ordered_at", "customer_id", "country", "amount"]
FACTOR = 100 if "--cents" in sys.argv else 1


class Payments(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        day = dt.date.today() - dt.timedelta(days=1)
        page = int(parse_qs(urlsplit(self.path).query).get("page", ["1"])[0])
        size = -(-len(ORDERS) // 4)
        rows = [
            dict(zip(NAMES, [n, f"{day}T{time}", who, country, round(amount * FACTOR, 2)]))
            for n, time, who, country, amount in ORDERS[(page - 1) * size : page * size]
        ]
        told = {"day": str(day), "kind": KIND, "page": page, "pages": 4, "total": len(ORDERS)}
        body = json.dumps(told | {"orders": rows}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Payments).serve_forever()
'''

# Failures that are over at once, or that no request ends: nobody waits long in a terminal.
_FAULTS = """schedules:
  - [{kind: throttled, first: 2, count: 1, wait: 1}]
  - [{kind: unauthorized, first: 1, count: 0}]
  - [{kind: renamed, first: 1, count: 0, column: amount}]
  - [{kind: rescaled, first: 1, count: 0, column: amount}]
"""


def files(seed: int, per_day: int, shipped: str, mine: str) -> dict[str, str]:
    """The job that shipped and the one on the page as scripts, the API, its data and faults."""
    before = [[d.kind, [_order(o) for o in d.orders]] for d in past(seed, per_day)]
    yesterday = day(seed, PAST, per_day, WEEKDAY)
    kept = {"shipped": shipped, "mine": mine}
    kept = {f"morning/{name}.py": _script(name, text) for name, text in kept.items()}
    kept["morning/payments.py"] = _API
    kept["morning/faults.yml"] = _FAULTS
    kept["morning/past.json"] = json.dumps(before)
    kept["morning/yesterday.json"] = json.dumps([WEEKDAY, [_order(o) for o in yesterday.orders]])
    return kept


def _script(name: str, text: str) -> str:
    return _JOB.format(name=name, tables=TABLES, text=text.strip())


def _order(order: tuple[int, str, int, str, float]) -> list[object]:
    number, ordered_at, who, country, amount = order
    return [number, ordered_at[11:], who, country, amount]
