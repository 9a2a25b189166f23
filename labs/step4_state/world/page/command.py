"""The night as a command of its own, with its files: something to point an instrument at."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence

import pandas as pd

from labs.step4_state.world.deliveries import Delivery
from labs.step4_state.world.warehouse import TABLES

_SCRIPT = '''"""The night's load {name} as a command.

    python {name}.py --create warehouse.duckdb   an empty warehouse
    python {name}.py warehouse.duckdb            tonight's deliveries, loaded
"""

import hashlib
import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

HERE = Path(__file__).parent
WHOLE = dict.fromkeys(["order_id", "version", "customer_id", "amount_cents"], "Int64")
TIMES = ["ordered_at", "received_at"]
TABLES = """{tables}"""


class Source:
    """The deliveries beside this script, one CSV file a day."""

    def deliveries(self):
        files = sorted(HERE.glob("20*.csv"))
        digests = (hashlib.sha256(path.read_bytes()).hexdigest()[:12] for path in files)
        return [(date.fromisoformat(path.stem), digest) for path, digest in zip(files, digests)]

    def fetch(self, day):
        return pd.read_csv(HERE / f"{{day}}.csv", dtype=WHOLE, parse_dates=TIMES)

    def read(self, since=None):
        days = [self.fetch(day).assign(day=pd.Timestamp(day)) for day, _ in self.deliveries()]
        rows = pd.concat(days).sort_values("received_at", kind="stable")
        return rows if since is None else rows[rows["received_at"] >= pd.Timestamp(since)]


class Page:
    """Stands in for the page that the load was written on."""

    def exercise(self, name):
        return lambda function: function


lab = Page()

{text}


if __name__ == "__main__":
    with duckdb.connect(sys.argv[-1]) as con:
        if "--create" in sys.argv:
            con.execute(TABLES)
        else:
            {run}(con, Source())
'''

EVERY_DAY = """

def load_week(con, source):
    for day, _ in source.deliveries():
        {load}(con, day, source.fetch(day))
"""


def files(deliveries: Sequence[Delivery], loads: Mapping[str, tuple[str, str]]) -> dict[str, str]:
    """A script NAME.py for each load, NAME -> (its text, its function); and the deliveries."""
    created = TABLES.replace("create table", "create table if not exists")
    kept = {
        f"night/{name}.py": _SCRIPT.format(name=name, tables=created, text=text.strip(), run=run)
        for name, (text, run) in loads.items()
    }
    for delivery in deliveries:
        kept[f"night/{delivery.day}.csv"] = csv_of(delivery.frame)
    return kept


def csv_of(frame: pd.DataFrame) -> str:
    """A delivery as the text of a CSV file."""
    target = io.StringIO()
    frame.to_csv(target, index=False, lineterminator="\n")
    return target.getvalue()
