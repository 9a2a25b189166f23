"""The landing of a week as a command of its own, and its reader: for an instrument."""

from __future__ import annotations

from collections.abc import Sequence

from labs.step4_state.world.deliveries import Delivery
from labs.step4_state.world.landing import MANIFEST
from labs.step4_state.world.page.command import csv_of
from labs.step4_state.world.page.process import registered

_SCRIPT = '''"""The landing {name} as a command.

    python {name}.py --create manifest.duckdb   an empty manifest, and an empty folder beside it
    python {name}.py landing manifest.duckdb    the days beside this script, landed and read
"""

import sys
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd

HERE = Path(__file__).parent
WHOLE = {{"order_id": "Int64", "version": "Int32", "customer_id": "Int64", "amount_cents": "Int64"}}
TIMES = ["ordered_at", "received_at"]
TABLES = """{manifest}
    create table landed (day date, rows bigint, cents bigint);
    create table unread (day date primary key);
"""


class Page:
    """Stands in for the page that the landing was written on."""

    def exercise(self, name, *_):
        return lambda function: function


lab = Page()

{text}


def read(folder, con):
    """What a reader finds: day, rows and cents of each file; None for what cannot be read."""
    for day, file, told in con.execute("select day, file, rows from manifest").fetchall():
        kind = next((one for one in ("parquet", "json") if one in file), "csv")
        options = ", all_varchar = true, header = true" if kind == "csv" else ""
        query = f"select count(*), sum(amount_cents::bigint) from read_{{kind}}(?{{options}})"
        path = Path(folder, file)
        try:
            seen = con.execute(query, [str(path)]).fetchall() if path.stat().st_size else []
            found = seen[0] if seen else (0, 0)
        except (duckdb.Error, OSError):
            found = None, None
        yield day, *(found if found[0] == told else (None, None))


if __name__ == "__main__":
    with duckdb.connect(sys.argv[-1]) as con:
        if "--create" in sys.argv:
            con.execute(TABLES)
            Path("landing").mkdir()
        else:
            folder = sys.argv[-2]
            for day, rows, _ in list(read(folder, con)):  # as whoever reads after a kill
                if rows is None:
                    con.execute("insert or ignore into unread values (?)", [day])
            for path in sorted(HERE.glob("20*.csv")):
                rows = pd.read_csv(path, dtype=WHOLE, parse_dates=TIMES)
                {run}(folder, con, date.fromisoformat(path.stem), rows)
            found = list(read(folder, con))
            con.execute("begin")
            con.execute("delete from landed")
            con.executemany("insert into landed values (?, ?, ?)", found)
            con.execute("commit")
'''


def landing_files(deliveries: Sequence[Delivery], shipped: str, mine: str) -> dict[str, str]:
    """The landing that shipped and the one on the page as scripts, and the days to land."""
    kept = {
        f"night/{name}.py": _SCRIPT.format(
            name=name, manifest=MANIFEST, text=text.strip(), run=registered(text)
        )
        for name, text in (("shipped", shipped), ("mine", mine))
    }
    return kept | {f"night/{one.day}.csv": csv_of(one.frame) for one in deliveries}
