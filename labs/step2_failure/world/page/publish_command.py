"""Two days of publishing as a command of its own: something to point an instrument at."""

from __future__ import annotations

import json

from labs.step2_failure.world.board import TABLES, rows_of, yesterday
from labs.step2_failure.world.days import PAST
from labs.step2_failure.world.staged import SMALL, Staged, staged, two_bad
from workbook import UsageError, registering

_SCRIPT = '''"""A day published, corrected, and the next day, as a command.

    python {name}.py --create board.duckdb   a board that shows the day before
    python {name}.py board.duckdb            what staged.json holds, one after the other
"""

import json
import sys
from pathlib import Path

import duckdb
import pandas as pd

TABLES = """{tables};
    create table unaudited (day date, orders bigint, cents bigint,
                            primary key (day, orders, cents));
"""
GIVEN = json.loads((Path(__file__).parent / "staged.json").read_text())


class Page:
    """Stands in for the page that this was written on."""

    def exercise(self, name, *_):
        return lambda function: function


lab = Page()

{text}


def create(con):
    """Fill a new board with the day before."""
    con.execute(TABLES)
    con.executemany("insert into orders values (?, ?, ?, ?, ?, ?)", GIVEN["shown"])
    con.execute("insert into board values (?)", [GIVEN["shown"][0][0]])


def look(con):
    """Note what a reader finds now and nobody has audited: half a day, or a day not there."""
    seen = con.execute("""select day, count(*), sum(round(amount * 100))::bigint
        from orders group by day order by day""").fetchall()
    allowed = {{tuple(one) for one in GIVEN["audited"]}}
    wrong = [one for one in seen if (str(one[0]), *one[1:]) not in allowed]
    shown = [str(day) for (day,) in con.execute("select as_of from board").fetchall()]
    wrong += [(day, 0, 0) for day in shown if day not in [str(one[0]) for one in seen]]
    for one in wrong:
        con.execute("insert or ignore into unaudited values (?, ?, ?)", one)


if __name__ == "__main__":
    with duckdb.connect(sys.argv[-1]) as con:
        if "--create" in sys.argv:
            create(con)
        else:
            look(con)
            for one in GIVEN["staged"]:
                frame = pd.DataFrame([dict(zip(one["columns"], row)) for row in one["rows"]])
                {run}(con, frame, one["report"])
'''


def publish_files(seed: int, shipped: str, mine: str) -> dict[str, str]:
    """The publishing that shipped and the one on the page as scripts, and what they publish."""
    days = [two_bad(seed), staged(seed), staged(seed, PAST + 1)]
    before = rows_of(yesterday(seed, SMALL))
    given = {
        "shown": [[str(row[0]), row[1], str(row[2]), *row[3:]] for row in before],
        "audited": [_audited(before), *(_audited(one.good_rows) for one in days)],
        "staged": [_plain(one) for one in days],
    }
    kept = {f"board/{name}.py": _script(name, text) for name, text in
            (("shipped", shipped), ("mine", mine))}  # fmt: skip
    return kept | {"board/staged.json": json.dumps(given)}


def _script(name: str, text: str) -> str:
    tables = TABLES.strip().rstrip(";")
    return _SCRIPT.format(name=name, tables=tables, text=text.strip(), run=_registered(text))


def _registered(text: str) -> str:
    """The function that the text registers; the text is not run."""
    names = [name for _, found in registering.in_cell(text) for name in found]
    if not names:
        raise UsageError("this text registers no answer: it needs a line @lab.exercise(…)")
    return names[-1]


def _plain(one: Staged) -> dict[str, object]:
    frame = one.received
    return {"columns": frame.columns, "rows": frame.rows, "report": one.report}


def _audited(rows: list[tuple[object, ...]]) -> list[object]:
    """A day with the number of its orders and their cents, as it may be seen."""
    return [str(rows[0][0]), len(rows), sum(round(float(str(row[5])) * 100) for row in rows)]
